/* export.h - generators as standalone files. */
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
 * - The network must be complete (gan_network_build()): the weights of any other would be random.
 *   It is not changed.
 * - A kind of layer that the target can't express is GAN_ERR_INVALID, and the message names the
 *   layer.
 * - Spectral normalisation is folded into the written weights; dropout is omitted.
 * - A file is replaced atomically; after an error the previous one is kept.
 *
 * Threads: one at a time for a network, as gan_network_forward().
 */

/** Storage types of exported weights.  Biases and normalisation layers stay float32. */
typedef enum gan_export_type {
    GAN_EXPORT_FLOAT32 = 0, /**< bit-identical */
    GAN_EXPORT_FLOAT16,     /**< IEEE 754 binary16, rounded to nearest: half the bytes, 3 digits */
    GAN_EXPORT_INT8         /**< quantised: a signed byte times a scale per output, the largest
                                 absolute weight / 127: a quarter of the bytes */
} gan_export_type;

/** What became of a network; start from GAN_EXPORT_REPORT_INIT. */
typedef struct gan_export_report {
    size_t struct_size;  /**< set by GAN_EXPORT_REPORT_INIT */
    size_t weight_bytes; /**< size of its weights */
    size_t work_floats;  /**< that a call works in */
    double
        max_difference; /**< the largest error of 100 samples relative to float32 weights, both
                             computed by the library.  0 with GAN_EXPORT_FLOAT32 */
    double rms_difference; /**< the root mean square error */
} gan_export_report;
#define GAN_EXPORT_REPORT_INIT GAN_SIZED_INIT(gan_export_report, 0, 0, 0, 0)

/** GAN_EXPORT_REPORT_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_export_report_init(gan_export_report *report, size_t struct_size);

/** Settings of C source; start from GAN_EXPORT_C_DESC_INIT. */
typedef struct gan_export_c_desc {
    size_t struct_size;      /**< set by GAN_EXPORT_C_DESC_INIT */
    const char *name;        /**< the prefix of files and functions: a C identifier of at most 40
                                  characters.  NULL: "generator" */
    gan_export_type weights; /**< GAN_EXPORT_FLOAT32 */
    int weights_apart; /**< 1: NAME_weights.bin, which the program reads or links in, and passes to
                            each call; 0: NAME_weights.h, compiled into the program */
    int with_test;     /**< 1: also NAME_test.c, a program that compares samples with the
                            library's */
    int with_main;     /**< 1: also NAME_main.c, a program that writes a picture as PGM or PPM */
    gan_export_report *report;      /**< filled on success.  NULL: not wanted */
    const gan_allocator *allocator; /**< for what is worked in.  NULL: malloc */
} gan_export_c_desc;
#define GAN_EXPORT_C_DESC_INIT                                                                     \
    GAN_SIZED_INIT(gan_export_c_desc, 0, GAN_EXPORT_FLOAT32, 0, 0, 0, 0, 0)

/** GAN_EXPORT_C_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_export_c_desc_init(gan_export_c_desc *desc, size_t struct_size);

/** The files of C source. */
typedef enum gan_export_c_file {
    GAN_EXPORT_C_HEADER = 0, /**< NAME.h */
    GAN_EXPORT_C_SOURCE,     /**< NAME.c */
    GAN_EXPORT_C_WEIGHTS,    /**< NAME_weights.h; with weights_apart NAME_weights.bin */
    GAN_EXPORT_C_TEST,       /**< NAME_test.c */
    GAN_EXPORT_C_MAIN        /**< NAME_main.c */
} gan_export_c_file;

/**
 * Write a network as C source that needs neither this library nor another.
 *
 *     int NAME_run(const float z[64], float image[784], float work[NAME_WORK_FLOATS]);
 *     int NAME_run(const float z[64], int label, float image[784], ...);     a conditional one
 *
 * It is C99 and C++, allocates nothing and has no global variables, so that any number of threads
 * may call it, each with its own `work`; of the C library it needs only sqrtf(), if a layer
 * normalises.  NAME.c is readable: below 400 lines, with a line for each layer and the order of
 * each sum in comments.  Its results agree with the library's to about 1e-6, and are the same on
 * every processor with IEEE 754 floats, of either byte order, if the compiler doesn't contract
 * products (-ffp-contract=off).  Compile it with -O3.
 *
 * @param[in] net        The network.
 * @param[in] directory  Where to write NAME.h, NAME.c, the weights and the other files of `desc`;
 *                       it must exist.  Files are replaced one after the other.
 * @param[in] desc       Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             All files are there.
 * @retval GAN_ERR_INVALID    `net` or `directory` is NULL, the network is not complete or has a layer
 *                            that can't be written, which is named: minibatch_stddev, which compares
 *                            the samples of a batch; or a setting of `desc` is out of range.
 * @retval GAN_ERR_NONFINITE  A weight or buffer is NaN or infinite; it is named.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         A file could not be written; those before it are there.
 * @retval GAN_ERR_BUSY       Another call is running, estimating or training it.
 * @retval other              What gan_network_add() met first.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_export_c(gan_network *net, const char *directory,
                                               const gan_export_c_desc *desc);

/**
 * Write one of the files of gan_export_c() to memory or by a function of the host.
 *
 * @param[in]     net   The network.
 * @param[in]     file  Which one; test and main can be written whatever `desc` says.
 * @param[in,out] to    The writer; its n_bytes tells how many bytes the file has.
 * @param[in]     desc  Settings, or NULL: the same for all files of a network.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  As gan_export_c(); `file` is none, `to` is NULL, or the writer has neither
 *                          memory nor function.
 * @retval GAN_ERR_IO       The function failed, or the memory is too small; `to->n_bytes` then tells
 *                          how many bytes it takes.
 * @retval other            As gan_export_c().
 *
 * After an error discard the bytes that were written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_export_c_to(gan_network *net, gan_export_c_file file,
                                                  gan_writer *to, const gan_export_c_desc *desc);

/** Settings of a page; start from GAN_EXPORT_PAGE_DESC_INIT. */
typedef struct gan_export_page_desc {
    size_t struct_size; /**< set by GAN_EXPORT_PAGE_DESC_INIT */
    const char *title;  /**< at most 120 bytes of UTF-8, shown as they are.  NULL: "Generator" */
    gan_export_type weights; /**< GAN_EXPORT_FLOAT32, or GAN_EXPORT_FLOAT16 for half of the size */
    size_t n_directions;     /**< of sliders, at most 64.  0: 8 */
    /**
     * The files of gan_export_c_to() with `weights_apart` and the name "generator", as WebAssembly
     * that exports memory, __heap_base and generator_run.  NULL: the page computes in JavaScript.
     *
     *     clang --target=wasm32 -O3 -msimd128 -mbulk-memory -fno-math-errno -nostdlib
     *         -Wl,--no-entry -Wl,--export=generator_run -Wl,--export=__heap_base generator.c
     */
    const void *wasm;
    size_t wasm_bytes;              /**< how many bytes; 0 with NULL */
    const gan_allocator *allocator; /**< for what is worked in.  NULL: malloc */
} gan_export_page_desc;
#define GAN_EXPORT_PAGE_DESC_INIT                                                                  \
    GAN_SIZED_INIT(gan_export_page_desc, 0, GAN_EXPORT_FLOAT32, 0, 0, 0, 0)

/** GAN_EXPORT_PAGE_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_export_page_desc_init(gan_export_page_desc *desc, size_t struct_size);

/**
 * Write a generator of pictures as an HTML page that draws them in the browser: a single
 * self-contained file without external references.
 *
 * It draws new samples by a button and by their seed, and has sliders along the directions of the
 * latent space in which pictures change most, interpolation between two samples, a button for each
 * class, a grid, and downloads as PNG; it works with mouse, touch, keyboard and screen reader.  Its
 * pictures agree with the library's for the same latent vector to 1e-5, with 16-bit weights to
 * about 1e-3; a seed draws other latent vectors than in the library.
 *
 * The directions are the principal components of the first weight matrix's outputs for random
 * latent vectors (Haerkoenen, Hertzmann, Lehtinen and Paris, GANSpace, 2020).  Where no layer has a
 * matrix for them, there are no sliders.
 *
 * @param[in] net   The network.  Its picture is that of gan_network_picture_shape(), else its output
 *                  as [channels, height, width] or [height, width].
 * @param[in] path  The file's name; the directory must exist.
 * @param[in] desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           The page is there.
 * @retval GAN_ERR_INVALID  `net` or `path` is NULL, the network is not complete or has a layer that
 *                          can't be written, as for gan_export_c(), or a setting of `desc` is out of
 *                          range.
 * @retval GAN_ERR_SHAPE    The network makes no pictures of 1 or 3 channels.
 * @retval GAN_ERR_IO       The file could not be written.
 * @retval other            As gan_export_c().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_export_page(gan_network *net, const char *path,
                                                  const gan_export_page_desc *desc);

/**
 * Write what gan_export_page() writes to memory or by a function of the host.
 *
 * @param[in]     net   The network.
 * @param[in,out] to    The writer; its n_bytes tells how many bytes the page has.
 * @param[in]     desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           All of the page was written.
 * @retval GAN_ERR_INVALID  As gan_export_page(); or `to` is NULL, or the writer has neither memory nor
 *                          function.
 * @retval GAN_ERR_IO       The function failed, or the memory is too small; `to->n_bytes` then tells
 *                          how many bytes it takes.
 * @retval other            As gan_export_page().
 *
 * After an error discard the bytes that were written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_export_page_to(gan_network *net, gan_writer *to,
                                                     const gan_export_page_desc *desc);

/** Settings of an ONNX file; start from GAN_EXPORT_ONNX_DESC_INIT. */
typedef struct gan_export_onnx_desc {
    size_t struct_size; /**< set by GAN_EXPORT_ONNX_DESC_INIT */
    const char *input;  /**< name of the input: a letter, then letters, digits and _, at most 63,
                             and not "label".  NULL: "z" */
    const char *output; /**< name of the output.  NULL: "image" where it is a picture, else
                             "output" */
    int fold_batch_norm; /**< 1: a batch normalisation directly after a linear layer or a
                              convolution is folded into its weights, which changes the last bits.
                              0 */
    const gan_allocator *allocator; /**< for what is worked in.  NULL: malloc */
} gan_export_onnx_desc;
#define GAN_EXPORT_ONNX_DESC_INIT GAN_SIZED_INIT(gan_export_onnx_desc, 0, 0, 0, 0, 0)

/** GAN_EXPORT_ONNX_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_export_onnx_desc_init(gan_export_onnx_desc *desc, size_t struct_size);

/**
 * Write a network as an ONNX file, for onnxruntime and other programs: opset 17, version 8 of
 * the format.
 *
 * Inputs: "z", float [N, ...] with the network's input shape, and of a conditional network "label",
 * int64 [N]; N is any number from 1 on.  Output: "image", float [N, channels, height, width], where
 * gan_network_picture_shape() knows the picture, else "output" of the network's output shape.  It
 * agrees with gan_network_forward() to about 1e-6 of the largest number.  Tensors have the names that
 * they have in files, "0.weight"; weights with spectral norm are written divided by it, as "weight".
 *
 * Every kind of layer can be written.  The samples of a call are one batch for
 * gan_layer_minibatch_stddev(), as in gan_network_forward().
 *
 * Metadata: "Image.NominalPixelRange", "Normalized_1_1" (from -1 to 1), and
 * "Image.BitmapPixelFormat", "Gray8" or "Rgb8", of pictures, as ONNX has these; and the names of the
 * classes, the distribution of latent vectors and the scaler as gan_network_save() writes them:
 * "libgan.classes", JSON such as ["T-shirt", "trouser"], and so on (docs/formats.md).
 *
 * @param[in] net   The network.
 * @param[in] path  The file's name.
 * @param[in] desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             The file is there.
 * @retval GAN_ERR_INVALID    `net` or `path` is NULL, the network is not complete, has a layer that
 *                            can't be written, which is named, or more weights than an ONNX file
 *                            can hold, 2 GiB; or a name in `desc` is invalid, or both are the same.
 * @retval GAN_ERR_NONFINITE  A weight or buffer is NaN or infinite; it is named.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_BUSY       Another call is running, estimating or training it.
 * @retval other              What gan_network_add() met first.
 *
 * Memory:       up to five times that of the weights, until it returns.
 * Determinism:  the same network and settings give the same bytes, on every machine.
 *
 * Source: ONNX, IR version 8 (github.com/onnx/onnx, onnx.proto and Operators.md).
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_export_onnx(gan_network *net, const char *path,
                                                  const gan_export_onnx_desc *desc);

/**
 * Write an ONNX file to memory or by a function of the host.
 *
 * @param[in]     net   The network.
 * @param[in,out] to    The writer; its n_bytes tells how many bytes the file has.
 * @param[in]     desc  Settings, or NULL.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  As gan_export_onnx(); `to` is NULL, or the writer has neither memory nor
 *                          function.
 * @retval GAN_ERR_IO       The function failed, or the memory is too small; `to->n_bytes` then tells
 *                          how many bytes it takes.
 * @retval other            As gan_export_onnx().
 *
 * After an error discard the bytes that were written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_export_onnx_to(gan_network *net, gan_writer *to,
                                                     const gan_export_onnx_desc *desc);

GAN_END_DECLS

#endif
