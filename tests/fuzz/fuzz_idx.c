/* fuzz_idx.c - any bytes as an IDX file: as pictures alone, and as labels beside good pictures. */
#include "data/dataset_internal.h"
#include "input.h"

/* Two pictures of 1x3. */
static uint8_t pictures[] = {0, 0, 8, 3, 0, 0,  0,  2,  0,  0,  0,
                             1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60};

/* Whatever was accepted must be readable to its last sample. */
static void read_all(const gan_dataset *data)
{
    const size_t size = gan_shape_size(gan_dataset_shape(data));
    float *out = malloc(size * sizeof *out);
    uint8_t label;

    for (size_t i = 0; out && i < gan_dataset_count(data); i++)
        demand(gan_dataset_read(data, i, out, &label) == GAN_OK, "what was accepted can be read");
    free(out);
}

/* So little that -rss_limit_mb can be small, too, which shows that memory follows what a file
 * holds. */
enum { MAX_BYTES = 4 << 20 };

static void try(FILE *images, FILE *labels)
{
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_bytes = MAX_BYTES};
    gan_dataset *data;

    if (gan__dataset_read_idx(&data, images, "pictures", labels, "labels", &desc) == GAN_OK)
        read_all(data);
    else
        demand(data == NULL, "a failure leaves no dataset");
    gan_dataset_destroy(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    FILE *any, *good;

    if (n == 0) return 0; /* not every fmemopen() takes it */
    any = fmemopen((void *)(uintptr_t)bytes, n, "rb");
    good = fmemopen(pictures, sizeof pictures, "rb");
    if (any && good) {
        try(any, NULL);
        rewind(any);
        try(good, any);
    }
    if (any) fclose(any);
    if (good) fclose(good);
    return 0;
}
