/* figures.c - nested figures with names, written as JSON. */
#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct figures {
    char name[80]; /* "": in a list */
    char text[80]; /* without " or \ */
    double value;  /* when it is empty */
    figures *first, *last, *next;
    enum { GROUP, NUMBER, TEXT } is;
};

figures *figures_begin(void)
{
    figures *f = calloc(1, sizeof *f);

    if (!f) abort();
    return f;
}

void figures_end(figures *f)
{
    while (f->first) {
        figures *first = f->first;

        f->first = first->next;
        figures_end(first);
    }
    free(f);
}

void figures_add(figures *to, const char *name, figures *more)
{
    snprintf(more->name, sizeof more->name, "%s", name ? name : "");
    if (to->last)
        to->last->next = more;
    else
        to->first = more;
    to->last = more;
}

void put(figures *to, const char *name, double value)
{
    figures *f = figures_begin();

    f->is = NUMBER;
    f->value = value;
    figures_add(to, name, f);
}

void put_text(figures *to, const char *name, const char *text)
{
    figures *f = figures_begin();

    f->is = TEXT;
    snprintf(f->text, sizeof f->text, "%s", text);
    for (char *c = f->text; *c; c++)
        if (*c == '"' || *c == '\\') *c = ' ';
    figures_add(to, name, f);
}

static void write_one(FILE *file, const figures *f, int depth)
{
    const int named = !f->first || *f->first->name;

    if (*f->name) fprintf(file, "\"%s\": ", f->name);
    if (f->is == NUMBER) {
        fprintf(file, isfinite(f->value) ? "%.17g" : "null", f->value);
        return;
    }
    if (f->is == TEXT) {
        fprintf(file, "\"%s\"", f->text);
        return;
    }
    fprintf(file, named ? "{" : "[");
    for (const figures *x = f->first; x; x = x->next) {
        fprintf(file, "%s\n%*s", x == f->first ? "" : ",", depth + 1, "");
        write_one(file, x, depth + 1);
    }
    fprintf(file, "\n%*s%s", depth, "", named ? "}" : "]");
}

int figures_write(const figures *f, const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file) return 0;
    write_one(file, f, 0);
    fprintf(file, "\n");
    return fclose(file) == 0;
}
