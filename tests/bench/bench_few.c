/* bench_few.c - what adaptive augmentation gains with few training images.
 *
 * A DCGAN learns from the first 600 images of Fashion-MNIST, 1 % of them, with and without, for the same number of
 * steps, which take the same time to a few per cent (bench_augment); three seeds.  Every LOOK steps it is evaluated on
 * the features of a classifier trained on all images: the Fréchet distance of samples to the 10,000 test images, which
 * neither has seen, and the median distance of a sample to its nearest training image relative to that of test images
 * (nn_ratio), far below 1 for copies.
 *
 * GAN_DATA_DIR has the data, GAN_CLASSIFIER the file of fashion_classifier; GAN_FIRST_SEED is the first seed. */
#include "bench.h"
#include "garments.h"

#include <stdio.h>
#include <stdlib.h>

enum { FEW = 600, TEST = 10000, SEEDS = 3, STEPS = 8000, LOOK = 2000, SAMPLES = 3000 };
enum { BATCH_OF_FEW = 32, BASE = 16, HELD_OUT = 2000 };

/* The training images, test images held out from them, and all of these. */
typedef struct judge {
    garments_judge eyes;
    size_t dimension;
    gan_moments *test;
    gan_reference *few;
} judge;

static judge open_judge(const gan_dataset *few, size_t threads, const char *usage)
{
    gan_reference_desc reference = {GAN_REFERENCE_DESC_INIT, .n_held_out = HELD_OUT,
                                    .skip_frechet = 1, .n_threads = threads};
    gan_dataset *test = garments_open("t10k");
    judge j = {.eyes = garments_judge_open(threads, usage)};
    float *unseen = garments_read(test, TEST), *seen = garments_read(few, FEW);
    float *of_test = garments_features(&j.eyes, unseen, TEST);
    float *of_few = garments_features(&j.eyes, seen, FEW);

    j.dimension = gan_features_count(j.eyes.features);
    MUST(gan_moments_create(&j.test, j.dimension, NULL));
    MUST(gan_moments_add(j.test, of_test, TEST));
    reference.held_out = of_test;
    MUST(gan_reference_create(&j.few, of_few, FEW, j.dimension, &reference));
    free(of_few);
    free(of_test);
    free(seen);
    free(unseen);
    gan_dataset_destroy(test);
    return j;
}

static void close_judge(judge *j)
{
    gan_reference_destroy(j->few);
    gan_moments_destroy(j->test);
    garments_judge_close(&j->eyes);
}

/* ---- one run ---- */

/* A discriminator twice as wide can memorise its images. */
static void make_trainer(run *r, uint64_t seed, int augmented, size_t threads)
{
    const gan_augment_desc augment = {GAN_AUGMENT_DESC_INIT,
                                      .operations = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT,
                                      .fill = -1, .target = 0.3, .images = 20000};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                                   .batch_size = BATCH_OF_FEW,
                                   .seed = seed,
                                   .n_threads = threads,
                                   .average_decay = 0.999,
                                   .average_warmup = 10,
                                   .augment = augmented ? &augment : NULL};
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};

    adam.lr = 0.001;
    adam.beta1 = 0.5;
    r->g = garments_generator(1, BASE, 2 * seed);
    r->d = garments_discriminator(1, 2 * BASE, 2 * seed + 1);
    MUST(gan_optimizer_create_adam(&r->g_opt, &adam));
    MUST(gan_optimizer_create_adam(&r->d_opt, &adam));
    MUST(gan_trainer_create(&r->t, r->g, r->d, r->g_opt, r->d_opt, &desc));
}

static void look(const judge *j, gan_trainer *t, const char *name, size_t step,
                 const gan_train_stats *stats, figures *report)
{
    float *noise = numbers(SAMPLES * GARMENT_LATENT), *features;
    float *samples = malloc(SAMPLES * GARMENT_PIXELS * sizeof *samples);
    gan_comparison c = {GAN_COMPARISON_INIT};
    figures *out = figures_begin();
    gan_moments *generated;
    double distance;

    if (!samples) die("memory");
    MUST(gan_trainer_sample(t, noise, SAMPLES, samples));
    features = garments_features(&j->eyes, samples, SAMPLES);
    MUST(gan_moments_create(&generated, j->dimension, NULL));
    MUST(gan_moments_add(generated, features, SAMPLES));
    MUST(gan_metrics_frechet(&distance, generated, j->test));
    MUST(gan_reference_compare(j->few, features, NULL, HELD_OUT, &c));
    printf("%-16s step %5zu  Frechet %7.2f  nn_ratio %5.2f  duplicates %5.3f  probability %4.2f\n",
           name, step, distance, c.nn_ratio.value, c.duplicates.value, stats->augment_probability);
    fflush(stdout);
    put(out, "step", (double)step);
    put(out, "frechet", distance);
    put(out, "nn_ratio", c.nn_ratio.value);
    put(out, "duplicates", c.duplicates.value);
    figures_add(report, NULL, out);
    gan_moments_destroy(generated);
    free(features);
    free(samples);
    free(noise);
}

static void train(const judge *j, const gan_dataset *few, uint64_t seed, int augmented,
                  size_t threads, figures *report)
{
    const gan_iterator_desc order = {GAN_ITERATOR_DESC_INIT, .batch_size = BATCH_OF_FEW,
                                     .shuffle = 1, .drop_last = 1, .seed = seed};
    const size_t steps = rounds == 1 ? 20 : STEPS, every = rounds == 1 ? 20 : LOOK;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    figures *looks = figures_begin();
    run r = {0};
    gan_iterator *it;
    char name[32];

    snprintf(name, sizeof name, "%s %d", augmented ? "augmented" : "plain", (int)seed);
    make_trainer(&r, seed, augmented, threads);
    MUST(gan_iterator_create(&it, few, &order));
    for (size_t i = 0; i < steps;) {
        const gan_batch *batch;
        const gan_status status = gan_iterator_next(it, &batch);

        if (status == GAN_END) continue; /* the next call starts afresh */
        MUST(status);
        MUST(gan_train_step(r.t, batch, &stats));
        if (++i % every == 0) look(j, r.t, name, i, &stats, looks);
    }
    figures_add(report, name, looks);
    gan_iterator_destroy(it);
    end_run(&r);
}

static const char usage[] =
    "usage: bench_few [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Trains on 600 images with adaptive augmentation and without, three seeds each.\n"
    BENCH_OPTIONS
    "  --quick       20 steps, as a smoke test\n"
    "GAN_DATA_DIR has Fashion-MNIST, GAN_CLASSIFIER is a file of fashion_classifier.\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    const uint64_t seed = garments_first_seed();
    figures *report = begin_report(options.threads);
    gan_dataset *all, *few;
    judge j;

    if (!getenv("GAN_DATA_DIR")) {
        fputs(usage, stderr);
        return 2;
    }
    all = garments_open("train");
    MUST(gan_dataset_create_range(&few, all, 0, FEW, NULL));
    j = open_judge(few, options.threads, usage);
    for (uint64_t i = seed; i < seed + SEEDS; i++)
        for (int augmented = 0; augmented < 2; augmented++)
            train(&j, few, i, augmented, options.threads, report);
    close_judge(&j);
    gan_dataset_destroy(few);
    gan_dataset_destroy(all);
    end_report(report, &options);
    return 0;
}
