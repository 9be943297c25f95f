/* image_jpeg.c - JPEG files.  The only file that uses libjpeg. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <string.h>

static int is_jpeg(const unsigned char *bytes, size_t n)
{
    return n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0;
}

#ifndef GAN__HAVE_JPEG

const gan__image_format gan__image_jpeg = {
    .name = "JPEG", .missing = "libjpeg-turbo (Debian: libjpeg-dev)", .is = is_jpeg};

#else

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h> /* after the other, which says what libjpeg was built with */

enum {
    BUFFER_BYTES = 4096,
    BLOCKS_PER_BYTE = 8, /* a code has a bit or more, and each block of 8x8 a code or more */
    MOST_SCANS = 500     /* of a progressive file; each may cost as much as decoding the picture */
};

/* A file that is being read.  Everything that a function with a setjmp() changes is in here, not in
 * its local variables, whose values are indeterminate after a longjmp(). */
typedef struct jpeg_job {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    const gan__image_file *from;
    gan_image *image;
    uint8_t *row;
    gan__image_rows rows;
    int orientation;
    uint64_t n_read;   /* so far */
    gan_status status; /* the first failure */
    unsigned char buffer[BUFFER_BYTES];
} jpeg_job;

/* ---- What libjpeg calls ---- */

static void give_up(jpeg_job *job, gan_status status)
{
    job->status = status;
    longjmp(job->escape, 1);
}

/* libjpeg's own handler prints and ends the process. */
static void on_error(j_common_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    const int no_memory =
        jpeg->err->msg_code == JERR_OUT_OF_MEMORY || jpeg->err->msg_code == JERR_NO_BACKING_STORE;

    jpeg->err->format_message(jpeg, text);
    give_up(
        job,
        no_memory
            ? gan__fail(GAN_ERR_NOMEM, "%s: out of memory in libjpeg: %s", job->from->path, text)
            : gan__fail(GAN_ERR_FORMAT, "%s: byte %llu: damaged JPEG: %s", job->from->path,
                        (unsigned long long)(job->n_read - job->source.bytes_in_buffer), text));
}

/* libjpeg's warnings: those about pixels that it had to invent are an error here, those about other
 * data in the file are not. */
static void on_message(j_common_ptr jpeg, int level)
{
    static const int damage[] = {JWRN_ARITH_BAD_CODE, JWRN_BOGUS_PROGRESSION, JWRN_HIT_MARKER,
                                 JWRN_HUFF_BAD_CODE,  JWRN_JPEG_EOF,          JWRN_MUST_RESYNC};

    for (size_t i = 0; level < 0 && i < sizeof damage / sizeof *damage; i++)
        if (jpeg->err->msg_code == damage[i]) on_error(jpeg);
}

static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* A file with very many scans, each of which changes almost nothing, would take hours. */
static void on_progress(j_common_ptr common)
{
    jpeg_job *job = common->client_data;

    if (job->jpeg.input_scan_number > MOST_SCANS)
        give_up(job, gan__fail(GAN_ERR_FORMAT, "%s: a JPEG of more than %d scans", job->from->path,
                               MOST_SCANS));
}

static void do_nothing(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean fill_buffer(j_decompress_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    const size_t n = gan__input_read(job->from->input, job->buffer, sizeof job->buffer);

    if (n == 0) give_up(job, gan__image_fail_read(job->from, job->n_read, 1));
    job->n_read += n;
    job->source.next_input_byte = job->buffer;
    job->source.bytes_in_buffer = n;
    return TRUE;
}

static void skip_bytes(j_decompress_ptr jpeg, long n)
{
    struct jpeg_source_mgr *source = jpeg->src;

    while (n > 0) {
        const size_t some =
            (size_t)n < source->bytes_in_buffer ? (size_t)n : source->bytes_in_buffer;

        source->next_input_byte += some;
        source->bytes_in_buffer -= some;
        n -= (long)some;
        if (n > 0) fill_buffer(jpeg);
    }
}

/* ---- Before the pixels ---- */

/* Read all up to the pixels. */
static void begin(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;

    jpeg_create_decompress(jpeg);
    jpeg->client_data = job;
    jpeg->progress = &job->progress;
    jpeg->src = &job->source;
    if (job->from->request->is_oriented) jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    (void)jpeg_read_header(jpeg, TRUE);
}

static void find_orientation(jpeg_job *job)
{
    const jpeg_saved_marker_ptr first = job->jpeg.marker_list;

    for (jpeg_saved_marker_ptr m = first; m; m = m->next)
        if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0) {
            job->orientation = gan__exif_orientation(m->data + 6, m->data_length - 6);
            return;
        }
}

/* A few bytes may claim 65500 x 65500 pixels, and for a progressive file libjpeg allocates all of
 * them before it decodes any. */
static gan_status check_proportion(const jpeg_job *job)
{
    const struct jpeg_decompress_struct *jpeg = &job->jpeg;
    const uint64_t n_bytes = job->from->input->n_bytes;
    uint64_t n_blocks = 0;

    for (int c = 0; c < jpeg->num_components; c++)
        n_blocks +=
            (uint64_t)jpeg->comp_info[c].width_in_blocks * jpeg->comp_info[c].height_in_blocks;
    if (n_blocks / BLOCKS_PER_BYTE <= n_bytes) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: %u x %u pixels (%llu blocks) claimed, a file of %llu bytes holds at most "
                     "%llu",
                     job->from->path, jpeg->image_width, jpeg->image_height,
                     (unsigned long long)n_blocks, (unsigned long long)n_bytes,
                     (unsigned long long)(n_bytes * BLOCKS_PER_BYTE));
}

static gan_status check_head(const jpeg_job *job)
{
    const struct jpeg_decompress_struct *jpeg = &job->jpeg;

    if (!gan__image_is_side(jpeg->image_width) || !gan__image_is_side(jpeg->image_height))
        return gan__fail(GAN_ERR_FORMAT, "%s: a JPEG of %u x %u pixels, a side may be 1 to %d",
                         job->from->path, jpeg->image_width, jpeg->image_height,
                         GAN_IMAGE_MAX_SIDE);
    if (jpeg->jpeg_color_space == JCS_UNKNOWN)
        return gan__fail(GAN_ERR_FORMAT, "%s: a JPEG of %d components, 1, 3 or 4 expected",
                         job->from->path, jpeg->num_components);
    return check_proportion(job);
}

/* Whether a picture at 1/`part` of its size is at least twice as large as requested. */
static int is_enough(const jpeg_job *job, unsigned part)
{
    const gan__image_request *wanted = job->from->request;
    const int turned = job->orientation > 4;
    const size_t width = turned ? wanted->height : wanted->width;
    const size_t height = turned ? wanted->width : wanted->height;
    const int wide = job->jpeg.image_width >= 2 * part * width;
    const int high = job->jpeg.image_height >= 2 * part * height;

    return width > 0 && (wanted->pads ? wide || high : wide && high);
}

/* ---- The pixels ---- */

/* CMYK files hold complements, as Adobe's programs write them. */
static void make_rgb(uint8_t *row, size_t n)
{
    const uint8_t *from = row;

    for (size_t i = 0; i < n; i++, row += 3, from += 4)
        for (size_t c = 0; c < 3; c++) row[c] = (uint8_t)((2u * from[c] * from[3] + 255) / 510);
}

static gan_status read_rows(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    const int is_cmyk = jpeg->out_color_space == JCS_CMYK;
    const size_t width = jpeg->output_width, height = jpeg->output_height;
    const size_t channels = is_cmyk ? 3 : (size_t)jpeg->output_components;
    gan_status status = GAN_OK;

    job->rows.all = width * channels * height;
    GAN_TRY(gan__alloc(&job->row, job->from->allocator, width, (size_t)jpeg->output_components));
    while (jpeg->output_scanline < jpeg->output_height) {
        (void)jpeg_read_scanlines(jpeg, &job->row, 1);
        if (is_cmyk) make_rgb(job->row, width);
        GAN_TRY(gan__image_append(&job->rows, job->row, width * channels, job->from->allocator));
    }
    (void)jpeg_finish_decompress(jpeg);
    GAN_TRY(gan__image_wrap(&job->image, width, height, channels, job->rows.pixels,
                            job->from->allocator));
    job->rows.pixels = NULL;

cleanup:
    return status;
}

static gan_status read_picture(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    gan_status status;

    begin(job);
    status = check_head(job);
    if (status != GAN_OK) return status;
    find_orientation(job);
    if (jpeg->jpeg_color_space == JCS_YCCK) jpeg->out_color_space = JCS_CMYK;
    if (jpeg->jpeg_color_space == JCS_YCbCr) jpeg->out_color_space = JCS_RGB;
    jpeg->scale_num = 1;
    for (jpeg->scale_denom = 8; jpeg->scale_denom > 1; jpeg->scale_denom /= 2)
        if (is_enough(job, jpeg->scale_denom)) break;
    jpeg_calc_output_dimensions(jpeg);
    status = gan__image_check_size(job->from, "", jpeg->output_width, jpeg->output_height,
                                   jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3);
    if (status != GAN_OK) return status;
    (void)jpeg_start_decompress(jpeg);
    return read_rows(job);
}

static gan_status read_head(jpeg_job *job)
{
    begin(job);
    return check_head(job);
}

/* The one function with a setjmp(): it has no local variables, and its caller frees what libjpeg
 * holds. */
static gan_status run_libjpeg(jpeg_job *job, gan_status (*run)(jpeg_job *job))
{
    if (setjmp(job->escape)) return job->status;
    return run(job);
}

/* Begin with a file; on success jpeg_destroy_decompress() and gan__free() end it. */
static gan_status take_job(jpeg_job **out, const gan__image_file *file)
{
    gan_status status = gan__alloc(out, file->allocator, 1, sizeof **out);
    jpeg_job *job = *out;

    if (status != GAN_OK) return status;
    job->from = file;
    job->orientation = 1;
    job->jpeg.client_data = job; /* jpeg_create_decompress() keeps it, and may already fail */
    job->jpeg.err = jpeg_std_error(&job->errors);
    job->errors.error_exit = on_error;
    job->errors.emit_message = on_message;
    job->errors.output_message = print_nothing;
    job->progress.progress_monitor = on_progress;
    job->source.init_source = do_nothing;
    job->source.term_source = do_nothing;
    job->source.fill_input_buffer = fill_buffer;
    job->source.skip_input_data = skip_bytes;
    job->source.resync_to_restart = jpeg_resync_to_restart;
    return GAN_OK;
}

static void end_job(jpeg_job *job)
{
    const gan_allocator *allocator = job->from->allocator;

    jpeg_destroy_decompress(&job->jpeg);
    gan__free(allocator, job->row);
    gan__free(allocator, job->rows.pixels);
    gan_image_destroy(job->image);
    gan__free(allocator, job);
}

static gan_status examine(gan__image_head *out, const gan__image_file *file)
{
    jpeg_job *job;
    gan_status status = take_job(&job, file);

    if (status != GAN_OK) return status;
    status = run_libjpeg(job, read_head);
    if (status == GAN_OK)
        *out = (gan__image_head){job->jpeg.image_width, job->jpeg.image_height,
                                 job->jpeg.num_components == 1 ? 1 : 3};
    end_job(job);
    return status;
}

static gan_status decode(gan_image **out, int *orientation, const gan__image_file *file)
{
    jpeg_job *job;
    gan_status status = take_job(&job, file);

    if (status != GAN_OK) return status;
    status = run_libjpeg(job, read_picture);
    *orientation = job->orientation;
    if (status == GAN_OK) {
        *out = job->image;
        job->image = NULL;
    }
    end_job(job);
    return status;
}

const gan__image_format gan__image_jpeg = {
    .name = "JPEG", .is = is_jpeg, .examine = examine, .decode = decode};

#endif
