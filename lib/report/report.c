/* report.c - see report.h: the pictures and counts of a report. */
#include "report/report_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* ---- Making ---- */

static gan_status read_desc(gan_report_desc *out, const gan_report_desc *desc)
{
    const size_t first_size = offsetof(gan_report_desc, allocator) + sizeof desc->allocator;
    const gan_report_desc defaults = {GAN_REPORT_DESC_INIT};
    gan_status status;

    *out = defaults;
    status = gan__desc_read(out, sizeof *out, first_size, desc, "gan_report_desc");
    if (status != GAN_OK) return status;
    if (out->max_bytes == 0) out->max_bytes = GAN__REPORT_MOST_BYTES;
    if (out->max_bytes < GAN__REPORT_LEAST_BYTES)
        return gan__fail(GAN_ERR_INVALID, "report: max_bytes is %zu, at least %d expected",
                         out->max_bytes, GAN__REPORT_LEAST_BYTES);
    return GAN_OK;
}

gan_status gan_report_create(gan_report **out, const gan_report_desc *desc)
{
    gan_status status = GAN_OK;
    gan_report_desc d;
    gan_report *report;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "report: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&d, desc));
    GAN_TRY(gan__alloc_init(&a, d.allocator));
    GAN_TRY(gan__alloc(&report, &a, 1, sizeof *report));
    report->allocator = a;
    report->max_bytes = d.max_bytes;
    report->stride = 1;
    *out = report;

cleanup:
    return status;
}

static void end_picture(gan__report_picture *p, const gan_allocator *a)
{
    gan__free(a, p->png.bytes);
    gan__free(a, p->caption);
    memset(p, 0, sizeof *p);
}

static void forget_counts(gan_report *report)
{
    gan__free(&report->allocator, report->counts);
    report->counts = NULL;
    report->n_counts = 0;
}

void gan_report_destroy(gan_report *report)
{
    if (!report) return;
    const gan_allocator a = report->allocator;

    for (size_t i = 0; i < report->n_frames; i++) end_picture(&report->frames[i], &a);
    for (size_t i = 0; i < report->n_pictures; i++) end_picture(&report->pictures[i], &a);
    gan__free(&a, report->pictures);
    forget_counts(report);
    gan__free(&a, report);
}

/* ---- Pictures ---- */

static gan_status make_picture(gan__report_picture *out, const gan_image *image, const char *title,
                               const char *caption, const gan_report *report)
{
    const gan_allocator *a = &report->allocator;
    gan_status status = GAN_OK;

    memset(out, 0, sizeof *out);
    out->png.allocator = a;
    out->width = gan_image_width(image);
    out->height = gan_image_height(image);
    out->channels = gan_image_channels(image);
    memcpy(out->title, title, strlen(title) + 1);
    GAN_TRY(gan__alloc(&out->caption, a, strlen(caption) + 1, 1));
    memcpy(out->caption, caption, strlen(caption) + 1);
    GAN_TRY(gan__image_put(&out->png, image));

cleanup:
    if (status != GAN_OK) end_picture(out, a);
    return status;
}

/* Of the frames that are kept permanently, keep every second one: 0, 2, 4 ... */
static void thin_frames(gan_report *report)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n_frames; i++)
        if (i % 2 == 0)
            report->frames[n++] = report->frames[i];
        else
            end_picture(&report->frames[i], &report->allocator);
    report->n_frames = n;
    report->stride *= 2;
}

/* Frames are kept at multiples of the stride; the latest is kept until the next one, unless it is
 * at such a multiple. */
static void keep_frame(gan_report *report, const gan__report_picture *made)
{
    const int replaces = report->seen > 0 && (report->seen - 1) % report->stride != 0;

    if (replaces) end_picture(&report->frames[--report->n_frames], &report->allocator);
    if (report->n_frames == GAN__REPORT_FRAMES) thin_frames(report);
    report->frames[report->n_frames++] = *made;
    report->seen++;
}

gan_status gan_report_add_frame(gan_report *report, uint64_t epoch, const gan_image *image)
{
    gan__report_picture made;
    const gan__report_picture *last;
    gan_status status;

    if (!report) return gan__fail(GAN_ERR_INVALID, "report: is NULL");
    if (!image) return gan__fail(GAN_ERR_INVALID, "report: image is NULL");
    last = report->n_frames > 0 ? &report->frames[report->n_frames - 1] : NULL;
    if (last && epoch <= last->epoch)
        return gan__fail(GAN_ERR_INVALID, "report: the frame of epoch %llu comes after epoch %llu",
                         (unsigned long long)epoch, (unsigned long long)last->epoch);
    if (last && (last->width != gan_image_width(image) || last->height != gan_image_height(image) ||
                 last->channels != gan_image_channels(image)))
        return gan__fail(GAN_ERR_SHAPE,
                         "report: a frame of %zu x %zu pixels with %zu channels, those before have "
                         "%zu x %zu with %zu",
                         gan_image_width(image), gan_image_height(image), gan_image_channels(image),
                         last->width, last->height, last->channels);
    status = make_picture(&made, image, "", "", report);
    if (status != GAN_OK) return status;
    made.epoch = epoch;
    keep_frame(report, &made);
    return GAN_OK;
}

static gan_status check_title(const char *title)
{
    if (!title) return gan__fail(GAN_ERR_INVALID, "report: title is NULL");
    if (!*title || strlen(title) >= GAN__REPORT_TITLE)
        return gan__fail(GAN_ERR_INVALID, "report: a title of 1 to %d bytes expected, got %zu",
                         GAN__REPORT_TITLE - 1, strlen(title));
    return GAN_OK;
}

/* The slot of a picture: that of the same title, or a new one. */
static gan_status find_place(gan_report *report, gan__report_picture **out, const char *title)
{
    gan__report_picture *more;
    gan_status status;

    for (size_t i = 0; i < report->n_pictures; i++)
        if (strcmp(report->pictures[i].title, title) == 0) {
            *out = &report->pictures[i];
            return GAN_OK;
        }
    status = gan__alloc(&more, &report->allocator, report->n_pictures + 1, sizeof *more);
    if (status != GAN_OK) return status;
    if (report->n_pictures > 0) memcpy(more, report->pictures, report->n_pictures * sizeof *more);
    gan__free(&report->allocator, report->pictures);
    report->pictures = more;
    *out = &more[report->n_pictures++];
    return GAN_OK;
}

gan_status gan_report_set_picture(gan_report *report, const char *title, const char *caption,
                                  const gan_image *image)
{
    gan__report_picture made, *place;
    gan_status status;

    if (!report) return gan__fail(GAN_ERR_INVALID, "report: is NULL");
    status = check_title(title);
    if (status != GAN_OK) return status;
    if (!caption || !image)
        return gan__fail(GAN_ERR_INVALID, "report: %s is NULL", caption ? "image" : "caption");
    status = make_picture(&made, image, title, caption, report);
    if (status != GAN_OK) return status;
    status = find_place(report, &place, title);
    if (status == GAN_OK) {
        end_picture(place, &report->allocator);
        *place = made;
    } else
        end_picture(&made, &report->allocator);
    return status;
}

/* ---- Counts ---- */

static gan_status check_counts(const gan_report_count *counts, size_t n, size_t *bytes)
{
    *bytes = gan__size_mul(n, sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        if (!counts[i].name) return gan__fail(GAN_ERR_INVALID, "report: name %zu is NULL", i);
        if (!isfinite(counts[i].found) || !isfinite(counts[i].expected) || counts[i].found < 0 ||
            counts[i].expected < 0)
            return gan__fail(GAN_ERR_INVALID,
                             "report: count %zu is %g of %g, numbers from 0 expected", i,
                             counts[i].found, counts[i].expected);
        *bytes = gan__size_add(*bytes, strlen(counts[i].name) + 1);
    }
    return GAN_OK;
}

gan_status gan_report_set_counts(gan_report *report, const char *title,
                                 const gan_report_count *counts, size_t n)
{
    gan_report_count *made;
    size_t bytes;
    char *names;
    gan_status status;

    if (!report) return gan__fail(GAN_ERR_INVALID, "report: is NULL");
    status = check_title(title);
    if (status != GAN_OK) return status;
    if (n > 0 && !counts) return gan__fail(GAN_ERR_INVALID, "report: counts is NULL");
    if (n > GAN__REPORT_COUNTS) n = GAN__REPORT_COUNTS;
    status = check_counts(counts, n, &bytes);
    if (status == GAN_OK) status = gan__alloc(&made, &report->allocator, bytes, 1);
    if (status != GAN_OK) return status;
    names = (char *)(made + n);
    for (size_t i = 0; i < n; i++) {
        made[i] = counts[i];
        made[i].name = memcpy(names, counts[i].name, strlen(counts[i].name) + 1);
        names += strlen(names) + 1;
    }
    forget_counts(report);
    report->counts = made;
    report->n_counts = n;
    memcpy(report->counts_title, title, strlen(title) + 1);
    return GAN_OK;
}

/* ---- Pages ---- */

/* Write a page to its file, and free its text. */
static gan_status write_page(gan__text *page, const char *path)
{
    gan__file file = {0};
    gan_status status = page->status;

    if (status == GAN_OK) status = gan__file_create(&file, path, page->allocator);
    if (status == GAN_OK) status = gan__file_write(&file, page->bytes, page->used);
    if (status == GAN_OK) status = gan__file_commit(&file, 0);
    if (status != GAN_OK) gan__file_abandon(&file);
    gan__text_end(page);
    return status;
}

gan_status gan_report_write(const gan_report *report, const gan_log *log, const char *path)
{
    gan__text page = {0};

    if (!report || !log || !path)
        return gan__fail(GAN_ERR_INVALID, "report: %s is NULL",
                         !report ? "the report"
                         : !log  ? "the log"
                                 : "path");
    page.allocator = &report->allocator;
    gan__report_put_page(&page, report, log);
    return write_page(&page, path);
}

gan_status gan_report_compare(const gan_report_run *runs, size_t n, const char *path,
                              const gan_report_desc *desc)
{
    enum { MOST_RUNS = 64 };
    gan_report_desc d;
    gan_allocator a;
    gan__text page = {.allocator = &a};
    gan_status status;

    if (!runs || !path)
        return gan__fail(GAN_ERR_INVALID, "report: %s is NULL", runs ? "path" : "runs");
    if (n < 2 || n > MOST_RUNS)
        return gan__fail(GAN_ERR_INVALID, "report: %zu runs to compare, 2 to %d expected", n,
                         MOST_RUNS);
    for (size_t i = 0; i < n; i++)
        if (!runs[i].log)
            return gan__fail(GAN_ERR_INVALID, "report: the log of run %zu is NULL", i);
    status = read_desc(&d, desc);
    if (status == GAN_OK) status = gan__alloc_init(&a, d.allocator);
    if (status != GAN_OK) return status;
    gan__report_put_comparison(&page, runs, n, d.max_bytes);
    return write_page(&page, path);
}

GAN__DEFINE_INIT(gan_report_desc_init, gan_report_desc, GAN_REPORT_DESC_INIT)
