/* test_json.c - JSON texts: valid and invalid ones, and the allocations of reading. */
#include "base/alloc_internal.h"
#include "budget.h"
#include "expect.h"
#include "file/json_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gan_allocator memory;

static void begin(void)
{
    expect_ok(gan__alloc_init(&memory, NULL));
}

TEST_FIXTURE(begin, NULL)

static const gan__json *parsed(const char *text)
{
    const gan__json *root = NULL;

    expect_ok(gan__json_parse(&root, text, strlen(text), &memory));
    return root;
}

static void end(const gan__json *root)
{
    gan__json_free(root, &memory);
}

TEST(values_are_found)
{
    const gan__json *root =
        parsed(" { \"a\" : [1, -2.5e1, true, null, \"x\", [], {}, false] ,\t\"b\":{\"c\":7}}\r\n");
    const gan__json *list = gan__json_find(root, "a");
    uint64_t whole = 77;
    double number = 0;

    ck_assert(gan__json_is(root, GAN__JSON_OBJECT) && gan__json_count(root) == 2);
    ck_assert(gan__json_is(list, GAN__JSON_LIST) && gan__json_count(list) == 8);
    ck_assert(gan__json_whole(&whole, gan__json_at(list, 0)) && whole == 1);
    ck_assert(gan__json_number(&number, gan__json_at(list, 1)) && number == -25);
    ck_assert(!gan__json_whole(&whole, gan__json_at(list, 1)) && whole == 1);
    ck_assert(gan__json_is(gan__json_at(list, 2), GAN__JSON_BOOL));
    ck_assert(gan__json_is(gan__json_at(list, 3), GAN__JSON_NULL));
    ck_assert_str_eq(gan__json_string(gan__json_at(list, 4)), "x");
    ck_assert_ptr_null(gan__json_first(gan__json_at(list, 5)));
    ck_assert(gan__json_is(gan__json_at(list, 6), GAN__JSON_OBJECT));
    ck_assert(gan__json_is(gan__json_at(list, 7), GAN__JSON_BOOL));
    ck_assert_ptr_null(gan__json_at(list, 8));
    ck_assert(gan__json_whole(&whole, gan__json_find(gan__json_find(root, "b"), "c")) &&
              whole == 7);
    ck_assert_ptr_null(gan__json_find(root, "c"));
    end(root);
}

TEST(what_is_not_there_is_nothing)
{
    const gan__json *root = parsed("\"text\"");
    double number = 3;

    ck_assert_ptr_null(gan__json_first(root));
    ck_assert_ptr_null(gan__json_at(NULL, 0));
    ck_assert_ptr_null(gan__json_find(root, "a"));
    ck_assert_ptr_null(gan__json_find(NULL, "a"));
    ck_assert_ptr_null(gan__json_string(NULL));
    ck_assert_uint_eq(gan__json_count(root), 0);
    ck_assert(!gan__json_number(&number, root) && !gan__json_number(&number, NULL) && number == 3);
    end(root);
    end(NULL);
}

TEST(shapes_are_lists_of_whole_numbers)
{
    static const struct {
        const char *text;
        gan_shape shape;
    } cases[] = {{"[1, 28, 29]", {3, {1, 28, 29, 0}}},
                 {"[0]", {1, {0, 0, 0, 0}}},
                 {"[1,2,3,4]", {4, {1, 2, 3, 4}}},
                 {"[1,2,3,4,5]", {0, {0, 0, 0, 0}}},
                 {"[1.5]", {0, {0, 0, 0, 0}}},
                 {"[3,-1]", {0, {0, 0, 0, 0}}},
                 {"[]", {0, {0, 0, 0, 0}}},
                 {"{\"a\":1}", {0, {0, 0, 0, 0}}}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gan__json *root = parsed(cases[i].text);
        const gan_shape found = gan__json_shape(root);

        ck_assert_uint_eq(found.rank, cases[i].shape.rank);
        ck_assert(gan_shape_equal(found, cases[i].shape));
        end(root);
    }
}

TEST(strings_are_decoded)
{
    static const char *const cases[][2] = {
        {"\"\"", ""},
        {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00z\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"},
        {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"",
         "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f"},
        {"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gan__json *root = parsed(cases[i][0]);

        ck_assert_str_eq(gan__json_string(root), cases[i][1]);
        end(root);
    }
}

TEST(what_is_no_json_is_refused)
{
    static const char *const cases[][2] = {
        {"", "byte 0 of it: a value expected, it ends"},
        {"  ", "it ends"},
        {"[1,]", "byte 3 of it: a value expected, found ']'"},
        {"[,1]", "a value expected"},
        {"[1 2]", "byte 3 of it: a comma or ] expected, found '2'"},
        {"[1}", "a comma or ] expected, found '}'"},
        {"{\"a\":1]", "a comma or } expected"},
        {"{\"a\" 1}", "a colon expected"},
        {"{a:1}", "a name in quotation marks expected, found 'a'"},
        {"{\"a\":1,}", "a name in quotation marks expected, found '}'"},
        {"{1:1}", "a name in quotation marks"},
        {"[1", "a comma or ] expected, it ends"},
        {"[", "a value expected, it ends"},
        {"1 2", "the end expected"},
        {"]", "a value expected"},
        {"01", "the end expected"},
        {"+1", "a value expected"},
        {".5", "a value expected"},
        {"1.", "a value expected"},
        {"-", "a value expected"},
        {"1e", "a value expected"},
        {"1e+", "a value expected"},
        {"nul", "a value expected"},
        {"truee", "the end expected"},
        {"NaN", "a value expected"},
        {"'a'", "a value expected"},
        {"\"a", "a character of a string or its end expected, it ends"},
        {"\"a\n\"", "found 0x0a"},
        {"\"\\x\"", "one of \"\\/bfnrtu expected behind \\, found 'x'"},
        {"\"\\", "it ends"},
        {"\"\\u12\"", "four hexadecimal digits"},
        {"\"\\u\"", "four hexadecimal digits"},
        {"\"\\u0000\"", "not \\u0000"},
        {"\"\\ud800\"", "the second half of a pair"},
        {"\"\\ud800\\u0041\"", "the second half of a pair"},
        {"\"\\ud800\\ud800\"", "the second half of a pair"},
        {"\"\\udc00\"", "or the second half of a pair"},
        {"\"\xff\"", "a character of UTF-8 expected, found 0xff"},
        {"\"\xc0\x80\"", "UTF-8"},
        {"\"\xc3\"", "UTF-8"},
        {"\"\xe0\x80\x80\"", "UTF-8"},
        {"\"\xed\xa0\x80\"", "UTF-8"},
        {"\"\xf0\x80\x80\x80\"", "UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "UTF-8"},
        {"\"\xf5\x80\x80\x80\"", "UTF-8"},
        {"\"\xf0\x9f\x98", "UTF-8"},
        {"\xef\xbb\xbf{}", "a value expected, found 0xef"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "the name \"a\" is there twice"},
        {"[{\"x\":{\"\":1,\"\":2}}]", "the name \"\" is there twice"},
        {"{\"a\":1,\"\\u0061\":2}", "the name \"a\" is there twice"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gan__json *root = (const gan__json *)cases;

        expect_fails(gan__json_parse(&root, cases[i][0], strlen(cases[i][0]), &memory),
                     GAN_ERR_FORMAT, cases[i][1]);
        ck_assert_ptr_null(root);
    }
    {
        const gan__json *root;

        expect_fails(gan__json_parse(&root, "\"a\0b\"", 5, &memory), GAN_ERR_FORMAT, "found 0x00");
        expect_fails(gan__json_parse(&root, "1\0", 2, &memory), GAN_ERR_FORMAT, "found 0x00");
    }
}

/* Every proper prefix of a text is refused, and nothing past its end is read. */
TEST(beginnings_are_refused)
{
    static const char text[] =
        "{\"a\":[1.5e-3,\"\\ud83d\\ude00\\n\xe2\x82\xac\",true,{\"b\":null}]}";

    for (size_t n = 0; n < strlen(text); n++) {
        char *copy = malloc(n > 0 ? n : 1);
        const gan__json *root;

        memcpy(copy, text, n);
        expect_status(gan__json_parse(&root, copy, n, &memory), GAN_ERR_FORMAT);
        free(copy);
    }
    end(parsed(text));
}

/* Neither recursion nor quadratic time. */
TEST(large_texts_are_read)
{
    enum { N = 200000 };
    gan__text text = {.allocator = &memory};
    const gan__json *root;

    for (size_t i = 0; i < N; i++) gan__text_put_bytes(&text, "[", 1);
    for (size_t i = 0; i < N; i++) gan__text_put_bytes(&text, "]", 1);
    expect_ok(text.status);
    root = parsed(text.bytes);
    end(root);
    gan__text_end(&text);
    for (size_t i = 0; i < N; i++) gan__text_put(&text, "%s\"%zu\":%zu", i ? "," : "{", i, i);
    gan__text_put(&text, "}");
    root = parsed(text.bytes);
    ck_assert_uint_eq(gan__json_count(root), N);
    end(root);
    gan__text_end(&text);
}

static gan_status parse_with(void **out, const gan_allocator *allocator, void *text)
{
    const gan__json *root;
    const gan_status status = gan__json_parse(&root, text, strlen(text), allocator);

    if (root) gan__json_free(root, allocator);
    *out = status == GAN_OK ? text : NULL;
    return status;
}

static void end_nothing(void *made)
{
    (void)made;
}

TEST(two_blocks_are_taken)
{
    char object[] = "{\"a\":[1,2,3],\"b\":{\"c\":\"d\"}}", empty[] = "[]";

    ck_assert_uint_eq(budget_sweep(parse_with, end_nothing, object), 2);
    ck_assert_uint_eq(budget_sweep(parse_with, end_nothing, empty), 2);
}

TEST(what_is_written_is_read)
{
    static const char wild[] = "\x01\x1f\"\\/\b\f\n\r\t\x7f\xc3\xa9 a";
    static const struct {
        double number;
        const char *text;
    } numbers[] = {{0, "0"},
                   {-3, "-3"},
                   {1 << 30, "1073741824"},
                   {0.5, "0.5"},
                   {0.1f, "0.10000000149011612"},
                   {1e-5, "1.0000000000000001e-5"},
                   {1e-12, "9.9999999999999998e-13"},
                   {1e300, "1.0000000000000001e300"}};
    gan__text text = {.allocator = &memory};
    const gan__json *root;

    gan__json_put_string(&text, wild);
    root = parsed(text.bytes);
    ck_assert_str_eq(gan__json_string(root), wild);
    end(root);
    gan__text_end(&text);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double x = 7;

        gan__json_put_number(&text, numbers[i].number);
        ck_assert_str_eq(text.bytes, numbers[i].text);
        root = parsed(text.bytes);
        ck_assert(gan__json_number(&x, root));
        expect_same_bits(&x, &numbers[i].number, sizeof x);
        end(root);
        gan__text_end(&text);
    }
}

TEST(utf8_is_told_from_other_bytes)
{
    ck_assert(gan__json_is_utf8(""));
    ck_assert(gan__json_is_utf8("gr\xc3\xbc\xc3\x9f"));
    ck_assert(!gan__json_is_utf8("gr\xfc\xdf"));
    ck_assert(!gan__json_is_utf8("\xc3"));
}
