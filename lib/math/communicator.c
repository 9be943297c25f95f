/* communicator.c - sums over the ranks of a run (all-reduce), and agreement on a failure.
 *
 * A sum is a reduce-scatter and an all-gather.  It moves as few bytes as a ring all-reduce, but the
 * order of additions is fixed here: each rank gets the same piece of every rank's numbers, adds
 * these up, and sends the sum to all.
 *
 *     rank 0   a0 a1 a2 a3     all_to_all    a0 b0 c0 d0  -> s0     all_gather
 *     rank 1   b0 b1 b2 b3   ------------->  a1 b1 c1 d1  -> s1   ------------>  s0 s1 s2 s3
 *     rank 2   c0 c1 c2 c3                   a2 b2 c2 d2  -> s2                  on every rank
 *     rank 3   d0 d1 d2 d3                   a3 b3 c3 d3  -> s3
 */
#include "math/communicator_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_simd_internal.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 512, PIECE_UNIT = 16 };

/* The size of gan_communicator before it had non-blocking functions. */
enum { FIRST = offsetof(gan_communicator, begin_all_to_all) };

gan_status gan__communicator_read(gan_communicator *out, const gan_communicator *given)
{
    gan_status status = GAN_OK;

    *out = (gan_communicator){GAN_COMMUNICATOR_INIT, .size = 1};
    GAN_TRY(gan__desc_read(out, sizeof *out, FIRST, given, "communicator"));
    if (out->size < 1 || out->size > GAN__MOST_RANKS || (out->size & (out->size - 1)) != 0)
        GAN_FAIL(GAN_ERR_INVALID, "communicator: a size of 1, 2, 4, ... %d ranks expected, got %zu",
                 GAN__MOST_RANKS, out->size);
    if (out->rank >= out->size)
        GAN_FAIL(GAN_ERR_INVALID, "communicator: rank %zu of %zu, which count from 0", out->rank,
                 out->size);
    if (out->size > 1 && (!out->all_to_all || !out->all_gather || !out->broadcast))
        GAN_FAIL(GAN_ERR_INVALID, "communicator: %s is NULL for %zu ranks",
                 !out->all_to_all   ? "all_to_all"
                 : !out->all_gather ? "all_gather"
                                    : "broadcast",
                 out->size);
    if (!out->begin_all_to_all != !out->proceed || !out->begin_all_gather != !out->proceed)
        GAN_FAIL(GAN_ERR_INVALID, "communicator: %s is NULL, but its counterparts are not",
                 !out->begin_all_to_all   ? "begin_all_to_all"
                 : !out->begin_all_gather ? "begin_all_gather"
                                          : "proceed");

cleanup:
    return status;
}

/* ---- the host's functions ---- */

static gan_status check(const gan_communicator *c, const char *name, gan_status status)
{
    if (status == GAN_OK) return GAN_OK;
    return gan__fail(status, "communicator: %s on rank %zu of %zu returned %s (%d)", name, c->rank,
                     c->size, gan_status_name(status), (int)status);
}

gan_status gan__communicator_all_gather(const gan_communicator *c, const void *send, void *receive,
                                        size_t bytes)
{
    if (c->size > 1) return check(c, "all_gather", c->all_gather(c->user, send, receive, bytes));
    memcpy(receive, send, bytes);
    return GAN_OK;
}

gan_status gan__communicator_broadcast(const gan_communicator *c, void *buffer, size_t bytes,
                                       size_t root)
{
    if (c->size == 1) return GAN_OK;
    return check(c, "broadcast", c->broadcast(c->user, buffer, bytes, root));
}

/* ---- agreement ---- */

gan_status gan__communicator_blame(const gan_communicator *c, size_t first, gan_status failure)
{
    gan_status status = GAN_OK;
    char text[SENTENCE_BYTES] = "";

    if (c->rank == first) snprintf(text, sizeof text, "%s", gan_last_error());
    GAN_TRY(gan__communicator_broadcast(c, text, sizeof text, first));
    text[sizeof text - 1] = '\0';
    status = c->size == 1 ? failure : gan__fail(failure, "rank %zu: %s", first, text);

cleanup:
    return status;
}

gan_status gan__communicator_agree(const gan_communicator *c, gan_status own)
{
    gan_status status = GAN_OK;
    const int32_t mine = (int32_t)own;
    int32_t all[GAN__MOST_RANKS];

    if (c->size == 1) return own;
    GAN_TRY(gan__communicator_all_gather(c, &mine, all, sizeof mine));
    for (size_t i = 0; i < c->size; i++)
        if (all[i] != GAN_OK) return gan__communicator_blame(c, i, (gan_status)all[i]);

cleanup:
    return status;
}

/* ---- sums ---- */

size_t gan__communicator_padded(const gan_communicator *c, size_t n)
{
    return gan__size_round_up(n, c->size * PIECE_UNIT);
}

/* Sum the pieces into the first one, by a pairwise tree; the others are overwritten. */
static void add_pieces(size_t pieces, size_t n, float *x)
{
    for (size_t apart = 1; apart < pieces; apart *= 2)
        for (size_t i = 0; i < pieces; i += 2 * apart)
            gan__simd_best()->axpy(n, 1, x + (i + apart) * n, x + i * n);
}

/* By the host's blocking functions. */
static gan_status sum_at_once(const gan__rank_sum *s)
{
    gan_status status = GAN_OK;
    const gan_communicator *c = s->ranks;
    const size_t bytes = s->piece * sizeof *s->x;

    GAN_TRY(check(c, "all_to_all", c->all_to_all(c->user, s->x, s->room, bytes)));
    add_pieces(c->size, s->piece, s->room);
    GAN_TRY(gan__communicator_all_gather(c, s->room, s->x, bytes));

cleanup:
    return status;
}

/* An exchange is complete: reduce what it received, and begin the next one. */
static gan_status begin_next(gan__rank_sum *s)
{
    const gan_communicator *c = s->ranks;
    const size_t bytes = s->piece * sizeof *s->x;

    if (--s->exchanges == 0) return GAN_OK;
    add_pieces(c->size, s->piece, s->room);
    return check(c, "begin_all_gather", c->begin_all_gather(c->user, s->room, s->x, bytes));
}

static gan_status proceed(gan__rank_sum *s, int wait)
{
    gan_status status = GAN_OK;
    const gan_communicator *c = s->ranks;
    int done = 0;

    GAN_TRY(check(c, "proceed", c->proceed(c->user, wait, &done)));
    if (done) GAN_TRY(begin_next(s));

cleanup:
    return status;
}

void gan__communicator_sum_begin(gan__rank_sum *s, const gan_communicator *c, size_t n, float *x,
                                 float *room)
{
    const size_t piece = gan__communicator_padded(c, n) / c->size;

    *s = (gan__rank_sum){.ranks = c, .x = x, .room = room, .piece = piece};
    if (c->size == 1) return;
    s->exchanges = 2;
    if (c->proceed)
        s->status =
            check(c, "begin_all_to_all", c->begin_all_to_all(c->user, x, room, piece * sizeof *x));
}

int gan__communicator_sum_in_progress(const gan__rank_sum *s)
{
    return s->status == GAN_OK && s->exchanges > 0 && s->ranks->proceed;
}

void gan__communicator_sum_proceed(void *sum)
{
    gan__rank_sum *s = sum;

    if (gan__communicator_sum_in_progress(s)) s->status = proceed(s, 0);
}

gan_status gan__communicator_sum_end(gan__rank_sum *s)
{
    while (gan__communicator_sum_in_progress(s)) s->status = proceed(s, 1);
    if (s->status == GAN_OK && s->exchanges > 0) s->status = sum_at_once(s);
    return s->status;
}

gan_status gan__communicator_sum(const gan_communicator *c, size_t n, float *x, float *room)
{
    gan__rank_sum sum;

    gan__communicator_sum_begin(&sum, c, n, x, room);
    return gan__communicator_sum_end(&sum);
}

void gan__communicator_tree(size_t rows, size_t n, double *x)
{
    for (size_t apart = 1; apart < rows; apart *= 2)
        for (size_t i = 0; i + apart < rows; i += 2 * apart)
            for (size_t k = 0; k < n; k++) x[i * n + k] += x[(i + apart) * n + k];
}

GAN__DEFINE_INIT(gan_communicator_init, gan_communicator, GAN_COMMUNICATOR_INIT)
