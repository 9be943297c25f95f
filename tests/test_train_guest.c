/* test_train_guest.c - training doesn't affect its host. */
#define _DEFAULT_SOURCE /* RLIMIT_AS */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "math/kernels_internal.h"

#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static gan_status look(void *calls, gan_train_gradients *gradients)
{
    gradients->changed = 1; /* so that the norm is recomputed */
    ++*(size_t *)calls;
    return GAN_OK;
}

TEST_EACH(a_step_takes_no_memory, GAN_PENALTY_NONE, GAN_PENALTY_DRAGAN + 1)
{
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = (gan_penalty_kind)_i};
    budget b;
    gan_trainer_desc desc = small_desc;
    game x;
    float *real = normals(20 * 6, 1), *z = normals(40 * 3, 2), *out = malloc(40 * 6 * sizeof *out);
    gan_batch batch;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    size_t taken, looks = 0;
    unsigned long calls;
    gan_status bad = GAN_OK;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    desc.penalty = &penalty;
    desc.on_gradients = look;
    desc.on_gradients_user = &looks;
    x = game_begin(small_g, small_d, adam, &desc);
    batch = batch_of(&x, real, 20);
    expect_ok(gan_network_build(x.g)); /* the memory of its forward runs */
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
    ck_assert_uint_eq(looks, 2000);
    ck_assert_uint_eq(b.refused, 0);
#ifdef COUNT_HEAP_CALLS
    ck_assert_uint_gt(atomic_load(&heap_calls), 0); /* the counter works */
#endif
    free(real);
    free(z);
    free(out);
    game_end(&x);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(a_classifier_takes_no_memory)
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
    unsigned long calls;
    gan_status bad = GAN_OK;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_classifier_create(&c, net, opt, &desc));
    expect_ok(gan_dataset_create_floats(&data, samples, labels, 20, gan_shape_1d(6), NULL));
    expect_ok(gan_iterator_create(&it, data, NULL));
    b.left = 0;
    calls = atomic_load(&heap_calls);
    for (int s = 0; s < 100 && bad == GAN_OK; s++) {
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

TEST(a_pass_takes_no_memory)
{
    budget b;
    gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = 20};
    gan_pool *pool;
    gan_network *net = net_seeded(3, small_g, 1);
    gan_optimizer *opt = adam();
    gan_pass *pass;
    float *x = normals(20 * 3, 1), *dy = normals(20 * 6, 2), dx[20 * 3];
    unsigned long calls;
    gan_status bad = GAN_OK;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_pool_create(&pool, 2, NULL));
    desc.pool = pool;
    desc.allocator = &b.allocator;
    expect_ok(gan_pass_create(&pass, net, &desc));
    expect_ok(gan_optimizer_bind(opt, gan_network_param_count(net)));
    b.left = 0;
    calls = atomic_load(&heap_calls);
    for (int s = 0; s < 1000 && bad == GAN_OK; s++) {
        bad = gan_pass_forward(pass, x, 20, NULL);
        if (bad == GAN_OK) bad = gan_pass_update_buffers(pass);
        if (bad == GAN_OK) bad = gan_pass_backward(pass, dy, GAN_PASS_REPLACE, dx);
        if (bad == GAN_OK) bad = gan_pass_backward(pass, dy, GAN_PASS_ACCUMULATE, NULL);
        if (bad == GAN_OK) bad = gan_pass_step(pass, opt, NULL);
    }
    calls = atomic_load(&heap_calls) - calls;
    expect_ok(bad);
    ck_assert_uint_eq(calls, 0);
    ck_assert_uint_eq(b.refused, 0);
    gan_pass_destroy(pass);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
    gan_pool_destroy(pool);
    free(x), free(dy);
}

/* ---- address space, which OpenBLAS maps without the heap ---- */

static const net_layer large_g[] = {LINEAR(3, 1500), LEAKY, LINEAR(1500, 600), TANH, END},
                       large_d[] = {LINEAR(600, 1500), LEAKY, LINEAR(1500, 1), END};

enum { LARGE_BATCH = 300 }; /* for rows to be packed, and several chunks of them */

static gan_trainer_desc large_desc(size_t n_threads)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = LARGE_BATCH,
                              .n_threads = n_threads};
}

/* The process's virtual memory in pages; 0 if unknown. */
static size_t pages_mapped(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t n = 0;

    if (f && fscanf(f, "%zu", &n) != 1) n = 0;
    if (f) fclose(f);
    return n;
}

TEST_EACH(the_first_step_takes_no_addresses, 1, 4)
{
    const gan_trainer_desc desc = large_desc((size_t)_i);
    game x = game_begin(large_g, large_d, adam, &desc);
    float *real = normals(LARGE_BATCH * 600, 1), *z = normals(LARGE_BATCH * 3, 2);
    float *out = calloc(LARGE_BATCH * 600, sizeof *out);
    gan_batch batch = batch_of(&x, real, LARGE_BATCH);
    size_t before, after;
    unsigned long calls;

    sleep_ms(50);         /* for the initialisation of OpenBLAS's own threads */
    (void)pages_mapped(); /* stdio allocates a buffer */
    before = pages_mapped();
    calls = atomic_load(&heap_calls);
    expect_ok(gan_train_step(x.trainer, &batch, NULL));
    expect_ok(gan_trainer_sample(x.trainer, z, LARGE_BATCH, out));
    expect_ok(gan_network_forward(x.g, z, LARGE_BATCH, out));
    ck_assert_uint_eq(atomic_load(&heap_calls) - calls, 0);
    after = pages_mapped();
    if (!under_sanitizer()) ck_assert_uint_eq(before, after);
    game_end(&x);
    free(real), free(z), free(out);
}

/* NULL unless it is a normal OpenBLAS. */
#pragma weak blas_memory_alloc
void *blas_memory_alloc(int unused);

/* If products need a BLAS; else it isn't called. */
TEST(a_blas_without_memory_is_an_error)
{
    const gan_trainer_desc desc = large_desc(2);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    gan_network *g = net_seeded(3, large_g, 1), *d = net_seeded(600, large_d, 2);
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *trainer = NULL;
    struct rlimit limit, before;

    if (!under_sanitizer() && blas_memory_alloc && pages_mapped() > 0) {
        alarm(60); /* it waited for ever */
        expect_ok(gan_network_build(g));
        expect_ok(gan_network_build(d));
        ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
        limit = before;
        limit.rlim_cur = pages_mapped() * page + ((rlim_t)100 << 20);
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
        if (gan__kernels_need_blas()) {
            expect_fails(gan_trainer_create(&trainer, g, d, g_opt, d_opt, &desc), GAN_ERR_NOMEM,
                         "OpenBLAS maps a buffer");
            ck_assert_ptr_null(trainer);
        } else {
            expect_ok(gan_trainer_create(&trainer, g, d, g_opt, d_opt, &desc));
            gan_trainer_destroy(trainer);
        }
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
        expect_ok(gan_trainer_create(&trainer, g, d, g_opt, d_opt, &desc));
        gan_trainer_destroy(trainer);
    }
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
}

/* ---- a host with other floating-point modes ---- */

static void flush_to_zero(int on)
{
#ifdef __SSE__
    __builtin_ia32_ldmxcsr(on ? __builtin_ia32_stmxcsr() | 0x8040
                              : __builtin_ia32_stmxcsr() & ~0x8040u);
#elif defined(__aarch64__)
    uint64_t fpcr;

    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    fpcr = on ? fpcr | 1u << 24 : fpcr & ~((uint64_t)1 << 24);
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
#else
    (void)on;
#endif
}

static int flushes_to_zero(void)
{
    volatile float small = 1e-38f, less = small / 16;

    return less == 0;
}

static const struct {
    int mode, flush;
} hosts[] = {{FE_TONEAREST, 0},  {FE_UPWARD, 0},    {FE_DOWNWARD, 0},
             {FE_TOWARDZERO, 0}, {FE_TONEAREST, 1}, {FE_UPWARD, 1}};

/* Train and sample as a host that sets its own mode before it creates the trainer, or after. */
static game play_rounding(int host, int early, size_t n_threads, float *out)
{
    gan_trainer_desc desc = small_desc;
    float *z = normals(40 * 3, 2);
    game x;

    desc.n_threads = n_threads;
    desc.average_decay = 0.9;
    for (int i = 0; i < 2; i++) {
        if (i == !early) {
            ck_assert_int_eq(fesetround(hosts[host].mode), 0);
            flush_to_zero(hosts[host].flush);
        }
        if (i == 0) x = game_begin(small_g, small_d, adam, &desc);
    }
    for (uint64_t i = 0; i < 5; i++) play(&x, 20, i);
    expect_ok(gan_trainer_sample(x.trainer, z, 40, out));
    expect_ok(gan_network_forward(x.g, z, 40, out + 40 * 6));
    ck_assert_int_eq(fegetround(), hosts[host].mode);
    if (hosts[host].flush) ck_assert_int_eq(flushes_to_zero(), hosts[host].flush);
    fesetround(FE_TONEAREST);
    flush_to_zero(0);
    free(z);
    return x;
}

TEST_EACH(results_dont_depend_on_the_hosts_rounding, 0, sizeof hosts / sizeof *hosts)
{
    float wanted[2 * 40 * 6], found[2 * 40 * 6];
    game plain = play_rounding(0, 0, 1, wanted);

    for (size_t n = 1; n <= 3; n++)
        for (int early = 0; early < 2; early++) {
            game x = play_rounding(_i, early, n, found);

            expect_same_game(&plain, &x);
            expect_same_bits(wanted, found, sizeof wanted);
            game_end(&x);
        }
    game_end(&plain);
}

/* Two batches of drawn pictures, normalised. */
static float *batches_as(int host)
{
    float *all = malloc(20 * 784 * sizeof *all);
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    expect_ok(gan_dataset_create_shapes(&data, 20, 3, NULL));
    ck_assert_uint_eq(gan_shape_size(gan_dataset_shape(data)), 784);
    fesetround(hosts[host].mode);
    flush_to_zero(hosts[host].flush);
    expect_ok(gan_iterator_create(&it, data,
                                  &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = 10,
                                                       .mean = {0.45f}, .std = {0.23f}}));
    for (size_t i = 0; i < 2; i++) {
        expect_ok(gan_iterator_next(it, &batch));
        memcpy(all + i * 10 * 784, batch->samples, 10 * 784 * sizeof *all);
    }
    fesetround(FE_TONEAREST);
    flush_to_zero(0);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    return all;
}

TEST_EACH(batches_dont_depend_on_the_hosts_rounding, 0, sizeof hosts / sizeof *hosts)
{
    float *plain = batches_as(0), *found = batches_as(_i);

    expect_same_bits(plain, found, 20 * 784 * sizeof *plain);
    free(plain), free(found);
}

/* ---- a child process of the host ---- */

/* Run `act` in a child; it returns 0 on success.  It must not hang. */
static void expect_of_child(int (*act)(const game *), const game *x)
{
    int result = -1;
    const pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(20);
        _exit(act(x));
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_msg(WIFEXITED(result) && WEXITSTATUS(result) == 0, "the child ended with %d", result);
}

static int destroy_in_child(const game *x)
{
    game copy = *x;

    game_end(&copy);
    return 0;
}

static int is_refused(gan_status status)
{
    return status == GAN_ERR_INVALID && strstr(gan_last_error(), "after fork()");
}

static int use_in_child(const game *x)
{
    float real[20 * 6] = {0}, z[20 * 3] = {0}, out[20 * 6];
    const gan_batch batch = batch_of(x, real, 20);

    if (!is_refused(gan_train_step(x->trainer, &batch, NULL))) return 1;
    if (!is_refused(gan_train_discriminator_step(x->trainer, &batch, NULL, NULL, NULL))) return 2;
    if (!is_refused(gan_train_generator_step(x->trainer, 20, NULL, NULL, NULL))) return 3;
    if (!is_refused(gan_trainer_sample(x->trainer, z, 20, out))) return 4;
    return destroy_in_child(x);
}

static int use_alone_in_child(const game *x)
{
    float real[20 * 6] = {0}, z[20 * 3] = {0}, out[20 * 6];
    const gan_batch batch = batch_of(x, real, 20);

    if (gan_train_step(x->trainer, &batch, NULL) != GAN_OK) return 1;
    if (gan_trainer_sample(x->trainer, z, 20, out) != GAN_OK) return 2;
    return destroy_in_child(x);
}

TEST(a_child_may_destroy_what_it_may_not_use)
{
    for (size_t n = 1; n <= 3 && !under_thread_sanitizer(); n++) {
        gan_trainer_desc desc = small_desc;
        game x;

        desc.n_threads = n;
        x = game_begin(small_g, small_d, adam, &desc);
        for (int i = 0; i < 3; i++) {
            play(&x, 20, (uint64_t)i);
            if (i == 1) sleep_ms(20); /* the workers sleep, and are waiting for a condition */
            expect_of_child(destroy_in_child, &x);
            expect_of_child(n > 1 ? use_in_child : use_alone_in_child, &x);
        }
        play(&x, 20, 9);
        game_end(&x);
    }
}

static gan_iterator *picture_iterator; /* that decodes ahead */
static gan_dataset *pictures;
static gan_classifier *classifier;
static gan_network *pooled;

static int use_others_in_child(const game *x)
{
    const gan_batch *batch;
    float samples[5 * 6] = {0}, out[5 * 6];
    uint8_t labels[5] = {0};
    const gan_batch own = {GAN_BATCH_INIT, .count = 5, .shape = gan_shape_1d(6), .samples = samples,
                           .labels = labels};

    (void)x;
    if (!is_refused(gan_iterator_next(picture_iterator, &batch)) || batch) return 1;
    gan_iterator_destroy(picture_iterator);
    gan_dataset_destroy(pictures);
    if (!is_refused(gan_classifier_step(classifier, &own, NULL))) return 2;
    if (!is_refused(gan_classifier_predict(classifier, samples, 5, labels))) return 3;
    if (!is_refused(gan_classifier_features(classifier, samples, 5, out))) return 4;
    gan_classifier_destroy(classifier);
    if (!is_refused(gan_network_forward(pooled, samples, 5, out))) return 5;
    gan_network_destroy(pooled);
    return 0;
}

TEST(a_child_may_not_use_other_handles_with_threads_either)
{
    static const net_layer layers[] = {LINEAR(6, 7), LEAKY, LINEAR(7, 3), END};
    const gan_classifier_desc two = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 2, .feature_layers = 1};
    const gan_batch *batch;
    float pixels[64] = {0}, out[3];
    char path[1200], folder[1024];
    gan_network *net = net_seeded(6, layers, 1);
    gan_optimizer *opt = adam();
    gan_pool *pool;

    snprintf(folder, sizeof folder, "%s", scratch_path("forked"));
    mkdir(folder, 0777);
    for (int i = 0; i < 9; i++) {
        snprintf(path, sizeof path, "%s/%d.png", folder, i);
        expect_ok(gan_image_write_grid(path, pixels, 1, gan_shape_3d(1, 8, 8), NULL));
    }
    expect_ok(gan_dataset_open_png(&pictures, folder,
                                   &(gan_png_desc){GAN_PNG_DESC_INIT, .memory_limit = 1}));
    expect_ok(gan_iterator_create(
        &picture_iterator, pictures,
        &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = 3, .n_threads = 2}));
    expect_ok(gan_classifier_create(&classifier, net, opt, &two));
    expect_ok(gan_pool_create(&pool, 2, NULL));
    pooled = net_make(6, layers, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .pool = pool});
    expect_ok(gan_network_forward(pooled, pixels, 1, out));
    expect_ok(gan_iterator_next(picture_iterator, &batch)); /* and the next one is being decoded */
    if (!under_thread_sanitizer()) expect_of_child(use_others_in_child, NULL);
    expect_ok(gan_iterator_next(picture_iterator, &batch));
    gan_iterator_destroy(picture_iterator);
    gan_dataset_destroy(pictures);
    gan_network_destroy(pooled);
    gan_pool_destroy(pool);
    gan_classifier_destroy(classifier);
    gan_network_destroy(net);
    gan_optimizer_destroy(opt);
}

/* ---- the BLAS's threads ---- */

/* NULL unless the BLAS in this process is an OpenBLAS. */
#pragma weak openblas_get_num_threads
#pragma weak openblas_set_num_threads
int openblas_get_num_threads(void);
void openblas_set_num_threads(int n);

TEST(the_threads_of_openblas_are_put_back)
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
