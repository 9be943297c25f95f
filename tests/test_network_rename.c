/* test_network_rename.c - networks load weights from layers with other indices in the file. */
#include "budget.h"
#include "expect.h"
#include "file/safetensors_internal.h"
#include "gradcheck.h"
#include "sequence.h"

#include <gan/network.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The trained network: layers 0 to 3.  The one that contains it: as layers 2 to 5. */
static gan_network *encoder(uint64_t seed)
{
    gan_network *net = BUILT(gan_shape_1d(3), gan_layer_linear(3, 4), gan_layer_tanh(),
                             gan_layer_linear(4, 5), gan_layer_relu());

    expect_ok(gan_network_initialize(net, seed));
    return net;
}

static gan_network *longer(void)
{
    gan_network *net =
        BUILT(gan_shape_1d(2), gan_layer_linear(2, 3), gan_layer_relu(), gan_layer_linear(3, 4),
              gan_layer_tanh(), gan_layer_linear(4, 5), gan_layer_relu(), gan_layer_linear(5, 1));

    expect_ok(gan_network_initialize(net, 77));
    return net;
}

static const gan_rename shift[] = {{"0.", "2."}, {"1.", "3."}, {"2.", "4."}, {"3.", "5."}};

static gan_network_load_desc shifted(void)
{
    return (gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .renames = shift, .n_renames = 4};
}

/* The tensors of `net` with this prefix are those of `other` with the prefix `of_other`. */
static void expect_same_layer(gan_network *net, const char *layer, gan_network *other,
                              const char *of_other)
{
    static const char *const parts[] = {"weight", "bias"};

    for (size_t i = 0; i < 2; i++) {
        char name[64], other_name[64];
        gan_tensor a, b;

        snprintf(name, sizeof name, "%s%s", layer, parts[i]);
        snprintf(other_name, sizeof other_name, "%s%s", of_other, parts[i]);
        expect_ok(gan_network_find(&a, net, name));
        expect_ok(gan_network_find(&b, other, other_name));
        ck_assert_uint_eq(a.size, b.size);
        expect_same_bits(a.data, b.data, a.size * sizeof *a.data);
    }
}

static void expect_shifted(gan_network *net, gan_network *from)
{
    gan_network *fresh = longer();

    expect_same_layer(net, "0.", fresh, "0.");
    expect_same_layer(net, "2.", from, "0.");
    expect_same_layer(net, "4.", from, "2.");
    expect_same_layer(net, "6.", fresh, "6.");
    gan_network_destroy(fresh);
}

/* Save a network with something before all names. */
static const char *saved(gan_network *net, const char *prefix)
{
    const char *path = scratch_path("renamed.safetensors");
    gan_tensor tensors[8];
    char names[8][64];
    size_t n = gan_network_tensor_count(net);

    for (size_t i = 0; i < n; i++) {
        expect_ok(gan_network_tensor(&tensors[i], net, i));
        snprintf(names[i], sizeof names[i], "%s%s", prefix, tensors[i].name);
        tensors[i].name = names[i];
    }
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, n, NULL, 0, NULL));
    return path;
}

TEST(layers_with_other_numbers_are_loaded_and_the_others_stay)
{
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    gan_network_load_desc d = shifted();
    gan_network *from = encoder(5), *net = longer();

    d.report = &report;
    expect_ok(gan_network_load(net, saved(from, ""), &d));
    expect_shifted(net, from);
    ck_assert_uint_eq(report.n_loaded, 4);
    ck_assert_uint_eq(report.n_kept, 4);
    ck_assert_uint_eq(report.n_missing + report.n_misshaped + report.n_unexpected, 0);
    gan_network_destroy(net);
    gan_network_destroy(from);
}

TEST(a_part_of_a_file_is_enough)
{
    gan_network_load_desc d = shifted();
    gan_network *from = longer(), *net = encoder(5), *twin = encoder(5);
    const gan_rename back[] = {{"2.", "0."}};

    d.renames = back;
    d.n_renames = 1;
    expect_ok(gan_network_load(net, saved(from, ""), &d));
    expect_same_layer(net, "0.", from, "2.");
    expect_same_layer(net, "2.", twin, "2.");
    gan_network_destroy(twin);
    gan_network_destroy(net);
    gan_network_destroy(from);
}

TEST(a_prefix_comes_before_the_names_that_are_changed)
{
    gan_network_load_desc d = shifted();
    gan_network *from = encoder(5), *net = longer();

    d.prefix = "encoder.";
    expect_ok(gan_network_load(net, saved(from, "encoder."), &d));
    expect_shifted(net, from);
    expect_fails(gan_network_load(net, saved(from, "decoder."), &d), GAN_ERR_SHAPE,
                 "4 missing: 2.weight [4, 3] as 0.weight");
    expect_shifted(net, from);
    d.prefix = NULL;
    d.renames = (const gan_rename[]){{"decoder.0.", "2."}, {"decoder.2.", "4."}};
    d.n_renames = 2;
    expect_ok(gan_network_load(net, saved(from, "decoder."), &d));
    gan_network_destroy(net);
    gan_network_destroy(from);
}

/* PyTorch's newer spectral norm, in a layer with another number. */
TEST(names_of_pytorchs_spectral_norm_are_found_behind_a_change)
{
    static const char *const names[] = {"7.parametrizations.weight.original", "7.bias",
                                        "7.parametrizations.weight.0._u",
                                        "7.parametrizations.weight.0._v"};
    const char *path = scratch_path("renamed.safetensors");
    gan_network *nets[2];
    gan_tensor tensors[4];
    const gan_rename renames[] = {{"7.", "0."}};

    for (size_t i = 0; i < 2; i++) {
        nets[i] = BUILT(gan_shape_1d(5), gan_layer_spectral_norm(gan_layer_linear(5, 4)));
        expect_ok(gan_network_initialize(nets[i], i));
    }
    for (size_t i = 0; i < 4; i++) {
        expect_ok(gan_network_tensor(&tensors[i], nets[0], i));
        tensors[i].name = names[i];
    }
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 4, NULL, 0, NULL));
    expect_ok(gan_network_load(
        nets[1], path,
        &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .renames = renames, .n_renames = 1}));
    expect_same_weights(nets[1], nets[0]);
    gan_network_destroy(nets[0]);
    gan_network_destroy(nets[1]);
}

TEST(what_does_not_fit_is_refused_unless_leniently)
{
    gan_network_load_desc d = shifted();
    gan_network *from = encoder(5), *net = longer(), *twin = longer();
    const char *path = saved(from, "");

    d.renames = (const gan_rename[]){{"0.", "2."}, {"9.", "4."}};
    d.n_renames = 2;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE,
                 "2 missing: 4.weight [5, 4] as 9.weight, 4.bias [5] as 9.bias");
    d.renames = (const gan_rename[]){{"0.", "2."}, {"2.", "6."}};
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE,
                 "2 of another shape: 6.weight [5, 4] for [1, 5] as 2.weight");
    d.renames = (const gan_rename[]){{"0.", "2."}, {"2.", "3."}};
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE,
                 "2 not in the network: 2.weight [5, 4], 2.bias [5]");
    d.renames = (const gan_rename[]){{"0.", "22."}, {"2.", "7."}};
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE,
                 "renaming leaves out all 8 tensors of the network");
    d.lenient = 1;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE, "leaves out all 8");
    expect_same_weights(net, twin);
    d.renames = (const gan_rename[]){{"0.", "2."}, {"2.", "6."}};
    expect_ok(gan_network_load(net, path, &d));
    expect_same_layer(net, "2.", from, "0.");
    expect_same_layer(net, "6.", twin, "6.");
    gan_network_destroy(twin);
    gan_network_destroy(net);
    gan_network_destroy(from);
}

/* ---- a function of the host ---- */

typedef struct shifting {
    int by; /* layers */
    size_t n_calls;
    int endless;
} shifting;

static int shift_down(void *user, const char *name, char *in_file, size_t capacity)
{
    shifting *x = user;
    int layer, n = 0;

    x->n_calls++;
    ck_assert_uint_ge(capacity, 512);
    ck_assert_int_eq(sscanf(name, "%d%n", &layer, &n), 1);
    if (x->endless) memset(in_file, 'a', capacity);
    if (!x->endless) snprintf(in_file, capacity, "%d%s", layer - x->by, name + n);
    return layer >= x->by && layer < x->by + 4;
}

TEST(a_function_of_the_host_names_what_is_read)
{
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    shifting x = {2, 0, 0};
    gan_network_load_desc d = {GAN_NETWORK_LOAD_DESC_INIT, .report = &report, .rename = shift_down,
                               .rename_user = &x};
    gan_network *from = encoder(5), *net = longer();
    const char *path = saved(from, "");

    expect_ok(gan_network_load(net, path, &d));
    expect_shifted(net, from);
    ck_assert_uint_eq(x.n_calls, 8);
    ck_assert_uint_eq(report.n_kept, 4);
    x.by = 3;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE, "4 missing: 4.weight");
    expect_error_says("as 1.weight");
    x = (shifting){20, 0, 0};
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE, "leaves out all 8");
    x = (shifting){2, 0, 1};
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_INVALID,
                 "wrote no zero byte into the 512 of the name of 2.weight");
    expect_shifted(net, from);
    gan_network_destroy(net);
    gan_network_destroy(from);
}

/* ---- what is refused ---- */

TEST(descriptors_are_checked)
{
    gan_network *from = encoder(5), *net = longer(), *twin = longer();
    const char *path = saved(from, "");
    gan_network_load_desc d = shifted();

    d.renames = NULL;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_INVALID,
                 "n_renames is 4, renames is NULL");
    d = shifted();
    d.rename = shift_down;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_INVALID, "renames is beside a function");
    d = shifted();
    d.renames = (const gan_rename[]){{"0.", "2."}, {NULL, "3."}};
    d.n_renames = 2;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_INVALID, "renames[1].from is NULL");
    d.renames = (const gan_rename[]){{"0.", NULL}};
    d.n_renames = 1;
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_INVALID, "renames[0].to is NULL");
    expect_same_weights(net, twin);
    gan_network_destroy(net);
    gan_network_destroy(twin);
    gan_network_destroy(from);
}

/* Descriptors from before renaming end where its fields begin now. */
TEST(descriptors_of_earlier_hosts_are_taken)
{
    gan_network *from = encoder(5), *net = encoder(6);
    gan_network_load_desc d = {GAN_NETWORK_LOAD_DESC_INIT};

    d.struct_size = offsetof(gan_network_load_desc, renames);
    d.renames = shift; /* not theirs */
    expect_ok(gan_network_load(net, saved(from, ""), &d));
    expect_same_weights(net, from);
    gan_network_destroy(net);
    gan_network_destroy(from);
}

static gan_status try_load(void **out, const gan_allocator *allocator, void *path)
{
    const gan_network_load_desc d = shifted();
    gan_network *net = gan_network_create(
        gan_shape_1d(2), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});
    gan_status status = net ? gan_network_add(net, gan_layer_linear(2, 3)) : GAN_ERR_NOMEM;

    if (status == GAN_OK) status = gan_network_add(net, gan_layer_relu());
    if (status == GAN_OK) status = gan_network_add(net, gan_layer_linear(3, 4));
    if (status == GAN_OK) status = gan_network_add(net, gan_layer_tanh());
    if (status == GAN_OK) status = gan_network_add(net, gan_layer_linear(4, 5));
    if (status == GAN_OK) status = gan_network_load(net, path, &d);
    *out = status == GAN_OK ? net : NULL;
    if (status != GAN_OK) gan_network_destroy(net);
    return status;
}

TEST(without_memory_nothing_is_loaded)
{
    gan_network *from = encoder(5);

    ck_assert_uint_gt(budget_sweep(try_load, end_network, (void *)(uintptr_t)saved(from, "")), 10);
    gan_network_destroy(from);
}

TEST(a_file_that_ends_after_any_byte_changes_nothing)
{
    static unsigned char bytes[4096];
    const gan_network_load_desc d = shifted();
    gan_network *from = encoder(5), *net = longer(), *twin = longer();
    gan_writer to = gan_writer_memory(bytes, sizeof bytes);

    expect_ok(gan_network_save_to(from, &to));
    for (size_t k = 0; k < to.n_bytes; k++) {
        const gan_reader cut = gan_reader_memory(bytes, k);

        expect_status(gan_network_load_from(net, &cut, &d), GAN_ERR_FORMAT);
    }
    expect_same_weights(net, twin);
    expect_ok(gan_network_load_from(net, &(gan_reader){.bytes = bytes, .n_bytes = to.n_bytes}, &d));
    expect_shifted(net, from);
    gan_network_destroy(net);
    gan_network_destroy(twin);
    gan_network_destroy(from);
}
