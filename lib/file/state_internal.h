/* state_internal.h - the state of objects, as a list of named settings, places and tensors that is
 * saved to a file and loaded from it.
 *
 * Each object adds its own entries (gan__iterator_state() and others), once for saving and loading.
 * Entries of a feature are added only for objects that use it: a file whose entries differ from the
 * list is refused, so older files still fit objects that don't use later features. */
#ifndef GAN_STATE_INTERNAL_H
#define GAN_STATE_INTERNAL_H

#include "file/safetensors_internal.h"

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

enum { GAN__STATE_NAME_BYTES = 128 };

/* Names that begin with this describe the origin of a file; they are not compared. */
#define GAN__STATE_NOTE "libgan."

typedef struct gan__state_entry {
    char name[GAN__STATE_NAME_BYTES];
    char *text;      /* as it is in the file */
    uint64_t *whole; /* a place: one of these is set, and is written when the list is loaded */
    double *real;
    uint16_t *labels;
    size_t n_labels;
    int kept;      /* a place: the file that was checked last does not change it */
    double least;  /* of `real` */
    uint64_t most; /* of `whole`, and of a label */
    union {
        uint64_t whole;
        double real;
        const char *labels;
    } found; /* in the file that was checked last */
} gan__state_entry;

/* Consequences of a setting that differs and may differ: names after the prefix, separated by
 * spaces, a last '*' matching any ending.  These entries may be missing, or be of another size;
 * those that the file and the list both have are loaded, or with `anew` stay as they are here. */
typedef struct gan__state_rule_entry {
    char name[GAN__STATE_NAME_BYTES]; /* of the setting */
    char prefix[32];
    const char *follow;
    int anew;
    int active; /* in the file that was checked last */
} gan__state_rule_entry;

/* What may differ between a list and the file that is loaded, and what did. */
typedef struct gan__state_adopt {
    const char *const *names; /* a last '*' matches any ending */
    size_t n_names;
    size_t n_changes;
    char changes[1000]; /* a sentence each, separated by "; " */
    int cut;            /* there were more */
} gan__state_adopt;

/* A host's bytes, from the allocator of the list. */
typedef struct gan__bytes {
    unsigned char *at;
    size_t n;
} gan__bytes;

typedef struct gan__state {
    gan_allocator allocator;
    gan__state_entry *entries;
    size_t n_entries, entry_capacity;
    gan_tensor *tensors; /* their names are the list's own */
    size_t n_tensors, tensor_capacity;
    const char *bytes_name; /* NULL: none */
    gan__bytes *bytes, found_bytes;
    size_t most_bytes;
    gan__state_rule_entry *rules;
    size_t n_rules, rule_capacity;
    char prefix[32];   /* of the names to come */
    gan_status status; /* the first failure of an addition, which the calls below return */
} gan__state;

void gan__state_init(gan__state *s, const gan_allocator *allocator);
void gan__state_end(gan__state *s); /* a list of zeros is left alone */

/* Set the prefix of the following names, such as "generator.". */
void gan__state_prefix(gan__state *s, const char *prefix);

/* A text that must be the same in a file that is loaded, or a note. */
void gan__state_text(gan__state *s, const char *name, const char *format, ...) GAN_PRINTF(3, 4);
/* The same for a number, written with as many digits as it needs; a float needs fewer. */
void gan__state_setting(gan__state *s, const char *name, double value);
void gan__state_float(gan__state *s, const char *name, float value);

/* Numbers that are loaded from a file; they must be finite, and at least `least`. */
void gan__state_whole(gan__state *s, const char *name, uint64_t *place);
void gan__state_count(gan__state *s, const char *name, uint64_t *place, uint64_t most);
void gan__state_real(gan__state *s, const char *name, double *place, double least);
/* n labels, each at most `most`; in the file each is two hexadecimal digits, or four where `most`
 * needs them. */
void gan__state_labels(gan__state *s, const char *name, uint16_t *labels, size_t n, uint16_t most);
size_t gan__state_label_digits(uint64_t most);

/* A tensor that is loaded from a file: t's numbers, under the prefix and its own name. */
void gan__state_tensor(gan__state *s, const gan_tensor *t);

/* Bytes that are loaded from a file, at most `most`; 0 bytes if the file has none.  A list has one
 * such entry, whose name has no prefix. */
void gan__state_bytes(gan__state *s, const char *name, gan__bytes *place, size_t most);

/* The same from a file, without its other entries: memory of `allocator`, for the caller to free.
 * GAN_ERR_FORMAT, GAN_ERR_NOMEM, GAN_ERR_IO. */
gan_status gan__state_read_bytes(gan__bytes *out, gan__safetensors *file, const char *name,
                                 size_t most, const gan_allocator *allocator);

/* Add consequences of the setting `name`, under the prefix; `follow` must outlive the list. */
void gan__state_rule(gan__state *s, const char *name, const char *follow, int anew);

/* Write the list as a sealed file.  GAN_ERR_IO, GAN_ERR_NOMEM, GAN_ERR_NONFINITE. */
gan_status gan__state_save(const gan__state *s, gan__target to);

/* Check a whole file, except for the tensors' numbers, against the list, and read its bytes.
 * `adopt` may be NULL: nothing may differ.  GAN_ERR_INVALID for the first text that differs and for
 * a name of `adopt` that neither has, GAN_ERR_FORMAT for a value that an entry can't have. */
gan_status gan__state_check(gan__state *s, gan__safetensors *file, gan__state_adopt *adopt);

/* Load everything from a file that was checked.  After GAN_ERR_IO part of it is loaded. */
gan_status gan__state_restore(gan__state *s, gan__safetensors *file);

#endif
