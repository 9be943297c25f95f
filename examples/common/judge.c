/* judge.c - see judge.h. */
#include "judge.h"

#include "clusters.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Opening ---- */

static int make_figures(judge_figures *f, size_t n_features)
{
    for (int i = 0; i < JUDGE_SETS; i++)
        if (!cli_ok(gan_moments_create(&f->set[i], n_features, NULL))) return 0;
    return 1;
}

static void end_figures(judge_figures *f)
{
    for (int i = 0; i < JUDGE_SETS; i++) gan_moments_destroy(f->set[i]);
}

int judge_open(judge *j, const char *path, const generator *g, size_t n_threads)
{
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = n_threads};
    *j = (judge){.g = g};
    if (!cli_ok(gan_network_open(&j->net, path, NULL)) ||
        !cli_ok(gan_classifier_create(&j->classifier, j->net, NULL, &desc)))
        return 0;
    size_t known = gan_classifier_class_count(j->classifier);
    j->n_classes = clusters_are_classes_of(g->net) ? 0 : g->n_classes;
    if (j->n_classes > 0 && j->n_classes != known) {
        cli_say("the generator draws %zu classes, the classifier knows %zu", j->n_classes, known);
        return 0;
    }
    j->image_size = gan_shape_size(gan_network_input_shape(j->net));
    j->n_features = gan_classifier_feature_count(j->classifier);
    j->features = cli_memory(GENERATOR_CHUNK * j->n_features, sizeof *j->features);
    j->seen = cli_memory(GENERATOR_CHUNK, 1);
    j->of = cli_memory(j->n_classes, sizeof *j->of);
    for (size_t i = 0; i < j->n_classes; i++)
        if (!make_figures(&j->of[i], j->n_features)) return 0;
    return make_figures(&j->all, j->n_features);
}

void judge_close(judge *j)
{
    for (size_t i = 0; j->of && i < j->n_classes; i++) end_figures(&j->of[i]);
    end_figures(&j->all);
    free(j->of);
    free(j->seen);
    free(j->features);
    gan_classifier_destroy(j->classifier);
    gan_network_destroy(j->net);
    *j = (judge){0};
}

/* ---- Images ---- */

/* Count the images that are classified as requested or labelled. */
static int count_agreement(judge *j, judge_set set, const float *images, const uint8_t *labels,
                           size_t n)
{
    if (!cli_ok(gan_classifier_predict(j->classifier, images, n, j->seen))) return 0;
    for (size_t i = 0; i < n; i++) {
        judge_figures *f = &j->of[labels[i]];
        size_t same = labels[i] == j->seen[i];
        f->classified[set]++, f->agreed[set] += same;
        j->all.classified[set]++, j->all.agreed[set] += same;
    }
    return 1;
}

/* Add the features of each image to its class's. */
static int add_to_classes(judge *j, judge_set set, const uint8_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (labels[i] >= j->n_classes) {
            cli_say("the data has the label %d, the generator %zu classes", labels[i],
                    j->n_classes);
            return 0;
        }
        if (!cli_ok(gan_moments_add(j->of[labels[i]].set[set], j->features + i * j->n_features, 1)))
            return 0;
    }
    return 1;
}

int judge_add(judge *j, judge_set set, const float *images, const uint8_t *labels, size_t n)
{
    if (!cli_ok(gan_classifier_features(j->classifier, images, n, j->features)) ||
        !cli_ok(gan_moments_add(j->all.set[set], j->features, n)))
        return 0;
    if (j->n_classes == 0 || !labels) return 1;
    return add_to_classes(j, set, labels, n) &&
           (set == JUDGE_OTHER || count_agreement(j, set, images, labels, n));
}

/* ---- The report ---- */

/* The Fréchet distance of a set from the real images; fewer than two of either have none: -1. */
static int measure(double *distance, const judge_figures *f, judge_set set)
{
    *distance = -1;
    if (gan_moments_count(f->set[set]) < 2 || gan_moments_count(f->set[JUDGE_REAL]) < 2) return 1;
    return cli_ok(gan_metrics_frechet(distance, f->set[set], f->set[JUDGE_REAL]));
}

/* The percentage of images of a set that are classified as requested or labelled. */
static double agreement(const judge_figures *f, judge_set set)
{
    return f->classified[set] > 0 ? 100 * (double)f->agreed[set] / (double)f->classified[set] : 0;
}

static int report_class(const judge *j, size_t label)
{
    const judge_figures *f = &j->of[label];
    double distance, floor;
    if (!measure(&distance, f, JUDGE_GENERATED) || !measure(&floor, f, JUDGE_OTHER)) return 0;
    char numbers[64] = "         -         -";
    if (distance >= 0 && floor >= 0)
        snprintf(numbers, sizeof numbers, "%10.4f %9.4f", distance, floor);
    cli_print("%-12s %8zu %10.1f %% %5.1f %% %s", generator_class_name(j->g, label).text,
              f->classified[JUDGE_GENERATED], agreement(f, JUDGE_GENERATED),
              agreement(f, JUDGE_REAL), numbers);
    return 1;
}

int judge_report(const judge *j)
{
    double distance, floor;
    unsigned long long n = gan_moments_count(j->all.set[JUDGE_REAL]);
    if (!measure(&distance, &j->all, JUDGE_GENERATED) || !measure(&floor, &j->all, JUDGE_OTHER))
        return 0;
    printf("Frechet distance of %llu samples to %llu real images, in %zu features: %.4f\n",
           (unsigned long long)gan_moments_count(j->all.set[JUDGE_GENERATED]), n, j->n_features,
           distance);
    printf("Floor, %llu other real images to them: %.4f\n", n, floor);
    if (j->n_classes == 0) return 1;
    printf("Agreement, samples that are classified as requested: %.2f %%\n",
           agreement(&j->all, JUDGE_GENERATED));
    printf("The real images that are classified as labelled: %.2f %%\n\n",
           agreement(&j->all, JUDGE_REAL));
    printf("%-12s %8s %12s %7s %10s %9s\n", "class", "samples", "agreement", "real", "distance",
           "floor");
    for (size_t i = 0; i < j->n_classes; i++)
        if (!report_class(j, i)) return 0;
    return 1;
}
