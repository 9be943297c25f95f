/* test_example_files.c - files of the example programs: atomic replacement, a run's directory, the
 * statistics of its epochs, and IDX files. */
#include "common/files.h"
#include "common/idx.h"
#include "common/losses.h"
#include "common/rundir.h"
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test is in its directory, which is empty. */
static int above = -1;

static void begin(void)
{
    above = open(".", O_RDONLY);
    ck_assert_int_eq(chdir(scratch_directory()), 0);
}

static void end(void)
{
    ck_assert_int_eq(fchdir(above), 0);
    close(above);
}

TEST_FIXTURE(begin, end)

static void expect_text(const char *path, const char *wanted)
{
    const char *why;
    char *text = files_read_text(path, 1 << 20, &why);
    ck_assert_msg(text != NULL, "%s: %s", path, why);
    ck_assert_str_eq(text, wanted);
    free(text);
}

/* ---- Paths ---- */

TEST(a_path_is_inside_a_directory_wherever_it_will_lead)
{
    static const struct {
        const char *path;
        int inside;
    } cases[] = {{"photos", 1},
                 {"photos/", 1},
                 {"./photos/run", 1},
                 {"photos/new/run", 1},
                 {"photos/below/../run", 1},
                 {"photos/..", 0},
                 {"photos-run", 0},
                 {"run", 0},
                 {"missing/../photos/run", 1},
                 {"missing/../photos", 1},
                 {"photos/missing/../run", 1},
                 {"photos/missing/../../run", 0},
                 {"missing/deeper/../../photos/x", 1},
                 {"link", 1},
                 {"link/x/y", 1},
                 {"missing/../link/x", 1},
                 {"link/../run", 0},
                 {"../../../../../../../../../../../../../../..", 0}};
    char whole[PATH_MAX], path[2 * PATH_MAX];
    ck_assert(files_make_directory("photos/below"));
    ck_assert_int_eq(symlink("photos", "link"), 0);
    ck_assert(files_resolve(".", whole));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(files_is_inside(cases[i].path, "photos") == cases[i].inside, "%s",
                      cases[i].path);
        snprintf(path, sizeof path, "%s/%s", whole, cases[i].path);
        ck_assert_msg(files_is_inside(path, "photos") == cases[i].inside, "%s", path);
    }
    ck_assert(files_is_inside("run", "/"));
    ck_assert(!files_is_inside("run", "missing"));
}

TEST(a_directory_is_made_with_those_above_it)
{
    struct stat info;
    ck_assert(files_make_directory("a/b/c"));
    ck_assert(files_make_directory("a/b/c"));
    ck_assert(stat("a/b/c", &info) == 0 && S_ISDIR(info.st_mode));
    ck_assert(files_write_text("a/file", "x"));
    ck_assert(!files_make_directory("a/file"));
    ck_assert(!files_make_directory("a/file/below"));
}

TEST(a_name_that_does_not_fit_is_refused)
{
    char path[8];
    ck_assert(files_join(path, sizeof path, "abc", "def"));
    ck_assert_str_eq(path, "abc/def");
    ck_assert(!files_join(path, sizeof path, "abc", "defg"));
}

/* ---- Files ---- */

TEST(a_file_is_there_when_it_is_whole_and_not_before)
{
    files_output out;
    ck_assert(files_write_text("file", "old"));
    ck_assert(files_create(&out, "file"));
    fputs("new", out.stream);
    fflush(out.stream);
    expect_text("file", "old");
    ck_assert(files_is_part(strrchr(out.part, '/') + 1));
    ck_assert(files_commit(&out));
    expect_text("file", "new");
    ck_assert(files_create(&out, "file"));
    fputs("never", out.stream);
    files_abandon(&out);
    expect_text("file", "new");
}

TEST(a_link_stays_a_link_to_the_new_file)
{
    struct stat info;
    ck_assert(files_make_directory("elsewhere"));
    ck_assert(files_write_text("elsewhere/file", "old"));
    ck_assert_int_eq(symlink("elsewhere/file", "link"), 0);
    ck_assert(files_write_text("link", "new"));
    ck_assert(lstat("link", &info) == 0 && S_ISLNK(info.st_mode));
    expect_text("elsewhere/file", "new");
}

TEST(writing_to_a_full_device_fails)
{
    files_output out;
    if (access("/dev/full", W_OK) != 0) return;
    ck_assert(files_create_or_open(&out, "/dev/full"));
    fputs("lost", out.stream);
    ck_assert(!files_commit(&out));
    ck_assert_ptr_null(out.stream);
}

TEST(only_regular_files_of_some_size_are_read)
{
    const char *why = NULL;
    ck_assert(files_write_text("file", "12345"));
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    static const struct {
        const char *path, *why;
    } cases[] = {{"pipe", "is not a regular file"},
                 {".", "is not a regular file"},
                 {"file", "is too large"},
                 {"none", "No such file or directory"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_ptr_null(files_read_text(cases[i].path, 4, &why));
        ck_assert_str_eq(why, cases[i].why);
    }
}

/* ---- The directory of a run ---- */

static int open_and_begin(rundir *dir, int resume, int overwrite)
{
    return rundir_open(dir, "run", resume, overwrite) && rundir_begin(dir, "settings\n");
}

TEST(a_directory_with_a_run_in_it_is_for_that_run_alone)
{
    rundir dir;
    ck_assert(open_and_begin(&dir, 0, 0));
    rundir_close(&dir);
    expect_text("run/settings.txt", "settings\n");
    ck_assert(!rundir_open(&dir, "run", 0, 0));
    rundir_close(&dir);
    ck_assert(rundir_open(&dir, "run", 1, 0));
    ck_assert_str_eq(dir.settings, "settings\n");
    ck_assert(!dir.has_checkpoint);
    rundir_close(&dir);
    ck_assert(!rundir_open(&dir, "nowhere", 1, 0));
    rundir_close(&dir);
}

TEST(overwriting_removes_the_earlier_run_and_nothing_else)
{
    static const char *const ours[] = {"run/fake_images-012.png", "run/generator.safetensors",
                                       "run/losses.csv"},
                             *const others[] = {"run/notes.txt", "run/fake_images-best.png"};
    rundir dir;
    ck_assert(open_and_begin(&dir, 0, 0));
    rundir_close(&dir);
    for (size_t i = 0; i < 3; i++) ck_assert(files_write_text(ours[i], "x"));
    for (size_t i = 0; i < 2; i++) ck_assert(files_write_text(others[i], "x"));
    ck_assert(open_and_begin(&dir, 0, 1));
    rundir_close(&dir);
    for (size_t i = 0; i < 3; i++) ck_assert_msg(!files_exists(ours[i]), "%s", ours[i]);
    for (size_t i = 0; i < 2; i++) ck_assert_msg(files_exists(others[i]), "%s", others[i]);
}

TEST(another_process_is_kept_out)
{
    rundir dir;
    int status;
    ck_assert(open_and_begin(&dir, 0, 0));
    pid_t pid = fork();
    if (pid == 0) {
        rundir other;
        _exit(rundir_open(&other, "run", 0, 1) ? 1 : 7);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    rundir_close(&dir);
}

/* ---- Figures and pictures ---- */

TEST(figures_are_read_as_they_were_written)
{
    losses_row rows[3] = {
        {.d_loss = 1.25, .g_loss = 0.5, .d_real = 0.75, .d_fake = 0.25, .seconds = 2, .steps = 10},
        {.steps = 0},
        {.d_loss = 1 / 3.0, .g_loss = 2 / 3.0, .seconds = 1, .steps = 20}};
    losses_row read[3] = {{.steps = 0}};
    losses_round(&rows[2]);
    ck_assert(losses_write(".", rows, 3));
    losses_read(".", read, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(read[i].steps, rows[i].steps);
        ck_assert_double_eq(read[i].d_loss, rows[i].d_loss);
        ck_assert_double_eq(read[i].g_loss, rows[i].g_loss);
    }
}

TEST(the_epoch_that_has_begun_keeps_all_digits)
{
    losses_row row = {.d_loss = 1 / 3.0, .seconds = 1, .steps = 5}, read = {.steps = 0};
    ck_assert(losses_write_begun(".", 4, &row));
    ck_assert(!losses_read_begun(".", 4, 6, &read));
    ck_assert(!losses_read_begun(".", 3, 5, &read));
    ck_assert(losses_read_begun(".", 4, 5, &read));
    ck_assert_double_eq(read.d_loss, row.d_loss);
    losses_forget_begun(".");
    ck_assert(!losses_read_begun(".", 4, 5, &read));
}

TEST(numbers_become_bytes_of_an_idx_file)
{
    static const float numbers[6] = {-1, 1, 0, -3, 3, 0.5f};
    static const unsigned char grey[] = {0, 0, 8, 3, 0, 0, 1,   2,   0, 0,   0,
                                         2, 0, 0, 0, 3, 0, 255, 128, 0, 255, 191},
                               colour[] = {0, 0, 8, 4, 0, 0, 0, 1, 0, 0,
                                           0, 3, 0, 0, 0, 1, 0, 0, 0, 2};
    unsigned char found[64];
    FILE *file = fopen("grey.idx", "wb");
    idx_write_header(file, 258, gan_shape_3d(1, 2, 3));
    idx_write_numbers(file, numbers, 6);
    fclose(file);
    ck_assert_uint_eq(scratch_read("grey.idx", found, sizeof found), sizeof grey);
    ck_assert_mem_eq(found, grey, sizeof grey);
    file = fopen("colour.idx", "wb");
    idx_write_header(file, 1, gan_shape_3d(3, 1, 2));
    fclose(file);
    ck_assert_uint_eq(scratch_read("colour.idx", found, sizeof found), sizeof colour);
    ck_assert_mem_eq(found, colour, sizeof colour);
}
