/* train.c - the adversarial step.
 *
 * A half of a step is a sequence of jobs for the pool: lay down noise and real samples, both
 * networks forward, the loss, backward, the optimizer.  What the tasks of a job add up is added in
 * their order, so the number of threads doesn't show. */
#include "train_internal.h"

#include "alloc_internal.h"
#include "desc_internal.h"
#include "kernels_internal.h"
#include "learner_internal.h"
#include "loss_internal.h"
#include "network_internal.h"
#include "optimizer_internal.h"
#include "pass_internal.h"
#include "pool_internal.h"
#include "rng_internal.h"
#include "status_internal.h"
#include "tensor_internal.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { INPUT_TILES = 4 }; /* tasks that lay down noise and real samples */

struct gan_trainer {
    gan_allocator allocator;
    gan_trainer_desc desc;
    gan_pool *own_pool;
    gan_pool *pool;
    gan__learner g; /* the two players */
    gan__learner d;
    gan__pass *eval; /* of the generator */
    size_t latent;   /* numbers in a latent vector */
    size_t sample;   /* numbers in a sample */
    uint64_t noise_position;
    gan_train_stats stats;
    gan__step_profile *profile; /* NULL: nobody looks */
};

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

/* ---- making one ---- */

static gan_status check_networks(gan_network *g, gan_network *d)
{
    gan_status status = GAN_OK;

    if (!g || !d)
        return gan__fail(GAN_ERR_INVALID, "trainer: the %s is NULL",
                         g ? "discriminator" : "generator");
    if (g == d)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: generator and discriminator are the same network");
    GAN_TRY(gan_network_build(g));
    GAN_TRY(gan_network_build(d));
    if (gan_shape_size(gan_network_output_shape(g)) != gan_shape_size(d->input))
        return gan__fail(GAN_ERR_SHAPE,
                         "trainer: the discriminator's input is %s, the generator's output %s",
                         gan__shape_text_of(d->input).text,
                         gan__shape_text_of(gan_network_output_shape(g)).text);
    if (gan_shape_size(gan_network_output_shape(d)) != 1)
        return gan__fail(GAN_ERR_SHAPE,
                         "trainer: the discriminator's output must be one number, is %s",
                         gan__shape_text_of(gan_network_output_shape(d)).text);
    if (g->n_params == 0 || d->n_params == 0)
        return gan__fail(GAN_ERR_INVALID, "trainer: the %s has no weights to train",
                         g->n_params == 0 ? "generator" : "discriminator");

cleanup:
    return status;
}

static gan_status check_binding(const gan_optimizer *opt, const gan_network *net, const char *who)
{
    if (opt->n_params == 0 || opt->n_params == net->n_params) return GAN_OK;
    return gan__fail(GAN_ERR_SHAPE,
                     "trainer: the %s has %zu parameters, its optimizer is bound to %zu", who,
                     net->n_params, opt->n_params);
}

static gan_status check_optimizers(gan_network *g, gan_network *d, gan_optimizer *g_opt,
                                   gan_optimizer *d_opt)
{
    gan_status status = GAN_OK;

    if (!g_opt || !d_opt)
        return gan__fail(GAN_ERR_INVALID, "trainer: the %s's optimizer is NULL",
                         g_opt ? "discriminator" : "generator");
    if (g_opt == d_opt)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: one optimizer for both networks; each needs its own");
    GAN_TRY(check_binding(g_opt, g, "generator"));
    GAN_TRY(check_binding(d_opt, d, "discriminator"));
    GAN_TRY(gan_optimizer_bind(g_opt, g->n_params));
    GAN_TRY(gan_optimizer_bind(d_opt, d->n_params));

cleanup:
    return status;
}

static gan_status read_desc(gan_trainer_desc *out, gan_allocator *allocator,
                            const gan_trainer_desc *desc)
{
    gan_status status = GAN_OK;

    *out = (gan_trainer_desc){GAN_TRAINER_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, sizeof *out, desc, "trainer desc"));
    GAN_TRY(gan__alloc_init(allocator, out->allocator));
    if (out->batch_size == 0) out->batch_size = 100;
    if (out->loss != GAN_LOSS_BCE)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: there is no loss %d", (int)out->loss);

cleanup:
    return status;
}

/* The last sigmoid is the loss's business: see loss.h. */
static size_t layers_to_logits(const gan_network *d)
{
    return d->n_layers - (d->layers[d->n_layers - 1].class == &gan__layer_sigmoid);
}

static gan_status check_size(const gan_trainer *t)
{
    const size_t most = (size_t)1 << 24;

    if (t->desc.batch_size > most)
        return gan__fail(GAN_ERR_INVALID, "trainer: batch_size is %zu, at most %zu",
                         t->desc.batch_size, most);
    return GAN_OK;
}

/* Both networks have room for two batches: the discriminator sees real samples and behind them fake
 * ones, at once, and the generator makes these where the discriminator wants them. */
static gan_status make_passes(gan_trainer *t)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &t->allocator;
    const size_t rows = 2 * t->desc.batch_size;
    const size_t threads = gan_pool_thread_count(t->pool);

    GAN_TRY(gan__pass_create(&t->g.pass,
                             &(gan__pass_desc){.net = t->g.net,
                                               .n_layers = t->g.net->n_layers,
                                               .rows = rows,
                                               .threads = threads,
                                               .training = 1,
                                               .seed = t->desc.seed,
                                               .stream = GAN__STREAM_DROPOUT},
                             a));
    GAN_TRY(gan__pass_create(&t->d.pass,
                             &(gan__pass_desc){.net = t->d.net,
                                               .n_layers = layers_to_logits(t->d.net),
                                               .rows = rows,
                                               .threads = threads,
                                               .training = 1,
                                               .seed = t->desc.seed,
                                               .stream = GAN__STREAM_DROPOUT_D,
                                               .source = t->g.pass},
                             a));
    GAN_TRY(gan__pass_create(&t->eval,
                             &(gan__pass_desc){.net = t->g.net,
                                               .n_layers = t->g.net->n_layers,
                                               .rows = gan__pass_eval_rows(t->g.net, t->pool),
                                               .threads = threads},
                             a));

cleanup:
    return status;
}

gan_status gan_trainer_create(gan_trainer **out, gan_network *g, gan_network *d,
                              gan_optimizer *g_opt, gan_optimizer *d_opt,
                              const gan_trainer_desc *desc)
{
    gan_status status = GAN_OK;
    gan_trainer *t = NULL;
    gan_trainer_desc settings;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "trainer: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&settings, &a, desc));
    GAN_TRY(check_networks(g, d));
    GAN_TRY(gan__alloc(&t, &a, 1, sizeof *t));
    t->allocator = a;
    t->desc = settings;
    t->g = (gan__learner){"generator", g, g_opt, NULL};
    t->d = (gan__learner){"discriminator", d, d_opt, NULL};
    t->latent = gan_shape_size(g->input);
    t->sample = gan_shape_size(d->input);
    t->stats = (gan_train_stats){GAN_TRAIN_STATS_INIT};
    GAN_TRY(check_size(t));
    if (!settings.pool) GAN_TRY(gan_pool_create(&t->own_pool, settings.n_threads, &a));
    t->pool = settings.pool ? settings.pool : t->own_pool;
    GAN_TRY(make_passes(t));
    GAN_TRY(check_optimizers(g, d, g_opt, d_opt));
    *out = t;
    t = NULL;

cleanup:
    gan_trainer_destroy(t);
    return status;
}

void gan_trainer_destroy(gan_trainer *t)
{
    if (!t) return;
    const gan_allocator a = t->allocator;

    gan__pass_destroy(t->eval);
    gan__pass_destroy(t->d.pass);
    gan__pass_destroy(t->g.pass);
    gan_pool_destroy(t->own_pool);
    gan__free(&a, t);
}

/* ---- the jobs ---- */

typedef struct half_step {
    gan_trainer *t;
    const gan__learner *player; /* whose step it is */
    const float *real;          /* n real samples: the discriminator's step only */
    const float *z;             /* n latent vectors; NULL: drawn */
    size_t n;
} half_step;

/* In which row the generated samples begin. */
static size_t first_fake(const half_step *s)
{
    return s->real ? s->n : 0;
}

static void lay_input(void *context, size_t task, size_t worker)
{
    const half_step *s = context;
    gan_trainer *t = s->t;
    const size_t begin = s->n * task / INPUT_TILES;
    const size_t rows = s->n * (task + 1) / INPUT_TILES - begin;
    const size_t n = rows * t->latent;
    float *z = gan__pass_input(t->g.pass, first_fake(s) + begin);

    (void)worker;
    if (s->z)
        memcpy(z, s->z + begin * t->latent, n * sizeof *z);
    else
        gan__rng_normal(t->desc.seed, GAN__STREAM_NOISE, t->noise_position + begin * t->latent, n,
                        z);
    if (s->real)
        memcpy(gan__pass_input(t->d.pass, begin), s->real + begin * t->sample,
               rows * t->sample * sizeof *z);
}

/* The loss of the discriminator's verdicts on n rows, and its gradient. */
static gan__loss_sums judge(gan_trainer *t, size_t first, size_t n, double target)
{
    return gan__loss_bce(gan__pass_output(t->d.pass, first), n, target, 1.0 / (double)n,
                         gan__pass_output_grad(t->d.pass, first));
}

/* What both halves begin with: samples on the table, judged. */
static void forward(half_step *s)
{
    gan_trainer *t = s->t;
    double clock = start_clock(t);

    gan__pool_run(t->pool, lay_input, s, INPUT_TILES);
    book(t, GAN__STEP_INPUT, &clock);
    gan__pass_forward(t->g.pass, t->pool, first_fake(s), s->n, s->n);
    book(t, GAN__STEP_G_FORWARD, &clock);
    gan__pass_forward(t->d.pass, t->pool, 0, first_fake(s) + s->n, s->n);
    book(t, GAN__STEP_D_FORWARD, &clock);
}

static gan_status not_finite(const half_step *s, double loss)
{
    gan_status status = GAN_OK;
    const gan_trainer *t = s->t;
    const gan__learner_data real = {"real sample", s->real, s->real ? s->n : 0, t->sample};

    GAN_TRY(gan__network_check_finite(t->g.net, t->g.net->params, "weights of the generator"));
    GAN_TRY(gan__network_check_finite(t->d.net, t->d.net->params, "weights of the discriminator"));
    status = gan__learner_not_finite(s->player, &real, loss);

cleanup:
    return status;
}

/* Let the optimizer have the gradients, unless that would do harm.  Only then is the step one that
 * counts, and the random numbers move on. */
static gan_status update(half_step *s, double loss, double *norm)
{
    gan_status status = GAN_OK;
    const gan__learner *p = s->player;
    gan_trainer *t = s->t;

    *norm = sqrt(gan__pass_grad_squares(p->pass));
    if (!isfinite(loss) || !isfinite(*norm)) GAN_TRY(not_finite(s, loss));
    GAN_TRY(gan__learner_update(p, t->pool, *norm));
    if (!s->z) t->noise_position += s->n * t->latent;
    gan__pass_advance(t->g.pass);
    gan__pass_advance(t->d.pass);

cleanup:
    return status;
}

/* ---- the steps ---- */

static gan_status check_call(const gan_trainer *t, const gan_train_stats *stats)
{
    if (!t) return gan__fail(GAN_ERR_INVALID, "trainer: is NULL");
    return gan__record_check(stats, sizeof(gan_train_stats), "train stats");
}

static gan_status check_count(const gan_trainer *t, size_t n)
{
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "trainer: a batch of 0 samples");
    if (n > t->desc.batch_size)
        return gan__fail(GAN_ERR_SHAPE, "trainer: a batch of %zu samples, made for at most %zu", n,
                         t->desc.batch_size);
    return GAN_OK;
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

static gan_status step_discriminator(gan_trainer *t, const gan_batch *batch, const float *z)
{
    gan_status status = GAN_OK;
    half_step s = {.t = t, .player = &t->d, .real = batch->samples, .z = z, .n = batch->count};
    const double n = (double)s.n;
    gan__loss_sums real;
    gan__loss_sums fake;
    double norm;
    double clock;

    forward(&s);
    clock = start_clock(t);
    real = judge(t, 0, s.n, 1);
    fake = judge(t, s.n, s.n, 0);
    book(t, GAN__STEP_LOSS, &clock);
    gan__pass_backward(t->d.pass, t->pool, GAN__PASS_WEIGHTS);
    book(t, GAN__STEP_D_BACKWARD, &clock);
    GAN_TRY(update(&s, real.loss + fake.loss, &norm));
    book(t, GAN__STEP_UPDATE, &clock);
    t->stats.d_steps++;
    t->stats.d_loss = (real.loss + fake.loss) / n;
    t->stats.d_real = real.probability / n;
    t->stats.d_fake = fake.probability / n;
    t->stats.d_real_accuracy = real.positive / n;
    t->stats.d_fake_accuracy = fake.negative / n;
    t->stats.d_grad_norm = norm;

cleanup:
    return status;
}

static gan_status step_generator(gan_trainer *t, size_t n, const float *z)
{
    gan_status status = GAN_OK;
    half_step s = {.t = t, .player = &t->g, .z = z, .n = n};
    gan__loss_sums fake;
    double norm;
    double clock;

    forward(&s);
    clock = start_clock(t);
    fake = judge(t, 0, n, 1);
    book(t, GAN__STEP_LOSS, &clock);
    gan__pass_backward(t->d.pass, t->pool, GAN__PASS_INPUT);
    book(t, GAN__STEP_D_BACKWARD, &clock);
    gan__pass_backward(t->g.pass, t->pool, GAN__PASS_WEIGHTS | GAN__PASS_GO_ON);
    book(t, GAN__STEP_G_BACKWARD, &clock);
    GAN_TRY(update(&s, fake.loss, &norm));
    book(t, GAN__STEP_UPDATE, &clock);
    t->stats.g_steps++;
    t->stats.g_loss = fake.loss / (double)n;
    t->stats.g_grad_norm = norm;

cleanup:
    return status;
}

gan_status gan_train_discriminator_step(gan_trainer *t, const gan_batch *batch, const float *z,
                                        gan_train_stats *stats)
{
    gan_status status = GAN_OK;
    int blas;

    GAN_TRY(check_call(t, stats));
    GAN_TRY(check_batch(t, batch));
    blas = gan__blas_enter();
    status = step_discriminator(t, batch, z);
    gan__blas_leave(blas);
    if (status == GAN_OK) gan__record_write(stats, &t->stats, sizeof t->stats);

cleanup:
    return status;
}

gan_status gan_train_generator_step(gan_trainer *t, size_t n, const float *z,
                                    gan_train_stats *stats)
{
    gan_status status = GAN_OK;
    int blas;

    GAN_TRY(check_call(t, stats));
    GAN_TRY(check_count(t, n));
    blas = gan__blas_enter();
    status = step_generator(t, n, z);
    gan__blas_leave(blas);
    if (status == GAN_OK) gan__record_write(stats, &t->stats, sizeof t->stats);

cleanup:
    return status;
}

gan_status gan_train_step(gan_trainer *t, const gan_batch *batch, gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan_train_discriminator_step(t, batch, NULL, stats));
    GAN_TRY(gan_train_generator_step(t, batch->count, NULL, stats));

cleanup:
    return status;
}

gan_status gan_trainer_sample(gan_trainer *t, const float *z, size_t n, float *out)
{
    if (!t) return gan__fail(GAN_ERR_INVALID, "trainer: is NULL");
    if (n > 0 && (!z || !out))
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL for %zu samples", z ? "out" : "z",
                         n);
    if (n > 0) gan__pass_evaluate(t->eval, t->pool, z, n, out);
    return GAN_OK;
}

/* ---- in a checkpoint ---- */

void gan__trainer_state(gan_trainer *t, gan__state *s)
{
    static const char *const losses[] = {"bce"}; /* by gan_loss */
    gan_train_stats *x = &t->stats;

    gan__state_text(s, "loss", "%s", losses[t->desc.loss]);
    gan__state_text(s, "batch_size", "%zu", t->desc.batch_size);
    gan__state_text(s, "seed", "%llu", (unsigned long long)t->desc.seed);
    gan__state_whole(s, "noise_position", &t->noise_position);
    gan__state_whole(s, "generator_random_position", gan__pass_position(t->g.pass));
    gan__state_whole(s, "discriminator_random_position", gan__pass_position(t->d.pass));
    gan__state_whole(s, "d_steps", &x->d_steps);
    gan__state_whole(s, "g_steps", &x->g_steps);
    gan__state_real(s, "d_loss", &x->d_loss, -HUGE_VAL);
    gan__state_real(s, "g_loss", &x->g_loss, -HUGE_VAL);
    gan__state_real(s, "d_real", &x->d_real, 0);
    gan__state_real(s, "d_fake", &x->d_fake, 0);
    gan__state_real(s, "d_real_accuracy", &x->d_real_accuracy, 0);
    gan__state_real(s, "d_fake_accuracy", &x->d_fake_accuracy, 0);
    gan__state_real(s, "d_grad_norm", &x->d_grad_norm, 0);
    gan__state_real(s, "g_grad_norm", &x->g_grad_norm, 0);
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
