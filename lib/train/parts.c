/* parts.c - networks, optimizers and numbers of a host's own training loop in one file. */
#include <gan/parts.h>

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/number_internal.h"
#include "file/safetensors_internal.h"
#include "file/state_internal.h"
#include "network/network_internal.h"
#include "optim/optimizer_internal.h"
#include "train/checkpoint_internal.h"

#include <gan/version.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FORMAT GAN__STATE_NOTE "parts"
#define VERSION GAN__STATE_NOTE "version"

enum { NEWEST = 1, NAME_BYTES = 21, FIRST_ROOM = 8 };

/* One of net, whole and real is set; with an optimizer, net is the network that names its
 * moments. */
typedef struct part {
    char name[NAME_BYTES];
    gan_network *net;
    gan_optimizer *opt;
    uint64_t *whole;
    double *real;
} part;

struct gan_parts {
    gan_allocator allocator;
    part *parts;
    size_t n_parts, capacity;
};

/* ---- the list ---- */

gan_status gan_parts_create(gan_parts **out, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_parts *made = NULL;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "parts: out is NULL");
    *out = NULL;
    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(&made, &a, 1, sizeof *made));
    made->allocator = a;
    *out = made;

cleanup:
    return status;
}

void gan_parts_destroy(gan_parts *parts)
{
    if (!parts) return;
    const gan_allocator a = parts->allocator;

    gan__free(&a, parts->parts);
    gan__free(&a, parts);
}

static gan_status check_name(const gan_parts *parts, const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    if (!parts) return gan__fail(GAN_ERR_INVALID, "parts: is NULL");
    if (!name) return gan__fail(GAN_ERR_INVALID, "parts: the name is NULL");
    if (!*name || strlen(name) >= NAME_BYTES || name[strspn(name, allowed)])
        return gan__fail(GAN_ERR_INVALID,
                         "parts: the name is \"%.40s\", 1 to %d letters, digits or '_' expected",
                         name, NAME_BYTES - 1);
    for (size_t i = 0; i < parts->n_parts; i++)
        if (strcmp(parts->parts[i].name, name) == 0)
            return gan__fail(GAN_ERR_INVALID, "parts: there is a part \"%s\" already", name);
    return GAN_OK;
}

static gan_status add(gan_parts *parts, const char *name, part what)
{
    gan_status status = GAN_OK;
    part *larger = NULL;

    if (parts->n_parts == parts->capacity) {
        const size_t wanted = parts->capacity > 0 ? 2 * parts->capacity : FIRST_ROOM;

        GAN_TRY(gan__alloc(&larger, &parts->allocator, wanted, sizeof *larger));
        if (parts->n_parts > 0) memcpy(larger, parts->parts, parts->n_parts * sizeof *larger);
        gan__free(&parts->allocator, parts->parts);
        parts->parts = larger;
        parts->capacity = wanted;
    }
    snprintf(what.name, sizeof what.name, "%s", name);
    parts->parts[parts->n_parts++] = what;

cleanup:
    return status;
}

gan_status gan_parts_add_network(gan_parts *parts, const char *name, gan_network *net)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_name(parts, name));
    if (!net) return gan__fail_null(GAN__NETWORK, 1, "parts: the network is NULL");
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_check_trainable(net, "parts"));
    GAN_TRY(add(parts, name, (part){.net = net}));

cleanup:
    return status;
}

gan_status gan_parts_add_optimizer(gan_parts *parts, const char *name, gan_optimizer *opt,
                                   gan_network *net)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_name(parts, name));
    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "parts: the optimizer is NULL");
    if (!net) return gan__fail_null(GAN__NETWORK, 1, "parts: the optimizer's network is NULL");
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan_optimizer_bind(opt, net->n_params));
    GAN_TRY(add(parts, name, (part){.net = net, .opt = opt}));

cleanup:
    return status;
}

gan_status gan_parts_add_whole(gan_parts *parts, const char *name, uint64_t *place)
{
    const gan_status status = check_name(parts, name);

    if (status != GAN_OK) return status;
    if (!place) return gan__fail(GAN_ERR_INVALID, "parts: the place of %s is NULL", name);
    return add(parts, name, (part){.whole = place});
}

gan_status gan_parts_add_real(gan_parts *parts, const char *name, double *place)
{
    const gan_status status = check_name(parts, name);

    if (status != GAN_OK) return status;
    if (!place) return gan__fail(GAN_ERR_INVALID, "parts: the place of %s is NULL", name);
    return add(parts, name, (part){.real = place});
}

/* ---- its file ---- */

static void describe(gan__state *s, const gan_parts *parts)
{
    gan__state_init(s, &parts->allocator);
    gan__state_text(s, FORMAT, "%d", NEWEST);
    gan__state_text(s, VERSION, "%s", gan_version_string());
    for (size_t i = 0; i < parts->n_parts; i++) {
        const part *p = &parts->parts[i];

        if (p->opt)
            gan__network_optimizer_state(p->net, p->opt, p->name, s);
        else if (p->net)
            gan__network_state(p->net, p->name, s);
        if (p->whole) gan__state_whole(s, p->name, p->whole);
        if (p->real) gan__state_real(s, p->name, p->real, -HUGE_VAL);
    }
}

/* Refuse values that aren't finite; update buffers that are computed on demand. */
static gan_status prepare(const gan_parts *parts, const char *path)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < parts->n_parts; i++) {
        const part *p = &parts->parts[i];

        if (p->real && !isfinite(*p->real))
            GAN_FAIL(GAN_ERR_NONFINITE, "%s: not written: %s is %g", path, p->name, *p->real);
        if (p->net) GAN_TRY(gan__network_refresh(p->net));
    }

cleanup:
    return status;
}

static gan_status save(const gan_parts *parts, gan__target to)
{
    gan_status status = GAN_OK;
    gan__state state = {0};

    if (!parts) return gan__fail(GAN_ERR_INVALID, "parts: is NULL");
    GAN_TRY(gan__target_check(to, "parts"));
    GAN_TRY(prepare(parts, gan__target_name(to)));
    describe(&state, parts);
    GAN_TRY(gan__state_save(&state, to));

cleanup:
    gan__state_end(&state);
    return status;
}

gan_status gan_parts_save(gan_parts *parts, const char *path)
{
    return save(parts, (gan__target){.path = path});
}

gan_status gan_parts_save_to(gan_parts *parts, gan_writer *to)
{
    return save(parts, (gan__target){.writer = to});
}

static gan_status check_format(const gan__safetensors *file)
{
    const char *path = gan__safetensors_path(file);
    const char *format = gan__safetensors_metadata(file, FORMAT);
    uint64_t number;

    if (!format)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: not of gan_parts_save(): it has no metadata \"" FORMAT "\"", path);
    if (!gan__number_parse_whole(&number, format, strlen(format)) || number < 1 || number > NEWEST)
        return gan__fail(GAN_ERR_FORMAT, "%s: parts of format %.20s; this release reads 1 to %d",
                         path, format, NEWEST);
    return GAN_OK;
}

/* What was computed from a part's former values is marked as outdated. */
static void tell_parts(const gan_parts *parts)
{
    for (size_t i = 0; i < parts->n_parts; i++) {
        const part *p = &parts->parts[i];

        if (p->opt) {
            gan__optimizer_restored(p->opt);
        } else if (p->net) {
            p->net->weight_changes++;
            p->net->buffer_changes++;
        }
    }
}

static gan_status load(const gan_parts *parts, gan__source from,
                       const gan_checkpoint_resume_desc *desc)
{
    gan_status status = GAN_OK;
    gan_checkpoint_resume_desc d;
    gan__state_adopt adopt;
    gan__safetensors *file = NULL;
    gan__state state = {0};

    if (!parts) return gan__fail(GAN_ERR_INVALID, "parts: is NULL");
    GAN_TRY(gan__source_check(from, "parts"));
    GAN_TRY(gan__checkpoint_read_resume(&d, &adopt, desc, "parts"));
    GAN_TRY(gan__safetensors_open(&file, from, &parts->allocator));
    GAN_TRY(check_format(file));
    GAN_TRY(gan__safetensors_verify(file));
    describe(&state, parts);
    GAN_TRY(gan__state_check(&state, file, &adopt));
    GAN_TRY(gan__state_restore(&state, file));
    tell_parts(parts);
    gan__checkpoint_report(d.report, &adopt);

cleanup:
    gan__state_end(&state);
    gan__safetensors_close(file);
    return status;
}

gan_status gan_parts_load(gan_parts *parts, const char *path)
{
    return load(parts, (gan__source){.path = path}, NULL);
}

gan_status gan_parts_load_from(gan_parts *parts, const gan_reader *from)
{
    return load(parts, (gan__source){.reader = from}, NULL);
}

gan_status gan_parts_resume(gan_parts *parts, const char *path,
                            const gan_checkpoint_resume_desc *desc)
{
    return load(parts, (gan__source){.path = path}, desc);
}

gan_status gan_parts_resume_from(gan_parts *parts, const gan_reader *from,
                                 const gan_checkpoint_resume_desc *desc)
{
    return load(parts, (gan__source){.reader = from}, desc);
}
