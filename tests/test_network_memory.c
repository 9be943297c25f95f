/* test_network_memory.c - every allocation of the process fails in turn while files are read and
 * written, including those that bypass the host's allocator: each is GAN_ERR_NOMEM. */
#include "expect.h"
#include "game.h"

#include <errno.h>
#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- an allocation that fails, where the C library permits it ---- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define CAN_FAIL 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) &&                     \
    !__has_feature(memory_sanitizer)
#define CAN_FAIL 1
#endif
#endif

static size_t left = SIZE_MAX; /* allocations until the one that fails */
static int failed;

#ifdef CAN_FAIL
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t n);

static int refuse(void)
{
    if (left == SIZE_MAX || left-- > 0) return 0;
    left = SIZE_MAX;
    failed = 1;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    return refuse() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return refuse() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t n)
{
    return refuse() ? NULL : __libc_realloc(memory, n);
}
#endif

/* ---- calls under test ---- */

static char path[1024];

static gan_network *every_kind(void)
{
    static const char *const names[] = {"one", "\xc3\xa9"};
    gan_network *net = gan_network_create(gan_shape_1d(4), NULL);
    gan_network *body = gan_network_create(gan_shape_1d(6), NULL);

    expect_ok(gan_network_add(net, gan_layer_label_embedding(2, 2)));
    expect_ok(gan_network_add(body, gan_layer_spectral_norm(gan_layer_linear(6, 6))));
    expect_ok(gan_network_add(body, gan_layer_batch_norm(6, NULL)));
    expect_ok(gan_network_add(net, gan_layer_residual(body, NULL)));
    expect_ok(gan_network_set_class_names(net, names, 2));
    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 2, 3)));
    return net;
}

static gan_status open_it(void *unused)
{
    gan_network *net = NULL;
    const gan_status status = gan_network_open(&net, path, NULL);

    (void)unused;
    gan_network_destroy(net);
    return status;
}

static gan_status load_it(void *net)
{
    return gan_network_load(net, path, NULL);
}

static gan_status save_it(void *net)
{
    return gan_network_save(net, path);
}

static gan_status load_run(void *trainer)
{
    return gan_checkpoint_load(trainer, NULL, path);
}

static gan_status resume_run(void *trainer)
{
    static const char *const adopt[] = {"batch_size"};

    return gan_checkpoint_resume(trainer, NULL, path,
                                 &(gan_checkpoint_resume_desc){GAN_CHECKPOINT_RESUME_DESC_INIT,
                                                               .adopt = adopt, .n_adopt = 1});
}

static gan_status read_extra(void *unused)
{
    char bytes[4];
    size_t n;

    (void)unused;
    return gan_checkpoint_read_extra_state(bytes, sizeof bytes, &n, path);
}

static gan_status save_run(void *trainer)
{
    return gan_checkpoint_save(trainer, NULL, path);
}

static gan_status open_run(void *unused)
{
    gan_network *g = NULL, *d = NULL;
    const gan_status status = gan_checkpoint_networks(&g, &d, path, NULL);

    (void)unused;
    gan_network_destroy(g);
    gan_network_destroy(d);
    return status;
}

/* The C library's own allocations may fail: a file's buffer, and the directory that is searched for
 * abandoned files. */
static void sweep(gan_status (*attempt)(void *), void *user)
{
    size_t n = 0, n_ok = 0;

    expect_ok(attempt(user)); /* one-time allocations happen now */
    for (failed = 1; failed; n++) {
        gan_status status;

        failed = 0;
        left = n;
        status = attempt(user);
        left = SIZE_MAX;
        if (!failed) {
            expect_ok(status);
            break;
        }
        n_ok += status == GAN_OK;
        if (status != GAN_OK) expect_fails(status, GAN_ERR_NOMEM, "");
    }
#ifdef CAN_FAIL
    ck_assert_uint_gt(n, 10);
#endif
    ck_assert_uint_le(n_ok, 2);
}

TEST(networks_are_read_and_written_or_there_is_no_memory)
{
    gan_network *net = every_kind();

    snprintf(path, sizeof path, "%s", scratch_path("network-memory.safetensors"));
    sweep(save_it, net);
    sweep(open_it, NULL);
    sweep(load_it, net);
    gan_network_destroy(net);
}

TEST(runs_are_read_and_written_or_there_is_no_memory)
{
    game x = small_game();

    expect_ok(gan_trainer_set_extra_state(x.trainer, "mine", 4));
    snprintf(path, sizeof path, "%s", scratch_path("network-memory.gan"));
    sweep(save_run, x.trainer);
    sweep(load_run, x.trainer);
    sweep(resume_run, x.trainer);
    sweep(read_extra, NULL);
    sweep(open_run, NULL);
    game_end(&x);
}
