// Preloaded into a program: while the file exists that FAILING_DISK names, no sync to disk succeeds and, if it says
// "read-only", nothing is written into files by position either, which is how databases write.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* 'r' of "read-only", another character for syncs alone, 0 for a disk that works. */
static char trouble(void) {
    const char *name = getenv("FAILING_DISK");
    char first = 's';
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    if (read(file, &first, 1) < 0) first = 's';
    close(file);
    return first;
}

static int sync_by(const char *name, int descriptor) {
    if (trouble()) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(descriptor);
}

static ssize_t write_by(const char *name, int descriptor, const void *bytes, size_t count, off_t at) {
    if (trouble() == 'r') {
        errno = EROFS;
        return -1;
    }
    return ((ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, name))(descriptor, bytes, count, at);
}

int fsync(int descriptor) { return sync_by("fsync", descriptor); }
int fdatasync(int descriptor) { return sync_by("fdatasync", descriptor); }
ssize_t pwrite(int d, const void *bytes, size_t count, off_t at) { return write_by("pwrite", d, bytes, count, at); }
ssize_t pwrite64(int d, const void *bytes, size_t count, off_t at) { return write_by("pwrite64", d, bytes, count, at); }
