/* fuzz_safetensors.c - any bytes as a safetensors file: an error, or tensors that lie inside the
 * file. */
#include "file/safetensors_internal.h"
#include "input.h"

static void use(gan__safetensors *file, const gan__safetensor *t, size_t n_bytes)
{
    const size_t size = gan_shape_size(t->shape); /* 0: 0: not possible in a network */
    float *numbers;

    demand(t->offset <= n_bytes && t->bytes <= n_bytes - t->offset, "a tensor lies in the file");
    demand(t->bytes == t->n_numbers * t->number_bytes, "its bytes are those of its values");
    demand(gan__safetensors_find(file, t->name) == t, "it is found by its name");
    demand(size == 0 || size == t->n_numbers, "its shape matches its size");
    if (size == 0) return;
    numbers = malloc(size * sizeof *numbers); /* so that a sanitizer sees any out-of-bounds write */
    if (!numbers) return;
    (void)gan__safetensors_read(file, t, numbers);
    free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const gan_reader from = gan_reader_memory(bytes, n);
    gan__safetensors *file = NULL;
    gan_status status = gan__safetensors_open(&file, (gan__source){.reader = &from}, NULL);
    uint64_t total = 0;

    demand((status == GAN_OK) == (file != NULL), "a file is returned on success only");
    demand(status == GAN_OK || status == GAN_ERR_FORMAT || status == GAN_ERR_NOMEM,
           "the status is in the contract");
    for (size_t i = 0; file && i < gan__safetensors_count(file); i++) {
        use(file, gan__safetensors_tensor(file, i), n);
        total += gan__safetensors_tensor(file, i)->bytes;
    }
    demand(total <= n, "no byte belongs to two tensors");
    gan__safetensors_close(file);
    return 0;
}
