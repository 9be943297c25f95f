/* settings.c - see settings.h. */
#include "settings.h"

#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REASON = 512 };

static const char PROGRAM[] = "program";

/* ---- Values, whose control characters and backslashes are written as \x0a ---- */

static void escape(char *out, size_t capacity, const char *value)
{
    size_t used = 0;
    for (const unsigned char *s = (const unsigned char *)value; *s && used + 5 < capacity; s++) {
        int plain = *s >= 0x20 && *s != 0x7f && *s != '\\';
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

    used = (size_t)snprintf(text, capacity,
                            "# The settings of this run, as --resume reads them.\n"
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

static cli_option *find_option(const cli_program *program, const char *name)
{
    for (cli_option *o = program->options; o->name; o++)
        if (o->keep != CLI_LOCAL && strcmp(o->name, name) == 0) return o;
    return NULL;
}

/* Set an option to what the file says; one without a value was not given then. */
static int set_from_file(const cli_option *o, const char *value, const char *path)
{
    char why[MAX_REASON];
    if (o->text && !*value) {
        *o->text = NULL;
        return 1;
    }
    if (cli_set_value(o, value, why, sizeof why)) return 1;
    cli_say("%s: %s: %s", path, o->name, why);
    return 0;
}

/* An option of the command line beside the value in the file. */
static int compare_given(const cli_option *o, const char *value, const char *path)
{
    char given[PATH_MAX], saved[PATH_MAX];
    const char *name = o->text ? *o->text : NULL;
    cli_write_value(given, sizeof given, o);
    if (!set_from_file(o, value, path)) return 0;
    cli_write_value(saved, sizeof saved, o);
    if (o->keep == CLI_FIXED && strcmp(given, saved) != 0) {
        cli_say("--%s is %s, but the run was started with %s: leave the option out, or train anew "
                "in another --out",
                o->name, given, saved);
        return 0;
    }
    char why[MAX_REASON];
    return cli_set_value(o, name ? name : given, why, sizeof why);
}

static int read_line(const cli_program *program, const char *name, char *value, const char *path)
{
    unescape(value);
    if (strcmp(name, PROGRAM) == 0) {
        if (strcmp(value, program->name) == 0) return 1;
        cli_say("%s: the run is one of %s, not of %s", path, value, program->name);
        return 0;
    }
    const cli_option *o = find_option(program, name);
    if (!o) {
        cli_say("%s: %s has no setting \"%s\"", path, program->name, name);
        return 0;
    }
    return o->given ? compare_given(o, value, path) : set_from_file(o, value, path);
}

int settings_read(const cli_program *program, char *text, const char *path)
{
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        if (*line == '#' || *line == '\0') continue;
        char *middle = strstr(line, " =");
        if (!middle) {
            cli_say("%s: \"name = value\" expected in each line, found \"%s\"", path, line);
            return 0;
        }
        *middle = '\0';
        char *value = middle + 2 + (middle[2] == ' ');
        if (!read_line(program, line, value, path)) return 0;
    }
    return 1;
}
