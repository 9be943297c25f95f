/* mutator.c - how libFuzzer changes a safetensors file: mostly its header or its numbers alone,
 * with the header's length put right, so that readers get beyond it.  Other inputs are changed as
 * usual. Checksums are the business of fuzz_checkpoint.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed);

enum { LENGTH = 8 };

/* How many bytes the header has; 0 when this is no safetensors file. */
static size_t header_bytes(const uint8_t *bytes, size_t n)
{
    uint64_t length = 0;

    if (n < LENGTH + 2 || bytes[LENGTH] != '{') return 0;
    for (size_t i = LENGTH; i-- > 0;) length = length << 8 | bytes[i];
    return length <= n - LENGTH ? (size_t)length : 0;
}

static size_t mutate_header(uint8_t *bytes, size_t header, size_t n, size_t room)
{
    const size_t numbers = n - LENGTH - header;
    const size_t header_room = room - LENGTH - numbers;
    uint8_t *copy = malloc(room);

    if (!copy) return n;
    memcpy(copy, bytes + LENGTH, header);
    memmove(bytes + room - numbers, bytes + LENGTH + header, numbers); /* out of the way */
    header = LLVMFuzzerMutate(copy, header, header_room);
    memcpy(bytes + LENGTH, copy, header);
    memmove(bytes + LENGTH + header, bytes + room - numbers, numbers);
    for (size_t i = 0; i < LENGTH; i++) bytes[i] = (uint8_t)((uint64_t)header >> (8 * i));
    free(copy);
    return LENGTH + header + numbers;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed)
{
    const size_t header = header_bytes(bytes, n);
    const size_t begin = LENGTH + header;

    if (header == 0 || n > room || seed % 8 == 0) return LLVMFuzzerMutate(bytes, n, room);
    if (seed % 8 == 1 && begin < n)
        return begin + LLVMFuzzerMutate(bytes + begin, n - begin, n - begin);
    return mutate_header(bytes, header, n, room);
}
