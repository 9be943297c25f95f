/* alloc.c - zeroed, aligned blocks from the host's allocator. */
#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* All blocks are zeroed; large ones from calloc() take no memory until they are written. */
static void *malloc_alloc(size_t bytes, void *user)
{
    (void)user;
    return calloc(1, bytes);
}

static void malloc_free(void *memory, void *user)
{
    (void)user;
    free(memory);
}

gan_status gan__alloc_init(gan_allocator *out, const gan_allocator *from)
{
    static const gan_allocator standard = {malloc_alloc, malloc_free, NULL};

    if (from && (!from->alloc || !from->free))
        return gan__fail(GAN_ERR_INVALID, "allocator: both alloc and free must be set, %s is NULL",
                         from->alloc ? "free" : "alloc");
    *out = from ? *from : standard;
    return GAN_OK;
}

/* The host's block begins up to 64 bytes before ours; its address stands right before ours. */
gan_status gan__alloc(void *out, const gan_allocator *allocator, size_t n, size_t size)
{
    const size_t slack = GAN__ALIGNMENT + sizeof(void *);
    void *block = NULL;
    void *memory = NULL;
    size_t bytes;

    memcpy(out, &memory, sizeof memory);
    if (size && n > (PTRDIFF_MAX - slack) / size) /* no block can be larger */
        return gan__fail(GAN_ERR_NOMEM, "out of memory: %zu blocks of %zu bytes are too many", n,
                         size);
    bytes = n > 0 && size > 0 ? n * size : 1;
    block = allocator->alloc(bytes + slack, allocator->user);
    if (!block)
        return gan__fail(GAN_ERR_NOMEM, "out of memory: %zu bytes requested", bytes + slack);
    memory = (void *)(((uintptr_t)block + slack) / GAN__ALIGNMENT * GAN__ALIGNMENT);
    memcpy((char *)memory - sizeof block, &block, sizeof block);
    if (allocator->alloc != malloc_alloc && !gan__measures(allocator)) memset(memory, 0, bytes);
    memcpy(out, &memory, sizeof memory);
    return GAN_OK;
}

gan_status gan__alloc_grow(void *block, size_t *room, size_t used, size_t first, size_t most,
                           const gan_allocator *allocator)
{
    size_t wanted = *room > 0 && *room < most / 2 ? 2 * *room : most;
    void *old, *bigger;
    gan_status status;

    while (*room == 0 && wanted / 2 > first) wanted = wanted / 2 + wanted % 2;
    status = gan__alloc(&bigger, allocator, wanted, 1);
    if (status != GAN_OK) return status;
    memcpy(&old, block, sizeof old);
    if (used > 0) memcpy(bigger, old, used);
    gan__free(allocator, old);
    memcpy(block, &bigger, sizeof bigger);
    *room = wanted;
    return GAN_OK;
}

void gan__free(const gan_allocator *allocator, void *memory)
{
    void *block;

    if (!memory) return;
    memcpy(&block, (char *)memory - sizeof block, sizeof block);
    allocator->free(block, allocator->user);
}
