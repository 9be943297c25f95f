/* test_health_runs.c - small runs on silhouettes with seeded failures: each gets its verdict within
 * two looks, and healthy runs get none.  bench-health does it on Fashion-MNIST. */
#include "expect.h"
#include "ward.h"

#include <stdlib.h>
#include <string.h>

TEST_TIMEOUT(600)

enum { N_FAILURES = 8, N = 6000, HEALTHY_LOOKS = 3 };

/* A run that is near two verdicts gets either, depending on rounding, which the processor's loops
 * determine. Runs with an unambiguous verdict are always tested, all with GAN_TEST_THOROUGH. */
static const int always[] = {0, 0, 1, 1, 0, 0, 1, 1};

static ward_data silhouettes(void)
{
    gan_dataset *data;

    expect_ok(gan_dataset_create_shapes(&data, N + WARD_SEEN, 1, NULL));
    const ward_data p = ward_open(data, N);
    gan_dataset_destroy(data);
    return p;
}

static void expect_end(const ward_run *r, const ward_end *end)
{
    ck_assert_msg(end->verdict == r->wanted, "%s: %s expected, got %s at look %zu: %s", r->name,
                  gan_verdict_name(r->wanted), gan_verdict_name(end->verdict), end->look,
                  end->finding.sentence);
}

TEST_EACH(a_run_that_fails_gets_its_verdict_within_two_looks, 0, N_FAILURES)
{
    if (!always[_i] && !getenv("GAN_TEST_THOROUGH")) return;
    ward_data p = silhouettes();
    ward_run r = ward_failures[_i];

    ck_assert_uint_eq(ward_n_failures, N_FAILURES);
    if (r.n_training > 0) r.steps = 2500; /* silhouettes are memorised sooner */
    const ward_end end = ward_watch(&p, &r, 1, 0);
    expect_end(&r, &end);
    ck_assert_uint_le(end.look, 2);
    ward_close(&p);
}

/* One for each kind of loss, and one with labels; bench-health measures all. */
TEST_EACH(a_run_in_which_nothing_is_wrong_gets_no_verdict, 0, 3)
{
    static const char *const names[] = {"bce, R1", "least squares, R1", "conditional, R1"};
    if (_i > 0 && !getenv("GAN_TEST_THOROUGH")) return;
    ward_data p = silhouettes();

    for (size_t i = 0; i < ward_n_healthy; i++) {
        ward_run r = ward_healthy[i];

        if (strcmp(r.name, names[_i]) != 0) continue;
        r.looks = HEALTHY_LOOKS;
        const ward_end end = ward_watch(&p, &r, 1, 0);
        expect_end(&r, &end);
        ck_assert_double_gt(end.coverage, 0.1 * end.coverage_floor); /* it has learnt */
    }
    ward_close(&p);
}
