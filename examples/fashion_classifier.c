/* fashion_classifier.c - teach a network to tell the ten garments of Fashion-MNIST apart.
 *
 * What it learns to see is what `evaluate` compares generated images by. */
#include "fashion.h"
#include "files.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CLASSES = FASHION_GARMENTS,
    SYNTHETIC_TRAIN = 60000,
    SYNTHETIC_TEST = 2000,
    TEST_BATCH = 500,
};

typedef struct options {
    fashion_source source;
    const char *out;
    long epochs, batch, base, seed, threads, limit;
    double lr;
    int overwrite, quiet;
} options;

/* Everything that a run holds. */
typedef struct run {
    options opt;
    gan_dataset *train_data, *test_data;
    gan_iterator *train, *test;
    gan_network *net;
    gan_optimizer *adam;
    gan_classifier *classifier;
    size_t steps;
    gan_classifier_stats tested;         /* on the test images, after the latest epoch */
    size_t confusion[CLASSES * CLASSES]; /* likewise: in row y, how often it was taken for what */
    progress line;
} run;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.out = "classifier.safetensors",
                   .epochs = 8,
                   .batch = 100,
                   .base = 32,
                   .lr = 0.001,
                   .seed = 1};
    /* clang-format off */
    cli_option table[] = {
        FASHION_OPTIONS(&o->source),
        {"epochs", "N", .whole = &o->epochs, .min = 1, .max = 100000,
         .help = "passes over the training images"},
        {"batch", "N", .whole = &o->batch, .min = 1, .max = 65536,
         .help = "batch size: images per step"},
        {"lr", "X", .real = &o->lr, .min = 0, .max = 10,
         .help = "learning rate of Adam at the start; it falls linearly to 0"},
        {"base", "N", .whole = &o->base, .min = 1, .max = 1024,
         .help = "channels of the first convolution, half of those of the second"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of weights, dropout and order; same seed, same result"},
        {"threads", "N", .whole = &o->threads, .min = 0, .max = 1024,
         .help = "0: as many as there are CPUs; never changes the result"},
        {"limit", "N", .whole = &o->limit, .min = 0, .max = 2147483647,
         .help = "train on the first N images only; 0: all"},
        {"out", "FILE", .text = &o->out, .help = "file of the weights"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace --out if it exists already"},
        {.name = "quiet", .on = &o->quiet, .help = "print nothing but warnings and errors"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "fashion_classifier",
        .options = table,
        .summary =
            "Trains a convolutional network on the labels of Fashion-MNIST, measures it on the\n"
            "10,000 test images, and saves it for evaluate.\n"
            "\n" FASHION_SUMMARY,
        .examples = "  fashion_classifier\n"
                    "  fashion_classifier --epochs 1 --limit 10000      a quick look\n",
    };
    cli_parse(&program, argc, argv);
}

static int open_data(run *r)
{
    const options *o = &r->opt;
    fashion_selection what = {.set = "train",
                              .limit = (size_t)o->limit,
                              .drawn = SYNTHETIC_TRAIN,
                              .seed = (uint64_t)o->seed,
                              .labels = 1,
                              .quiet = o->quiet};
    if (!fashion_find(&r->opt.source) || !fashion_may_replace(&o->source, o->out) ||
        !files_may_write(o->out, o->overwrite))
        return 0;
    fashion_warn(&o->source);
    if (!fashion_open(&r->train_data, &o->source, &what)) return 0;
    what.set = "t10k";
    what.limit = 0;
    what.drawn = SYNTHETIC_TEST;
    what.seed++;
    if (!fashion_open(&r->test_data, &o->source, &what)) return 0;

    gan_iterator_desc train = {GAN_ITERATOR_DESC_INIT, .batch_size = (size_t)o->batch, .shuffle = 1,
                               .horizontal_flip = 1};
    train.seed = (uint64_t)o->seed;
    gan_iterator_desc test = {GAN_ITERATOR_DESC_INIT, .batch_size = TEST_BATCH};
    return cli_ok(gan_iterator_create(&r->train, r->train_data, &train)) &&
           cli_ok(gan_iterator_create(&r->test, r->test_data, &test));
}

/* A convolution that keeps the size, and a pooling that halves it. */
static void add_block(gan_network *net, size_t in, size_t out)
{
    gan_conv2d_desc conv = {GAN_CONV2D_DESC_INIT, .padding = GAN_BOTH(1), .no_bias = 1};
    gan_network_add(net, gan_layer_conv2d(in, out, 3, &conv));
    gan_network_add(net, gan_layer_batch_norm(out, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_max_pool2d(2, NULL));
}

static gan_network *make_network(const options *o, gan_shape image)
{
    enum { HIDDEN = 128 };
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = (uint64_t)o->seed};
    gan_network *net = gan_network_create(image, &desc);
    size_t base = (size_t)o->base;
    add_block(net, 1, base);
    add_block(net, base, 2 * base);
    gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, gan_layer_dropout(0.25f));
    gan_network_add(net, gan_layer_linear(2 * base * 7 * 7, HIDDEN));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_dropout(0.25f));
    gan_network_add(net, gan_layer_linear(HIDDEN, CLASSES));
    return net; /* failures are remembered: gan_classifier_create() reports them */
}

static int make_classifier(run *r)
{
    const options *o = &r->opt;
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.lr = o->lr;
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = (size_t)o->batch,
                                .seed = (uint64_t)o->seed, .n_threads = (size_t)o->threads};
    r->net = make_network(o, gan_dataset_shape(r->train_data));
    return cli_ok(gan_optimizer_create_adam(&r->adam, &adam)) &&
           cli_ok(gan_classifier_create(&r->classifier, r->net, r->adam, &desc));
}

static void show_progress(run *r, size_t epoch, const gan_classifier_stats *stats)
{
    char head[64], tail[64];
    double total = (double)r->opt.epochs * (double)gan_iterator_batch_count(r->train);
    if (r->opt.quiet) return;
    snprintf(head, sizeof head, "epoch %zu/%ld", epoch, r->opt.epochs);
    snprintf(tail, sizeof tail, "loss %.3f", stats->loss);
    progress_draw(&r->line, head, (double)r->steps / total, tail);
}

/* Take one pass over the training images; `mean` receives its figures. */
static int train_epoch(run *r, size_t epoch, gan_classifier_stats *mean)
{
    double total = (double)r->opt.epochs * (double)gan_iterator_batch_count(r->train);
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};
    const gan_batch *batch;
    gan_status status;
    while ((status = gan_iterator_next(r->train, &batch)) == GAN_OK) {
        double left = 1 - (double)r->steps++ / total;
        if (!cli_ok(gan_optimizer_set_lr(r->adam, r->opt.lr * left)) ||
            !cli_ok(gan_classifier_step(r->classifier, batch, &stats)))
            return 0;
        mean->loss += stats.loss * (double)stats.count;
        mean->accuracy += stats.accuracy * (double)stats.count;
        mean->count += stats.count;
        show_progress(r, epoch, &stats);
    }
    mean->loss /= (double)mean->count;
    mean->accuracy /= (double)mean->count;
    return cli_ok(status);
}

static int train(run *r)
{
    progress_begin(&r->line);
    for (size_t epoch = 1; epoch <= (size_t)r->opt.epochs; epoch++) {
        gan_classifier_stats learned = {GAN_CLASSIFIER_STATS_INIT};
        double began = progress_seconds();
        if (!train_epoch(r, epoch, &learned) ||
            !cli_ok(gan_classifier_evaluate(r->classifier, r->test, &r->tested, r->confusion)))
            return 0;
        progress_clear(&r->line);
        if (r->opt.quiet) continue;
        printf("epoch %zu/%ld  training loss %.4f, %.2f %% right  test loss %.4f, %.2f %% right  "
               "%.1f s\n",
               epoch, r->opt.epochs, learned.loss, 100 * learned.accuracy, r->tested.loss,
               100 * r->tested.accuracy, progress_seconds() - began);
        fflush(stdout);
    }
    return 1;
}

/* For each garment how often it was recognised, and what else it was taken for most often. */
static void print_classes(const size_t *confusion)
{
    for (size_t y = 0; y < CLASSES; y++) {
        const size_t *row = confusion + y * CLASSES;
        size_t sum = 0, other = y == 0;
        for (size_t p = 0; p < CLASSES; p++) {
            sum += row[p];
            if (p != y && row[p] > row[other]) other = p;
        }
        if (sum == 0) continue;
        printf("  %-8s  %5.1f %% right", fashion_garments[y], 100 * (double)row[y] / (double)sum);
        if (row[other] > 0)
            printf(", %4.1f %% taken for %s", 100 * (double)row[other] / (double)sum,
                   fashion_garments[other]);
        putchar('\n');
    }
}

static int finish(const run *r)
{
    if (!cli_ok(gan_network_save(r->net, r->opt.out))) return 0;
    if (r->opt.quiet) return 1;
    print_classes(r->confusion);
    cli_print("%.2f %% of %zu test images right; the weights are in %s", 100 * r->tested.accuracy,
              r->tested.count, r->opt.out);
    return 1;
}

static void end(run *r)
{
    gan_classifier_destroy(r->classifier);
    gan_optimizer_destroy(r->adam);
    gan_network_destroy(r->net);
    gan_iterator_destroy(r->test);
    gan_iterator_destroy(r->train);
    gan_dataset_destroy(r->test_data);
    gan_dataset_destroy(r->train_data);
}

int main(int argc, char **argv)
{
    run r = {.tested = {GAN_CLASSIFIER_STATS_INIT}};
    read_options(&r.opt, argc, argv);
    int good = open_data(&r) && make_classifier(&r) && train(&r) && finish(&r);
    end(&r);
    if (good) fashion_warn(&r.opt.source);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
