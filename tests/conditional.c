/* conditional.c - the trainers of make_conditional.py. */
#include "conditional.h"
#include "expect.h"
#include "sequence.h"

enum { SEED = 5 };

/* ---- the networks ---- */

gan_network *linear_g(size_t width)
{
    return BUILT(gan_shape_1d(LATENT), gan_layer_label_embedding(CLASSES, 3),
                 gan_layer_linear(LATENT + 3, 12 * width), gan_layer_leaky_relu(0.2f),
                 gan_layer_linear(12 * width, 20), gan_layer_tanh());
}

gan_network *linear_d(size_t width)
{
    return BUILT(gan_shape_1d(20), gan_layer_label_embedding(CLASSES, 3),
                 gan_layer_linear(23, 12 * width), gan_layer_leaky_relu(0.2f),
                 gan_layer_linear(12 * width, 1));
}

static const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
static const gan_conv2d_desc bare_half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1},
                                          .no_bias = 1};
static const gan_conv2d_desc bare = {GAN_CONV2D_DESC_INIT, .no_bias = 1};

static gan_network *images_g(size_t width)
{
    gan_network *g = gan_network_create(gan_shape_3d(LATENT, 1, 1), NULL);

    gan_network_add(g, gan_layer_conv_transpose2d(LATENT, 8 * width, 2, &bare));
    expect_ok(gan_network_add_conditional_batch_norm(g, 8 * width, CLASSES, NULL));
    gan_network_add(g, gan_layer_relu());
    gan_network_add(g, gan_layer_conv_transpose2d(8 * width, 4 * width, 4, &bare_half));
    expect_ok(gan_network_add_conditional_batch_norm(g, 4 * width, CLASSES, NULL));
    gan_network_add(g, gan_layer_relu());
    gan_network_add(g, gan_layer_conv_transpose2d(4 * width, 1, 4, &half));
    gan_network_add(g, gan_layer_tanh());
    expect_ok(gan_network_build(g));
    return g;
}

static gan_network *images_d(size_t width)
{
    return BUILT(gan_shape_3d(1, 8, 8), gan_layer_conv2d(1, 4 * width, 4, &half),
                 gan_layer_leaky_relu(0.2f), gan_layer_conv2d(4 * width, 8 * width, 4, &half),
                 gan_layer_leaky_relu(0.2f), gan_layer_projection(32 * width, CLASSES));
}

static gan_network *auxiliary_g(size_t width)
{
    return BUILT(gan_shape_1d(LATENT), gan_layer_one_hot(CLASSES),
                 gan_layer_linear(LATENT + CLASSES, 12 * width), gan_layer_leaky_relu(0.2f),
                 gan_layer_linear(12 * width, 20), gan_layer_tanh());
}

static gan_network *auxiliary_d(size_t width)
{
    return BUILT(gan_shape_1d(20), gan_layer_linear(20, 12 * width), gan_layer_leaky_relu(0.2f),
                 gan_layer_linear(12 * width, 1 + CLASSES));
}

static OPTIMIZER(quarter_sgd, sgd, d.lr = 0.25);

const conditional_run runs[RUNS] = {
    {"linear", linear_g, linear_d, 20, GAN_LOSS_BCE, 0, adam},
    {"images", images_g, images_d, 64, GAN_LOSS_HINGE, 0, adam},
    {"auxiliary", auxiliary_g, auxiliary_d, 20, GAN_LOSS_BCE, 0.75, adam},
    {"relativistic", linear_g, linear_d, 20, GAN_LOSS_RELATIVISTIC, 0, quarter_sgd},
    {"real_only", auxiliary_g, auxiliary_d, 20, GAN_LOSS_BCE, 0.75, adam},
};

gan_trainer_desc desc_of(int run)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT,
                              .batch_size = MOST_ROWS,
                              .seed = SEED,
                              .n_threads = 2,
                              .loss = runs[run].loss,
                              .auxiliary_weight = runs[run].auxiliary_weight,
                              .auxiliary_real_only = run == REAL_ONLY_RUN};
}

const double class_weights[CLASSES] = {3, 0, 1, 2.5};
static const gan_penalty_desc wgan_gp = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP,
                                         .interval = 2};

gan_trainer_desc every_option(int run)
{
    gan_trainer_desc desc = desc_of(run);

    desc.micro_batch = 15;
    desc.label_flip = 0.1;
    desc.instance_noise = 0.1;
    desc.average_decay = 0.9;
    desc.penalty = &wgan_gp;
    desc.class_weights = class_weights;
    desc.n_class_weights = CLASSES;
    return desc;
}

game conditional_game(int run, size_t width, opt_maker make_opt, const gan_trainer_desc *desc)
{
    game x = {.latent = LATENT, .sample = runs[run].sample};

    x.g = runs[run].g(width);
    x.d = runs[run].d(width);
    x.g_opt = make_opt();
    x.d_opt = make_opt();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

void draw_labels(uint8_t *labels, size_t n, uint64_t stream)
{
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, 12, stream, NULL));
    gan_rng_labels(rng, CLASSES, NULL, n, labels);
    gan_rng_destroy(rng);
}

void make_batch(real_batch *b, const game *x, size_t n)
{
    b->samples = normals(n * x->sample, 77);
    draw_labels(b->labels, n, 1);
    b->batch = batch_of(x, b->samples, n);
    b->batch.labels = b->labels;
}
