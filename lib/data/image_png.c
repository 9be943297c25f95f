/* image_png.c - PNG files.  The only file that uses libpng. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"
#include "file/signature_internal.h"
#include "file/stream_internal.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* ---- PNG: what reading and writing share ---- */

/* A file that is being read or written.  Everything that a function with a setjmp() changes is in
 * here, not in its local variables, whose values are indeterminate after a longjmp(). */
typedef struct png_job {
    png_structp png;
    png_infop info;
    const char *path;
    gan__file *file;             /* writing */
    gan_image *image;            /* writing, or what was read */
    const gan__image_file *from; /* from here on: reading */
    uint64_t n_read;             /* so far */
    size_t width, height, channels;
    int orientation;
    uint8_t *row;         /* one, as libpng hands it out */
    gan__image_rows rows; /* in file order */
    gan_status status;    /* the first failure */
    int no_memory;
} png_job;

/* libpng's own handlers print; these don't. */
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

enum { MAX_TAKEN = 4 << 20 }; /* more than rows and chunks that are read can need */

/* libpng's error function does not say whether memory was lacking. */
static png_voidp png_take(png_structp png, png_alloc_size_t n)
{
    png_job *job = png_get_mem_ptr(png);
    void *memory;

    if (job->from && n > MAX_TAKEN) return NULL; /* a chunk's length that nobody checked */
    memory = malloc(n);
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
    COLOR_TYPE = 25,           /* the byte in which it stands */
    HEAD_BYTES = 24,           /* signature, length and name of the first chunk, width, height */
    MAX_EXPANSION = 1032,      /* deflate expands one byte to at most this many */
    MAX_CHUNK_BYTES = 1 << 20, /* none of those that are kept comes near it */
    MAX_CHUNKS = 64
};

static uint32_t big_endian_32(const unsigned char b[4])
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static const unsigned char beginning[16] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                            0,    0,   0,   13,  'I',  'H',  'D',  'R'};

static int is_png(const unsigned char *bytes, size_t n)
{
    return n >= 8 && memcmp(bytes, beginning, 8) == 0;
}

/* Check the beginning of the file before libpng does, for messages with numbers. */
static gan_status examine(gan__image_head *out, const gan__image_file *file)
{
    unsigned char head[GAN__SIGNATURE_BYTES] = {0};
    const size_t n = gan__input_read(file->input, head, sizeof head);
    uint32_t width = big_endian_32(head + 16), height = big_endian_32(head + 20);
    size_t same = 0;

    if (n < HEAD_BYTES && file->input->error) return gan__image_fail_read(file, n, HEAD_BYTES - n);
    while (same < n && same < sizeof beginning && head[same] == beginning[same]) same++;
    if (same < n && same < sizeof beginning)
        return gan__fail(
            GAN_ERR_FORMAT, "%s: byte %zu: not a PNG file: 0x%02x expected, 0x%02x found%s",
            file->path, same, beginning[same], head[same], gan__signature_text_of(head, n).text);
    if (n < HEAD_BYTES)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %zu: a PNG's first %d bytes expected, the file ends", file->path,
                         n, HEAD_BYTES);
    if (!gan__image_is_side(width) || !gan__image_is_side(height))
        return gan__fail(
            GAN_ERR_FORMAT, "%s: byte 16: a PNG of %lu x %lu pixels, a side may be 1 to %d",
            file->path, (unsigned long)width, (unsigned long)height, GAN_IMAGE_MAX_SIDE);
    *out = (gan__image_head){width, height, head[COLOR_TYPE] & PNG_COLOR_MASK_COLOR ? 3 : 1};
    if (gan__input_seek(file->input, 0)) return GAN_OK;
    return gan__file_fail(file->path, "cannot seek to the beginning", errno);
}

static void read_bytes(png_structp png, png_bytep bytes, size_t n)
{
    png_job *job = png_get_io_ptr(png);
    const size_t got = gan__input_read(job->from->input, bytes, n);

    job->n_read += got;
    if (got == n) return;
    job->status = gan__image_fail_read(job->from, job->n_read, n - got);
    png_error(png, "read");
}

/* A few bytes may claim 32768 x 32768 pixels.  What the rows take before compression, one filter
 * byte each, must be within what deflate could have made of the whole file. */
static gan_status check_proportion(const png_job *job)
{
    uint64_t height = png_get_image_height(job->png, job->info);
    uint64_t n = (png_get_rowbytes(job->png, job->info) + 1) * height;

    if (n / MAX_EXPANSION <= job->from->input->n_bytes) return GAN_OK;
    return gan__fail(
        GAN_ERR_FORMAT,
        "%s: byte 16: %lu x %lu pixels (%llu bytes) claimed, a file of %llu holds at most %llu",
        job->path, (unsigned long)png_get_image_width(job->png, job->info), (unsigned long)height,
        (unsigned long long)n, (unsigned long long)job->from->input->n_bytes,
        (unsigned long long)(job->from->input->n_bytes * MAX_EXPANSION));
}

/* Set libpng to deliver 8-bit grey or RGB, whatever the file has, and alpha if requested. */
static void ask_for_bytes(const png_job *job)
{
    png_set_scale_16(job->png);
    if (png_get_color_type(job->png, job->info) == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(job->png);
    else
        png_set_expand_gray_1_2_4_to_8(job->png);
    if (!job->from->request->keeps_alpha)
        png_set_strip_alpha(job->png);
    else if (png_get_valid(job->png, job->info, PNG_INFO_tRNS))
        png_set_tRNS_to_alpha(job->png);
}

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

static gan_status read_rows(png_job *job, int n_passes)
{
    gan_status status = GAN_OK;

    job->rows.all = job->width * job->channels * job->height;
    GAN_TRY(gan__alloc(&job->row, job->from->allocator, job->width, job->channels));
    for (int pass = 0; pass < n_passes; pass++) {
        const size_t n = rows_of(job, n_passes, pass);

        for (size_t y = 0; y < n; y++) {
            png_read_row(job->png, job->row, NULL);
            GAN_TRY(gan__image_append(&job->rows, job->row,
                                      columns_of(job, n_passes, pass) * job->channels,
                                      job->from->allocator));
        }
    }
    png_read_end(job->png, NULL);

cleanup:
    return status;
}

/* Copy the pixels of the seven small pictures to their positions in the full one. */
static gan_status merge_passes(png_job *job)
{
    const uint8_t *from = job->rows.pixels;
    uint8_t *merged;
    gan_status status =
        gan__alloc(&merged, job->from->allocator, job->width * job->channels, job->height);

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
    gan__free(job->from->allocator, job->rows.pixels);
    job->rows.pixels = merged;
    return GAN_OK;
}

/* The orientation of the EXIF data, if that comes before the pixels. */
static void find_orientation(png_job *job)
{
#ifdef PNG_eXIf_SUPPORTED
    png_bytep exif = NULL;
    png_uint_32 n = 0;

    if (png_get_eXIf_1(job->png, job->info, &n, &exif) & PNG_INFO_eXIf)
        job->orientation = gan__exif_orientation(exif, n);
#else
    (void)job;
#endif
}

static gan_status read_picture(png_job *job)
{
    gan_status status = GAN_OK;
    int n_passes;

    png_read_info(job->png, job->info);
    GAN_TRY(check_proportion(job));
    find_orientation(job);
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
    GAN_TRY(gan__image_check_size(job->from, "byte 16: ", job->width, job->height, job->channels));
    GAN_TRY(read_rows(job, n_passes));
    if (n_passes > 1) GAN_TRY(merge_passes(job));
    GAN_TRY(gan__image_wrap(&job->image, job->width, job->height, job->channels, job->rows.pixels,
                            job->from->allocator));
    job->rows.pixels = NULL;

cleanup:
    return status;
}

/* One of the two functions with a setjmp(): it has no local variables, and its caller frees what
 * libpng holds. */
static gan_status run_libpng(png_job *job)
{
    if (setjmp(png_jmpbuf(job->png))) return job->status;
    png_set_user_limits(job->png, GAN_IMAGE_MAX_SIDE, GAN_IMAGE_MAX_SIDE);
    png_set_chunk_cache_max(job->png, MAX_CHUNKS);
    png_set_chunk_malloc_max(job->png, MAX_CHUNK_BYTES);
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL,
                                -1); /* no texts, no profiles */
    if (job->from->request->is_oriented)
        png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "eXIf",
                                    1);
    png_set_read_fn(job->png, job, read_bytes);
    return read_picture(job);
}

static gan_status decode(gan_image **out, int *orientation, const gan__image_file *file)
{
    gan_status status = GAN_OK;
    png_job job = {.path = file->path, .from = file, .orientation = 1};
    gan__image_head head;

    GAN_TRY(examine(&head, file));
    job.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job,
                                       png_take, png_give_back);
    if (job.png) job.info = png_create_info_struct(job.png);
    if (!job.info) GAN_FAIL(GAN_ERR_NOMEM, "%s: out of memory: libpng cannot begin", job.path);
    GAN_TRY(run_libpng(&job));
    *orientation = job.orientation;
    *out = job.image;
    job.image = NULL;

cleanup:
    png_destroy_read_struct(&job.png, &job.info, NULL);
    gan__free(file->allocator, job.row);
    gan__free(file->allocator, job.rows.pixels);
    gan_image_destroy(job.image);
    return status;
}

const gan__image_format gan__image_png = {
    .name = "PNG", .is = is_png, .examine = examine, .decode = decode};

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
