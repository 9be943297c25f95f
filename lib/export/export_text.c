/* export_text.c - see export_text_internal.h. */
#include "export/export_text_internal.h"

#include "export/export_texts.h"
#include "file/number_internal.h"

#include <stdio.h>
#include <string.h>

static const char *const *const texts[] = {
    [GAN__EXPORT_C_HEADER] = c_header,
    [GAN__EXPORT_C_SOURCE] = c_source,
    [GAN__EXPORT_C_RUN] = c_run,
    [GAN__EXPORT_C_MAIN] = c_main,
    [GAN__EXPORT_C_TEST] = c_test,
    [GAN__EXPORT_C_READ_WEIGHTS] = c_read_weights,
    [GAN__EXPORT_C_WEIGHTS_BEGIN] = c_weights_begin,
    [GAN__EXPORT_C_WEIGHTS_END] = c_weights_end,
    [GAN__EXPORT_C_FUNCTIONS] = c_functions,
    [GAN__EXPORT_PAGE] = page_html,
    [GAN__EXPORT_PAGE_SCRIPT] = page_script,
    [GAN__EXPORT_PAGE_FUNCTIONS] = page_functions,
};

/* ---- gaps ---- */

enum { DEPTH = 4 }; /* of gaps in the values of gaps */

typedef struct gaps {
    const gan__export_gap *list;
    size_t n;
} gaps;

static const char *value_of(const gaps *g, const char *name, size_t length)
{
    for (size_t i = 0; i < g->n; i++)
        if (strlen(g->list[i].name) == length && memcmp(g->list[i].name, name, length) == 0)
            return g->list[i].value;
    return "";
}

static void put_filled(gan__text *out, const char *line, const gaps *g, int depth)
{
    for (;;) {
        const char *gap = depth > 0 ? strstr(line, "@{") : NULL;
        const char *end = gap ? strchr(gap, '}') : NULL;

        if (!end) {
            gan__text_put_bytes(out, line, strlen(line));
            return;
        }
        gan__text_put_bytes(out, line, (size_t)(gap - line));
        put_filled(out, value_of(g, gap + 2, (size_t)(end - gap - 2)), g, depth - 1);
        line = end + 1;
    }
}

void gan__export_put_text(gan__text *out, gan__export_text which, const gan__export_gap *list,
                          size_t n)
{
    const gaps g = {list, n};

    for (const char *const *line = texts[which]; *line; line++) put_filled(out, *line, &g, DEPTH);
}

/* ---- functions ---- */

enum { MOST_FUNCTIONS = 64 };

typedef struct function {
    const char *head; /* "@ linear: matrix" */
    const char *const *lines;
    size_t n_lines;
    int needed;
} function;

static size_t read_functions(function *out, const char *const *line)
{
    size_t n = 0;

    for (; *line; line++)
        if (line[0][0] == '@' && n < MOST_FUNCTIONS)
            out[n++] = (function){line[0], line + 1, 0, 0};
        else if (n > 0)
            out[n - 1].n_lines++;
    return n;
}

/* Whether a head is that of a name, which ends with a space, a colon or a line. */
static int is_called(const char *head, const char *name)
{
    const size_t n = strcspn(name, " :\n");

    return strcspn(head + 2, " :\n") == n && memcmp(head + 2, name, n) == 0;
}

static void need(function *functions, size_t n, const char *name, const char *matrix)
{
    if (is_called("@ matrix", name)) name = matrix;
    for (size_t i = 0; i < n; i++)
        if (is_called(functions[i].head, name)) functions[i].needed = 1;
}

/* Functions call those before them. */
static void need_callees(function *functions, size_t n, const char *matrix)
{
    for (size_t i = n; i-- > 0;) {
        const char *name = strchr(functions[i].head, ':');

        while (functions[i].needed && name && *name != '\n') {
            name += strspn(name, ": ");
            need(functions, n, name, matrix);
            name += strcspn(name, " \n");
        }
    }
}

static const char *const matrices[] = {[GAN_EXPORT_FLOAT32] = "matrix_float32",
                                       [GAN_EXPORT_FLOAT16] = "matrix_float16",
                                       [GAN_EXPORT_INT8] = "matrix_int8"};

void gan__export_put_functions(gan__text *out, gan__export_text which, const gan__export_program *p)
{
    function functions[MOST_FUNCTIONS];
    const size_t n = read_functions(functions, texts[which]);

    for (size_t i = 0; i < p->n_calls; i++)
        need(functions, n, p->calls[i].function, matrices[p->type]);
    need_callees(functions, n, matrices[p->type]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; functions[i].needed && k < functions[i].n_lines; k++)
            gan__text_put_bytes(out, functions[i].lines[k], strlen(functions[i].lines[k]));
}

/* ---- calls ---- */

void gan__export_put_float(gan__text *out, float value, const char *suffix)
{
    char text[GAN__NUMBER_BYTES];

    gan__number_print_float(text, value);
    gan__text_put(out, "%s%s%s", text, strpbrk(text, ".e") ? "" : ".0", suffix);
}

static void put_place(gan__text *out, gan__export_place place)
{
    static const char *const areas[] = {
        [GAN__EXPORT_Z] = "z", [GAN__EXPORT_IMAGE] = "image", [GAN__EXPORT_WORK] = "work"};

    gan__text_put(out, "%s", areas[place.area]);
    if (place.at > 0) gan__text_put(out, " + %zu", place.at);
}

void gan__export_put_call(gan__text *out, const gan__export_call *c, size_t unit,
                          const char *suffix)
{
    gan__text_put(out, "%s(", c->function);
    if (c->block > 0) {
        gan__text_put(out, "w + %zu", c->weights / unit);
        if (c->n_blocks > 1) gan__text_put(out, " + label * %zu", c->block / unit);
        gan__text_put(out, ", ");
    }
    for (size_t i = 0; i < c->n_arguments; i++) {
        if (c->real[i])
            gan__export_put_float(out, (float)c->arguments[i], suffix);
        else
            gan__text_put(out, "%.0f", c->arguments[i]);
        gan__text_put(out, ", ");
    }
    if (c->takes_label) gan__text_put(out, "label, ");
    put_place(out, c->x);
    if (c->takes_other) {
        gan__text_put(out, ", ");
        put_place(out, c->other);
    }
    gan__text_put(out, ", ");
    put_place(out, c->y);
    gan__text_put(out, c->block > 0 || c->sums > 0 ? ", room)" : ")");
}
