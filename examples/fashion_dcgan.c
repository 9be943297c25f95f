/* fashion_dcgan.c - what fashion_gan does, with convolutions: better garments in fewer epochs.
 *
 * The networks are in dcgan.c, what is done with data and networks in run.c. */
#include "dcgan.h"

enum { SYNTHETIC_COUNT = 60000 };

typedef struct options {
    const char *data;
    long limit;
    dcgan_options networks;
    run_options run;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.networks = {.latent = 100, .base = 64}};
    o->run = (run_options){RUN_DEFAULTS, .epochs = 10, .batch = 64, .lr = 0.0002, .beta1 = 0.5};
    /* clang-format off */
    const cli_option table[] = {
        {"data", "DIR", .text = &o->data,
         .help = "folder of train-images-idx3-ubyte, plain or .gz"},
        {"limit", "N", .whole = &o->limit, .min = 0, .max = 2147483647,
         .help = "use only the first N images; 0: all"},
        DCGAN_OPTIONS(&o->networks),
        RUN_OPTIONS(&o->run),
        {.name = NULL},
    };
    const cli_program program = {
        .name = "fashion_dcgan",
        .options = table,
        .summary =
            "Trains a deep convolutional GAN on Fashion-MNIST: a generator that unfolds noise\n"
            "into maps of 7x7, 14x14 and a picture of 28x28, and a discriminator that folds\n"
            "pictures up the same way.\n"
            "\n"
            "The data is looked for in --data, else in $GAN_DATA_DIR and data/fashion-mnist;\n"
            "when it is in neither, silhouettes drawn by the library take its place.\n"
            "\n"
            RUN_SUMMARY,
        .examples = "  fashion_dcgan --epochs 5                    garments with collars and heels\n"
                    "  fashion_dcgan --epochs 5 --base 16          smaller networks, much faster\n"
                    "  fashion_dcgan --epochs 2 --limit 10000      a quick look\n"
                    "  fashion_dcgan --loss hinge --spectral-norm  another game\n",
    };
    /* clang-format on */
    cli_parse(&program, argc, argv);
}

static int open_data(gan_dataset **out, const options *o)
{
    cli_data what = {.folder = o->data,
                     .set = "train",
                     .limit = (size_t)o->limit,
                     .drawn = SYNTHETIC_COUNT,
                     .seed = (uint64_t)o->run.seed,
                     .quiet = o->run.quiet};
    return cli_open_data(out, &what);
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *data = NULL;
    int code = CLI_EXIT_FAILURE;

    read_options(&o, argc, argv);
    if (open_data(&data, &o)) code = dcgan_train(&o.networks, &o.run, data, 0);
    gan_dataset_destroy(data);
    return code;
}
