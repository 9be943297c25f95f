/* test_train_rows.c - which rows objectives and regularisation get: top-k rows with their labels
 * and targets, and augmented ones with their originals. */
#include "expect.h"
#include "game.h"
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = 4, SIZE = SIDE * SIDE, LATENT = 3, BATCH = 7, ALL = 63 };

/* Three outputs a sample, three classes. */
enum { PATCHES = 3, CLASSES = 3 };

/* Two networks that use labels, the discriminator with batch norm. */
static game conditional(const gan_trainer_desc *desc, size_t outputs)
{
    game x = {.latent = LATENT, .sample = SIZE};

    x.g = BUILT(gan_shape_1d(LATENT), gan_layer_label_embedding(CLASSES, 2),
                gan_layer_linear(LATENT + 2, SIZE), gan_layer_tanh());
    x.d = BUILT(gan_shape_3d(1, SIDE, SIDE), gan_layer_one_hot(CLASSES),
                gan_layer_conv2d(1 + CLASSES, 2, 2, NULL), gan_layer_batch_norm(2, NULL),
                gan_layer_tanh(), gan_layer_flatten(), gan_layer_linear(18, outputs));
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

/* ---- top-k ---- */

/* An objective that records the generated rows: three outputs each. */
typedef struct shown {
    size_t n, stride;
    float outputs[BATCH * PATCHES];
    uint8_t labels[BATCH];
    uint16_t labels16[BATCH];
    double targets[BATCH];
} shown;

static gan_status remember(void *user, const gan_objective_step *s, gan_objective_rows *real,
                           gan_objective_rows *fake)
{
    shown *x = user;

    (void)real;
    for (size_t i = 0; i < fake->n_rows * PATCHES; i++)
        fake->grads[i / PATCHES * fake->stride + i % PATCHES] = 1;
    if (s->half == GAN_HALF_DISCRIMINATOR) return GAN_OK;
    x->n = fake->n_rows;
    x->stride = fake->stride;
    memcpy(x->outputs, fake->outputs, fake->n_rows * PATCHES * sizeof(float));
    memcpy(x->labels, fake->labels, fake->n_rows);
    memcpy(x->labels16, fake->labels16, fake->n_rows * sizeof(uint16_t));
    memcpy(x->targets, fake->targets, fake->n_rows * sizeof(double));
    return GAN_OK;
}

/* The best rows by the mean of their outputs come with their labels and targets. */
TEST(an_objective_is_shown_the_best_rows_as_they_are)
{
    static shown top, all;
    const gan_objective objective = {GAN_OBJECTIVE_INIT, .name = "remember",
                                     .discriminator = remember, .generator = remember,
                                     .user = &top};
    gan_objective whole = objective;
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .n_threads = 1,
                             .objective = &objective, .top_k = 0.45};
    const uint8_t labels[BATCH] = {2, 0, 1, 1, 0, 2, 1};
    float *z = normals(BATCH * LATENT, 5);
    game x = conditional(&desc, PATCHES), twin;

    whole.user = &all;
    desc.objective = &whole;
    desc.top_k = 1;
    twin = conditional(&desc, PATCHES);
    expect_ok(gan_train_generator_step(x.trainer, BATCH, z, labels, NULL));
    expect_ok(gan_train_generator_step(twin.trainer, BATCH, z, labels, NULL));
    ck_assert_uint_eq(all.n, BATCH);
    ck_assert_uint_eq(top.n, 3);
    for (size_t k = 0; k < top.n; k++) {
        size_t best = 0;
        double most = -1e30;

        for (size_t i = 0; i < BATCH; i++) {
            double sum = 0;

            for (size_t j = 0; j < PATCHES; j++) sum += (double)all.outputs[i * PATCHES + j];
            if (sum > most) most = sum, best = i;
        }
        expect_same_bits(top.outputs + k * PATCHES, all.outputs + best * PATCHES,
                         PATCHES * sizeof(float));
        ck_assert(top.labels[k] == labels[best] && top.labels16[k] == labels[best]);
        ck_assert(top.targets[k] == 1);
        all.outputs[best * PATCHES] = -1e20f;
    }
    free(z);
    game_end(&x);
    game_end(&twin);
}

/* ---- consistency ---- */

/* Under an augmentation that is never applied, rows and their copies are the same: their labels, too,
 * and what they are normalised with.  Under another one they aren't. */
TEST_EACH(rows_are_consistent_with_themselves, 0, 4)
{
    const gan_augment_desc tried = {GAN_AUGMENT_DESC_INIT, ALL, _i % 2 ? 1 : 1e-300, 0};
    const gan_consistency_desc consistency = {GAN_CONSISTENCY_DESC_INIT, 10, 10, &tried};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .n_threads = 2,
                                   .consistency = &consistency, .micro_batch = _i / 2 ? 3 : 0};
    const uint8_t labels[BATCH] = {2, 0, 1, 1, 0, 2, 1};
    game x = conditional(&desc, 1);
    float *real = normals(BATCH * SIZE, 3);
    gan_batch batch = batch_of(&x, real, BATCH);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    batch.labels = labels;
    for (size_t s = 0; s < 3; s++) {
        expect_ok(gan_train_step(x.trainer, &batch, &stats));
        ck_assert(_i % 2 ? stats.consistency > 1e-3 : stats.consistency == 0);
    }
    free(real);
    game_end(&x);
}
