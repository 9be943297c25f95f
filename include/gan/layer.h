/* layer.h - the layers that networks are made of. */
#ifndef GAN_LAYER_H
#define GAN_LAYER_H

#include <gan/api.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * A layer that is not yet part of a network: a kind and its settings.
 *
 * Every constructor returns a layer, or NULL when a setting is out of range or memory is short;
 * gan_last_error() then says which.  Pass it to gan_network_add(), which always takes ownership and
 * accepts NULL, so a network is written as a list of additions and checked once.  Layers and their
 * defaults are those of PyTorch's layers of the same name.
 *
 * Threads: constructors may run on any thread.
 */
typedef struct gan_layer gan_layer;

/**
 * Create a fully connected (dense) layer, y = x W^T + b (torch.nn.Linear).
 *
 * Input of any shape with `in` elements; output a vector of `out`.  Parameters: "weight", shape
 * [out, in], and "bias", shape [out], both drawn from U(-1/sqrt(in), 1/sqrt(in)).
 *
 * @param[in] in   Inputs, at least 1.
 * @param[in] out  Outputs, at least 1; in * out at most 2^31 - 1.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_linear(size_t in, size_t out);

/**
 * Create a leaky ReLU: y = x for x >= 0, y = slope * x below (torch.nn.LeakyReLU).  Keeps the
 * shape.
 *
 * @param[in] slope  0.2 is the usual choice for GANs; finite and not negative.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_leaky_relu(float slope);

/** Create a ReLU: y = max(x, 0) (torch.nn.ReLU).  Keeps the shape.  @return The layer, or NULL.
 * @since 0.1 */
GAN_API gan_layer *gan_layer_relu(void);

/** Create a tanh: y = tanh(x) (torch.nn.Tanh).  Keeps the shape.  @return The layer, or NULL.
 * @since 0.1 */
GAN_API gan_layer *gan_layer_tanh(void);

/**
 * Create a sigmoid: y = 1 / (1 + exp(-x)) (torch.nn.Sigmoid).  Keeps the shape.
 *
 * As the last layer of a discriminator it is skipped in training: the loss is computed from the
 * logits, its input, which is numerically stable (see loss.h).
 *
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_sigmoid(void);

/**
 * Create an ELU: y = x for x > 0, y = alpha * (exp(x) - 1) below (torch.nn.ELU).  Keeps the shape.
 *
 * @param[in] alpha  1 is PyTorch's default; finite and not negative.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_elu(float alpha);

/**
 * Create a SELU: an ELU with alpha 1.6733 whose output is multiplied by 1.0507, which preserves
 * mean 0 and variance 1 (torch.nn.SELU).  Keeps the shape.
 *
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_selu(void);

/**
 * Create a GELU: y = x times the standard normal cumulative distribution function at x
 * (torch.nn.GELU).  Keeps the shape.
 *
 * @param[in] approximate  0: exactly, PyTorch's default; 1: its approximation by tanh, y = x / 2 *
 *                         (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_gelu(int approximate);

/** Create a SiLU (swish): y = x / (1 + exp(-x)) (torch.nn.SiLU).  Keeps the shape.  @return The
 * layer, or NULL. @since 0.1 */
GAN_API gan_layer *gan_layer_silu(void);

/**
 * Create a softplus: y = log(1 + exp(beta * x)) / beta, and y = x where beta * x > threshold
 * (torch.nn.Softplus).  Keeps the shape.
 *
 * @param[in] beta       1 is PyTorch's default; 1e-30 to 1e30.
 * @param[in] threshold  20 is PyTorch's default; finite.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_softplus(float beta, float threshold);

/**
 * Create a PReLU: y = x for x > 0, y = slope * x below, with a trainable slope (torch.nn.PReLU).
 * Keeps the shape.
 *
 * Parameter: "weight", shape [num_parameters], all `init` at first.
 *
 * @param[in] num_parameters  1: one slope for all, PyTorch's default; else the number of channels,
 *                            which is the input's first dimension: one for each.
 * @param[in] init            0.25 is PyTorch's default; finite.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_prelu(size_t num_parameters, float init);

/**
 * Create a dropout layer: in training it sets each element to 0 with probability `p` and multiplies
 * the others by 1 / (1 - p); in evaluation it is the identity (torch.nn.Dropout).  Keeps the shape.
 *
 * @param[in] p  0 <= p < 1.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_dropout(float p);

/**
 * Create a channel-wise dropout layer: gan_layer_dropout() applied to whole channels of an image
 * (torch.nn.Dropout2d).  Keeps the shape.
 *
 * @param[in] p  0 <= p < 1.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_dropout2d(float p);

/** Create a layer that flattens a sample to a vector (torch.nn.Flatten).  @return The layer, or
 * NULL.  @since 0.1 */
GAN_API gan_layer *gan_layer_flatten(void);

/**
 * Create a layer that reshapes each sample, with the same number of elements (torch.nn.Unflatten
 * for a whole sample).
 *
 * @param[in] shape  The new shape, without the batch.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_reshape(gan_shape shape);

/** A pair in a descriptor's initialiser whose two values are the same: `.stride = GAN_BOTH(2)`. */
#define GAN_BOTH(n)                                                                                \
    {                                                                                              \
        (n), (n)                                                                                   \
    }

/** No padding: the same as 0. */
#define GAN_PADDING_NONE ((size_t)-1)

/**
 * Settings of gan_layer_conv2d() and gan_layer_conv_transpose2d(); start from GAN_CONV2D_DESC_INIT.
 *
 * Pairs are height and width, as PyTorch's: a padding of {1, 0} pads above and below.  {0, 0} means
 * the default.  Note that C completes `{1}` to {1, 0}; write GAN_BOTH(1), or {1, 1}.  A size with
 * one 0, such as a stride of {2, 0}, is refused.
 */
typedef struct gan_conv2d_desc {
    size_t struct_size;       /**< set by GAN_CONV2D_DESC_INIT */
    size_t kernel_size[2];    /**< default: the constructor's kernel_size */
    size_t stride[2];         /**< default 1 */
    size_t padding[2];        /**< zeros added on both sides, default 0 */
    size_t dilation[2];       /**< spacing between the kernel's elements, default 1 */
    size_t output_padding[2]; /**< conv_transpose2d: added to the output's size, default 0 */
    size_t groups;            /**< channels are split into this many groups, default 1 */
    int no_bias;              /**< 1: without a bias */
} gan_conv2d_desc;

/** The defaults. */
#define GAN_CONV2D_DESC_INIT GAN_SIZED_INIT(gan_conv2d_desc, {0}, {0}, {0}, {0}, {0}, 0, 0)

/** GAN_CONV2D_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_conv2d_desc_init(gan_conv2d_desc *desc, size_t struct_size);

/**
 * Create a 2-D convolution (torch.nn.Conv2d).
 *
 * Input: an image of `in_channels`.  Output: `out_channels` of height
 * (h + 2 padding - dilation (kernel_size - 1) - 1) / stride + 1, rounded down, and the width
 * likewise.  Parameters: "weight", shape [out_channels, in_channels / groups, kernel height, kernel
 * width], and "bias", shape [out_channels], both drawn from U(-b, b) with b = 1 / sqrt(in_channels
 * / groups * kernel height * kernel width).
 *
 * Kernels of 4x4 with stride 2 and of 3x3 with stride 1 are computed by Winograd convolution, with
 * fewer multiplications, where that is faster, in batches and with 16 channels or more: minimal
 * filtering (Winograd, 1980; Lavin and Gray, 2016), with tiles of 2x2 or 4x4 output pixels.  Passes
 * allocate memory for transformed weights when they are created, 1.8 to 6.3 times that of the
 * weights.  The environment variable GAN_CONV=direct, read at that time, selects direct convolution
 * instead, which rounds differently; samplers always use it.
 *
 * @param[in] in_channels   At least 1, divisible by desc->groups.
 * @param[in] out_channels  Likewise.
 * @param[in] kernel_size   Height and width of the kernel, at least 1.
 * @param[in] desc          NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_conv2d(size_t in_channels, size_t out_channels, size_t kernel_size,
                                    const gan_conv2d_desc *desc);

/**
 * Create a 2-D transposed convolution, which upsamples images (torch.nn.ConvTranspose2d): the
 * gradient of a convolution with respect to its input.
 *
 * Input: an image of `in_channels`.  Output: `out_channels` of height
 * (h - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1, and the width
 * likewise.  Parameters: "weight", shape [in_channels, out_channels / groups, kernel height, kernel
 * width], and "bias", shape [out_channels], both drawn from U(-b, b) with b = 1 / sqrt(out_channels
 * / groups * kernel height * kernel width).
 *
 * @param[in] in_channels   At least 1, divisible by desc->groups.
 * @param[in] out_channels  Likewise.
 * @param[in] kernel_size   Height and width of the kernel, at least 1.
 * @param[in] desc          NULL for the defaults; output_padding must be smaller than the stride or
 *                          the dilation.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_conv_transpose2d(size_t in_channels, size_t out_channels,
                                              size_t kernel_size, const gan_conv2d_desc *desc);

/**
 * Settings of gan_layer_conv1d() and gan_layer_conv_transpose1d(); start from GAN_CONV1D_DESC_INIT.
 */
typedef struct gan_conv1d_desc {
    size_t struct_size;    /**< set by GAN_CONV1D_DESC_INIT */
    size_t stride;         /**< 0: 1.  0 */
    size_t padding;        /**< zeros added at both ends.  0 */
    size_t dilation;       /**< spacing between the kernel's elements; 0: 1.  0 */
    size_t output_padding; /**< conv_transpose1d: added to the output's length.  0 */
    size_t groups;         /**< channels are split into this many groups; 0: 1.  0 */
    int no_bias;           /**< 1: without a bias.  0 */
} gan_conv1d_desc;

/** The defaults. */
#define GAN_CONV1D_DESC_INIT GAN_SIZED_INIT(gan_conv1d_desc, 0, 0, 0, 0, 0, 0)

/** GAN_CONV1D_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_conv1d_desc_init(gan_conv1d_desc *desc, size_t struct_size);

/**
 * Create a 1-D convolution, of audio or a time series (torch.nn.Conv1d).
 *
 * Input: shape [in_channels, length].  Output: shape [out_channels, (length + 2 padding - dilation
 * (kernel_size - 1) - 1) / stride + 1], rounded down.  Parameters: "weight", shape [out_channels,
 * in_channels / groups, kernel_size], and "bias", shape [out_channels], both drawn from U(-b, b)
 * with b = 1 / sqrt(in_channels / groups * kernel_size).  The bits are those of gan_layer_conv2d()
 * on images of height 1.
 *
 * @param[in] in_channels   At least 1, divisible by desc->groups.
 * @param[in] out_channels  Likewise.
 * @param[in] kernel_size   At least 1.
 * @param[in] desc          NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_conv1d(size_t in_channels, size_t out_channels, size_t kernel_size,
                                    const gan_conv1d_desc *desc);

/**
 * Create a 1-D transposed convolution, which upsamples sequences (torch.nn.ConvTranspose1d).
 *
 * Input: shape [in_channels, length].  Output: shape [out_channels, (length - 1) stride - 2 padding
 * + dilation (kernel_size - 1) + output_padding + 1].  Parameters: "weight", shape [in_channels,
 * out_channels / groups, kernel_size], and "bias", shape [out_channels], both drawn from U(-b, b)
 * with b = 1 / sqrt(out_channels / groups * kernel_size).
 *
 * @param[in] in_channels   At least 1, divisible by desc->groups.
 * @param[in] out_channels  Likewise.
 * @param[in] kernel_size   At least 1.
 * @param[in] desc          NULL for the defaults; output_padding must be smaller than the stride or
 *                          the dilation.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_conv_transpose1d(size_t in_channels, size_t out_channels,
                                              size_t kernel_size, const gan_conv1d_desc *desc);

/** Settings of normalisation layers; start from GAN_NORM_DESC_INIT. */
typedef struct gan_norm_desc {
    size_t struct_size; /**< set by GAN_NORM_DESC_INIT */
    double eps;         /**< added to the variance; above 0.  0: 1e-5 */
    double momentum;    /**< batch_norm: weight of a new batch in the running statistics, at most 1;
                             0: 0.1.  Other layers have none and refuse it.  0 */
    int no_affine;      /**< 1: without "weight" and "bias" */
} gan_norm_desc;

/** The defaults. */
#define GAN_NORM_DESC_INIT GAN_SIZED_INIT(gan_norm_desc, 0, 0, 0)

/** GAN_NORM_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_norm_desc_init(gan_norm_desc *desc, size_t struct_size);

/**
 * Create a batch normalisation layer, which normalises each channel over the batch
 * (torch.nn.BatchNorm1d, BatchNorm2d): y = (x - mean) / sqrt(var + eps) * weight + bias.  Keeps the
 * shape.
 *
 * In training, mean and variance (biased: divided by the count) are those of the batch: over all
 * samples and pixels of a channel.  A discriminator's real and generated samples are two batches,
 * in this order.  Each applied step updates the running statistics of the network being trained,
 * and only those: running = (1 - momentum) * running + momentum * batch, with the unbiased variance
 * (divided by count - 1).  Evaluation uses them in place of the batch's.  A step whose new running
 * statistics are not finite is not applied.
 *
 * Training needs two values per channel: a batch of a single sample with one value per channel
 * is refused by a trainer or a classifier (GAN_ERR_SHAPE), as by PyTorch.
 *
 * Input: any shape whose first dimension is `num_features`.  Parameters: "weight", ones, and
 * "bias", zeros; buffers: "running_mean", zeros, and "running_var", ones; all of shape
 * [num_features].  PyTorch's "num_batches_tracked" is not kept.
 *
 * @param[in] num_features  Channels, at least 1.
 * @param[in] desc          NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_batch_norm(size_t num_features, const gan_norm_desc *desc);

/**
 * Create a layer normalisation layer, which normalises each sample over its last dimensions
 * (torch.nn.LayerNorm).  Keeps the shape.
 *
 * Input: any shape that ends in `normalized_shape`, which has at least 2 elements.  Parameters:
 * "weight", ones, and "bias", zeros, both of that shape.
 *
 * @param[in] normalized_shape  The dimensions to normalise over.
 * @param[in] desc              NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_layer_norm(gan_shape normalized_shape, const gan_norm_desc *desc);

/**
 * Create a group normalisation layer, which normalises groups of channels of each sample
 * (torch.nn.GroupNorm).  Keeps the shape.
 *
 * Input: any shape whose first dimension is `num_channels`, with at least 2 values per group.
 * Parameters: "weight", ones, and "bias", zeros, both of shape [num_channels].
 *
 * @param[in] num_groups    At least 1.
 * @param[in] num_channels  A multiple of `num_groups`.
 * @param[in] desc          NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_group_norm(size_t num_groups, size_t num_channels,
                                        const gan_norm_desc *desc);

/**
 * Create an instance normalisation layer, which normalises each channel of each sample
 * (torch.nn.InstanceNorm1d, InstanceNorm2d), in evaluation too.  Keeps the shape.
 *
 * Input: any shape whose first dimension is `num_features`, with at least 2 values per channel.
 * Parameters with `affine`: "weight", ones, and "bias", zeros, both of shape [num_features].
 *
 * @param[in] num_features  Channels, at least 1.
 * @param[in] affine        1: with parameters; 0, PyTorch's default: without.
 * @param[in] desc          NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_instance_norm(size_t num_features, int affine,
                                           const gan_norm_desc *desc);

/**
 * Settings of gan_layer_max_pool2d() and gan_layer_avg_pool2d(); start from GAN_POOL2D_DESC_INIT.
 * Pairs are as in gan_conv2d_desc.
 */
typedef struct gan_pool2d_desc {
    size_t struct_size;    /**< set by GAN_POOL2D_DESC_INIT */
    size_t kernel_size[2]; /**< default: the constructor's kernel_size */
    size_t stride[2];      /**< default: the kernel_size */
    size_t padding[2];     /**< on both sides, at most half the kernel_size; default 0 */
    int exclude_pad;       /**< avg_pool2d only; 1: exclude padding zeros from the mean
                                (count_include_pad=False) */
} gan_pool2d_desc;

/** The defaults. */
#define GAN_POOL2D_DESC_INIT GAN_SIZED_INIT(gan_pool2d_desc, {0}, {0}, {0}, 0)

/** GAN_POOL2D_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_pool2d_desc_init(gan_pool2d_desc *desc, size_t struct_size);

/**
 * Create a 2-D max pooling layer: the maximum of each window of an image (torch.nn.MaxPool2d).
 *
 * Input: an image.  Output: as many channels of height (h + 2 padding - kernel_size) / stride + 1,
 * rounded down, and the width likewise.  Padding is never the maximum.  Of several equal values the
 * gradient goes to the first; a NaN is larger than any number.
 *
 * @param[in] kernel_size  Height and width of a window, at least 1.
 * @param[in] desc         NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_max_pool2d(size_t kernel_size, const gan_pool2d_desc *desc);

/**
 * Create a 2-D average pooling layer: the mean of each window of an image (torch.nn.AvgPool2d).
 *
 * Shapes as in gan_layer_max_pool2d(); padding is zeros.
 *
 * @param[in] kernel_size  Height and width of a window, at least 1.
 * @param[in] desc         NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_avg_pool2d(size_t kernel_size, const gan_pool2d_desc *desc);

/** Settings of gan_layer_max_pool1d() and gan_layer_avg_pool1d(); start from
 * GAN_POOL1D_DESC_INIT. */
typedef struct gan_pool1d_desc {
    size_t struct_size; /**< set by GAN_POOL1D_DESC_INIT */
    size_t stride;      /**< 0: the kernel_size.  0 */
    size_t padding;     /**< at both ends, at most half the kernel_size.  0 */
    int exclude_pad;    /**< avg_pool1d only; 1: exclude padding zeros from the mean
                             (count_include_pad=False).  0 */
} gan_pool1d_desc;

/** The defaults. */
#define GAN_POOL1D_DESC_INIT GAN_SIZED_INIT(gan_pool1d_desc, 0, 0, 0)

/** GAN_POOL1D_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_pool1d_desc_init(gan_pool1d_desc *desc, size_t struct_size);

/**
 * Create a 1-D max pooling layer: the maximum of each window of a sequence (torch.nn.MaxPool1d).
 *
 * Input: shape [channels, length].  Output: shape [channels, (length + 2 padding - kernel_size) /
 * stride + 1], rounded down.  Equal and NaN values as in gan_layer_max_pool2d().
 *
 * @param[in] kernel_size  Length of a window, at least 1.
 * @param[in] desc         NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_max_pool1d(size_t kernel_size, const gan_pool1d_desc *desc);

/**
 * Create a 1-D average pooling layer: the mean of each window of a sequence (torch.nn.AvgPool1d).
 *
 * Shapes as in gan_layer_max_pool1d(); padding is zeros.
 *
 * @param[in] kernel_size  Length of a window, at least 1.
 * @param[in] desc         NULL for the defaults.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_avg_pool1d(size_t kernel_size, const gan_pool1d_desc *desc);

/** Interpolation of gan_layer_upsample(). */
typedef enum gan_upsample_mode {
    GAN_UPSAMPLE_NEAREST = 0, /**< each value is repeated */
    GAN_UPSAMPLE_BILINEAR = 1 /**< the four neighbouring values are interpolated linearly */
} gan_upsample_mode;

/**
 * Create an upsampling layer, which enlarges height and width by `scale_factor`
 * (torch.nn.Upsample); or the length of a sequence [channels, length], for which
 * GAN_UPSAMPLE_BILINEAR is PyTorch's mode "linear".
 *
 * @param[in] scale_factor   At least 1.
 * @param[in] mode           The interpolation.
 * @param[in] align_corners  With GAN_UPSAMPLE_BILINEAR, 1: the centres of the corner pixels are
 *                           aligned; 0, PyTorch's default: their outer edges are.  Otherwise 0.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_upsample(size_t scale_factor, gan_upsample_mode mode,
                                      int align_corners);

/**
 * Create a pixel shuffle layer, which rearranges upscale_factor^2 channels into one whose sides are
 * upscale_factor times as long (torch.nn.PixelShuffle).
 *
 * Input: an image whose number of channels is a multiple of upscale_factor^2.  Element (y, x) of
 * channel c of the output is element (y / f, x / f) of channel c f^2 + y % f * f + x % f of the
 * input.
 *
 * @param[in] upscale_factor  At least 1.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_pixel_shuffle(size_t upscale_factor);

/**
 * Create a blur-pool layer, which downsamples an image with the filter [1, 2, 1] / 4 in both
 * directions (anti-aliasing: Zhang, 2019: Making Convolutional Networks Shift-Invariant Again;
 * R3GAN's resampling: Huang et al., 2024), which removes most of the detail that a smaller image
 * would alias.
 *
 * PyTorch's F.conv2d(x, k, stride=stride, padding=1, groups=channels), every channel of k being the
 * outer product of the filter with itself; so the image is zero-padded.  Input: an image.
 * Output: one of height (h - 1) / stride + 1, rounded down, and the width likewise.
 *
 * @param[in] stride  1 or 2; 1 only blurs.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_blur_pool2d(size_t stride);

/**
 * Create a layer that upsamples an image by 2 with the same filter: four times the adjoint of
 * gan_layer_blur_pool2d(2), PyTorch's F.conv_transpose2d(x, 4 k, stride=2, padding=1,
 * output_padding=1, groups=channels).
 *
 * Every other value is one of the input, and those between are means of their neighbours, with
 * zeros after the last row and column.  Input: an image.
 *
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_blur_upsample2d(void);

/**
 * Create a self-attention layer, in which each pixel attends to all pixels: the core of SAGAN's
 * (Zhang et al., 2019), whose 1x1 convolutions before and after it are separate layers.
 *
 * Input: an image of 2 key_channels + value_channels channels: a query, a key and a value per
 *        pixel.  Output: value_channels, for each pixel the sum of all pixels' values, weighted by
 *        the softmax over these of scale times query times key; F.scaled_dot_product_attention()
 *        with one head.  The block of SAGAN, which halves the values' channels as its authors'
 *        program does, is
 *
 *     gan_network *body = gan_network_create(gan_shape_3d(c, h, w), NULL);
 *
 *     gan_network_add(body, gan_layer_conv2d(c, c / 8 + c / 8 + c / 2, 1, NULL));
 *     gan_network_add(body, gan_layer_attention(c / 8, c / 2, 1));
 *     gan_network_add(body, gan_layer_conv2d(c / 2, c, 1, NULL));
 *     gan_network_add(net, gan_layer_residual(body, NULL));
 *
 * and is initially the identity with gan_init_desc.zero_last, as SAGAN's is with its gamma of 0.
 *
 * The time grows with the square of the number of pixels: 16x16 or 32x32 are usual.
 *
 * @param[in] key_channels    Channels of a query, and of a key; at least 1.
 * @param[in] value_channels  At least 1.
 * @param[in] scale           1 as in SAGAN; 1 / sqrt(key_channels) as in transformers; above 0,
 *                            finite.
 * @return The layer, or NULL.
 *
 * Memory:  a pass takes 4 values per pixel and thread, none per pair of pixels.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_attention(size_t key_channels, size_t value_channels, double scale);

/**
 * Create a mini-batch standard deviation layer: it appends a channel that tells a discriminator how
 * much the samples of a batch differ (Karras et al., 2018: progressive growing of GANs).
 *
 * Each `group_size` consecutive samples form a group; the last of a batch may be smaller.  The new
 * channel, the last, is filled with one value for the whole group: the mean, over all elements of a
 * sample, of their standard deviations over the group, sqrt(variance + 1e-8) with the variance
 * divided by the group's size.  In training real and generated samples are separate batches; in
 * gan_network_forward() the samples of a call are one.
 *
 * Input of any shape; its first dimension is the number of channels.
 *
 * @param[in] group_size  1 to 1024; 4 is the usual choice.  Where a network has several such
 *                        layers, the least common multiple of their groups may be at most 1024,
 *                        too, which gan_network_add() checks: GAN_ERR_SHAPE.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_minibatch_stddev(size_t group_size);

/** Destroy a layer that was not given to a network.  NULL is allowed.  @since 0.1 */
GAN_API void gan_layer_destroy(gan_layer *layer);

/**
 * Apply spectral normalisation to a linear or convolution layer: it computes with its weights
 * divided by their largest singular value, which bounds its Lipschitz constant (Miyato et al.,
 * 2018; torch.nn.utils.spectral_norm).
 *
 *     gan_network_add(d, gan_layer_spectral_norm(gan_layer_linear(784, 256)));
 *
 * The trained weights are `weight_orig`, as a matrix W with a row for each output; the unit vectors
 * `weight_u` and `weight_v` are kept and saved as buffers.  A forward run in training takes one
 * step of the power iteration, v = W^T u and u = W v, each normalised to length 1, and divides by u
 * W v; an applied step keeps u and v.  The gradient goes through u W v.  All-zero weights give NaN.
 *
 * @param[in] layer  A linear, conv2d or conv_transpose2d layer, which becomes the result, or is
 *                   destroyed when the result is NULL.  NULL gives NULL.
 * @return The layer; NULL for a layer of another kind or one that already has it.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_spectral_norm(gan_layer *layer);

/* Layers that look at a sample's label, which is below their `num_classes`.  A network with one of
 * them is conditional: see gan_network_class_count().  All of its layers have the same number of
 * classes, at most 65536. */

/**
 * Create a class embedding layer, which appends a learned vector of its class to each sample, y =
 * [x, e[label]] (torch.cat of x and a torch.nn.Embedding).
 *
 * An input of any shape with n elements becomes a vector of n + embedding_dim; one of [n, 1, 1],
 * as convolutions need it, [n + embedding_dim, 1, 1].  Parameter: "weight", shape [num_classes,
 * embedding_dim], drawn from N(0, 1).
 *
 * @param[in] num_classes    1 to 65536.
 * @param[in] embedding_dim  Elements per class, at least 1.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_label_embedding(size_t num_classes, size_t embedding_dim);

/**
 * Create a one-hot label layer, which appends num_classes values to each sample, 1 for its class
 * and 0 for the others (Mirza and Osindero, 2014; torch.nn.functional.one_hot).  No parameters.
 *
 * To an image [c, h, w] num_classes channels are appended, each filled with its value; other shapes
 * as by gan_layer_label_embedding().
 *
 * @param[in] num_classes  1 to 65536.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_one_hot(size_t num_classes);

/**
 * Create a label map layer, which appends learned feature maps of its class to each image [c, h,
 * w], giving [c + num_maps, h, w].
 *
 * Parameter: "weight", shape [num_classes, num_maps, h, w], drawn from N(0, 1): in PyTorch an
 * Embedding of num_maps * h * w values, reshaped.
 *
 * @param[in] num_classes  1 to 65536.
 * @param[in] num_maps     Channels to append, at least 1; 1 is the usual choice.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_label_map(size_t num_classes, size_t num_maps);

/**
 * Create a class-conditional affine layer, which scales and shifts each channel, y = weight[label]
 * x + bias[label].  Keeps the shape.
 *
 * After a normalisation without affine parameters this makes it a conditional one: see
 * gan_network_add_conditional_batch_norm().  Parameters: "weight", all 1 at first, and "bias", all
 * 0, both of shape [num_classes, num_features].
 *
 * @param[in] num_features  The number of channels, which is the input's first dimension.
 * @param[in] num_classes   1 to 65536.
 * @return The layer, or NULL.
 *
 * Source: Dumoulin, Shlens and Kudlur, A Learned Representation for Artistic Style, 2017.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_class_affine(size_t num_features, size_t num_classes);

/**
 * Create the last layer of a projection discriminator: y = (w + e[label]) . x + b, one output.
 *
 * Parameters: "weight", shape [1, in], and "bias", shape [1], as those of gan_layer_linear(); and
 * "embedding.weight", shape [num_classes, in], drawn from N(0, 1) as torch.nn.Embedding's.
 *
 * gan_layer_spectral_norm() does not accept it.
 *
 * @param[in] in           Elements in the input, which may have any shape; at least 1.
 * @param[in] num_classes  1 to 65536.
 * @return The layer, or NULL.
 *
 * Source: Miyato and Koyama, cGANs with Projection Discriminator, 2018.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_projection(size_t in, size_t num_classes);

GAN_END_DECLS

#endif
