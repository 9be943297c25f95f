/* test_pass.c - passes that a host runs: results, errors, and no effect on other objects. */
#include "budget.h"
#include "expect.h"
#include "game.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN = 3, WIDE = 5, OUT = 4, N = 6 };

/* linear, batch_norm, leaky_relu, dropout, linear: everything that a mode affects but spectral
 * norm. */
static gan_network *network(float p)
{
    gan_network *net =
        gan_network_create(gan_shape_1d(IN), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 3});

    gan_network_add(net, gan_layer_linear(IN, WIDE));
    gan_network_add(net, gan_layer_batch_norm(WIDE, NULL));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_dropout(p));
    gan_network_add(net, gan_layer_linear(WIDE, OUT));
    expect_ok(gan_network_build(net));
    return net;
}

/* A pass, its input, and a gradient with respect to its output. */
typedef struct trial {
    gan_network *net;
    gan_pass *pass;
    gan_optimizer *opt;
    float *x, *dy;
} trial;

static trial begin_with(gan_network *net, const gan_pass_desc *desc)
{
    trial t = {.net = net, .opt = adam(), .x = normals(N * IN, 1), .dy = normals(N * OUT, 2)};

    expect_ok(gan_pass_create(&t.pass, net, desc));
    expect_ok(gan_optimizer_bind(t.opt, gan_network_param_count(net)));
    return t;
}

static trial begin(void)
{
    return begin_with(network(0.5f), NULL);
}

static void end(trial *t)
{
    gan_pass_destroy(t->pass);
    gan_optimizer_destroy(t->opt);
    gan_network_destroy(t->net);
    free(t->x);
    free(t->dy);
}

static void run(trial *t)
{
    expect_ok(gan_pass_forward(t->pass, t->x, N, NULL));
    expect_ok(gan_pass_backward(t->pass, t->dy, GAN_PASS_REPLACE, NULL));
}

/* A copy of all gradients with respect to the weights. */
static float *grads_of(const trial *t)
{
    const size_t n = gan_network_param_count(t->net);
    float *out = malloc(n * sizeof *out);

    ck_assert_ptr_nonnull(out);
    memcpy(out, gan_pass_gradients(t->pass), n * sizeof *out);
    return out;
}

static size_t bytes_of(const trial *t)
{
    return gan_network_param_count(t->net) * sizeof(float);
}

/* ---- gradients ---- */

TEST(gradients_are_replaced_added_or_kept)
{
    trial t = begin();
    float dx[N * IN], *once, *found = gan_pass_gradients(t.pass);
    gan_tensor weight;

    run(&t);
    once = grads_of(&t);
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_ACCUMULATE, NULL));
    for (size_t i = 0; i < gan_network_param_count(t.net); i++)
        ck_assert(found[i] >= 2 * once[i] && found[i] <= 2 * once[i]);
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_KEEP, dx));
    ck_assert(found[0] >= 2 * once[0] && found[0] <= 2 * once[0]);
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL));
    expect_same_bits(found, once, bytes_of(&t));
    expect_ok(gan_pass_gradient(&weight, t.pass, "4.weight"));
    ck_assert_str_eq(weight.name, "4.weight");
    ck_assert(gan_shape_equal(weight.shape, gan_shape_2d(OUT, WIDE)));
    ck_assert_ptr_eq(weight.data, found + gan_network_param_count(t.net) - OUT - OUT * WIDE);
    free(once);
    end(&t);
}

/* Gradients that a step has used are not accumulated into. */
TEST(a_step_uses_gradients_up)
{
    trial t = begin();
    float *once;
    double norm = 0, squares = 0;

    run(&t);
    once = grads_of(&t);
    for (size_t i = 0; i < gan_network_param_count(t.net); i++)
        squares += (double)once[i] * (double)once[i];
    expect_ok(gan_pass_step(t.pass, t.opt, &norm));
    expect_near(norm, sqrt(squares), 1e-6, 0);
    ck_assert_uint_eq(gan_optimizer_steps(t.opt), 1);
    expect_same_bits(gan_pass_gradients(t.pass), once, bytes_of(&t));
    expect_fails(gan_pass_step(t.pass, t.opt, NULL), GAN_ERR_INVALID, "since the latest step");
    expect_ok(gan_pass_forward(t.pass, t.x, N, NULL));
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_ACCUMULATE, NULL));
    free(once);
    once = grads_of(&t);
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL));
    expect_same_bits(gan_pass_gradients(t.pass), once, bytes_of(&t));
    free(once);
    end(&t);
}

/* The step by hand: the flat blocks to gan_optimizer_step(). */
TEST(a_step_is_that_of_the_optimizer)
{
    trial t = begin();
    gan_optimizer *other = adam();
    const size_t n = gan_network_param_count(t.net);
    gan_tensor first;
    float *weights = malloc(bytes_of(&t));

    ck_assert_ptr_nonnull(weights);
    expect_ok(gan_optimizer_bind(other, n));
    expect_ok(gan_network_find(&first, t.net, "0.weight"));
    memcpy(weights, first.data, bytes_of(&t));
    for (int s = 0; s < 5; s++) {
        run(&t);
        gan_pass_gradients(t.pass)[0] *= 3; /* gradients written by the host are used */
        expect_ok(gan_optimizer_step(other, weights, gan_pass_gradients(t.pass), n));
        expect_ok(gan_pass_step(t.pass, t.opt, NULL));
        expect_same_bits(weights, first.data, bytes_of(&t));
    }
    gan_optimizer_destroy(other);
    free(weights);
    end(&t);
}

TEST(the_same_bits_on_any_number_of_threads)
{
    float *wanted = NULL;
    double norms[4];

    for (size_t threads = 1; threads <= 3; threads++) {
        gan_pool *pool;
        trial t;
        float *found;

        expect_ok(gan_pool_create(&pool, threads, NULL));
        t = begin_with(network(0.5f), &(gan_pass_desc){GAN_PASS_DESC_INIT, .pool = pool});
        for (int s = 0; s < 10; s++) {
            run(&t);
            expect_ok(gan_pass_update_buffers(t.pass));
            expect_ok(gan_pass_step(t.pass, t.opt, &norms[threads]));
        }
        found = net_weights(t.net, NULL);
        if (wanted) expect_same_bits(found, wanted, bytes_of(&t));
        if (wanted) expect_same_bits(&norms[threads], &norms[1], sizeof norms[1]);
        if (wanted) free(found);
        if (!wanted) wanted = found;
        end(&t);
        gan_pool_destroy(pool);
    }
    free(wanted);
}

/* ---- dropout ---- */

/* With x of ones the mask is visible: y is 0 or 2, and so is dx / dy. */
TEST(dropout_is_fresh_and_the_same_on_the_way_back)
{
    enum { MANY = 512 };
    gan_network *net = gan_network_create(gan_shape_1d(MANY), NULL);
    gan_pass *pass, *later;
    float x[MANY], y[MANY], dx[MANY], next[MANY];

    gan_network_add(net, gan_layer_dropout(0.5f));
    for (size_t i = 0; i < MANY; i++) x[i] = 1;
    expect_ok(gan_pass_create(&pass, net, &(gan_pass_desc){GAN_PASS_DESC_INIT, .seed = 7}));
    expect_ok(gan_pass_forward(pass, x, 1, y));
    expect_ok(gan_pass_backward(pass, x, GAN_PASS_KEEP, dx));
    expect_same_bits(dx, y, sizeof y);
    expect_ok(gan_pass_forward(pass, x, 1, next));
    expect_other_bits(next, y, sizeof y);
    ck_assert_uint_eq(gan_pass_forward_count(pass), 2);
    expect_ok(gan_pass_create(&later, net,
                              &(gan_pass_desc){GAN_PASS_DESC_INIT, .seed = 7, .n_forwards = 1}));
    expect_ok(gan_pass_forward(later, x, 1, y));
    expect_same_bits(next, y, sizeof y);
    ck_assert_uint_eq(gan_pass_forward_count(later), 2);
    gan_pass_destroy(later);
    expect_ok(gan_pass_create(&later, net,
                              &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = GAN_PASS_EVALUATION}));
    expect_ok(gan_pass_forward(later, x, 1, y));
    expect_same_bits(x, y, sizeof y);
    gan_pass_destroy(later);
    gan_pass_destroy(pass);
    gan_network_destroy(net);
}

/* ---- up to a layer ---- */

static void add_block(gan_network *net)
{
    gan_network *body = gan_network_create(gan_shape_1d(WIDE), NULL);

    gan_network_add(body, gan_layer_linear(WIDE, WIDE));
    gan_network_add(body, gan_layer_tanh());
    gan_network_add(net, gan_layer_residual(body, NULL));
}

/* linear, block, leaky_relu, and a further linear layer. */
static gan_network *blocks(int whole)
{
    gan_network *net =
        gan_network_create(gan_shape_1d(IN), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 3});

    gan_network_add(net, gan_layer_linear(IN, WIDE));
    add_block(net);
    if (whole) gan_network_add(net, gan_layer_leaky_relu(0.2f));
    if (whole) gan_network_add(net, gan_layer_linear(WIDE, OUT));
    expect_ok(gan_network_build(net));
    return net;
}

/* As a network that ends there, with the same weights: they are drawn by position. */
TEST(a_pass_may_end_before_the_network)
{
    trial t = begin_with(blocks(1), &(gan_pass_desc){GAN_PASS_DESC_INIT, .last_layer = "1"});
    trial s = begin_with(blocks(0), NULL);
    float y[N * WIDE], z[N * WIDE], dx[N * IN], dz[N * IN], *dy = normals(N * WIDE, 5);
    gan_tensor rest;

    ck_assert(gan_shape_equal(gan_pass_output_shape(t.pass), gan_shape_1d(WIDE)));
    expect_ok(gan_pass_forward(t.pass, t.x, N, y));
    expect_ok(gan_pass_forward(s.pass, t.x, N, z));
    expect_same_bits(y, z, sizeof y);
    expect_same_bits(y, gan_pass_output(t.pass), sizeof y);
    expect_ok(gan_pass_backward(t.pass, dy, GAN_PASS_REPLACE, dx));
    expect_ok(gan_pass_backward(s.pass, dy, GAN_PASS_REPLACE, dz));
    expect_same_bits(dx, dz, sizeof dx);
    expect_same_bits(gan_pass_gradients(t.pass), gan_pass_gradients(s.pass), bytes_of(&s));
    expect_ok(gan_pass_gradient(&rest, t.pass, "3.weight"));
    for (size_t i = 0; i < rest.size; i++) ck_assert(!(rest.data[i] < 0 || rest.data[i] > 0));
    expect_ok(gan_pass_step(t.pass, t.opt, NULL));
    free(dy);
    end(&s);
    end(&t);
}

/* A later layer's need for more than one sample doesn't matter. */
TEST(a_pass_that_ends_before_batch_norm_takes_single_samples)
{
    trial t = begin_with(network(0), &(gan_pass_desc){GAN_PASS_DESC_INIT, .last_layer = "0"});
    trial s = begin_with(network(0), &(gan_pass_desc){GAN_PASS_DESC_INIT, .last_layer = "1"});
    float all[N * WIDE], one[WIDE], dx[IN];

    expect_ok(gan_pass_forward(t.pass, t.x, N, all));
    for (size_t i = 0; i < N; i++) {
        expect_ok(gan_pass_forward(t.pass, t.x + i * IN, 1, one));
        expect_close(one, all + i * WIDE, WIDE, 1e-6, 1e-7);
        expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, dx));
    }
    expect_ok(gan_pass_step(t.pass, t.opt, NULL));
    expect_fails(gan_pass_forward(s.pass, s.x, 1, NULL), GAN_ERR_SHAPE, "layer 1 (batch_norm)");
    end(&s);
    end(&t);
}

/* ---- networks that others change ---- */

TEST(backward_wants_the_weights_of_its_forward_run)
{
    trial t = begin();
    gan_pass *other, *still;
    const char *path = scratch_path("pass.safetensors");
    const char *const says = "weights have changed since forward run";

    expect_ok(gan_pass_create(&other, t.net, NULL));
    expect_ok(gan_pass_create(&still, t.net,
                              &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = GAN_PASS_EVALUATION}));
    expect_ok(gan_network_save(t.net, path));
    run(&t);
    expect_ok(gan_pass_forward(other, t.x, N, NULL));
    expect_ok(gan_pass_step(t.pass, t.opt, NULL));
    expect_fails(gan_pass_backward(other, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID, says);
    run(&t);
    expect_ok(gan_network_load(t.net, path, NULL));
    expect_fails(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID, says);
    run(&t);
    expect_ok(gan_network_initialize(t.net, 1));
    expect_fails(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID, says);
    run(&t);
    expect_ok(gan_pass_forward(still, t.x, N, NULL));
    expect_ok(gan_pass_update_buffers(t.pass)); /* unused by a run with batch statistics */
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL));
    expect_fails(gan_pass_backward(still, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID,
                 "buffers have changed");
    unlink(path);
    gan_pass_destroy(still);
    gan_pass_destroy(other);
    end(&t);
}

/* A trainer's steps are detected, and are the same with a pass between them. */
TEST(a_trainer_and_a_pass_take_turns)
{
    game plain = small_game(), x = small_game();
    float *z = normals(4 * 3, 8), *dy = normals(4 * 6, 9);
    gan_pass *pass;

    expect_ok(gan_pass_create(&pass, x.g, NULL));
    for (uint64_t i = 0; i < 5; i++) {
        play(&plain, 20, i);
        expect_ok(gan_pass_forward(pass, z, 4, NULL));
        expect_ok(gan_pass_backward(pass, dy, GAN_PASS_REPLACE, NULL));
        play(&x, 20, i);
        expect_fails(gan_pass_backward(pass, dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID,
                     "weights have changed");
    }
    expect_same_game(&plain, &x);
    gan_pass_destroy(pass);
    game_end(&x);
    game_end(&plain);
    free(z), free(dy);
}

/* The average of a trainer's weights has its buffers estimated before it runs. */
TEST(an_average_runs_with_its_own_buffers)
{
    static const net_layer d_layers[] = {LINEAR(OUT, 4), LEAKY, LINEAR(4, 1), END};
    gan_network *g = network(0), *d = net_seeded(OUT, d_layers, 2);
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *trainer;
    float *real = normals(20 * OUT, 1), *z = normals(N * IN, 2), wanted[N * OUT], found[N * OUT];
    const gan_batch batch = {GAN_BATCH_INIT, .count = 20, .shape = gan_shape_1d(OUT),
                             .samples = real};
    gan_pass *pass;

    expect_ok(gan_trainer_create(&trainer, g, d, g_opt, d_opt,
                                 &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .average_decay = 0.5}));
    for (int i = 0; i < 3; i++) expect_ok(gan_train_step(trainer, &batch, NULL));
    expect_ok(gan_pass_create(&pass, gan_trainer_average(trainer),
                              &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = GAN_PASS_EVALUATION}));
    expect_ok(gan_pass_forward(pass, z, N, found));
    expect_ok(gan_trainer_sample(trainer, z, N, wanted));
    expect_close(found, wanted, N * OUT, 1e-5, 1e-6);
    expect_ok(gan_train_step(trainer, &batch, NULL));
    expect_fails(gan_pass_backward(pass, wanted, GAN_PASS_KEEP, z), GAN_ERR_INVALID, "changed");
    gan_pass_destroy(pass);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(g_opt), gan_optimizer_destroy(d_opt);
    gan_network_destroy(g), gan_network_destroy(d);
    free(real), free(z);
}

/* ---- NaN and infinity ---- */

TEST(a_step_that_would_do_harm_is_refused)
{
    trial t = begin();
    float *before = net_weights(t.net, NULL), *after, *grads;
    gan_tensor bias;
    double norm = -1;

    run(&t);
    expect_ok(gan_pass_gradient(&bias, t.pass, "4.bias"));
    bias.data[2] = NAN;
    grads = grads_of(&t);
    expect_fails(gan_pass_step(t.pass, t.opt, &norm), GAN_ERR_NONFINITE,
                 "gradient: value 2 of 4 of 4.bias is nan");
    expect_same_bits(gan_pass_gradients(t.pass), grads, bytes_of(&t));
    run(&t);
    expect_ok(gan_optimizer_set_lr(t.opt, 1e300));
    expect_fails(gan_pass_step(t.pass, t.opt, &norm), GAN_ERR_NONFINITE, "would not stay finite");
    ck_assert(norm < 0);
    ck_assert_uint_eq(gan_optimizer_steps(t.opt), 0);
    after = net_weights(t.net, NULL);
    expect_same_bits(after, before, bytes_of(&t));
    expect_ok(gan_optimizer_set_lr(t.opt, 1e-3));
    expect_ok(gan_pass_step(t.pass, t.opt, &norm)); /* the gradients are still there */
    ck_assert(norm > 0);
    free(before), free(after), free(grads);
    end(&t);
}

TEST(buffers_that_would_overflow_stay)
{
    trial t = begin();
    size_t n;
    float *before = net_weights(t.net, &n), *after;

    for (size_t i = 0; i < N * IN; i++) t.x[i] *= 1e25f;
    expect_ok(gan_pass_forward(t.pass, t.x, N, NULL));
    expect_fails(gan_pass_update_buffers(t.pass), GAN_ERR_NONFINITE, "1.running_var");
    after = net_weights(t.net, NULL);
    expect_same_bits(after, before, n * sizeof *before);
    free(before), free(after);
    end(&t);
}

/* ---- misuse ---- */

TEST(settings_are_checked)
{
    gan_network *net = network(0), *none = gan_network_create(gan_shape_1d(3), NULL);
    gan_pass *pass = (gan_pass *)net;
    gan_pass_desc short_one = {0};

    expect_fails(gan_pass_create(NULL, net, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_pass_create(&pass, NULL, NULL), GAN_ERR_INVALID, "the network is NULL");
    ck_assert_ptr_null(pass);
    expect_fails(gan_pass_create(&pass, none, NULL), GAN_ERR_INVALID, "has no layer");
    expect_fails(gan_pass_create(&pass, net, &short_one), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_pass_create(&pass, net,
                                 &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = (1 << 24) + 1}),
                 GAN_ERR_INVALID, "at most 16777216");
    expect_fails(gan_pass_create(&pass, net,
                                 &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = (gan_pass_mode)2}),
                 GAN_ERR_INVALID, "unknown mode 2");
    expect_fails(gan_pass_create(&pass, net,
                                 &(gan_pass_desc){GAN_PASS_DESC_INIT, .no_weight_gradients = 2}),
                 GAN_ERR_INVALID, "got 2");
    expect_fails(gan_pass_create(&pass, net,
                                 &(gan_pass_desc){GAN_PASS_DESC_INIT, .last_layer = "5"}),
                 GAN_ERR_INVALID, "no layer \"5\", the network has 0 to 4");
    ck_assert_ptr_null(pass);
    expect_fails(gan_pass_forward(pass, NULL, 1, NULL), GAN_ERR_INVALID,
                 "pass: is NULL: pass: there is no layer \"5\"");
    gan_network_destroy(none);
    gan_network_destroy(net);
}

TEST(runs_are_checked)
{
    trial t = begin_with(network(0.5f), &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = N});
    const uint8_t labels[N] = {0};

    expect_fails(gan_pass_forward(t.pass, NULL, N, NULL), GAN_ERR_INVALID, "in is NULL");
    expect_fails(gan_pass_forward(t.pass, t.x, 0, NULL), GAN_ERR_INVALID, "0 samples");
    expect_fails(gan_pass_forward(t.pass, t.x, N + 1, NULL), GAN_ERR_SHAPE,
                 "7 samples, created for at most 6");
    expect_fails(gan_pass_forward(t.pass, t.x, 1, NULL), GAN_ERR_SHAPE, "layer 1 (batch_norm)");
    expect_fails(gan_pass_forward_labels(t.pass, t.x, labels, N, NULL), GAN_ERR_INVALID,
                 "no layer uses them");
    expect_fails(gan_pass_backward(NULL, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_pass_backward(t.pass, NULL, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID,
                 "out_grad is NULL");
    expect_fails(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID,
                 "without a forward run");
    expect_fails(gan_pass_backward(t.pass, t.dy, (gan_pass_gradients_kind)3, NULL), GAN_ERR_INVALID,
                 "of kind 3");
    ck_assert_ptr_null(gan_pass_output(t.pass));
    expect_fails(gan_pass_update_buffers(t.pass), GAN_ERR_INVALID, "before a forward run");
    expect_fails(gan_pass_update_buffers(NULL), GAN_ERR_INVALID, "is NULL");
    expect_ok(gan_pass_forward(t.pass, t.x, N, NULL));
    expect_ok(gan_pass_update_buffers(t.pass));
    expect_fails(gan_pass_update_buffers(t.pass), GAN_ERR_INVALID, "already updated");
    end(&t);
}

TEST(steps_are_checked)
{
    trial t = begin();
    gan_optimizer *loose = adam(), *wrong = adam();
    gan_tensor view;

    expect_ok(gan_optimizer_bind(wrong, 7));
    expect_fails(gan_pass_step(NULL, t.opt, NULL), GAN_ERR_INVALID, "pass: is NULL");
    expect_fails(gan_pass_step(t.pass, NULL, NULL), GAN_ERR_INVALID, "optimizer is NULL");
    expect_fails(gan_pass_step(t.pass, t.opt, NULL), GAN_ERR_INVALID, "no backward run");
    run(&t);
    expect_fails(gan_pass_step(t.pass, loose, NULL), GAN_ERR_INVALID,
                 "call gan_optimizer_bind() with 54 parameters");
    expect_fails(gan_pass_step(t.pass, wrong, NULL), GAN_ERR_SHAPE,
                 "bound to 7 parameters, gets 54");
    expect_fails(gan_pass_gradient(NULL, t.pass, "0.bias"), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_pass_gradient(&view, NULL, "0.bias"), GAN_ERR_INVALID, "pass: is NULL");
    expect_fails(gan_pass_gradient(&view, t.pass, NULL), GAN_ERR_INVALID, "name is NULL");
    expect_fails(gan_pass_gradient(&view, t.pass, "9.bias"), GAN_ERR_INVALID, "9.bias");
    expect_fails(gan_pass_gradient(&view, t.pass, "1.running_var"), GAN_ERR_INVALID,
                 "is a buffer");
    expect_ok(gan_pass_step(t.pass, t.opt, NULL));
    gan_optimizer_destroy(loose);
    gan_optimizer_destroy(wrong);
    end(&t);
}

TEST(evaluation_and_no_gradients_are_kept_to)
{
    trial t = begin_with(network(0.5f),
                         &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = GAN_PASS_EVALUATION,
                                          .no_weight_gradients = 1});
    float y[N * OUT], dx[N * IN];
    gan_tensor view;

    ck_assert_ptr_null(gan_pass_gradients(t.pass));
    expect_ok(gan_pass_forward(t.pass, t.x, 1, y));
    expect_fails(gan_pass_update_buffers(t.pass), GAN_ERR_INVALID, "training mode expected");
    expect_fails(gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, dx), GAN_ERR_INVALID,
                 "created with no_weight_gradients");
    expect_ok(gan_pass_backward(t.pass, t.dy, GAN_PASS_KEEP, dx));
    expect_fails(gan_pass_step(t.pass, t.opt, NULL), GAN_ERR_INVALID, "no_weight_gradients");
    expect_fails(gan_pass_gradient(&view, t.pass, "0.bias"), GAN_ERR_INVALID,
                 "no_weight_gradients");
    end(&t);
}

TEST(labels_are_checked)
{
    gan_network *net = gan_network_create(gan_shape_1d(IN), NULL);
    const uint8_t good[2] = {1, 3}, bad[2] = {1, 4};
    float *x = normals(2 * IN, 1), y[2 * (IN + 2)];
    gan_pass *pass;

    gan_network_add(net, gan_layer_label_embedding(4, 2));
    expect_ok(gan_pass_create(&pass, net, NULL));
    expect_fails(gan_pass_forward(pass, x, 2, y), GAN_ERR_INVALID, "no labels");
    expect_fails(gan_pass_forward_labels(pass, x, bad, 2, y), GAN_ERR_INVALID, "4");
    expect_fails(gan_pass_forward_labels16(pass, x, (const uint16_t[]){1, 400}, 2, y),
                 GAN_ERR_INVALID, "400");
    expect_fails(gan_pass_forward_labels(pass, x, good, 101, y), GAN_ERR_SHAPE, "at most 100");
    expect_ok(gan_pass_forward_labels(pass, x, good, 2, y));
    gan_pass_destroy(pass);
    gan_network_destroy(net);
    free(x);
}

TEST(null_is_a_pass_of_nothing)
{
    gan_pass_destroy(NULL);
    ck_assert_ptr_null(gan_pass_gradients(NULL));
    ck_assert_ptr_null(gan_pass_output(NULL));
    ck_assert_uint_eq(gan_pass_output_shape(NULL).rank, 0);
    ck_assert_uint_eq(gan_pass_forward_count(NULL), 0);
}

/* ---- memory and processes ---- */

static gan_status make(void **out, const gan_allocator *allocator, void *net)
{
    gan_pass *pass = NULL;
    const gan_status status = gan_pass_create(
        &pass, net, &(gan_pass_desc){GAN_PASS_DESC_INIT, .allocator = allocator});

    *out = pass;
    return status;
}

static void destroy(void *pass)
{
    gan_pass_destroy(pass);
}

TEST(each_allocation_may_fail)
{
    gan_network *net = network(0.5f);

    ck_assert_uint_gt(budget_sweep(make, destroy, net), 5);
    gan_network_destroy(net);
}

TEST(a_forked_child_has_no_threads)
{
    gan_pool *pool;
    trial t;
    pid_t child;
    int status = 0;

    expect_ok(gan_pool_create(&pool, 2, NULL));
    t = begin_with(network(0.5f), &(gan_pass_desc){GAN_PASS_DESC_INIT, .pool = pool});
    run(&t);
    child = fork();
    if (child == 0)
        _exit(gan_pass_forward(t.pass, t.x, N, NULL) == GAN_ERR_INVALID &&
                      gan_pass_backward(t.pass, t.dy, GAN_PASS_REPLACE, NULL) == GAN_ERR_INVALID &&
                      gan_pass_step(t.pass, t.opt, NULL) == GAN_ERR_INVALID
                  ? 0
                  : 1);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    expect_ok(gan_pass_step(t.pass, t.opt, NULL));
    end(&t);
    gan_pool_destroy(pool);
}
