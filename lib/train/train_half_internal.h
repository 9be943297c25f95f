/* train_half_internal.h - a half of a step, the discriminator's or the generator's, while it runs:
 * the state that train.c, train_gradients.c, train_input.c and train_loss.c share. */
#ifndef GAN_TRAIN_HALF_INTERNAL_H
#define GAN_TRAIN_HALF_INTERNAL_H

#include "train/train_internal.h"

/* It processes a micro-batch at a time, or one or several shards: rows `begin` and following of the
 * batch. */
typedef struct gan__half_step {
    gan_trainer *trainer;
    gan_half which;
    gan__learner *player; /* the network that is trained, with its optimizer */
    const float *real;    /* `count` real samples; NULL: in the generator's half, those of the
                             latest discriminator's step, if any are looked at */
    const float *latent;  /* `count` latent vectors; NULL: drawn */
    gan__label_list real_labels;
    gan__label_list labels; /* of the generated samples; none: drawn */
    size_t count;           /* samples of the batch */
    size_t begin, rows;     /* those of the micro-batch */
    size_t shard, n_shards; /* which shards these are; 1 of a micro-batch */
    size_t first;           /* the row of the passes in which its generated samples begin */
    struct gan__half_step
        *next;        /* of the discriminator's: the generator's that follows, if known */
    int is_generated; /* the generator has run for its next rows */
    double clock;     /* when the present stage began */
    double loss;      /* this and what follows: means over the batch, once it is done */
    double d_real, d_fake, real_right, fake_right;
    double class_loss, real_class_right, fake_class_right;
} gan__half_step;

/* Check the arguments of a half: GAN_ERR_INVALID, GAN_ERR_SHAPE.  Of a batch in shards a rank
 * checks its own rows. */
gan_status gan__trainer_check_batch(const gan_trainer *trainer, const gan_batch *batch);
gan_status gan__trainer_check_discriminator(const gan_trainer *trainer, const gan_batch *batch,
                                            gan__label_list labels);
gan_status gan__trainer_check_generator(const gan_trainer *trainer, size_t n,
                                        const gan_batch *batch, gan__label_list labels);

/* Compute the gradients of the half's network on the whole batch, in its learner, and the figures of
 * the half: all micro-batches, or this rank's shards and then the sum over the ranks.  A failure of
 * the objective, or of any rank. */
gan_status gan__half_gradients(gan__half_step *half);

/* Input and forward passes: latent vectors, labels and real samples are written into the passes,
 * the generator computes its samples, the discriminator its outputs for all of them. */
void gan__half_forward(gan__half_step *half);

/* The first part of that, which depends on the generator alone; gan__half_forward() leaves it out
 * then. */
void gan__half_generate(gan__half_step *half);

/* The rows of `n_shards` shards, or of a micro-batch. */
static inline void gan__half_set_rows(gan__half_step *half, size_t shard, size_t n_shards)
{
    const size_t parts = gan__trainer_parts(half->trainer, half->count);

    half->shard = shard;
    half->n_shards = n_shards;
    half->begin = half->count * shard / parts;
    half->rows = half->count * (shard + n_shards) / parts - half->begin;
}

/* Move on to fresh random numbers for generated samples, and their labels; in the generator for one
 * micro-batch. */
void gan__half_advance_generated(const gan__half_step *half);

/* In the discriminator's half, whose gradients are being added up over the ranks: while they are,
 * let the generator run for the half that follows, if that is known and all that it depends on. */
void gan__half_generate_ahead(gan__half_step *half);

/* Whether it is the discriminator's half. */
static inline int gan__half_is_d(const gan__half_step *half)
{
    return half->which == GAN_HALF_DISCRIMINATOR;
}

/* Whether generated samples are copied for the discriminator because they are augmented or noise is
 * added; else it reads the generator's output in place.  And the way of gradients from the copies
 * back to the generator. */
int gan__half_fakes_apart(const gan_trainer *trainer);
void gan__half_return_gradients(gan__half_step *half);

/* Real and generated samples of a micro-batch: the objective on the discriminator's outputs, which
 * leaves the gradients with respect to these outputs in its pass.  `target` of the rows from
 * `first` on, or where a label is flipped, `other`; a flip is drawn for the samples `index` and
 * following.  Returns the objective's status, and GAN_ERR_INVALID when its figures are out of
 * range. */
gan_objective_rows gan__half_rows(const gan__half_step *half, size_t first, size_t n, size_t index,
                                  double target, double other);
gan_status gan__half_loss(gan__half_step *half, gan_objective_rows *real, gan_objective_rows *fake);

/* In the discriminator's half, after that: add the regularisation of its outputs. */
void gan__half_regularize(gan__half_step *half, gan_objective_rows *real, gan_objective_rows *fake);

/* The number of the discriminator's outputs for a sample: the objective's, and with an auxiliary
 * classifier the class logits. */
size_t gan__half_outputs(const gan_trainer *trainer);

/* The auxiliary classifier's loss on the rows from `first` on, times `share` of its weight; return
 * the fraction of the batch that it classifies correctly. */
double gan__half_class_loss(gan__half_step *half, size_t first, double share);

/* Add the time since the previous stage to a stage of the profile, if there is one; and begin. */
void gan__half_book(gan__half_step *half, gan__step_stage stage);
void gan__half_start_clock(gan__half_step *half);

#endif
