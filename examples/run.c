/* run.c - see run.h.
 *
 * The way through this file: trainer -> files -> epochs -> the end. */
#include "run.h"

#include "plot.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SYNTHETIC_COUNT = 60000, SHOWN_ROWS = 10, SHOWN_COLUMNS = 10, SHOWN_PADDING = 2 };

/* The figures of one epoch, averaged over its steps: a row of losses.csv. */
typedef struct epoch_record {
    double d_loss, g_loss, d_real, d_fake, seconds;
    size_t steps; /* fewer than usual in the last row of a run that was interrupted */
} epoch_record;

const char *const run_losses[] = {[GAN_LOSS_BCE] = "bce",
                                  [GAN_LOSS_MINIMAX] = "minimax",
                                  [GAN_LOSS_RELATIVISTIC] = "relativistic",
                                  [GAN_LOSS_LEAST_SQUARES] = "least-squares",
                                  [GAN_LOSS_HINGE] = "hinge",
                                  [GAN_LOSS_WASSERSTEIN] = "wasserstein",
                                  NULL};
const char *const run_penalties[] = {
    [GAN_PENALTY_NONE] = "none", [GAN_PENALTY_WGAN_GP] = "wgan-gp", [GAN_PENALTY_R1] = "r1",
    [GAN_PENALTY_R2] = "r2",     [GAN_PENALTY_DRAGAN] = "dragan",   NULL};
const char *const run_schedules[] = {
    [GAN_SCHEDULE_CONSTANT] = "constant",       [GAN_SCHEDULE_LINEAR] = "linear",
    [GAN_SCHEDULE_COSINE] = "cosine",           [GAN_SCHEDULE_STEP] = "step",
    [GAN_SCHEDULE_EXPONENTIAL] = "exponential", NULL};

/* Everything that a run holds. */
typedef struct run {
    run_options opt;
    const gan_dataset *data;
    gan_network *g, *d;
    gan_iterator *iterator;
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    float *noise;      /* n_shown latent vectors, the same in each epoch */
    uint8_t *labels;   /* in a conditional run their classes: one for each row of the picture */
    float *samples;    /* room for n_shown pictures */
    size_t n_shown;    /* rows of SHOWN_COLUMNS */
    gan_shape picture; /* of one sample */
    FILE *csv;
    long csv_end;          /* where the rows of whole epochs end */
    epoch_record *history; /* n_epochs of them are filled, the last perhaps of half an epoch */
    size_t n_epochs;
    size_t images;        /* real images seen in the whole run */
    size_t images_before; /* of them before this process took over */
    double began;         /* when this process began to train */
    cli_progress progress;
} run;

/* ---- Data and networks ---- */

int run_open_data(gan_dataset **out, const run_data *data, const run_options *opt)
{
    cli_data what = {.folder = data->folder,
                     .set = "train",
                     .limit = (size_t)data->limit,
                     .drawn = SYNTHETIC_COUNT,
                     .seed = (uint64_t)opt->seed,
                     .labels = data->labels,
                     .quiet = opt->quiet};
    return cli_open_data(out, &what);
}

/* Does the loss see a sigmoid as the sign of a logit?  The others want the number itself. */
static int on_logits(const run_options *o)
{
    return o->loss == GAN_LOSS_BCE || o->loss == GAN_LOSS_MINIMAX ||
           o->loss == GAN_LOSS_RELATIVISTIC;
}

void run_add_weights(gan_network *net, int spectral_norm, gan_layer *layer)
{
    gan_network_add(net, spectral_norm ? gan_layer_spectral_norm(layer) : layer);
}

int run_shows_labels(const run_parts *parts)
{
    return parts->n_classes > 0 && parts->opt.auxiliary == 0;
}

size_t run_verdict_size(const run_parts *parts)
{
    return 1 + (parts->opt.auxiliary > 0 ? parts->n_classes : 0);
}

void run_add_verdict(const run_options *opt, gan_network *d)
{
    if (on_logits(opt) && opt->auxiliary == 0) gan_network_add(d, gan_layer_sigmoid());
}

/* What a generator's file says about its classes, whoever opens it. */
static int name_classes(const run_parts *parts)
{
    return parts->n_classes == 0 ||
           cli_ok(gan_network_set_class_names(parts->g, parts->class_names, parts->n_classes));
}

/* ---- Trainer ---- */

static int make_iterator(run *r, int flip)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = (size_t)r->opt.batch,
                              .shuffle = 1, .horizontal_flip = flip};
    desc.seed = (uint64_t)r->opt.seed;
    desc.n_threads = (size_t)r->opt.threads;
    return cli_ok(
        gan_iterator_create(&r->iterator, r->data, &desc)); /* bytes become numbers from -1 to 1 */
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

/* Make an optimizer that takes `steps` steps in the whole run. */
static int make_adam(gan_optimizer **out, const run_options *o, double lr, double steps)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.lr = lr;
    adam.beta1 = o->beta1;
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

static int make_trainer(run *r)
{
    const run_options *o = &r->opt;
    gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = (gan_penalty_kind)o->penalty};
    penalty.weight = o->penalty_weight;
    penalty.interval = (size_t)o->penalty_interval;
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = (size_t)o->batch,
                             .seed = (uint64_t)o->seed, .n_threads = (size_t)o->threads};
    desc.loss = (gan_loss)o->loss;
    if (o->penalty != GAN_PENALTY_NONE) desc.penalty = &penalty;
    desc.d_steps_per_g = (size_t)o->n_critic;
    desc.average_decay = o->ema;
    desc.average_warmup = o->ema > 0;
    desc.auxiliary_weight = o->auxiliary;
    desc.auxiliary_real_only = o->auxiliary > 0;
    double d_steps =
        (double)o->epochs * ceil((double)gan_dataset_count(r->data) / (double)o->batch);
    return make_adam(&r->g_adam, o, o->lr, floor(d_steps / (double)o->n_critic)) &&
           make_adam(&r->d_adam, o, o->d_lr > 0 ? o->d_lr : o->lr, d_steps) &&
           cli_ok(gan_trainer_create(&r->trainer, r->g, r->d, r->g_adam, r->d_adam, &desc)) &&
           (o->quiet || (print_network("Generator", r->g) && print_network("Discriminator", r->d)));
}

/* ---- Files ---- */

/* Write r->samples as a grid; mean and std say what their numbers mean, see gan_grid_desc. */
static int write_grid(const run *r, const char *name, size_t n, float mean, float std)
{
    char path[PATH_MAX];
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = SHOWN_COLUMNS, .padding = SHOWN_PADDING};
    for (size_t c = 0; c < 4; c++) grid.mean[c] = mean, grid.std[c] = std;
    return cli_join(path, sizeof path, r->opt.out, name) &&
           cli_ok(gan_image_write_grid(path, r->samples, n, r->picture, &grid));
}

/* The first images of the data; in a conditional run the first of each class in its row, which ends
 * black where the class has too few. */
static int write_real_images(run *r)
{
    size_t size = gan_shape_size(r->picture), count = gan_dataset_count(r->data), found = 0;
    size_t in_row[UINT8_MAX + 1] = {0};
    memset(r->samples, 0, r->n_shown * size * sizeof *r->samples);
    for (size_t i = 0; i < count && found < r->n_shown; i++) {
        size_t place = found;
        uint8_t label = 0;
        if (r->labels) {
            if (!cli_ok(gan_dataset_read(r->data, i, NULL, &label))) return 0;
            if (label * (size_t)SHOWN_COLUMNS >= r->n_shown || in_row[label] == SHOWN_COLUMNS)
                continue;
            place = label * (size_t)SHOWN_COLUMNS + in_row[label]++;
        }
        if (!cli_ok(gan_dataset_read(r->data, i, r->samples + place * size, NULL))) return 0;
        found++;
    }
    return write_grid(r, "real_images.png", r->labels ? r->n_shown : found, 0, 1); /* 0 to 1 */
}

static int write_fake_images(run *r, size_t epoch)
{
    char name[64];
    snprintf(name, sizeof name, "fake_images-%03zu.png", epoch);
    return cli_ok(gan_trainer_sample_labels(r->trainer, r->noise, r->labels, r->n_shown,
                                            r->samples)) &&
           write_grid(r, name, r->n_shown, 0.5f, 0.5f); /* tanh: -1 to 1 */
}

static int csv_failed(const char *why)
{
    cli_say("losses.csv: %s", why);
    return 0;
}

/* Write a row after those of whole epochs, and see that it is on the disk before a checkpoint that
 * counts on it.  The row of half an epoch has all its digits, to be gone on with. */
static int write_csv_row(run *r, size_t epoch, const epoch_record *row, int whole)
{
    int digits = whole ? 6 : 17;
    if (ftruncate(fileno(r->csv), r->csv_end) != 0 || fseek(r->csv, r->csv_end, SEEK_SET) != 0 ||
        fprintf(r->csv, "%zu,%.*f,%.*f,%.*f,%.*f,%.3f,%zu\n", epoch, digits, row->d_loss, digits,
                row->g_loss, digits, row->d_real, digits, row->d_fake, row->seconds,
                row->steps) < 0 ||
        fflush(r->csv) != 0 || fsync(fileno(r->csv)) != 0)
        return csv_failed(strerror(errno));
    if (whole) r->csv_end = ftell(r->csv);
    return 1;
}

static const char csv_header[] = "epoch,d_loss,g_loss,d_real,d_fake,seconds,steps\n";

/* Read the next row.  Return 0 when there is none, or not a whole one. */
static int read_csv_row(FILE *csv, size_t epoch, epoch_record *row)
{
    char line[256];
    size_t number;
    return fgets(line, sizeof line, csv) && strchr(line, '\n') &&
           sscanf(line, "%zu,%lf,%lf,%lf,%lf,%lf,%zu", &number, &row->d_loss, &row->g_loss,
                  &row->d_real, &row->d_fake, &row->seconds, &row->steps) == 7 &&
           number == epoch;
}

/* Go on with the rows of an earlier process: those of all whole epochs must be there.  Later ones
 * were written after the checkpoint and are dropped, but for the figures of an epoch that the
 * checkpoint stands in the middle of. */
static int reopen_csv(run *r, const char *path)
{
    char line[256], why[80];
    size_t whole_epochs = (size_t)gan_iterator_epoch(r->iterator), batch = (size_t)r->opt.batch;
    size_t begun_steps = (gan_iterator_position(r->iterator) + batch - 1) / batch;
    r->csv = fopen(path, "r+");
    if (!r->csv) return csv_failed(strerror(errno));
    if (!fgets(line, sizeof line, r->csv) || strcmp(line, csv_header) != 0)
        return csv_failed("begins otherwise than one of this program");
    for (; r->n_epochs < whole_epochs; r->n_epochs++) {
        if (read_csv_row(r->csv, r->n_epochs + 1, &r->history[r->n_epochs])) continue;
        snprintf(why, sizeof why, "the row of epoch %zu is not there", r->n_epochs + 1);
        return csv_failed(why);
    }
    r->csv_end = ftell(r->csv);
    epoch_record *begun = &r->history[whole_epochs];
    if (begun_steps > 0 && read_csv_row(r->csv, whole_epochs + 1, begun) &&
        begun->steps == begun_steps) {
        r->n_epochs++;
        return 1;
    }
    *begun = (epoch_record){0};
    return ftruncate(fileno(r->csv), r->csv_end) == 0 || csv_failed(strerror(errno));
}

static int open_csv(run *r)
{
    char path[PATH_MAX];
    if (!cli_join(path, sizeof path, r->opt.out, "losses.csv")) return 0;
    if (r->opt.resume) return reopen_csv(r, path);
    r->csv = fopen(path, "w");
    if (!r->csv || fputs(csv_header, r->csv) < 0 || fflush(r->csv) != 0)
        return csv_failed(strerror(errno));
    r->csv_end = ftell(r->csv);
    return 1;
}

static int write_checkpoint(const run *r)
{
    char path[PATH_MAX];
    return cli_join(path, sizeof path, r->opt.out, "checkpoint.safetensors") &&
           cli_ok(gan_checkpoint_save(r->trainer, r->iterator, path));
}

/* Put everything back to where the run was saved. */
static int read_checkpoint(const run *r)
{
    char path[PATH_MAX];
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    if (!cli_join(path, sizeof path, r->opt.out, "checkpoint.safetensors") ||
        !cli_ok(gan_checkpoint_load(r->trainer, r->iterator, path)) ||
        !cli_ok(gan_checkpoint_read_info(&info, path)))
        return 0;
    if (!info.same_bits)
        cli_say("%s was saved by libgan %s with %s: the last bits may differ from now on", path,
                info.version, info.blas);
    return 1;
}

/* Choose what the pictures show: samples of different noise; in a conditional run a row for each
 * class, all of them from the same noise. */
static int choose_noise(run *r)
{
    size_t latent = gan_shape_size(gan_network_input_shape(r->g));
    size_t n_classes = gan_network_class_count(r->g), row = SHOWN_COLUMNS * latent;
    gan_rng *rng = NULL;

    r->n_shown = SHOWN_COLUMNS * (n_classes > 0 ? n_classes : SHOWN_ROWS);
    r->noise = malloc(r->n_shown * latent * sizeof *r->noise);
    r->labels = n_classes > 0 ? malloc(r->n_shown) : NULL;
    if (!cli_have(r->noise) || (n_classes > 0 && !cli_have(r->labels)) ||
        !cli_ok(gan_rng_create(&rng, (uint64_t)r->opt.seed, 0, NULL)))
        return 0;
    gan_rng_normal(rng, r->n_shown * latent, r->noise);
    for (size_t k = 0; k < n_classes; k++) {
        memset(r->labels + k * SHOWN_COLUMNS, (int)k, SHOWN_COLUMNS);
        if (k > 0) memcpy(r->noise + k * row, r->noise, row * sizeof *r->noise);
    }
    gan_rng_destroy(rng);
    return 1;
}

static int open_outputs(run *r)
{
    const run_options *o = &r->opt;
    size_t n_epochs = (size_t)o->epochs;

    if (o->resume && !read_checkpoint(r)) return 0;
    if (n_epochs < gan_iterator_epoch(r->iterator)) n_epochs = gan_iterator_epoch(r->iterator);
    if (!choose_noise(r)) return 0;
    r->samples = malloc(r->n_shown * gan_shape_size(r->picture) * sizeof *r->samples);
    r->history = calloc(n_epochs + 1, sizeof *r->history);
    if (!cli_have(r->samples) || !cli_have(r->history)) return 0;
    /* The first checkpoint takes the place of an earlier run's, whose rows are gone, too. */
    return cli_make_folder(o->out) && open_csv(r) && (o->resume || write_checkpoint(r)) &&
           write_real_images(r);
}

/* Draw the columns of losses.csv.  Failing is no failure of the run: the figures are in the CSV. */
static void write_chart(const run *r)
{
    char path[PATH_MAX];
    size_t n = r->n_epochs;
    if (n == 0) return;
    double *columns = malloc(4 * n * sizeof *columns);
    if (!cli_have(columns) || !cli_join(path, sizeof path, r->opt.out, "losses.png")) {
        free(columns);
        return;
    }
    double *d_loss = columns, *g_loss = columns + n, *d_real = columns + 2 * n,
           *d_fake = columns + 3 * n;
    for (size_t i = 0; i < n; i++) {
        d_loss[i] = r->history[i].d_loss;
        g_loss[i] = r->history[i].g_loss;
        d_real[i] = r->history[i].d_real;
        d_fake[i] = r->history[i].d_fake;
    }
    int bounded = on_logits(&r->opt);
    const plot_panel panels[] = {
        {.title = "Loss, mean of each epoch",
         .lines = {{"discriminator", d_loss, PLOT_BLUE}, {"generator", g_loss, PLOT_ORANGE}}},
        {.title = bounded ? "Discriminator's mean verdict: 1 real, 0 generated"
                          : "Discriminator's mean verdict",
         .low = 0,
         .high = bounded,
         .lines = {{"D(x)", d_real, PLOT_BLUE}, {"D(G(z))", d_fake, PLOT_ORANGE}}},
    };
    const char *why = plot_chart(path, panels, 2, "epoch", 1, n);
    if (why) cli_say("losses.png is not drawn: %s; its figures are in losses.csv", why);
    free(columns);
}

static int write_weights(const run *r)
{
    char g_path[PATH_MAX], d_path[PATH_MAX];
    gan_network *g = r->opt.ema > 0 ? gan_trainer_average(r->trainer) : r->g;
    return cli_join(g_path, sizeof g_path, r->opt.out, "generator.safetensors") &&
           cli_join(d_path, sizeof d_path, r->opt.out, "discriminator.safetensors") &&
           cli_ok(gan_network_save(g, g_path)) && cli_ok(gan_network_save(r->d, d_path));
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

static void show_progress(run *r, size_t epoch, const gan_train_stats *stats)
{
    char head[64], tail[160], left[32];
    if (r->opt.quiet || !r->progress.live) return;
    double total = (double)r->opt.epochs * (double)gan_dataset_count(r->data);
    double rate = (double)(r->images - r->images_before) / (cli_seconds() - r->began);
    cli_format_time(left, sizeof left, (total - (double)r->images) / rate);
    snprintf(head, sizeof head, "epoch %zu/%ld", epoch, r->opt.epochs);
    snprintf(tail, sizeof tail, "D %.3f  G %.3f  %.0f images/s  %s left", stats->d_loss,
             stats->g_loss, rate, left);
    cli_progress_draw(&r->progress, head, (double)r->images / total, tail);
}

static void add_step(epoch_record *sum, const gan_train_stats *stats)
{
    sum->d_loss += stats->d_loss;
    sum->g_loss += stats->g_loss;
    sum->d_real += stats->d_real;
    sum->d_fake += stats->d_fake;
    sum->steps++;
}

/* Turn sums over the steps into means, by 1 / steps, or back, by steps. */
static void scale(epoch_record *record, double factor)
{
    record->d_loss *= factor;
    record->g_loss *= factor;
    record->d_real *= factor;
    record->d_fake *= factor;
}

/* Take one pass over the data, what is left of it, or what a signal leaves of it, and write down
 * how it went. */
static int train_epoch(run *r, size_t epoch)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    epoch_record *record = &r->history[epoch - 1];
    const gan_batch *batch;
    double began = cli_seconds() - record->seconds;
    gan_status status = GAN_OK;

    scale(record, (double)record->steps);
    while (!stop_signal && (status = gan_iterator_next(r->iterator, &batch)) == GAN_OK) {
        if (!cli_ok(gan_train_step(r->trainer, batch, &stats))) return 0;
        add_step(record, &stats);
        r->images += batch->count;
        show_progress(r, epoch, &stats);
    }
    if (!cli_ok(status)) return 0;
    if (record->steps == 0) return 1;
    record->seconds = cli_seconds() - began;
    scale(record, 1 / (double)record->steps);
    r->n_epochs = epoch;
    int whole = status == GAN_END,
        due = r->opt.checkpoint_every > 0 && epoch % (size_t)r->opt.checkpoint_every == 0;
    return write_csv_row(r, epoch, record, whole) && write_fake_images(r, epoch) &&
           ((whole && !due && epoch < (size_t)r->opt.epochs) || write_checkpoint(r));
}

static void print_epoch(run *r, size_t epoch)
{
    const epoch_record *record = &r->history[epoch - 1];
    if (r->opt.quiet || r->progress.live) return;
    printf("epoch %zu/%ld  D loss %.4f  G loss %.4f  D(x) %.3f  D(G(z)) %.3f  %.1f s\n", epoch,
           r->opt.epochs, record->d_loss, record->g_loss, record->d_real, record->d_fake,
           record->seconds);
    fflush(stdout);
}

static int train(run *r)
{
    size_t epoch = (size_t)gan_iterator_epoch(r->iterator), epochs = (size_t)r->opt.epochs;
    int good = 1;
    if (epoch >= epochs) {
        cli_say("nothing to train: %zu epochs are done, --epochs is %zu", epoch, epochs);
        return 1;
    }
    if (!r->opt.quiet && r->opt.resume)
        printf("\nGoing on after %zu epochs and %zu images\n", epoch,
               gan_iterator_position(r->iterator));
    if (!r->opt.quiet) printf("\nTraining; the files go to %s\n", r->opt.out);
    fflush(stdout);
    cli_progress_begin(&r->progress);
    catch_signals();
    r->images_before = epoch * gan_dataset_count(r->data) + gan_iterator_position(r->iterator);
    r->images = r->images_before;
    r->began = cli_seconds();
    while (good && !stop_signal && epoch < epochs) {
        good = train_epoch(r, ++epoch);
        if (good && r->n_epochs == epoch) print_epoch(r, epoch);
    }
    cli_progress_clear(&r->progress);
    return good;
}

/* Save what there is: after the last epoch, a signal, or a failure. */
static int finish(run *r)
{
    int good = write_weights(r);
    write_chart(r);
    if (stop_signal)
        cli_say("interrupted with %zu of %ld epochs begun; saved in %s, where --resume goes on",
                r->n_epochs, r->opt.epochs, r->opt.out);
    else if (!r->opt.quiet && r->n_epochs > 0 && r->began > 0)
        printf("Done after %.0f s. Look at %s/fake_images-%03zu.png\n", cli_seconds() - r->began,
               r->opt.out, r->n_epochs);
    return good;
}

/* ---- The whole ---- */

static void end(run *r)
{
    if (r->csv) fclose(r->csv);
    free(r->history);
    free(r->samples);
    free(r->labels);
    free(r->noise);
    gan_trainer_destroy(r->trainer);
    gan_optimizer_destroy(r->d_adam);
    gan_optimizer_destroy(r->g_adam);
    gan_iterator_destroy(r->iterator);
}

int run_train(const run_parts *parts)
{
    run r = {.opt = parts->opt, .data = parts->data, .g = parts->g, .d = parts->d};
    r.picture = gan_dataset_shape(r.data);
    int good = name_classes(parts) && make_iterator(&r, parts->flip) && make_trainer(&r) &&
               open_outputs(&r);
    if (good) {
        good = train(&r);
        good = finish(&r) && good;
    }
    end(&r);
    if (!good) return CLI_EXIT_FAILURE;
    return stop_signal ? 128 + stop_signal : CLI_EXIT_OK;
}
