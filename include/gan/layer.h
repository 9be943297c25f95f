/* layer.h - the pieces that networks are made of. */
#ifndef GAN_LAYER_H
#define GAN_LAYER_H

#include <gan/export.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * One layer, before it is part of a network: a kind and its settings.
 *
 * Every constructor returns a layer, or NULL when a setting is out of range or memory is short;
 * gan_last_error() then says which.  Give it to gan_network_add(), which takes ownership always
 * and also takes NULL, so a network is written as one list of additions and checked once.  Layers
 * and their defaults are PyTorch's of the same name.
 *
 * Threads: constructors may run on any thread.
 */
typedef struct gan_layer gan_layer;

/**
 * Make a fully connected layer, y = x W^T + b (torch.nn.Linear).
 *
 * Input of any shape with `in` numbers; output a vector of `out`.  Parameters: "weight", shape
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
 * Make y = x for x >= 0, y = slope * x below (torch.nn.LeakyReLU).  Keeps the shape.
 *
 * @param[in] slope  0.2 is the usual choice for GANs; finite and not negative.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_leaky_relu(float slope);

/** Make y = max(x, 0) (torch.nn.ReLU).  Keeps the shape.  @return The layer, or NULL.  @since
 * 0.1 */
GAN_API gan_layer *gan_layer_relu(void);

/** Make y = tanh(x) (torch.nn.Tanh).  Keeps the shape.  @return The layer, or NULL.  @since 0.1 */
GAN_API gan_layer *gan_layer_tanh(void);

/**
 * Make y = 1 / (1 + exp(-x)) (torch.nn.Sigmoid).  Keeps the shape.
 *
 * As the last layer of a discriminator it is not computed in training: the loss works on its
 * input, which cannot saturate (see loss.h).
 *
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_sigmoid(void);

/**
 * Make a layer that sets each number to 0 with probability `p` in training and multiplies the
 * others by 1 / (1 - p); in evaluation it changes nothing (torch.nn.Dropout).  Keeps the shape.
 *
 * @param[in] p  0 <= p < 1.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_dropout(float p);

/** Make a vector of whatever comes in (torch.nn.Flatten).  @return The layer, or NULL.  @since
 * 0.1 */
GAN_API gan_layer *gan_layer_flatten(void);

/**
 * Give each sample another shape with as many numbers (torch.nn.Unflatten for a whole sample).
 *
 * @param[in] shape  The new shape, without the batch.
 * @return The layer, or NULL.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_reshape(gan_shape shape);

/** End a layer that was not given to a network.  NULL is allowed.  @since 0.1 */
GAN_API void gan_layer_destroy(gan_layer *layer);

GAN_END_DECLS

#endif
