/* test_layer_settings.c - the tables of settings: each number of each kind of layer, below, at and
 * above its bounds, in a file and as an argument. */
#include "expect.h"
#include "layer/layer_internal.h"
#include "sequence.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Each kind that has settings, with valid ones. */
typedef struct kind {
    const char *name;
    double good[GAN__LAYER_MAX_NUMBERS];
    size_t n;
} kind;

static const kind kinds[] = {
    {"linear", {3, 4}, 2},
    {"leaky_relu", {0.2}, 1},
    {"elu", {1}, 1},
    {"softplus", {1, 20}, 2},
    {"prelu", {3, 0.25}, 2},
    {"dropout", {0.5}, 1},
    {"dropout2d", {0.5}, 1},
    {"reshape", {2, 3, 0, 0}, 4},
    {"conv2d", {4, 6, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 2, 1}, 14},
    {"conv_transpose2d", {4, 6, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 2, 1}, 14},
    {"conv1d", {4, 6, 3, 2, 1, 1, 0, 2, 1}, 9},
    {"conv_transpose1d", {4, 6, 3, 2, 1, 1, 1, 2, 1}, 9},
    {"max_pool2d", {3, 3, 2, 2, 1, 1}, 6},
    {"avg_pool2d", {3, 3, 2, 2, 1, 1, 1}, 7},
    {"max_pool1d", {3, 2, 1}, 3},
    {"avg_pool1d", {3, 2, 1, 1}, 4},
    {"batch_norm", {1e-5, 0.1, 1, 4}, 4},
    {"layer_norm", {1e-5, 0.1, 1, 4, 5, 0, 0}, 7},
    {"group_norm", {1e-5, 0.1, 1, 4, 2}, 5},
    {"instance_norm", {1e-5, 0.1, 0, 4}, 4},
    {"upsample", {2, 1, 1}, 3},
    {"pixel_shuffle", {2}, 1},
    {"minibatch_stddev", {4}, 1},
    {"blur_pool2d", {2}, 1},
    {"attention", {2, 3, 0.5}, 3},
    {"label_embedding", {10, 8}, 2},
    {"one_hot", {10}, 1},
    {"label_map", {10, 1}, 2},
    {"class_affine", {4, 10}, 2},
    {"projection", {4, 10}, 2},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const gan__layer_class *class_of(int i)
{
    const gan__layer_class *class = gan__layer_class_find(kinds[i].name);

    ck_assert_msg(class != NULL, "%s", kinds[i].name);
    return class;
}

/* The valid numbers, but number `at` is `value`. */
static gan_status try(int i, size_t at, double value)
{
    double numbers[GAN__LAYER_MAX_NUMBERS];
    gan_layer *layer;
    gan_status status;

    memcpy(numbers, kinds[i].good, sizeof numbers);
    numbers[at] = value;
    status = gan__layer_make_of_numbers(&layer, class_of(i), numbers);
    ck_assert((status == GAN_OK) == (layer != NULL));
    gan_layer_destroy(layer);
    return status;
}

static void expect_refusal(int i, size_t at, double value)
{
    const char *name = gan__layer_number_name(class_of(i), at);

    ck_assert_msg(try(i, at, value) == GAN_ERR_INVALID, "%s: %s may be %g", kinds[i].name, name,
                  value);
    ck_assert_msg(strstr(gan_last_error(), kinds[i].name) && strstr(gan_last_error(), name),
                  "%s: %s is %g: %s", kinds[i].name, name, value, gan_last_error());
}

TEST_EACH(good_numbers_come_back, 0, KINDS)
{
    const gan__layer_class *class = class_of(_i);
    gan_layer *layer, *again;

    ck_assert_uint_eq(gan__layer_number_count(class), kinds[_i].n);
    ck_assert_uint_le(class->settings_size, GAN__LAYER_SETTINGS_BYTES);
    expect_ok(gan__layer_make_of_numbers(&layer, class, kinds[_i].good));
    for (size_t k = 0; k < kinds[_i].n; k++)
        ck_assert_msg(gan__layer_number(layer, k) == kinds[_i].good[k], "%s: number %zu is %g",
                      kinds[_i].name, k, gan__layer_number(layer, k));
    again = gan__layer_create(class, layer->settings);
    ck_assert(gan__layer_same_settings(layer, again));
    gan_layer_destroy(again);
    gan_layer_destroy(layer);
}

/* The row of the table that number `at` belongs to. */
static const gan__layer_setting *row_of(const gan__layer_class *class, size_t at)
{
    const gan__layer_setting *row = class->settings;

    for (; at >= row->numbers; row++) at -= row->numbers;
    return row;
}

/* Invalid values of a setting, in a file or elsewhere; returns how many.  `good` is a valid one. */
static size_t bad_numbers(const gan__layer_setting *row, double good, double out[8])
{
    static const double huge[] = {1e300, -1e300};
    const int whole = row->type != GAN__SETTING_REAL;
    size_t n = 0;

    for (size_t k = 0; k < 2; k++)
        if (huge[k] > row->most || huge[k] < row->least) out[n++] = huge[k];
    if (whole) out[n++] = good + 0.5;
    if (whole) out[n++] = row->least - 1;
    if (whole) out[n++] = row->most + 1;
    if (row->above) out[n++] = row->least;
    if (row->below) out[n++] = row->most;
    return n;
}

TEST_EACH(numbers_out_of_bounds_are_refused_by_name, 0, KINDS)
{
    static const double never[] = {NAN, INFINITY, -INFINITY};
    const gan__layer_class *class = class_of(_i);

    for (size_t at = 0; at < kinds[_i].n; at++) {
        double bad[8];
        const size_t n = bad_numbers(row_of(class, at), kinds[_i].good[at], bad);

        for (size_t k = 0; k < 3; k++) expect_refusal(_i, at, never[k]);
        for (size_t k = 0; k < n; k++) expect_refusal(_i, at, bad[k]);
    }
}

/* ---- in files ---- */

/* A network's file whose only layer has the valid numbers, but `text` as number `at`; if that is NULL, it ends
 * there. */
static void expect_file_refused(int i, size_t at, const char *text, const char *says)
{
    char header[1000];
    int n = snprintf(header, sizeof header,
                     "{'__metadata__':{'libgan.network':'{`input`:[4,9,8],"
                     "`layers`:[[`%s`",
                     kinds[i].name);

    for (size_t k = 0; k < (text ? kinds[i].n : at); k++) {
        const size_t room = sizeof header - (size_t)n;

        if (text && k == at)
            n += snprintf(header + n, room, ",%s", text);
        else
            n += snprintf(header + n, room, ",%.17g", kinds[i].good[k]);
    }
    snprintf(header + n, sizeof header - (size_t)n, "]]}'}}");
    expect_forged(header, 0, GAN_ERR_FORMAT, says);
}

TEST_EACH(bad_numbers_of_files_are_refused_by_name, 0, KINDS)
{
    static const char *const others[] = {"`1`", "null", "true", "[1]", "{}"};
    const gan__layer_class *class = class_of(_i);
    char text[40], says[100];

    for (size_t at = 0; at < kinds[_i].n; at++) {
        double bad[8];
        const size_t n = bad_numbers(row_of(class, at), kinds[_i].good[at], bad);

        snprintf(says, sizeof says, "layer 0: %s: %s is ", class->name,
                 gan__layer_number_name(class, at));
        for (size_t k = 0; k < n; k++) {
            snprintf(text, sizeof text, "%.17g", bad[k]);
            expect_file_refused(_i, at, text, says);
        }
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            snprintf(says, sizeof says, "layer 0: %s: %s is not a number", class->name,
                     gan__layer_number_name(class, at));
            expect_file_refused(_i, at, others[k], says);
        }
        expect_file_refused(_i, at, "NaN", ""); /* which is not JSON */
        snprintf(says, sizeof says, "layer 0: %s: %s is missing: %zu settings expected, found %zu",
                 class->name, gan__layer_number_name(class, at), kinds[_i].n, at);
        expect_file_refused(_i, at, NULL, says);
        snprintf(says, sizeof says, "layer 0: %s: %zu settings expected, found %zu", class->name,
                 kinds[_i].n, kinds[_i].n + 1);
        expect_file_refused(_i, at, "1,1", says);
    }
}

/* ---- of constructors ---- */

/* The call refuses each invalid value of a layer's size, and names the size. */
#define REFUSES_SIZES(text, call)                                                                  \
    for (size_t k = 0; k < sizeof bad_sizes / sizeof *bad_sizes; k++) {                            \
        const size_t v = bad_sizes[k];                                                             \
                                                                                                   \
        ck_assert_msg((call) == NULL, "%s may be %zu", text, v);                                   \
        expect_error_says(text " is ");                                                            \
        ck_assert_int_eq(gan_last_status(), GAN_ERR_INVALID);                                      \
    }
#define REFUSES_REALS(text, call)                                                                  \
    for (size_t k = 0; k < sizeof bad_reals / sizeof *bad_reals; k++) {                            \
        const float v = bad_reals[k];                                                              \
                                                                                                   \
        ck_assert_msg((call) == NULL, "%s may be %g", text, (double)v);                            \
        expect_error_says(text " is ");                                                            \
        ck_assert_int_eq(gan_last_status(), GAN_ERR_INVALID);                                      \
    }

#define CONV(...)                                                                                  \
    &(gan_conv2d_desc)                                                                             \
    {                                                                                              \
        GAN_CONV2D_DESC_INIT, __VA_ARGS__                                                          \
    }
#define CONV1(...)                                                                                 \
    &(gan_conv1d_desc)                                                                             \
    {                                                                                              \
        GAN_CONV1D_DESC_INIT, __VA_ARGS__                                                          \
    }
#define POOL(...)                                                                                  \
    &(gan_pool2d_desc)                                                                             \
    {                                                                                              \
        GAN_POOL2D_DESC_INIT, __VA_ARGS__                                                          \
    }

TEST(constructors_refuse_sizes_by_name)
{
    static const size_t bad_sizes[] = {0, (size_t)INT32_MAX + 1, SIZE_MAX};

    REFUSES_SIZES("linear: in", gan_layer_linear(v, 3))
    REFUSES_SIZES("linear: out", gan_layer_linear(3, v))
    REFUSES_SIZES("prelu: num_parameters", gan_layer_prelu(v, 0))
    REFUSES_SIZES("reshape: shape", gan_layer_reshape(gan_shape_2d(3, v)))
    REFUSES_SIZES("conv2d: in_channels", gan_layer_conv2d(v, 1, 1, NULL))
    REFUSES_SIZES("conv2d: out_channels", gan_layer_conv2d(1, v, 1, NULL))
    REFUSES_SIZES("conv2d: kernel_size", gan_layer_conv2d(1, 1, v, NULL))
    REFUSES_SIZES("conv_transpose2d: in_channels", gan_layer_conv_transpose2d(v, 1, 1, NULL))
    REFUSES_SIZES("conv1d: in_channels", gan_layer_conv1d(v, 1, 1, NULL))
    REFUSES_SIZES("conv1d: out_channels", gan_layer_conv1d(1, v, 1, NULL))
    REFUSES_SIZES("conv1d: kernel_size", gan_layer_conv1d(1, 1, v, NULL))
    REFUSES_SIZES("conv_transpose1d: out_channels", gan_layer_conv_transpose1d(1, v, 1, NULL))
    REFUSES_SIZES("max_pool2d: kernel_size", gan_layer_max_pool2d(v, NULL))
    REFUSES_SIZES("avg_pool2d: kernel_size", gan_layer_avg_pool2d(v, NULL))
    REFUSES_SIZES("max_pool1d: kernel_size", gan_layer_max_pool1d(v, NULL))
    REFUSES_SIZES("avg_pool1d: kernel_size", gan_layer_avg_pool1d(v, NULL))
    REFUSES_SIZES("batch_norm: num_features", gan_layer_batch_norm(v, NULL))
    REFUSES_SIZES("layer_norm: normalized_shape", gan_layer_layer_norm(gan_shape_1d(v), NULL))
    REFUSES_SIZES("group_norm: num_groups", gan_layer_group_norm(v, 4, NULL))
    REFUSES_SIZES("group_norm: num_channels", gan_layer_group_norm(2, v, NULL))
    REFUSES_SIZES("instance_norm: num_features", gan_layer_instance_norm(v, 1, NULL))
    REFUSES_SIZES("upsample: scale_factor", gan_layer_upsample(v, GAN_UPSAMPLE_NEAREST, 0))
    REFUSES_SIZES("pixel_shuffle: upscale_factor", gan_layer_pixel_shuffle(v))
    REFUSES_SIZES("minibatch_stddev: group_size", gan_layer_minibatch_stddev(v))
    REFUSES_SIZES("blur_pool2d: stride", gan_layer_blur_pool2d(v))
    REFUSES_SIZES("attention: key_channels", gan_layer_attention(v, 3, 1))
    REFUSES_SIZES("attention: value_channels", gan_layer_attention(2, v, 1))
    REFUSES_SIZES("label_embedding: num_classes", gan_layer_label_embedding(v, 2))
    REFUSES_SIZES("label_embedding: embedding_dim", gan_layer_label_embedding(2, v))
    REFUSES_SIZES("one_hot: num_classes", gan_layer_one_hot(v))
    REFUSES_SIZES("label_map: num_classes", gan_layer_label_map(v, 1))
    REFUSES_SIZES("label_map: num_maps", gan_layer_label_map(2, v))
    REFUSES_SIZES("class_affine: num_features", gan_layer_class_affine(v, 2))
    REFUSES_SIZES("class_affine: num_classes", gan_layer_class_affine(2, v))
    REFUSES_SIZES("projection: in", gan_layer_projection(v, 2))
    REFUSES_SIZES("projection: num_classes", gan_layer_projection(2, v))
}

/* Where 0 stands for the default. */
TEST(descriptors_refuse_sizes_by_name)
{
    static const size_t bad_sizes[] = {(size_t)INT32_MAX + 1, SIZE_MAX - 1};

    REFUSES_SIZES("conv2d: kernel_size", gan_layer_conv2d(1, 1, 1, CONV(.kernel_size = {1, v})))
    REFUSES_SIZES("conv2d: stride", gan_layer_conv2d(1, 1, 1, CONV(.stride = {v, 1})))
    REFUSES_SIZES("conv2d: padding", gan_layer_conv2d(1, 1, 1, CONV(.padding = {1, v})))
    REFUSES_SIZES("conv2d: dilation", gan_layer_conv2d(1, 1, 1, CONV(.dilation = {1, v})))
    REFUSES_SIZES("conv_transpose2d: output_padding",
                  gan_layer_conv_transpose2d(1, 1, 1, CONV(.output_padding = {v, 1})))
    REFUSES_SIZES("conv2d: groups", gan_layer_conv2d(1, 1, 1, CONV(.groups = v)))
    REFUSES_SIZES("conv1d: stride", gan_layer_conv1d(1, 1, 1, CONV1(.stride = v)))
    REFUSES_SIZES("conv1d: padding", gan_layer_conv1d(1, 1, 1, CONV1(.padding = v)))
    REFUSES_SIZES("conv1d: dilation", gan_layer_conv1d(1, 1, 1, CONV1(.dilation = v)))
    REFUSES_SIZES("conv_transpose1d: output_padding",
                  gan_layer_conv_transpose1d(1, 1, 1, CONV1(.output_padding = v)))
    REFUSES_SIZES("conv1d: groups", gan_layer_conv1d(1, 1, 1, CONV1(.groups = v)))
    REFUSES_SIZES("max_pool2d: stride", gan_layer_max_pool2d(2, POOL(.stride = {v, 1})))
    REFUSES_SIZES("avg_pool2d: padding", gan_layer_avg_pool2d(2, POOL(.padding = {1, v})))
}

TEST(constructors_refuse_real_numbers_by_name)
{
    static const float bad_reals[] = {NAN, INFINITY, -INFINITY, -1};

    REFUSES_REALS("leaky_relu: slope", gan_layer_leaky_relu(v))
    REFUSES_REALS("elu: alpha", gan_layer_elu(v))
    REFUSES_REALS("attention: scale", gan_layer_attention(2, 3, (double)v))
    REFUSES_REALS("softplus: beta", gan_layer_softplus(v, 20))
    REFUSES_REALS("softplus: threshold", gan_layer_softplus(1, v == -1 ? NAN : v))
    REFUSES_REALS("prelu: init", gan_layer_prelu(1, v == -1 ? NAN : v))
    REFUSES_REALS("dropout: p", gan_layer_dropout(v))
    REFUSES_REALS("dropout: p", gan_layer_dropout(v == -1 ? 1 : v))
    REFUSES_REALS("dropout2d: p", gan_layer_dropout2d(v))
    REFUSES_REALS("batch_norm: eps",
                  gan_layer_batch_norm(4, &(gan_norm_desc){GAN_NORM_DESC_INIT, .eps = (double)v}))
    REFUSES_REALS(
        "batch_norm: momentum",
        gan_layer_batch_norm(4, &(gan_norm_desc){GAN_NORM_DESC_INIT, .momentum = (double)v}))
}

/* ---- bounds, and settings together ---- */

/* Settings with a bound that isn't the type's limit may have that value. */
TEST_EACH(bounds_belong_to_the_range, 0, KINDS)
{
    const gan__layer_class *class = class_of(_i);

    for (size_t at = 0; at < kinds[_i].n; at++) {
        const gan__layer_setting *row = row_of(class, at);

        if (row->type != GAN__SETTING_REAL) continue;
        if (!row->above) expect_ok(try(_i, at, row->least));
        if (!row->below) expect_ok(try(_i, at, row->most));
        if (row->above) expect_ok(try(_i, at, nextafter(row->least, 1)));
        if (row->below) expect_ok(try(_i, at, nextafter(row->most, 0)));
    }
}

TEST(settings_are_to_fit_each_other)
{
    static const struct {
        const char *kind;
        size_t at;
        double value;
        const char *says;
    } cases[] = {
        {"linear", 1, 2147483647, "linear: 3 * 2147483647 weights, at most 2147483647"},
        {"reshape", 0, 0, "reshape: shape is [0, 3], a shape of 1 to"},
        {"reshape", 3, 2, "reshape: shape is [2, 3, 0, 2], a shape of 1 to"},
        {"reshape", 1, 2147483647, "a shape of 1 to 2147483647 numbers expected"},
        {"conv2d", 0, 5, "2 groups don't divide 5 in_channels"},
        {"conv2d", 1, 5, "and 5 out_channels"},
        {"conv2d", 2, 2147483647, "weights, at most"},
        {"conv_transpose2d", 10, 2, "output_padding 2 is not smaller than stride 2"},
        {"conv_transpose1d", 6, 2, "output_padding 2 is not smaller than stride 2"},
        {"conv1d", 7, 4, "4 groups don't divide 4 in_channels and 6"},
        {"max_pool2d", 5, 2, "padding is 2, at most half the kernel_size 3"},
        {"avg_pool1d", 2, 2, "padding is 2, at most half the kernel_size 3"},
        {"group_norm", 4, 3, "4 channels can't be cut into 3 groups"},
        {"upsample", 1, 0, "align_corners is for bilinear, mode is 0"},
    };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int i = 0;

        while (strcmp(kinds[i].name, cases[c].kind) != 0) i++;
        expect_fails(try(i, cases[c].at, cases[c].value), GAN_ERR_INVALID, cases[c].says);
    }
}
