/* dataset_internal.h - sources of samples from the inside. */
#ifndef GAN_DATASET_INTERNAL_H
#define GAN_DATASET_INTERNAL_H

#include <gan/dataset.h>
#include <stdatomic.h>
#include <stdio.h>

/* One kind of source. */
typedef struct gan__dataset_class {
    /* Write a sample as it is stored (bytes divided by 255); its numbers were checked to be finite;
     * `label` may be NULL. */
    gan_status (*read)(const gan_dataset *data, size_t index, float *out, uint16_t *label);

    /* Return the bytes of a sample.  NULL in a source that does not hold them. */
    const uint8_t *(*bytes)(const gan_dataset *data, size_t index);

    /* Write the bytes of a sample that has to be decoded, on any thread and with malloc's memory.
     * NULL in a source that has `bytes` or is not made of any. */
    gan_status (*decode)(const gan_dataset *data, size_t index, uint8_t *out);
} gan__dataset_class;

/* Which threads may read samples, and when.  A dataset that is made of others has the highest of
 * theirs. */
typedef enum gan__access {
    GAN__ACCESS_MEMORY, /* any thread, without waiting: they are in memory */
    GAN__ACCESS_AHEAD,  /* any thread, but reading ahead pays: they have to be decoded */
    GAN__ACCESS_CALLER  /* only the thread that needs them: a host's function */
} gan__access;

/* The origin of samples that don't come from the host's memory: its names and counts. */
typedef enum gan__origin_list {
    GAN__ORIGIN_CLASSES,
    GAN__ORIGIN_COLUMNS, /* of a table */
    GAN__ORIGIN_FILES,   /* of the samples */
    GAN__ORIGIN_SKIPPED  /* what was left out, as sentences */
} gan__origin_list;

/* Without count() and name() the dataset has the names itself. */
typedef struct gan__origin_class {
    size_t (*count)(const void *origin, gan__origin_list list);
    const char *(*name)(const void *origin, gan__origin_list list, size_t i); /* i below count */
    void (*destroy)(void *origin);
} gan__origin_class;

struct gan_dataset {
    const gan__dataset_class *kind;
    gan_allocator allocator;
    gan_dataset *self;          /* not const, as references are counted */
    atomic_size_t n_references; /* the host's, and those of datasets made of it */
    gan__access access;
    size_t count;
    gan_shape shape; /* of one sample */
    size_t size;     /* numbers in one sample */
    int has_labels;
    int has_wide_labels; /* they have 16 bits */
    uint16_t *labels;    /* NULL also when `kind->read` delivers them */
    char *class_names;   /* as of gan__labels_copy_names(); an origin has its own */
    size_t n_class_names;
    const char **column_names;
    size_t n_column_names;
    char *column_text; /* their addresses */
    uint8_t *bytes;    /* the one of the three that `kind` reads is set */
    float *floats;
    gan_dataset_read_fn read; /* or this one */
    gan_dataset_read_labels16_fn read_labels16;
    void *user;
    const gan__origin_class *origin_class; /* NULL: there is none */
    void *origin;                          /* the dataset's own */
};

/* Read a host's descriptor and return how many of `count` samples it asks for. */
gan_status gan__dataset_read_desc(gan_dataset_desc *out, const gan_dataset_desc *desc,
                                  size_t *count);

/* Give the classes of a dataset, which has its labels, the names in a descriptor.
 * GAN_ERR_NOMEM, GAN_ERR_INVALID. */
gan_status gan__dataset_name_classes(gan_dataset *data, const gan_dataset_desc *desc);

/* Make a dataset that holds no samples yet.  `shape` is a valid one.  GAN_ERR_NOMEM and, for half
 * an allocator, GAN_ERR_INVALID. */
gan_status gan__dataset_create_empty(gan_dataset **out, const gan__dataset_class *kind,
                                     size_t count, gan_shape shape, const gan_allocator *allocator);

/* The kinds of datasets that hold bytes or floats; labels are stored apart. */
extern const gan__dataset_class gan__dataset_bytes_class;
extern const gan__dataset_class gan__dataset_floats_class;

/* The `read` of a dataset whose samples are bytes that its `decode` writes. */
gan_status gan__dataset_read_decoded(const gan_dataset *data, size_t index, float *out,
                                     uint16_t *label);

/* Make a dataset of zero bytes, for its maker to fill.  `shape` is a valid one.  GAN_ERR_NOMEM and,
 * for half an allocator, GAN_ERR_INVALID. */
gan_status gan__dataset_create_zeros(gan_dataset **out, size_t count, gan_shape shape,
                                     int has_labels, const gan_allocator *allocator);

/* Add a reference to a dataset, which gan_dataset_destroy() removes.  Returns it. */
gan_dataset *gan__dataset_retain(const gan_dataset *data);

/* Whether samples are made of bytes, which decides how they are normalised. */
int gan__dataset_is_bytes(const gan_dataset *data);

/* Allocate a label for each sample.  GAN_ERR_NOMEM. */
gan_status gan__dataset_take_labels(gan_dataset *data);

/* Read all labels of a dataset that has them, such as those of a host's function together with its
 * samples.  GAN_ERR_NOMEM, and what `kind->read` returns. */
gan_status gan__dataset_read_all_labels(const gan_dataset *data, uint16_t *labels);

/* Determine whether labels need 16 bits, once labels and names are known. */
void gan__dataset_measure_labels(gan_dataset *data);

/* Return the index of the first number that is NaN or infinite, or `n`. */
size_t gan__dataset_find_nonfinite(const float *numbers, size_t n);

#endif
