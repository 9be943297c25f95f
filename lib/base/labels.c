/* labels.c - the classes of samples: labels, and names. */
#include "base/labels_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <string.h>

gan_status gan__labels_check(const uint8_t *labels, size_t n, size_t n_classes, const char *who)
{
    for (size_t i = 0; i < n; i++)
        if (labels[i] >= n_classes)
            return gan__fail(GAN_ERR_INVALID, "%s: label %zu of %zu is %d, there are %zu classes",
                             who, i, n, labels[i], n_classes);
    return GAN_OK;
}

static gan_status check_name(const char *const *names, size_t i, const char *who)
{
    const size_t length = names[i] ? strlen(names[i]) : 0;

    if (length == 0 || length >= GAN__CLASS_NAME_BYTES)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: the name of class %zu has %zu bytes, 1 to %d expected", who, i,
                         length, GAN__CLASS_NAME_BYTES - 1);
    for (size_t j = 0; j < i; j++)
        if (strcmp(names[i], names[j]) == 0)
            return gan__fail(GAN_ERR_INVALID, "%s: classes %zu and %zu are both called %s", who, j,
                             i, names[i]);
    return GAN_OK;
}

gan_status gan__labels_copy_names(char **out, const gan_allocator *allocator,
                                  const char *const *names, size_t n, const char *who)
{
    gan_status status = GAN_OK;

    *out = NULL;
    if (n == 0) return GAN_OK;
    for (size_t i = 0; i < n; i++) GAN_TRY(check_name(names, i, who));
    GAN_TRY(gan__alloc(out, allocator, n, GAN__CLASS_NAME_BYTES));
    for (size_t i = 0; i < n; i++) strcpy(*out + i * GAN__CLASS_NAME_BYTES, names[i]);

cleanup:
    return status;
}
