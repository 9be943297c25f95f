/* version.c - the version that was compiled in. */
#include "base/arithmetic_internal.h"
#include "base/build_internal.h"

#include <gan/version.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

int gan_version_number(void)
{
    return GAN_VERSION_NUMBER;
}

const char *gan_version_string(void)
{
    return TEXT(GAN_VERSION_MAJOR) "." TEXT(GAN_VERSION_MINOR) "." TEXT(GAN_VERSION_PATCH);
}

const char *gan_blas_name(void)
{
    return GAN__BLAS_NAME;
}
