/* recipe.c - see recipe.h. */
#include "recipe.h"

#include "ranks.h"

#include <math.h>

/* Make an optimizer that takes `steps` steps in the whole run. */
static int make_adam(gan_optimizer **out, const run_options *o, double lr, double steps)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.lr = lr;
    adam.beta1 = o->beta1;
    adam.beta2 = o->beta2;
    gan_schedule_desc schedule = {GAN_SCHEDULE_DESC_INIT, .kind = (gan_schedule)o->schedule};
    double period = steps - (double)o->warmup, factor = 0;
    if (o->schedule == GAN_SCHEDULE_STEP) period = ceil(period / 3), factor = 0.1;
    if (o->schedule == GAN_SCHEDULE_EXPONENTIAL) factor = 0.01;
    schedule.warmup = (uint64_t)o->warmup;
    if (o->schedule != GAN_SCHEDULE_CONSTANT) schedule.period = period > 1 ? (uint64_t)period : 1;
    schedule.factor = factor;
    return cli_ok(gan_optimizer_create_adam(out, &adam)) &&
           cli_ok(gan_optimizer_set_schedule(*out, &schedule));
}

/* Schedules whose factor falls from 1 along half a cosine, or rises to it. */
static gan_schedule_desc falling_to(double end, double steps)
{
    return (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE,
                               .period = steps > 1 ? (uint64_t)steps : 1, .factor = end};
}

static gan_schedule_desc rising_over(double steps)
{
    return (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR,
                               .period = steps > 1 ? (uint64_t)steps : 1, .rising = 1};
}

/* The structs that a trainer's descriptor points at, until the trainer is created. */
typedef struct parts {
    gan_penalty_desc penalty, second;
    gan_schedule_desc falling, settling;
    few_settings few;
} parts;

static void set_penalties(const run_options *o, parts *p, gan_trainer_desc *desc)
{
    p->penalty = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, .kind = (gan_penalty_kind)o->penalty,
                                    .weight = o->penalty_weight};
    p->penalty.interval = (size_t)o->penalty_interval;
    if (o->penalty_end < 1) p->penalty.schedule = &p->falling;
    p->second = p->penalty;
    p->second.kind = (gan_penalty_kind)o->second_penalty;
    if (o->penalty != GAN_PENALTY_NONE) desc->penalty = &p->penalty;
    if (o->second_penalty != GAN_PENALTY_NONE) desc->second_penalty = &p->second;
}

static void set_average(const run_options *o, parts *p, gan_trainer_desc *desc)
{
    desc->average_decay = o->ema_images > 0 ? 0 : o->ema;
    desc->average_warmup = desc->average_decay > 0;
    desc->average_half_life = (double)o->ema_images;
    if (o->ema_images > 0) desc->average_schedule = &p->settling;
}

int recipe_make(recipe *out, const run_options *o, gan_network *g, gan_network *d, size_t count)
{
    double d_steps = (double)o->epochs * ceil((double)count / (double)o->batch);
    double g_steps = floor(d_steps / (double)o->n_critic);
    parts p = {.falling = falling_to(o->penalty_end, d_steps),
               .settling = rising_over(g_steps / 10)};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = (size_t)o->batch,
                             .seed = (uint64_t)o->seed, .n_threads = (size_t)o->threads};
    desc.shards = (size_t)o->shards;
    desc.local_steps = (size_t)o->local_steps;
    desc.communicator = ranks_communicator();
    desc.loss = (gan_loss)o->loss;
    desc.top_k = o->top_k;
    desc.precision = (gan_precision)o->precision;
    desc.d_steps_per_g = (size_t)o->n_critic;
    desc.auxiliary_weight = o->auxiliary;
    desc.auxiliary_real_only = o->auxiliary > 0;
    set_penalties(o, &p, &desc);
    set_average(o, &p, &desc);
    few_set(&o->few, (double)o->epochs * (double)count, &p.few, &desc);
    return few_freeze(&o->few, d) && make_adam(&out->g_adam, o, o->lr, g_steps) &&
           make_adam(&out->d_adam, o, o->d_lr > 0 ? o->d_lr : o->lr, d_steps) &&
           cli_ok(gan_trainer_memory(&out->memory, g, d, out->g_adam, out->d_adam, &desc)) &&
           cli_ok(gan_trainer_create(&out->trainer, g, d, out->g_adam, out->d_adam, &desc));
}
