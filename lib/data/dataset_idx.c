/* dataset_idx.c - the IDX format, plain or gzip-compressed.
 *
 * A file has two zero bytes, the type of its numbers, the number of dimensions, each dimension as 4
 * bytes big-endian, then the numbers, big-endian, too, without gaps. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/file_internal.h"
#include "file/signature_internal.h"
#include "file/stream_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

enum {
    INPUT_BYTES = 1 << 16,  /* of compressed data read at once */
    OUTPUT_BYTES = 1 << 30, /* given to zlib at once, whose counters are ints */
    DEFLATE_RATIO = 1032,   /* the most bytes that inflate makes of one */
    FIRST_ROOM = 1 << 20,   /* bytes that are allocated before a compressed file has shown that it
                               has as many */
    MAX_BYTES = 1 << 30,    /* of samples, by default */
    CHUNK_BYTES = 1 << 12,  /* of numbers that are converted at once */
    GZIP_WINDOW = 15 + 16   /* zlib: largest window, gzip wrapper */
};

/* A type of numbers, each of which a double holds exactly. */
typedef struct idx_type {
    uint8_t code;
    uint8_t bytes;
    const char *name;
    double (*value)(const uint8_t *bytes);
} idx_type;

/* A file that is being read, and its header. */
typedef struct idx_file {
    gan__input from;
    const char *name;
    uint64_t offset;     /* of the next byte, counted after decompression */
    const idx_type *type;
    size_t rank;
    uint32_t dim[GAN_SHAPE_MAX_RANK];
    int is_gzip;
    int ended;   /* all members of a gzip file were read and were whole */
    int started; /* inflateEnd() is due */
    uint64_t bytes_in;
    z_stream inflater;
    unsigned char input[INPUT_BYTES];
} idx_file;

/* ---- Types ---- */

static uint64_t big_endian(const uint8_t *bytes, size_t n)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < n; i++) bits = bits << 8 | bytes[i];
    return bits;
}

/* A whole number in two's complement, whose highest bit has the value -2^(bits - 1). */
static double signed_of(const uint8_t *bytes, size_t n)
{
    const double weight = (double)((uint64_t)1 << (8 * n - 1));
    const uint64_t bits = big_endian(bytes, n);

    return bits >> (8 * n - 1) ? (double)bits - 2 * weight : (double)bits;
}

static double uint8_of(const uint8_t *bytes)
{
    return bytes[0];
}

static double int8_of(const uint8_t *bytes)
{
    return signed_of(bytes, 1);
}

static double int16_of(const uint8_t *bytes)
{
    return signed_of(bytes, 2);
}

static double int32_of(const uint8_t *bytes)
{
    return signed_of(bytes, 4);
}

static double float_of(const uint8_t *bytes)
{
    const uint32_t bits = (uint32_t)big_endian(bytes, 4);
    float value;

    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double double_of(const uint8_t *bytes)
{
    const uint64_t bits = big_endian(bytes, 8);
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static const idx_type types[] = {
    {0x08, 1, "unsigned byte", uint8_of},  {0x09, 1, "signed byte", int8_of},
    {0x0B, 2, "16-bit integer", int16_of}, {0x0C, 4, "32-bit integer", int32_of},
    {0x0D, 4, "float", float_of},          {0x0E, 8, "double", double_of},
};
enum { N_TYPES = sizeof types / sizeof *types };

static int is_byte(const idx_file *file)
{
    return file->type->value == uint8_of;
}

static const idx_type *find_type(uint8_t code)
{
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i].code == code) return &types[i];
    return NULL;
}

/* ---- Bytes ---- */

/* Read up to `n` bytes of the file as it is, compressed or not. */
static gan_status read_raw(idx_file *file, void *out, size_t n, size_t *got)
{
    *got = gan__input_read(&file->from, out, n);
    if (file->from.error) return gan__file_fail(file->name, "cannot be read", file->from.error);
    return GAN_OK;
}

/* Give the inflater more to read; a gzip file that ends inside a member is damaged. */
static gan_status refill(idx_file *file, int between_members)
{
    size_t got;
    gan_status status = read_raw(file, file->input, INPUT_BYTES, &got);

    if (status != GAN_OK) return status;
    if (got == 0 && !between_members)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %" PRIu64 ": more gzip data expected, file ends there",
                         file->name, file->bytes_in);
    file->ended = got == 0;
    file->bytes_in += got;
    file->inflater.next_in = file->input;
    file->inflater.avail_in = (uInt)got;
    return GAN_OK;
}

/* One call of inflate(), which checks length and CRC where a member ends.  Another member may
 * follow there.
 */
static gan_status inflate_some(idx_file *file)
{
    z_stream *z = &file->inflater;
    int code;

    if (z->avail_in == 0) {
        gan_status status = refill(file, 0);
        if (status != GAN_OK) return status;
    }
    code = inflate(z, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR)
        return gan__fail(GAN_ERR_NOMEM, "%s: out of memory while decompressing", file->name);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return gan__fail(GAN_ERR_FORMAT, "%s: byte %" PRIu64 ": damaged gzip data: %s", file->name,
                         file->bytes_in - z->avail_in, z->msg ? z->msg : "no valid stream");
    if (code != Z_STREAM_END) return GAN_OK;
    inflateReset(z);
    return z->avail_in == 0 ? refill(file, 1) : GAN_OK;
}

static gan_status read_gzip(idx_file *file, uint8_t *out, size_t n, size_t *got)
{
    z_stream *z = &file->inflater;

    *got = 0;
    while (*got < n && !file->ended) {
        const size_t room = n - *got < OUTPUT_BYTES ? n - *got : OUTPUT_BYTES;
        gan_status status;

        z->next_out = out + *got;
        z->avail_out = (uInt)room;
        status = inflate_some(file);
        *got += room - z->avail_out;
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

/* Read up to `n` bytes of content; fewer only where it ends. */
static gan_status read_some(idx_file *file, uint8_t *out, size_t n, size_t *got)
{
    gan_status status = file->is_gzip ? read_gzip(file, out, n, got) : read_raw(file, out, n, got);

    file->offset += *got;
    return status;
}

/* Read exactly `n` bytes of content, which is called `what`. */
static gan_status read_whole(idx_file *file, uint8_t *out, size_t n, const char *what)
{
    const uint64_t begin = file->offset;
    size_t got;
    gan_status status = read_some(file, out, n, &got);

    if (status != GAN_OK || got == n) return status;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: byte %" PRIu64 ": %zu bytes of %s expected, file ends after %zu",
                     file->name, begin, n, what, got);
}

/* ---- Headers ---- */

/* Open the file and find out whether it is compressed. */
static gan_status begin_file(idx_file *file, gan__source from, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    size_t got;

    file->name = gan__source_name(from);
    GAN_TRY(gan__input_open(&file->from, from, allocator));
    GAN_TRY(read_raw(file, file->input, 2, &got));
    if (!gan__input_seek(&file->from, 0))
        GAN_FAIL(GAN_ERR_IO, "%s: cannot seek to the beginning", file->name);
    file->is_gzip = got == 2 && file->input[0] == 0x1f && file->input[1] == 0x8b;
    if (!file->is_gzip) return GAN_OK;
    if (inflateInit2(&file->inflater, GZIP_WINDOW) != Z_OK)
        GAN_FAIL(GAN_ERR_NOMEM, "%s: no memory to decompress it", file->name);
    file->started = 1;

cleanup:
    return status;
}

/* A file that begins otherwise may be of another known format: name it. */
static gan_status fail_not_idx(idx_file *file, const uint8_t head[4])
{
    uint8_t begin[GAN__SIGNATURE_BYTES];
    size_t more;

    memcpy(begin, head, 4);
    if (read_some(file, begin + 4, sizeof begin - 4, &more) != GAN_OK) more = 0;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: byte 0: two zero bytes expected, found 0x%02x 0x%02x: not an IDX file%s",
                     file->name, head[0], head[1], gan__signature_text_of(begin, 4 + more).text);
}

static gan_status read_header(idx_file *file, size_t min_rank, size_t max_rank)
{
    uint8_t head[4];
    uint8_t dims[4 * GAN_SHAPE_MAX_RANK];
    gan_status status = read_whole(file, head, sizeof head, "IDX header");

    if (status != GAN_OK) return status;
    if (head[0] != 0 || head[1] != 0) return fail_not_idx(file, head);
    file->type = find_type(head[2]);
    if (!file->type)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte 2: type 0x08 (unsigned byte), 0x09, 0x0b, 0x0c, 0x0d or 0x0e "
                         "expected, found 0x%02x",
                         file->name, head[2]);
    if (head[3] < min_rank || head[3] > max_rank)
        return gan__fail(GAN_ERR_FORMAT, "%s: byte 3: %zu to %zu dimensions expected, found %d",
                         file->name, min_rank, max_rank, head[3]);
    file->rank = head[3];
    status = read_whole(file, dims, 4 * file->rank, "dimensions");
    if (status != GAN_OK) return status;
    for (size_t i = 0; i < file->rank; i++) file->dim[i] = (uint32_t)big_endian(dims + 4 * i, 4);
    return GAN_OK;
}

/* The shape of one sample, by the rules of gan_dataset_open_idx(). */
static gan_shape sample_shape(const idx_file *file)
{
    switch (file->rank) {
    case 1: return gan_shape_1d(1); /* a label */
    case 2: return gan_shape_1d(file->dim[1]);
    case 3: return gan_shape_3d(1, file->dim[1], file->dim[2]);
    default: return gan_shape_3d(file->dim[1], file->dim[2], file->dim[3]);
    }
}

/* Check, before memory is allocated, that the file can hold as much data as its header says: a
 * plain file exactly, a gzip-compressed one at deflate's best ratio. */
static gan_status check_extent(const idx_file *file)
{
    const size_t size = gan_shape_size(sample_shape(file));
    /* Below 2^63, because a shape is limited; and no file has 2^63 bytes. */
    const uint64_t numbers = (uint64_t)file->dim[0] * size;
    const uint64_t bytes =
        numbers > INT64_MAX / file->type->bytes ? INT64_MAX : numbers * file->type->bytes;
    const uint64_t left = file->from.n_bytes > file->offset ? file->from.n_bytes - file->offset : 0;

    if (file->dim[0] == 0)
        return gan__fail(GAN_ERR_FORMAT, "%s: byte 4: at least 1 sample expected, found 0",
                         file->name);
    if (size == 0)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte 8: 1 to 2147483647 values per sample expected, found %s",
                         file->name, gan__shape_text_of(sample_shape(file)).text);
    if (file->is_gzip && bytes / DEFLATE_RATIO > file->from.n_bytes)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %" PRIu64 ": %" PRIu64 " bytes of data expected, %" PRIu64
                         " bytes of gzip data cannot hold that many",
                         file->name, file->offset, bytes, file->from.n_bytes);
    if (!file->is_gzip && bytes > left)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %" PRIu64 ": %" PRIu64
                         " bytes of data expected, file ends after %" PRIu64,
                         file->name, file->offset, bytes, left);
    if (!file->is_gzip && bytes < left)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: byte %" PRIu64 ": end of file expected, found %" PRIu64 " more bytes",
                         file->name, file->offset + bytes, left - bytes);
    return GAN_OK;
}

static gan_status open_idx(idx_file **out, gan__source from, size_t min_rank, size_t max_rank,
                           const gan_allocator *allocator)
{
    gan_status status = gan__alloc(out, allocator, 1, sizeof **out);

    if (status == GAN_OK) status = begin_file(*out, from, allocator);
    if (status == GAN_OK) status = read_header(*out, min_rank, max_rank);
    if (status == GAN_OK) status = check_extent(*out);
    return status;
}

static void close_idx(idx_file *file, const gan_allocator *allocator)
{
    if (!file) return;
    if (file->started) inflateEnd(&file->inflater);
    gan__input_close(&file->from);
    gan__free(allocator, file);
}

/* ---- Samples ---- */

/* Refuse samples that take more memory than the host allows. */
static gan_status check_memory(const idx_file *file, size_t count, size_t max_bytes)
{
    const size_t each = is_byte(file) ? 1 : sizeof(float);
    const size_t size = gan__size_mul(gan_shape_size(sample_shape(file)), each);
    const size_t most = max_bytes ? max_bytes : MAX_BYTES;

    if (count <= most / size) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: %zu samples of %zu bytes, at most %zu bytes are read; raise max_bytes or "
                     "lower max_count of gan_dataset_desc",
                     file->name, count, size, most);
}

/* The destination of a file's numbers: a block of elements that grows while they are read. */
typedef struct target {
    void *block;
    size_t element; /* bytes of one */
    const char *what;
    /* Write the file's numbers, `n` of them in `raw`, as elements.  NULL: bytes that stay bytes. */
    gan_status (*translate)(const idx_file *file, const uint8_t *raw, size_t n, void *out);
} target;

/* The file offset of the number at `raw + i` of the latest chunk. */
static uint64_t offset_of(const idx_file *file, size_t i, size_t n)
{
    return file->offset - (uint64_t)(n - i) * file->type->bytes;
}

static gan_status translate_floats(const idx_file *file, const uint8_t *raw, size_t n, void *out)
{
    float *numbers = out;

    for (size_t i = 0; i < n; i++) {
        const double value = file->type->value(raw + i * file->type->bytes);

        numbers[i] = (float)value;
        if (!isfinite(numbers[i]))
            return gan__fail(GAN_ERR_NONFINITE,
                             "%s: byte %" PRIu64 ": a number that a float can hold expected, found "
                             "%g",
                             file->name, offset_of(file, i, n), value);
    }
    return GAN_OK;
}

static gan_status translate_labels(const idx_file *file, const uint8_t *raw, size_t n, void *out)
{
    uint16_t *labels = out;

    for (size_t i = 0; i < n; i++) {
        const double value = file->type->value(raw + i * file->type->bytes);

        if (!(value >= 0 && value < GAN__MOST_CLASSES))
            return gan__fail(GAN_ERR_FORMAT,
                             "%s: byte %" PRIu64 ": a label of 0 to %d expected, found %g",
                             file->name, offset_of(file, i, n), GAN__MOST_CLASSES - 1, value);
        labels[i] = (uint16_t)value;
    }
    return GAN_OK;
}

/* Read up to `n` numbers; fewer only where the file ends. */
static gan_status read_numbers(idx_file *file, const target *to, char *out, size_t n, size_t *got)
{
    const size_t each = file->type->bytes;
    uint8_t raw[CHUNK_BYTES];
    size_t bytes, some;

    *got = 0;
    if (!to->translate) return read_some(file, (uint8_t *)out, n, got);
    while (*got < n) {
        const size_t wanted = n - *got < sizeof raw / each ? n - *got : sizeof raw / each;
        gan_status status = read_some(file, raw, wanted * each, &bytes);

        some = bytes / each;
        if (status == GAN_OK) status = to->translate(file, raw, some, out + *got * to->element);
        if (status != GAN_OK) return status;
        *got += some;
        if (some < wanted) return GAN_OK;
    }
    return GAN_OK;
}

/* Read the next `n` numbers of content. */
static gan_status read_growing(idx_file *file, target *to, size_t n, const gan_allocator *allocator)
{
    const uint64_t begin = file->offset;
    const size_t most = gan__size_mul(n, to->element);
    const size_t first = file->is_gzip ? FIRST_ROOM : most;
    gan_status status = GAN_OK;
    size_t used = 0, room = 0, got;

    while (used < n) {
        GAN_TRY(gan__alloc_grow(&to->block, &room, used * to->element, first, most, allocator));
        GAN_TRY(read_numbers(file, to, (char *)to->block + used * to->element,
                             room / to->element - used, &got));
        used += got;
        if (used < room / to->element)
            GAN_FAIL(GAN_ERR_FORMAT,
                     "%s: byte %" PRIu64 ": %zu bytes of %s expected, file ends after %" PRIu64,
                     file->name, begin, n * file->type->bytes, to->what, file->offset - begin);
    }

cleanup:
    return status;
}

/* Read the first `count` samples.  The file must end after its last one; reading up to there also
 * checks the CRC. */
static gan_status read_samples(idx_file *file, target *to, size_t count,
                               const gan_allocator *allocator)
{
    const size_t size = gan_shape_size(sample_shape(file));
    uint8_t beyond;
    size_t got;
    gan_status status = read_growing(file, to, count * size, allocator);

    if (status != GAN_OK || count < file->dim[0]) return status;
    status = read_some(file, &beyond, 1, &got);
    if (status != GAN_OK || got == 0) return status;
    return gan__fail(GAN_ERR_FORMAT, "%s: byte %" PRIu64 ": end of file expected, found more",
                     file->name, file->offset - 1);
}

/* Read pictures: bytes stay bytes, other types become floats. */
static gan_status read_pictures(gan_dataset *data, idx_file *file)
{
    const int bytes = is_byte(file);
    target to = {.element = bytes ? 1 : sizeof(float),
                 .what = "pictures",
                 .translate = bytes ? NULL : translate_floats};
    gan_status status = read_samples(file, &to, data->count, &data->allocator);

    if (bytes)
        data->bytes = to.block;
    else
        data->floats = to.block;
    return status;
}

static gan_status read_classes(gan_dataset *data, idx_file *file)
{
    target to = {.element = sizeof *data->labels, .what = "labels", .translate = translate_labels};
    gan_status status = read_samples(file, &to, data->count, &data->allocator);

    data->labels = to.block;
    data->has_labels = 1;
    return status;
}

/* Open the labels, which must be whole numbers, one for each picture. */
static gan_status open_classes(idx_file **out, gan__source from, const idx_file *pictures,
                               const gan_allocator *allocator)
{
    const char *name = gan__source_name(from);
    gan_status status = open_idx(out, from, 1, 1, allocator);

    if (status != GAN_OK) return status;
    if ((*out)->type->value == float_of || (*out)->type->value == double_of)
        return gan__fail(GAN_ERR_FORMAT, "%s: byte 2: labels of whole numbers expected, found %ss",
                         name, (*out)->type->name);
    if ((*out)->dim[0] != pictures->dim[0])
        return gan__fail(GAN_ERR_SHAPE, "%s has %" PRIu32 " labels, %s has %" PRIu32 " pictures",
                         name, (*out)->dim[0], pictures->name, pictures->dim[0]);
    return GAN_OK;
}

static gan_status read_idx(gan_dataset **out, gan__source images, const gan__source *labels,
                           const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_allocator allocator = {0};
    gan_dataset *data = NULL;
    idx_file *pictures = NULL;
    idx_file *classes = NULL;
    size_t count = SIZE_MAX;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    GAN_TRY(gan__source_check(images, "dataset, images"));
    if (labels) GAN_TRY(gan__source_check(*labels, "dataset, labels"));
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(gan__alloc_init(&allocator, d.allocator));
    GAN_TRY(open_idx(&pictures, images, 2, 4, &allocator));
    if (labels) GAN_TRY(open_classes(&classes, *labels, pictures, &allocator));
    if (count > pictures->dim[0]) count = pictures->dim[0];
    GAN_TRY(check_memory(pictures, count, d.max_bytes));
    GAN_TRY(gan__dataset_create_empty(
        &data, is_byte(pictures) ? &gan__dataset_bytes_class : &gan__dataset_floats_class, count,
        sample_shape(pictures), &allocator));
    GAN_TRY(read_pictures(data, pictures));
    if (labels) GAN_TRY(read_classes(data, classes));
    GAN_TRY(gan__dataset_name_classes(data, &d));
    *out = data;
    data = NULL;

cleanup:
    close_idx(pictures, &allocator);
    close_idx(classes, &allocator);
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_open_idx(gan_dataset **out, const char *images, const char *labels,
                                const gan_dataset_desc *desc)
{
    const gan__source of_labels = {.path = labels};

    return read_idx(out, (gan__source){.path = images}, labels ? &of_labels : NULL, desc);
}

gan_status gan_dataset_open_idx_from(gan_dataset **out, const gan_reader *images,
                                     const gan_reader *labels, const gan_dataset_desc *desc)
{
    const gan__source of_labels = {.reader = labels};

    return read_idx(out, (gan__source){.reader = images}, labels ? &of_labels : NULL, desc);
}
