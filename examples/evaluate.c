/* evaluate.c - metrics of a generator: how far its samples are from real images, and whether they
 * have the requested classes. */
#include "common/program.h"

#include <stdlib.h>

typedef struct options {
    const char *model, *classifier, *generated, *held_out, *held_out_labels, *json, *csv, *features;
    collection_options real;
    fashion_source source;
    long count, seed, threads;
    double truncation;
    int overwrite;
} options;

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
        {"real", "PATH", .text = &o->real.data, .is_path = 1,
         .help = "compare with these pictures, a directory or a file of any kind that picture_gan "
                 "reads, by all metrics of the library"},
        {"generated", "PATH", .text = &o->generated, .is_path = 1,
         .help = "with --real: compare these pictures instead of a generator's samples"},
        {"held-out", "PATH", .text = &o->held_out, .is_path = 1,
         .help = "with --real: other real pictures, such as training images beside test images, "
                 "for the floor, read as those of --real; without: half of these"},
        {"held-out-labels", "FILE", .text = &o->held_out_labels, .is_path = 1,
         .help = "--labels of these"},
        COLLECTION_READING_OPTIONS(&o->real),
        {"json", "FILE", .text = &o->json, .is_path = 1,
         .help = "with --real: also write the numbers there"},
        {"csv", "FILE", .text = &o->csv, .is_path = 1, .help = "the same as a table"},
        {"features", "DIR", .text = &o->features, .is_path = 1,
         .help = "with --real: write the features of all pictures as NumPy arrays, "
                 "pixels-real.npy, pixels-held-out.npy, pixels-generated.npy and so on"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace these files"},
        FASHION_OPTIONS(&o->source),
        {"count", "N", .whole = &o->count, .min = 2, .max = 10000000,
         .help = "number of samples, and twice as many real images"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of the noise and of the choice of real images"},
        GENERATOR_TRUNCATION_OPTION(&o->truncation),
        {"threads", "N", .whole = &o->threads, .min = 0, .max = 1024,
         .help = "number of threads; 0: one per CPU; never changes the result"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "evaluate",
        .options = table,
        .summary =
            "Prints the Frechet distance (as in the FID) between the samples of a generator and\n"
            "real images of Fashion-MNIST, in the features of fashion_classifier's network, and\n"
            "its floor: the same between these and as many other real images.  Lower is better.\n"
            "Distances are comparable when --classifier and --count are the same.\n"
            "\n"
            "A conditional generator draws its classes in turn, as with sample.  A table\n"
            "shows for each the share of its samples that the classifier assigns to it, the\n"
            "same of the real images of it, and how far the samples are from these, of which\n"
            "there are about --count divided by the number of classes.  The clusters of\n"
            "fashion_best --unconditional are not classes: they get no such table.\n"
            "\n"
            "With --real any pictures are compared, without a classifier: by means of pixels, by\n"
            "convolutions with random weights, and by --classifier if it exists and fits.\n"
            "Each number has an interval and a floor, the value for real pictures.  If real\n"
            "pictures have labels, the classes of generated ones are counted, and those of a\n"
            "conditional generator compared with the requested ones.  Pictures from 32x32 on are\n"
            "also compared by their patches, on each level of a pyramid.\n"
            "\n" FASHION_SUMMARY,
        .examples =
            "  evaluate --model out/generator.safetensors\n"
            "  evaluate --model out/generator.safetensors --count 2000    faster, less accurate\n"
            "  evaluate --real pictures --model out/generator.safetensors --json numbers.json\n"
            "  evaluate --real pictures --generated others\n"
            "  evaluate --real test.npy --held-out train.npy --model out/generator.safetensors\n"
            "  evaluate --real real.npy --labels labels.npy --model out/generator.safetensors\n",
    };
    cli_parse(&program, argc, argv);
    static const char *const for_real[] = {"generated",    "held-out",    "labels",  "array",
                                           "labels-array", "class-names", "fit",     "alpha",
                                           "json",         "csv",         "features"};
    for (size_t i = 0; i < sizeof for_real / sizeof *for_real && !o->real.data; i++)
        if (cli_find(table, for_real[i])->given) cli_usage_error("--%s is for --real", for_real[i]);
    if (o->held_out_labels && !o->held_out) cli_usage_error("--held-out-labels is for --held-out");
}

/* Open twice as many real images as there will be samples, in shuffled order. */
static int open_images(gan_dataset **data, gan_iterator **images, const options *o, const judge *j)
{
    fashion_selection what = {.set = "train",
                              .drawn = 2 * (size_t)o->count,
                              .seed = (uint64_t)o->seed,
                              .labels = j->n_classes > 0,
                              .quiet = 1};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = GENERATOR_CHUNK, .shuffle = 1};
    desc.seed = (uint64_t)o->seed;
    if (!fashion_open(data, &o->source, &what) ||
        !cli_ok(gan_iterator_create(images, *data, &desc)))
        return 0;
    size_t size = gan_shape_size(gan_dataset_shape(*data));
    if (gan_dataset_count(*data) / 2 < (size_t)o->count)
        cli_say("--count %ld: twice as many real images are needed, there are %zu", o->count,
                gan_dataset_count(*data));
    else if (j->g->size != j->image_size || size != j->image_size)
        cli_say("the classifier expects images of %zu numbers, the generator's have %zu, the "
                "data's %zu",
                j->image_size, j->g->size, size);
    else
        return 1;
    return 0;
}

/* Pass `count` samples to the judge, */
static int show_samples(judge *j, generator *g, size_t count)
{
    float *samples = cli_memory(GENERATOR_CHUNK * g->size, sizeof *samples);
    int good = 1;
    for (size_t done = 0, n; good && done < count; done += n) {
        n = count - done < GENERATOR_CHUNK ? count - done : GENERATOR_CHUNK;
        good = generator_draw(g, done, n, samples) &&
               judge_add(j, JUDGE_GENERATED, samples, g->labels, n);
    }
    free(samples);
    return good;
}

/* and the first `count` images of the shuffled data, and those after them. */
static int show_images(judge *j, gan_iterator *images, size_t count)
{
    for (size_t seen = 0; seen < 2 * count;) {
        const gan_batch *batch;
        if (!cli_ok(gan_iterator_next(images, &batch))) return 0;
        size_t n = batch->count < 2 * count - seen ? batch->count : 2 * count - seen;
        size_t first = seen < count ? (n < count - seen ? n : count - seen) : 0;
        const uint8_t *later = batch->labels ? batch->labels + first : NULL;
        if (!judge_add(j, JUDGE_REAL, batch->samples, batch->labels, first) ||
            !judge_add(j, JUDGE_OTHER, batch->samples + first * j->image_size, later, n - first))
            return 0;
        seen += n;
    }
    return 1;
}

/* Any pictures, by all metrics. */
static int compare_any(const options *o)
{
    const battery_options b = {.real = o->real,
                               .held_out = o->held_out,
                               .held_out_labels = o->held_out_labels,
                               .generated = o->generated,
                               .model = o->model,
                               .classifier = o->classifier,
                               .json = o->json,
                               .csv = o->csv,
                               .features = o->features,
                               .overwrite = o->overwrite,
                               .truncation = o->truncation,
                               .count = o->count,
                               .seed = o->seed,
                               .threads = o->threads};
    return battery_run(&b) ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

static int has_model(const options *o)
{
    if (o->generated || files_exists(o->model)) return 1;
    cli_say("%s: there is no such file; a training program such as fashion_gan makes one, and "
            "--model names another",
            o->model);
    return 0;
}

static int has_classifier(const options *o)
{
    if (files_exists(o->classifier)) return 1;
    cli_say("%s: there is no such file; fashion_classifier makes one, and --real compares without",
            o->classifier);
    return 0;
}

int main(int argc, char **argv)
{
    options o;
    generator g = {0};
    judge j = {0};
    gan_dataset *data = NULL;
    gan_iterator *images = NULL;

    read_options(&o, argc, argv);
    if (!has_model(&o)) return cli_end(CLI_EXIT_FAILURE);
    if (o.real.data) return cli_end(compare_any(&o));
    int good = fashion_find(&o.source) && has_classifier(&o);
    if (good) fashion_warn(&o.source);
    good = good && generator_open(&g, o.model, (uint64_t)o.seed) &&
           judge_open(&j, o.classifier, &g, (size_t)o.threads) &&
           open_images(&data, &images, &o, &j);
    g.truncation = o.truncation;
    good = good && show_samples(&j, &g, (size_t)o.count) &&
           show_images(&j, images, (size_t)o.count) && judge_report(&j);
    gan_iterator_destroy(images);
    gan_dataset_destroy(data);
    judge_close(&j);
    generator_close(&g);
    if (good) fashion_warn(&o.source);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
