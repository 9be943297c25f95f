/* test_export_page.c - networks as HTML pages: their parts, and what is refused.  Pages are run by
 * tests/check_export_page.sh. */
#include "budget.h"
#include "expect.h"
#include "kinds.h"
#include "sequence.h"

#include "export/export_page_internal.h"

#include <gan/export.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_TIMEOUT(120)

#define PAGE(...) (&(gan_export_page_desc){GAN_EXPORT_PAGE_DESC_INIT, __VA_ARGS__})

/* Make a network's output a picture of one row if it isn't a picture. */
static gan_network *pictured(gan_network *net)
{
    const gan_shape out = gan_network_output_shape(net);

    if (out.rank != 3 || (out.dim[0] != 1 && out.dim[0] != 3))
        expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 1, gan_shape_size(out))));
    return net;
}

static char *page_of(gan_network *net, const gan_export_page_desc *desc)
{
    gan_writer count = gan_writer_memory(NULL, 0);

    expect_status(gan_export_page_to(net, &count, desc), GAN_ERR_IO);
    char *text = calloc(count.n_bytes + 1, 1);
    gan_writer to = gan_writer_memory(text, count.n_bytes);

    expect_ok(gan_export_page_to(net, &to, desc));
    return text;
}

TEST(a_page_is_its_weights_in_base64_and_60_kB)
{
    for (size_t i = 0; i < kinds_count(); i++) {
        if (kinds_couple_samples(i)) continue;
        gan_network *net = pictured(kinds_network(i));
        gan_export_report report = {GAN_EXPORT_REPORT_INIT};
        gan_writer to = gan_writer_memory(NULL, 0);

        expect_status(
            gan_export_c_to(net, GAN_EXPORT_C_HEADER, &to,
                            &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .report = &report}),
            GAN_ERR_IO);
        for (int type = GAN_EXPORT_FLOAT32; type <= GAN_EXPORT_FLOAT16; type++) {
            char *text = page_of(net, PAGE(.weights = (gan_export_type)type));
            const size_t weights = report.weight_bytes / (type == GAN_EXPORT_FLOAT16 ? 2 : 1);

            ck_assert_uint_le(strlen(text), (weights + 2) / 3 * 4 + 60000);
            ck_assert_ptr_null(strstr(text, "@{"));
            ck_assert_ptr_null(strstr(text, "http:"));
            ck_assert_ptr_null(strstr(text, "https:"));
            free(text);
        }
        gan_network_destroy(net);
    }
}

TEST(texts_of_the_host_stay_texts)
{
    static const char *const names[] = {"</script><script>alert(1)", "<!--", "@{weights}\\\""};
    gan_network *net = pictured(kinds_named("conditional"));

    expect_ok(gan_network_set_class_names(net, names, 3));
    char *text = page_of(net, PAGE(.title = "</title><b>\"&@{weights}"));

    ck_assert_ptr_nonnull(
        strstr(text, "<title>&#60;/title&#62;&#60;b&#62;&#34;&#38;&#64;{weights}</title>"));
    ck_assert_ptr_nonnull(strstr(text, "[\"\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\","
                                       "\"\\u003c!--\",\"\\u0040{weights}\\u005c\\u0022\"]"));
    free(text);
    gan_network_destroy(net);
}

/* W' W v = share * trace * v, for orthonormal vectors, by falling share. */
static void expect_directions(gan_network *net, const char *name, size_t outputs, int transposed)
{
    enum { N = 8, LATENT = 12 };
    gan__export e;
    gan__export_direction found[N];
    float vectors[N][LATENT] = {{0}};
    double gram[LATENT][LATENT] = {{0}}, trace = 0;
    size_t n = N;
    const size_t z = gan_shape_size(gan_network_input_shape(net));
    gan_tensor w;

    expect_ok(gan_network_find(&w, net, name));
    const size_t inputs = w.size / outputs;

    for (size_t r = 0; r < z; r++)
        for (size_t c = 0; c < z; c++)
            for (size_t o = 0; o < outputs; o++)
                gram[r][c] +=
                    transposed ? (double)w.data[r * outputs + o] * (double)w.data[c * outputs + o]
                               : (double)w.data[o * inputs + r] * (double)w.data[o * inputs + c];
    for (size_t r = 0; r < z; r++) trace += gram[r][r];
    for (size_t i = 0; i < N; i++) found[i].vector = vectors[i];
    expect_ok(gan__export_begin(&e, net, NULL, "test"));
    expect_ok(gan__export_find_directions(found, &n, &e));
    gan__export_end(&e);
    ck_assert_uint_eq(n, z < N ? z : N);
    for (size_t i = 0; i < n; i++) {
        ck_assert(i == 0 || found[i].share <= found[i - 1].share);
        for (size_t r = 0; r < z; r++) {
            double product = 0;

            for (size_t c = 0; c < z; c++) product += gram[r][c] * (double)vectors[i][c];
            expect_near(product, found[i].share * trace * (double)vectors[i][r], 0, 1e-5 * trace);
        }
        for (size_t k = 0; k <= i; k++) {
            double product = 0;

            for (size_t r = 0; r < z; r++) product += (double)vectors[i][r] * (double)vectors[k][r];
            expect_near(product, i == k, 0, 1e-6);
        }
    }
    gan_network_destroy(net);
}

TEST(directions_are_the_principal_components_of_the_first_layer)
{
    gan_network *wide = BUILT(gan_shape_1d(12), gan_layer_linear(12, 30), gan_layer_tanh());

    expect_directions(wide, "0.weight", 30, 0);
    expect_directions(kinds_named("images"), "1.weight", 8 * 4 * 4, 1);
    /* An embedding and a one_hot follow z. */
    expect_directions(kinds_named("conditional"), "2.weight", 32, 0);
}

TEST(a_network_without_such_a_layer_has_no_directions)
{
    gan_network *net = pictured(kinds_named("bare"));
    char *text = page_of(net, NULL);

    ck_assert_ptr_nonnull(strstr(text, "\"directions\":[],\"shares\":[]"));
    free(text);
    gan_network_destroy(net);
}

TEST(what_makes_no_page_is_refused)
{
    const char *path = scratch_path("page.html");
    gan_network *net = pictured(kinds_named("mlp")),
                *table = BUILT(gan_shape_1d(2), gan_layer_linear(2, 5));
    gan_network *batch = BUILT(gan_shape_3d(2, 4, 4), gan_layer_minibatch_stddev(4));
    char title[200];

    memset(title, 'x', sizeof title);
    title[121] = '\0';
    expect_fails(gan_export_page(net, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_export_page(NULL, path, NULL), GAN_ERR_INVALID, "the network is NULL");
    expect_fails(gan_export_page_to(net, NULL, NULL), GAN_ERR_INVALID, "export: ");
    expect_fails(gan_export_page(batch, path, NULL), GAN_ERR_INVALID, "layer 0 (minibatch_stddev)");
    expect_fails(gan_export_page(table, path, NULL), GAN_ERR_SHAPE, "the network makes [5]");
    expect_fails(gan_export_page(net, path, PAGE(.weights = GAN_EXPORT_INT8)), GAN_ERR_INVALID,
                 "weights of a page are 2");
    expect_fails(gan_export_page(net, path, PAGE(.n_directions = 65)), GAN_ERR_INVALID,
                 "at most 64");
    expect_fails(gan_export_page(net, path, PAGE(.title = title)), GAN_ERR_INVALID, "got 121");
    expect_fails(gan_export_page(net, path, PAGE(.wasm = title)), GAN_ERR_INVALID, "0 bytes");
    expect_fails(gan_export_page(net, path, &(gan_export_page_desc){.struct_size = 4}),
                 GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_export_page(net, scratch_path("nowhere/page.html"), NULL), GAN_ERR_IO,
                 "nowhere");
    ck_assert_uint_eq(scratch_count(), 0);
    expect_ok(gan_export_page(net, path, NULL));
    gan_network_destroy(net);
    gan_network_destroy(table);
    gan_network_destroy(batch);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    static char bytes[1 << 18];
    gan_writer to = gan_writer_memory(bytes, sizeof bytes);
    const gan_status status = gan_export_page_to(user, &to, PAGE(.allocator = allocator));

    *out = status == GAN_OK ? bytes : NULL;
    return status;
}

static void keep(void *made)
{
    (void)made;
}

TEST(each_allocation_may_fail)
{
    gan_network *net = pictured(kinds_named("images"));

    budget_sweep(attempt, keep, net);
    gan_network_destroy(net);
}

/* ---- for tests/check_export_page.sh ---- */

static void put_rows(FILE *out, const char *name, const float *numbers, size_t rows, size_t n)
{
    fprintf(out, "\"%s\":[", name);
    for (size_t i = 0; i < rows * n; i++)
        fprintf(out, "%s%.9g%s",
                i % n > 0 ? ","
                : i > 0   ? ",["
                          : "[",
                (double)numbers[i], i % n == n - 1 ? "]" : "");
    fprintf(out, "],");
}

/* A network's samples as JSON. */
static void write_numbers(gan_network *net, const char *path)
{
    enum { SAMPLES = 8 };
    float *z = kinds_inputs(net, SAMPLES, 11);
    uint16_t *labels = kinds_labels(net, SAMPLES);
    float *images = kinds_outputs(net, z, labels, SAMPLES, 1);
    FILE *out = fopen(path, "w");

    ck_assert_ptr_nonnull(out);
    fprintf(out, "{");
    put_rows(out, "z", z, SAMPLES, gan_shape_size(gan_network_input_shape(net)));
    put_rows(out, "images", images, SAMPLES, gan_shape_size(gan_network_output_shape(net)));
    fprintf(out, "\"labels\":[");
    for (size_t i = 0; i < SAMPLES; i++)
        fprintf(out, "%s%d", i > 0 ? "," : "", labels ? labels[i] : 0);
    fprintf(out, "]}\n");
    fclose(out);
    free(z), free(labels), free(images);
}

TEST_OF_PROCESS(networks_are_written_as_pages, "GAN_TEST_KINDS")
{
    char path[1000];

    for (size_t i = 0; i < kinds_count(); i++) {
        if (kinds_couple_samples(i)) continue;
        gan_network *net = pictured(kinds_network(i));

        snprintf(path, sizeof path, "%s/%s.html", getenv("GAN_TEST_KINDS"), kinds_name(i));
        expect_ok(gan_export_page(net, path, NULL));
        snprintf(path, sizeof path, "%s/%s.safetensors", getenv("GAN_TEST_KINDS"), kinds_name(i));
        expect_ok(gan_network_save(net, path));
        snprintf(path, sizeof path, "%s/%s.json", getenv("GAN_TEST_KINDS"), kinds_name(i));
        write_numbers(net, path);
        gan_network_destroy(net);
    }
}

TEST_OF_PROCESS(a_generators_numbers_are_written, "GAN_TEST_MODEL")
{
    char path[1000];
    gan_network *net = NULL;

    expect_ok(gan_network_open(&net, getenv("GAN_TEST_MODEL"), NULL));
    snprintf(path, sizeof path, "%s.json", getenv("GAN_TEST_MODEL"));
    write_numbers(net, path);
    gan_network_destroy(net);
}
