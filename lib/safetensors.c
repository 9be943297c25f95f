/* safetensors.c - named blocks of numbers in a file that every tool of the field reads. */
#include "alloc_internal.h"
#include "file_internal.h"
#include "safetensors_internal.h"
#include "status_internal.h"
#include "tensor_internal.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "__metadata__"

enum {
    LENGTH_BYTES = 8,            /* of the header's length */
    MAX_HEADER_BYTES = 64 << 20, /* room for a million tensors */
    DATA_ALIGNMENT = 64,         /* where the data of files written here begins */
    CHUNK_NUMBERS = 64 << 10     /* read and checked at a time, while they are in cache */
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

typedef struct dtype_record {
    char name[8];
    unsigned char bytes;
    gan__dtype dtype;
} dtype_record;

static const dtype_record dtypes[] = {
    {"F32", 4, GAN__DTYPE_F32},       {"F64", 8, GAN__DTYPE_OTHER},
    {"F16", 2, GAN__DTYPE_OTHER},     {"BF16", 2, GAN__DTYPE_OTHER},
    {"I64", 8, GAN__DTYPE_OTHER},     {"I32", 4, GAN__DTYPE_OTHER},
    {"I16", 2, GAN__DTYPE_OTHER},     {"I8", 1, GAN__DTYPE_OTHER},
    {"U64", 8, GAN__DTYPE_OTHER},     {"U32", 4, GAN__DTYPE_OTHER},
    {"U16", 2, GAN__DTYPE_OTHER},     {"U8", 1, GAN__DTYPE_OTHER},
    {"BOOL", 1, GAN__DTYPE_OTHER},    {"F8_E4M3", 1, GAN__DTYPE_OTHER},
    {"F8_E5M2", 1, GAN__DTYPE_OTHER}, {"F8_E8M0", 1, GAN__DTYPE_OTHER},
    {"C64", 8, GAN__DTYPE_OTHER},
};

static const dtype_record *find_dtype(const char *name)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, name) == 0) return &dtypes[i];
    return NULL;
}

/* ---- Byte order: files are little-endian ---- */

static int host_is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 1;
}

/* Turn the bytes of each number around where the host's order is not the file's. */
static void swap_on_big_endian(float *numbers, size_t n)
{
    unsigned char *b = (unsigned char *)numbers;

    if (host_is_little_endian()) return;
    for (size_t i = 0; i < n; i++, b += 4) {
        const unsigned char turned[4] = {b[3], b[2], b[1], b[0]};

        memcpy(b, turned, 4);
    }
}

static uint64_t little_endian_64(const unsigned char b[8])
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--) value = value << 8 | b[i];
    return value;
}

static void put_little_endian_64(unsigned char b[8], uint64_t value)
{
    for (int i = 0; i < 8; i++) b[i] = (unsigned char)(value >> (8 * i));
}

/* ---- Reading: the header ---- */

/* The parsed header must not take memory out of proportion: "[[],[],[]..." costs a hundred bytes
 * for each three.  A tensor has three brackets and at least 51 characters. */
static gan_status check_brackets(const gan__safetensors *file, const char *text, size_t n)
{
    const size_t allowed = n / 12 + 4;
    size_t n_brackets = 0;
    int in_string = 0;

    for (size_t i = 0; i < n; i++) {
        if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_string = !in_string;
        else if (!in_string && (text[i] == '{' || text[i] == '[') && ++n_brackets > allowed)
            return gan__fail(
                GAN_ERR_FORMAT,
                "%s: byte %zu: no header of tensors: more than %zu brackets in %zu bytes",
                file->path, LENGTH_BYTES + i, allowed, n);
    }
    return GAN_OK;
}

static gan_status parse_header(gan__safetensors *file, const char *text, size_t n)
{
    json_error_t error;

    if (text[0] != '{')
        return gan__fail(
            GAN_ERR_FORMAT,
            "%s: byte %d: no safetensors file: header must begin with 0x7b '{', 0x%02x found",
            file->path, LENGTH_BYTES, (unsigned char)text[0]);
    if (check_brackets(file, text, n) != GAN_OK) return GAN_ERR_FORMAT;
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
    n = little_endian_64(length);
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
                             const dtype_record **record)
{
    const char *name = json_string_value(json_object_get(entry, "dtype"));

    if (!name)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "has no dtype", file->path, LENGTH_BYTES, t->name);
    *record = find_dtype(name);
    if (!*record)
        return gan__fail(GAN_ERR_FORMAT, ENTRY "unknown dtype \"%.20s\"", file->path, LENGTH_BYTES,
                         t->name, name);
    t->dtype = (*record)->dtype;
    t->dtype_name = (*record)->name;
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
    const dtype_record *record;
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

const char *gan__safetensors_path(const gan__safetensors *file)
{
    return file->path;
}

gan_status gan__safetensors_read(gan__safetensors *file, const gan__safetensor *tensor, float *out)
{
    gan_status status = GAN_OK;
    const size_t n = gan_shape_size(tensor->shape);

    if (tensor->dtype != GAN__DTYPE_F32)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: byte %llu: tensor \"%.80s\" has numbers of type %s, F32 expected", file->path,
                 (unsigned long long)tensor->offset, tensor->name, tensor->dtype_name);
    if (fseeko(file->stream, (off_t)tensor->offset, SEEK_SET) != 0)
        GAN_FAIL(GAN_ERR_IO, "%s: byte %llu: cannot be read: %s", file->path,
                 (unsigned long long)tensor->offset, gan__errno_text_of(errno).text);
    for (size_t done = 0, chunk; done < n; done += chunk) {
        chunk = n - done < CHUNK_NUMBERS ? n - done : CHUNK_NUMBERS;
        GAN_TRY(read_exactly(file, out + done, chunk * sizeof *out,
                             tensor->offset + done * sizeof *out));
        swap_on_big_endian(out + done, chunk);
        for (size_t i = done; i < done + chunk; i++)
            if (!isfinite(out[i]))
                GAN_FAIL(GAN_ERR_NONFINITE, "%s: byte %llu: number %zu of tensor \"%.80s\" is %g",
                         file->path, (unsigned long long)(tensor->offset + i * sizeof *out), i,
                         tensor->name, (double)out[i]);
    }

cleanup:
    return status;
}

/* ---- Writing ---- */

/* The header on its way; `bytes` has room for all of it from the beginning. */
typedef struct header_text {
    char *bytes;
    size_t room;
    size_t used;
} header_text;

static void put(header_text *text, const char *format, ...) GAN_PRINTF(2, 3);

static void put(header_text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text->used +=
        (size_t)vsnprintf(text->bytes + text->used, text->room - text->used, format, args);
    va_end(args);
}

static void put_string(header_text *text, const char *string)
{
    put(text, "\"");
    for (; *string; string++) {
        unsigned char c = (unsigned char)*string;

        if (c < 0x20)
            put(text, "\\u%04x", c);
        else
            put(text, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    put(text, "\"");
}

/* At most, escapes and padding included. */
static size_t header_room(const gan_tensor *tensors, size_t n_tensors, const char *const *metadata,
                          size_t n_metadata)
{
    const size_t escaped = 6, per_entry = 256;
    size_t room = per_entry;

    for (size_t i = 0; i < n_tensors; i++) room += escaped * strlen(tensors[i].name) + per_entry;
    for (size_t i = 0; i < 2 * n_metadata; i++) room += escaped * strlen(metadata[i]) + per_entry;
    return room;
}

static void put_metadata(header_text *text, const char *const *metadata, size_t n_metadata)
{
    put_string(text, METADATA);
    put(text, ":{");
    for (size_t i = 0; i < n_metadata; i++) {
        if (i) put(text, ",");
        put_string(text, metadata[2 * i]);
        put(text, ":");
        put_string(text, metadata[2 * i + 1]);
    }
    put(text, "}");
}

static void put_tensor(header_text *text, const gan_tensor *t, uint64_t begin)
{
    put_string(text, t->name);
    put(text, ":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%llu,%llu]}",
        gan__shape_text_of(t->shape).text, (unsigned long long)begin,
        (unsigned long long)(begin + (uint64_t)t->size * sizeof(float)));
}

static void put_header(header_text *text, const gan_tensor *tensors, size_t n_tensors,
                       const char *const *metadata, size_t n_metadata)
{
    uint64_t begin = 0;

    put(text, "{");
    if (n_metadata > 0) put_metadata(text, metadata, n_metadata);
    for (size_t i = 0; i < n_tensors; i++) {
        if (i || n_metadata > 0) put(text, ",");
        put_tensor(text, &tensors[i], begin);
        begin += (uint64_t)tensors[i].size * sizeof(float);
    }
    put(text, "}");
    while ((LENGTH_BYTES + text->used) % DATA_ALIGNMENT != 0) put(text, " ");
}

/* Refuse what gan__safetensors_open() would: this finds names that occur twice or are not UTF-8. */
static gan_status check_written(const header_text *text, const char *path)
{
    json_error_t error;
    json_t *header;

    if (text->used > MAX_HEADER_BYTES)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: names and metadata take %zu bytes, at most %d expected", path,
                         text->used, MAX_HEADER_BYTES);
    header = json_loadb(text->bytes, text->used, JSON_REJECT_DUPLICATES, &error);
    if (!header && json_error_code(&error) == json_error_out_of_memory)
        return gan__fail(GAN_ERR_NOMEM, "%s: out of memory for a header of %zu bytes", path,
                         text->used);
    if (!header)
        return gan__fail(GAN_ERR_INVALID, "%s: a name or text cannot be written: %s", path,
                         error.text);
    json_decref(header);
    return GAN_OK;
}

static gan_status check_tensors(const gan_tensor *tensors, size_t n_tensors, const char *path)
{
    for (size_t i = 0; i < n_tensors; i++) {
        const gan_tensor *t = &tensors[i];

        if (strcmp(t->name, METADATA) == 0)
            return gan__fail(GAN_ERR_INVALID, "%s: a tensor cannot be named \"" METADATA "\"",
                             path);
        if (gan_shape_size(t->shape) == 0 || gan_shape_size(t->shape) != t->size)
            return gan__fail(GAN_ERR_INVALID,
                             "%s: tensor \"%.80s\" has %zu numbers, its shape is %s", path, t->name,
                             t->size, gan__shape_text_of(t->shape).text);
    }
    return GAN_OK;
}

static gan_status write_numbers(gan__file *file, const float *numbers, size_t n)
{
    float turned[256];

    if (host_is_little_endian()) return gan__file_write(file, numbers, n * sizeof *numbers);
    for (size_t done = 0, chunk; done < n; done += chunk) {
        gan_status status;

        chunk = n - done < 256 ? n - done : 256;
        memcpy(turned, numbers + done, chunk * sizeof *numbers);
        swap_on_big_endian(turned, chunk);
        status = gan__file_write(file, turned, chunk * sizeof *numbers);
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

gan_status gan__safetensors_write(const char *path, const gan_tensor *tensors, size_t n_tensors,
                                  const char *const *metadata, size_t n_metadata,
                                  const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_allocator memory;
    gan__file file = {0};
    header_text text = {0};
    unsigned char length[LENGTH_BYTES];

    GAN_TRY(gan__alloc_init(&memory, allocator));
    GAN_TRY(check_tensors(tensors, n_tensors, path));
    text.room = header_room(tensors, n_tensors, metadata, n_metadata);
    GAN_TRY(gan__alloc(&text.bytes, &memory, text.room, 1));
    put_header(&text, tensors, n_tensors, metadata, n_metadata);
    GAN_TRY(check_written(&text, path));
    put_little_endian_64(length, text.used);
    GAN_TRY(gan__file_create(&file, path, &memory));
    GAN_TRY(gan__file_write(&file, length, sizeof length));
    GAN_TRY(gan__file_write(&file, text.bytes, text.used));
    for (size_t i = 0; i < n_tensors; i++)
        GAN_TRY(write_numbers(&file, tensors[i].data, tensors[i].size));
    GAN_TRY(gan__file_commit(&file));

cleanup:
    if (status != GAN_OK) gan__file_abandon(&file);
    if (text.bytes) gan__free(&memory, text.bytes);
    return status;
}
