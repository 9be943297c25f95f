/* test_reference_refuses.c - comparisons that are cancelled, refused, or out of memory. */
#include "budget.h"
#include "cloud.h"
#include "expect.h"

#include <gan/pool.h>
#include <gan/reference.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- stopping ---- */

TEST(progress_goes_up_to_one_and_a_host_may_stop)
{
    enum { N = 1100, D = 4 };
    float *real = cloud(N, D, 1), *fake = cloud(N, D, 2);
    watcher w = {0};
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = fake, .n_held_out = N / 2,
                                     .progress = watch, .progress_user = &w};
    gan_comparison c = {GAN_COMPARISON_INIT}, same = {GAN_COMPARISON_INIT};
    gan_reference *ref;
    int calls;

    expect_ok(gan_reference_create(&ref, real, N, D, &desc));
    ck_assert(w.last == 1 && w.calls >= 2 && !w.backwards);
    w = (watcher){.stop_at = 2};
    expect_fails(gan_reference_compare(ref, fake, NULL, N, &c), GAN_ERR_CANCELLED,
                 "by the host at");
    expect_same_bits(&c, &same, sizeof c);
    w = (watcher){0};
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
    ck_assert(w.last == 1 && w.calls >= 2 && !w.backwards);
    calls = w.calls;
    w = (watcher){.stop_at = calls};                             /* when all is computed */
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &same)); /* the floor is known now */
    ck_assert_int_lt(w.calls, calls);
    expect_same_bits(&c, &same, sizeof c);
    gan_reference_destroy(ref);
    for (w = (watcher){.stop_at = 1}; w.stop_at < 3; w.calls = 0, w.stop_at++, w.last = 0) {
        expect_status(gan_reference_create(&ref, real, N, D, &desc), GAN_ERR_CANCELLED);
        ck_assert_ptr_null(ref);
    }
    free(real);
    free(fake);
}

/* The host's function is called while the comparison runs. */
static gan_status nested;
static gan_reference *nested_in;
static const float *nested_vectors;

static int compare_again(void *user, double done)
{
    gan_comparison c = {GAN_COMPARISON_INIT};

    (void)user;
    (void)done;
    if (nested_in) nested = gan_reference_compare(nested_in, nested_vectors, NULL, 20, &c);
    return 0;
}

TEST(a_second_call_meanwhile_is_told)
{
    float *real = cloud(20, 3, 1);
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .progress = compare_again};
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    expect_ok(gan_reference_create(&ref, real, 20, 3, &desc));
    nested_in = ref;
    nested_vectors = real;
    expect_ok(gan_reference_compare(ref, real, NULL, 20, &c));
    expect_status(nested, GAN_ERR_BUSY);
    gan_reference_destroy(ref);
    free(real);
}

/* ---- failures ---- */

TEST(bad_arguments_are_refused)
{
    enum { N = 20, D = 2 };
    float *x = cloud(N, D, 1);
    const uint16_t labels[N] = {0, 1, 2, 0, 0, 0, 3};
    const gan_allocator half = {0};
    gan_reference *ref = (gan_reference *)&ref;
    gan_comparison c = {GAN_COMPARISON_INIT}, same = {GAN_COMPARISON_INIT};
    const struct {
        gan_reference_desc desc;
        const char *part;
    } settings[] = {
        {{GAN_REFERENCE_DESC_INIT, .neighbors = 65}, "neighbors of 1 to 64 expected, got 65"},
        {{GAN_REFERENCE_DESC_INIT, .neighbors = 18}, "21 to 4194304 real vectors expected for 18"},
        {{GAN_REFERENCE_DESC_INIT, .confidence = 1}, "below 1 expected, got 1"},
        {{GAN_REFERENCE_DESC_INIT, .confidence = -1}, "got -1"},
        {{GAN_REFERENCE_DESC_INIT, .held_out = x, .n_held_out = 7}, "held-out vectors expected"},
        {{GAN_REFERENCE_DESC_INIT, .labels = labels}, "n_classes of 1 to 65536 expected"},
        {{GAN_REFERENCE_DESC_INIT, .labels = labels, .n_classes = 3},
         "label 6 of the real samples is 3, there are 3 classes"},
        {{GAN_REFERENCE_DESC_INIT, .held_out_labels = labels, .labels = labels, .n_classes = 4},
         "held_out_labels expects labels and held_out"},
        {{GAN_REFERENCE_DESC_INIT, .n_bins = 1}, "2 to 1024 bins, and no more than 20 vectors"},
        {{GAN_REFERENCE_DESC_INIT, .n_bins = 21}, "expected, got 21"},
        {{GAN_REFERENCE_DESC_INIT, .allocator = &half}, "allocator"},
        {{.struct_size = 1}, "reference desc"},
    };

    expect_fails(gan_reference_create(NULL, x, N, D, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_reference_create(&ref, NULL, N, D, NULL), GAN_ERR_INVALID, "vectors are NULL");
    ck_assert_ptr_null(ref);
    expect_fails(gan_reference_create(&ref, x, N, 0, NULL), GAN_ERR_INVALID, "got 0");
    expect_fails(gan_reference_create(&ref, x, N, 65536, NULL), GAN_ERR_INVALID, "got 65536");
    expect_fails(gan_reference_create(&ref, x, 7, D, NULL), GAN_ERR_INVALID, "8 to 4194304 real");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        expect_fails(gan_reference_create(&ref, x, N, D, &settings[i].desc), GAN_ERR_INVALID,
                     settings[i].part);
    expect_ok(gan_reference_create(&ref, x, N, D, NULL));
    expect_fails(gan_reference_compare(NULL, x, NULL, N, &c), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_reference_compare(ref, NULL, NULL, N, &c), GAN_ERR_INVALID, "generated");
    expect_fails(gan_reference_compare(ref, x, NULL, N, NULL), GAN_ERR_INVALID, "comparison is");
    expect_fails(gan_reference_compare(ref, x, NULL, 7, &c), GAN_ERR_INVALID, "got 7");
    expect_fails(gan_reference_compare(ref, x, labels, N, &c), GAN_ERR_INVALID, "have none");
    c.struct_size = same.struct_size = 3;
    expect_fails(gan_reference_compare(ref, x, NULL, N, &c), GAN_ERR_INVALID, "comparison");
    expect_same_bits(&c, &same, sizeof c);
    gan_reference_destroy(ref);
    gan_reference_destroy(NULL);
    free(x);
}

TEST(vectors_that_are_no_numbers_are_refused)
{
    enum { N = 20, D = 3 };
    const float bad[] = {NAN, INFINITY, -INFINITY, 7e18f};
    float *x = cloud(N, D, 1), *wrong = cloud(N, D, 2);
    gan_comparison c = {GAN_COMPARISON_INIT}, same = {GAN_COMPARISON_INIT};
    gan_reference *ref, *none;

    expect_ok(gan_reference_create(&ref, x, N, D, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const gan_reference_desc held = {GAN_REFERENCE_DESC_INIT, .held_out = wrong,
                                         .n_held_out = N};

        wrong[17 * D + 1] = bad[i];
        expect_fails(gan_reference_create(&none, wrong, N, D, NULL), GAN_ERR_NONFINITE,
                     "real vector 17");
        expect_fails(gan_reference_create(&none, x, N, D, &held), GAN_ERR_NONFINITE,
                     "held-out vector 17");
        expect_fails(gan_reference_compare(ref, wrong, NULL, N, &c), GAN_ERR_NONFINITE,
                     "generated vector 17");
    }
    expect_same_bits(&c, &same, sizeof c);
    gan_reference_destroy(ref);
    free(x);
    free(wrong);
}

TEST(a_forked_child_has_no_threads)
{
    enum { N = 20, D = 3 };
    float *x = cloud(N, D, 1);
    gan_pool *pool;
    gan_reference *ref, *none;
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT};
    pid_t child;
    int status = 0;

    expect_ok(gan_pool_create(&pool, 2, NULL));
    desc.pool = pool;
    expect_ok(gan_reference_create(&ref, x, N, D, &desc));
    child = fork();
    if (child == 0)
        _exit(gan_reference_compare(ref, x, NULL, N, &c) == GAN_ERR_INVALID &&
                      gan_reference_create(&none, x, N, D, &desc) == GAN_ERR_INVALID
                  ? 0
                  : 1);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    expect_ok(gan_reference_compare(ref, x, NULL, N, &c));
    gan_reference_destroy(ref);
    gan_pool_destroy(pool);
    free(x);
}

static gan_status make_reference(void **out, const gan_allocator *allocator, void *user)
{
    const float *x = user;
    const uint16_t labels[20] = {0};
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = x + 30, .n_held_out = 10,
                                     .labels = labels,        .n_classes = 1,     .n_threads = 1,
                                     .allocator = allocator};
    gan_reference *ref;
    gan_status status = gan_reference_create(&ref, x, 10, 3, &desc);

    *out = ref;
    return status;
}

static void end_reference(void *made)
{
    gan_reference_destroy(made);
}

TEST(a_lack_of_memory_is_survived)
{
    float *x = cloud(20, 3, 1);
    budget b;
    void *ref;
    gan_comparison c = {GAN_COMPARISON_INIT}, same = {GAN_COMPARISON_INIT};
    size_t live, allowed = 0;

    ck_assert_uint_gt(budget_sweep(make_reference, end_reference, x), 5);
    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(make_reference(&ref, &b.allocator, x));
    live = budget_live(&b);
    for (gan_status status = GAN_ERR_NOMEM; status != GAN_OK; allowed++) {
        b.left = allowed;
        status = gan_reference_compare(ref, x, NULL, 12, &c);
        if (status == GAN_OK) break;
        expect_status(status, GAN_ERR_NOMEM);
        expect_same_bits(&c, &same, sizeof c);
        ck_assert_uint_eq(budget_live(&b), live);
    }
    ck_assert_uint_gt(allowed, 10);
    ck_assert_uint_eq(budget_live(&b), live);
    gan_reference_destroy(ref);
    ck_assert_uint_eq(budget_live(&b), 0);
    free(x);
}
