/* log_events.c - the event files that TensorBoard reads.
 *
 * A file is a row of TFRecords, and each has an Event, a message of Protocol Buffers:
 *
 *     TFRecord    length of the data            8 bytes, the lowest first, as all numbers here
 *                 masked CRC-32C of the length  4
 *                 data
 *                 masked CRC-32C of the data    4
 *
 *     Event       1: double wall_time   2: int64 step   3: string file_version   5: Summary
 *     Summary     1: Value, repeated
 *     Value       1: string tag   2: float simple_value
 *
 * A field begins with its number times 8 plus how it is written: 0 a whole number, seven bits a
 * byte, the lowest first, the eighth says that more follow; 1 eight bytes; 5 four bytes; 2 a length,
 * then as many bytes.  (tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto and
 * framework/summary.proto; protobuf.dev/programming-guides/encoding.) */
#include "report/log_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- CRC-32C ---- */

uint32_t gan__log_crc32c(const void *bytes, size_t n)
{
    /* The remainders of all four bits, by the reflected polynomial 0x82f63b78. */
    static const uint32_t of_bits[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                         0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                         0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                         0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const unsigned char *at = bytes;
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < n; i++) {
        crc ^= at[i];
        crc = crc >> 4 ^ of_bits[crc & 15];
        crc = crc >> 4 ^ of_bits[crc & 15];
    }
    return ~crc;
}

/* As a record's data may hold checksums itself, they are changed. */
static uint32_t mask(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/* ---- Protocol Buffers ---- */

enum { VARINT = 0, EIGHT_BYTES = 1, BYTES = 2, FOUR_BYTES = 5 };

static void put_fixed(gan__text *out, uint64_t value, size_t n)
{
    char bytes[8];

    for (size_t i = 0; i < n; i++) bytes[i] = (char)(value >> 8 * i & 255);
    gan__text_put_bytes(out, bytes, n);
}

static void put_varint(gan__text *out, uint64_t value)
{
    for (; value >= 128; value >>= 7) put_fixed(out, (value & 127) | 128, 1);
    put_fixed(out, value, 1);
}

static void put_key(gan__text *out, unsigned field, unsigned kind)
{
    put_varint(out, field * 8 + kind);
}

static void put_double(gan__text *out, unsigned field, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, EIGHT_BYTES);
    put_fixed(out, bits, 8);
}

static void put_float(gan__text *out, unsigned field, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_key(out, field, FOUR_BYTES);
    put_fixed(out, bits, 4);
}

static void put_bytes(gan__text *out, unsigned field, const char *bytes, size_t n)
{
    put_key(out, field, BYTES);
    put_varint(out, n);
    gan__text_put_bytes(out, bytes, n);
}

/* ---- Events ---- */

static void put_record(gan__text *out, const gan__text *data)
{
    const size_t begin = out->used;

    if (out->status == GAN_OK) out->status = data->status;
    put_fixed(out, data->used, 8);
    if (out->status == GAN_OK) put_fixed(out, mask(gan__log_crc32c(out->bytes + begin, 8)), 4);
    gan__text_put_bytes(out, data->bytes, data->used);
    put_fixed(out, mask(gan__log_crc32c(data->bytes, data->used)), 4);
}

void gan__log_put_head_event(gan__text *out, double time)
{
    static const char version[] = "brain.Event:2";
    gan__text event = {.allocator = out->allocator};

    put_double(&event, 1, time);
    put_bytes(&event, 3, version, sizeof version - 1);
    put_record(out, &event);
    gan__text_end(&event);
}

/* A number by the name of its curve, steps/d_loss. */
static void put_value(gan__text *summary, const char *kind, const char *name, double number)
{
    char tag[GAN_LOG_NAME_BYTES + 16];
    gan__text value = {.allocator = summary->allocator};

    snprintf(tag, sizeof tag, "%s/%s", kind, name);
    put_bytes(&value, 1, tag, strlen(tag));
    put_float(&value, 2, (float)number);
    if (summary->status == GAN_OK) summary->status = value.status;
    put_bytes(summary, 1, value.bytes, value.used);
    gan__text_end(&value);
}

void gan__log_put_event(gan_log *log, const gan__log_rows *rows, const gan__log_row *row)
{
    const gan__log_cell *cells = gan__log_cells(rows, row);
    gan__text *out = &log->events.pending;
    gan__text event = {.allocator = out->allocator}, summary = {.allocator = out->allocator};

    if (!log->events.path) return;
    for (size_t i = 0; i < row->n; i++)
        put_value(&summary, rows == &log->of_epochs ? "epochs" : "steps",
                  gan__log_names(log)[cells[i].name].text, cells[i].value);
    put_double(&event, 1, row->time);
    put_key(&event, 2, VARINT);
    put_varint(&event, row->step);
    if (event.status == GAN_OK) event.status = summary.status;
    put_bytes(&event, 5, summary.bytes, summary.used);
    put_record(out, &event);
    gan__text_end(&summary);
    gan__text_end(&event);
}
