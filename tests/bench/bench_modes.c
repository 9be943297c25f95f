/* bench_modes.c - how many of 1,000 modes a generator finds.
 *
 * Three images of Fashion-MNIST, drawn independently, are the channels of one sample (Stacked MNIST: Metz et al., 2017,
 * with garments): 10 classes in each of three channels, recognised by a classifier, are 1,000 modes.  A mode is found
 * when one of 25,600 samples is in it.  The same small DCGAN, without batch normalisation in the discriminator, is
 * trained with plain binary cross-entropy and with R3GAN's objective, the paired relativistic loss with R1 and R2; and
 * the networks of fashion_best with its settings. */
#include "bench.h"
#include "common/networks.h"
#include "garments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 60000, CHANNELS = 3, MODES = 1000, SAMPLES = 25600, CHUNK = 200 };
enum { BATCH_OF_MODES = 32, BASE = 16, BASE_OF_BEST = 32, STEPS = 5000, SEEDS = 3 };
enum { SIZE = CHANNELS * GARMENT_PIXELS };

/* A way of training. */
typedef struct game {
    const char *name;
    gan_loss loss;
    int penalties; /* 1: R1 and R2 */
    int best;      /* 1: fashion_best's networks, and learning rates that fall as its */
    double lr, d_lr, beta1, beta2;
} game;

static const game games[] = {
    {"bce", GAN_LOSS_BCE, 0, 0, 0.0005, 0.0005, 0.5, 0.999},
    {"rpgan r1 r2", GAN_LOSS_RELATIVISTIC_PAIRED, 1, 0, 0.0005, 0.0005, 0, 0.999},
    {"fashion_best", GAN_LOSS_HINGE, 0, 1, 0.0012, 0.0006, 0.5, 0.99},
};
enum { GAMES = sizeof games / sizeof *games };

/* ---- one run ---- */

static void make_adam(gan_optimizer **out, const game *how, double lr)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    const gan_schedule_desc falling = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR,
                                       .period = STEPS};

    adam.lr = lr;
    adam.beta1 = how->beta1;
    adam.beta2 = how->beta2;
    MUST(gan_optimizer_create_adam(out, &adam));
    if (how->best) MUST(gan_optimizer_set_schedule(*out, &falling));
}

static void make_networks(run *r, const game *how, uint64_t seed)
{
    const networks_plan plan = {.picture = gan_shape_3d(CHANNELS, 28, 28),
                                .latent = GARMENT_LATENT,
                                .base = BASE_OF_BEST,
                                .outputs = 1};

    r->g = how->best ? networks_make_generator(&networks_deep, &plan, 2 * seed)
                     : garments_generator(CHANNELS, BASE, 2 * seed);
    r->d = how->best ? networks_make_discriminator(&networks_deep, &plan, 2 * seed + 1)
                     : garments_discriminator(CHANNELS, 2 * BASE, 2 * seed + 1);
    if (!r->g || !r->d) die("networks");
}

static void make_trainer(run *r, uint64_t seed, const game *how, size_t threads)
{
    const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 0.1};
    const gan_penalty_desc r2 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R2, .weight = 0.1};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,  .batch_size = BATCH_OF_MODES,
                             .seed = seed,           .n_threads = threads,
                             .average_decay = 0.999, .average_warmup = 10};

    desc.loss = how->loss;
    if (how->penalties) {
        desc.penalty = &r1;
        desc.second_penalty = &r2;
    }
    make_networks(r, how, seed);
    make_adam(&r->g_opt, how, how->lr);
    make_adam(&r->d_opt, how, how->d_lr);
    MUST(gan_trainer_create(&r->t, r->g, r->d, r->g_opt, r->d_opt, &desc));
}

/* Three images for each sample of a batch. */
static void stack(gan_rng *rng, const float *images, float *batch)
{
    float u[BATCH_OF_MODES * CHANNELS];

    gan_rng_uniform(rng, BATCH_OF_MODES * CHANNELS, u);
    for (size_t i = 0; i < BATCH_OF_MODES * CHANNELS; i++) {
        const size_t chosen = (size_t)((double)u[i] * IMAGES);

        memcpy(batch + i * GARMENT_PIXELS, images + chosen * GARMENT_PIXELS,
               GARMENT_PIXELS * sizeof *batch);
    }
}

static void train(gan_trainer *t, const float *images, uint64_t seed)
{
    static float samples[BATCH_OF_MODES * SIZE];
    const gan_batch batch = {.struct_size = sizeof batch,
                             .count = BATCH_OF_MODES,
                             .shape = gan_shape_3d(CHANNELS, 28, 28),
                             .samples = samples};
    gan_rng *rng;

    MUST(gan_rng_create(&rng, seed, 1, NULL));
    for (size_t i = 0; i < (rounds == 1 ? 20 : STEPS); i++) {
        stack(rng, images, samples);
        MUST(gan_train_step(t, &batch, NULL));
    }
    gan_rng_destroy(rng);
}

/* How often each mode is drawn. */
static void count_modes(const garments_judge *j, gan_trainer *t, size_t *counts)
{
    static float samples[CHUNK * SIZE], noise[CHUNK * GARMENT_LATENT];
    uint8_t seen[CHUNK * CHANNELS];
    gan_rng *rng;

    memset(counts, 0, MODES * sizeof *counts);
    MUST(gan_rng_create(&rng, 7, 2, NULL));
    for (size_t done = 0; done < (rounds == 1 ? CHUNK : SAMPLES); done += CHUNK) {
        gan_rng_normal(rng, CHUNK * GARMENT_LATENT, noise);
        MUST(gan_trainer_sample(t, noise, CHUNK, samples));
        MUST(gan_classifier_predict(j->classifier, samples, (size_t)CHUNK * CHANNELS, seen));
        for (size_t i = 0; i < CHUNK; i++)
            counts[seen[3 * i] * 100 + seen[3 * i + 1] * 10 + seen[3 * i + 2]]++;
    }
    gan_rng_destroy(rng);
}

/* Print how many modes were found, and the Kullback-Leibler divergence of their shares from the uniform
 * distribution. */
static void report_modes(const char *name, const size_t *counts, figures *report)
{
    size_t found = 0;
    double divergence = 0;
    figures *out = figures_begin();

    for (size_t i = 0; i < MODES; i++) {
        const double share = (double)counts[i] / SAMPLES;

        found += counts[i] > 0;
        if (counts[i] > 0) divergence += share * log(share * MODES);
    }
    printf("%-16s %4zu of %d modes, divergence %5.3f\n", name, found, MODES, divergence);
    fflush(stdout);
    put(out, "modes", (double)found);
    put(out, "divergence", divergence);
    figures_add(report, name, out);
}

static const char usage[] =
    "usage: bench_modes [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Counts how many of 1,000 modes two objectives and fashion_best find, three seeds each.\n"
    BENCH_OPTIONS
    "  --quick       20 steps and 200 samples, as a smoke test\n"
    "GAN_DATA_DIR has Fashion-MNIST, GAN_CLASSIFIER is a file of fashion_classifier.\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    garments_judge judge = garments_judge_open(options.threads, usage);
    const uint64_t seed = garments_first_seed();
    gan_dataset *data = garments_open("train");
    float *images = garments_read(data, IMAGES);
    figures *report = begin_report(options.threads);

    for (uint64_t i = seed; i < seed + SEEDS; i++)
        for (size_t k = 0; k < GAMES; k++) {
            size_t counts[MODES];
            run r = {0};
            char name[32];

            snprintf(name, sizeof name, "%s %d", games[k].name, (int)i);
            make_trainer(&r, i, &games[k], options.threads);
            train(r.t, images, i);
            count_modes(&judge, r.t, counts);
            report_modes(name, counts, report);
            end_run(&r);
        }
    free(images);
    gan_dataset_destroy(data);
    garments_judge_close(&judge);
    end_report(report, &options);
    return 0;
}
