/* protobuf_internal.h - writing messages of Protocol Buffers, for TensorBoard's event files and
 * ONNX.
 *
 * A message is a sequence of fields.  A field begins with its number times 8 plus its wire type: 0
 * is an integer, seven bits in each byte, the lowest first, with the eighth set if more follow; 1
 * is eight bytes; 5 four bytes; 2 a length, then that many bytes, which may be a message.
 * (protobuf.dev/programming-guides/encoding) */
#ifndef GAN_PROTOBUF_INTERNAL_H
#define GAN_PROTOBUF_INTERNAL_H

#include "base/arithmetic_internal.h"
#include "file/text_internal.h"

#include <stddef.h>
#include <stdint.h>

/* Append a field; a failure stays in the text's status. */
void gan__protobuf_put_whole(gan__text *out, unsigned field, uint64_t value);
void gan__protobuf_put_double(gan__text *out, unsigned field, double value);
void gan__protobuf_put_float(gan__text *out, unsigned field, float value);
void gan__protobuf_put_bytes(gan__text *out, unsigned field, const void *bytes, size_t n);
void gan__protobuf_put_string(gan__text *out, unsigned field, const char *string);

/* Append a field that is a message, or packed numbers: what is written between the two calls.  The
 * second one inserts the length. */
size_t gan__protobuf_begin(gan__text *out, unsigned field);
void gan__protobuf_end(gan__text *out, size_t begin);

/* Append n bytes of a number, the lowest first. */
void gan__protobuf_put_fixed(gan__text *out, uint64_t value, size_t n);

#endif
