/* test_report.c - pages of runs: contents, size, escaped texts. */
#include "base/alloc_internal.h"
#include "budget.h"
#include "expect.h"
#include "report/report_internal.h"

#include <gan/gan.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 4 << 20, WIDTH = 302, HEIGHT = 152 };

static const char *text_of(const char *path)
{
    static char room[ROOM];

    room[scratch_read(path, room, ROOM - 1)] = '\0';
    return room;
}

static void expect_in(const char *page, const char *part)
{
    ck_assert_msg(strstr(page, part) != NULL, "the page lacks %s", part);
}

static size_t count(const char *page, const char *part)
{
    size_t n = 0;

    for (; (page = strstr(page, part)) != NULL; page += strlen(part)) n++;
    return n;
}

static gan_log *new_log(void)
{
    gan_log *log;

    expect_ok(gan_log_create(&log, scratch_path("log.jsonl"), NULL));
    return log;
}

static gan_report *new_report(const gan_report_desc *desc)
{
    gan_report *report;

    expect_ok(gan_report_create(&report, desc));
    return report;
}

/* A picture that hardly compresses: noise. */
static gan_image *noise(size_t width, size_t height, size_t channels, uint64_t seed)
{
    gan_image *image;
    gan_rng *rng;

    expect_ok(gan_image_create(&image, width, height, channels, NULL));
    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    for (size_t i = 0; i < width * height * channels; i++)
        gan_image_pixels(image)[i] = (uint8_t)gan_rng_below(rng, 256);
    gan_rng_destroy(rng);
    return image;
}

static void add_frame(gan_report *report, uint64_t epoch, gan_image *image)
{
    expect_ok(gan_report_add_frame(report, epoch, image));
    gan_image_destroy(image);
}

static void log_epoch(gan_log *log, uint64_t epoch, int steps)
{
    for (int i = 0; i < steps; i++) {
        const double t = (double)epoch + i / (double)steps;
        const gan_train_stats stats = {GAN_TRAIN_STATS_INIT,
                                       .d_loss = 0.5 + 1 / t,
                                       .g_loss = 1 + 0.2 * sin(t),
                                       .d_real = 0.7,
                                       .d_fake = 0.3,
                                       .d_real_accuracy = 0.9,
                                       .d_fake_accuracy = 0.95,
                                       .d_grad_norm = exp(-t / 20),
                                       .g_grad_norm = 3 / t};

        expect_ok(gan_log_value(log, "g_lr", 0.0002));
        expect_ok(gan_log_value(log, "d_lr", 0.0001));
        expect_ok(gan_log_step(log, &stats));
    }
    expect_ok(gan_log_metric(log, "frechet", 20 + 200 / (double)epoch));
    expect_ok(gan_log_metric(log, "frechet.low", 18 + 190 / (double)epoch));
    expect_ok(gan_log_metric(log, "frechet.high", 22 + 210 / (double)epoch));
    expect_ok(gan_log_metric(log, "frechet.floor", 3.25));
    expect_ok(gan_log_epoch(log, epoch));
}

static void note_all(gan_log *log)
{
    expect_ok(gan_log_note(log, "title", "DCGAN on Fashion-MNIST"));
    expect_ok(gan_log_note(log, "verdict", "D_WINS"));
    expect_ok(gan_log_note(log, "verdict.text", "Both accuracies are 1 since step 500."));
    expect_ok(gan_log_note(log, "advice", "Lower the discriminator's learning rate."));
    expect_ok(gan_log_note(log, "settings.lr", "0.0002"));
    expect_ok(gan_log_note(log, "command", "fashion_dcgan --lr 0.0002 --seed 1"));
}

static const char *page_of(const gan_report *report, const gan_log *log)
{
    expect_ok(gan_report_write(report, log, scratch_path("report.html")));
    return text_of(scratch_path("report.html"));
}

/* CPU time of this process. */
static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* ---- A whole run ---- */

/* The page is kept for tests/check_report.sh, which validates and renders it. */
TEST(a_run_of_200_epochs_has_a_page_below_2_megabytes)
{
    static const gan_report_count counts[] = {
        {"T-shirt", 190, 200}, {"Trouser", 210, 200}, {"Bag", 3, 200}};
    gan_log *log = new_log();
    gan_report *report = new_report(NULL);
    gan_image *image = noise(400, 100, 1, 99);
    double spent = 0;
    const char *page;

    note_all(log);
    expect_ok(gan_report_set_picture(report, "Nearest training images", "Samples above.", image));
    expect_ok(gan_report_set_counts(report, "Classes among 603 samples", counts, 3));
    for (uint64_t epoch = 1; epoch <= 200; epoch++) {
        gan_image *frame = noise(WIDTH, HEIGHT, 1, epoch);
        double began;

        log_epoch(log, epoch, 600);
        began = seconds();
        add_frame(report, epoch, frame);
        expect_ok(gan_report_write(report, log, scratch_kept("report.html")));
        spent += seconds() - began;
    }
    page = text_of(scratch_kept("report.html"));
    printf("%zu bytes, %.1f ms an epoch\n", strlen(page), spent / 200 * 1000);
    ck_assert_uint_gt(strlen(page), 100000);
    ck_assert_uint_le(strlen(page), 2000000);
    expect_in(page, "<title>DCGAN on Fashion-MNIST</title>");
    expect_in(page, "D_WINS");
    expect_in(page, "Lower the discriminator&#39;s learning rate.");
    expect_in(page, "200 epochs, 120000 steps");
    expect_in(page, "epoch 200</figcaption>");
    expect_in(page, "epoch 1</figcaption>");
    expect_in(page, "floor: real samples against others");
    expect_in(page, "fashion_dcgan --lr 0.0002 --seed 1");
    expect_in(page, "Nearest training images");
    expect_in(page, "Trouser");
    ck_assert_uint_eq(count(page, "<svg"), 6);
    ck_assert_uint_eq(count(page, "<desc"), 6);
    gan_image_destroy(image);
    gan_report_destroy(report);
    gan_log_destroy(log);
}

TEST(a_page_of_nothing_says_so)
{
    gan_log *log = new_log();
    gan_report *report = new_report(NULL);

    expect_in(page_of(report, log), "No numbers yet.");
    expect_in(text_of(scratch_path("report.html")), "0 epochs, 0 steps");
    gan_report_destroy(report);
    gan_log_destroy(log);
}

TEST(a_log_that_was_read_gives_the_same_page)
{
    gan_log *log = new_log(), *read;
    gan_report *report = new_report(NULL);
    char *page;

    note_all(log);
    for (uint64_t epoch = 1; epoch <= 3; epoch++) log_epoch(log, epoch, 250);
    page = strdup(page_of(report, log));
    expect_ok(gan_log_open(&read, scratch_path("log.jsonl"), NULL));
    ck_assert_str_eq(page_of(report, read), page);
    free(page);
    gan_log_destroy(read);
    gan_log_destroy(log);
    gan_report_destroy(report);
}

TEST(what_is_not_finite_leaves_gaps)
{
    gan_log *log = new_log();
    gan_report *report = new_report(NULL);
    const char *page;

    for (uint64_t epoch = 1; epoch <= 4; epoch++) {
        expect_ok(gan_log_metric(log, "a", epoch == 2 ? (double)NAN : (double)epoch));
        expect_ok(gan_log_metric(log, "b", (double)INFINITY));
        expect_ok(gan_log_epoch(log, epoch));
    }
    page = page_of(report, log);
    ck_assert_uint_eq(count(page, "<svg"), 1); /* b has no finite value to plot */
    expect_in(page, "<td>infinite</td>");
    expect_in(page, "<td>not a number</td>");
    expect_in(page, "a: from 1 to 4 at epoch 4, lowest 1, highest 4.");
    gan_report_destroy(report);
    gan_log_destroy(log);
}

TEST(numbers_far_apart_have_a_logarithmic_axis)
{
    gan_log *log = new_log();
    gan_report *report = new_report(NULL);

    for (uint64_t epoch = 1; epoch <= 4; epoch++) {
        expect_ok(gan_log_metric(log, "norm", pow(10, (double)epoch)));
        expect_ok(gan_log_epoch(log, epoch));
    }
    expect_in(page_of(report, log), ">1000</text>");
    expect_in(text_of(scratch_path("report.html")), ">10</text>");
    gan_report_destroy(report);
    gan_log_destroy(log);
}

/* A decimal comma would split a coordinate in two. */
TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    gan_log *log = new_log();
    gan_report *report = new_report(NULL);
    char *page;

    log_epoch(log, 1, 10);
    page = strdup(page_of(report, log));
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) setlocale(LC_ALL, "C.UTF-8");
    ck_assert_str_eq(page_of(report, log), page);
    free(page);
    gan_report_destroy(report);
    gan_log_destroy(log);
}

/* ---- Hostile texts ---- */

static const char HOSTILE[] =
    "</title><script>alert(1)</script><img src=x onerror=\"y\">&'\x1b[2J\x01";

TEST(texts_of_the_host_are_never_markup)
{
    const gan_report_count counts = {HOSTILE, 1, 0};
    gan_log *log = new_log();
    gan_report *report = new_report(NULL);
    gan_image *image = noise(8, 8, 3, 1);
    static const char *const notes[] = {"title",  "verdict",    "verdict.text",
                                        "advice", "settings.x", "command"};
    const char *page;

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        expect_ok(gan_log_note(log, notes[i], HOSTILE));
    expect_ok(gan_log_note(log, "settings.<b>", "x"));
    expect_ok(gan_log_metric(log, "</svg><script>", 1));
    expect_ok(gan_log_epoch(log, 1));
    expect_ok(gan_report_set_picture(report, HOSTILE, HOSTILE, image));
    expect_ok(gan_report_set_counts(report, HOSTILE, &counts, 1));
    expect_ok(gan_report_write(report, log, scratch_kept("hostile.html")));
    page = text_of(scratch_kept("hostile.html"));
    ck_assert_uint_eq(count(page, "<script"), 0);
    ck_assert_uint_eq(count(page, "<img"), 1);
    ck_assert_uint_eq(count(page, "<b>"), 0);
    ck_assert_uint_eq(count(page, "\x1b") + count(page, "\x01"), 0);
    ck_assert_uint_eq(count(page, "</svg>"), 1);
    expect_in(page, "&lt;script&gt;alert(1)");
    gan_image_destroy(image);
    gan_report_destroy(report);
    gan_log_destroy(log);
}

/* ---- Frames ---- */

TEST(frames_are_thinned_out_and_the_latest_stays)
{
    gan_report *report = new_report(NULL);

    for (uint64_t epoch = 1; epoch <= 100; epoch++) {
        add_frame(report, epoch, noise(4, 4, 1, epoch));
        ck_assert_uint_le(report->n_frames, GAN__REPORT_FRAMES + 1);
        ck_assert_uint_eq(report->frames[0].epoch, 1);
        ck_assert_uint_eq(report->frames[report->n_frames - 1].epoch, epoch);
        for (size_t i = 1; i + 1 < report->n_frames; i++)
            ck_assert_uint_eq(report->frames[i].epoch - report->frames[i - 1].epoch,
                              report->stride);
    }
    ck_assert_uint_ge(report->n_frames, GAN__REPORT_FRAMES / 2);
    gan_report_destroy(report);
}

TEST(pictures_that_are_too_large_are_left_out)
{
    const gan_report_desc desc = {GAN_REPORT_DESC_INIT, .max_bytes = 200000};
    gan_log *log = new_log();
    gan_report *report = new_report(&desc);
    gan_image *image = noise(600, 600, 3, 1);
    const char *page;

    for (uint64_t epoch = 1; epoch <= 30; epoch++) {
        log_epoch(log, epoch, 100);
        add_frame(report, epoch, noise(100, 100, 3, epoch)); /* 30 kB each */
    }
    expect_ok(gan_report_set_picture(report, "Real images", "x", image));
    page = page_of(report, log);
    ck_assert_uint_le(strlen(page), 200000);
    ck_assert_uint_eq(count(page, "Left out"), 1);
    ck_assert_uint_ge(count(page, "<img"), 1);
    expect_in(page, "epoch 30</figcaption>");
    gan_image_destroy(image);
    gan_report_destroy(report);
    gan_log_destroy(log);
}

/* An animation is its frames' PNG files in other chunks: the library's reader takes the first
 * frame, like every reader without animation support. */
TEST(an_animation_begins_with_its_first_frame)
{
    gan_allocator a;
    gan__text files[3], png;
    gan__png frames[3];
    gan_image *images[3], *found;
    gan_reader reader;

    expect_ok(gan__alloc_init(&a, NULL));
    for (size_t i = 0; i < 3; i++) {
        files[i] = (gan__text){.allocator = &a};
        images[i] = noise(90, 100, 3, i);
        expect_ok(gan__image_put(&files[i], images[i]));
        frames[i] = (gan__png){files[i].bytes, files[i].used};
    }
    png = (gan__text){.allocator = &a};
    expect_ok(gan__image_put_animation(&png, frames, 3, 400));
    reader = gan_reader_memory(png.bytes, png.used);
    expect_ok(gan_image_read_from(&found, &reader, NULL));
    expect_same_bits(gan_image_pixels(found), gan_image_pixels(images[0]), 90 * 100 * 3);
    scratch_write(scratch_kept("animation.png"), png.bytes, png.used);
    for (size_t i = 0; i < 3; i++) {
        char name[32];

        snprintf(name, sizeof name, "frame-%zu.png", i);
        scratch_write(scratch_kept(name), files[i].bytes, files[i].used);
        gan__text_end(&files[i]);
        gan_image_destroy(images[i]);
    }
    gan__text_end(&png);
    gan_image_destroy(found);
}

/* ---- Comparisons ---- */

TEST(runs_are_compared_in_one_page)
{
    gan_log *logs[2];
    gan_report_run runs[2];
    gan_image *image = noise(64, 64, 1, 3);
    const char *page;

    for (int i = 0; i < 2; i++) {
        expect_ok(gan_log_create(&logs[i], scratch_path(i ? "b.jsonl" : "a.jsonl"), NULL));
        expect_ok(gan_log_note(logs[i], "settings.loss", i ? "hinge" : "bce"));
        expect_ok(gan_log_note(logs[i], "settings.batch", "100"));
        expect_ok(gan_log_note(logs[i], "verdict", i ? "HEALTHY" : "D_WINS"));
        for (uint64_t epoch = 1; epoch <= 5; epoch++) log_epoch(logs[i], epoch, 100 * (i + 1));
        runs[i] = (gan_report_run){i ? "<b>" : NULL, logs[i], image};
    }
    expect_ok(gan_report_compare(runs, 2, scratch_kept("comparison.html"), NULL));
    page = text_of(scratch_kept("comparison.html"));
    expect_in(page, "Comparison of 2 runs");
    expect_in(page, "<bdi>run 1</bdi>");
    expect_in(page, "<bdi>&lt;b&gt;</bdi>");
    expect_in(page, "<td><bdi>bce</bdi></td><td><bdi>hinge</bdi></td>");
    expect_in(page, "<td><bdi>D_WINS</bdi></td><td><bdi>HEALTHY</bdi></td>");
    ck_assert_uint_eq(count(page, ">batch<"), 0); /* it is the same */
    ck_assert_uint_eq(count(page, "<svg"), 11);
    ck_assert_uint_eq(count(page, "<img"), 2);
    expect_in(page, "60<br/><span class=\"soft\">56 to 64</span><br/><span class=\"soft\">floor 3.25</span>"
                    "<br/><span class=\"soft\">lowest 60, epoch 5");
    ck_assert_uint_eq(count(page, ">frechet.low<"), 0); /* besides its value */
    expect_fails(gan_report_compare(runs, 1, "x", NULL), GAN_ERR_INVALID, "1 runs to compare");
    expect_fails(gan_report_compare(runs, 65, "x", NULL), GAN_ERR_INVALID, "65 runs");
    expect_fails(gan_report_compare(NULL, 2, "x", NULL), GAN_ERR_INVALID, "runs is NULL");
    expect_fails(gan_report_compare(runs, 2, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_report_compare(runs, 2, scratch_path("no/x"), NULL), GAN_ERR_IO, "no");
    gan_log_destroy(logs[1]);
    runs[1].log = NULL;
    expect_fails(gan_report_compare(runs, 2, "x", NULL), GAN_ERR_INVALID, "log of run 1 is NULL");
    gan_log_destroy(logs[0]);
    gan_image_destroy(image);
}

TEST(numbers_have_titles_and_names_without_one_stay)
{
    static const char *const wanted[][2] = {
        {"frechet", "Fr\303\251chet distance"},
        {"nn_ratio", "Nearest-neighbour distance ratio"},
        {"g_loss", "Losses: generator"},
        {"d_real", "Discriminator's mean output: D(x), real"},
        {"my.number", "my.number"},
        {NULL, ""},
    };
    char title[GAN_REPORT_TITLE_BYTES], name[3 * GAN_LOG_NAME_BYTES];

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        gan_report_title(wanted[i][0], title);
        ck_assert_str_eq(title, wanted[i][1]);
    }
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    gan_report_title(name, title);
    ck_assert_uint_eq(strlen(title), sizeof title - 1);
}

/* ---- What is refused ---- */

TEST(arguments_that_make_no_sense_are_refused)
{
    gan_report_desc desc = {GAN_REPORT_DESC_INIT, .max_bytes = 199999};
    gan_report_count counts = {"a", -1, 0};
    gan_report *report = new_report(NULL), *other;
    gan_image *image = noise(4, 4, 1, 1), *wide = noise(5, 4, 1, 1);
    gan_log *log = new_log();
    char title[122];

    expect_fails(gan_report_create(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_report_create(&other, &desc), GAN_ERR_INVALID, "199999, at least 200000");
    ck_assert_ptr_null(other);
    expect_fails(gan_report_add_frame(NULL, 1, image), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_report_add_frame(report, 1, NULL), GAN_ERR_INVALID, "image is NULL");
    expect_ok(gan_report_add_frame(report, 2, image));
    expect_fails(gan_report_add_frame(report, 2, image), GAN_ERR_INVALID, "epoch 2 comes after");
    expect_fails(gan_report_add_frame(report, 3, wide), GAN_ERR_SHAPE, "5 x 4");
    memset(title, 'x', 121);
    title[121] = '\0';
    expect_fails(gan_report_set_picture(NULL, "a", "b", image), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_report_set_picture(report, title, "b", image), GAN_ERR_INVALID, "got 121");
    expect_fails(gan_report_set_picture(report, "", "b", image), GAN_ERR_INVALID, "got 0");
    expect_fails(gan_report_set_picture(report, NULL, "b", image), GAN_ERR_INVALID, "title");
    expect_fails(gan_report_set_picture(report, "a", NULL, image), GAN_ERR_INVALID, "caption");
    expect_fails(gan_report_set_picture(report, "a", "b", NULL), GAN_ERR_INVALID, "image");
    expect_fails(gan_report_set_counts(NULL, "a", &counts, 1), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_report_set_counts(report, "", &counts, 1), GAN_ERR_INVALID, "got 0");
    expect_fails(gan_report_set_counts(report, "a", NULL, 1), GAN_ERR_INVALID, "counts is NULL");
    expect_fails(gan_report_set_counts(report, "a", &counts, 1), GAN_ERR_INVALID, "-1 of 0");
    counts = (gan_report_count){NULL, 1, 1};
    expect_fails(gan_report_set_counts(report, "a", &counts, 1), GAN_ERR_INVALID, "name 0");
    expect_fails(gan_report_write(NULL, log, "x"), GAN_ERR_INVALID, "the report is NULL");
    expect_fails(gan_report_write(report, NULL, "x"), GAN_ERR_INVALID, "the log is NULL");
    expect_fails(gan_report_write(report, log, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_report_write(report, log, scratch_path("no/x")), GAN_ERR_IO, "no");
    gan_report_destroy(report);
    gan_report_destroy(NULL);
    gan_image_destroy(image);
    gan_image_destroy(wide);
    gan_log_destroy(log);
}

TEST(pictures_of_the_same_title_are_replaced)
{
    gan_report *report = new_report(NULL);
    gan_image *image = noise(4, 4, 1, 1);

    for (int i = 0; i < 3; i++) expect_ok(gan_report_set_picture(report, "a", "b", image));
    ck_assert_uint_eq(report->n_pictures, 1);
    expect_ok(gan_report_set_picture(report, "c", "d", image));
    ck_assert_uint_eq(report->n_pictures, 2);
    gan_image_destroy(image);
    gan_report_destroy(report);
}

/* ---- Memory ---- */

static gan_status fill(gan_report **out, const gan_allocator *allocator, const gan_log *log)
{
    static const gan_report_count counts[] = {{"a", 1, 2}};
    const gan_report_desc desc = {GAN_REPORT_DESC_INIT, .allocator = allocator};
    gan_image *image = noise(8, 8, 1, 1);
    gan_status status = gan_report_create(out, &desc);

    if (status == GAN_OK) status = gan_report_add_frame(*out, 1, image);
    if (status == GAN_OK) status = gan_report_add_frame(*out, 2, image);
    if (status == GAN_OK) status = gan_report_set_picture(*out, "a", "b", image);
    if (status == GAN_OK) status = gan_report_set_counts(*out, "a", counts, 1);
    if (status == GAN_OK) status = gan_report_write(*out, log, scratch_path("report.html"));
    gan_image_destroy(image);
    return status;
}

TEST(each_allocation_may_fail)
{
    gan_log *log = new_log();
    size_t failures = 0;

    log_epoch(log, 1, 10);
    for (size_t allowed = 0;; allowed++) {
        gan_report *report = NULL;
        budget b;
        gan_status status;

        budget_init(&b, allowed);
        status = fill(&report, &b.allocator, log);
        gan_report_destroy(report);
        ck_assert_uint_eq(b.live, 0);
        if (status == GAN_OK) break;
        ck_assert_int_eq(status, GAN_ERR_NOMEM);
        failures++;
    }
    ck_assert_uint_gt(failures, 10);
    gan_log_destroy(log);
}
