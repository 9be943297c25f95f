/* dataset.h - samples to learn from. */
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
 * A sample is made of bytes (pictures; kept as bytes, one a number) or of floats.  As PyTorch's
 * ToTensor does, a byte b reads as the number b / 255.
 *
 * A label is the number of a class, of 8 bits or of 16: see gan_dataset_label_bits().
 *
 * Made by gan_dataset_open_*(), gan_dataset_create_*() or gan_dataset_split(), ended by
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
    /** Most bytes that the samples of a file may take in memory; 0: 2^30.  Not for what is in
     * memory already.  0 */
    size_t max_bytes;
    /**
     * For gan_dataset_create_callbacks() and its like.  1: the function may be called by several
     * threads at once, and for samples of which no batch is wanted yet: an iterator reads the next
     * batch while the host uses the one before, see n_threads of gan_iterator_desc.  Batches are
     * the same bits.  0: it is called by the thread that takes the batch.  0
     */
    int concurrent;
} gan_dataset_desc;
#define GAN_DATASET_DESC_INIT GAN_SIZED_INIT(gan_dataset_desc, 0, 0, 0, 0, 0, 0)

/** GAN_DATASET_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_dataset_desc_init(gan_dataset_desc *desc, size_t struct_size);

/**
 * Read a set of pictures in the IDX format, plain or gzip'd (MNIST and its relatives).
 *
 * Whether a file is compressed is seen from its first bytes, not from its name.  Pictures of rank 3
 * (count, height, width) get the shape [1, height, width]; of rank 4 (count, channels, height,
 * width) their own; of rank 2 (count, n) the shape [n].
 *
 * Files of every type of the format are read:
 *
 *     type             what a number x reads as            an iterator's default makes of it
 *     0x08 uint8       x / 255, a sample of bytes          (x / 255 - 0.5) / 0.5: -1 to 1
 *     0x09 int8        x, -128 to 127                      x
 *     0x0b int16       x, -32768 to 32767                  x
 *     0x0c int32       the nearest float                   the same
 *     0x0d float       x                                   x
 *     0x0e double      the nearest float                   the same
 *
 * so numbers of other types than bytes need a mean and std in gan_iterator_desc (for int16 sound:
 * std 32768).  NaN, infinity and doubles beyond the largest float are errors.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  images  The pictures' file.
 * @param[in]  labels  The labels' file: whole numbers of any type from 0 to 65535, rank 1, as many
 *                     as pictures.  NULL: none.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset, wholly in memory.
 * @retval GAN_ERR_INVALID  `out` or `images` is NULL, or `desc` is invalid; such as one with names
 *                          for classes where there are no labels.
 * @retval GAN_ERR_IO       A file could not be opened or read, or is a directory, a pipe or a
 *                          device.
 * @retval GAN_ERR_FORMAT   A file is no IDX file, is shorter or longer than its header says, or is
 *                          damaged gzip, or a label is out of range; path, byte offset, expected
 *                          and found are named.  Or the samples take more than `max_bytes`.
 * @retval GAN_ERR_NONFINITE  A number is NaN, infinite or beyond the largest float; its place is
 *                          named.
 * @retval GAN_ERR_SHAPE    Labels and pictures differ in number.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: what a compressed file promises is taken as it comes, so that a small file which promises
 * much takes little before it is refused; while it is read, up to 1.5 times of the samples.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_idx(gan_dataset **out, const char *images,
                                                       const char *labels,
                                                       const gan_dataset_desc *desc);

/**
 * The same from files without a path: bytes in memory, such as an array linked into the program, or
 * functions of the host.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  images  The pictures' file.  Read during the call; samples are copied out of it.
 * @param[in]  labels  The labels' file.  NULL: none.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_ERR_INVALID  As for gan_dataset_open_idx(), or a reader has neither bytes nor a
 *                          function.
 * @retval GAN_ERR_IO       A function failed, or returned more than it was asked for.
 * @retval GAN_ERR_FORMAT   As for gan_dataset_open_idx(), or a function gave more than its reader's
 *                          n_bytes.
 * @retval other            As gan_dataset_open_idx().
 *
 * Memory: a function's bytes are kept until the call ends, see gan_reader_callback().
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
     * Size of a sample: a picture is scaled until it just covers it, and the middle is cut out.
     * Both 0: the first picture's, and all others must have the same.  0
     */
    size_t width;
    size_t height;   /**< 0 */
    size_t channels; /**< 1: grey; 3: RGB; 0: as the first picture has.  0 */
    /** Read at most this many files: the first of each class, as many of one as of another while
     * there are any; without classes the first of all.  0: all.  0 */
    size_t max_count;
    int no_labels; /**< 1: subdirectories are no classes.  0 */
    /** 1: leave out files and subdirectories that cannot be used; 0: the first is an error.  0 */
    int skip_bad;
    /** Most bytes that the samples may take in memory, else they stay on the disk; 0: 2^30.  0 */
    size_t memory_limit;
    size_t n_threads;               /**< that decode, as in gan_pool_create().  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    size_t max_picture_bytes; /**< most bytes of pixels in one file, as in gan_image_desc.  0 */
} gan_png_desc;
#define GAN_PNG_DESC_INIT GAN_SIZED_INIT(gan_png_desc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_PNG_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_png_desc_init(gan_png_desc *desc, size_t struct_size);

/**
 * Read a directory of PNG pictures: gan_dataset_open_image_folder() for one format, told by the
 * files' names.
 *
 * These are the files whose names end in .png, in capitals or not, in the directory and all below
 * it, ordered by their paths, name by name and byte by byte, so that nothing depends on the order
 * in which the system lists them.  Names that begin with a dot are left out.  Links to files are
 * followed, links to directories are not.
 *
 * When all pictures lie in subdirectories, these are the classes: a picture's label is the number
 * of the first directory on its path, in the same order, in which those without a picture count,
 * too.  A picture outside of them means that there are no labels.
 *
 * Every kind of PNG is read, as by gan_image_read().  Scaling is
 * torchvision's Resize (bilinear, antialias=True) to the smallest size that covers the wanted one,
 * then CenterCrop; grey is made from RGB as 0.299 R + 0.587 G + 0.114 B.  So that no bad file is
 * found in the middle of a training, each is decoded once now.  Where the samples take more than
 * `memory_limit` bytes they are decoded again whenever they are wanted, by gan_dataset_read() or
 * ahead of time by an iterator; the files must then stay as they are.
 *
 * @param[out] out     Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  directory  The directory's path.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset; a sample's shape is [channels, height, width].
 * @retval GAN_ERR_INVALID  `out` or `directory` is NULL, or a setting is out of range (it is
 *                          named).
 * @retval GAN_ERR_IO       A directory or a file could not be read.
 * @retval GAN_ERR_FORMAT   A file is not a PNG, is damaged or too large; or there is no file, or
 *                          none that can be used.
 * @retval GAN_ERR_SHAPE    A picture has another size than the first, and none was asked for; or
 *                          there are more than 65536 classes.
 * @retval GAN_ERR_NOMEM    No memory, or the system gave no thread.
 *
 * With `skip_bad`, GAN_ERR_IO, GAN_ERR_FORMAT and GAN_ERR_SHAPE of a single file or subdirectory
 * only leave it out; see gan_dataset_skipped().
 *
 * Memory:      while a file is decoded, each thread takes a picture's from malloc.
 * Determinism: the same samples in the same order on any number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_png(gan_dataset **out, const char *directory,
                                                       const gan_png_desc *desc);

/** What becomes of an alpha channel. */
typedef enum gan_alpha {
    GAN_ALPHA_DROP, /**< it is dropped: pixels keep their colours, also where they are transparent */
    GAN_ALPHA_BLEND /**< the picture is laid on the background */
} gan_alpha;

/** Settings of gan_dataset_open_image_folder(); start from GAN_IMAGE_FOLDER_DESC_INIT. */
typedef struct gan_image_folder_desc {
    size_t struct_size; /**< set by GAN_IMAGE_FOLDER_DESC_INIT */
    /** Size of a sample, to which all pictures are scaled.  Both 0: the first picture's, and all
     * others must have the same.  0 */
    size_t width;
    size_t height; /**< 0 */
    /** 1: grey; 3: RGB; 4: RGB and alpha, 255 where a picture has none; 0: 1 when all pictures are
     * grey, else 3.  0 */
    size_t channels;
    /** 1: a picture is scaled until it just fits inside, in the middle of the background (padding);
     * 0: until it just covers the size, and the middle is cut out (cropping).  0 */
    int pad;
    gan_alpha alpha;        /**< with 1 or 3 channels.  GAN_ALPHA_DROP */
    uint8_t background[3];  /**< RGB; with 4 channels it is transparent.  0, 0, 0 */
    int ignore_orientation; /**< 1: EXIF's orientation is not applied.  0 */
    /** Read at most this many files: the first of each class, as many of one as of another while
     * there are any; without classes the first of all.  0: all.  0 */
    size_t max_count;
    int no_labels; /**< 1: subdirectories are no classes.  0 */
    /** The subdirectories that are the classes 0, 1 ..., all different; copied.  One that does not
     * exist is a class without a picture; one that is not named here cannot be used.  NULL: all of
     * them, in the order of their names.  NULL */
    const char *const *class_names;
    size_t n_class_names; /**< how many, at most 65536; 0 with NULL */
    /** 1: leave out files and subdirectories that cannot be used; 0: the first is an error.  0 */
    int skip_bad;
    /** Most bytes that the samples may take in memory, else they stay on the disk; 0: 2^30.  0 */
    size_t memory_limit;
    /** 1: of samples that stay on the disk only the beginning of each file is checked now, which
     * takes a fraction of the time; what is damaged behind it is an error of gan_iterator_next().
     * 0: each file is decoded once now.  0 */
    int no_check;
    size_t n_threads;         /**< that decode, as in gan_pool_create().  0 */
    size_t max_picture_bytes; /**< most bytes of pixels in one file, as in gan_image_desc.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_image_folder_desc;
#define GAN_IMAGE_FOLDER_DESC_INIT                                                                 \
    GAN_SIZED_INIT(gan_image_folder_desc, 0, 0, 0, 0, GAN_ALPHA_DROP, {0, 0, 0}, 0, 0, 0, 0, 0, 0, \
                   0, 0, 0, 0, 0)

/** GAN_IMAGE_FOLDER_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_image_folder_desc_init(gan_image_folder_desc *desc, size_t struct_size);

/**
 * Read a directory of pictures: PNG, JPEG and WebP files in any mixture (torchvision's
 * ImageFolder).
 *
 * All files in the directory and all below it are looked at, ordered by their paths, name by name
 * and byte by byte.  What a file is tells its content, not its name: a JPEG that is called
 * photo.png is read.  A file that is no picture of these formats is left out and named by
 * gan_dataset_skipped(), whatever `skip_bad` says.  Names that begin with a dot are left out
 * without a word.  Links to files are followed, links to directories are not.
 *
 * Directories in the directory are the classes when there are any and pictures in them: a picture's
 * label is the number of the first directory on its path.  One without a picture keeps its number.
 * A picture beside them has no class and cannot be used, which is an error that names it, or, with
 * `skip_bad`, leaves it out; `no_labels` reads all alike.
 *
 * Grey pictures stay grey when all are.  A picture is turned upright as its EXIF data says, in which
 * torchvision leaves it as it is stored.  Scaling is torchvision's Resize (bilinear,
 * antialias=True) to the size that covers the wanted one, or fits in it, in the middle; grey is made
 * from RGB as 0.299 R + 0.587 G + 0.114 B.  A JPEG is decoded at 1/2, 1/4 or 1/8 of its size where
 * that is still twice as large as the sample or larger (as Pillow's draft mode and
 * reducing_gap=2).  With 4 channels each is scaled by itself.
 *
 * Where the samples take more than `memory_limit` bytes they are decoded whenever they are wanted,
 * by gan_dataset_read() or ahead of time by an iterator; the files must then stay as they are.
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  directory  The directory's path.
 * @param[in]  desc       Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset; a sample's shape is [channels, height, width].
 * @retval GAN_ERR_INVALID  `out` or `directory` is NULL, or a setting is out of range (it is
 *                          named).
 * @retval GAN_ERR_IO       A directory or a file could not be read.
 * @retval GAN_ERR_FORMAT   A picture is damaged or too large, is of a format that this libgan was
 *                          built without (what to install is named), or is in no class; a directory
 *                          is not one of `class_names`; or there is no picture that can be used.
 * @retval GAN_ERR_SHAPE    A picture has another size than the first, and none was asked for; or
 *                          there are more than 65536 classes.
 * @retval GAN_ERR_NOMEM    No memory, or the system gave no thread.
 *
 * With `skip_bad`, GAN_ERR_IO, GAN_ERR_FORMAT and GAN_ERR_SHAPE of a single file or subdirectory
 * only leave it out; see gan_dataset_skipped().
 *
 * Memory:      per file its path and some 20 bytes, and the samples up to `memory_limit`.  While a
 *              file is decoded, each thread takes a picture's from malloc; libpng, libjpeg and
 *              libwebp know no other, see gan_image_read().
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
    /** 1: samples are [height, width, channels], the channels of a pixel together (NHWC), and become
     * [channels, height, width]; 0: they have the array's own dimensions.  0 */
    int channels_last;
    size_t max_count;         /**< read at most this many samples; 0: all of them.  0 */
    const char *samples_name; /**< of the array in an .npz archive, without .npy; NULL: the only one
                                   that is there.  NULL */
    const char *labels_name;  /**< likewise; NULL: no labels, unless they have a file of their own,
                                   or of that file the only one.  NULL */
    const char *const *class_names; /**< as in gan_dataset_desc */
    size_t n_class_names;           /**< likewise */
    /** Most bytes that the samples may take in memory, else they stay on the disk; 0: 2^30.  0 */
    size_t memory_limit;
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_npy_desc;
#define GAN_NPY_DESC_INIT GAN_SIZED_INIT(gan_npy_desc, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_NPY_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_npy_desc_init(gan_npy_desc *desc, size_t struct_size);

/**
 * Read an array of NumPy, an .npy file of numpy.save() or one in an .npz archive of numpy.savez();
 * which of both a file is is seen from its first bytes.
 *
 * The array's first dimension counts the samples; the others, at most 4, are a sample's shape, [1]
 * where there are none.  Arrays of uint8 are samples of bytes; of bool, int8 to int64, uint16 to
 * uint64, float16, float32 and float64 they are floats, each the nearest one.  Both orders of
 * dimensions (C and Fortran) and of bytes are read.  Arrays of objects, which are Python programs,
 * are refused, as are structured ones.
 *
 * Where the samples take more than `memory_limit` bytes they are read whenever they are wanted, by
 * gan_dataset_read() or ahead of time by an iterator; the file must then stay as it is.  It is read,
 * not mapped, because a mapped file that somebody cuts ends the program.
 *
 * @param[out] out      Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  samples  The samples' file.
 * @param[in]  labels   A file of as many whole numbers, 0 to 65535.  NULL: none, but see
 *                      `labels_name`.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             `*out` is the dataset.
 * @retval GAN_ERR_INVALID    `out` or `samples` is NULL, or a setting is out of range.
 * @retval GAN_ERR_IO         A file could not be opened or read, or is a directory, a pipe or a
 *                            device.
 * @retval GAN_ERR_FORMAT     A file is no array of plain numbers, is shorter or longer than its
 *                            header says, or is a damaged archive, or lacks an array (it is named);
 *                            a label is out of range; there is no sample; samples that stay on the
 *                            disk are in Fortran order or in an archive; or libgan was built without
 *                            libzip.
 * @retval GAN_ERR_SHAPE      Samples and labels differ in number, labels or samples have too many
 *                            dimensions, or `channels_last` is set and a sample has not three.
 * @retval GAN_ERR_NONFINITE  A number is NaN, infinite or beyond the largest float; its sample is
 *                            named.  Of samples that stay on the disk it is found when it is read.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Memory: the samples as they are kept; while they are read, one more sample, or all of the file
 * for Fortran order and of what is unpacked from an archive.  libzip takes some of malloc's.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_npy(gan_dataset **out, const char *samples,
                                                       const char *labels,
                                                       const gan_npy_desc *desc);

/**
 * The same from files without a path; all samples are then kept in memory.
 *
 * @param[out] out      Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  samples  The samples' file.  Read during the call.
 * @param[in]  labels   The labels' file.  NULL: none.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_ERR_INVALID  As for gan_dataset_open_npy(), or a reader has neither bytes nor a
 *                          function.
 * @retval GAN_ERR_IO       A function failed, or returned more than it was asked for.
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
    int test;           /**< of a directory, 1: the test images; 0: the training images.  0 */
    int coarse;         /**< of CIFAR-100, 1: the 20 superclasses; 0: the 100 classes.  0 */
    size_t max_count;   /**< read at most this many images; 0: all of them.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_cifar_desc;
#define GAN_CIFAR_DESC_INIT GAN_SIZED_INIT(gan_cifar_desc, 0, 0, 0, 0)

/** GAN_CIFAR_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_cifar_desc_init(gan_cifar_desc *desc, size_t struct_size);

/**
 * Read CIFAR-10 or CIFAR-100 in its binary version: colour images of 32x32 with labels.
 *
 * A directory holds what the archive of the data set does: data_batch_1.bin to data_batch_5.bin and
 * test_batch.bin, whose classes batches.meta.txt names; or train.bin and test.bin, with
 * fine_label_names.txt and coarse_label_names.txt.  Without the file of names the classes have none.
 * A file is any of them, or another of the same format: an image is 1 byte of label (CIFAR-100: a
 * superclass and a class) and three planes of 1024 bytes.  Which of both it is is seen from its
 * size.
 *
 * @param[out] out   Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  path  The directory's, or a file's.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the dataset, its shape [3, 32, 32], wholly in memory.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO       A file could not be opened or read.
 * @retval GAN_ERR_FORMAT   A file has another size than so many images, or a label that there is not;
 *                          or a directory has no such files.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_cifar(gan_dataset **out, const char *path,
                                                         const gan_cifar_desc *desc);

/**
 * The same from a file without a path.
 *
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither bytes nor a function, or
 *                          `desc` is invalid.
 * @retval GAN_ERR_IO       The function failed, or returned more than it was asked for.
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
    /** Names of the columns that are a sample's numbers, in that order.  NULL: all but the label's,
     * in the order of the table.  NULL */
    const char *const *columns;
    size_t n_columns;         /**< how many; 0 with NULL */
    const char *label_column; /**< name of the column of classes.  NULL: no labels */
    char delimiter;           /**< between two fields; 0: a comma.  0 */
    /** 1: the first line has numbers, too, and columns are named "0", "1" ...; 0: it has the
     * columns' names.  0 */
    int no_header;
    size_t max_count; /**< read at most this many rows; 0: all of them.  0 */
    size_t max_bytes; /**< most bytes that the numbers may take in memory; 0: 2^30.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_csv_desc;
#define GAN_CSV_DESC_INIT GAN_SIZED_INIT(gan_csv_desc, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_CSV_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_csv_desc_init(gan_csv_desc *desc, size_t struct_size);

/**
 * Read a table of numbers: a CSV file (RFC 4180), a line of names and a line for each sample.
 *
 * Fields may stand in quotation marks, lines may end in CR LF, a byte order mark and empty lines are
 * left out.  Numbers have a decimal point in every locale.  A missing value is an error that names
 * its line and column.  Bring the columns to one scale by gan_scaler_fit() and
 * gan_dataset_create_scaled().
 *
 * Classes are whole numbers from 0 to 65535, or else names, which get the numbers 0, 1 ... in the
 * order of their bytes; gan_dataset_class_name() has them then.
 *
 * @param[out] out   Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             `*out` is the dataset, its shape [columns]; gan_dataset_column_name()
 *                            tells their names.
 * @retval GAN_ERR_INVALID    `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO         The file could not be opened or read, or is a directory, a pipe or a
 *                            device.
 * @retval GAN_ERR_FORMAT     A column is missing, or there twice; a field is no number, is too long,
 *                            or ends within quotation marks; a line has another number of fields
 *                            than the first; there is no row; or the numbers take more than
 *                            `max_bytes`.
 * @retval GAN_ERR_NONFINITE  A number is beyond the largest float.
 * @retval GAN_ERR_SHAPE      There are more than 65536 classes.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Memory: numbers and labels take memory as they come, at most twice what they need; while it grows,
 * 1.5 times of that.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_csv(gan_dataset **out, const char *path,
                                                       const gan_csv_desc *desc);

/**
 * The same from a file without a path.
 *
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither bytes nor a function, or
 *                          `desc` is invalid.
 * @retval GAN_ERR_IO       The function failed, or returned more than it was asked for.
 * @retval other            As gan_dataset_open_csv().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_open_csv_from(gan_dataset **out,
                                                            const gan_reader *from,
                                                            const gan_csv_desc *desc);

/**
 * Make a dataset from bytes in the host's memory, which are copied.
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
 * Make a dataset from floats in the host's memory, which are copied.
 *
 * @retval GAN_OK             `*out` is the dataset.
 * @retval GAN_ERR_INVALID    `out` or `data` is NULL, `count` is 0, or `shape` or `desc` is
 *                            invalid.
 * @retval GAN_ERR_NONFINITE  A number is NaN or infinite; its sample and place are named.
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
 * Make a dataset from bytes as gan_dataset_create_bytes() does, with labels of 16 bits: for more
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
 * Make a dataset from floats as gan_dataset_create_floats() does, with labels of 16 bits.
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

/** How many kinds of silhouette gan_dataset_create_shapes() draws. */
#define GAN_DATASET_SHAPES_CLASSES 10

/**
 * Draw a labelled set of 28x28 grey silhouettes, ten kinds of garment in random variation: a
 * stand-in for Fashion-MNIST that needs no file.
 *
 * Sample i is of kind i % 10: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag,
 * ankle boot, the order of Fashion-MNIST's labels.
 *
 * @param[out] out    Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  count  How many, at least 1.
 * @param[in]  seed   The same seed gives the same pictures; sample i does not depend on `count`.
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
 * A host's own source of samples.
 *
 * @param[in]  user   What was given to gan_dataset_create_callbacks().
 * @param[in]  index  Which sample, 0 .. count - 1.
 * @param[out] out    Room for one sample, to be filled with finite values.
 * @param[out] label  Receives the label; NULL when the dataset has none.
 * @return 0 for success, else the host's own code, which ends the call that wanted the sample.
 *         Where several threads read ahead (gan_dataset_desc, `concurrent`), a sample that failed
 *         is asked for once more by the thread that takes its batch, and the code of that call
 *         counts.
 */
typedef int (*gan_dataset_read_fn)(void *user, size_t index, float *out, uint8_t *label);

/**
 * Make a dataset whose samples a host's function delivers, whenever one is wanted.
 *
 * @param[out] out         Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  read        Called once for each sample of each batch, by the thread that needs the
 *                         batch; or by several, see `concurrent` of gan_dataset_desc.
 * @param[in]  user        Handed to `read`; must outlive the dataset, what was made of it and their
 *                         iterators.
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

/** A host's own source of samples with labels of 16 bits; else as gan_dataset_read_fn. */
typedef int (*gan_dataset_read_labels16_fn)(void *user, size_t index, float *out, uint16_t *label);

/**
 * Make a dataset of a host's function as gan_dataset_create_callbacks() does, with labels of 16
 * bits, which all its samples have.
 *
 * Arguments and results are those of gan_dataset_create_callbacks().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_callbacks_labels16(
    gan_dataset **out, gan_dataset_read_labels16_fn read, void *user, size_t count, gan_shape shape,
    const gan_dataset_desc *desc);

/**
 * Make a dataset of some of another's samples (PyTorch's Subset over a range).
 *
 * Samples are not copied: those of the source are read, in the same way, so that a subset of
 * pictures is normalised as pictures are, files are decoded ahead, and classes keep their numbers
 * and names.  The source lives on for as long as a dataset made of it does, whoever is destroyed
 * first.
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source     The other; may itself be a part of one.
 * @param[in]  first      Index of the first sample.
 * @param[in]  count      How many, at least 1.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out` or `source` is NULL, `count` is 0, the source has fewer samples
 *                          than first + count, or `allocator` is half of one.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: 2 bytes a sample for its label.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_range(gan_dataset **out,
                                                           const gan_dataset *source, size_t first,
                                                           size_t count,
                                                           const gan_allocator *allocator);

/**
 * Make a dataset of another's samples in an order of the host's (PyTorch's Subset).
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  source     The other.
 * @param[in]  indices    Which of its samples, in any order; the same one as often as wanted.
 *                        Copied.
 * @param[in]  count      How many, at least 1.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset.
 * @retval GAN_ERR_INVALID  `out`, `source` or `indices` is NULL, `count` is 0, the source has no
 *                          sample of an index (it is named), or `allocator` is half of one.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: 8 bytes a sample for its index, 2 for its label.
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
    double fraction;    /**< of the samples that go to the first part, below 1; 0: 0.8.  0 */
    uint64_t seed;      /**< the same seed draws the same samples.  0 */
    /** 1: each class is divided in the same proportion, to the sample; the source must have labels.
     * 0 */
    int stratify;
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_split_desc;
#define GAN_SPLIT_DESC_INIT GAN_SIZED_INIT(gan_split_desc, 0, 0, 0, 0)

/** GAN_SPLIT_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_split_desc_init(gan_split_desc *desc, size_t struct_size);

/**
 * Divide a dataset into two by lot, such as one to train with and one to judge with (PyTorch's
 * random_split; with `stratify` scikit-learn's train_test_split).
 *
 * Each sample is in one of both parts.  The first has fraction * count of them, rounded to the
 * nearest number; with `stratify` it also has fraction * n of the n samples of each class, rounded
 * down or up.  Within a part samples are in the order of the source.  For three parts, split one of
 * two again.
 *
 * @param[out] first   Receives a dataset, yours to destroy; NULL on failure.
 * @param[out] second  Receives a dataset, yours to destroy; NULL on failure.
 * @param[in]  source  What is divided.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             Both are datasets as of gan_dataset_create_subset().
 * @retval GAN_ERR_INVALID    `first`, `second` or `source` is NULL, `first` and `second` are the
 *                            same, `desc` is invalid, a part would have no sample, or there are
 *                            more than 2^32 - 1 samples.
 * @retval GAN_ERR_IO         A host's source, whose labels are wanted, failed; its code is named.
 * @retval GAN_ERR_NONFINITE  It delivered NaN or infinity.
 * @retval GAN_ERR_NOMEM      No memory.
 *
 * Memory:      while it is divided, 16 bytes a sample and, with `stratify`, 1 MiB.
 * Determinism: a function of seed, count and labels.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_split(gan_dataset **first, gan_dataset **second,
                                                    const gan_dataset *source,
                                                    const gan_split_desc *desc);

/**
 * Make a dataset of all samples of several others, one after the other (PyTorch's ConcatDataset).
 *
 * @param[out] out        Receives the dataset, yours to destroy; NULL on failure.
 * @param[in]  sources    `n` datasets; the array is copied.
 * @param[in]  n          At least 1.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the dataset; its classes have the names that all sources give.
 * @retval GAN_ERR_INVALID  `out`, `sources` or one of them is NULL; `n` is 0; some have labels and
 *                          others none; some are of bytes and others of floats, which are not
 *                          normalised alike; or the names of their classes differ.
 * @retval GAN_ERR_SHAPE    A source's samples have another shape than the first one's.
 * @retval GAN_ERR_NOMEM    No memory, or more samples than can be counted.
 *
 * Memory: 2 bytes a sample for its label.
 *
 * Otherwise as gan_dataset_create_range().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_create_concat(gan_dataset **out,
                                                            const gan_dataset *const *sources,
                                                            size_t n,
                                                            const gan_allocator *allocator);

/** End a dataset.  What was made of it, and iterators, keep what they need of it until they end.
 * NULL is allowed.  @since 0.1 */
GAN_API void gan_dataset_destroy(gan_dataset *data);

/** Return how many samples there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_count(const gan_dataset *data);

/** Return the shape of one sample; rank 0 for NULL.  @since 0.1 */
GAN_API gan_shape gan_dataset_shape(const gan_dataset *data);

/** Return 1 when the samples have labels, else 0.  @since 0.1 */
GAN_API int gan_dataset_has_labels(const gan_dataset *data);

/** Return how many bits a label can take: 8; 16 where classes beyond 255 have labels or names, or a
 * host's function delivers labels of 16 bits; 0 without labels and for NULL.  @since 0.1 */
GAN_API int gan_dataset_label_bits(const gan_dataset *data);

/** Return how many classes have a name: the subdirectories of
 * gan_dataset_open_image_folder() and gan_dataset_open_png(), and what the descriptor of another
 * source says; 0 without labels and for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_class_count(const gan_dataset *data);

/** Return the name of a label, which belongs to the dataset; NULL when it has none.  @since 0.1 */
GAN_API const char *gan_dataset_class_name(const gan_dataset *data, size_t label);

/** Return the label whose class has this name; SIZE_MAX when none has, and for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_class_index(const gan_dataset *data, const char *name);

/** Return how many columns of a sample have a name: all of gan_dataset_open_csv()'s and of what is
 * made of it; 0 for other samples and for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_column_count(const gan_dataset *data);

/** Return the name of a column, the number of a value in a sample, which belongs to the dataset;
 * NULL when it has none.  @since 0.1 */
GAN_API const char *gan_dataset_column_name(const gan_dataset *data, size_t column);

/**
 * Count the samples of each class.
 *
 * @param[in]  data       The dataset.
 * @param[out] sizes      Receives how many samples have the label i as sizes[i]: numbers that are
 *                        ready to be the class_weights of a trainer, which then draws labels as
 *                        often as the data has them.
 * @param[in]  n_classes  Room in `sizes`, 1 to 65536; 256 are enough for labels of 8
 *                        bits, 65536 for any.
 *
 * @retval GAN_OK             `sizes` is filled.
 * @retval GAN_ERR_INVALID    `data` or `sizes` is NULL, there are no labels, `n_classes` is out of
 *                            range, or a label is not below it; its sample is named.
 * @retval GAN_ERR_IO         A host's source failed, its code is named.
 * @retval GAN_ERR_NONFINITE  A host's source delivered NaN or infinity.
 * @retval GAN_ERR_NOMEM      No memory for the labels and a sample of a host's source, which is
 *                            read whole.
 *
 * After an error `sizes` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_class_sizes(const gan_dataset *data, double *sizes,
                                                          size_t n_classes);

/** Return the path, below the directory, of the file that a sample is made from, which belongs to
 * the dataset; NULL when it is made from none of its own.  @since 0.1 */
GAN_API const char *gan_dataset_file_name(const gan_dataset *data, size_t index);

/** Return how many files and directories were left out because they are no pictures or cannot be
 * used; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_dataset_skipped_count(const gan_dataset *data);

/** Return one sentence about the i-th file or directory that was left out, its path and what is
 * wrong with it, which belongs to the dataset; NULL when there is none.  Directories come first, then
 * files that are no pictures.  @since 0.1 */
GAN_API const char *gan_dataset_skipped(const gan_dataset *data, size_t i);

/**
 * Read one sample, with its values as they are stored (bytes divided by 255).
 *
 * @param[in]  data   The dataset.
 * @param[in]  index  0 .. count - 1.
 * @param[out] out    Room for one sample.  NULL if not wanted.
 * @param[out] label  Receives the label, 0 when there are none.  NULL if not wanted.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `data` is NULL or there is no such index; or `label` is wanted of
 *                            samples with labels of 16 bits: use gan_dataset_read_labels16().
 * @retval GAN_ERR_IO         A host's source failed, its code is named; or a file cannot be read
 *                            any more.
 * @retval GAN_ERR_FORMAT     A file has changed since it was opened, and is damaged now.
 * @retval GAN_ERR_SHAPE      It has another size now, and none was asked for.
 * @retval GAN_ERR_NONFINITE  A host's source delivered NaN or infinity.
 * @retval GAN_ERR_NOMEM      No memory to decode a file, or for a sample that isn't wanted (`out`
 *                            NULL, a host's source).
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
 * Arguments and results are those of gan_dataset_read(), but that every label has room.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_dataset_read_labels16(const gan_dataset *data, size_t index,
                                                            float *out, uint16_t *label);

GAN_END_DECLS

#endif
