/* test_file_links.c - files behind links, names of maximal length, and paths without a file. */
#define _DEFAULT_SOURCE /* realpath() */
#include "expect.h"
#include "file/file_internal.h"
#include "texts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_link(const char *to, const char *name)
{
    ck_assert_int_eq(symlink(to, scratch_path(name)), 0);
}

/* The link is still the same. */
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
    expect_ok(commit_text(scratch_path("big/a"), "old", 0));
    ck_assert_int_eq(chmod(scratch_path("big/a"), 0604), 0);
    for (size_t i = 0; i < 3; i++) {
        char path[64];

        snprintf(path, sizeof path, "%s%s", i < 2 ? "run/" : "", names[i]);
        expect_ok(commit_text(scratch_path(path), names[i], 0));
        expect_text(scratch_path("big/a"), names[i]);
        ck_assert_uint_eq(mode_of(scratch_path("big/a")), 0604);
    }
    expect_link("run/relative", "../big/a");
    expect_link("chain", "run/relative");
}

TEST(a_link_that_leads_to_nothing_gets_its_target)
{
    make_link("b", "a");
    expect_ok(commit_text(scratch_path("a"), "x", 0));
    expect_link("a", "b");
    expect_text(scratch_path("b"), "x");
    ck_assert_uint_eq(scratch_count(), 2);
    make_link("none/b", "c");
    expect_refused("c", "No such file or directory");
}

TEST(earlier_files_stay_beside_the_target_of_a_link)
{
    ck_assert_int_eq(mkdir(scratch_path("big"), 0755), 0);
    make_link("big/a", "a");
    expect_ok(commit_text(scratch_path("a"), "1", 2));
    expect_ok(commit_text(scratch_path("a"), "2", 2));
    expect_text(scratch_path("big/a"), "2");
    expect_text(scratch_path("big/a.1"), "1");
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
        expect_ok(commit_text(scratch_path(name), "x", 0));
        expect_text(scratch_path(name), "x");
        if (n <= 253) expect_ok(commit_text(scratch_path(name), "y", 1)); /* name.1 is longer */
        ck_assert_uint_eq(scratch_clear(), n <= 253 ? 2 : 1);
    }
    expect_ok(commit_text(scratch_path(name), "x", 0));
    expect_fails(commit_text(scratch_path(name), "y", 1), GAN_ERR_IO, "File name too long");
    expect_text(scratch_path(name), "x");
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
