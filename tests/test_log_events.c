/* test_log_events.c - event files of logs, for TensorBoard. */
#include "expect.h"
#include "logs.h"
#include "report/log_internal.h"
#include "scratch.h"

#include <gan/gan.h>
#include <stdlib.h>
#include <string.h>

TEST(crc_32c_has_its_known_answers)
{
    unsigned char bytes[32];

    ck_assert_uint_eq(gan__log_crc32c("123456789", 9), 0xe3069283);
    ck_assert_uint_eq(gan__log_crc32c("", 0), 0);
    memset(bytes, 0, sizeof bytes); /* RFC 3720, B.4 */
    ck_assert_uint_eq(gan__log_crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(gan__log_crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)i;
    ck_assert_uint_eq(gan__log_crc32c(bytes, sizeof bytes), 0x46dd794e);
}

static uint64_t little(const char *bytes, size_t n)
{
    uint64_t value = 0;

    for (size_t i = n; i-- > 0;) value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static uint32_t unmasked(const char *bytes)
{
    const uint32_t rotated = (uint32_t)little(bytes, 4) - 0xa282ead8;

    return rotated >> 17 | rotated << 15;
}

/* Parse the records of an event file and verify their checksums; return their number. */
static size_t count_events(const char *path)
{
    static char bytes[LOG_ROOM];
    const size_t n = scratch_read(path, bytes, LOG_ROOM);
    size_t records = 0, at = 0;

    for (; at < n; records++) {
        const uint64_t length = little(bytes + at, 8);

        ck_assert_uint_le(length + 16, n - at);
        ck_assert_uint_eq(unmasked(bytes + at + 8), gan__log_crc32c(bytes + at, 8));
        ck_assert_uint_eq(unmasked(bytes + at + 12 + length),
                          gan__log_crc32c(bytes + at + 12, length));
        at += 16 + length;
    }
    ck_assert_uint_eq(at, n);
    return records;
}

/* All event files begin with a record of 24 bytes, whose length has this checksum, with a double as its first field;
 * the format's version follows. */
TEST(an_event_file_begins_as_tensorflow_writes_it)
{
    static const unsigned char begin[] = {24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 0x09};
    gan_log_desc desc = every(1);
    char bytes[64];

    desc.events = scratch_path("tfevents");
    gan_log_destroy(log_at("log.jsonl", &desc));
    ck_assert_uint_eq(scratch_read(desc.events, bytes, sizeof bytes), 8 + 4 + 24 + 4);
    expect_same_bits(bytes, begin, sizeof begin);
    expect_same_bits(bytes + 21,
                     "\x1a\x0d"
                     "brain.Event:2",
                     15);
}

TEST(events_of_a_continued_run_are_those_of_one_without_an_interruption)
{
    gan_log_desc desc = every(2);

    desc.events = scratch_path("tfevents.1");
    log_interrupted("log.jsonl", desc, 7, 9, 20);
    ck_assert_uint_eq(count_events(desc.events), 1 + 3 * 4 + 4);
    desc.events = scratch_path("tfevents.2");
    gan_log *log = log_at("whole.jsonl", &desc);
    log_steps(log, 0, 20);
    gan_log_destroy(log);
    ck_assert_uint_eq(count_events(desc.events), 1 + 3 * 4 + 4);
}

/* A golden file, made by the Protocol Buffers library and crcmod (make_events.py): an event file
 * rebuilt from the log is the same, but for the time in its first record. */
TEST(an_event_file_has_the_bytes_that_other_programs_write)
{
    enum { FIRST_RECORD = 40, LAST_STEP = 20000 };
    static char wanted[LOG_ROOM], found[LOG_ROOM], log_text[LOG_ROOM];
    gan_log_desc desc = {GAN_LOG_DESC_INIT, .steps = LAST_STEP};
    const size_t n = scratch_read(golden_path("events.tfevents"), wanted, LOG_ROOM);
    const char *path = scratch_path("log.jsonl");
    gan_log *log;

    ck_assert_uint_eq(count_events(golden_path("events.tfevents")), 9);
    scratch_write(path, log_text, scratch_read(golden_path("events.jsonl"), log_text, LOG_ROOM));
    desc.events = scratch_path("tfevents");
    expect_ok(gan_log_create(&log, path, &desc));
    gan_log_destroy(log);
    ck_assert_uint_eq(scratch_read(desc.events, found, LOG_ROOM), n);
    expect_same_bits(found + FIRST_RECORD, wanted + FIRST_RECORD, n - FIRST_RECORD);
    expect_same_bits(found, wanted, 12); /* its length */
}
