/* safetensors_internal.h - reading and writing safetensors files.
 *
 * Format: 8 bytes little-endian length of the header, a JSON object {name: {dtype, shape,
 * data_offsets}, "__metadata__": {key: string}}, then the raw little-endian data without gaps. */
#ifndef GAN_SAFETENSORS_INTERNAL_H
#define GAN_SAFETENSORS_INTERNAL_H

#include "base/arithmetic_internal.h"
#include "file/json_internal.h"
#include "file/stream_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

typedef enum gan__dtype {
    GAN__DTYPE_F32,
    GAN__DTYPE_F64,
    GAN__DTYPE_F16,
    GAN__DTYPE_BF16,
    GAN__DTYPE_OTHER /* integers and others, which are not read */
} gan__dtype;

/* One tensor of a file that was opened. */
typedef struct gan__safetensor {
    const char *name;       /* belongs to the reader */
    const char *dtype_name; /* as the file has it, "F32" */
    gan__dtype dtype;
    size_t number_bytes;
    gan_shape shape; /* a scalar (shape []) reads as [1]; for a shape that no tensor here can have,
                        of rank 5 or empty, gan_shape_size() is 0 */
    uint64_t n_numbers;
    uint64_t offset; /* of its bytes in the file */
    uint64_t bytes;
} gan__safetensor;

/* A file that is open for reading, its header wholly checked: no overlap, no gap, nothing outside
 * the file, every size equal to shape times dtype, no name twice.  Its memory is bounded by the
 * file's size. */
typedef struct gan__safetensors gan__safetensors;

/* GAN_ERR_IO, GAN_ERR_FORMAT (path, byte offset, expected and found in the message), GAN_ERR_NOMEM.
 * `allocator` may be NULL for malloc's. */
gan_status gan__safetensors_open(gan__safetensors **out, gan__source from,
                                 const gan_allocator *allocator);
void gan__safetensors_close(gan__safetensors *file); /* NULL is allowed */

size_t gan__safetensors_count(const gan__safetensors *file);
/* In order of offset; NULL beyond the last. */
const gan__safetensor *gan__safetensors_tensor(const gan__safetensors *file, size_t i);
const gan__safetensor *gan__safetensors_find(const gan__safetensors *file,
                                             const char *name); /* or NULL */
/* The one whose name is the prefix and the name. */
const gan__safetensor *gan__safetensors_find_under(const gan__safetensors *file, const char *prefix,
                                                   const char *name);
const char *gan__safetensors_metadata(const gan__safetensors *file, const char *key); /* or NULL */
/* The entries of the metadata, all strings, one after the other; NULL: there are none. */
const gan__json *gan__safetensors_first_metadata(const gan__safetensors *file);
const char *gan__safetensors_path(const gan__safetensors *file);

/* Read a tensor's numbers: F32 bit by bit; F16, BF16 and F64 as the nearest floats.  GAN_ERR_IO,
 * GAN_ERR_FORMAT for another dtype, GAN_ERR_NONFINITE for what is NaN or infinity as a float; `out`
 * may then be partly written. */
gan_status gan__safetensors_read(gan__safetensors *file, const gan__safetensor *tensor, float *out);

/* Read a tensor's bytes as they lie in the file, whatever its dtype.  GAN_ERR_IO; `out` may then be
 * partly written. */
gan_status gan__safetensors_read_bytes(gan__safetensors *file, const gan__safetensor *tensor,
                                       void *out);

/* Read all of a sealed file and compare its checksum.  GAN_ERR_FORMAT when it has none or another,
 * then GAN_ERR_NONFINITE for an F32 number that is NaN or infinite; GAN_ERR_IO, GAN_ERR_NOMEM. */
gan_status gan__safetensors_verify(gan__safetensors *file);

/* Write a file of F32 tensors and `n_metadata` pairs of strings (key, value, key, value ...),
 * atomically (see file_internal.h).  The header is padded with spaces so that the data begins at a
 * multiple of 64 bytes; the numbers are written without a copy.  `allocator` may be NULL
 * for malloc's. GAN_ERR_IO, GAN_ERR_NOMEM; GAN_ERR_INVALID for what could not be read again: a name
 * twice or not UTF-8, a size other than the shape's. */
gan_status gan__safetensors_write(gan__target to, const gan_tensor *tensors, size_t n_tensors,
                                  const char *const *metadata, size_t n_metadata,
                                  const gan_allocator *allocator);

/* The host's own bytes: a tensor of type U8. */
typedef struct gan__blob {
    const char *name;
    const void *bytes;
    size_t n; /* at least 1 */
} gan__blob;

/* Write a sealed file: all numbers must be finite (else GAN_ERR_NONFINITE), and its last tensor,
 * "libgan.checksum", is a checksum of all bytes before.  `blob` may be NULL. */
gan_status gan__safetensors_write_sealed(gan__target to, const gan_tensor *tensors,
                                         size_t n_tensors, const gan__blob *blob,
                                         const char *const *metadata, size_t n_metadata,
                                         const gan_allocator *allocator);

#endif
