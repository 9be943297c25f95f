/* image.c - pictures, PNG files and grids of samples.  No other file knows libpng. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/file_internal.h"
#include "file/signature_internal.h"
#include "file/stream_internal.h"

#include <errno.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* ---- Pictures in memory ---- */

static int is_side(size_t n)
{
    return n >= 1 && n <= GAN_IMAGE_MAX_SIDE;
}

/* Make a picture around pixels, which become its own; NULL: black ones. */
static gan_status create(gan_image **out, size_t width, size_t height, size_t channels,
                         uint8_t *pixels, const gan_allocator *memory)
{
    gan_status status = GAN_OK;
    gan_image *image = NULL;

    GAN_TRY(gan__alloc(&image, memory, 1, sizeof *image));
    image->allocator = *memory;
    image->width = width;
    image->height = height;
    image->channels = channels;
    if (!pixels)
        GAN_TRY(gan__alloc(&image->pixels, memory, gan__size_mul(width, channels), height));
    if (pixels) image->pixels = pixels;
    *out = image;
    image = NULL;

cleanup:
    gan_image_destroy(image);
    return status;
}

gan_status gan_image_create(gan_image **out, size_t width, size_t height, size_t channels,
                            const gan_allocator *allocator)
{
    gan_allocator memory;
    gan_status status;

    if (!out) return gan__fail(GAN_ERR_INVALID, "image: out is NULL");
    *out = NULL;
    if (!is_side(width) || !is_side(height))
        return gan__fail(GAN_ERR_INVALID, "image: %zu x %zu pixels requested, a side is 1 to %d",
                         width, height, GAN_IMAGE_MAX_SIDE);
    if (channels != 1 && channels != 3)
        return gan__fail(GAN_ERR_INVALID, "image: %zu channels requested, images have 1 or 3",
                         channels);
    status = gan__alloc_init(&memory, allocator);
    return status == GAN_OK ? create(out, width, height, channels, NULL, &memory) : status;
}

void gan_image_destroy(gan_image *image)
{
    gan_allocator memory;

    if (!image) return;
    memory = image->allocator;
    gan__free(&memory, image->pixels);
    gan__free(&memory, image);
}

size_t gan_image_width(const gan_image *image)
{
    return image ? image->width : 0;
}

size_t gan_image_height(const gan_image *image)
{
    return image ? image->height : 0;
}

size_t gan_image_channels(const gan_image *image)
{
    return image ? image->channels : 0;
}

uint8_t *gan_image_pixels(gan_image *image)
{
    return image ? image->pixels : NULL;
}

/* ---- PNG: what reading and writing share ---- */

/* One file on its way in or out.  All that a function with a setjmp() changes is in here, not in
 * its locals, which a longjmp() may undo. */
typedef struct png_job {
    png_structp png;
    png_infop info;
    const char *path;
    gan__file *file;                /* writing */
    gan_image *image;               /* writing, or what was read */
    const gan_allocator *allocator; /* from here on: reading */
    const gan__image_limit *limit;
    gan__input input;
    uint64_t n_read; /* so far */
    size_t width, height, channels;
    uint8_t *row;    /* one, as libpng hands it out */
    uint8_t *pixels; /* in the order in which they stand in the file */
    size_t used, room;
    gan_status status; /* the first failure */
    int no_memory;
} png_job;

/* libpng's own handlers print; these two do not. */
static void on_error(png_structp png, png_const_charp text)
{
    png_job *job = png_get_error_ptr(png);

    if (job->status == GAN_OK && job->no_memory)
        job->status = gan__fail(GAN_ERR_NOMEM, "%s: out of memory in libpng: %s", job->path, text);
    else if (job->status == GAN_OK && job->file)
        job->status = gan__fail(GAN_ERR_IO, "%s: cannot be written as PNG: %s", job->path, text);
    else if (job->status == GAN_OK)
        job->status = gan__fail(GAN_ERR_FORMAT, "%s: byte %llu: damaged PNG: %s", job->path,
                                (unsigned long long)job->n_read, text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* libpng cannot tell by itself whether memory was what it lacked. */
static png_voidp png_take(png_structp png, png_alloc_size_t n)
{
    png_job *job = png_get_mem_ptr(png);
    void *memory = malloc(n);

    if (!memory) job->no_memory = 1;
    return memory;
}

static void png_give_back(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

/* ---- Reading ---- */

enum {
    HEAD_BYTES = 24,           /* signature, length and name of the first chunk, width, height */
    FIRST_ROOM = 1 << 20,      /* bytes of pixels that are taken on the file's word alone */
    MAX_BYTES = 1 << 28,       /* of pixels, unless the host says otherwise */
    MAX_EXPANSION = 1032,      /* deflate makes at most so many bytes of one */
    MAX_CHUNK_BYTES = 1 << 20, /* of those we keep, none comes near */
    MAX_CHUNKS = 64
};

static uint32_t big_endian_32(const unsigned char b[4])
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Look at the file's beginning before libpng does, for messages with numbers. */
static gan_status check_head(png_job *job)
{
    static const unsigned char wanted[16] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                             0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    unsigned char head[GAN__SIGNATURE_BYTES] = {0};
    const size_t n = gan__input_read(&job->input, head, sizeof head);
    uint32_t width = big_endian_32(head + 16), height = big_endian_32(head + 20);
    size_t same = 0;

    if (n < HEAD_BYTES && job->input.error)
        return gan__fail(gan__errno_status(job->input.error), "%s: byte %zu: cannot be read: %s",
                         job->path, n, gan__errno_text_of(job->input.error).text);
    while (same < n && same < sizeof wanted && head[same] == wanted[same]) same++;
    if (same < n && same < sizeof wanted)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %zu: no PNG file: 0x%02x expected, 0x%02x found%s", job->path,
                         same, wanted[same], head[same], gan__signature_text_of(head, n).text);
    if (n < HEAD_BYTES)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %zu: a PNG's first %d bytes expected, the file ends", job->path,
                         n, HEAD_BYTES);
    if (!is_side(width) || !is_side(height))
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte 16: a PNG of %lu x %lu pixels, a side may be 1 to %d", job->path,
                         (unsigned long)width, (unsigned long)height, GAN_IMAGE_MAX_SIDE);
    if (gan__input_seek(&job->input, 0)) return GAN_OK;
    return gan__file_fail(job->path, "cannot go back to its beginning", errno);
}

static void read_bytes(png_structp png, png_bytep bytes, size_t n)
{
    png_job *job = png_get_io_ptr(png);
    const size_t got = gan__input_read(&job->input, bytes, n);

    job->n_read += got;
    if (got == n) return;
    if (job->input.error)
        job->status = gan__fail(
            gan__errno_status(job->input.error), "%s: byte %llu: cannot be read: %s", job->path,
            (unsigned long long)job->n_read, gan__errno_text_of(job->input.error).text);
    else
        job->status = gan__fail(GAN_ERR_FORMAT,
                                "%s: byte %llu: %zu more bytes of PNG expected, the file ends",
                                job->path, (unsigned long long)job->n_read, n - got);
    png_error(png, "read");
}

/* A few bytes may claim 32768 x 32768 pixels.  What the rows take before compression, one filter
 * byte each, must be within what deflate could have made of the whole file. */
static gan_status check_proportion(const png_job *job)
{
    uint64_t height = png_get_image_height(job->png, job->info);
    uint64_t n = (png_get_rowbytes(job->png, job->info) + 1) * height;

    if (n / MAX_EXPANSION <= job->input.n_bytes) return GAN_OK;
    return gan__fail(
        GAN_ERR_FORMAT,
        "%s: byte 16: %lu x %lu pixels (%llu bytes) claimed, a file of %llu holds at most %llu",
        job->path, (unsigned long)png_get_image_width(job->png, job->info), (unsigned long)height,
        (unsigned long long)n, (unsigned long long)job->input.n_bytes,
        (unsigned long long)(job->input.n_bytes * MAX_EXPANSION));
}

static gan_status check_size(const png_job *job)
{
    const uint64_t n = (uint64_t)job->width * job->channels * job->height;
    const size_t most = job->limit->max_bytes ? job->limit->max_bytes : MAX_BYTES;

    if (n <= most) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: byte 16: %zu x %zu pixels (%llu bytes), at most %zu bytes are read; "
                     "raise %s",
                     job->path, job->width, job->height, (unsigned long long)n, most,
                     job->limit->setting);
}

/* Let libpng hand out 8-bit grey or RGB, whatever the file has. */
static void ask_for_bytes(const png_job *job)
{
    png_set_scale_16(job->png);
    if (png_get_color_type(job->png, job->info) == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(job->png);
    else
        png_set_expand_gray_1_2_4_to_8(job->png);
    png_set_strip_alpha(job->png);
}

/* ---- Reading: pixels take memory as they come, whatever size the file claims ---- */

/* An interlaced picture comes as seven small ones, another as one: how many columns and rows each
 * of them has. */
static size_t columns_of(const png_job *job, int n_passes, int pass)
{
    return n_passes == 1 ? job->width : PNG_PASS_COLS(job->width, pass);
}

static size_t rows_of(const png_job *job, int n_passes, int pass)
{
    if (n_passes == 1) return job->height;
    return columns_of(job, n_passes, pass) > 0 ? PNG_PASS_ROWS(job->height, pass) : 0;
}

static gan_status append_row(png_job *job, size_t n)
{
    const size_t all = job->width * job->channels * job->height;
    gan_status status = GAN_OK;

    if (n > job->room - job->used)
        status =
            gan__alloc_grow(&job->pixels, &job->room, job->used, FIRST_ROOM, all, job->allocator);
    if (status != GAN_OK) return status;
    memcpy(job->pixels + job->used, job->row, n);
    job->used += n;
    return GAN_OK;
}

static gan_status read_rows(png_job *job, int n_passes)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc(&job->row, job->allocator, job->width, job->channels));
    for (int pass = 0; pass < n_passes; pass++) {
        const size_t n = rows_of(job, n_passes, pass);

        for (size_t y = 0; y < n; y++) {
            png_read_row(job->png, job->row, NULL);
            GAN_TRY(append_row(job, columns_of(job, n_passes, pass) * job->channels));
        }
    }
    png_read_end(job->png, NULL);

cleanup:
    return status;
}

/* Put the pixels of seven small pictures to their places in the large one. */
static gan_status merge_passes(png_job *job)
{
    const uint8_t *from = job->pixels;
    uint8_t *merged;
    gan_status status =
        gan__alloc(&merged, job->allocator, job->width * job->channels, job->height);

    if (status != GAN_OK) return status;
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
        const size_t n_rows = rows_of(job, PNG_INTERLACE_ADAM7_PASSES, pass);
        const size_t n_columns = columns_of(job, PNG_INTERLACE_ADAM7_PASSES, pass);

        for (size_t y = 0; y < n_rows; y++)
            for (size_t x = 0; x < n_columns; x++, from += job->channels)
                memcpy(merged + (PNG_ROW_FROM_PASS_ROW(y, pass) * job->width +
                                 PNG_COL_FROM_PASS_COL(x, pass)) *
                                    job->channels,
                       from, job->channels);
    }
    gan__free(job->allocator, job->pixels);
    job->pixels = merged;
    return GAN_OK;
}

static gan_status read_picture(png_job *job)
{
    gan_status status = GAN_OK;
    int n_passes;

    png_read_info(job->png, job->info);
    GAN_TRY(check_proportion(job));
    ask_for_bytes(job);
    n_passes = png_get_interlace_type(job->png, job->info) == PNG_INTERLACE_ADAM7
                   ? PNG_INTERLACE_ADAM7_PASSES
                   : 1;
    png_read_update_info(job->png, job->info);
    job->width = png_get_image_width(job->png, job->info);
    job->height = png_get_image_height(job->png, job->info);
    job->channels = png_get_channels(job->png, job->info);
    if (png_get_rowbytes(job->png, job->info) != job->width * job->channels)
        png_error(job->png, "its rows are not 8-bit grey or RGB");
    GAN_TRY(check_size(job));
    GAN_TRY(read_rows(job, n_passes));
    if (n_passes > 1) GAN_TRY(merge_passes(job));
    GAN_TRY(
        create(&job->image, job->width, job->height, job->channels, job->pixels, job->allocator));
    job->pixels = NULL;

cleanup:
    return status;
}

/* One of the two functions with a setjmp(): it has no locals, and its caller ends what libpng
 * holds. */
static gan_status decode(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png))) return job->status;
    png_set_user_limits(job->png, GAN_IMAGE_MAX_SIDE, GAN_IMAGE_MAX_SIDE);
    png_set_chunk_cache_max(job->png, MAX_CHUNKS);
    png_set_chunk_malloc_max(job->png, MAX_CHUNK_BYTES);
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL,
                                -1); /* no texts, no profiles */
    png_set_read_fn(job->png, job, read_bytes);
    return read_picture(job);
}

gan_status gan__image_read(gan_image **out, gan__source from, const gan__image_limit *limit,
                           const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    png_job job = {.limit = limit};
    gan_allocator memory;

    if (!out) return gan__fail(GAN_ERR_INVALID, "image: out is NULL");
    *out = NULL;
    status = gan__source_check(from, "image");
    if (status != GAN_OK) return status;
    job.path = gan__source_name(from);
    GAN_TRY(gan__alloc_init(&memory, allocator));
    job.allocator = &memory;
    GAN_TRY(gan__input_open(&job.input, from, &memory));
    GAN_TRY(check_head(&job));
    job.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                       png_take, png_give_back);
    if (job.png) job.info = png_create_info_struct(job.png);
    if (!job.info) GAN_FAIL(GAN_ERR_NOMEM, "%s: out of memory: libpng cannot begin", job.path);
    GAN_TRY(decode(&job));
    *out = job.image;
    job.image = NULL;

cleanup:
    png_destroy_read_struct(&job.png, &job.info, NULL);
    gan__free(&memory, job.row);
    gan__free(&memory, job.pixels);
    gan_image_destroy(job.image);
    gan__input_close(&job.input);
    return status;
}

static gan_status read_from(gan_image **out, gan__source from, const gan_image_desc *desc)
{
    const size_t first_size = offsetof(gan_image_desc, allocator) + sizeof desc->allocator;
    gan_image_desc d = {GAN_IMAGE_DESC_INIT};
    gan__image_limit limit = {.setting = "max_bytes of gan_image_desc"};
    gan_status status;

    if (out) *out = NULL;
    status = gan__desc_read(&d, sizeof d, first_size, desc, "gan_image_desc");
    if (status != GAN_OK) return status;
    limit.max_bytes = d.max_bytes;
    return gan__image_read(out, from, &limit, d.allocator);
}

gan_status gan_image_read(gan_image **out, const char *path, const gan_image_desc *desc)
{
    return read_from(out, (gan__source){.path = path}, desc);
}

gan_status gan_image_read_from(gan_image **out, const gan_reader *from, const gan_image_desc *desc)
{
    return read_from(out, (gan__source){.reader = from}, desc);
}

/* ---- Writing ---- */

static void write_bytes(png_structp png, png_bytep bytes, size_t n)
{
    png_job *job = png_get_io_ptr(png);

    job->status = gan__file_write(job->file, bytes, n);
    if (job->status != GAN_OK) png_error(png, "write");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void write_picture(const png_job *job)
{
    const gan_image *image = job->image;

    png_set_IHDR(job->png, job->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(job->png, job->info);
    for (size_t y = 0; y < image->height; y++)
        png_write_row(job->png, image->pixels + y * image->width * image->channels);
    png_write_end(job->png, NULL);
}

/* The other function with a setjmp(), made as the first. */
static gan_status encode(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png))) return job->status;
    png_set_write_fn(job->png, job, write_bytes, flush_nothing);
    write_picture(job);
    return job->status;
}

static gan_status write_to(const gan_image *image, gan__target to)
{
    gan_status status = GAN_OK;
    gan__file file = {0};
    png_job job = {.file = &file};
    gan_image pixels;

    if (!image) return gan__fail(GAN_ERR_INVALID, "image: image is NULL");
    status = gan__target_check(to, "image");
    if (status != GAN_OK) return status;
    job.path = gan__target_name(to);
    pixels = *image;
    job.image = &pixels;
    GAN_TRY(gan__file_begin(&file, to, &image->allocator));
    job.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                        png_take, png_give_back);
    if (job.png) job.info = png_create_info_struct(job.png);
    if (!job.info) GAN_FAIL(GAN_ERR_NOMEM, "%s: out of memory: libpng cannot begin", job.path);
    GAN_TRY(encode(&job));
    GAN_TRY(gan__file_commit(&file, 0));

cleanup:
    png_destroy_write_struct(&job.png, &job.info);
    if (status != GAN_OK) gan__file_abandon(&file);
    return status;
}

gan_status gan_image_write(const gan_image *image, const char *path)
{
    return write_to(image, (gan__target){.path = path});
}

gan_status gan_image_write_to(const gan_image *image, gan_writer *to)
{
    return write_to(image, (gan__target){.writer = to});
}

/* ---- Grids ---- */

enum { MAX_PADDING = 256 };

/* Where things lie in a grid. */
typedef struct grid_plan {
    size_t n_channels, tile_height, tile_width;
    size_t columns, padding;
    size_t height, width;
    float mean[3], std[3];
} grid_plan;

static gan_status check_grid_desc(const gan_grid_desc *d)
{
    if (d->padding > MAX_PADDING)
        return gan__fail(GAN_ERR_INVALID, "grid: padding is %zu, at most %d", d->padding,
                         MAX_PADDING);
    for (size_t c = 0; c < 4; c++)
        if (!isfinite(d->mean[c]) || !isfinite(d->std[c]))
            return gan__fail(GAN_ERR_INVALID,
                             "grid: channel %zu: mean %g and std %g, both must be finite", c,
                             (double)d->mean[c], (double)d->std[c]);
    return GAN_OK;
}

/* Return the square root rounded up; `n` is at most GAN_IMAGE_MAX_SIDE squared. */
static size_t root_up(size_t n)
{
    size_t root = (size_t)sqrt((double)n);

    return root * root < n ? root + 1 : root;
}

static gan_status plan_grid(grid_plan *plan, size_t n, gan_shape shape, const gan_grid_desc *d)
{
    const size_t max = GAN_IMAGE_MAX_SIDE;
    uint64_t height, width, rows;

    if (gan_shape_size(shape) == 0 || shape.rank < 2 || shape.rank > 3 ||
        (shape.rank == 3 && shape.dim[0] != 1 && shape.dim[0] != 3))
        return gan__fail(GAN_ERR_SHAPE,
                         "grid: samples of shape %s, pictures are [h, w], [1, h, w] or [3, h, w]",
                         gan__shape_text_of(shape).text);
    plan->n_channels = shape.rank == 3 ? shape.dim[0] : 1;
    plan->tile_height = shape.dim[shape.rank - 2];
    plan->tile_width = shape.dim[shape.rank - 1];
    plan->padding = d->padding;
    if (n > max * max || plan->tile_height > max || plan->tile_width > max)
        return gan__fail(
            GAN_ERR_SHAPE,
            "grid: %zu samples of shape %s make a picture of more than %zu x %zu pixels", n,
            gan__shape_text_of(shape).text, max, max);
    plan->columns = d->columns ? d->columns : root_up(n);
    if (plan->columns > n) plan->columns = n;
    rows = (n + plan->columns - 1) / plan->columns;
    width = (uint64_t)plan->columns * (plan->tile_width + d->padding) + d->padding;
    height = rows * (plan->tile_height + d->padding) + d->padding;
    if (width > max || height > max)
        return gan__fail(GAN_ERR_SHAPE,
                         "grid: %zu samples of shape %s make a picture of %llu x %llu pixels, a "
                         "side is at most %zu",
                         n, gan__shape_text_of(shape).text, (unsigned long long)width,
                         (unsigned long long)height, max);
    plan->width = (size_t)width;
    plan->height = (size_t)height;
    for (size_t c = 0; c < 3; c++) {
        plan->mean[c] = d->std[c] != 0.0f ? d->mean[c] : 0.5f;
        plan->std[c] = d->std[c] != 0.0f ? d->std[c] : 0.5f;
    }
    return GAN_OK;
}

/* Round to the nearest of 0 .. 255; NaN, which compares false, is black. */
static uint8_t byte_of(float x, float mean, float std)
{
    float value = (x * std + mean) * 255.0f + 0.5f;

    if (!(value > 0.0f)) return 0;
    return value < 255.0f ? (uint8_t)value : 255;
}

/* Lay the planes of one sample over the pixels that begin at `to`. */
static void draw_tile(uint8_t *to, const float *sample, const grid_plan *plan)
{
    const size_t n_channels = plan->n_channels;

    for (size_t c = 0; c < n_channels; c++)
        for (size_t y = 0; y < plan->tile_height; y++) {
            uint8_t *row = to + y * plan->width * n_channels + c;

            for (size_t x = 0; x < plan->tile_width; x++)
                row[x * n_channels] = byte_of(*sample++, plan->mean[c], plan->std[c]);
        }
}

gan_status gan_image_create_grid(gan_image **out, const float *samples, size_t n, gan_shape shape,
                                 const gan_grid_desc *desc)
{
    gan_status status = GAN_OK;
    gan_image *image = NULL;
    gan_grid_desc d = {GAN_GRID_DESC_INIT};
    grid_plan plan = {0};

    if (!out) return gan__fail(GAN_ERR_INVALID, "grid: out is NULL");
    *out = NULL;
    if (!samples) return gan__fail(GAN_ERR_INVALID, "grid: samples is NULL");
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "grid: 0 samples given, at least 1 expected");
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof(gan_grid_desc), desc, "gan_grid_desc"));
    GAN_TRY(check_grid_desc(&d));
    GAN_TRY(plan_grid(&plan, n, shape, &d));
    GAN_TRY(gan_image_create(&image, plan.width, plan.height, plan.n_channels, d.allocator));
    memset(image->pixels, d.background, plan.width * plan.height * plan.n_channels);
    for (size_t i = 0; i < n; i++) {
        size_t top = i / plan.columns * (plan.tile_height + plan.padding) + plan.padding;
        size_t left = i % plan.columns * (plan.tile_width + plan.padding) + plan.padding;

        draw_tile(image->pixels + (top * plan.width + left) * plan.n_channels,
                  samples + i * gan_shape_size(shape), &plan);
    }
    *out = image;
    image = NULL;

cleanup:
    gan_image_destroy(image);
    return status;
}

gan_status gan_image_write_grid(const char *path, const float *samples, size_t n, gan_shape shape,
                                const gan_grid_desc *desc)
{
    gan_status status = GAN_OK;
    gan_image *image = NULL;

    if (!path) return gan__fail(GAN_ERR_INVALID, "grid: path is NULL");
    GAN_TRY(gan_image_create_grid(&image, samples, n, shape, desc));
    GAN_TRY(gan_image_write(image, path));

cleanup:
    gan_image_destroy(image);
    return status;
}

GAN__DEFINE_INIT(gan_image_desc_init, gan_image_desc, GAN_IMAGE_DESC_INIT)
GAN__DEFINE_INIT(gan_grid_desc_init, gan_grid_desc, GAN_GRID_DESC_INIT)
