/* fuzz_checkpoint.c - any bytes as a checkpoint, as they are and with a correct checksum: an error,
 * or a run that continues. */
#include "file/file_internal.h"
#include "input.h"

#include <gan/gan.h>
#include <string.h>

/* A run of the smallest networks that cover all features; never destroyed. */
static gan_trainer *trainer;
static gan_iterator *it;

static void need(gan_status status)
{
    demand(status == GAN_OK, gan_last_error());
}

/* GAN_TEST_WRITE_CORPUS=FILE writes a valid one. */
static void make_run(void)
{
    static const uint8_t samples[3 * 5] = {0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220};
    gan_network *g = gan_network_create(gan_shape_1d(2), NULL),
                *d = gan_network_create(gan_shape_1d(3), NULL);
    gan_optimizer *g_opt, *d_opt;
    gan_dataset *data;
    const gan_batch *batch;

    gan_network_add(g, gan_layer_linear(2, 3));
    gan_network_add(g, gan_layer_dropout(0.25f));
    gan_network_add(d, gan_layer_linear(3, 1));
    need(gan_optimizer_create_adam(&g_opt, NULL));
    need(gan_optimizer_create_sgd(&d_opt, NULL));
    need(gan_trainer_create(
        &trainer, g, d, g_opt, d_opt,
        &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 2, .n_threads = 1}));
    need(gan_dataset_create_bytes(&data, samples, NULL, 5, gan_shape_1d(3), NULL));
    need(gan_iterator_create(
        &it, data, &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = 2, .shuffle = 1}));
    need(gan_iterator_next(it, &batch));
    need(gan_train_step(trainer, batch, NULL));
    need(gan_trainer_set_extra_state(trainer, "mine", 4));
    if (getenv("GAN_TEST_WRITE_CORPUS"))
        need(gan_checkpoint_save(trainer, it, getenv("GAN_TEST_WRITE_CORPUS")));
}

static void expect_in_contract(gan_status status)
{
    demand(status == GAN_OK || status == GAN_ERR_FORMAT || status == GAN_ERR_NOMEM ||
               status == GAN_ERR_INVALID || status == GAN_ERR_SHAPE || status == GAN_ERR_NONFINITE,
           "the status is in the contract");
}

/* A loaded run can continue, unless its numbers overflow, and can be saved. */
static void go_on(void)
{
    static uint8_t saved[64 << 10];
    gan_writer to = gan_writer_memory(saved, sizeof saved);
    gan_reader from;
    const gan_batch *batch;
    gan_status status = gan_iterator_next(it, &batch);

    demand(status == GAN_OK || status == GAN_END, "a batch or the end of the epoch");
    if (status == GAN_OK) {
        status = gan_train_step(trainer, batch, NULL);
        demand(status == GAN_OK || status == GAN_ERR_NONFINITE, "a step succeeds or is refused");
    }
    status = gan_checkpoint_save_to(trainer, it, &to);
    if (status == GAN_ERR_IO && to.n_bytes > sizeof saved) return; /* a large extra state */
    need(status);                                                  /* all numbers are finite */
    from = gan_reader_memory(saved, to.n_bytes);
    need(gan_checkpoint_load_from(trainer, it, &from));
}

/* With settings allowed to differ, more is read. */
static gan_status resume(const gan_reader *from)
{
    static const char *const adopt[] = {"*"};

    return gan_checkpoint_resume_from(trainer, it, from,
                                      &(gan_checkpoint_resume_desc){GAN_CHECKPOINT_RESUME_DESC_INIT,
                                                                    .adopt = adopt, .n_adopt = 1});
}

static void try(const uint8_t *bytes, size_t n)
{
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    gan_network *g, *d;
    gan_status status;
    size_t n_extra;

    expect_in_contract(gan_checkpoint_read_info_from(&info, &from));
    expect_in_contract(gan_checkpoint_read_extra_state_from(NULL, 0, &n_extra, &from));
    status = gan_checkpoint_networks_from(&g, &d, &from, NULL);
    expect_in_contract(status);
    demand((status == GAN_OK) == (g != NULL) && (status == GAN_OK) == (d != NULL),
           "networks are returned on success only");
    gan_network_destroy(g);
    gan_network_destroy(d);
    status = gan_checkpoint_load_from(trainer, it, &from);
    expect_in_contract(status);
    if (status == GAN_OK) go_on();
    status = resume(&from);
    expect_in_contract(status);
    if (status == GAN_OK) go_on();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *sealed = malloc(n > 0 ? n : 1);
    uint32_t sum;

    if (!trainer) make_run();
    try(bytes, n);
    if (sealed && n >= 4) {
        memcpy(sealed, bytes, n);
        sum = gan__file_sum(0, bytes, n - 4);
        for (size_t i = 0; i < 4; i++) sealed[n - 4 + i] = (uint8_t)(sum >> (8 * i));
        if (memcmp(sealed, bytes, n) != 0) try(sealed, n);
    }
    free(sealed);
    return 0;
}
