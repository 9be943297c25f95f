/* fuzz_csv.c - any bytes as a table: of numbers alone, and with its first column as the label. */
#include "input.h"

#include <gan/gan.h>

/* So little that -rss_limit_mb can be small, too, which shows that memory follows what a file
 * holds. */
enum { MAX_BYTES = 4 << 20 };

/* Whatever was accepted must be readable to its last sample. */
static void read_all(const gan_dataset *data)
{
    const size_t size = gan_shape_size(gan_dataset_shape(data));
    float *out = malloc(size * sizeof *out);
    uint16_t label;

    for (size_t i = 0; out && i < gan_dataset_count(data); i++)
        demand(gan_dataset_read_labels16(data, i, out, &label) == GAN_OK,
               "what was accepted can be read");
    demand(gan_dataset_column_count(data) == size, "each column has a name");
    for (size_t i = 0; i < size; i++)
        demand(gan_dataset_column_name(data, i) != NULL, "and it is there");
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const gan_reader any = gan_reader_memory(bytes, n);

    for (int i = 0; i < 3; i++) {
        const gan_csv_desc desc = {GAN_CSV_DESC_INIT, .max_bytes = MAX_BYTES, .no_header = i > 0,
                                   .label_column = i > 1 ? "0" : NULL};
        gan_dataset *data;

        if (gan_dataset_open_csv_from(&data, &any, &desc) == GAN_OK)
            read_all(data);
        else
            demand(data == NULL, "a failure leaves no dataset");
        gan_dataset_destroy(data);
    }
    return 0;
}
