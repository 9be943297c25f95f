/* safetensors.c - reading safetensors files, of libgan and of other programs. */
#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/file_internal.h"
#include "file/json_internal.h"
#include "file/safetensors_format_internal.h"
#include "file/safetensors_internal.h"
#include "file/signature_internal.h"
#include "file/stream_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 256 << 10, /* read and checked at a time, while they are in cache */
};

struct gan__safetensors {
    gan_allocator allocator;
    char *path;
    gan__input input;
    uint64_t n_bytes;        /* of the file */
    uint64_t data_begin;     /* in the file */
    const gan__json *header; /* owns all names */
    const gan__json *metadata;
    const gan__json **by_key; /* its entries, sorted */
    gan__safetensor *tensors;
    const gan__safetensor **by_name; /* the same, sorted */
    size_t n_tensors;
};

/* ---- Reading: the header ---- */

/* A file may have been truncated since its size was read. */
static gan_status read_exactly(gan__safetensors *file, void *to, size_t n, uint64_t offset)
{
    const size_t got = gan__input_read(&file->input, to, n);

    if (got == n) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: byte %llu: %zu bytes expected, %zu could be read: %s",
                     file->path, (unsigned long long)offset, n, got,
                     file->input.error ? gan__errno_text_of(file->input.error).text
                                       : "the file ends");
}

/* The format of the file, if it is a known other one. */
static gan__signature_text foreign(gan__safetensors *file)
{
    unsigned char begin[GAN__SIGNATURE_BYTES];
    const size_t n =
        gan__input_seek(&file->input, 0) ? gan__input_read(&file->input, begin, sizeof begin) : 0;

    if (n > LENGTH_BYTES && begin[LENGTH_BYTES] == '{') return (gan__signature_text){""};
    return gan__signature_text_of(begin, n);
}

/* The header's length, which is within the file. */
static gan_status read_length(gan__safetensors *file, size_t *out)
{
    gan_status status = GAN_OK;
    const uint64_t room = file->n_bytes - LENGTH_BYTES;
    unsigned char length[LENGTH_BYTES];
    uint64_t n;

    if (file->n_bytes < LENGTH_BYTES)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: byte %llu: %d bytes of header length expected, the file ends",
                 file->path, (unsigned long long)file->n_bytes, LENGTH_BYTES);
    GAN_TRY(read_exactly(file, length, LENGTH_BYTES, 0));
    n = gan__little_endian(length, LENGTH_BYTES);
    if (n > room)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: byte 0: a header of %llu bytes announced, the file has %llu after its "
                 "length%s",
                 file->path, (unsigned long long)n, (unsigned long long)room, foreign(file).text);
    if (n < 2 || n > MAX_HEADER_BYTES)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: byte 0: a header of %llu bytes announced, 2 to %d expected%s",
                 file->path, (unsigned long long)n, MAX_HEADER_BYTES, foreign(file).text);
    *out = (size_t)n;

cleanup:
    return status;
}

static gan_status read_header(gan__safetensors *file)
{
    gan_status status = GAN_OK;
    char *text = NULL;
    size_t n = 0;

    GAN_TRY(read_length(file, &n));
    GAN_TRY(gan__alloc(&text, &file->allocator, n, 1));
    GAN_TRY(read_exactly(file, text, n, LENGTH_BYTES));
    if (text[0] != '{')
        GAN_FAIL(
            GAN_ERR_FORMAT,
            "%s: byte %d: not a safetensors file: header must begin with 0x7b '{', 0x%02x found%s",
            file->path, LENGTH_BYTES, (unsigned char)text[0], foreign(file).text);
    status = gan__json_parse(&file->header, text, n, &file->allocator);
    if (status == GAN_ERR_FORMAT)
        GAN_FAIL(status, "%s: byte %d: the header is not the JSON expected: %s", file->path,
                 LENGTH_BYTES, gan_last_error());
    GAN_TRY(status);
    file->data_begin = LENGTH_BYTES + n;

cleanup:
    gan__free(&file->allocator, text);
    return status;
}

static int by_key(const void *a, const void *b)
{
    const gan__json *const *x = a, *const *y = b;

    return strcmp((*x)->key, (*y)->key);
}

static gan_status index_metadata(gan__safetensors *file)
{
    gan_status status = GAN_OK;
    const gan__json *metadata = gan__json_find(file->header, METADATA);
    size_t n = 0;

    if (metadata && !gan__json_is(metadata, GAN__JSON_OBJECT))
        return gan__fail(GAN_ERR_FORMAT, "%s: byte %d: " METADATA " must be an object of strings",
                         file->path, LENGTH_BYTES);
    GAN_TRY(gan__alloc((void *)&file->by_key, &file->allocator, gan__json_count(metadata),
                       sizeof *file->by_key));
    file->metadata = metadata;
    for (const gan__json *x = gan__json_first(metadata); x; x = x->next) {
        if (!gan__json_string(x))
            return gan__fail(GAN_ERR_FORMAT, "%s: byte %d: " METADATA " \"%.80s\" must be a string",
                             file->path, LENGTH_BYTES, x->key);
        file->by_key[n++] = x;
    }
    gan__sort((void *)file->by_key, n, sizeof *file->by_key, by_key);

cleanup:
    return status;
}

/* ---- Reading: its tensors ---- */

/* The beginning of every message about an entry of the header. */
#define ENTRY "%s: byte %d: tensor \"%.80s\": "

static gan_status read_dtype(const gan__safetensors *file, gan__safetensor *t,
                             const gan__json *entry, const gan__dtype_record **record)
{
    const char *name = gan__json_string(gan__json_find(entry, "dtype"));

    if (!name)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "has no dtype", file->path, LENGTH_BYTES, t->name);
    *record = gan__dtype_find(name);
    if (!*record)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "unknown dtype \"%.20s\"", file->path, LENGTH_BYTES,
                         t->name, name);
    t->dtype = (*record)->dtype;
    t->dtype_name = (*record)->name;
    t->number_bytes = (*record)->bytes;
    return GAN_OK;
}

/* Shapes of any rank, and empty ones: a file may hold tensors that no network has. */
static gan_status read_shape(const gan__safetensors *file, gan__safetensor *t,
                             const gan__json *entry)
{
    const gan__json *dims = gan__json_find(entry, "shape");
    const size_t rank = gan__json_count(dims);
    size_t i = 0;

    if (!gan__json_is(dims, GAN__JSON_LIST))
        return gan__fail(GAN_ERR_FORMAT, ENTRY "has no list as shape", file->path, LENGTH_BYTES,
                         t->name);
    t->shape = gan_shape_1d(1);
    if (rank > 0) t->shape.rank = rank;
    t->n_numbers = 1;
    for (const gan__json *x = gan__json_first(dims); x; x = x->next, i++) {
        uint64_t dim;

        if (!gan__json_whole(&dim, x) || dim > SIZE_MAX)
            return gan__fail(GAN_ERR_FORMAT, ENTRY "dimension %zu must be a whole number from 0 on",
                             file->path, LENGTH_BYTES, t->name, i);
        if (i < GAN_SHAPE_MAX_RANK) t->shape.dim[i] = (size_t)dim;
        t->n_numbers = dim > 0 && t->n_numbers > UINT64_MAX / dim ? UINT64_MAX : t->n_numbers * dim;
    }
    return GAN_OK;
}

/* Both ends are at most the bytes of the file, so that adding the header's length cannot wrap
 * around. */
static gan_status read_offsets(const gan__safetensors *file, gan__safetensor *t,
                               const gan__json *entry)
{
    const gan__json *offsets = gan__json_find(entry, "data_offsets");
    uint64_t begin, end;

    if (gan__json_count(offsets) != 2 || !gan__json_whole(&begin, gan__json_at(offsets, 0)) ||
        !gan__json_whole(&end, gan__json_at(offsets, 1)) || end < begin)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "data_offsets must be two rising whole numbers",
                         file->path, LENGTH_BYTES, t->name);
    if (end > file->n_bytes - file->data_begin)
        return gan__fail(GAN_ERR_FORMAT,
                         ENTRY "its data end %llu bytes behind the header, where the file has %llu",
                         file->path, LENGTH_BYTES, t->name, (unsigned long long)end,
                         (unsigned long long)(file->n_bytes - file->data_begin));
    t->offset = file->data_begin + begin;
    t->bytes = end - begin;
    return GAN_OK;
}

static gan_status read_entry(const gan__safetensors *file, gan__safetensor *t,
                             const gan__json *entry)
{
    gan_status status = GAN_OK;
    const gan__dtype_record *record;

    if (!gan__json_is(entry, GAN__JSON_OBJECT))
        GAN_FAIL(GAN_ERR_FORMAT, ENTRY "must be an object", file->path, LENGTH_BYTES, t->name);
    GAN_TRY(read_dtype(file, t, entry, &record));
    GAN_TRY(read_shape(file, t, entry));
    GAN_TRY(read_offsets(file, t, entry));
    if (t->bytes % record->bytes != 0 || t->bytes / record->bytes != t->n_numbers)
        GAN_FAIL(GAN_ERR_FORMAT,
                 ENTRY "%llu numbers of type %s and shape %s do not take %llu bytes, which "
                       "data_offsets have",
                 file->path, LENGTH_BYTES, t->name, (unsigned long long)t->n_numbers, record->name,
                 gan__shape_text_of(t->shape).text, (unsigned long long)t->bytes);

cleanup:
    return status;
}

/* Empty tensors are sorted before the one that begins at the same byte. */
static int by_offset(const void *a, const void *b)
{
    const gan__safetensor *x = a, *y = b;

    if (x->offset != y->offset) return x->offset > y->offset ? 1 : -1;
    if (x->bytes != y->bytes) return x->bytes > y->bytes ? 1 : -1;
    return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    const gan__safetensor *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* The tensors, in order, must follow one another from the header's end to the file's. */
static gan_status check_cover(const gan__safetensors *file)
{
    uint64_t end = file->data_begin;

    for (size_t i = 0; i < file->n_tensors; i++) {
        const gan__safetensor *t = &file->tensors[i];

        if (t->offset != end)
            return gan__fail(
                GAN_ERR_FORMAT,
                "%s: byte %llu: tensor \"%.80s\" begins here, %llu expected: tensors must leave "
                "no gap and not overlap",
                file->path, (unsigned long long)t->offset, t->name, (unsigned long long)end);
        end += t->bytes;
    }
    if (end != file->n_bytes)
        return gan__fail(
            GAN_ERR_FORMAT,
            "%s: byte %llu: the last tensor must end with the file, which has %llu bytes",
            file->path, (unsigned long long)end, (unsigned long long)file->n_bytes);
    return GAN_OK;
}

static gan_status index_tensors(gan__safetensors *file)
{
    gan_status status = GAN_OK;
    const size_t most = gan__json_count(file->header);

    GAN_TRY(gan__alloc(&file->tensors, &file->allocator, most, sizeof *file->tensors));
    GAN_TRY(gan__alloc((void *)&file->by_name, &file->allocator, most, sizeof *file->by_name));
    for (const gan__json *x = gan__json_first(file->header); x; x = x->next) {
        gan__safetensor *t = &file->tensors[file->n_tensors];

        if (strcmp(x->key, METADATA) == 0) continue;
        t->name = x->key;
        GAN_TRY(read_entry(file, t, x));
        file->n_tensors++;
    }
    gan__sort(file->tensors, file->n_tensors, sizeof *file->tensors, by_offset);
    GAN_TRY(check_cover(file));
    for (size_t i = 0; i < file->n_tensors; i++) file->by_name[i] = &file->tensors[i];
    gan__sort((void *)file->by_name, file->n_tensors, sizeof *file->by_name, by_name);

cleanup:
    return status;
}

gan_status gan__safetensors_open(gan__safetensors **out, gan__source from,
                                 const gan_allocator *allocator)
{
    const char *name = gan__source_name(from);
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_allocator memory;

    *out = NULL;
    GAN_TRY(gan__alloc_init(&memory, allocator));
    GAN_TRY(gan__alloc(&file, &memory, 1, sizeof *file));
    file->allocator = memory;
    GAN_TRY(gan__alloc(&file->path, &memory, strlen(name) + 1, 1));
    strcpy(file->path, name);
    GAN_TRY(gan__input_open(&file->input, from, &memory));
    file->n_bytes = file->input.n_bytes;
    GAN_TRY(read_header(file));
    GAN_TRY(index_metadata(file));
    GAN_TRY(index_tensors(file));
    *out = file;
    file = NULL;

cleanup:
    gan__safetensors_close(file);
    return status;
}

void gan__safetensors_close(gan__safetensors *file)
{
    gan_allocator memory;

    if (!file) return;
    memory = file->allocator;
    gan__input_close(&file->input);
    gan__json_free(file->header, &memory);
    gan__free(&memory, (void *)file->by_key);
    gan__free(&memory, (void *)file->by_name);
    gan__free(&memory, file->tensors);
    gan__free(&memory, file->path);
    gan__free(&memory, file);
}

size_t gan__safetensors_count(const gan__safetensors *file)
{
    return file->n_tensors;
}

const gan__safetensor *gan__safetensors_tensor(const gan__safetensors *file, size_t i)
{
    return i < file->n_tensors ? &file->tensors[i] : NULL;
}

/* A name in two pieces. */
typedef struct wanted_name {
    const char *prefix, *rest;
} wanted_name;

static int compare_wanted(const void *wanted, const void *tensor)
{
    const wanted_name *x = wanted;
    const gan__safetensor *const *t = tensor;
    const size_t n = strlen(x->prefix);
    const int order = strncmp(x->prefix, (*t)->name, n);

    return order != 0 ? order : strcmp(x->rest, (*t)->name + n);
}

const gan__safetensor *gan__safetensors_find_under(const gan__safetensors *file, const char *prefix,
                                                   const char *name)
{
    const wanted_name wanted = {prefix, name};
    const gan__safetensor **found = bsearch(&wanted, (void *)file->by_name, file->n_tensors,
                                            sizeof *file->by_name, compare_wanted);

    return found ? *found : NULL;
}

const gan__safetensor *gan__safetensors_find(const gan__safetensors *file, const char *name)
{
    return gan__safetensors_find_under(file, "", name);
}

static int compare_key(const void *wanted, const void *entry)
{
    const gan__json *const *x = entry;

    return strcmp(wanted, (*x)->key);
}

const char *gan__safetensors_metadata(const gan__safetensors *file, const char *key)
{
    const gan__json **found = bsearch(key, (void *)file->by_key, gan__json_count(file->metadata),
                                      sizeof *file->by_key, compare_key);

    return found ? gan__json_string(*found) : NULL;
}

const gan__json *gan__safetensors_first_metadata(const gan__safetensors *file)
{
    return gan__json_first(file->metadata);
}

const char *gan__safetensors_path(const gan__safetensors *file)
{
    return file->path;
}

/* ---- Reading: the numbers ---- */

static gan_status seek(gan__safetensors *file, uint64_t offset)
{
    if (gan__input_seek(&file->input, offset)) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: byte %llu: cannot be read: %s", file->path,
                     (unsigned long long)offset, gan__errno_text_of(errno).text);
}

static gan_status not_finite(const gan__safetensors *file, const gan__safetensor *t, uint64_t index,
                             float value)
{
    return gan__fail(GAN_ERR_NONFINITE, "%s: byte %llu: value %llu of tensor \"%.80s\" is %g",
                     file->path, (unsigned long long)(t->offset + index * t->number_bytes),
                     (unsigned long long)index, t->name, (double)value);
}

/* Read the next n numbers: those of type F32 directly into `out`, others through a buffer. */
static gan_status read_numbers(gan__safetensors *file, const gan__dtype_record *type, size_t n,
                               uint64_t offset, float *out)
{
    enum { FEW_BYTES = 4096 };
    unsigned char raw[FEW_BYTES];
    gan_status status = GAN_OK;

    if (!type->to_floats) {
        GAN_TRY(read_exactly(file, out, n * sizeof *out, offset));
        gan__swap_on_big_endian(out, n);
        return GAN_OK;
    }
    for (size_t done = 0, few; done < n; done += few) {
        few = n - done < FEW_BYTES / type->bytes ? n - done : FEW_BYTES / type->bytes;
        GAN_TRY(read_exactly(file, raw, few * type->bytes, offset + done * type->bytes));
        type->to_floats(raw, few, out + done);
    }

cleanup:
    return status;
}

gan_status gan__safetensors_read(gan__safetensors *file, const gan__safetensor *tensor, float *out)
{
    enum { CHUNK = CHUNK_BYTES / sizeof(float) };
    gan_status status = GAN_OK;
    const size_t n = (size_t)tensor->n_numbers; /* the caller has room for them */

    if (tensor->dtype == GAN__DTYPE_OTHER)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: byte %llu: tensor \"%.80s\" has numbers of type %s; F32, F16, BF16 or F64 "
                 "expected",
                 file->path, (unsigned long long)tensor->offset, tensor->name, tensor->dtype_name);
    GAN_TRY(seek(file, tensor->offset));
    for (size_t done = 0, chunk, bad; done < n; done += chunk) {
        chunk = n - done < CHUNK ? n - done : CHUNK;
        GAN_TRY(read_numbers(file, gan__dtype_find(tensor->dtype_name), chunk,
                             tensor->offset + (uint64_t)done * tensor->number_bytes, out + done));
        bad = gan__find_nonfinite(out + done, chunk);
        if (bad < chunk) return not_finite(file, tensor, done + bad, out[done + bad]);
    }

cleanup:
    return status;
}

gan_status gan__safetensors_read_bytes(gan__safetensors *file, const gan__safetensor *tensor,
                                       void *out)
{
    const gan_status status = seek(file, tensor->offset);

    return status == GAN_OK ? read_exactly(file, out, (size_t)tensor->bytes, tensor->offset)
                            : status;
}

/* ---- Reading: the seal ---- */

/* The first number in a file that isn't finite. */
typedef struct fault {
    const gan__safetensor *tensor; /* NULL: all are */
    uint64_t index;
    float value;
} fault;

static gan_status find_seal(const gan__safetensors *file)
{
    const gan__safetensor *last = file->n_tensors > 0 ? &file->tensors[file->n_tensors - 1] : NULL;

    if (last && strcmp(last->name, CHECKSUM) == 0 && last->bytes == CHECKSUM_BYTES) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: byte %llu: the file has to end with a tensor \"" CHECKSUM
                     "\" of %d bytes",
                     file->path, (unsigned long long)(file->n_bytes), CHECKSUM_BYTES);
}

/* Sum the bytes from `begin` on, which belong to a tensor or, for NULL, to the header. */
static gan_status sum_part(gan__safetensors *file, const gan__safetensor *t, uint64_t begin,
                           uint64_t n, float *chunk, uint32_t *sum, fault *found)
{
    gan_status status = GAN_OK;

    for (uint64_t done = 0; done < n; done += CHUNK_BYTES) {
        const size_t now = n - done < CHUNK_BYTES ? (size_t)(n - done) : CHUNK_BYTES;
        const size_t n_numbers = now / sizeof *chunk;
        size_t bad;

        GAN_TRY(read_exactly(file, chunk, now, begin + done));
        *sum = gan__file_sum(*sum, chunk, now);
        if (found->tensor || !t || t->dtype != GAN__DTYPE_F32) continue;
        gan__swap_on_big_endian(chunk, n_numbers);
        bad = gan__find_nonfinite(chunk, n_numbers);
        if (bad < n_numbers) *found = (fault){t, done / sizeof *chunk + bad, chunk[bad]};
    }

cleanup:
    return status;
}

gan_status gan__safetensors_verify(gan__safetensors *file)
{
    gan_status status = GAN_OK;
    unsigned char seal[CHECKSUM_BYTES];
    fault found = {NULL, 0, 0};
    float *chunk = NULL;
    uint32_t sum = 0;

    GAN_TRY(find_seal(file));
    GAN_TRY(gan__alloc(&chunk, &file->allocator, CHUNK_BYTES, 1));
    GAN_TRY(seek(file, 0));
    GAN_TRY(sum_part(file, NULL, 0, file->data_begin, chunk, &sum, &found));
    for (size_t i = 0; i + 1 < file->n_tensors; i++) {
        const gan__safetensor *t = &file->tensors[i];

        GAN_TRY(sum_part(file, t, t->offset, t->bytes, chunk, &sum, &found));
    }
    GAN_TRY(read_exactly(file, seal, sizeof seal, file->n_bytes - sizeof seal));
    if (gan__little_endian(seal, sizeof seal) != sum)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: byte %llu: the file is damaged: its checksum is %08lx, its bytes have %08lx",
                 file->path, (unsigned long long)(file->n_bytes - sizeof seal),
                 (unsigned long)gan__little_endian(seal, sizeof seal), (unsigned long)sum);
    if (found.tensor) status = not_finite(file, found.tensor, found.index, found.value);

cleanup:
    gan__free(&file->allocator, chunk);
    return status;
}
