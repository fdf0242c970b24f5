#define _GNU_SOURCE
#include "CHost.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <link.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
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

// What a child has for its standard files: /dev/null for an input, and ours for an output, that is negative.
struct files {
    int input, output, errors;
};

static int prepare(
    struct files files, short flags, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = files.input < 0 ? posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)
                               : posix_spawn_file_actions_adddup2(actions, files.input, 0);
    if (!code && files.output >= 0) code = posix_spawn_file_actions_adddup2(actions, files.output, 1);
    if (!code && files.errors >= 0) code = posix_spawn_file_actions_adddup2(actions, files.errors, 2);
#ifndef __APPLE__
    // Whoever in this process has opened a file without O_CLOEXEC: the child does not get it.
    if (!code) code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
    if (!code && flags & POSIX_SPAWN_SETPGROUP) code = posix_spawnattr_setpgroup(attributes, 0);
    if (!code) code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code) code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code) {
        code = posix_spawnattr_setflags(attributes, flags | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    return code;
}

static int spawn(
    pid_t *pid, char *const arguments[], char *const environment[], struct files files, short flags) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (!code) {
        code = prepare(files, flags, &actions, &attributes);
        if (!code) code = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int chost_spawn(pid_t *pid, char *const arguments[], char *const environment[], int output, int errors) {
    short flags = POSIX_SPAWN_SETPGROUP;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    return spawn(pid, arguments, environment, (struct files){-1, output, errors}, flags);
}

int chost_spawn_reading(pid_t *pid, char *const arguments[], char *const environment[], int input) {
    return spawn(pid, arguments, environment, (struct files){input, -1, -1}, 0);
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

#ifdef __GLIBC__
// Whether the loader wrote into pages of this object that it then made read-only: they could not be read again.
static int has_text_relocations(const struct dl_phdr_info *object) {
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag == DT_TEXTREL) return 1;
            if (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL) return 1;
        }
    }
    return 0;
}

static int release_object(struct dl_phdr_info *object, size_t size, void *page) {
    // The kernel's own object is no file.
    if (strncmp(object->dlpi_name, "linux-vdso", 10) == 0 || has_text_relocations(object)) return 0;
    uintptr_t mask = *(const uintptr_t *)page - 1;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        // Whole pages only: what shares a page with another segment stays.
        uintptr_t start = (object->dlpi_addr + segment->p_vaddr + mask) & ~mask;
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_filesz) & ~mask;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}
#endif

void chost_release_code(void) {
#ifdef __GLIBC__
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(release_object, &page);
#endif
}
