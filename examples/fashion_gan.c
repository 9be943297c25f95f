/* fashion_gan.c - train a GAN on Fashion-MNIST and watch garments appear, epoch by epoch.
 *
 * Training is in common/run.c. */
#include "common/program.h"

typedef struct options {
    run_data data;
    long latent, hidden, depth;
    run_options run;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.latent = 64, .hidden = 256, .depth = 2};
    o->run = (run_options){RUN_DEFAULTS, .epochs = 200, .batch = 100, .lr = 0.0001, .beta1 = 0.9};
    /* clang-format off */
    cli_option table[] = {
        RUN_DATA_OPTIONS(&o->data),
        RUN_LATENT_OPTION(&o->latent),
        {"hidden", "N", .whole = &o->hidden, .min = 1, .max = 16384,
         .help = "width of the hidden layers"},
        {"depth", "N", .whole = &o->depth, .min = 1, .max = 32,
         .help = "number of hidden layers in each network"},
        RUN_OPTIONS(&o->run),
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "fashion_gan",
        .options = table,
        .summary =
            "Trains a generative adversarial network on Fashion-MNIST: a generator that turns\n"
            "noise into pictures of garments, and a discriminator that learns to tell them\n"
            "from real ones.\n"
            "\n" FASHION_SUMMARY "\n" RUN_SUMMARY,
        .examples = "  fashion_gan --epochs 30                     garments can be recognised\n"
                    "  fashion_gan --epochs 5 --limit 10000        a quick look\n"
                    "  fashion_gan --resume                        after Ctrl-C or a crash\n"
                    "  fashion_gan --resume --epochs 60            30 more\n"
                    "  fashion_gan --lr 0.00005 --out slower       a lower learning rate\n"
                    "  fashion_gan --depth 3 --hidden 512 --out larger\n"
                    "  fashion_gan --loss hinge --spectral-norm --out hinge\n",
    };
    run_parse(&program, &o->run, &o->data.source, argc, argv);
}

/* Hidden layers with a leaky ReLU after each, then a layer of `out` numbers. */
static gan_network *make_network(const options *o, size_t in, size_t out, int spectral_norm,
                                 uint64_t seed)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(gan_shape_1d(in), &desc);
    for (long i = 0; i < o->depth; i++) {
        size_t width = i == 0 ? in : (size_t)o->hidden;
        run_add_weights(net, spectral_norm, gan_layer_linear(width, (size_t)o->hidden));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    run_add_weights(net, spectral_norm, gan_layer_linear((size_t)o->hidden, out));
    return net; /* failures are remembered: run_train() reports them */
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *data = NULL, *held_out = NULL;
    int code = CLI_EXIT_FAILURE;

    read_options(&o, argc, argv);
    if (run_open_data(&data, &o.data, &o.run) &&
        run_open_held_out(&held_out, &o.data, &o.run)) {
        size_t latent = (size_t)o.latent, pixels = gan_shape_size(gan_dataset_shape(data));
        uint64_t seed = (uint64_t)o.run.seed;
        /* Each network has its own seed, so that their weights differ. */
        run_parts parts = {.opt = &o.run,
                           .data = data,
                           .held_out = held_out,
                           .class_names = fashion_garments,
                           .n_names = FASHION_GARMENTS};
        parts.g = make_network(&o, latent, pixels, 0, 2 * seed);
        parts.d = make_network(&o, pixels, 1, o.run.spectral_norm, 2 * seed + 1);
        gan_network_add(parts.g, gan_layer_tanh());
        run_add_output(&o.run, parts.d);
        code = run_train(&parts);
        gan_network_destroy(parts.d);
        gan_network_destroy(parts.g);
    }
    gan_dataset_destroy(held_out);
    gan_dataset_destroy(data);
    return run_end(&o.run, &o.data.source, code);
}
