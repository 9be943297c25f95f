/* export.h - generators that leave the library. */
#ifndef GAN_EXPORT_H
#define GAN_EXPORT_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/network.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/*
 * An exported network computes what gan_network_forward() does for one sample, in evaluation mode.
 * All functions here have this contract:
 *
 * - The network must be complete and hold its weights (gan_network_build()): those of one that is
 *   not would be random.  It is not changed.
 * - A kind of layer that the target can't express is GAN_ERR_INVALID, and the layer is named.
 * - Spectral norm is part of the written weights; dropout is left out.
 * - A path is replaced when all of the file is written; after an error it is as it was.
 *
 * Threads: one at a time for a network, as gan_network_forward().
 */

/** The numbers that exported weights are written as.  Biases and what normalises stay float32. */
typedef enum gan_export_type {
    GAN_EXPORT_FLOAT32 = 0, /**< bit by bit */
    GAN_EXPORT_FLOAT16,     /**< IEEE 754 binary16, the nearest: half of the bytes, 3 digits */
    GAN_EXPORT_INT8         /**< a signed byte times a factor for each output, the largest weight
                                 over 127: a quarter of the bytes */
} gan_export_type;

GAN_END_DECLS

#endif
