/* desc.c - bounded copies between structs of different releases, and ranges of settings. */
#include "base/desc_internal.h"
#include "base/status_internal.h"

#include <string.h>

static size_t struct_size_of(const void *record)
{
    size_t size;

    memcpy(&size, record, sizeof size);
    return size;
}

static int all_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i]) return 0;
    return 1;
}

gan_status gan__desc_read(void *out, size_t size, size_t first_size, const void *desc,
                          const char *name)
{
    size_t given;

    if (!desc) return GAN_OK;
    given = struct_size_of(desc);
    if (given < first_size)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: struct_size is %zu, needs at least %zu; start from its _INIT macro",
                         name, given, first_size);
    if (given > size && !all_zero((const unsigned char *)desc + size, given - size))
        return gan__fail(GAN_ERR_INVALID,
                         "%s: sets fields beyond the %zu bytes that this release knows", name,
                         size);
    memcpy(out, desc, given < size ? given : size);
    memcpy(out, &size, sizeof size);
    return GAN_OK;
}

gan_status gan__record_check(const void *record, const char *name)
{
    if (!record || struct_size_of(record) > sizeof(size_t)) return GAN_OK;
    return gan__fail(
        GAN_ERR_INVALID,
        "%s: struct_size is %zu, which leaves no room for a figure; start from its _INIT "
        "macro",
        name, struct_size_of(record));
}

void gan__record_write(void *record, const void *from, size_t size)
{
    size_t n;

    if (!record) return;
    n = struct_size_of(record) < size ? struct_size_of(record) : size;
    memcpy((char *)record + sizeof(size_t), (const char *)from + sizeof(size_t),
           n - sizeof(size_t));
}

void gan__desc_init(void *desc, size_t struct_size, const void *defaults, size_t size)
{
    if (!desc || struct_size < sizeof struct_size) return;
    memset(desc, 0, struct_size);
    memcpy(desc, defaults, struct_size < size ? struct_size : size);
    memcpy(desc, &struct_size, sizeof struct_size);
}

gan_status gan__desc_check_range(const char *whose, const char *name, double value, double least,
                                 double most)
{
    if (value >= least && value <= most) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID, "%s: %s of %g to %g expected, got %g", whose, name, least,
                     most, value);
}
