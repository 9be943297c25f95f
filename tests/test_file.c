/* test_file.c - files are replaced whole or not at all. */
#define _DEFAULT_SOURCE /* syscall() */
#include "budget.h"
#include "expect.h"
#include "file/file_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    return gan__file_commit(&file, 0);
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
    flushed.target_new = stat(scratch_path("a"), &target) == 0 && target.st_ino == info.st_ino;
    return 0;
}

/* The same for locks: another process that is faster, or a file system without. */
static struct {
    int remove;        /* so many files are removed just before they are locked */
    int fail;          /* so many are locked by another */
    int none;          /* no file can be locked */
    void (*act)(void); /* what another process does before a file that exists is locked, once */
} flock_before;

int flock(int fd, int how)
{
    char descriptor[64], name[1024] = "";

    if (flock_before.none || flock_before.fail > 0) {
        errno = flock_before.none ? ENOLCK : EWOULDBLOCK;
        if (!flock_before.none) flock_before.fail--;
        return -1;
    }
    if (flock_before.act && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR) {
        void (*act)(void) = flock_before.act;

        flock_before.act = NULL;
        act();
    }
    if (flock_before.remove > 0) {
        flock_before.remove--;
        snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
        if (readlink(descriptor, name, sizeof name - 1) > 0) remove(name);
    }
    return (int)syscall(SYS_flock, fd, how);
}

static int no_links;

int link(const char *from, const char *to)
{
    if (!no_links) return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = EPERM;
    return -1;
}

TEST(all_bytes_are_on_the_disk_before_the_name_and_then_the_folder)
{
    memset(&flushed, 0, sizeof flushed);
    expect_ok(write_text(scratch_path("a"), "ten bytes."));
    ck_assert_int_eq(flushed.bytes, 10);
    ck_assert_int_eq(flushed.target_new, 0);
    ck_assert_uint_eq(flushed.n_folders, 1);
    ck_assert_uint_eq(flushed.n_calls, 2);
}

TEST(a_disk_that_fails_leaves_the_old_file)
{
    expect_ok(write_text(scratch_path("a"), "old"));
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EIO;
    expect_fails(write_text(scratch_path("a"), "new"), GAN_ERR_IO,
                 "cannot be written to the disk: Input/output error");
    expect_content(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(signals_and_file_systems_without_fsync_are_no_failure)
{
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EINTR;
    expect_ok(write_text(scratch_path("a"), "one"));
    ck_assert_uint_eq(flushed.n_calls, 3);
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EINVAL;
    expect_ok(write_text(scratch_path("a"), "two"));
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[1] = EIO; /* of the folder: a whole file stands there all the same */
    expect_ok(write_text(scratch_path("a"), "three"));
    expect_content(scratch_path("a"), "three");
}

TEST(a_committed_file_stands_alone_in_its_folder)
{
    ck_assert_uint_eq(scratch_count(), 0);
    expect_ok(write_text(scratch_path("run.gan"), "one"));
    expect_content(scratch_path("run.gan"), "one");
    ck_assert_uint_eq(scratch_count(), 1);
    expect_ok(write_text(scratch_path("run.gan"), "two"));
    expect_content(scratch_path("run.gan"), "two");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(the_old_file_stands_until_the_commit)
{
    gan__file file;

    expect_ok(write_text(scratch_path("a"), "old"));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&file, "new", 3));
    fflush(file.stream);
    expect_content(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 2);
    expect_ok(gan__file_commit(&file, 0));
    expect_content(scratch_path("a"), "new");
    expect_nothing_held(&file);
}

TEST(an_abandoned_file_leaves_the_old_one)
{
    gan__file file, never = {0};

    expect_ok(write_text(scratch_path("a"), "old"));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&file, "new", 3));
    gan__file_abandon(&file);
    expect_nothing_held(&file);
    gan__file_abandon(&file);
    gan__file_abandon(&never);
    expect_content(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(two_writers_of_one_path_do_not_mix)
{
    gan__file first, second;

    expect_ok(gan__file_create(&first, scratch_path("a"), NULL));
    expect_ok(gan__file_create(&second, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&first, "first", 5));
    expect_ok(gan__file_write(&second, "second", 6));
    expect_ok(gan__file_commit(&second, 0));
    expect_content(scratch_path("a"), "second");
    expect_ok(gan__file_commit(&first, 0));
    expect_content(scratch_path("a"), "first");
    ck_assert_uint_eq(scratch_count(), 1);
}

/* A temporary file of `a`, as a writer has it; or as a killed one left it, once it is closed. */
static int make_temporary(const char *name)
{
    int fd = open(scratch_path(name), O_RDWR | O_CREAT | O_EXCL, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

#define LEFT_1 ".libgan-0123456789abcdef.tmp"
#define LEFT_2 ".libgan-ffffffffffffffff.tmp"

TEST(a_temporary_file_of_a_writer_that_lives_is_left_alone)
{
    int fd = make_temporary(LEFT_1);

    ck_assert_int_eq(write(fd, "another's", 9), 9);
    expect_ok(write_text(scratch_path("a"), "mine"));
    expect_content(scratch_path("a"), "mine");
    expect_content(scratch_path(LEFT_1), "another's");
    ck_assert_uint_eq(scratch_count(), 2);
    close(fd);
    expect_ok(write_text(scratch_path("a"), "mine")); /* and removed when it lives no more */
    ck_assert_uint_eq(scratch_count(), 1);
}

/* Whatever they were writing. */
TEST(what_killed_writers_left_is_removed_and_nothing_else)
{
    static const char *const left[] = {LEFT_1, LEFT_2};
    static const char *const others[] = {".libgan-",
                                         ".libgan-0123456789abcdef",
                                         "a.tmp",
                                         ".libgan-0123456789abcde.tmp",
                                         ".libgan-0123456789abcdef0.tmp",
                                         ".libgan-0123456789ABCDEF.tmp",
                                         ".libgan-0123456789abcdef.tmp2",
                                         "libgan-0123456789abcdef.tmp",
                                         "a.tmp-1-0"};
    size_t n_others = sizeof others / sizeof *others;

    for (size_t i = 0; i < n_others; i++) close(make_temporary(others[i]));
    ck_assert_int_eq(symlink(others[0], scratch_path(".libgan-7777777777777777.tmp")), 0);
    for (size_t i = 0; i < 2; i++) close(make_temporary(left[i]));
    expect_ok(write_text(scratch_path("a"), "x"));
    ck_assert_uint_eq(scratch_count(), n_others + 2);
    for (size_t i = 0; i < 2; i++) ck_assert_int_eq(access(scratch_path(left[i]), F_OK), -1);
}

/* A cleaner has opened the temporary file of a writer, which then commits it and begins another: the
 * cleaner finds the first one without a lock, and must not remove the second. */
static gan__file living;

static void commit_and_begin_again(void)
{
    expect_ok(gan__file_commit(&living, 0));
    expect_ok(gan__file_create(&living, scratch_path("a"), NULL));
}

TEST(a_cleaner_that_comes_late_removes_no_file_of_a_writer_that_lives)
{
    expect_ok(gan__file_create(&living, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&living, "1", 1));
    flock_before.act = commit_and_begin_again;
    expect_ok(write_text(scratch_path("a"), "2"));
    ck_assert_ptr_null(flock_before.act);
    expect_ok(gan__file_write(&living, "3", 1));
    expect_ok(gan__file_commit(&living, 0));
    expect_content(scratch_path("a"), "3");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(no_temporary_name_is_used_twice)
{
    static char seen[500][64];

    for (size_t i = 0; i < 500; i++) {
        gan__file file;

        expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
        snprintf(seen[i], sizeof seen[i], "%s", strrchr(file.temporary, '/') + 1);
        gan__file_abandon(&file);
        for (size_t k = 0; k < i; k++) ck_assert_str_ne(seen[k], seen[i]);
    }
}

/* A cleaner may find a new file before its writer has locked it. */
TEST(a_writer_whose_file_was_removed_takes_another)
{
    flock_before.remove = 2;
    expect_ok(write_text(scratch_path("a"), "x"));
    ck_assert_uint_eq(flock_before.remove, 0);
    flock_before.fail = 1;
    expect_ok(write_text(scratch_path("a"), "y"));
    expect_content(scratch_path("a"), "y");
    ck_assert_uint_eq(scratch_count(), 2); /* the one that seemed to be another's */
}

TEST(where_there_are_no_locks_files_are_written_and_none_removed)
{
    flock_before.none = 1;
    close(open(scratch_path(LEFT_1), O_RDWR | O_CREAT, 0600));
    expect_ok(write_text(scratch_path("a"), "x"));
    ck_assert_uint_eq(scratch_count(), 2);
    flock_before.none = 0;
}

/* ---- Earlier files ---- */

static gan_status keep_text(const char *path, const char *text, size_t n_keep)
{
    gan__file file;

    expect_ok(gan__file_create(&file, path, NULL));
    expect_ok(gan__file_write(&file, text, strlen(text)));
    return gan__file_commit(&file, n_keep);
}

TEST(the_last_files_are_kept_under_numbers)
{
    expect_ok(keep_text(scratch_path("a"), "1", 3));
    ck_assert_uint_eq(scratch_count(), 1);
    expect_ok(keep_text(scratch_path("a"), "2", 3));
    expect_ok(keep_text(scratch_path("a"), "3", 3));
    expect_ok(keep_text(scratch_path("a"), "4", 3));
    expect_ok(keep_text(scratch_path("a"), "5", 3));
    expect_content(scratch_path("a"), "5");
    expect_content(scratch_path("a.1"), "4");
    expect_content(scratch_path("a.2"), "3");
    expect_content(scratch_path("a.3"), "2");
    ck_assert_uint_eq(scratch_count(), 4);
    remove(scratch_path("a.2"));
    expect_ok(keep_text(scratch_path("a"), "6", 3)); /* a gap is filled before anything goes */
    expect_content(scratch_path("a.1"), "5");
    expect_content(scratch_path("a.2"), "4");
    expect_content(scratch_path("a.3"), "2");
    expect_ok(keep_text(scratch_path("a"), "7", 1));
    expect_content(scratch_path("a.1"), "6");
    expect_content(scratch_path("a.2"), "4");
    ck_assert_uint_eq(scratch_count(), 4);
}

TEST(a_process_killed_while_it_kept_a_file_costs_none)
{
    expect_ok(keep_text(scratch_path("a"), "1", 2));
    expect_ok(keep_text(scratch_path("a"), "2", 2));
    expect_ok(keep_text(scratch_path("a"), "3", 2));
    /* After the moves, before the new file: */
    ck_assert_int_eq(rename(scratch_path("a.1"), scratch_path("a.2")), 0);
    ck_assert_int_eq(link(scratch_path("a"), scratch_path("a.1")), 0);
    expect_ok(keep_text(scratch_path("a"), "4", 2));
    expect_content(scratch_path("a"), "4");
    expect_content(scratch_path("a.1"), "3");
    expect_content(scratch_path("a.2"), "2");
    /* After the link: */
    ck_assert_int_eq(link(scratch_path("a"), scratch_path(LEFT_2)), 0);
    expect_ok(keep_text(scratch_path("a"), "5", 2));
    expect_content(scratch_path("a.1"), "4");
    expect_content(scratch_path("a.2"), "3");
    ck_assert_uint_eq(scratch_count(), 3);
}

TEST(what_cannot_be_kept_leaves_the_old_file)
{
    expect_ok(keep_text(scratch_path("a"), "1", 2));
    expect_ok(keep_text(scratch_path("a"), "2", 2));
    no_links = 1;
    expect_fails(keep_text(scratch_path("a"), "3", 2), GAN_ERR_IO, "cannot be kept by a link");
    no_links = 0;
    expect_content(scratch_path("a"), "2");
    expect_content(scratch_path("a.1"), "1");
    ck_assert_uint_eq(scratch_count(), 2);
    ck_assert_int_eq(mkdir(scratch_path("a.2"), 0755), 0);
    expect_fails(keep_text(scratch_path("a"), "3", 2), GAN_ERR_IO, "cannot be renamed");
    expect_content(scratch_path("a"), "2");
    expect_content(scratch_path("a.1"), "1");
    ck_assert_uint_eq(scratch_count(), 3);
}

TEST(the_sum_is_that_of_zlib_whatever_the_pieces)
{
    static char much[600000];
    gan__file file;

    for (size_t i = 0; i < sizeof much; i++) much[i] = (char)(i * i / 7);
    ck_assert_uint_eq(gan__file_sum(0, "123456789", 9), 0xcbf43926); /* the usual check value */
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&file, much, 1));
    expect_ok(gan__file_write(&file, much + 1, sizeof much - 1));
    ck_assert_uint_eq(file.sum, gan__file_sum(0, much, sizeof much));
    ck_assert_uint_eq(gan__file_sum(gan__file_sum(0, much, 333333), much + 333333, 266667),
                      file.sum);
    expect_ok(gan__file_commit(&file, 0));
}

TEST(permissions_are_the_usual_or_those_of_the_old_file)
{
    mode_t old = umask(027);

    expect_ok(write_text(scratch_path("a"), "x"));
    ck_assert_uint_eq(mode_of(scratch_path("a")), 0640);
    ck_assert_int_eq(chmod(scratch_path("a"), 0604), 0);
    expect_ok(write_text(scratch_path("a"), "y"));
    ck_assert_uint_eq(mode_of(scratch_path("a")), 0604);
    umask(old);
}

TEST(names_without_a_folder_are_of_the_working_folder)
{
    char before[1024];

    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(scratch_directory()), 0);
    expect_ok(write_text("plain", "x"));
    expect_content("plain", "x");
    ck_assert_int_eq(chdir(before), 0);
}

/* ---- Links, and names as long as can be ---- */

static void make_link(const char *to, const char *name)
{
    ck_assert_int_eq(symlink(to, scratch_path(name)), 0);
}

/* Where a link stood, the same one stands. */
static void expect_link(const char *name, const char *to)
{
    char found[1024] = "";

    ck_assert_int_gt(readlink(scratch_path(name), found, sizeof found - 1), 0);
    ck_assert_str_eq(found, to);
}

static void expect_refused(const char *name, const char *why)
{
    gan__file file;

    expect_fails(gan__file_create(&file, scratch_path(name), NULL), GAN_ERR_IO, why);
    expect_nothing_held(&file);
}

TEST(through_a_link_its_target_is_replaced)
{
    static const char *const names[] = {"relative", "absolute", "chain"};
    char absolute[PATH_MAX + 8];

    ck_assert_int_eq(mkdir(scratch_path("big"), 0755), 0);
    ck_assert_int_eq(mkdir(scratch_path("run"), 0755), 0);
    make_link("../big/a", "run/relative");
    ck_assert_ptr_nonnull(realpath(scratch_path("big"), absolute));
    strcat(absolute, "/a");
    make_link(absolute, "run/absolute");
    make_link("run/relative", "chain");
    expect_ok(write_text(scratch_path("big/a"), "old"));
    ck_assert_int_eq(chmod(scratch_path("big/a"), 0604), 0);
    for (size_t i = 0; i < 3; i++) {
        char path[64];

        snprintf(path, sizeof path, "%s%s", i < 2 ? "run/" : "", names[i]);
        expect_ok(write_text(scratch_path(path), names[i]));
        expect_content(scratch_path("big/a"), names[i]);
        ck_assert_uint_eq(mode_of(scratch_path("big/a")), 0604);
    }
    expect_link("run/relative", "../big/a");
    expect_link("chain", "run/relative");
}

TEST(a_link_that_leads_to_nothing_gets_its_target)
{
    make_link("b", "a");
    expect_ok(write_text(scratch_path("a"), "x"));
    expect_link("a", "b");
    expect_content(scratch_path("b"), "x");
    ck_assert_uint_eq(scratch_count(), 2);
    make_link("none/b", "c");
    expect_refused("c", "No such file or directory");
}

TEST(earlier_files_stay_beside_the_target_of_a_link)
{
    ck_assert_int_eq(mkdir(scratch_path("big"), 0755), 0);
    make_link("big/a", "a");
    expect_ok(keep_text(scratch_path("a"), "1", 2));
    expect_ok(keep_text(scratch_path("a"), "2", 2));
    expect_content(scratch_path("big/a"), "2");
    expect_content(scratch_path("big/a.1"), "1");
    ck_assert_uint_eq(scratch_count(), 2);
}

TEST(links_that_lead_to_no_file_are_errors)
{
    make_link("b", "a");
    make_link("a", "b");
    expect_refused("a", "Too many levels of symbolic links");
    make_link("/dev/null", "device");
    expect_refused("device", "it is a device");
    make_link(".", "directory");
    expect_refused("directory", "it is a directory");
    ck_assert_int_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    make_link("pipe", "to_pipe");
    expect_refused("pipe", "it is a pipe");
    expect_refused("to_pipe", "it is a pipe");
    expect_link("device", "/dev/null");
}

/* As /dev/stdout may, once the file that a shell opened for it is gone. */
TEST(a_link_to_a_file_without_a_name_is_an_error)
{
    char descriptor[64];
    int fd = open(scratch_path("gone"), O_RDWR | O_CREAT, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(scratch_path("gone")), 0);
    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
    make_link(descriptor, "a");
    expect_refused("a", "it leads to a file without a name");
    close(fd);
}

TEST(names_of_up_to_255_bytes_can_be_written)
{
    char name[257];

    for (size_t n = 200; n <= 255; n++) {
        memset(name, 'n', n);
        name[n] = '\0';
        expect_ok(write_text(scratch_path(name), "x"));
        expect_content(scratch_path(name), "x");
        if (n <= 253) expect_ok(keep_text(scratch_path(name), "y", 1)); /* name.1 is longer */
        ck_assert_uint_eq(scratch_clear(), n <= 253 ? 2 : 1);
    }
    expect_ok(write_text(scratch_path(name), "x"));
    expect_fails(keep_text(scratch_path(name), "y", 1), GAN_ERR_IO, "File name too long");
    expect_content(scratch_path(name), "x");
    ck_assert_uint_eq(scratch_clear(), 1);
    strcat(name, "n");
    expect_refused(name, "File name too long");
}

TEST(the_reason_stands_behind_the_longest_path)
{
    char path[6000];
    gan__file file;
    FILE *stream;
    uint64_t n;

    for (size_t length = 200; length < sizeof path; length += 100) {
        for (size_t i = 0; i < length; i++) path[i] = i % 100 == 0 ? '/' : 'p';
        path[length] = '\0';
        expect_status(gan__file_create(&file, path, NULL), GAN_ERR_IO);
        expect_error_says(length < 4096 ? "cannot write beside it: No such file or directory"
                                        : "cannot be written: File name too long");
        expect_status(gan__file_open(&stream, &n, path), GAN_ERR_IO);
        expect_error_says(length < 4096 ? "cannot be opened: No such file or directory"
                                        : "cannot be opened: File name too long");
    }
}

TEST(where_no_file_can_be_the_error_names_the_path)
{
    gan__file file;

    expect_fails(gan__file_create(&file, scratch_path("none/a"), NULL), GAN_ERR_IO,
                 scratch_path("none/a"));
    expect_error_says("No such file or directory");
    expect_nothing_held(&file);
    expect_fails(gan__file_create(&file, scratch_directory(), NULL), GAN_ERR_IO,
                 "it is a directory");
    expect_fails(gan__file_create(&file, "/dev/null", NULL), GAN_ERR_IO, "it is a device");
    expect_fails(gan__file_create(&file, "", NULL), GAN_ERR_IO, "a name expected");
    ck_assert_uint_eq(scratch_count(), 0);
}

TEST(a_folder_without_permission_is_an_error)
{
    const uid_t me = geteuid();
    gan_status status;

    expect_ok(write_text(scratch_path("a"), "old"));
    ck_assert_int_eq(chmod(scratch_directory(), 0555), 0);
    if (me == 0) ck_assert_int_eq(seteuid(65534), 0);
    status = write_text(scratch_path("a"), "new");
    if (me == 0) ck_assert_int_eq(seteuid(me), 0);
    ck_assert_int_eq(chmod(scratch_directory(), 0755), 0);
    expect_fails(status, GAN_ERR_IO, "Permission denied");
    expect_content(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

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

TEST(a_write_that_fails_leaves_the_old_file)
{
    static char much[100000];
    gan__file file;
    gan_status created, written;

    expect_ok(write_text(scratch_path("a"), "old"));
    fill_the_disk();
    created = gan__file_create(&file, scratch_path("a"), NULL);
    written = gan__file_write(&file, much, sizeof much);
    empty_the_disk();
    expect_ok(created);
    expect_fails(written, GAN_ERR_IO, "File too large");
    expect_error_says(scratch_path("a"));
    gan__file_abandon(&file);
    expect_content(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(a_flush_that_fails_in_the_commit_leaves_the_old_file)
{
    static char much[5001];
    gan__file file;
    gan_status status;

    expect_ok(write_text(scratch_path("a"), "old"));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    ck_assert_int_eq(setvbuf(file.stream, NULL, _IOFBF, 65536), 0);
    expect_ok(gan__file_write(&file, much, sizeof much));
    fill_the_disk();
    status = gan__file_commit(&file, 0);
    empty_the_disk();
    expect_fails(status, GAN_ERR_IO, "File too large");
    expect_nothing_held(&file);
    expect_content(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(a_rename_that_fails_removes_the_temporary_file)
{
    gan__file file;

    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&file, "x", 1));
    ck_assert_int_eq(mkdir(scratch_path("a"), 0755), 0);
    expect_fails(gan__file_commit(&file, 0), GAN_ERR_IO, "cannot be replaced");
    expect_nothing_held(&file);
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(an_empty_file_can_be_written)
{
    FILE *stream;
    uint64_t n = 77;

    expect_ok(write_text(scratch_path("a"), ""));
    expect_ok(gan__file_open(&stream, &n, scratch_path("a")));
    ck_assert_uint_eq(n, 0);
    fclose(stream);
}

TEST(without_memory_nothing_is_left)
{
    gan__file file;
    gan_status status = GAN_ERR_NOMEM;
    budget b;
    size_t n = 0;

    for (; status == GAN_ERR_NOMEM; n++) {
        budget_init(&b, n);
        status = gan__file_create(&file, scratch_path("a"), &b.allocator);
        if (status == GAN_ERR_NOMEM) {
            expect_nothing_held(&file);
            ck_assert_uint_eq(budget_live(&b), 0);
            ck_assert_uint_eq(scratch_count(), 0);
        }
    }
    expect_ok(status);
    ck_assert_uint_gt(n, 1);
    expect_ok(gan__file_commit(&file, 0));
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(opening_tells_the_size_and_refuses_what_is_no_file)
{
    FILE *stream = stdin;
    uint64_t n = 77;
    char text[8];

    expect_ok(write_text(scratch_path("a"), "seven b"));
    expect_ok(gan__file_open(&stream, &n, scratch_path("a")));
    ck_assert_uint_eq(n, 7);
    ck_assert_uint_eq(fread(text, 1, sizeof text, stream), 7);
    fclose(stream);
    expect_fails(gan__file_open(&stream, &n, scratch_path("b")), GAN_ERR_IO,
                 "No such file or directory");
    expect_error_says(scratch_path("b"));
    ck_assert_ptr_null(stream);
    expect_fails(gan__file_open(&stream, &n, scratch_directory()), GAN_ERR_IO, "it is a directory");
    expect_fails(gan__file_open(&stream, &n, "/dev/zero"), GAN_ERR_IO, "it is a device");
    ck_assert_int_eq(mkfifo(scratch_path("pipe"), 0600), 0);
    expect_fails(gan__file_open(&stream, &n, scratch_path("pipe")), GAN_ERR_IO, "pipe");
    ck_assert_ptr_null(stream);
}

TEST(no_descriptor_is_left_open)
{
    const int before = open("/dev/null", O_RDONLY);
    int after;
    FILE *stream;
    uint64_t n;
    gan__file file;

    ck_assert_int_ge(before, 0);
    close(before);
    expect_ok(write_text(scratch_path("a"), "x"));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    gan__file_abandon(&file);
    expect_status(gan__file_open(&stream, &n, scratch_directory()), GAN_ERR_IO);
    after = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(after, before);
    close(after);
}

TEST(every_errno_has_a_text)
{
    const gan__errno_text known = gan__errno_text_of(ENOENT), unknown = gan__errno_text_of(99999);

    ck_assert_str_eq(known.text, strerror(ENOENT));
    ck_assert_uint_gt(strlen(unknown.text), 0);
}
