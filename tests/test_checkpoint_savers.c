/* test_checkpoint_savers.c - several processes save to one path, and some are killed: none of the
 * others fails, and the file is always complete. */
#include "expect.h"
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The variable with the arguments of a process that saves: "keep path". */
static const char ORDERS[] = "GAN_TEST_SAVER";

/* GAN_TEST_SAVES=N saves N times in all; `make check-long` does it 10,000 times. */
enum { SAVES = 400, SAVERS = 4, SAVES_EACH = 50, KILL_ONE_OF = 5, PAUSE_US = 500 };

static game make_game(void)
{
    static const net_layer g[] = {LINEAR(8, 32), TANH, END}, d[] = {LINEAR(32, 1), SIGMOID, END};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 4, .n_threads = 1};

    return game_begin(g, d, adam, &desc);
}

TEST_TIMEOUT(1800)

TEST_OF_PROCESS(a_process_that_saves, ORDERS)
{
    char path[600];
    size_t n_keep;
    game x = make_game();

    ck_assert_int_eq(sscanf(getenv(ORDERS), "%zu %599s", &n_keep, path), 2);
    for (size_t i = 0; i < SAVES_EACH; i++)
        expect_ok(gan_checkpoint_save_keep(x.trainer, NULL, path, n_keep));
    game_end(&x);
}

/* A kept file may just be renamed to the next number; if it exists, it is complete. */
static void expect_whole(game *x, const char *path, size_t n_keep)
{
    expect_ok(gan_checkpoint_load(x->trainer, NULL, path));
    for (size_t i = 1; i <= n_keep; i++) {
        gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
        char name[640];
        gan_status status;

        snprintf(name, sizeof name, "%s.%zu", path, i);
        status = gan_checkpoint_read_info(&info, name);
        if (status != GAN_OK) expect_fails(status, GAN_ERR_IO, "No such file or directory");
    }
}

/* Start the process if it isn't running, else sometimes kill it; return 1 when all its saves are
 * done. */
static int look_after(int *saver, const char *orders, gan_rng *rng, size_t *n_killed)
{
    int status;

    if (*saver == 0) *saver = run_beside(ORDERS, orders);
    if (gan_rng_below(rng, KILL_ONE_OF * SAVES_EACH) == 0) {
        ck_assert_int_eq(kill(*saver, SIGKILL), 0);
        ck_assert_int_eq(waitpid(*saver, &status, 0), *saver);
        *n_killed += WIFSIGNALED(status);
        *saver = 0;
        return 0;
    }
    if (waitpid(*saver, &status, WNOHANG) == 0) return 0;
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "a save failed; see other-process.log");
    *saver = 0;
    return 1;
}

static void save_from_all_sides(size_t n_keep)
{
    const char *wanted = getenv("GAN_TEST_SAVES");
    const size_t n = (wanted ? strtoul(wanted, NULL, 10) : SAVES) / 2;
    int savers[SAVERS] = {0};
    size_t n_saves = 0, n_loads = 0, n_killed = 0;
    char orders[640];
    gan_rng *rng;
    game x = make_game();

    run_folder_begin();
    snprintf(orders, sizeof orders, "%zu %s", n_keep, run_path);
    expect_ok(gan_rng_create(&rng, (uint64_t)time(NULL), n_keep, NULL));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, run_path));
    for (; n_saves < n || n_killed == 0; n_loads++) {
        for (size_t i = 0; i < SAVERS; i++)
            if (look_after(&savers[i], orders, rng, &n_killed)) n_saves += SAVES_EACH;
        expect_whole(&x, run_path, n_keep);
        nanosleep(&(struct timespec){0, PAUSE_US * 1000}, NULL);
    }
    for (size_t i = 0; i < SAVERS; i++)
        if (savers[i] > 0) {
            kill(savers[i], SIGKILL);
            waitpid(savers[i], NULL, 0);
        }
    printf("%zu saves, %zu loads, %zu killed\n", n_saves, n_loads, n_killed);
    expect_ok(gan_checkpoint_save_keep(x.trainer, NULL, run_path, n_keep));
    ck_assert_uint_eq(scratch_count(), 1 + n_keep); /* files left by killed processes are removed */
    run_folder_end();
    gan_rng_destroy(rng);
    game_end(&x);
}

TEST(processes_that_save_to_one_path_do_not_disturb_each_other)
{
    save_from_all_sides(0);
}

TEST(nor_do_those_that_keep_the_last)
{
    save_from_all_sides(2);
}
