/* scaler.h - scaling the columns of tables, and back. */
#ifndef GAN_SCALER_H
#define GAN_SCALER_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/dataset.h>
#include <gan/status.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * A shift and a scale for each element of a sample, a column of a table: apply() computes y = (x -
 * shift) / scale, invert() x = y * scale + shift, both in double precision and rounded once.
 *
 * Ages, incomes and shares become values of similar size, as networks need them, and a generator's
 * outputs become ages, incomes and shares again.  Keep it with the generator:
 * gan_network_set_scaler().
 *
 * Created by gan_scaler_fit() or gan_scaler_create(), destroyed by gan_scaler_destroy().
 *
 * Threads: any number at once; it is immutable.
 */
typedef struct gan_scaler gan_scaler;

/** Kinds of scaling. */
typedef enum gan_scaler_kind {
    /** Mean 0 and standard deviation 1 (sklearn.preprocessing.StandardScaler): shift is the mean,
     * scale the standard deviation (divided by the count). */
    GAN_SCALER_STANDARD,
    /** The smallest value becomes `low`, the largest `high` (MinMaxScaler). */
    GAN_SCALER_MIN_MAX
} gan_scaler_kind;

/** Settings of gan_scaler_fit(); start from GAN_SCALER_DESC_INIT. */
typedef struct gan_scaler_desc {
    size_t struct_size;   /**< set by GAN_SCALER_DESC_INIT */
    gan_scaler_kind kind; /**< GAN_SCALER_STANDARD */
    double low;           /**< of GAN_SCALER_MIN_MAX.  Both 0: -1 and 1, the range of a last tanh */
    double high;          /**< likewise */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_scaler_desc;
#define GAN_SCALER_DESC_INIT GAN_SIZED_INIT(gan_scaler_desc, GAN_SCALER_STANDARD, 0, 0, 0)

/** GAN_SCALER_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_scaler_desc_init(gan_scaler_desc *desc, size_t struct_size);

/**
 * Fit a scaler to all samples of a dataset, which are read once.
 *
 * A constant column has no spread to divide by.  Its scale is that of a spread of 1, as in
 * scikit-learn: it becomes 0, or `low`, and is restored by invert().
 *
 * @param[out] out   Receives the scaler, yours to destroy; NULL on failure.
 * @param[in]  data  The samples, as gan_dataset_read() gives them: bytes are divided by 255.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the scaler.
 * @retval GAN_ERR_INVALID  `out` or `data` is NULL, there is no such kind, `low` is not below
 *                          `high` or one is not finite, a scale overflows because they are too
 *                          close, or the allocator has only one function.
 * @retval GAN_ERR_NOMEM    No memory: about 36 bytes per column are taken.
 * @retval other            What gan_dataset_read() returns.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_fit(gan_scaler **out, const gan_dataset *data,
                                                 const gan_scaler_desc *desc);

/**
 * Create a scaler from known values, such as a StandardScaler's mean_ and scale_.
 *
 * @param[out] out        Receives the scaler, yours to destroy; NULL on failure.
 * @param[in]  n          Columns, 1 to 2^31 - 1.
 * @param[in]  shift      `n` finite values.  Copied.
 * @param[in]  scale      `n` finite values above 0.  Copied.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the scaler.
 * @retval GAN_ERR_INVALID  A pointer is NULL, `n` is out of range, the allocator has only one
 *                          function, or a value is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_create(gan_scaler **out, size_t n, const double *shift,
                                                    const double *scale,
                                                    const gan_allocator *allocator);

/** Destroy a scaler.  NULL is allowed.  @since 0.1 */
GAN_API void gan_scaler_destroy(gan_scaler *scaler);

/** Return how many columns there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_scaler_column_count(const gan_scaler *scaler);

/** Return the shift of each column, which belongs to the scaler; NULL for NULL.  @since 0.1 */
GAN_API const double *gan_scaler_shift(const gan_scaler *scaler);

/** Return the scale of each column, which belongs to the scaler; NULL for NULL.  @since 0.1 */
GAN_API const double *gan_scaler_scale(const gan_scaler *scaler);

/**
 * Scale samples.
 *
 * @param[in]  scaler   The scaler.
 * @param[in]  samples  `n` samples with one value per column.
 * @param[in]  n        How many; 0 does nothing.
 * @param[out] out      Room for as many values; may be `samples`.
 *
 * @retval GAN_OK             `out` is filled.
 * @retval GAN_ERR_INVALID    `scaler` is NULL, or `samples` or `out` while n > 0.
 * @retval GAN_ERR_NONFINITE  A result is NaN or overflows a float; the message names it.  `out` is
 *                            filled up to it.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_apply(const gan_scaler *scaler, const float *samples,
                                                   size_t n, float *out);

/**
 * Convert samples back to the units of the table, such as those of a generator: of
 * gan_sampler_draw(), gan_trainer_sample() or gan_network_forward().
 *
 * Arguments, results and memory are those of gan_scaler_apply().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_invert(const gan_scaler *scaler, const float *samples,
                                                    size_t n, float *out);

/**
 * Create a dataset whose samples are another one's, scaled as they are read.
 *
 * Its samples are floats, with the labels and names of the source.
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source     The samples.  Reference-counted: may be destroyed before `*out`.
 * @param[in]  scaler     Copied.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out`, `source` or `scaler` is NULL, or the allocator has only one
 *                          function.
 * @retval GAN_ERR_SHAPE    The number of columns is not that of the source's samples.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Reading a sample that overflows a float is GAN_ERR_NONFINITE; errors of the source are passed on.
 *
 * Memory: 16 bytes per column, 2 bytes per sample for its label.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_scaled(gan_dataset **out,
                                                            const gan_dataset *source,
                                                            const gan_scaler *scaler,
                                                            const gan_allocator *allocator);

GAN_END_DECLS

#endif
