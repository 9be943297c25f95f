/* npy_internal.h - reading NumPy arrays.
 *
 * A file is a magic text, the version of the format, the length of a header, the header, which is a
 * dict in Python's notation padded with spaces, and the values without gaps:
 *
 *     \x93NUMPY 1 0  118  {'descr': '<f4', 'fortran_order': False, 'shape': (60, 28, 28), }  ...
 */
#ifndef GAN_NPY_INTERNAL_H
#define GAN_NPY_INTERNAL_H

#include "file/stream_internal.h"

#include <gan/npy.h>
#include <stdint.h>

/* The contents of a header. */
typedef struct gan__npy {
    const char *name;  /* of the file, for messages */
    char kind;         /* NumPy's: b bool, i and u whole numbers, f floating-point ones */
    size_t item_bytes; /* of one value */
    int is_big_endian;
    int is_fortran; /* the first dimension varies fastest */
    size_t rank;
    uint64_t dims[GAN_NPY_MAX_RANK];
    uint64_t n_items; /* all of them */
    uint64_t offset;  /* of the first in the file */
} gan__npy;

/* Read the header of an open file, and check that the file holds exactly the values that it
 * describes; the input is then at the first.  GAN_ERR_IO, GAN_ERR_FORMAT: also for arrays of
 * objects, whose files are programs. */
gan_status gan__npy_read_header(gan__npy *out, gan__input *from);

/* One value, from its bytes. */
double gan__npy_value(const gan__npy *array, const unsigned char *bytes);

/* Whether a file with these first bytes is a zip archive, such as an .npz file. */
int gan__npy_is_archive(const unsigned char *bytes, size_t n);

/* Read the array with a name, without .npy, from an .npz file; NULL: the only one.  Closes the
 * input and makes it the array's file in memory, which it owns.  At most `most` bytes.  GAN_ERR_IO,
 * GAN_ERR_FORMAT, GAN_ERR_NOMEM. */
gan_status gan__npy_open_member(gan__input *archive, const char *array, size_t most);

#endif
