/* picture_gan.c - train a GAN on pictures of your own, with settings that suit their number.
 *
 * Its stages: survey the pictures (common/collection.c, common/survey.c), choose the settings that
 * were not given (common/choice.c), print both, train (common/networks.c, common/run.c). */
#include "common/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 256 };

typedef struct options {
    collection_options pictures;
    long size, width, repeat, held_out;
    int flip, unconditional;
    networks_options networks;
    run_options run;
} options;

/* ---- Options ---- */

/* Rows whose values are chosen when they are not given. */
static const char *const chosen[] = {"size",         "base",     "batch",  "augment", "adaptive",
                                     "augment-fill", "held-out", "repeat", "epochs"};

static const char beginning[] =
    "Trains a generative adversarial network on pictures of your own: a generator that\n"
    "turns latent vectors of noise into pictures, and a discriminator that learns to tell\n"
    "them from yours.  Both are convolutional (DCGAN).  The program inspects the pictures\n"
    "first, prints what it finds, chooses settings by their number, and says why; each\n"
    "can be given instead.  --dry-run shows all this and how long it would take; for\n"
    "colour pictures, the smaller the faster, on two cores of 2023 it was:\n"
    "\n";

static const char ending[] =
    "\n"
    "Pictures in directories below --data, one for each class and no picture beside them,\n"
    "or with labels train a conditional GAN, whose generator draws a picture of a given\n"
    "class.\n"
    "Files that cannot be used are named and left out.  All pictures are scaled to one size,\n"
    "a square unless --width says otherwise; --fit says how other shapes are fitted.\n"
    "\n"
    "With few pictures the discriminator soon overfits (memorises them).\n"
    "Differentiable augmentation, --augment, shifts and recolours all pictures that it sees,\n"
    "real and generated ones alike.  --out has to be outside of --data.\n"
    "\n" RUN_SUMMARY;

static const char examples[] =
    "  picture_gan --data photos --dry-run         what would be done, and how long it takes\n"
    "  picture_gan --data photos                   do it\n"
    "  picture_gan --data cats --flip --size 96    larger ones, also mirrored\n"
    "  picture_gan --data views --size 36 --width 64\n"
    "  picture_gan --data digits.npy --labels digits-labels.npy\n"
    "  picture_gan --data cifar-10-batches-bin --epochs 20\n"
    "  sample --model out/generator.safetensors    more samples afterwards\n";

static void check_options(const options *o)
{
    if (o->width > 0 && o->width < 8)
        cli_usage_error("--width: 0 or 8 to 256 expected, got %ld", o->width);
    collection_check(&o->pictures);
    if (files_is_inside(o->run.out, o->pictures.data))
        cli_usage_error("--out %s: is inside --data %s, so that the pictures made here would be "
                        "trained on; choose a directory outside of it",
                        o->run.out, o->pictures.data);
}

/* ---- Results of the survey ---- */

static void print_range(const char *name, const collection_range *r)
{
    if (r->least == r->most)
        printf("%s %zu", name, r->least);
    else
        printf("%s %zu to %zu", name, r->least, r->most);
}

static void print_sizes(const collection *c)
{
    print_range("  width", &c->width);
    print_range(", height", &c->height);
    if (c->n_measured < gan_dataset_count(c->first)) printf(" (of %zu measured)", c->n_measured);
    putchar('\n');
}

static void print_classes(const survey *s)
{
    if (s->n_classes == 0) return;
    printf("  %zu class%s of %zu to %zu pictures", s->n_classes, s->n_classes == 1 ? "" : "es",
           s->smallest, s->largest);
    if (s->n_empty > 0) printf(", %zu of them empty", s->n_empty);
    putchar('\n');
}

/* Problems of the data. */
static void print_doubts(const survey *s, const gan_dataset *data)
{
    const char *names[2];
    if (s->looked_at < s->count) printf("  of %zu of them:\n", s->looked_at);
    for (size_t i = 0; i < 2; i++) names[i] = gan_dataset_file_name(data, s->pair[i]);
    if (s->duplicates > 0 && names[0] && names[1])
        cli_print("  %zu exact duplicate%s, such as %s and %s", s->duplicates,
                  cli_plural(s->duplicates), names[0], names[1]);
    else
        printf("  %zu exact duplicate%s\n", s->duplicates, cli_plural(s->duplicates));
    printf("  %zu nearly constant\n", s->constant);
}

static void print_found(const collection *c, const survey *s)
{
    size_t count = gan_dataset_count(c->first);
    cli_print("Data: %zu %s picture%s of %s (%s)", count,
              gan_dataset_shape(c->first).dim[0] == 1 ? "grey" : "colour", cli_plural(count),
              c->opt->data, collection_kind_name(c));
    print_sizes(c);
    print_classes(s);
    print_doubts(s, c->first);
}

/* ---- Choosing settings ---- */

/* Set an option unless it was given, and print it. */
static void choose(const options *o, cli_option *table, const char *name, const char *value,
                   const char *why)
{
    char text[256], left[320];
    cli_option *row = cli_find(table, name);
    if (!row->given && !cli_set_value(row, value, text, sizeof text)) abort();
    cli_write_value(text, sizeof text, row);
    snprintf(left, sizeof left, "--%s %s", name, text);
    if (!o->run.quiet) cli_print("  %-37s %s", left, row->given ? "as given" : why);
}

static void choose_number(const options *o, cli_option *table, const char *name, double value,
                          const char *why)
{
    choose(o, table, name, cli_shortest(value).text, why);
}

/* Comparisons need pictures that nothing was trained on. */
static void choose_held_out(options *o, cli_option *table, size_t count)
{
    size_t spared = choice_held_out(count), n = run_has_looks(&o->run) ? spared : 0;
    choose_number(o, table, "held-out", (double)n,
                  n > 0         ? "never trained on: they tell when the discriminator overfits"
                  : spared == 0 ? "there are too few pictures to spare any"
                                : "nothing looks at samples");
}

static void choose_length(options *o, cli_option *table, const choice_facts *facts)
{
    char why[128];
    choose_number(o, table, "repeat", (double)choice_repeat(facts),
                  facts->count < 2000 ? "passes in one epoch, after which samples are drawn"
                                      : "an epoch is one pass");
    size_t each = facts->count * (size_t)o->repeat,
           epochs = choice_epochs(facts, (size_t)o->repeat);
    snprintf(why, sizeof why, "%zu images seen in all, each picture %zu times", epochs * each,
             epochs * (size_t)o->repeat);
    choose_number(o, table, "epochs", (double)epochs, why);
}

/* Operations that are given are always applied, unless --adaptive is given. */
static void choose_augmentation(options *o, cli_option *table, const choice *c)
{
    int adaptive = c->adaptive && !cli_find(table, "augment")->given;
    choose(o, table, "augment", c->augment, c->why_augment);
    choose(o, table, "adaptive", adaptive ? "yes" : "no",
           adaptive ? "as strong as overfitting asks" : "as strong from the first step on");
    choose_number(o, table, "augment-fill", c->fill, c->why_fill);
}

static void choose_settings(options *o, cli_option *table, const choice_facts *facts)
{
    const choice c = choice_make(facts);
    if (!o->run.quiet) puts("Settings:");
    choose_number(o, table, "size", (double)c.size, c.why_size);
    choose_number(o, table, "base", (double)c.base, c.why_base);
    choose_number(o, table, "batch", (double)c.batch, c.why_batch);
    choose_augmentation(o, table, &c);
    choose_held_out(o, table, facts->count);
    choose_length(o, table, facts);
}

/* ---- Classes ---- */

/* The classes of a conditional run; 0: none. */
static size_t count_classes(const options *o, const survey *s)
{
    if (o->unconditional || s->n_classes < 2) return 0;
    if (s->n_classes <= MOST_CLASSES) return s->n_classes;
    cli_say(
        "%zu classes are more than the %d of a conditional GAN: the run is an unconditional one",
        s->n_classes, MOST_CLASSES);
    return 0;
}

/* Names for all classes; labels of an array are only numbers. */
typedef struct class_names {
    char numbers[MOST_CLASSES][16];
    const char *all[MOST_CLASSES];
} class_names;

static void name_classes(class_names *names, const gan_dataset *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = gan_dataset_class_name(data, i);
        snprintf(names->numbers[i], sizeof names->numbers[i], "class %zu", i);
        names->all[i] = name ? name : names->numbers[i];
    }
}

/* ---- The whole ---- */

/* Survey the pictures and complete the options.  A resumed run has its settings already. */
static int prepare(options *o, cli_option *table, const collection *c, size_t *n_classes)
{
    survey s;
    if (!survey_take(&s, c->first)) return 0;
    if (!o->run.quiet) print_found(c, &s);
    *n_classes = count_classes(o, &s);
    const choice_facts facts = {gan_dataset_count(c->first), c->side.middle,
                                gan_dataset_shape(c->first).dim[0], *n_classes, s.border};
    if (!o->run.dir.settings) choose_settings(o, table, &facts);
    if (!o->run.quiet)
        printf("  %s\n", *n_classes > 0
                             ? "conditional: the generator is told the class (--unconditional: not)"
                             : "unconditional: the generator makes any of them");
    return 1;
}

/* Divide the pictures into those to train on and held-out ones.  Return 0 after saying what is
 * wrong; both are yours in any case. */
static int hold_out(const options *o, const gan_dataset *data, int stratify, gan_dataset **rest,
                    gan_dataset **held_out)
{
    size_t count = gan_dataset_count(data), n = (size_t)o->held_out;
    gan_split_desc desc = {GAN_SPLIT_DESC_INIT, .stratify = stratify};
    desc.seed = (uint64_t)o->run.seed;
    if (n == 0) return 1;
    if (n >= count) {
        cli_say("--held-out %zu: fewer than all %zu pictures expected", n, count);
        return 0;
    }
    desc.fraction = (double)(count - n) / (double)count;
    return cli_ok(gan_dataset_split(rest, held_out, data, &desc));
}

static int train_on(options *o, const gan_dataset *data, const gan_dataset *held_out,
                    size_t n_classes)
{
    class_names names;
    name_classes(&names, data, n_classes);
    const run_parts parts = {.opt = &o->run,
                             .data = data,
                             .held_out = held_out,
                             .repeat = (size_t)o->repeat,
                             .flip = o->flip,
                             .class_names = names.all,
                             .n_classes = n_classes};
    return networks_train(&o->networks, &parts);
}

static int train(options *o, const collection *c, size_t n_classes)
{
    gan_dataset *rest = NULL, *held_out = NULL;
    int code = hold_out(o, c->data, n_classes > 0, &rest, &held_out)
                   ? train_on(o, rest ? rest : c->data, held_out, n_classes)
                   : CLI_EXIT_FAILURE;
    gan_dataset_destroy(held_out);
    gan_dataset_destroy(rest);
    return code;
}

int main(int argc, char **argv)
{
    options o = {.size = 64, .repeat = 1, .networks = {.latent = 100, .base = 64, .embedding = 10}};
    o.run = (run_options){RUN_DEFAULTS, .epochs = 25, .batch = 32,
                          .lr = 0.0002, .beta1 = 0.5, .ema = 0.999};
    /* clang-format off */
    cli_option table[] = {
        COLLECTION_OPTIONS(&o.pictures),
        {"size", "N", .whole = &o.size, .min = 8, .max = 256,
         .help = "height and width of the pictures to make"},
        {"width", "N", .whole = &o.width, .min = 0, .max = 256,
         .help = "width; 0: the same as --size"},
        {.name = "flip", .on = &o.flip,
         .help = "mirror half of the pictures, for subjects without a distinct left and right"},
        {.name = "unconditional", .on = &o.unconditional,
         .help = "ignore the classes and train an unconditional GAN"},
        {"repeat", "N", .whole = &o.repeat, .min = 1, .max = 100000,
         .help = "passes over the pictures in one epoch"},
        {"held-out", "N", .whole = &o.held_out, .min = 0, .max = 2147483647,
         .help = "pictures that are never trained on: samples are compared with them "
                 "(--evaluate-every, --keep-best, --stop-early), and they show whether the "
                 "discriminator overfits; 0: none"},
        NETWORKS_OPTIONS(&o.networks),
        NETWORKS_EMBEDDING_OPTION(&o.networks),
        RUN_OPTIONS(&o.run),
        {.name = NULL},
    };
    /* clang-format on */
    char chosen_for[CHOICE_ROOM], summary[sizeof beginning + sizeof chosen_for + sizeof ending];
    const cli_program program = {"picture_gan", summary, examples, table};
    collection c = {.opt = NULL};
    size_t n_classes = 0;
    int code = CLI_EXIT_FAILURE;

    choice_describe(chosen_for);
    snprintf(summary, sizeof summary, "%s%s%s", beginning, chosen_for, ending);
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        cli_find(table, chosen[i])->chosen = 1;
    run_read(&program, &o.run, NULL, argc, argv);
    check_options(&o);
    if (collection_open(&c, &o.pictures, (size_t)o.run.threads) &&
        prepare(&o, table, &c, &n_classes)) {
        run_settle(&program, &o.run, NULL);
        if (collection_fit(&c, (size_t)o.size, (size_t)(o.width > 0 ? o.width : o.size)))
            code = train(&o, &c, n_classes);
    }
    collection_close(&c);
    return run_end(&o.run, NULL, code);
}
