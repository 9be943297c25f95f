/* tensor.h - the shape of a sample, and named tensors. */
#ifndef GAN_TENSOR_H
#define GAN_TENSOR_H

#include <gan/api.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/** The most dimensions a shape can have. */
#define GAN_SHAPE_MAX_RANK 4

/**
 * The shape of one sample, without the batch: a vector has rank 1, an image rank 3 (channels,
 * height, width), as PyTorch counts them.  Batches are stored sample after sample, each row-major
 * ("NCHW"), without gaps.
 *
 * Every dimension is at least 1 and the product at most 2^31 - 1; a shape of rank 0 is "no shape".
 */
typedef struct gan_shape {
    size_t rank;                    /**< number of dimensions, 0 to GAN_SHAPE_MAX_RANK */
    size_t dim[GAN_SHAPE_MAX_RANK]; /**< the first `rank` of them count */
} gan_shape;

/** Return the shape of a vector of `n` elements.  @since 0.1 */
GAN_API gan_shape gan_shape_1d(size_t n);

/** Return the shape of a matrix.  @since 0.1 */
GAN_API gan_shape gan_shape_2d(size_t rows, size_t columns);

/** Return the shape of an image.  @since 0.1 */
GAN_API gan_shape gan_shape_3d(size_t channels, size_t height, size_t width);

/** Return a shape of four dimensions, such as a weight's.  @since 0.1 */
GAN_API gan_shape gan_shape_4d(size_t d0, size_t d1, size_t d2, size_t d3);

/**
 * Return how many elements a sample of this shape has; 0 when the shape is not a valid one (no
 * rank, a zero dimension, more than 2^31 - 1 elements).
 *
 * @since 0.1
 */
GAN_API size_t gan_shape_size(gan_shape shape);

/** Return 1 when two shapes have the same rank and dimensions, else 0.  @since 0.1 */
GAN_API int gan_shape_equal(gan_shape a, gan_shape b);

/**
 * A view of a named tensor inside an object, see gan_network_tensor().
 *
 * Name and data belong to the object and live as long as it.  Writing to `data` changes the
 * object; do it only while no call is using it.
 */
typedef struct gan_tensor {
    const char *name; /**< PyTorch's name in an nn.Sequential, such as "2.weight" */
    gan_shape shape;  /**< as PyTorch's: a linear weight is [out, in] */
    size_t size;      /**< how many elements, the product of `shape` */
    float *data;      /**< row-major */
    int trainable;    /**< 1: a parameter; 0: a buffer, such as batch norm's running mean */
} gan_tensor;

GAN_END_DECLS

#endif
