/* safetensors.h - reading single tensors of safetensors files. */
#ifndef GAN_SAFETENSORS_H
#define GAN_SAFETENSORS_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A safetensors file that is open for reading: its tensors and its metadata by name.
 *
 * gan_network_load() reads a whole network; this is for parts of one, for other programs' files,
 * and for inspecting a file before it is loaded.
 *
 * Created by gan_safetensors_open() or gan_safetensors_open_from(), destroyed by
 * gan_safetensors_destroy().
 *
 * Threads: one at a time.
 */
typedef struct gan_safetensors gan_safetensors;

/** The description of a tensor in a file; start from GAN_SAFETENSORS_ENTRY_INIT. */
typedef struct gan_safetensors_entry {
    size_t struct_size; /**< set by GAN_SAFETENSORS_ENTRY_INIT */
    const char *name;   /**< belongs to the file's handle */
    const char *dtype;  /**< the type of its elements, as in the file: "F32", "I64" ... */
    gan_shape shape;    /**< a scalar reads as [1]; rank 0 for a shape that gan_shape can't hold:
                             more than GAN_SHAPE_MAX_RANK dimensions, no element, or more than 2^31
                             - 1 */
    uint64_t size;      /**< how many elements */
} gan_safetensors_entry;
#define GAN_SAFETENSORS_ENTRY_INIT                                                                 \
    GAN_SIZED_INIT(gan_safetensors_entry, 0, 0, {0, {0, 0, 0, 0}}, 0)

/** GAN_SAFETENSORS_ENTRY_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_safetensors_entry_init(gan_safetensors_entry *entry, size_t struct_size);

/**
 * Open a file.  Its header is validated: no overlap, no gap, nothing outside the file, no duplicate
 * name.
 *
 * @param[out] out        Receives the handle, yours to destroy; NULL on failure.
 * @param[in]  path       The file's name.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the handle.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `allocator` has only one function.
 * @retval GAN_ERR_IO       The file could not be opened or read.
 * @retval GAN_ERR_FORMAT   It is not a safetensors file, or is damaged.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: proportional to the header, not to the tensors.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_safetensors_open(gan_safetensors **out, const char *path,
                                                       const gan_allocator *allocator);

/**
 * Open a safetensors file from memory or through a callback.  Bytes in memory are read in place and
 * must live as long as the handle; a callback is called only during this call.
 *
 * @retval GAN_ERR_INVALID  As gan_safetensors_open(), or the reader has neither bytes nor a
 *                          callback.
 * @retval GAN_ERR_FORMAT   As gan_safetensors_open(), or a callback delivered more than its
 *                          reader's n_bytes.
 * @retval other            As gan_safetensors_open().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_safetensors_open_from(gan_safetensors **out,
                                                            const gan_reader *from,
                                                            const gan_allocator *allocator);

/** Close a file.  NULL is allowed.  @since 0.1 */
GAN_API void gan_safetensors_destroy(gan_safetensors *file);

/** Return how many tensors there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_safetensors_count(const gan_safetensors *file);

/**
 * Describe a tensor by its index, in the order of the data in the file.
 *
 * @param[in,out] out    Receives the description, as far as its struct_size has room.
 * @param[in]     file   The file.
 * @param[in]     index  0 .. gan_safetensors_count() - 1.
 *
 * @retval GAN_OK           `*out` is filled.
 * @retval GAN_ERR_INVALID  `out` or `file` is NULL, `out` has no valid struct_size, or there is no
 *                          such index.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_safetensors_tensor(gan_safetensors_entry *out,
                                                         const gan_safetensors *file, size_t index);

/**
 * Describe the tensor with a given name.
 *
 * @retval GAN_OK           `*out` is filled, as by gan_safetensors_tensor().
 * @retval GAN_ERR_INVALID  An argument is NULL, `out` has no valid struct_size, or the file has no
 *                          tensor of that name.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_safetensors_find(gan_safetensors_entry *out,
                                                       const gan_safetensors *file,
                                                       const char *name);

/**
 * Read a tensor: F32 bit by bit; F16, BF16 and F64 as the nearest floats.
 *
 * @param[in,out] file  The file.
 * @param[in]     name  The tensor's name.
 * @param[out]    out   Room for its elements, row-major.
 * @param[in]     n     Size of `out`; must be the tensor's number of elements.
 *
 * @retval GAN_OK             `out` is filled.
 * @retval GAN_ERR_INVALID    An argument is NULL, or the file has no tensor of that name.
 * @retval GAN_ERR_SHAPE      The tensor's number of elements differs from `n`.
 * @retval GAN_ERR_FORMAT     Its elements have another type, such as I64.
 * @retval GAN_ERR_NONFINITE  One is NaN or infinite as a float; `out` is partly written.
 * @retval GAN_ERR_IO         The file could not be read; `out` is partly written.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_safetensors_read(gan_safetensors *file, const char *name,
                                                       float *out, size_t n);

/** Return an entry of the file's "__metadata__", such as "libgan.network", which belongs to the
 * handle; NULL when there is none, and for NULL.  @since 0.1 */
GAN_API const char *gan_safetensors_metadata(const gan_safetensors *file, const char *key);

GAN_END_DECLS

#endif
