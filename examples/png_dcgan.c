/* png_dcgan.c - train a deep convolutional GAN on a directory of pictures of your own.
 *
 * The networks are in common/dcgan.c, what is done with data and networks in common/run.c. */
#include "common/program.h"

#include <stdio.h>

enum { MOST_NAMED = 10 };

typedef struct options {
    const char *data;
    long size, channels, limit;
    int flip;
    dcgan_options networks;
    run_options run;
} options;

static void check_options(const options *o)
{
    if (!o->data) cli_usage_error("--data: a directory of pictures expected");
    if (files_is_inside(o->run.out, o->data))
        cli_usage_error("--out %s: is inside --data %s, so that the pictures made here would be "
                        "trained on; choose a directory outside of it",
                        o->run.out, o->data);
    if (!dcgan_doublings((size_t)o->size))
        cli_usage_error("--size: 4 to 7 times a power of two expected, such as 28, 32, 48 or 64, "
                        "got %ld",
                        o->size);
    if (o->channels == 2) cli_usage_error("--channels: 1 (grey) or 3 (colour) expected, got 2");
}

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.size = 32, .networks = {.latent = 100, .base = 64}};
    o->run = (run_options){RUN_DEFAULTS, .epochs = 25, .batch = 64, .lr = 0.0002, .beta1 = 0.5};
    /* clang-format off */
    cli_option table[] = {
        {"data", "DIR", .text = &o->data, .is_path = 1,
         .keep = CLI_FREE,
         .help = "directory of PNG, JPEG or WebP files, which may be in directories below it"},
        {"size", "N", .whole = &o->size, .min = 8, .max = 256,
         .help = "width and height of the pictures to make: 4 to 7 times a power of two"},
        {"channels", "N", .whole = &o->channels, .min = 0, .max = 3,
         .help = "1: grey, 3: colour, 0: grey when all pictures are"},
        {.name = "flip", .on = &o->flip,
         .help = "mirror half of the pictures, for subjects that have no left and right"},
        {"limit", "N", .whole = &o->limit, .min = 0, .max = 2147483647,
         .help = "use only N files, as many of each class as of another; 0: all"},
        DCGAN_OPTIONS(&o->networks),
        RUN_OPTIONS(&o->run),
        {.name = NULL},
    };
    const cli_program program = {
        .name = "png_dcgan",
        .options = table,
        .summary =
            "Trains a deep convolutional GAN on a directory of pictures.  Each is scaled\n"
            "until it covers --size x --size pixels, and its middle is cut out.  Files that\n"
            "cannot be used are named and left out.  The networks are as deep as --size needs:\n"
            "each layer of the generator doubles the width and height.  --out has to be outside\n"
            "of --data.\n"
            "\n"
            RUN_SUMMARY,
        .examples = "  png_dcgan --data flowers --flip                  32x32, colour if they are\n"
                    "  png_dcgan --data faces --size 64 --base 32       larger, on leaner networks\n"
                    "  png_dcgan --data glyphs --size 16 --channels 1   small and grey\n",
    };
    /* clang-format on */
    run_parse(&program, &o->run, NULL, argc, argv);
    check_options(o);
}

/* Open the directory, and say which files are left out. */
static int open_data(gan_dataset **out, const options *o)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .skip_bad = 1, .no_labels = 1};
    desc.width = desc.height = (size_t)o->size;
    desc.channels = (size_t)o->channels;
    desc.max_count = (size_t)o->limit;
    desc.n_threads = (size_t)o->run.threads;
    if (!cli_ok(gan_dataset_open_image_folder(out, o->data, &desc))) return 0;

    size_t skipped = gan_dataset_skipped_count(*out), count = gan_dataset_count(*out);
    for (size_t i = 0; i < skipped && i < MOST_NAMED; i++)
        cli_say("left out: %s", gan_dataset_skipped(*out, i));
    if (skipped > MOST_NAMED) cli_say("left out: %zu more", skipped - MOST_NAMED);
    if (!o->run.quiet)
        cli_print("Data: %zu %s picture%s of %s, as %ld x %ld", count,
                  gan_dataset_shape(*out).dim[0] == 1 ? "grey" : "colour", cli_plural(count),
                  o->data, o->size, o->size);
    return 1;
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *data = NULL;
    int code = CLI_EXIT_FAILURE;

    read_options(&o, argc, argv);
    if (open_data(&data, &o)) {
        run_parts parts = {.opt = &o.run, .data = data, .flip = o.flip};
        code = dcgan_train(&o.networks, &parts);
    }
    gan_dataset_destroy(data);
    return run_end(&o.run, NULL, code);
}
