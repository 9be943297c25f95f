/* status.h - status codes and error messages. */
#ifndef GAN_STATUS_H
#define GAN_STATUS_H

#include <gan/api.h>

GAN_BEGIN_DECLS

/** Name, value and text of each status, in one table. */
#define GAN_STATUS_MAP(X)                                                                          \
    X(GAN_OK, 0, "success")                                                                        \
    X(GAN_END, 1, "no more data in this pass")                                                     \
    X(GAN_ERR_INVALID, -1, "invalid argument")                                                     \
    X(GAN_ERR_SHAPE, -2, "shapes do not agree")                                                    \
    X(GAN_ERR_NOMEM, -3, "out of memory")                                                          \
    X(GAN_ERR_IO, -4, "input or output failed")                                                    \
    X(GAN_ERR_FORMAT, -5, "malformed or unsupported data")                                         \
    X(GAN_ERR_NONFINITE, -6, "a loss, gradient or weight became non-finite")                       \
    X(GAN_ERR_BUSY, -7, "in use by another thread")                                                \
    X(GAN_ERR_CANCELLED, -8, "stopped by the host")

/**
 * The result of a call: zero is success, negative an error, positive a result that is not an error.
 *
 * The values are frozen once released; new ones are appended.
 */
typedef enum gan_status {
#define GAN_STATUS_ENUM(name, value, text) name = value,
    GAN_STATUS_MAP(GAN_STATUS_ENUM)
#undef GAN_STATUS_ENUM
} gan_status;

/**
 * Return the name of a status, such as "GAN_ERR_SHAPE"; "unknown status" for a value that is none.
 *
 * The string is constant and lives as long as the program.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API const char *gan_status_name(gan_status status);

/**
 * Return the general meaning of a status, such as "shapes do not agree"; "unknown status" for a
 * value that is none.  gan_last_error() has the details.
 *
 * The string is constant and lives as long as the program.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API const char *gan_status_text(gan_status status);

/**
 * Return one sentence about the latest error on the calling thread: what was expected and what was
 * found, with numbers, without a newline.
 *
 * Meaningful right after a call on this thread has failed; successful calls do not change it.  A
 * call that is passed NULL for a network, optimizer, dataset, iterator, trainer, classifier or pass
 * reports why the latest one could not be created on this thread, so a host may check once, at the
 * end.  In a message that is too long because of its paths the middle is replaced by "...".  Never
 * NULL; empty when nothing has failed on this thread yet.  The text belongs to the library and
 * changes with the next error on this thread.
 *
 * Threads: each has its own message.
 * @since 0.1
 */
GAN_API const char *gan_last_error(void);

/**
 * Return the status of the failure that gan_last_error() is about; GAN_OK when nothing has failed
 * on this thread yet.
 *
 * Functions that create an object return a status and take an out pointer, except those of layers
 * and networks: they return the handle, or NULL, so that a network can be written as a list of
 * layers without a check after each.  This is the status behind such a NULL.
 *
 * Threads: each has its own.
 * @since 0.1
 */
GAN_API gan_status gan_last_status(void);

GAN_END_DECLS

#endif
