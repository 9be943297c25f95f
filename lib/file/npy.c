/* npy.c - headers of NumPy arrays. */
#include "file/npy_internal.h"

#include "base/status_internal.h"
#include "file/file_internal.h"
#include "file/number_internal.h"
#include "file/signature_internal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
    MAGIC = 6,         /* bytes, followed by the version */
    HEAD = 12,         /* bytes before a header of version 2 or later; 10 in version 1 */
    MOST_HEADER = 2048 /* of an array of plain numbers, 118 are usual */
};

/* ---- A dict in Python's notation ---- */

/* The text that is being read, and the position. */
typedef struct text {
    const char *at, *end;
} text;

static void skip_space(text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\t')) t->at++;
}

static int take(text *t, const char *word)
{
    const size_t n = strlen(word);

    skip_space(t);
    if ((size_t)(t->end - t->at) < n || memcmp(t->at, word, n) != 0) return 0;
    t->at += n;
    return 1;
}

/* A text in quotation marks of either kind, without escapes; `*n` is 0 when there is none. */
static const char *take_string(text *t, size_t *n)
{
    const char *begin, *end;

    *n = 0;
    skip_space(t);
    if (t->at == t->end || (*t->at != '\'' && *t->at != '"')) return "";
    begin = t->at + 1;
    end = memchr(begin, *t->at, (size_t)(t->end - begin));
    if (!end || memchr(begin, '\\', (size_t)(end - begin))) return "";
    t->at = end + 1;
    *n = (size_t)(end - begin);
    return begin;
}

/* '<f4': order of bytes, kind, bytes of a value. */
static int take_type(text *t, gan__npy *out)
{
    static const char *const known[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                        "u2", "u4", "u8", "f2", "f4", "f8"};
    size_t n;
    const char *type = take_string(t, &n);

    if (n != 3 || !strchr("<>|=", type[0])) return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memcmp(type + 1, known[i], 2) == 0) {
            out->kind = type[1];
            out->item_bytes = (size_t)(type[2] - '0');
            out->is_big_endian = type[0] == '>';
            return 1;
        }
    return 0;
}

static int take_order(text *t, gan__npy *out)
{
    out->is_fortran = take(t, "True");
    return out->is_fortran || take(t, "False");
}

/* (60000, 28, 28), (7,) or (); in old files numbers end in L. */
static int take_shape(text *t, gan__npy *out)
{
    out->rank = 0;
    if (!take(t, "(")) return 0;
    while (!take(t, ")")) {
        const char *begin = t->at;

        if (out->rank == GAN_NPY_MAX_RANK) return 0;
        while (t->at < t->end && *t->at >= '0' && *t->at <= '9') t->at++;
        if (!gan__number_parse_whole(&out->dims[out->rank++], begin, (size_t)(t->at - begin)))
            return 0;
        (void)take(t, "L");
        if (!take(t, ",") && (t->at == t->end || *t->at != ')')) return 0;
    }
    return 1;
}

/* A key of a header, and how its value is read. */
typedef struct entry {
    const char *name;
    int (*take)(text *t, gan__npy *out);
    const char *expected;
} entry;

static const entry entries[] = {
    {"descr", take_type, "plain numbers such as '<f4', '|u1' or '<i8'"},
    {"fortran_order", take_order, "True or False"},
    {"shape", take_shape, "up to 8 dimensions such as (60000, 28, 28)"},
};

enum { N_ENTRIES = sizeof entries / sizeof *entries };

static gan_status fail_entry(const gan__npy *out, const entry *e, const text *t)
{
    const int n = (int)(t->end - t->at < 40 ? t->end - t->at : 40);

    return gan__fail(GAN_ERR_FORMAT, "%s: header: as %s %s expected, found %.*s%s", out->name,
                     e->name, e->expected, n, t->at,
                     n > 2 && t->at[1] == '|' && t->at[2] == 'O'
                         ? ": an array of objects is a Python program, which is not run"
                         : "");
}

static gan_status fail_header(const gan__npy *out)
{
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: header: {'descr': ..., 'fortran_order': ..., 'shape': ...} expected",
                     out->name);
}

static gan_status parse(gan__npy *out, text t)
{
    int given[N_ENTRIES] = {0};

    if (!take(&t, "{")) return fail_header(out);
    while (!take(&t, "}")) {
        size_t n, i = 0;
        const char *key = take_string(&t, &n);

        while (i < N_ENTRIES &&
               (strlen(entries[i].name) != n || memcmp(entries[i].name, key, n) != 0))
            i++;
        if (i == N_ENTRIES || given[i] || !take(&t, ":")) return fail_header(out);
        given[i] = 1;
        skip_space(&t);
        {
            const text before = t;

            if (!entries[i].take(&t, out)) return fail_entry(out, &entries[i], &before);
        }
        if (!take(&t, ",") && (t.at == t.end || *t.at != '}')) return fail_header(out);
    }
    skip_space(&t);
    if (t.at < t.end || !given[0] || !given[1] || !given[2]) return fail_header(out);
    return GAN_OK;
}

/* ---- Files ---- */

/* Check, before memory is allocated, that the file holds as many values as its header says. */
static gan_status check_extent(gan__npy *out, uint64_t n_bytes)
{
    const uint64_t left = n_bytes - out->offset;
    uint64_t n = 1;

    for (size_t i = 0; i < out->rank; i++) {
        if (out->dims[i] > 0 && n > INT64_MAX / out->dims[i])
            n = INT64_MAX;
        else
            n *= out->dims[i];
    }
    out->n_items = n;
    if (n <= INT64_MAX / out->item_bytes && n * out->item_bytes == left) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: byte %llu: %llu values of %zu bytes expected, found %llu bytes",
                     out->name, (unsigned long long)out->offset, (unsigned long long)n,
                     out->item_bytes, (unsigned long long)left);
}

static gan_status fail_short(const gan__npy *out, const gan__input *from, size_t at)
{
    if (from->error)
        return gan__fail(gan__errno_status(from->error), "%s: byte %zu: cannot be read: %s",
                         out->name, at, gan__errno_text_of(from->error).text);
    return gan__fail(GAN_ERR_FORMAT, "%s: byte %zu: the header of an array expected, the file ends",
                     out->name, at);
}

/* Read the bytes before the header, and find its length. */
static gan_status read_head(gan__npy *out, gan__input *from, size_t *n_header)
{
    unsigned char head[GAN__SIGNATURE_BYTES];
    const size_t n = gan__input_read(from, head, sizeof head);
    const int is_first = n > MAGIC && head[MAGIC] == 1;

    if (n < sizeof head && from->error) return fail_short(out, from, n);
    if (n < MAGIC || memcmp(head, "\x93NUMPY", MAGIC) != 0)
        return gan__fail(GAN_ERR_FORMAT, "%s: byte 0: not a NumPy array%s", out->name,
                         gan__signature_text_of(head, n).text);
    if (n < HEAD) return fail_short(out, from, n);
    if (head[MAGIC] < 1 || head[MAGIC] > 3)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte 6: version 1 to 3 of the format expected, found %d", out->name,
                         head[MAGIC]);
    out->offset = is_first ? HEAD - 2 : HEAD;
    *n_header = head[8] | (size_t)head[9] << 8;
    if (!is_first) *n_header |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    if (*n_header > MOST_HEADER)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte 8: a header of at most %d bytes expected, found one of %zu",
                         out->name, MOST_HEADER, *n_header);
    if (gan__input_seek(from, out->offset)) return GAN_OK;
    return gan__file_fail(out->name, "cannot seek to its header", errno);
}

gan_status gan__npy_read_header(gan__npy *out, gan__input *from)
{
    char header[MOST_HEADER];
    size_t n = 0, got;
    gan_status status;

    *out = (gan__npy){.name = from->name};
    status = read_head(out, from, &n);
    if (status != GAN_OK) return status;
    got = gan__input_read(from, header, n);
    if (got < n) return fail_short(out, from, (size_t)out->offset + got);
    out->offset += n;
    status = parse(out, (text){header, header + n});
    return status == GAN_OK ? check_extent(out, from->n_bytes) : status;
}

/* ---- Values ---- */

/* IEEE's 16 bits: sign, 5 of exponent, 10 of fraction. */
static double half_of(uint64_t bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023), sign = bits >> 15 ? -1 : 1;

    if (exponent == 31) return fraction > 0 ? (double)NAN : sign * (double)INFINITY;
    if (exponent == 0) return sign * ldexp(fraction, -24);
    return sign * ldexp(fraction + 1024, exponent - 25);
}

static double floating_of(uint64_t bits, size_t n_bytes)
{
    const uint32_t low = (uint32_t)bits;
    double number;
    float small;

    if (n_bytes == 2) return half_of(bits);
    memcpy(&small, &low, sizeof small);
    memcpy(&number, &bits, sizeof number);
    return n_bytes == 4 ? (double)small : number;
}

double gan__npy_value(const gan__npy *array, const unsigned char *bytes)
{
    const size_t n = array->item_bytes;
    uint64_t bits = 0;

    for (size_t i = 0; i < n; i++) bits = bits << 8 | bytes[array->is_big_endian ? i : n - 1 - i];
    if (array->kind == 'f') return floating_of(bits, n);
    if (array->kind == 'b') return bits != 0;
    if (array->kind == 'i' && bits >> (8 * n - 1)) /* the two's complement */
        return -(double)((n < 8 ? (uint64_t)1 << 8 * n : 0) - bits);
    return (double)bits;
}
