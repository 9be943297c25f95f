/* train.c - the adversarial step.
 *
 * A half of a step is a sequence of jobs for the pool: lay down noise and real samples, both
 * networks forward, the loss, backward, the optimizer.  What the tasks of a job add up is added in
 * their order, so the number of threads doesn't show. */
#include "train/train_internal.h"

#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { INPUT_TILES = 4 }; /* tasks that lay down noise and real samples */

/* ---- the clock ---- */

void gan__trainer_set_profile(gan_trainer *t, gan__step_profile *profile)
{
    t->profile = profile;
}

static double start_clock(const gan_trainer *t)
{
    struct timespec now = {0, 0};

    if (t->profile) clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Book the time since `*since` to a stage and start anew. */
static void book(gan_trainer *t, gan__step_stage stage, double *since)
{
    const double now = start_clock(t);

    if (t->profile) t->profile->seconds[stage] += now - *since;
    *since = now;
}

/* ---- the jobs ---- */

/* A half of a step, and the part of its batch that is being worked on. */
typedef struct half_step {
    gan_trainer *t;
    gan__learner *player; /* whose step it is */
    const float *real;    /* n real samples: the discriminator's step only */
    const float *z;       /* n latent vectors; NULL: drawn */
    const uint8_t *real_labels;
    const uint8_t *labels; /* of the generated samples; NULL: drawn */
    size_t n;
    size_t begin, rows; /* the samples of the micro-batch */
    size_t first;       /* the row that its generated ones begin in */
    double clock;
    double loss; /* means over the whole batch, when it's done */
    double d_real, d_fake, real_right, fake_right;
    double class_loss, real_class_right, fake_class_right;
} half_step;

static void show_labels(gan__pass *pass, const uint8_t *labels, size_t first, size_t rows)
{
    uint8_t *to = gan__pass_labels(pass, first);

    if (to) memcpy(to, labels + first, rows * sizeof *to);
}

/* Lay labels down for the rows of both networks.  Those of the real samples stay, for a relative
 * loss in the generator's step. */
static void lay_labels(const half_step *s)
{
    const gan_trainer *t = s->t;

    if (t->n_classes == 0) return;
    if (s->real) memcpy(t->labels, s->real_labels + s->begin, s->rows);
    if (s->labels)
        memcpy(t->labels + s->first, s->labels + s->begin, s->rows);
    else
        gan__rng_labels(t->desc.seed, GAN__STREAM_CLASS, t->class_position + s->begin, t->n_classes,
                        t->class_weights, s->rows, t->labels + s->first);
    show_labels(t->g.pass, t->labels, s->first, s->rows);
    show_labels(t->d.pass, t->labels, 0, s->first + s->rows);
}

static void lay_latent(const half_step *s, size_t row, size_t rows)
{
    const gan_trainer *t = s->t;
    const size_t n = rows * t->latent;
    const size_t at = (s->begin + row) * t->latent;
    float *z = gan__pass_input(t->g.pass, s->first + row);

    if (s->z)
        memcpy(z, s->z + at, n * sizeof *z);
    else
        gan__trainer_draw(t, GAN__STREAM_NOISE, t->noise_position + at, n, z);
}

/* The standard deviation of instance noise in this step. */
static double noise_level(const gan_trainer *t)
{
    const double steps = (double)t->desc.instance_noise_steps;
    const double way = steps > 0 ? (double)t->stats.d_steps / steps : 0;

    return way < 1 ? t->desc.instance_noise * (1 - way) : 0;
}

/* Lay samples in the discriminator's input, from `row` on; they are the step's number `index` and
 * following, which says what noise they get. */
static void lay_samples(const half_step *s, size_t row, size_t index, size_t rows,
                        const float *samples)
{
    const gan_trainer *t = s->t;
    const double level = noise_level(t);
    const size_t n = rows * t->sample;
    float *to = gan__pass_input(t->d.pass, row);

    if (!(level > 0)) {
        memcpy(to, samples, n * sizeof *to);
        return;
    }
    gan__rng_normal(t->desc.seed, GAN__STREAM_INSTANCE, t->instance_position + index * t->sample, n,
                    to);
    gan__simd_best()->scale(n, (float)level, to, to);
    gan__simd_best()->axpy(n, 1, samples, to);
}

static void lay_input(void *context, size_t task, size_t worker)
{
    const half_step *s = context;
    const size_t row = s->rows * task / INPUT_TILES;
    const size_t rows = s->rows * (task + 1) / INPUT_TILES - row;
    const size_t index = s->begin + row;

    (void)worker;
    lay_latent(s, row, rows);
    if (s->real) lay_samples(s, row, index, rows, s->real + index * s->t->sample);
}

/* The same for generated samples, where the discriminator doesn't look at the generator's own. */
static void lay_fakes(void *context, size_t task, size_t worker)
{
    const half_step *s = context;
    const size_t row = s->rows * task / INPUT_TILES;
    const size_t rows = s->rows * (task + 1) / INPUT_TILES - row;

    (void)worker;
    lay_samples(s, s->first + row, (s->real ? s->n : 0) + s->begin + row, rows,
                gan__pass_output(s->t->g.pass, s->first + row));
}

static int fakes_apart(const gan_trainer *t)
{
    return t->desc.instance_noise > 0;
}

/* Samples on the table, and the discriminator's verdicts.  It sees real and generated ones at once
 * in its own step.  In the generator's, a relative loss wants verdicts on the real ones too, but
 * nothing goes back through them. */
static void forward(half_step *s)
{
    gan_trainer *t = s->t;

    s->clock = start_clock(t);
    lay_labels(s);
    gan__pool_run(t->pool, lay_input, s, INPUT_TILES);
    book(t, GAN__STEP_INPUT, &s->clock);
    gan__pass_forward(t->g.pass, t->pool, s->first, s->rows, s->rows);
    if (fakes_apart(t)) gan__pool_run(t->pool, lay_fakes, s, INPUT_TILES);
    book(t, GAN__STEP_G_FORWARD, &s->clock);
    if (s->real) {
        gan__pass_forward(t->d.pass, t->pool, 0, s->first + s->rows, s->rows);
    } else {
        if (s->first > 0) gan__pass_forward(t->d.pass, t->pool, 0, s->first, s->first);
        gan__pass_forward(t->d.pass, t->pool, s->first, s->rows, s->rows);
    }
    book(t, GAN__STEP_D_FORWARD, &s->clock);
}

/* ---- the verdicts ---- */

/* Numbers that the discriminator puts out for a sample: the verdict, and perhaps class logits. */
static size_t outputs_of(const gan_trainer *t)
{
    return t->desc.auxiliary_weight > 0 ? 1 + t->n_classes : 1;
}

/* The discriminator's on n rows from `first` on, which are to be `target`, or `other` where a label
 * is flipped; for that the samples count from `index` on. */
static gan__loss_side verdicts(const half_step *s, size_t first, size_t n, size_t index,
                               double target, double other)
{
    const gan_trainer *t = s->t;
    const gan_trainer_desc *d = &t->desc;
    const double flip = s->real ? d->label_flip : 0;

    for (size_t i = 0; i < n; i++) {
        const uint64_t at = t->flip_position + index + i;
        float u = 1;

        if (flip > 0) gan__rng_uniform(d->seed, GAN__STREAM_LABEL, at, 1, &u);
        t->targets[first + i] = (double)u < flip ? other : target;
    }
    return (gan__loss_side){.logits = gan__pass_output(t->d.pass, first),
                            .targets = t->targets + first,
                            .grad = gan__pass_output_grad(t->d.pass, first),
                            .n = n,
                            .stride = outputs_of(t),
                            .share = (double)s->rows / (double)s->n,
                            .boundary =
                                t->loss->at_target ? 0.5 * (d->real_target + d->fake_target) : 0};
}

static double mean(double sum, const gan__loss_side *side)
{
    return side->n > 0 ? sum / (double)side->n * side->share : 0;
}

static void judge(half_step *s, gan__loss_term_fn *term, gan__loss_side *real, gan__loss_side *fake)
{
    gan__loss_judge(s->t->loss, term, real, fake);
    s->loss += mean(real->loss, real) + mean(fake->loss, fake);
    s->d_real += mean(real->shown, real);
    s->d_fake += mean(fake->shown, fake);
    s->real_right += mean(real->above, real);
    s->fake_right += mean(fake->below, fake);
    book(s->t, GAN__STEP_LOSS, &s->clock);
}

/* The auxiliary classifier's on the rows of the micro-batch that begin with `first`, which cost
 * `share` of its weight; return which share of the batch is right. */
static double judge_classes(half_step *s, size_t first, double share)
{
    const gan_trainer *t = s->t;
    const uint8_t *labels = t->labels ? t->labels + first : NULL;
    const gan__loss_rows rows = {.logits = gan__pass_output(t->d.pass, first) + 1,
                                 .labels = labels,
                                 .n = s->rows,
                                 .n_classes = t->n_classes,
                                 .stride = outputs_of(t)};
    const double weight = share * t->desc.auxiliary_weight / (double)s->n;
    gan__loss_class_sums sums;

    if (!(t->desc.auxiliary_weight > 0)) return 0;
    sums = gan__loss_cross_entropy(&rows, weight, gan__pass_output_grad(t->d.pass, first) + 1);
    s->class_loss += sums.loss * weight;
    s->loss += sums.loss * weight;
    book(s->t, GAN__STEP_LOSS, &s->clock);
    return sums.correct / (double)s->n;
}

/* ---- a micro-batch, up to the gradients ---- */

static void work_discriminator(half_step *s)
{
    gan_trainer *t = s->t;
    const double r = t->desc.real_target, f = t->desc.fake_target;
    const double share = t->desc.auxiliary_real_only ? 1 : 0.5; /* of the real samples' classes */
    gan__loss_side real, fake;

    s->first = s->rows;
    forward(s);
    real = verdicts(s, 0, s->rows, s->begin, r, f);
    fake = verdicts(s, s->first, s->rows, s->n + s->begin, f, r);
    judge(s, t->loss->d, &real, &fake);
    s->real_class_right += judge_classes(s, 0, share);
    s->fake_class_right += judge_classes(s, s->first, 1 - share);
    gan__pass_backward(t->d.pass, t->pool, GAN__PASS_WEIGHTS);
    book(t, GAN__STEP_D_BACKWARD, &s->clock);
    gan__penalty_add(t->penalty, t->pool, t->d.pass, s->rows, real.share);
    book(t, GAN__STEP_PENALTY, &s->clock);
}

static void work_generator(half_step *s)
{
    gan_trainer *t = s->t;
    gan__loss_side real, fake;

    s->first = t->loss->relative ? (size_t)t->n_real : 0;
    forward(s);
    real = verdicts(s, 0, s->first, 0, 0, 0);
    fake = verdicts(s, s->first, s->rows, 0, 1, 1);
    judge(s, t->loss->g, &real, &fake);
    (void)judge_classes(s, s->first, 1);
    gan__pass_backward(t->d.pass, t->pool, GAN__PASS_INPUT);
    if (fakes_apart(t))
        memcpy(gan__pass_output_grad(t->g.pass, s->first),
               gan__pass_input_grad(t->d.pass, s->first), s->rows * t->sample * sizeof(float));
    book(t, GAN__STEP_D_BACKWARD, &s->clock);
    gan__pass_backward(t->g.pass, t->pool,
                       GAN__PASS_WEIGHTS | (fakes_apart(t) ? 0 : GAN__PASS_GO_ON));
    book(t, GAN__STEP_G_BACKWARD, &s->clock);
}

/* Move on to fresh random numbers for what depends on the layers. */
static void advance_layers(gan_trainer *t)
{
    gan__pass_advance(t->g.pass);
    gan__pass_advance(t->d.pass);
}

/* All micro-batches.  Between them buffers and the layers' random numbers move as they do between
 * steps. */
static void work(half_step *s, void (*part)(half_step *))
{
    gan_trainer *t = s->t;
    const size_t parts = gan__trainer_parts(t, s->n);

    gan__learner_keep(s->player);
    for (size_t i = 0; i < parts; i++) {
        s->begin = s->n * i / parts;
        s->rows = s->n * (i + 1) / parts - s->begin;
        part(s);
        gan__learner_gather(s->player, t->pool, i == 0);
        gan__pass_settle(s->player->pass, 0);
        if (i + 1 < parts) advance_layers(t);
    }
}

/* ---- the update ---- */

static gan_status check_weights(const gan_trainer *t)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__network_check_finite(t->g.net, t->g.net->params, "weights of the generator"));
    GAN_TRY(gan__network_check_finite(t->d.net, t->d.net->params, "weights of the discriminator"));

cleanup:
    return status;
}

static gan_status not_finite(const half_step *s)
{
    gan_status status = GAN_OK;
    const gan__learner_data real = {"real sample", s->real, s->real ? s->n : 0, s->t->sample};
    const gan__learner *const chain[] = {&s->t->g, &s->t->d, NULL};

    GAN_TRY(check_weights(s->t));
    status = gan__learner_not_finite(s->player, chain, &real, s->loss);

cleanup:
    return status;
}

/* Move on to fresh random numbers: those of a step belong to it alone. */
static void advance(const half_step *s)
{
    gan_trainer *t = s->t;
    const size_t seen = s->real ? 2 * s->n : s->n;

    if (!s->z) t->noise_position += s->n * t->latent;
    if (!s->labels && t->n_classes > 0) t->class_position += s->n;
    if (s->real && t->desc.label_flip > 0) t->flip_position += seen;
    if (fakes_apart(t)) t->instance_position += seen * t->sample;
    if (s->real) gan__penalty_advance(t->penalty);
    advance_layers(t);
}

/* Let the optimizer have the gradients, unless that would do harm.  Only then is the step one that
 * counts. */
static gan_status update(half_step *s, double *norm)
{
    gan_status status = GAN_OK;

    *norm = gan__learner_norm(s->player);
    if (!isfinite(s->loss) || !isfinite(*norm)) GAN_TRY(not_finite(s));
    GAN_TRY(gan__learner_update(s->player, s->t->pool, *norm));
    advance(s);
    book(s->t, GAN__STEP_UPDATE, &s->clock);

cleanup:
    return status;
}

/* ---- the steps ---- */

static gan_status check_call(const gan_trainer *t, const gan_train_stats *stats)
{
    if (!t) return gan__fail_null(GAN__TRAINER, 1, "trainer: is NULL");
    return gan__record_check(stats, sizeof(gan_train_stats), "train stats");
}

static gan_status check_count(const gan_trainer *t, size_t n)
{
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "trainer: a batch of 0 samples");
    if (n > t->desc.batch_size)
        return gan__fail(GAN_ERR_SHAPE, "trainer: a batch of %zu samples, made for at most %zu", n,
                         t->desc.batch_size);
    return gan__trainer_check_rows(t, n);
}

static gan_status check_batch(const gan_trainer *t, const gan_batch *batch)
{
    gan_status status = GAN_OK;

    if (!batch || !batch->samples)
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL",
                         batch ? "batch->samples" : "the batch");
    GAN_TRY(check_count(t, batch->count));
    if (gan_shape_size(batch->shape) != t->sample)
        return gan__fail(GAN_ERR_SHAPE, "trainer: samples are %s, the discriminator wants %s",
                         gan__shape_text_of(batch->shape).text,
                         gan__shape_text_of(t->d.net->input).text);

cleanup:
    return status;
}

static gan_status check_real_labels(const gan_trainer *t, const gan_batch *batch)
{
    if (t->n_classes == 0) return GAN_OK;
    if (!batch->labels)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: a batch of %zu samples without labels, of which there are %zu "
                         "classes",
                         batch->count, t->n_classes);
    return gan__labels_check(batch->labels, batch->count, t->n_classes, "trainer, batch");
}

static gan_status check_labels(const gan_trainer *t, const uint8_t *labels, size_t n)
{
    if (!labels) return GAN_OK;
    if (t->n_classes == 0)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: labels of %zu generated samples, where nothing looks at them",
                         n);
    return gan__labels_check(labels, n, t->n_classes, "trainer, generated samples");
}

/* A relative loss of the generator's needs real samples on the table. */
static gan_status check_real(const gan_trainer *t)
{
    if (!t->loss->relative || t->n_real > 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "trainer: the loss %s compares with the real samples of the latest "
                     "discriminator's step, and there is none",
                     t->loss->name);
}

static gan_status step_discriminator(half_step *s)
{
    gan_status status = GAN_OK;
    gan_train_stats *x = &s->t->stats;
    double norm;

    s->t->n_real = 0; /* what was there is overwritten */
    gan__penalty_begin(s->t->penalty, x->d_steps);
    work(s, work_discriminator);
    GAN_TRY(update(s, &norm));
    s->t->n_real = s->rows;
    x->d_steps++;
    x->d_loss = s->loss;
    x->d_real = s->d_real;
    x->d_fake = s->d_fake;
    x->d_real_accuracy = s->real_right;
    x->d_fake_accuracy = s->fake_right;
    x->d_grad_norm = norm;
    x->d_class_loss = s->class_loss;
    x->d_real_class_accuracy = s->real_class_right;
    x->d_fake_class_accuracy = s->fake_class_right;
    gan__penalty_tell(s->t->penalty, &x->penalty, &x->penalty_norm);

cleanup:
    return status;
}

static gan_status step_generator(half_step *s)
{
    gan_status status = GAN_OK;
    gan_train_stats *x = &s->t->stats;
    double norm;

    work(s, work_generator);
    GAN_TRY(update(s, &norm));
    x->g_steps++;
    x->g_loss = s->loss;
    x->g_grad_norm = norm;
    x->g_class_loss = s->class_loss;
    gan__trainer_follow(s->t);

cleanup:
    return status;
}

/* Go on after a step that diverged, if that is wanted and old weights aren't the reason. */
static gan_status skip(const half_step *s, gan_status status)
{
    gan_trainer *t = s->t;
    gan_optimizer *opt = s->player->opt;

    if (t->desc.on_divergence == GAN_DIVERGENCE_STOP || check_weights(t) != GAN_OK) return status;
    advance(s);
    ++*(s->real ? &t->stats.d_skipped : &t->stats.g_skipped);
    if (t->desc.on_divergence == GAN_DIVERGENCE_REDUCE)
        status = gan_optimizer_set_lr(opt, 0.5 * gan_optimizer_lr(opt));
    else
        status = GAN_OK;
    return status;
}

static gan_status run_half(half_step *s, gan_status (*step)(half_step *), gan_train_stats *stats)
{
    gan_trainer *t = s->t;
    const uint64_t g_position = *gan__pass_position(t->g.pass);
    const uint64_t d_position = *gan__pass_position(t->d.pass);
    gan_status status = GAN_OK;
    gan__visit visit;

    GAN_TRY(gan__pool_enter(t->pool, &visit));
    status = step(s);
    if (status == GAN_ERR_NONFINITE) {
        gan__learner_put_back(s->player);
        *gan__pass_position(t->g.pass) = g_position;
        *gan__pass_position(t->d.pass) = d_position;
        status = skip(s, status);
    }
    gan__pool_leave(&visit);
    if (status == GAN_OK) gan__record_write(stats, &t->stats, sizeof t->stats);

cleanup:
    return status;
}

gan_status gan_train_discriminator_step(gan_trainer *t, const gan_batch *batch, const float *z,
                                        const uint8_t *labels, gan_train_stats *stats)
{
    gan_status status = GAN_OK;
    half_step s = {.t = t, .z = z, .labels = labels};

    GAN_TRY(check_call(t, stats));
    GAN_TRY(check_batch(t, batch));
    GAN_TRY(check_real_labels(t, batch));
    GAN_TRY(check_labels(t, labels, batch->count));
    s.player = &t->d;
    s.real = batch->samples;
    s.real_labels = batch->labels;
    s.n = batch->count;
    status = run_half(&s, step_discriminator, stats);

cleanup:
    return status;
}

gan_status gan_train_generator_step(gan_trainer *t, size_t n, const float *z, const uint8_t *labels,
                                    gan_train_stats *stats)
{
    gan_status status = GAN_OK;
    half_step s = {.t = t, .z = z, .labels = labels, .n = n};

    GAN_TRY(check_call(t, stats));
    GAN_TRY(check_count(t, n));
    GAN_TRY(check_labels(t, labels, n));
    GAN_TRY(check_real(t));
    s.player = &t->g;
    status = run_half(&s, step_generator, stats);

cleanup:
    return status;
}

gan_status gan_train_step(gan_trainer *t, const gan_batch *batch, gan_train_stats *stats)
{
    gan_status status = GAN_OK;
    const uint64_t before = t ? t->stats.d_steps : 0;

    GAN_TRY(gan_train_discriminator_step(t, batch, NULL, NULL, stats));
    if (t->stats.d_steps > before && t->stats.d_steps % t->desc.d_steps_per_g == 0)
        GAN_TRY(gan_train_generator_step(t, batch->count, NULL, NULL, stats));

cleanup:
    return status;
}

/* ---- in a checkpoint ---- */

/* What a relative loss looks at again in the generator's step.  Rows behind them are of no use. */
static void real_samples_state(gan_trainer *t, gan__state *s)
{
    const size_t rows = t->desc.micro_batch;
    float *samples = gan__pass_input(t->d.pass, 0);
    const size_t used = (size_t)t->n_real * t->sample;

    memset(samples + used, 0, (rows * t->sample - used) * sizeof *samples);
    gan__state_count(s, "real_samples_count", &t->n_real, rows);
    if (t->n_classes > 0) {
        memset(t->labels + t->n_real, 0, rows - (size_t)t->n_real);
        gan__state_labels(s, "real_labels", t->labels, rows, (uint8_t)(t->n_classes - 1));
    }
    gan__state_tensor(s, &(gan_tensor){"real_samples", gan_shape_2d(rows, t->sample),
                                       rows * t->sample, samples, 0});
}

void gan__trainer_state(gan_trainer *t, gan__state *s)
{
    gan_train_stats *x = &t->stats;
    const double least = t->loss->raw ? -HUGE_VAL : 0; /* of D(x): a probability, or not */

    gan__trainer_settings_state(t, s);
    gan__state_whole(s, "noise_position", &t->noise_position);
    gan__state_whole(s, "generator_random_position", gan__pass_position(t->g.pass));
    gan__state_whole(s, "discriminator_random_position", gan__pass_position(t->d.pass));
    if (t->desc.label_flip > 0) gan__state_whole(s, "flip_position", &t->flip_position);
    if (fakes_apart(t)) gan__state_whole(s, "instance_position", &t->instance_position);
    if (t->n_classes > 0) gan__state_whole(s, "class_position", &t->class_position);
    gan__state_whole(s, "d_steps", &x->d_steps);
    gan__state_whole(s, "g_steps", &x->g_steps);
    gan__state_real(s, "d_loss", &x->d_loss, -HUGE_VAL);
    gan__state_real(s, "g_loss", &x->g_loss, -HUGE_VAL);
    gan__state_real(s, "d_real", &x->d_real, least);
    gan__state_real(s, "d_fake", &x->d_fake, least);
    gan__state_real(s, "d_real_accuracy", &x->d_real_accuracy, 0);
    gan__state_real(s, "d_fake_accuracy", &x->d_fake_accuracy, 0);
    gan__state_real(s, "d_grad_norm", &x->d_grad_norm, 0);
    gan__state_real(s, "g_grad_norm", &x->g_grad_norm, 0);
    if (t->desc.on_divergence != GAN_DIVERGENCE_STOP) {
        gan__state_whole(s, "d_skipped", &x->d_skipped);
        gan__state_whole(s, "g_skipped", &x->g_skipped);
    }
    if (t->loss->relative) real_samples_state(t, s);
    gan__trainer_average_state(t, s);
    gan__penalty_state(t->penalty, s);
    if (t->penalty) gan__state_real(s, "penalty_value", &x->penalty, 0);
    if (t->penalty) gan__state_real(s, "penalty_norm", &x->penalty_norm, 0);
    if (t->desc.auxiliary_weight > 0) {
        gan__state_real(s, "d_class_loss", &x->d_class_loss, 0);
        gan__state_real(s, "g_class_loss", &x->g_class_loss, 0);
        gan__state_real(s, "d_real_class_accuracy", &x->d_real_class_accuracy, 0);
        gan__state_real(s, "d_fake_class_accuracy", &x->d_fake_class_accuracy, 0);
    }
}

gan__trainer_player gan__trainer_player_of(const gan_trainer *t, size_t which)
{
    const gan__learner *p = which == 0 ? &t->g : &t->d;

    return (gan__trainer_player){p->name, p->net, p->opt};
}

const gan_allocator *gan__trainer_allocator(const gan_trainer *t)
{
    return &t->allocator;
}
