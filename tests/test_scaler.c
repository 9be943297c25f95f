/* test_scaler.c - columns of tables: scikit-learn's numbers, scaling and its inverse, datasets,
 * files. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "scratch.h"
#include "sequence.h"
#include "suite.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 4, COLUMNS = 3 };

/* Ages, incomes, and a column that is always the same. */
static const float table[ROWS * COLUMNS] = {20, 1000, 7, 30, 3000, 7, 60, 2000, 7, 50, 100000, 7};

static gan_dataset *rows(void)
{
    gan_dataset *data;

    expect_ok(gan_dataset_create_floats(&data, table, (const uint8_t[]){3, 1, 0, 2}, ROWS,
                                        gan_shape_1d(COLUMNS), NULL));
    return data;
}

static gan_scaler *fitted(gan_scaler_kind kind, double low, double high)
{
    gan_dataset *data = rows();
    gan_scaler *s;

    expect_ok(gan_scaler_fit(
        &s, data,
        &(gan_scaler_desc){GAN_SCALER_DESC_INIT, .kind = kind, .low = low, .high = high}));
    gan_dataset_destroy(data);
    return s;
}

/* sklearn.preprocessing: StandardScaler().fit(table).mean_ and .scale_, then transform(table); and
 * MinMaxScaler((-1, 1)), MinMaxScaler((2, 5)). */
TEST(numbers_are_scikit_learns)
{
    static const struct {
        gan_scaler_kind kind;
        double low, high;
        float scaled[ROWS * COLUMNS];
    } cases[] = {
        {GAN_SCALER_STANDARD,
         0,
         0,
         {-1.26491106f, -0.60083218f, 0, -0.63245553f, -0.55370809f, 0, 1.26491106f, -0.57727013f,
          0, 0.63245553f, 1.7318104f, 0}},
        {GAN_SCALER_MIN_MAX,
         0,
         0,
         {-1, -1, -1, -0.5f, -0.95959596f, -1, 1, -0.97979798f, -1, 0.5f, 1, -1}},
        {GAN_SCALER_MIN_MAX,
         2,
         5,
         {2, 2, 2, 2.75f, 2.06060606f, 2, 5, 2.03030303f, 2, 4.25f, 5, 2}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_scaler *s = fitted(cases[i].kind, cases[i].low, cases[i].high);
        float out[ROWS * COLUMNS], back[ROWS * COLUMNS];

        ck_assert_uint_eq(gan_scaler_column_count(s), COLUMNS);
        expect_ok(gan_scaler_apply(s, table, ROWS, out));
        expect_close(out, cases[i].scaled, ROWS * COLUMNS, 1e-6f, 1e-7f);
        expect_ok(gan_scaler_invert(s, out, ROWS, back));
        expect_close(back, table, ROWS * COLUMNS, 1e-6f, 1e-2f);
        expect_ok(gan_scaler_apply(s, out, 0, NULL));
        expect_ok(gan_scaler_invert(s, out, ROWS, out)); /* in place */
        expect_same_bits(out, back, sizeof out);
        gan_scaler_destroy(s);
    }
}

TEST(shift_and_scale_can_be_seen_and_given)
{
    gan_scaler *s = fitted(GAN_SCALER_STANDARD, -1, 1), *same;
    float a[ROWS * COLUMNS], b[ROWS * COLUMNS];

    expect_near(gan_scaler_shift(s)[0], 40, 1e-12, 0.0);
    expect_near(gan_scaler_scale(s)[0], sqrt(250), 1e-12, 0.0);
    expect_near(gan_scaler_shift(s)[2], 7, 0.0, 1e-12);
    expect_near(gan_scaler_scale(s)[2], 1, 0.0, 1e-12);
    expect_ok(gan_scaler_create(&same, COLUMNS, gan_scaler_shift(s), gan_scaler_scale(s), NULL));
    expect_ok(gan_scaler_apply(s, table, ROWS, a));
    expect_ok(gan_scaler_apply(same, table, ROWS, b));
    expect_same_bits(a, b, sizeof a);
    gan_scaler_destroy(s);
    gan_scaler_destroy(same);
    gan_scaler_destroy(NULL);
    ck_assert_uint_eq(gan_scaler_column_count(NULL), 0);
    ck_assert_ptr_null(gan_scaler_shift(NULL));
    ck_assert_ptr_null(gan_scaler_scale(NULL));
}

/* ---- datasets ---- */

TEST(a_dataset_is_scaled_as_it_is_read)
{
    gan_dataset *source = rows(), *data;
    gan_scaler *s = fitted(GAN_SCALER_MIN_MAX, -1, 1);
    float all[ROWS * COLUMNS], one[COLUMNS];
    const gan_batch *batch;
    gan_iterator *it;
    uint8_t label;

    expect_ok(gan_scaler_apply(s, table, ROWS, all));
    expect_ok(gan_dataset_create_scaled(&data, source, s, NULL));
    gan_dataset_destroy(source);
    gan_scaler_destroy(s);
    ck_assert_uint_eq(gan_dataset_count(data), ROWS);
    expect_ok(gan_dataset_read(data, 2, one, &label));
    expect_same_bits(one, all + 2 * COLUMNS, sizeof one);
    ck_assert_uint_eq(label, 0);
    expect_ok(gan_iterator_create(
        &it, data, &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = ROWS}));
    expect_ok(gan_iterator_next(it, &batch));
    expect_same_bits(batch->samples, all, sizeof all);
    ck_assert_uint_eq(batch->labels[0], 3);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

static int read_host(void *user, size_t index, float *out, uint16_t *label)
{
    if (index == *(size_t *)user) return 77;
    memcpy(out, table + index * COLUMNS, COLUMNS * sizeof *out);
    if (label) *label = (uint16_t)(500 + index);
    return 0;
}

TEST(a_hosts_source_keeps_its_labels_and_failures)
{
    gan_scaler *s = fitted(GAN_SCALER_STANDARD, -1, 1), *none;
    gan_dataset *source, *data;
    size_t bad = ROWS;
    float out[COLUMNS], wanted[COLUMNS];
    uint16_t label;

    expect_ok(gan_dataset_create_callbacks_labels16(&source, read_host, &bad, ROWS,
                                                    gan_shape_1d(COLUMNS), NULL));
    expect_ok(gan_dataset_create_scaled(&data, source, s, NULL));
    ck_assert_int_eq(gan_dataset_label_bits(data), 16);
    expect_ok(gan_dataset_read_labels16(data, 3, out, &label));
    expect_ok(gan_scaler_apply(s, table + 3 * COLUMNS, 1, wanted));
    expect_same_bits(out, wanted, sizeof out);
    ck_assert_uint_eq(label, 503);
    bad = 1;
    expect_fails(gan_dataset_read(data, 1, out, NULL), GAN_ERR_IO, "77");
    expect_fails(gan_scaler_fit(&none, source, NULL), GAN_ERR_IO, "77");
    ck_assert_ptr_null(none);
    gan_dataset_destroy(data);
    gan_dataset_destroy(source);
    gan_scaler_destroy(s);
}

/* ---- kept with a generator ---- */

static gan_network *generator(void)
{
    return BUILT(gan_shape_1d(2), gan_layer_linear(2, COLUMNS), gan_layer_tanh());
}

static void expect_same_scaler(const gan_scaler *a, const gan_scaler *b)
{
    const size_t bytes = COLUMNS * sizeof(double);

    ck_assert_ptr_nonnull(a);
    expect_same_bits(gan_scaler_shift(a), gan_scaler_shift(b), bytes);
    expect_same_bits(gan_scaler_scale(a), gan_scaler_scale(b), bytes);
}

TEST(a_generators_files_and_copies_have_it)
{
    const char *path = scratch_path("net.safetensors"), *run = scratch_path("run.gan");
    gan_scaler *s = fitted(GAN_SCALER_MIN_MAX, -1, 1);
    gan_network *g = generator(), *d = BUILT(gan_shape_1d(COLUMNS), gan_layer_linear(COLUMNS, 1));
    gan_network *opened;
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *trainer;

    ck_assert_ptr_null(gan_network_scaler(g));
    expect_ok(gan_network_set_scaler(g, s));
    expect_ok(gan_network_set_scaler(g, gan_network_scaler(g)));
    expect_same_scaler(gan_network_scaler(g), s);
    expect_ok(gan_network_save(g, path));
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_scaler(gan_network_scaler(opened), s);
    gan_network_destroy(opened);
    expect_ok(gan_trainer_create(
        &trainer, g, d, g_opt, d_opt,
        &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 4, .average_decay = 0.9}));
    expect_same_scaler(gan_network_scaler(gan_trainer_average(trainer)), s);
    expect_ok(gan_checkpoint_save(trainer, NULL, run));
    expect_ok(gan_network_set_scaler(g, NULL));
    ck_assert_ptr_null(gan_network_scaler(g));
    expect_ok(gan_checkpoint_load(trainer, NULL, run)); /* which is no setting of a run */
    expect_ok(gan_checkpoint_average(&opened, run, NULL));
    expect_same_scaler(gan_network_scaler(opened), s);
    gan_network_destroy(opened);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_scaler_destroy(s);
}

static gan_status open_scaled(void **out, const gan_allocator *allocator, void *user)
{
    return gan_network_open((gan_network **)out, user,
                            &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});
}

/* Invalid files: a file of ours with bytes changed, of the same size. */
TEST(a_damaged_scaler_is_only_an_error)
{
    static const char *const changes[][2] = {{"\"scale\\\":[1", "\"scale\\\":[-"},
                                             {"\"shift\\\"", "\"shaft\\\""},
                                             {"\"scale\\\"", "\"scowl\\\""},
                                             {",\\\"scale", ";\\\"scale"}};
    char path[300];
    static const double shift[COLUMNS] = {1, 2, 3}, scale[COLUMNS] = {15, 2, 3};
    static char bytes[4096], text[4096];
    gan_network *g = generator(), *opened;
    gan_scaler *s;
    size_t n;

    snprintf(path, sizeof path, "%s", scratch_path("net.safetensors"));
    expect_ok(gan_scaler_create(&s, COLUMNS, shift, scale, NULL));
    expect_ok(gan_network_set_scaler(g, s));
    expect_ok(gan_network_save(g, path));
    budget_sweep(open_scaled, end_network, path);
    n = scratch_read(path, bytes, sizeof bytes);
    for (size_t i = 0; i < 4; i++) {
        char *at = NULL;

        memcpy(text, bytes, n);
        for (size_t k = 8; k + 20 < n && !at; k++)
            if (memcmp(text + k, changes[i][0], strlen(changes[i][0])) == 0) at = text + k;
        ck_assert_msg(at != NULL, "%s is not in the file", changes[i][0]);
        memcpy(at, changes[i][1], strlen(changes[i][1]));
        scratch_write(path, text, n);
        expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT,
                     "libgan.network.scaler: ");
    }
    gan_scaler_destroy(s);
    gan_network_destroy(g);
}

/* ---- what is refused ---- */

TEST(what_is_no_scaler_is_refused)
{
    const double good[2] = {1, 2}, zero[2] = {1, 0}, nan[2] = {1, (double)NAN};
    gan_scaler_desc desc = {GAN_SCALER_DESC_INIT};
    gan_dataset *data = rows();
    gan_scaler *s;

    expect_fails(gan_scaler_create(NULL, 2, good, good, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_scaler_create(&s, 2, NULL, good, NULL), GAN_ERR_INVALID, "shift is NULL");
    expect_fails(gan_scaler_create(&s, 2, good, NULL, NULL), GAN_ERR_INVALID, "scale is NULL");
    expect_fails(gan_scaler_create(&s, 0, good, good, NULL), GAN_ERR_INVALID, "got 0");
    expect_fails(gan_scaler_create(&s, 2, good, zero, NULL), GAN_ERR_INVALID, "column 1");
    expect_fails(gan_scaler_create(&s, 2, nan, good, NULL), GAN_ERR_INVALID, "column 1");
    expect_fails(gan_scaler_fit(NULL, data, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_scaler_fit(&s, NULL, NULL), GAN_ERR_INVALID, "data is NULL");
    desc.struct_size = 3;
    expect_fails(gan_scaler_fit(&s, data, &desc), GAN_ERR_INVALID, "scaler desc");
    desc = (gan_scaler_desc){GAN_SCALER_DESC_INIT, .kind = (gan_scaler_kind)9};

    expect_fails(gan_scaler_fit(&s, data, &desc), GAN_ERR_INVALID, "unknown kind 9");
    desc.kind = GAN_SCALER_MIN_MAX;
    desc.low = desc.high = 1;
    expect_fails(gan_scaler_fit(&s, data, &desc), GAN_ERR_INVALID, "low is 1 and high 1");
    desc.low = (double)NAN;
    expect_fails(gan_scaler_fit(&s, data, &desc), GAN_ERR_INVALID, "finite numbers expected");
    desc.low = -HUGE_VAL;
    expect_fails(gan_scaler_fit(&s, data, &desc), GAN_ERR_INVALID, "finite numbers expected");
    desc.low = 0;
    desc.high = 1e-307;
    expect_fails(gan_scaler_fit(&s, data, &desc), GAN_ERR_INVALID, "the scale inf");
    ck_assert_ptr_null(s);
    expect_fails(gan_scaler_create(&s, (size_t)INT32_MAX + 1, good, good, NULL), GAN_ERR_INVALID,
                 "got 2147483648");
    ck_assert_ptr_null(s);
    gan_dataset_destroy(data);
}

TEST(an_allocator_has_both_functions)
{
    const gan_allocator *const halves[] = {
        &(gan_allocator){.alloc = (void *(*)(size_t, void *))1},
        &(gan_allocator){.free = (void (*)(void *, void *))1},
    };
    const double numbers[COLUMNS] = {1, 2, 3};
    gan_scaler *s = fitted(GAN_SCALER_STANDARD, -1, 1), *none;
    gan_dataset *data = rows(), *scaled;

    for (size_t i = 0; i < 2; i++) {
        const gan_scaler_desc desc = {GAN_SCALER_DESC_INIT, .allocator = halves[i]};

        expect_fails(gan_scaler_fit(&none, data, &desc), GAN_ERR_INVALID, "both alloc and free");
        expect_fails(gan_scaler_create(&none, COLUMNS, numbers, numbers, halves[i]),
                     GAN_ERR_INVALID, "both alloc and free");
        ck_assert_ptr_null(none);
        expect_fails(gan_dataset_create_scaled(&scaled, data, s, halves[i]), GAN_ERR_INVALID,
                     "both alloc and free");
        ck_assert_ptr_null(scaled);
    }
    gan_dataset_destroy(data);
    gan_scaler_destroy(s);
}

TEST(calls_that_make_no_sense_are_refused)
{
    gan_scaler *s = fitted(GAN_SCALER_STANDARD, -1, 1), *tiny;
    const double shift[COLUMNS] = {0, 0, 0}, scale[COLUMNS] = {1, 1e-38, 1};
    gan_network *net = BUILT(gan_shape_1d(2), gan_layer_linear(2, 2));
    gan_dataset *data, *scaled, *narrow;
    float out[COLUMNS];

    expect_fails(gan_scaler_apply(NULL, table, 1, out), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_scaler_apply(s, NULL, 1, out), GAN_ERR_INVALID, "samples is NULL");
    expect_fails(gan_scaler_invert(s, table, 1, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_scaler_invert(NULL, table, 1, out), GAN_ERR_INVALID, "NULL");
    expect_ok(gan_scaler_create(&tiny, COLUMNS, shift, scale, NULL));
    expect_fails(gan_scaler_apply(tiny, table, 1, out), GAN_ERR_NONFINITE,
                 "value 1 of sample 0 is 1000");
    memset(out, 0, sizeof out);
    expect_fails(gan_scaler_invert(s, (const float[]){1, 3e38f, 2}, 1, out), GAN_ERR_NONFINITE,
                 "value 1 of sample 0 is 3e+38");
    ck_assert(out[0] != 0 && out[1] == 0); /* filled up to the invalid value */
    expect_fails(gan_scaler_apply(s, (const float[]){NAN, 1, 1}, 1, out), GAN_ERR_NONFINITE,
                 "value 0 of sample 0 is nan");
    data = rows();
    expect_ok(gan_dataset_create_scaled(&scaled, data, tiny, NULL));
    expect_fails(gan_dataset_read(scaled, 2, out, NULL), GAN_ERR_NONFINITE, "sample 2");
    gan_dataset_destroy(scaled);
    expect_ok(gan_dataset_create_floats(&narrow, table, NULL, 2, gan_shape_1d(2), NULL));
    expect_fails(gan_dataset_create_scaled(&scaled, narrow, s, NULL), GAN_ERR_SHAPE, "[2]");
    expect_fails(gan_dataset_create_scaled(&scaled, NULL, s, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_dataset_create_scaled(&scaled, data, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_dataset_create_scaled(NULL, data, s, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_network_set_scaler(net, s), GAN_ERR_SHAPE, "a scaler of 3 columns");
    expect_fails(gan_network_set_scaler(NULL, s), GAN_ERR_INVALID, "NULL");
    ck_assert_ptr_null(gan_network_scaler(NULL));
    gan_dataset_destroy(narrow);
    gan_dataset_destroy(data);
    gan_network_destroy(net);
    gan_scaler_destroy(tiny);
    gan_scaler_destroy(s);
}

/* ---- memory ---- */

static gan_status fit_with(void **out, const gan_allocator *allocator, void *user)
{
    return gan_scaler_fit((gan_scaler **)out, user,
                          &(gan_scaler_desc){GAN_SCALER_DESC_INIT, .allocator = allocator});
}

static gan_status create_with(void **out, const gan_allocator *allocator, void *user)
{
    static const double numbers[COLUMNS] = {1, 2, 3};

    (void)user;
    return gan_scaler_create((gan_scaler **)out, COLUMNS, numbers, numbers, allocator);
}

static gan_status scale_with(void **out, const gan_allocator *allocator, void *user)
{
    gan_scaler *s = fitted(GAN_SCALER_STANDARD, -1, 1);
    const gan_status status = gan_dataset_create_scaled((gan_dataset **)out, user, s, allocator);

    gan_scaler_destroy(s);
    return status;
}

static void end_scaler(void *made)
{
    gan_scaler_destroy(made);
}

static void end_dataset(void *made)
{
    gan_dataset_destroy(made);
}

TEST(every_allocation_may_fail)
{
    gan_dataset *data = rows();

    ck_assert_uint_eq(budget_sweep(fit_with, end_scaler, data), 4);
    ck_assert_uint_eq(budget_sweep(create_with, end_scaler, NULL), 3);
    budget_sweep(scale_with, end_dataset, data);
    gan_dataset_destroy(data);
}

TEST(without_memory_a_network_keeps_the_scaler_that_it_has)
{
    gan_scaler *old = fitted(GAN_SCALER_MIN_MAX, -1, 1), *new = fitted(GAN_SCALER_STANDARD, -1, 1);
    gan_network *g;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    g = built(NETWORK_WITH((&(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &b.allocator}),
                           gan_shape_1d(2), gan_layer_linear(2, COLUMNS)));
    expect_ok(gan_network_set_scaler(g, old));
    for (size_t left = 0; left < 3; left++) {
        b.left = left;
        expect_fails(gan_network_set_scaler(g, new), GAN_ERR_NOMEM, "memory");
        expect_same_scaler(gan_network_scaler(g), old);
    }
    b.left = 3;
    expect_ok(gan_network_set_scaler(g, new));
    expect_same_scaler(gan_network_scaler(g), new);
    gan_network_destroy(g);
    gan_scaler_destroy(old);
    gan_scaler_destroy(new);
    ck_assert_uint_eq(budget_live(&b), 0);
}
