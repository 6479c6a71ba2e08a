#include "CLibpq.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

static struct libpq_functions functions;
static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fail(void) {
    const char *message = dlerror();
    snprintf(failure, sizeof failure, "%s", message != NULL ? message : "unknown error of the loader");
}

static void load(void) {
    // The name that every version of libpq since PostgreSQL 8.1 has.
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fail();
        return;
    }
// POSIX stores the address of a function through a pointer to an object.
#define LIBPQ_RESOLVE(name)                                                                                            \
    *(void **)&functions.name = dlsym(library, #name);                                                                 \
    if (functions.name == NULL) {                                                                                      \
        fail();                                                                                                        \
        return;                                                                                                        \
    }
    LIBPQ_FUNCTIONS(LIBPQ_RESOLVE)
}

const struct libpq_functions *libpq_load(void) {
    pthread_once(&once, load);
    return failure[0] == '\0' ? &functions : NULL;
}

const char *libpq_failure(void) { return failure; }
