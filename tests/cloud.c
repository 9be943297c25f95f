/* cloud.c - see cloud.h. */
#include "cloud.h"

#include "expect.h"

#include <gan/rng.h>
#include <stdlib.h>

float *cloud(size_t n, size_t d, uint64_t which)
{
    float *x = malloc(n * d * sizeof *x);
    gan_rng *rng;

    ck_assert_ptr_nonnull(x);
    expect_ok(gan_rng_create(&rng, which, 0, NULL));
    gan_rng_normal(rng, n * d, x);
    gan_rng_destroy(rng);
    return x;
}

int watch(void *user, double done)
{
    watcher *w = user;

    w->backwards |= done < w->last || done > 1;
    w->last = done;
    return ++w->calls == w->stop_at;
}
