/* progress.c - see progress.h. */
#include "progress.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static progress *drawn; /* whose line is on the terminal */

double progress_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_format_time(char *text, size_t capacity, double seconds)
{
    long s = seconds > 0 ? lround(fmin(seconds, 1e8)) : 0;
    if (s >= 3600)
        snprintf(text, capacity, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, capacity, "%ld:%02ld", s / 60, s % 60);
}

void progress_begin(progress *p)
{
    const char *terminal = getenv("TERM");
    p->live = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    p->drawn = 0;
}

size_t progress_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO)) return SIZE_MAX;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_draw(progress *p, const char *head, double done, const char *tail)
{
    enum { WIDEST = 40 };
    char bar[WIDEST + 4] = "";
    double now = progress_seconds();
    if (!p->live || now - p->drawn < 0.1) return;
    p->drawn = now;

    /* The bar gets the width that the words leave; a line that wraps could not be overwritten. */
    size_t columns = progress_columns() - 1, words = strlen(head) + strlen(tail) + 2;
    if (columns >= words + 12) {
        size_t width = columns - words - 2 < WIDEST ? columns - words - 2 : WIDEST;
        size_t filled = (size_t)(fmin(fmax(done, 0), 1) * (double)width);
        bar[0] = '[';
        memset(bar + 1, '.', width);
        memset(bar + 1, '#', filled);
        memcpy(bar + 1 + width, "] ", 3);
    }
    char line[512];
    snprintf(line, sizeof line, "%s %s%s", head, bar, tail);
    printf("\r\033[K%.*s", (int)columns, line);
    fflush(stdout);
    drawn = p;
}

void progress_clear(progress *p)
{
    if (!p->live || p->drawn == 0) return;
    fputs("\r\033[K", stdout);
    fflush(stdout);
    p->drawn = 0;
    drawn = NULL;
}

void progress_wipe(void)
{
    if (drawn) progress_clear(drawn);
}
