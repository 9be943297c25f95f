/* fashion_cgan.c - train a conditional GAN on Fashion-MNIST, which draws garments of a given class.
 *
 * Both networks get the label (Mirza and Osindero, Conditional Generative Adversarial Nets, 2014).
 * The linear ones are built here, the convolutional ones in common/networks.c; training is in
 * common/run.c. */
#include "common/program.h"

typedef struct options {
    run_data data;
    long hidden, depth;
    double dropout;
    int dcgan;
    networks_options networks; /* the linear networks use latent and embedding of these */
    run_options run;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.data = {.labels = 1}, .hidden = 256, .depth = 2, .dropout = 0.3};
    o->networks = (networks_options){.latent = 100, .base = 64, .embedding = 10};
    o->run = (run_options){RUN_DEFAULTS, .epochs = 30, .batch = 32,
                           .lr = 0.0002, .beta1 = 0.5, .ema = 0.999};
    /* clang-format off */
    cli_option table[] = {
        RUN_DATA_OPTIONS(&o->data),
        {.name = "dcgan", .on = &o->dcgan,
         .help = "convolutional networks: better garments in fewer epochs"},
        {"hidden", "N", .whole = &o->hidden, .min = 1, .max = 4096,
         .help = "linear networks: width of the hidden layer farthest from the picture; each "
                 "nearer one is twice as wide"},
        {"depth", "N", .whole = &o->depth, .min = 1, .max = 6,
         .help = "number of hidden layers in each network"},
        {"dropout", "X", .real = &o->dropout, .min = 0, .max = 0.99,
         .help = "linear networks: dropout rate of the discriminator's hidden layers"},
        NETWORKS_OPTIONS(&o->networks),
        NETWORKS_EMBEDDING_OPTION(&o->networks),
        {"auxiliary", "X", .real = &o->run.auxiliary, .min = 0, .max = 1000,
         .help = "weight of an auxiliary classifier (AC-GAN): the discriminator predicts the class "
                 "instead of being given it; 0: none"},
        RUN_OPTIONS(&o->run),
        {.name = NULL},
    };
    const cli_program program = {
        .name = "fashion_cgan",
        .options = table,
        .summary =
            "Trains a conditional GAN on Fashion-MNIST: a generator that turns noise and a\n"
            "class into a picture of that garment, and a discriminator that learns to tell\n"
            "such pictures from real ones of that garment.\n"
            "\n"
            FASHION_SUMMARY
            "\n"
            RUN_SUMMARY
            "\n"
            "In the pictures each row is a garment, in the order of their labels, and all rows\n"
            "of generated ones come from the same noise.  The names are in generator.safetensors\n"
            "and checkpoint.safetensors, for sample --class and interpolate --classes:\n"
            "T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot.\n",
        .examples = "  fashion_cgan                                linear networks, 30 epochs\n"
                    "  fashion_cgan --dcgan --epochs 10            convolutions\n"
                    "  fashion_cgan --dcgan --epochs 2 --base 16   a quick look\n"
                    "  fashion_cgan --dcgan --auxiliary 1          AC-GAN\n"
                    "  fashion_cgan --loss hinge --spectral-norm   another loss function\n",
    };
    /* clang-format on */
    run_parse(&program, &o->run, &o->data.source, argc, argv);
}

/* The width of hidden layer i, from 0: layers nearer to the picture are wider. */
static size_t width(const options *o, long i)
{
    return (size_t)o->hidden << i;
}

static gan_network *make_generator(const options *o, size_t pixels)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = 2 * (uint64_t)o->run.seed};
    size_t latent = (size_t)o->networks.latent, embedding = (size_t)o->networks.embedding;
    gan_network *net = gan_network_create(gan_shape_1d(latent), &desc);
    gan_network_add(net, gan_layer_label_embedding(FASHION_GARMENTS, embedding));
    for (long i = 0; i < o->depth; i++) {
        size_t in = i == 0 ? latent + embedding : width(o, i - 1);
        gan_network_add(net, gan_layer_linear(in, width(o, i)));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    gan_network_add(net, gan_layer_linear(width(o, o->depth - 1), pixels));
    gan_network_add(net, gan_layer_tanh());
    return net; /* failures are remembered: run_train() reports them */
}

static gan_network *make_discriminator(const options *o, size_t pixels, const run_parts *parts)
{
    /* Each network has its own seed, so that their weights differ. */
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = 2 * (uint64_t)o->run.seed + 1};
    size_t embedding = run_shows_labels(parts) ? (size_t)o->networks.embedding : 0;
    int limit = o->run.spectral_norm;
    gan_network *net = gan_network_create(gan_shape_1d(pixels), &desc);
    if (embedding > 0) gan_network_add(net, gan_layer_label_embedding(FASHION_GARMENTS, embedding));
    for (long i = o->depth - 1; i >= 0; i--) {
        size_t in = i == o->depth - 1 ? pixels + embedding : width(o, i + 1);
        run_add_weights(net, limit, gan_layer_linear(in, width(o, i)));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
        if (o->dropout > 0) gan_network_add(net, gan_layer_dropout((float)o->dropout));
    }
    run_add_weights(net, limit, gan_layer_linear(width(o, 0), run_output_size(parts)));
    run_add_output(&o->run, net);
    return net;
}

static int train_linear(const options *o, const run_parts *parts)
{
    run_parts whole = *parts;
    size_t pixels = gan_shape_size(gan_dataset_shape(parts->data));
    whole.g = make_generator(o, pixels);
    whole.d = make_discriminator(o, pixels, parts);
    int code = run_train(&whole);
    gan_network_destroy(whole.d);
    gan_network_destroy(whole.g);
    return code;
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *data = NULL, *held_out = NULL;
    int code = CLI_EXIT_FAILURE;

    read_options(&o, argc, argv);
    if (run_open_data(&data, &o.data, &o.run) &&
        run_open_held_out(&held_out, &o.data, &o.run)) {
        run_parts parts = {.opt = &o.run, .data = data, .held_out = held_out};
        parts.class_names = fashion_garments;
        parts.n_classes = FASHION_GARMENTS;
        code = o.dcgan ? networks_train(&o.networks, &parts) : train_linear(&o, &parts);
    }
    gan_dataset_destroy(held_out);
    gan_dataset_destroy(data);
    return run_end(&o.run, &o.data.source, code);
}
