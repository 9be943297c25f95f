/* health_sentence.c - a rule's sentence, with its numbers inserted.
 *
 *     $i            number i of the evidence, 3 digits
 *     %i            the same as a share in per cent
 *     @i            the names of the modes that the numbers from i on are, up to the first NaN
 *     {i:a|b|c}     one of these texts, which may contain $ and %: number i is its index, from 0
 *
 * Numbers are printed by the library's own function, independent of the host's locale. */
#include "file/number_internal.h"
#include "judge/health_internal.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 3, MOST_WHOLE_DIGITS = 9 };

typedef struct writer {
    const gan_health *health;
    const double *evidence;
    char *at, *end; /* the end has room for the zero byte */
} writer;

static void put_bytes(writer *w, const char *bytes, size_t n)
{
    const size_t room = (size_t)(w->end - w->at);

    if (n > room) n = room;
    memcpy(w->at, bytes, n);
    w->at += n;
}

/* Whole numbers, such as counts, are written whole. */
static void put_number(writer *w, double value)
{
    char text[GAN__NUMBER_BYTES];
    const int whole = fabs(value) < 1e9 && !(fabs(value - floor(value)) > 0);

    gan__number_print(text, value, whole ? MOST_WHOLE_DIGITS : DIGITS);
    put_bytes(w, text, strlen(text));
}

static void put_share(writer *w, double share)
{
    char text[GAN__NUMBER_BYTES];

    gan__number_print(text, 100 * share, DIGITS);
    put_bytes(w, text, strlen(text));
    put_bytes(w, " %", 2);
}

/* Modes that are classes have names. */
static void put_mode(writer *w, size_t mode)
{
    const gan_health *h = w->health;

    if (w->evidence[1] <= (double)h->desc.n_classes && mode < h->desc.n_classes)
        put_bytes(w, h->class_names[mode], strlen(h->class_names[mode]));
    else
        put_number(w, (double)mode);
}

static void put_modes(writer *w, size_t first)
{
    size_t i = first;

    for (; i < GAN__HEALTH_EVIDENCE && !isnan(w->evidence[i]); i++) {
        if (i > first) put_bytes(w, ", ", 2);
        put_mode(w, (size_t)w->evidence[i]);
    }
    /* Number 0 of such evidence is the count of missing modes, number 1 that of all modes. */
    if (w->evidence[0] > (double)(i - first)) put_bytes(w, " ...", 4);
}

static void put_marked(writer *w, char mark, size_t i)
{
    if (mark == '$') put_number(w, w->evidence[i]);
    if (mark == '%') put_share(w, w->evidence[i]);
    if (mark == '@') put_modes(w, i);
}

static int is_mark(const char *s)
{
    return (*s == '$' || *s == '%' || *s == '@') && s[1] >= '0' && s[1] <= '9';
}

/* Write the text up to `stop`. */
static void put_text(writer *w, const char *text, const char *stop)
{
    while (text < stop)
        if (is_mark(text)) {
            put_marked(w, *text, (size_t)(text[1] - '0'));
            text += 2;
        } else {
            put_bytes(w, text++, 1);
        }
}

/* Write the selected alternative of {i:a|b|c}, and return the text after it. */
static const char *put_choice(writer *w, const char *brace)
{
    const char *end = strchr(brace, '}'), *from = brace + 3;
    size_t skip = (size_t)w->evidence[brace[1] - '0'];

    for (;;) {
        const char *bar = memchr(from, '|', (size_t)(end - from));
        const char *stop = bar ? bar : end;

        if (skip == 0 || !bar) {
            put_text(w, from, stop);
            return end + 1;
        }
        from = stop + 1;
        skip--;
    }
}

void gan__health_sentence(const gan_health *health, const char *sentence, const double *evidence,
                          char text[GAN_SENTENCE_BYTES])
{
    writer w = {health, evidence, text, text + GAN_SENTENCE_BYTES - 1};

    while (*sentence) {
        const char *brace = strchr(sentence, '{');
        const char *stop = brace ? brace : sentence + strlen(sentence);

        put_text(&w, sentence, stop);
        sentence = brace ? put_choice(&w, brace) : stop;
    }
    *w.at = '\0';
}
