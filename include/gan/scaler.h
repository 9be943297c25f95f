/* scaler.h - columns of tables, brought to one scale and back. */
#ifndef GAN_SCALER_H
#define GAN_SCALER_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/dataset.h>
#include <gan/status.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * For each number of a sample, a column of a table, a shift and a scale: apply() makes
 * (x - shift) / scale of it, invert() x = y * scale + shift, both computed in double and rounded
 * once.
 *
 * Ages, incomes and shares become numbers of one size, as networks need them, and what a generator
 * makes becomes ages, incomes and shares again.  Keep it with the generator:
 * gan_network_set_scaler().
 *
 * Made by gan_scaler_fit() or gan_scaler_create(), ended by gan_scaler_destroy().
 *
 * Threads: any number at once; nothing changes after it is made.
 */
typedef struct gan_scaler gan_scaler;

/** What columns are brought to. */
typedef enum gan_scaler_kind {
    /** Mean 0 and standard deviation 1 (sklearn.preprocessing.StandardScaler): shift is the mean,
     * scale the root of the mean squared distance from it. */
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
 * Fit a scaler on all samples of a dataset, which are read once.
 *
 * A column whose values are all the same has no spread to divide by.  Its scale is that of values
 * one apart, as scikit-learn does: it becomes 0, or `low`, and comes back as it was.
 *
 * @param[out] out   Receives the scaler, yours to destroy; NULL on failure.
 * @param[in]  data  The samples, as gan_dataset_read() gives them: bytes are divided by 255.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the scaler.
 * @retval GAN_ERR_INVALID  `out` or `data` is NULL, there is no such kind, `low` is not below
 *                          `high` or one is not finite, no double has room for a scale because they
 *                          are too near, or the allocator has only one function.
 * @retval GAN_ERR_NOMEM    No memory: about 36 bytes a column are taken.
 * @retval other            What gan_dataset_read() returns.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_fit(gan_scaler **out, const gan_dataset *data,
                                                 const gan_scaler_desc *desc);

/**
 * Make a scaler of known numbers, such as a StandardScaler's mean_ and scale_.
 *
 * @param[out] out        Receives the scaler, yours to destroy; NULL on failure.
 * @param[in]  n          Columns, 1 to 2^31 - 1.
 * @param[in]  shift      `n` finite numbers.  Copied.
 * @param[in]  scale      `n` finite numbers above 0.  Copied.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the scaler.
 * @retval GAN_ERR_INVALID  A pointer is NULL, `n` is out of range, the allocator has only one
 *                          function, or a number is none of these; it is named.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_create(gan_scaler **out, size_t n, const double *shift,
                                                    const double *scale,
                                                    const gan_allocator *allocator);

/** End a scaler.  NULL is allowed.  @since 0.1 */
GAN_API void gan_scaler_destroy(gan_scaler *scaler);

/** Return how many columns there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_scaler_column_count(const gan_scaler *scaler);

/** Return the shift of each column, which belongs to the scaler; NULL for NULL.  @since 0.1 */
GAN_API const double *gan_scaler_shift(const gan_scaler *scaler);

/** Return the scale of each column, which belongs to the scaler; NULL for NULL.  @since 0.1 */
GAN_API const double *gan_scaler_scale(const gan_scaler *scaler);

/**
 * Bring samples to scale.
 *
 * @param[in]  scaler   The scaler.
 * @param[in]  samples  `n` samples of as many numbers as there are columns.
 * @param[in]  n        How many; 0 does nothing.
 * @param[out] out      Room for as many numbers; may be `samples`.
 *
 * @retval GAN_OK             `out` is filled.
 * @retval GAN_ERR_INVALID    `scaler` is NULL, or `samples` or `out` while n > 0.
 * @retval GAN_ERR_NONFINITE  A result is NaN or no float has room for it; it is named.  `out` is
 *                            filled up to it.
 *
 * Memory: none is taken.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_apply(const gan_scaler *scaler, const float *samples,
                                                   size_t n, float *out);

/**
 * Bring samples back to the units of the table, as those that a generator made: of
 * gan_sampler_draw(), gan_trainer_sample() or gan_network_forward().
 *
 * Arguments, results and memory are those of gan_scaler_apply().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_scaler_invert(const gan_scaler *scaler, const float *samples,
                                                    size_t n, float *out);

/**
 * Make a dataset of another's samples, brought to scale as they are read.
 *
 * Its samples are floats, with the labels and names of the source's.
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source     The samples.  It is kept alive as long as `*out` is, and may be destroyed.
 * @param[in]  scaler     Copied.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out`, `source` or `scaler` is NULL, or the allocator has only one
 *                          function.
 * @retval GAN_ERR_SHAPE    The source's samples have another number of columns.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Reading a sample that no float has room for is GAN_ERR_NONFINITE; what the source returns is
 * passed on.
 *
 * Memory: 16 bytes a column, 2 bytes a sample for its label.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_scaled(gan_dataset **out,
                                                            const gan_dataset *source,
                                                            const gan_scaler *scaler,
                                                            const gan_allocator *allocator);

GAN_END_DECLS

#endif
