/* test_train_local.c - local steps: ranks that train separately and continue from their mean. */
#include "expect.h"
#include "game.h"
#include "ranks.h"
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

enum { RANKS = 4, BATCH = 24, LATENT = 5, SAMPLE = 6, MOST_BYTES = 100000 };

/* Buffers, averaged weights, moments: everything that is averaged. */
static game begin(const gan_communicator *ranks, size_t local_steps)
{
    game x = {.latent = LATENT, .sample = SAMPLE};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                                   .batch_size = BATCH,
                                   .seed = 5,
                                   .n_threads = 1,
                                   .shards = 8,
                                   .average_decay = 0.9,
                                   .communicator = ranks,
                                   .local_steps = local_steps};

    x.g = BUILT(gan_shape_1d(LATENT), gan_layer_linear(LATENT, 11), gan_layer_batch_norm(11, NULL),
                gan_layer_leaky_relu(0.2f), gan_layer_linear(11, SAMPLE), gan_layer_tanh());
    x.d = BUILT(gan_shape_1d(SAMPLE), gan_layer_linear(SAMPLE, 13), gan_layer_leaky_relu(0.2f),
                gan_layer_linear(13, 1));
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    return x;
}

/* All weights and buffers of both networks, to be freed. */
static float *weights_of(const game *x, size_t *n)
{
    size_t n_g, n_d;
    float *g = net_weights(x->g, &n_g), *d = net_weights(x->d, &n_d);
    float *all = malloc((n_g + n_d) * sizeof *all);

    memcpy(all, g, n_g * sizeof *all);
    memcpy(all + n_g, d, n_d * sizeof *all);
    free(g);
    free(d);
    *n = n_g + n_d;
    return all;
}

typedef struct meeting {
    size_t local_steps, steps;
    float *weights[RANKS];
    double d_loss[RANKS];
    size_t n;
} meeting;

static int train(const gan_communicator *ranks, void *context)
{
    meeting *m = context;
    game x = begin(ranks, m->local_steps);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    size_t n;

    for (size_t i = 0; i < m->steps; i++) play(&x, BATCH, i);
    expect_ok(gan_trainer_stats(x.trainer, &stats));
    ck_assert_uint_eq(stats.g_steps, m->steps);
    m->d_loss[ranks->rank] = stats.d_loss;
    m->weights[ranks->rank] = weights_of(&x, &n);
    if (ranks->rank == 0) m->n = n;
    game_end(&x);
    return 1;
}

static meeting trained(size_t local_steps, size_t steps)
{
    meeting m = {.local_steps = local_steps, .steps = steps};

    ranks_run(RANKS, train, &m);
    return m;
}

static void end(meeting *m)
{
    for (size_t i = 0; i < RANKS; i++) free(m->weights[i]);
}

TEST(ranks_go_on_from_their_mean)
{
    meeting apart = trained(100, 3), met = trained(3, 3);
    float *mean = malloc(met.n * sizeof *mean);

    expect_other_bits(apart.weights[0], apart.weights[1], apart.n * sizeof *mean);
    for (size_t i = 0; i < met.n; i++)
        mean[i] = ((apart.weights[0][i] + apart.weights[1][i]) +
                   (apart.weights[2][i] + apart.weights[3][i])) /
                  RANKS;
    for (size_t i = 0; i < RANKS; i++) {
        expect_same_bits(mean, met.weights[i], met.n * sizeof *mean);
        ck_assert_msg(memcmp(&met.d_loss[i], &met.d_loss[0], sizeof *met.d_loss) == 0,
                      "rank %zu has another loss", i);
    }
    expect_near(met.d_loss[0],
                (apart.d_loss[0] + apart.d_loss[1] + apart.d_loss[2] + apart.d_loss[3]) / RANKS,
                1e-12, 0);
    free(mean);
    end(&apart);
    end(&met);
}

/* A rank's local step is that of its part of the batch, not of a smaller one. */
TEST(gradients_of_local_steps_are_means_over_the_part_of_the_batch)
{
    meeting apart = trained(100, 1), together = trained(0, 1);
    float *mean = calloc(apart.n, sizeof *mean);

    for (size_t i = 0; i < RANKS; i++)
        for (size_t j = 0; j < apart.n; j++) mean[j] += apart.weights[i][j] / RANKS;
    for (size_t i = 0; i < RANKS; i++) expect_near(apart.d_loss[i], together.d_loss[0], 0.2, 0);
    expect_norm_close(mean, together.weights[0], apart.n, 0.05);
    free(mean);
    end(&apart);
    end(&together);
}

TEST(a_local_step_of_one_is_exact)
{
    meeting exact = trained(0, 3), one = trained(1, 3);

    for (size_t i = 0; i < RANKS; i++)
        expect_same_bits(exact.weights[0], one.weights[i], one.n * sizeof(float));
    end(&exact);
    end(&one);
}

/* ---- files ---- */

typedef struct file {
    unsigned char bytes[MOST_BYTES];
    size_t n_bytes;
    float *weights;
} file;

/* Saving compares the run's state between the ranks; in the middle of a round it averages first. */
static int save(const gan_communicator *ranks, void *context)
{
    file *f = context;
    game x = begin(ranks, 3);
    unsigned char *bytes = ranks->rank == 0 ? f->bytes : NULL;
    gan_writer to = gan_writer_memory(bytes, bytes ? MOST_BYTES : 0);
    size_t n;

    for (size_t i = 0; i < 4; i++) play(&x, BATCH, i);
    expect_ok(gan_checkpoint_save_to(x.trainer, NULL, &to));
    if (bytes) f->n_bytes = to.n_bytes;
    for (size_t i = 4; i < 7; i++) play(&x, BATCH, i);
    expect_ok(gan_checkpoint_compare(x.trainer, NULL));
    if (bytes) f->weights = weights_of(&x, &n);
    game_end(&x);
    return 1;
}

static int resume(const gan_communicator *ranks, void *context)
{
    file *f = context;
    game x = begin(ranks, 3);
    gan_reader from = gan_reader_memory(f->bytes, f->n_bytes);
    float *weights;
    size_t n;

    expect_ok(gan_checkpoint_load_from(x.trainer, NULL, &from));
    for (size_t i = 4; i < 7; i++) play(&x, BATCH, i);
    expect_ok(gan_checkpoint_compare(x.trainer, NULL));
    weights = weights_of(&x, &n);
    expect_same_bits(f->weights, weights, n * sizeof *weights);
    free(weights);
    game_end(&x);
    return 1;
}

static int resume_by_less(const gan_communicator *ranks, void *context)
{
    file *f = context;
    game x = begin(ranks, 3);
    gan_reader from = gan_reader_memory(f->bytes, f->n_bytes);

    expect_fails(gan_checkpoint_load_from(x.trainer, NULL, &from), GAN_ERR_INVALID, "ranks");
    game_end(&x);
    return 1;
}

TEST(a_run_of_local_steps_goes_on_with_as_many_ranks)
{
    file *f = calloc(1, sizeof *f);

    ranks_run(RANKS, save, f);
    ranks_run(RANKS, resume, f);
    ranks_run(2, resume_by_less, f);
    free(f->weights);
    free(f);
}

/* ---- settings ---- */

static void expect_refused(const gan_trainer_desc *desc, const char *says)
{
    game x = plain_game(&plain_desc);
    gan_trainer *t = NULL;

    expect_fails(gan_trainer_create(&t, x.g, x.d, x.g_opt, x.d_opt, desc), GAN_ERR_INVALID, says);
    ck_assert_ptr_null(t);
    game_end(&x);
}

TEST(settings_that_follow_the_whole_batch_are_refused)
{
    const gan_communicator two = ranks_unreachable(2);
    const gan_lecam_desc lecam = {GAN_LECAM_DESC_INIT, 1, 0.9, 1};
    gan_trainer_desc desc = plain_desc;

    desc.batch_size = BATCH;
    desc.communicator = &two;
    desc.local_steps = 4;
    desc.lecam = &lecam;
    expect_refused(&desc, "local_steps of 4 with lecam; one or the other expected");
    desc.lecam = NULL;
    desc.on_divergence = GAN_DIVERGENCE_SKIP;
    expect_refused(&desc, "local_steps of 4 with on_divergence");
}

/* A failure of averaging is an error of the step. */
TEST(a_meeting_without_the_others_fails)
{
    const gan_communicator two = ranks_unreachable(2);
    game x = begin(&two, 2);
    float *samples = normals(BATCH * SAMPLE, 1);
    const gan_batch batch = batch_of(&x, samples, BATCH);

    expect_ok(gan_train_step(x.trainer, &batch, NULL));
    expect_fails(gan_train_step(x.trainer, &batch, NULL), GAN_ERR_IO,
                 "communicator: all_gather on rank 0 of 2");
    free(samples);
    game_end(&x);
}
