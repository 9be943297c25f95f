/* log_events.c - the event files that TensorBoard reads.
 *
 * A file is a sequence of TFRecords, each of which has an Event, a message of Protocol Buffers:
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
 * (tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto and
 * framework/summary.proto.) */
#include "file/protobuf_internal.h"
#include "report/log_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- CRC-32C ---- */

uint32_t gan__log_crc32c(const void *bytes, size_t n)
{
    /* The remainders of all values of four bits, for the reflected polynomial 0x82f63b78. */
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

/* TFRecord masks checksums, because a record's data may itself hold checksums. */
static uint32_t mask(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/* ---- Events ---- */

static void put_record(gan__text *out, const gan__text *data)
{
    const size_t begin = out->used;

    if (out->status == GAN_OK) out->status = data->status;
    gan__protobuf_put_fixed(out, data->used, 8);
    if (out->status == GAN_OK)
        gan__protobuf_put_fixed(out, mask(gan__log_crc32c(out->bytes + begin, 8)), 4);
    gan__text_put_bytes(out, data->bytes, data->used);
    gan__protobuf_put_fixed(out, mask(gan__log_crc32c(data->bytes, data->used)), 4);
}

void gan__log_put_head_event(gan__text *out, double time)
{
    gan__text event = {.allocator = out->allocator};

    gan__protobuf_put_double(&event, 1, time);
    gan__protobuf_put_string(&event, 3, "brain.Event:2");
    put_record(out, &event);
    gan__text_end(&event);
}

/* A number, with the name of its curve, such as steps/d_loss. */
static void put_value(gan__text *summary, const char *kind, const char *name, double number)
{
    char tag[GAN_LOG_NAME_BYTES + 16];
    const size_t value = gan__protobuf_begin(summary, 1);

    snprintf(tag, sizeof tag, "%s/%s", kind, name);
    gan__protobuf_put_string(summary, 1, tag);
    gan__protobuf_put_float(summary, 2, (float)number);
    gan__protobuf_end(summary, value);
}

void gan__log_put_event(gan_log *log, const gan__log_rows *rows, const gan__log_row *row)
{
    const gan__log_cell *cells = gan__log_cells(rows, row);
    gan__text *out = &log->events.pending;
    gan__text event = {.allocator = out->allocator};
    size_t summary;

    if (!log->events.path) return;
    gan__protobuf_put_double(&event, 1, row->time);
    gan__protobuf_put_whole(&event, 2, row->step);
    summary = gan__protobuf_begin(&event, 5);
    for (size_t i = 0; i < row->n; i++)
        put_value(&event, rows == &log->of_epochs ? "epochs" : "steps",
                  gan__log_names(log)[cells[i].name].text, cells[i].value);
    gan__protobuf_end(&event, summary);
    put_record(out, &event);
    gan__text_end(&event);
}
