/* test_train_guest.c - training takes nothing from its host and leaves nothing changed. */
#include "budget.h"
#include "expect.h"
#include "game.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- heap calls of the whole process, where the C library lets them be counted ---- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define COUNT_HEAP_CALLS 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) &&                     \
    !__has_feature(memory_sanitizer)
#define COUNT_HEAP_CALLS 1
#endif
#endif

static atomic_ulong heap_calls;

#ifdef COUNT_HEAP_CALLS
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *memory);

void *malloc(size_t n)
{
    atomic_fetch_add(&heap_calls, 1);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&heap_calls, 1);
    return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t n)
{
    atomic_fetch_add(&heap_calls, 1);
    return __libc_realloc(memory, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    atomic_fetch_add(&heap_calls, 1);
    return __libc_memalign(alignment, n);
}

void free(void *memory)
{
    if (memory) atomic_fetch_add(&heap_calls, 1);
    __libc_free(memory);
}
#endif

/* ---- a good guest ---- */

START_TEST(a_step_takes_no_memory)
{
    budget b;
    gan_trainer_desc desc = small_desc;
    game x;
    float *real = normals(20 * 6, 1), *z = normals(40 * 3, 2), *out = malloc(40 * 6 * sizeof *out);
    gan_batch batch;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    size_t taken;
    unsigned long calls;
    gan_status bad = GAN_OK;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    x = game_begin(small_g, small_d, adam, &desc);
    batch = batch_of(&x, real, 20);
    for (int s = 0; s < 3; s++)
        expect_ok(gan_train_step(x.trainer, &batch, &stats)); /* a BLAS may take its buffers */
    expect_ok(gan_trainer_sample(x.trainer, z, 40, out));
    taken = b.taken;
    b.left = 0;
    calls = atomic_load(&heap_calls);
    for (int s = 0; s < 1000 && bad == GAN_OK; s++) {
        bad = gan_train_step(x.trainer, &batch, &stats);
        if (bad == GAN_OK) bad = gan_trainer_sample(x.trainer, z, 40, out);
        if (bad == GAN_OK) bad = gan_network_forward(x.g, z, 40, out);
    }
    calls = atomic_load(&heap_calls) - calls;
    expect_ok(bad);
    ck_assert_uint_eq(calls, 0);
    ck_assert_uint_eq(b.taken, taken);
    ck_assert_uint_eq(b.refused, 0);
#ifdef COUNT_HEAP_CALLS
    ck_assert_uint_gt(atomic_load(&heap_calls), 0); /* the count counts */
#endif
    free(real);
    free(z);
    free(out);
    game_end(&x);
    ck_assert_uint_eq(budget_live(&b), 0);
}
END_TEST

/* NULL unless the BLAS in this process is an OpenBLAS. */
#pragma weak openblas_get_num_threads
#pragma weak openblas_set_num_threads
int openblas_get_num_threads(void);
void openblas_set_num_threads(int n);

START_TEST(the_threads_of_openblas_are_put_back)
{
    game x;
    float *real = normals(20 * 6, 1), *z = normals(40 * 3, 2), *out = malloc(40 * 6 * sizeof *out);
    gan_batch batch;

    if (openblas_get_num_threads && openblas_set_num_threads) {
        openblas_set_num_threads(2);
        if (openblas_get_num_threads() == 2) { /* not so in a sequential build */
            x = small_game();
            ck_assert_int_eq(openblas_get_num_threads(), 2);
            batch = batch_of(&x, real, 20);
            expect_ok(gan_train_step(x.trainer, &batch, NULL));
            ck_assert_int_eq(openblas_get_num_threads(), 2);
            expect_ok(gan_trainer_sample(x.trainer, z, 40, out));
            ck_assert_int_eq(openblas_get_num_threads(), 2);
            expect_ok(gan_network_forward(x.g, z, 40, out));
            ck_assert_int_eq(openblas_get_num_threads(), 2);
            real[5] = NAN;
            expect_status(gan_train_step(x.trainer, &batch, NULL), GAN_ERR_NONFINITE);
            ck_assert_int_eq(openblas_get_num_threads(), 2);
            game_end(&x);
        }
    }
    free(real);
    free(z);
    free(out);
}
END_TEST

Suite *suite(void)
{
    const TTest *const tests[] = {a_step_takes_no_memory, the_threads_of_openblas_are_put_back,
                                  NULL};
    Suite *s = suite_create("train_guest");

    add_tests(s, "a good guest", tests);
    return s;
}
