/* test_train_stack.c - all calls on a thread with the smallest stack of pool.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "expect.h"
#include "game.h"

#include <gan/gan.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a host's calls, on one thread ---- */

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != GAN_OK) return #call;                                                        \
    } while (0)

enum { SIDE = 28, PIXELS = SIDE * SIDE, BATCH = 32, LATENT = 100 };

/* Networks with one of each layer that uses temporary arrays. */
static gan_network *generator(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(LATENT), NULL);

    (void)gan_network_add(net, gan_layer_label_embedding(10, 8));
    (void)gan_network_add(net, gan_layer_linear(LATENT + 8, 32 * 7 * 7));
    (void)gan_network_add(net, gan_layer_reshape(gan_shape_3d(32, 7, 7)));
    (void)gan_network_add(net, gan_layer_batch_norm(32, NULL));
    (void)gan_network_add(net, gan_layer_class_affine(32, 10));
    (void)gan_network_add(net, gan_layer_relu());
    (void)gan_network_add(net, gan_layer_upsample(2, GAN_UPSAMPLE_BILINEAR, 0));
    (void)gan_network_add(
        net,
        gan_layer_conv2d(32, 64, 3, &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .padding = {1, 1}}));
    (void)gan_network_add(net, gan_layer_instance_norm(64, 1, NULL));
    (void)gan_network_add(net, gan_layer_dropout(0.2f));
    (void)gan_network_add(
        net, gan_layer_conv_transpose2d(
                 64, 1, 4,
                 &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}}));
    (void)gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *discriminator(size_t outputs)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);

    (void)gan_network_add(
        net, gan_layer_spectral_norm(gan_layer_conv2d(
                 1, 32, 4,
                 &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}})));
    (void)gan_network_add(net, gan_layer_batch_norm(32, NULL));
    (void)gan_network_add(net, gan_layer_leaky_relu(0.2f));
    (void)gan_network_add(net, gan_layer_layer_norm(gan_shape_3d(32, 14, 14), NULL));
    (void)gan_network_add(net, gan_layer_group_norm(4, 32, NULL));
    (void)gan_network_add(net, gan_layer_minibatch_stddev(4));
    (void)gan_network_add(net, gan_layer_avg_pool2d(2, NULL));
    (void)gan_network_add(net, gan_layer_flatten());
    (void)gan_network_add(net, gan_layer_linear(33 * 7 * 7, 8192)); /* a product by the BLAS */
    (void)gan_network_add(net, gan_layer_leaky_relu(0.2f));
    (void)gan_network_add(net, gan_layer_linear(8192, outputs));
    return net;
}

typedef struct stage {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
    gan_dataset *data;
    gan_iterator *it;
    char path[4][1024];
} stage;

static const char *make_pictures(stage *s)
{
    static float pixels[PIXELS];
    char path[1200];

    if (mkdir(s->path[0], 0777) != 0) return "mkdir";
    for (size_t c = 0; c < 10; c++) {
        snprintf(path, sizeof path, "%s/%zu", s->path[0], c);
        if (mkdir(path, 0777) != 0) return "mkdir";
        for (size_t i = 0; i < 8; i++) {
            for (size_t j = 0; j < PIXELS; j++) pixels[j] = (float)((i + c * j) % 7) / 4 - 1;
            snprintf(path, sizeof path, "%s/%zu/%zu.png", s->path[0], c, i);
            MUST(gan_image_write_grid(path, pixels, 1, gan_shape_3d(1, SIDE, SIDE), NULL));
        }
    }
    MUST(gan_dataset_open_png(&s->data, s->path[0],
                              &(gan_png_desc){GAN_PNG_DESC_INIT, .width = 28, .height = 28,
                                              .memory_limit = 1, .n_threads = 1}));
    MUST(gan_iterator_create(&s->it, s->data,
                             &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = BATCH,
                                                  .shuffle = 1, .n_threads = 1}));
    return NULL;
}

static const char *make_trainer(stage *s)
{
    static const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH,
                                   .n_threads = 1,        .micro_batch = BATCH / 2,
                                   .label_flip = 0.1,     .instance_noise = 0.1,
                                   .average_decay = 0.9,  .penalty = &penalty};

    s->g = generator();
    s->d = discriminator(1);
    MUST(gan_network_initialize_as(
        s->g, 1, &(gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_ORTHOGONAL}));
    MUST(gan_optimizer_create_adam(&s->g_opt, NULL));
    MUST(gan_optimizer_create_rmsprop(&s->d_opt, NULL));
    MUST(gan_trainer_create(&s->trainer, s->g, s->d, s->g_opt, s->d_opt, &desc));
    return NULL;
}

static const char *train(stage *s)
{
    static float z[BATCH * LATENT], out[BATCH * PIXELS];
    static const uint8_t labels[BATCH] = {1, 2, 3};
    const gan_batch *batch;

    for (int i = 0; i < 2; i++) {
        MUST(gan_iterator_next(s->it, &batch));
        MUST(gan_train_step(s->trainer, batch, NULL));
    }
    MUST(gan_trainer_sample_labels(s->trainer, z, labels, BATCH, out));
    MUST(gan_network_forward_labels(s->g, z, labels, BATCH, out));
    MUST(gan_image_write_grid(s->path[1], out, BATCH, gan_shape_3d(1, SIDE, SIDE), NULL));
    return NULL;
}

static const char *save_and_load(stage *s)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    gan_network *g, *d, *average, *opened;

    MUST(gan_checkpoint_save_keep(s->trainer, s->it, s->path[2], 2));
    MUST(gan_checkpoint_load(s->trainer, s->it, s->path[2]));
    MUST(gan_checkpoint_read_info(&info, s->path[2]));
    MUST(gan_checkpoint_networks(&g, &d, s->path[2], NULL));
    MUST(gan_checkpoint_average(&average, s->path[2], NULL));
    MUST(gan_network_save(s->g, s->path[3]));
    MUST(gan_network_open(&opened, s->path[3], NULL));
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_network_destroy(average);
    gan_network_destroy(opened);
    if (gan_network_open(&opened, s->path[1], NULL) != GAN_ERR_FORMAT) return "a picture opens";
    return *gan_last_error() ? NULL : "no message";
}

static const char *classify(stage *s)
{
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = BATCH,
                                      .n_threads = 1};
    gan_network *net = discriminator(10);
    gan_optimizer *opt;
    gan_classifier *c;
    gan_moments *moments;
    const gan_batch *batch;
    double distance;

    MUST(gan_optimizer_create_sgd(&opt, NULL));
    MUST(gan_classifier_create(&c, net, opt, &desc));
    MUST(gan_iterator_seek(s->it, 0, 0));
    MUST(gan_iterator_next(s->it, &batch));
    MUST(gan_classifier_step(c, batch, NULL));
    MUST(gan_classifier_evaluate(c, s->it, NULL, NULL));
    MUST(gan_moments_create(&moments, 20, NULL));
    MUST(gan_moments_add(moments, batch->samples, 100));
    MUST(gan_metrics_frechet(&distance, moments, moments));
    gan_moments_destroy(moments);
    gan_classifier_destroy(c);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
    return NULL;
}

static void *do_nothing(void *argument)
{
    (void)argument;
    return NULL;
}

static void *do_everything(void *argument)
{
    const char *(*const acts[])(stage *) = {make_pictures, make_trainer, train, save_and_load,
                                            classify};
    stage *s = argument;
    const char *failed = NULL;

    for (size_t i = 0; i < sizeof acts / sizeof *acts && !failed; i++) failed = acts[i](s);
    if (failed) snprintf(s->path[1], sizeof s->path[1], "%s: %s", failed, gan_last_error());
    gan_trainer_destroy(s->trainer);
    gan_iterator_destroy(s->it);
    gan_dataset_destroy(s->data);
    gan_optimizer_destroy(s->g_opt);
    gan_optimizer_destroy(s->d_opt);
    gan_network_destroy(s->g);
    gan_network_destroy(s->d);
    return (void *)(size_t)(failed != NULL);
}

/* ---- the thread ---- */

enum { PAINT = 0x5a };

/* Run on its own stack of `bytes` bytes, below a guard page; return how many
 * it used. */
static size_t run_on_stack(size_t bytes, void *(*run)(void *), stage *s)
{
    const size_t guard = 64 * (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *memory =
        mmap(NULL, guard + bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t left = 0;
    pthread_attr_t attributes;
    pthread_t thread;
    void *failed;

    ck_assert(memory != MAP_FAILED && mprotect(memory, guard, PROT_NONE) == 0);
    memset(memory + guard, PAINT, bytes);
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, memory + guard, bytes), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, run, s), 0);
    ck_assert_int_eq(pthread_join(thread, &failed), 0);
    ck_assert_msg(!failed, "%s", s->path[1]);
    while (left < bytes && memory[guard + left] == PAINT) left++;
    pthread_attr_destroy(&attributes);
    munmap(memory, guard + bytes);
    return bytes - left;
}

TEST(a_thread_with_the_smallest_stack_does_everything)
{
    stage *s = calloc(1, sizeof *s);
    size_t by_host, used;

    if (!under_sanitizer()) { /* whose frames are several times as large */
        for (size_t i = 0; i < 4; i++) {
            static const char *const names[] = {"pictures", "grid.png", "run.gan", "g.safetensors"};

            snprintf(s->path[i], sizeof s->path[i], "%s", scratch_path(names[i]));
        }
        by_host = run_on_stack(GAN_STACK_BYTES, do_nothing, s);
        used = run_on_stack(GAN_STACK_BYTES, do_everything, s) - by_host;
        printf("%zu bytes of stack used, beside %zu of a thread's own\n", used, by_host);
        ck_assert_uint_gt(used, 4096);      /* the measurement works */
        ck_assert_uint_le(used, 32 * 1024); /* and a product's panel is as large again */
    }
    free(s);
}
