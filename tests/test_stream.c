/* test_stream.c - networks, runs, pictures and datasets from memory and through callbacks,
 * which fail after any byte: an error, and nothing changed. */
#include "budget.h"
#include "expect.h"
#include "failing.h"
#include "run.h"
#include "scratch.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

TEST_FIXTURE(run_folder_begin, run_folder_end)

/* ---- a host's functions ---- */

/* A stream that reads and writes a few bytes at a time, up to a limit. */
typedef struct host {
    run_bytes *file;
    size_t at;
    size_t most; /* the next byte fails */
    size_t step;
    size_t n_calls;
} host;

static size_t host_read(void *user, void *bytes, size_t n)
{
    host *h = user;
    size_t now = h->file->n - h->at;

    h->n_calls++;
    if (h->at == h->most) return GAN_READ_FAILED;
    if (now > n) now = n;
    if (now > h->step) now = h->step;
    if (now > h->most - h->at) now = h->most - h->at;
    memcpy(bytes, h->file->at + h->at, now);
    h->at += now;
    return now;
}

static int host_write(void *user, const void *bytes, size_t n)
{
    host *h = user;

    h->n_calls++;
    if (n > h->most - h->at) return 0;
    ck_assert_uint_le(h->at + n, sizeof h->file->at);
    memcpy(h->file->at + h->at, bytes, n);
    h->at += n;
    h->file->n = h->at;
    return 1;
}

static size_t too_much(void *user, void *bytes, size_t n)
{
    (void)user;
    (void)bytes;
    return n + 1;
}

/* An endless stream. */
static size_t zeros(void *user, void *bytes, size_t n)
{
    (void)user;
    memset(bytes, 0, n);
    return n;
}

static gan_status save_to(run *r, run_bytes *out)
{
    gan_writer to = gan_writer_memory(out->at, sizeof out->at);
    const gan_status status = gan_checkpoint_save_to(r->game.trainer, r->it, &to);

    out->n = to.n_bytes;
    return status;
}

static gan_status load_bytes(run *r, const run_bytes *file, size_t n)
{
    const gan_reader from = gan_reader_memory(file->at, n);

    return gan_checkpoint_load_from(r->game.trainer, r->it, &from);
}

/* ---- runs ---- */

TEST(memory_functions_and_paths_have_the_same_bytes)
{
    static run_bytes by_path, by_memory, by_function;
    run r = small_run();
    host h = {&by_function, 0, SIZE_MAX, SIZE_MAX, 0};
    gan_writer to = gan_writer_callback(host_write, &h);

    run_steps(&r, 2);
    expect_ok(save_run(&r));
    read_bytes(&by_path, run_path);
    expect_ok(save_to(&r, &by_memory));
    expect_ok(gan_checkpoint_save_to(r.game.trainer, r.it, &to));
    ck_assert_uint_eq(to.n_bytes, by_path.n);
    expect_same_bytes(&by_path, &by_memory);
    expect_same_bytes(&by_path, &by_function);
    run_end(&r);
}

TEST(a_run_goes_on_from_memory_and_from_a_function)
{
    static run_bytes middle, wanted, found;
    run r = small_run();
    host h = {&middle, 0, SIZE_MAX, 7, 0};
    gan_reader from = gan_reader_callback(host_read, &h);
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};

    run_steps(&r, 2);
    expect_ok(save_to(&r, &middle));
    run_steps(&r, 3);
    expect_ok(save_to(&r, &wanted));
    expect_ok(load_bytes(&r, &middle, middle.n));
    run_steps(&r, 3);
    expect_ok(save_to(&r, &found));
    expect_same_bytes(&wanted, &found);
    expect_ok(gan_checkpoint_load_from(r.game.trainer, r.it, &from));
    ck_assert_uint_gt(h.n_calls, middle.n / 7);
    run_steps(&r, 3);
    expect_ok(save_to(&r, &found));
    expect_same_bytes(&wanted, &found);
    h.at = 0;
    expect_ok(gan_checkpoint_read_info_from(&info, &from));
    ck_assert_uint_eq(info.d_steps, 2);
    run_end(&r);
}

TEST(a_writer_that_fails_after_any_byte_is_an_error_and_the_run_as_it_was)
{
    static run_bytes before, after, written;
    run r = small_run();
    size_t n;

    run_steps(&r, 2);
    expect_ok(save_to(&r, &before));
    n = before.n;
    for (size_t k = 0; k < n; k++) {
        host h = {&written, 0, k, SIZE_MAX, 0};
        gan_writer to = gan_writer_callback(host_write, &h);
        size_t calls;

        expect_fails(gan_checkpoint_save_to(r.game.trainer, r.it, &to), GAN_ERR_IO,
                     "stream: byte ");
        calls = h.n_calls;
        ck_assert_uint_gt(calls, 0);
        ck_assert_uint_eq(to.n_bytes, h.at);
        to = gan_writer_memory(written.at, k);
        written.at[k] = 0xa5;
        expect_fails(gan_checkpoint_save_to(r.game.trainer, r.it, &to), GAN_ERR_IO,
                     "there is room for");
        ck_assert_uint_eq(to.n_bytes, n);
        ck_assert_uint_eq(written.at[k], 0xa5);
        expect_same_bits(written.at, before.at, k);
    }
    expect_ok(save_to(&r, &after));
    expect_same_bytes(&before, &after);
    run_end(&r);
}

TEST(a_reader_that_fails_or_ends_after_any_byte_changes_nothing)
{
    static run_bytes file, before, after;
    run r = small_run();

    run_steps(&r, 2);
    expect_ok(save_to(&r, &file));
    run_steps(&r, 1);
    expect_ok(save_to(&r, &before));
    for (size_t k = 0; k < file.n; k++) {
        host h = {&file, 0, k, SIZE_MAX, 0};
        const gan_reader from = gan_reader_callback(host_read, &h);
        gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT, .seed = 77};
        gan_network *g, *d;

        expect_fails(gan_checkpoint_load_from(r.game.trainer, r.it, &from), GAN_ERR_IO,
                     "the function of its reader failed");
        h.at = 0;
        expect_status(gan_checkpoint_networks_from(&g, &d, &from, NULL), GAN_ERR_IO);
        ck_assert(!g && !d);
        h.at = 0;
        expect_status(gan_checkpoint_read_info_from(&info, &from), GAN_ERR_IO);
        ck_assert_uint_eq(info.seed, 77);
        expect_fails(load_bytes(&r, &file, k), GAN_ERR_FORMAT, "memory: ");
    }
    expect_ok(save_to(&r, &after));
    expect_same_bytes(&before, &after);
    expect_ok(load_bytes(&r, &file, file.n));
    run_end(&r);
}

TEST(both_networks_and_their_average_come_from_memory)
{
    static run_bytes file;
    run r = run_begin(RUN_EVERY_OPTION, run_optimizers[0], 1);
    gan_network *g = NULL, *d = NULL, *average = NULL;
    failing_stream stream;
    gan_reader from;

    run_steps(&r, 2);
    expect_ok(save_to(&r, &file));
    from = gan_reader_memory(file.at, file.n);
    expect_ok(gan_checkpoint_networks_from(&g, &d, &from, NULL));
    expect_ok(gan_checkpoint_average_from(&average, &from, NULL));
    ck_assert_uint_eq(gan_network_param_count(g), gan_network_param_count(r.game.g));
    ck_assert_uint_eq(gan_network_param_count(average), gan_network_param_count(g));
    ck_assert_uint_eq(gan_network_param_count(d), gan_network_param_count(r.game.d));
    gan_network_destroy(average);
    from = failing_reader(&stream, file.at, file.n, file.n / 2);
    expect_status(gan_checkpoint_average_from(&average, &from, NULL), GAN_ERR_IO);
    ck_assert_ptr_null(average);
    from = gan_reader_memory(file.at, file.n / 2);
    expect_status(gan_checkpoint_average_from(&average, &from, NULL), GAN_ERR_FORMAT);
    gan_network_destroy(d);
    gan_network_destroy(g);
    run_end(&r);
    r = plain_run();
    expect_ok(save_to(&r, &file));
    from = gan_reader_memory(file.at, file.n);
    expect_fails(gan_checkpoint_average_from(&average, &from, NULL), GAN_ERR_INVALID,
                 "memory: the run kept no average");
    run_end(&r);
}

TEST(numbers_that_are_none_are_not_written)
{
    static run_bytes file;
    gan_writer to = gan_writer_memory(file.at, sizeof file.at);
    run r = small_run();
    gan_tensor t;

    expect_ok(gan_network_find(&t, r.game.g, "0.bias"));
    t.data[1] = (float)INFINITY;
    expect_fails(gan_checkpoint_save_to(r.game.trainer, r.it, &to), GAN_ERR_NONFINITE,
                 "\"generator.0.bias\" is inf");
    expect_fails(gan_network_save_to(r.game.g, &to), GAN_ERR_NONFINITE, "\"0.bias\" is inf");
    t.data[1] = 0;
    expect_ok(gan_checkpoint_save_to(r.game.trainer, r.it, &to));
    run_end(&r);
}

TEST(without_memory_a_run_is_neither_written_nor_read)
{
    static run_bytes before, after;
    run_choice c = usual_choice();
    gan_status status;
    budget b;
    run r;

    budget_init(&b, BUDGET_UNLIMITED);
    c.trainer.allocator = &b.allocator;
    r = run_of(&c);
    run_steps(&r, 2);
    expect_ok(save_to(&r, &before));
    for (int way = 0; way < 3; way++) {
        size_t allowed = 0;

        for (status = GAN_ERR_NOMEM; status != GAN_OK; allowed++) {
            host h = {&before, 0, SIZE_MAX, SIZE_MAX, 0};
            const gan_reader from = gan_reader_callback(host_read, &h);

            b.left = allowed;
            if (way == 0) status = save_to(&r, &after);
            if (way == 1) status = load_bytes(&r, &before, before.n);
            if (way == 2) status = gan_checkpoint_load_from(r.game.trainer, r.it, &from);
            b.left = BUDGET_UNLIMITED;
            if (status != GAN_OK) expect_fails(status, GAN_ERR_NOMEM, "memory");
        }
        ck_assert_uint_gt(allowed, 10);
        expect_ok(save_to(&r, &after));
        expect_same_bytes(&before, &after);
    }
    run_end(&r);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* ---- networks ---- */

static gan_network *small_network(void)
{
    return BUILT(gan_shape_1d(2), gan_layer_linear(2, 3), gan_layer_tanh());
}

TEST(a_network_is_opened_where_it_lies_at_any_alignment)
{
    static unsigned char bytes[2048];
    const float x[] = {0.5f, -1, 2, 0.25f};
    gan_network *net = small_network(), *opened = NULL;
    gan_writer count = gan_writer_memory(NULL, 0), to;

    expect_fails(gan_network_save_to(net, &count), GAN_ERR_IO, "there is room for 0");
    ck_assert_uint_le(count.n_bytes + 8, sizeof bytes);
    for (size_t shift = 0; shift < 8; shift++) {
        gan_reader from;

        to = gan_writer_memory(bytes + shift, count.n_bytes);
        expect_ok(gan_network_save_to(net, &to));
        from = gan_reader_memory(bytes + shift, to.n_bytes);
        expect_ok(gan_network_open_from(&opened, &from, NULL));
        memset(bytes, 0, sizeof bytes); /* its weights are its own */
        expect_same_network(net, opened, x, 2);
        gan_network_destroy(opened);
    }
    gan_network_destroy(net);
}

TEST(a_network_whose_reader_fails_keeps_its_weights)
{
    static run_bytes file;
    gan_network *net = small_network(), *other = small_network(), *opened = NULL;
    const float x[] = {0.5f, -1, 2, 0.25f};
    gan_writer to = gan_writer_memory(file.at, sizeof file.at);
    gan_reader from;

    expect_ok(gan_network_initialize(other, 9));
    expect_ok(gan_network_save_to(other, &to));
    file.n = to.n_bytes;
    for (size_t k = 0; k < file.n; k++) {
        host h = {&file, 0, k, 5, 0};

        from = gan_reader_callback(host_read, &h);
        expect_status(gan_network_load_from(net, &from, NULL), GAN_ERR_IO);
        h.at = 0;
        expect_status(gan_network_open_from(&opened, &from, NULL), GAN_ERR_IO);
        ck_assert_ptr_null(opened);
        from = gan_reader_memory(file.at, k);
        expect_status(gan_network_load_from(net, &from, NULL), GAN_ERR_FORMAT);
    }
    gan_network_destroy(opened = NULL);
    opened = small_network();
    expect_same_network(net, opened, x, 2);
    from = gan_reader_memory(file.at, file.n);
    expect_ok(gan_network_load_from(net, &from, NULL));
    expect_same_network(net, other, x, 2);
    gan_network_destroy(opened);
    gan_network_destroy(other);
    gan_network_destroy(net);
}

/* ---- pictures ---- */

TEST(a_picture_goes_to_memory_and_back)
{
    static run_bytes file;
    gan_image *image = NULL, *again = NULL;
    gan_writer to = gan_writer_memory(file.at, sizeof file.at);
    gan_reader from;

    expect_ok(gan_image_create(&image, 5, 3, 3, NULL));
    for (size_t i = 0; i < 45; i++) gan_image_pixels(image)[i] = (uint8_t)(37 * i);
    expect_ok(gan_image_write_to(image, &to));
    file.n = to.n_bytes;
    from = gan_reader_memory(file.at, file.n);
    expect_ok(gan_image_read_from(&again, &from, NULL));
    ck_assert_uint_eq(gan_image_width(again), 5);
    expect_same_bits(gan_image_pixels(again), gan_image_pixels(image), 45);
    gan_image_destroy(again);
    for (size_t k = 0; k < file.n; k++) {
        host h = {&file, 0, k, SIZE_MAX, 0};

        from = gan_reader_callback(host_read, &h);
        expect_fails(gan_image_read_from(&again, &from, NULL), GAN_ERR_IO, "stream: byte ");
        ck_assert_ptr_null(again);
        from = gan_reader_memory(file.at, k);
        expect_fails(gan_image_read_from(&again, &from, NULL), GAN_ERR_FORMAT, "memory: byte ");
    }
    for (size_t k = 0; k < file.n; k++) {
        static run_bytes written;
        host h = {&written, 0, k, SIZE_MAX, 0};

        to = gan_writer_callback(host_write, &h);
        expect_status(gan_image_write_to(image, &to), GAN_ERR_IO);
        to = gan_writer_memory(written.at, k);
        expect_fails(gan_image_write_to(image, &to), GAN_ERR_IO, "there is room for");
        ck_assert_uint_eq(to.n_bytes, file.n);
    }
    expect_fails(gan_image_write_to(NULL, &to), GAN_ERR_INVALID, "image is NULL");
    expect_fails(gan_image_write_to(image, NULL), GAN_ERR_INVALID, "the writer");
    expect_fails(gan_image_read_from(NULL, &from, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_image_read_from(&again, NULL, NULL), GAN_ERR_INVALID, "the reader");
    gan_image_destroy(image);
}

/* ---- what is refused ---- */

TEST(readers_that_break_their_word_are_errors)
{
    gan_reader from = gan_reader_callback(too_much, NULL);
    gan_network *net = NULL;

    from.name = "weights";
    expect_fails(gan_network_open_from(&net, &from, NULL), GAN_ERR_IO, "weights: byte 0");
    expect_error_says("returned too much");
    from = gan_reader_callback(zeros, NULL);
    from.n_bytes = 1000;
    expect_fails(gan_network_open_from(&net, &from, NULL), GAN_ERR_FORMAT,
                 "stream: more than 1000 bytes");
    from = gan_reader_memory("", 0);
    expect_fails(gan_network_open_from(&net, &from, NULL), GAN_ERR_FORMAT, "memory: byte 0");
}

TEST(readers_and_writers_without_anything_are_refused)
{
    const gan_reader none = gan_reader_memory(NULL, 1);
    gan_writer nowhere = gan_writer_memory(NULL, 1);
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    run r = plain_run();
    gan_network *net = r.game.g, *out = NULL;
    gan_trainer *t = r.game.trainer;

    expect_fails(gan_network_save_to(net, NULL), GAN_ERR_INVALID, "the writer");
    expect_fails(gan_network_save_to(net, &nowhere), GAN_ERR_INVALID, "no bytes and no function");
    expect_fails(gan_network_load_from(net, NULL, NULL), GAN_ERR_INVALID, "the reader");
    expect_fails(gan_network_load_from(net, &none, NULL), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_network_open_from(&out, NULL, NULL), GAN_ERR_INVALID, "the reader");
    expect_fails(gan_network_open_from(&out, &none, NULL), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_network_open_from(NULL, &none, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_checkpoint_save_to(t, r.it, NULL), GAN_ERR_INVALID, "the writer");
    expect_fails(gan_checkpoint_save_to(t, r.it, &nowhere), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_checkpoint_save_to(NULL, r.it, &nowhere), GAN_ERR_INVALID, "trainer is NULL");
    expect_fails(gan_checkpoint_load_from(t, r.it, NULL), GAN_ERR_INVALID, "the reader");
    expect_fails(gan_checkpoint_load_from(t, r.it, &none), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_checkpoint_load_from(NULL, r.it, &none), GAN_ERR_INVALID, "trainer is NULL");
    expect_fails(gan_checkpoint_networks_from(&out, NULL, NULL, NULL), GAN_ERR_INVALID, "reader");
    expect_fails(gan_checkpoint_networks_from(NULL, NULL, &none, NULL), GAN_ERR_INVALID, "both");
    expect_fails(gan_checkpoint_average_from(&out, NULL, NULL), GAN_ERR_INVALID, "reader");
    expect_fails(gan_checkpoint_average_from(NULL, &none, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_checkpoint_read_info_from(&info, NULL), GAN_ERR_INVALID, "reader");
    expect_fails(gan_checkpoint_read_info_from(NULL, &none), GAN_ERR_INVALID, "info is NULL");
    run_end(&r);
}

/* ---- memory ---- */

static gan_status try_open(void **out, const gan_allocator *allocator, void *user)
{
    host h = {user, 0, SIZE_MAX, 100, 0};
    const gan_reader from = gan_reader_callback(host_read, &h);
    gan_network *net = NULL;
    const gan_status status = gan_network_open_from(
        &net, &from, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});

    *out = net;
    return status;
}

TEST(without_memory_there_is_no_network)
{
    static run_bytes file;
    gan_network *net = small_network();
    gan_writer to = gan_writer_memory(file.at, sizeof file.at);

    expect_ok(gan_network_save_to(net, &to));
    file.n = to.n_bytes;
    ck_assert_uint_gt(budget_sweep(try_open, end_network, &file), 5);
    gan_network_destroy(net);
}

/* ---- datasets ---- */

/* Three pictures of 2x2 and their labels. */
static const unsigned char idx_pictures[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2,  0,  0,
                                             0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
static const unsigned char idx_labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1};

/* Compress the file. */
static void gzip(run_bytes *out, const void *bytes, size_t n)
{
    const char *path = scratch_path("data.gz");
    gzFile file = gzopen(path, "wb");

    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)n), (int)n);
    ck_assert_int_eq(gzclose(file), Z_OK);
    read_bytes(out, path);
    ck_assert_int_eq(remove(path), 0);
}

/* Pictures and labels, uncompressed and gzip-compressed. */
static void idx_files(run_bytes files[2][2])
{
    memcpy(files[0][0].at, idx_pictures, files[0][0].n = sizeof idx_pictures);
    memcpy(files[0][1].at, idx_labels, files[0][1].n = sizeof idx_labels);
    gzip(&files[1][0], idx_pictures, sizeof idx_pictures);
    gzip(&files[1][1], idx_labels, sizeof idx_labels);
}

static void expect_idx(gan_dataset *data)
{
    float sample[4];
    uint8_t label;

    ck_assert_uint_eq(gan_dataset_count(data), 3);
    expect_ok(gan_dataset_read(data, 2, sample, &label));
    ck_assert(sample[0] == 9 / 255.0f && sample[3] == 1 && label == 1);
    gan_dataset_destroy(data);
}

TEST(data_sets_open_from_memory_and_from_functions)
{
    static run_bytes files[2][2];

    idx_files(files);
    for (int k = 0; k < 2; k++) {
        host h[2] = {{&files[k][0], 0, SIZE_MAX, 5, 0}, {&files[k][1], 0, SIZE_MAX, 1, 0}};
        gan_reader from[2];
        gan_dataset *data;

        for (int i = 0; i < 2; i++) from[i] = gan_reader_memory(files[k][i].at, files[k][i].n);
        expect_ok(gan_dataset_open_idx_from(&data, &from[0], &from[1], NULL));
        expect_idx(data);
        for (int i = 0; i < 2; i++) from[i] = gan_reader_callback(host_read, &h[i]);
        expect_ok(gan_dataset_open_idx_from(&data, &from[0], &from[1], NULL));
        expect_idx(data);
    }
}

TEST(a_data_set_whose_reader_fails_after_any_byte_is_an_error)
{
    static run_bytes files[2][2];

    idx_files(files);
    for (int k = 0; k < 4; k++) {
        run_bytes *const both[2] = {&files[k / 2][0], &files[k / 2][1]};

        for (size_t most = 0; most < both[k % 2]->n; most++) {
            host h[2] = {{both[0], 0, SIZE_MAX, 5, 0}, {both[1], 0, SIZE_MAX, 5, 0}};
            gan_reader from[2] = {gan_reader_callback(host_read, &h[0]),
                                  gan_reader_callback(host_read, &h[1])};
            gan_dataset *data = (gan_dataset *)(void *)&h;

            h[k % 2].most = most;
            expect_fails(gan_dataset_open_idx_from(&data, &from[0], &from[1], NULL), GAN_ERR_IO,
                         "stream: byte");
            ck_assert_ptr_null(data);
            from[k % 2] = gan_reader_memory(both[k % 2]->at, most);
            h[1 - k % 2].at = 0;
            expect_status(gan_dataset_open_idx_from(&data, &from[0], &from[1], NULL),
                          GAN_ERR_FORMAT);
            ck_assert_ptr_null(data);
        }
    }
}

TEST(readers_of_data_sets_are_checked)
{
    const gan_reader none = gan_reader_memory(NULL, 4), no_end = gan_reader_callback(zeros, NULL);
    const gan_reader good = gan_reader_memory(idx_pictures, sizeof idx_pictures);
    gan_reader small = no_end;
    gan_dataset *data;

    small.n_bytes = 1000;
    expect_fails(gan_dataset_open_idx_from(NULL, &good, NULL, NULL), GAN_ERR_INVALID,
                 "out is NULL");
    expect_fails(gan_dataset_open_idx_from(&data, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "images: the reader");
    expect_fails(gan_dataset_open_idx_from(&data, &none, NULL, NULL), GAN_ERR_INVALID,
                 "images: the reader has no bytes");
    expect_fails(gan_dataset_open_idx_from(&data, &good, &none, NULL), GAN_ERR_INVALID,
                 "labels: the reader has no bytes");
    expect_fails(gan_dataset_open_idx_from(&data, &small, NULL, NULL), GAN_ERR_FORMAT,
                 "more than 1000 bytes");
}
