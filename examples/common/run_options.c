/* run_options.c - see run.h: the options of a run, its directory, and its images. */
#include "run.h"

#include "files.h"
#include "ranks.h"
#include "settings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYNTHETIC_COUNT = 60000, SYNTHETIC_HELD_OUT = 2000, USUAL_SHARDS = 8 };

const char *const run_losses[] = {[GAN_LOSS_BCE] = "bce",
                                  [GAN_LOSS_MINIMAX] = "minimax",
                                  [GAN_LOSS_RELATIVISTIC] = "relativistic",
                                  [GAN_LOSS_LEAST_SQUARES] = "least-squares",
                                  [GAN_LOSS_HINGE] = "hinge",
                                  [GAN_LOSS_WASSERSTEIN] = "wasserstein",
                                  [GAN_LOSS_RELATIVISTIC_PAIRED] = "relativistic-paired",
                                  NULL};
const char *const run_penalties[] = {
    [GAN_PENALTY_NONE] = "none", [GAN_PENALTY_WGAN_GP] = "wgan-gp", [GAN_PENALTY_R1] = "r1",
    [GAN_PENALTY_R2] = "r2",     [GAN_PENALTY_DRAGAN] = "dragan",   NULL};
const char *const run_schedules[] = {
    [GAN_SCHEDULE_CONSTANT] = "constant",       [GAN_SCHEDULE_LINEAR] = "linear",
    [GAN_SCHEDULE_COSINE] = "cosine",           [GAN_SCHEDULE_STEP] = "step",
    [GAN_SCHEDULE_EXPONENTIAL] = "exponential", NULL};
const char *const run_precisions[] = {
    [GAN_PRECISION_FLOAT32] = "float32", [GAN_PRECISION_BFLOAT16] = "bfloat16", NULL};

/* ---- Settings of an earlier run ---- */

/* Whether a setting depends on --epochs, which then can't change in a run that has begun. */
static int stretches(const char *settings)
{
    static const char *const still[] = {"schedule = constant", "penalty-end = 1", "ema-images = 0",
                                        "adaptive = no"};
    for (size_t i = 0; i < sizeof still / sizeof *still; i++) {
        size_t n = strcspn(still[i], "=");
        const char *line = settings;
        while (line && strncmp(line, still[i], n) != 0)
            line = (line = strchr(line, '\n')) ? line + 1 : NULL;
        if (line &&
            (strncmp(line, still[i], strlen(still[i])) != 0 || line[strlen(still[i])] != '\n'))
            return 1;
    }
    return 0;
}

/* Read the options of the run that is resumed. */
static int take_settings(const cli_program *program, run_options *o)
{
    char path[PATH_MAX];
    if (!o->dir.settings) return 1;
    if (stretches(o->dir.settings))
        for (cli_option *row = program->options; row->name; row++)
            if (row->whole == &o->epochs) row->keep = CLI_FIXED;
    return rundir_file(&o->dir, path, RUNDIR_SETTINGS) &&
           settings_read(program, o->dir.settings, path);
}

/* Read the options of --settings, without those that a run adds after a survey of its images. */
static int take_given(const cli_program *program, run_options *o, fashion_source *source)
{
    const char *why;
    if (!o->given) return 1;
    o->given_text = files_read_text(o->given, RUNDIR_MOST_SETTINGS, &why);
    if (!o->given_text) cli_say("--settings %s: %s", o->given, why);
    if (!o->given_text || !settings_give(program, o->given_text, o->given)) return 0;
    o->fingerprint = NULL;
    if (source && source->stand_in) source->stand_in = source->silhouettes = 0;
    return 1;
}

/* Add a setting that isn't an option. */
static int add_setting(run_options *o, const char *name, const char *value)
{
    size_t used = strlen(o->settings), capacity = used + strlen(name) + strlen(value) + 5;
    char *settings = realloc(o->settings, capacity);
    if (!cli_have(settings)) return 0;
    o->settings = settings;
    snprintf(settings + used, capacity - used, "%s = %s\n", name, value);
    return 1;
}

/* Decide which images to train on. */
static int find_images(const run_options *o, fashion_source *source)
{
    if (o->resume && source->directory && source->silhouettes) {
        cli_say("--data %s: the run in %s is one on silhouettes, and stays it", source->directory,
                o->out);
        return 0;
    }
    if (!fashion_find(source)) return 0;
    if (o->dir.occupied && !fashion_may_replace(source, o->out)) return 0;
    fashion_warn(source);
    return 1;
}

/* Check the directory of a run that is to write to it. */
static int open_directory(run_options *o)
{
    o->dir = (rundir){.lock = -1};
    if (!o->dry_run) o->out = ranks_directory(o->out, o->resume);
    if (!o->out) return 0;
    return o->dry_run || rundir_open(&o->dir, o->out, o->resume, o->overwrite);
}

void run_read(const cli_program *program, run_options *opt, fashion_source *source, int argc,
              char **argv)
{
    if (!ranks_begin()) exit(CLI_EXIT_FAILURE);
    cli_parse(program, argc, argv);
    if (ranks_rank() > 0) opt->quiet = 1;
    if (opt->resume && opt->overwrite)
        cli_usage_error("--resume and --overwrite: either the one or the other");
    if (opt->resume && opt->dry_run)
        cli_usage_error("--dry-run is for a run that has not begun, not for --resume");
    if (!open_directory(opt) || !take_given(program, opt, source) || !take_settings(program, opt) ||
        (source && !find_images(opt, source)))
        exit(cli_end(CLI_EXIT_FAILURE));
}

void run_settle(const cli_program *program, run_options *opt, const fashion_source *source)
{
    few_check(&opt->few);
    if (opt->shards == 0 && ranks_communicator()) opt->shards = USUAL_SHARDS;
    if (opt->second_penalty != GAN_PENALTY_NONE && opt->penalty == GAN_PENALTY_NONE)
        cli_usage_error("--second-penalty without a --penalty");
    int stand_in = source && (source->missing || source->stand_in);
    opt->settings = settings_write(program);
    if (!opt->settings || (stand_in && !add_setting(opt, FASHION_STAND_IN, "yes")))
        exit(cli_end(CLI_EXIT_FAILURE));
}

void run_parse(const cli_program *program, run_options *opt, fashion_source *source, int argc,
               char **argv)
{
    run_read(program, opt, source, argc, argv);
    run_settle(program, opt, source);
}

int run_end(run_options *opt, const fashion_source *source, int code)
{
    if (source && code != CLI_EXIT_FAILURE) fashion_warn(source);
    free(opt->settings);
    free(opt->given_text);
    rundir_close(&opt->dir);
    ranks_end(code == CLI_EXIT_FAILURE);
    return cli_end(code);
}

int run_open_data(gan_dataset **out, const run_data *data, const run_options *opt)
{
    fashion_selection what = {.set = "train",
                              .limit = (size_t)data->limit,
                              .drawn = SYNTHETIC_COUNT,
                              .seed = (uint64_t)opt->seed,
                              .labels = data->labels,
                              .quiet = opt->quiet};
    return fashion_open(out, &data->source, &what);
}

int run_has_looks(const run_options *opt)
{
    return opt->evaluate_every > 0 || opt->stop_early || opt->keep_best;
}

int run_open_held_out(gan_dataset **out, const run_data *data, const run_options *opt)
{
    fashion_selection what = {.set = "t10k",
                              .drawn = SYNTHETIC_HELD_OUT,
                              .seed = (uint64_t)opt->seed + 1,
                              .labels = data->labels,
                              .quiet = opt->quiet};
    if (!run_has_looks(opt)) return 1;
    /* Labels are needed to know a classifier's errors. */
    what.labels = what.labels || opt->classifier;
    if (!fashion_has(&data->source, &what)) what.labels = data->labels;
    if (fashion_has(&data->source, &what)) return fashion_open(out, &data->source, &what);
    cli_say(
        "%s: there is no test set in it (t10k-images-idx3-ubyte); looks at samples take half of "
        "the training images for held-out ones, and don't see whether the discriminator overfits",
        data->source.directory);
    return 1;
}

/* ---- Images ---- */

/* Other data may have the same number and shape of images.  A hash (FNV-1a) of some of them
 * identifies the data. */
static int find_fingerprint(char text[17], const gan_dataset *data)
{
    enum { MOST = 100 };
    size_t size = gan_shape_size(gan_dataset_shape(data)), count = gan_dataset_count(data);
    size_t n = count < MOST ? count : MOST;
    uint64_t hash = 14695981039346656037U;
    float *sample = malloc(size * sizeof *sample);
    int good = cli_have(sample);
    for (size_t i = 0; good && i < n; i++) {
        good = cli_ok(gan_dataset_read(data, i * (count / n), sample, NULL));
        for (size_t k = 0; good && k < size; k++)
            hash = (hash ^ (uint64_t)lrintf(sample[k] * 255)) * 1099511628211U;
    }
    snprintf(text, 17, "%016" PRIx64, hash);
    free(sample);
    return good;
}

int run_check_images(run_options *o, const gan_dataset *data)
{
    char found[17];
    if (!find_fingerprint(found, data)) return 0;
    if (o->fingerprint && strcmp(found, o->fingerprint) != 0) {
        cli_say(
            "the images are not those that the run in %s was started with: their fingerprint is "
            "%s, should be %s; --data names the directory of the right ones",
            o->out, found, o->fingerprint);
        return 0;
    }
    return add_setting(o, "fingerprint", found);
}
