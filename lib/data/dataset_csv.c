/* dataset_csv.c - tables of numbers: CSV files.
 *
 * A file is read byte by byte into fields (RFC 4180), and fields into rows.  The first row
 * determines the role of each field: a column of the samples, the class, or none. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"
#include "file/number_internal.h"

#include <math.h>
#include <string.h>

enum {
    BUFFER_BYTES = 4096,
    FIELD_BYTES = 4096, /* the most of one, with its end */
    FIRST_ROOM = 4096,
    MOST_FIELDS = 65536,
    MAX_BYTES = 1 << 30, /* of numbers, by default */
    NAME_BYTES = GAN__CLASS_NAME_BYTES
};

/* Where a field ends. */
typedef enum field_end { BEFORE_ANOTHER, BEFORE_A_ROW, BEFORE_NOTHING } field_end;

/* The role of a field: the number of a column, or one of these. */
#define NO_COLUMN SIZE_MAX
#define LABEL (SIZE_MAX - 1)

/* A growing array of bytes. */
typedef struct block {
    void *bytes;
    size_t used, room;
} block;

typedef struct table {
    gan_allocator allocator;
    gan__input input;
    char delimiter;
    unsigned char buffer[BUFFER_BYTES];
    size_t at, n; /* in the buffer */
    int back;     /* a byte that was put back; -1: none */
    size_t begin; /* of the text in the file */
    size_t line;  /* of the next byte, from 1 */
    char field[FIELD_BYTES];
    size_t length;
    int is_quoted;
    size_t n_fields; /* of a row */
    size_t n_columns;
    size_t *roles;
    block names;   /* of fields, each with its end */
    block name_at; /* where each of them begins, as size_t */
    block numbers; /* of samples */
    block labels;  /* texts, each with its end */
    size_t n_rows;
    size_t most; /* bytes of numbers */
} table;

static void close_table(table *t)
{
    gan_allocator allocator;

    if (!t) return;
    allocator = t->allocator;
    gan__input_close(&t->input);
    gan__free(&allocator, t->roles);
    gan__free(&allocator, t->names.bytes);
    gan__free(&allocator, t->name_at.bytes);
    gan__free(&allocator, t->numbers.bytes);
    gan__free(&allocator, t->labels.bytes);
    gan__free(&allocator, t);
}

/* Reserve n more bytes, at most FIRST_ROOM, and return their offset in `*at`. */
static gan_status extend(block *b, size_t n, void *at, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    char *begin;

    while (b->room - b->used < n && status == GAN_OK)
        status = gan__alloc_grow(&b->bytes, &b->room, b->used, FIRST_ROOM, SIZE_MAX, allocator);
    if (status != GAN_OK) return status;
    begin = (char *)b->bytes + b->used;
    memcpy(at, &begin, sizeof begin);
    b->used += n;
    return GAN_OK;
}

/* ---- Fields ---- */

/* The next byte, or -1 at the end; the caller checks for an error there. */
static int next_byte(table *t)
{
    if (t->back >= 0) {
        const int byte = t->back;

        t->back = -1;
        return byte;
    }
    if (t->at == t->n) {
        t->n = gan__input_read(&t->input, t->buffer, sizeof t->buffer);
        t->at = 0;
        if (t->n == 0) return -1;
    }
    return t->buffer[t->at++];
}

static gan_status put_byte(table *t, int byte)
{
    if (t->length + 1 == sizeof t->field)
        return gan__fail(GAN_ERR_FORMAT, "%s: line %zu: a field of at most %d bytes expected",
                         t->input.name, t->line, FIELD_BYTES - 1);
    t->field[t->length++] = (char)byte;
    return GAN_OK;
}

/* How this byte ends a field; 0 when the field continues. */
static int ends_field(table *t, int byte, field_end *end)
{
    if (byte == '\r') {
        const int next = next_byte(t);

        if (next != '\n') t->back = next;
    }
    t->line += byte == '\r' || byte == '\n';
    *end = byte < 0                              ? BEFORE_NOTHING
           : byte == (unsigned char)t->delimiter ? BEFORE_ANOTHER
                                                 : BEFORE_A_ROW;
    return byte < 0 || byte == '\r' || byte == '\n' || byte == (unsigned char)t->delimiter;
}

/* Read what follows a quotation mark, up to the next that isn't doubled. */
static gan_status read_quoted(table *t, field_end *end)
{
    const size_t first = t->line;
    gan_status status = GAN_OK;

    t->is_quoted = 1;
    for (;;) {
        int byte = next_byte(t);

        if (byte < 0)
            return gan__fail(GAN_ERR_FORMAT,
                             "%s: line %zu: the file ends within quotation marks, which began in "
                             "line %zu",
                             t->input.name, t->line, first);
        if (byte == '"') {
            byte = next_byte(t);
            if (byte != '"' && ends_field(t, byte, end)) return GAN_OK;
            if (byte != '"')
                return gan__fail(GAN_ERR_FORMAT,
                                 "%s: line %zu: the end of a field expected after its quotation "
                                 "mark, found \"%c\"",
                                 t->input.name, t->line, byte >= ' ' && byte <= '~' ? byte : '?');
        } else {
            t->line += byte == '\n';
        }
        status = put_byte(t, byte);
        if (status != GAN_OK) return status;
    }
}

static gan_status read_field(table *t, field_end *end)
{
    gan_status status = GAN_OK;

    t->length = 0;
    t->is_quoted = 0;
    for (;;) {
        const int byte = next_byte(t);

        if (byte < 0 && t->input.error)
            return gan__fail(gan__errno_status(t->input.error), "%s: line %zu: cannot be read: %s",
                             t->input.name, t->line, gan__errno_text_of(t->input.error).text);
        if (byte == '"' && t->length == 0 && !t->is_quoted) status = read_quoted(t, end);
        if (status != GAN_OK || t->is_quoted || ends_field(t, byte, end)) break;
        status = put_byte(t, byte);
        if (status != GAN_OK) break;
    }
    t->field[t->length] = '\0';
    return status;
}

/* ---- The first row ---- */

static const char *name_of(const table *t, size_t field)
{
    return (const char *)t->names.bytes + ((const size_t *)t->name_at.bytes)[field];
}

static gan_status add_name(table *t, const char *name)
{
    const size_t n = strlen(name) + 1, place = t->names.used;
    char *to;
    gan_status status;

    if (n > NAME_BYTES)
        return gan__fail(GAN_ERR_FORMAT, "%s: line 1: a column's name of at most %d bytes expected",
                         t->input.name, NAME_BYTES - 1);
    if (t->n_fields == MOST_FIELDS)
        return gan__fail(GAN_ERR_FORMAT, "%s: line 1: at most %d columns expected", t->input.name,
                         MOST_FIELDS);
    status = extend(&t->names, n, &to, &t->allocator);
    if (status != GAN_OK) return status;
    memcpy(to, name, n);
    status = extend(&t->name_at, sizeof place, &to, &t->allocator);
    if (status != GAN_OK) return status;
    memcpy(to, &place, sizeof place);
    t->n_fields++;
    return GAN_OK;
}

/* Read the names of the columns; without a header, only count them, and go back. */
static gan_status read_header(table *t, int no_header)
{
    gan_status status = GAN_OK;
    field_end end = BEFORE_ANOTHER;

    while (end == BEFORE_ANOTHER) {
        char number[24];

        GAN_TRY(read_field(t, &end));
        (void)snprintf(number, sizeof number, "%zu", t->n_fields);
        GAN_TRY(add_name(t, no_header ? number : t->field));
    }
    if (no_header) {
        if (!gan__input_seek(&t->input, t->begin))
            GAN_FAIL(GAN_ERR_IO, "%s: cannot seek to the beginning", t->input.name);
        t->at = t->n = 0;
        t->back = -1;
        t->line = 1;
    }

cleanup:
    return status;
}

/* Find the field with a name. */
static gan_status find_field(const table *t, const char *name, size_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n_fields; i++)
        if (strcmp(name_of(t, i), name) == 0 && n++ == 0) *out = i;
    if (n == 1) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT, "%s: line 1: one column \"%.100s\" expected, found %zu",
                     t->input.name, name, n);
}

/* Determine the role of each field. */
static gan_status set_roles(table *t, const gan_csv_desc *d)
{
    gan_status status = GAN_OK;
    size_t field = 0;

    GAN_TRY(gan__alloc(&t->roles, &t->allocator, t->n_fields, sizeof *t->roles));
    for (size_t i = 0; i < t->n_fields; i++) t->roles[i] = NO_COLUMN;
    for (size_t c = 0; c < d->n_columns; c++) {
        GAN_TRY(find_field(t, d->columns[c], &field));
        if (t->roles[field] != NO_COLUMN)
            GAN_FAIL(GAN_ERR_INVALID, "dataset: column \"%.100s\" is requested twice",
                     d->columns[c]);
        t->roles[field] = c;
    }
    t->n_columns = d->n_columns;
    if (d->label_column) {
        GAN_TRY(find_field(t, d->label_column, &field));
        if (t->roles[field] != NO_COLUMN)
            GAN_FAIL(GAN_ERR_INVALID, "dataset: column \"%.100s\" cannot be a number and the label",
                     d->label_column);
        t->roles[field] = LABEL;
    }
    for (size_t i = 0; i < t->n_fields && d->n_columns == 0; i++)
        if (t->roles[i] == NO_COLUMN) t->roles[i] = t->n_columns++;
    if (t->n_columns == 0)
        status = gan__fail(GAN_ERR_FORMAT, "%s: line 1: at least one column of numbers expected",
                           t->input.name);

cleanup:
    return status;
}

/* ---- Rows ---- */

static void trim(table *t)
{
    size_t first = 0;

    while (t->length > 0 && strchr(" \t", t->field[t->length - 1])) t->length--;
    while (first < t->length && strchr(" \t", t->field[first])) first++;
    t->length -= first;
    memmove(t->field, t->field + first, t->length);
    t->field[t->length] = '\0';
}

static gan_status read_number(table *t, size_t field, size_t line, float *out)
{
    double value;

    if (!gan__number_parse(&value, t->field, t->length))
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: line %zu: column \"%.100s\": a number expected, found %s%.40s%s",
                         t->input.name, line, name_of(t, field), t->length ? "\"" : "nothing",
                         t->field, t->length ? "\"" : "");
    *out = (float)value;
    if (isfinite(*out)) return GAN_OK;
    return gan__fail(GAN_ERR_NONFINITE,
                     "%s: line %zu: column \"%.100s\": %.40s is beyond the largest float",
                     t->input.name, line, name_of(t, field), t->field);
}

static gan_status read_label(table *t, size_t field, size_t line)
{
    char *to;
    gan_status status;

    if (t->length == 0 || t->length >= NAME_BYTES || strlen(t->field) < t->length)
        return gan__fail(
            GAN_ERR_FORMAT,
            "%s: line %zu: column \"%.100s\": a class of 1 to %d bytes expected, found "
            "%zu",
            t->input.name, line, name_of(t, field), NAME_BYTES - 1, t->length);
    status = extend(&t->labels, t->length + 1, &to, &t->allocator);
    if (status == GAN_OK) memcpy(to, t->field, t->length + 1);
    return status;
}

/* Store a field according to its role. */
static gan_status take_field(table *t, size_t field, size_t line, float *row)
{
    const size_t role = t->roles[field];

    if (role == NO_COLUMN) return GAN_OK;
    trim(t);
    return role == LABEL ? read_label(t, field, line) : read_number(t, field, line, &row[role]);
}

static gan_status fail_width(const table *t, size_t line, size_t found)
{
    return gan__fail(GAN_ERR_FORMAT, "%s: line %zu: %zu fields expected, found %s%zu",
                     t->input.name, line, t->n_fields, found > t->n_fields ? "more than " : "",
                     found > t->n_fields ? t->n_fields : found);
}

/* Reserve memory for a row's numbers. */
static gan_status take_row(table *t, size_t *at)
{
    const size_t n = t->n_columns * sizeof(float);
    gan_status status = GAN_OK;

    if (n > t->most || t->numbers.used > t->most - n)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: line %zu: numbers of more than %zu bytes; raise max_bytes or lower "
                         "max_count of gan_csv_desc",
                         t->input.name, t->line, t->most);
    while (t->numbers.room - t->numbers.used < n && status == GAN_OK)
        status = gan__alloc_grow(&t->numbers.bytes, &t->numbers.room, t->numbers.used, FIRST_ROOM,
                                 SIZE_MAX, &t->allocator);
    *at = t->numbers.used / sizeof(float);
    if (status == GAN_OK) t->numbers.used += n;
    return status;
}

/* Read a row; `*is_last` when nothing comes after it. */
static gan_status read_row(table *t, int *is_last)
{
    const size_t line = t->line;
    field_end end = BEFORE_ANOTHER;
    size_t at = 0;
    gan_status status = GAN_OK;

    for (size_t field = 0; end == BEFORE_ANOTHER; field++) {
        GAN_TRY(read_field(t, &end));
        *is_last = end == BEFORE_NOTHING;
        if (field == 0 && end != BEFORE_ANOTHER && t->length == 0 && !t->is_quoted) return GAN_OK;
        if (field == t->n_fields || (end != BEFORE_ANOTHER && field + 1 < t->n_fields))
            return fail_width(t, line, field + 1);
        if (field == 0) GAN_TRY(take_row(t, &at));
        GAN_TRY(take_field(t, field, line, (float *)t->numbers.bytes + at));
    }
    t->n_rows++;

cleanup:
    return status;
}

static gan_status read_rows(table *t, size_t max_count)
{
    int is_last = 0;

    while (!is_last && (max_count == 0 || t->n_rows < max_count)) {
        gan_status status = read_row(t, &is_last);

        if (status != GAN_OK) return status;
    }
    if (t->n_rows > 0) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT, "%s: at least 1 row of numbers expected, found 0",
                     t->input.name);
}

/* ---- Classes ---- */

/* Read all labels as whole numbers; 0 when one of them is not a whole number. */
static int number_labels(const table *t, uint16_t *labels)
{
    const char *text = t->labels.bytes;

    for (size_t i = 0; i < t->n_rows; i++, text += strlen(text) + 1) {
        uint64_t value;

        if (!gan__number_parse_whole(&value, text, strlen(text)) || value >= GAN__MOST_CLASSES)
            return 0;
        labels[i] = (uint16_t)value;
    }
    return 1;
}

/* Sort texts and keep one of each; returns how many. */
static size_t make_unique(const char **names, size_t n)
{
    size_t kept = 0;

    gan__sort(names, n, sizeof *names, gan__sort_by_name);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0) names[kept++] = names[i];
    return kept;
}

static size_t find_name(const char *const *names, size_t n, const char *name)
{
    size_t low = 0;

    for (size_t high = n; high - low > 1;) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(names[middle], name) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Number the different texts among the labels in the order of their bytes. */
static gan_status name_labels(const table *t, gan_dataset *data)
{
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    const char *text = t->labels.bytes;
    const char **names = NULL;
    gan_status status = GAN_OK;
    size_t n;

    GAN_TRY(gan__alloc(&names, &t->allocator, t->n_rows, sizeof *names));
    for (size_t i = 0; i < t->n_rows; i++, text += strlen(text) + 1) names[i] = text;
    n = make_unique(names, t->n_rows);
    if (n > GAN__MOST_CLASSES)
        GAN_FAIL(GAN_ERR_SHAPE, "%s: at most %d classes expected, found %zu", t->input.name,
                 GAN__MOST_CLASSES, n);
    text = t->labels.bytes;
    for (size_t i = 0; i < t->n_rows; i++, text += strlen(text) + 1)
        data->labels[i] = (uint16_t)find_name(names, n, text);
    desc.class_names = names;
    desc.n_class_names = n;
    GAN_TRY(gan__dataset_name_classes(data, &desc));

cleanup:
    gan__free(&t->allocator, names);
    return status;
}

/* ---- Opening ---- */

/* Move what was read into a dataset. */
static gan_status create(gan_dataset **out, table *t)
{
    gan_status status = gan__dataset_create_empty(out, &gan__dataset_floats_class, t->n_rows,
                                                  gan_shape_1d(t->n_columns), &t->allocator);
    gan_dataset *data = *out;

    if (status != GAN_OK) return status;
    data->floats = t->numbers.bytes;
    t->numbers.bytes = NULL;
    status = gan__alloc(&data->column_names, &t->allocator, t->n_columns, sizeof(char *));
    if (status != GAN_OK) return status;
    data->n_column_names = t->n_columns;
    for (size_t i = 0; i < t->n_fields; i++)
        if (t->roles[i] < LABEL) data->column_names[t->roles[i]] = name_of(t, i);
    data->column_text = t->names.bytes;
    t->names.bytes = NULL;
    if (!t->labels.bytes) return GAN_OK;
    status = gan__dataset_take_labels(data);
    if (status == GAN_OK && !number_labels(t, data->labels)) status = name_labels(t, data);
    if (status == GAN_OK) gan__dataset_measure_labels(data);
    return status;
}

static gan_status check_desc(const gan_csv_desc *d)
{
    if ((d->n_columns > 0) != (d->columns != NULL))
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: %zu columns, which %s NULL; 1 or more expected, or 0 and NULL",
                         d->n_columns, d->columns ? "are not" : "are");
    for (size_t c = 0; c < d->n_columns; c++)
        if (!d->columns[c])
            return gan__fail(GAN_ERR_INVALID, "dataset: the name of column %zu is NULL", c);
    if (d->delimiter && strchr("\"\r\n", d->delimiter))
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: delimiter is a quotation mark or the end of a line");
    return GAN_OK;
}

/* Skip a byte order mark. */
static gan_status skip_mark(table *t)
{
    char mark[3];

    if (gan__input_read(&t->input, mark, 3) == 3 && memcmp(mark, "\xef\xbb\xbf", 3) == 0)
        t->begin = 3;
    if (gan__input_seek(&t->input, t->begin)) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: cannot seek to the beginning", t->input.name);
}

/* Begin to read a file. */
static gan_status open_table(table **out, gan__source from, const gan_csv_desc *d,
                             const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    table *t;

    GAN_TRY(gan__alloc(out, allocator, 1, sizeof **out));
    t = *out;
    t->allocator = *allocator;
    t->delimiter = d->delimiter ? d->delimiter : ',';
    t->most = d->max_bytes ? d->max_bytes : MAX_BYTES;
    t->back = -1;
    t->line = 1;
    GAN_TRY(gan__input_open(&t->input, from, allocator));
    GAN_TRY(skip_mark(t));
    GAN_TRY(read_header(t, d->no_header));
    GAN_TRY(set_roles(t, d));
    GAN_TRY(read_rows(t, d->max_count));

cleanup:
    return status;
}

static gan_status open_csv(gan_dataset **out, gan__source from, const gan_csv_desc *desc)
{
    gan_status status = GAN_OK;
    gan_csv_desc d = {GAN_CSV_DESC_INIT};
    gan_allocator allocator;
    gan_dataset *data = NULL;
    table *t = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    GAN_TRY(gan__source_check(from, "dataset, table"));
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "gan_csv_desc"));
    GAN_TRY(check_desc(&d));
    GAN_TRY(gan__alloc_init(&allocator, d.allocator));
    GAN_TRY(open_table(&t, from, &d, &allocator));
    GAN_TRY(create(&data, t));
    *out = data;
    data = NULL;

cleanup:
    close_table(t);
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_open_csv(gan_dataset **out, const char *path, const gan_csv_desc *desc)
{
    return open_csv(out, (gan__source){.path = path}, desc);
}

gan_status gan_dataset_open_csv_from(gan_dataset **out, const gan_reader *from,
                                     const gan_csv_desc *desc)
{
    return open_csv(out, (gan__source){.reader = from}, desc);
}

GAN__DEFINE_INIT(gan_csv_desc_init, gan_csv_desc, GAN_CSV_DESC_INIT)
