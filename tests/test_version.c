/* test_version.c - the library at run time is the one that was compiled against. */
#include "expect.h"

#include <gan/version.h>
#include <stdio.h>
#include <string.h>

TEST(macros_and_functions_agree)
{
    char text[32];

    snprintf(text, sizeof text, "%d.%d.%d", GAN_VERSION_MAJOR, GAN_VERSION_MINOR,
             GAN_VERSION_PATCH);
    ck_assert_str_eq(gan_version_string(), text);
    ck_assert_int_eq(gan_version_number(), GAN_VERSION_NUMBER);
    ck_assert_int_eq(GAN_VERSION_NUMBER,
                     GAN_VERSION_MAJOR * 10000 + GAN_VERSION_MINOR * 100 + GAN_VERSION_PATCH);
}

TEST(the_number_grows_with_each_release)
{
    ck_assert_int_ge(GAN_VERSION_NUMBER, 100);
    ck_assert_int_lt(GAN_VERSION_MINOR, 100);
    ck_assert_int_lt(GAN_VERSION_PATCH, 100);
}

TEST(the_blas_has_a_name)
{
    const char *name = gan_blas_name();

    ck_assert_ptr_nonnull(name);
    ck_assert_uint_gt(strlen(name), 0);
    ck_assert_msg(strpbrk(name, " \"\n") == NULL, "\"%s\" is not a pkg-config module", name);
}
