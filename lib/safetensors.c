/* safetensors.c - reading files of named blocks of numbers, whoever wrote them. */
#include "alloc_internal.h"
#include "file_internal.h"
#include "safetensors_format_internal.h"
#include "safetensors_internal.h"
#include "status_internal.h"
#include "tensor_internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 3,           /* the header, a tensor, its shape */
    MAX_LIST = 16,           /* numbers in a list: a shape, two offsets */
    CHUNK_BYTES = 256 << 10, /* read and checked at a time, while they are in cache */
};

struct gan__safetensors {
    gan_allocator allocator;
    char *path;
    FILE *stream;
    uint64_t n_bytes;    /* of the file */
    uint64_t data_begin; /* in the file */
    json_t *header;      /* owns all names */
    const json_t *metadata;
    gan__safetensor *tensors;
    size_t n_tensors;
};

/* ---- Reading: the header ---- */

/* What brackets and commas a header may have.  The parser must not be made to go deep, nor to take
 * memory out of proportion: "[[],[],[]..." costs a hundred bytes for each three and "[1,1,1..."
 * forty for each two.  A tensor has three brackets and at least 51 characters. */
static const char *find_excess(const char *text, size_t n)
{
    size_t n_brackets = 0, depth = 0, n_commas = 0;
    int in_string = 0, in_list = 0;

    for (const char *c = text; c < text + n; c++) {
        if (in_string && *c == '\\')
            c++;
        else if (*c == '"')
            in_string = !in_string;
        else if (!in_string && (*c == '{' || *c == '[')) {
            if (++depth > MAX_DEPTH || ++n_brackets > n / 12 + 4) return c;
            in_list = *c == '[';
            n_commas = 0;
        } else if (!in_string && (*c == '}' || *c == ']')) {
            depth -= depth > 0;
            in_list = 0;
        } else if (!in_string && *c == ',' && in_list && ++n_commas == MAX_LIST)
            return c;
    }
    return NULL;
}

static gan_status parse_header(gan__safetensors *file, const char *text, size_t n)
{
    const char *excess = find_excess(text, n);
    json_error_t error;

    if (text[0] != '{')
        return gan__fail(
            GAN_ERR_FORMAT,
            "%s: byte %d: no safetensors file: header must begin with 0x7b '{', 0x%02x found",
            file->path, LENGTH_BYTES, (unsigned char)text[0]);
    if (excess)
        return gan__fail(
            GAN_ERR_FORMAT,
            "%s: byte %td: no header of tensors: too many or too deep brackets, or too "
            "long a list",
            file->path, LENGTH_BYTES + (excess - text));
    file->header = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (file->header) return GAN_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        return gan__fail(GAN_ERR_NOMEM, "%s: out of memory for a header of %zu bytes", file->path,
                         n);
    return gan__fail(GAN_ERR_FORMAT, "%s: byte %d: header is not the JSON expected: %s", file->path,
                     LENGTH_BYTES + error.position, error.text);
}

/* A file may have become shorter since its size was asked. */
static gan_status read_exactly(const gan__safetensors *file, void *to, size_t n, uint64_t offset)
{
    size_t got = fread(to, 1, n, file->stream);

    if (got == n) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: byte %llu: %zu bytes expected, %zu could be read: %s",
                     file->path, (unsigned long long)offset, n, got,
                     ferror(file->stream) ? gan__errno_text_of(errno).text : "the file ends");
}

static gan_status read_header(gan__safetensors *file)
{
    gan_status status = GAN_OK;
    unsigned char length[LENGTH_BYTES];
    char *text = NULL;
    uint64_t n;

    if (file->n_bytes < LENGTH_BYTES)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: byte %llu: %d bytes of header length expected, the file ends",
                 file->path, (unsigned long long)file->n_bytes, LENGTH_BYTES);
    GAN_TRY(read_exactly(file, length, sizeof length, 0));
    n = gan__little_endian(length, LENGTH_BYTES);
    if (n > file->n_bytes - LENGTH_BYTES)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: byte 0: a header of %llu bytes announced, the file has %llu after its length",
                 file->path, (unsigned long long)n,
                 (unsigned long long)(file->n_bytes - LENGTH_BYTES));
    if (n < 2 || n > MAX_HEADER_BYTES)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: byte 0: a header of %llu bytes announced, 2 to %d expected",
                 file->path, (unsigned long long)n, MAX_HEADER_BYTES);
    GAN_TRY(gan__alloc(&text, &file->allocator, (size_t)n, 1));
    GAN_TRY(read_exactly(file, text, (size_t)n, LENGTH_BYTES));
    GAN_TRY(parse_header(file, text, (size_t)n));
    file->data_begin = LENGTH_BYTES + n;

cleanup:
    gan__free(&file->allocator, text);
    return status;
}

static gan_status check_metadata(gan__safetensors *file)
{
    json_t *header = file->header;
    const char *key;
    json_t *value;

    file->metadata = json_object_get(header, METADATA);
    if (!file->metadata) return GAN_OK;
    if (!json_is_object(file->metadata))
        return gan__fail(GAN_ERR_FORMAT, "%s: byte %d: " METADATA " must be an object of strings",
                         file->path, LENGTH_BYTES);
    json_object_foreach(
        json_object_get(header, METADATA), key,
        value) if (!json_is_string(value)) return gan__fail(GAN_ERR_FORMAT,
                                                            "%s: byte %d: " METADATA
                                                            " \"%.80s\" must be a string",
                                                            file->path, LENGTH_BYTES, key);
    return GAN_OK;
}

/* ---- Reading: its tensors ---- */

/* The beginning of every message about an entry of the header. */
#define ENTRY "%s: byte %d: tensor \"%.80s\": "

static gan_status read_dtype(const gan__safetensors *file, gan__safetensor *t, const json_t *entry,
                             const gan__dtype_record **record)
{
    const char *name = json_string_value(json_object_get(entry, "dtype"));

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

static gan_status read_shape(const gan__safetensors *file, gan__safetensor *t, const json_t *entry)
{
    const json_t *dims = json_object_get(entry, "shape");
    size_t rank = json_array_size(dims);

    if (!json_is_array(dims))
        return gan__fail(GAN_ERR_FORMAT, ENTRY "has no list as shape", file->path, LENGTH_BYTES,
                         t->name);
    if (rank > GAN_SHAPE_MAX_RANK)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "%zu dimensions, at most %d expected", file->path,
                         LENGTH_BYTES, t->name, rank, GAN_SHAPE_MAX_RANK);
    t->shape = gan_shape_1d(1);
    if (rank > 0) t->shape.rank = rank;
    for (size_t i = 0; i < rank; i++) {
        const json_t *dim = json_array_get(dims, i);
        json_int_t value = json_integer_value(dim);

        if (!json_is_integer(dim) || value < 1 || value > INT32_MAX)
            return gan__fail(GAN_ERR_FORMAT,
                             ENTRY "dimension %zu must be a whole number from 1 to 2147483647",
                             file->path, LENGTH_BYTES, t->name, i);
        t->shape.dim[i] = (size_t)value;
    }
    if (gan_shape_size(t->shape) == 0)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "shape %s has more than 2147483647 numbers",
                         file->path, LENGTH_BYTES, t->name, gan__shape_text_of(t->shape).text);
    return GAN_OK;
}

/* Both ends are at most 2^63 - 1, so that adding the header's length cannot wrap around. */
static gan_status read_offsets(const gan__safetensors *file, gan__safetensor *t,
                               const json_t *entry)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *second = json_array_get(offsets, 1);
    json_int_t begin = json_integer_value(first), end = json_integer_value(second);

    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(second) ||
        begin < 0 || end < begin)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "data_offsets must be two rising whole numbers",
                         file->path, LENGTH_BYTES, t->name);
    t->offset = file->data_begin + (uint64_t)begin;
    t->bytes = (uint64_t)(end - begin);
    return GAN_OK;
}

static gan_status read_entry(const gan__safetensors *file, gan__safetensor *t, const json_t *entry)
{
    gan_status status = GAN_OK;
    const gan__dtype_record *record;
    uint64_t wanted;

    if (!json_is_object(entry))
        GAN_FAIL(GAN_ERR_FORMAT, ENTRY "must be an object", file->path, LENGTH_BYTES, t->name);
    GAN_TRY(read_dtype(file, t, entry, &record));
    GAN_TRY(read_shape(file, t, entry));
    GAN_TRY(read_offsets(file, t, entry));
    wanted = (uint64_t)gan_shape_size(t->shape) * record->bytes;
    if (t->bytes != wanted)
        GAN_FAIL(GAN_ERR_FORMAT,
                 ENTRY "%s numbers of shape %s take %llu bytes, data_offsets have %llu", file->path,
                 LENGTH_BYTES, t->name, record->name, gan__shape_text_of(t->shape).text,
                 (unsigned long long)wanted, (unsigned long long)t->bytes);

cleanup:
    return status;
}

static int by_offset(const void *a, const void *b)
{
    const gan__safetensor *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
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
    const char *name;
    json_t *entry;

    GAN_TRY(gan__alloc(&file->tensors, &file->allocator, json_object_size(file->header),
                       sizeof *file->tensors));
    json_object_foreach(file->header, name, entry)
    {
        if (strcmp(name, METADATA) == 0) continue;
        file->tensors[file->n_tensors].name = name;
        GAN_TRY(read_entry(file, &file->tensors[file->n_tensors], entry));
        file->n_tensors++;
    }
    qsort(file->tensors, file->n_tensors, sizeof *file->tensors, by_offset);
    GAN_TRY(check_cover(file));

cleanup:
    return status;
}

gan_status gan__safetensors_open(gan__safetensors **out, const char *path,
                                 const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_allocator memory;

    *out = NULL;
    GAN_TRY(gan__alloc_init(&memory, allocator));
    GAN_TRY(gan__alloc(&file, &memory, 1, sizeof *file));
    file->allocator = memory;
    GAN_TRY(gan__alloc(&file->path, &memory, strlen(path) + 1, 1));
    strcpy(file->path, path);
    GAN_TRY(gan__file_open(&file->stream, &file->n_bytes, path));
    GAN_TRY(read_header(file));
    GAN_TRY(check_metadata(file));
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
    if (file->stream) fclose(file->stream);
    json_decref(file->header);
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

const gan__safetensor *gan__safetensors_find(const gan__safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const char *gan__safetensors_metadata(const gan__safetensors *file, const char *key)
{
    return json_string_value(json_object_get(file->metadata, key));
}

const char *gan__safetensors_next_key(const gan__safetensors *file, const char *key)
{
    /* Jansson reads through it only, but wants it unqualified. */
    json_t *metadata = json_object_get(file->header, METADATA);
    void *at = key ? json_object_iter_next(metadata, json_object_iter_at(metadata, key))
                   : json_object_iter(metadata);

    return at ? json_object_iter_key(at) : NULL;
}

const char *gan__safetensors_path(const gan__safetensors *file)
{
    return file->path;
}

/* ---- Reading: the numbers ---- */

static gan_status seek(gan__safetensors *file, uint64_t offset)
{
    if (fseeko(file->stream, (off_t)offset, SEEK_SET) == 0) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: byte %llu: cannot be read: %s", file->path,
                     (unsigned long long)offset, gan__errno_text_of(errno).text);
}

static gan_status not_finite(const gan__safetensors *file, const gan__safetensor *t, uint64_t index,
                             float value)
{
    return gan__fail(GAN_ERR_NONFINITE, "%s: byte %llu: number %llu of tensor \"%.80s\" is %g",
                     file->path, (unsigned long long)(t->offset + index * t->number_bytes),
                     (unsigned long long)index, t->name, (double)value);
}

/* Read the next n numbers: those of type F32 to where they are wanted, others by way of a few. */
static gan_status read_numbers(const gan__safetensors *file, const gan__dtype_record *type,
                               size_t n, uint64_t offset, float *out)
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
    const size_t n = gan_shape_size(tensor->shape);

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

/* ---- Reading: the seal ---- */

/* The first number of a file that is none. */
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
static gan_status sum_part(const gan__safetensors *file, const gan__safetensor *t, uint64_t begin,
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
