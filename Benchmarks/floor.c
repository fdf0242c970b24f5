/* The least a client can do: log in over TLS, send the lines of a file as fast as the server takes them, read the
 * answers and throw them away. What remains is what the server, TLS and the kernel need for these commands.
 *
 *   floor CAFILE PORT USER PASSWORD FILE
 *
 * Each line of FILE is a command without its tag; all are sent without waiting. Prints one line of JSON. Ends with 1
 * if a command is answered with anything but OK, or not at all. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static SSL *ssl;
static int fd;

static struct {
    char *text;
    size_t length, sent;
    unsigned commands;
} out;

static struct {
    char head[64], tail[24]; /* of the line that is being read */
    size_t length, tail_length;
    unsigned long long literal; /* octets of it still to come */
    unsigned answers;
    unsigned long long received;
} in;

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

static void fail_with(const char *what, int reason)
{
    unsigned long detail = ERR_get_error();
    fprintf(stderr, "floor: %s: %d, %s, after %llu octets and %u answers\n", what, reason,
            detail ? ERR_error_string(detail, NULL) : strerror(errno), in.received, in.answers);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void command(const char *line)
{
    size_t needed = strlen(line) + 32;
    out.text = realloc(out.text, out.length + needed);
    if (!out.text)
        fail("no memory");
    out.length += snprintf(out.text + out.length, needed, "f%u %s\r\n", out.commands++, line);
}

static void read_commands(const char *user, const char *password, const char *path)
{
    char *line = NULL, login[512];
    size_t room = 0;
    ssize_t length;
    FILE *file = fopen(path, "r");
    if (!file)
        fail("the file with the commands cannot be opened");
    snprintf(login, sizeof login, "LOGIN %s %s", user, password);
    command(login);
    while ((length = getline(&line, &room, file)) > 0) {
        line[strcspn(line, "\r\n")] = 0;
        command(line);
    }
    fclose(file);
    free(line);
}

static void end_of_line(void)
{
    if (in.head[0] == 'f') {
        const char *word = memchr(in.head, ' ', in.length < sizeof in.head ? in.length : sizeof in.head);
        if (!word || strncmp(word, " OK", 3)) {
            fprintf(stderr, "floor: answered %.*s\n", (int)(in.length < 60 ? in.length : 60), in.head);
            exit(1);
        }
        in.answers++;
    }
}

/* The octets of one line, or of its next piece: enough of it is kept to know its tag and whether a literal follows. */
static void keep(const char *bytes, size_t count)
{
    if (in.length < sizeof in.head - 1) {
        size_t part = sizeof in.head - 1 - in.length;
        memcpy(in.head + in.length, bytes, part < count ? part : count);
    }
    in.length += count;
    if (count >= sizeof in.tail) {
        memcpy(in.tail, bytes + count - sizeof in.tail, sizeof in.tail);
        in.tail_length = sizeof in.tail;
        return;
    }
    size_t over = in.tail_length + count > sizeof in.tail ? in.tail_length + count - sizeof in.tail : 0;
    memmove(in.tail, in.tail + over, in.tail_length - over);
    memcpy(in.tail + in.tail_length - over, bytes, count);
    in.tail_length += count - over;
}

/* The number in "{number}\r\n" at the end of the line; -1 if there is none. */
static long long announced(void)
{
    size_t at = in.tail_length;
    if (at < 5 || memcmp(in.tail + at - 3, "}\r\n", 3))
        return -1;
    for (at -= 3; at > 0 && isdigit((unsigned char)in.tail[at - 1]);)
        at--;
    return at > 0 && in.tail[at - 1] == '{' ? atoll(in.tail + at) : -1;
}

static void discard(const char *bytes, size_t count)
{
    while (count) {
        if (in.literal) {
            size_t part = in.literal < count ? in.literal : count;
            in.literal -= part;
            bytes += part;
            count -= part;
            continue;
        }
        const char *end = memchr(bytes, '\n', count);
        size_t part = end ? (size_t)(end - bytes) + 1 : count;
        keep(bytes, part);
        bytes += part;
        count -= part;
        if (!end)
            continue;
        long long literal = announced();
        if (literal >= 0) {
            in.literal = literal;
            in.tail_length = 0;
        } else {
            end_of_line();
            memset(in.head, 0, sizeof in.head);
            in.length = in.tail_length = 0;
        }
    }
}

static void open_connection(const char *authority, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (void *)&address, sizeof address))
        fail("no connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || !SSL_CTX_load_verify_locations(context, authority, NULL))
        fail("the authority's certificate cannot be read");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 1 << 18);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    SSL_set1_host(ssl, "localhost");
    if (SSL_connect(ssl) != 1)
        fail("no TLS");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Whether it is only that nothing can be moved now. */
static int waits(int count, const char *what)
{
    int reason = SSL_get_error(ssl, count);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
        fail_with(what, reason);
    return 1;
}

/* Whether anything was sent. Both directions take turns: a server that waits to be read from reads nothing. */
static int send_some(void)
{
    size_t left = out.length - out.sent;
    if (!left)
        return 0;
    ERR_clear_error();
    int count = SSL_write(ssl, out.text + out.sent, left > 16384 ? 16384 : left);
    if (count <= 0)
        return !waits(count, "sending failed");
    out.sent += count;
    return 1;
}

static int receive_some(void)
{
    static char buffer[1 << 16];
    ERR_clear_error();
    int count = SSL_read(ssl, buffer, sizeof buffer);
    if (count <= 0)
        return !waits(count, "the connection ended before the last answer");
    in.received += count;
    discard(buffer, count);
    return 1;
}

int main(int count, char **arguments)
{
    if (count != 6)
        fail("usage: floor CAFILE PORT USER PASSWORD FILE");
    read_commands(arguments[3], arguments[4], arguments[5]);
    double begin = now();
    open_connection(arguments[1], arguments[2]);
    while (in.answers < out.commands) {
        int moved = send_some();
        moved |= receive_some();
        if (!moved) {
            struct pollfd ready = {.fd = fd, .events = POLLIN | (out.sent < out.length ? POLLOUT : 0)};
            poll(&ready, 1, -1);
        }
    }
    printf("{\"seconds\": %.4f, \"received\": %llu, \"sent\": %zu, \"commands\": %u}\n", now() - begin, in.received,
           out.length, out.commands);
    return 0;
}
