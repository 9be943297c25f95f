/* dcgan.c - see dcgan.h.
 *
 * For 28x28 and base 64 the generator makes of 100 numbers 128 maps of 7x7, of these 64 of 14x14,
 * of these the picture; the discriminator goes back the same way to one number.  In a conditional
 * run the generator has some numbers of the class beside its noise, and batch_norm layers with
 * weights for each class; the discriminator ends in a projection (Miyato and Koyama, 2018).
 *
 * Sides need not be a power of two times something: halving rounds down, and doubling adds the pixel
 * that was lost.  The shorter side decides how often, and the first and the last kernel are as
 * large as the maps that are left.  45 x 30 pixels are:
 *
 *     [latent, 1, 1] -> kernel 11x7 -> [2 base, 11, 7] -> [base, 22, 15] -> [channels, 45, 30]
 *                                                  + 0, + 1         + 1, + 0 */
#include "dcgan.h"

enum { LEAST = 4, WIDEST = 8 };

size_t dcgan_halvings(size_t side)
{
    size_t n = 0;
    for (; side >= 2 * LEAST; side /= 2) n++;
    return n;
}

/* A picture's sides halved n times. */
typedef struct map_size {
    size_t height, width;
} map_size;

static map_size halved(gan_shape picture, size_t n)
{
    return (map_size){picture.dim[1] >> n, picture.dim[2] >> n};
}

/* How often both sides are halved. */
static size_t count_halvings(gan_shape picture)
{
    size_t h = picture.dim[1], w = picture.dim[2];
    return dcgan_halvings(h < w ? h : w);
}

/* Channels of the maps that are the picture halved n times, n > 0. */
static size_t width(size_t base, size_t n)
{
    size_t factor = (size_t)1 << (n - 1);
    return base * (factor < WIDEST ? factor : WIDEST);
}

/* How to double or halve the sides by a kernel of 4; batch_norm behind it has a bias of its own. */
static gan_conv2d_desc by_two(int before_norm)
{
    gan_conv2d_desc desc = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2), .padding = GAN_BOTH(1)};
    desc.no_bias = before_norm;
    return desc;
}

/* How to double them to maps of this size. */
static gan_conv2d_desc doubled_to(map_size size, int before_norm)
{
    gan_conv2d_desc desc = by_two(before_norm);
    desc.output_padding[0] = size.height % 2;
    desc.output_padding[1] = size.width % 2;
    return desc;
}

/* A kernel as large as a map: between the map and vectors. */
static gan_conv2d_desc whole_map(map_size size)
{
    return (gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .kernel_size = {size.height, size.width}};
}

/* Draw the weights as the paper does, from N(0, 0.02^2).  Return NULL after saying what is wrong
 * with the network. */
static gan_network *initialize(gan_network *net, uint64_t seed)
{
    if (cli_ok(gan_network_initialize_as(net, seed, NULL))) return net;
    gan_network_destroy(net);
    return NULL;
}

static void add_batch_norm(gan_network *net, size_t channels, size_t n_classes)
{
    if (n_classes > 0)
        gan_network_add_conditional_batch_norm(net, channels, n_classes, NULL);
    else
        gan_network_add(net, gan_layer_batch_norm(channels, NULL));
}

static gan_network *make_generator(const dcgan_options *o, const run_parts *parts, uint64_t seed)
{
    gan_shape picture = gan_dataset_shape(parts->data);
    size_t latent = (size_t)o->latent, base = (size_t)o->base, classes = parts->n_classes;
    size_t n = count_halvings(picture);
    gan_conv2d_desc first = whole_map(halved(picture, n));
    gan_network *net = gan_network_create(gan_shape_3d(latent, 1, 1), NULL);

    if (classes > 0) {
        gan_network_add(net, gan_layer_label_embedding(classes, (size_t)o->embedding));
        latent += (size_t)o->embedding;
    }
    first.no_bias = 1;
    gan_network_add(net, gan_layer_conv_transpose2d(latent, width(base, n), 1, &first));
    for (; n > 0; n--) {
        size_t in = width(base, n), out = n > 1 ? width(base, n - 1) : picture.dim[0];
        gan_conv2d_desc doubling = doubled_to(halved(picture, n - 1), n > 1);
        add_batch_norm(net, in, classes);
        gan_network_add(net, gan_layer_relu());
        gan_network_add(net, gan_layer_conv_transpose2d(in, out, 4, &doubling));
    }
    gan_network_add(net, gan_layer_tanh());
    return initialize(net, seed);
}

/* Whether the discriminator has batch_norm layers: the papers of penalties and of spectral_norm
 * leave them out. */
static int wants_batch_norm(const run_options *opt)
{
    return opt->penalty == GAN_PENALTY_NONE && !opt->spectral_norm;
}

static gan_network *make_discriminator(const dcgan_options *o, const run_parts *parts,
                                       uint64_t seed)
{
    gan_shape picture = gan_dataset_shape(parts->data);
    int norm = wants_batch_norm(parts->opt), limit = parts->opt->spectral_norm;
    size_t base = (size_t)o->base;
    size_t n = count_halvings(picture);
    map_size left = halved(picture, n);
    gan_conv2d_desc first = by_two(0), halving = by_two(norm), last = whole_map(left);
    gan_network *net = gan_network_create(picture, NULL);

    run_add_weights(net, limit, gan_layer_conv2d(picture.dim[0], base, 4, &first));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    for (size_t i = 2; i <= n; i++) {
        size_t in = width(base, i - 1), out = width(base, i);
        run_add_weights(net, limit, gan_layer_conv2d(in, out, 4, &halving));
        if (norm) gan_network_add(net, gan_layer_batch_norm(out, NULL));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    size_t maps = width(base, n);
    if (run_shows_labels(parts))
        gan_network_add(
            net, gan_layer_projection(maps * left.height * left.width, parts->n_classes));
    else
        run_add_weights(net, limit, gan_layer_conv2d(maps, run_output_size(parts), 1, &last));
    run_add_output(parts->opt, net);
    return initialize(net, seed);
}

int dcgan_train(const dcgan_options *networks, const run_parts *parts)
{
    run_parts whole = *parts;
    gan_shape picture = gan_dataset_shape(parts->data);
    uint64_t seed = (uint64_t)parts->opt->seed;
    int code = CLI_EXIT_FAILURE;

    if (picture.rank != 3 || !count_halvings(picture)) {
        cli_say("pictures of at least 8 x 8 pixels expected, found %zu x %zu",
                picture.rank == 3 ? picture.dim[1] : 0, picture.rank == 3 ? picture.dim[2] : 0);
        return code;
    }
    whole.g = make_generator(networks, parts, 2 * seed);
    whole.d =
        make_discriminator(networks, parts, 2 * seed + 1); /* no weight of one is in the other */
    if (whole.g && whole.d) code = run_train(&whole);
    gan_network_destroy(whole.d);
    gan_network_destroy(whole.g);
    return code;
}
