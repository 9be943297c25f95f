/* run.h - a training run as the programs do it: epochs, pictures, figures, checkpoints, Ctrl-C. */
#ifndef RUN_H
#define RUN_H

#include "cli.h"

/* What the command line says about a run; a program sets the defaults. */
typedef struct run_options {
    const char *out;
    long epochs, batch, seed, threads, checkpoint_every;
    double lr, d_lr, beta1, ema;
    int loss, penalty, schedule; /* a gan_loss, gan_penalty_kind, gan_schedule */
    double penalty_weight;
    long penalty_interval, n_critic, warmup;
    int spectral_norm;
    double auxiliary; /* what an auxiliary classifier counts; 0: none */
    int resume, quiet;
} run_options;

/* The defaults of most, to stand before those of a program. */
#define RUN_DEFAULTS                                                                               \
    .out = "out", .checkpoint_every = 1, .seed = 1, .penalty_weight = 10, .penalty_interval = 1,   \
    .n_critic = 1

/* The names of gan_loss, gan_penalty_kind and gan_schedule on the command line, in their order. */
extern const char *const run_losses[], *const run_penalties[], *const run_schedules[];

/* clang-format off */
/* Their rows in a program's table of options. */
#define RUN_OPTIONS(o)                                                                             \
    {"epochs", "N", .whole = &(o)->epochs, .min = 1, .max = 100000,                                \
     .help = "passes over the data"},                                                              \
    {"batch", "N", .whole = &(o)->batch, .min = 1, .max = 65536,                                   \
     .help = "real images, and as many generated ones, a step"},                                   \
    {"lr", "X", .real = &(o)->lr, .min = 0, .max = 10,                                             \
     .help = "learning rate of both Adam optimizers"},                                             \
    {"d-lr", "X", .real = &(o)->d_lr, .min = 0, .max = 10,                                         \
     .help = "the discriminator's, where it is another; 0: as --lr"},                              \
    {"beta1", "X", .real = &(o)->beta1, .min = 0, .max = 0.999999,                                 \
     .help = "how much of the mean gradient Adam keeps at a step"},                                \
    {"schedule", "NAME", .choice = &(o)->schedule, .choices = run_schedules,                       \
     .help = "how the rates fall in --epochs: to 0 along a line or a cosine, in steps to a tenth " \
             "after each third, or to a hundredth by the same factor a step"},                     \
    {"warmup", "N", .whole = &(o)->warmup, .min = 0, .max = 1000000000,                            \
     .help = "steps in which they rise first"},                                                    \
    {"loss", "NAME", .choice = &(o)->loss, .choices = run_losses,                                  \
     .help = "what the networks play for"},                                                        \
    {"penalty", "NAME", .choice = &(o)->penalty, .choices = run_penalties,                         \
     .help = "on the discriminator's slope"},                                                      \
    {"penalty-weight", "X", .real = &(o)->penalty_weight, .min = 1e-9, .max = 1e9,                 \
     .help = "what it counts"},                                                                    \
    {"penalty-interval", "N", .whole = &(o)->penalty_interval, .min = 1, .max = 1000000,           \
     .help = "it is taken once in so many steps, and counts so many times"},                       \
    {.name = "spectral-norm", .on = &(o)->spectral_norm,                                           \
     .help = "let the discriminator's layers stretch nothing"},                                    \
    {"n-critic", "N", .whole = &(o)->n_critic, .min = 1, .max = 1000,                              \
     .help = "steps of the discriminator for one of the generator"},                               \
    {"ema", "X", .real = &(o)->ema, .min = 0, .max = 0.999999,                                     \
     .help = "draw from the average of the generator's weights, which keeps so much of itself at " \
             "a step; 0: from the weights of the moment"},                                         \
    {"seed", "N", .whole = &(o)->seed, .min = 0, .max = 2147483647,                                \
     .help = "of weights, noise and order; same seed, same result"},                               \
    {"threads", "N", .whole = &(o)->threads, .min = 0, .max = 1024,                                \
     .help = "0: as many as there are CPUs; never changes the result"},                            \
    {"out", "DIR", .text = &(o)->out, .help = "where the results go; made if need be"},            \
    {.name = "resume", .on = &(o)->resume, .help = "go on with the run in --out"},                 \
    {"checkpoint-every", "N", .whole = &(o)->checkpoint_every, .min = 0, .max = 100000,            \
     .help = "epochs from one checkpoint to the next; 0: only one at the end"},                    \
    {.name = "quiet", .on = &(o)->quiet, .help = "print nothing but warnings and errors"}
/* clang-format on */

/* What --help says about its files and its end. */
#define RUN_SUMMARY                                                                                \
    "Files of an earlier run in --out are replaced unless --resume is given:\n"                    \
    "  real_images.png              100 images of the data\n"                                      \
    "  fake_images-001.png ...      100 generated ones after each epoch, all from the\n"           \
    "                               same noise\n"                                                  \
    "  losses.csv, losses.png       losses and mean verdicts D(x), D(G(z)) an epoch\n"             \
    "  checkpoint.safetensors       the whole run, for --resume, sample and interpolate\n"         \
    "  generator.safetensors        the weights, for sample, interpolate or PyTorch\n"             \
    "  discriminator.safetensors\n"                                                                \
    "Ctrl-C ends the run after the current step and saves all of them; a second one\n"             \
    "kills it.\n"                                                                                  \
    "\n"                                                                                           \
    "With --resume a run goes on where it was saved, to the last bit as if it had never\n"         \
    "stopped: after Ctrl-C at that step, after anything worse at the end of an epoch.\n"           \
    "Give the same options again; --epochs, the total, may be larger without a\n"                  \
    "--schedule, and --threads is free.\n"

/* Which images of Fashion-MNIST a program trains on. */
typedef struct run_data {
    const char *folder;
    long limit;
    int labels; /* 1: with their labels */
} run_data;

/* clang-format off */
#define RUN_DATA_OPTIONS(o)                                                                        \
    {"data", "DIR", .text = &(o)->folder,                                                          \
     .help = "folder of train-images-idx3-ubyte, plain or .gz"},                                   \
    {"limit", "N", .whole = &(o)->limit, .min = 0, .max = 2147483647,                              \
     .help = "use only the first N images; 0: all"}
/* clang-format on */

/* Open them, or silhouettes in their place.  Return 0 after saying what is wrong; `*out` is yours
 * in any case. */
int run_open_data(gan_dataset **out, const run_data *data, const run_options *opt);

/* What a run is made of; the program makes it, and ends it afterwards. */
typedef struct run_parts {
    run_options opt;
    const gan_dataset *data; /* pictures, grey or RGB */
    gan_network *g, *d;      /* what went wrong while they were made is said by run_train() */
    int flip;                /* 1: half of the real images are mirrored left to right */
    const char *const *class_names; /* of the classes of a conditional run */
    size_t n_classes;               /* how many; 0: the generator isn't told what to draw */
} run_parts;

/* Add a layer with weights, with spectral normalisation or without. */
void run_add_weights(gan_network *net, int spectral_norm, gan_layer *layer);

/* Return 1 when the discriminator is shown what a picture is meant to be; an auxiliary classifier
 * has to see it by itself. */
int run_shows_labels(const run_parts *parts);

/* Return how many numbers the discriminator puts out: a verdict, and with an auxiliary classifier
 * one for each class. */
size_t run_verdict_size(const run_parts *parts);

/* End a discriminator as the loss and an auxiliary classifier want it: with a sigmoid, or with the
 * numbers themselves. */
void run_add_verdict(const run_options *opt, gan_network *d);

/* Train as the options say, from the first epoch or with --resume from where a run was saved, write
 * the files, and return the exit code of the program: 128 and the signal's number when one ended
 * it, as a shell says it. */
int run_train(const run_parts *parts);

#endif
