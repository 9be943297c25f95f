/* protobuf_internal.h - messages of Protocol Buffers, as they are written: of TensorBoard's event
 * files and ONNX.
 *
 * A message is its fields one after another.  A field begins with its number times 8 plus how it is
 * written: 0 a whole number, seven bits a byte, the lowest first, the eighth says that more follow; 1
 * eight bytes; 5 four bytes; 2 a length, then as many bytes, which may be a message.
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

/* Append a field that is a message, or the bytes of numbers: what is put between the two calls.  The
 * length is put before it in the end, when it is known. */
size_t gan__protobuf_begin(gan__text *out, unsigned field);
void gan__protobuf_end(gan__text *out, size_t begin);

/* Append n bytes of a number, the lowest first. */
void gan__protobuf_put_fixed(gan__text *out, uint64_t value, size_t n);

#endif
