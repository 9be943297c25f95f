/* dataset.h - training samples. */
#ifndef GAN_DATASET_H
#define GAN_DATASET_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A set of samples of one shape, with or without labels.
 *
 * A sample consists of bytes (images; kept as bytes) or of floats.  As with PyTorch's ToTensor, a
 * byte b reads as the value b / 255.
 *
 * A label is the index of a class, of 8 or 16 bits: see gan_dataset_label_bits().
 *
 * Created by gan_dataset_open_*(), gan_dataset_create_*() or gan_dataset_split(), destroyed by
 * gan_dataset_destroy().  It never changes, so any number of iterators on any threads may read it
 * (for a callback source, if the host's function allows it).
 */
typedef struct gan_dataset gan_dataset;

/** Settings that all sources share; start from GAN_DATASET_DESC_INIT. */
typedef struct gan_dataset_desc {
    size_t struct_size;             /**< set by GAN_DATASET_DESC_INIT */
    size_t max_count;               /**< read at most this many samples; 0: all of them.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    const char *const *class_names; /**< names for the labels 0, 1 ..., all different, of 1 to 255
                                         bytes each; copied.  NULL: none */
    size_t n_class_names;           /**< how many, at most 65536; 0 with NULL */
    /** Memory limit in bytes for the samples of a file; 0: 2^30.  Not for data that is already in
     * memory.  0 */
    size_t max_bytes;
    /**
     * For gan_dataset_create_callbacks() and its variants.  1: the callback may be called by
     * several threads at once and ahead of time (prefetching): an iterator reads the next batch
     * while the host uses the current one, see n_threads of gan_iterator_desc.  Batches have the
     * same bits.  0: it is called by the thread that calls gan_iterator_next().  0
     */
    int concurrent;
} gan_dataset_desc;
#define GAN_DATASET_DESC_INIT GAN_SIZED_INIT(gan_dataset_desc, 0, 0, 0, 0, 0, 0)

/** GAN_DATASET_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_dataset_desc_init(gan_dataset_desc *desc, size_t struct_size);

/**
 * Open a set of images in the IDX format, plain or gzip-compressed (MNIST and its relatives).
 *
 * Compression is detected from the first bytes, not from the name.  Images of rank 3 (count,
 * height, width) get the shape [1, height, width]; of rank 4 (count, channels, height, width) the
 * shape [channels, height, width]; of rank 2 (count, n) the shape [n].
 *
 * Files of every type of the format are read:
 *
 *     type             a stored x reads as                 after an iterator's default scaling
 *     0x08 uint8       x / 255, a sample of bytes          (x / 255 - 0.5) / 0.5: -1 to 1
 *     0x09 int8        x, -128 to 127                      x
 *     0x0b int16       x, -32768 to 32767                  x
 *     0x0c int32       the nearest float                   the same
 *     0x0d float       x                                   x
 *     0x0e double      the nearest float                   the same
 *
 * so values of types other than bytes need a mean and std in gan_iterator_desc (for int16 sound:
 * std 32768).  NaN, infinity and doubles beyond the largest float are errors.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  images  The image file.
 * @param[in]  labels  The label file: integers of any type from 0 to 65535, rank 1, one per image.
 *                     NULL: none.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset, entirely in memory.
 * @retval GAN_ERR_INVALID  `out` or `images` is NULL, or `desc` is invalid, such as class names
 *                          without labels.
 * @retval GAN_ERR_IO       A file could not be opened or read, or is a directory, a pipe or a
 *                          device.
 * @retval GAN_ERR_FORMAT   A file is not an IDX file, is shorter or longer than its header says, or
 *                          is damaged gzip, or a label is out of range; the message has path, byte
 *                          offset, expected and found values.  Or the samples take more than
 *                          `max_bytes`.
 * @retval GAN_ERR_NONFINITE  A value is NaN, infinite or beyond the largest float; the message has
 *                            its position.
 * @retval GAN_ERR_SHAPE    The numbers of labels and images differ.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: grows as data is decompressed, so that a small file with a huge header takes little
 *         before it is refused; while reading, up to 1.5 times the samples.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_idx(gan_dataset **out, const char *images,
                                                       const char *labels,
                                                       const gan_dataset_desc *desc);

/**
 * Open IDX data as gan_dataset_open_idx() does, from memory, such as an array linked into the
 * program, or through a callback.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  images  The image file.  Read during the call; samples are copied out of it.
 * @param[in]  labels  The label file.  NULL: none.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_ERR_INVALID  As for gan_dataset_open_idx(), or a reader has neither bytes nor a
 *                          callback.
 * @retval GAN_ERR_IO       A callback failed, or returned more than was requested.
 * @retval GAN_ERR_FORMAT   As for gan_dataset_open_idx(), or a callback delivered more than its
 *                          reader's n_bytes.
 * @retval other            As gan_dataset_open_idx().
 *
 * Memory: a callback's bytes are kept until the call returns, see gan_reader_callback().
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_idx_from(gan_dataset **out,
                                                            const gan_reader *images,
                                                            const gan_reader *labels,
                                                            const gan_dataset_desc *desc);

/** Settings of gan_dataset_open_png(); start from GAN_PNG_DESC_INIT. */
typedef struct gan_png_desc {
    size_t struct_size; /**< set by GAN_PNG_DESC_INIT */
    /**
     * Size of a sample: an image is resized to just cover it, and its centre is cropped.  Both 0:
     * the first image's, and all others must have the same.  0
     */
    size_t width;
    size_t height;   /**< 0 */
    size_t channels; /**< 1: grey; 3: RGB; 0: that of the first image.  0 */
    /** Read at most this many files: the first of each class, as evenly over classes as possible;
     * without classes the first of all.  0: all.  0 */
    size_t max_count;
    int no_labels; /**< 1: subdirectories are not classes.  0 */
    /** 1: skip files and subdirectories that cannot be used; 0: the first one is an error.  0 */
    int skip_bad;
    /** Memory limit in bytes; larger sets stay on disk and are read on demand; 0: 2^30.  0 */
    size_t memory_limit;
    size_t n_threads;               /**< decoding threads, as for gan_pool_create().  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    size_t max_picture_bytes; /**< limit for the pixels of one file, as in gan_image_desc.  0 */
} gan_png_desc;
#define GAN_PNG_DESC_INIT GAN_SIZED_INIT(gan_png_desc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_PNG_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_png_desc_init(gan_png_desc *desc, size_t struct_size);

/**
 * Open a directory of PNG images: gan_dataset_open_image_folder() for one format, selected by file
 * name.
 *
 * It reads the files whose names end in .png (case-insensitive), in the directory and all below it,
 * sorted by path, component by component and byte by byte, independent of the order in which the
 * system lists them.  Names that begin with a dot are left out.  Symbolic links to files are
 * followed, those to directories are not.
 *
 * When all images are in subdirectories, these are the classes: an image's label is the index of
 * the first directory on its path, in the same order; directories without images count, too.  If an
 * image is outside of them, there are no labels.
 *
 * Every kind of PNG is read, as by gan_image_read().  Resizing is torchvision's Resize (bilinear,
 * antialias=True) to the smallest size that covers the requested one, then CenterCrop; grey is made
 * from RGB as 0.299 R + 0.587 G + 0.114 B.  Each file is decoded once now, so that a bad one is not
 * found in the middle of training.  Samples of more than `memory_limit` bytes are decoded again on
 * demand, by gan_dataset_read() or ahead of time by an iterator; the files must then not change.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  directory  The directory's path.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset; a sample's shape is [channels, height, width].
 * @retval GAN_ERR_INVALID  `out` or `directory` is NULL, or a setting is out of range (the message
 *                          names it).
 * @retval GAN_ERR_IO       A directory or a file could not be read.
 * @retval GAN_ERR_FORMAT   A file is not a PNG, is damaged or too large; or there is no usable
 *                          file.
 * @retval GAN_ERR_SHAPE    An image's size differs from the first one's, and no size was set; or
 *                          there are more than 65536 classes.
 * @retval GAN_ERR_NOMEM    No memory, or a thread could not be started.
 *
 * With `skip_bad`, GAN_ERR_IO, GAN_ERR_FORMAT and GAN_ERR_SHAPE of a single file or subdirectory
 * only skip it; see gan_dataset_skipped().
 *
 * Memory:      while decoding, each thread takes one image's from malloc.
 * Determinism: the same samples in the same order on any number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_png(gan_dataset **out, const char *directory,
                                                       const gan_png_desc *desc);

/** Handling of an alpha channel. */
typedef enum gan_alpha {
    GAN_ALPHA_DROP, /**< it is dropped: pixels keep their colours, even where they are
                         transparent */
    GAN_ALPHA_BLEND /**< the image is blended with the background */
} gan_alpha;

/** Settings of gan_dataset_open_image_folder(); start from GAN_IMAGE_FOLDER_DESC_INIT. */
typedef struct gan_image_folder_desc {
    size_t struct_size; /**< set by GAN_IMAGE_FOLDER_DESC_INIT */
    /** Size of a sample, to which all images are resized.  Both 0: the first image's, and all
     * others must have the same.  0 */
    size_t width;
    size_t height; /**< 0 */
    /** 1: grey; 3: RGB; 4: RGB and alpha, 255 where an image has none; 0: 1 when all images are
     * grey, else 3.  0 */
    size_t channels;
    /** 1: an image is resized to fit inside and centred on the background (padding); 0: resized to
     * cover the size, and its centre is cropped.  0 */
    int pad;
    gan_alpha alpha;        /**< with 1 or 3 channels.  GAN_ALPHA_DROP */
    uint8_t background[3];  /**< RGB; with 4 channels it is transparent.  0, 0, 0 */
    int ignore_orientation; /**< 1: the EXIF orientation is not applied.  0 */
    /** Read at most this many files: the first of each class, as evenly over classes as possible;
     * without classes the first of all.  0: all.  0 */
    size_t max_count;
    int no_labels; /**< 1: subdirectories are not classes.  0 */
    /** The subdirectories that are the classes 0, 1 ..., all different; copied.  One that does not
     * exist is a class without images; one that is not listed here cannot be used.  NULL: all of
     * them, sorted by name.  NULL */
    const char *const *class_names;
    size_t n_class_names; /**< how many, at most 65536; 0 with NULL */
    /** 1: skip files and subdirectories that cannot be used; 0: the first one is an error.  0 */
    int skip_bad;
    /** Memory limit in bytes; larger sets stay on disk and are read on demand; 0: 2^30.  0 */
    size_t memory_limit;
    /** 1: of samples that stay on disk only the beginning of each file is checked now, which takes
     * a fraction of the time; later damage is an error of gan_iterator_next().  0: each file is
     * decoded once now.  0 */
    int no_check;
    size_t n_threads;         /**< decoding threads, as for gan_pool_create().  0 */
    size_t max_picture_bytes; /**< limit for the pixels of one file, as in gan_image_desc.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_image_folder_desc;
#define GAN_IMAGE_FOLDER_DESC_INIT                                                                 \
    GAN_SIZED_INIT(gan_image_folder_desc, 0, 0, 0, 0, GAN_ALPHA_DROP, {0, 0, 0}, 0, 0, 0, 0, 0, 0, \
                   0, 0, 0, 0, 0)

/** GAN_IMAGE_FOLDER_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_image_folder_desc_init(gan_image_folder_desc *desc, size_t struct_size);

/**
 * Open a directory of images: PNG, JPEG and WebP files in any mixture (torchvision's ImageFolder).
 *
 * All files in the directory and all below it are examined, sorted by path, component by component
 * and byte by byte.  A file's format is detected from its content, not its name: a JPEG called
 * photo.png is read.  A file that is not an image of these formats is skipped and listed by
 * gan_dataset_skipped(), whatever `skip_bad` says.  Names that begin with a dot are skipped
 * silently.  Symbolic links to files are followed, those to directories are not.
 *
 * Subdirectories with images are the classes: an image's label is the index of the first directory
 * on its path.  A directory without images keeps its index.  An image outside of them has no class,
 * which is an error that names it, or, with `skip_bad`, it is skipped; `no_labels` reads all
 * images.
 *
 * Images stay grey when all are.  The EXIF orientation is applied, unlike in torchvision.  Resizing
 * is torchvision's Resize (bilinear, antialias=True) to the size that covers the requested one, or
 * fits in it, centred; grey is made from RGB as 0.299 R + 0.587 G + 0.114 B.  A JPEG is decoded at
 * 1/2, 1/4 or 1/8 of its size where that is still twice as large as the sample or larger (as
 * Pillow's draft mode and reducing_gap=2).  With 4 channels each is resized by itself.
 *
 * Samples of more than `memory_limit` bytes are decoded on demand, by gan_dataset_read() or ahead
 * of time by an iterator; the files must then not change.
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  directory  The directory's path.
 * @param[in]  desc       Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset; a sample's shape is [channels, height, width].
 * @retval GAN_ERR_INVALID  `out` or `directory` is NULL, or a setting is out of range (the message
 *                          names it).
 * @retval GAN_ERR_IO       A directory or a file could not be read.
 * @retval GAN_ERR_FORMAT   An image is damaged or too large, has a format that this libgan was
 *                          built without (the message says what to install), or is in no class; a
 *                          directory is not one of `class_names`; or there is no usable image.
 * @retval GAN_ERR_SHAPE    An image's size differs from the first one's, and no size was set; or
 *                          there are more than 65536 classes.
 * @retval GAN_ERR_NOMEM    No memory, or a thread could not be started.
 *
 * With `skip_bad`, GAN_ERR_IO, GAN_ERR_FORMAT and GAN_ERR_SHAPE of a single file or subdirectory
 * only skip it; see gan_dataset_skipped().
 *
 * Memory:      per file its path and some 20 bytes, and the samples up to `memory_limit`.  While
 *              decoding, each thread takes one image's from malloc, which is all that libpng,
 *              libjpeg and libwebp can use, see gan_image_read().
 * Determinism: the same samples in the same order on any number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_image_folder(gan_dataset **out,
                                                                const char *directory,
                                                                const gan_image_folder_desc *desc);

/** Settings of gan_dataset_open_npy(); start from GAN_NPY_DESC_INIT. */
typedef struct gan_npy_desc {
    size_t struct_size; /**< set by GAN_NPY_DESC_INIT */
    /** 1: samples are [height, width, channels] (NHWC) and are transposed to [channels, height,
     * width]; 0: they have the array's own dimensions.  0 */
    int channels_last;
    size_t max_count;         /**< read at most this many samples; 0: all of them.  0 */
    const char *samples_name; /**< name of the array in an .npz archive, without .npy; NULL: its
                                   only one.  NULL */
    const char *labels_name;  /**< likewise for labels; NULL: no labels, or of a separate label file
                                   the only array.  NULL */
    const char *const *class_names; /**< as in gan_dataset_desc */
    size_t n_class_names;           /**< likewise */
    /** Memory limit in bytes; larger sets stay on disk and are read on demand; 0: 2^30.  0 */
    size_t memory_limit;
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_npy_desc;
#define GAN_NPY_DESC_INIT GAN_SIZED_INIT(gan_npy_desc, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_NPY_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_npy_desc_init(gan_npy_desc *desc, size_t struct_size);

/**
 * Open a NumPy array: an .npy file of numpy.save() or one in an .npz archive of numpy.savez(); the
 * two are distinguished by their first bytes.
 *
 * The array's first dimension is the number of samples; the others, at most 4, are a sample's
 * shape, [1] where there are none.  Arrays of uint8 are samples of bytes; of bool, int8 to int64,
 * uint16 to uint64, float16, float32 and float64 they are floats, each rounded to the nearest.  C
 * and Fortran order and both byte orders are read.  Object arrays (pickles, which can execute code)
 * and structured arrays are refused.
 *
 * Samples of more than `memory_limit` bytes are read on demand, by gan_dataset_read() or ahead of
 * time by an iterator; the file must then not change.  It is read, not mapped, because truncating a
 * mapped file would kill the program.
 *
 * @param[out] out      Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  samples  The sample file.
 * @param[in]  labels   A file with one integer per sample, 0 to 65535.  NULL: none, but see
 *                      `labels_name`.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             `*out` is the dataset.
 * @retval GAN_ERR_INVALID    `out` or `samples` is NULL, or a setting is out of range.
 * @retval GAN_ERR_IO         A file could not be opened or read, or is a directory, a pipe or a
 *                            device.
 * @retval GAN_ERR_FORMAT     A file is not an array of plain numbers, is shorter or longer than its
 *                            header says, or is a damaged archive, or lacks an array (the message
 *                            names it); a label is out of range; there is no sample; samples that
 *                            stay on disk are in Fortran order or in an archive; or libgan was
 *                            built without libzip.
 * @retval GAN_ERR_SHAPE      The numbers of samples and labels differ, labels or samples have too
 *                            many dimensions, or `channels_last` is set and a sample does not have
 *                            three.
 * @retval GAN_ERR_NONFINITE  A value is NaN, infinite or beyond the largest float; the message
 *                            names its sample.  In samples that stay on disk it is found when they
 *                            are read.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Memory: the samples as they are kept; while they are read, one more sample, or the whole file for
 *         Fortran order and for archives.  libzip uses malloc.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_npy(gan_dataset **out, const char *samples,
                                                       const char *labels,
                                                       const gan_npy_desc *desc);

/**
 * Open a NumPy array as gan_dataset_open_npy() does, from memory or through a callback; all samples
 * are kept in memory.
 *
 * @param[out] out      Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  samples  The sample file.  Read during the call.
 * @param[in]  labels   The label file.  NULL: none.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_ERR_INVALID  As for gan_dataset_open_npy(), or a reader has neither bytes nor a
 *                          callback.
 * @retval GAN_ERR_IO       A callback failed, or returned more than was requested.
 * @retval GAN_ERR_FORMAT   As for gan_dataset_open_npy(); or the samples take more than
 *                          `memory_limit`.
 * @retval other            As gan_dataset_open_npy().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_npy_from(gan_dataset **out,
                                                            const gan_reader *samples,
                                                            const gan_reader *labels,
                                                            const gan_npy_desc *desc);

/** Settings of gan_dataset_open_cifar(); start from GAN_CIFAR_DESC_INIT. */
typedef struct gan_cifar_desc {
    size_t struct_size; /**< set by GAN_CIFAR_DESC_INIT */
    int test;           /**< for a directory, 1: the test images; 0: the training images.  0 */
    int coarse;         /**< for CIFAR-100, 1: the 20 superclasses; 0: the 100 classes.  0 */
    size_t max_count;   /**< read at most this many images; 0: all of them.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_cifar_desc;
#define GAN_CIFAR_DESC_INIT GAN_SIZED_INIT(gan_cifar_desc, 0, 0, 0, 0)

/** GAN_CIFAR_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_cifar_desc_init(gan_cifar_desc *desc, size_t struct_size);

/**
 * Open CIFAR-10 or CIFAR-100 in its binary version: colour images of 32x32 with labels.
 *
 * A directory has the files of the original archive: data_batch_1.bin to data_batch_5.bin and
 * test_batch.bin, with the class names in batches.meta.txt; or train.bin and test.bin, with
 * fine_label_names.txt and coarse_label_names.txt.  Without that file the classes have no names.  A
 * single file is any of them, or another of the same format: an image is 1 byte of label
 * (CIFAR-100: a superclass and a class) and three planes of 1024 bytes.  Its size tells which of
 * the two it is.
 *
 * @param[out] out   Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  path  The directory, or a file.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset, its shape [3, 32, 32], entirely in memory.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO       A file could not be opened or read.
 * @retval GAN_ERR_FORMAT   A file's size is not a whole number of images, a label is out of range,
 *                          or a directory has no such files.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_cifar(gan_dataset **out, const char *path,
                                                         const gan_cifar_desc *desc);

/**
 * Open the same data from memory or through a callback.
 *
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither bytes nor a callback, or
 *                          `desc` is invalid.
 * @retval GAN_ERR_IO       The callback failed, or returned more than was requested.
 * @retval other            As gan_dataset_open_cifar().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_cifar_from(gan_dataset **out,
                                                              const gan_reader *from,
                                                              const gan_cifar_desc *desc);

/** Settings of gan_dataset_open_csv(); start from GAN_CSV_DESC_INIT. */
typedef struct gan_csv_desc {
    size_t struct_size; /**< set by GAN_CSV_DESC_INIT */
    /** Names of the columns that form a sample, in that order.  NULL: all except the label column,
     * in the order of the table.  NULL */
    const char *const *columns;
    size_t n_columns;         /**< how many; 0 with NULL */
    const char *label_column; /**< name of the column with the class.  NULL: no labels */
    char delimiter;           /**< between two fields; 0: a comma.  0 */
    /** 1: there is no header line, and columns are named "0", "1" ...; 0: the first line has the
     * column names.  0 */
    int no_header;
    size_t max_count; /**< read at most this many rows; 0: all of them.  0 */
    size_t max_bytes; /**< memory limit in bytes for the values; 0: 2^30.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_csv_desc;
#define GAN_CSV_DESC_INIT GAN_SIZED_INIT(gan_csv_desc, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_CSV_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_csv_desc_init(gan_csv_desc *desc, size_t struct_size);

/**
 * Open a table of numbers: a CSV file (RFC 4180) with a header line and one line per sample.
 *
 * Fields may be quoted, lines may end in CR LF, a byte order mark and empty lines are ignored.
 * Numbers have a decimal point in every locale.  A missing value is an error that names its line
 * and column.  Use gan_scaler_fit() and gan_dataset_create_scaled() to bring the columns to one
 * scale.
 *
 * Classes are integers from 0 to 65535, or else names, which get the labels 0, 1 ... sorted by
 * their bytes; gan_dataset_class_name() then returns them.
 *
 * @param[out] out   Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             `*out` is the dataset, its shape [columns]; gan_dataset_column_name()
 *                            has their names.
 * @retval GAN_ERR_INVALID    `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO         The file could not be opened or read, or is a directory, a pipe or a
 *                            device.
 * @retval GAN_ERR_FORMAT     A column is missing or duplicated; a field is not a number, is too
 *                            long, or has an unterminated quote; a line's number of fields differs
 *                            from the first one's; there is no row; or the values take more than
 *                            `max_bytes`.
 * @retval GAN_ERR_NONFINITE  A value is beyond the largest float.
 * @retval GAN_ERR_SHAPE      There are more than 65536 classes.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Memory: values and labels take memory as they are read, at most twice what they need; while it
 *         grows, 1.5 times that.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_csv(gan_dataset **out, const char *path,
                                                       const gan_csv_desc *desc);

/**
 * Open the same data from memory or through a callback.
 *
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither bytes nor a callback, or
 *                          `desc` is invalid.
 * @retval GAN_ERR_IO       The callback failed, or returned more than was requested.
 * @retval other            As gan_dataset_open_csv().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_csv_from(gan_dataset **out,
                                                            const gan_reader *from,
                                                            const gan_csv_desc *desc);

/**
 * Create a dataset from bytes in memory, which are copied.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  data    `count` samples, one after the other.
 * @param[in]  labels  `count` labels, or NULL.  Copied.
 * @param[in]  count   At least 1.
 * @param[in]  shape   Of one sample.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out` or `data` is NULL, `count` is 0, or `shape` or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_bytes(gan_dataset **out, const uint8_t *data,
                                                           const uint8_t *labels, size_t count,
                                                           gan_shape shape,
                                                           const gan_dataset_desc *desc);

/**
 * Create a dataset from floats in memory, which are copied.
 *
 * @retval GAN_OK             `*out` is the dataset.
 * @retval GAN_ERR_INVALID    `out` or `data` is NULL, `count` is 0, or `shape` or `desc` is
 *                            invalid.
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite; the message names its sample and position.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Otherwise as gan_dataset_create_bytes().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_floats(gan_dataset **out, const float *data,
                                                            const uint8_t *labels, size_t count,
                                                            gan_shape shape,
                                                            const gan_dataset_desc *desc);

/**
 * Create a dataset from bytes as gan_dataset_create_bytes() does, with labels of 16 bits: for more
 * than 256 classes.
 *
 * Arguments and results are those of gan_dataset_create_bytes().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_bytes_labels16(gan_dataset **out,
                                                                    const uint8_t *data,
                                                                    const uint16_t *labels,
                                                                    size_t count, gan_shape shape,
                                                                    const gan_dataset_desc *desc);

/**
 * Create a dataset from floats as gan_dataset_create_floats() does, with labels of 16 bits.
 *
 * Arguments and results are those of gan_dataset_create_floats().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_floats_labels16(gan_dataset **out,
                                                                     const float *data,
                                                                     const uint16_t *labels,
                                                                     size_t count, gan_shape shape,
                                                                     const gan_dataset_desc *desc);

/** The number of classes of gan_dataset_create_shapes(). */
#define GAN_DATASET_SHAPES_CLASSES 10

/**
 * Create a synthetic labelled set of 28x28 grey silhouettes, ten kinds of garment in random
 * variation: a stand-in for Fashion-MNIST that needs no file.
 *
 * Sample i has label i % 10: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag,
 * ankle boot, the order of Fashion-MNIST's labels.
 *
 * @param[out] out    Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  count  Number of samples, at least 1.
 * @param[in]  seed   The same seed gives the same images; sample i does not depend on `count`.
 * @param[in]  desc   Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset, its shape [1, 28, 28].
 * @retval GAN_ERR_INVALID  `out` is NULL, `count` is 0, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_shapes(gan_dataset **out, size_t count,
                                                            uint64_t seed,
                                                            const gan_dataset_desc *desc);

/**
 * A callback that provides samples.
 *
 * @param[in]  user   What was given to gan_dataset_create_callbacks().
 * @param[in]  index  Index of the sample, 0 .. count - 1.
 * @param[out] out    Room for one sample, to be filled with finite values.
 * @param[out] label  Receives the label; NULL when the dataset has none.
 * @return 0 for success, else the host's own error code, which fails the call that needed the
 *         sample.  Where several threads prefetch (gan_dataset_desc, `concurrent`), a failed sample
 *         is requested once more by the thread that takes its batch, and the code of that call is
 *         reported.
 */
typedef int (*gan_dataset_read_fn)(void *user, size_t index, float *out, uint8_t *label);

/**
 * Create a dataset whose samples are read on demand through a callback.
 *
 * @param[out] out         Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  read        Called once for each sample of each batch, by the thread that needs the
 *                         batch, or by several, see `concurrent` of gan_dataset_desc.
 * @param[in]  user        Passed to `read`; must outlive the dataset, datasets derived from it, and
 *                         their iterators.
 * @param[in]  count       At least 1.
 * @param[in]  shape       Of one sample.
 * @param[in]  has_labels  1 when `read` fills labels too, else 0.
 * @param[in]  desc        Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out` or `read` is NULL, `count` is 0, or `shape` or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_callbacks(gan_dataset **out,
                                                               gan_dataset_read_fn read, void *user,
                                                               size_t count, gan_shape shape,
                                                               int has_labels,
                                                               const gan_dataset_desc *desc);

/** A callback that provides samples with labels of 16 bits; otherwise as gan_dataset_read_fn. */
typedef int (*gan_dataset_read_labels16_fn)(void *user, size_t index, float *out, uint16_t *label);

/**
 * Create a dataset as gan_dataset_create_callbacks() does, with labels of 16 bits, which all its
 * samples have.
 *
 * Arguments and results are those of gan_dataset_create_callbacks().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_callbacks_labels16(
    gan_dataset **out, gan_dataset_read_labels16_fn read, void *user, size_t count, gan_shape shape,
    const gan_dataset_desc *desc);

/**
 * Create a view of a range of another dataset's samples (PyTorch's Subset over a range).
 *
 * Samples are not copied but read from the source in the same way: a subset of images is normalised
 * as images are, files are prefetched, and classes keep their labels and names.  The source is
 * reference-counted: it lives as long as the datasets made from it, whichever is destroyed first.
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source     The other dataset; may itself be a view.
 * @param[in]  first      Index of the first sample.
 * @param[in]  count      Number of samples, at least 1.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out` or `source` is NULL, `count` is 0, the source has fewer samples
 *                          than first + count, or `allocator` lacks a function.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: 2 bytes per sample for its label.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_range(gan_dataset **out,
                                                           const gan_dataset *source, size_t first,
                                                           size_t count,
                                                           const gan_allocator *allocator);

/**
 * Create a view of selected samples of another dataset (PyTorch's Subset).
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source     The other dataset.
 * @param[in]  indices    Indices of its samples, in any order; repetitions are allowed.  Copied.
 * @param[in]  count      Number of samples, at least 1.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out`, `source` or `indices` is NULL, `count` is 0, an index is out of
 *                          range (the message names it), or `allocator` lacks a function.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: 8 bytes per sample for its index, 2 for its label.
 *
 * Otherwise as gan_dataset_create_range().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_subset(gan_dataset **out,
                                                            const gan_dataset *source,
                                                            const size_t *indices, size_t count,
                                                            const gan_allocator *allocator);

/** Settings of gan_dataset_split(); start from GAN_SPLIT_DESC_INIT. */
typedef struct gan_split_desc {
    size_t struct_size; /**< set by GAN_SPLIT_DESC_INIT */
    double fraction;    /**< fraction of the samples in the first part, below 1; 0: 0.8.  0 */
    uint64_t seed;      /**< the same seed draws the same samples.  0 */
    /** 1: stratified split: each class is divided in the same proportion, to within a sample; the
     * source must have labels. 0 */
    int stratify;
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_split_desc;
#define GAN_SPLIT_DESC_INIT GAN_SIZED_INIT(gan_split_desc, 0, 0, 0, 0)

/** GAN_SPLIT_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_split_desc_init(gan_split_desc *desc, size_t struct_size);

/**
 * Split a dataset at random into two, such as a training and a test set (PyTorch's random_split;
 * with `stratify` scikit-learn's train_test_split).
 *
 * Each sample is in exactly one part.  The first has fraction * count of them, rounded to the
 * nearest number; with `stratify` it also has fraction * n of the n samples of each class, rounded
 * down or up.  Within a part samples are in the order of the source.  For three parts, split one
 * part again.
 *
 * @param[out] first   Receives a dataset, yours to destroy; NULL on failure.
 * @param[out] second  Receives a dataset, yours to destroy; NULL on failure.
 * @param[in]  source  The dataset to split.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             Both are datasets as forgan_dataset_create_subset().
 * @retval GAN_ERR_INVALID    `first`, `second` or `source` is NULL, `first` and `second` are the
 *                            same, `desc` is invalid, a part would have no sample, or there are
 *                            more than 2^32 - 1 samples.
 * @retval GAN_ERR_IO         A callback source, whose labels are needed, failed; the message has
 *                            its code.
 * @retval GAN_ERR_NONFINITE  It delivered NaN or infinity.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Memory:      during the call, 16 bytes per sample and, with `stratify`, 1 MiB.
 * Determinism: a function of seed, count and labels.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_split(gan_dataset **first, gan_dataset **second,
                                                    const gan_dataset *source,
                                                    const gan_split_desc *desc);

/**
 * Create a dataset that concatenates several others (PyTorch's ConcatDataset).
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  sources    `n` datasets; the array is copied.
 * @param[in]  n          At least 1.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset; its classes have the names that all sources agree
 *                          on.
 * @retval GAN_ERR_INVALID  `out`, `sources` or one of them is NULL; `n` is 0; only some have
 *                          labels; only some are of bytes, which are normalised differently from
 *                          floats; or the names of their classes differ.
 * @retval GAN_ERR_SHAPE    The shape of a source's samples differs from the first one's.
 * @retval GAN_ERR_NOMEM    No memory, or the number of samples overflows.
 *
 * Memory: 2 bytes per sample for its label.
 *
 * Otherwise as gan_dataset_create_range().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_concat(gan_dataset **out,
                                                            const gan_dataset *const *sources,
                                                            size_t n,
                                                            const gan_allocator *allocator);

/**
 * Create a view of another dataset's samples with other labels, such as the clusters that a host
 * found them to be in.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source  The other dataset, with or without labels.
 * @param[in]  labels  A label for each of its samples.  Copied.
 * @param[in]  desc    Settings, or NULL for the defaults.  Classes have the names in it, or none,
 *                     instead of the source's; with `max_count` only the first samples are in the
 *                     view; `max_bytes` and `concurrent` are not used, as samples stay where they
 *                     are.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out`, `source` or `labels` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: 2 bytes per sample for its label.
 *
 * Otherwise as gan_dataset_create_range().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_labelled(gan_dataset **out,
                                                              const gan_dataset *source,
                                                              const uint16_t *labels,
                                                              const gan_dataset_desc *desc);

/** Destroy a dataset.  Datasets and iterators made from it keep what they need until they are
 * destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_dataset_destroy(gan_dataset *data);

/** Return how many samples there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_count(const gan_dataset *data);

/** Return the shape of one sample; rank 0 for NULL.  @since 0.1 */
GAN_API gan_shape gan_dataset_shape(const gan_dataset *data);

/** Return 1 when the samples have labels, else 0.  @since 0.1 */
GAN_API int gan_dataset_has_labels(const gan_dataset *data);

/** Return the label width in bits: 8; 16 where there are labels or names of classes beyond 255, or
 * a callback delivers labels of 16 bits; 0 without labels and for NULL.  @since 0.1 */
GAN_API int gan_dataset_label_bits(const gan_dataset *data);

/** Return how many classes have a name: the subdirectories of gan_dataset_open_image_folder() and
 * gan_dataset_open_png(), or those of another source's descriptor; 0 without labels and for NULL.
 * @since 0.1 */
GAN_API size_t gan_dataset_class_count(const gan_dataset *data);

/** Return the name of a label, which belongs to the dataset; NULL when it has none.  @since 0.1 */
GAN_API const char *gan_dataset_class_name(const gan_dataset *data, size_t label);

/** Return the label of the class with this name; SIZE_MAX when there is none, and for NULL.  @since
 * 0.1 */
GAN_API size_t gan_dataset_class_index(const gan_dataset *data, const char *name);

/** Return how many columns of a sample have a name: all for gan_dataset_open_csv() and datasets
 * derived from it; 0 for others and for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_column_count(const gan_dataset *data);

/** Return the name of a column, the index of a value in a sample, which belongs to the dataset;
 * NULL when it has none.  @since 0.1 */
GAN_API const char *gan_dataset_column_name(const gan_dataset *data, size_t column);

/**
 * Count the samples of each class.
 *
 * @param[in]  data       The dataset.
 * @param[out] sizes      Receives the number of samples with label i as sizes[i].  Usable as
 *                        class_weights of a trainer, which then draws labels with the frequencies
 *                        of the data.
 * @param[in]  n_classes  Room in `sizes`, 1 to 65536; 256 are enough for labels of 8
 *                        bits, 65536 for any.
 *
 * @retval GAN_OK             `sizes` is filled.
 * @retval GAN_ERR_INVALID    `data` or `sizes` is NULL, there are no labels, `n_classes` is out of
 *                            range, or a label is not below it; the message names its sample.
 * @retval GAN_ERR_IO         A callback source failed; the message has its code.
 * @retval GAN_ERR_NONFINITE  A callback source delivered NaN or infinity.
 * @retval GAN_ERR_NOMEM      No memory for the labels and a sample of a callback source, all of
 *                            which is read.
 *
 * After an error `sizes` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_class_sizes(const gan_dataset *data, double *sizes,
                                                          size_t n_classes);

/** Return the path, below the directory, of the file that a sample is made from, which belongs to
 * the dataset; NULL when it has no file of its own.  @since 0.1 */
GAN_API const char *gan_dataset_file_name(const gan_dataset *data, size_t index);

/** Return how many files and directories were skipped because they are not images or cannot be
 * used; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_skipped_count(const gan_dataset *data);

/** Return one sentence about the i-th skipped file or directory, with its path and the reason,
 * which belongs to the dataset; NULL when there is none.  Directories come first, then files that
 * are not images.  @since 0.1 */
GAN_API const char *gan_dataset_skipped(const gan_dataset *data, size_t i);

/**
 * Read one sample, with its stored values (bytes divided by 255).
 *
 * @param[in]  data   The dataset.
 * @param[in]  index  0 .. count - 1.
 * @param[out] out    Room for one sample.  NULL if not wanted.
 * @param[out] label  Receives the label, 0 when there are none.  NULL if not wanted.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `data` is NULL or there is no such index; or `label` is requested of
 *                            samples with labels of 16 bits: use gan_dataset_read_labels16().
 * @retval GAN_ERR_IO         A callback source failed, and the message has its code; or a file can
 *                            no longer be read.
 * @retval GAN_ERR_FORMAT     A file has changed since it was opened, and is now damaged.
 * @retval GAN_ERR_SHAPE      Its size has changed, and no size was set.
 * @retval GAN_ERR_NONFINITE  A callback source delivered NaN or infinity.
 * @retval GAN_ERR_NOMEM      No memory to decode a file, or for a discarded sample (`out` NULL, a
 *                            callback source).
 *
 * After an error `out` may be partly written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_read(const gan_dataset *data, size_t index,
                                                   float *out, uint8_t *label);

/**
 * Read one sample with a label of 16 bits, whatever gan_dataset_label_bits() says.
 *
 * Arguments and results are those of gan_dataset_read(), except that every label fits.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_read_labels16(const gan_dataset *data, size_t index,
                                                            float *out, uint16_t *label);

GAN_END_DECLS

#endif
