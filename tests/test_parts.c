/* test_parts.c - checkpoints of a host's own training loop: it continues with the same bits, or
 * nothing changes. */
#include "budget.h"
#include "expect.h"
#include "failing.h"
#include "game.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 4, CODE = 2, ROWS = 6, ROOM = 64 << 10 };

static const char *path;

static void make_path(void)
{
    path = scratch_path("parts.safetensors");
}

TEST_FIXTURE(make_path, NULL)

/* An autoencoder, by two passes: dropout, batch norm, two update rules, noise, and the loop's counters. */
typedef struct loop {
    gan_network *encoder, *decoder;
    gan_optimizer *adam, *sgd;
    gan_pass *passes[2];
    gan_rng *rng;
    uint64_t steps, position, n_forwards;
    double loss;
    gan_parts *parts;
} loop;

static gan_optimizer *heavy_sgd(void)
{
    gan_sgd_desc d = {GAN_SGD_DESC_INIT};
    gan_optimizer *opt;

    d.momentum = 0.9;
    expect_ok(gan_optimizer_create_sgd(&opt, &d));
    return opt;
}

static void make_parts(loop *x, const gan_allocator *allocator)
{
    expect_ok(gan_parts_create(&x->parts, allocator));
    expect_ok(gan_parts_add_network(x->parts, "encoder", x->encoder));
    expect_ok(gan_parts_add_network(x->parts, "decoder", x->decoder));
    expect_ok(gan_parts_add_optimizer(x->parts, "encoder_adam", x->adam, x->encoder));
    expect_ok(gan_parts_add_optimizer(x->parts, "decoder_sgd", x->sgd, x->decoder));
    expect_ok(gan_parts_add_whole(x->parts, "steps", &x->steps));
    expect_ok(gan_parts_add_whole(x->parts, "noise", &x->position));
    expect_ok(gan_parts_add_whole(x->parts, "forwards", &x->n_forwards));
    expect_ok(gan_parts_add_real(x->parts, "loss", &x->loss));
}

static loop *begin_with(size_t wide, gan_optimizer *adam_opt, const gan_allocator *allocator)
{
    loop *x = calloc(1, sizeof *x); /* its address must not change */

    x->adam = adam_opt;
    x->sgd = heavy_sgd();
    x->encoder = BUILT(gan_shape_1d(IN), gan_layer_linear(IN, wide), gan_layer_dropout(0.3f),
                       gan_layer_batch_norm(wide, NULL), gan_layer_linear(wide, CODE));
    x->decoder = BUILT(gan_shape_1d(CODE), gan_layer_linear(CODE, IN), gan_layer_tanh());
    make_parts(x, allocator);
    return x;
}

static loop *begin(void)
{
    return begin_with(5, adam(), NULL);
}

static void end(loop *x)
{
    gan_parts_destroy(x->parts);
    for (size_t i = 0; i < 2; i++) gan_pass_destroy(x->passes[i]);
    gan_rng_destroy(x->rng);
    gan_optimizer_destroy(x->adam);
    gan_optimizer_destroy(x->sgd);
    gan_network_destroy(x->encoder);
    gan_network_destroy(x->decoder);
    free(x);
}

/* Begin, or continue from the restored counters. */
static void take_up(loop *x)
{
    gan_network *const nets[] = {x->encoder, x->decoder};

    for (size_t i = 0; i < 2; i++)
        expect_ok(gan_pass_create(&x->passes[i], nets[i],
                                  &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = ROWS, .seed = 3,
                                                   .n_forwards = x->n_forwards}));
    expect_ok(gan_rng_create(&x->rng, 8, 0, NULL));
    expect_ok(gan_rng_seek(x->rng, x->position));
}

static void train(loop *x, size_t n_steps)
{
    float in[ROWS * IN], code[ROWS * CODE], out[ROWS * IN], by_code[ROWS * CODE];

    if (!x->rng) take_up(x);
    for (; n_steps > 0; n_steps--) {
        gan_rng_normal(x->rng, ROWS * IN, in);
        expect_ok(gan_pass_forward(x->passes[0], in, ROWS, code));
        expect_ok(gan_pass_forward(x->passes[1], code, ROWS, out));
        for (size_t i = 0; i < ROWS * IN; i++) out[i] -= in[i];
        for (size_t i = 0; i < ROWS * IN; i++) x->loss += (double)out[i] * (double)out[i];
        expect_ok(gan_pass_backward(x->passes[1], out, GAN_PASS_REPLACE, by_code));
        expect_ok(gan_pass_backward(x->passes[0], by_code, GAN_PASS_REPLACE, NULL));
        expect_ok(gan_pass_update_buffers(x->passes[0]));
        expect_ok(gan_pass_step(x->passes[0], x->adam, NULL));
        expect_ok(gan_pass_step(x->passes[1], x->sgd, NULL));
        x->steps++;
    }
    x->position = gan_rng_position(x->rng);
    x->n_forwards = gan_pass_forward_count(x->passes[0]);
}

typedef struct bytes {
    unsigned char at[ROOM];
    size_t n;
} bytes;

static void save_bytes(bytes *out, loop *x)
{
    gan_writer to = gan_writer_memory(out->at, sizeof out->at);

    expect_ok(gan_parts_save_to(x->parts, &to));
    out->n = to.n_bytes;
}

static void expect_same_bytes(const bytes *a, const bytes *b)
{
    ck_assert_uint_eq(a->n, b->n);
    expect_same_bits(a->at, b->at, a->n);
}

TEST(a_loop_goes_on_with_the_same_bits)
{
    static bytes whole, parted;
    loop *a = begin(), *b = begin();
    gan_network *net = BUILT(gan_shape_1d(CODE), gan_layer_linear(CODE, IN), gan_layer_tanh());

    train(a, 4);
    expect_ok(gan_parts_save(a->parts, path));
    train(a, 5);
    save_bytes(&whole, a);
    expect_ok(gan_parts_load(b->parts, path)); /* new objects, as in another process */
    ck_assert_uint_eq(b->steps, 4);
    ck_assert_uint_eq(b->position, 4 * ROWS * IN);
    train(b, 5);
    save_bytes(&parted, b);
    expect_same_bytes(&whole, &parted);
    ck_assert(isfinite(b->loss) && b->loss > 0);
    ck_assert_uint_eq(gan_optimizer_steps(b->sgd), 9);
    expect_ok(gan_parts_save(b->parts, path));
    expect_ok(gan_network_load(
        net, path, &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .prefix = "decoder."}));
    expect_same_weights(net, b->decoder);
    gan_network_destroy(net);
    end(a);
    end(b);
}

/* ---- what is refused ---- */

static void expect_refused(loop *x, gan_status wanted, const char *says)
{
    static bytes before, after;

    save_bytes(&before, x);
    expect_fails(gan_parts_load(x->parts, path), wanted, says);
    expect_error_says(path);
    save_bytes(&after, x);
    expect_same_bytes(&before, &after);
    end(x);
}

TEST(other_parts_and_settings_are_refused_by_name)
{
    loop *a = begin(), *b;
    uint64_t more = 1;

    train(a, 2);
    expect_ok(gan_parts_save(a->parts, path));
    end(a);
    b = begin_with(6, adam(), NULL);
    expect_refused(b, GAN_ERR_INVALID, "encoder is ");
    b = begin_with(5, heavy_sgd(), NULL);
    expect_refused(b, GAN_ERR_INVALID, "encoder_adam.kind is adam in the file, sgd here");
    b = begin();
    expect_ok(gan_parts_add_whole(b->parts, "more", &more));
    expect_refused(b, GAN_ERR_INVALID, "more is not in the file, 1 here");
    b = begin();
    gan_parts_destroy(b->parts);
    expect_ok(gan_parts_create(&b->parts, NULL));
    expect_ok(gan_parts_add_network(b->parts, "encoder", b->encoder));
    expect_refused(b, GAN_ERR_INVALID, "in the file, not here");
}

/* ---- with other settings ---- */

#define ADOPTS(...)                                                                                \
    (const char *const[]){__VA_ARGS__},                                                            \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

/* Resume x from `path`, adopting these names; the report says `changes`. */
static void expect_adopted(loop *x, const char *const *names, size_t n, const char *changes)
{
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    const gan_checkpoint_resume_desc desc = {GAN_CHECKPOINT_RESUME_DESC_INIT, .adopt = names,
                                             .n_adopt = n, .report = &report};

    expect_ok(gan_parts_resume(x->parts, path, &desc));
    ck_assert_str_eq(report.changes, changes);
    ck_assert_uint_eq(x->steps, 2);
    train(x, 1);
}

static gan_optimizer *slower_adam(void)
{
    gan_adam_desc d = {GAN_ADAM_DESC_INIT};
    gan_optimizer *opt;

    d.lr = 0.125;
    expect_ok(gan_optimizer_create_adam(&opt, &d));
    return opt;
}

TEST(settings_that_are_named_may_differ_and_are_told)
{
    loop *a = begin(), *b = begin_with(5, slower_adam(), NULL),
         *c = begin_with(5, heavy_sgd(), NULL);

    train(a, 2);
    expect_ok(gan_parts_save(a->parts, path));
    expect_adopted(b, ADOPTS("encoder_adam.lr"),
                   "encoder_adam.lr is 0.002 in the file, 0.125 here");
    ck_assert(gan_optimizer_lr(b->adam) == 0.125);
    ck_assert_uint_eq(gan_optimizer_steps(b->adam), 3); /* with its moments */
    expect_adopted(c, ADOPTS("encoder_adam.kind"),
                   "encoder_adam.kind is adam in the file, sgd here");
    ck_assert_uint_eq(gan_optimizer_steps(c->adam), 1); /* in its initial state */
    ck_assert_uint_eq(gan_optimizer_steps(c->sgd), 3);
    end(a);
    end(b);
    end(c);
}

TEST(parts_that_came_later_stay_as_they_are)
{
    loop *a = begin(), *b = begin();
    gan_network *later = BUILT(gan_shape_1d(1), gan_layer_linear(1, 2));
    uint64_t more = 77;

    train(a, 2);
    expect_ok(gan_parts_save(a->parts, path));
    expect_ok(gan_parts_add_whole(b->parts, "more", &more));
    expect_ok(gan_parts_add_network(b->parts, "later", later));
    expect_adopted(
        b, ADOPTS("more", "later*"),
        "more is not in the file, 77 here; later_layer_count is not in the file, 1 here; "
        "later is not in the file, {\"input\":[1],\"layers\":[[\"linear\",1,2]]} here; "
        "tensor \"later.0.weight\" [2, 1] is missing; "
        "tensor \"later.0.bias\" [2] is missing");
    ck_assert_uint_eq(more, 77);
    expect_ok(gan_parts_save(b->parts, path));
    a->steps = 0;
    expect_fails(gan_parts_load(a->parts, path), GAN_ERR_INVALID, "in the file, not here");
    expect_ok(gan_parts_resume(
        a->parts, path,
        &(gan_checkpoint_resume_desc){GAN_CHECKPOINT_RESUME_DESC_INIT, ADOPTS("more", "later*")}));
    ck_assert_uint_eq(a->steps, 3);
    gan_network_destroy(later);
    end(a);
    end(b);
}

TEST(what_is_not_named_still_refuses)
{
    static bytes file, before, after;
    loop *a = begin(), *b = begin_with(5, slower_adam(), NULL);
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    gan_checkpoint_resume_desc d = {GAN_CHECKPOINT_RESUME_DESC_INIT, ADOPTS("encoder_adam.beta1"),
                                    &report};
    const gan_reader from = {.bytes = file.at};
    gan_reader whole = from;

    train(a, 2);
    expect_ok(gan_parts_save(a->parts, path));
    save_bytes(&file, a);
    whole.n_bytes = file.n;
    save_bytes(&before, b);
    expect_fails(gan_parts_resume(b->parts, path, NULL), GAN_ERR_INVALID, "encoder_adam.lr is");
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID, "encoder_adam.lr is");
    expect_fails(gan_parts_resume_from(b->parts, &whole, &d), GAN_ERR_INVALID,
                 "encoder_adam.lr is");
    d.adopt = (const char *const[]){"encoder_adam.rate"};
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID,
                 "\"encoder_adam.rate\" names");
    d.adopt = (const char *const[]){""};
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID,
                 "parts: adopt: name 0 of 1 is empty");
    d.adopt = (const char *const[]){NULL};
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID,
                 "parts: adopt: name 0 of 1 is NULL");
    d.adopt = NULL;
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID,
                 "adopt is NULL, n_adopt is 1");
    d.struct_size = 1;
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID, "parts resume desc");
    d.struct_size = sizeof d;
    report.struct_size = 1;
    expect_fails(gan_parts_resume(b->parts, path, &d), GAN_ERR_INVALID, "parts resume report");
    report.struct_size = sizeof report;
    expect_fails(gan_parts_resume(NULL, path, &d), GAN_ERR_INVALID, "parts: is NULL");
    expect_fails(gan_parts_resume(b->parts, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_parts_resume(b->parts, scratch_path("none"), NULL), GAN_ERR_IO,
                 "No such file");
    expect_fails(gan_parts_resume_from(b->parts, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_parts_resume_from(b->parts, &(gan_reader){.n_bytes = 5}, NULL),
                 GAN_ERR_INVALID, "no bytes and no function");
    save_bytes(&after, b);
    expect_same_bytes(&before, &after);
    ck_assert_uint_eq(report.n_changes, 0);
    end(a);
    end(b);
}

TEST(files_of_another_kind_are_refused)
{
    game x = small_game();
    loop *a = begin();

    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_fails(gan_parts_load(a->parts, path), GAN_ERR_FORMAT, "not of gan_parts_save()");
    expect_ok(gan_parts_save(a->parts, path));
    expect_fails(gan_checkpoint_load(x.trainer, NULL, path), GAN_ERR_FORMAT, "not a checkpoint");
    expect_fails(gan_parts_load(a->parts, scratch_path("none")), GAN_ERR_IO, "No such file");
    game_end(&x);
    end(a);
}

TEST(numbers_that_are_none_are_not_saved)
{
    loop *a = begin(), *b = begin();
    gan_tensor t;

    expect_ok(gan_parts_save(a->parts, path));
    a->loss = NAN;
    expect_fails(gan_parts_save(a->parts, path), GAN_ERR_NONFINITE, "not written: loss is nan");
    a->loss = 1;
    expect_ok(gan_network_find(&t, a->decoder, "0.bias"));
    t.data[1] = INFINITY;
    expect_fails(gan_parts_save(a->parts, path), GAN_ERR_NONFINITE, "decoder.0.bias");
    expect_ok(gan_parts_load(b->parts, path)); /* the file from before */
    ck_assert(b->loss == 0);
    end(a);
    end(b);
}

TEST(numbers_that_are_none_are_not_loaded)
{
    static bytes file, before, after;
    loop *a = begin(), *b = begin();
    const gan_reader from = {.bytes = file.at};
    gan_reader whole = from;

    train(a, 2);
    save_bytes(&file, a);
    save_bytes(&before, b);
    memcpy(file.at + file.n - 8, (const unsigned char[]){0, 0, 0xc0, 0x7f}, 4); /* NaN */
    seal_again(file.at, file.n);
    whole.n_bytes = file.n;
    expect_fails(gan_parts_load_from(b->parts, &whole), GAN_ERR_NONFINITE, "is nan");
    scratch_write(path, file.at, file.n);
    expect_fails(gan_parts_load(b->parts, path), GAN_ERR_NONFINITE, "is nan");
    expect_fails(gan_parts_resume(b->parts, path, NULL), GAN_ERR_NONFINITE, "is nan");
    save_bytes(&after, b);
    expect_same_bytes(&before, &after);
    end(a);
    end(b);
}

TEST(names_and_arguments_are_checked)
{
    static const char *const bad[] = {"", "a.b", "with space", "123456789012345678901", "\xc3\xa4"};
    loop *x = begin();
    gan_parts *p = x->parts;
    gan_network *small = NETWORK(gan_shape_1d(2), gan_layer_linear(2, 1)),
                *empty = NETWORK(gan_shape_1d(2), gan_layer_tanh()), *lies;
    gan_writer nowhere = gan_writer_memory(NULL, 1), to;
    const gan_reader none = gan_reader_memory(NULL, 1);
    static _Alignas(64) unsigned char file[2048];
    gan_optimizer *unbound = adam();

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_fails(gan_parts_add_whole(p, bad[i], &x->steps), GAN_ERR_INVALID,
                     "1 to 20 letters, digits or '_' expected");
    expect_fails(gan_parts_add_whole(p, "encoder", &x->steps), GAN_ERR_INVALID,
                 "there is a part \"encoder\" already");
    expect_fails(gan_parts_add_whole(p, NULL, &x->steps), GAN_ERR_INVALID, "name is NULL");
    expect_fails(gan_parts_add_whole(NULL, "n", &x->steps), GAN_ERR_INVALID, "parts: is NULL");
    expect_fails(gan_parts_add_whole(p, "n", NULL), GAN_ERR_INVALID, "place of n is NULL");
    expect_fails(gan_parts_add_real(p, "n", NULL), GAN_ERR_INVALID, "place of n is NULL");
    expect_fails(gan_parts_add_real(p, "loss", &x->loss), GAN_ERR_INVALID, "already");
    expect_fails(gan_parts_add_network(p, "n", NULL), GAN_ERR_INVALID, "network is NULL");
    expect_fails(gan_parts_add_optimizer(p, "n", NULL, small), GAN_ERR_INVALID, "optimizer is");
    expect_fails(gan_parts_add_optimizer(p, "n", x->adam, NULL), GAN_ERR_INVALID, "network is");
    expect_status(gan_parts_add_optimizer(p, "n", x->adam, small), GAN_ERR_SHAPE);
    expect_status(gan_parts_add_optimizer(p, "n", unbound, empty), GAN_ERR_INVALID);
    to = gan_writer_memory(file, sizeof file);
    expect_ok(gan_network_save_to(small, &to));
    expect_ok(gan_network_open_in_place(&lies, file, to.n_bytes, NULL));
    expect_fails(gan_parts_add_network(p, "n", lies), GAN_ERR_INVALID, "parts: the network's");
    gan_network_destroy(lies);
    expect_fails(gan_parts_create(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_parts_save(NULL, path), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_parts_save(p, NULL), GAN_ERR_INVALID, "the writer or the path");
    expect_fails(gan_parts_save(p, scratch_path("no/directory")), GAN_ERR_IO, "No such file");
    expect_fails(gan_parts_save_to(p, &nowhere), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_parts_load(NULL, path), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_parts_load(p, NULL), GAN_ERR_INVALID, "the reader or the path");
    expect_fails(gan_parts_load_from(p, &none), GAN_ERR_INVALID, "no bytes");
    expect_ok(gan_parts_save(p, path)); /* none of it was added */
    gan_optimizer_destroy(unbound);
    gan_network_destroy(small);
    gan_network_destroy(empty);
    end(x);
}

/* ---- damage, and no memory ---- */

static int write_some(void *user, const void *from, size_t n)
{
    size_t *room = user;

    (void)from;
    if (n > *room) return 0;
    *room -= n;
    return 1;
}

TEST(every_cut_and_every_failure_after_a_byte_changes_nothing)
{
    static bytes file, before, after;
    loop *a = begin(), *b = begin();

    train(a, 2);
    save_bytes(&file, a);
    save_bytes(&before, b);
    for (size_t k = 0; k < file.n; k++) {
        failing_stream x;
        const gan_reader from = failing_reader(&x, file.at, file.n, k),
                         cut = gan_reader_memory(file.at, k);
        size_t room = k;
        gan_writer to = gan_writer_callback(write_some, &room);

        expect_status(gan_parts_load_from(b->parts, &from), GAN_ERR_IO);
        expect_status(gan_parts_resume_from(b->parts, &from, NULL), GAN_ERR_IO);
        expect_status(gan_parts_load_from(b->parts, &cut), GAN_ERR_FORMAT);
        expect_status(gan_parts_save_to(a->parts, &to), GAN_ERR_IO);
    }
    for (size_t k = 0; k < file.n; k++) {
        const gan_reader changed = gan_reader_memory(file.at, file.n);

        file.at[k] ^= 0x20;
        expect_status(gan_parts_load_from(b->parts, &changed), GAN_ERR_FORMAT);
        file.at[k] ^= 0x20;
    }
    save_bytes(&after, b);
    expect_same_bytes(&before, &after);
    expect_ok(gan_parts_load_from(b->parts, &(gan_reader){.bytes = file.at, .n_bytes = file.n}));
    save_bytes(&after, b);
    expect_same_bytes(&file, &after);
    end(a);
    end(b);
}

TEST(without_memory_nothing_changes)
{
    static bytes before, after;
    loop *a = begin(), *b;
    uint64_t places[40] = {0};
    size_t left = 0, n = 0;
    gan_status status;
    budget memory;

    train(a, 2);
    expect_ok(gan_parts_save(a->parts, path));
    budget_init(&memory, BUDGET_UNLIMITED);
    b = begin_with(5, adam(), &memory.allocator);
    save_bytes(&before, b);
    for (status = GAN_ERR_NOMEM; status != GAN_OK; left++) {
        memory.left = left;
        status = gan_parts_load(b->parts, path);
        memory.left = BUDGET_UNLIMITED;
        if (status == GAN_OK) break;
        expect_fails(status, GAN_ERR_NOMEM, "memory");
        save_bytes(&after, b);
        expect_same_bytes(&before, &after);
    }
    ck_assert_uint_gt(left, 10);
    for (status = GAN_ERR_NOMEM, left = 0; status != GAN_OK; left++) {
        memory.left = left;
        status = gan_parts_save(b->parts, path);
        memory.left = BUDGET_UNLIMITED;
        if (status != GAN_OK) expect_fails(status, GAN_ERR_NOMEM, "memory");
    }
    ck_assert_uint_gt(left, 10);
    memory.left = 0;
    expect_status(gan_parts_create(&(gan_parts *){NULL}, &memory.allocator), GAN_ERR_NOMEM);
    for (status = GAN_OK; status == GAN_OK && n < 40; n++) {
        char name[16];

        snprintf(name, sizeof name, "n%zu", n);
        status = gan_parts_add_whole(b->parts, name, &places[n]);
    }
    expect_fails(status, GAN_ERR_NOMEM, "memory");
    expect_status(gan_parts_add_real(b->parts, "r", &b->loss), GAN_ERR_NOMEM);
    expect_status(gan_parts_add_network(b->parts, "net", b->encoder), GAN_ERR_NOMEM);
    expect_status(gan_parts_add_optimizer(b->parts, "opt", b->adam, b->encoder), GAN_ERR_NOMEM);
    memory.left = BUDGET_UNLIMITED;
    end(b);
    end(a);
    ck_assert_uint_eq(budget_live(&memory), 0);
}
