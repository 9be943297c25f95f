/* test_dataset_csv.c - tables of numbers with named columns. */
#include "budget.h"
#include "expect.h"
#include "failing.h"

#include <gan/dataset.h>
#include <gan/scaler.h>
#include <stdio.h>
#include <string.h>

static gan_status try_text(gan_dataset **out, const char *text, const gan_csv_desc *desc)
{
    const gan_reader from = gan_reader_memory(text, strlen(text));

    return gan_dataset_open_csv_from(out, &from, desc);
}

static gan_dataset *open_text(const char *text, const gan_csv_desc *desc)
{
    gan_dataset *data;

    expect_ok(try_text(&data, text, desc));
    return data;
}

static void expect_row(const gan_dataset *data, size_t index, const float *wanted)
{
    const size_t n = gan_shape_size(gan_dataset_shape(data));
    float out[8];

    expect_ok(gan_dataset_read(data, index, out, NULL));
    expect_same_bits(out, wanted, n * sizeof *out);
}

static void expect_columns(const gan_dataset *data, const char *const *names, size_t n)
{
    ck_assert_uint_eq(gan_dataset_column_count(data), n);
    for (size_t i = 0; i < n; i++) ck_assert_str_eq(gan_dataset_column_name(data, i), names[i]);
    ck_assert_ptr_null(gan_dataset_column_name(data, n));
}

/* ---- What is read ---- */

TEST(rows_are_samples_and_columns_have_names)
{
    gan_dataset *data = open_text("a,b,c\n1,2,3\n4,5.5,-6e2\n", NULL);

    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_1d(3)));
    ck_assert_uint_eq(gan_dataset_count(data), 2);
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    expect_columns(data, (const char *[]){"a", "b", "c"}, 3);
    expect_row(data, 0, (const float[]){1, 2, 3});
    expect_row(data, 1, (const float[]){4, 5.5f, -600});
    gan_dataset_destroy(data);
}

TEST(columns_can_be_chosen_and_one_be_the_label)
{
    const char *const columns[] = {"income", "age"};
    const char text[] = "age,name,income,kind\n31,x,2000,dog\n40,y,1.5,cat\n7,z,0,dog\n";
    gan_csv_desc desc = {GAN_CSV_DESC_INIT, .columns = columns, .n_columns = 2,
                         .label_column = "kind"};
    gan_dataset *data = open_text(text, &desc), *part, *scaled;
    const uint8_t labels[] = {1, 0, 1};
    gan_scaler *scaler;

    expect_columns(data, columns, 2);
    expect_row(data, 1, (const float[]){1.5f, 40});
    ck_assert_uint_eq(gan_dataset_class_count(data), 2);
    ck_assert_str_eq(gan_dataset_class_name(data, 0), "cat");
    ck_assert_str_eq(gan_dataset_class_name(data, 1), "dog");
    for (size_t i = 0; i < 3; i++) {
        uint8_t label;

        expect_ok(gan_dataset_read(data, i, NULL, &label));
        ck_assert_uint_eq(label, labels[i]);
    }
    expect_ok(gan_dataset_create_range(&part, data, 1, 2, NULL));
    expect_ok(gan_scaler_fit(&scaler, data, NULL));
    expect_ok(gan_dataset_create_scaled(&scaled, part, scaler, NULL));
    gan_dataset_destroy(data);
    expect_columns(part, columns, 2);
    expect_columns(scaled, columns, 2);
    ck_assert_ptr_null(gan_dataset_file_name(scaled, 0));
    gan_dataset_destroy(part);
    gan_dataset_destroy(scaled);
    gan_scaler_destroy(scaler);
    desc.max_count = 2;
    data = open_text(text, &desc);
    ck_assert_uint_eq(gan_dataset_count(data), 2);
    gan_dataset_destroy(data);
}

TEST(labels_that_are_whole_numbers_stay_these)
{
    const gan_csv_desc desc = {GAN_CSV_DESC_INIT, .label_column = "y"};
    gan_dataset *data = open_text("x,y\n1,7\n2, 300 \n", &desc);
    uint16_t label;

    ck_assert_uint_eq(gan_dataset_class_count(data), 0);
    ck_assert_int_eq(gan_dataset_label_bits(data), 16);
    expect_ok(gan_dataset_read_labels16(data, 1, NULL, &label));
    ck_assert_uint_eq(label, 300);
    gan_dataset_destroy(data);
}

TEST(files_may_be_written_in_different_ways)
{
    const gan_csv_desc none = {GAN_CSV_DESC_INIT}, header = {GAN_CSV_DESC_INIT, .no_header = 1},
                       tab = {GAN_CSV_DESC_INIT, .delimiter = '\t'};
    const struct {
        const char *text;
        const gan_csv_desc *desc;
        const char *names[2];
    } cases[] = {
        {"a,b\n1,2\n3,4\n", &none, {"a", "b"}},
        {"a,b\n1,2\n3,4", &none, {"a", "b"}},
        {"a,b\r\n1,2\r\n3,4\r\n", &none, {"a", "b"}},
        {"a,b\r1,2\r3,4\r", &none, {"a", "b"}},
        {"\xef\xbb\xbf\"a\",b\n\n1,2\n\n3,4\n\n\n", &none, {"a", "b"}},
        {"\"a \"\"q\"\"\",\"b,\nc\"\n\"1\",\" 2\"\n 3 ,\"4\"\n", &none, {"a \"q\"", "b,\nc"}},
        {"a\tb\n1\t2\n3\t4\n", &tab, {"a", "b"}},
        {"1,2\n3,4\n", &header, {"0", "1"}},
        {"\xef\xbb\xbf"
         "1,2\n3,4\n",
         &header,
         {"0", "1"}}};

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        gan_dataset *data = open_text(cases[c].text, cases[c].desc);

        ck_assert_uint_eq(gan_dataset_count(data), 2);
        expect_columns(data, cases[c].names, 2);
        expect_row(data, 0, (const float[]){1, 2});
        expect_row(data, 1, (const float[]){3, 4});
        gan_dataset_destroy(data);
    }
}

TEST(a_table_is_read_from_a_file)
{
    const char *path = scratch_path("a.csv");
    gan_dataset *data;

    scratch_write(path, "a\n5\n", 4);
    expect_ok(gan_dataset_open_csv(&data, path, NULL));
    expect_row(data, 0, (const float[]){5});
    gan_dataset_destroy(data);
    expect_fails(gan_dataset_open_csv(&data, scratch_path("nowhere"), NULL), GAN_ERR_IO,
                 "nowhere: cannot be opened");
    expect_fails(gan_dataset_open_csv(&data, scratch_directory(), NULL), GAN_ERR_IO, "directory");
    ck_assert_ptr_null(data);
}

/* ---- What is refused ---- */

TEST(bad_tables_are_refused_with_line_and_column)
{
    const gan_csv_desc none = {GAN_CSV_DESC_INIT},
                       labels = {GAN_CSV_DESC_INIT, .label_column = "b"},
                       few = {GAN_CSV_DESC_INIT, .max_bytes = 7};
    static char long_field[6000], long_name[400];
    const struct {
        const char *text;
        const gan_csv_desc *desc;
        gan_status status;
        const char *message;
    } cases[] = {
        {"", &none, GAN_ERR_FORMAT, "at least 1 row of numbers expected, found 0"},
        {"a,b\n", &none, GAN_ERR_FORMAT, "at least 1 row of numbers expected, found 0"},
        {"a,b\n1,\n", &none, GAN_ERR_FORMAT,
         "line 2: column \"b\": a number expected, found nothing"},
        {"a,b\n1,2\n3,two\n", &none, GAN_ERR_FORMAT,
         "line 3: column \"b\": a number expected, found \"two\""},
        {"a,b\n1,nan\n", &none, GAN_ERR_FORMAT, "a number expected, found \"nan\""},
        {"a,b\n1,2\n3\n", &none, GAN_ERR_FORMAT, "line 3: 2 fields expected, found 1"},
        {"a,b\n1,2,3\n", &none, GAN_ERR_FORMAT, "line 2: 2 fields expected, found more than 2"},
        {"a\n1e39\n", &none, GAN_ERR_NONFINITE, "line 2: column \"a\": 1e39 is beyond"},
        {"a,b\n1,\"2\n3,4\n", &none, GAN_ERR_FORMAT,
         "the file ends within quotation marks, which began in line 2"},
        {"a,b\n1,\"2\"x\n", &none, GAN_ERR_FORMAT, "after its quotation mark, found \"x\""},
        {"a,c\n1,2\n", &labels, GAN_ERR_FORMAT, "one column \"b\" expected, found 0"},
        {"a,b,b\n1,2,3\n", &labels, GAN_ERR_FORMAT, "one column \"b\" expected, found 2"},
        {"b\n1\n", &labels, GAN_ERR_FORMAT, "at least one column of numbers expected"},
        {"a,b\n1,\n", &labels, GAN_ERR_FORMAT, "a class of 1 to 255 bytes expected, found 0"},
        {"a,b\n1,2\n", &few, GAN_ERR_FORMAT, "numbers of more than 7 bytes; raise max_bytes"},
        {long_field, &none, GAN_ERR_FORMAT, "line 2: a field of at most 4095 bytes expected"},
        {long_name, &none, GAN_ERR_FORMAT, "a column's name of at most 255 bytes expected"},
    };

    memset(long_field, '1', sizeof long_field - 1);
    memcpy(long_field, "a\n", 2);
    memset(long_name, 'a', sizeof long_name - 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        gan_dataset *data = (gan_dataset *)&data;

        expect_fails(try_text(&data, cases[c].text, cases[c].desc), cases[c].status,
                     cases[c].message);
        ck_assert_ptr_null(data);
    }
}

TEST(wrong_settings_are_refused_and_named)
{
    const char *const columns[] = {"a", "a"}, *const nothing[] = {NULL};
    const gan_csv_desc good = {GAN_CSV_DESC_INIT};
    gan_csv_desc desc;
    gan_dataset *data;

#define REFUSED(part, setting)                                                                     \
    do {                                                                                           \
        desc = good;                                                                               \
        setting;                                                                                   \
        expect_fails(try_text(&data, "a,b\n1,2\n", &desc), GAN_ERR_INVALID, part);                 \
        ck_assert_ptr_null(data);                                                                  \
    } while (0)
    REFUSED("column \"a\" is requested twice", (desc.columns = columns, desc.n_columns = 2));
    REFUSED("column \"a\" cannot be a number and the label",
            (desc.columns = columns, desc.n_columns = 1, desc.label_column = "a"));
    REFUSED("0 columns, which are not NULL", desc.columns = columns);
    REFUSED("2 columns, which are NULL", desc.n_columns = 2);
    REFUSED("the name of column 0 is NULL", (desc.columns = nothing, desc.n_columns = 1));
    REFUSED("delimiter is a quotation mark", desc.delimiter = '"');
    REFUSED("struct_size is 8", desc.struct_size = 8);
#undef REFUSED
    expect_fails(gan_dataset_open_csv(NULL, "a", NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_dataset_open_csv(&data, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_dataset_open_csv_from(&data, NULL, NULL), GAN_ERR_INVALID, "NULL");
    ck_assert_uint_eq(gan_dataset_column_count(NULL), 0);
    ck_assert_ptr_null(gan_dataset_column_name(NULL, 0));
}

/* ---- Truncated files, and memory ---- */

static const char table[] = "age,name,kind\n31,2000,dog\n40,\"1.5\",cat\n7,0,a longer name\n";

TEST(a_table_that_is_cut_is_an_error_or_a_shorter_table)
{
    const gan_csv_desc desc = {GAN_CSV_DESC_INIT, .label_column = "kind"};

    for (size_t cut = 0; cut < sizeof table; cut++) {
        const gan_reader from = gan_reader_memory(table, cut);
        failing_stream stream;
        const gan_reader failing =
            failing_reader(&stream, (const unsigned char *)table, sizeof table - 1, cut);
        gan_dataset *data;
        const gan_status status = gan_dataset_open_csv_from(&data, &from, &desc);

        ck_assert(status == GAN_OK || status == GAN_ERR_FORMAT);
        ck_assert_int_eq(status == GAN_OK, data != NULL);
        gan_dataset_destroy(data);
        if (cut < sizeof table - 1)
            expect_status(gan_dataset_open_csv_from(&data, &failing, &desc), GAN_ERR_IO);
    }
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    gan_csv_desc desc = {GAN_CSV_DESC_INIT, .label_column = "kind", .allocator = allocator};
    gan_dataset *data;
    gan_status status = try_text(&data, user, &desc);

    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(opening_survives_each_lack_of_memory)
{
    char text[sizeof table];

    memcpy(text, table, sizeof table);
    budget_sweep(attempt, destroy, text);
}
