/* logs.c - see logs.h. */
#include "logs.h"

#include "expect.h"
#include "scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *text_of(const char *path)
{
    static char rooms[3][LOG_ROOM];
    static int next;
    char *room = rooms[next++ % 3];

    room[scratch_read(path, room, LOG_ROOM - 1)] = '\0';
    return room;
}

char *timeless(const char *path)
{
    const char *from = text_of(path);
    char *out = malloc(strlen(from) + 1), *to = out;

    while (*from) {
        const size_t name = strncmp(from, "\"time\":", 7) == 0       ? 7
                            : strncmp(from, "\"seconds\":", 10) == 0 ? 10
                                                                     : 0;

        if (name == 0) {
            *to++ = *from++;
            continue;
        }
        memcpy(to, from, name);
        to += name;
        *to++ = '0';
        from += name;
        from += strcspn(from, ",}");
    }
    *to = '\0';
    return out;
}

gan_log_desc every(uint64_t interval)
{
    return (gan_log_desc){GAN_LOG_DESC_INIT, .interval = interval};
}

gan_log *log_at(const char *name, const gan_log_desc *desc)
{
    gan_log *log;

    expect_ok(gan_log_create(&log, scratch_path(name), desc));
    return log;
}

double log_number(uint64_t i)
{
    return sin(1.7 * (double)i) / 3;
}

void log_steps(gan_log *log, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++) {
        const gan_train_stats stats = {GAN_TRAIN_STATS_INIT, .d_loss = log_number(i),
                                       .g_loss = log_number(i + 7), .d_real = 0.5};

        expect_ok(gan_log_value(log, "g_lr", 0.001 / (double)(i + 1)));
        expect_ok(gan_log_step(log, &stats));
        if ((i + 1) % 5 != 0) continue;
        expect_ok(gan_log_metric(log, "frechet", log_number(i) + 2));
        expect_ok(gan_log_epoch(log, (i + 1) / 5));
    }
}

void log_interrupted(const char *name, gan_log_desc desc, uint64_t at, uint64_t lost, uint64_t end)
{
    gan_log *log = log_at(name, &desc);

    expect_ok(gan_log_note(log, "settings.lr", "0.1"));
    log_steps(log, 0, at);
    expect_ok(gan_log_save(log));
    log_steps(log, at, lost);
    gan_log_destroy(log);
    desc.steps = at;
    log = log_at(name, &desc);
    ck_assert_uint_eq(gan_log_step_count(log), at);
    expect_ok(gan_log_note(log, "settings.lr", "0.1"));
    log_steps(log, at, end);
    gan_log_destroy(log);
}
