/* state_load.c - comparing a list with a file, and loading the file's numbers.
 *
 * A run that continues with other settings adopts these: it names the entries that may differ.
 * Rules of the list say which other entries may differ as a consequence: with another loss, for
 * example, other numbers are saved. */
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

/* Read n labels; 0 when the text isn't n labels of at most `most`. */
static int parse_labels(uint16_t *out, const char *text, size_t n, uint64_t most)
{
    static const char digits[] = "0123456789abcdef";
    const size_t width = gan__state_label_digits(most);

    if (strlen(text) != width * n || strspn(text, digits) != width * n) return 0;
    for (size_t i = 0; i < n; i++) {
        size_t label = 0;

        for (size_t k = 0; k < width; k++)
            label = 16 * label + (size_t)(strchr(digits, *text++) - digits);
        if (label > most) return 0;
        if (out) out[i] = (uint16_t)label;
    }
    return 1;
}

/* ---- what may differ ---- */

static int is_note(const char *name)
{
    return strncmp(name, GAN__STATE_NOTE, strlen(GAN__STATE_NOTE)) == 0;
}

/* Whether a name matches: it is equal, or has the beginning of a pattern that ends in '*'. */
static int fits(const char *name, const char *pattern, size_t n)
{
    const int open = n > 0 && pattern[n - 1] == '*';

    return strncmp(name, pattern, n - (size_t)open) == 0 && (open || name[n] == '\0');
}

static int is_named(const char *name, const gan__state_adopt *adopt)
{
    for (size_t i = 0; i < adopt->n_names; i++)
        if (fits(name, adopt->names[i], strlen(adopt->names[i]))) return 1;
    return 0;
}

static int follows(const char *name, const gan__state_rule_entry *rule)
{
    const size_t n_prefix = strlen(rule->prefix);

    if (!rule->active || strcmp(name, rule->name) == 0) return 0;
    if (strncmp(name, rule->prefix, n_prefix) != 0) return 0;
    for (const char *p = rule->follow; *p; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");

        if (fits(name + n_prefix, p, n)) return 1;
        p += n;
    }
    return 0;
}

/* Whether an entry isn't loaded because of a setting that is adopted. */
static int stays(const gan__state *s, const char *name)
{
    for (size_t i = 0; i < s->n_rules; i++)
        if (s->rules[i].anew && follows(name, &s->rules[i])) return 1;
    return 0;
}

/* Whether it may differ because of a setting that is adopted. */
static int is_consequence(const gan__state *s, const char *name)
{
    for (size_t i = 0; i < s->n_rules; i++)
        if (follows(name, &s->rules[i])) return 1;
    return 0;
}

/* The part where two texts differ, quoted for a message: of long texts, which describe layers, from
 * the bracket before the difference to the one after it. */
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

/* Add to the sentences about adopted settings, which end in "..." when they are too long. */
static void tell(gan__state_adopt *adopt, const char *sentence)
{
    const size_t used = strlen(adopt->changes);
    const char *separator = used ? "; " : "";
    const size_t n = strlen(separator) + strlen(sentence), room = sizeof adopt->changes - used;

    adopt->n_changes++;
    if (adopt->cut) return;
    adopt->cut = n + sizeof "..." > room;
    snprintf(adopt->changes + used, room, "%s%s", adopt->cut ? "" : separator,
             adopt->cut ? "..." : sentence);
    for (char *c = adopt->changes + used; *c; c++) /* a text from a file may hold any bytes */
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
}

/* Something differs: an error, unless it is adopted. */
static gan_status differs(const gan__state *s, gan__state_adopt *adopt, gan_status status,
                          const gan__safetensors *file, const char *name, const char *format, ...)
    GAN_PRINTF(6, 7);

static gan_status differs(const gan__state *s, gan__state_adopt *adopt, gan_status status,
                          const gan__safetensors *file, const char *name, const char *format, ...)
{
    char sentence[400];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (is_named(name, adopt))
        tell(adopt, sentence);
    else if (!is_consequence(s, name))
        return gan__fail(status, "%s: %s", gan__safetensors_path(file), sentence);
    return GAN_OK;
}

static const gan__state_entry *find_entry(const gan__state *s, const char *name)
{
    for (size_t i = 0; i < s->n_entries; i++)
        if (strcmp(s->entries[i].name, name) == 0) return &s->entries[i];
    return NULL;
}

/* Find the rules that apply: those of settings that differ and may. */
static void choose_rules(gan__state *s, const gan__state_adopt *adopt, const gan__safetensors *file)
{
    for (size_t i = 0; i < s->n_rules; i++) {
        gan__state_rule_entry *rule = &s->rules[i];
        const gan__state_entry *here = find_entry(s, rule->name);
        const char *found = gan__safetensors_metadata(file, rule->name);
        const int same = found && here ? strcmp(found, here->text) == 0 : !found && !here;

        rule->active = !same && is_named(rule->name, adopt);
    }
}

/* A name that matches nothing is a mistake of the host's. */
static gan_status check_names(const gan__state *s, const gan__state_adopt *adopt,
                              const gan__safetensors *file)
{
    for (size_t i = 0; i < adopt->n_names; i++) {
        const char *pattern = adopt->names[i];
        const size_t n = strlen(pattern);
        int known = 0;

        for (size_t j = 0; j < s->n_entries && !known; j++)
            known = !is_note(s->entries[j].name) && fits(s->entries[j].name, pattern, n);
        for (size_t j = 0; j < s->n_tensors && !known; j++)
            known = fits(s->tensors[j].name, pattern, n);
        for (const gan__json *x = gan__safetensors_first_metadata(file); x && !known; x = x->next)
            known = !is_note(x->key) && fits(x->key, pattern, n);
        for (size_t j = 0; j < gan__safetensors_count(file) && !known; j++)
            known = !is_note(gan__safetensors_tensor(file, j)->name) &&
                    fits(gan__safetensors_tensor(file, j)->name, pattern, n);
        if (!known)
            return gan__fail(GAN_ERR_INVALID,
                             "%s: adopt: \"%.100s\" names nothing in the file and nothing here",
                             gan__safetensors_path(file), pattern);
    }
    return GAN_OK;
}

/* ---- comparing ---- */

/* Parse a file's text for a place. */
static gan_status check_place(gan__state_entry *e, const char *found, const char *path)
{
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
                         "%s: %s is %.40s, %zu labels of at most %llu expected, %s digits each",
                         path, e->name, found, e->n_labels, (unsigned long long)e->most,
                         gan__state_label_digits(e->most) == 2 ? "two" : "four");
    if (e->labels) e->found.labels = found;
    return GAN_OK;
}

static gan_status check_entry(const gan__state *s, gan__state_entry *e, gan__state_adopt *adopt,
                              const gan__safetensors *file)
{
    const char *found = gan__safetensors_metadata(file, e->name);

    e->kept = !found || stays(s, e->name);
    if (!found)
        return differs(s, adopt, GAN_ERR_INVALID, file, e->name, "%s is not in the file, %s here",
                       e->name, excerpt_of(e->text, "").text);
    if (e->kept) return GAN_OK;
    if (e->whole || e->real || e->labels) return check_place(e, found, gan__safetensors_path(file));
    if (strcmp(e->text, found) == 0) return GAN_OK;
    return differs(s, adopt, GAN_ERR_INVALID, file, e->name, "%s is %s in the file, %s here",
                   e->name, excerpt_of(found, e->text).text, excerpt_of(e->text, found).text);
}

/* Find a file's tensor for an entry, and check that it can be loaded. */
static const gan__safetensor *find_fitting(const gan__state *s, const gan_tensor *t,
                                           const gan__safetensors *file)
{
    const gan__safetensor *found = gan__safetensors_find(file, t->name);

    return found && gan_shape_equal(found->shape, t->shape) && found->dtype == GAN__DTYPE_F32 &&
                   !stays(s, t->name)
               ? found
               : NULL;
}

static gan_status check_tensor(const gan__state *s, const gan_tensor *t, gan__state_adopt *adopt,
                               const gan__safetensors *file)
{
    const gan__safetensor *found = gan__safetensors_find(file, t->name);

    if (stays(s, t->name) || find_fitting(s, t, file)) return GAN_OK;
    if (!found)
        return differs(s, adopt, GAN_ERR_FORMAT, file, t->name, "tensor \"%.100s\" %s is missing",
                       t->name, gan__shape_text_of(t->shape).text);
    return differs(s, adopt, GAN_ERR_FORMAT, file, t->name,
                   "tensor \"%.100s\" is %s %s, F32 %s expected", t->name, found->dtype_name,
                   gan__shape_text_of(found->shape).text, gan__shape_text_of(t->shape).text);
}

static int is_bytes(const gan__state *s, const char *name)
{
    return s->bytes && strcmp(s->bytes_name, name) == 0;
}

static int has_name(const char **names, size_t n, const char *name)
{
    return bsearch(&name, (void *)names, n, sizeof *names, gan__sort_by_name) != NULL;
}

/* Everything in the file must be in the list, or training would continue without it. */
static gan_status check_surplus(const gan__state *s, gan__state_adopt *adopt,
                                const gan__safetensors *file)
{
    gan_status status = GAN_OK;
    const char **names = NULL;

    GAN_TRY(gan__alloc((void *)&names, &s->allocator, gan__size_add(s->n_entries, s->n_tensors),
                       sizeof *names));
    for (size_t i = 0; i < s->n_entries; i++) names[i] = s->entries[i].name;
    gan__sort((void *)names, s->n_entries, sizeof *names, gan__sort_by_name);
    for (const gan__json *x = gan__safetensors_first_metadata(file); x; x = x->next)
        if (!is_note(x->key) && !has_name(names, s->n_entries, x->key))
            GAN_TRY(differs(s, adopt, GAN_ERR_INVALID, file, x->key,
                            "%.100s is %.100s in the file, not here", x->key, x->text));
    for (size_t i = 0; i < s->n_tensors; i++) names[i] = s->tensors[i].name;
    gan__sort((void *)names, s->n_tensors, sizeof *names, gan__sort_by_name);
    for (size_t i = 0; i < gan__safetensors_count(file); i++) {
        const char *name = gan__safetensors_tensor(file, i)->name;

        if (!is_note(name) && !is_bytes(s, name) && !has_name(names, s->n_tensors, name))
            GAN_TRY(differs(s, adopt, GAN_ERR_INVALID, file, name,
                            "tensor \"%.100s\" is in the file, not here", name));
    }

cleanup:
    gan__free(&s->allocator, (void *)names);
    return status;
}

gan_status gan__state_read_bytes(gan__bytes *out, gan__safetensors *file, const char *name,
                                 size_t most, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    const gan__safetensor *found = gan__safetensors_find(file, name);

    *out = (gan__bytes){NULL, 0};
    if (!found) return GAN_OK;
    if (strcmp(found->dtype_name, "U8") != 0 || found->bytes > most)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: tensor \"%s\" has %llu bytes of %s, at most %zu of U8 expected",
                 gan__safetensors_path(file), name, (unsigned long long)found->bytes,
                 found->dtype_name, most);
    GAN_TRY(gan__alloc(&out->at, allocator, (size_t)found->bytes, 1));
    out->n = (size_t)found->bytes;
    GAN_TRY(gan__safetensors_read_bytes(file, found, out->at));

cleanup:
    if (status != GAN_OK) {
        gan__free(allocator, out->at);
        *out = (gan__bytes){NULL, 0};
    }
    return status;
}

gan_status gan__state_check(gan__state *s, gan__safetensors *file, gan__state_adopt *adopt)
{
    gan__state_adopt nothing = {.n_names = 0};
    gan_status status = s->status;

    if (!adopt) adopt = &nothing;
    GAN_TRY(status);
    GAN_TRY(check_names(s, adopt, file));
    choose_rules(s, adopt, file);
    for (size_t i = 0; i < s->n_entries; i++)
        if (!is_note(s->entries[i].name)) GAN_TRY(check_entry(s, &s->entries[i], adopt, file));
    GAN_TRY(check_surplus(s, adopt, file));
    for (size_t i = 0; i < s->n_tensors; i++) GAN_TRY(check_tensor(s, &s->tensors[i], adopt, file));
    if (s->bytes)
        GAN_TRY(gan__state_read_bytes(&s->found_bytes, file, s->bytes_name, s->most_bytes,
                                      &s->allocator));

cleanup:
    return status;
}

/* ---- putting it back ---- */

gan_status gan__state_restore(gan__state *s, gan__safetensors *file)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < s->n_tensors; i++) {
        const gan__safetensor *found = find_fitting(s, &s->tensors[i], file);

        if (found) GAN_TRY(gan__safetensors_read(file, found, s->tensors[i].data));
    }
    for (size_t i = 0; i < s->n_entries; i++) {
        const gan__state_entry *e = &s->entries[i];

        if (e->kept) continue;
        if (e->whole) *e->whole = e->found.whole;
        if (e->real) *e->real = e->found.real;
        if (e->labels) (void)parse_labels(e->labels, e->found.labels, e->n_labels, e->most);
    }
    if (s->bytes) {
        const gan__bytes old = *s->bytes;

        *s->bytes = s->found_bytes;
        s->found_bytes = old; /* freed with the list */
    }

cleanup:
    return status;
}
