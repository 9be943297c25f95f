/* fashion_gan.c - train a GAN on Fashion-MNIST and watch garments appear, epoch by epoch.
 *
 * The way through this file: options -> data -> networks -> trainer -> epochs -> files. */
#include "cli.h"
#include "plot.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 100, SHOWN_COLUMNS = 10, SHOWN_PADDING = 2, SYNTHETIC_COUNT = 60000 };

typedef struct options {
    const char *data, *out;
    long epochs, batch, latent, hidden, depth, seed, threads, limit;
    double lr;
    int quiet;
} options;

/* The figures of one epoch, averaged over its steps: a row of losses.csv. */
typedef struct epoch_record {
    double d_loss, g_loss, d_real, d_fake, seconds;
} epoch_record;

/* Everything that a run holds. */
typedef struct experiment {
    options opt;
    gan_dataset *data;
    gan_iterator *iterator;
    gan_network *g, *d;
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    float *noise;      /* SHOWN latent vectors, the same in each epoch */
    float *samples;    /* room for SHOWN pictures */
    gan_shape picture; /* of one sample */
    FILE *csv;
    epoch_record *history; /* n_epochs of them are filled */
    size_t n_epochs;
    size_t images; /* real images seen since `began` */
    double began;  /* when training began */
    cli_progress progress;
} experiment;

/* ---- Options ---- */

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.out = "out",
                   .epochs = 200,
                   .batch = 100,
                   .latent = 64,
                   .hidden = 256,
                   .depth = 2,
                   .lr = 0.0001,
                   .seed = 1};
    /* clang-format off */
    const cli_option table[] = {
        {"data", "DIR", .text = &o->data,
         .help = "folder of train-images-idx3-ubyte, plain or .gz"},
        {"epochs", "N", .whole = &o->epochs, .min = 1, .max = 100000,
         .help = "passes over the data"},
        {"batch", "N", .whole = &o->batch, .min = 1, .max = 65536,
         .help = "real images, and as many generated ones, a step"},
        {"lr", "X", .real = &o->lr, .min = 0, .max = 10,
         .help = "learning rate of both Adam optimizers"},
        {"latent", "N", .whole = &o->latent, .min = 1, .max = 65536,
         .help = "numbers of noise that an image is made from"},
        {"hidden", "N", .whole = &o->hidden, .min = 1, .max = 16384,
         .help = "width of the hidden layers"},
        {"depth", "N", .whole = &o->depth, .min = 1, .max = 32,
         .help = "number of hidden layers in each network"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "of weights, noise and order; same seed, same result"},
        {"threads", "N", .whole = &o->threads, .min = 0, .max = 1024,
         .help = "0: as many as there are CPUs; never changes the result"},
        {"limit", "N", .whole = &o->limit, .min = 0, .max = 2147483647,
         .help = "use only the first N images; 0: all"},
        {"out", "DIR", .text = &o->out, .help = "where the results go; made if need be"},
        {.name = "quiet", .on = &o->quiet, .help = "print nothing but warnings and errors"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "fashion_gan",
        .options = table,
        .summary =
            "Trains a generative adversarial network on Fashion-MNIST: a generator that turns\n"
            "noise into pictures of garments, and a discriminator that learns to tell them\n"
            "from real ones.\n"
            "\n"
            "The data is looked for in --data, else in $GAN_DATA_DIR and data/fashion-mnist;\n"
            "when it is in neither, silhouettes drawn by the library take its place.  Files of\n"
            "an earlier run in --out are replaced:\n"
            "  real_images.png              100 images of the data\n"
            "  fake_images-001.png ...      100 generated ones after each epoch, all from the\n"
            "                               same noise\n"
            "  losses.csv, losses.png       losses and mean verdicts D(x), D(G(z)) an epoch\n"
            "  generator.safetensors        the weights, for sample, interpolate or PyTorch\n"
            "  discriminator.safetensors\n"
            "Ctrl-C ends the run after the current step and saves all of them; a second one\n"
            "kills it.\n",
        .examples = "  fashion_gan --epochs 30                     garments can be recognised\n"
                    "  fashion_gan --epochs 5 --limit 10000        a quick look\n"
                    "  fashion_gan --lr 0.00005 --out slower       a lower learning rate\n"
                    "  fashion_gan --depth 3 --hidden 512          larger networks\n",
    };
    cli_parse(&program, argc, argv);
}

/* ---- Data ---- */

/* Look for the images in a folder, packed or not.  Return 1 and their path when they are there. */
static int find_images(char *path, size_t capacity, const char *folder)
{
    if (!*folder) return 0;
    return (cli_join(path, capacity, folder, "train-images-idx3-ubyte.gz") &&
            access(path, F_OK) == 0) ||
           (cli_join(path, capacity, folder, "train-images-idx3-ubyte") && access(path, F_OK) == 0);
}

static int open_data(experiment *e)
{
    const options *o = &e->opt;
    const char *folder = getenv("GAN_DATA_DIR") ? getenv("GAN_DATA_DIR") : "";
    char path[PATH_MAX];
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_count = (size_t)o->limit};

    if (o->data && !find_images(path, sizeof path, o->data)) {
        cli_say("--data %s: there is no train-images-idx3-ubyte.gz in it, nor without .gz",
                o->data);
        return 0;
    }
    if (o->data || find_images(path, sizeof path, folder) ||
        find_images(path, sizeof path, "data/fashion-mnist")) {
        if (!cli_ok(gan_dataset_open_idx(&e->data, path, NULL, &desc))) return 0;
        if (!o->quiet) printf("Data: %zu images of %s\n", gan_dataset_count(e->data), path);
        return 1;
    }
    size_t count = o->limit > 0 && o->limit < SYNTHETIC_COUNT ? (size_t)o->limit : SYNTHETIC_COUNT;
    cli_say("no Fashion-MNIST in %s%sdata/fashion-mnist: training on %zu silhouettes drawn by the "
            "library",
            folder, *folder ? " or " : "", count);
    return cli_ok(gan_dataset_create_shapes(&e->data, count, (uint64_t)o->seed, NULL));
}

static int make_iterator(experiment *e)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = (size_t)e->opt.batch,
                              .shuffle = 1};
    desc.seed = (uint64_t)e->opt.seed;
    e->picture = gan_dataset_shape(e->data);
    return cli_ok(
        gan_iterator_create(&e->iterator, e->data, &desc)); /* bytes become numbers from -1 to 1 */
}

/* ---- Networks ---- */

/* Hidden layers with a leaky ReLU after each, then a layer of `out` numbers. */
static gan_network *make_network(const options *o, size_t in, size_t out, gan_layer *last,
                                 uint64_t seed)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(gan_shape_1d(in), &desc);
    for (long i = 0; i < o->depth; i++) {
        gan_network_add(net, gan_layer_linear(i == 0 ? in : (size_t)o->hidden, (size_t)o->hidden));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    gan_network_add(net, gan_layer_linear((size_t)o->hidden, out));
    gan_network_add(net, last);
    return net; /* failures are remembered: gan_trainer_create() reports them */
}

static int print_network(const char *title, const gan_network *net)
{
    size_t capacity = gan_network_summary(net, NULL, 0) + 1;
    char *text = malloc(capacity);
    if (!cli_have(text)) return 0;
    gan_network_summary(net, text, capacity);
    printf("\n%s\n%s", title, text);
    free(text);
    return 1;
}

static int make_trainer(experiment *e)
{
    const options *o = &e->opt;
    size_t pixels = gan_shape_size(e->picture);
    uint64_t seed = (uint64_t)o->seed;
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.lr = (float)o->lr;
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = (size_t)o->batch, .seed = seed};
    desc.n_threads = (size_t)o->threads;

    /* Each network has its own seed, so that no weight of one is a weight of the other. */
    e->g = make_network(o, (size_t)o->latent, pixels, gan_layer_tanh(), 2 * seed);
    e->d = make_network(o, pixels, 1, gan_layer_sigmoid(), 2 * seed + 1);
    return cli_ok(gan_optimizer_create_adam(&e->g_adam, &adam)) &&
           cli_ok(gan_optimizer_create_adam(&e->d_adam, &adam)) &&
           cli_ok(gan_trainer_create(&e->trainer, e->g, e->d, e->g_adam, e->d_adam, &desc)) &&
           (o->quiet || (print_network("Generator", e->g) && print_network("Discriminator", e->d)));
}

/* ---- Files ---- */

/* Write the first of e->samples as a grid; mean and std say what their numbers mean, see
 * gan_grid_desc. */
static int write_grid(const experiment *e, const char *name, size_t n, float mean, float std)
{
    char path[PATH_MAX];
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = SHOWN_COLUMNS, .padding = SHOWN_PADDING};
    for (size_t c = 0; c < 4; c++) grid.mean[c] = mean, grid.std[c] = std;
    return cli_join(path, sizeof path, e->opt.out, name) &&
           cli_ok(gan_image_write_grid(path, e->samples, n, e->picture, &grid));
}

static int write_real_images(experiment *e)
{
    size_t size = gan_shape_size(e->picture), count = gan_dataset_count(e->data);
    size_t n = count < SHOWN ? count : SHOWN;
    for (size_t i = 0; i < n; i++)
        if (!cli_ok(gan_dataset_read(e->data, i, e->samples + i * size, NULL))) return 0;
    return write_grid(e, "real_images.png", n, 0, 1); /* as stored: 0 to 1 */
}

static int write_fake_images(experiment *e, size_t epoch)
{
    char name[64];
    snprintf(name, sizeof name, "fake_images-%03zu.png", epoch);
    return cli_ok(gan_trainer_sample(e->trainer, e->noise, SHOWN, e->samples)) &&
           write_grid(e, name, SHOWN, 0.5f, 0.5f); /* tanh: -1 to 1 */
}

static int csv_failed(void)
{
    cli_say("losses.csv: %s", strerror(errno));
    return 0;
}

static int write_csv_row(experiment *e, size_t epoch, const epoch_record *r)
{
    /* Flushed at once, so that a run can be watched, and little is lost if the machine stops. */
    if (fprintf(e->csv, "%zu,%.6f,%.6f,%.6f,%.6f,%.3f\n", epoch, r->d_loss, r->g_loss, r->d_real,
                r->d_fake, r->seconds) < 0 ||
        fflush(e->csv) != 0)
        return csv_failed();
    return 1;
}

static int open_outputs(experiment *e)
{
    char path[PATH_MAX];
    const options *o = &e->opt;
    size_t n_noise = SHOWN * (size_t)o->latent;
    gan_rng *rng = NULL;

    e->noise = malloc(n_noise * sizeof *e->noise);
    e->samples = malloc(SHOWN * gan_shape_size(e->picture) * sizeof *e->samples);
    e->history = malloc((size_t)o->epochs * sizeof *e->history);
    if (!cli_have(e->noise) || !cli_have(e->samples) || !cli_have(e->history)) return 0;
    if (!cli_ok(gan_rng_create(&rng, (uint64_t)o->seed, 0, NULL))) return 0;
    gan_rng_normal(rng, n_noise, e->noise);
    gan_rng_destroy(rng);

    if (!cli_make_folder(o->out) || !cli_join(path, sizeof path, o->out, "losses.csv")) return 0;
    e->csv = fopen(path, "w");
    if (!e->csv || fputs("epoch,d_loss,g_loss,d_real,d_fake,seconds\n", e->csv) < 0)
        return csv_failed();
    return write_real_images(e);
}

/* Draw the columns of losses.csv.  Failing is no failure of the run: the figures are in the CSV. */
static void write_chart(const experiment *e)
{
    char path[PATH_MAX];
    size_t n = e->n_epochs;
    if (n == 0) return;
    double *columns = malloc(4 * n * sizeof *columns);
    if (!cli_have(columns) || !cli_join(path, sizeof path, e->opt.out, "losses.png")) {
        free(columns);
        return;
    }
    double *d_loss = columns, *g_loss = columns + n, *d_real = columns + 2 * n,
           *d_fake = columns + 3 * n;
    for (size_t i = 0; i < n; i++) {
        d_loss[i] = e->history[i].d_loss;
        g_loss[i] = e->history[i].g_loss;
        d_real[i] = e->history[i].d_real;
        d_fake[i] = e->history[i].d_fake;
    }
    const plot_panel panels[] = {
        {.title = "Loss, mean of each epoch",
         .lines = {{"discriminator", d_loss, PLOT_BLUE}, {"generator", g_loss, PLOT_ORANGE}}},
        {.title = "Discriminator's mean verdict: 1 real, 0 generated",
         .low = 0,
         .high = 1,
         .lines = {{"D(x)", d_real, PLOT_BLUE}, {"D(G(z))", d_fake, PLOT_ORANGE}}},
    };
    const char *why = plot_chart(path, panels, 2, "epoch", 1, n);
    if (why) cli_say("losses.png is not drawn: %s; its figures are in losses.csv", why);
    free(columns);
}

static int write_weights(const experiment *e)
{
    char g_path[PATH_MAX], d_path[PATH_MAX];
    return cli_join(g_path, sizeof g_path, e->opt.out, "generator.safetensors") &&
           cli_join(d_path, sizeof d_path, e->opt.out, "discriminator.safetensors") &&
           cli_ok(gan_network_save(e->g, g_path)) && cli_ok(gan_network_save(e->d, d_path));
}

/* ---- Training ---- */

/* The signal that asks for an end; 0 while there is none. */
static volatile sig_atomic_t stop_signal = 0;

static void ask_to_stop(int signal_number)
{
    stop_signal = signal_number;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop};
    action.sa_flags =
        (int)SA_RESETHAND | SA_RESTART; /* a second one does what it always does: it kills */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void show_progress(experiment *e, size_t epoch, const gan_train_stats *stats)
{
    char head[64], tail[160], left[32];
    if (e->opt.quiet || !e->progress.live) return;
    double total = (double)e->opt.epochs * (double)gan_dataset_count(e->data);
    double rate = (double)e->images / (cli_seconds() - e->began);
    cli_format_time(left, sizeof left, (total - (double)e->images) / rate);
    snprintf(head, sizeof head, "epoch %zu/%ld", epoch, e->opt.epochs);
    snprintf(tail, sizeof tail, "D %.3f  G %.3f  %.0f images/s  %s left", stats->d_loss,
             stats->g_loss, rate, left);
    cli_progress_draw(&e->progress, head, (double)e->images / total, tail);
}

static void add_step(epoch_record *sum, const gan_train_stats *stats)
{
    sum->d_loss += stats->d_loss;
    sum->g_loss += stats->g_loss;
    sum->d_real += stats->d_real;
    sum->d_fake += stats->d_fake;
}

/* Turn sums over `steps` steps into means. */
static void average(epoch_record *r, size_t steps)
{
    r->d_loss /= (double)steps;
    r->g_loss /= (double)steps;
    r->d_real /= (double)steps;
    r->d_fake /= (double)steps;
}

/* Take one pass over the data, or what a signal leaves of it, and write down how it went. */
static int train_epoch(experiment *e, size_t epoch)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    epoch_record *record = &e->history[epoch - 1];
    const gan_batch *batch;
    double began = cli_seconds();
    gan_status status = GAN_OK;
    size_t steps = 0;

    *record = (epoch_record){0};
    while (!stop_signal && (status = gan_iterator_next(e->iterator, &batch)) == GAN_OK) {
        if (!cli_ok(gan_train_step(e->trainer, batch, &stats))) return 0;
        add_step(record, &stats);
        steps++;
        e->images += batch->count;
        show_progress(e, epoch, &stats);
    }
    if (!cli_ok(status)) return 0;
    if (steps == 0) return 1;
    record->seconds = cli_seconds() - began;
    average(record, steps);
    e->n_epochs = epoch;
    return write_csv_row(e, epoch, record) && write_fake_images(e, epoch);
}

static void print_epoch(experiment *e, size_t epoch)
{
    const epoch_record *r = &e->history[epoch - 1];
    if (e->opt.quiet || e->progress.live) return;
    printf("epoch %zu/%ld  D loss %.4f  G loss %.4f  D(x) %.3f  D(G(z)) %.3f  %.1f s\n", epoch,
           e->opt.epochs, r->d_loss, r->g_loss, r->d_real, r->d_fake, r->seconds);
    fflush(stdout);
}

static int train(experiment *e)
{
    int good = 1;
    if (!e->opt.quiet) printf("\nTraining; the files go to %s\n", e->opt.out);
    fflush(stdout);
    cli_progress_begin(&e->progress);
    catch_signals();
    e->began = cli_seconds();
    for (size_t epoch = 1; good && !stop_signal && epoch <= (size_t)e->opt.epochs; epoch++) {
        good = train_epoch(e, epoch);
        if (good && e->n_epochs == epoch) print_epoch(e, epoch);
    }
    cli_progress_clear(&e->progress);
    return good;
}

/* Save what there is: after the last epoch, a signal, or a failure. */
static int finish(experiment *e)
{
    int good = write_weights(e);
    write_chart(e);
    if (stop_signal)
        cli_say(
            "interrupted with %zu of %ld epochs begun; saved weights, losses and pictures in %s",
            e->n_epochs, e->opt.epochs, e->opt.out);
    else if (!e->opt.quiet && e->n_epochs > 0)
        printf("Done after %.0f s. Look at %s/fake_images-%03zu.png\n", cli_seconds() - e->began,
               e->opt.out, e->n_epochs);
    return good;
}

/* ---- The whole ---- */

static void end(experiment *e)
{
    if (e->csv) fclose(e->csv);
    free(e->history);
    free(e->samples);
    free(e->noise);
    gan_trainer_destroy(e->trainer);
    gan_optimizer_destroy(e->d_adam);
    gan_optimizer_destroy(e->g_adam);
    gan_network_destroy(e->d);
    gan_network_destroy(e->g);
    gan_iterator_destroy(e->iterator);
    gan_dataset_destroy(e->data);
}

int main(int argc, char **argv)
{
    experiment e = {0};
    read_options(&e.opt, argc, argv);

    int good = open_data(&e) && make_iterator(&e) && make_trainer(&e) && open_outputs(&e);
    if (good) {
        good = train(&e);
        good = finish(&e) && good;
    }
    end(&e);
    if (!good) return CLI_EXIT_FAILURE;
    return stop_signal ? 128 + stop_signal : CLI_EXIT_OK; /* as a shell says it: 130 after Ctrl-C */
}
