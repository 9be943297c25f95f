/* labels.c - the classes of samples: labels, and names. */
#include "base/labels_internal.h"

#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"

#include <string.h>

void gan__labels_copy(uint16_t *to, gan__label_list labels, size_t n)
{
    if (!gan__labels_given(labels)) return;
    for (size_t i = 0; i < n; i++) to[i] = (uint16_t)gan__label_at(labels, i);
}

gan_status gan__labels_check(gan__label_list labels, size_t n, size_t n_classes, const char *who)
{
    if (!gan__labels_given(labels)) return GAN_OK;
    for (size_t i = 0; i < n; i++)
        if (gan__label_at(labels, i) >= n_classes)
            return gan__fail(GAN_ERR_INVALID, "%s: label %zu of %zu is %zu, there are %zu classes",
                             who, i, n, gan__label_at(labels, i), n_classes);
    return GAN_OK;
}

static gan_status check_name(const char *const *names, size_t i, const char *who)
{
    const size_t length = names[i] ? strlen(names[i]) : 0;

    if (length == 0 || length >= GAN__CLASS_NAME_BYTES)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: the name of class %zu has %zu bytes, 1 to %d expected", who, i,
                         length, GAN__CLASS_NAME_BYTES - 1);
    return GAN_OK;
}

/* Ordered by name, then by class. */
static int compare_names(const void *a, const void *b)
{
    const char *const *const *x = a, *const *const *y = b;
    const int order = strcmp(**x, **y);

    return order ? order : (*x > *y) - (*x < *y);
}

/* Find two classes with the same name: once sorted, they are adjacent. */
static gan_status check_different(const char *const *names, size_t n, const char *who,
                                  const gan_allocator *allocator)
{
    const char *const **sorted;
    gan_status status = gan__alloc(&sorted, allocator, n, sizeof *sorted);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < n; i++) sorted[i] = names + i;
    gan__sort(sorted, n, sizeof *sorted, compare_names);
    for (size_t i = 1; i < n && status == GAN_OK; i++)
        if (strcmp(*sorted[i - 1], *sorted[i]) == 0)
            status =
                gan__fail(GAN_ERR_INVALID, "%s: classes %zu and %zu are both called %s", who,
                          (size_t)(sorted[i - 1] - names), (size_t)(sorted[i] - names), *sorted[i]);
    gan__free(allocator, sorted);
    return status;
}

gan_status gan__labels_copy_names(char **out, const gan_allocator *allocator,
                                  const char *const *names, size_t n, const char *who)
{
    gan_status status = GAN_OK;

    *out = NULL;
    if (n == 0) return GAN_OK;
    for (size_t i = 0; i < n; i++) GAN_TRY(check_name(names, i, who));
    GAN_TRY(check_different(names, n, who, allocator));
    GAN_TRY(gan__alloc(out, allocator, n, GAN__CLASS_NAME_BYTES));
    for (size_t i = 0; i < n; i++) strcpy(*out + i * GAN__CLASS_NAME_BYTES, names[i]);

cleanup:
    return status;
}
