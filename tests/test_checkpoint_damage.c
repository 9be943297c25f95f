/* test_checkpoint_damage.c - damaged and forged files, full disks, no memory: nothing changes. */
#include "budget.h"
#include "expect.h"
#include "file/file_internal.h"
#include "file/safetensors_internal.h"
#include "run.h"
#include "sequence.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Replaces the C library's fsync(): hundreds of small files need not wait for the disk. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

/* ---- Files that are not checkpoints ---- */

/* Every reader refuses it with this error, and the run stays unchanged. */
static void expect_refused(run *r, gan_status wanted, const char *part)
{
    static run_bytes before, after;
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT, .seed = 77};
    gan_network *g = (gan_network *)&g, *d = g;
    size_t n = 77;

    read_run(&before, r);
    expect_fails(load_run(r), wanted, part);
    expect_error_says(run_path);
    expect_fails(gan_checkpoint_networks(&g, &d, run_path, NULL), wanted, part);
    ck_assert(!g && !d);
    expect_fails(gan_checkpoint_read_info(&info, run_path), wanted, part);
    ck_assert_uint_eq(info.seed, 77);
    expect_fails(gan_checkpoint_read_extra_state(NULL, 0, &n, run_path), wanted, part);
    ck_assert_uint_eq(n, 77);
    expect_fails(gan_checkpoint_resume(r->game.trainer, r->it, run_path, NULL), wanted, part);
    read_run(&after, r);
    expect_same_bytes(&before, &after);
}

TEST_FIXTURE(run_folder_begin, run_folder_end)
TEST_TIMEOUT(getenv("GAN_TEST_THOROUGH") ? 1800 : 0)

TEST(what_is_no_checkpoint_is_refused)
{
    const float number = 1;
    const gan_tensor one = {"x", {1, {1}}, 1, (float *)(uintptr_t)&number, 1};
    run r = plain_run();

    remove(run_path);
    expect_refused(&r, GAN_ERR_IO, "No such file");
    scratch_write(run_path, "GIF89a, or so", 13);
    expect_refused(&r, GAN_ERR_FORMAT, "byte 0");
    expect_ok(gan_network_save(r.game.g, run_path));
    expect_refused(&r, GAN_ERR_FORMAT, "not a checkpoint");
    expect_ok(gan__safetensors_write((gan__target){.path = run_path}, &one, 1,
                                     (const char *[]){"libgan.checkpoint", "1"}, 1, NULL));
    expect_refused(&r, GAN_ERR_FORMAT, "libgan.checksum");
    expect_ok(gan__safetensors_write_sealed((gan__target){.path = run_path}, &one, 1, NULL,
                                            (const char *[]){"libgan.checkpoint", "2"}, 1, NULL));
    expect_refused(&r, GAN_ERR_FORMAT, "format 2; this release reads 1 to 1");
    run_end(&r);
}

static void reseal(run_bytes *file)
{
    seal_again(file->at, file->n);
    scratch_write(run_path, file->at, file->n);
}

/* Replace a string of a checkpoint's header by another of the same length and correct the checksum,
 * as in a forged file. */
static void forge(run *r, const char *from, const char *to)
{
    static run_bytes file;
    const size_t n = strlen(from);
    size_t at = 0;

    expect_ok(save_run(r));
    read_bytes(&file, run_path);
    ck_assert_uint_eq(n, strlen(to));
    while (at + n < file.n && memcmp(file.at + at, from, n) != 0) at++;
    ck_assert_msg(at + n < file.n, "no %s in the file", from);
    memcpy(file.at + at, to, n);
    reseal(&file);
}

TEST(forged_settings_and_places_are_refused)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    run r = plain_run();

    run_steps(&r, 3);
    forge(&r, "\"g_steps\":\"3\"", "\"g_steps\":\"x\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT, "g_steps is x, a whole number expected");
    expect_fails(gan_checkpoint_read_info(&info, run_path), GAN_ERR_FORMAT,
                 "g_steps is x, a whole");
    forge(&r, "\"g_steps\":", "\"q_steps\":");
    expect_fails(load_run(&r), GAN_ERR_INVALID, "g_steps is not in the file, 3 here");
    expect_fails(gan_checkpoint_read_info(&info, run_path), GAN_ERR_FORMAT, "g_steps is missing");
    forge(&r, "\"libgan.version\":", "\"libgam.version\":");
    expect_fails(load_run(&r), GAN_ERR_INVALID, "libgam.version is 0.");
    expect_error_says("in the file, not here");
    forge(&r, "\"iterator.position\":\"24\"", "\"iterator.position\":\"25\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT, "no batch begins at position 25");
    forge(&r, "\"iterator.position\":\"24\"", "\"iterator.position\":\"56\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT, "no batch begins at position 56");
    forge(&r, "current_lr\":\"0.002\"", "current_lr\":\"-.002\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT,
                 "current_lr is -.002, a number of at least 0 expected");
    forge(&r, "current_lr\":\"0.002\"", "current_lr\":\"1e999\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT, "current_lr is 1e999");
    run_end(&r);
}

TEST(forged_tensors_are_refused)
{
    static run_bytes file;
    gan_network *g;
    run r = plain_run();

    run_steps(&r, 3);
    forge(&r, "\"generator.0.bias\"", "\"generator.0.bibs\"");
    expect_fails(load_run(&r), GAN_ERR_INVALID,
                 "tensor \"generator.0.bibs\" is in the file, not here");
    expect_fails(gan_checkpoint_networks(&g, NULL, run_path, NULL), GAN_ERR_SHAPE, "0.bibs");
    ck_assert_ptr_null(g);
    forge(&r, "\"generator_optimizer.exp_avg.0.bias\"", "\"libgan.or_optimizer.exp_avg.0.bias\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT,
                 "\"generator_optimizer.exp_avg.0.bias\" [11] is missing");
    forge(&r, "exp_avg.0.weight\":{\"dtype\":\"F32\"", "exp_avg.0.weight\":{\"dtype\":\"I32\"");
    expect_fails(load_run(&r), GAN_ERR_FORMAT,
                 "exp_avg.0.weight\" is I32 [11, 3], F32 [11, 3] expect");
    forge(&r, "[11, 3]", "[3, 11]");
    expect_fails(load_run(&r), GAN_ERR_FORMAT, "\" is F32 [3, 11], F32 [11, 3] expected");
    expect_ok(save_run(&r));
    read_bytes(&file, run_path);
    memcpy(file.at + file.n - 8, &(float){NAN}, sizeof(float));
    reseal(&file);
    expect_refused(&r, GAN_ERR_NONFINITE,
                   "value 0 of tensor \"discriminator_optimizer.exp_avg_sq.");
    run_end(&r);
}

/* ---- Failures while writing ---- */

TEST(a_weight_that_is_no_number_is_not_saved)
{
    static run_bytes before, after;
    run r = plain_run();
    gan_tensor t;

    expect_ok(save_run(&r));
    read_bytes(&before, run_path);
    expect_ok(gan_network_find(&t, r.game.d, "3.weight"));
    t.data[2] = NAN;
    expect_fails(save_run(&r), GAN_ERR_NONFINITE, "value 2 of tensor \"discriminator.3.weight\"");
    read_bytes(&after, run_path);
    expect_same_bytes(&before, &after);
    t.data[2] = -INFINITY;
    expect_fails(gan_checkpoint_save_keep(r.game.trainer, r.it, run_path, 2), GAN_ERR_NONFINITE,
                 "value 2 of tensor \"discriminator.3.weight\"");
    ck_assert_int_eq(access(path_beside(".1"), F_OK), -1);
    run_end(&r);
}

TEST(where_nothing_can_be_written_the_old_checkpoint_stays)
{
    const uid_t me = geteuid();
    run r = plain_run(), other = plain_run();
    gan_status status;

    expect_fails(gan_checkpoint_save(r.game.trainer, r.it, "/none/run.gan"), GAN_ERR_IO,
                 "/none/run.gan");
    expect_fails(gan_checkpoint_save_keep(r.game.trainer, r.it, run_folder, 1), GAN_ERR_IO,
                 "directory");
    run_steps(&r, 2);
    expect_ok(save_run(&r));
    run_steps(&r, 2);
    ck_assert_int_eq(chmod(run_folder, 0555), 0);
    if (me == 0) ck_assert_int_eq(seteuid(65534), 0);
    status = save_run(&r);
    if (me == 0) ck_assert_int_eq(seteuid(me), 0);
    ck_assert_int_eq(chmod(run_folder, 0755), 0);
    expect_fails(status, GAN_ERR_IO, "Permission denied");
    expect_ok(load_run(&other));
    ck_assert_uint_eq(gan_optimizer_steps(other.game.g_opt), 2);
    run_end(&r);
    run_end(&other);
}

/* Save while no file may grow beyond `n` bytes, as on a full disk. */
static gan_status save_on_full_disk(run *r, size_t n)
{
    struct rlimit old, limit;
    gan_status status;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = n;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    status = save_run(r);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    return status;
}

TEST(a_disk_that_is_full_after_any_byte_leaves_the_old_checkpoint)
{
    static run_bytes old, new, found;
    run r = small_run(), other = small_run();

    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    run_steps(&r, 2);
    expect_ok(save_run(&r));
    read_bytes(&old, run_path);
    run_steps(&r, 2);
    read_run(&new, &r);
    remove(path_beside(".other"));
    for (size_t k = 0; k < new.n; k++) {
        expect_fails(save_on_full_disk(&r, k), GAN_ERR_IO, "File too large");
        read_bytes(&found, run_path);
        expect_same_bytes(&old, &found);
    }
    expect_ok(load_run(&other));
    ck_assert_uint_eq(gan_optimizer_steps(other.game.g_opt), 2);
    expect_ok(save_on_full_disk(&r, new.n));
    read_bytes(&found, run_path);
    expect_same_bytes(&new, &found);
    run_end(&r);
    run_end(&other);
}

/* ---- Damaged files: every byte, within seconds.  All 255 changes of a byte with GAN_TEST_THOROUGH
 * ---- */

TEST(no_beginning_of_a_checkpoint_is_one)
{
    static run_bytes whole, before, after;
    run r = small_run();

    run_steps(&r, 2);
    expect_ok(save_run(&r));
    read_bytes(&whole, run_path);
    read_run(&before, &r);
    for (size_t n = whole.n; n-- > 0;) {
        gan_status status;

        ck_assert_int_eq(truncate(run_path, (off_t)n), 0);
        status = load_run(&r);
        ck_assert_msg(status == GAN_ERR_FORMAT, "%zu bytes: %s", n, gan_status_name(status));
        expect_error_says(run_path);
    }
    scratch_write(run_path, whole.at, whole.n + 1);
    expect_fails(load_run(&r), GAN_ERR_FORMAT, "must end with the file");
    read_run(&after, &r);
    expect_same_bytes(&before, &after);
    run_end(&r);
}

/* By each of the three readers, or by one. */
static int is_refused(run *r, int by_all)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    gan_network *g, *d;

    return load_run(r) == GAN_ERR_FORMAT &&
           (!by_all || (gan_checkpoint_read_info(&info, run_path) == GAN_ERR_FORMAT &&
                        gan_checkpoint_networks(&g, &d, run_path, NULL) == GAN_ERR_FORMAT));
}

TEST(no_byte_of_a_checkpoint_can_be_changed)
{
    const unsigned step = getenv("GAN_TEST_THOROUGH") ? 1 : 85; /* xor with 1, 86 and 171 */
    static run_bytes whole, before, after;
    run r = small_run();
    int fd;

    run_steps(&r, 2);
    expect_ok(save_run(&r));
    read_bytes(&whole, run_path);
    read_run(&before, &r);
    fd = open(run_path, O_WRONLY);
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < whole.n; i++) {
        for (unsigned change = 1; change < 256; change += step) {
            const unsigned char other = (unsigned char)(whole.at[i] ^ change);

            ck_assert_int_eq(pwrite(fd, &other, 1, (off_t)i), 1);
            ck_assert_msg(is_refused(&r, change == 1), "byte %zu of %zu, changed by %u: %s", i,
                          whole.n, change, gan_last_error());
        }
        ck_assert_int_eq(pwrite(fd, &whole.at[i], 1, (off_t)i), 1);
    }
    close(fd);
    read_run(&after, &r);
    expect_same_bytes(&before, &after);
    expect_ok(load_run(&r));
    run_end(&r);
}

/* ---- Memory ---- */

/* Call with 0, 1, 2 ... allocations until it succeeds; return how many it took. */
static size_t sweep(budget *b, gan_status (*call)(run *r), run *r)
{
    static run_bytes before, after;
    const size_t live = budget_live(b);
    gan_status status = GAN_ERR_NOMEM;
    size_t n = 0;

    read_run(&before, r);
    for (; status == GAN_ERR_NOMEM; n++) {
        b->left = n;
        status = call(r);
        b->left = BUDGET_UNLIMITED;
        ck_assert_uint_eq(budget_live(b), live);
        if (status == GAN_OK) break;
        expect_status(status, GAN_ERR_NOMEM);
        expect_error_says("memory");
        read_run(&after, r);
        expect_same_bytes(&before, &after);
    }
    expect_ok(status);
    return n;
}

static gan_status save_and_keep(run *r)
{
    return gan_checkpoint_save_keep(r->game.trainer, r->it, run_path, 1);
}

static gan_status try_networks(void **out, const gan_allocator *allocator, void *user)
{
    gan_network *g = NULL, *d = NULL;
    const gan_status status = gan_checkpoint_networks(
        &g, &d, run_path, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});

    (void)user;
    ck_assert(!g == !d);
    gan_network_destroy(d);
    *out = g;
    return status;
}

TEST(without_memory_nothing_changes)
{
    run_choice c = usual_choice();
    budget b;
    run r;

    budget_init(&b, BUDGET_UNLIMITED);
    c.trainer.allocator = &b.allocator;
    r = run_of(&c);
    run_steps(&r, 2);
    ck_assert_uint_gt(sweep(&b, save_run, &r), 10);
    expect_steps(run_path, 2);
    ck_assert_uint_gt(sweep(&b, save_and_keep, &r), 10);
    run_steps(&r, 1);
    expect_ok(save_and_keep(&r));
    expect_ok(gan_network_initialize(r.game.g, 3));
    ck_assert_uint_gt(sweep(&b, load_run, &r), 10);
    ck_assert_uint_gt(budget_sweep(try_networks, end_network, NULL), 10);
    run_end(&r);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* It takes no allocator, so the whole process's memory is limited. */
TEST(without_memory_there_is_no_info)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT, .seed = 77};
    struct rlimit old, limit;
    gan_status status;
    run r = small_run();

    expect_ok(save_run(&r));
    if (!under_sanitizer() && !under_emulator()) {
        free(malloc(64 << 10)); /* but enough to open a file */
        ck_assert_int_eq(getrlimit(RLIMIT_AS, &old), 0);
        limit = old;
        limit.rlim_cur = 4096;
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
        status = gan_checkpoint_read_info(&info, run_path);
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &old), 0);
        expect_fails(status, GAN_ERR_NOMEM, "memory");
        ck_assert_uint_eq(info.seed, 77);
    }
    run_end(&r);
}
