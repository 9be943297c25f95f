/* test_network_load.c - networks load weights from files: tensors that match, and others. */
#include "expect.h"
#include "file/safetensors_internal.h"
#include "gradcheck.h"
#include "sequence.h"

#include <gan/network.h>
#include <stdio.h>
#include <string.h>

static const net_layer line[] = {{NET_LINEAR, 2, 3, 0}, {NET_END, 0, 0, 0}};

TEST(tensors_may_stand_in_any_order)
{
    const char *path = scratch_path("network-order.safetensors");
    gan_network *net = net_seeded(2, line, 1);
    gan_tensor w, b;

    write_forged(path,
                 "{" TENSOR("0.bias", "[3]", 0, 12) "," TENSOR("0.weight", "[3,2]", 12, 36) "}", 9);
    expect_ok(gan_network_load(net, path, NULL));
    expect_ok(gan_network_find(&w, net, "0.weight"));
    expect_ok(gan_network_find(&b, net, "0.bias"));
    for (int i = 0; i < 3; i++) ck_assert(b.data[i] == (float)i + 0.5f);
    for (int i = 0; i < 6; i++) ck_assert(w.data[i] == (float)i + 3.5f);
    gan_network_destroy(net);
}

TEST(tensors_that_no_network_has_are_left_out_leniently)
{
    const char *path = scratch_path("network-empty.safetensors");
    const gan_network_load_desc lenient = {GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1};
    gan_network *net = net_seeded(2, line, 1);
    gan_tensor b;

    write_forged(path,
                 "{" TENSOR("0.bias", "[3]", 0, 12) "," TENSOR("empty", "[0,4]", 12, 12) "," TENSOR(
                     "0.weight", "[3,2]", 12, 36) "," TENSOR("five", "[1,1,1,1,2]", 36, 44) "}",
                 11);
    expect_fails(gan_network_load(net, path, NULL), GAN_ERR_SHAPE,
                 "2 not in the network: empty [0, 4], five [1, 1, 1, 1, ...]");
    expect_ok(gan_network_load(net, path, &lenient));
    expect_ok(gan_network_find(&b, net, "0.bias"));
    for (int i = 0; i < 3; i++) ck_assert(b.data[i] == (float)i + 0.5f);
    write_forged(path, "{" TENSOR("0.bias", "[0]", 0, 0) "," TENSOR("0.weight", "[3,2]", 0, 24) "}",
                 6);
    expect_fails(gan_network_load(net, path, NULL), GAN_ERR_SHAPE, "0.bias [0] for [3]");
    expect_ok(gan_network_load(net, path, &lenient));
    gan_network_destroy(net);
}

/* torch.nn.utils.parametrizations.spectral_norm() has other names than
 * torch.nn.utils.spectral_norm(). */
TEST(both_spectral_norms_of_pytorch_are_read)
{
    static const char *const names[] = {"d.0.parametrizations.weight.original", "d.0.bias",
                                        "d.0.parametrizations.weight.0._u",
                                        "d.0.parametrizations.weight.0._v"};
    const char *path = scratch_path("network-parametrizations.safetensors");
    gan_network *nets[] = {
        gan_network_create(gan_shape_1d(5), NULL),
        gan_network_create(gan_shape_1d(5), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 9})};
    gan_tensor tensors[4];

    for (size_t i = 0; i < 2; i++)
        expect_ok(gan_network_add(nets[i], gan_layer_spectral_norm(gan_layer_linear(5, 4))));
    for (size_t i = 0; i < 4; i++) {
        expect_ok(gan_network_tensor(&tensors[i], nets[0], i));
        tensors[i].name = names[i];
    }
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 4, NULL, 0, NULL));
    expect_ok(gan_network_load(
        nets[1], path, &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .prefix = "d."}));
    expect_same_weights(nets[1], nets[0]);
    tensors[0].name = "d.0.parametrizations.weight.other";
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 4, NULL, 0, NULL));
    expect_fails(
        gan_network_load(nets[1], path,
                         &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .prefix = "d."}),
        GAN_ERR_SHAPE, "1 missing: 0.weight_orig [4, 5]; 1 not in the network");
    for (size_t i = 0; i < 2; i++) gan_network_destroy(nets[i]);
}

TEST(files_that_do_not_fit_change_nothing)
{
    static const struct {
        const char *header;
        size_t n_numbers;
        gan_status status;
        const char *says, *says_too;
    } cases[] = {
        {"{" TENSOR("0.weight", "[3,2]", 0, 24) "}", 6, GAN_ERR_SHAPE, "0.bias", "missing"},
        {"{}", 0, GAN_ERR_SHAPE, "0.weight", "missing"},
        {"{" TENSOR("0.weight", "[2,3]", 0, 24) "," TENSOR("0.bias", "[3]", 24, 36) "}", 9,
         GAN_ERR_SHAPE, "[2, 3]", "[3, 2]"},
        {"{" TENSOR("0.weight", "[6]", 0, 24) "," TENSOR("0.bias", "[3]", 24, 36) "}", 9,
         GAN_ERR_SHAPE, "[6]", "[3, 2]"},
        {"{" TENSOR("0.weight", "[3,2]", 0, 24) "," TENSOR("0.bias", "[4]", 24, 40) "}", 10,
         GAN_ERR_SHAPE, "[4]", "[3]"},
        {"{" TENSOR("0.weight", "[3,2]", 0,
                    24) "," TENSOR("0.bias", "[3]", 24, 36) "," TENSOR("2.bias", "[1]", 36, 40) "}",
         10, GAN_ERR_SHAPE, "2.bias", "network"},
        {"{'0.weight':{'dtype':'I32','shape':[3,2],'data_offsets':[0,24]}," TENSOR("0.bias", "[3]",
                                                                                   24, 36) "}",
         9, GAN_ERR_FORMAT, "I32", "0.weight"},
        {"{" TENSOR("0.weight", "[3,2]", 0, 24) "," TENSOR("0.bias", "[3]", 24, 36) "}", 8,
         GAN_ERR_FORMAT, "fits", ""},
        {"no json", 0, GAN_ERR_FORMAT, "fits", ""},
    };
    const char *path = scratch_path("network-unfit.safetensors");
    gan_network *net = net_seeded(2, line, 1), *twin = net_seeded(2, line, 1);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_forged(path, cases[i].header, cases[i].n_numbers);
        expect_fails(gan_network_load(net, path, NULL), cases[i].status, path);
        if (strcmp(cases[i].says, "fits") != 0) expect_error_says(cases[i].says);
        expect_error_says(cases[i].says_too);
        expect_same_weights(net, twin);
    }
    remove(path);
    expect_fails(gan_network_load(net, path, NULL), GAN_ERR_IO, path);
    expect_same_weights(net, twin);
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

/* Nothing matches `line`: one missing, one of another shape, two unexpected. */
static const char wrong[] = "{" TENSOR("0.weight", "[2,3]", 0, 24) "," TENSOR(
    "2.bias", "[1]", 24, 28) "," TENSOR("2.weight", "[1,2]", 28, 36) "}";

TEST(all_that_does_not_fit_is_listed)
{
    const char *path = scratch_path("network-wrong.safetensors");
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    gan_network *net = net_seeded(2, line, 1), *twin = net_seeded(2, line, 1);

    write_forged(path, wrong, 9);
    expect_fails(
        gan_network_load(net, path,
                         &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .report = &report}),
        GAN_ERR_SHAPE,
        "1 missing: 0.bias [3]; 1 of another shape: 0.weight [2, 3] for [3, 2]; "
        "2 not in the network: 2.bias [1], 2.weight [1, 2]");
    ck_assert_uint_eq(report.struct_size, sizeof report);
    ck_assert_uint_eq(report.n_loaded, 0);
    ck_assert_uint_eq(report.n_missing, 1);
    ck_assert_uint_eq(report.n_misshaped, 1);
    ck_assert_uint_eq(report.n_unexpected, 2);
    ck_assert_str_eq(report.missing, "0.bias [3]");
    ck_assert_str_eq(report.misshaped, "0.weight [2, 3] for [3, 2]");
    ck_assert_str_eq(report.unexpected, "2.bias [1], 2.weight [1, 2]");
    expect_same_weights(net, twin);
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

TEST(lenient_loading_takes_what_fits)
{
    const char *path = scratch_path("network-lenient.safetensors");
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    const gan_network_load_desc lenient = {GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1,
                                           .report = &report};
    gan_network *net = net_seeded(2, line, 1), *twin = net_seeded(2, line, 1);
    gan_tensor w, b, old;

    write_forged(path,
                 "{" TENSOR("0.weight", "[2,3]", 0, 24) "," TENSOR("x", "[1]", 24, 28) "," TENSOR(
                     "0.bias", "[3]", 28, 40) "}",
                 10);
    expect_ok(gan_network_load(net, path, &lenient));
    expect_ok(gan_network_find(&w, net, "0.weight"));
    expect_ok(gan_network_find(&b, net, "0.bias"));
    expect_ok(gan_network_find(&old, twin, "0.weight"));
    expect_same_bits(w.data, old.data, 6 * sizeof(float));
    for (int i = 0; i < 3; i++) ck_assert(b.data[i] == (float)i + 7.5f);
    ck_assert_uint_eq(report.n_loaded, 1);
    ck_assert_uint_eq(report.n_missing, 0);
    ck_assert_uint_eq(report.n_misshaped, 1);
    ck_assert_uint_eq(report.n_unexpected, 1);
    ck_assert_str_eq(report.missing, "");
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

TEST(loading_nothing_is_an_error_even_when_lenient)
{
    static const struct {
        const char *name, *says;
    } cases[] = {{"generator.0.weight", "the prefix \"generator.\""},
                 {"a.b.0.weight", "the prefix \"a.b.\""},
                 {"10.weight", "1 not in the network"},
                 {"", "2 missing"}};
    const gan_network_load_desc lenient = {GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1};
    const char *path = scratch_path("network-nothing.safetensors");
    gan_network *net = net_seeded(2, line, 1), *twin = net_seeded(2, line, 1);
    char header[200];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(header, sizeof header,
                 "{'%s':{'dtype':'F32','shape':[3,2],'data_offsets':[0,24]}}", cases[i].name);
        write_forged(path, cases[i].name[0] ? header : "{}", cases[i].name[0] ? 6 : 0);
        expect_fails(gan_network_load(net, path, &lenient), GAN_ERR_SHAPE, cases[i].says);
        ck_assert_int_eq(strstr(gan_last_error(), "the prefix") != NULL, i < 2);
        expect_same_weights(net, twin);
    }
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

TEST(a_prefix_chooses_one_network_of_a_file)
{
    const char *path = scratch_path("network-two.safetensors");
    gan_network *net = net_seeded(2, line, 1);
    gan_network_load_desc d = {GAN_NETWORK_LOAD_DESC_INIT, .prefix = "G."};
    gan_tensor w;

    write_forged(
        path,
        "{" TENSOR("D.0.weight", "[3,2]", 0, 24) "," TENSOR("D.0.bias", "[3]", 24, 36) "," TENSOR(
            "G.0.bias", "[3]", 36, 48) "," TENSOR("G.0.weight", "[3,2]", 48, 72) "}",
        18);
    expect_ok(gan_network_load(net, path, &d));
    expect_ok(gan_network_find(&w, net, "0.weight"));
    ck_assert(w.data[0] == 12.5f && w.data[5] == 17.5f);
    d.prefix = "D.";
    expect_ok(gan_network_load(net, path, &d));
    ck_assert(w.data[0] == 0.5f && w.data[5] == 5.5f);
    d.prefix = "discriminator.";
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE, "2 missing");
    d.prefix = "";
    expect_fails(gan_network_load(net, path, &d), GAN_ERR_SHAPE, "4 not in the network");
    ck_assert(w.data[0] == 0.5f);
    gan_network_destroy(net);
}

TEST(counts_of_batches_are_passed_over)
{
    const char *path = scratch_path("network-counts.safetensors");
    gan_network *net = net_seeded(2, line, 1);

    write_forged(
        path,
        "{" TENSOR("0.weight", "[3,2]", 0, 24) "," TENSOR(
            "0.bias", "[3]", 24,
            36) ","
                "'1.num_batches_tracked':{'dtype':'I64','shape':[],'data_offsets':[36,44]}}",
        11);
    expect_ok(gan_network_load(net, path, NULL));
    write_forged(
        path,
        "{" TENSOR("0.weight", "[3,2]", 0, 24) "," TENSOR("0.bias", "[3]", 24, 36) "," TENSOR(
            "my_num_batches_tracked", "[1]", 36, 40) "}",
        10);
    expect_fails(gan_network_load(net, path, NULL), GAN_ERR_SHAPE, "my_num_batches_tracked");
    gan_network_destroy(net);
}

TEST(long_lists_are_cut_but_not_their_counts)
{
    const char *path = scratch_path("network-long.safetensors");
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    gan_network *net = gan_network_create(gan_shape_1d(1), NULL);
    char header[3000] = "{";
    size_t length;

    for (int i = 0; i < 200; i++) gan_network_add(net, gan_layer_linear(1, 1));
    length = strlen(header);
    for (int i = 0; i < 30; i++)
        length +=
            (size_t)snprintf(header + length, sizeof header - length,
                             "%s'no\\nsuch.%d':{'dtype':'F32','shape':[1],'data_offsets':[%d,%d]}",
                             i ? "," : "", i, 4 * i, 4 * i + 4);
    snprintf(header + length, sizeof header - length, "}");
    write_forged(path, header, 30);
    expect_fails(
        gan_network_load(net, path,
                         &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .report = &report}),
        GAN_ERR_SHAPE, "400 missing: 0.weight [1, 1], 0.bias [1], ");
    expect_error_says("...; 30 not in the network: no?such.0 [1], no?such.1 [1]");
    ck_assert_uint_eq(report.n_missing, 400);
    ck_assert_uint_gt(strlen(report.missing), sizeof report.missing - 40);
    ck_assert_str_eq(report.missing + strlen(report.missing) - 6, "], ...");
    ck_assert_uint_eq(report.n_unexpected, 30);
    ck_assert_ptr_nonnull(strstr(report.unexpected, "no?such.29 [1]"));
    gan_network_destroy(net);
}

TEST(loading_reads_its_settings)
{
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    gan_network_load_desc d = {GAN_NETWORK_LOAD_DESC_INIT, .report = &report};
    gan_network *net = net_seeded(2, line, 5);

    expect_fails(gan_network_load(net, "never", &d), GAN_ERR_IO, "never");
    report.struct_size = sizeof report.struct_size;
    expect_fails(gan_network_load(net, "never", &d), GAN_ERR_INVALID, "report");
    d.struct_size = 7;
    expect_fails(gan_network_load(net, "never", &d), GAN_ERR_INVALID, "load desc");
    gan_network_destroy(net);
}
