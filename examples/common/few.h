/* few.h - options for runs on few images: augmentation, regularisation, weights of another run. */
#ifndef FEW_H
#define FEW_H

#include "cli.h"

/* The options of the command line; 0 and NULL: not used. */
typedef struct few_options {
    const char *augment; /* names of operations, separated by commas */
    int adaptive;
    double fill;
    double lecam, consistency; /* weights */
    const char *from;          /* the checkpoint of another run */
    long freeze_d;             /* first layers of the discriminator that are frozen */
} few_options;

#define FEW_DEFAULTS .fill = -1

/* clang-format off */
/* Their rows in a program's table of options. */
#define FEW_OPTIONS(o)                                                                             \
    {"augment", "LIST", .text = &(o)->augment,                                                     \
     .help = "differentiable augmentation of all images that the discriminator sees: any of "      \
             "flip, brightness, saturation, contrast, color (the three before), translation and "  \
             "cutout, with commas between them; none: no augmentation"},                                                  \
    {.name = "adaptive", .on = &(o)->adaptive,                                                     \
     .help = "adaptive augmentation: apply each operation of --augment with a probability that "   \
             "rises from 0, up to 0.8, while the discriminator overfits"},                         \
    {"augment-fill", "X", .real = &(o)->fill, .min = -1, .max = 1,                                 \
     .help = "value that translation and cutout fill in: -1 is black, 0 grey, 1 white"},           \
    {"lecam", "X", .real = &(o)->lecam, .min = 0, .max = 1e6,                                      \
     .help = "weight of LeCam regularisation of the discriminator's outputs; 0: none"},            \
    {"consistency", "X", .real = &(o)->consistency, .min = 0, .max = 1e6,                          \
     .help = "weight of consistency regularisation: its output should not change when an image, "  \
             "real or generated, is shifted; 0: none"},                                            \
    {"from", "FILE", .text = &(o)->from, .is_path = 1,                                             \
     .help = "transfer learning: start from the weights of another run's checkpoint, where names " \
             "and shapes match"},                                                                  \
    {"freeze-d", "N", .whole = &(o)->freeze_d, .min = 0, .max = 1000,                              \
     .help = "freeze the first N layers of the discriminator that have weights, for "    \
             "--from"}
/* clang-format on */

/* End the program with code 2 where options make no sense. */
void few_check(const few_options *o);

/* The structs that a trainer's descriptor points at, until the trainer is created. */
typedef struct few_settings {
    gan_augment_desc augment;
    gan_lecam_desc lecam;
    gan_consistency_desc consistency;
} few_settings;

/* Add the settings to a trainer's descriptor, for a run on `images` real images in total. */
void few_set(const few_options *o, double images, few_settings *settings, gan_trainer_desc *desc);

/* Freeze layers; and at the beginning of a run load the weights of another one.
 * Return 0 after saying what is wrong. */
int few_freeze(const few_options *o, gan_network *d);
int few_take_weights(const few_options *o, gan_network *g, gan_network *d, int quiet);

#endif
