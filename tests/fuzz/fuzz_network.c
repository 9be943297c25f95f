/* fuzz_network.c - any bytes as a network's file, and any text as the description of its layers: an
 * error, or a network that runs, and survives a round trip through a file. */
#include "base/alloc_internal.h"
#include "input.h"
#include "network/network_internal.h"

#include <gan/gan.h>
#include <math.h>
#include <string.h>

/* A file may describe a huge network, which a fuzzer has no time for. */
enum { MOST_NUMBERS = 1 << 16, ROWS = 19 };

static void expect_in_contract(gan_status status)
{
    demand(status == GAN_OK || status == GAN_ERR_FORMAT || status == GAN_ERR_NOMEM ||
               status == GAN_ERR_SHAPE || status == GAN_ERR_NONFINITE,
           "the status is in the contract");
}

static size_t numbers_of(const gan_network *net)
{
    size_t n = gan__size_add(net->n_params, net->n_buffers);

    n = gan__size_add(n, gan_shape_size(net->input));
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];

        n = gan__size_add(n, gan_shape_size(layer->out));
        n = gan__size_add(n, layer->class->scratch ? layer->class->scratch(layer) / 64 : 0);
    }
    return n;
}

/* Enough samples for several tiles of some groups. */
static void run_it(gan_network *net)
{
    const size_t in = gan_shape_size(net->input),
                 out = gan_shape_size(gan_network_output_shape(net));
    float *x = calloc(ROWS * in, sizeof *x), *y = malloc(ROWS * out * sizeof *y);
    uint8_t labels[ROWS] = {0};

    for (size_t i = 0; x && i < ROWS * in; i++) x[i] = (float)(i % 7) - 3;
    for (size_t i = 0; i < ROWS && net->n_classes > 0; i++)
        labels[i] = (uint8_t)(i % net->n_classes);
    if (x && y)
        demand(gan_network_forward_labels(net, x, net->n_classes > 0 ? labels : NULL, ROWS, y) ==
                   GAN_OK,
               "a network runs");
    free(x);
    free(y);
}

/* Also in place, from the file's bytes. */
static void read_again(gan_network *net, const void *bytes, size_t n)
{
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_network *again = NULL, *lies = NULL;

    demand(gan_network_open_from(&again, &from, NULL) == GAN_OK, "and read again");
    demand(again->n_layers == net->n_layers && again->n_params == net->n_params,
           "it has the same layers");
    demand(gan_network_load_from(net, &from, NULL) == GAN_OK, "its file loads into it");
    if (net->n_params > 0)
        demand(memcmp(again->params, net->params, net->n_params * sizeof(float)) == 0,
               "it has the same weights");
    demand(gan_network_open_in_place(&lies, bytes, n, NULL) == GAN_OK, "it opens in place");
    gan_network_destroy(lies);
    gan_network_destroy(again);
}

static void write_and_read_again(gan_network *net)
{
    gan_writer to = gan_writer_memory(NULL, 0);
    gan_status status = gan_network_save_to(net, &to);
    void *bytes;

    /* Initial weights may overflow, as the description says. */
    demand(status == GAN_ERR_IO || status == GAN_ERR_NONFINITE || status == GAN_ERR_INVALID,
           "the size of a network's file is known, if its header isn't too large");
    if (status != GAN_ERR_IO) return;
    bytes = malloc(to.n_bytes);
    if (!bytes) return;
    to = gan_writer_memory(bytes, to.n_bytes);
    demand(gan_network_save_to(net, &to) == GAN_OK, "and written");
    read_again(net, bytes, to.n_bytes);
    free(bytes);
}

static void use(gan_network *net)
{
    gan_network *clone = NULL;

    if (numbers_of(net) > MOST_NUMBERS) return;
    demand(gan_network_build(net) == GAN_OK, "what was read can be completed");
    run_it(net);
    demand(gan_network_clone(&clone, net) == GAN_OK, "it can be cloned");
    gan_network_destroy(clone);
    write_and_read_again(net);
}

static void try_file(const uint8_t *bytes, size_t n)
{
    const gan_reader from = gan_reader_memory(bytes, n);
    const gan_rename moved[] = {{"1.", "0."}};
    const gan_network_load_desc lenient = {GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1},
                                renamed = {GAN_NETWORK_LOAD_DESC_INIT, .renames = moved,
                                           .n_renames = 1};
    gan_network *net = NULL, *own = gan_network_create(gan_shape_1d(2), NULL);
    gan_status status;

    gan_network_add(own, gan_layer_spectral_norm(gan_layer_linear(2, 3)));
    expect_in_contract(gan_network_load_from(own, &from, NULL));
    expect_in_contract(gan_network_load_from(own, &from, &lenient));
    expect_in_contract(gan_network_load_from(own, &from, &renamed));
    gan_network_destroy(own);
    status = gan_network_open_in_place(&net, bytes, n, NULL);
    if (status != GAN_ERR_INVALID) expect_in_contract(status); /* not aligned for floats */
    gan_network_destroy(net);
    status = gan_network_open_from(&net, &from, NULL);
    expect_in_contract(status);
    demand((status == GAN_OK) == (net != NULL), "a network is returned on success only");
    if (net) use(net);
    gan_network_destroy(net);
}

static void try_description(const uint8_t *bytes, size_t n)
{
    const gan__json *root = NULL;
    gan_network *net = NULL;
    gan_status status;
    gan_allocator a;

    demand(gan__alloc_init(&a, NULL) == GAN_OK, "malloc succeeds");
    status = gan__json_parse(&root, (const char *)bytes, n, &a);
    if (status == GAN_OK) status = gan__network_read(&net, root, "file", "key", NULL);
    expect_in_contract(status);
    if (net) use(net);
    gan_network_destroy(net);
    gan__json_free(root, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n > 0 && bytes[0] == '{')
        try_description(bytes, n);
    else
        try_file(bytes, n);
    return 0;
}
