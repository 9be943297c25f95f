/* json_internal.h - JSON texts, read and written.
 *
 * A text is read with two allocations, whatever it contains, and without recursion: its values are
 * in one block, whose size is bounded beforehand by the number of commas and brackets. */
#ifndef GAN_JSON_INTERNAL_H
#define GAN_JSON_INTERNAL_H

#include "file/text_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

typedef enum gan__json_kind {
    GAN__JSON_NULL,
    GAN__JSON_BOOL,
    GAN__JSON_NUMBER,
    GAN__JSON_STRING,
    GAN__JSON_LIST,
    GAN__JSON_OBJECT,
} gan__json_kind;

/* A value, and the next one in the list or object that it is in. */
typedef struct gan__json {
    const char *key;  /* in an object, ended by a zero byte; else NULL */
    const char *text; /* of a string, likewise; of a number, `length` bytes */
    const struct gan__json *next;
    uint32_t length; /* bytes of the text; values in a list or object */
    gan__json_kind kind;
} gan__json;

/* Read a text of n bytes, at most 2^31: JSON as in RFC 8259, of valid UTF-8, without zero bytes in
 * strings, and no name twice in an object.  The value is freed by gan__json_free() with the same
 * allocator.  GAN_ERR_NOMEM; GAN_ERR_FORMAT with a message without a subject, such as "byte 3 of
 * it: a value expected, found 'x'". */
gan_status gan__json_parse(const gan__json **out, const char *text, size_t n,
                           const gan_allocator *allocator);
void gan__json_free(const gan__json *root, const gan_allocator *allocator); /* NULL is allowed */

/* All of these accept NULL, for a value that doesn't exist. */
const gan__json *gan__json_first(const gan__json *in); /* the first value in it, or NULL */
const gan__json *gan__json_at(const gan__json *list, size_t i);
const gan__json *gan__json_find(const gan__json *object, const char *key);
int gan__json_is(const gan__json *x, gan__json_kind kind);
size_t gan__json_count(const gan__json *x);       /* of the values in it */
const char *gan__json_string(const gan__json *x); /* NULL if it isn't a string */
/* 0, with `*out` unchanged, if it isn't a number, or an unsigned integer of 64 bits. */
int gan__json_number(double *out, const gan__json *x);
int gan__json_whole(uint64_t *out, const gan__json *x);
/* A list of dimensions; rank 0 when it isn't one, or too long. */
gan_shape gan__json_shape(const gan__json *list);

/* Whether a text is UTF-8, as strings have to be. */
int gan__json_is_utf8(const char *text);

/* Write a string; a number with all of its digits. */
void gan__json_put_string(gan__text *out, const char *string);
void gan__json_put_number(gan__text *out, double value);

#endif
