/* test_tensor.c - shapes. */
#include "base/tensor_internal.h"
#include "expect.h"

#include <gan/tensor.h>
#include <stdint.h>
#include <string.h>

TEST(constructors_fill_rank_and_dimensions)
{
    gan_shape a = gan_shape_1d(7), b = gan_shape_2d(3, 5), c = gan_shape_3d(3, 64, 48);

    ck_assert(a.rank == 1 && a.dim[0] == 7);
    ck_assert(b.rank == 2 && b.dim[0] == 3 && b.dim[1] == 5);
    ck_assert(gan_shape_equal(gan_shape_4d(2, 3, 5, 7), (gan_shape){4, {2, 3, 5, 7}}));
    ck_assert(c.rank == 3 && c.dim[0] == 3 && c.dim[1] == 64 && c.dim[2] == 48);
}

TEST(size_is_the_product)
{
    gan_shape four = {4, {2, 3, 5, 7}};

    ck_assert_uint_eq(gan_shape_size(gan_shape_1d(7)), 7);
    ck_assert_uint_eq(gan_shape_size(gan_shape_2d(3, 5)), 15);
    ck_assert_uint_eq(gan_shape_size(gan_shape_3d(3, 64, 48)), 9216);
    ck_assert_uint_eq(gan_shape_size(four), 210);
}

TEST(shapes_that_are_none_have_no_size)
{
    gan_shape none = {0, {4, 4, 4, 4}}, five = {5, {1, 1, 1, 1}};

    ck_assert_uint_eq(gan_shape_size(none), 0);
    ck_assert_uint_eq(gan_shape_size(five), 0);
    ck_assert_uint_eq(gan_shape_size(gan_shape_1d(0)), 0);
    ck_assert_uint_eq(gan_shape_size(gan_shape_3d(3, 0, 4)), 0);
}

TEST(the_largest_size_is_two_to_the_31_less_one)
{
    gan_shape wrapped = {4, {(size_t)1 << 16, (size_t)1 << 16, (size_t)1 << 16, (size_t)1 << 16}};

    ck_assert_uint_eq(gan_shape_size(gan_shape_1d(INT32_MAX)), INT32_MAX);
    ck_assert_uint_eq(gan_shape_size(gan_shape_1d((size_t)INT32_MAX + 1)), 0);
    ck_assert_uint_eq(gan_shape_size(gan_shape_2d(65536, 32768)), 0);
    ck_assert_uint_eq(gan_shape_size(gan_shape_2d(65536, 32767)), 65536u * 32767u);
    ck_assert_uint_eq(gan_shape_size(gan_shape_1d(SIZE_MAX)), 0);
    ck_assert_uint_eq(gan_shape_size(wrapped), 0);
}

TEST(equality_looks_at_rank_and_the_dimensions_in_use)
{
    gan_shape a = gan_shape_2d(3, 5), b = gan_shape_2d(3, 5), five = {5, {1, 1, 1, 1}};

    ck_assert_int_eq(gan_shape_equal(a, b), 1);
    b.dim[3] = 9;
    ck_assert_int_eq(gan_shape_equal(a, b), 1);
    ck_assert_int_eq(gan_shape_equal(a, gan_shape_2d(5, 3)), 0);
    ck_assert_int_eq(gan_shape_equal(a, gan_shape_1d(15)), 0);
    ck_assert_int_eq(gan_shape_equal(gan_shape_3d(1, 3, 5), a), 0);
    ck_assert_int_eq(gan_shape_equal(five, five), 0);
}

static void expect_text(gan_shape shape, const char *expected)
{
    const gan__shape_text found = gan__shape_text_of(shape);

    ck_assert_str_eq(found.text, expected);
}

TEST(shapes_read_as_text)
{
    gan_shape none = {0, {0}}, largest = {4, {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX}};

    const gan__shape_text longest = gan__shape_text_of(largest);

    expect_text(gan_shape_1d(7), "[7]");
    expect_text(gan_shape_3d(3, 64, 48), "[3, 64, 48]");
    expect_text(none, "[]");
    ck_assert_pstr_eq(strrchr(longest.text, ']'), "]");
}
