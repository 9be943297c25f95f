/* test_file_readers.c - every reader that takes a path: anything but a file is an error with its
 * name, and never blocks. */
#include "expect.h"
#include "run.h"

#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Objects that readers fill, valid before and after. */
static run r;

static gan_status read_network_into(const char *path)
{
    return gan_network_load(r.game.g, path, NULL);
}

static gan_status read_network(const char *path)
{
    gan_network *net = r.game.g;
    gan_status status = gan_network_open(&net, path, NULL);

    ck_assert_ptr_null(net);
    return status;
}

static gan_status read_checkpoint(const char *path)
{
    return gan_checkpoint_load(r.game.trainer, r.it, path);
}

static gan_status read_info(const char *path)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};

    return gan_checkpoint_read_info(&info, path);
}

static gan_status read_networks(const char *path)
{
    gan_network *g = r.game.g, *d = r.game.d;
    gan_status status = gan_checkpoint_networks(&g, &d, path, NULL);

    ck_assert(g == NULL && d == NULL);
    return status;
}

static gan_status read_average(const char *path)
{
    gan_network *net = r.game.g;
    gan_status status = gan_checkpoint_average(&net, path, NULL);

    ck_assert_ptr_null(net);
    return status;
}

static gan_status read_image(const char *path)
{
    gan_image *image = (gan_image *)&r;
    gan_status status = gan_image_read(&image, path, NULL);

    ck_assert_ptr_null(image);
    return status;
}

static gan_status read_pictures(const char *path)
{
    gan_dataset *data = r.data;
    gan_status status = gan_dataset_open_idx(&data, path, NULL, NULL);

    ck_assert_ptr_null(data);
    return status;
}

static gan_status read_labels(const char *path)
{
    static const uint8_t idx[] = {0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 77};
    const char *images = scratch_path("images.idx");
    gan_dataset *data = r.data;
    gan_status status;

    scratch_write(images, idx, sizeof idx);
    status = gan_dataset_open_idx(&data, images, path, NULL);
    remove(images);
    ck_assert_ptr_null(data);
    return status;
}

static gan_status (*const readers[])(const char *path) = {
    read_network_into, read_network, read_checkpoint, read_info,   read_networks,
    read_average,      read_image,   read_pictures,   read_labels,
};

enum { N_READERS = sizeof readers / sizeof *readers };

static void begin(void)
{
    r = small_run();
    run_folder_begin();
}

static void end(void)
{
    remove(run_path);
    run_end(&r);
    run_folder_end();
}

TEST_FIXTURE(begin, end)
TEST_TIMEOUT(20) /* for a reader that blocks */

/* The name of a non-file in the test's directory. */
static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void expect_refused(size_t reader, const char *path, const char *why)
{
    expect_fails(readers[reader](path), GAN_ERR_IO, why);
    expect_error_says(path);
}

/* A reader that blocks would exceed the test's time limit. */
TEST_EACH(what_is_no_file_is_an_error, 0, N_READERS)
{
    ck_assert_int_eq(mkfifo(run_path, 0600), 0);
    expect_refused((size_t)_i, run_path, "cannot be read: it is a pipe, not a file");
    ck_assert_int_eq(remove(run_path), 0);
    make_socket(run_path);
    expect_refused((size_t)_i, run_path, "cannot be read: it is a socket, not a file");
    expect_refused((size_t)_i, run_folder, "cannot be read: it is a directory, not a file");
    expect_refused((size_t)_i, "/dev/zero", "cannot be read: it is a device, not a file");
}

TEST_EACH(links_are_followed_and_what_is_missing_is_named, 0, N_READERS)
{
    expect_refused((size_t)_i, run_path, "cannot be opened: No such file or directory");
    ck_assert_int_eq(symlink("/dev/zero", run_path), 0);
    expect_refused((size_t)_i, run_path, "it is a device");
    ck_assert_int_eq(remove(run_path), 0);
    ck_assert_int_eq(symlink("run.gan", run_path), 0);
    expect_refused((size_t)_i, run_path, "Too many levels of symbolic links");
}

/* A path so long that it doesn't fit into the message. */
TEST_EACH(the_reason_is_there_behind_a_long_path, 0, N_READERS)
{
    char path[3000];

    for (size_t i = 0; i < sizeof path; i++) path[i] = i % 200 == 0 ? '/' : 'p';
    path[sizeof path - 1] = '\0';
    expect_fails(readers[_i](path), GAN_ERR_IO, "cannot be opened: No such file or directory");
}
