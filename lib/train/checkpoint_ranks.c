/* checkpoint_ranks.c - checks that all ranks train the same run.
 *
 * What a run consists of is a list of texts and tensors (state_internal.h).  Rank 0 sends the
 * others its list, a line for each entry, a tensor as a digest of its values; each rank compares
 * line by line, and all ranks report the first line that differs on any of them. */
#include "train/checkpoint_internal.h"

#include "base/alloc_internal.h"
#include "base/digest_internal.h"
#include "base/status_internal.h"
#include "file/text_internal.h"

#include <string.h>

static void put_lines(gan__text *out, const gan__state *s, uint64_t data)
{
    for (size_t i = 0; i < s->n_entries; i++)
        if (strncmp(s->entries[i].name, GAN__STATE_NOTE, strlen(GAN__STATE_NOTE)) != 0)
            gan__text_put(out, "%s = %s\n", s->entries[i].name, s->entries[i].text);
    for (size_t i = 0; i < s->n_tensors; i++)
        gan__text_put(out, "%s = numbers with the digest %016llx\n", s->tensors[i].name,
                      (unsigned long long)gan__digest_add_floats(
                          GAN__DIGEST_EMPTY, s->tensors[i].data, s->tensors[i].size));
    gan__text_put(out, "samples = numbers with the digest %016llx\n", (unsigned long long)data);
}

/* The length of the line that begins here; 0 at the end. */
static int line_of(const char *text)
{
    return (int)strcspn(text, "\n");
}

static gan_status compare_lines(const char *own, const char *first, size_t rank)
{
    while (*own || *first) {
        const int n = line_of(own), m = line_of(first);

        if (n != m || memcmp(own, first, (size_t)n) != 0)
            return gan__fail(GAN_ERR_INVALID,
                             "ranks do not train the same run: rank %zu has \"%.*s\", rank 0 "
                             "\"%.*s\"",
                             rank, n, own, m, first);
        own += n + (own[n] != '\0');
        first += m + (first[m] != '\0');
    }
    return GAN_OK;
}

/* Its length was exchanged before. */
static gan_status compare_texts(const gan_communicator *ranks, gan__text *own, char *theirs,
                                size_t n)
{
    gan_status status = GAN_OK;

    if (ranks->rank == 0) memcpy(theirs, own->bytes, n);
    GAN_TRY(gan__communicator_broadcast(ranks, theirs, n, 0));
    theirs[n - 1] = '\0';
    status = compare_lines(own->bytes, theirs, ranks->rank);
    status = gan__communicator_agree(ranks, status);

cleanup:
    return status;
}

gan_status gan__checkpoint_compare(const gan_communicator *ranks, gan_status own,
                                   const gan__state *s, uint64_t data)
{
    gan_status status = own;
    gan__text text = {.allocator = &s->allocator};
    char *theirs = NULL;
    size_t n;

    if (ranks->size == 1) return own;
    if (status == GAN_OK) {
        put_lines(&text, s, data);
        status = text.status;
    }
    GAN_TRY(gan__communicator_agree(ranks, status));
    n = text.used + 1;
    GAN_TRY(gan__communicator_broadcast(ranks, &n, sizeof n, 0));
    status = gan__alloc(&theirs, &s->allocator, n, 1);
    GAN_TRY(gan__communicator_agree(ranks, status));
    GAN_TRY(compare_texts(ranks, &text, theirs, n));

cleanup:
    gan__free(&s->allocator, theirs);
    gan__text_end(&text);
    return status;
}
