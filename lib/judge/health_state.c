/* health_state.c - saving and loading everything a handle remembers.
 *
 *     8 bytes   "GANHLTH1"
 *     8 bytes   count of 8-byte numbers that follow
 *     numbers   the fields of gan__health_state in order, little-endian; doubles as their bits
 *
 * Later builds append to the state, and read shorter ones.
 *
 * The state has only 8-byte numbers, so that it is an array of them.  Values from outside are
 * checked as far as the code relies on them: counts of the window, levels, and indices of rules. */
#include "base/status_internal.h"
#include "file/safetensors_format_internal.h"
#include "judge/health_internal.h"

#include <string.h>

static const char magic[8] = {'G', 'A', 'N', 'H', 'L', 'T', 'H', '1'};

enum {
    HEAD_BYTES = 16,
    N_NUMBERS = sizeof(gan__health_state) / 8,
    N_FIRST = offsetof(gan__health_state, g_loss) / 8, /* of an earlier build's states */
    STATE_BYTES = HEAD_BYTES + sizeof(gan__health_state)
};
_Static_assert(sizeof(gan__health_state) % 8 == 0 && sizeof(double) == 8,
               "the state is an array of 8-byte numbers");

size_t gan_health_state_size(const gan_health *health)
{
    return health ? STATE_BYTES : 0;
}

gan_status gan_health_save(const gan_health *health, void *bytes)
{
    unsigned char *to = bytes;

    if (!health || !bytes)
        return gan__fail(GAN_ERR_INVALID, "health: %s is NULL", health ? "bytes" : "it");
    memcpy(to, magic, sizeof magic);
    gan__put_little_endian(to + 8, 8, N_NUMBERS);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        uint64_t number;

        memcpy(&number, (const char *)&health->state + 8 * i, sizeof number);
        gan__put_little_endian(to + HEAD_BYTES + 8 * i, 8, number);
    }
    return GAN_OK;
}

static gan_status check_bytes(const unsigned char *bytes, size_t n)
{
    const size_t numbers = n < STATE_BYTES ? N_FIRST : N_NUMBERS;

    if (n != HEAD_BYTES + 8 * numbers)
        return gan__fail(GAN_ERR_FORMAT, "health: %zu bytes of state expected, got %zu",
                         (size_t)STATE_BYTES, n);
    if (memcmp(bytes, magic, sizeof magic) != 0 || gan__little_endian(bytes + 8, 8) != numbers)
        return gan__fail(GAN_ERR_FORMAT, "health: these bytes are not a state of this release");
    return GAN_OK;
}

/* The number in the bytes that corresponds to `field` of the state. */
#define NUMBER(bytes, field)                                                                       \
    gan__little_endian((bytes) + HEAD_BYTES + offsetof(gan__health_state, field), 8)

static gan_status check_numbers(const gan_health *h, const unsigned char *bytes)
{
    if (NUMBER(bytes, window) != h->desc.window)
        return gan__fail(GAN_ERR_INVALID, "health: the window is %llu steps in the state, %zu here",
                         (unsigned long long)NUMBER(bytes, window), h->desc.window);
    if (NUMBER(bytes, diverged_at) > NUMBER(bytes, n_steps) ||
        NUMBER(bytes, divergence) > GAN__DIVERGED_G_LOSS)
        return gan__fail(GAN_ERR_FORMAT,
                         "health: the state is damaged: divergence %llu at step "
                         "%llu of %llu",
                         (unsigned long long)NUMBER(bytes, divergence),
                         (unsigned long long)NUMBER(bytes, diverged_at),
                         (unsigned long long)NUMBER(bytes, n_steps));
    for (size_t i = 0; i < GAN__HEALTH_RULES; i++)
        if (NUMBER(bytes + i * sizeof(gan__health_found), found) > GAN_FINDING_VERDICT ||
            (i >= gan__health_rule_count && NUMBER(bytes + i * sizeof(gan__health_found), found)))
            return gan__fail(
                GAN_ERR_FORMAT,
                "health: the state is damaged: finding %zu has level "
                "%llu",
                i, (unsigned long long)NUMBER(bytes + i * sizeof(gan__health_found), found));
    return GAN_OK;
}

gan_status gan_health_load(gan_health *health, const void *bytes, size_t n)
{
    gan_status status = GAN_OK;
    const unsigned char *from = bytes;

    if (!health || !bytes)
        return gan__fail(GAN_ERR_INVALID, "health: %s is NULL", health ? "bytes" : "it");
    GAN_TRY(check_bytes(from, n));
    GAN_TRY(check_numbers(health, from));
    memset(&health->state, 0, sizeof health->state); /* what an earlier build's state lacks */
    for (size_t i = 0; i < (n - HEAD_BYTES) / 8; i++) {
        const uint64_t number = gan__little_endian(from + HEAD_BYTES + 8 * i, 8);

        memcpy((char *)&health->state + 8 * i, &number, sizeof number);
    }

cleanup:
    return status;
}
