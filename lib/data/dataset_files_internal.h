/* dataset_files_internal.h - the files below a directory, their classes, and what is left out. */
#ifndef GAN_DATASET_FILES_INTERNAL_H
#define GAN_DATASET_FILES_INTERNAL_H

#include "data/dataset_internal.h"

enum { GAN__PATH_BYTES = 4096 };

/* Names that are collected one by one. */
typedef struct gan__names {
    char *text; /* one after the other, each with its terminating 0 */
    size_t used;
    size_t room;
    size_t count;
    const char **at; /* pointers to them, once all are collected */
} gan__names;

typedef struct gan__files {
    gan_allocator allocator;
    char *path;
    gan__names files;   /* below `path`, sorted by their paths */
    gan__names classes; /* the directories in it, sorted; or those that the host names */
    gan__names skipped; /* sentences about what is left out */
    uint16_t *labels;   /* of the files; NULL: there are none */
    uint8_t *marks;     /* a byte for each file, for the caller's use, or NULL */
    int (*is_wanted)(const char *name);
    const char *if_empty; /* error message when no file is found; not copied */
    int skips;            /* what cannot be used is left out */
    size_t n_listed;      /* how many files there were */
} gan__files;

/* List the files that `is_wanted` accepts by name (NULL: all), in a directory and all below it,
 * sorted.  After a failure the list, part of which may exist, still needs gan__files_destroy().
 * `if_empty` is the error message when no file is found; it isn't copied, so it must outlive the
 * list. */
gan_status gan__files_create(gan__files **out, const char *path, int (*is_wanted)(const char *name),
                             const char *if_empty, int skips, const gan_allocator *host);
void gan__files_destroy(gan__files *f);

/* Leave out a file that failed with a status, if the host allows that; GAN_ERR_NOMEM is not the
 * file's fault, and is returned. */
gan_status gan__files_leave_out(gan__files *f, gan_status status);

/* Add a sentence about a file that is left out in any case. */
gan_status gan__files_name_skipped(gan__files *f, const char *sentence);

/* To be called after the last sentence. */
gan_status gan__files_index_skipped(gan__files *f);

/* What makes a class. */
typedef struct gan__class_rule {
    int wanted;
    int is_strict; /* a file outside of the directories has no class; otherwise there are then
                      only unlabelled samples */
    const char *const *names; /* the host's order */
    size_t n_names;
} gan__class_rule;

/* Give files the labels of their directories. */
gan_status gan__files_find_classes(gan__files *f, const gan__class_rule *rule);

/* Keep `wanted` files: the first of each class, the same number of each as far as it has that
 * many. */
gan_status gan__files_keep_some(gan__files *f, size_t wanted);

/* The path of file `i`. */
gan_status gan__files_path(char path[GAN__PATH_BYTES], const gan__files *f, size_t i);

/* Close gaps: move file `from` to place `to`; then cut the list off. */
void gan__files_move(gan__files *f, size_t to, size_t from);
void gan__files_cut(gan__files *f, size_t count);

/* Fail because nothing is left, naming what was left out first. */
gan_status gan__files_fail_none(const gan__files *f);

/* The names and counts that an origin has. */
size_t gan__files_count(const gan__files *f, gan__origin_list list);
const char *gan__files_name(const gan__files *f, gan__origin_list list, size_t i);

#endif
