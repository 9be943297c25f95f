/* test_sort.c - sorting records. */
#include "base/sort_internal.h"
#include "expect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct record {
    uint32_t key;
    char rest[9]; /* a size that isn't a multiple of a word */
} record;

static size_t n_compared;

static int by_key(const void *a, const void *b)
{
    const record *x = a, *y = b;

    n_compared++;
    return (x->key > y->key) - (x->key < y->key);
}

static record record_of(uint32_t key)
{
    record out;

    memset(&out, 0, sizeof out);
    out.key = key;
    memset(out.rest, (int)(key % 251), sizeof out.rest);
    return out;
}

TEST(records_of_any_order_are_sorted)
{
    enum { MOST = 300 };
    record x[MOST];

    for (size_t n = 0; n < MOST; n++) {
        for (size_t kind = 0; kind < 4; kind++) {
            for (size_t i = 0; i < n; i++)
                x[i] = record_of((uint32_t)(kind == 0   ? i
                                            : kind == 1 ? n - 1 - i
                                            : kind == 2 ? (i * 7919) % n
                                                        : i % 3));
            gan__sort(x, n, sizeof *x, by_key);
            for (size_t i = 1; i < n; i++) ck_assert_uint_le(x[i - 1].key, x[i].key);
            for (size_t i = 0; i < n; i++) {
                const record whole = record_of(x[i].key);

                ck_assert(memcmp(&whole, &x[i], sizeof whole) == 0);
                if (kind < 2) ck_assert_uint_eq(x[i].key, i);
            }
        }
    }
}

TEST(no_order_takes_long)
{
    enum { N = 1 << 16 };
    record *x = malloc(N * sizeof *x);

    for (size_t kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < N; i++)
            x[i] = record_of((uint32_t)(kind == 0   ? i
                                        : kind == 1 ? N - i
                                        : kind == 2 ? 0
                                                    : (i % 2 ? i : N - i)));
        n_compared = 0;
        gan__sort(x, N, sizeof *x, by_key);
        ck_assert_uint_lt(n_compared, 2 * 16 * (size_t)N + 4 * N);
    }
    free(x);
}

TEST(names_are_compared)
{
    const char *names[] = {"b", "", "a", "ab"};

    gan__sort((void *)names, 4, sizeof *names, gan__sort_by_name);
    ck_assert_str_eq(names[0], "");
    ck_assert_str_eq(names[1], "a");
    ck_assert_str_eq(names[2], "ab");
    ck_assert_str_eq(names[3], "b");
}
