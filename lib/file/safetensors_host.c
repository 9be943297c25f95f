/* safetensors_host.c - single tensors of safetensors files, for hosts. */
#include "file/safetensors_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"

#include <gan/safetensors.h>
#include <inttypes.h>

struct gan_safetensors {
    gan_allocator allocator;
    gan__safetensors *file;
};

static gan_status open_source(gan_safetensors **out, gan__source from,
                              const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_safetensors *made = NULL;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "safetensors: out is NULL");
    *out = NULL;
    GAN_TRY(gan__source_check(from, "safetensors"));
    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(&made, &a, 1, sizeof *made));
    made->allocator = a;
    GAN_TRY(gan__safetensors_open(&made->file, from, &a));
    *out = made;
    made = NULL;

cleanup:
    gan_safetensors_destroy(made);
    return status;
}

gan_status gan_safetensors_open(gan_safetensors **out, const char *path,
                                const gan_allocator *allocator)
{
    return open_source(out, (gan__source){.path = path}, allocator);
}

gan_status gan_safetensors_open_from(gan_safetensors **out, const gan_reader *from,
                                     const gan_allocator *allocator)
{
    return open_source(out, (gan__source){.reader = from}, allocator);
}

void gan_safetensors_destroy(gan_safetensors *file)
{
    if (!file) return;
    const gan_allocator a = file->allocator;

    gan__safetensors_close(file->file);
    gan__free(&a, file);
}

size_t gan_safetensors_count(const gan_safetensors *file)
{
    return file ? gan__safetensors_count(file->file) : 0;
}

const char *gan_safetensors_metadata(const gan_safetensors *file, const char *key)
{
    return file && key ? gan__safetensors_metadata(file->file, key) : NULL;
}

static gan_status check(const void *argument, const gan_safetensors *file, const char *what)
{
    if (!file) return gan__fail(GAN_ERR_INVALID, "safetensors: the file is NULL");
    if (!argument) return gan__fail(GAN_ERR_INVALID, "safetensors: %s is NULL", what);
    return GAN_OK;
}

static gan_status find(const gan__safetensor **out, const gan_safetensors *file, const char *name)
{
    gan_status status = GAN_OK;

    GAN_TRY(check(name, file, "the name"));
    *out = gan__safetensors_find(file->file, name);
    if (!*out)
        GAN_FAIL(GAN_ERR_INVALID, "%s: none of its %zu tensors is named %s",
                 gan__safetensors_path(file->file), gan_safetensors_count(file), name);

cleanup:
    return status;
}

static gan_status tell(gan_safetensors_entry *out, const gan__safetensor *tensor)
{
    gan_status status = GAN_OK;
    const gan_safetensors_entry entry = {
        .name = tensor->name,
        .dtype = tensor->dtype_name,
        .shape = gan_shape_size(tensor->shape) > 0 ? tensor->shape : (gan_shape){0},
        .size = tensor->n_numbers};

    GAN_TRY(gan__record_check(out, "safetensors entry"));
    gan__record_write(out, &entry, sizeof entry);

cleanup:
    return status;
}

gan_status gan_safetensors_tensor(gan_safetensors_entry *out, const gan_safetensors *file,
                                  size_t index)
{
    gan_status status = GAN_OK;

    GAN_TRY(check(out, file, "out"));
    if (index >= gan_safetensors_count(file))
        GAN_FAIL(GAN_ERR_INVALID, "%s: tensor %zu requested, there are %zu",
                 gan__safetensors_path(file->file), index, gan_safetensors_count(file));
    GAN_TRY(tell(out, gan__safetensors_tensor(file->file, index)));

cleanup:
    return status;
}

gan_status gan_safetensors_find(gan_safetensors_entry *out, const gan_safetensors *file,
                                const char *name)
{
    gan_status status = GAN_OK;
    const gan__safetensor *tensor;

    GAN_TRY(check(out, file, "out"));
    GAN_TRY(find(&tensor, file, name));
    GAN_TRY(tell(out, tensor));

cleanup:
    return status;
}

gan_status gan_safetensors_read(gan_safetensors *file, const char *name, float *out, size_t n)
{
    gan_status status = GAN_OK;
    const gan__safetensor *tensor;

    GAN_TRY(check(out, file, "out"));
    GAN_TRY(find(&tensor, file, name));
    if (tensor->n_numbers != n)
        GAN_FAIL(GAN_ERR_SHAPE, "%s: %s has %" PRIu64 " elements, there is room for %zu",
                 gan__safetensors_path(file->file), name, tensor->n_numbers, n);
    GAN_TRY(gan__safetensors_read(file->file, tensor, out));

cleanup:
    return status;
}

GAN__DEFINE_INIT(gan_safetensors_entry_init, gan_safetensors_entry, GAN_SAFETENSORS_ENTRY_INIT)
