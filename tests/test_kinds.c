/* test_kinds.c - networks with every kind of layer, and generators in files: writes their outputs
 * for programs that read exported networks. */
#include "expect.h"
#include "kinds.h"
#include "scratch.h"
#include "suite.h"

#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 7, PATH = 300 };

/* The process gets, separated by spaces, the names of more networks than its own: NAME.safetensors
 * in GAN_TEST_DIR. */
#define ORDERS "GAN_TEST_KINDS"

static const char *file(const char *name, const char *end)
{
    char text[PATH];

    snprintf(text, sizeof text, "%s%s", name, end);
    return scratch_kept(text);
}

static void write_outputs(gan_network *net, const char *name, size_t n, const float *in,
                          const uint16_t *labels)
{
    float *out = kinds_outputs(net, in, labels, n, n);
    char end[16];

    snprintf(end, sizeof end, ".%zu.out", n);
    scratch_write(file(name, end), out,
                  n * gan_shape_size(gan_network_output_shape(net)) * sizeof *out);
    free(out);
}

/* As ONNX files, as it is and with folded batch normalisations. */
static void write_models(gan_network *net, const char *name)
{
    const gan_export_onnx_desc fold = {GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = 1};

    expect_ok(gan_export_onnx(net, file(name, ".onnx"), NULL));
    expect_ok(gan_export_onnx(net, file(name, ".folded.onnx"), &fold));
}

/* NAME.in and, of a conditional network, NAME.labels; NAME.1.out and NAME.7.out, the outputs of the
 * first and of all of them. */
static void write_case(gan_network *net, const char *name)
{
    const size_t size = BATCH * gan_shape_size(gan_network_input_shape(net));
    float *in = kinds_inputs(net, BATCH, 6);
    uint16_t *labels = kinds_labels(net, BATCH);

    scratch_write(file(name, ".in"), in, size * sizeof *in);
    if (labels) scratch_write(file(name, ".labels"), labels, BATCH * sizeof *labels);
    write_outputs(net, name, 1, in, labels);
    write_outputs(net, name, BATCH, in, labels);
    write_models(net, name);
    free(in), free(labels);
}

TEST_OF_PROCESS(the_process_that_writes, ORDERS)
{
    char orders[4000];
    gan_network *net = NULL;

    for (size_t i = 0; i < kinds_count(); i++) {
        net = kinds_network(i);
        expect_ok(gan_network_save(net, file(kinds_name(i), ".safetensors")));
        write_case(net, kinds_name(i));
        gan_network_destroy(net);
    }
    ck_assert_int_lt(snprintf(orders, sizeof orders, "%s", getenv(ORDERS)), (int)sizeof orders);
    for (const char *name = strtok(orders, " "); name; name = strtok(NULL, " ")) {
        expect_ok(gan_network_open(&net, file(name, ".safetensors"), NULL));
        write_case(net, name);
        gan_network_destroy(net);
    }
}

/* Else the output would show nothing about a layer. */
TEST(outputs_are_finite_and_differ)
{
    for (size_t i = 0; i < kinds_count(); i++) {
        gan_network *net = kinds_network(i);
        const size_t out = gan_shape_size(gan_network_output_shape(net));
        float *x = kinds_inputs(net, BATCH, 6);
        uint16_t *labels = kinds_labels(net, BATCH);
        float *y = kinds_outputs(net, x, labels, BATCH, BATCH);

        for (size_t k = 0; k < BATCH * out; k++)
            ck_assert_msg(y[k] - y[k] == 0 && y[k] > -1e3f && y[k] < 1e3f, "%s: value %zu is %g",
                          kinds_name(i), k, (double)y[k]);
        for (size_t r = 1; r < BATCH; r++)
            ck_assert_msg(memcmp(y, y + r * out, out * sizeof *y) != 0,
                          "%s: sample %zu is the first", kinds_name(i), r);
        free(x), free(labels), free(y);
        gan_network_destroy(net);
    }
}
