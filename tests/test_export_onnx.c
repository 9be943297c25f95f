/* test_export_onnx.c - networks as ONNX files: what is refused, settings, bytes; check_onnx.sh
 * reads the files and runs them. */
#include "budget.h"
#include "expect.h"
#include "gradcheck.h"
#include "kinds.h"
#include "layer/layer_internal.h"
#include "scratch.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

typedef struct model {
    char *bytes;
    size_t n;
} model;

static model exported(gan_network *net, const gan_export_onnx_desc *desc)
{
    gan_writer counter = gan_writer_memory(NULL, 0), writer;
    model m;

    expect_fails(gan_export_onnx_to(net, &counter, desc), GAN_ERR_IO, "");
    m.n = counter.n_bytes;
    m.bytes = malloc(m.n);
    ck_assert_ptr_nonnull(m.bytes);
    writer = gan_writer_memory(m.bytes, m.n);
    expect_ok(gan_export_onnx_to(net, &writer, desc));
    ck_assert_uint_eq(writer.n_bytes, m.n);
    return m;
}

static int has_bytes(const model *m, const char *bytes, size_t n)
{
    for (size_t i = 0; i + n <= m->n; i++)
        if (memcmp(m->bytes + i, bytes, n) == 0) return 1;
    return 0;
}

static int has(const model *m, const char *text)
{
    return has_bytes(m, text, strlen(text));
}

static gan_network *small(void)
{
    return built(NETWORK(gan_shape_1d(3), gan_layer_linear(3, 4), gan_layer_tanh()));
}

TEST(a_file_has_the_bytes_that_memory_has)
{
    static char found[1 << 16];

    for (size_t i = 0; i < kinds_count(); i++) {
        gan_network *net = kinds_network(i);
        const char *path = scratch_path("file.onnx");
        model m = exported(net, NULL), again;

        expect_ok(gan_export_onnx(net, path, NULL));
        ck_assert_uint_eq(scratch_read(path, found, sizeof found), m.n);
        ck_assert_mem_eq(found, m.bytes, m.n);
        again = exported(net, NULL);
        ck_assert_mem_eq(again.bytes, m.bytes, m.n);
        free(again.bytes);
        free(m.bytes);
        gan_network_destroy(net);
    }
}

/* Byte by byte: each field's number times 8 plus its wire type, and its length. */
TEST(a_file_is_what_the_format_says)
{
    static const char head[] = "\x08\x08\x12\x06libgan\x1a"; /* IR 8, producer; its version */
    static const char node[] = "\x0a\x19\x0a\x01z\x12\x06output\x1a\x06output\x22\x04Tanh";
    static const char rest[] = "\x12\x07network"
                               "\x5a\x14\x0a\x01z\x12\x0f\x0a\x0d\x08\x01\x12\x09" /* float z */
                               "\x0a\x03\x12\x01N\x0a\x02\x08\x02";
    static const char opset[] = "\x42\x04\x0a\x00\x10\x11";
    gan_network *net = built(NETWORK(gan_shape_1d(2), gan_layer_tanh()));
    model m = exported(net, NULL);

    ck_assert_mem_eq(m.bytes, head, sizeof head - 1);
    ck_assert(has_bytes(&m, node, sizeof node - 1));
    ck_assert(has_bytes(&m, rest, sizeof rest - 1));
    ck_assert_mem_eq(m.bytes + m.n - 6, opset, 6);
    free(m.bytes);
    gan_network_destroy(net);
}

/* Little-endian on every machine. */
TEST(numbers_are_little_endian)
{
    gan_network *net = built(
        NETWORK(gan_shape_1d(1), gan_layer_linear(1, 2), gan_layer_reshape(gan_shape_2d(2, 1))));
    gan_tensor weight;
    model m;

    expect_ok(gan_network_find(&weight, net, "0.weight"));
    weight.data[0] = 1;
    weight.data[1] = -2.5f;
    m = exported(net, NULL);
    ck_assert(has_bytes(&m, "\x4a\x08\x00\x00\x80\x3f\x00\x00\x20\xc0", 10));
    ck_assert(has_bytes(&m, "\x4a\x18\xff\xff\xff\xff\xff\xff\xff\xff\x02\0\0\0", 14));
    free(m.bytes);
    gan_network_destroy(net);
}

/* ---- settings ---- */

TEST(inputs_and_outputs_have_the_names_that_are_asked_for)
{
    gan_network *net = small();
    model m = exported(net, &(gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT, .input = "latent",
                                                    .output = "garment_2"});

    ck_assert(has(&m, "latent") && has(&m, "garment_2"));
    free(m.bytes);
    gan_network_destroy(net);
}

TEST(pictures_classes_and_latent_vectors_are_described)
{
    static const char *const names[] = {"dress", "\"coat\"", "boot"};
    gan_network *net =
        built(NETWORK(gan_shape_1d(3), gan_layer_one_hot(3), gan_layer_linear(6, 12)));
    model m;

    expect_ok(gan_network_set_class_names(net, names, 3));
    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(3, 2, 2)));
    expect_ok(gan_network_set_latent(net, GAN_LATENT_UNIFORM));
    m = exported(net, NULL);
    ck_assert(has(&m, "Image.NominalPixelRange") && has(&m, "Normalized_1_1"));
    ck_assert(has(&m, "Image.BitmapPixelFormat") && has(&m, "Rgb8"));
    ck_assert(has(&m, "libgan.classes") && has(&m, "[\"dress\",\"\\\"coat\\\"\",\"boot\"]"));
    ck_assert(has(&m, "libgan.network.latent") && has(&m, "uniform"));
    ck_assert(has(&m, "image") && has(&m, "label"));
    free(m.bytes);
    gan_network_destroy(net);
}

TEST(a_scaler_is_described)
{
    gan_network *net = small();
    gan_scaler *scaler = NULL;
    model m;

    expect_ok(gan_scaler_create(&scaler, 4, (double[]){1, 2, 3, 4}, (double[]){5, 6, 7, 8}, NULL));
    expect_ok(gan_network_set_scaler(net, scaler));
    m = exported(net, NULL);
    ck_assert(has(&m, "libgan.network.scaler") && has(&m, "\"scale\":[5"));
    ck_assert(!has(&m, "Image.") && !has(&m, "libgan.classes") && has(&m, "output"));
    free(m.bytes);
    gan_scaler_destroy(scaler);
    gan_network_destroy(net);
}

TEST(batch_norm_is_folded_on_request_alone)
{
    static const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .groups = 2,
                                          .no_bias = 1};
    gan_network *net = built(NETWORK(
        gan_shape_1d(8), gan_layer_linear(8, 16), gan_layer_batch_norm(16, NULL),
        gan_layer_reshape(gan_shape_3d(4, 2, 2)), gan_layer_conv_transpose2d(4, 6, 2, &twice),
        gan_layer_batch_norm(6, NULL), gan_layer_relu()));
    model plain = exported(net, NULL);
    model folded =
        exported(net, &(gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = 1});

    ck_assert(has(&plain, "BatchNormalization") && has(&plain, "4.running_var"));
    ck_assert(!has(&folded, "BatchNormalization") && !has(&folded, "running_var"));
    ck_assert(!has(&plain, "3.bias") && has(&folded, "3.bias"));
    free(folded.bytes);
    free(plain.bytes);
    gan_network_destroy(net);
}

/* Layers after a fork, and after other layers. */
TEST(batch_norm_is_left_where_it_can_not_be_folded)
{
    const gan_shape in = gan_shape_1d(4);
    gan_network *net =
        built(NETWORK(in, gan_layer_linear(4, 4),
                      gan_layer_residual(NETWORK(in, gan_layer_batch_norm(4, NULL)), NULL),
                      gan_layer_tanh(), gan_layer_batch_norm(4, NULL)));
    model m =
        exported(net, &(gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = 1});

    ck_assert(has(&m, "1.body.0.running_var") && has(&m, "3.running_var"));
    free(m.bytes);
    gan_network_destroy(net);
}

TEST(weights_in_place_are_written_too)
{
    static _Alignas(64) char bytes[4096];
    gan_network *net = small(), *lies = NULL;
    gan_writer writer = gan_writer_memory(bytes, sizeof bytes);
    model m = exported(net, NULL), n;

    expect_ok(gan_network_save_to(net, &writer));
    expect_ok(gan_network_open_in_place(&lies, bytes, writer.n_bytes, NULL));
    n = exported(lies, NULL);
    ck_assert_uint_eq(m.n, n.n);
    ck_assert_mem_eq(m.bytes, n.bytes, n.n);
    free(m.bytes);
    free(n.bytes);
    gan_network_destroy(lies);
    gan_network_destroy(net);
}

/* ---- what is refused ---- */

TEST(names_that_make_no_sense_are_refused)
{
    static const struct {
        const char *input, *output, *says;
    } cases[] = {
        {"", NULL, "input is \"\": a letter"},
        {"3", NULL, "input is \"3\""},
        {"a b", NULL, "input is \"a b\""},
        {NULL, "label", "output is \"label\""},
        {"same", "same", "both \"same\""},
        {NULL, "z", "both \"z\""},
        {NULL, "a01234567890123456789012345678901234567890123456789012345678912", NULL},
        {NULL, "a012345678901234567890123456789012345678901234567890123456789123", "less than 64"},
    };
    gan_network *net = small();
    gan_writer writer = gan_writer_memory(NULL, 0);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gan_export_onnx_desc desc = {GAN_EXPORT_ONNX_DESC_INIT, .input = cases[i].input,
                                           .output = cases[i].output};

        if (cases[i].says)
            expect_fails(gan_export_onnx_to(net, &writer, &desc), GAN_ERR_INVALID, cases[i].says);
        else
            free(exported(net, &desc).bytes);
    }
    gan_network_destroy(net);
}

TEST(networks_that_can_not_leave_are_refused)
{
    gan_network *net = NETWORK(gan_shape_1d(3), gan_layer_linear(3, 4));
    gan_tensor bias;
    const char *path = scratch_path("kept.onnx");

    scratch_write(path, "kept", 4);
    expect_fails(gan_export_onnx(NULL, path, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_export_onnx(net, NULL, NULL), GAN_ERR_INVALID, "");
    expect_fails(gan_export_onnx_to(net, NULL, NULL), GAN_ERR_INVALID, "");
    expect_fails(gan_export_onnx_to(net, &(gan_writer){.capacity = 1}, NULL), GAN_ERR_INVALID, "");
    expect_fails(gan_export_onnx(net, path, &(gan_export_onnx_desc){0}), GAN_ERR_INVALID,
                 "struct_size");
    expect_fails(gan_export_onnx(net, path, NULL), GAN_ERR_INVALID, "not complete");
    expect_ok(gan_network_find(&bias, net, "0.bias"));
    bias.data[2] = INFINITY;
    expect_fails(gan_export_onnx(net, path, NULL), GAN_ERR_NONFINITE, "0.bias");
    bias.data[2] = 0;
    expect_fails(gan_export_onnx(net, scratch_path("no/where.onnx"), NULL), GAN_ERR_IO, "no/where");
    ck_assert_uint_eq(scratch_read(path, (char[8]){0}, 8), 4);
    expect_ok(gan_export_onnx(net, path, NULL));
    gan_network_destroy(net);

    net = NETWORK(gan_shape_1d(3), gan_layer_linear(4, 4));
    expect_fails(gan_export_onnx(net, path, NULL), GAN_ERR_SHAPE, "needs 4");
    gan_network_destroy(net);
}

static gan_status keep_shape(gan_layer *layer)
{
    layer->out = layer->in;
    return GAN_OK;
}

static void copy(const gan__layer_run *run)
{
    memcpy(run->y, run->x, run->rows * gan_shape_size(run->layer->in) * sizeof *run->y);
}

TEST(a_kind_without_operators_is_named)
{
    static const gan__layer_class twirl = {.name = "twirl", .shape = keep_shape, .forward = copy};
    gan_network *net =
        built(NETWORK(gan_shape_1d(3), gan_layer_tanh(), gan__layer_create(&twirl, NULL)));
    gan_writer writer = gan_writer_memory(NULL, 0);

    expect_fails(gan_export_onnx_to(net, &writer, NULL), GAN_ERR_INVALID,
                 "layer 1 (twirl): there are no operators of ONNX for it");
    gan_network_destroy(net);
}

/* Its weights are untouched pages of zeros. */
TEST(more_than_two_gibibytes_are_refused)
{
    enum { SIDE = 1 << 15, HALF = 1 << 14 };
    static const char format[] =
        "{\"__metadata__\":{\"libgan.network\":\"{\\\"input\\\":[%d],\\\"layers\\\":[["
        "\\\"linear\\\","
        "%d,%d]]}\"},\"0.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%llu]},"
        "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[%llu,%llu]}}";
    const unsigned long long weights = 4ULL * SIDE * HALF, all = weights + 4 * HALF;
    char header[512];
    const size_t n = 8 + 504 + (size_t)all;
    gan_network *net = NULL;
    gan_writer writer = gan_writer_memory(NULL, 0);
    unsigned char *bytes;

    if (sizeof(size_t) < 8) return;
    bytes = calloc(n, 1);
    ck_assert_ptr_nonnull(bytes);
    memset(header, ' ', sizeof header);
    header[snprintf(header, sizeof header, format, SIDE, SIDE, HALF, HALF, SIDE, weights, HALF,
                    weights, all)] = ' ';
    bytes[0] = 504 & 255;
    bytes[1] = 504 >> 8;
    memcpy(bytes + 8, header, 504);
    expect_ok(gan_network_open_in_place(&net, bytes, n, NULL));
    expect_fails(gan_export_onnx_to(net, &writer, NULL), GAN_ERR_INVALID,
                 "the network has 536887296 numbers, at most 532676607 expected");
    gan_network_destroy(net);
    free(bytes);
}

TEST(a_writer_that_fails_is_told)
{
    gan_network *net = small();
    model m = exported(net, NULL);

    for (size_t room = 0; room < m.n; room += 7) {
        gan_writer writer = gan_writer_memory(m.bytes, room);

        expect_fails(gan_export_onnx_to(net, &writer, NULL), GAN_ERR_IO, "");
    }
    free(m.bytes);
    gan_network_destroy(net);
}

/* The host's function is called while the network must not change; it writes nothing. */
static int export_again(void *net, const void *bytes, size_t n)
{
    gan_writer inner = gan_writer_memory(NULL, 0);

    (void)bytes, (void)n;
    expect_fails(gan_export_onnx_to(net, &inner, NULL), GAN_ERR_BUSY, "");
    return 0;
}

TEST(a_network_that_is_being_exported_is_busy)
{
    gan_network *net = small();
    gan_writer writer = gan_writer_callback(export_again, net);

    expect_fails(gan_export_onnx_to(net, &writer, NULL), GAN_ERR_IO, "");
    free(exported(net, NULL).bytes);
    gan_network_destroy(net);
}

/* ---- memory ---- */

static gan_status export_with(void **out, const gan_allocator *allocator, void *net)
{
    static char bytes[1 << 16];
    gan_writer writer = gan_writer_memory(bytes, sizeof bytes);
    const gan_status status =
        gan_export_onnx_to(net, &writer,
                           &(gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = 1,
                                                   .allocator = allocator});

    *out = status == GAN_OK ? net : NULL;
    return status;
}

static void keep(void *net)
{
    (void)net;
}

TEST(every_allocation_may_fail)
{
    for (size_t i = 0; i < kinds_count(); i++) {
        gan_network *net = kinds_network(i);

        budget_sweep(export_with, keep, net);
        gan_network_destroy(net);
    }
}

TEST(a_network_is_as_it_was)
{
    for (size_t i = 0; i < kinds_count(); i++) {
        gan_network *net = kinds_network(i), *twin = NULL;

        expect_ok(gan_network_clone(&twin, net));
        free(exported(net, &(gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = 1})
                 .bytes);
        expect_same_weights(net, twin);
        gan_network_destroy(twin);
        gan_network_destroy(net);
    }
}
