/* mutator.c - a custom libFuzzer mutator for safetensors files: mostly it mutates the header or the
 * numbers alone and corrects the header's length, so that readers get beyond it.  Other inputs are
 * mutated as usual. Checksums are left to fuzz_checkpoint.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed);

enum { LENGTH = 8 };

/* The header's length in bytes; 0 if this is not a safetensors file. */
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
    memmove(bytes + room - numbers, bytes + LENGTH + header, numbers); /* moved out of the way */
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
