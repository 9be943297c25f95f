/* cloud.h - random vectors to compare, and a host that looks at the progress. */
#ifndef CLOUD_H
#define CLOUD_H

#include <stddef.h>
#include <stdint.h>

/* n * d normal numbers, to be freed; the same for the same `which`. */
float *cloud(size_t n, size_t d, uint64_t which);

/* A host that looks at the progress, and may stop. */
typedef struct watcher {
    int calls, stop_at;
    double last;
    int backwards;
} watcher;
int watch(void *user, double done);

#endif
