/* protobuf.c - see protobuf_internal.h. */
#include "file/protobuf_internal.h"

#include <string.h>

enum { VARINT = 0, EIGHT_BYTES = 1, BYTES = 2, FOUR_BYTES = 5 };
enum { VARINT_BYTES = 10 }; /* of 64 bits */

void gan__protobuf_put_fixed(gan__text *out, uint64_t value, size_t n)
{
    char bytes[8];

    for (size_t i = 0; i < n; i++) bytes[i] = (char)(value >> 8 * i & 255);
    gan__text_put_bytes(out, bytes, n);
}

static size_t make_varint(char bytes[VARINT_BYTES], uint64_t value)
{
    size_t n = 0;

    for (; value >= 128; value >>= 7) bytes[n++] = (char)((value & 127) | 128);
    bytes[n++] = (char)value;
    return n;
}

static void put_varint(gan__text *out, uint64_t value)
{
    char bytes[VARINT_BYTES];

    gan__text_put_bytes(out, bytes, make_varint(bytes, value));
}

static void put_key(gan__text *out, unsigned field, unsigned kind)
{
    put_varint(out, field * 8 + kind);
}

void gan__protobuf_put_whole(gan__text *out, unsigned field, uint64_t value)
{
    put_key(out, field, VARINT);
    put_varint(out, value);
}

void gan__protobuf_put_double(gan__text *out, unsigned field, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, EIGHT_BYTES);
    gan__protobuf_put_fixed(out, bits, 8);
}

void gan__protobuf_put_float(gan__text *out, unsigned field, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, FOUR_BYTES);
    gan__protobuf_put_fixed(out, bits, 4);
}

void gan__protobuf_put_bytes(gan__text *out, unsigned field, const void *bytes, size_t n)
{
    put_key(out, field, BYTES);
    put_varint(out, n);
    gan__text_put_bytes(out, bytes, n);
}

void gan__protobuf_put_string(gan__text *out, unsigned field, const char *string)
{
    gan__protobuf_put_bytes(out, field, string, strlen(string));
}

size_t gan__protobuf_begin(gan__text *out, unsigned field)
{
    put_key(out, field, BYTES);
    return out->used;
}

void gan__protobuf_end(gan__text *out, size_t begin)
{
    char length[VARINT_BYTES];
    const size_t n = out->used - begin, n_length = make_varint(length, n);

    gan__text_put_bytes(out, length, n_length); /* reserves these bytes */
    if (out->status != GAN_OK) return;
    memmove(out->bytes + begin + n_length, out->bytes + begin, n);
    memcpy(out->bytes + begin, length, n_length);
}
