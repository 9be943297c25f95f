/* fashion_dcgan.c - fashion_gan with convolutions: better garments in fewer epochs.
 *
 * The networks are in common/networks.c, training in common/run.c. */
#include "common/program.h"

typedef struct options {
    run_data data;
    networks_options networks;
    run_options run;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.networks = {.latent = 100, .base = 64}};
    o->run = (run_options){RUN_DEFAULTS, .epochs = 10, .batch = 64, .lr = 0.0002, .beta1 = 0.5};
    /* clang-format off */
    cli_option table[] = {
        RUN_DATA_OPTIONS(&o->data),
        NETWORKS_OPTIONS(&o->networks),
        RUN_OPTIONS(&o->run),
        {.name = NULL},
    };
    const cli_program program = {
        .name = "fashion_dcgan",
        .options = table,
        .summary =
            "Trains a deep convolutional GAN on Fashion-MNIST: a generator that turns noise\n"
            "into feature maps of 7x7, 14x14 and a picture of 28x28, and a discriminator with\n"
            "the same layers in reverse.\n"
            "\n"
            FASHION_SUMMARY
            "\n"
            RUN_SUMMARY,
        .examples = "  fashion_dcgan --epochs 5                    garments with collars and heels\n"
                    "  fashion_dcgan --epochs 5 --base 16          smaller networks, much faster\n"
                    "  fashion_dcgan --epochs 2 --limit 10000      a quick look\n"
                    "  fashion_dcgan --loss hinge --spectral-norm  another loss function\n",
    };
    /* clang-format on */
    run_parse(&program, &o->run, &o->data.source, argc, argv);
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *data = NULL, *held_out = NULL;
    int code = CLI_EXIT_FAILURE;

    read_options(&o, argc, argv);
    if (run_open_data(&data, &o.data, &o.run) &&
        run_open_held_out(&held_out, &o.data, &o.run)) {
        run_parts parts = {.opt = &o.run,
                           .data = data,
                           .held_out = held_out,
                           .class_names = fashion_garments,
                           .n_names = FASHION_GARMENTS};
        code = networks_train(&o.networks, &parts);
    }
    gan_dataset_destroy(held_out);
    gan_dataset_destroy(data);
    return run_end(&o.run, &o.data.source, code);
}
