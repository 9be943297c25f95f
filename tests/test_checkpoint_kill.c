/* test_checkpoint_kill.c - a process that is killed while it saves leaves a complete checkpoint. */
#include "expect.h"
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The variable with the arguments of the process that saves in a loop: "keep path". */
static const char ORDERS[] = "GAN_TEST_KILL";

/* GAN_TEST_KILLS=N kills N times; `make check-all` does it 500 times. */
enum { KILLS = 30, LONGEST_MS = 40, WAIT_MS = 20000 };

/* Large enough that a save is many writes: 1.3 MB. */
static const net_layer g_layers[] = {LINEAR(16, 128), LEAKY, LINEAR(128, 256), TANH, END};
static const net_layer d_layers[] = {LINEAR(256, 256), LEAKY, LINEAR(256, 1), SIGMOID, END};

static game make_game(void)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 4, .seed = 3,
                                   .n_threads = 1};

    return game_begin(g_layers, d_layers, adam, &desc);
}

TEST_TIMEOUT(1800)

TEST_OF_PROCESS(the_process_that_saves, ORDERS)
{
    char path[600];
    size_t n_keep;
    game x = make_game();

    ck_assert_int_eq(sscanf(getenv(ORDERS), "%zu %599s", &n_keep, path), 2);
    if (access(path, F_OK) == 0) expect_ok(gan_checkpoint_load(x.trainer, NULL, path));
    for (;;) {
        play(&x, 4, gan_optimizer_steps(x.g_opt));
        expect_ok(gan_checkpoint_save_keep(x.trainer, NULL, path, n_keep));
    }
}

static void sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* The number of steps of the run in a checkpoint; 0 if there is none. */
static uint64_t steps_in(const char *path)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};

    if (access(path, F_OK) != 0) return 0;
    expect_ok(gan_checkpoint_read_info(&info, path));
    return info.g_steps;
}

/* Let it save at least once more, and then for a random time. */
static void save_and_kill(const char *path, size_t n_keep, unsigned ms)
{
    const uint64_t before = steps_in(path);
    char orders[640];
    int status, child;

    snprintf(orders, sizeof orders, "%zu %s", n_keep, path);
    child = run_beside(ORDERS, orders);
    for (unsigned waited = 0; steps_in(path) == before; waited++) {
        ck_assert_uint_lt(waited, WAIT_MS);
        ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
        sleep_ms(1);
    }
    sleep_ms(ms);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The previous one is path.1, or path.2 if the process was killed while moving them; path.1 is the
 * same as `path` if it was killed just before the end. */
static void expect_earlier(const char *path, uint64_t last)
{
    char first[600], second[600];

    snprintf(first, sizeof first, "%s.1", path);
    snprintf(second, sizeof second, "%s.2", path);
    ck_assert(steps_in(first) == last || steps_in(first) == last - 1 ||
              steps_in(second) == last - 1);
}

static void kill_in_a_loop(size_t n_keep)
{
    const char *wanted = getenv("GAN_TEST_KILLS");
    const size_t n = (wanted ? strtoul(wanted, NULL, 10) : KILLS) / 2;
    const char *path = scratch_path("run.gan");
    char name[600];
    uint64_t last = 0;
    gan_rng *rng;
    game x = make_game();

    expect_ok(gan_rng_create(&rng, (uint64_t)time(NULL), n_keep, NULL));
    for (size_t i = 0; i < n; i++) {
        save_and_kill(path, n_keep, gan_rng_below(rng, LONGEST_MS));
        expect_ok(gan_checkpoint_load(x.trainer, NULL, path));
        ck_assert_uint_gt(gan_optimizer_steps(x.g_opt), last);
        last = gan_optimizer_steps(x.g_opt);
        if (n_keep > 0 && last > 1) expect_earlier(path, last);
    }
    printf("killed %zu times, after %llu saves\n", n, (unsigned long long)last);
    expect_ok(gan_checkpoint_save_keep(x.trainer, NULL, path, n_keep));
    ck_assert_uint_eq(scratch_count(), 1 + n_keep); /* files left by killed processes are removed */
    for (size_t i = 0; i <= n_keep; i++) {
        snprintf(name, sizeof name, i > 0 ? "%s.%zu" : "%s", path, i);
        ck_assert_int_eq(access(name, F_OK), 0);
    }
    gan_rng_destroy(rng);
    game_end(&x);
}

TEST(killed_while_it_saves_it_leaves_a_checkpoint)
{
    kill_in_a_loop(0);
}

TEST(killed_while_it_keeps_the_last_it_leaves_them)
{
    kill_in_a_loop(2);
}
