/* fashion_classifier.c - train a classifier of the ten garments of Fashion-MNIST.
 *
 * `evaluate` compares generated images by its features. */
#include "common/program.h"

enum { SYNTHETIC_TRAIN = 60000, SYNTHETIC_TEST = 2000 };

typedef struct options {
    fashion_source source;
    const char *out;
    long base, limit;
    int overwrite;
    supervised_options training;
} options;

static void read_options(options *o, int argc, char **argv)
{
    supervised_options *t = &o->training;
    *o = (options){.out = "classifier.safetensors", .base = 32};
    *t = (supervised_options){.epochs = 8, .batch = 100, .lr = 0.001, .seed = 1};
    /* clang-format off */
    cli_option table[] = {
        FASHION_OPTIONS(&o->source),
        {"epochs", "N", .whole = &t->epochs, .min = 1, .max = 100000,
         .help = "epochs: passes over the training images"},
        {"batch", "N", .whole = &t->batch, .min = 1, .max = 65536,
         .help = "batch size: images per step"},
        {"lr", "X", .real = &t->lr, .min = 0, .max = 10,
         .help = "learning rate of Adam at the start; it falls linearly to 0"},
        {"base", "N", .whole = &o->base, .min = 1, .max = 1024,
         .help = "channels of the first convolution, half of those of the second"},
        {"seed", "N", .whole = &t->seed, .min = 0, .max = 2147483647,
         .help = "seed of weights, dropout and order; same seed, same result"},
        {"threads", "N", .whole = &t->threads, .min = 0, .max = 1024,
         .help = "number of threads; 0: one per CPU; never changes the result"},
        {"limit", "N", .whole = &o->limit, .min = 0, .max = 2147483647,
         .help = "train on the first N images only; 0: all"},
        {"out", "FILE", .text = &o->out, .help = "file of the weights"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace --out if it exists already"},
        {.name = "quiet", .on = &t->quiet, .help = "print nothing but warnings and errors"},
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

/* Open the training and the test images. */
static int open_data(options *o, gan_dataset **train, gan_dataset **test)
{
    fashion_selection what = {.set = "train",
                              .limit = (size_t)o->limit,
                              .drawn = SYNTHETIC_TRAIN,
                              .seed = (uint64_t)o->training.seed,
                              .labels = 1,
                              .quiet = o->training.quiet};
    if (!fashion_find(&o->source) || !fashion_may_replace(&o->source, o->out) ||
        !files_may_write(o->out, o->overwrite))
        return 0;
    fashion_warn(&o->source);
    if (!fashion_open(train, &o->source, &what)) return 0;
    what.set = "t10k";
    what.limit = 0;
    what.drawn = SYNTHETIC_TEST;
    what.seed++;
    return fashion_open(test, &o->source, &what);
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
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = (uint64_t)o->training.seed};
    gan_network *net = gan_network_create(image, &desc);
    size_t base = (size_t)o->base;
    add_block(net, 1, base);
    add_block(net, base, 2 * base);
    gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, gan_layer_dropout(0.25f));
    gan_network_add(net, gan_layer_linear(2 * base * 7 * 7, HIDDEN));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_dropout(0.25f));
    gan_network_add(net, gan_layer_linear(HIDDEN, FASHION_GARMENTS));
    return net; /* failures are remembered: supervised_train() reports them */
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *train = NULL, *test = NULL;
    double accuracy = 0;

    read_options(&o, argc, argv);
    int good = open_data(&o, &train, &test);
    if (good) {
        supervised_parts parts = {.opt = &o.training,
                                  .train = train,
                                  .test = test,
                                  .flip = 1,
                                  .class_names = fashion_garments,
                                  .n_classes = FASHION_GARMENTS};
        parts.net = make_network(&o, gan_dataset_shape(train));
        good = supervised_train(&parts, &accuracy) && cli_ok(gan_network_save(parts.net, o.out));
        gan_network_destroy(parts.net);
    }
    if (good && !o.training.quiet)
        cli_print("%.2f %% of %zu test images right; the weights are in %s", 100 * accuracy,
                  (size_t)gan_dataset_count(test), o.out);
    gan_dataset_destroy(test);
    gan_dataset_destroy(train);
    if (good) fashion_warn(&o.source);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
