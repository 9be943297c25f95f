/* status.c - statuses and the per-thread message. */
#include "base/status_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_BYTES = 512,
    HEAD_BYTES = 160,                      /* bytes kept of the beginning of a longer one */
    FULL_BYTES = 2 * 4096 + MESSAGE_BYTES, /* a sentence that names two of the longest paths */
};

static _Thread_local char message[MESSAGE_BYTES];
static _Thread_local gan_status latest; /* that the message is about */

/* Continuation bytes of UTF-8. */
static int continues_letter(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Remove the middle of a text that is too long for the message, which is part of a path: messages
 * begin with the path and end with the reason. */
static void shorten(char *text)
{
    static const char gap[] = "...";
    const size_t n = strlen(text);
    size_t head = HEAD_BYTES, tail = n - (MESSAGE_BYTES - HEAD_BYTES - sizeof gap);

    if (n < MESSAGE_BYTES) return;
    while (head > 0 && continues_letter(text[head])) head--;
    while (continues_letter(text[tail])) tail++;
    memcpy(text + head, gap, sizeof gap - 1);
    memmove(text + head + sizeof gap - 1, text + tail, n + 1 - tail);
}

gan_status gan__fail(gan_status status, const char *format, ...)
{
    /* Formatted beside the message and then copied, because an argument may be the message
     * itself. */
    char text[FULL_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    shorten(text);
    for (char *c = text; *c;
         c++) /* a name from a file may hold any bytes; the message is one line */
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    memcpy(message, text, strlen(text) + 1);
    latest = status;
    return status;
}

const char *gan_last_error(void)
{
    return message;
}

gan_status gan_last_status(void)
{
    return latest;
}

const char *gan_status_name(gan_status status)
{
    switch ((int)status) {
#define GAN_STATUS_NAME(name, value, text)                                                         \
    case value: return #name;
        GAN_STATUS_MAP(GAN_STATUS_NAME)
#undef GAN_STATUS_NAME
    }
    return "unknown status";
}

const char *gan_status_text(gan_status status)
{
    switch ((int)status) {
#define GAN_STATUS_TEXT(name, value, text)                                                         \
    case value: return text;
        GAN_STATUS_MAP(GAN_STATUS_TEXT)
#undef GAN_STATUS_TEXT
    }
    return "unknown status";
}
