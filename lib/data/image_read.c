/* image_read.c - pictures from files of any format that is known.
 *
 * Each format has a file of its own; only the table here names them all. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"
#include "file/signature_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const gan__image_format *const formats[] = {&gan__image_png, &gan__image_jpeg,
                                                   &gan__image_webp};

const char *gan__image_format_names(void)
{
    return "PNG, JPEG, WebP";
}

/* ---- Which format ---- */

/* Recognise a file's format by its first bytes, and seek back to them; NULL: it is unknown, and
 * `found` receives what was recognised instead. */
static gan_status tell_format(const gan__image_format **out, char found[128],
                              const gan__image_file *file)
{
    unsigned char head[GAN__SIGNATURE_BYTES];
    const size_t n = gan__input_read(file->input, head, sizeof head);

    *out = NULL;
    found[0] = '\0';
    if (n < sizeof head && file->input->error) return gan__image_fail_read(file, n, 1);
    for (size_t i = 0; i < sizeof formats / sizeof *formats && !*out; i++)
        if (formats[i]->is(head, n)) *out = formats[i];
    if (!*out)
        snprintf(found, 128, "%s", n == 0 ? ": it is empty" : gan__signature_text_of(head, n).text);
    if (gan__input_seek(file->input, 0)) return GAN_OK;
    return gan__file_fail(file->path, "cannot seek to the beginning", errno);
}

/* The format that is requested, or that of the content. */
static gan_status choose_format(const gan__image_format **out, char found[128],
                                const gan__image_file *file)
{
    gan_status status = GAN_OK;

    found[0] = '\0';
    *out = file->request->only;
    if (!*out) status = tell_format(out, found, file);
    if (status != GAN_OK || !*out || !(*out)->missing) return status;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: a %s picture, which this libgan was built without; install %s, and build "
                     "libgan again",
                     file->path, (*out)->name, (*out)->missing);
}

gan_status gan__image_examine(const gan__image_format **format, gan__image_head *head,
                              char found[128], gan__source from, const gan__image_request *request)
{
    gan_allocator memory;
    gan__input input = {0};
    const gan__image_file file = {gan__source_name(from), &input, request, &memory};
    gan_status status = GAN_OK;

    *format = NULL;
    GAN_TRY(gan__alloc_init(&memory, NULL));
    GAN_TRY(gan__input_open(&input, from, &memory));
    GAN_TRY(choose_format(format, found, &file));
    if (*format) GAN_TRY((*format)->examine(head, &file));

cleanup:
    gan__input_close(&input);
    return status;
}

/* ---- Reading ---- */

static gan_status decode(gan_image **out, const gan__image_file *file)
{
    const gan__image_format *format;
    char found[128];
    int orientation = 1;
    gan_status status = GAN_OK;

    GAN_TRY(choose_format(&format, found, file));
    if (!format)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: not an image in a supported format (%s)%s", file->path,
                 gan__image_format_names(), found);
    GAN_TRY(format->decode(out, &orientation, file));
    if (file->request->is_oriented) GAN_TRY(gan__image_orient(*out, orientation));

cleanup:
    if (status != GAN_OK) {
        gan_image_destroy(*out);
        *out = NULL;
    }
    return status;
}

gan_status gan__image_read(gan_image **out, gan__source from, const gan__image_request *request,
                           const gan_allocator *allocator)
{
    gan_allocator memory;
    gan__input input = {0};
    gan__image_file file = {NULL, &input, request, &memory};
    gan_status status = GAN_OK;

    if (!out) return gan__fail(GAN_ERR_INVALID, "image: out is NULL");
    *out = NULL;
    GAN_TRY(gan__source_check(from, "image"));
    file.path = gan__source_name(from);
    GAN_TRY(gan__alloc_init(&memory, allocator));
    GAN_TRY(gan__input_open(&input, from, &memory));
    GAN_TRY(decode(out, &file));

cleanup:
    gan__input_close(&input);
    return status;
}

static gan_status read_from(gan_image **out, gan__source from, const gan_image_desc *desc)
{
    const size_t first_size = offsetof(gan_image_desc, allocator) + sizeof desc->allocator;
    gan_image_desc d = {GAN_IMAGE_DESC_INIT};
    gan__image_request request = {.setting = "max_bytes of gan_image_desc"};
    gan_status status;

    if (out) *out = NULL;
    status = gan__desc_read(&d, sizeof d, first_size, desc, "gan_image_desc");
    if (status != GAN_OK) return status;
    request.max_bytes = d.max_bytes;
    request.only = d.any_format ? NULL : &gan__image_png;
    request.is_oriented = d.any_format != 0;
    return gan__image_read(out, from, &request, d.allocator);
}

gan_status gan_image_read(gan_image **out, const char *path, const gan_image_desc *desc)
{
    return read_from(out, (gan__source){.path = path}, desc);
}

gan_status gan_image_read_from(gan_image **out, const gan_reader *from, const gan_image_desc *desc)
{
    return read_from(out, (gan__source){.reader = from}, desc);
}

GAN__DEFINE_INIT(gan_image_desc_init, gan_image_desc, GAN_IMAGE_DESC_INIT)
