#include "CPQ.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The name of libpq's interface since 2005; pipelines came to it with PostgreSQL 14. */
#ifdef __APPLE__
static const char file[] = "libpq.5.dylib";
#else
static const char file[] = "libpq.so.5";
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cpq_library library;
static int is_loaded;

static int load(char *error, size_t size) {
    /* Kept for good: a library with threads' data in it is not unloaded. */
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(error, size, "%s", dlerror());
        return 0;
    }
#define CPQ_LOAD(name) \
    do { \
        void *symbol = dlsym(handle, #name); \
        if (!symbol) { \
            snprintf(error, size, "%s has no %s", file, #name); \
            return 0; \
        } \
        memcpy(&library.name, &symbol, sizeof symbol); \
    } while (0);
    CPQ_FUNCTIONS(CPQ_LOAD)
#undef CPQ_LOAD
    return 1;
}

const cpq_library *cpq_load(char *error, size_t size) {
    pthread_mutex_lock(&lock);
    if (!is_loaded) is_loaded = load(error, size);
    const cpq_library *result = is_loaded ? &library : NULL;
    pthread_mutex_unlock(&lock);
    return result;
}
