/* test_alloc.c - blocks from a host's allocator. */
#include "base/alloc_internal.h"
#include "budget.h"
#include "expect.h"

#include <stdint.h>
#include <string.h>

TEST(no_record_means_malloc)
{
    gan_allocator a = {0};
    void *memory = NULL;

    expect_ok(gan__alloc_init(&a, NULL));
    ck_assert(a.alloc != NULL && a.free != NULL);
    expect_ok(gan__alloc(&memory, &a, 17, 3));
    memset(memory, 1, 51);
    gan__free(&a, memory);
}

TEST(half_a_record_is_refused_and_nothing_copied)
{
    budget b;
    gan_allocator given, a = {0};

    budget_init(&b, BUDGET_UNLIMITED);
    given = b.allocator;
    given.free = NULL;
    expect_fails(gan__alloc_init(&a, &given), GAN_ERR_INVALID, "free is NULL");
    given = b.allocator;
    given.alloc = NULL;
    expect_fails(gan__alloc_init(&a, &given), GAN_ERR_INVALID, "alloc is NULL");
    ck_assert(a.alloc == NULL && a.free == NULL && a.user == NULL);
}

TEST(blocks_are_zeroed_and_aligned_and_counted)
{
    budget b;
    gan_allocator a;
    unsigned char *memory[40];

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan__alloc_init(&a, &b.allocator));
    for (size_t n = 0; n < 40; n++) {
        expect_ok(gan__alloc(&memory[n], &a, n, n * 3 + 1));
        ck_assert_ptr_nonnull(memory[n]);
        ck_assert_uint_eq((uintptr_t)memory[n] % GAN__ALIGNMENT, 0);
        for (size_t i = 0; i < n * (n * 3 + 1); i++) ck_assert_uint_eq(memory[n][i], 0);
        memset(memory[n], 0xff, n * (n * 3 + 1));
    }
    ck_assert_uint_eq(budget_live(&b), 40);
    for (size_t n = 0; n < 40; n++) gan__free(&a, memory[n]);
    ck_assert_uint_eq(budget_live(&b), 0);
    ck_assert_uint_eq(b.live_bytes, 0);
}

TEST(no_memory_is_reported_with_its_size)
{
    budget b;
    gan_allocator a;
    float *memory = (float *)&b;

    budget_init(&b, 0);
    expect_ok(gan__alloc_init(&a, &b.allocator));
    expect_fails(gan__alloc(&memory, &a, 1000, sizeof *memory), GAN_ERR_NOMEM, "memory");
    ck_assert_ptr_null(memory);
    ck_assert_uint_eq(b.refused, 1);
}

TEST(a_product_beyond_size_max_is_no_memory)
{
    budget b;
    gan_allocator a;
    float *memory = (float *)&b;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan__alloc_init(&a, &b.allocator));
    expect_fails(gan__alloc(&memory, &a, SIZE_MAX / 4 + 2, 4), GAN_ERR_NOMEM, "memory");
    ck_assert_ptr_null(memory);
    memory = (float *)&b;
    expect_fails(gan__alloc(&memory, &a, SIZE_MAX, 1), GAN_ERR_NOMEM, "memory");
    ck_assert_ptr_null(memory);
    memory = (float *)&b;
    expect_fails(gan__alloc(&memory, &a, 1, SIZE_MAX - 64), GAN_ERR_NOMEM, "memory");
    ck_assert_ptr_null(memory);
    ck_assert_uint_eq(b.taken + b.refused, 0);
}

TEST(freeing_null_does_nothing)
{
    budget b;

    budget_init(&b, 0);
    gan__free(&b.allocator, NULL);
    ck_assert_uint_eq(b.taken, 0);
}

static gan_status make_two(void **out, const gan_allocator *allocator, void *user)
{
    gan_allocator a;
    float **pair;
    gan_status status = gan__alloc_init(&a, allocator);

    (void)user;
    *out = NULL;
    if (status != GAN_OK) return status;
    status = gan__alloc(&pair, &a, 1, 2 * sizeof *pair);
    if (status != GAN_OK) return status;
    status = gan__alloc(&pair[0], &a, 5, sizeof(float));
    if (status == GAN_OK) {
        memcpy(&pair[1], &allocator, sizeof allocator);
        *out = pair;
    } else {
        gan__free(&a, pair);
    }
    return status;
}

static void end_two(void *made)
{
    float **pair = made;
    const gan_allocator *a;

    memcpy(&a, &pair[1], sizeof a);
    gan__free(a, pair[0]);
    gan__free(a, pair);
}

TEST(the_budget_sweep_counts_what_an_object_takes)
{
    ck_assert_uint_eq(budget_sweep(make_two, end_two, NULL), 2);
}

/* Growing keeps the contents, the final size is exactly the maximum, and at no time is more than
 * 1.5 times that allocated. */
TEST(a_block_grows_by_doubling_to_the_most)
{
    static const size_t mosts[] = {1, 999, 1000, 1001, 2001, 12345, 1 << 20, 1000003};
    enum { FIRST = 1000, SLACK = 1024 };

    for (size_t i = 0; i < sizeof mosts / sizeof *mosts; i++) {
        const size_t most = mosts[i];
        size_t room = 0, used = 0;
        unsigned char *block = NULL;
        budget b;

        budget_init(&b, BUDGET_UNLIMITED);
        while (room < most) {
            const size_t before = room;
            size_t changed = 0;

            expect_ok(gan__alloc_grow(&block, &room, used, FIRST, most, &b.allocator));
            ck_assert_uint_le(room, before > 0 ? 2 * before : 2 * FIRST + 1);
            ck_assert_uint_gt(room, before);
            for (size_t k = 0; k < used; k++) changed += block[k] != (unsigned char)(k * 7);
            ck_assert_uint_eq(changed, 0);
            for (; used < room; used++) block[used] = (unsigned char)(used * 7);
        }
        ck_assert_uint_eq(room, most);
        ck_assert_uint_le(b.peak_bytes, most + most / 2 + SLACK);
        b.left = 0;
        expect_status(gan__alloc_grow(&block, &room, used, FIRST, 2 * most, &b.allocator),
                      GAN_ERR_NOMEM);
        ck_assert_uint_eq(room, most);
        ck_assert_uint_eq(block[most - 1], (unsigned char)((most - 1) * 7));
        gan__free(&b.allocator, block);
        ck_assert_uint_eq(budget_live(&b), 0);
    }
}

TEST(sizes_that_have_no_room_stay_too_large)
{
    const size_t half = SIZE_MAX / 2;
    float *memory;
    gan_allocator a;

    ck_assert_uint_eq(gan__size_add(3, 4), 7);
    ck_assert_uint_eq(gan__size_add(SIZE_MAX, 0), SIZE_MAX);
    ck_assert_uint_eq(gan__size_add(half, half + 1), SIZE_MAX);
    ck_assert_uint_eq(gan__size_add(half + 1, half + 1), SIZE_MAX);
    ck_assert_uint_eq(gan__size_add(SIZE_MAX, SIZE_MAX), SIZE_MAX);
    ck_assert_uint_eq(gan__size_mul(3, 4), 12);
    ck_assert_uint_eq(gan__size_mul(half, 0), 0);
    ck_assert_uint_eq(gan__size_mul(half, 2), SIZE_MAX - 1);
    ck_assert_uint_eq(gan__size_mul(half + 1, 2), SIZE_MAX);
    ck_assert_uint_eq(gan__size_mul(2, half + 1), SIZE_MAX);
    ck_assert_uint_eq(gan__size_mul(SIZE_MAX, SIZE_MAX), SIZE_MAX);
    ck_assert_uint_eq(gan__size_round_up(0, 16), 0);
    ck_assert_uint_eq(gan__size_round_up(16, 16), 16);
    ck_assert_uint_eq(gan__size_round_up(17, 16), 32);
    ck_assert_uint_eq(gan__size_round_up(SIZE_MAX - 3, 16), SIZE_MAX);
    ck_assert_uint_eq(gan__size_round_up(SIZE_MAX, 16), SIZE_MAX);
    expect_ok(gan__alloc_init(&a, NULL));
    for (size_t size = 1; size <= 8; size *= 2) {
        expect_fails(gan__alloc(&memory, &a, SIZE_MAX, size), GAN_ERR_NOMEM, "too many");
        expect_fails(gan__alloc(&memory, &a, PTRDIFF_MAX / size, size), GAN_ERR_NOMEM, "too many");
    }
}
