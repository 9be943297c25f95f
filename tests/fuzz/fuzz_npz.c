/* fuzz_npz.c - any bytes as an archive of NumPy arrays, as they are and with correct checksums of
 * its members: the only array, and arrays by name.
 *
 *     local header  name  bytes of a member     for each of them
 *     central directory                         for each its name, length, checksum and offset
 *     end of the central directory */
#include "dataset.h"
#include "file/file_internal.h"

#include <string.h>

/* Archives may announce much more than they contain: the memory for such a zip bomb stays small. */
enum { MOST_BYTES = 64 << 10, CENTRAL = 46, LOCAL = 30 };

static size_t read_number(const uint8_t *b, size_t n_bytes)
{
    size_t value = 0;

    while (n_bytes-- > 0) value = value << 8 | b[n_bytes];
    return value;
}

static void write_32(uint8_t *b, size_t value)
{
    for (size_t i = 0; i < 4; i++) b[i] = (uint8_t)(value >> (8 * i));
}

/* Correct the checksum and the lengths of a member, given its entry in the central directory, if it
 * is uncompressed and lies within the archive. */
static void seal_member(uint8_t *bytes, size_t n, uint8_t *entry)
{
    const size_t is_deflated = read_number(entry + 10, 2), length = read_number(entry + 20, 4);
    const size_t place = read_number(entry + 42, 4);
    uint8_t *local = bytes + place;
    size_t begin;
    uint32_t sum;

    if (is_deflated || place > n || n - place < LOCAL || memcmp(local, "PK\3\4", 4) != 0) return;
    begin = place + LOCAL + read_number(local + 26, 2) + read_number(local + 28, 2);
    if (begin > n || length > n - begin) return;
    sum = gan__file_sum(0, bytes + begin, length);
    for (int is_local = 0; is_local < 2; is_local++) {
        uint8_t *to = is_local ? local + 14 : entry + 16; /* checksum, compressed length, length */

        write_32(to, sum);
        write_32(to + 4, length);
        write_32(to + 8, length);
    }
}

static void seal(uint8_t *bytes, size_t n)
{
    for (size_t at = 0; n >= CENTRAL && at <= n - CENTRAL; at++)
        if (memcmp(bytes + at, "PK\1\2", 4) == 0) seal_member(bytes, n, bytes + at);
}

static void try_archive(const uint8_t *bytes, size_t n)
{
    const gan_reader any = gan_reader_memory(bytes, n);
    gan_npy_desc desc = {GAN_NPY_DESC_INIT, .memory_limit = MOST_BYTES};

    for (int named = 0; named < 2; named++) {
        gan_dataset *data;
        gan_status status;

        desc.samples_name = named ? "x" : NULL;
        desc.labels_name = named ? "y" : NULL;
        status = gan_dataset_open_npy_from(&data, &any, NULL, &desc);
        demand(status == GAN_OK || status == GAN_ERR_FORMAT || status == GAN_ERR_SHAPE ||
                   status == GAN_ERR_NONFINITE || status == GAN_ERR_NOMEM,
               "the status is in the contract");
        try_dataset(status, data);
        gan_dataset_destroy(data);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *sealed = malloc(n > 0 ? n : 1);

    try_archive(bytes, n);
    if (sealed) {
        memcpy(sealed, bytes, n);
        seal(sealed, n);
        if (n > 0 && memcmp(sealed, bytes, n) != 0) try_archive(sealed, n);
    }
    free(sealed);
    return 0;
}
