/* Preloaded into mail servers that want to be root, to change to users of their own and to lie under /var: they are told
   that they are and that they did, and stay whoever started them. Users that packages would make are other names for
   that one.

   With NORIGHTS_ROOT (OpenSMTPD) all users are root, who owns what the real one owns, and what is asked of /var and of
   the queue, behind its chroot, is asked below the directory of that name. With NORIGHTS_KEY a key is read from that
   file: OpenSMTPD 6.8 keeps it in another process, and OpenSSL 3 cannot use that (OpenSMTPD issue 1171). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <dirent.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static uid_t real_user, effective_user; /* as they are told */

static uid_t self(void) { return getenv("NORIGHTS_ROOT") ? 0 : (uid_t)syscall(SYS_getuid); }

uid_t getuid(void) { return real_user; }
uid_t geteuid(void) { return effective_user; }
int setuid(uid_t u) { real_user = effective_user = u; return 0; }
int seteuid(uid_t u) { effective_user = u; return 0; }
int setresuid(uid_t r, uid_t e, uid_t s) { real_user = r; effective_user = e; (void)s; return 0; }
int setgid(gid_t g) { (void)g; return 0; }
int setegid(gid_t g) { (void)g; return 0; }
int setresgid(gid_t r, gid_t e, gid_t s) { (void)r; (void)e; (void)s; return 0; }
int setgroups(size_t n, const gid_t *g) { (void)n; (void)g; return 0; }
int initgroups(const char *user, gid_t g) { (void)user; (void)g; return 0; }
int chroot(const char *path) { (void)path; return 0; }
int chown(const char *path, uid_t u, gid_t g) { (void)path; (void)u; (void)g; return 0; }
int fchown(int fd, uid_t u, gid_t g) { (void)fd; (void)u; (void)g; return 0; }

struct passwd *getpwnam(const char *name)
{
    static struct passwd made;
    static char kept[64];
    struct passwd *found = REAL(getpwnam)(name);
    if (found || strlen(name) >= sizeof kept) return found;
    strcpy(kept, name);
    made = (struct passwd){kept, "*", self(), self() ? (gid_t)syscall(SYS_getgid) : 0, "", "/", "/bin/false"};
    return &made;
}

struct group *getgrnam(const char *name)
{
    static struct group made;
    static char *nobody[] = {NULL};
    struct group *found = REAL(getgrnam)(name);
    if (found) return found;
    made = (struct group){"self", "*", self() ? (gid_t)syscall(SYS_getgid) : 0, nobody};
    return &made;
}

static int owned(int result, struct stat *status)
{
    if (result == 0 && effective_user == 0 && status->st_uid == (uid_t)syscall(SYS_getuid)) status->st_uid = status->st_gid = 0;
    return result;
}

static const char *moved(const char *path, char *buffer)
{
    static const char *const queue[] = {"/queue", "/incoming", "/purge", "/temporary", "/offline", "/corrupt"};
    const char *root = getenv("NORIGHTS_ROOT"), *below = NULL;
    size_t i;
    if (!root || !path) return path;
    if (strncmp(path, "/var/", 5) == 0) below = "";
    for (i = 0; i < sizeof queue / sizeof *queue; i++)
        if (strncmp(path, queue[i], strlen(queue[i])) == 0) below = "/var/spool/smtpd";
    if (!below || snprintf(buffer, PATH_MAX, "%s%s%s", root, below, path) >= PATH_MAX) return path;
    return buffer;
}

#define PATH_CALL(type, name, parameters, arguments) \
    type name parameters { char buffer[PATH_MAX]; return REAL(name) arguments; }
#define AT(path) moved(path, buffer)
PATH_CALL(int, mkdir, (const char *p, mode_t m), (AT(p), m))
PATH_CALL(int, chmod, (const char *p, mode_t m), (AT(p), m))
PATH_CALL(int, rmdir, (const char *p), (AT(p)))
PATH_CALL(int, unlink, (const char *p), (AT(p)))
PATH_CALL(DIR *, opendir, (const char *p), (AT(p)))
PATH_CALL(FILE *, fopen, (const char *p, const char *m), (AT(p), m))

int stat(const char *path, struct stat *status)
{
    char buffer[PATH_MAX];
    return owned(REAL(stat)(AT(path), status), status);
}

int lstat(const char *path, struct stat *status)
{
    char buffer[PATH_MAX];
    return owned(REAL(lstat)(AT(path), status), status);
}

int fstat(int fd, struct stat *status) { return owned(REAL(fstat)(fd, status), status); }

int rename(const char *from, const char *to)
{
    char buffer[PATH_MAX], other[PATH_MAX];
    return REAL(rename)(AT(from), moved(to, other));
}

int open(const char *path, int flags, ...)
{
    char buffer[PATH_MAX];
    va_list rest;
    mode_t mode;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return REAL(open)(AT(path), flags, mode);
}

int mkstemp(char *template)
{
    char buffer[PATH_MAX];
    const char *path = AT(template);
    int fd;
    if (path == template) return REAL(mkstemp)(template);
    fd = REAL(mkstemp)(buffer);
    memcpy(template, buffer + strlen(buffer) - strlen(template), strlen(template));
    return fd;
}

FTS *fts_open(char *const *paths, int options, int (*order)(const FTSENT **, const FTSENT **))
{
    char buffer[PATH_MAX];
    char *one[] = {(char *)AT(paths[0]), NULL};
    return REAL(fts_open)(paths[0] && !paths[1] ? one : paths, options, order);
}

int SSL_CTX_use_PrivateKey(void *context, void *key)
{
    static int inside; /* the other function calls this one */
    const char *file = inside ? NULL : getenv("NORIGHTS_KEY");
    int (*from_file)(void *, const char *, int) = dlsym(RTLD_NEXT, "SSL_CTX_use_PrivateKey_file");
    int (*real)(void *, void *) = dlsym(RTLD_NEXT, "SSL_CTX_use_PrivateKey");
    int done;
    if (!file) return real(context, key);
    inside = 1;
    done = from_file(context, file, 1 /* PEM */);
    inside = 0;
    return done;
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    char buffer[PATH_MAX];
    struct sockaddr_un local;
    const char *path;
    if (address->sa_family != AF_UNIX) return REAL(bind)(fd, address, length);
    memset(&local, 0, sizeof local);
    memcpy(&local, address, length < sizeof local ? length : sizeof local);
    path = AT(local.sun_path);
    if (path == local.sun_path) return REAL(bind)(fd, address, length);
    if (strlen(path) >= sizeof local.sun_path) { errno = ENAMETOOLONG; return -1; }
    memmove(local.sun_path, path, strlen(path) + 1);
    return REAL(bind)(fd, (struct sockaddr *)&local, sizeof local);
}
