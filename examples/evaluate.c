/* evaluate.c - how far a generator's samples are from real images, as a number. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 500 };

typedef struct options {
    const char *model, *classifier, *data;
    long count, seed, threads;
} options;

/* Everything that the work needs. */
typedef struct evaluation {
    options opt;
    gan_dataset *data;
    gan_iterator *iterator;
    gan_network *generator, *net;
    gan_classifier *classifier;
    gan_rng *rng;
    gan_moments *fake, *real, *other;
    float *z, *samples, *features; /* of a chunk */
} evaluation;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors",
                   .classifier = "classifier.safetensors",
                   .count = 10000,
                   .seed = 1};
    /* clang-format off */
    const cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights"},
        {"classifier", "FILE", .text = &o->classifier, .help = "what fashion_classifier wrote"},
        {"data", "DIR", .text = &o->data,
         .help = "folder of train-images-idx3-ubyte, plain or .gz"},
        {"count", "N", .whole = &o->count, .min = 2, .max = 10000000,
         .help = "samples, and as many real images, twice"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "of the noise, and of which real images"},
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
            "The data is looked for in --data, else in $GAN_DATA_DIR and data/fashion-mnist;\n"
            "when it is in neither, silhouettes drawn by the library take its place.\n",
        .examples = "  evaluate --model out/generator.safetensors\n",
    };
    cli_parse(&program, argc, argv);
}

/* ---- What it takes ---- */

static int open_data(evaluation *e)
{
    const options *o = &e->opt;
    cli_data what = {.folder = o->data,
                     .set = "train",
                     .drawn = 2 * (size_t)o->count,
                     .seed = (uint64_t)o->seed,
                     .quiet = 1};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = CHUNK, .shuffle = 1};
    desc.seed = (uint64_t)o->seed;
    if (!cli_open_data(&e->data, &what) ||
        !cli_ok(gan_iterator_create(&e->iterator, e->data, &desc)))
        return 0;
    if (gan_dataset_count(e->data) / 2 >= (size_t)o->count) return 1;
    cli_say("--count %ld: twice as many real images are wanted, there are %zu", o->count,
            gan_dataset_count(e->data));
    return 0;
}

static int open_networks(evaluation *e)
{
    gan_shape picture;
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = (size_t)e->opt.threads};
    if (!cli_open_generator(&e->generator, &picture, e->opt.model) ||
        !cli_ok(gan_network_open(&e->net, e->opt.classifier, NULL)) ||
        !cli_ok(gan_classifier_create(&e->classifier, e->net, NULL, &desc)))
        return 0;
    size_t wanted = gan_shape_size(gan_network_input_shape(e->net));
    size_t found[] = {gan_shape_size(picture), gan_shape_size(gan_dataset_shape(e->data))};
    if (found[0] == wanted && found[1] == wanted) return 1;
    cli_say("the classifier wants images of %zu numbers, the generator's have %zu, the data's %zu",
            wanted, found[0], found[1]);
    return 0;
}

static int take_memory(evaluation *e)
{
    size_t n = gan_classifier_feature_count(e->classifier);
    e->z = malloc(CHUNK * gan_shape_size(gan_network_input_shape(e->generator)) * sizeof *e->z);
    e->samples =
        malloc(CHUNK * gan_shape_size(gan_network_output_shape(e->generator)) * sizeof *e->samples);
    e->features = malloc(CHUNK * n * sizeof *e->features);
    return cli_have(e->z) && cli_have(e->samples) && cli_have(e->features) &&
           cli_ok(gan_rng_create(&e->rng, (uint64_t)e->opt.seed, 0, NULL)) &&
           cli_ok(gan_moments_create(&e->fake, n, NULL)) &&
           cli_ok(gan_moments_create(&e->real, n, NULL)) &&
           cli_ok(gan_moments_create(&e->other, n, NULL));
}

/* ---- The work ---- */

/* What the classifier sees in `n` images, at most CHUNK, goes into `out`. */
static int add(evaluation *e, gan_moments *out, const float *images, size_t n)
{
    return cli_ok(gan_classifier_features(e->classifier, images, n, e->features)) &&
           cli_ok(gan_moments_add(out, e->features, n));
}

static int add_samples(evaluation *e)
{
    size_t latent = gan_shape_size(gan_network_input_shape(e->generator)), n;
    for (size_t left = (size_t)e->opt.count; left > 0; left -= n) {
        n = left < CHUNK ? left : CHUNK;
        gan_rng_normal(e->rng, n * latent, e->z);
        if (!cli_ok(gan_network_forward(e->generator, e->z, n, e->samples)) ||
            !add(e, e->fake, e->samples, n))
            return 0;
    }
    return 1;
}

/* The first `count` images of the shuffled data, and those after them. */
static int add_images(evaluation *e)
{
    size_t count = (size_t)e->opt.count, size = gan_shape_size(gan_dataset_shape(e->data));
    for (size_t seen = 0; seen < 2 * count;) {
        const gan_batch *batch;
        if (!cli_ok(gan_iterator_next(e->iterator, &batch))) return 0;
        size_t n = batch->count < 2 * count - seen ? batch->count : 2 * count - seen;
        size_t first = seen < count ? (n < count - seen ? n : count - seen) : 0;
        if (!add(e, e->real, batch->samples, first) ||
            !add(e, e->other, batch->samples + first * size, n - first))
            return 0;
        seen += n;
    }
    return 1;
}

static int report(const evaluation *e)
{
    double distance, floor;
    if (!cli_ok(gan_metrics_frechet(&distance, e->fake, e->real)) ||
        !cli_ok(gan_metrics_frechet(&floor, e->other, e->real)))
        return 0;
    printf("Frechet distance of %ld samples to %ld real images, in %zu features: %.4f\n",
           e->opt.count, e->opt.count, gan_classifier_feature_count(e->classifier), distance);
    printf("Floor, %ld other real images to them: %.4f\n", e->opt.count, floor);
    return 1;
}

int main(int argc, char **argv)
{
    evaluation e = {0};
    read_options(&e.opt, argc, argv);
    int good = open_data(&e) && open_networks(&e) && take_memory(&e) && add_samples(&e) &&
               add_images(&e) && report(&e);
    free(e.features);
    free(e.samples);
    free(e.z);
    gan_moments_destroy(e.other);
    gan_moments_destroy(e.real);
    gan_moments_destroy(e.fake);
    gan_rng_destroy(e.rng);
    gan_classifier_destroy(e.classifier);
    gan_network_destroy(e.net);
    gan_network_destroy(e.generator);
    gan_iterator_destroy(e.iterator);
    gan_dataset_destroy(e.data);
    return good ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
