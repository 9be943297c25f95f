/* evaluate.c - how far a generator's samples are from real images, and whether they are what was
 * asked for, as numbers. */
#include "fashion.h"
#include "generator.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 500 };

typedef struct options {
    const char *model, *classifier;
    fashion_source source;
    long count, seed, threads;
    double truncation;
} options;

/* The images that are compared: generated ones, and two sets of real ones. */
enum { FAKE, REAL, OTHER, SETS };

/* What was seen in them, or in those of one class. */
typedef struct figures {
    gan_moments *set[SETS];
    size_t samples,
        agreed; /* how many were generated, and taken for the class they were asked for */
} figures;

/* Everything that the work needs. */
typedef struct evaluation {
    options opt;
    gan_dataset *data;
    gan_iterator *iterator;
    gan_network *generator, *net;
    gan_classifier *classifier;
    gan_rng *rng;
    figures all;
    figures *of;                   /* each class, in a conditional generator's evaluation */
    size_t n_classes;              /* how many; 0: it looks at none */
    size_t size;                   /* numbers of an image */
    float *z, *samples, *features; /* of a chunk */
    uint8_t asked[CHUNK], seen[CHUNK];
} evaluation;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors",
                   .classifier = "classifier.safetensors",
                   .count = 10000,
                   .seed = 1};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights"},
        {"classifier", "FILE", .text = &o->classifier, .help = "what fashion_classifier wrote"},
        FASHION_OPTIONS(&o->source),
        {"count", "N", .whole = &o->count, .min = 2, .max = 10000000,
         .help = "number of samples, and twice as many real images"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "of the noise, and of which real images"},
        GENERATOR_TRUNCATION_OPTION(&o->truncation),
        {"threads", "N", .whole = &o->threads, .min = 0, .max = 1024,
         .help = "0: as many as there are CPUs; never changes the result"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "evaluate",
        .options = table,
        .summary =
            "Prints the Frechet distance between the samples of a generator and real images of\n"
            "Fashion-MNIST, in what the classifier of fashion_classifier sees in them, and its\n"
            "floor: the same between these and as many other real images.  Distances compare\n"
            "when --classifier and --count are the same.\n"
            "\n"
            "A conditional generator is asked for its classes in turn, as by sample.  A table "
            "says\n"
            "for each how many of its samples the classifier takes for that class, and how far\n"
            "they are from real images of it, of which there are about --count by the number of\n"
            "classes.\n"
            "\n" FASHION_SUMMARY,
        .examples =
            "  evaluate --model out/generator.safetensors\n"
            "  evaluate --model out/generator.safetensors --count 2000    sooner, and less sure\n",
    };
    cli_parse(&program, argc, argv);
}

/* ---- What it takes ---- */

static int open_data(evaluation *e)
{
    const options *o = &e->opt;
    fashion_selection what = {.set = "train",
                              .drawn = 2 * (size_t)o->count,
                              .seed = (uint64_t)o->seed,
                              .labels = e->n_classes > 0,
                              .quiet = 1};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = CHUNK, .shuffle = 1};
    desc.seed = (uint64_t)o->seed;
    if (!fashion_open(&e->data, &o->source, &what) ||
        !cli_ok(gan_iterator_create(&e->iterator, e->data, &desc)))
        return 0;
    if (gan_dataset_count(e->data) / 2 >= (size_t)o->count) return 1;
    cli_say("--count %ld: twice as many real images are needed, there are %zu", o->count,
            gan_dataset_count(e->data));
    return 0;
}

static int open_networks(evaluation *e)
{
    gan_shape picture;
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = (size_t)e->opt.threads};
    if (!generator_open(&e->generator, &picture, e->opt.model) ||
        !cli_ok(gan_network_open(&e->net, e->opt.classifier, NULL)) ||
        !cli_ok(gan_classifier_create(&e->classifier, e->net, NULL, &desc)))
        return 0;
    e->n_classes = gan_network_class_count(e->generator);
    e->size = gan_shape_size(picture);
    size_t known = gan_classifier_class_count(e->classifier);
    if (e->n_classes == 0 || e->n_classes == known) return 1;
    cli_say("the generator draws %zu classes, the classifier knows %zu", e->n_classes, known);
    return 0;
}

static int check_sizes(const evaluation *e)
{
    size_t wanted = gan_shape_size(gan_network_input_shape(e->net));
    size_t found = gan_shape_size(gan_dataset_shape(e->data));
    if (e->size == wanted && found == wanted) return 1;
    cli_say(
        "the classifier expects images of %zu numbers, the generator's have %zu, the data's %zu",
        wanted, e->size, found);
    return 0;
}

static int make_figures(figures *f, size_t dimension)
{
    for (int i = 0; i < SETS; i++)
        if (!cli_ok(gan_moments_create(&f->set[i], dimension, NULL))) return 0;
    return 1;
}

static int take_memory(evaluation *e)
{
    size_t n = gan_classifier_feature_count(e->classifier);
    e->z = malloc(CHUNK * gan_shape_size(gan_network_input_shape(e->generator)) * sizeof *e->z);
    e->samples = malloc(CHUNK * e->size * sizeof *e->samples);
    e->features = malloc(CHUNK * n * sizeof *e->features);
    e->of = calloc(e->n_classes + 1, sizeof *e->of);
    if (!cli_have(e->z) || !cli_have(e->samples) || !cli_have(e->features) || !cli_have(e->of) ||
        !cli_ok(gan_rng_create(&e->rng, (uint64_t)e->opt.seed, 0, NULL)))
        return 0;
    for (size_t i = 0; i < e->n_classes; i++)
        if (!make_figures(&e->of[i], n)) return 0;
    return make_figures(&e->all, n);
}

/* ---- The work ---- */

/* What the classifier sees in `n` images, at most CHUNK, goes into one of the sets; `labels` say of
 * which classes they are. */
static int add(evaluation *e, int set, const float *images, const uint8_t *labels, size_t n)
{
    size_t dimension = gan_classifier_feature_count(e->classifier);
    if (!cli_ok(gan_classifier_features(e->classifier, images, n, e->features)) ||
        !cli_ok(gan_moments_add(e->all.set[set], e->features, n)))
        return 0;
    for (size_t i = 0; e->n_classes > 0 && i < n; i++) {
        if (labels[i] >= e->n_classes) {
            cli_say("the data has the label %d, the generator %zu classes", labels[i],
                    e->n_classes);
            return 0;
        }
        if (!cli_ok(gan_moments_add(e->of[labels[i]].set[set], e->features + i * dimension, 1)))
            return 0;
    }
    return 1;
}

/* Count what `n` samples were asked for and taken for. */
static int count_agreement(evaluation *e, size_t n)
{
    if (!cli_ok(gan_classifier_predict(e->classifier, e->samples, n, e->seen))) return 0;
    for (size_t i = 0; i < n; i++) {
        figures *f = &e->of[e->asked[i]];
        size_t same = e->asked[i] == e->seen[i];
        f->samples++, f->agreed += same;
        e->all.samples++, e->all.agreed += same;
    }
    return 1;
}

static int add_samples(evaluation *e)
{
    size_t latent = gan_shape_size(gan_network_input_shape(e->generator));
    size_t count = (size_t)e->opt.count, n;
    const uint8_t *labels = e->n_classes > 0 ? e->asked : NULL;
    for (size_t done = 0; done < count; done += n) {
        n = count - done < CHUNK ? count - done : CHUNK;
        generator_draw_latent(e->generator, e->rng, e->opt.truncation, n * latent, e->z);
        for (size_t i = 0; labels && i < n; i++) e->asked[i] = (uint8_t)((done + i) % e->n_classes);
        if (!cli_ok(gan_network_forward_labels(e->generator, e->z, labels, n, e->samples)) ||
            !add(e, FAKE, e->samples, labels, n) || (labels && !count_agreement(e, n)))
            return 0;
    }
    return 1;
}

/* The first `count` images of the shuffled data, and those after them. */
static int add_images(evaluation *e)
{
    size_t count = (size_t)e->opt.count;
    for (size_t seen = 0; seen < 2 * count;) {
        const gan_batch *batch;
        if (!cli_ok(gan_iterator_next(e->iterator, &batch))) return 0;
        size_t n = batch->count < 2 * count - seen ? batch->count : 2 * count - seen;
        size_t first = seen < count ? (n < count - seen ? n : count - seen) : 0;
        const uint8_t *later = batch->labels ? batch->labels + first : NULL;
        if (!add(e, REAL, batch->samples, batch->labels, first) ||
            !add(e, OTHER, batch->samples + first * e->size, later, n - first))
            return 0;
        seen += n;
    }
    return 1;
}

/* ---- The report ---- */

/* Compare a set with the real images; fewer than two of either have no distance, which is -1. */
static int measure(double *distance, const figures *f, int set)
{
    *distance = -1;
    if (gan_moments_count(f->set[set]) < 2 || gan_moments_count(f->set[REAL]) < 2) return 1;
    return cli_ok(gan_metrics_frechet(distance, f->set[set], f->set[REAL]));
}

static int report_class(const evaluation *e, size_t label)
{
    const figures *f = &e->of[label];
    double distance, floor;
    if (!measure(&distance, f, FAKE) || !measure(&floor, f, OTHER)) return 0;
    char numbers[64] = "         -         -";
    if (distance >= 0 && floor >= 0)
        snprintf(numbers, sizeof numbers, "%10.4f %9.4f", distance, floor);
    cli_print("%-12s %8zu %10.1f %% %s", generator_class_name(e->generator, label).text, f->samples,
              f->samples > 0 ? 100 * (double)f->agreed / (double)f->samples : 0, numbers);
    return 1;
}

static int report(const evaluation *e)
{
    double distance, floor;
    if (!measure(&distance, &e->all, FAKE) || !measure(&floor, &e->all, OTHER)) return 0;
    printf("Frechet distance of %ld samples to %ld real images, in %zu features: %.4f\n",
           e->opt.count, e->opt.count, gan_classifier_feature_count(e->classifier), distance);
    printf("Floor, %ld other real images to them: %.4f\n", e->opt.count, floor);
    if (e->n_classes == 0) return 1;
    printf("Agreement, samples that are taken for what was asked for: %.2f %%\n\n",
           100 * (double)e->all.agreed / (double)e->all.samples);
    printf("%-12s %8s %12s %10s %9s\n", "class", "samples", "agreement", "distance", "floor");
    for (size_t i = 0; i < e->n_classes; i++)
        if (!report_class(e, i)) return 0;
    return 1;
}

static void end_figures(figures *f)
{
    for (int i = 0; i < SETS; i++) gan_moments_destroy(f->set[i]);
}

int main(int argc, char **argv)
{
    evaluation e = {0};
    read_options(&e.opt, argc, argv);
    int good = fashion_find(&e.opt.source);
    if (good) fashion_warn(&e.opt.source);
    good = good && open_networks(&e) && open_data(&e) && check_sizes(&e) && take_memory(&e) &&
           add_samples(&e) && add_images(&e) && report(&e);
    for (size_t i = 0; e.of && i < e.n_classes; i++) end_figures(&e.of[i]);
    end_figures(&e.all);
    free(e.of);
    free(e.features);
    free(e.samples);
    free(e.z);
    gan_rng_destroy(e.rng);
    gan_classifier_destroy(e.classifier);
    gan_network_destroy(e.net);
    gan_network_destroy(e.generator);
    gan_iterator_destroy(e.iterator);
    gan_dataset_destroy(e.data);
    if (good) fashion_warn(&e.opt.source);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
