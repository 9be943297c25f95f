/* state.c - lists of the state of objects, for checkpoints. */
#include "file/state_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/number_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
    gan__free(&s->allocator, s->rules);
    gan__free(&s->allocator, s->found_bytes.at);
    memset(s, 0, sizeof *s);
}

void gan__state_prefix(gan__state *s, const char *prefix)
{
    snprintf(s->prefix, sizeof s->prefix, "%s", prefix);
}

/* Reserve one more record of `size` bytes in an array. */
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

size_t gan__state_label_digits(uint64_t most)
{
    return most > UINT8_MAX ? 4 : 2;
}

void gan__state_labels(gan__state *s, const char *name, uint16_t *labels, size_t n, uint16_t most)
{
    const size_t digits = gan__state_label_digits(most);
    gan_status status = s->status;
    gan__state_entry *entry;
    char *text = NULL;

    GAN_TRY(status);
    GAN_TRY(gan__alloc(&text, &s->allocator, gan__size_add(gan__size_mul(digits, n), 1), 1));
    for (size_t i = 0; i < n; i++)
        snprintf(text + digits * i, digits + 1, "%0*x", (int)digits, labels[i]);
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

void gan__state_rule(gan__state *s, const char *name, const char *follow, int anew)
{
    gan_status status = s->status;
    void *rules = s->rules;
    gan__state_rule_entry *rule;

    if (status != GAN_OK) return;
    status = reserve(s, &rules, s->n_rules, &s->rule_capacity, sizeof *s->rules);
    s->rules = rules;
    s->status = status;
    if (status != GAN_OK) return;
    rule = &s->rules[s->n_rules++];
    *rule = (gan__state_rule_entry){.follow = follow, .anew = anew};
    snprintf(rule->prefix, sizeof rule->prefix, "%s", s->prefix);
    snprintf(rule->name, sizeof rule->name, "%s%s", s->prefix, name);
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

void gan__state_bytes(gan__state *s, const char *name, gan__bytes *place, size_t most)
{
    s->bytes_name = name;
    s->bytes = place;
    s->most_bytes = most;
}

/* ---- to a file ---- */

gan_status gan__state_save(const gan__state *s, gan__target to)
{
    gan_status status = s->status;
    const char **pairs = NULL;
    gan__blob blob = {s->bytes_name, NULL, 0};

    GAN_TRY(status);
    if (s->bytes && s->bytes->n > 0) blob = (gan__blob){s->bytes_name, s->bytes->at, s->bytes->n};
    GAN_TRY(gan__alloc(&pairs, &s->allocator, gan__size_mul(2, s->n_entries), sizeof *pairs));
    for (size_t i = 0; i < s->n_entries; i++) {
        pairs[2 * i] = s->entries[i].name;
        pairs[2 * i + 1] = s->entries[i].text;
    }
    GAN_TRY(gan__safetensors_write_sealed(to, s->tensors, s->n_tensors, blob.n > 0 ? &blob : NULL,
                                          pairs, s->n_entries, &s->allocator));

cleanup:
    gan__free(&s->allocator, (void *)pairs);
    return status;
}
