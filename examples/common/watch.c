/* watch.c - see watch.h. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>

/* A look: more samples tell more, and take the square of the time. */
enum { MOST_SEEN = 1000, FEWEST_SEEN = 50 };

/* ---- real samples to compare with ---- */

/* Read the features of `n` samples from `first` on; the data's bytes become -1 to 1 as in training.
 */
static int read_real(watch *w, const gan_dataset *data, size_t first, float *out, uint16_t *labels)
{
    size_t size = gan_shape_size(gan_dataset_shape(data));
    for (size_t i = 0; i < w->n; i++) {
        uint8_t label = 0;
        float *x = w->samples + i * size;
        if (!cli_ok(gan_dataset_read(data, first + i, x, labels ? &label : NULL))) return 0;
        for (size_t k = 0; k < size; k++) x[k] = 2 * x[k] - 1;
        if (labels) labels[i] = label;
    }
    return cli_ok(gan_features_compute(w->features, w->samples, w->n, out));
}

static int make_reference(watch *w, const gan_dataset *data)
{
    size_t count = gan_features_count(w->features);
    float *real = cli_memory(2 * w->n * count, sizeof *real);
    uint16_t *labels = w->n_classes > 0 ? cli_memory(2 * w->n, sizeof *labels) : NULL;
    gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = real + w->n * count,
                               .n_held_out = w->n, .labels = labels};
    desc.n_classes = w->n_classes;
    if (labels) desc.held_out_labels = labels + w->n;
    desc.skip_frechet = 1;
    int good = read_real(w, data, 0, real, labels) &&
               read_real(w, data, w->n, real + w->n * count, labels ? labels + w->n : NULL) &&
               cli_ok(gan_reference_create(&w->reference, real, w->n, count, &desc));
    free(labels);
    free(real);
    return good;
}

static int choose_noise(watch *w, uint64_t seed)
{
    gan_network *g = gan_trainer_generator(w->trainer);
    size_t latent = gan_shape_size(gan_network_input_shape(g));
    gan_rng *rng = NULL;
    w->noise = cli_memory(w->n * latent, sizeof *w->noise);
    w->labels = cli_memory(w->n, 1);
    w->classes = cli_memory(w->n, sizeof *w->classes);
    for (size_t i = 0; i < w->n && w->n_classes > 0; i++)
        w->classes[i] = w->labels[i] = (uint8_t)(i % w->n_classes);
    if (!cli_ok(gan_rng_create(&rng, seed, 1, NULL))) return 0;
    gan_rng_normal(rng, w->n * latent, w->noise);
    gan_rng_destroy(rng);
    return 1;
}

static int make_looks(watch *w, const gan_dataset *data, uint64_t seed)
{
    size_t count = gan_dataset_count(data), size = gan_shape_size(gan_dataset_shape(data));
    if (count < 2 * FEWEST_SEEN) {
        cli_say("--stop-early and --keep-best take at least %d images, there are %zu",
                2 * FEWEST_SEEN, count);
        return 0;
    }
    w->n = count / 2 < MOST_SEEN ? count / 2 : MOST_SEEN;
    w->samples = cli_memory(w->n * size, sizeof *w->samples);
    if (!cli_ok(gan_features_create_pixels(&w->features, gan_dataset_shape(data), NULL))) return 0;
    w->seen = cli_memory(w->n * gan_features_count(w->features), sizeof *w->seen);
    return make_reference(w, data) && choose_noise(w, seed);
}

/* ---- beginning and end ---- */

int watch_begin(watch *w, gan_trainer *trainer, const gan_dataset *data, uint64_t seed, int looks)
{
    size_t kept;
    *w = (watch){.trainer = trainer};
    w->n_classes = gan_network_class_count(gan_trainer_generator(trainer));
    if (!cli_ok(gan_health_create(&w->health, NULL)) || (looks && !make_looks(w, data, seed)))
        return 0;
    const void *state = gan_trainer_extra_state(trainer, &kept);
    if (looks) w->state = cli_memory(gan_health_state_size(w->health), 1);
    /* A state of another release is left alone: the run is watched from here on. */
    return !state || gan_health_load(w->health, state, kept) != GAN_ERR_INVALID;
}

void watch_end(watch *w)
{
    free(w->state);
    free(w->classes);
    free(w->labels);
    free(w->seen);
    free(w->samples);
    free(w->noise);
    gan_reference_destroy(w->reference);
    gan_features_destroy(w->features);
    gan_health_destroy(w->health);
    *w = (watch){0};
}

/* ---- watching ---- */

void watch_step(watch *w, gan_status status, const gan_train_stats *stats)
{
    if (gan_health_step(w->health, status, stats) != GAN_OK) cli_say("%s", gan_last_error());
}

int watch_look(watch *w)
{
    gan_comparison comparison = {GAN_COMPARISON_INIT};
    gan_look look = {GAN_LOOK_INIT, .comparison = &comparison};
    int conditional = w->n_classes > 0;
    if (!w->features) return 1;
    if (!cli_ok(gan_trainer_sample_labels(w->trainer, w->noise, conditional ? w->labels : NULL,
                                          w->n, w->samples)) ||
        !cli_ok(gan_features_compute(w->features, w->samples, w->n, w->seen)) ||
        !cli_ok(gan_reference_compare(w->reference, w->seen, conditional ? w->classes : NULL, w->n,
                                      &comparison)))
        return 0;
    if (conditional) {
        look.modes = gan_reference_classes(w->reference, &look.n_modes);
        look.chance = 1 / (double)w->n_classes;
    }
    return cli_ok(gan_health_look(w->health, &look));
}

int watch_keep(watch *w)
{
    return !w->state || (cli_ok(gan_health_save(w->health, w->state)) &&
                         cli_ok(gan_trainer_set_extra_state(w->trainer, w->state,
                                                            gan_health_state_size(w->health))));
}

static gan_finding find_verdict(const watch *w)
{
    gan_finding finding = {GAN_FINDING_INIT};
    if (gan_health_verdict(w->health, &finding) != GAN_OK) cli_say("%s", gan_last_error());
    return finding;
}

const char *watch_verdict(const watch *w)
{
    gan_finding finding = find_verdict(w);
    return finding.verdict == GAN_VERDICT_HEALTHY ? NULL : gan_verdict_name(finding.verdict);
}

void watch_say(const watch *w, gan_verdict *said)
{
    gan_finding finding = find_verdict(w);
    if (finding.verdict == *said) return;
    *said = finding.verdict;
    if (finding.verdict == GAN_VERDICT_HEALTHY)
        cli_print("recovered: %s", finding.sentence);
    else
        cli_print("%s: %s; what may help: %s", gan_verdict_name(finding.verdict), finding.sentence,
                  finding.advice);
}
