/* safetensors_write.c - writing safetensors files. */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/file_internal.h"
#include "file/json_internal.h"
#include "file/safetensors_format_internal.h"
#include "file/safetensors_internal.h"
#include "file/text_internal.h"

#include <stdio.h>
#include <string.h>

enum { DATA_ALIGNMENT = 64 }; /* where the data of files written here begins */

/* The parts of a file. */
typedef struct content {
    gan__target to;
    const char *path; /* or the name of the target */
    const gan_tensor *tensors;
    size_t n_tensors;
    const gan__blob *blob;       /* after them; NULL: none */
    const char *const *metadata; /* pairs */
    size_t n_metadata;
    int sealed;
} content;

static void put_metadata(gan__text *text, const content *c)
{
    gan__json_put_string(text, METADATA);
    gan__text_put(text, ":{");
    for (size_t i = 0; i < c->n_metadata; i++) {
        if (i) gan__text_put(text, ",");
        gan__json_put_string(text, c->metadata[2 * i]);
        gan__text_put(text, ":");
        gan__json_put_string(text, c->metadata[2 * i + 1]);
    }
    gan__text_put(text, "}");
}

static void put_tensor(gan__text *text, const char *name, const char *dtype, const char *shape,
                       uint64_t begin, uint64_t end)
{
    gan__json_put_string(text, name);
    gan__text_put(text, ":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%llu,%llu]}", dtype,
                  shape, (unsigned long long)begin, (unsigned long long)end);
}

static void put_header(gan__text *text, const content *c)
{
    const char *comma = "";
    uint64_t begin = 0, end = 0;

    gan__text_put(text, "{");
    if (c->n_metadata > 0) {
        put_metadata(text, c);
        comma = ",";
    }
    for (size_t i = 0; i < c->n_tensors; i++, begin = end, comma = ",") {
        end += (uint64_t)c->tensors[i].size * sizeof(float);
        gan__text_put(text, "%s", comma);
        put_tensor(text, c->tensors[i].name, "F32", gan__shape_text_of(c->tensors[i].shape).text,
                   begin, end);
    }
    if (c->blob) {
        char shape[32];

        snprintf(shape, sizeof shape, "[%zu]", c->blob->n);
        gan__text_put(text, "%s", comma);
        put_tensor(text, c->blob->name, "U8", shape, begin, begin + c->blob->n);
        begin += c->blob->n;
        comma = ",";
    }
    if (c->sealed) {
        gan__text_put(text, "%s", comma);
        put_tensor(text, CHECKSUM, "U8", "[4]", begin, begin + CHECKSUM_BYTES);
    }
    gan__text_put(text, "}");
    while ((LENGTH_BYTES + text->used) % DATA_ALIGNMENT != 0 && text->status == GAN_OK)
        gan__text_put(text, " ");
}

/* Refuse what gan__safetensors_open() would: this finds names that occur twice or are not UTF-8. */
static gan_status check_written(const gan__text *text, const char *path)
{
    const gan__json *header;
    gan_status status;

    if (text->status != GAN_OK) return text->status;
    if (text->used > MAX_HEADER_BYTES)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: names and metadata take %zu bytes, at most %d expected", path,
                         text->used, MAX_HEADER_BYTES);
    status = gan__json_parse(&header, text->bytes, text->used, text->allocator);
    if (status == GAN_ERR_FORMAT)
        return gan__fail(GAN_ERR_INVALID, "%s: a name or text cannot be written: %s", path,
                         gan_last_error());
    gan__json_free(header, text->allocator);
    return status;
}

static gan_status check_tensors(const content *c)
{
    for (size_t i = 0; i < c->n_tensors; i++) {
        const gan_tensor *t = &c->tensors[i];

        if (strcmp(t->name, METADATA) == 0)
            return gan__fail(GAN_ERR_INVALID, "%s: a tensor cannot be named \"" METADATA "\"",
                             c->path);
        if (gan_shape_size(t->shape) == 0 || gan_shape_size(t->shape) != t->size)
            return gan__fail(GAN_ERR_INVALID,
                             "%s: tensor \"%.80s\" has %zu numbers, its shape is %s", c->path,
                             t->name, t->size, gan__shape_text_of(t->shape).text);
    }
    return GAN_OK;
}

static gan_status write_numbers(gan__file *file, const float *numbers, size_t n)
{
    float swapped[256];

    if (gan__host_is_little_endian()) return gan__file_write(file, numbers, n * sizeof *numbers);
    for (size_t done = 0, chunk; done < n; done += chunk) {
        gan_status status;

        chunk = n - done < 256 ? n - done : 256;
        memcpy(swapped, numbers + done, chunk * sizeof *numbers);
        gan__swap_on_big_endian(swapped, chunk);
        status = gan__file_write(file, swapped, chunk * sizeof *numbers);
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

/* In chunks: each is checked and written while it is in cache. */
static gan_status write_tensor(gan__file *file, const content *c, const gan_tensor *t)
{
    enum { CHUNK = 64 << 10 };
    gan_status status = GAN_OK;

    for (size_t done = 0, chunk, bad; done < t->size; done += chunk) {
        chunk = t->size - done < CHUNK ? t->size - done : CHUNK;
        bad = gan__find_nonfinite(t->data + done, chunk);
        if (bad < chunk)
            GAN_FAIL(GAN_ERR_NONFINITE, "%s: not written: value %zu of tensor \"%.80s\" is %g",
                     c->path, done + bad, t->name, (double)t->data[done + bad]);
        GAN_TRY(write_numbers(file, t->data + done, chunk));
    }

cleanup:
    return status;
}

static gan_status write_content(gan__file *file, const content *c, const gan__text *text)
{
    unsigned char length[LENGTH_BYTES], seal[CHECKSUM_BYTES];
    gan_status status = GAN_OK;

    gan__put_little_endian(length, sizeof length, text->used);
    GAN_TRY(gan__file_write(file, length, sizeof length));
    GAN_TRY(gan__file_write(file, text->bytes, text->used));
    for (size_t i = 0; i < c->n_tensors; i++) GAN_TRY(write_tensor(file, c, &c->tensors[i]));
    if (c->blob) GAN_TRY(gan__file_write(file, c->blob->bytes, c->blob->n));
    gan__put_little_endian(seal, sizeof seal, file->sum);
    if (c->sealed) GAN_TRY(gan__file_write(file, seal, sizeof seal));

cleanup:
    return status;
}

static gan_status write_file(const content *c, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_allocator memory;
    gan__file file = {0};
    gan__text text = {.allocator = &memory};

    GAN_TRY(gan__alloc_init(&memory, allocator));
    GAN_TRY(check_tensors(c));
    put_header(&text, c);
    GAN_TRY(check_written(&text, c->path));
    GAN_TRY(gan__file_begin(&file, c->to, &memory));
    GAN_TRY(write_content(&file, c, &text));
    GAN_TRY(gan__file_commit(&file, c->to.n_keep));

cleanup:
    if (status != GAN_OK) gan__file_abandon(&file);
    gan__text_end(&text);
    return status;
}

gan_status gan__safetensors_write(gan__target to, const gan_tensor *tensors, size_t n_tensors,
                                  const char *const *metadata, size_t n_metadata,
                                  const gan_allocator *allocator)
{
    return write_file(&(content){.to = to,
                                 .path = gan__target_name(to),
                                 .tensors = tensors,
                                 .n_tensors = n_tensors,
                                 .metadata = metadata,
                                 .n_metadata = n_metadata},
                      allocator);
}

gan_status gan__safetensors_write_sealed(gan__target to, const gan_tensor *tensors,
                                         size_t n_tensors, const gan__blob *blob,
                                         const char *const *metadata, size_t n_metadata,
                                         const gan_allocator *allocator)
{
    return write_file(
        &(content){to, gan__target_name(to), tensors, n_tensors, blob, metadata, n_metadata, 1},
        allocator);
}
