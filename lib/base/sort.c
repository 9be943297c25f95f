/* sort.c - heapsort. */
#include "base/sort_internal.h"

#include <string.h>

static void swap(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char byte = a[i];

        a[i] = b[i];
        b[i] = byte;
    }
}

/* Move record i of a heap of n down until none of its children is larger. */
static void sink(char *records, size_t i, size_t n, size_t size, gan__sort_compare *compare)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare(records + child * size, records + (child + 1) * size) < 0)
            child++;
        if (compare(records + i * size, records + child * size) >= 0) return;
        swap(records + i * size, records + child * size, size);
    }
}

void gan__sort(void *records, size_t n, size_t size, gan__sort_compare *compare)
{
    char *first = records;

    for (size_t i = n / 2; i-- > 0;) sink(first, i, n, size, compare);
    for (size_t end = n; end-- > 1;) {
        swap(first, first + end * size, size);
        sink(first, 0, end, size, compare);
    }
}

int gan__sort_by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}
