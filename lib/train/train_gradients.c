/* train_gradients.c - a half step up to its gradients: those of each micro-batch or shard are
 * computed, and added up over the ranks of the run.  The head of train.c has the call tree. */
#include "train/train_half_internal.h"

#include "base/digest_internal.h"
#include "base/status_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <string.h>

/* ---- a micro-batch ---- */

static void add_penalties(const gan__half_step *half)
{
    gan_trainer *t = half->trainer;
    const gan__penalty_rows rows = {.pass = t->discriminator.pass,
                                    .n = half->rows,
                                    .share = (double)half->rows / (double)half->count,
                                    .augment = &t->augment,
                                    .real = half->begin,
                                    .fake = half->count + half->begin};

    for (size_t i = 0; i < GAN__PENALTIES; i++) gan__penalty_add(t->penalties[i], t->pool, &rows);
}

/* Skip a shard that another rank computes: random numbers advance as if it had been computed
 * here. */
static void pass_over(const gan__half_step *half)
{
    for (size_t i = 0; i < GAN__PENALTIES && gan__half_is_d(half); i++)
        gan__penalty_pass_over(half->trainer->penalties[i], half->rows);
}

/* The loss of a shard, whose rows begin at `row` of those that run at once. */
typedef gan_status loss_fn(gan__half_step *half, size_t row);

static gan_status loss_of_each(gan__half_step *half, loss_fn *loss)
{
    gan_status status = GAN_OK;
    gan__shards *shards = half->trainer->shards;
    const size_t first = half->shard, n = half->n_shards, begin = half->begin;

    for (size_t i = first; i < first + n; i++) {
        gan__half_set_rows(half, i, 1);
        gan__shards_open(shards);
        GAN_TRY(loss(half, half->begin - begin));
        gan__shards_close(shards, i);
    }

cleanup:
    gan__half_set_rows(half, first, n);
    return status;
}

static gan_status discriminator_loss(gan__half_step *half, size_t row)
{
    gan_status status = GAN_OK;
    const gan_trainer_desc *d = &half->trainer->desc;
    const double r = d->real_target, f = d->fake_target;
    const double share = d->auxiliary_real_only ? 1 : 0.5; /* of the real samples' classes */
    const size_t fakes = half->first + row;
    gan_objective_rows real = gan__half_rows(half, row, half->rows, half->begin, r, f);
    gan_objective_rows fake =
        gan__half_rows(half, fakes, half->rows, half->count + half->begin, f, r);

    GAN_TRY(gan__half_loss(half, &real, &fake));
    gan__half_regularize(half, &real, &fake);
    half->real_class_right += gan__half_class_loss(half, row, share);
    half->fake_class_right += gan__half_class_loss(half, fakes, 1 - share);

cleanup:
    return status;
}

static void discriminator_backward(gan__half_step *half)
{
    gan_trainer *t = half->trainer;

    gan__pass_cut(t->discriminator.pass, gan__shards_cut(t->shards, half->count, half->first));
    gan__pass_backward(t->discriminator.pass, t->pool, GAN__PASS_WEIGHTS);
    gan__half_book(half, GAN__STEP_D_BACKWARD);
    /* Else it would overwrite the outputs by which the first layer that isn't finite is found. */
    if (isfinite(half->loss))
        add_penalties(half);
    else if (t->shards)
        pass_over(half);
    gan__half_book(half, GAN__STEP_PENALTY);
}

static gan_status generator_loss(gan__half_step *half, size_t row)
{
    gan_status status = GAN_OK;
    gan_objective_rows real = gan__half_rows(half, 0, half->first, 0, 0, 0);
    gan_objective_rows fake = gan__half_rows(half, half->first + row, half->rows, 0, 1, 1);

    GAN_TRY(gan__half_loss(half, &real, &fake));
    (void)gan__half_class_loss(half, half->first + row, 1);

cleanup:
    return status;
}

static void generator_backward(gan__half_step *half)
{
    gan_trainer *t = half->trainer;

    gan__pass_cut(t->generator.pass, gan__shards_cut(t->shards, half->count, 0));
    gan__pass_backward(t->discriminator.pass, t->pool, GAN__PASS_INPUT);
    if (gan__half_fakes_apart(t)) gan__half_return_gradients(half);
    gan__half_book(half, GAN__STEP_D_BACKWARD);
    gan__pass_backward(t->generator.pass, t->pool,
                       GAN__PASS_WEIGHTS | (gan__half_fakes_apart(t) ? 0 : GAN__PASS_GO_ON));
    gan__half_book(half, GAN__STEP_G_BACKWARD);
}

/* ---- a batch: its micro-batches, or this rank's shards ---- */

/* Advance to new random numbers in what depends on the layers. */
static void advance_layers(gan_trainer *t)
{
    gan__pass_advance(t->generator.pass);
    gan__pass_advance(t->discriminator.pass);
}

/* The addresses where a half adds up the figures of its micro-batches; return how many. */
static size_t figures_of(gan__half_step *half, double **out)
{
    gan_trainer *t = half->trainer;
    double *const of_both[] = {
        &half->loss,       &half->d_real,     &half->d_fake,           &half->real_right,
        &half->fake_right, &half->class_loss, &half->real_class_right, &half->fake_class_right};
    double *const of_d[] = {&t->lecam.sums[0], &t->lecam.sums[1], &t->lecam.value,
                            &t->consistency.value};
    size_t n = sizeof of_both / sizeof *of_both;

    memcpy(out, of_both, sizeof of_both);
    if (!gan__half_is_d(half)) return n;
    memcpy(out + n, of_d, sizeof of_d);
    n += sizeof of_d / sizeof *of_d;
    for (size_t i = 0; i < GAN__PENALTIES; i++) n += gan__penalty_figures(t->penalties[i], out + n);
    return n;
}

/* A digest of what has to be the same on all ranks of a run. */
static uint64_t digest_of(const gan__half_step *half)
{
    const gan_trainer *t = half->trainer;
    const double lr = half->player ? gan_optimizer_lr(half->player->opt) : 0;
    uint64_t digest = GAN__DIGEST_EMPTY;
    uint64_t words[] = {half->which,
                        half->count,
                        t->desc.batch_size,
                        t->desc.shards,
                        t->desc.seed,
                        t->generator.net->n_params,
                        t->discriminator.net->n_params,
                        t->stats.d_steps,
                        t->stats.g_steps,
                        t->noise_position,
                        0};

    memcpy(&words[sizeof words / sizeof *words - 1], &lr, sizeof lr);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        digest = gan__digest_add(digest, words[i]);
    return digest ^ digest >> 32;
}

/* Packed and transformed weights are reused by the next micro-batch, unless another pass has used
 * their memory. */
static void hold_weights(gan_trainer *t, int held)
{
    if (held && (t->penalties[0] || t->desc.activations == GAN_ACTIVATIONS_RECOMPUTE)) return;
    gan__pass_hold(t->generator.pass, held);
    gan__pass_hold(t->discriminator.pass, held);
}

/* A micro-batch or shard; `before` is how many of them this rank has computed. */
static gan_status one_part(gan__half_step *half, size_t before)
{
    gan_status status = GAN_OK;
    gan_trainer *t = half->trainer;
    const int is_d = gan__half_is_d(half);

    if (before > 0) hold_weights(t, 1);
    gan__learner_begin_part(half->player, before);
    gan__half_forward(half);
    GAN_TRY(loss_of_each(half, is_d ? discriminator_loss : generator_loss));
    if (is_d)
        discriminator_backward(half);
    else
        generator_backward(half);
    gan__pass_settle(half->player->pass, 0);
    gan__learner_gather(half->player, t->pool, before);
    gan__shards_close(t->shards,
                      half->shard + half->n_shards - 1); /* penalties have figures, too */

cleanup:
    if (status != GAN_OK) hold_weights(t, 0);
    return status;
}

/* All micro-batches, or this rank's shards.  Between them buffers are updated and the layers'
 * random numbers advance as between steps; with shards they advance to the end even when one has
 * failed, as they do on other ranks. */
static gan_status all_parts(gan__half_step *half)
{
    gan_status status = GAN_OK;
    gan_trainer *t = half->trainer;
    const size_t parts = gan__trainer_parts(t, half->count);
    const size_t at_once = gan__shards_at_once(t->shards, half->count);
    size_t n = 0;

    gan__learner_keep(half->player);
    for (size_t i = 0; i < parts; i += at_once) {
        const int own = gan__shards_own(t->shards, i);

        gan__half_set_rows(half, i, at_once);
        if (own && status == GAN_OK) status = one_part(half, n++);
        if (status != GAN_OK && !t->shards) return status;
        if (!own || status != GAN_OK) pass_over(half);
        if (i + at_once < parts) advance_layers(t);
    }
    return status;
}

gan_status gan__half_gradients(gan__half_step *half)
{
    gan_status status = GAN_OK;
    gan_trainer *t = half->trainer;
    double *figures[GAN__MOST_FIGURES];
    const size_t n = figures_of(half, figures);
    const double factor = gan__shards_factor(t->shards, half->count);

    gan__shards_begin(t->shards, figures, n);
    status = all_parts(half);
    GAN_TRY(gan__shards_join(t->shards, status, digest_of(half)));
    for (size_t i = 0; i < n; i++) *figures[i] *= factor;
    gan__learner_begin_join(half->player, &t->step_ranks);
    gan__half_generate_ahead(half);
    GAN_TRY(gan__learner_join(half->player, t->pool, factor));

cleanup:
    return status;
}
