#define _GNU_SOURCE
#include "CHost.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

int chost_pipe(int ends[2]) {
#ifdef __APPLE__
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#else
    return pipe2(ends, O_CLOEXEC);
#endif
}

static int spawn(
    pid_t *pid, char *const arguments[], char *const environment[], int output, int errors,
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes) {
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = 0;
    if (!code) code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!code) code = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (!code) code = posix_spawn_file_actions_adddup2(actions, errors, 2);
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#else
    // Whoever in this process has opened a file without O_CLOEXEC: the child does not get it.
    if (!code) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
    if (!code) code = posix_spawnattr_setpgroup(attributes, 0);
    if (!code) code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code) code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code) code = posix_spawnattr_setflags(attributes, flags);
    if (!code) code = posix_spawnp(pid, arguments[0], actions, attributes, arguments, environment);
    return code;
}

static int spawn_reading(
    pid_t *pid, char *const arguments[], char *const environment[], int input, posix_spawn_file_actions_t *actions,
    posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawn_file_actions_adddup2(actions, input, 0);
#ifndef __APPLE__
    if (!code) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
    if (!code) code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code) code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code) code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!code) code = posix_spawnp(pid, arguments[0], actions, attributes, arguments, environment);
    return code;
}

int chost_spawn_reading(pid_t *pid, char *const arguments[], char *const environment[], int input) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (!code) {
        code = spawn_reading(pid, arguments, environment, input, &actions, &attributes);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

void chost_share_heap(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
#endif
}

void chost_trim_heap(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

int chost_spawn(pid_t *pid, char *const arguments[], char *const environment[], int output, int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (!code) {
        code = spawn(pid, arguments, environment, output, errors, &actions, &attributes);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}
