#pragma once
/* What Swift's Glibc module leaves out. */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* The name of the calling thread in ps and top, at most 15 characters. */
static inline void clinux_name_thread(const char *name) { (void)prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0); }

/* accept4(2): the descriptor neither blocks nor is inherited. -1 and errno if there is none. */
int clinux_accept(int listener, struct sockaddr_storage *peer);
