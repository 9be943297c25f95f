/* train_create.c - a trainer and all the memory of its steps. */
#include "train/train_half_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/rng_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"
#include "optim/optimizer_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- what is given ---- */

static gan_status check_networks(gan_network *g, gan_network *d)
{
    gan_status status = GAN_OK;

    if (!g && !d)
        return gan__fail_null(GAN__NETWORK, 2, "trainer: generator and discriminator are NULL");
    if (!g) return gan__fail_null(GAN__NETWORK, 1, "trainer: the generator is NULL");
    if (!d) return gan__fail_null(GAN__NETWORK, 1, "trainer: the discriminator is NULL");
    if (g == d)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: generator and discriminator are the same network");
    GAN_TRY(gan_network_build(g));
    GAN_TRY(gan_network_build(d));
    GAN_TRY(gan__network_check_trainable(g, "trainer: generator"));
    GAN_TRY(gan__network_check_trainable(d, "trainer: discriminator"));
    if (gan_shape_size(gan_network_output_shape(g)) != gan_shape_size(d->input))
        return gan__fail(GAN_ERR_SHAPE,
                         "trainer: the discriminator's input is %s, the generator's output %s",
                         gan__shape_text_of(d->input).text,
                         gan__shape_text_of(gan_network_output_shape(g)).text);
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

static gan_status check_two_optimizers(const gan_optimizer *g_opt, const gan_optimizer *d_opt)
{
    if (!g_opt && !d_opt)
        return gan__fail_null(GAN__OPTIMIZER, 2, "trainer: both optimizers are NULL");
    if (!g_opt)
        return gan__fail_null(GAN__OPTIMIZER, 1, "trainer: the generator's optimizer is NULL");
    if (!d_opt)
        return gan__fail_null(GAN__OPTIMIZER, 1, "trainer: the discriminator's optimizer is NULL");
    if (g_opt == d_opt)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: one optimizer for both networks; each needs its own");
    return GAN_OK;
}

static gan_status check_optimizers(gan_network *g, gan_network *d, gan_optimizer *g_opt,
                                   gan_optimizer *d_opt)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_two_optimizers(g_opt, d_opt));
    GAN_TRY(check_binding(g_opt, g, "generator"));
    GAN_TRY(check_binding(d_opt, d, "discriminator"));
    GAN_TRY(gan_optimizer_bind(g_opt, g->n_params));
    GAN_TRY(gan_optimizer_bind(d_opt, d->n_params));

cleanup:
    return status;
}

/* A last sigmoid is computed with the loss: see loss.h. */
static int ends_in_sigmoid(const gan_network *d)
{
    return d->layers[d->n_layers - 1].class == &gan__layer_sigmoid;
}

static gan_status check_outputs(const gan_trainer *t)
{
    const gan_network *d = t->discriminator.net;
    const gan_shape out = gan_network_output_shape(d);
    const size_t n = gan_shape_size(out);
    const int classes = t->desc.auxiliary_weight > 0;

    if (!classes && n != 1 && !*t->objective_name)
        return gan__fail(GAN_ERR_SHAPE,
                         "trainer: the discriminator's output must be one number, is %s",
                         gan__shape_text_of(out).text);
    if (classes && (n < 2 || n > 1 + GAN__MOST_CLASSES))
        return gan__fail(
            GAN_ERR_SHAPE,
            "trainer: the discriminator's output must be a logit for real and 1 to %d class "
            "logits, is %s",
            GAN__MOST_CLASSES, gan__shape_text_of(out).text);
    if ((t->objective.raw_outputs || classes) && ends_in_sigmoid(d))
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: %s%s needs the discriminator's raw output; leave out its last "
                         "layer, a sigmoid",
                         classes ? "the auxiliary classifier" : "the loss ",
                         classes ? "" : t->objective.name);
    return GAN_OK;
}

/* The number of classes, from the layers of both networks and the auxiliary classifier.  To a
 * generator without labels the auxiliary classifier's loss would be noise. */
static gan_status find_classes(gan_trainer *t)
{
    const size_t outputs = gan_shape_size(gan_network_output_shape(t->discriminator.net));
    const size_t by_aux = t->desc.auxiliary_weight > 0 ? outputs - 1 : 0;
    const size_t by_g = t->generator.net->n_classes, by_d = t->discriminator.net->n_classes;
    const size_t n = by_aux > 0 ? by_aux : by_g > 0 ? by_g : by_d;

    if ((by_g != n && by_g + by_aux > 0) || (by_d != n && by_d > 0))
        return gan__fail(GAN_ERR_SHAPE,
                         "trainer: the generator uses labels of %zu classes, the discriminator "
                         "of %zu, the auxiliary classifier of %zu; 0 is none",
                         by_g, by_d, by_aux);
    if (t->desc.class_weights && t->desc.n_class_weights != n)
        return gan__fail(GAN_ERR_SHAPE, "trainer: class_weights of %zu classes, labels have %zu",
                         t->desc.n_class_weights, n);
    t->n_classes = n;
    return GAN_OK;
}

size_t gan__trainer_parts(const gan_trainer *t, size_t n)
{
    return t->desc.shards > 0 ? t->desc.shards
                              : (n + t->desc.micro_batch - 1) / t->desc.micro_batch;
}

gan_status gan__trainer_check_rows(const gan_trainer *t, size_t n)
{
    gan_status status = GAN_OK;
    const size_t least = n / gan__trainer_parts(t, n);
    const char *const what = t->desc.shards > 0 ? ", shard" : least < n ? ", micro-batch" : "";
    char who[64];

    if (least == 0)
        return gan__fail(GAN_ERR_SHAPE,
                         "trainer: a batch of %zu samples can't be cut into %zu shards", n,
                         t->desc.shards);
    for (size_t i = 0; i < 2; i++) {
        const gan__learner *player = i == 0 ? &t->generator : &t->discriminator;

        snprintf(who, sizeof who, "trainer, %s%s", player->name, what);
        GAN_TRY(gan__network_check_rows(player->net, player->net->n_layers, least, who));
    }

cleanup:
    return status;
}

/* ---- making one ---- */

static int in_bfloat16(const gan_trainer *t)
{
    return t->desc.precision == GAN_PRECISION_BFLOAT16;
}

/* Whether shards may run at once: nothing couples rows, nothing but losses is computed from them,
 * layers draw no random numbers, which are each shard's own, and products are of floats, of which
 * alone there are trees. */
static int may_run_at_once(const gan_trainer *t)
{
    return !t->desc.penalty && !t->desc.consistency && !t->objective.relative && !in_bfloat16(t) &&
           gan__pass_rows_apart(t->generator.net) && gan__pass_rows_apart(t->discriminator.net);
}

/* Called before the trainer takes any other memory, as the passes have the rows that run at
 * once. */
static gan_status make_shards(gan_trainer *t)
{
    gan_status status = GAN_OK;

    if (t->desc.shards == 0) return GAN_OK;
    GAN_TRY(gan__shards_create(&t->shards, t->desc.shards, &t->ranks, &t->step_ranks,
                               may_run_at_once(t), &t->allocator));
    if (t->shards->rows.n > 0)
        t->desc.micro_batch = (t->desc.batch_size + t->ranks.size - 1) / t->ranks.size;

cleanup:
    return status;
}

static gan_status take_learner(gan_trainer *t, gan__learner *l)
{
    const int several = t->desc.micro_batch < t->desc.batch_size;

    if (!t->shards) return gan__learner_take_memory(l, several, &t->allocator);
    return gan__learner_take_shards(l, t->shards->end - t->shards->first, &t->step_ranks,
                                    &t->allocator);
}

/* From this many values and gradients on, 64 MB, they aren't all kept: layers are then so large
 * that computing weight gradients in separate jobs costs no measurable time. */
enum { WORTH_REUSE = 1 << 24 };

static double values_of(const gan_network *net)
{
    double n = 0;

    for (size_t i = 0; i < net->n_layers; i++) n += (double)gan_shape_size(net->layers[i].out);
    return n;
}

static void choose_activations(gan_trainer *t)
{
    const double values = values_of(t->generator.net) + 2 * values_of(t->discriminator.net);

    if (t->desc.activations == GAN_ACTIVATIONS_KEEP &&
        2 * values * (double)t->desc.micro_batch > WORTH_REUSE)
        t->desc.activations = GAN_ACTIVATIONS_REUSE;
}

/* Both networks have room for two micro-batches: the discriminator runs on real and generated
 * samples at once, and the generator writes its output directly into the second half of the
 * discriminator's input, unless noise is to be added.  When the penalty begins, the discriminator's
 * gradients are complete and only samples are still read, so the two passes share memory. */
static gan_status make_passes(gan_trainer *t)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &t->allocator;
    const size_t rows = gan__size_mul(2, t->desc.micro_batch);
    const size_t augmented =
        gan__size_mul(gan__consistency_rows(&t->consistency), t->desc.micro_batch);
    const size_t threads = gan_pool_thread_count(t->pool);
    const int apart = gan__half_fakes_apart(t); /* its input lies in its own memory */
    const int sharded = t->shards && t->shards->rows.n > 0;

    GAN_TRY(gan__pass_create(&t->generator.pass,
                             &(gan__pass_desc){.net = t->generator.net,
                                               .n_layers = t->generator.net->n_layers,
                                               .rows = rows,
                                               .run_rows = t->desc.micro_batch,
                                               .threads = threads,
                                               .training = 1,
                                               .lodger = 1,
                                               .sharded = sharded,
                                               .grads_elsewhere = t->shards != NULL,
                                               .activations = t->desc.activations,
                                               .interrupted = 1,
                                               .bfloat16 = in_bfloat16(t),
                                               .seed = t->desc.seed,
                                               .stream = GAN__STREAM_DROPOUT},
                             a));
    GAN_TRY(gan__pass_create(
        &t->discriminator.pass,
        &(gan__pass_desc){.net = t->discriminator.net,
                          .n_layers = t->discriminator.net->n_layers -
                                      (size_t)ends_in_sigmoid(t->discriminator.net),
                          .rows = gan__size_add(rows, augmented),
                          .threads = threads,
                          .training = 1,
                          .batches = 2 + gan__consistency_rows(&t->consistency),
                          .lodger = 1,
                          .sharded = sharded,
                          .grads_elsewhere = t->shards != NULL,
                          .activations = t->desc.activations,
                          .bfloat16 = in_bfloat16(t),
                          .seed = t->desc.seed,
                          .stream = GAN__STREAM_DROPOUT_D,
                          .lender = apart || t->desc.activations != GAN_ACTIVATIONS_KEEP
                                        ? NULL
                                        : gan__penalty_pass(t->penalties[0]),
                          .source = apart ? NULL : t->generator.pass},
        a));
    GAN_TRY(take_learner(t, &t->generator));
    GAN_TRY(take_learner(t, &t->discriminator));
    GAN_TRY(gan__alloc(&t->targets, a, rows, sizeof *t->targets));

cleanup:
    return status;
}

static gan_status make_labels(gan_trainer *t)
{
    gan_status status = GAN_OK;
    const size_t n = t->desc.n_class_weights;
    const double *weights = t->desc.class_weights;

    t->desc.class_weights = NULL;
    if (t->n_classes > 0)
        GAN_TRY(gan__alloc(&t->labels, &t->allocator, gan__size_mul(2, t->desc.micro_batch),
                           sizeof *t->labels));
    if (t->n_classes > 0 && t->n_classes <= GAN__BYTE_CLASSES && *t->objective_name)
        GAN_TRY(gan__alloc(&t->byte_labels, &t->allocator, gan__size_mul(2, t->desc.micro_batch),
                           sizeof *t->byte_labels));
    if (!weights) return GAN_OK;
    GAN_TRY(gan__alloc(&t->class_weights, &t->allocator, n, sizeof *weights));
    memcpy(t->class_weights, weights, n * sizeof *weights);

cleanup:
    return status;
}

static gan_status make_augment(gan_trainer *t)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__augment_init(&t->augment, t->desc.augment, t->discriminator.net->input,
                              t->desc.seed, GAN__STREAM_AUGMENT));
    t->desc.augment = NULL;
    if (gan__schedule_is_on(&t->schedules.augment) &&
        (!gan__augment_is_on(&t->augment) || t->augment.desc.target > 0))
        GAN_FAIL(GAN_ERR_INVALID, "trainer: augment_schedule without an augmentation, or with one "
                                  "that has a target");
    gan__trainer_follow_schedule(t);
    t->stats.augment_probability = t->augment.probability;

cleanup:
    return status;
}

/* What remains in the settings belongs to the host. */
static gan_status make_penalty(gan_trainer *t, size_t i, const gan_penalty_desc *desc)
{
    gan_status status = GAN_OK;
    const size_t outputs = gan_shape_size(gan_network_output_shape(t->discriminator.net));
    const gan__pass_desc pass = {.net = t->discriminator.net,
                                 .n_layers = t->discriminator.net->n_layers -
                                             (size_t)ends_in_sigmoid(t->discriminator.net),
                                 .rows = t->desc.micro_batch,
                                 .threads = gan_pool_thread_count(t->pool),
                                 .lodger = 1,
                                 .activations = t->desc.activations,
                                 .bfloat16 = in_bfloat16(t),
                                 .seed = t->desc.seed};

    if (!desc) return GAN_OK;
    GAN_TRY(gan__penalty_create(&t->penalties[i], desc, &pass, i > 0 ? t->penalties[0] : NULL,
                                &t->allocator));
    if (t->penalties[i] && outputs > 1 && !(t->desc.auxiliary_weight > 0))
        GAN_FAIL(GAN_ERR_SHAPE,
                 "trainer: a penalty needs a discriminator with one output, it has %zu",
                 outputs);

cleanup:
    return status;
}

static gan_status make_penalties(gan_trainer *t)
{
    gan_status status = GAN_OK;

    GAN_TRY(make_penalty(t, 0, t->desc.penalty));
    GAN_TRY(make_penalty(t, 1, t->desc.second_penalty));
    if (t->penalties[1] && !t->penalties[0])
        GAN_FAIL(GAN_ERR_INVALID, "trainer: second_penalty without a penalty");
    t->desc.penalty = t->desc.second_penalty = NULL;

cleanup:
    return status;
}

static gan_status make_regularizers(gan_trainer *t)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__lecam_init(&t->lecam, t->desc.lecam));
    GAN_TRY(gan__consistency_init(&t->consistency, t->desc.consistency, t->discriminator.net->input,
                                  t->desc.seed));
    t->desc.lecam = NULL;
    t->desc.consistency = NULL;

cleanup:
    return status;
}

/* No memory is needed when no sample is left out. */
static gan_status make_top(gan_trainer *t)
{
    gan_status status = GAN_OK;
    const int cuts = t->desc.top_k < 1 || gan__schedule_is_on(&t->schedules.top_k);

    if (cuts)
        GAN_TRY(gan__top_create(&t->top, t->desc.micro_batch,
                                t->desc.auxiliary_weight > 0 ? 1 : gan__half_outputs(t),
                                &t->allocator));

cleanup:
    return status;
}

/* ---- what passes have in common ---- */

static size_t room_of(const gan__pass *pass, gan__room room)
{
    return pass ? gan__size_round_up(gan__pass_room(pass, room), 16) : 0;
}

static size_t larger_room(const gan__pass *a, const gan__pass *b, gan__room room)
{
    return room_of(a, room) > room_of(b, room) ? room_of(a, room) : room_of(b, room);
}

/* One pass runs at a time.  Memory of activations that aren't kept, over the two halves of a step
 * and sampling:
 *
 *     discriminator's   | generator, forward |          then  | discriminator |  then | penalty      |
 *     generator's       | generator, passing | generator's    |  then in the passing room:
 *                       |                    | that stay      |  | discriminator |
 *     sampling          | values             |
 *
 * Transformed weights belong to a network: sampling uses the generator's, the penalty the
 * discriminator's.  Where activations are recomputed, both networks have theirs in the same memory,
 * and the generator's are computed again for its backward pass. */
static gan_status share_rooms(gan_trainer *t)
{
    gan_status status = GAN_OK;
    gan__pass *g = t->generator.pass, *d = t->discriminator.pass, *eval = t->eval;
    gan__pass *penalty = gan__penalty_pass(t->penalties[0]);
    const size_t passing =
        gan__size_max(larger_room(g, d, GAN__ROOM_PASSING), room_of(eval, GAN__ROOM_PASSING));
    const size_t values = gan__size_max(gan__size_add(passing, room_of(g, GAN__ROOM_STAYING)),
                                        room_of(penalty, GAN__ROOM_PASSING));
    const size_t of_g = larger_room(g, eval, GAN__ROOM_TRANSFORMED);
    const size_t of_d = larger_room(d, penalty, GAN__ROOM_TRANSFORMED);
    const size_t scratch = gan__size_max(larger_room(g, eval, GAN__ROOM_SCRATCH),
                                         larger_room(d, penalty, GAN__ROOM_SCRATCH));
    const int apart = t->desc.activations != GAN_ACTIVATIONS_RECOMPUTE;
    const size_t transformed = apart ? gan__size_add(of_g, of_d) : gan__size_max(of_g, of_d);
    float *rooms[GAN__ROOMS];

    GAN_TRY(gan__alloc(&t->rooms, &t->allocator,
                       gan__size_add(values, gan__size_add(transformed, scratch)),
                       sizeof *t->rooms));
    rooms[GAN__ROOM_PASSING] = t->rooms;
    rooms[GAN__ROOM_STAYING] = t->rooms + passing;
    rooms[GAN__ROOM_TRANSFORMED] = t->rooms + values;
    rooms[GAN__ROOM_SCRATCH] = t->rooms + values + transformed;
    gan__pass_move_in(g, rooms);
    gan__pass_move_in(eval, rooms);
    if (apart) rooms[GAN__ROOM_TRANSFORMED] += of_g;
    gan__pass_move_in(d, rooms);
    if (penalty) gan__pass_move_in(penalty, rooms);

cleanup:
    return status;
}

gan_status gan_trainer_create(gan_trainer **out, gan_network *g, gan_network *d,
                              gan_optimizer *g_opt, gan_optimizer *d_opt,
                              const gan_trainer_desc *desc)
{
    gan_status status = GAN_OK;
    gan_trainer *t = NULL;
    gan_trainer first = {.generator = {.name = "generator", .net = g, .opt = g_opt},
                         .discriminator = {.name = "discriminator", .net = d, .opt = d_opt},
                         .stats = {GAN_TRAIN_STATS_INIT}};

    if (!out) return gan__fail(GAN_ERR_INVALID, "trainer: out is NULL");
    *out = NULL;
    GAN_TRY(gan__trainer_read_desc(&first, desc));
    GAN_TRY(check_networks(g, d));
    GAN_TRY(check_outputs(&first));
    GAN_TRY(find_classes(&first));
    GAN_TRY(gan__trainer_check_rows(&first, first.desc.batch_size));
    first.latent = gan_shape_size(g->input);
    first.sample = gan_shape_size(d->input);
    GAN_TRY(gan__alloc(&t, &first.allocator, 1, sizeof *t));
    *t = first;
    if (*t->objective_name) t->objective.name = t->objective_name;
    if (!t->desc.pool) GAN_TRY(gan_pool_create(&t->own_pool, t->desc.n_threads, &t->allocator));
    t->pool = t->desc.pool ? t->desc.pool : t->own_pool;
    GAN_TRY(make_shards(t));
    GAN_TRY(make_augment(t));
    GAN_TRY(make_regularizers(t));
    GAN_TRY(make_top(t));
    choose_activations(t);
    GAN_TRY(make_penalties(t));
    GAN_TRY(make_passes(t));
    GAN_TRY(make_labels(t));
    GAN_TRY(gan__trainer_make_sampler(t));
    GAN_TRY(share_rooms(t));
    GAN_TRY(check_optimizers(g, d, g_opt, d_opt));
    if (t->ranks.size > t->step_ranks.size) GAN_TRY(gan__local_create(&t->local, t));
    g->latent = t->desc.latent;
    if (t->average) t->average->latent = g->latent;
    *out = t;
    t = NULL;
    gan__forget_lost();

cleanup:
    gan_trainer_destroy(t);
    return gan__lost(GAN__TRAINER, status);
}

/* Measured with copies of networks and optimizers, so that the memory these take is included. */
static gan_status measure_trainer(size_t *bytes, const gan_network *g, const gan_network *d,
                                  const gan_optimizer *g_opt, const gan_optimizer *d_opt,
                                  gan_trainer_desc *desc)
{
    gan_status status;
    gan__measure m;
    gan_network nets[2] = {*g, *d};
    gan_optimizer opts[2] = {*g_opt, *d_opt};
    gan_trainer *t = NULL;

    gan__measure_begin(&m);
    desc->allocator = &m.allocator;
    for (size_t i = 0; i < 2; i++) nets[i].allocator = opts[i].allocator = m.allocator;
    status = gan_trainer_create(&t, &nets[0], &nets[1], &opts[0], &opts[1], desc);
    if (status == GAN_OK) *bytes = m.bytes;
    gan_trainer_destroy(t);
    if (opts[0].memory != g_opt->memory) gan__free(&m.allocator, opts[0].memory);
    if (opts[1].memory != d_opt->memory) gan__free(&m.allocator, opts[1].memory);
    return status;
}

gan_status gan_trainer_memory(size_t *bytes, gan_network *g, gan_network *d,
                              const gan_optimizer *g_opt, const gan_optimizer *d_opt,
                              const gan_trainer_desc *desc)
{
    gan_status status = GAN_OK;
    gan_trainer_desc settings = {GAN_TRAINER_DESC_INIT};

    if (!bytes) return gan__fail(GAN_ERR_INVALID, "trainer: bytes is NULL");
    GAN_TRY(
        gan__desc_read(&settings, sizeof settings, GAN__TRAINER_DESC_FIRST, desc, "trainer desc"));
    GAN_TRY(check_networks(g, d));
    GAN_TRY(check_two_optimizers(g_opt, d_opt));
    status = measure_trainer(bytes, g, d, g_opt, d_opt, &settings);

cleanup:
    return status;
}

void gan_trainer_destroy(gan_trainer *t)
{
    if (!t) return;
    const gan_allocator a = t->allocator;

    gan__pass_destroy(t->eval);
    gan_network_destroy(t->average);
    gan__penalty_destroy(t->penalties[1]);
    gan__penalty_destroy(t->penalties[0]);
    gan__local_destroy(t->local, &a);
    gan__shards_destroy(t->shards, &a);
    gan__top_destroy(t->top, &a);
    gan__free(&a, t->extra.at);
    gan__free(&a, t->class_weights);
    gan__free(&a, t->labels);
    gan__free(&a, t->byte_labels);
    gan__free(&a, t->targets);
    gan__learner_free_memory(&t->discriminator, &a);
    gan__learner_free_memory(&t->generator, &a);
    gan__pass_destroy(t->discriminator.pass);
    gan__pass_destroy(t->generator.pass);
    gan__free(&a, t->rooms);
    gan_pool_destroy(t->own_pool);
    gan__free(&a, t);
}
