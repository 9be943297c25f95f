/* generator.c - see generator.h. */
#include "generator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Opening ---- */

/* What pictures a generator makes whose file does not say it. */
static int guess_picture_shape(gan_shape *picture, gan_shape output)
{
    if (output.rank == 3 && (output.dim[0] == 1 || output.dim[0] == 3)) {
        *picture = output;
        return 1;
    }
    if (output.rank == 2) {
        *picture = gan_shape_3d(1, output.dim[0], output.dim[1]);
        return 1;
    }
    size_t size = gan_shape_size(output), side = (size_t)lround(sqrt((double)size));
    *picture = gan_shape_3d(1, side, side);
    return output.rank == 1 && side > 1 && side * side == size;
}

/* Open a network's file, or a checkpoint with a generator in it. */
static int open_network(gan_network **out, const char *path)
{
    char why[512];
    gan_status status = gan_network_open(out, path, NULL);
    if (status != GAN_ERR_FORMAT) return cli_ok(status);
    snprintf(why, sizeof why, "%s", gan_last_error());
    /* Where a run keeps an average, that is what it draws from. */
    if (gan_checkpoint_average(out, path, NULL) == GAN_OK ||
        gan_checkpoint_networks(out, NULL, path, NULL) == GAN_OK)
        return 1;
    cli_say("%s", why);
    if (strcmp(why, gan_last_error()) != 0) cli_say("%s", gan_last_error());
    return 0;
}

static int find_picture_shape(gan_shape *picture, const gan_network *g)
{
    *picture = gan_network_picture_shape(g);
    if (picture->rank == 3 && (picture->dim[0] == 1 || picture->dim[0] == 3)) return 1;
    return guess_picture_shape(picture, gan_network_output_shape(g));
}

int generator_open(gan_network **out, gan_shape *picture, const char *path)
{
    if (!open_network(out, path)) return 0;
    gan_shape input = gan_network_input_shape(*out), output = gan_network_output_shape(*out);
    if (gan_shape_size(input) != input.dim[0])
        cli_say("%s: a generator with a latent vector as its input expected, found an input of "
                "%zu x %zu numbers",
                path, input.dim[0], gan_shape_size(input) / input.dim[0]);
    else if (!find_picture_shape(picture, *out))
        cli_say("%s: a generator of grey or RGB pictures expected, found an output of %zu numbers "
                "whose picture shape the file does not tell",
                path, gan_shape_size(output));
    else
        return 1;
    return 0;
}

/* ---- Latent vectors ---- */

void generator_draw_latent(const gan_network *g, gan_rng *rng, double truncation, size_t n,
                           float *z)
{
    if (gan_network_latent(g) == GAN_LATENT_UNIFORM) {
        float bound = truncation > 0 && truncation < 1 ? (float)truncation : 1;
        gan_rng_uniform(rng, n, z);
        for (size_t i = 0; i < n; i++) z[i] = bound * (2 * z[i] - 1);
    } else if (truncation > 0)
        gan_rng_truncated_normal(rng, truncation, n, z);
    else
        gan_rng_normal(rng, n, z);
}

/* ---- Classes ---- */

generator_class generator_class_name(const gan_network *g, size_t label)
{
    generator_class out;
    const char *name = gan_network_class_name(g, label);
    if (name)
        snprintf(out.text, sizeof out.text, "%s", name);
    else
        snprintf(out.text, sizeof out.text, "class %zu", label);
    return out;
}

static void say_classes(const gan_network *g, const char *option, const char *text)
{
    char all[1024] = "";
    size_t n = gan_network_class_count(g), used = 0;
    for (size_t i = 0; gan_network_class_name(g, i) && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                                 gan_network_class_name(g, i));
    cli_say("--%s: a number from 0 to %zu%s%s expected, got \"%s\"", option, n - 1,
            *all ? " or one of " : "", all, text);
}

int generator_find_class(uint8_t *label, const gan_network *g, const char *option, const char *text)
{
    size_t n = gan_network_class_count(g);
    if (n == 0) {
        cli_say("--%s: the generator has no classes, it was trained without labels", option);
        return 0;
    }
    for (size_t i = 0; gan_network_class_name(g, i) && i < n; i++)
        if (strcasecmp(gan_network_class_name(g, i), text) == 0) {
            *label = (uint8_t)i;
            return 1;
        }
    char *end;
    long number = strtol(text, &end, 10);
    if (*text && !*end && number >= 0 && (size_t)number < n) {
        *label = (uint8_t)number;
        return 1;
    }
    say_classes(g, option, text);
    return 0;
}
