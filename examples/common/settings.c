/* settings.c - see settings.h. */
#include "settings.h"

#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REASON = 512 };

static const char PROGRAM[] = "program";

/* ---- Values: control characters, backslashes and a space at either end are written as \x0a ---- */

static void escape(char *out, size_t capacity, const char *value)
{
    size_t used = 0;
    for (const unsigned char *s = (const unsigned char *)value; *s && used + 5 < capacity; s++) {
        int at_end = (const char *)s == value || s[1] == '\0';
        int plain = *s >= 0x20 && *s != 0x7f && *s != '\\' && !(*s == ' ' && at_end);
        used += (size_t)snprintf(out + used, capacity - used, plain ? "%c" : "\\x%02x", *s);
    }
    out[used] = '\0';
}

static void unescape(char *value)
{
    char *to = value;
    for (const char *from = value; *from; to++) {
        unsigned byte;
        if (from[0] == '\\' && sscanf(from, "\\x%2x", &byte) == 1 && byte != 0) {
            *to = (char)byte;
            from += 4;
        } else
            *to = *from++;
    }
    *to = '\0';
}

/* ---- Writing ---- */

char *settings_write(const cli_program *program)
{
    size_t capacity = 512, used;
    for (const cli_option *o = program->options; o->name; o++)
        capacity += strlen(o->name) + 64 + (o->text && *o->text ? 4 * (size_t)PATH_MAX : 0);
    char *text = malloc(capacity), value[PATH_MAX], whole[PATH_MAX], escaped[4 * PATH_MAX];
    if (!cli_have(text)) return NULL;

    used = (size_t)snprintf(
        text, capacity,
        "# The settings of this run.  --resume reads them; a copy, changed or not, begins\n"
        "# another run with --settings FILE.  --help explains each of them.\n"
        "%s = %s\n",
        PROGRAM, program->name);
    for (const cli_option *o = program->options; o->name; o++) {
        if (o->keep == CLI_LOCAL || !o->help) continue;
        cli_write_value(value, sizeof value, o);
        int found = o->is_path && *value && files_resolve(value, whole);
        escape(escaped, sizeof escaped, found ? whole : value);
        used += (size_t)snprintf(text + used, capacity - used, "%s = %s\n", o->name, escaped);
    }
    return text;
}

/* ---- Reading ---- */

/* A setting as found in the file. */
typedef struct setting {
    const cli_program *program;
    const char *path;
    size_t line;
    const char *name, *value;
} setting;

/* How an option is treated that has a value in a file.  Return 0 after saying what is wrong. */
typedef int set_option(cli_option *o, const setting *s);

/* NULL after saying that there is no such setting. */
static cli_option *find_option(const setting *s)
{
    cli_option *options = s->program->options, *o = options;
    while (o->name && strcmp(o->name, s->name) != 0) o++;
    if (o->name && o->keep != CLI_LOCAL) return o;
    const char *near = cli_nearest(options, s->name);
    if (o->name)
        cli_say("%s:%zu: %s belongs to the command line, where --%s is, not to the settings",
                s->path, s->line, s->name, s->name);
    else
        cli_say("%s:%zu: %s has no setting \"%s\"%s%s%s", s->path, s->line, s->program->name,
                s->name, near ? "; is it \"" : "", near ? near : "", near ? "\"?" : "");
    return NULL;
}

/* Set an option to the file's value; an empty value means that it was not given. */
static int set_from_file(cli_option *o, const setting *s)
{
    char why[MAX_REASON];
    if (o->text && !*s->value) {
        *o->text = NULL;
        return 1;
    }
    if (cli_set_value(o, s->value, why, sizeof why)) return 1;
    cli_say("%s:%zu: %s: %s", s->path, s->line, o->name, why);
    return 0;
}

/* Compare an option of the command line with the value in the file. */
static int compare_given(cli_option *o, const setting *s)
{
    char given[PATH_MAX], saved[PATH_MAX];
    const char *name = o->text ? *o->text : NULL;
    cli_write_value(given, sizeof given, o);
    if (!set_from_file(o, s)) return 0;
    cli_write_value(saved, sizeof saved, o);
    if (o->keep == CLI_FIXED && strcmp(given, saved) != 0) {
        cli_say("--%s is %s, but the run was started with %s: leave the option out, or start a new "
                "run in another --out",
                o->name, given, saved);
        return 0;
    }
    char why[MAX_REASON];
    return cli_set_value(o, name ? name : given, why, sizeof why);
}

static int resume_option(cli_option *o, const setting *s)
{
    return o->given ? compare_given(o, s) : set_from_file(o, s);
}

/* The command line overrides the file, whose values are checked all the same. */
static int give_option(cli_option *o, const setting *s)
{
    char kept[PATH_MAX], why[MAX_REASON];
    const char *name = o->text ? *o->text : NULL;
    int given = o->given;
    cli_write_value(kept, sizeof kept, o);
    if (!set_from_file(o, s)) return 0;
    if (given) return cli_set_value(o, name ? name : kept, why, sizeof why);
    o->given = o->help != NULL && *s->value;
    return 1;
}

static int read_setting(const setting *s, set_option *set)
{
    if (strcmp(s->name, PROGRAM) == 0) {
        if (strcmp(s->value, s->program->name) == 0) return 1;
        cli_say("%s:%zu: the run is one of %s, not of %s", s->path, s->line, s->value,
                s->program->name);
        return 0;
    }
    cli_option *o = find_option(s);
    if (!o) return 0;
    if (o->line > 0) {
        cli_say("%s:%zu: %s is in line %zu already", s->path, s->line, s->name, o->line);
        return 0;
    }
    o->line = s->line;
    return set(o, s);
}

/* Cut off spaces, tabs and carriage returns at both ends. */
static char *trim(char *text)
{
    static const char blank[] = " \t\r";
    text += strspn(text, blank);
    size_t n = strlen(text);
    while (n > 0 && strchr(blank, text[n - 1])) n--;
    text[n] = '\0';
    return text;
}

static int read_line(setting *s, char *line, set_option *set)
{
    line = trim(line);
    if (*line == '#' || *line == '\0') return 1;
    char *value = strchr(line, '=');
    if (!value) {
        cli_say("%s:%zu: name = value expected, found \"%s\"", s->path, s->line, line);
        return 0;
    }
    *value++ = '\0';
    value = trim(value);
    unescape(value);
    s->name = trim(line);
    s->value = value;
    return read_setting(s, set);
}

static int read_text(const cli_program *program, char *text, const char *path, set_option *set)
{
    setting s = {.program = program, .path = path};
    for (cli_option *o = program->options; o->name; o++) o->line = 0;
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        s.line++;
        if (!read_line(&s, line, set)) return 0;
    }
    return 1;
}

int settings_read(const cli_program *program, char *text, const char *path)
{
    return read_text(program, text, path, resume_option);
}

int settings_give(const cli_program *program, char *text, const char *path)
{
    return read_text(program, text, path, give_option);
}
