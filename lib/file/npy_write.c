/* npy_write.c - NumPy files. */
#include "file/npy_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <stdio.h>
#include <string.h>

enum {
    HEADER = 448, /* a header ends at a multiple of 64, and 8 dimensions of 20 digits fit */
    CHUNK_BYTES = 4096
};

/* A type: NumPy's name of it, and how many bytes a value has. */
static const struct {
    const char *name;
    size_t bytes;
} types[] = {[GAN_NPY_FLOAT32] = {"<f4", 4},
             [GAN_NPY_FLOAT64] = {"<f8", 8},
             [GAN_NPY_UINT8] = {"|u1", 1},
             [GAN_NPY_UINT16] = {"<u2", 2},
             [GAN_NPY_INT64] = {"<i8", 8}};

/* Everything before the values; returns its length. */
static size_t make_header(char out[HEADER], const char *type, const size_t *dims, size_t rank)
{
    size_t n = 10;

    n += (size_t)snprintf(out + n, HEADER - n, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                          type);
    for (size_t i = 0; i < rank; i++)
        n += (size_t)snprintf(out + n, HEADER - n, "%s%zu%s", i > 0 ? " " : "", dims[i],
                              i + 1 < rank || rank == 1 ? "," : "");
    n += (size_t)snprintf(out + n, HEADER - n, "), }");
    while ((n + 1) % 64 != 0) out[n++] = ' ';
    out[n++] = '\n';
    memcpy(out, "\x93NUMPY\1\0", 8);
    out[8] = (char)((n - 10) & 255);
    out[9] = (char)((n - 10) >> 8);
    return n;
}

static int is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 0;
}

/* Write values whose byte order differs from the file's. */
static gan_status write_swapped(gan__file *file, const unsigned char *from, size_t n, size_t bytes)
{
    unsigned char chunk[CHUNK_BYTES];

    while (n > 0) {
        const size_t some = n < sizeof chunk / bytes ? n : sizeof chunk / bytes;
        gan_status status;

        for (size_t i = 0; i < some * bytes; i++)
            chunk[i] = from[i / bytes * bytes + (bytes - 1 - i % bytes)];
        status = gan__file_write(file, chunk, some * bytes);
        if (status != GAN_OK) return status;
        from += some * bytes;
        n -= some;
    }
    return GAN_OK;
}

/* Check an array; `*n` receives its number of values. */
static gan_status check(size_t *n, const void *values, gan_npy_type type, const size_t *dims,
                        size_t rank)
{
    if ((int)type < 0 || (size_t)type >= sizeof types / sizeof *types)
        return gan__fail(GAN_ERR_INVALID, "npy: unknown gan_npy_type %d", (int)type);
    if (rank > GAN_NPY_MAX_RANK)
        return gan__fail(GAN_ERR_INVALID, "npy: %zu dimensions, at most %d expected", rank,
                         GAN_NPY_MAX_RANK);
    if (rank > 0 && !dims) return gan__fail(GAN_ERR_INVALID, "npy: dims is NULL");
    *n = 1;
    for (size_t i = 0; i < rank; i++) *n = gan__size_mul(*n, dims[i]);
    if (gan__size_mul(*n, types[type].bytes) == SIZE_MAX)
        return gan__fail(GAN_ERR_INVALID, "npy: more values than memory can hold");
    if (*n > 0 && !values) return gan__fail(GAN_ERR_INVALID, "npy: values is NULL");
    return GAN_OK;
}

static gan_status write_to(gan__target to, const void *values, gan_npy_type type,
                           const size_t *dims, size_t rank)
{
    gan_status status = GAN_OK;
    gan__file file = {0};
    char header[HEADER];
    size_t n = 0;

    GAN_TRY(gan__target_check(to, "npy"));
    GAN_TRY(check(&n, values, type, dims, rank));
    GAN_TRY(gan__file_begin(&file, to, NULL));
    GAN_TRY(gan__file_write(&file, header, make_header(header, types[type].name, dims, rank)));
    if (is_big_endian())
        GAN_TRY(write_swapped(&file, values, n, types[type].bytes));
    else if (n > 0)
        GAN_TRY(gan__file_write(&file, values, n * types[type].bytes));
    GAN_TRY(gan__file_commit(&file, 0));

cleanup:
    if (status != GAN_OK) gan__file_abandon(&file);
    return status;
}

gan_status gan_npy_write(const char *path, const void *values, gan_npy_type type,
                         const size_t *dims, size_t rank)
{
    return write_to((gan__target){.path = path}, values, type, dims, rank);
}

gan_status gan_npy_write_to(gan_writer *to, const void *values, gan_npy_type type,
                            const size_t *dims, size_t rank)
{
    return write_to((gan__target){.writer = to}, values, type, dims, rank);
}
