/* state.c - lists of what objects consist of. */
#include "file/state_internal.h"

#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/number_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Read n labels; 0 when the text isn't as many, none above `most`. */
static int parse_labels(uint8_t *out, const char *text, size_t n, uint64_t most)
{
    static const char digits[] = "0123456789abcdef";

    if (strlen(text) != 2 * n || strspn(text, digits) != 2 * n) return 0;
    for (size_t i = 0; i < n; i++, text += 2) {
        const size_t label =
            (size_t)(16 * (strchr(digits, text[0]) - digits) + (strchr(digits, text[1]) - digits));

        if (label > most) return 0;
        if (out) out[i] = (uint8_t)label;
    }
    return 1;
}

/* ---- making a list ---- */

void gan__state_init(gan__state *s, const gan_allocator *allocator)
{
    memset(s, 0, sizeof *s);
    s->status = gan__alloc_init(&s->allocator, allocator);
}

void gan__state_end(gan__state *s)
{
    if (!s->allocator.free) return;
    for (size_t i = 0; i < s->n_entries; i++) gan__free(&s->allocator, s->entries[i].text);
    for (size_t i = 0; i < s->n_tensors; i++)
        gan__free(&s->allocator, (void *)(uintptr_t)s->tensors[i].name);
    gan__free(&s->allocator, s->entries);
    gan__free(&s->allocator, s->tensors);
    memset(s, 0, sizeof *s);
}

void gan__state_prefix(gan__state *s, const char *prefix)
{
    snprintf(s->prefix, sizeof s->prefix, "%s", prefix);
}

/* Make room for one more in an array of records of `size` bytes. */
static gan_status reserve(gan__state *s, void **array, size_t n, size_t *capacity, size_t size)
{
    const size_t wanted = *capacity > 0 ? 2 * *capacity : 32;
    gan_status status = GAN_OK;
    void *larger = NULL;

    if (n < *capacity) return GAN_OK;
    GAN_TRY(gan__alloc(&larger, &s->allocator, wanted, size));
    if (n > 0) memcpy(larger, *array, n * size);
    gan__free(&s->allocator, *array);
    *array = larger;
    *capacity = wanted;

cleanup:
    return status;
}

static gan_status copy_text(gan__state *s, char **out, const char *format, va_list args)
    GAN_PRINTF(3, 0);

static gan_status copy_text(gan__state *s, char **out, const char *format, va_list args)
{
    va_list again;
    int n;
    gan_status status;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0) return gan__fail(GAN_ERR_INVALID, "state: \"%s\" cannot be printed", format);
    status = gan__alloc(out, &s->allocator, (size_t)n + 1, 1);
    if (status == GAN_OK) vsnprintf(*out, (size_t)n + 1, format, args);
    return status;
}

/* Add an entry under the prefix, or none after a failure. */
static gan__state_entry *add(gan__state *s, const char *name, const char *format, va_list args)
    GAN_PRINTF(3, 0);

static gan__state_entry *add(gan__state *s, const char *name, const char *format, va_list args)
{
    gan_status status = s->status;
    void *entries = s->entries;
    gan__state_entry *entry = NULL;
    char *text = NULL;

    if (status != GAN_OK) return NULL;
    GAN_TRY(copy_text(s, &text, format, args));
    status = reserve(s, &entries, s->n_entries, &s->entry_capacity, sizeof *s->entries);
    s->entries = entries;
    GAN_TRY(status);
    entry = &s->entries[s->n_entries++];
    snprintf(entry->name, sizeof entry->name, "%s%s", s->prefix, name);
    entry->text = text;

cleanup:
    if (!entry) gan__free(&s->allocator, text);
    s->status = status;
    return entry;
}

static gan__state_entry *add_printed(gan__state *s, const char *name, const char *format, ...)
    GAN_PRINTF(3, 4);

static gan__state_entry *add_printed(gan__state *s, const char *name, const char *format, ...)
{
    gan__state_entry *entry;
    va_list args;

    va_start(args, format);
    entry = add(s, name, format, args);
    va_end(args);
    return entry;
}

void gan__state_text(gan__state *s, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)add(s, name, format, args);
    va_end(args);
}

void gan__state_setting(gan__state *s, const char *name, double value)
{
    char text[GAN__NUMBER_BYTES];

    gan__number_print_exact(text, value);
    (void)add_printed(s, name, "%s", text);
}

void gan__state_float(gan__state *s, const char *name, float value)
{
    char text[GAN__NUMBER_BYTES];

    gan__number_print_float(text, value);
    (void)add_printed(s, name, "%s", text);
}

void gan__state_whole(gan__state *s, const char *name, uint64_t *place)
{
    gan__state_count(s, name, place, UINT64_MAX);
}

void gan__state_count(gan__state *s, const char *name, uint64_t *place, uint64_t most)
{
    gan__state_entry *entry = add_printed(s, name, "%llu", (unsigned long long)*place);

    if (!entry) return;
    entry->whole = place;
    entry->most = most;
}

void gan__state_real(gan__state *s, const char *name, double *place, double least)
{
    gan__state_entry *entry;
    char text[GAN__NUMBER_BYTES];

    gan__number_print_exact(text, *place);
    entry = add_printed(s, name, "%s", text);
    if (!entry) return;
    entry->real = place;
    entry->least = least;
}

void gan__state_labels(gan__state *s, const char *name, uint8_t *labels, size_t n, uint8_t most)
{
    gan_status status = s->status;
    gan__state_entry *entry;
    char *text = NULL;

    GAN_TRY(status);
    GAN_TRY(gan__alloc(&text, &s->allocator, gan__size_add(gan__size_mul(2, n), 1), 1));
    for (size_t i = 0; i < n; i++) snprintf(text + 2 * i, 3, "%02x", labels[i]);
    entry = add_printed(s, name, "%s", text);
    status = s->status;
    if (entry) {
        entry->labels = labels;
        entry->n_labels = n;
        entry->most = most;
    }

cleanup:
    gan__free(&s->allocator, text);
    s->status = status;
}

void gan__state_tensor(gan__state *s, const gan_tensor *t)
{
    const size_t room = strlen(s->prefix) + strlen(t->name) + 1;
    gan_status status = s->status;
    void *tensors = s->tensors;
    char *name = NULL;

    if (status != GAN_OK) return;
    GAN_TRY(gan__alloc(&name, &s->allocator, room, 1));
    status = reserve(s, &tensors, s->n_tensors, &s->tensor_capacity, sizeof *s->tensors);
    s->tensors = tensors;
    GAN_TRY(status);
    snprintf(name, room, "%s%s", s->prefix, t->name);
    s->tensors[s->n_tensors] = *t;
    s->tensors[s->n_tensors++].name = name;
    name = NULL;

cleanup:
    gan__free(&s->allocator, name);
    s->status = status;
}

/* ---- to a file ---- */

gan_status gan__state_save(const gan__state *s, gan__target to)
{
    gan_status status = s->status;
    const char **pairs = NULL;

    GAN_TRY(status);
    GAN_TRY(gan__alloc(&pairs, &s->allocator, gan__size_mul(2, s->n_entries), sizeof *pairs));
    for (size_t i = 0; i < s->n_entries; i++) {
        pairs[2 * i] = s->entries[i].name;
        pairs[2 * i + 1] = s->entries[i].text;
    }
    GAN_TRY(gan__safetensors_write_sealed(to, s->tensors, s->n_tensors, pairs, s->n_entries,
                                          &s->allocator));

cleanup:
    gan__free(&s->allocator, (void *)pairs);
    return status;
}

/* ---- from a file: what differs ---- */

static int is_note(const char *name)
{
    return strncmp(name, GAN__STATE_NOTE, strlen(GAN__STATE_NOTE)) == 0;
}

/* The part of a text where two differ, as a quotation for a message: long ones, which describe
 * layers, begin at the bracket before the difference and end at the one after it. */
typedef struct excerpt {
    char text[100];
} excerpt;

static excerpt excerpt_of(const char *text, const char *other)
{
    enum { LONG = 80 };
    size_t differs = 0, begin, n;
    excerpt out;

    while (text[differs] && text[differs] == other[differs]) differs++;
    for (begin = differs; begin > 0 && text[begin] != '[';) begin--;
    if (strlen(text) < LONG && strlen(other) < LONG) begin = 0;
    n = strcspn(text + begin, begin > 0 ? "]" : "");
    n += text[begin + n] == ']';
    snprintf(out.text, sizeof out.text, "%s%.*s", begin > 0 ? "..." : "", n < LONG ? (int)n : LONG,
             text + begin);
    return out;
}

static gan_status check_entry(gan__state_entry *e, const gan__safetensors *file)
{
    const char *path = gan__safetensors_path(file);
    const char *found = gan__safetensors_metadata(file, e->name);

    if (!found)
        return gan__fail(GAN_ERR_INVALID, "%s: %s is not in the file, %s here", path, e->name,
                         excerpt_of(e->text, "").text);
    if (e->whole && !gan__number_parse_whole(&e->found.whole, found, strlen(found)))
        return gan__fail(GAN_ERR_FORMAT, "%s: %s is %.40s, a whole number expected", path, e->name,
                         found);
    if (e->whole && e->found.whole > e->most)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s is %.40s, at most %llu expected", path, e->name,
                         found, (unsigned long long)e->most);
    if (e->real &&
        (!gan__number_parse(&e->found.real, found, strlen(found)) || e->found.real < e->least))
        return gan__fail(GAN_ERR_FORMAT, "%s: %s is %.40s, a number of at least %g expected", path,
                         e->name, found, e->least);
    if (e->labels && !parse_labels(NULL, found, e->n_labels, e->most))
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: %s is %.40s, %zu labels of at most %llu expected, two digits each",
                         path, e->name, found, e->n_labels, (unsigned long long)e->most);
    if (e->labels) e->found.labels = found;
    if (!e->whole && !e->real && !e->labels && strcmp(e->text, found) != 0)
        return gan__fail(GAN_ERR_INVALID, "%s: %s is %s in the file, %s here", path, e->name,
                         excerpt_of(found, e->text).text, excerpt_of(e->text, found).text);
    return GAN_OK;
}

static gan_status check_tensor(const gan_tensor *t, const gan__safetensors *file)
{
    const char *path = gan__safetensors_path(file);
    const gan__safetensor *found = gan__safetensors_find(file, t->name);

    if (!found)
        return gan__fail(GAN_ERR_FORMAT, "%s: tensor \"%.100s\" %s is missing", path, t->name,
                         gan__shape_text_of(t->shape).text);
    if (!gan_shape_equal(found->shape, t->shape) || found->dtype != GAN__DTYPE_F32)
        return gan__fail(GAN_ERR_FORMAT, "%s: tensor \"%.100s\" is %s %s, F32 %s expected", path,
                         t->name, found->dtype_name, gan__shape_text_of(found->shape).text,
                         gan__shape_text_of(t->shape).text);
    return GAN_OK;
}

static int has_name(const char **names, size_t n, const char *name)
{
    return bsearch(&name, (void *)names, n, sizeof *names, gan__sort_by_name) != NULL;
}

/* Everything that the file holds must be wanted, or training would go on without it. */
static gan_status check_surplus(const gan__state *s, const gan__safetensors *file)
{
    gan_status status = GAN_OK;
    const char *path = gan__safetensors_path(file);
    const char **names = NULL;

    GAN_TRY(gan__alloc((void *)&names, &s->allocator, gan__size_add(s->n_entries, s->n_tensors),
                       sizeof *names));
    for (size_t i = 0; i < s->n_entries; i++) names[i] = s->entries[i].name;
    gan__sort((void *)names, s->n_entries, sizeof *names, gan__sort_by_name);
    for (const gan__json *x = gan__safetensors_first_metadata(file); x; x = x->next)
        if (!is_note(x->key) && !has_name(names, s->n_entries, x->key))
            GAN_FAIL(GAN_ERR_INVALID, "%s: %.100s is %.100s in the file, not here", path, x->key,
                     x->text);
    for (size_t i = 0; i < s->n_tensors; i++) names[i] = s->tensors[i].name;
    gan__sort((void *)names, s->n_tensors, sizeof *names, gan__sort_by_name);
    for (size_t i = 0; i < gan__safetensors_count(file); i++) {
        const char *name = gan__safetensors_tensor(file, i)->name;

        if (!is_note(name) && !has_name(names, s->n_tensors, name))
            GAN_FAIL(GAN_ERR_INVALID, "%s: tensor \"%.100s\" is in the file, not here", path, name);
    }

cleanup:
    gan__free(&s->allocator, (void *)names);
    return status;
}

gan_status gan__state_check(gan__state *s, const gan__safetensors *file)
{
    gan_status status = s->status;

    GAN_TRY(status);
    for (size_t i = 0; i < s->n_entries; i++)
        if (!is_note(s->entries[i].name)) GAN_TRY(check_entry(&s->entries[i], file));
    GAN_TRY(check_surplus(s, file));
    for (size_t i = 0; i < s->n_tensors; i++) GAN_TRY(check_tensor(&s->tensors[i], file));

cleanup:
    return status;
}

/* ---- from a file: putting it back ---- */

gan_status gan__state_restore(const gan__state *s, gan__safetensors *file)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < s->n_tensors; i++)
        GAN_TRY(gan__safetensors_read(file, gan__safetensors_find(file, s->tensors[i].name),
                                      s->tensors[i].data));
    for (size_t i = 0; i < s->n_entries; i++) {
        const gan__state_entry *e = &s->entries[i];

        if (e->whole) *e->whole = e->found.whole;
        if (e->real) *e->real = e->found.real;
        if (e->labels) (void)parse_labels(e->labels, e->found.labels, e->n_labels, e->most);
    }

cleanup:
    return status;
}
