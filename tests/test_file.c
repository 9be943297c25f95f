/* test_file.c - files are replaced atomically. */
#define _DEFAULT_SOURCE /* syscall() */
#include "budget.h"
#include "expect.h"
#include "file/file_internal.h"
#include "texts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Replaces the C library's fsync(): records what was flushed and when, and fails on demand. */
static struct {
    size_t n_calls, n_folders;
    off_t bytes;    /* size of the last flushed file */
    int target_new; /* whether the path named it already */
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

/* The same for locks: another process that is faster, or a file system without locks. */
static struct {
    int remove;        /* number of files to remove just before they are locked */
    int fail;          /* number of files that another process locks */
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
    expect_ok(commit_text(scratch_path("a"), "ten bytes.", 0));
    ck_assert_int_eq(flushed.bytes, 10);
    ck_assert_int_eq(flushed.target_new, 0);
    ck_assert_uint_eq(flushed.n_folders, 1);
    ck_assert_uint_eq(flushed.n_calls, 2);
}

TEST(a_disk_that_fails_leaves_the_old_file)
{
    expect_ok(commit_text(scratch_path("a"), "old", 0));
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EIO;
    expect_fails(commit_text(scratch_path("a"), "new", 0), GAN_ERR_IO,
                 "cannot be written to the disk: Input/output error");
    expect_text(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(signals_and_file_systems_without_fsync_are_no_failure)
{
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EINTR;
    expect_ok(commit_text(scratch_path("a"), "one", 0));
    ck_assert_uint_eq(flushed.n_calls, 3);
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[0] = EINVAL;
    expect_ok(commit_text(scratch_path("a"), "two", 0));
    memset(&flushed, 0, sizeof flushed);
    flushed.errors[1] = EIO; /* of the directory: the complete file is there all the same */
    expect_ok(commit_text(scratch_path("a"), "three", 0));
    expect_text(scratch_path("a"), "three");
}

TEST(a_committed_file_stands_alone_in_its_folder)
{
    ck_assert_uint_eq(scratch_count(), 0);
    expect_ok(commit_text(scratch_path("run.gan"), "one", 0));
    expect_text(scratch_path("run.gan"), "one");
    ck_assert_uint_eq(scratch_count(), 1);
    expect_ok(commit_text(scratch_path("run.gan"), "two", 0));
    expect_text(scratch_path("run.gan"), "two");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(the_old_file_stands_until_the_commit)
{
    gan__file file;

    expect_ok(commit_text(scratch_path("a"), "old", 0));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&file, "new", 3));
    fflush(file.stream);
    expect_text(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 2);
    expect_ok(gan__file_commit(&file, 0));
    expect_text(scratch_path("a"), "new");
    expect_nothing_held(&file);
}

TEST(an_abandoned_file_leaves_the_old_one)
{
    gan__file file, never = {0};

    expect_ok(commit_text(scratch_path("a"), "old", 0));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    expect_ok(gan__file_write(&file, "new", 3));
    gan__file_abandon(&file);
    expect_nothing_held(&file);
    gan__file_abandon(&file);
    gan__file_abandon(&never);
    expect_text(scratch_path("a"), "old");
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
    expect_text(scratch_path("a"), "second");
    expect_ok(gan__file_commit(&first, 0));
    expect_text(scratch_path("a"), "first");
    ck_assert_uint_eq(scratch_count(), 1);
}

/* A temporary file for `a`, as of a running writer; or, once it is closed, of a killed one. */
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
    expect_ok(commit_text(scratch_path("a"), "mine", 0));
    expect_text(scratch_path("a"), "mine");
    expect_text(scratch_path(LEFT_1), "another's");
    ck_assert_uint_eq(scratch_count(), 2);
    close(fd);
    expect_ok(commit_text(scratch_path("a"), "mine", 0)); /* and removed once its writer is gone */
    ck_assert_uint_eq(scratch_count(), 1);
}

/* For any target. */
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
    expect_ok(commit_text(scratch_path("a"), "x", 0));
    ck_assert_uint_eq(scratch_count(), n_others + 2);
    for (size_t i = 0; i < 2; i++) ck_assert_int_eq(access(scratch_path(left[i]), F_OK), -1);
}

/* A cleaner has opened a writer's temporary file; the writer commits it and begins another: the
 * cleaner finds the first one unlocked, and must not remove the second. */
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
    expect_ok(commit_text(scratch_path("a"), "2", 0));
    ck_assert_ptr_null(flock_before.act);
    expect_ok(gan__file_write(&living, "3", 1));
    expect_ok(gan__file_commit(&living, 0));
    expect_text(scratch_path("a"), "3");
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
    expect_ok(commit_text(scratch_path("a"), "x", 0));
    ck_assert_uint_eq(flock_before.remove, 0);
    flock_before.fail = 1;
    expect_ok(commit_text(scratch_path("a"), "y", 0));
    expect_text(scratch_path("a"), "y");
    ck_assert_uint_eq(scratch_count(), 2); /* the one that seemed to belong to another writer */
}

TEST(where_there_are_no_locks_files_are_written_and_none_removed)
{
    flock_before.none = 1;
    close(open(scratch_path(LEFT_1), O_RDWR | O_CREAT, 0600));
    expect_ok(commit_text(scratch_path("a"), "x", 0));
    ck_assert_uint_eq(scratch_count(), 2);
    flock_before.none = 0;
}

/* ---- Earlier files ---- */

TEST(the_last_files_are_kept_under_numbers)
{
    expect_ok(commit_text(scratch_path("a"), "1", 3));
    ck_assert_uint_eq(scratch_count(), 1);
    expect_ok(commit_text(scratch_path("a"), "2", 3));
    expect_ok(commit_text(scratch_path("a"), "3", 3));
    expect_ok(commit_text(scratch_path("a"), "4", 3));
    expect_ok(commit_text(scratch_path("a"), "5", 3));
    expect_text(scratch_path("a"), "5");
    expect_text(scratch_path("a.1"), "4");
    expect_text(scratch_path("a.2"), "3");
    expect_text(scratch_path("a.3"), "2");
    ck_assert_uint_eq(scratch_count(), 4);
    remove(scratch_path("a.2"));
    expect_ok(commit_text(scratch_path("a"), "6", 3)); /* a gap is filled before removal */
    expect_text(scratch_path("a.1"), "5");
    expect_text(scratch_path("a.2"), "4");
    expect_text(scratch_path("a.3"), "2");
    expect_ok(commit_text(scratch_path("a"), "7", 1));
    expect_text(scratch_path("a.1"), "6");
    expect_text(scratch_path("a.2"), "4");
    ck_assert_uint_eq(scratch_count(), 4);
}

TEST(a_process_killed_while_it_kept_a_file_costs_none)
{
    expect_ok(commit_text(scratch_path("a"), "1", 2));
    expect_ok(commit_text(scratch_path("a"), "2", 2));
    expect_ok(commit_text(scratch_path("a"), "3", 2));
    /* After the moves, before the new file: */
    ck_assert_int_eq(rename(scratch_path("a.1"), scratch_path("a.2")), 0);
    ck_assert_int_eq(link(scratch_path("a"), scratch_path("a.1")), 0);
    expect_ok(commit_text(scratch_path("a"), "4", 2));
    expect_text(scratch_path("a"), "4");
    expect_text(scratch_path("a.1"), "3");
    expect_text(scratch_path("a.2"), "2");
    /* After the link: */
    ck_assert_int_eq(link(scratch_path("a"), scratch_path(LEFT_2)), 0);
    expect_ok(commit_text(scratch_path("a"), "5", 2));
    expect_text(scratch_path("a.1"), "4");
    expect_text(scratch_path("a.2"), "3");
    ck_assert_uint_eq(scratch_count(), 3);
}

TEST(what_cannot_be_kept_leaves_the_old_file)
{
    expect_ok(commit_text(scratch_path("a"), "1", 2));
    expect_ok(commit_text(scratch_path("a"), "2", 2));
    no_links = 1;
    expect_fails(commit_text(scratch_path("a"), "3", 2), GAN_ERR_IO, "cannot be kept by a link");
    no_links = 0;
    expect_text(scratch_path("a"), "2");
    expect_text(scratch_path("a.1"), "1");
    ck_assert_uint_eq(scratch_count(), 2);
    ck_assert_int_eq(mkdir(scratch_path("a.2"), 0755), 0);
    expect_fails(commit_text(scratch_path("a"), "3", 2), GAN_ERR_IO, "cannot be renamed");
    expect_text(scratch_path("a"), "2");
    expect_text(scratch_path("a.1"), "1");
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

    expect_ok(commit_text(scratch_path("a"), "x", 0));
    ck_assert_uint_eq(mode_of(scratch_path("a")), 0640);
    ck_assert_int_eq(chmod(scratch_path("a"), 0604), 0);
    expect_ok(commit_text(scratch_path("a"), "y", 0));
    ck_assert_uint_eq(mode_of(scratch_path("a")), 0604);
    umask(old);
}

TEST(names_without_a_folder_are_of_the_working_folder)
{
    char before[1024];

    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(scratch_directory()), 0);
    expect_ok(commit_text("plain", "x", 0));
    expect_text("plain", "x");
    ck_assert_int_eq(chdir(before), 0);
}

/* ---- Errors ---- */

TEST(a_folder_without_permission_is_an_error)
{
    const uid_t me = geteuid();
    gan_status status;

    expect_ok(commit_text(scratch_path("a"), "old", 0));
    ck_assert_int_eq(chmod(scratch_directory(), 0555), 0);
    if (me == 0) ck_assert_int_eq(seteuid(65534), 0);
    status = commit_text(scratch_path("a"), "new", 0);
    if (me == 0) ck_assert_int_eq(seteuid(me), 0);
    ck_assert_int_eq(chmod(scratch_directory(), 0755), 0);
    expect_fails(status, GAN_ERR_IO, "Permission denied");
    expect_text(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

/* No file may grow beyond 5000 bytes, as on a full disk; only between these two calls, as Check
 * writes, too. */
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

    expect_ok(commit_text(scratch_path("a"), "old", 0));
    fill_the_disk();
    created = gan__file_create(&file, scratch_path("a"), NULL);
    written = gan__file_write(&file, much, sizeof much);
    empty_the_disk();
    expect_ok(created);
    expect_fails(written, GAN_ERR_IO, "File too large");
    expect_error_says(scratch_path("a"));
    gan__file_abandon(&file);
    expect_text(scratch_path("a"), "old");
    ck_assert_uint_eq(scratch_count(), 1);
}

TEST(a_flush_that_fails_in_the_commit_leaves_the_old_file)
{
    static char much[5001];
    gan__file file;
    gan_status status;

    expect_ok(commit_text(scratch_path("a"), "old", 0));
    expect_ok(gan__file_create(&file, scratch_path("a"), NULL));
    ck_assert_int_eq(setvbuf(file.stream, NULL, _IOFBF, 65536), 0);
    expect_ok(gan__file_write(&file, much, sizeof much));
    fill_the_disk();
    status = gan__file_commit(&file, 0);
    empty_the_disk();
    expect_fails(status, GAN_ERR_IO, "File too large");
    expect_nothing_held(&file);
    expect_text(scratch_path("a"), "old");
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

    expect_ok(commit_text(scratch_path("a"), "", 0));
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

    expect_ok(commit_text(scratch_path("a"), "seven b", 0));
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
    expect_ok(commit_text(scratch_path("a"), "x", 0));
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
