/* ring.c - every objective on two distributions whose modes can be counted: eight Gaussians on a
 * ring, and 25 on a grid.  Which generators find all of them?  Needs no data. */
#include "cli.h"
#include "files.h"
#include "plot.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is compared ---- */

/* An objective, and what keeps its discriminator from growing too steep. */
typedef struct objective {
    const char *name;
    gan_loss loss;
    gan_penalty_kind penalty; /* of weight 1 */
    double clip;              /* limit of the discriminator's weights; 0: none */
    int spectral;             /* 1: its layers are normalised by their largest singular value */
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
enum { OBJECTIVES = sizeof objectives / sizeof *objectives, MIXTURES = 2, MOST_MODES = 25 };

/* Equally likely Gaussians in the plane, of the sizes that papers on mode collapse use. */
typedef struct mixture {
    const char *name;
    int modes;
    float spread; /* standard deviation of each */
    void (*find_center)(int mode, float xy[2]);
    float extent; /* of its picture */
} mixture;

static void find_on_ring(int mode, float xy[2])
{
    xy[0] = 2 * cosf(6.2831853f * (float)mode / 8);
    xy[1] = 2 * sinf(6.2831853f * (float)mode / 8);
}

static void find_on_grid(int mode, float xy[2])
{
    xy[0] = 2 * (float)(mode % 5 - 2);
    xy[1] = 2 * (float)(mode / 5 - 2);
}

static const mixture mixtures[MIXTURES] = {
    {"ring", 8, 0.02f, find_on_ring, 2.6f},
    {"grid", MOST_MODES, 0.05f, find_on_grid, 5.2f},
};

/* Draw `n` points of a mixture. */
static void draw_real(const mixture *m, gan_rng *rng, int n, float *xy)
{
    gan_rng_normal(rng, 2 * (size_t)n, xy);
    for (int i = 0; i < n; i++) {
        float center[2];
        m->find_center((int)gan_rng_below(rng, (uint32_t)m->modes), center);
        for (int axis = 0; axis < 2; axis++)
            xy[2 * i + axis] = center[axis] + m->spread * xy[2 * i + axis];
    }
}

/* ---- One run: the same networks, rates and steps for all ---- */

enum { LATENT = 2, HIDDEN = 128, HIDDEN_LAYERS = 3, BATCH = 128, DRAWN = 10000, SHOWN = 1000 };

typedef struct run {
    const mixture *mixture;
    const objective *objective;
    uint64_t seed;
    int done;
    int covered; /* modes near which there is at least a quarter of their share of the samples */
    double good; /* share of the samples within 3 standard deviations of a center */
    float z[LATENT * DRAWN], samples[2 * DRAWN];
} run;

static gan_network *make_network(size_t in, size_t out, int spectral, uint64_t seed)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(gan_shape_1d(in), &desc);
    for (int i = 0; i <= HIDDEN_LAYERS; i++) {
        gan_layer *linear = gan_layer_linear(i ? HIDDEN : in, i < HIDDEN_LAYERS ? HIDDEN : out);
        gan_network_add(net, spectral ? gan_layer_spectral_norm(linear) : linear);
        if (i < HIDDEN_LAYERS) gan_network_add(net, gan_layer_relu());
    }
    return net; /* anything that went wrong is remembered, and reported by gan_trainer_create() */
}

/* Adam without momentum, its rate falling to 0 in `steps`, its weights limited to `clip`. */
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
static int train(gan_trainer *trainer, gan_rng *rng, run *r, long steps)
{
    float real[2 * BATCH];
    gan_batch batch = {GAN_BATCH_INIT, .count = BATCH, .shape = gan_shape_1d(2), .samples = real};
    for (long step = 0; step < steps; step++) {
        draw_real(r->mixture, rng, BATCH, real);
        if (!cli_ok(gan_train_step(trainer, &batch, NULL))) return 0;
    }
    gan_rng_normal(rng, LATENT * DRAWN, r->z);
    return cli_ok(gan_trainer_sample(trainer, r->z, DRAWN, r->samples));
}

static void count_modes(run *r)
{
    int near[MOST_MODES] = {0}, good = 0;
    const mixture *m = r->mixture;
    for (int mode = 0; mode < m->modes; mode++) {
        float center[2];
        m->find_center(mode, center);
        for (int i = 0; i < DRAWN; i++)
            near[mode] += hypotf(r->samples[2 * i] - center[0], r->samples[2 * i + 1] - center[1]) <
                          3 * m->spread;
        good += near[mode];
        r->covered += 4 * near[mode] * m->modes >= DRAWN;
    }
    r->good = good / (double)DRAWN;
}

static int do_run(run *r, long steps)
{
    const objective *o = r->objective;
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
    desc.n_threads = 1;                                   /* the runs go on beside each other */
    int ok = make_optimizer(&g_adam, steps, 0) && make_optimizer(&d_adam, steps, o->clip) &&
             cli_ok(gan_trainer_create(&trainer, g, d, g_adam, d_adam, &desc)) &&
             cli_ok(gan_rng_create(&rng, r->seed, 0, NULL)) && train(trainer, rng, r, steps);
    if (ok) count_modes(r);
    gan_rng_destroy(rng);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(d_adam);
    gan_optimizer_destroy(g_adam);
    gan_network_destroy(d);
    gan_network_destroy(g);
    return ok;
}

/* ---- All runs ---- */

typedef struct options {
    const char *only, *out;
    long seeds, steps, threads;
    int overwrite;
} options;

typedef struct comparison {
    options opt;
    const objective *first; /* the chosen objectives are this one */
    size_t chosen;          /* and those behind it, so many in all */
    run *runs;              /* mixture by mixture, objective by objective, seed by seed */
    size_t n_runs;
    pthread_mutex_t lock; /* of what follows, and of what is printed */
    size_t begun, rows;   /* runs begun, rows printed */
    int failed;
} comparison;

static void print_head(const comparison *c, const mixture *m)
{
    printf("%s| %-13s |", m == mixtures ? "" : "\n", m->name);
    for (long s = 1; s <= c->opt.seeds; s++) printf(" seed %-5ld |", s);
    printf(" good, mean |\n|---------------|");
    for (long s = 1; s <= c->opt.seeds; s++) printf("------------|");
    printf("------------|\n");
}

static void print_row(const comparison *c, const run *row)
{
    double sum = 0;
    printf("| %-13s |", row->objective->name);
    for (long s = 0; s < c->opt.seeds; s++) {
        printf(" %2d, %4.1f %% |", row[s].covered, 100 * row[s].good);
        sum += row[s].good;
    }
    printf("     %4.1f %% |\n", 100 * sum / (double)c->opt.seeds);
}

/* Print the next rows of the table, as far as their runs are done. */
static void print_rows(comparison *c)
{
    size_t seeds = (size_t)c->opt.seeds;
    for (const run *row; c->rows * seeds < c->n_runs; c->rows++) {
        row = c->runs + c->rows * seeds;
        for (size_t s = 0; s < seeds; s++)
            if (!row[s].done) return;
        if (c->rows % c->chosen == 0) print_head(c, row->mixture);
        print_row(c, row);
        fflush(stdout);
    }
}

/* A thread: do one run after the other until all have begun. */
static void *work(void *arg)
{
    comparison *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->failed && c->begun < c->n_runs) {
        run *r = c->runs + c->begun++;
        pthread_mutex_unlock(&c->lock);
        int ok = do_run(r, c->opt.steps);
        pthread_mutex_lock(&c->lock);
        r->done = ok;
        c->failed |= !ok;
        print_rows(c);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Return how many runs go on at once: what a pool of the library would make of the option. */
static size_t count_threads(long option)
{
    gan_pool *pool;
    if (!cli_ok(gan_pool_create(&pool, (size_t)option, NULL))) return 1;
    size_t n = gan_pool_thread_count(pool);
    gan_pool_destroy(pool);
    return n;
}

static int do_runs(comparison *c)
{
    enum { MOST = 64 };
    pthread_t threads[MOST];
    size_t wanted = count_threads(c->opt.threads), n = 0;
    while (n + 1 < wanted && n < MOST && pthread_create(&threads[n], NULL, work, c) == 0) n++;
    work(c);
    while (n > 0) pthread_join(threads[--n], NULL);
    return !c->failed;
}

static int name_picture(char path[PATH_MAX], const comparison *c, const mixture *m)
{
    char name[16];
    snprintf(name, sizeof name, "%s.png", m->name);
    return files_join(path, PATH_MAX, c->opt.out, name);
}

/* See before the work that its pictures can be written. */
static int check_pictures(const comparison *c)
{
    char path[PATH_MAX];
    if (!files_make_directory(c->opt.out)) return 0;
    for (size_t m = 0; m < MIXTURES; m++)
        if (!name_picture(path, c, &mixtures[m]) || !files_may_write(path, c->opt.overwrite))
            return 0;
    return 1;
}

/* Draw what the first seed of each objective has learnt. */
static int draw_pictures(const comparison *c)
{
    for (size_t m = 0; m < MIXTURES; m++) {
        static float real[2 * SHOWN];
        plot_square squares[OBJECTIVES];
        char path[PATH_MAX];
        gan_rng *rng;
        if (!cli_ok(gan_rng_create(&rng, 0, 0, NULL))) return 0;
        draw_real(&mixtures[m], rng, SHOWN, real);
        gan_rng_destroy(rng);
        for (size_t i = 0; i < c->chosen; i++) {
            const run *r = c->runs + (m * c->chosen + i) * (size_t)c->opt.seeds;
            squares[i] =
                (plot_square){.title = r->objective->name,
                              .sets = {{real, SHOWN, PLOT_BLUE}, {r->samples, SHOWN, PLOT_ORANGE}},
                              .extent = mixtures[m].extent};
        }
        if (!name_picture(path, c, &mixtures[m]) ||
            !cli_ok(plot_scatter(path, squares, c->chosen, c->chosen < 5 ? c->chosen : 5)))
            return 0;
    }
    return 1;
}

/* ---- The program ---- */

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.out = ".", .seeds = 3, .steps = 10000};
    /* clang-format off */
    cli_option table[] = {
        {"only", "NAME", .text = &o->only, .help = "one of the objectives instead of all"},
        {"seeds", "N", .whole = &o->seeds, .min = 1, .max = 100,
         .help = "runs of each objective, with the seeds 1 to N"},
        {"steps", "N", .whole = &o->steps, .min = 1, .max = 10000000,
         .help = "training steps per run, over which the learning rates fall linearly to 0"},
        {"threads", "N", .whole = &o->threads, .min = 0, .max = 64,
         .help = "runs at once; 0: as many as there are CPUs; never changes the result"},
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

/* Take the objectives that the options name, and the memory of their runs. */
static int prepare(comparison *c)
{
    c->first = objectives;
    c->chosen = OBJECTIVES;
    for (size_t i = 0; c->opt.only && c->chosen > 1; i++) {
        if (i == OBJECTIVES)
            cli_usage_error("--only: there is no objective \"%s\"; see --help", c->opt.only);
        if (strcmp(objectives[i].name, c->opt.only) != 0) continue;
        c->first = &objectives[i];
        c->chosen = 1;
    }
    size_t seeds = (size_t)c->opt.seeds;
    c->n_runs = MIXTURES * c->chosen * seeds;
    c->runs = calloc(c->n_runs, sizeof *c->runs);
    if (!cli_have(c->runs)) return 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        c->runs[i].mixture = &mixtures[i / seeds / c->chosen];
        c->runs[i].objective = c->first + i / seeds % c->chosen;
        c->runs[i].seed = i % seeds + 1;
    }
    return 1;
}

int main(int argc, char **argv)
{
    comparison c = {.lock = PTHREAD_MUTEX_INITIALIZER};
    read_options(&c.opt, argc, argv);
    int ok = prepare(&c) && check_pictures(&c) && do_runs(&c) && draw_pictures(&c);
    free(c.runs);
    return cli_end(ok ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
