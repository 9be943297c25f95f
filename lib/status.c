/* status.c - statuses and the per-thread message. */
#include "status_internal.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512 };

static _Thread_local char message[MESSAGE_BYTES];

gan_status gan__fail(gan_status status, const char *format, ...)
{
    /* Formatted beside the message and then copied, because an argument may be the message
     * itself. */
    char text[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c;
         c++) /* a name from a file may hold anything; the sentence is one line */
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    snprintf(message, sizeof message, "%s", text);
    return status;
}

const char *gan_last_error(void)
{
    return message;
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
