/* few.c - see few.h. */
#include "few.h"

#include <stdio.h>
#include <string.h>

/* ---- Augmentation and regularisation ---- */

static const struct {
    const char *name;
    unsigned operation;
} operations[] = {{"flip", GAN_AUGMENT_FLIP},
                  {"brightness", GAN_AUGMENT_BRIGHTNESS},
                  {"saturation", GAN_AUGMENT_SATURATION},
                  {"contrast", GAN_AUGMENT_CONTRAST},
                  {"color", GAN_AUGMENT_COLOR},
                  {"translation", GAN_AUGMENT_TRANSLATION},
                  {"cutout", GAN_AUGMENT_CUTOUT}};
enum { N_OPERATIONS = sizeof operations / sizeof *operations };

/* The operation named by the first n bytes of a text; 0: unknown. */
static unsigned find_operation(const char *text, size_t n)
{
    for (size_t i = 0; i < N_OPERATIONS; i++)
        if (strlen(operations[i].name) == n && memcmp(operations[i].name, text, n) == 0)
            return operations[i].operation;
    return 0;
}

/* The operations of a list; an unknown name ends the program. */
static unsigned read_list(const char *list)
{
    unsigned all = 0;
    if (list && strcmp(list, "none") == 0) return 0;
    for (const char *name = list; name; name = strchr(name, ',')) {
        name += *name == ',';
        size_t n = strcspn(name, ",");
        unsigned operation = find_operation(name, n);
        if (operation == 0)
            cli_usage_error("--augment: flip, brightness, saturation, contrast, color, "
                            "translation and cutout with commas between them expected, got "
                            "\"%.*s\"",
                            (int)n, name);
        all |= operation;
    }
    return all;
}

void few_check(const few_options *o)
{
    read_list(o->augment);
    if (o->adaptive && read_list(o->augment) == 0)
        cli_usage_error("--adaptive: which operations?  --augment names them");
    if (o->freeze_d > 0 && !o->from)
        cli_usage_error("--freeze-d without --from would keep random weights");
}

/* In the paper the probability may change by 1 in 500,000 images, of 25 million in a run. */
static uint64_t adaptive_images(double images)
{
    double share = images / 10;
    return share > 500000 ? 500000 : share < 5000 ? 5000 : (uint64_t)share;
}

void few_set(const few_options *o, double images, few_settings *s, gan_trainer_desc *desc)
{
    *s =
        (few_settings){{GAN_AUGMENT_DESC_INIT}, {GAN_LECAM_DESC_INIT}, {GAN_CONSISTENCY_DESC_INIT}};
    s->augment.operations = read_list(o->augment);
    s->augment.fill = o->fill;
    if (o->adaptive) {
        s->augment.target = 0.6;
        s->augment.images = adaptive_images(images);
    }
    s->lecam.weight = o->lecam;
    s->consistency.real_weight = s->consistency.fake_weight = o->consistency;
    if (s->augment.operations) desc->augment = &s->augment;
    if (o->lecam > 0) desc->lecam = &s->lecam;
    if (o->consistency > 0) desc->consistency = &s->consistency;
}

/* ---- Weights of another run ---- */

/* The name of the layer that a tensor belongs to, with its dot: "3." of "3.weight". */
static void copy_layer(char *out, size_t capacity, const char *tensor)
{
    const char *end = strrchr(tensor, '.');
    snprintf(out, capacity, "%.*s", end ? (int)(end - tensor) + 1 : 0, tensor);
}

int few_freeze(const few_options *o, gan_network *d)
{
    char layer[64], last[64] = "";
    long frozen = 0;
    for (size_t i = 0; i < gan_network_tensor_count(d); i++) {
        gan_tensor tensor;
        if (!cli_ok(gan_network_tensor(&tensor, d, i))) return 0;
        copy_layer(layer, sizeof layer, tensor.name);
        if (strcmp(layer, last) == 0) continue;
        if (frozen == o->freeze_d) return 1;
        if (!cli_ok(gan_network_set_rate(d, layer, 0))) return 0;
        memcpy(last, layer, sizeof last);
        frozen++;
    }
    cli_say("--freeze-d %ld: that is the whole discriminator, which would learn nothing",
            o->freeze_d);
    return 0;
}

static int load(gan_network *net, const char *path, const char *prefix, const char *who, int quiet)
{
    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    gan_network_load_desc desc = {GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1, .prefix = prefix,
                                  .report = &report};
    if (!cli_ok(gan_network_load(net, path, &desc))) return 0;
    if (!quiet)
        printf("Took %zu of the %zu tensors of the %s from %s\n", report.n_loaded,
               gan_network_tensor_count(net), who, path);
    return 1;
}

/* A run's samples are drawn from the average of its generator's weights where it has one. */
int few_take_weights(const few_options *o, gan_network *g, gan_network *d, int quiet)
{
    gan_network *average = NULL;
    if (!o->from) return 1;
    const char *of_g =
        gan_checkpoint_average(&average, o->from, NULL) == GAN_OK ? "average." : "generator.";
    gan_network_destroy(average);
    return load(g, o->from, of_g, "generator", quiet) &&
           load(d, o->from, "discriminator.", "discriminator", quiet);
}
