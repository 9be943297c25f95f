/* run.c - see run.h.
 * The stages of a run: options (run_options.c) -> networks -> trainer -> files -> epochs -> the
 * end. */
#include "run.h"

#include "dryrun.h"
#include "evaluation.h"
#include "files.h"
#include "losses.h"
#include "progress.h"
#include "ranks.h"
#include "recipe.h"
#include "runlog.h"
#include "stop.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_ROWS = 10, SHOWN_COLUMNS = 10, SHOWN_PADDING = 2 };

/* Everything that a run holds. */
typedef struct run {
    run_options *opt;
    const gan_dataset *data, *held_out;
    gan_dataset
        *repeated;    /* the samples of an epoch, if that is several passes over `data` */
    size_t per_epoch; /* their number */
    gan_network *g, *d;
    gan_iterator *iterator;
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    size_t memory; /* its memory in bytes */
    runlog log;
    evaluation evaluation;    /* with --evaluate-every */
    const char *const *names; /* of the data's classes */
    size_t n_names;
    float *noise;         /* n_shown latent vectors, the same in each epoch */
    uint8_t *labels;      /* in a conditional run their classes: one for each row of the picture */
    float *samples;       /* room for n_shown pictures */
    size_t n_shown;       /* rows of SHOWN_COLUMNS */
    gan_shape picture;    /* of one sample */
    losses_row *history;  /* of each epoch; the last one may be incomplete */
    size_t n_epochs;      /* epochs begun */
    size_t images;        /* real images used in the whole run */
    size_t images_before; /* of them before this process took over */
    double began;         /* when this process began to train */
    double charted;       /* when losses.png was last drawn */
    progress line;
    watch watch;
    int stopped;      /* 1: --stop-early ended it */
    gan_verdict said; /* the verdict that was printed last */
} run;

/* ---- Networks ---- */

/* Whether the loss applies a sigmoid to the logit; the others use the raw output. */
static int on_logits(const run_options *o)
{
    return o->loss == GAN_LOSS_BCE || o->loss == GAN_LOSS_MINIMAX ||
           o->loss == GAN_LOSS_RELATIVISTIC || o->loss == GAN_LOSS_RELATIVISTIC_PAIRED;
}

void run_add_weights(gan_network *net, int spectral_norm, gan_layer *layer)
{
    gan_network_add(net, spectral_norm ? gan_layer_spectral_norm(layer) : layer);
}

int run_shows_labels(const run_parts *parts)
{
    return parts->n_classes > 0 && parts->opt->auxiliary == 0;
}

size_t run_output_size(const run_parts *parts)
{
    return 1 + (parts->opt->auxiliary > 0 ? parts->n_classes : 0);
}

int run_ends_in_sigmoid(const run_options *opt)
{
    return on_logits(opt) && opt->auxiliary == 0;
}

void run_add_output(const run_options *opt, gan_network *d)
{
    if (run_ends_in_sigmoid(opt)) gan_network_add(d, gan_layer_sigmoid());
}

/* The notes of a generator's file: the picture shape of its output, and the class names. */
static int describe_generator(const run_parts *parts)
{
    return cli_ok(gan_network_set_picture_shape(parts->g, gan_dataset_shape(parts->data))) &&
           (parts->n_classes == 0 ||
            cli_ok(gan_network_set_class_names(parts->g, parts->class_names, parts->n_classes)));
}

/* ---- Trainer ---- */

/* Combine several passes over the data into one epoch, so that an epoch of few pictures takes
 * longer than writing its files. */
static int repeat_data(run *r, size_t repeat)
{
    size_t count = gan_dataset_count(r->data);
    r->per_epoch = count * (repeat > 1 ? repeat : 1);
    if (repeat < 2) return 1;
    size_t *indices = cli_memory(r->per_epoch, sizeof *indices);
    for (size_t i = 0; i < r->per_epoch; i++) indices[i] = i % count;
    int good =
        cli_ok(gan_dataset_create_subset(&r->repeated, r->data, indices, r->per_epoch, NULL));
    free(indices);
    return good;
}

/* Whether the last batch of an epoch is too small for the shards: layers that couple samples need
 * two samples in each. */
static int leaves_last(const run *r)
{
    size_t batch = (size_t)r->opt->batch, left = r->per_epoch % batch;
    return left < 2 * (size_t)r->opt->shards && r->per_epoch >= batch;
}

static int make_iterator(run *r, int flip)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = (size_t)r->opt->batch,
                              .shuffle = 1, .horizontal_flip = flip};
    desc.seed = (uint64_t)r->opt->seed;
    desc.n_threads = (size_t)r->opt->threads;
    desc.drop_last = leaves_last(r);
    desc.rank = ranks_rank();
    desc.n_ranks = ranks_size();
    /* Bytes become values from -1 to 1. */
    return cli_ok(gan_iterator_create(&r->iterator, r->repeated ? r->repeated : r->data, &desc));
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

static int make_trainer(run *r)
{
    recipe made = {NULL, NULL, NULL, 0};
    int good = recipe_make(&made, r->opt, r->g, r->d, r->per_epoch);
    r->g_adam = made.g_adam;
    r->d_adam = made.d_adam;
    r->trainer = made.trainer;
    r->memory = made.memory;
    return good && (r->opt->quiet ||
                    (print_network("Generator", r->g) && print_network("Discriminator", r->d)));
}

/* ---- Files ---- */

/* Arrange r->samples as a picture; mean and std are those of gan_grid_desc.
 * NULL after saying what is wrong. */
static gan_image *make_grid(const run *r, size_t n, float mean, float std)
{
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = SHOWN_COLUMNS, .padding = SHOWN_PADDING};
    gan_image *image;
    for (size_t c = 0; c < 4; c++) grid.mean[c] = mean, grid.std[c] = std;
    return cli_ok(gan_image_create_grid(&image, r->samples, n, r->picture, &grid)) ? image : NULL;
}

static int write_image(const run *r, const char *name, const gan_image *image)
{
    char path[PATH_MAX];
    return image && rundir_file(&r->opt->dir, path, name) && cli_ok(gan_image_write(image, path));
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
    gan_image *image = make_grid(r, r->labels ? r->n_shown : found, 0, 1); /* 0 to 1 */
    gan_image *part = image ? runlog_crop(&r->log, image, r->log.columns, r->log.rows) : NULL;
    int good = write_image(r, RUNDIR_REAL, image) && part &&
               cli_ok(gan_report_set_picture(r->log.report, "Real images",
                                             "Images of the data that the run trains on.", part));
    gan_image_destroy(part);
    gan_image_destroy(image);
    return good;
}

/* Write the picture of an epoch, to a file and the log; the sums of an incomplete epoch are stored
 * until it continues. */
static int write_fake_images(run *r, size_t epoch, int whole)
{
    char name[64];
    snprintf(name, sizeof name, "fake_images-%03zu.png", epoch);
    if (!cli_ok(gan_trainer_sample_labels(r->trainer, r->noise, r->labels, r->n_shown, r->samples)))
        return 0;
    gan_image *image = make_grid(r, r->n_shown, 0.5f, 0.5f); /* tanh: -1 to 1 */
    int good = write_image(r, name, image) &&
               (whole ? runlog_epoch(&r->log, epoch, image) : runlog_pause(&r->log));
    gan_image_destroy(image);
    return good;
}

/* Samples of the latest picture, each above its nearest training image. */
static int show_nearest(run *r)
{
    if (!evaluation_find_nearest(&r->evaluation, r->samples, SHOWN_COLUMNS)) return 0;
    gan_image *image = make_grid(r, 2 * (size_t)SHOWN_COLUMNS, 0.5f, 0.5f);
    int good = image && cli_ok(gan_report_set_picture(
                            r->log.report, "Samples and nearest training images",
                            "Above generated samples, below each the training image whose pixels "
                            "are nearest: where they are the same, it was copied.",
                            image));
    gan_image_destroy(image);
    return good;
}

static int write_checkpoint(const run *r)
{
    char path[PATH_MAX];
    return rundir_file(&r->opt->dir, path, RUNDIR_CHECKPOINT) &&
           cli_ok(gan_checkpoint_save(r->trainer, r->iterator, path));
}

/* Restore the state in which the run was saved.  It may continue at other learning rates. */
static int read_checkpoint(const run *r)
{
    static const char *const rates[] = {"generator_optimizer.lr", "discriminator_optimizer.lr"};
    char path[PATH_MAX];
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    gan_checkpoint_resume_desc desc = {GAN_CHECKPOINT_RESUME_DESC_INIT, .adopt = rates,
                                       .n_adopt = 2, .report = &report};
    if (!rundir_file(&r->opt->dir, path, RUNDIR_CHECKPOINT) ||
        !cli_ok(gan_checkpoint_resume(r->trainer, r->iterator, path, &desc)) ||
        !cli_ok(gan_checkpoint_read_info(&info, path)))
        return 0;
    if (report.n_changes > 0) cli_say("%s", report.changes);
    if (!info.same_bits)
        cli_say("%s was saved by libgan %s with %s: the last bits may differ from now on", path,
                info.version, info.blas);
    return 1;
}

/* Read the statistics of the epochs before the checkpoint, and of the incomplete epoch that it is
 * in. */
static void read_history(run *r)
{
    const char *directory = r->opt->dir.path;
    size_t whole = (size_t)gan_iterator_epoch(r->iterator), batch = (size_t)r->opt->batch;
    size_t begun = (gan_iterator_position(r->iterator) + batch - 1) / batch;
    losses_read(directory, r->history, whole);
    r->n_epochs = whole;
    if (losses_read_begun(directory, whole + 1, begun, &r->history[whole])) r->n_epochs++;
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
        !cli_ok(gan_rng_create(&rng, (uint64_t)r->opt->seed, 0, NULL)))
        return 0;
    gan_rng_normal(rng, r->n_shown * latent, r->noise);
    for (size_t k = 0; k < n_classes; k++) {
        memset(r->labels + k * SHOWN_COLUMNS, (int)k, SHOWN_COLUMNS);
        if (k > 0) memcpy(r->noise + k * row, r->noise, row * sizeof *r->noise);
    }
    gan_rng_destroy(rng);
    return 1;
}

static int take_memory(run *r)
{
    size_t n_epochs = (size_t)r->opt->epochs, done = (size_t)gan_iterator_epoch(r->iterator);
    if (!choose_noise(r)) return 0;
    r->samples = malloc(r->n_shown * gan_shape_size(r->picture) * sizeof *r->samples);
    r->history = calloc((n_epochs > done ? n_epochs : done) + 1, sizeof *r->history);
    return cli_have(r->samples) && cli_have(r->history);
}

/* Begin the log, or continue it where the run continues. */
static int open_log(run *r, int goes_on)
{
    size_t whole = (size_t)gan_iterator_epoch(r->iterator), batch = (size_t)r->opt->batch;
    size_t begun = (gan_iterator_position(r->iterator) + batch - 1) / batch;
    size_t steps = whole * gan_iterator_batch_count(r->iterator) + begun;
    runlog_layout layout = {r->picture, SHOWN_COLUMNS, r->n_shown / SHOWN_COLUMNS, SHOWN_PADDING,
                            r->labels != NULL};
    return runlog_open(&r->log, &r->opt->dir, &layout, goes_on ? steps : 0, goes_on ? whole : 0,
                       r->opt->tensorboard) &&
           runlog_note_settings(&r->log, r->opt->settings);
}

static int open_evaluation(run *r)
{
    const evaluation_desc desc = {.held_out = r->held_out,
                                  .classifier = r->opt->classifier,
                                  .class_names = r->names,
                                  .n_names = r->n_names,
                                  .seed = (size_t)r->opt->seed,
                                  .n_threads = (size_t)r->opt->threads};
    return r->evaluation.real || evaluation_open(&r->evaluation, r->data, r->trainer, &desc);
}

static int begin_watch(run *r)
{
    int looks = r->opt->stop_early || r->opt->keep_best;
    return (!looks || open_evaluation(r)) &&
           watch_begin(&r->watch, r->trainer, looks ? &r->evaluation : NULL);
}

/* Lock the directory, and write the files that precede the first step. */
static int open_outputs(run *r)
{
    const run_options *o = r->opt;
    int goes_on = o->resume && o->dir.has_checkpoint;
    if ((goes_on && !read_checkpoint(r)) || !take_memory(r)) return 0;
    if (goes_on) read_history(r);
    if (!goes_on && !few_take_weights(&o->few, r->g, r->d, o->quiet)) return 0;
    if (!begin_watch(r)) return 0;
    if (gan_iterator_epoch(r->iterator) >= (uint64_t)o->epochs) return 1; /* nothing is to change */
    stop_catch_signals();
    return rundir_begin(&r->opt->dir, o->settings) && open_log(r, goes_on) &&
           (goes_on || write_checkpoint(r)) && write_real_images(r);
}

/* Draw the curves of losses.csv.  An error doesn't end the run: the numbers are in the CSV. */
static void write_chart(run *r)
{
    const char *why = losses_draw(r->opt->dir.path, r->history,
                                  (size_t)gan_iterator_epoch(r->iterator), on_logits(r->opt));
    if (why && r->charted == 0)
        cli_say("%s is not drawn: %s; its values are in %s", LOSSES_PNG, why, LOSSES_CSV);
    r->charted = progress_seconds();
}

static int write_weights(const run *r)
{
    char g_path[PATH_MAX], d_path[PATH_MAX];
    gan_network *average = gan_trainer_average(r->trainer), *g = average ? average : r->g;
    return rundir_file(&r->opt->dir, g_path, RUNDIR_GENERATOR) &&
           rundir_file(&r->opt->dir, d_path, RUNDIR_DISCRIMINATOR) &&
           cli_ok(gan_network_save(g, g_path)) && cli_ok(gan_network_save(r->d, d_path));
}

/* After a look: save the best checkpoint if this is the best epoch so far. */
static int keep_best(run *r)
{
    char path[PATH_MAX];
    if (!r->opt->keep_best || !gan_health_is_best(r->watch.health)) return 1;
    return watch_keep(&r->watch) && rundir_file(&r->opt->dir, path, RUNDIR_BEST) &&
           cli_ok(gan_checkpoint_save(r->trainer, r->iterator, path));
}

/* Write the latest comparison to the log and the page, with its pictures. */
static int show_evaluation(run *r)
{
    return evaluation_show(&r->evaluation, r->log.log, r->log.report) &&
           cli_ok(gan_trainer_sample_labels(r->trainer, r->noise, r->labels, r->n_shown,
                                            r->samples)) &&
           show_nearest(r);
}

/* Compare samples with real images: for a verdict after each epoch, and for the log when that is
 * due.  A verdict is written to the log only if samples are compared: then the checkpoint has the
 * state behind it, and a resumed run has the same verdict. */
static int evaluate(run *r, size_t epoch)
{
    size_t every = (size_t)r->opt->evaluate_every;
    int due = every > 0 && (epoch % every == 0 || epoch == (size_t)r->opt->epochs);
    int looks = r->watch.looks != NULL;
    if (!due && !looks) return 1;
    return open_evaluation(r) && evaluation_measure(&r->evaluation, r->trainer, due) &&
           (!looks ||
            (watch_look(&r->watch) && keep_best(r) && watch_note(&r->watch, r->log.log))) &&
           (!due || show_evaluation(r));
}

/* After local steps the ranks' weights differ: set all to their means, so that all ranks evaluate
 * and decide alike. */
static int average_ranks(const run *r)
{
    return r->opt->local_steps < 2 || cli_ok(gan_checkpoint_compare(r->trainer, r->iterator));
}

/* Write the files after an epoch, or after the part of it before a signal.  The checkpoint is
 * written after the statistics that belong to it. */
static int write_epoch(run *r, size_t epoch, int whole)
{
    const char *directory = r->opt->dir.path;
    size_t every = (size_t)r->opt->checkpoint_every;
    int due = !whole || epoch == (size_t)r->opt->epochs || (every > 0 && epoch % every == 0);
    int good = whole ? losses_write(directory, r->history, epoch)
                     : losses_write_begun(directory, epoch, &r->history[epoch - 1]);
    good = good && average_ranks(r) && (!whole || evaluate(r, epoch)) && watch_keep(&r->watch) &&
           write_fake_images(r, epoch, whole) && (!due || write_checkpoint(r)) &&
           write_weights(r) && runlog_page(&r->log, 0);
    if (good && whole && due) losses_forget_begun(directory);
    /* Drawing takes longer than a short epoch. */
    if (progress_seconds() - r->charted > 1) write_chart(r);
    return good;
}

/* ---- Training ---- */

static void show_progress(run *r, size_t epoch, const gan_train_stats *stats)
{
    char head[64], tail[160], left[32];
    size_t columns = progress_columns();
    if (r->opt->quiet || !r->line.live) return;
    double total = (double)r->opt->epochs * (double)r->per_epoch;
    double rate = (double)(r->images - r->images_before) / (progress_seconds() - r->began);
    progress_format_time(left, sizeof left, (total - (double)r->images) / rate);
    const char *verdict = watch_verdict(&r->watch);
    snprintf(head, sizeof head, columns < 80 ? "%zu/%ld" : "epoch %zu/%ld", epoch, r->opt->epochs);
    if (columns < 60)
        snprintf(tail, sizeof tail, "D(x) %.2f D(G(z)) %.2f %s left", stats->d_real, stats->d_fake,
                 left);
    else
        snprintf(tail, sizeof tail,
                 "%s%sD %.3f  G %.3f  D(x) %.2f  D(G(z)) %.2f  %.0f images/s  %s left",
                 verdict ? verdict : "", verdict ? "  " : "", stats->d_loss, stats->g_loss,
                 stats->d_real, stats->d_fake, rate, left);
    progress_draw(&r->line, head, (double)r->images / total, tail);
}

static void add_step(losses_row *sum, const gan_train_stats *stats)
{
    sum->d_loss += stats->d_loss;
    sum->g_loss += stats->g_loss;
    sum->d_real += stats->d_real;
    sum->d_fake += stats->d_fake;
    sum->steps++;
}

/* Ranks agree whether to stop when they exchange weights, and at the beginning of an epoch. */
static int asked_to_stop(const run *r, size_t step)
{
    if (step % (size_t)r->opt->local_steps == 0) stop_agree();
    return stop_signal();
}

/* The number of samples of a batch that this rank has, if these are the first ones. */
static gan_batch own_samples(const gan_batch *batch)
{
    gan_batch own = *batch;
    own.count = batch->count / ranks_size();
    return own;
}

/* Train one epoch, or the rest of one, or until a signal, and record its statistics. */
static int train_epoch(run *r, size_t epoch)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    losses_row *row = &r->history[epoch - 1];
    const gan_batch *batch;
    double began = progress_seconds() - row->seconds;
    gan_status status = GAN_OK;

    losses_scale(row, (double)row->steps);
    while (!asked_to_stop(r, row->steps) &&
           (status = gan_iterator_next(r->iterator, &batch)) == GAN_OK) {
        if (ranks_rank() == 0) {
            const gan_batch own = own_samples(batch);
            watch_first_batch(&r->watch, &own, gan_dataset_count(r->data));
        }
        gan_status step = gan_train_step(r->trainer, batch, &stats);
        watch_step(&r->watch, step, &stats);
        if (!cli_ok(step)) return 0;
        add_step(row, &stats);
        if (!runlog_step(&r->log, &stats, gan_optimizer_lr(r->g_adam), gan_optimizer_lr(r->d_adam)))
            return 0;
        r->images += batch->count;
        show_progress(r, epoch, &stats);
    }
    if (!cli_ok(status)) return 0;
    if (row->steps == 0) return 1;
    row->seconds = progress_seconds() - began;
    losses_scale(row, 1 / (double)row->steps);
    if (status == GAN_END) losses_round(row);
    r->n_epochs = epoch;
    return write_epoch(r, epoch, status == GAN_END);
}

/* Print a line for each epoch; three short ones on a narrow terminal. */
static void print_epoch(run *r, size_t epoch)
{
    const losses_row *row = &r->history[epoch - 1];
    const char *space = progress_columns() < 90 ? "\n  " : "  ";
    if (r->opt->quiet) return;
    progress_clear(&r->line);
    printf("epoch %zu/%ld%sD loss %.4f  G loss %.4f%sD(x) %.3f  D(G(z)) %.3f  %.1f s\n", epoch,
           r->opt->epochs, space, row->d_loss, row->g_loss, space, row->d_real, row->d_fake,
           row->seconds);
    watch_say(&r->watch, &r->said);
    fflush(stdout);
}

static void print_beginning(const run *r, size_t epoch)
{
    const run_options *o = r->opt;
    size_t seen = gan_iterator_position(r->iterator);
    if (o->quiet) return;
    if (o->resume)
        printf("\nContinuing after %zu epoch%s and %zu image%s\n", epoch, cli_plural(epoch), seen,
               cli_plural(seen));
    putchar('\n');
    cli_print("Training; the files are in %s", o->out);
    fflush(stdout);
}

static int train(run *r)
{
    size_t epoch = (size_t)gan_iterator_epoch(r->iterator), epochs = (size_t)r->opt->epochs;
    int good = 1;
    if (epoch >= epochs) {
        cli_say("nothing to train: %zu epoch%s %s done, --epochs is %zu", epoch, cli_plural(epoch),
                epoch == 1 ? "is" : "are", epochs);
        return 1;
    }
    print_beginning(r, epoch);
    progress_begin(&r->line);
    r->images_before = epoch * r->per_epoch + gan_iterator_position(r->iterator);
    r->images = r->images_before;
    r->began = progress_seconds();
    while (good && !stop_signal() && epoch < epochs) {
        good = train_epoch(r, ++epoch);
        if (good && gan_iterator_epoch(r->iterator) == epoch) print_epoch(r, epoch);
        if (good && r->opt->stop_early && gan_health_should_stop(r->watch.health)) {
            r->stopped = 1;
            break;
        }
    }
    progress_clear(&r->line);
    return good;
}

/* Save everything: after the last epoch, a signal, or a failure. */
static int finish(run *r, int trained)
{
    const run_options *o = r->opt;
    size_t whole = (size_t)gan_iterator_epoch(r->iterator);
    int good = write_weights(r) && trained;
    write_chart(r);
    good = runlog_page(&r->log, 1) && good;
    if (!good) {
        cli_say("the run ended before its time; --resume continues it from its last checkpoint in "
                "%s",
                o->out);
        return 0;
    }
    if (r->stopped && !o->quiet)
        cli_print("Ended early after %zu of %ld epoch%s; see above what is wrong", whole, o->epochs,
                  cli_plural((size_t)o->epochs));
    if (stop_signal() && ranks_rank() == 0)
        cli_say("interrupted after %zu of %ld epoch%s; saved in %s, where --resume continues",
                whole, o->epochs, cli_plural((size_t)o->epochs), o->out);
    else if (!stop_signal() && !o->quiet && r->began > 0)
        cli_print("Done after %.0f s. Look at %s/fake_images-%03zu.png and %s/" RUNLOG_PAGE,
                  progress_seconds() - r->began, o->out, whole, o->out);
    return 1;
}

/* ---- The whole ---- */

static void end(run *r)
{
    evaluation_close(&r->evaluation);
    runlog_close(&r->log);
    free(r->history);
    free(r->samples);
    free(r->labels);
    free(r->noise);
    watch_end(&r->watch);
    gan_trainer_destroy(r->trainer);
    gan_optimizer_destroy(r->d_adam);
    gan_optimizer_destroy(r->g_adam);
    gan_iterator_destroy(r->iterator);
    gan_dataset_destroy(r->repeated);
}

int run_train(const run_parts *parts)
{
    run r = {.opt = parts->opt,
             .data = parts->data,
             .held_out = parts->held_out,
             .g = parts->g,
             .d = parts->d,
             .names = parts->class_names,
             .n_names = parts->n_names > 0 ? parts->n_names : parts->n_classes};
    r.picture = gan_dataset_shape(r.data);
    int good = describe_generator(parts) && run_check_images(r.opt, r.data) &&
               repeat_data(&r, parts->repeat) && make_iterator(&r, parts->flip) && make_trainer(&r);
    if (r.opt->dry_run)
        good = good && dryrun_time(r.trainer, r.iterator, r.memory, r.opt->epochs);
    else
        good = good && open_outputs(&r) && finish(&r, train(&r));
    end(&r);
    if (!good) return CLI_EXIT_FAILURE;
    return stop_signal() ? 128 + stop_signal() : CLI_EXIT_OK;
}
