/* The least that can stand between two programs: what one side says is said on to the other, and that is all.
 *
 *   between PORT
 *
 * Listens on a port of loopback, prints it, and connects each client to PORT there. One thread. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SOCKETS = 1024 };

static int poller, other[SOCKETS];

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void join(int client, struct sockaddr_in server)
{
    int one = 1, target = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0 || client >= SOCKETS || target < 0 || target >= SOCKETS
        || connect(target, (struct sockaddr *)&server, sizeof server)) {
        perror("between");
        exit(1);
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(target, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    other[client] = target;
    other[target] = client;
    watch(client);
    watch(target);
}

static void pass(int from)
{
    static char bytes[1 << 16];
    ssize_t count = read(from, bytes, sizeof bytes), done = 0, taken = 0;
    while (count > 0 && done < count && (taken = write(other[from], bytes + done, count - done)) > 0)
        done += taken;
    if (count > 0 && done == count)
        return;
    close(other[from]);
    close(from);
}

int main(int count, char **words)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, server = here;
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    poller = epoll_create1(0);
    if (count != 2 || bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)
        || getsockname(listener, (struct sockaddr *)&here, &length)) {
        fprintf(stderr, "usage: between PORT\n");
        return 64;
    }
    server.sin_port = htons(atoi(words[1]));
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    watch(listener);
    for (;;) {
        struct epoll_event event;
        if (epoll_wait(poller, &event, 1, -1) < 1)
            continue;
        if (event.data.fd == listener)
            join(accept(listener, NULL, NULL), server);
        else
            pass(event.data.fd);
    }
}
