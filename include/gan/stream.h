/* stream.h - files without a path: bytes in memory, and callbacks. */
#ifndef GAN_STREAM_H
#define GAN_STREAM_H

#include <gan/api.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/** What a gan_read_fn returns when it has failed. */
#define GAN_READ_FAILED SIZE_MAX

/**
 * Read the next bytes for the library, sequentially: there is no seeking.
 *
 * @param[in]  user   The reader's.
 * @param[out] bytes  Room for `n` bytes.
 * @param[in]  n      At least 1.
 * @return How many were read, 1 to `n`; 0 at the end; GAN_READ_FAILED on failure, which the reading
 *         call reports as GAN_ERR_IO.
 *
 * Threads: called by the thread that reads, before the call returns.
 */
typedef size_t (*gan_read_fn)(void *user, void *bytes, size_t n);

/**
 * Write the next bytes for the library, sequentially.
 *
 * @return 1 when all `n` bytes were written, else 0, which the writing call reports as GAN_ERR_IO;
 *         the callback is then not called again.
 */
typedef int (*gan_write_fn)(void *user, const void *bytes, size_t n);

/**
 * The source of a file without a path; created by gan_reader_memory() or gan_reader_callback().  It
 * belongs to the host, and can be read again if `read` can.
 */
typedef struct gan_reader {
    gan_read_fn read;  /**< NULL: the bytes are in memory */
    void *user;        /**< passed to `read` */
    const void *bytes; /**< in memory; not copied, and not changed while a call reads */
    size_t n_bytes;    /**< in memory: how many; with `read`: the most that are read, 0: 2^30 */
    const char *name;  /**< for messages, in place of a path; NULL: "memory" or "stream" */
} gan_reader;

/** Return a reader of `n` bytes in memory, such as a file linked into the program.  @since 0.1 */
GAN_API gan_reader gan_reader_memory(const void *bytes, size_t n);

/**
 * Return a reader that calls `read`.  Its bytes are kept until the reading call returns, in memory
 * of up to 1.5 times their size, so no object changes before all of them were read.
 *
 * @since 0.1
 */
GAN_API gan_reader gan_reader_callback(gan_read_fn read, void *user);

/**
 * The destination of a file without a path; created by gan_writer_memory() or
 * gan_writer_callback().
 */
typedef struct gan_writer {
    gan_write_fn write; /**< NULL: to memory */
    void *user;         /**< passed to `write` */
    void *bytes;        /**< in memory: room for `capacity` bytes */
    size_t capacity;    /**< in memory: 0 only computes the size */
    /**
     * Set by each call that writes: the size of the file in bytes.  When the memory is too small
     * this is the size needed, as with snprintf(); with `write` and after other errors it is the
     * number of bytes written.
     */
    size_t n_bytes;
    const char *name; /**< for messages, in place of a path; NULL: "memory" or "stream" */
} gan_writer;

/** Return a writer to `capacity` bytes of memory; NULL and 0 only compute the size.  @since 0.1 */
GAN_API gan_writer gan_writer_memory(void *bytes, size_t capacity);

/** Return a writer that calls `write`.  @since 0.1 */
GAN_API gan_writer gan_writer_callback(gan_write_fn write, void *user);

GAN_END_DECLS

#endif
