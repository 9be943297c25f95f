/* stream.h - files that are no paths: bytes in memory, and functions of the host. */
#ifndef GAN_STREAM_H
#define GAN_STREAM_H

#include <gan/api.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/** What a gan_read_fn returns when it has failed. */
#define GAN_READ_FAILED SIZE_MAX

/**
 * Read the next bytes for the library, in order from the first: there is no seeking.
 *
 * @param[in]  user   The reader's.
 * @param[out] bytes  Room for `n` bytes.
 * @param[in]  n      At least 1.
 * @return How many were read, 1 to `n`; 0 at the end; GAN_READ_FAILED after a failure, which the
 *         call that wanted them reports as GAN_ERR_IO.
 *
 * Threads: called by the thread that reads, before the call returns.
 */
typedef size_t (*gan_read_fn)(void *user, void *bytes, size_t n);

/**
 * Write the next bytes for the library, in order from the first.
 *
 * @return 1 when all `n` bytes were written, else 0, which the call that wrote them reports as
 *         GAN_ERR_IO; it is then not called again.
 */
typedef int (*gan_write_fn)(void *user, const void *bytes, size_t n);

/**
 * Where a file is read from that has no path; made by gan_reader_memory() or gan_reader_callback().
 * It belongs to the host, and can be read from again when `read` can.
 */
typedef struct gan_reader {
    gan_read_fn read;  /**< NULL: the bytes lie in memory */
    void *user;        /**< given to `read` */
    const void *bytes; /**< in memory; not copied, and not changed while a call reads */
    size_t n_bytes;    /**< in memory: how many; with `read`: the most that are read, 0: 2^30 */
    const char *name;  /**< for messages, in place of a path; NULL: "memory" or "stream" */
} gan_reader;

/** Return a reader of `n` bytes in memory, such as a file linked into the program.  @since 0.1 */
GAN_API gan_reader gan_reader_memory(const void *bytes, size_t n);

/**
 * Return a reader that calls `read`.  What it gives is kept until the call that reads has ended,
 * in memory that grows with what has come, up to 1.5 times of it; so nothing of the host's objects
 * changes before all of it was read.
 *
 * @since 0.1
 */
GAN_API gan_reader gan_reader_callback(gan_read_fn read, void *user);

/**
 * Where a file is written to that has no path; made by gan_writer_memory() or
 * gan_writer_callback().
 */
typedef struct gan_writer {
    gan_write_fn write; /**< NULL: to memory */
    void *user;         /**< given to `write` */
    void *bytes;        /**< in memory: room for `capacity` bytes */
    size_t capacity;    /**< in memory: 0 only counts */
    /**
     * Set by each call that writes: how many bytes the file has.  When the memory is too small this
     * is how many it would take, as snprintf() tells; with `write` and after other failures it is
     * how many were written.
     */
    size_t n_bytes;
    const char *name; /**< for messages, in place of a path; NULL: "memory" or "stream" */
} gan_writer;

/** Return a writer to `capacity` bytes of memory; NULL and 0 only count.  @since 0.1 */
GAN_API gan_writer gan_writer_memory(void *bytes, size_t capacity);

/** Return a writer that calls `write`.  @since 0.1 */
GAN_API gan_writer gan_writer_callback(gan_write_fn write, void *user);

GAN_END_DECLS

#endif
