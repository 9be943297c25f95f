/* run.c - a trainer with data. */
#include "run.h"
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static OPTIMIZER(adamw, adamw, d.lr = 0.002);
static OPTIMIZER(sgd, sgd, (void)d);
/* The first step has no dampening. */
static OPTIMIZER(sgd_with_momentum, sgd, d.momentum = 0.9, d.dampening = 0.3);
static OPTIMIZER(rmsprop_with_all, rmsprop, d.lr = 0.002, d.momentum = 0.5, d.centered = 1,
                 d.weight_decay = 0.01);
static OPTIMIZER(amsgrad, adam, d.amsgrad = 1);
static OPTIMIZER(adabelief, adabelief, (void)d);
static OPTIMIZER(lion, lion, (void)d);

const opt_maker run_optimizers[RUN_OPTIMIZERS] = {
    adam, adamw, sgd, sgd_with_momentum, rmsprop_with_all, amsgrad, adabelief, lion};

enum { CLASSES = 3 };

/* small_g and small_d with spectral norm, labels, and an auxiliary classifier. */
static const net_layer rich_g[] = {
    EMBEDDING(CLASSES, 2), SPECTRAL(5, 11), LEAKY, DROPOUT(0.2f), LINEAR(11, 6), TANH, END};
static const net_layer rich_d[] = {EMBEDDING(CLASSES, 2), SPECTRAL(8, 13),           LEAKY,
                                   DROPOUT(0.3f),         SPECTRAL(13, 1 + CLASSES), END};

/* Every setting of a trainer and its optimizers. */
static void choose_every_option(gan_trainer_desc *desc)
{
    static const double class_weights[CLASSES] = {2, 1, 4};

    desc->loss = GAN_LOSS_RELATIVISTIC;
    desc->real_target = 0.9;
    desc->label_flip = 0.1;
    desc->d_steps_per_g = 3;
    desc->micro_batch = 3;
    desc->latent = GAN_LATENT_UNIFORM;
    desc->on_divergence = GAN_DIVERGENCE_SKIP;
    desc->instance_noise = 0.1;
    desc->instance_noise_steps = 12;
    desc->average_decay = 0.9;
    desc->average_warmup = 5;
    desc->auxiliary_weight = 0.5;
    desc->auxiliary_real_only = 1;
    desc->class_weights = class_weights;
    desc->n_class_weights = CLASSES;
}

static void set_every_option(gan_optimizer *opt)
{
    expect_ok(gan_optimizer_set_schedule(
        opt, &(gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE, .warmup = 3,
                                  .period = 9, .factor = 0.1}));
    expect_ok(
        gan_optimizer_set_limits(opt, &(gan_limits_desc){GAN_LIMITS_DESC_INIT, .grad_norm = 0.5,
                                                         .grad_value = 0.2, .weight = 0.3}));
}

/* Samples seeded by `which`, with labels. */
static gan_dataset *make_data(gan_shape shape, size_t n, uint64_t which)
{
    float *samples = normals(n * gan_shape_size(shape), which);
    uint8_t *labels = malloc(n);
    gan_dataset *data;

    for (size_t i = 0; i < n; i++) labels[i] = (uint8_t)(i * i % 7 % CLASSES);
    expect_ok(gan_dataset_create_floats(&data, samples, labels, n, shape, NULL));
    free(samples);
    free(labels);
    return data;
}

run run_begin(uint64_t seed, opt_maker make_opt, size_t n_threads)
{
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = RUN_BATCH, .seed = seed,
                             .n_threads = n_threads};
    const int all = seed == RUN_EVERY_OPTION;
    run r = {0};

    if (all) choose_every_option(&desc);
    r.game = game_begin(all ? rich_g : small_g, all ? rich_d : small_d, make_opt, &desc);
    if (all) {
        set_every_option(r.game.g_opt);
        set_every_option(r.game.d_opt);
    }
    r.data = make_data(gan_shape_1d(r.game.sample), RUN_COUNT, 77);
    expect_ok(
        gan_iterator_create(&r.it, r.data,
                            &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = RUN_BATCH,
                                                 .shuffle = 1, .seed = seed + 1}));
    return r;
}

void run_end(run *r)
{
    game_end(&r->game);
    gan_iterator_destroy(r->it);
    gan_dataset_destroy(r->data);
}

size_t run_steps(run *r, size_t n)
{
    size_t n_last = 0;

    while (n > 0) {
        const gan_batch *batch;
        const gan_status status = gan_iterator_next(r->it, &batch);

        if (status == GAN_END) continue;
        expect_ok(status);
        expect_ok(gan_train_step(r->game.trainer, batch, NULL));
        n_last += gan_iterator_position(r->it) == RUN_COUNT;
        n--;
    }
    return n_last;
}

int run_beside(const char *name, const char *value)
{
    const char *log = scratch_kept("other-process.log");
    const pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child > 0) return (int)child;
    if (!freopen(log, "w", stdout)) _exit(126); /* its result is not this program's */
    setenv(name, value, 1);
    setenv("CK_FORK", "no", 1); /* so that the process is the test */
    /* A program for another processor is run by the emulator that runs this one. */
    if (getenv("GAN_TEST_RUNNER"))
        execl("/bin/sh", "sh", "-c", "exec $GAN_TEST_RUNNER \"$0\"", program_path, (char *)NULL);
    execl(program_path, program_path, (char *)NULL);
    _exit(127);
}

int run_again(const char *name, const char *value)
{
    int status;

    ck_assert_int_ge(waitpid(run_beside(name, value), &status, 0), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- runs of other settings ---- */

run_choice usual_choice(void)
{
    return (run_choice){small_g,
                        small_d,
                        adam,
                        {GAN_TRAINER_DESC_INIT, .batch_size = 8, .seed = 6, .n_threads = 1},
                        {GAN_ITERATOR_DESC_INIT, .batch_size = 8, .shuffle = 1, .seed = 7},
                        50,
                        {2, {2, 3}}};
}

run run_of(const run_choice *c)
{
    run r = {.game = game_begin(c->g, c->d, c->make_opt, &c->trainer),
             .data = make_data(c->shape, c->count, 3)};

    expect_ok(gan_iterator_create(&r.it, r.data, &c->iterator));
    return r;
}

run small_run(void)
{
    static const net_layer g[] = {LINEAR(2, 3), DROPOUT(0.2f), END}, d[] = {LINEAR(3, 1), END};
    run_choice c = usual_choice();
    run r;

    c.g = g;
    c.d = d;
    c.shape = gan_shape_1d(3);
    r = run_of(&c);
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, "mine", 4));
    return r;
}

/* ---- their checkpoints ---- */

const char *run_folder, *run_path;

void run_folder_begin(void)
{
    run_folder = scratch_directory();
    run_path = scratch_path("run.gan");
}

void run_folder_end(void)
{
    static const char *const ends[] = {"", ".1", ".2", ".3", ".other"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) remove(path_beside(ends[i]));
    ck_assert_uint_eq(scratch_count(), 0); /* no other file is left in it */
}

const char *path_beside(const char *end)
{
    char name[64];

    snprintf(name, sizeof name, "run.gan%s", end);
    return scratch_path(name);
}

run plain_run(void)
{
    return run_begin(5, adam, 1);
}

gan_status save_run(run *r)
{
    return gan_checkpoint_save(r->game.trainer, r->it, run_path);
}

gan_status load_run(run *r)
{
    return gan_checkpoint_load(r->game.trainer, r->it, run_path);
}

void read_bytes(run_bytes *out, const char *name)
{
    out->n = scratch_read(name, out->at, sizeof out->at);
    ck_assert_uint_gt(out->n, 0);
    ck_assert_uint_lt(out->n, sizeof out->at);
}

void read_run(run_bytes *out, const run *r)
{
    expect_ok(gan_checkpoint_save(r->game.trainer, r->it, path_beside(".other")));
    read_bytes(out, path_beside(".other"));
}

void expect_same_bytes(const run_bytes *a, const run_bytes *b)
{
    ck_assert_uint_eq(a->n, b->n);
    expect_same_bits(a->at, b->at, a->n);
}

void expect_steps(const char *name, uint64_t wanted)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};

    expect_ok(gan_checkpoint_read_info(&info, name));
    ck_assert_uint_eq(info.g_steps, wanted);
}
