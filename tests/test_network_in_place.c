/* test_network_in_place.c - networks whose weights are read in place from the host's read-only
 * memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "budget.h"
#include "expect.h"
#include "file/safetensors_format_internal.h"
#include "game.h"
#include "sequence.h"

#include <gan/gan.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ROOM = 64 << 10 };

/* A file in pages that are read-only while networks use them in place. */
typedef struct pages {
    unsigned char *at;
    size_t n;
} pages;

static pages file_of(gan_network *net, size_t shift)
{
    pages p = {mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0};
    gan_writer to;

    ck_assert_ptr_ne(p.at, MAP_FAILED);
    to = gan_writer_memory(p.at + shift, ROOM - shift);
    expect_ok(gan_network_save_to(net, &to));
    p.n = to.n_bytes;
    ck_assert_int_eq(mprotect(p.at, ROOM, PROT_READ), 0);
    return p;
}

static void change(pages *p, size_t at, unsigned char byte)
{
    ck_assert_int_eq(mprotect(p->at, ROOM, PROT_READ | PROT_WRITE), 0);
    p->at[at] = byte;
    ck_assert_int_eq(mprotect(p->at, ROOM, PROT_READ), 0);
}

static void unmap(pages *p)
{
    ck_assert_int_eq(munmap(p->at, ROOM), 0);
}

/* Weights in all kinds of layout: with buffers between them, in blocks, with spectral norm, in
 * convolutions; and rows of several sizes. */
static gan_network *many_layers(void)
{
    const gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}};
    gan_network *body = NETWORK(gan_shape_3d(4, 4, 4), gan_layer_batch_norm(4, NULL),
                                gan_layer_conv2d(4, 4, 3, &same));
    gan_network *net =
        NETWORK(gan_shape_1d(3), gan_layer_spectral_norm(gan_layer_linear(3, 64)),
                gan_layer_batch_norm(64, NULL), gan_layer_prelu(1, 0.25f),
                gan_layer_reshape(gan_shape_3d(4, 4, 4)), gan_layer_residual(body, NULL),
                gan_layer_flatten(), gan_layer_linear(64, 7),
                gan_layer_layer_norm(gan_shape_1d(7), NULL), gan_layer_tanh());
    float x[30 * 3];

    for (size_t i = 0; i < 90; i++) x[i] = (float)(i * 37 % 19) / 9 - 1;
    expect_ok(gan_network_estimate_statistics(net, x, NULL, 30, NULL)); /* other than the first */
    return net;
}

static gan_network *in_place(const pages *p, size_t shift)
{
    gan_network *net = NULL;

    expect_ok(gan_network_open_in_place(&net, p->at + shift, p->n, NULL));
    return net;
}

TEST(a_network_on_memory_that_is_read_only_has_the_same_bits)
{
    gan_network *net = many_layers(), *lies;
    pages p = file_of(net, 0);
    float x[5 * 3];

    for (size_t i = 0; i < 15; i++) x[i] = (float)(i % 7) - 3;
    lies = in_place(&p, 0);
    expect_same_network(net, lies, x, 5);
    gan_network_destroy(lies);
    unmap(&p);
    gan_network_destroy(net);
}

TEST(weights_are_where_they_lie_and_take_no_memory)
{
    gan_network *net = many_layers(), *copy, *lies;
    pages p = file_of(net, 0);
    const gan_reader from = gan_reader_memory(p.at, p.n);
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT};
    size_t with;
    gan_tensor t;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_network_open_from(&copy, &from, &desc));
    with = b.live_bytes;
    gan_network_destroy(copy);
    expect_ok(gan_network_open_in_place(&lies, p.at, p.n, &desc));
    if (gan__host_is_little_endian()) {
        ck_assert_uint_le(b.live_bytes + gan_network_param_count(net) * sizeof(float), with);
        for (size_t i = 0; i < gan_network_tensor_count(lies); i++) {
            expect_ok(gan_network_tensor(&t, lies, i));
            ck_assert_int_eq((unsigned char *)t.data >= p.at &&
                                 (unsigned char *)(t.data + t.size) <= p.at + p.n,
                             t.trainable);
        }
    }
    gan_network_destroy(lies);
    ck_assert_uint_eq(budget_live(&b), 0);
    unmap(&p);
    gan_network_destroy(net);
}

TEST(addresses_have_to_be_those_of_floats)
{
    gan_network *net = many_layers(), *lies;
    const float x[] = {1, 2, 3};

    for (size_t shift = 1; shift <= 8; shift++) {
        pages p = file_of(net, shift);

        if (shift % 4 == 0 || !gan__host_is_little_endian()) {
            lies = in_place(&p, shift);
            expect_same_network(net, lies, x, 1);
            gan_network_destroy(lies);
        } else {
            expect_fails(gan_network_open_in_place(&lies, p.at + shift, p.n, NULL), GAN_ERR_INVALID,
                         "align the file's first byte to 64");
            ck_assert_ptr_null(lies);
        }
        unmap(&p);
    }
    gan_network_destroy(net);
}

/* ---- what works in place, and what doesn't ---- */

TEST(samplers_files_and_clones_come_from_it)
{
    static unsigned char bytes[ROOM];
    gan_network *net = many_layers(), *lies, *clone;
    pages p = file_of(net, 0);
    gan_writer to = gan_writer_memory(bytes, sizeof bytes);
    gan_sampler *samplers[2];
    float x[4 * 3], out[2][4 * 7];

    for (size_t i = 0; i < 12; i++) x[i] = (float)(i % 5) - 2;
    lies = in_place(&p, 0);
    expect_ok(gan_network_save_to(lies, &to));
    ck_assert_uint_eq(to.n_bytes, p.n);
    expect_same_bits(bytes, p.at, p.n);
    for (size_t i = 0; i < 2; i++) {
        gan_sampler_workspace *workspace;

        expect_ok(gan_sampler_create(&samplers[i], i ? lies : net, NULL));
        expect_ok(gan_sampler_workspace_create(&workspace, samplers[i], NULL));
        expect_ok(gan_sampler_draw(workspace, x, NULL, 4, out[i]));
        gan_sampler_workspace_destroy(workspace);
    }
    expect_same_bits(out[0], out[1], sizeof out[0]);
    expect_ok(gan_sampler_publish(samplers[0], lies));
    expect_ok(gan_network_clone(&clone, lies));
    gan_network_destroy(lies);
    unmap(&p);
    expect_same_network(net, clone, x, 4); /* its weights are its own */
    expect_ok(gan_network_initialize(clone, 3));
    gan_network_destroy(clone);
    gan_sampler_destroy(samplers[0]);
    gan_sampler_destroy(samplers[1]);
    gan_network_destroy(net);
}

/* Gradients with respect to inputs, as for finding latent vectors, don't change weights. */
TEST(gradients_by_samples_are_those_of_other_networks)
{
    gan_network *nets[2] = {many_layers(), NULL};
    pages p = file_of(nets[0], 0);
    float x[4 * 3], dy[4 * 7], dx[2][4 * 3];

    for (size_t i = 0; i < 12; i++) x[i] = (float)(i % 5) - 2;
    for (size_t i = 0; i < 28; i++) dy[i] = (float)(i % 3) - 1;
    nets[1] = in_place(&p, 0);
    for (gan_pass_mode mode = GAN_PASS_TRAINING; mode <= GAN_PASS_EVALUATION; mode++) {
        const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .mode = mode, .no_weight_gradients = 1};
        gan_pass *passes[2];
        size_t wanted, n;

        for (size_t i = 0; i < 2; i++) {
            expect_ok(gan_pass_create(&passes[i], nets[i], &desc));
            expect_ok(gan_pass_forward(passes[i], x, 4, NULL));
            expect_ok(gan_pass_backward(passes[i], dy, GAN_PASS_KEEP, dx[i]));
        }
        expect_same_bits(dx[0], dx[1], sizeof dx[0]);
        expect_fails(gan_pass_update_buffers(passes[1]), GAN_ERR_INVALID, "are the host's");
        expect_ok(gan_pass_memory(&wanted, nets[0], &desc));
        expect_ok(gan_pass_memory(&n, nets[1], &desc));
        ck_assert_uint_eq(n, wanted);
        for (size_t i = 0; i < 2; i++) gan_pass_destroy(passes[i]);
    }
    gan_network_destroy(nets[0]);
    gan_network_destroy(nets[1]);
    unmap(&p);
}

TEST(what_would_change_its_weights_is_refused)
{
    static const char says[] = "weights are the host's and only read; a copy of it can be trained";
    gan_network *g = NETWORK(gan_shape_1d(2), gan_layer_linear(2, 3)),
                *d = NETWORK(gan_shape_1d(3), gan_layer_linear(3, 1)), *lies;
    pages pg = file_of(g, 0), pd = file_of(d, 0);
    gan_optimizer *a = adam(), *b = adam();
    gan_trainer *t;
    gan_classifier *c;
    gan_pass *pass;
    const float x[4] = {1, 2, 3, 4};
    const gan_reader from = gan_reader_memory(pg.at, pg.n);
    size_t n;

    lies = in_place(&pg, 0);
    expect_fails(gan_trainer_create(&t, lies, d, a, b, NULL), GAN_ERR_INVALID, says);
    expect_error_says("trainer: generator: ");
    expect_fails(gan_trainer_memory(&n, lies, d, a, b, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_pass_create(&pass, lies, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_classifier_create(&c, lies, a, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_network_initialize(lies, 1), GAN_ERR_INVALID, says);
    expect_fails(gan_network_initialize_as(lies, 1, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_network_load_from(lies, &from, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_network_set_rate(lies, "0.", 0), GAN_ERR_INVALID, says);
    expect_fails(gan_network_estimate_statistics(lies, x, NULL, 2, NULL), GAN_ERR_INVALID, says);
    gan_network_destroy(lies);
    lies = in_place(&pd, 0);
    expect_fails(gan_trainer_create(&t, g, lies, a, b, NULL), GAN_ERR_INVALID,
                 "trainer: discriminator: ");
    ck_assert_ptr_null(t);
    gan_network_destroy(lies);
    gan_optimizer_destroy(a);
    gan_optimizer_destroy(b);
    gan_network_destroy(g);
    gan_network_destroy(d);
    unmap(&pg);
    unmap(&pd);
}

/* ---- invalid bytes ---- */

TEST(cut_and_changed_files_are_refused)
{
    gan_network *net = many_layers(), *lies = net;
    pages p = file_of(net, 0);
    unsigned char old;

    for (size_t k = 0; k < p.n; k++) {
        expect_fails(gan_network_open_in_place(&lies, p.at, k, NULL), GAN_ERR_FORMAT, "memory: ");
        ck_assert_ptr_null(lies);
    }
    old = p.at[p.n - 1];
    change(&p, p.n - 1, 0x7f); /* the exponent of the last number's float: 0x7f80 and more */
    change(&p, p.n - 2, 0xc0);
    expect_fails(gan_network_open_in_place(&lies, p.at, p.n, NULL), GAN_ERR_NONFINITE,
                 "7.bias is nan");
    change(&p, p.n - 1, old);
    expect_fails(gan_network_open_in_place(NULL, p.at, p.n, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_network_open_in_place(&lies, NULL, 7, NULL), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_network_open_in_place(&lies, p.at, p.n, &(gan_network_desc){.struct_size = 1}),
                 GAN_ERR_INVALID, "struct_size");
    unmap(&p);
    gan_network_destroy(net);
}

/* Read a forged file, whose numbers are finite. */
static void expect_refused(const char *header, size_t n_numbers, gan_status wanted,
                           const char *says)
{
    static _Alignas(64) unsigned char bytes[4096];
    const char *path = scratch_path("forged.safetensors");
    gan_network *lies;
    size_t n, shift; /* so that the numbers are aligned */

    write_forged(path, header, n_numbers);
    n = scratch_read(path, bytes, sizeof bytes - sizeof(float));
    shift = (256 - (size_t)bytes[0]) % sizeof(float); /* the last byte of the header's length */
    memmove(bytes + shift, bytes, n);
    expect_fails(gan_network_open_in_place(&lies, bytes + shift, n, NULL), wanted, says);
    ck_assert_ptr_null(lies);
}

TEST(tensors_in_another_order_or_type_are_refused)
{
#define LINE DESCRIBED("{`input`:[2],`layers`:[[`linear`,2,3]]}")
    if (!gan__host_is_little_endian()) return; /* there the weights are copied */
    expect_refused(
        LINE TENSOR("0.bias", "[3]", 0, 12) "," TENSOR("0.weight", "[3,2]", 12, 36) "}   ", 9,
        GAN_ERR_FORMAT, "the tensors of layer 0 do not follow one another");
    expect_refused(LINE TENSOR("0.weight", "[2,3]", 0, 24) "," TENSOR("0.bias", "[3]", 24, 36) "}",
                   9, GAN_ERR_SHAPE, "tensor 0.weight [3, 2] expected, found [2, 3]");
    expect_refused(LINE TENSOR("0.weight", "[3,2]", 0, 24) "," TENSOR("0.kias", "[3]", 24, 36) "}",
                   9, GAN_ERR_SHAPE, "tensor 0.bias [3] expected, found none");
    expect_refused(LINE "'0.weight':{'dtype':'F64','shape':[3,2],'data_offsets':[0,48]}," TENSOR(
                       "0.bias", "[3]", 48, 60) "}",
                   15, GAN_ERR_FORMAT, "tensor 0.weight is of type F64; only F32");
}

static gan_status try_open(void **out, const gan_allocator *allocator, void *user)
{
    const pages *p = user;
    gan_network *net = NULL;
    const gan_status status = gan_network_open_in_place(
        &net, p->at, p->n, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});

    *out = net;
    return status;
}

TEST(without_memory_there_is_no_network)
{
    gan_network *net = many_layers();
    pages p = file_of(net, 0);

    ck_assert_uint_gt(budget_sweep(try_open, end_network, &p), 10);
    unmap(&p);
    gan_network_destroy(net);
}
