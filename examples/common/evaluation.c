/* evaluation.c - see evaluation.h. */
#include "evaluation.h"

#include "cli.h"
#include "clusters.h"
#include "nearest.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_IMAGES = 2000, LEAST_IMAGES = 20, MOST_ASKED = 500, CHUNK = 100 };

/* ---- Opening ---- */

/* Bytes become values in the range of the generator's tanh. */
static void stretch(float *image, size_t size)
{
    for (size_t p = 0; p < size; p++) image[p] = 2 * image[p] - 1;
}

/* Draw n of `count` images, none twice.  Every k-th would not do: data may have its classes in
 * turn. */
static void choose_some(gan_rng *rng, size_t count, size_t n, size_t *chosen)
{
    size_t *order = cli_memory(count, sizeof *order);
    float *u = cli_memory(n, sizeof *u);
    gan_rng_uniform(rng, n, u);
    for (size_t i = 0; i < count; i++) order[i] = i;
    for (size_t i = 0; i < n; i++) {
        size_t other = i + (size_t)((double)u[i] * (double)(count - i));
        chosen[i] = order[other];
        order[other] = order[i];
    }
    free(u);
    free(order);
}

static int choose_images(evaluation *e, size_t seed)
{
    size_t count = gan_dataset_count(e->data);
    gan_rng *rng;
    if (!cli_ok(gan_rng_create(&rng, seed, 2, NULL))) return 0;
    e->chosen = cli_memory(2 * e->n, sizeof *e->chosen);
    choose_some(rng, count, e->held_out ? e->n : 2 * e->n, e->chosen);
    if (e->held_out) choose_some(rng, gan_dataset_count(e->held_out), e->n, e->chosen + e->n);
    gan_rng_destroy(rng);
    return 1;
}

/* Read chosen image i; those from n on are held out. */
static int read_image(const evaluation *e, size_t i, float *image, uint16_t *label)
{
    const gan_dataset *from = i >= e->n && e->held_out ? e->held_out : e->data;
    if (!cli_ok(gan_dataset_read_labels16(from, e->chosen[i], image, label))) return 0;
    stretch(image, e->size);
    return 1;
}

/* Features of n of the chosen images, from `first` on. */
static int read_images(evaluation *e, size_t first, float *features, uint16_t *labels)
{
    for (size_t i = 0; i < e->n; i++) {
        if (!read_image(e, first + i, e->samples, &labels[i]) ||
            !cli_ok(gan_features_compute(e->kind, e->samples, 1, features + i * e->dimension)))
            return 0;
        uint16_t label = labels[i];
        if (e->classifier &&
            !cli_ok(gan_classifier_predict_labels16(e->classifier, e->samples, 1, &labels[i])))
            return 0;
        if (e->modes && first > 0 && label < e->n_classes)
            classes_learn(&e->seen, label, labels[i]);
    }
    return 1;
}

static int take_noise(evaluation *e, const gan_trainer *trainer, size_t seed)
{
    const gan_network *g = gan_trainer_generator(trainer);
    size_t n_classes = gan_network_class_count(g);
    gan_rng *rng;
    e->latent = gan_shape_size(gan_network_input_shape(g));
    e->noise = cli_memory(e->n * e->latent, sizeof *e->noise);
    if (!cli_ok(gan_rng_create(&rng, seed, 1, NULL))) return 0;
    gan_rng_normal(rng, e->n * e->latent, e->noise);
    gan_rng_destroy(rng);
    if (n_classes == 0) return 1;
    e->labels = cli_memory(e->n, sizeof *e->labels);
    for (size_t i = 0; i < e->n; i++) e->labels[i] = (uint16_t)(i % n_classes);
    return 1;
}

static void name_counts(evaluation *e, const evaluation_desc *desc)
{
    const gan_reference_share *shares = gan_reference_classes(e->real, &e->n_counts);
    e->classes = shares != NULL;
    if (!e->classes) shares = gan_reference_bins(e->real, &e->n_counts);
    e->counts = cli_memory(e->n_counts, sizeof *e->counts);
    e->names = cli_memory(e->n_counts, sizeof *e->names);
    for (size_t i = 0; i < e->n_counts; i++) {
        snprintf(e->names[i], sizeof e->names[i], e->classes ? "class %zu" : "bin %zu", i);
        e->counts[i].name = e->classes && i < desc->n_names ? desc->class_names[i] : e->names[i];
    }
}

static int make_reference(evaluation *e, gan_reference **out, int whole)
{
    size_t n_classes = e->n_classes;
    float *features = cli_memory(2 * e->n * e->dimension, sizeof *features);
    uint16_t *labels = cli_memory(2 * e->n, sizeof *labels);
    gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = features + e->n * e->dimension,
                               .n_held_out = e->n, .n_threads = e->n_threads,
                               .skip_frechet = !whole};
    if (n_classes > 0 && (e->classifier || gan_dataset_has_labels(e->data))) {
        desc.labels = labels;
        desc.held_out_labels = labels + e->n;
        desc.n_classes = n_classes;
    }
    if (e->modes) classes_forget_labelled(&e->seen);
    int good = read_images(e, 0, features, labels) &&
               read_images(e, e->n, features + e->n * e->dimension, labels + e->n) &&
               cli_ok(gan_reference_create(out, features, e->n, e->dimension, &desc));
    free(labels);
    free(features);
    return good;
}

/* Features are pixels, or the classifier's. */
static int choose_features(evaluation *e, const evaluation_desc *desc)
{
    gan_features_desc features = {GAN_FEATURES_DESC_INIT, .n_threads = desc->n_threads};
    gan_classifier_desc settings = {GAN_CLASSIFIER_DESC_INIT, .n_threads = desc->n_threads};
    if (!desc->classifier)
        return cli_ok(gan_features_create_pixels(&e->kind, gan_dataset_shape(e->data), &features));
    if (!cli_ok(gan_network_open(&e->net, desc->classifier, NULL)) ||
        !cli_ok(gan_classifier_create(&e->classifier, e->net, NULL, &settings)))
        return 0;
    if (gan_shape_size(gan_network_input_shape(e->net)) != e->size) {
        cli_say("%s expects images of %zu numbers, the data's have %zu", desc->classifier,
                gan_shape_size(gan_network_input_shape(e->net)), e->size);
        return 0;
    }
    return cli_ok(gan_features_create_classifier(&e->kind, e->classifier, &features));
}

/* The number of classes: the classifier's, or the generator's. */
static int count_classes(evaluation *e, const gan_trainer *trainer)
{
    size_t asked = gan_network_class_count(gan_trainer_generator(trainer));
    e->n_classes = e->classifier ? gan_classifier_class_count(e->classifier) : asked;
    e->clustered = e->classifier && clusters_are_classes_of(gan_trainer_generator(trainer));
    if (asked == 0 || asked == e->n_classes || e->clustered) return 1;
    cli_say("the generator draws %zu classes, the classifier knows %zu", asked, e->n_classes);
    return 0;
}

/* The number of images to compare with, which is also that of the held-out ones. */
static size_t count_images(const gan_dataset *data, const gan_dataset *held_out)
{
    size_t n = gan_dataset_count(data);
    if (!held_out) return n / 2;
    return n < gan_dataset_count(held_out) ? n : gan_dataset_count(held_out);
}

static void make_modes(evaluation *e)
{
    if (!e->classifier || !e->held_out || !gan_dataset_has_labels(e->held_out)) return;
    classes_begin(&e->seen, e->n_classes);
    e->modes = cli_memory(e->n_classes, sizeof *e->modes);
}

int evaluation_open(evaluation *e, const gan_dataset *data, const gan_trainer *trainer,
                    const evaluation_desc *desc)
{
    size_t n = count_images(data, desc->held_out);
    *e = (evaluation){.data = data,
                      .held_out = desc->held_out,
                      .n = n < MOST_IMAGES ? n : MOST_IMAGES,
                      .size = gan_shape_size(gan_dataset_shape(data)),
                      .n_threads = desc->n_threads,
                      .latest = {GAN_COMPARISON_INIT}};
    if (n < LEAST_IMAGES) {
        cli_say("%zu images and as many held-out ones are too few to compare samples with, at "
                "least %d of each expected",
                n, LEAST_IMAGES);
        return 0;
    }
    if (!choose_features(e, desc) || !count_classes(e, trainer)) return 0;
    e->dimension = gan_features_count(e->kind);
    e->samples = cli_memory(CHUNK * e->size, sizeof *e->samples);
    e->features = cli_memory(e->n * e->dimension, sizeof *e->features);
    make_modes(e);
    if (!choose_images(e, desc->seed) || !take_noise(e, trainer, desc->seed) ||
        !make_reference(e, &e->brief, 0))
        return 0;
    e->real = e->brief;
    name_counts(e, desc);
    return 1;
}

void evaluation_close(evaluation *e)
{
    gan_reference_destroy(e->whole);
    gan_reference_destroy(e->brief);
    gan_features_destroy(e->kind);
    gan_classifier_destroy(e->classifier);
    gan_network_destroy(e->net);
    free(e->chosen);
    free(e->noise);
    free(e->labels);
    free(e->samples);
    free(e->features);
    free(e->counts);
    free(e->names);
    free(e->outputs[0]);
    classes_end(&e->seen);
    free(e->modes);
    *e = (evaluation){0};
}

/* ---- Measuring ---- */

/* Count the classifier's predictions for n samples. */
static gan_status count_classes_of(evaluation *e, size_t n)
{
    uint16_t taken_for[CHUNK];
    if (!e->modes) return GAN_OK;
    gan_status status = gan_classifier_predict_labels16(e->classifier, e->samples, n, taken_for);
    for (size_t i = 0; status == GAN_OK && i < n; i++) classes_count(&e->seen, taken_for[i]);
    return status;
}

/* Convert them to the form of gan_reference_classes(). */
static void estimate_classes(evaluation *e)
{
    double *shares = cli_memory(e->n_classes, sizeof *shares);
    classes_estimate(&e->seen, shares);
    for (size_t k = 0; k < e->n_classes; k++) {
        e->modes[k].reference = (size_t)classes_labelled(&e->seen, k);
        e->modes[k].generated = (size_t)lround((double)e->n * shares[k]);
    }
    free(shares);
}

const gan_reference_share *evaluation_classes(const evaluation *e, size_t *n)
{
    *n = e->modes ? e->n_classes : 0;
    return e->modes ? e->modes : gan_reference_classes(e->real, n);
}

/* Return the error without printing it: samples that are not finite are not a failure here. */
static gan_status draw(evaluation *e, gan_trainer *trainer)
{
    gan_status status = GAN_OK;
    if (e->modes) classes_forget(&e->seen);
    for (size_t done = 0, n; status == GAN_OK && done < e->n; done += n) {
        n = e->n - done < CHUNK ? e->n - done : CHUNK;
        status = gan_trainer_sample_labels16(trainer, e->noise + done * e->latent,
                                             e->labels ? e->labels + done : NULL, n, e->samples);
        if (status == GAN_OK)
            status =
                gan_features_compute(e->kind, e->samples, n, e->features + done * e->dimension);
        if (status == GAN_OK) status = count_classes_of(e, n);
    }
    return status;
}

/* Read or draw n images for the discriminator, from `first` on of one of the three kinds, with
 * labels if it uses them. */
static int take_images(evaluation *e, gan_trainer *trainer, int kind, size_t first, gan_batch *out,
                       uint16_t *labels)
{
    enum { GENERATED = 2 };
    int labelled = kind == GENERATED ? e->labels != NULL : gan_dataset_has_labels(e->data);
    out->labels16 = labelled ? labels : NULL;
    if (kind == GENERATED) {
        if (e->labels) memcpy(labels, e->labels + first, out->count * sizeof *labels);
        return cli_ok(gan_trainer_sample_labels16(trainer, e->noise + first * e->latent,
                                                  out->labels16, out->count, e->samples));
    }
    for (size_t i = 0; i < out->count; i++)
        if (!read_image(e, (size_t)kind * e->n + first + i, e->samples + i * e->size, &labels[i]))
            return 0;
    return 1;
}

int evaluation_ask(evaluation *e, gan_trainer *trainer)
{
    size_t n = e->n < MOST_ASKED ? e->n : MOST_ASKED;
    uint16_t labels[CHUNK];
    if (!e->held_out) return 1;
    if (e->n_asked == 0) {
        e->outputs[0] = cli_memory(3 * n, sizeof *e->outputs[0]);
        for (size_t k = 1; k < 3; k++) e->outputs[k] = e->outputs[0] + k * n;
        e->n_asked = n;
    }
    for (int kind = 0; kind < 3; kind++)
        for (size_t done = 0; done < n; done += CHUNK) {
            gan_batch batch = {GAN_BATCH_INIT, .count = n - done < CHUNK ? n - done : CHUNK,
                               .shape = gan_dataset_shape(e->data), .samples = e->samples};
            if (!take_images(e, trainer, kind, done, &batch, labels) ||
                !cli_ok(gan_trainer_outputs(trainer, &batch, e->outputs[kind] + done)))
                return 0;
        }
    return 1;
}

/* The metrics that are known, each with its interval and its floor. */
static int log_numbers(const gan_comparison *c, gan_log *log)
{
    static const struct {
        const char *name;
        size_t at;
    } numbers[] = {{"frechet", offsetof(gan_comparison, frechet)},
                   {"kid", offsetof(gan_comparison, kid)},
                   {"precision", offsetof(gan_comparison, precision)},
                   {"recall", offsetof(gan_comparison, recall)},
                   {"density", offsetof(gan_comparison, density)},
                   {"coverage", offsetof(gan_comparison, coverage)},
                   {"agreement", offsetof(gan_comparison, agreement)},
                   {"nn_ratio", offsetof(gan_comparison, nn_ratio)},
                   {"duplicates", offsetof(gan_comparison, duplicates)},
                   {"bins_missing", offsetof(gan_comparison, bins_missing)},
                   {"classes_missing", offsetof(gan_comparison, classes_missing)}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const gan_estimate *x = (const void *)((const char *)c + numbers[i].at);
        const double values[] = {x->value, x->low, x->high, x->floor};
        static const char *const endings[] = {"", ".low", ".high", ".floor"};
        for (size_t k = 0; k < 4 && !isnan(x->value); k++) {
            char name[GAN_LOG_NAME_BYTES];
            snprintf(name, sizeof name, "%s%s", numbers[i].name, endings[k]);
            if (!isnan(values[k]) && !cli_ok(gan_log_metric(log, name, values[k]))) return 0;
        }
    }
    return 1;
}

static int count_shares(evaluation *e, gan_report *report)
{
    size_t n;
    const gan_reference_share *shares = evaluation_classes(e, &n);
    const char *title = e->modes ? "Classes among generated samples, by the classifier"
                                 : "Classes among generated samples, by the nearest real image";
    if (!shares) {
        shares = gan_reference_bins(e->real, &n);
        title = "Generated samples in each bin, clusters of real images";
    }
    for (size_t i = 0; i < n; i++) {
        e->counts[i].found = (double)shares[i].generated;
        e->counts[i].expected = (double)shares[i].reference;
    }
    return cli_ok(gan_report_set_counts(report, title, e->counts, n));
}

int evaluation_measure(evaluation *e, gan_trainer *trainer, int whole)
{
    if (whole && !e->whole && !make_reference(e, &e->whole, 1)) return 0;
    e->real = whole ? e->whole : e->brief;
    gan_status status = draw(e, trainer);
    if (status == GAN_OK)
        status = gan_reference_compare(e->real, e->features, e->clustered ? NULL : e->labels, e->n,
                                       &e->latest);
    e->known = status == GAN_OK;
    if (e->known && e->modes) estimate_classes(e);
    if (status != GAN_ERR_NONFINITE) return cli_ok(status);
    cli_say("samples are not finite, and are not compared: %s", gan_last_error());
    return 1;
}

int evaluation_show(evaluation *e, gan_log *log, gan_report *report)
{
    return !e->known || (log_numbers(&e->latest, log) && count_shares(e, report));
}

int evaluation_find_nearest(evaluation *e, float *samples, size_t n)
{
    return nearest_find(e->data, samples, n, e->size, samples + n * e->size, NULL);
}
