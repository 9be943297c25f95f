/* train_input.c - the input of a half of a step, and the forward passes of both networks. */
#include "train/train_half_internal.h"

#include "base/labels_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "network/pass_internal.h"

#include <string.h>

enum { INPUT_TILES = 4 }; /* tasks that write latent vectors and samples into the passes */

static void copy_labels(gan__pass *pass, const uint16_t *labels, size_t first, size_t rows)
{
    uint16_t *to = gan__pass_labels(pass, first);

    if (to) memcpy(to, labels + first, rows * sizeof *to);
}

/* Rows that are repeated, augmented, after the others, for consistency regularisation. */
static size_t augmented_rows(const gan__half_step *half)
{
    return gan__half_is_d(half) ? gan__consistency_rows(&half->trainer->consistency) * half->rows
                                : 0;
}

/* Write the labels of the rows of both networks.  Those of the real samples stay, for a relative
 * loss in the generator's step. */
static void write_labels(const gan__half_step *half)
{
    const gan_trainer *t = half->trainer;

    if (t->n_classes == 0) return;
    if (half->real)
        gan__labels_copy(t->labels, gan__label_list_from(half->real_labels, half->begin),
                         half->rows);
    if (gan__labels_given(half->labels))
        gan__labels_copy(t->labels + half->first, gan__label_list_from(half->labels, half->begin),
                         half->rows);
    else
        gan__rng_labels(t->desc.seed, GAN__STREAM_CLASS, t->class_position + half->begin,
                        t->n_classes, t->class_weights, half->rows, t->labels + half->first);
    for (size_t i = 0; t->byte_labels && i < half->first + half->rows; i++)
        t->byte_labels[i] = (uint8_t)t->labels[i];
    copy_labels(t->generator.pass, t->labels, half->first, half->rows);
    copy_labels(t->discriminator.pass, t->labels, 0, half->first + half->rows);
    if (augmented_rows(half) > 0 && gan__pass_labels(t->discriminator.pass, 0))
        memcpy(gan__pass_labels(t->discriminator.pass, half->first + half->rows), t->labels,
               augmented_rows(half) * sizeof *t->labels);
}

static void write_latent(const gan__half_step *half, size_t row, size_t rows)
{
    const gan_trainer *t = half->trainer;
    const size_t n = rows * t->latent;
    const size_t at = (half->begin + row) * t->latent;
    float *z = gan__pass_input(t->generator.pass, half->first + row);

    if (half->latent)
        memcpy(z, half->latent + at, n * sizeof *z);
    else
        gan__trainer_draw(t, GAN__STREAM_NOISE, t->noise_position + at, n, z);
}

/* The standard deviation of instance noise in this step. */
static double noise_level(const gan_trainer *t)
{
    const double steps = (double)t->desc.instance_noise_steps;
    const double way = steps > 0 ? (double)t->stats.d_steps / steps : 0;
    const double level = way < 1 ? t->desc.instance_noise * (1 - way) : 0;

    return level * gan__schedule_factor(&t->schedules.instance_noise, t->stats.d_steps);
}

/* Add instance noise, from position `at` of its random stream on. */
static void add_noise(const gan_trainer *t, double level, uint64_t at, size_t n, float *x)
{
    enum { CHUNK = 256 };
    float noise[CHUNK];

    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t take = n - i < CHUNK ? n - i : CHUNK;

        gan__rng_normal(t->desc.seed, GAN__STREAM_INSTANCE, at + i, take, noise);
        gan__simd_best()->axpy(take, (float)level, noise, x + i);
    }
}

/* Copy samples into the discriminator's input, from `row` on, with augmentation and instance noise,
 * if there are any.  They are the step's samples `index` and following. */
static void write_samples(const gan__half_step *half, size_t row, size_t index, size_t rows,
                          const float *samples)
{
    const gan_trainer *t = half->trainer;
    const double level = noise_level(t);
    float *to = gan__pass_input(t->discriminator.pass, row);

    memcpy(to, samples, rows * t->sample * sizeof *to);
    if (gan__augment_is_on(&t->augment))
        for (size_t i = 0; i < rows; i++)
            gan__augment_sample(&t->augment, index + i, to + i * t->sample);
    if (level > 0)
        add_noise(t, level, t->instance_position + index * t->sample, rows * t->sample, to);
}

static void write_input(void *context, size_t task, size_t worker)
{
    const gan__half_step *half = context;
    const size_t row = half->rows * task / INPUT_TILES;
    const size_t rows = half->rows * (task + 1) / INPUT_TILES - row;
    const size_t index = half->begin + row;

    (void)worker;
    write_latent(half, row, rows);
    if (half->real)
        write_samples(half, row, index, rows, half->real + index * half->trainer->sample);
}

/* The index, among the step's samples, of the micro-batch's first generated one. */
static size_t first_generated(const gan__half_step *half)
{
    return (half->real ? half->count : 0) + half->begin;
}

/* The same for generated samples, where the discriminator doesn't read the generator's output in
 * place. */
static void write_generated(void *context, size_t task, size_t worker)
{
    const gan__half_step *half = context;
    const size_t row = half->rows * task / INPUT_TILES;
    const size_t rows = half->rows * (task + 1) / INPUT_TILES - row;

    (void)worker;
    write_samples(half, half->first + row, first_generated(half) + row, rows,
                  gan__pass_output(half->trainer->generator.pass, half->first + row));
}

/* The same again, augmented, as far as consistency regularisation needs it.
 *
 *     rows    0 ..       first ..     first + rows ..
 *             real       generated    real augmented    generated augmented */
static void write_augmented(void *context, size_t task, size_t worker)
{
    const gan__half_step *half = context;
    const gan_trainer *t = half->trainer;
    const size_t n = augmented_rows(half), behind = half->first + half->rows;

    (void)worker;
    for (size_t i = n * task / INPUT_TILES; i < n * (task + 1) / INPUT_TILES; i++) {
        const size_t index =
            i < half->rows ? half->begin + i : first_generated(half) + i - half->rows;
        float *to = gan__pass_input(t->discriminator.pass, behind + i);

        memcpy(to, gan__pass_input(t->discriminator.pass, i), t->sample * sizeof *to);
        gan__augment_sample(&t->consistency.augment, index, to);
    }
}

static void return_gradients(void *context, size_t task, size_t worker)
{
    const gan__half_step *half = context;
    const gan_trainer *t = half->trainer;
    const size_t row = half->rows * task / INPUT_TILES;
    const size_t rows = half->rows * (task + 1) / INPUT_TILES - row;
    float *to = gan__pass_output_grad(t->generator.pass, half->first + row);

    (void)worker;
    memcpy(to, gan__pass_input_grad(t->discriminator.pass, half->first + row),
           rows * t->sample * sizeof *to);
    if (!gan__augment_is_on(&t->augment)) return;
    for (size_t i = 0; i < rows; i++)
        gan__augment_adjoint(&t->augment, first_generated(half) + row + i, to + i * t->sample);
}

void gan__half_return_gradients(gan__half_step *half)
{
    gan__pool_run(half->trainer->pool, return_gradients, half, INPUT_TILES);
}

int gan__half_fakes_apart(const gan_trainer *t)
{
    return t->desc.instance_noise > 0 || gan__augment_is_on(&t->augment) ||
           gan__consistency_rows(&t->consistency) > 0;
}

void gan__half_generate(gan__half_step *half)
{
    gan_trainer *t = half->trainer;

    half->first = half->real ? half->rows : t->objective.relative ? (size_t)t->n_real : 0;
    gan__half_start_clock(half);
    write_labels(half);
    gan__pool_run(t->pool, write_input, half, INPUT_TILES);
    gan__half_book(half, GAN__STEP_INPUT);
    gan__pass_forward(t->generator.pass, t->pool, half->first, half->rows, half->rows);
    gan__half_book(half, GAN__STEP_G_FORWARD);
    half->is_generated = 1;
}

void gan__half_advance_generated(const gan__half_step *half)
{
    gan_trainer *t = half->trainer;

    if (!half->latent) t->noise_position += half->count * t->latent;
    if (!gan__labels_given(half->labels) && t->n_classes > 0) t->class_position += half->count;
    gan__pass_advance(t->generator.pass);
}

/* In its own half the discriminator runs on real and generated samples at once.  In the
 * generator's, a relative loss needs its outputs for the real ones too, but they have no backward
 * pass. */
void gan__half_forward(gan__half_step *half)
{
    gan_trainer *t = half->trainer;

    if (!half->is_generated) gan__half_generate(half);
    half->is_generated = 0;
    gan__half_start_clock(half);
    if (gan__half_fakes_apart(t)) gan__pool_run(t->pool, write_generated, half, INPUT_TILES);
    if (augmented_rows(half) > 0) gan__pool_run(t->pool, write_augmented, half, INPUT_TILES);
    gan__half_book(half, GAN__STEP_G_FORWARD);
    if (gan__half_is_d(half)) {
        gan__pass_forward(t->discriminator.pass, t->pool, 0,
                          half->first + half->rows + augmented_rows(half), half->rows);
    } else {
        if (half->first > 0)
            gan__pass_forward(t->discriminator.pass, t->pool, 0, half->first, half->first);
        gan__pass_forward(t->discriminator.pass, t->pool, half->first, half->rows, half->rows);
    }
    gan__half_book(half, GAN__STEP_D_FORWARD);
}
