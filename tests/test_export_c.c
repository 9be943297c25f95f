/* test_export_c.c - networks as C source: compiled, and compared with the library. */
#include "budget.h"
#include "expect.h"
#include "kinds.h"
#include "sequence.h"

#include "network/network_internal.h"

#include <dlfcn.h>
#include <gan/export.h>
#include <gan/version.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_TIMEOUT(300)

enum { SAMPLES = 100 };

/* The function of an exported network, with the arguments of both forms. */
typedef int plain_fn(const float *z, float *image, float *work);
typedef int labelled_fn(const float *z, int label, float *image, float *work);

typedef struct program {
    void *library;
    plain_fn *plain;
    labelled_fn *labelled;
    gan_export_report report;
} program;

/* A compiler may be missing where tests run, and another processor's tests have none. */
static int has_compiler(void)
{
    return !under_emulator() && system("${CC:-cc} --version >/dev/null 2>&1") == 0;
}

static void compile(program *out, gan_network *net, const char *name, gan_export_type weights)
{
    char command[2000];
    const char *directory = scratch_directory();

    memset(out, 0, sizeof *out);
    gan_export_report_init(&out->report, sizeof out->report);
    expect_ok(gan_export_c(net, directory,
                           &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .name = name,
                                                .weights = weights, .report = &out->report}));
    snprintf(command, sizeof command,
             "${CC:-cc} -std=c99 -O1 -Wall -Wextra -Wconversion -pedantic -Werror -shared -fPIC -o "
             "%s/%s.so %s/%s.c -lm",
             directory, name, directory, name);
    ck_assert_msg(system(command) == 0, "%s", command);
    snprintf(command, sizeof command, "%s/%s.so", directory, name);
    out->library = dlopen(command, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(out->library != NULL, "%s", dlerror());
    snprintf(command, sizeof command, "%s_run", name);
    void *run = dlsym(out->library, command);

    ck_assert_ptr_nonnull(run);
    memcpy(&out->plain, &run, sizeof run);
    memcpy(&out->labelled, &run, sizeof run);
}

/* Compare n samples: the largest difference, and the largest value. */
typedef struct comparison {
    double most, largest;
} comparison;

static comparison compare(gan_network *net, const program *p, size_t n)
{
    float *z = kinds_inputs(net, n, 77);
    uint16_t *labels = kinds_labels(net, n);
    float *wanted = kinds_outputs(net, z, labels, n, 1);
    const size_t in = gan_shape_size(gan_network_input_shape(net));
    const size_t size = gan_shape_size(gan_network_output_shape(net));
    float *image = malloc(size * sizeof *image);
    float *work = malloc((p->report.work_floats + 1) * sizeof *work);
    comparison c = {0, 0};

    for (size_t i = 0; i < n; i++) {
        memset(image, 0xff, size * sizeof *image); /* NaN: every output has to be written */
        ck_assert_int_eq(labels ? p->labelled(z + i * in, labels[i], image, work)
                                : p->plain(z + i * in, image, work),
                         0);
        for (size_t k = 0; k < size; k++) {
            const double apart = fabs((double)image[k] - (double)wanted[i * size + k]);

            if (!(apart <= c.most)) c.most = apart;
            c.largest = fmax(c.largest, fabs((double)wanted[i * size + k]));
        }
    }
    free(z), free(labels), free(wanted), free(image), free(work);
    return c;
}

/* ---- what it computes ---- */

/* Without SIMD loops the library's sums are its BLAS's; the reference BLAS adds sequentially, which has larger rounding
 * errors: up to 1.04e-6 was seen. */
static double limit(void)
{
    return strcmp(gan_instruction_set(), "base") == 0 ? 2e-6 : 1e-6;
}

TEST(every_kind_of_layer_gives_the_librarys_numbers_to_1e_6)
{
    if (!has_compiler()) return;
    for (size_t i = 0; i < kinds_count(); i++) {
        if (kinds_couple_samples(i)) continue;
        gan_network *net = kinds_network(i);
        program p;

        compile(&p, net, kinds_name(i), GAN_EXPORT_FLOAT32);
        const comparison found = compare(net, &p, SAMPLES);

        printf("%s: differs by %.3g of %.3g\n", kinds_name(i), found.most, found.largest);
        ck_assert_msg(found.most <= limit() * found.largest, "%s: outputs differ by %.3g of %.3g",
                      kinds_name(i), found.most, found.largest);
        ck_assert(p.report.max_difference == 0 && p.report.rms_difference == 0);
        dlclose(p.library);
        gan_network_destroy(net);
    }
}

/* The report is of other samples with the same weights. */
TEST(fewer_bits_change_what_the_report_says)
{
    if (!has_compiler()) return;
    for (size_t i = 0; i < kinds_count(); i++)
        for (int type = GAN_EXPORT_FLOAT16; type <= GAN_EXPORT_INT8; type++) {
            /* At a discontinuity the error depends on the samples. */
            if (kinds_couple_samples(i) || strcmp(kinds_name(i), "softplus") == 0) continue;
            gan_network *net = kinds_network(i);
            program p;

            compile(&p, net, kinds_name(i), (gan_export_type)type);
            const comparison found = compare(net, &p, SAMPLES);
            const double said = p.report.max_difference;

            ck_assert_msg(found.most <= 2 * said + 1e-6 && said <= 2 * found.most + 1e-6,
                          "%s, type %d: %.3g found, %.3g said", kinds_name(i), type, found.most,
                          said);
            ck_assert(p.report.rms_difference <= said);
            dlclose(p.library);
            gan_network_destroy(net);
        }
}

typedef struct drawing {
    const program *p;
    const float *z;
    float image[4096], work[65536];
} drawing;

static void *draw(void *user)
{
    drawing *d = user;

    for (int i = 0; i < 50; i++) d->p->plain(d->z, d->image, d->work);
    return NULL;
}

TEST(eight_threads_get_the_same_bits)
{
    enum { THREADS = 8 };
    static drawing drawings[THREADS];
    pthread_t threads[THREADS];
    program p;

    if (!has_compiler()) return;
    gan_network *net = kinds_named("images");
    float *z = kinds_inputs(net, 1, 5);
    const size_t size = gan_shape_size(gan_network_output_shape(net));

    compile(&p, net, "threads", GAN_EXPORT_FLOAT32);
    ck_assert_uint_le(size, sizeof drawings->image / sizeof(float));
    ck_assert_uint_le(p.report.work_floats, sizeof drawings->work / sizeof(float));
    for (size_t i = 0; i < THREADS; i++) {
        drawings[i].p = &p;
        drawings[i].z = z;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, draw, &drawings[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (size_t i = 1; i < THREADS; i++)
        expect_same_bits(drawings[i].image, drawings[0].image, size * sizeof(float));
    free(z);
    dlclose(p.library);
    gan_network_destroy(net);
}

TEST(another_class_is_refused_and_nothing_written)
{
    float z[6] = {0}, image[64], work[65536];
    const char *(*class_name)(int);
    program p;

    if (!has_compiler()) return;
    gan_network *net = kinds_named("conditional");

    compile(&p, net, "conditional", GAN_EXPORT_FLOAT32);
    memset(image, 1, sizeof image);
    ck_assert_int_eq(p.labelled(z, 3, image, work), 1);
    ck_assert_int_eq(p.labelled(z, -1, image, work), 1);
    for (size_t i = 1; i < 64; i++) expect_same_bits(&image[i], &image[0], sizeof *image);

    void *symbol = dlsym(p.library, "conditional_class_name");

    ck_assert_ptr_nonnull(symbol);
    memcpy(&class_name, &symbol, sizeof symbol);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(class_name(i), gan_network_class_name(net, (size_t)i));
    ck_assert_ptr_null(class_name(3));
    dlclose(p.library);
    gan_network_destroy(net);
}

/* ---- its files ---- */

static char *text_of(gan_network *net, gan_export_c_file file, const gan_export_c_desc *desc)
{
    gan_writer count = gan_writer_memory(NULL, 0);

    expect_status(gan_export_c_to(net, file, &count, desc), GAN_ERR_IO);
    char *text = calloc(count.n_bytes + 1, 1);
    gan_writer to = gan_writer_memory(text, count.n_bytes);

    expect_ok(gan_export_c_to(net, file, &to, desc));
    ck_assert_uint_eq(to.n_bytes, count.n_bytes);
    return text;
}

static size_t line_count(const char *text)
{
    size_t n = 0;

    for (; *text; text++) n += *text == '\n';
    return n;
}

TEST(a_source_has_fewer_than_400_lines_whatever_the_network)
{
    enum { LAYERS = 900 };
    gan_network *deep = gan_network_create(gan_shape_1d(4), NULL);

    for (size_t i = 0; i < LAYERS; i++) {
        expect_ok(gan_network_add(deep, gan_layer_linear(4, 4)));
        expect_ok(gan_network_add(deep, gan_layer_gelu(0)));
    }
    built(deep);
    for (size_t i = 0; i <= kinds_count(); i++) {
        if (i < kinds_count() && kinds_couple_samples(i)) continue;
        gan_network *net = i < kinds_count() ? kinds_network(i) : deep;
        char *text = text_of(net, GAN_EXPORT_C_SOURCE, NULL);

        ck_assert_uint_lt(line_count(text), 400);
        free(text);
        gan_network_destroy(net);
    }
}

/* All functions at once; kinds of layer that are missing here need none. */
TEST(a_network_of_all_kinds_has_fewer_than_400_lines)
{
    gan_network *all = gan_network_create(gan_shape_1d(8), NULL);

    expect_ok(gan_network_add(all, gan_layer_label_embedding(3, 8)));
    gan_layer *const vectors[] = {
        gan_layer_one_hot(3),
        gan_layer_linear(19, 64),
        gan_layer_elu(1),
        gan_layer_selu(),
        gan_layer_softplus(1, 20),
        gan_layer_gelu(0),
        gan_layer_gelu(1),
        gan_layer_silu(),
        gan_layer_relu(),
        gan_layer_leaky_relu(0.2f),
        gan_layer_tanh(),
        gan_layer_sigmoid(),
        gan_layer_prelu(1, 0.2f),
        gan_layer_layer_norm(gan_shape_1d(64), NULL),
        gan_layer_reshape(gan_shape_3d(4, 4, 4)),
        gan_layer_batch_norm(4, NULL),
        gan_layer_pixel_shuffle(2),
        gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
        gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 0),
        gan_layer_max_pool2d(2, NULL),
        gan_layer_avg_pool2d(2, NULL),
        gan_layer_conv2d(1, 4, 1, NULL),
        gan_layer_attention(1, 2, 1),
        gan_layer_blur_upsample2d(),
        gan_layer_blur_pool2d(2),
        gan_layer_residual(NETWORK(gan_shape_3d(2, 8, 8), gan_layer_relu()), NULL),
        gan_layer_flatten(),
        gan_layer_projection(128, 3)};

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        expect_ok(gan_network_add(all, vectors[i]));
    built(all);
    char *text = text_of(all, GAN_EXPORT_C_SOURCE, NULL);

    printf("%zu lines\n", line_count(text));
    ck_assert_uint_lt(line_count(text), 400);
    free(text);
    gan_network_destroy(all);
}

TEST(files_are_those_that_are_asked_for)
{
    static const char *const names[] = {"mlp.h", "mlp.c", "mlp_weights.bin", "mlp_test.c",
                                        "mlp_main.c"};
    gan_network *net = kinds_named("mlp");
    const gan_export_c_desc desc = {GAN_EXPORT_C_DESC_INIT, .name = "mlp", .weights_apart = 1,
                                    .with_test = 1, .with_main = 1};

    expect_ok(gan_export_c(net, scratch_directory(), &desc));
    ck_assert_uint_eq(scratch_count(), 5);
    for (int i = 0; i < 5; i++) {
        static char found[1 << 16];
        const size_t n = scratch_read(scratch_path(names[i]), found, sizeof found);
        gan_writer count = gan_writer_memory(NULL, 0);

        expect_status(gan_export_c_to(net, (gan_export_c_file)i, &count, &desc), GAN_ERR_IO);
        ck_assert_uint_eq(count.n_bytes, n);
    }
    scratch_clear();
    expect_ok(gan_export_c(net, scratch_directory(), NULL));
    ck_assert_uint_eq(scratch_count(), 3);
    gan_network_destroy(net);
}

TEST(the_network_stays_as_it_was_and_gives_the_same_bytes_again)
{
    gan_network *net = kinds_named("images"), *twin = kinds_named("images");
    const gan_export_c_desc desc = {GAN_EXPORT_C_DESC_INIT, .weights = GAN_EXPORT_INT8};
    char *first = text_of(net, GAN_EXPORT_C_WEIGHTS, &desc);
    char *again = text_of(net, GAN_EXPORT_C_WEIGHTS, &desc);
    float *x = kinds_inputs(net, 2, 3);

    ck_assert_str_eq(first, again);
    expect_same_network(net, twin, x, 2);
    free(first), free(again), free(x);
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

/* ---- what is refused ---- */

TEST(what_cannot_be_exported_is_named)
{
    const char *here = scratch_directory();
    gan_network *bare = NETWORK(gan_shape_1d(4), gan_layer_linear(4, 4));
    gan_network *batch = BUILT(gan_shape_3d(2, 4, 4), gan_layer_relu(),
                               gan_layer_minibatch_stddev(4), gan_layer_flatten());
    gan_network *wrong = NETWORK(gan_shape_1d(4), gan_layer_linear(5, 4));

    expect_fails(gan_export_c(NULL, here, NULL), GAN_ERR_INVALID, "the network is NULL");
    expect_fails(gan_export_c(bare, here, NULL), GAN_ERR_INVALID, "the network is not complete");
    expect_fails(gan_export_c(batch, here, NULL), GAN_ERR_INVALID, "layer 1 (minibatch_stddev)");
    expect_fails(gan_export_c(wrong, here, NULL), GAN_ERR_SHAPE, "needs 5 inputs");
    ck_assert_uint_eq(scratch_count(), 0);
    gan_network_destroy(bare);
    gan_network_destroy(batch);
    gan_network_destroy(wrong);
}

TEST(weights_that_are_not_finite_are_named)
{
    gan_network *net = kinds_named("mlp");
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, "3.weight"));
    t.data[5] = NAN;
    expect_fails(gan_export_c(net, scratch_directory(), NULL), GAN_ERR_NONFINITE, "3.weight");
    gan_network_destroy(net);
    net = kinds_named("images");
    expect_ok(gan_network_find(&t, net, "2.running_var"));
    t.data[1] = INFINITY;
    expect_fails(gan_export_c(net, scratch_directory(), NULL), GAN_ERR_NONFINITE, "2.running_var");
    gan_network_destroy(net);
}

TEST(settings_out_of_range_are_refused)
{
    static const char *const names[] = {
        "", "1st", "a-b", "a b", "\xc3\xa9", "a2345678901234567890123456789012345678901"};
    gan_network *net = kinds_named("mlp");
    gan_writer to = gan_writer_memory(NULL, 0);
    gan_export_report report = {.struct_size = 3};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_fails(
            gan_export_c_to(net, GAN_EXPORT_C_HEADER, &to,
                            &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .name = names[i]}),
            GAN_ERR_INVALID, "letters, digits and _ expected");
    expect_fails(gan_export_c_to(
                     net, GAN_EXPORT_C_HEADER, &to,
                     &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .weights = (gan_export_type)3}),
                 GAN_ERR_INVALID, "weights");
    expect_fails(gan_export_c_to(net, GAN_EXPORT_C_HEADER, &to,
                                 &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .report = &report}),
                 GAN_ERR_INVALID, "report");
    expect_fails(
        gan_export_c_to(net, GAN_EXPORT_C_HEADER, &to, &(gan_export_c_desc){.struct_size = 4}),
        GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_export_c_to(net, (gan_export_c_file)5, &to, NULL), GAN_ERR_INVALID,
                 "file is 5, GAN_EXPORT_C_HEADER (0) to GAN_EXPORT_C_MAIN (4) expected");
    expect_fails(gan_export_c_to(net, GAN_EXPORT_C_HEADER, NULL, NULL), GAN_ERR_INVALID,
                 "export: ");
    expect_fails(gan_export_c(net, NULL, NULL), GAN_ERR_INVALID, "directory is NULL");
    expect_fails(gan_export_c(net, scratch_path("nowhere"), NULL), GAN_ERR_IO,
                 "nowhere/generator.h");
    gan_network_destroy(net);
}

TEST(a_network_that_is_running_is_busy)
{
    gan_network *net = kinds_named("mlp");

    expect_ok(gan__network_enter(net));
    expect_status(gan_export_c(net, scratch_directory(), NULL), GAN_ERR_BUSY);
    gan__network_leave(net);
    expect_ok(gan_export_c(net, scratch_directory(), NULL));
    gan_network_destroy(net);
}

#if !defined(__SANITIZE_THREAD__) /* that takes minutes there, on one thread */
/* Every kind of allocation: rounded weights, a self-test, and folded spectral norm. */
static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    static char bytes[1 << 17];
    gan_writer to = gan_writer_memory(bytes, sizeof bytes);
    gan_status status = GAN_OK;

    *out = NULL;
    for (int i = GAN_EXPORT_C_HEADER; i <= GAN_EXPORT_C_MAIN && status == GAN_OK; i++)
        status =
            gan_export_c_to(user, (gan_export_c_file)i, &to,
                            &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .weights = GAN_EXPORT_INT8,
                                                 .allocator = allocator});
    if (status == GAN_OK) *out = bytes;
    return status;
}

static void keep(void *made)
{
    (void)made;
}

TEST(each_allocation_may_fail)
{
    gan_network *net = kinds_named("images");

    budget_sweep(attempt, keep, net);
    gan_network_destroy(net);
}
#endif

/* ---- for tests/check_export.sh ---- */

TEST_OF_PROCESS(networks_are_written, "GAN_TEST_KINDS")
{
    static const char *const endings[] = {"", "_16", "_8"};
    const char *directory = getenv("GAN_TEST_KINDS");
    char name[40];

    for (size_t i = 0; i < 3 * kinds_count(); i++) {
        if (kinds_couple_samples(i / 3)) continue;
        gan_network *net = kinds_network(i / 3);

        snprintf(name, sizeof name, "%s%s", kinds_name(i / 3), endings[i % 3]);
        expect_ok(gan_export_c(net, directory,
                               &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .name = name,
                                                    .weights = (gan_export_type)(i % 3),
                                                    .with_test = 1, .with_main = 1}));
        gan_network_destroy(net);
    }
}
