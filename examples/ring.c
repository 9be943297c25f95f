/* ring.c - every objective on two distributions whose modes can be counted: eight Gaussians on a
 * ring, and 25 on a grid.  Which generators find all of them?  Needs no data.
 *
 * Parallel runs, the table and the pictures are in common/comparison.c. */
#include "common/program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An objective, with the regularisation of its discriminator. */
typedef struct objective {
    const char *name;
    gan_loss loss;
    gan_penalty_kind penalty; /* of weight 1 */
    double clip;              /* limit of the discriminator's weights; 0: none */
    int spectral;             /* 1: spectral normalisation */
} objective;

static const objective objectives[] = {
    {.name = "bce", .loss = GAN_LOSS_BCE},
    {.name = "minimax", .loss = GAN_LOSS_MINIMAX},
    {.name = "relativistic", .loss = GAN_LOSS_RELATIVISTIC},
    {.name = "least-squares", .loss = GAN_LOSS_LEAST_SQUARES},
    {.name = "hinge", .loss = GAN_LOSS_HINGE},
    {.name = "wgan", .loss = GAN_LOSS_WASSERSTEIN, .clip = 0.05},
    {.name = "wgan-gp", .loss = GAN_LOSS_WASSERSTEIN, .penalty = GAN_PENALTY_WGAN_GP},
    {.name = "r1", .loss = GAN_LOSS_BCE, .penalty = GAN_PENALTY_R1},
    {.name = "dragan", .loss = GAN_LOSS_BCE, .penalty = GAN_PENALTY_DRAGAN},
    {.name = "hinge-sn", .loss = GAN_LOSS_HINGE, .spectral = 1},
};
enum { OBJECTIVES = sizeof objectives / sizeof *objectives };

/* The same networks, learning rates and steps for all of them. */
enum { LATENT = 2, HIDDEN = 128, HIDDEN_LAYERS = 3, BATCH = 128 };

typedef struct options {
    const char *only, *out;
    long seeds, steps, threads;
    int overwrite;
    const objective *chosen; /* the first of those to compare */
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.out = ".", .seeds = 3, .steps = 10000};
    /* clang-format off */
    cli_option table[] = {
        {"only", "NAME", .text = &o->only, .help = "one of the objectives instead of all"},
        {"seeds", "N", .whole = &o->seeds, .min = 1, .max = 100,
         .help = "runs of each objective, with seeds 1 to N"},
        {"steps", "N", .whole = &o->steps, .min = 1, .max = 10000000,
         .help = "training steps per run, over which the learning rates fall linearly to 0"},
        {"threads", "N", .whole = &o->threads, .min = 0, .max = 64,
         .help = "runs at once; 0: one per CPU; never changes the result"},
        {"out", "DIR", .text = &o->out, .help = "directory of the pictures, created if need be"},
        {.name = "overwrite", .on = &o->overwrite,
         .help = "replace ring.png and grid.png if they exist already"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "ring",
        .options = table,
        .summary =
            "Trains small GANs with every objective on eight Gaussians on a ring and on 25 on a\n"
            "grid, and prints for each seed how many modes are covered and which share of 10000\n"
            "samples is good.  A sample within 3 standard deviations of a mode's center is good,\n"
            "as 98.9 % of real points are; a mode is covered when it has at least a quarter of\n"
            "its share of the samples, good ones.\n"
            "\n"
            "Objectives: bce, minimax, relativistic, least-squares, hinge, wgan (Wasserstein,\n"
            "weights clipped); and wgan-gp, r1 (bce), dragan (bce), each with its penalty, and\n"
            "hinge-sn, with spectral normalisation.\n"
            "\n"
            "ring.png and grid.png show what the first seed has learnt, generated points orange\n"
            "over real ones blue.\n",
        .examples = "  ring --only r1 --seeds 1\n  ring --steps 20000 --out longer\n",
    };
    cli_parse(&program, argc, argv);
}

static gan_network *make_network(size_t in, size_t out, int spectral, uint64_t seed)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(gan_shape_1d(in), &desc);
    for (int i = 0; i <= HIDDEN_LAYERS; i++) {
        gan_layer *linear = gan_layer_linear(i ? HIDDEN : in, i < HIDDEN_LAYERS ? HIDDEN : out);
        gan_network_add(net, spectral ? gan_layer_spectral_norm(linear) : linear);
        if (i < HIDDEN_LAYERS) gan_network_add(net, gan_layer_relu());
    }
    return net; /* any error is remembered, and reported by gan_trainer_create() */
}

/* Adam without momentum; its learning rate falls to 0 in `steps`, `clip` limits the weights. */
static int make_optimizer(gan_optimizer **out, long steps, double clip)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.beta1 = 0;
    adam.beta2 = 0.99;
    gan_schedule_desc fall = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR};
    fall.period = (uint64_t)steps;
    gan_limits_desc limits = {GAN_LIMITS_DESC_INIT, .weight = clip};
    return cli_ok(gan_optimizer_create_adam(out, &adam)) &&
           cli_ok(gan_optimizer_set_schedule(*out, &fall)) &&
           cli_ok(gan_optimizer_set_limits(*out, &limits));
}

/* Train on fresh points at each step, then draw samples. */
static int take_steps(gan_trainer *trainer, gan_rng *rng, comparison_run *r, long steps)
{
    float real[2 * BATCH], *z = cli_memory(LATENT * COMPARISON_SAMPLES, sizeof *z);
    gan_batch batch = {GAN_BATCH_INIT, .count = BATCH, .shape = gan_shape_1d(2), .samples = real};
    int good = 1;
    for (long step = 0; good && step < steps; step++) {
        mixture_draw(r->mixture, rng, BATCH, real);
        good = cli_ok(gan_train_step(trainer, &batch, NULL));
    }
    gan_rng_normal(rng, LATENT * COMPARISON_SAMPLES, z);
    good = good && cli_ok(gan_trainer_sample(trainer, z, COMPARISON_SAMPLES, r->samples));
    free(z);
    return good;
}

/* One run from its networks to its samples. */
static int train(const void *context, comparison_run *r)
{
    long steps = ((const options *)context)->steps;
    const objective *o = &((const options *)context)->chosen[r->way];
    gan_network *g = make_network(LATENT, 2, 0, 2 * r->seed);
    gan_network *d = make_network(2, 1, o->spectral, 2 * r->seed + 1);
    gan_optimizer *g_adam = NULL, *d_adam = NULL;
    gan_trainer *trainer = NULL;
    gan_rng *rng = NULL;
    gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = o->penalty, .weight = 1};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = r->seed};
    desc.loss = o->loss;
    if (o->penalty != GAN_PENALTY_NONE) desc.penalty = &penalty;
    desc.average_decay = fmax(1 - 10 / (double)steps, 0); /* over the last tenth of the steps */
    desc.n_threads = 1;                                   /* the runs are parallel */
    int good = make_optimizer(&g_adam, steps, 0) && make_optimizer(&d_adam, steps, o->clip) &&
               cli_ok(gan_trainer_create(&trainer, g, d, g_adam, d_adam, &desc)) &&
               cli_ok(gan_rng_create(&rng, r->seed, 0, NULL)) && take_steps(trainer, rng, r, steps);
    gan_rng_destroy(rng);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(d_adam);
    gan_optimizer_destroy(g_adam);
    gan_network_destroy(d);
    gan_network_destroy(g);
    return good;
}

int main(int argc, char **argv)
{
    options o;
    const char *names[OBJECTIVES];
    size_t first = 0, n = OBJECTIVES;

    read_options(&o, argc, argv);
    for (size_t i = 0; i < OBJECTIVES; i++) names[i] = objectives[i].name;
    if (o.only) {
        for (n = 1; first < OBJECTIVES && strcmp(names[first], o.only) != 0;) first++;
        if (first == OBJECTIVES)
            cli_usage_error("--only: there is no objective \"%s\"; see --help", o.only);
    }
    o.chosen = objectives + first;
    comparison what = {.names = names + first,
                       .n_ways = n,
                       .seeds = (size_t)o.seeds,
                       .n_threads = (size_t)o.threads,
                       .out = o.out,
                       .overwrite = o.overwrite,
                       .context = &o,
                       .train = train};
    return cli_end(comparison_do(&what) ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
