/* generator.c - see generator.h. */
#include "generator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Opening ---- */

/* The picture shape of a generator whose file does not have it. */
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

int generator_read(gan_network **out, const char *path)
{
    char why[512];
    gan_status status = gan_network_open(out, path, NULL);
    if (status != GAN_ERR_FORMAT) return cli_ok(status);
    snprintf(why, sizeof why, "%s", gan_last_error());
    /* If a run keeps an average, samples are drawn from that. */
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

static int find_picture(generator *g, const char *path)
{
    gan_shape input = gan_network_input_shape(g->net), output = gan_network_output_shape(g->net);
    if (gan_shape_size(input) != input.dim[0])
        cli_say("%s: a generator with a latent vector as its input expected, found an input of "
                "%zu x %zu numbers",
                path, input.dim[0], gan_shape_size(input) / input.dim[0]);
    else if (!find_picture_shape(&g->picture, g->net))
        cli_say("%s: a generator of grey or RGB pictures expected, found an output of %zu numbers "
                "whose picture shape the file does not tell",
                path, gan_shape_size(output));
    else
        return 1;
    return 0;
}

int generator_open(generator *g, const char *path, uint64_t seed)
{
    *g = (generator){.only = -1};
    if (!generator_read(&g->net, path) || !find_picture(g, path) ||
        !cli_ok(gan_rng_create(&g->rng, seed, 0, NULL)))
        return 0;
    g->size = gan_shape_size(g->picture);
    g->latent = gan_shape_size(gan_network_input_shape(g->net));
    g->n_classes = gan_network_class_count(g->net);
    g->z = cli_memory(GENERATOR_CHUNK * g->latent, sizeof *g->z);
    return 1;
}

void generator_close(generator *g)
{
    free(g->z);
    free(g->given);
    gan_rng_destroy(g->rng);
    gan_network_destroy(g->net);
    *g = (generator){.only = -1};
}

/* ---- Latent vectors ---- */

void generator_draw_latent(generator *g, size_t n, float *z)
{
    size_t count = n * g->latent;
    if (gan_network_latent(g->net) == GAN_LATENT_UNIFORM) {
        float bound = g->truncation > 0 && g->truncation < 1 ? (float)g->truncation : 1;
        gan_rng_uniform(g->rng, count, z);
        for (size_t i = 0; i < count; i++) z[i] = bound * (2 * z[i] - 1);
    } else if (g->truncation > 0)
        gan_rng_truncated_normal(g->rng, g->truncation, count, z);
    else
        gan_rng_normal(g->rng, count, z);
}

int generator_read_latent(generator *g, const char *path)
{
    gan_dataset *data;
    if (!cli_ok(gan_dataset_open_npy(&data, path, NULL, NULL))) return 0;
    size_t n = gan_dataset_count(data), size = gan_shape_size(gan_dataset_shape(data));
    int good = size == g->latent;
    if (!good)
        cli_say("%s: latent vectors of %zu numbers expected, found %zu", path, g->latent, size);
    else
        g->given = cli_memory(n * size, sizeof *g->given);
    for (size_t i = 0; good && i < n; i++)
        good = cli_ok(gan_dataset_read(data, i, g->given + i * size, NULL));
    g->n_given = n;
    gan_dataset_destroy(data);
    return good;
}

void generator_seek(generator *g, size_t number)
{
    cli_must(gan_rng_seek(g->rng, (uint64_t)number * g->latent));
}

/* The latent vector of a sample. */
static void take_latent(generator *g, size_t number, float *z)
{
    if (g->given) {
        memcpy(z, g->given + number * g->latent, g->latent * sizeof *z);
        return;
    }
    generator_seek(g, number);
    generator_draw_latent(g, 1, z);
}

/* The angle between two vectors, 0 to pi. */
static double angle_between(const float *a, const float *b, size_t n)
{
    double aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
        ab += (double)a[i] * (double)b[i];
    }
    return acos(fmin(fmax(ab / sqrt(aa * bb), -1), 1));
}

void generator_mix_latent(const generator *g, const float *a, const float *b, double t, int linear,
                          float *out)
{
    double angle = angle_between(a, b, g->latent), share_a = 1 - t, share_b = t;
    /* A great circle would leave the cube of uniform latent vectors; and between opposite points it
     * isn't unique, so a straight line is used. */
    if (gan_network_latent(g->net) == GAN_LATENT_UNIFORM) linear = 1;
    if (!linear && sin(angle) > 1e-4) {
        share_a = sin((1 - t) * angle) / sin(angle);
        share_b = sin(t * angle) / sin(angle);
    }
    for (size_t i = 0; i < g->latent; i++)
        out[i] = (float)(share_a * (double)a[i] + share_b * (double)b[i]);
}

/* ---- Samples ---- */

int generator_draw_numbered(generator *g, const size_t *numbers, size_t n, float *samples)
{
    for (size_t i = 0; i < n; i++) {
        take_latent(g, numbers[i], g->z + i * g->latent);
        if (g->n_classes == 0) continue;
        g->labels[i] = (uint8_t)(g->only >= 0 ? (size_t)g->only : numbers[i] % g->n_classes);
    }
    return cli_ok(
        gan_network_forward_labels(g->net, g->z, g->n_classes > 0 ? g->labels : NULL, n, samples));
}

int generator_draw(generator *g, size_t first, size_t n, float *samples)
{
    size_t numbers[GENERATOR_CHUNK];
    for (size_t i = 0; i < n; i++) numbers[i] = first + i;
    return generator_draw_numbered(g, numbers, n, samples);
}

/* ---- Classes ---- */

generator_class generator_class_name(const generator *g, size_t label)
{
    generator_class out;
    const char *name = gan_network_class_name(g->net, label);
    if (name)
        snprintf(out.text, sizeof out.text, "%s", name);
    else
        snprintf(out.text, sizeof out.text, "class %zu", label);
    return out;
}

static void say_classes(const char *const *names, size_t n, const char *option, const char *text)
{
    char all[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && names[i] && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
    cli_say("--%s: a number from 0 to %zu%s%s expected, got \"%s\"", option, n - 1,
            *all ? " or one of " : "", all, text);
}

int generator_find_name(uint8_t *label, const char *const *names, size_t n, const char *option,
                        const char *text)
{
    for (size_t i = 0; i < n && names[i]; i++)
        if (strcasecmp(names[i], text) == 0) {
            *label = (uint8_t)i;
            return 1;
        }
    char *end;
    long number = strtol(text, &end, 10);
    if (*text && !*end && number >= 0 && (size_t)number < n) {
        *label = (uint8_t)number;
        return 1;
    }
    say_classes(names, n, option, text);
    return 0;
}

int generator_find_class(uint8_t *label, const generator *g, const char *option, const char *text)
{
    const char *names[256] = {NULL};
    if (g->n_classes == 0) {
        cli_say("--%s: the generator has no classes, it was trained without labels", option);
        return 0;
    }
    for (size_t i = 0; i < g->n_classes && i < sizeof names / sizeof *names; i++)
        names[i] = gan_network_class_name(g->net, i);
    return generator_find_name(label, names, g->n_classes, option, text);
}
