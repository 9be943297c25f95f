/* test_file.c - files are replaced whole or not at all. */
#include "budget.h"
#include "expect.h"
#include "file_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of the test's own, so that what is left in it can be counted. */
static char folder[512];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s", scratch_path("test_file-XXXXXX"));
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static size_t count_entries(int remove_them)
{
    DIR *d = opendir(folder);
    size_t n = 0;

    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[1024];

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (remove_them) remove(path);
    }
    closedir(d);
    return n;
}

static void end_folder(void)
{
    count_entries(1);
    rmdir(folder);
}

static const char *in_folder(const char *name)
{
    static char paths[4][1024];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void expect_content(const char *path, const char *wanted)
{
    char found[64] = "";
    FILE *f = fopen(path, "rb");

    ck_assert_ptr_nonnull(f);
    found[fread(found, 1, sizeof found - 1, f)] = '\0';
    fclose(f);
    ck_assert_str_eq(found, wanted);
}

static gan_status write_text(const char *path, const char *text)
{
    gan__file file;
    gan_status status = gan__file_create(&file, path, NULL);

    if (status != GAN_OK) return status;
    status = gan__file_write(&file, text, strlen(text));
    if (status != GAN_OK) {
        gan__file_abandon(&file);
        return status;
    }
    return gan__file_commit(&file);
}

static void expect_nothing_held(const gan__file *file)
{
    ck_assert(file->stream == NULL && file->path == NULL && file->temporary == NULL);
}

static mode_t mode_of(const char *path)
{
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_mode & 07777;
}

/* Takes the place of the C library's: what was flushed and when, and failures at will. */
static struct {
    size_t n_calls, n_folders;
    off_t bytes;    /* of the file that was flushed last */
    int target_new; /* whether the path led to it already */
    int errors[4];  /* of the calls to come */
} flushed;

int fsync(int fd)
{
    struct stat info, target;
    int error = flushed.n_calls < 4 ? flushed.errors[flushed.n_calls] : 0;

    flushed.n_calls++;
    errno = error;
    if (error) return -1;
    ck_assert_int_eq(fstat(fd, &info), 0);
    if (S_ISDIR(info.st_mode)) {
        flushed.n_folders++;
        return 0;
    }
    flushed.bytes = info.st_size;
    flushed.target_new = stat(in_folder("a"), &target) == 0 && target.st_ino == info.st_ino;
    return 0;
}

START_TEST(all_bytes_are_on_the_disk_before_the_name_and_then_the_folder)
{
    memset(&flushed, 0, sizeof flushed);
    expect_ok(write_text(in_folder("a"), "ten bytes."));
    ck_assert_int_eq(flushed.bytes, 10);
    ck_assert_int_eq(flushed.target_new, 0);
    ck_assert_uint_eq(flushed.n_folders, 1);
    ck_assert_uint_eq(flushed.n_calls, 2);
}
END_TEST

START_TEST(a_disk_that_fails_leaves_the_old_file)
{
    expect_ok(write_text(in_folder("a"), "old"));
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EIO;
    expect_fails(write_text(in_folder("a"), "new"), GAN_ERR_IO,
                 "cannot be written to the disk: Input/output error");
    expect_content(in_folder("a"), "old");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(signals_and_file_systems_without_fsync_are_no_failure)
{
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EINTR;
    expect_ok(write_text(in_folder("a"), "one"));
    ck_assert_uint_eq(flushed.n_calls, 3);
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EINVAL;
    expect_ok(write_text(in_folder("a"), "two"));
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[1] = EIO; /* of the folder: a whole file stands there all the same */
    expect_ok(write_text(in_folder("a"), "three"));
    expect_content(in_folder("a"), "three");
}
END_TEST

START_TEST(a_committed_file_stands_alone_in_its_folder)
{
    ck_assert_uint_eq(count_entries(0), 0);
    expect_ok(write_text(in_folder("run.gan"), "one"));
    expect_content(in_folder("run.gan"), "one");
    ck_assert_uint_eq(count_entries(0), 1);
    expect_ok(write_text(in_folder("run.gan"), "two"));
    expect_content(in_folder("run.gan"), "two");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(the_old_file_stands_until_the_commit)
{
    gan__file file;

    expect_ok(write_text(in_folder("a"), "old"));
    expect_ok(gan__file_create(&file, in_folder("a"), NULL));
    expect_ok(gan__file_write(&file, "new", 3));
    fflush(file.stream);
    expect_content(in_folder("a"), "old");
    ck_assert_uint_eq(count_entries(0), 2);
    expect_ok(gan__file_commit(&file));
    expect_content(in_folder("a"), "new");
    expect_nothing_held(&file);
}
END_TEST

START_TEST(an_abandoned_file_leaves_the_old_one)
{
    gan__file file, never = {0};

    expect_ok(write_text(in_folder("a"), "old"));
    expect_ok(gan__file_create(&file, in_folder("a"), NULL));
    expect_ok(gan__file_write(&file, "new", 3));
    gan__file_abandon(&file);
    expect_nothing_held(&file);
    gan__file_abandon(&file);
    gan__file_abandon(&never);
    expect_content(in_folder("a"), "old");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(two_writers_of_one_path_do_not_mix)
{
    gan__file first, second;

    expect_ok(gan__file_create(&first, in_folder("a"), NULL));
    expect_ok(gan__file_create(&second, in_folder("a"), NULL));
    expect_ok(gan__file_write(&first, "first", 5));
    expect_ok(gan__file_write(&second, "second", 6));
    expect_ok(gan__file_commit(&second));
    expect_content(in_folder("a"), "second");
    expect_ok(gan__file_commit(&first));
    expect_content(in_folder("a"), "first");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(a_taken_temporary_name_is_left_alone)
{
    char name[64];
    FILE *f;

    snprintf(name, sizeof name, "a.tmp-%ld-0", (long)getpid());
    f = fopen(in_folder(name), "wb");
    ck_assert_ptr_nonnull(f);
    fputs("another's", f);
    fclose(f);
    expect_ok(write_text(in_folder("a"), "mine"));
    expect_content(in_folder("a"), "mine");
    expect_content(in_folder(name), "another's");
}
END_TEST

START_TEST(permissions_are_the_usual_or_those_of_the_old_file)
{
    mode_t old = umask(027);

    expect_ok(write_text(in_folder("a"), "x"));
    ck_assert_uint_eq(mode_of(in_folder("a")), 0640);
    ck_assert_int_eq(chmod(in_folder("a"), 0604), 0);
    expect_ok(write_text(in_folder("a"), "y"));
    ck_assert_uint_eq(mode_of(in_folder("a")), 0604);
    umask(old);
}
END_TEST

START_TEST(names_without_a_folder_are_of_the_working_folder)
{
    char before[1024];

    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(folder), 0);
    expect_ok(write_text("plain", "x"));
    expect_content("plain", "x");
    ck_assert_int_eq(chdir(before), 0);
}
END_TEST

START_TEST(where_no_file_can_be_the_error_names_the_path)
{
    gan__file file;

    expect_fails(gan__file_create(&file, in_folder("none/a"), NULL), GAN_ERR_IO,
                 in_folder("none/a"));
    expect_error_says("No such file or directory");
    expect_nothing_held(&file);
    expect_fails(gan__file_create(&file, folder, NULL), GAN_ERR_IO, "it is a folder");
    expect_fails(gan__file_create(&file, "/dev/null", NULL), GAN_ERR_IO, "it is a device");
    expect_fails(gan__file_create(&file, "", NULL), GAN_ERR_IO, "a name expected");
    ck_assert_uint_eq(count_entries(0), 0);
}
END_TEST

START_TEST(a_folder_without_permission_is_an_error)
{
    const uid_t me = geteuid();
    gan_status status;

    expect_ok(write_text(in_folder("a"), "old"));
    ck_assert_int_eq(chmod(folder, 0555), 0);
    if (me == 0) ck_assert_int_eq(seteuid(65534), 0);
    status = write_text(in_folder("a"), "new");
    if (me == 0) ck_assert_int_eq(seteuid(me), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    expect_fails(status, GAN_ERR_IO, "Permission denied");
    expect_content(in_folder("a"), "old");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

/* No file may grow beyond 5000 bytes, as on a full disk; only between these two calls, Check writes
 * too. */
static struct rlimit limit_before;

static void fill_the_disk(void)
{
    struct rlimit limit;

    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit_before), 0);
    limit = limit_before;
    limit.rlim_cur = 5000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void empty_the_disk(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit_before), 0);
}

START_TEST(a_write_that_fails_leaves_the_old_file)
{
    static char much[100000];
    gan__file file;
    gan_status created, written;

    expect_ok(write_text(in_folder("a"), "old"));
    fill_the_disk();
    created = gan__file_create(&file, in_folder("a"), NULL);
    written = gan__file_write(&file, much, sizeof much);
    empty_the_disk();
    expect_ok(created);
    expect_fails(written, GAN_ERR_IO, "File too large");
    expect_error_says(in_folder("a"));
    gan__file_abandon(&file);
    expect_content(in_folder("a"), "old");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(a_flush_that_fails_in_the_commit_leaves_the_old_file)
{
    static char much[5001];
    gan__file file;
    gan_status status;

    expect_ok(write_text(in_folder("a"), "old"));
    expect_ok(gan__file_create(&file, in_folder("a"), NULL));
    ck_assert_int_eq(setvbuf(file.stream, NULL, _IOFBF, 65536), 0);
    expect_ok(gan__file_write(&file, much, sizeof much));
    fill_the_disk();
    status = gan__file_commit(&file);
    empty_the_disk();
    expect_fails(status, GAN_ERR_IO, "File too large");
    expect_nothing_held(&file);
    expect_content(in_folder("a"), "old");
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(a_rename_that_fails_removes_the_temporary_file)
{
    gan__file file;

    expect_ok(gan__file_create(&file, in_folder("a"), NULL));
    expect_ok(gan__file_write(&file, "x", 1));
    ck_assert_int_eq(mkdir(in_folder("a"), 0755), 0);
    expect_fails(gan__file_commit(&file), GAN_ERR_IO, "cannot be replaced");
    expect_nothing_held(&file);
    ck_assert_uint_eq(count_entries(0), 1);
}
END_TEST

START_TEST(an_empty_file_can_be_written)
{
    FILE *stream;
    uint64_t n = 77;

    expect_ok(write_text(in_folder("a"), ""));
    expect_ok(gan__file_open(&stream, &n, in_folder("a")));
    ck_assert_uint_eq(n, 0);
    fclose(stream);
}
END_TEST

START_TEST(without_memory_nothing_is_left)
{
    gan__file file;
    gan_status status = GAN_ERR_NOMEM;
    budget b;
    size_t n = 0;

    for (; status == GAN_ERR_NOMEM; n++) {
        budget_init(&b, n);
        status = gan__file_create(&file, in_folder("a"), &b.allocator);
        if (status == GAN_ERR_NOMEM) {
            expect_nothing_held(&file);
            ck_assert_uint_eq(budget_live(&b), 0);
            ck_assert_uint_eq(count_entries(0), 0);
        }
    }
    expect_ok(status);
    ck_assert_uint_gt(n, 1);
    expect_ok(gan__file_commit(&file));
    ck_assert_uint_eq(budget_live(&b), 0);
}
END_TEST

START_TEST(opening_tells_the_size_and_refuses_what_is_no_file)
{
    FILE *stream = stdin;
    uint64_t n = 77;
    char text[8];

    expect_ok(write_text(in_folder("a"), "seven b"));
    expect_ok(gan__file_open(&stream, &n, in_folder("a")));
    ck_assert_uint_eq(n, 7);
    ck_assert_uint_eq(fread(text, 1, sizeof text, stream), 7);
    fclose(stream);
    expect_fails(gan__file_open(&stream, &n, in_folder("b")), GAN_ERR_IO,
                 "No such file or directory");
    expect_error_says(in_folder("b"));
    ck_assert_ptr_null(stream);
    expect_fails(gan__file_open(&stream, &n, folder), GAN_ERR_IO, "it is a folder");
    expect_fails(gan__file_open(&stream, &n, "/dev/zero"), GAN_ERR_IO, "it is a device");
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
    expect_fails(gan__file_open(&stream, &n, in_folder("pipe")), GAN_ERR_IO, "pipe");
    ck_assert_ptr_null(stream);
}
END_TEST

START_TEST(no_descriptor_is_left_open)
{
    const int before = open("/dev/null", O_RDONLY);
    int after;
    FILE *stream;
    uint64_t n;
    gan__file file;

    ck_assert_int_ge(before, 0);
    close(before);
    expect_ok(write_text(in_folder("a"), "x"));
    expect_ok(gan__file_create(&file, in_folder("a"), NULL));
    gan__file_abandon(&file);
    expect_status(gan__file_open(&stream, &n, folder), GAN_ERR_IO);
    after = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(after, before);
    close(after);
}
END_TEST

START_TEST(every_errno_has_a_text)
{
    ck_assert_str_eq(gan__errno_text_of(ENOENT).text, strerror(ENOENT));
    ck_assert_uint_gt(strlen(gan__errno_text_of(99999).text), 0);
}
END_TEST

Suite *suite(void)
{
    const TTest *const tests[] = {all_bytes_are_on_the_disk_before_the_name_and_then_the_folder,
                                  a_disk_that_fails_leaves_the_old_file,
                                  signals_and_file_systems_without_fsync_are_no_failure,
                                  a_committed_file_stands_alone_in_its_folder,
                                  the_old_file_stands_until_the_commit,
                                  an_abandoned_file_leaves_the_old_one,
                                  two_writers_of_one_path_do_not_mix,
                                  a_taken_temporary_name_is_left_alone,
                                  permissions_are_the_usual_or_those_of_the_old_file,
                                  names_without_a_folder_are_of_the_working_folder,
                                  where_no_file_can_be_the_error_names_the_path,
                                  a_folder_without_permission_is_an_error,
                                  a_write_that_fails_leaves_the_old_file,
                                  a_flush_that_fails_in_the_commit_leaves_the_old_file,
                                  a_rename_that_fails_removes_the_temporary_file,
                                  an_empty_file_can_be_written,
                                  without_memory_nothing_is_left,
                                  opening_tells_the_size_and_refuses_what_is_no_file,
                                  no_descriptor_is_left_open,
                                  every_errno_has_a_text};
    Suite *s = suite_create("file");
    TCase *tc = tcase_create("file");

    tcase_add_checked_fixture(tc, make_folder, end_folder);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
