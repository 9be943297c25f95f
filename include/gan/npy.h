/* npy.h - writing NumPy files. */
#ifndef GAN_NPY_H
#define GAN_NPY_H

#include <gan/api.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/** Element types, by their NumPy names. */
typedef enum gan_npy_type {
    GAN_NPY_FLOAT32, /**< float */
    GAN_NPY_FLOAT64, /**< double */
    GAN_NPY_UINT8,   /**< uint8_t */
    GAN_NPY_UINT16,  /**< uint16_t, such as labels of 16 bits */
    GAN_NPY_INT64    /**< int64_t, NumPy's default integer on most systems */
} gan_npy_type;

/** The most dimensions of an array. */
#define GAN_NPY_MAX_RANK 8

/**
 * Write an array as an .npy file, as numpy.save() does and numpy.load() reads: samples, features or
 * latent vectors for a program in Python.
 *
 * The file is written to a temporary file beside `path` and renamed.  A symbolic link is followed,
 * and its target is replaced.  It is the same bytes on every machine: little-endian, in C order.
 *
 * @param[in] path    The file's name.
 * @param[in] values  dims[0] * dims[1] * ... values of the type, the last dimension running
 *                    fastest.  May be NULL when that is 0.
 * @param[in] type    Their type.
 * @param[in] dims    The array's shape, such as count, channels, height, width.
 * @param[in] rank    How many dimensions, 0 (one value) to GAN_NPY_MAX_RANK.
 *
 * @retval GAN_OK           The file was written.
 * @retval GAN_ERR_INVALID  `path` is NULL, or `values` or `dims` where there are some, there is no
 *                          such type, or there are more dimensions or values than a file can hold.
 * @retval GAN_ERR_IO       The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_NOMEM    No memory for the paths.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_npy_write(const char *path, const void *values,
                                                gan_npy_type type, const size_t *dims, size_t rank);

/**
 * Write an array as gan_npy_write() does, to memory or through a callback.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  `to` is NULL or has neither memory nor a callback; or as
 *                          gan_npy_write().
 * @retval GAN_ERR_IO       The callback failed, or the memory is too small; `to->n_bytes` is then
 *                          the size needed.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_npy_write_to(gan_writer *to, const void *values,
                                                   gan_npy_type type, const size_t *dims,
                                                   size_t rank);

GAN_END_DECLS

#endif
