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
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = (gan_penalty_kind)_i};
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
    desc.penalty = &penalty;
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

START_TEST(a_classifier_takes_no_memory)
{
    static const net_layer layers[] = {LINEAR(6, 7), LEAKY, DROPOUT(0.5f), LINEAR(7, 3), END};
    budget b;
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 2};
    gan_network *net = net_seeded(6, layers, 1);
    gan_optimizer *opt = adam();
    gan_classifier *c;
    gan_dataset *data;
    gan_iterator *it;
    float *samples = normals(20 * 6, 1), features[20 * 7];
    const uint8_t labels[20] = {0, 1, 2, 1, 0};
    uint8_t predicted[20];
    const gan_batch batch = {GAN_BATCH_INIT, .count = 20, .shape = gan_shape_1d(6),
                             .samples = samples, .labels = labels};
    unsigned long calls = 0;
    gan_status bad = GAN_OK;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_classifier_create(&c, net, opt, &desc));
    expect_ok(gan_dataset_create_floats(&data, samples, labels, 20, gan_shape_1d(6), NULL));
    expect_ok(gan_iterator_create(&it, data, NULL));
    b.left = 0;
    for (int s = 0; s < 100 && bad == GAN_OK; s++) {
        if (s == 3) calls = atomic_load(&heap_calls); /* a BLAS may take its buffers before */
        bad = gan_classifier_step(c, &batch, NULL);
        if (bad == GAN_OK) bad = gan_classifier_evaluate(c, it, NULL, NULL);
        if (bad == GAN_OK) bad = gan_classifier_predict(c, samples, 20, predicted);
        if (bad == GAN_OK) bad = gan_classifier_features(c, samples, 20, features);
    }
    calls = atomic_load(&heap_calls) - calls;
    expect_ok(bad);
    ck_assert_uint_eq(calls, 0);
    ck_assert_uint_eq(b.refused, 0);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    gan_classifier_destroy(c);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
    free(samples);
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
    const TTest *const tests[] = {a_classifier_takes_no_memory,
                                  the_threads_of_openblas_are_put_back, NULL};
    Suite *s = suite_create("train_guest");
    TCase *tc = tcase_create("each penalty");

    tcase_add_loop_test(tc, a_step_takes_no_memory, GAN_PENALTY_NONE, GAN_PENALTY_DRAGAN + 1);
    suite_add_tcase(s, tc);
    add_tests(s, "a good guest", tests);
    return s;
}
