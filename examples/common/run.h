/* run.h - the training run of the programs: epochs, pictures, statistics, checkpoints, Ctrl-C. */
#ifndef RUN_H
#define RUN_H

#include "cli.h"
#include "fashion.h"
#include "few.h"
#include "rundir.h"

/* The options of a run; a program sets the defaults. */
typedef struct run_options {
    const char *out;
    long epochs, batch, seed, shards, local_steps, threads, checkpoint_every, evaluate_every;
    double lr, d_lr, beta1, beta2, ema;
    long ema_images; /* half-life of the average in place of its decay; 0: `ema` */
    int loss, penalty, second_penalty, schedule; /* a gan_loss, gan_penalty_kind, gan_schedule */
    int precision;                               /* a gan_precision */
    double penalty_weight, penalty_end, top_k;
    few_options few;
    long penalty_interval, n_critic, warmup;
    int spectral_norm;
    double auxiliary; /* weight of an auxiliary classifier's loss; 0: none */
    int resume, overwrite, dry_run, quiet, tensorboard;
    int stop_early, keep_best;
    const char *classifier; /* the classifier for comparisons; NULL: pixels are compared */
    const char
        *fingerprint; /* of the images of a resumed run; NULL where it is not known */
    rundir dir;       /* --out */
    char *settings;   /* all options as in dir's settings.txt, without the fingerprint */
    const char *given; /* --settings */
    char *given_text;  /* its text */
} run_options;

/* Common defaults, to be followed by those of a program. */
#define RUN_DEFAULTS                                                                               \
    .out = "out", .checkpoint_every = 1, .seed = 1, .local_steps = 1, .penalty_weight = 10,        \
    .penalty_interval = 1, .n_critic = 1, .top_k = 1, .beta2 = 0.999, .penalty_end = 1,            \
    .few = {FEW_DEFAULTS}

/* The names of gan_loss, gan_penalty_kind, gan_schedule and gan_precision on the command line, in
 * their order. */
extern const char *const run_losses[], *const run_penalties[], *const run_schedules[],
    *const run_precisions[];

/* clang-format off */
/* Their rows in a program's table of options. */
#define RUN_OPTIONS(o)                                                                             \
    {"epochs", "N", .whole = &(o)->epochs, .min = 1, .max = 100000, .keep = CLI_FREE,              \
     .help = "epochs: passes over the training images in the whole run"},                          \
    {"batch", "N", .whole = &(o)->batch, .min = 1, .max = 65536,                                   \
     .help = "batch size: real images per step, and as many generated ones"},                      \
    {"lr", "X", .real = &(o)->lr, .min = 0, .max = 10, .keep = CLI_FREE,                           \
     .help = "learning rate of both Adam optimizers"},                                             \
    {"d-lr", "X", .real = &(o)->d_lr, .min = 0, .max = 10, .keep = CLI_FREE,                       \
     .help = "learning rate of the discriminator; 0: the same as --lr"},                           \
    {"beta1", "X", .real = &(o)->beta1, .min = 0, .max = 0.999999,                                 \
     .help = "Adam's decay rate for the mean of the gradients (momentum)"},                        \
    {"beta2", "X", .real = &(o)->beta2, .min = 0, .max = 0.999999,                                 \
     .help = "Adam's decay rate for the mean of the squared gradients"},                           \
    {"schedule", "NAME", .choice = &(o)->schedule, .choices = run_schedules,                       \
     .help = "learning rate schedule over --epochs: linear or cosine to 0, step to a tenth after " \
             "each third, or exponential to a hundredth"},                                         \
    {"warmup", "N", .whole = &(o)->warmup, .min = 0, .max = 1000000000,                            \
     .help = "learning rate warm-up: steps over which the rates first rise from 0"},               \
    {"loss", "NAME", .choice = &(o)->loss, .choices = run_losses,                                  \
     .help = "loss function of both networks"},                                                    \
    {"penalty", "NAME", .choice = &(o)->penalty, .choices = run_penalties,                         \
     .help = "gradient penalty on the discriminator"},                                             \
    {"penalty-weight", "X", .real = &(o)->penalty_weight, .min = 1e-9, .max = 1e9,                 \
     .help = "weight of the gradient penalty in the loss"},                                        \
    {"penalty-end", "X", .real = &(o)->penalty_end, .min = 0, .max = 1,                            \
     .help = "fraction of that weight at the end of the run, reached by a cosine schedule"},       \
    {"penalty-interval", "N", .whole = &(o)->penalty_interval, .min = 1, .max = 1000000,           \
     .help = "lazy regularisation: compute the penalty in every Nth step only, with N times the "  \
             "weight"},                                                                            \
    {"second-penalty", "NAME", .choice = &(o)->second_penalty, .choices = run_penalties,           \
     .help = "second gradient penalty, with the same weight and interval, such as R2 with R1"},    \
    {.name = "spectral-norm", .on = &(o)->spectral_norm,                                           \
     .help = "spectral normalisation of the discriminator's weights"},                             \
    {"n-critic", "N", .whole = &(o)->n_critic, .min = 1, .max = 1000,                              \
     .help = "discriminator steps per generator step"},                                            \
    {"ema", "X", .real = &(o)->ema, .min = 0, .max = 0.999999,                                     \
     .help = "draw samples from an exponential moving average of the generator's weights with "    \
             "this decay per step; 0: from the weights themselves"},                               \
    {"ema-images", "N", .whole = &(o)->ema_images, .min = 0, .max = 1000000000,                    \
     .help = "instead of --ema: half-life of the average, in generated images, which rises from "  \
             "0 over the first tenth of the run"},                                                 \
    {"top-k", "X", .real = &(o)->top_k, .min = 0.01, .max = 1,                                     \
     .help = "top-k training: fraction of its samples that the generator learns from, those with " \
             "the largest discriminator outputs"},                                                 \
    FEW_OPTIONS(&(o)->few),                                                                        \
    {"seed", "N", .whole = &(o)->seed, .min = 0, .max = 2147483647,                                \
     .help = "seed of weights, noise and order; same seed, same result"},                          \
    {"shards", "N", .whole = &(o)->shards, .min = 0, .max = 1024,                                  \
     .help = "cut each batch into N shards, 1, 2, 4, 8 ..., which processes started by mpirun "    \
             "share; 0: 8 under mpirun, else not"},                                                \
    {"local-steps", "K", .whole = &(o)->local_steps, .min = 1, .max = 1000000,                     \
     .help = "under mpirun: local SGD, in which each process trains on its own shards and all "    \
             "average their weights after every K steps; 1: exact, one sum of gradients a step"},  \
    {"precision", "NAME", .choice = &(o)->precision, .choices = run_precisions,                    \
     .help = "number format in the products of convolutions and linear layers; bfloat16 is "       \
             "faster where the CPU has AVX512-BF16"},                                              \
    {"threads", "N", .whole = &(o)->threads, .min = 0, .max = 1024, .keep = CLI_FREE,              \
     .help = "number of threads; 0: one per CPU; never changes the result"},                       \
    {"out", "DIR", .text = &(o)->out, .keep = CLI_LOCAL,                                           \
     .help = "directory of this run's files, created if need be; one run per directory"},          \
    {"settings", "FILE", .text = &(o)->given, .keep = CLI_LOCAL,                                   \
     .help = "take the options from another run's settings.txt, or a copy that you changed; the "  \
             "command line overrides them"},                                                       \
    {.name = "resume", .on = &(o)->resume, .keep = CLI_LOCAL,                                      \
     .help = "continue the run in --out, with its settings"},                                      \
    {.name = "overwrite", .on = &(o)->overwrite, .keep = CLI_LOCAL,                                \
     .help = "replace the files of an earlier run in --out"},                                      \
    {"checkpoint-every", "N", .whole = &(o)->checkpoint_every, .min = 0, .max = 100000,            \
     .keep = CLI_FREE,                                                                             \
     .help = "epochs from one checkpoint to the next; 0: only one at the end"},                    \
    {"evaluate-every", "N", .whole = &(o)->evaluate_every, .min = 0, .max = 100000,                \
     .keep = CLI_FREE,                                                                             \
     .help = "epochs from one comparison of samples with real images to the next, and after the "  \
             "last one; 0: none"},                                                                 \
    {"classifier", "FILE", .text = &(o)->classifier, .is_path = 1, .keep = CLI_FREE,               \
     .help = "compare samples by the features of fashion_classifier's network, not by pixels: "    \
             "missing classes are named"},                                                         \
    {.name = "tensorboard", .on = &(o)->tensorboard, .keep = CLI_FREE,                             \
     .help = "also write an event file for TensorBoard"},                                          \
    {.name = "stop-early", .on = &(o)->stop_early, .keep = CLI_FREE,                               \
     .help = "end the run at a verdict that training doesn't recover from, such as a collapse, or "\
             "when nothing improved in 10 epochs"},                                                \
    {.name = "keep-best", .on = &(o)->keep_best, .keep = CLI_FREE,                                 \
     .help = "keep the checkpoint of the epoch whose samples are nearest to real ones, "           \
             RUNDIR_BEST},                                                                         \
    {.name = "dry-run", .on = &(o)->dry_run, .keep = CLI_LOCAL,                                    \
     .help = "print the networks, the memory and an estimate of the time from some steps, and "    \
             "write nothing"},                                                                     \
    {.name = "quiet", .on = &(o)->quiet, .keep = CLI_LOCAL,                                        \
     .help = "print nothing but warnings and errors"},                                             \
    {.name = "fingerprint", .text = &(o)->fingerprint}
/* clang-format on */

/* A row for the generator's input. */
#define RUN_LATENT_OPTION(n)                                                                       \
    {"latent", "N", .whole = n, .min = 1, .max = 65536,                                            \
     .help = "latent dimension: the length of the noise vector an image is made from"}

/* The text of --help about files and ending a run. */
#define RUN_SUMMARY                                                                                \
    "All files are written to the directory --out, which holds a single run:\n"                    \
    "  settings.txt                 the options of the run, for --resume and --settings\n"         \
    "  real_images.png              100 images of the data\n"                                      \
    "  fake_images-001.png ...      100 generated ones after each epoch, all from the\n"           \
    "                               same latent vectors\n"                                         \
    "  losses.csv, losses.png       losses, mean outputs D(x) and D(G(z)) per epoch\n"             \
    "  report.html                  all of it as an HTML page: curves, samples, settings\n"        \
    "  log.jsonl, log.csv           the same numbers and more, for programs\n"                     \
    "  checkpoint.safetensors       the whole run, for --resume, sample and interpolate\n"         \
    "  best_checkpoint.safetensors  the same after the best epoch, with --keep-best\n"             \
    "  generator.safetensors        the weights, for sample, interpolate or PyTorch\n"             \
    "  discriminator.safetensors\n"                                                                \
    "All of them are updated after each epoch.  Files of an earlier run are\n"                     \
    "only replaced with --overwrite.  Ctrl-C ends the run after the current step and\n"            \
    "saves it; a second one kills it.\n"                                                           \
    "\n"                                                                                           \
    "With --resume a run continues from its checkpoint, bit for bit as if it had\n"                \
    "never stopped: after Ctrl-C at that step, after a crash at the end of an epoch.\n"            \
    "Its options come from settings.txt, and need not be repeated.  --epochs, the total,\n"        \
    "may be larger unless there is a --schedule or another option that depends on\n"               \
    "it (--penalty-end, --ema-images, --adaptive); --threads, --checkpoint-every,\n"               \
    "--evaluate-every, --tensorboard and --data (a copy of the same images) may\n"                 \
    "differ, and --lr and --d-lr with a note; other changes are refused.\n"

/* Read the command line, check the directory, and with --resume read the options of the run in it.
 * `source`, unless NULL, receives the location of Fashion-MNIST.  Ends the program after an
 * error. */
void run_parse(const cli_program *program, run_options *opt, fashion_source *source, int argc,
               char **argv);

/* The same in two steps, for a program that chooses settings after a survey of its data: read the
 * options, then make them the settings of the run. */
void run_read(const cli_program *program, run_options *opt, fashion_source *source, int argc,
              char **argv);
void run_settle(const cli_program *program, run_options *opt, const fashion_source *source);

/* Check that a resumed run has the images it began with, and add their fingerprint to its settings.
 * Return 0 after saying what is wrong. */
int run_check_images(run_options *opt, const gan_dataset *data);

/* The images of Fashion-MNIST that a program trains on. */
typedef struct run_data {
    fashion_source source;
    long limit;
    int labels; /* 1: with their labels */
} run_data;

/* clang-format off */
#define RUN_DATA_OPTIONS(o)                                                                        \
    FASHION_OPTIONS(&(o)->source),                                                                 \
    {"limit", "N", .whole = &(o)->limit, .min = 0, .max = 2147483647,                              \
     .help = "use only the first N images; 0: all"}
/* clang-format on */

/* Open them, or silhouettes in their place.  Return 0 after saying what is wrong; `*out` is yours
 * in any case. */
int run_open_data(gan_dataset **out, const run_data *data, const run_options *opt);

/* Open the images of the test set for comparisons with samples, if the run has any; else, and
 * without a test set, `*out` is NULL. */
int run_open_held_out(gan_dataset **out, const run_data *data, const run_options *opt);

/* Return 1 when samples are compared with real images while the run trains. */
int run_has_looks(const run_options *opt);

/* The parts of a run; the program creates and destroys them. */
typedef struct run_parts {
    run_options *opt;
    const gan_dataset *data; /* pictures, grey or RGB */
    const gan_dataset *held_out; /* held-out pictures, for comparisons only; NULL: none */
    gan_network *g, *d;      /* errors in their creation are reported by run_train() */
    size_t repeat;           /* passes over the data in one epoch; 0: 1 */
    int flip;                /* 1: half of the real images are mirrored left to right */
    const char *const *class_names; /* of the data's classes; NULL: none */
    size_t n_names;                 /* how many; 0: as many as classes */
    size_t n_classes; /* of a conditional run; 0: unconditional */
} run_parts;

/* Add a layer with weights, with spectral normalisation or without. */
void run_add_weights(gan_network *net, int spectral_norm, gan_layer *layer);

/* Return 1 when the discriminator gets the labels; an auxiliary classifier predicts them
 * instead. */
int run_shows_labels(const run_parts *parts);

/* Return the number of the discriminator's outputs: one, D(x), and with an auxiliary classifier
 * another for each class. */
size_t run_output_size(const run_parts *parts);

/* Whether the loss and an auxiliary classifier expect a discriminator that ends in a sigmoid. */
int run_ends_in_sigmoid(const run_options *opt);

/* Add the last layer of a discriminator as the loss and an auxiliary classifier expect it: a
 * sigmoid, or none. */
void run_add_output(const run_options *opt, gan_network *d);

/* Train as the options say, from the first epoch or with --resume from a checkpoint, write the
 * files, and return the exit code of the program: 128 plus the signal's number when a signal ended
 * it, as in shells. */
int run_train(const run_parts *parts);

/* Free what run_parse() allocated; `source` as there.  Return the program's exit code, see
 * cli_end(). */
int run_end(run_options *opt, const fashion_source *source, int code);

#endif
