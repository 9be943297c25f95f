/* fuzz_csv.c - any bytes as a CSV file: numbers only, and with the first column as the label. */
#include "dataset.h"

static void try_names(const gan_dataset *data)
{
    const size_t size = gan_shape_size(gan_dataset_shape(data));

    demand(gan_dataset_column_count(data) == size, "each column has a name");
    for (size_t i = 0; i < size; i++)
        demand(gan_dataset_column_name(data, i) != NULL, "and it is there");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const gan_reader any = gan_reader_memory(bytes, n);

    for (int i = 0; i < 3; i++) {
        const gan_csv_desc desc = {GAN_CSV_DESC_INIT, .max_bytes = MAX_BYTES, .no_header = i > 0,
                                   .label_column = i > 1 ? "0" : NULL};
        gan_dataset *data;
        const gan_status status = gan_dataset_open_csv_from(&data, &any, &desc);

        try_dataset(status, data);
        if (data) try_names(data);
        gan_dataset_destroy(data);
    }
    return 0;
}
