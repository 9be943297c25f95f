/* networks.c - see networks.h. */
#include "networks.h"

enum { LEAST = 4, WIDEST = 8, STDDEV_GROUP = 4 };

const networks_kind *const networks_kinds[] = {[NETWORKS_DCGAN] = &networks_dcgan,
                                               [NETWORKS_DEEP] = &networks_deep,
                                               &networks_resnet,
                                               &networks_r3gan,
                                               NULL};
const char *const networks_names[] = {
    [NETWORKS_DCGAN] = "dcgan", [NETWORKS_DEEP] = "deep", "resnet", "r3gan", NULL};

size_t networks_halvings(size_t side)
{
    size_t n = 0;
    for (; side >= 2 * LEAST; side /= 2) n++;
    return n;
}

size_t networks_count(const networks_plan *plan)
{
    size_t h = plan->picture.dim[1], w = plan->picture.dim[2];
    return networks_halvings(h < w ? h : w);
}

networks_map networks_halved(const networks_plan *plan, size_t n)
{
    return (networks_map){plan->picture.dim[1] >> n, plan->picture.dim[2] >> n};
}

size_t networks_width(const networks_plan *plan, size_t n)
{
    if (n == 0) return plan->base > 1 ? plan->base / 2 : 1;
    size_t factor = (size_t)1 << (n - 1);
    return plan->base * (factor < WIDEST ? factor : WIDEST);
}

/* ---- Layers for the architectures ---- */

void networks_add_norm(gan_network *net, const networks_plan *plan, size_t channels)
{
    if (plan->classes > 0)
        gan_network_add_conditional_batch_norm(net, channels, plan->classes, NULL);
    else
        gan_network_add(net, gan_layer_batch_norm(channels, NULL));
}

gan_conv2d_desc networks_whole(networks_map size)
{
    return (gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .kernel_size = {size.height, size.width}};
}

void networks_add_first(gan_network *net, const networks_plan *plan, int no_bias)
{
    size_t n = networks_count(plan);
    size_t inputs = plan->latent + (plan->classes > 0 ? plan->embedding : 0);
    gan_conv2d_desc desc = networks_whole(networks_halved(plan, n));
    desc.no_bias = no_bias;
    gan_network_add(net, gan_layer_conv_transpose2d(inputs, networks_width(plan, n), 1, &desc));
}

void networks_add_weights(gan_network *net, const networks_plan *plan, gan_layer *layer)
{
    run_add_weights(net, plan->spectral_norm, layer);
}

void networks_add_head(gan_network *net, const networks_plan *plan, size_t channels,
                       networks_map size)
{
    gan_conv2d_desc desc = networks_whole(size);
    if (plan->stddev) {
        gan_network_add(net, gan_layer_minibatch_stddev(STDDEV_GROUP));
        channels++;
    }
    if (plan->shown > 0)
        gan_network_add(net,
                        gan_layer_projection(channels * size.height * size.width, plan->shown));
    else
        networks_add_weights(net, plan, gan_layer_conv2d(channels, plan->outputs, 1, &desc));
}

/* ---- Making them ---- */

/* Return NULL after saying what is wrong with the network. */
static gan_network *initialize(gan_network *net, const networks_kind *kind, uint64_t seed)
{
    if (cli_ok(gan_network_initialize_as(net, seed, &kind->init))) return net;
    gan_network_destroy(net);
    return NULL;
}

gan_network *networks_make_generator(const networks_kind *kind, const networks_plan *plan,
                                     uint64_t seed)
{
    gan_network *net = gan_network_create(gan_shape_3d(plan->latent, 1, 1), NULL);
    if (plan->classes > 0)
        gan_network_add(net, gan_layer_label_embedding(plan->classes, plan->embedding));
    kind->add_generator(net, plan);
    return initialize(net, kind, seed);
}

gan_network *networks_make_discriminator(const networks_kind *kind, const networks_plan *plan,
                                         uint64_t seed)
{
    gan_network *net = gan_network_create(plan->picture, NULL);
    kind->add_discriminator(net, plan);
    if (plan->sigmoid) gan_network_add(net, gan_layer_sigmoid());
    return initialize(net, kind, seed);
}

/* ---- Training ---- */

/* The papers on penalties and spectral normalisation use no batch_norm layers in the
 * discriminator. */
static int is_plain(const run_options *opt)
{
    return opt->penalty != GAN_PENALTY_NONE || opt->spectral_norm;
}

static networks_plan plan_of(const networks_options *o, const run_parts *parts)
{
    return (networks_plan){.picture = gan_dataset_shape(parts->data),
                           .latent = (size_t)o->latent,
                           .base = (size_t)o->base,
                           .embedding = (size_t)o->embedding,
                           .classes = parts->n_classes,
                           .shown = run_shows_labels(parts) ? parts->n_classes : 0,
                           .outputs = run_output_size(parts),
                           .plain = o->d_no_batch_norm || is_plain(parts->opt),
                           .spectral_norm = parts->opt->spectral_norm,
                           .attention = o->attention,
                           .stddev = o->stddev,
                           .sigmoid = run_ends_in_sigmoid(parts->opt)};
}

static int leaves_rest(const networks_plan *plan)
{
    size_t rest = ((size_t)1 << networks_count(plan)) - 1;
    return (plan->picture.dim[1] & rest) != 0 || (plan->picture.dim[2] & rest) != 0;
}

static int check(const networks_kind *kind, const networks_plan *plan)
{
    size_t h = plan->picture.rank == 3 ? plan->picture.dim[1] : 0;
    size_t w = plan->picture.rank == 3 ? plan->picture.dim[2] : 0;
    if (h < 2 * LEAST || w < 2 * LEAST)
        cli_say("pictures of at least 8 x 8 pixels expected, found %zu x %zu", h, w);
    else if (kind->doubles && leaves_rest(plan))
        cli_say("--network %s: sides that can be halved %zu times expected, such as 28, 32 or 64, "
                "found %zu x %zu; dcgan and deep take any",
                kind->name, networks_count(plan), h, w);
    else if (plan->attention && kind != &networks_resnet)
        cli_say("--attention: is for --network resnet");
    else
        return 1;
    return 0;
}

int networks_train(const networks_options *networks, const run_parts *parts)
{
    const networks_kind *kind = networks_kinds[networks->network];
    run_parts whole = *parts;
    networks_plan plan = plan_of(networks, parts), plan_of_d = plan;
    uint64_t seed = (uint64_t)parts->opt->seed;
    int code = CLI_EXIT_FAILURE;

    if (!check(kind, &plan)) return code;
    if (networks->d_base > 0) plan_of_d.base = (size_t)networks->d_base;
    whole.g = networks_make_generator(kind, &plan, 2 * seed);
    whole.d = networks_make_discriminator(kind, &plan_of_d, 2 * seed + 1); /* no weight of one is in
                                                                              the other */
    if (whole.g && whole.d) code = run_train(&whole);
    gan_network_destroy(whole.d);
    gan_network_destroy(whole.g);
    return code;
}
