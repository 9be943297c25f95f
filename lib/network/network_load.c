/* network_load.c - networks take their weights from safetensors files, by name. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/safetensors_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the first descriptor that hosts were built with. */
enum { FIRST_DESC_BYTES = offsetof(gan_network_load_desc, renames) };

/* Room for a tensor's name in a file. */
enum { NAME_BYTES = 512 };

/* What is read: the tensors of a file under a prefix, by other names if the host says so. */
typedef struct source {
    gan__safetensors *file;
    const char *prefix;
    const gan_network_load_desc *desc;
    const gan__safetensor **fitting; /* one for each tensor of the network, NULL where none fits */
    unsigned char *known;            /* for each tensor of the file: the network has its name */
} source;

/* Does a name end in `last`, as the whole of it or after a dot? */
static int ends_in(const char *name, const char *last)
{
    const size_t n = strlen(name), n_last = strlen(last);

    return n >= n_last && strcmp(name + n - n_last, last) == 0 &&
           (n == n_last || name[n - n_last - 1] == '.');
}

/* What torch.nn.utils.parametrizations.spectral_norm() calls the tensors that the older
 * torch.nn.utils.spectral_norm() names as they are named here. */
static const char *const other_names[][2] = {
    {"weight_orig", "parametrizations.weight.original"},
    {"weight_u", "parametrizations.weight.0._u"},
    {"weight_v", "parametrizations.weight.0._v"},
};

static const gan__safetensor *find_in_file(const source *from, const char *name)
{
    const gan__safetensor *found = gan__safetensors_find_under(from->file, from->prefix, name);

    for (size_t i = 0; !found && i < sizeof other_names / sizeof *other_names; i++) {
        char other[NAME_BYTES + 64];

        if (!ends_in(name, other_names[i][0])) continue;
        snprintf(other, sizeof other, "%.*s%s", (int)(strlen(name) - strlen(other_names[i][0])),
                 name, other_names[i][1]);
        found = gan__safetensors_find_under(from->file, from->prefix, other);
    }
    return found;
}

/* ---- other names ---- */

static int begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static gan_status check_renames(const gan_network_load_desc *d)
{
    if (d->n_renames > 0 && (!d->renames || d->rename))
        return gan__fail(GAN_ERR_INVALID, "network load desc: n_renames is %zu, renames is %s",
                         d->n_renames, d->renames ? "beside a function" : "NULL");
    for (size_t i = 0; i < d->n_renames; i++)
        if (!d->renames[i].from || !d->renames[i].to)
            return gan__fail(GAN_ERR_INVALID, "network load desc: renames[%zu].%s is NULL", i,
                             d->renames[i].from ? "to" : "from");
    return GAN_OK;
}

static int renames_any(const gan_network_load_desc *d)
{
    return d->n_renames > 0 || d->rename;
}

/* How a tensor of the network is named in the file; empty: it is not to be read. */
static gan_status name_in_file(char out[NAME_BYTES], const source *from, const char *name)
{
    const gan_network_load_desc *d = from->desc;
    size_t i = 0;

    out[0] = '\0';
    if (d->rename) {
        memset(out, 'x', NAME_BYTES);
        if (!d->rename(d->rename_user, name, out, NAME_BYTES)) out[0] = '\0';
        if (!memchr(out, 0, NAME_BYTES))
            return gan__fail(GAN_ERR_INVALID,
                             "network load desc: rename() wrote no zero byte into the %d of the "
                             "name of %s",
                             NAME_BYTES, name);
        return GAN_OK;
    }
    while (i < d->n_renames && !begins_with(name, d->renames[i].to)) i++;
    if (d->n_renames == 0)
        snprintf(out, NAME_BYTES, "%s", name);
    else if (i < d->n_renames)
        snprintf(out, NAME_BYTES, "%s%s", d->renames[i].from, name + strlen(d->renames[i].to));
    return GAN_OK;
}

/* Is a name of the file, behind the prefix, one of those that are read?  A callback maps names of
 * the network to the file's, so tensors that it doesn't name aren't read. */
static int is_expected(const source *from, const char *name)
{
    const gan_network_load_desc *d = from->desc;

    for (size_t i = 0; i < d->n_renames; i++)
        if (begins_with(name, d->renames[i].from)) return 1;
    return !renames_any(d);
}

/* ---- what fits ---- */

enum { LIST_BYTES = sizeof((gan_network_load_report *)0)->missing };

/* Count a tensor and add it to a list, which ends in "..." once it is full. */
static void GAN_PRINTF(3, 4) list(size_t *n, char names[LIST_BYTES], const char *format, ...)
{
    static const char more[] = "...";
    const size_t used = strlen(names), room = LIST_BYTES - used;
    va_list args;
    int length;

    ++*n;
    if (used >= strlen(more) && strcmp(names + used - strlen(more), more) == 0) return;
    if (used) strcpy(names + used, ", ");
    va_start(args, format);
    length = vsnprintf(names + strlen(names), LIST_BYTES - strlen(names), format, args);
    va_end(args);
    if (length < 0 || (size_t)length + 2 * sizeof ", ..." > room)
        snprintf(names + used, room, "%s%s", used ? ", " : "", more);
    for (char *c = names + used; *c; c++) /* a name from a file may hold anything */
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
}

/* Find what fits a tensor of the network, or list it. */
static gan_status match(gan_network_load_report *out, const gan_tensor *wanted, const source *from,
                        const gan__safetensor **fitting)
{
    gan_status status = GAN_OK;
    char name[NAME_BYTES], in_file[NAME_BYTES + 16] = "";
    const gan__safetensor *found;

    GAN_TRY(name_in_file(name, from, wanted->name));
    if (name[0] == '\0') {
        out->n_kept++;
        return GAN_OK;
    }
    if (strcmp(name, wanted->name) != 0) snprintf(in_file, sizeof in_file, " as %s", name);
    found = find_in_file(from, name);
    if (found) from->known[found - gan__safetensors_tensor(from->file, 0)] = 1;
    if (!found) {
        list(&out->n_missing, out->missing, "%s %s%s", wanted->name,
             gan__shape_text_of(wanted->shape).text, in_file);
    } else if (!gan_shape_equal(found->shape, wanted->shape)) {
        list(&out->n_misshaped, out->misshaped, "%s %s for %s%s", wanted->name,
             gan__shape_text_of(found->shape).text, gan__shape_text_of(wanted->shape).text,
             in_file);
    } else {
        *fitting = found;
        out->n_loaded++;
    }

cleanup:
    return status;
}

/* List the tensors of the file that the network has not. */
static void list_unexpected(gan_network_load_report *out, const source *from)
{
    for (size_t i = 0; i < gan__safetensors_count(from->file); i++) {
        const gan__safetensor *t = gan__safetensors_tensor(from->file, i);
        const char *name = t->name + strlen(from->prefix);

        /* PyTorch's batch normalisation counts its batches, for a kind of average not had here. */
        if (!from->known[i] && begins_with(t->name, from->prefix) && is_expected(from, name) &&
            !ends_in(name, "num_batches_tracked"))
            list(&out->n_unexpected, out->unexpected, "%s %s", name,
                 gan__shape_text_of(t->shape).text);
    }
}

/* Add "; 2 missing: 0.weight [3, 2], 0.bias [3]" to a sentence, the names cut to their share. */
static void put_problem(char *text, size_t capacity, const char *what, size_t n, const char *names)
{
    const size_t used = strlen(text), share = 120;

    if (n == 0) return;
    snprintf(text + used, capacity - used, "%s%zu %s: %.*s%s", used ? "; " : "", n, what,
             (int)share, names, strlen(names) > share ? "..." : "");
}

/* Where no name fits, find what to put before the network's names to make them those of the file:
 * "module." or "generator.".  Writes a hint, or nothing. */
static void put_hint(char *hint, size_t capacity, const gan_network *net, const source *from)
{
    const char *first = net->tensors[0].name;

    for (size_t i = 0; i < gan__safetensors_count(from->file); i++) {
        const char *name = gan__safetensors_tensor(from->file, i)->name;
        const size_t n = strlen(name) - (ends_in(name, first) ? strlen(first) : strlen(name));

        if (n == 0) continue;
        snprintf(hint, capacity, "; does the prefix \"%.*s\" help?", n < 60 ? (int)n : 60, name);
        return;
    }
}

static gan_status refuse(const gan_network_load_report *found, const gan_network *net,
                         const source *from)
{
    char text[480] = "", hint[100] = "";

    put_problem(text, sizeof text, "missing", found->n_missing, found->missing);
    put_problem(text, sizeof text, "of another shape", found->n_misshaped, found->misshaped);
    put_problem(text, sizeof text, "not in the network", found->n_unexpected, found->unexpected);
    if (found->n_kept == net->n_tensors)
        snprintf(text, sizeof text, "renaming leaves out all %zu tensors of the network",
                 found->n_kept);
    else if (found->n_loaded + found->n_misshaped == 0 && !renames_any(from->desc))
        put_hint(hint, sizeof hint, net, from);
    return gan__fail(GAN_ERR_SHAPE, "%s: tensors do not fit: %s%s",
                     gan__safetensors_path(from->file), text, hint);
}

static void end_source(const source *from, const gan_allocator *a)
{
    gan__free(a, (void *)from->fitting);
    gan__free(a, from->known);
}

/* Find what is to be read, and refuse what does not fit. */
static gan_status prepare(source *from, const gan_network *net, const gan_network_load_desc *d)
{
    gan_status status = GAN_OK;
    gan_network_load_report found = {GAN_NETWORK_LOAD_REPORT_INIT};

    from->desc = d;
    if (d->prefix) from->prefix = d->prefix;
    GAN_TRY(gan__alloc(&from->fitting, &net->allocator, net->n_tensors, sizeof *from->fitting));
    GAN_TRY(gan__alloc(&from->known, &net->allocator, gan__safetensors_count(from->file), 1));
    for (size_t i = 0; i < net->n_tensors; i++)
        GAN_TRY(match(&found, &net->tensors[i], from, &from->fitting[i]));
    list_unexpected(&found, from);
    gan__record_write(d->report, &found, sizeof found);
    if (found.n_loaded == 0 && net->n_tensors > 0) return refuse(&found, net, from);
    if (!d->lenient && found.n_missing + found.n_misshaped + found.n_unexpected > 0)
        return refuse(&found, net, from);

cleanup:
    return status;
}

/* Read the tensors that fit, to where they belong or one after the other to `staging`. */
static gan_status read_tensors(const gan_network *net, const source *from, float *staging)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        if (!from->fitting[i] || (t->trainable && net->lent)) continue;
        GAN_TRY(gan__safetensors_read(from->file, from->fitting[i], staging ? staging : t->data));
        if (staging) staging += t->size;
    }

cleanup:
    return status;
}

/* All are read before any is taken over. */
static gan_status read_all_or_none(const gan_network *net, const source *from)
{
    gan_status status = GAN_OK;
    float *staging = NULL;
    size_t n = 0;

    for (size_t i = 0; i < net->n_tensors; i++)
        if (from->fitting[i]) n += net->tensors[i].size;
    GAN_TRY(gan__alloc(&staging, &net->allocator, n, sizeof *staging));
    GAN_TRY(read_tensors(net, from, staging));
    n = 0;
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        if (!from->fitting[i]) continue;
        memcpy(t->data, staging + n, t->size * sizeof *staging);
        n += t->size;
    }

cleanup:
    gan__free(&net->allocator, staging);
    return status;
}

gan_status gan__network_read_tensors(gan_network *net, gan__safetensors *file,
                                     const gan_network_load_desc *desc)
{
    gan_status status = GAN_OK;
    source from = {.file = file, .prefix = ""};

    GAN_TRY(prepare(&from, net, desc));
    GAN_TRY(read_tensors(net, &from, NULL));

cleanup:
    end_source(&from, &net->allocator);
    return status;
}

static gan_status load(gan_network *net, gan__source at, const gan_network_load_desc *desc)
{
    gan_status status = GAN_OK;
    gan_network_load_desc d = {GAN_NETWORK_LOAD_DESC_INIT};
    source from = {.prefix = ""};

    status = gan__source_check(at, "network");
    if (status != GAN_OK) return status;
    GAN_TRY(gan__desc_read(&d, sizeof d, FIRST_DESC_BYTES, desc, "network load desc"));
    GAN_TRY(check_renames(&d));
    GAN_TRY(gan__record_check(d.report, "network load report"));
    status = gan_network_build(net);
    if (status == GAN_OK) status = gan__network_check_trainable(net, "network");
    if (status != GAN_OK) return status;
    GAN_TRY(gan__safetensors_open(&from.file, at, &net->allocator));
    GAN_TRY(prepare(&from, net, &d));
    GAN_TRY(read_all_or_none(net, &from));
    net->weight_changes++;
    net->buffer_changes++;

cleanup:
    if (net) end_source(&from, &net->allocator);
    gan__safetensors_close(from.file);
    return status;
}

gan_status gan_network_load(gan_network *net, const char *path, const gan_network_load_desc *desc)
{
    return load(net, (gan__source){.path = path}, desc);
}

gan_status gan_network_load_from(gan_network *net, const gan_reader *from,
                                 const gan_network_load_desc *desc)
{
    return load(net, (gan__source){.reader = from}, desc);
}

GAN__DEFINE_INIT(gan_network_load_report_init, gan_network_load_report,
                 GAN_NETWORK_LOAD_REPORT_INIT)
GAN__DEFINE_INIT(gan_network_load_desc_init, gan_network_load_desc, GAN_NETWORK_LOAD_DESC_INIT)
