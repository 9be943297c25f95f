/* alloc_measure.c - how much memory objects would take: they are created in memory that is never
 * touched.
 *
 * An object is measured by the function that creates it, with an allocator that counts, so the two
 * can't disagree.  Large blocks are addresses without memory until they are written, which creating
 * an object doesn't do; so a measurement takes hardly any memory, and little time. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "base/alloc_internal.h"
#include "base/arithmetic_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE = 1 << 20, HEAD = 4096 };

/* The header before each block. */
typedef struct head {
    size_t bytes;
} head;

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void *measure_alloc(size_t bytes, void *user)
{
    gan__measure *m = user;
    char *memory;

    if (bytes > SIZE_MAX - HEAD) return NULL;
    memory = bytes < LARGE ? calloc(1, bytes + HEAD) : map(bytes + HEAD);
    if (!memory) return NULL;
    memcpy(memory, &(head){bytes}, sizeof(head));
    m->bytes += bytes;
    return memory + HEAD;
}

static void measure_free(void *memory, void *user)
{
    gan__measure *m = user;
    char *block = (char *)memory - HEAD;
    head h;

    memcpy(&h, block, sizeof h);
    m->bytes -= h.bytes;
    if (h.bytes < LARGE)
        free(block);
    else
        munmap(block, h.bytes + HEAD);
}

void gan__measure_begin(gan__measure *m)
{
    m->allocator = (gan_allocator){measure_alloc, measure_free, m};
    m->bytes = 0;
}

int gan__measures(const gan_allocator *allocator)
{
    return allocator->alloc == measure_alloc;
}
