/* train_shards.c - a batch cut into shards, on one rank or several.
 *
 *     batch   | shard 0 | shard 1 | shard 2 | shard 3 |        a micro-batch each
 *     ranks   |      rank 0       |      rank 1       |
 *
 *     each rank       for each of its shards: forward, loss, backward; the gradients and buffers
 *                     are added up as a tree (learner.c).  Or where no row depends
 *                     on another one: all of its shards forward, a loss for each, and all backward,
 *                     with the tree inside the products that make the gradients (kernels_gemm.c)
 *     all to all      figures, and whether all is well: gan__shards_join()
 *                     the rest of the tree, over the ranks: gan__learner_join()
 *     each rank       the same update
 *
 * Random numbers are functions of a sample's place in the whole batch, and those of layers also
 * advance over the shards of other ranks.  So the number of ranks changes the time a step takes,
 * not its result. */
#include "train/train_shards_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <string.h>

/* A rank's packet: its status, the digest, and the figures of each of its shards. */
enum { STATUS, DIGEST, HEAD };

/* What a double holds exactly. */
static const uint64_t DIGEST_BITS = ((uint64_t)1 << 53) - 1;

static size_t own_of(const gan__shards *s)
{
    return s->end - s->first;
}

static size_t packet_of(const gan__shards *s)
{
    return HEAD + own_of(s) * GAN__MOST_FIGURES;
}

gan_status gan__shards_create(gan__shards **out, size_t count, const gan_communicator *ranks,
                              const gan_communicator *step_ranks, int at_once,
                              const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__shards *s = NULL;

    GAN_TRY(gan__alloc(&s, allocator, 1, sizeof *s));
    s->ranks = *step_ranks;
    s->count = count;
    s->first = count / ranks->size * ranks->rank;
    s->end = s->first + count / ranks->size;
    GAN_TRY(gan__alloc(&s->figures, allocator, packet_of(s), sizeof *s->figures));
    GAN_TRY(gan__alloc(&s->all, allocator, packet_of(s) * step_ranks->size, sizeof *s->all));
    if (at_once && own_of(s) > 1 && own_of(s) <= GAN__TREE_SHARDS) {
        GAN_TRY(gan__alloc(&s->ends, allocator, own_of(s), sizeof *s->ends));
        s->rows = (gan__shard_rows){.n = own_of(s), .ends = s->ends};
    }
    *out = s;
    s = NULL;

cleanup:
    gan__shards_destroy(s, allocator);
    return status;
}

void gan__shards_destroy(gan__shards *s, const gan_allocator *allocator)
{
    if (!s) return;
    gan__free(allocator, s->ends);
    gan__free(allocator, s->all);
    gan__free(allocator, s->figures);
    gan__free(allocator, s);
}

void gan__shards_begin(gan__shards *s, double *const *places, size_t n)
{
    if (!s) return;
    memset(s->figures, 0, packet_of(s) * sizeof *s->figures);
    if (n > 0) memcpy(s->places, places, n * sizeof *places);
    s->n_places = n;
}

/* A product of a single row is rounded differently from one of several rows. */
size_t gan__shards_at_once(const gan__shards *s, size_t n)
{
    return s && s->rows.n > 0 && n >= 2 * s->count ? s->rows.n : 1;
}

int gan__shards_own(const gan__shards *s, size_t shard)
{
    return !s || (shard >= s->first && shard < s->end);
}

const gan__shard_rows *gan__shards_cut(gan__shards *s, size_t n, size_t again)
{
    if (gan__shards_at_once(s, n) == 1) return NULL;
    for (size_t i = 0; i < s->rows.n; i++)
        s->ends[i] = n * (s->first + i + 1) / s->count - n * s->first / s->count;
    s->rows.again = again;
    return &s->rows;
}

void gan__shards_open(gan__shards *s)
{
    for (size_t i = 0; s && i < s->n_places; i++) *s->places[i] = 0;
}

void gan__shards_close(gan__shards *s, size_t shard)
{
    double *to = s ? s->figures + HEAD + (shard - s->first) * GAN__MOST_FIGURES : NULL;

    for (size_t i = 0; s && i < s->n_places; i++) to[i] = *s->places[i];
}

/* Look at the heads of all packets. */
static gan_status check_heads(const gan__shards *s)
{
    const size_t packet = packet_of(s);

    for (size_t i = 0; i < s->ranks.size; i++) {
        const double *head = s->all + i * packet;

        if (head[STATUS] < 0 || head[STATUS] > 0)
            return gan__communicator_blame(&s->ranks, i, (gan_status)head[STATUS]);
    }
    for (size_t i = 1; i < s->ranks.size; i++) {
        const double apart = s->all[i * packet + DIGEST] - s->all[DIGEST];

        if (apart < 0 || apart > 0)
            return gan__fail(GAN_ERR_INVALID,
                             "trainer: ranks 0 and %zu of %zu do not train the same run: networks, "
                             "settings, learning rates, steps so far or the samples of their "
                             "batches differ; gan_checkpoint_compare() says what",
                             i, s->ranks.size);
    }
    return GAN_OK;
}

/* Without the heads. */
static void pack_figures(gan__shards *s)
{
    const size_t packet = packet_of(s);
    const size_t n = packet - HEAD;

    for (size_t i = 0; i < s->ranks.size; i++)
        memmove(s->all + i * n, s->all + i * packet + HEAD, n * sizeof *s->all);
}

gan_status gan__shards_join(gan__shards *s, gan_status own, uint64_t digest)
{
    gan_status status = GAN_OK;

    if (!s) return own;
    s->figures[STATUS] = (double)own;
    s->figures[DIGEST] = (double)(digest & DIGEST_BITS);
    GAN_TRY(gan__communicator_all_gather(&s->ranks, s->figures, s->all,
                                         packet_of(s) * sizeof *s->figures));
    GAN_TRY(check_heads(s));
    pack_figures(s);
    gan__communicator_tree(own_of(s) * s->ranks.size, GAN__MOST_FIGURES, s->all);
    for (size_t i = 0; i < s->n_places; i++) *s->places[i] = s->all[i];

cleanup:
    return status;
}

double gan__shards_factor(const gan__shards *s, size_t n)
{
    const gan__rank_rows own = gan__shards_rows(s, n);

    return s && own_of(s) * s->ranks.size < s->count ? (double)n / (double)(own.end - own.begin) : 1;
}

gan__rank_rows gan__shards_rows(const gan__shards *s, size_t n)
{
    if (!s) return (gan__rank_rows){0, n};
    return (gan__rank_rows){n * s->first / s->count, n * s->end / s->count};
}
