/* test_network_file.c - networks as files: round trips, damaged and forged files. */
#include "budget.h"
#include "expect.h"
#include "file/safetensors_internal.h"
#include "gradcheck.h"
#include "sequence.h"

#include <gan/network.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const net_layer small[] = {{NET_LINEAR, 5, 7, 0},     {NET_LEAKY_RELU, 0, 0, 0.2f},
                                  {NET_DROPOUT, 0, 0, 0.3f}, {NET_LINEAR, 7, 4, 0},
                                  {NET_TANH, 0, 0, 0},       {NET_END, 0, 0, 0}};

static gan_network *small_net(uint64_t seed)
{
    return net_seeded(5, small, seed);
}

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = sinf(1.7f * (float)i) * 1.5f;
}

/* ---- memory ---- */

TEST(opening_survives_a_lack_of_memory)
{
    expect_opening_survives(small_net(5));
}

TEST(loading_and_saving_survive_a_lack_of_memory)
{
    const char *path = scratch_path("network-load-sweep.safetensors");
    gan_network *net = small_net(5);
    size_t refusals = 0;

    expect_ok(gan_network_save(net, path));
    for (size_t allowed = 0;; allowed++) {
        budget b;
        gan_network *other, *twin = small_net(6);
        gan_status load, save;
        size_t live;

        ck_assert_uint_lt(allowed, 200);
        budget_init(&b, BUDGET_UNLIMITED);
        other = net_make(
            5, small,
            &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 6, .allocator = &b.allocator});
        expect_ok(gan_network_build(other));
        live = budget_live(&b);
        b.left = allowed;
        load = gan_network_load(other, path, NULL);
        expect_same_weights(other, load == GAN_OK ? net : twin);
        b.left = allowed;
        save = gan_network_save(other, scratch_path("network-save-sweep.safetensors"));
        b.left = BUDGET_UNLIMITED;
        ck_assert_uint_eq(budget_live(&b), live);
        refusals += b.refused;
        gan_network_destroy(other);
        gan_network_destroy(twin);
        if (load == GAN_OK && save == GAN_OK) break;
        ck_assert_int_eq(load == GAN_OK ? GAN_ERR_NOMEM : load, GAN_ERR_NOMEM);
        ck_assert_int_eq(save == GAN_OK ? GAN_ERR_NOMEM : save, GAN_ERR_NOMEM);
    }
    ck_assert_uint_gt(refusals, 0);
    gan_network_destroy(net);
}

/* ---- files ---- */

TEST(saving_and_loading_keep_every_bit)
{
    const char *path = scratch_path("network-roundtrip.safetensors");
    gan_network *net = small_net(5), *other = small_net(6), *opened = NULL;
    float x[10], y[8], z[8];
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, "3.bias"));
    t.data[0] = -0.0f;
    t.data[1] = 1e-40f;
    t.data[2] = 3.4e38f;
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_load(other, path, NULL));
    expect_same_weights(other, net);
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_weights(opened, net);
    t.data[2] = 1;
    expect_ok(gan_network_find(&t, opened, "3.bias"));
    t.data[2] = 1;
    fill(x, 10);
    expect_ok(gan_network_forward(net, x, 2, y));
    expect_ok(gan_network_forward(opened, x, 2, z));
    expect_same_bits(z, y, sizeof y);
    gan_network_destroy(net);
    gan_network_destroy(other);
    gan_network_destroy(opened);
}

static void expect_opens_as(gan_network *net)
{
    const char *path = scratch_path("network-kinds.safetensors");
    const size_t size = 2 * gan_shape_size(gan_network_input_shape(net));
    gan_network *opened = NULL;
    float *x = malloc(size * sizeof *x);

    fill(x, size);
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_network(net, opened, x, 2);
    free(x);
    gan_network_destroy(net);
    gan_network_destroy(opened);
}

TEST(opening_brings_back_every_kind_of_layer)
{
    const gan_pool2d_desc pool = {GAN_POOL2D_DESC_INIT, .stride = {1, 2}, .padding = {1, 0}};
    const gan_pool2d_desc without_pad = {GAN_POOL2D_DESC_INIT, .stride = {1, 2}, .padding = {1, 0},
                                         .exclude_pad = 1};

    expect_opens_as(NETWORK(gan_shape_3d(2, 3, 4), gan_layer_flatten(), gan_layer_linear(24, 12),
                            gan_layer_leaky_relu(0.2f), gan_layer_dropout(0.3f),
                            gan_layer_linear(12, 12), gan_layer_relu(), gan_layer_linear(12, 12),
                            gan_layer_tanh(), gan_layer_sigmoid(), gan_layer_leaky_relu(1.0f / 3),
                            gan_layer_reshape((gan_shape){4, {1, 3, 2, 2}})));
    expect_opens_as(NETWORK(
        gan_shape_3d(8, 6, 10), gan_layer_max_pool2d(2, &pool), gan_layer_elu(0.3f),
        gan_layer_selu(), gan_layer_avg_pool2d(2, &without_pad), gan_layer_gelu(0),
        gan_layer_gelu(1), gan_layer_silu(), gan_layer_prelu(8, -0.1f), gan_layer_dropout2d(0.3f),
        gan_layer_pixel_shuffle(2), gan_layer_minibatch_stddev(2),
        gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 1), gan_layer_softplus(1.0f / 3, 0.7f)));
    expect_opens_as(NETWORK(gan_shape_3d(7, 6, 5), gan_layer_blur_pool2d(2),
                            gan_layer_attention(2, 3, 1.0 / 3), gan_layer_blur_upsample2d()));
}

static gan_network *normalised(uint64_t seed)
{
    gan_network *net =
        gan_network_create(gan_shape_1d(3), &(gan_network_desc){GAN_NETWORK_DESC_INIT, seed});

    gan_network_add(net, gan_layer_linear(3, 4));
    gan_network_add(net, gan_layer_batch_norm(4, NULL));
    return net;
}

TEST(buffers_travel_with_the_weights)
{
    const char *path = scratch_path("network-buffers.safetensors");
    const float x[3] = {0.3f, -1.2f, 2.385f};
    float y[4], z[4], fresh[4];
    gan_network *net = normalised(1), *other = normalised(2), *opened = NULL;
    gan_tensor t;

    expect_ok(gan_network_forward(net, x, 1, fresh));
    expect_ok(gan_network_find(&t, net, "1.running_mean"));
    fill(t.data, 4);
    expect_ok(gan_network_find(&t, net, "1.running_var"));
    for (int i = 0; i < 4; i++) t.data[i] = 0.5f + (float)i;
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_other_bits(y, fresh, sizeof y);
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_load(other, path, NULL));
    expect_ok(gan_network_forward(other, x, 1, z));
    expect_same_bits(z, y, sizeof y);
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_ok(gan_network_forward(opened, x, 1, z));
    expect_same_bits(z, y, sizeof y);
    gan_network_destroy(net);
    gan_network_destroy(other);
    gan_network_destroy(opened);
}

TEST(a_network_without_weights_can_be_saved)
{
    const char *path = scratch_path("network-weightless.safetensors");
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL), *opened = NULL;
    const float x[3] = {-1, 0, 1};
    float y[3];

    gan_network_add(net, gan_layer_relu());
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_load(net, path, NULL));
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_ok(gan_network_forward(opened, x, 1, y));
    ck_assert(y[0] == 0 && y[2] == 1);
    gan_network_destroy(net);
    gan_network_destroy(opened);
}

static const net_layer golden_d[] = {{NET_LINEAR, 36, 16, 0}, {NET_LEAKY_RELU, 0, 0, 0.2f},
                                     {NET_LINEAR, 16, 16, 0}, {NET_LEAKY_RELU, 0, 0, 0.2f},
                                     {NET_LINEAR, 16, 1, 0},  {NET_SIGMOID, 0, 0, 0},
                                     {NET_END, 0, 0, 0}};

TEST(a_file_from_pytorch_loads_but_has_no_layers)
{
    const char *path = golden_path("train_slow_d_first.safetensors");
    gan_network *net = net_seeded(36, golden_d, 1), *opened = net;
    gan_tensor t;
    float before;

    expect_ok(gan_network_find(&t, net, "4.bias"));
    before = t.data[0];
    expect_ok(gan_network_load(net, path, NULL));
    ck_assert(t.data[0] != before);
    expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT, "layers");
    expect_error_says(path);
    ck_assert_ptr_null(opened);
    gan_network_destroy(net);
}

/* Names are looked up, not compared pairwise, which took 10 s.  The time is tested only by make
 * check-long, on an idle machine. */
TEST(many_tensors_are_matched_at_once)
{
    enum { N = 20000 };
    const char *path = scratch_path("network-many.safetensors");
    gan_network *net = gan_network_create(gan_shape_1d(1), NULL), *opened = NULL;
    clock_t begin = clock();

    for (size_t i = 0; i < N; i++) expect_ok(gan_network_add(net, gan_layer_linear(1, 1)));
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_load(net, path, NULL));
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_weights(opened, net);
    ck_assert_msg(!getenv("GAN_TEST_THOROUGH") || clock() - begin < 4 * CLOCKS_PER_SEC,
                  "%g s of CPU", (double)(clock() - begin) / CLOCKS_PER_SEC);
    gan_network_destroy(opened);
    gan_network_destroy(net);
}

/* ---- damaged and forged files ---- */

/* Replace the value of a file whose bits are those of `from` by `to`. */
static void replace_number(const char *path, float from, float to)
{
    static unsigned char bytes[4000];
    const size_t n = scratch_read(path, bytes, sizeof bytes);
    uint32_t old, new;
    size_t found = 0;

    memcpy(&old, &from, 4);
    memcpy(&new, &to, 4);
    for (size_t at = n % 4; at < n; at += 4) {
        uint32_t here = 0;

        for (size_t i = 0; i < 4; i++) here |= (uint32_t)bytes[at + i] << (8 * i);
        if (here != old) continue;
        found++;
        for (size_t i = 0; i < 4; i++) bytes[at + i] = (unsigned char)(new >> (8 * i));
    }
    ck_assert_uint_eq(found, 1);
    scratch_write(path, bytes, n);
}

TEST(a_weight_that_is_no_number_is_neither_written_nor_read)
{
    const float bad[] = {NAN, INFINITY, -INFINITY}, fine = 0.123456f;
    const char *path = scratch_path("network-nan.safetensors");

    for (size_t i = 0; i < 3; i++) {
        gan_network *net = small_net(5), *other = small_net(6), *twin = small_net(6),
                    *opened = NULL;
        gan_tensor t;

        expect_ok(gan_network_find(&t, net, "3.weight"));
        t.data[17] = fine;
        expect_ok(gan_network_save(net, path));
        t.data[17] = bad[i];
        expect_fails(gan_network_save(net, path), GAN_ERR_NONFINITE,
                     "value 17 of tensor \"3.weight\" is ");
        t.data[17] = fine;
        expect_ok(gan_network_open(&opened, path, NULL)); /* the old file is still there */
        expect_same_weights(opened, net);
        gan_network_destroy(opened);
        replace_number(path, fine, bad[i]);
        expect_fails(gan_network_load(other, path, NULL), GAN_ERR_NONFINITE, "3.weight");
        expect_error_says(path);
        expect_status(gan_network_open(&opened, path, NULL), GAN_ERR_NONFINITE);
        ck_assert_ptr_null(opened);
        expect_same_weights(other, twin);
        gan_network_destroy(net);
        gan_network_destroy(other);
        gan_network_destroy(twin);
    }
}

#define FORGED(text)                                                                               \
    DESCRIBED(text) TENSOR("0.weight", "[3,2]", 0, 24) "," TENSOR("0.bias", "[3]", 24, 36) "}"

TEST(forged_layers_are_only_an_error)
{
    static const struct {
        const char *header;
        gan_status status;
        const char *says;
    } cases[] = {
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,3]]}"), GAN_OK, ""},
        {FORGED(""), GAN_ERR_FORMAT, ""},
        {FORGED("[]"), GAN_ERR_FORMAT, ""},
        {FORGED("{}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:7}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[7]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`cubic`,2,3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,3,4]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,`3`]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,3.5]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,-3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,1e300]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,3,3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[0],`layers`:[[`linear`,2,3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[-2],`layers`:[[`linear`,2,3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[1,1,1,1,2],`layers`:[[`linear`,2,3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`dropout`,1.5],[`linear`,2,3]]}"), GAN_ERR_FORMAT, ""},
        {FORGED("{`input`:[2],`layers`:[[`leaky_relu`,-1e99],[`linear`,2,3]]}"), GAN_ERR_FORMAT,
         ""},
        {FORGED("{`input`:[2],`layers`:[[`reshape`,1e300,0,0,0],[`linear`,2,3]]}"), GAN_ERR_FORMAT,
         ""},
        {FORGED("{`input`:[2],`layers`:[[`relu`],[`linear`,2,3]]}"), GAN_ERR_SHAPE, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,4]]}"), GAN_ERR_SHAPE, ""},
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,3],[`linear`,3,1]]}"), GAN_ERR_SHAPE, ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_forged(cases[i].header, 9, cases[i].status, cases[i].says);
}

TEST(an_endless_description_is_not_parsed)
{
    static const char begins[] = "{'__metadata__':{'libgan.network':'", ends[] = "'}}";
    const size_t n = (1 << 20) + 1;
    char *header = malloc(n + 100);

    ck_assert_ptr_nonnull(header);
    memset(header, '[', n + 100);
    memcpy(header, begins, sizeof begins - 1);
    memcpy(header + sizeof begins - 1 + n, ends, sizeof ends);
    expect_forged(header, 0, GAN_ERR_FORMAT, "1048577 bytes");
    free(header);
}

TEST(a_small_file_cannot_ask_for_much_memory)
{
    static const struct {
        const char *header;
        gan_status status;
    } cases[] = {
        {FORGED("{`input`:[2],`layers`:[[`linear`,2,8000],[`linear`,8000,8000]]}"), GAN_ERR_SHAPE},
        {FORGED("{`input`:[1,1024,1024],`layers`:[[`upsample`,16,0,0]]}"), GAN_ERR_FORMAT},
        {FORGED("{`input`:[1,8,8],`layers`:[[`conv2d`,1,1,1,1,9000,9000,9000,9000,1,1,0,0,1,1]]}"),
         GAN_ERR_FORMAT},
    };
    const char *path = scratch_path("network-huge.safetensors");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_network *net = (gan_network *)&net;
        budget b;

        budget_init(&b, BUDGET_UNLIMITED);
        write_forged(path, cases[i].header, 9);
        expect_status(
            gan_network_open(&net, path,
                             &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &b.allocator}),
            cases[i].status);
        ck_assert_ptr_null(net);
        ck_assert_msg(b.peak_bytes < 1000000, "a file of 400 bytes made the library take %zu",
                      b.peak_bytes);
    }
}

TEST(opening_reads_its_settings)
{
    const char *path = scratch_path("network-settings.safetensors");
    const gan_allocator half = {0};
    gan_network *net = small_net(5), *opened = net;
    gan_network_desc d = {GAN_NETWORK_DESC_INIT};
    gan_pool *pool;
    budget b;
    float x[5], y[4], z[4];

    expect_ok(gan_network_save(net, path));
    d.allocator = &half;
    expect_fails(gan_network_open(&opened, path, &d), GAN_ERR_INVALID, "allocator");
    ck_assert_ptr_null(opened);
    d.allocator = NULL;
    d.struct_size = 1;
    expect_fails(gan_network_open(&opened, path, &d), GAN_ERR_INVALID, "struct_size");
    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_pool_create(&pool, 2, NULL));
    d = (gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 1234, .pool = pool,
                           .allocator = &b.allocator};
    expect_ok(gan_network_open(&opened, path, &d));
    ck_assert_uint_gt(budget_live(&b), 0);
    fill(x, 5);
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_ok(gan_network_forward(opened, x, 1, z));
    expect_same_bits(z, y, sizeof y);
    gan_network_destroy(opened);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_pool_destroy(pool);
    gan_network_destroy(net);
    expect_fails(gan_network_open(&opened, scratch_path("none/none"), NULL), GAN_ERR_IO,
                 "none/none");
    ck_assert_ptr_null(opened);
}

TEST(saving_where_nothing_can_be_written_is_an_error)
{
    gan_network *net = small_net(5);

    expect_fails(gan_network_save(net, scratch_path("no-such-directory/x.safetensors")), GAN_ERR_IO,
                 "no-such-directory");
    expect_status(gan_network_save(net, ""), GAN_ERR_IO);
    gan_network_destroy(net);
}
