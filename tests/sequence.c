/* sequence.c - networks made of a list of layers, and their files. */
#include "sequence.h"

#include "budget.h"
#include "expect.h"
#include "file/file_internal.h"
#include "gradcheck.h"

#include <stdlib.h>
#include <string.h>

gan_network *sequence(gan_shape in, const gan_network_desc *desc, gan_layer *const *layers,
                      size_t n)
{
    gan_network *net = gan_network_create(in, desc);

    for (size_t i = 0; i < n && net; i++) gan_network_add(net, layers[i]);
    for (size_t i = 0; i < n && !net; i++) gan_layer_destroy(layers[i]);
    return net;
}

gan_network *built(gan_network *net)
{
    expect_ok(gan_network_build(net));
    return net;
}

void end_network(void *net)
{
    gan_network_destroy(net);
}

static gan_status make_opened(void **out, const gan_allocator *allocator, void *path)
{
    gan_network *net = path;
    const gan_status status =
        gan_network_open(&net, *(const char **)path,
                         &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});

    *out = net;
    return status;
}

void expect_opening_survives(gan_network *net)
{
    const char *path = scratch_path("sweep.safetensors");

    expect_ok(gan_network_save(net, path));
    budget_sweep(make_opened, end_network, &path);
    gan_network_destroy(net);
}

void expect_same_network(gan_network *a, gan_network *b, const float *x, size_t n)
{
    char text[4000], again[4000];
    const size_t size = n * gan_shape_size(gan_network_output_shape(a));
    float *y = malloc(size * sizeof *y), *z = malloc(size * sizeof *z);

    expect_same_weights(a, b);
    ck_assert_uint_eq(gan_network_layer_count(a), gan_network_layer_count(b));
    ck_assert(gan_shape_equal(gan_network_input_shape(a), gan_network_input_shape(b)));
    ck_assert(gan_shape_equal(gan_network_output_shape(a), gan_network_output_shape(b)));
    ck_assert_uint_lt(gan_network_summary(a, text, sizeof text), sizeof text);
    gan_network_summary(b, again, sizeof again);
    ck_assert_str_eq(again, text);
    expect_ok(gan_network_forward(a, x, n, y));
    expect_ok(gan_network_forward(b, x, n, z));
    expect_same_bits(z, y, size * sizeof *y);
    free(y);
    free(z);
}

void seal_again(unsigned char *file, size_t n)
{
    const uint32_t sum = gan__file_sum(0, file, n - 4);

    for (size_t i = 0; i < 4; i++) file[n - 4 + i] = (unsigned char)(sum >> (8 * i));
}

void write_forged(const char *path, const char *header, size_t n_numbers)
{
    unsigned char *bytes = malloc(8 + 2 * strlen(header) + 4 * n_numbers);
    size_t n = 8;

    ck_assert_ptr_nonnull(bytes);
    for (; *header; header++) {
        if (*header == '`') bytes[n++] = '\\';
        bytes[n++] = (unsigned char)(*header == '\'' || *header == '`' ? '"' : *header);
    }
    for (size_t i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)(n - 8) >> (8 * i));
    for (size_t i = 0; i < n_numbers; i++, n += 4) {
        float x = (float)i + 0.5f;

        little_endian(&x, 4, 1);
        memcpy(bytes + n, &x, 4);
    }
    scratch_write(path, bytes, n);
    free(bytes);
}

void expect_forged_at(const char *file, int line, const char *header, size_t n_numbers,
                      gan_status wanted, const char *says)
{
    const char *path = scratch_path("forged.safetensors");
    gan_network *net = (gan_network *)&net;

    write_forged(path, header, n_numbers);
    expect_status_at(file, line, header, gan_network_open(&net, path, NULL), wanted);
    if (wanted != GAN_OK) {
        ck_assert_msg(net == NULL, "%s:%d: %s: the network is not NULL", file, line, header);
        expect_error_at(file, line, path);
        expect_error_at(file, line, says);
    }
    gan_network_destroy(net);
}
