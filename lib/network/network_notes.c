/* network_notes.c - the notes in a generator's file beside its layers, so that a program that opens
 * it can draw and show samples: what latent vectors come from, and how an output is read as a
 * picture.
 *
 * Files have them as metadata, "libgan.network.picture" and "libgan.network.latent"; a checkpoint
 * has those of both networks, "libgan.generator.picture" and so on.  They are left out where they
 * say what a file without them means, too. */
#include "network/network_internal.h"

#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/scaler_internal.h"
#include "file/json_internal.h"
#include "file/safetensors_internal.h"

#include <stdio.h>
#include <string.h>

static const char PICTURE[] = "picture";
static const char LATENT[] = "latent";
static const char SCALER[] = "scaler";
static const char *const latent_names[] = {
    [GAN_LATENT_NORMAL] = "normal",
    [GAN_LATENT_UNIFORM] = "uniform",
};
enum { N_LATENTS = sizeof latent_names / sizeof *latent_names };

static int is_picture(const gan_network *net, gan_shape shape)
{
    return shape.rank == 3 && gan_shape_size(shape) > 0 &&
           gan_shape_size(shape) == gan_shape_size(gan_network_output_shape(net));
}

gan_status gan_network_set_picture_shape(gan_network *net, gan_shape shape)
{
    if (!net) return gan__fail_null(GAN__NETWORK, 1, "network: is NULL");
    if (net->status != GAN_OK) return gan__fail(net->status, "%s", net->message);
    if (shape.rank != 0 && !is_picture(net, shape))
        return gan__fail(GAN_ERR_SHAPE,
                         "network: a picture of shape %s; [channels, height, width] with as many "
                         "numbers as an output of shape %s expected",
                         gan__shape_text_of(shape).text,
                         gan__shape_text_of(gan_network_output_shape(net)).text);
    net->picture = shape;
    return GAN_OK;
}

/* Layers that were added since may have changed the size of an output. */
gan_shape gan_network_picture_shape(const gan_network *net)
{
    const gan_shape none = {0, {0, 0, 0, 0}};

    if (net && is_picture(net, net->picture)) return net->picture;
    return net && is_picture(net, gan_network_output_shape(net)) ? gan_network_output_shape(net)
                                                                 : none;
}

gan_status gan_network_set_latent(gan_network *net, gan_latent latent)
{
    if (!net) return gan__fail_null(GAN__NETWORK, 1, "network: is NULL");
    if (net->status != GAN_OK) return gan__fail(net->status, "%s", net->message);
    if ((size_t)latent >= N_LATENTS)
        return gan__fail(GAN_ERR_INVALID, "network: unknown latent distribution %d",
                         (int)latent);
    net->latent = latent;
    return GAN_OK;
}

gan_latent gan_network_latent(const gan_network *net)
{
    return net ? net->latent : GAN_LATENT_NORMAL;
}

gan_status gan_network_set_scaler(gan_network *net, const gan_scaler *scaler)
{
    gan_status status = GAN_OK;
    const size_t n = gan_scaler_column_count(scaler);
    gan_scaler *copy = NULL;

    if (!net) return gan__fail_null(GAN__NETWORK, 1, "network: is NULL");
    if (net->status != GAN_OK) return gan__fail(net->status, "%s", net->message);
    if (scaler && n != gan_shape_size(gan_network_output_shape(net)))
        return gan__fail(GAN_ERR_SHAPE, "network: a scaler of %zu columns, an output is %s", n,
                         gan__shape_text_of(gan_network_output_shape(net)).text);
    if (scaler)
        GAN_TRY(gan_scaler_create(&copy, n, gan_scaler_shift(scaler), gan_scaler_scale(scaler),
                                  &net->allocator));
    gan_scaler_destroy(net->scaler);
    net->scaler = copy;

cleanup:
    return status;
}

const gan_scaler *gan_network_scaler(const gan_network *net)
{
    return net ? net->scaler : NULL;
}

/* ---- in files ---- */

static void name_note(gan__network_note *note, const char *key, const char *what)
{
    static const char own[] = "libgan.";

    snprintf(note->name, sizeof note->name, "%s%s.%s",
             strncmp(key, own, strlen(own)) == 0 ? "" : own, key, what);
}

size_t gan__network_notes(gan__network_note out[GAN__NETWORK_NOTES], const gan_network *net,
                          const char *key)
{
    size_t n = 0;

    if (is_picture(net, net->picture)) {
        name_note(&out[n], key, PICTURE);
        snprintf(out[n++].text, sizeof out->text, "%s", gan__shape_text_of(net->picture).text);
    }
    if (net->latent != GAN_LATENT_NORMAL) {
        name_note(&out[n], key, LATENT);
        snprintf(out[n++].text, sizeof out->text, "%s", latent_names[net->latent]);
    }
    return n;
}

void gan__network_describe_scaler(gan__text *out, gan__network_note *note, const gan_network *net,
                                  const char *key)
{
    name_note(note, key, SCALER);
    if (net->scaler) gan__scaler_describe(out, net->scaler);
}

static gan_status read_scaler(gan_network *net, const char *text)
{
    gan_status status = GAN_OK;
    gan_scaler *scaler = NULL;

    GAN_TRY(gan__scaler_parse(&scaler, text, &net->allocator));
    status = gan_network_set_scaler(net, scaler);
    if (status == GAN_ERR_SHAPE) GAN_FAIL(GAN_ERR_FORMAT, "%s", gan_last_error());

cleanup:
    gan_scaler_destroy(scaler);
    return status;
}

static gan_status read_picture(gan_network *net, const char *text)
{
    gan_status status = GAN_OK;
    const gan__json *list = NULL;
    gan_shape shape = {0, {0, 0, 0, 0}};

    status = gan__json_parse(&list, text, strlen(text), &net->allocator);
    if (status == GAN_ERR_NOMEM) return status;
    if (status == GAN_OK) shape = gan__json_shape(list);
    gan__json_free(list, &net->allocator);
    if (shape.rank == 0)
        return gan__fail(GAN_ERR_FORMAT, "it is %.40s, [channels, height, width] expected", text);
    status = gan_network_set_picture_shape(net, shape);
    return status == GAN_ERR_SHAPE ? gan__fail(GAN_ERR_FORMAT, "%s", gan_last_error()) : status;
}

static gan_status read_latent(gan_network *net, const char *text)
{
    for (size_t i = 0; i < N_LATENTS; i++)
        if (strcmp(text, latent_names[i]) == 0) return gan_network_set_latent(net, (gan_latent)i);
    return gan__fail(GAN_ERR_FORMAT, "it is %.40s, normal or uniform expected", text);
}

gan_status gan__network_read_notes(gan_network *net, const gan__safetensors *file, const char *key)
{
    static const struct {
        const char *what;
        gan_status (*read)(gan_network *net, const char *text);
    } kinds[] = {{PICTURE, read_picture}, {LATENT, read_latent}, {SCALER, read_scaler}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gan__network_note note;
        gan_status status = GAN_OK;
        const char *text;

        name_note(&note, key, kinds[i].what);
        text = gan__safetensors_metadata(file, note.name);
        if (text) status = kinds[i].read(net, text);
        if (status == GAN_ERR_FORMAT)
            return gan__fail(status, "%s: %s: %s", gan__safetensors_path(file), note.name,
                             gan_last_error());
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}
