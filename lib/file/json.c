/* json.c - reading JSON.
 *
 * Strings are decoded in place, in a copy of the text: decoding never makes them longer. */
#include "file/json_internal.h"

#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"
#include "file/number_internal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { MOST_BYTES = INT32_MAX };

typedef struct parser {
    char *text;        /* the copy, after the values in the same block */
    char *at, *end;    /* what is left of it; a zero byte is at the end */
    gan__json *values; /* values in a list or object follow it */
    size_t n_values;
    gan__json
        *open; /* the innermost list or object that isn't closed; its `next` is the one around */
    gan__json *last; /* the latest value in it; NULL: none yet */
} parser;

/* ---- characters ---- */

/* The length of the UTF-8 character that begins here; 0 when it is invalid. */
static size_t utf8_bytes(const unsigned char *c)
{
    const size_t n = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

    for (size_t i = 1; i < n; i++) /* a text ends in a zero byte, so nothing after it is read */
        if ((c[i] & 0xc0) != 0x80) return 0;
    if (c[0] == 0xe0 && c[1] < 0xa0) return 0;                  /* overlong */
    if (c[0] == 0xed && c[1] >= 0xa0) return 0;                 /* half of a pair */
    if ((c[0] == 0xf0 && c[1] < 0x90) || c[0] > 0xf4) return 0; /* too long, beyond the last */
    if (c[0] == 0xf4 && c[1] >= 0x90) return 0;
    return n;
}

int gan__json_is_utf8(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    while (*c) {
        const size_t n = utf8_bytes(c);

        if (n == 0) return 0;
        c += n;
    }
    return 1;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xe0 | c >> 12);
        } else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 63));
        }
        *to++ = (char)(0x80 | (c >> 6 & 63));
    }
    *to++ = (char)(0x80 | (c & 63));
    return to;
}

/* ---- failing ---- */

static gan_status fail_at(const parser *p, const char *at, const char *what)
{
    const unsigned char c = (unsigned char)*at;
    const long long byte = at - p->text;

    if (at >= p->end) return gan__fail(GAN_ERR_FORMAT, "byte %lld of it: %s, it ends", byte, what);
    if (c > ' ' && c < 0x7f)
        return gan__fail(GAN_ERR_FORMAT, "byte %lld of it: %s, found '%c'", byte, what, c);
    return gan__fail(GAN_ERR_FORMAT, "byte %lld of it: %s, found 0x%02x", byte, what, c);
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Read "\uXXXX"; 0 when it is something else. */
static int read_unit(uint32_t *out, const char *at)
{
    *out = 0;
    if (at[0] != '\\' || at[1] != 'u') return 0;
    for (int i = 2; i < 6; i++) {
        const int digit = hex_digit(at[i]); /* the zero byte at the end is not a digit */

        if (digit < 0) return 0;
        *out = *out << 4 | (uint32_t)digit;
    }
    return 1;
}

/* Read "\uXXXX", or the two of a surrogate pair. */
static gan_status read_escaped(parser *p, char **to)
{
    const char *begin = p->at;
    uint32_t c, low;

    if (!read_unit(&c, p->at))
        return fail_at(p, begin, "four hexadecimal digits expected behind \\u");
    p->at += 6;
    if (c >= 0xd800 && c < 0xdc00) {
        if (!read_unit(&low, p->at) || low < 0xdc00 || low > 0xdfff)
            return fail_at(p, begin, "the second half of a pair of \\u expected");
        p->at += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c == 0 || (c >= 0xdc00 && c < 0xe000)) {
        return fail_at(p, begin, "a character expected, not \\u0000 or the second half of a pair");
    }
    *to = put_utf8(*to, c);
    return GAN_OK;
}

static gan_status read_escape(parser *p, char **to)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (p->at[1] == 'u') return read_escaped(p, to);
    name = p->at[1] ? strchr(names, p->at[1]) : NULL;
    if (!name) return fail_at(p, p->at + 1, "one of \"\\/bfnrtu expected behind \\");
    *(*to)++ = meanings[name - names];
    p->at += 2;
    return GAN_OK;
}

static gan_status read_string(parser *p, const char **out, uint32_t *n)
{
    gan_status status = GAN_OK;
    char *to = ++p->at;

    *out = to;
    while (*p->at != '"') {
        const size_t bytes = utf8_bytes((const unsigned char *)p->at);

        if (*p->at == '\\') {
            GAN_TRY(read_escape(p, &to));
            continue;
        }
        if (bytes == 0) return fail_at(p, p->at, "a character of UTF-8 expected");
        if ((unsigned char)*p->at < ' ')
            return fail_at(p, p->at, "a character of a string or its end expected");
        memmove(to, p->at, bytes);
        to += bytes;
        p->at += bytes;
    }
    *to = '\0';
    *n = (uint32_t)(to - *out);
    p->at++;

cleanup:
    return status;
}

/* ---- other values ---- */

static size_t digits_at(const char *at)
{
    size_t n = 0;

    while (at[n] >= '0' && at[n] <= '9') n++;
    return n;
}

/* The length of the number that begins here; 0 when it is invalid. */
static size_t number_bytes(const char *begin)
{
    const char *at = begin + (*begin == '-');
    size_t n = *at == '0' ? 1 : digits_at(at);

    if (n == 0) return 0;
    at += n;
    if (*at == '.') {
        n = digits_at(at + 1);
        if (n == 0) return 0;
        at += 1 + n;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        n = digits_at(at);
        if (n == 0) return 0;
        at += n;
    }
    return (size_t)(at - begin);
}

static gan_status read_word_or_number(parser *p, gan__json *x)
{
    static const struct {
        const char *text;
        gan__json_kind kind;
    } words[] = {{"null", GAN__JSON_NULL}, {"true", GAN__JSON_BOOL}, {"false", GAN__JSON_BOOL}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i].text);

        if (strncmp(p->at, words[i].text, n) != 0) continue;
        x->kind = words[i].kind;
        p->at += n;
        return GAN_OK;
    }
    x->kind = GAN__JSON_NUMBER;
    x->text = p->at;
    x->length = (uint32_t)number_bytes(p->at);
    if (x->length == 0) return fail_at(p, p->at, "a value expected");
    p->at += x->length;
    return GAN_OK;
}

/* ---- lists and objects ---- */

static void skip_space(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r') p->at++;
}

static gan_status read_key(parser *p, gan__json *x)
{
    gan_status status = GAN_OK;
    uint32_t n;

    if (*p->at != '"') return fail_at(p, p->at, "a name in quotation marks expected");
    GAN_TRY(read_string(p, &x->key, &n));
    skip_space(p);
    if (*p->at != ':') return fail_at(p, p->at, "a colon expected behind a name");
    p->at++;
    skip_space(p);

cleanup:
    return status;
}

/* Read a value; of a list or object only the bracket. */
static gan_status read_value(parser *p)
{
    gan_status status = GAN_OK;
    gan__json *x = &p->values[p->n_values++];

    *x = (gan__json){.kind = GAN__JSON_NULL};
    if (p->open && p->open->kind == GAN__JSON_OBJECT) GAN_TRY(read_key(p, x));
    if (p->open) p->open->length++;
    if (p->last) p->last->next = x;
    p->last = x;
    if (*p->at == '"') {
        x->kind = GAN__JSON_STRING;
        return read_string(p, &x->text, &x->length);
    }
    if (*p->at != '[' && *p->at != '{') return read_word_or_number(p, x);
    x->kind = *p->at++ == '[' ? GAN__JSON_LIST : GAN__JSON_OBJECT;
    x->next = p->open;
    p->open = x;
    p->last = NULL;

cleanup:
    return status;
}

static char closing(const gan__json *open)
{
    return open->kind == GAN__JSON_LIST ? ']' : '}';
}

/* Close the lists and objects that end here, and expect a comma or the end of the text. */
static gan_status read_end(parser *p)
{
    skip_space(p);
    while (p->open && *p->at == closing(p->open)) {
        p->last = p->open;
        p->open = (gan__json *)(uintptr_t)p->last->next;
        p->last->next = NULL;
        p->at++;
        skip_space(p);
    }
    if (!p->open) return p->at == p->end ? GAN_OK : fail_at(p, p->at, "the end expected");
    if (!p->last) return GAN_OK; /* it was opened just now */
    if (*p->at != ',')
        return fail_at(p, p->at,
                       p->open->kind == GAN__JSON_LIST ? "a comma or ] expected"
                                                       : "a comma or } expected");
    p->at++;
    skip_space(p);
    return GAN_OK;
}

/* A name that occurs twice, or NULL; `keys` has room for all. */
static const char *find_twice(const gan__json *object, const char **keys)
{
    size_t n = 0;

    for (const gan__json *x = gan__json_first(object); x; x = x->next) keys[n++] = x->key;
    gan__sort((void *)keys, n, sizeof *keys, gan__sort_by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0) return keys[i];
    return NULL;
}

static gan_status parse(parser *p, const char **keys)
{
    gan_status status = GAN_OK;

    skip_space(p);
    do {
        GAN_TRY(read_value(p));
        GAN_TRY(read_end(p));
    } while (p->open);
    for (size_t i = 0; i < p->n_values; i++) {
        const char *twice =
            p->values[i].kind == GAN__JSON_OBJECT ? find_twice(&p->values[i], keys) : NULL;

        if (twice) GAN_FAIL(GAN_ERR_FORMAT, "the name \"%.80s\" is there twice", twice);
    }

cleanup:
    return status;
}

static size_t count_outside_strings(const char *text, size_t n, const char *which)
{
    size_t count = 0;
    int in_string = 0;

    for (size_t i = 0; i < n; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string)
            count += text[i] && strchr(which, text[i]);
    }
    return count;
}

/* An upper bound of the number of values: one, and one more after each bracket and each comma. */
gan_status gan__json_parse(const gan__json **out, const char *text, size_t n,
                           const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    const size_t most = 1 + count_outside_strings(text, n, "[{,");
    const size_t most_keys = count_outside_strings(text, n, ":");
    const size_t text_bytes = gan__size_round_up(n + 1, sizeof(gan__json));
    parser p = {.text = NULL};
    const char **keys = NULL;

    *out = NULL;
    if (n > MOST_BYTES) GAN_FAIL(GAN_ERR_FORMAT, "%zu bytes, at most %d expected", n, MOST_BYTES);
    GAN_TRY(gan__alloc(&p.values, allocator, gan__size_add(most, text_bytes / sizeof *p.values),
                       sizeof *p.values));
    GAN_TRY(gan__alloc((void *)&keys, allocator, most_keys, sizeof *keys));
    p.text = p.at = (char *)(p.values + most);
    p.end = p.at + n;
    memcpy(p.text, text, n);
    GAN_TRY(parse(&p, keys));
    *out = p.values;

cleanup:
    gan__free(allocator, (void *)keys);
    if (status != GAN_OK) gan__free(allocator, p.values);
    return status;
}

void gan__json_free(const gan__json *root, const gan_allocator *allocator)
{
    gan__free(allocator, (void *)(uintptr_t)root);
}

/* ---- looking at values ---- */

int gan__json_is(const gan__json *x, gan__json_kind kind)
{
    return x && x->kind == kind;
}

size_t gan__json_count(const gan__json *x)
{
    return gan__json_is(x, GAN__JSON_LIST) || gan__json_is(x, GAN__JSON_OBJECT) ? x->length : 0;
}

const gan__json *gan__json_first(const gan__json *in)
{
    return gan__json_count(in) > 0 ? in + 1 : NULL;
}

const gan__json *gan__json_at(const gan__json *list, size_t i)
{
    const gan__json *x = gan__json_is(list, GAN__JSON_LIST) ? gan__json_first(list) : NULL;

    for (; x && i > 0; i--) x = x->next;
    return x;
}

const gan__json *gan__json_find(const gan__json *object, const char *key)
{
    const gan__json *x = gan__json_is(object, GAN__JSON_OBJECT) ? gan__json_first(object) : NULL;

    while (x && strcmp(x->key, key) != 0) x = x->next;
    return x;
}

const char *gan__json_string(const gan__json *x)
{
    return gan__json_is(x, GAN__JSON_STRING) ? x->text : NULL;
}

int gan__json_number(double *out, const gan__json *x)
{
    return gan__json_is(x, GAN__JSON_NUMBER) && gan__number_parse(out, x->text, x->length);
}

int gan__json_whole(uint64_t *out, const gan__json *x)
{
    return gan__json_is(x, GAN__JSON_NUMBER) && gan__number_parse_whole(out, x->text, x->length);
}

gan_shape gan__json_shape(const gan__json *list)
{
    const size_t rank = gan__json_is(list, GAN__JSON_LIST) ? gan__json_count(list) : 0;
    const gan__json *x = gan__json_first(list);
    gan_shape out = {0, {0, 0, 0, 0}};

    for (size_t i = 0; i < rank && rank <= GAN_SHAPE_MAX_RANK; i++, x = x->next) {
        uint64_t dim = 0;

        if (!gan__json_whole(&dim, x) || dim > SIZE_MAX) return (gan_shape){0, {0, 0, 0, 0}};
        out.dim[i] = (size_t)dim;
        out.rank = rank;
    }
    return out;
}

/* ---- writing ---- */

void gan__json_put_string(gan__text *out, const char *string)
{
    gan__text_put_bytes(out, "\"", 1);
    while (*string) {
        const size_t plain =
            strcspn(string, "\"\\\x01\x02\x03\x04\x05\x06\x07\b\t\n\x0b\f\r\x0e\x0f"
                            "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c"
                            "\x1d\x1e\x1f");
        const char c = string[plain];

        gan__text_put_bytes(out, string, plain);
        if (c == '"' || c == '\\') gan__text_put(out, "\\%c", c);
        if (c && c < ' ') gan__text_put(out, "\\u%04x", (unsigned)c);
        string += plain + (c != '\0');
    }
    gan__text_put_bytes(out, "\"", 1);
}

/* Integers are written as such, others with 17 digits and without leading zeros in the exponent:
 * these texts must not change, as checkpoints, also older ones, are compared by them. */
void gan__json_put_number(gan__text *out, double value)
{
    char text[GAN__NUMBER_BYTES];
    char *exponent;

    if (value == floor(value) && fabs(value) < 1e15) {
        gan__text_put(out, "%lld", (long long)value);
        return;
    }
    gan__number_print(text, value, GAN__NUMBER_DIGITS);
    exponent = strchr(text, 'e');
    if (exponent) {
        const char *digits = exponent + strcspn(exponent, "123456789");

        exponent += exponent[1] == '-' ? 2 : 1;
        memmove(exponent, digits, strlen(digits) + 1);
    }
    gan__text_put(out, "%s", text);
}
