/* test_layer_settings.c - the tables of settings: each number of each kind of layer, below, at and
 * above its bounds, as a file may have it. */
#include "expect.h"
#include "layer/layer_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Each kind that has settings, with good ones. */
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

/* The good numbers, but number `at` is `value`. */
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

TEST_EACH(numbers_out_of_bounds_are_refused_by_name, 0, KINDS)
{
    static const double never[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300};
    const gan__layer_class *class = class_of(_i);

    for (size_t at = 0; at < kinds[_i].n; at++) {
        const gan__layer_setting *row = row_of(class, at);
        const int whole = row->type != GAN__SETTING_REAL;

        for (size_t k = 0; k < 3; k++) expect_refusal(_i, at, never[k]);
        for (size_t k = 3; k < 5; k++)
            if (whole || fabs(row->most) < 1e300) expect_refusal(_i, at, never[k]);
        if (whole) expect_refusal(_i, at, kinds[_i].good[at] + 0.5);
        if (whole) expect_refusal(_i, at, row->least - 1);
        if (whole) expect_refusal(_i, at, row->most + 1);
        if (row->above) expect_refusal(_i, at, row->least);
        if (row->below) expect_refusal(_i, at, row->most);
    }
}

/* Those with a bound that isn't the end of all numbers may have it. */
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
