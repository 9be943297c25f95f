/* cloud.h - random vectors to compare, and a host's progress callback. */
#ifndef CLOUD_H
#define CLOUD_H

#include <stddef.h>
#include <stdint.h>

/* n * d standard normal numbers, to be freed; `which` is the seed. */
float *cloud(size_t n, size_t d, uint64_t which);

/* A host's progress callback, which may cancel. */
typedef struct watcher {
    int calls, stop_at;
    double last;
    int backwards;
} watcher;
int watch(void *user, double done);

#endif
