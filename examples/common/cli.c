/* cli.c - the command line of the example programs: options, messages, exit codes. */
#include "cli.h"
#include "progress.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_OPTIONS = 96, MAX_NAME = 64, MAX_REASON = 512 };

/* What getopt_long() returns; for an option of the table FIRST and its index, which no letter
 * is. */
enum { HELP = 'h', VERSION = 999, FIRST = 1000 };

static const char *program_name = "";

/* ---- Messages ---- */

/* Return how many bytes the character at `s` has, 0 for a control character and for what is not
 * UTF-8. */
static size_t printable(const unsigned char *s)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (n == 1) return s[0] >= 0x20 && s[0] != 0x7f;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : n; /* U+0080 to U+009F are controls, too */
}

/* A terminal obeys control characters: those of a file's name are shown instead. */
static void put_harmlessly(FILE *out, const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t n = printable(s);
        if (n > 0)
            fwrite(s, 1, n, out);
        else
            fprintf(out, "\\x%02x", *s);
        s += n > 0 ? n : 1;
    }
}

static void GAN_PRINTF(2, 0) put_line(FILE *out, const char *format, va_list args)
{
    char brief[256], *text = brief;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(brief, sizeof brief, format, args);
    if (length >= (int)sizeof brief) {
        char *longer = malloc((size_t)length + 1);
        if (longer) vsnprintf(longer, (size_t)length + 1, format, again);
        if (longer) text = longer; /* else the call is about its beginning */
    }
    va_end(again);
    put_harmlessly(out, text);
    putc('\n', out);
    if (text != brief) free(text);
}

static void GAN_PRINTF(1, 0) say(const char *format, va_list args)
{
    progress_wipe();
    fflush(stdout);
    fprintf(stderr, "%s: ", program_name);
    put_line(stderr, format, args);
}

void cli_print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line(stdout, format, args);
    va_end(args);
}

void cli_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void cli_usage_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    fprintf(stderr, "Try '%s --help'.\n", program_name);
    exit(CLI_EXIT_USAGE);
}

int cli_ok(gan_status status)
{
    if (status < 0) cli_say("%s", gan_last_error());
    return status >= 0;
}

int cli_have(void *memory)
{
    if (!memory) cli_say("out of memory");
    return memory != NULL;
}

void cli_must(gan_status status)
{
    if (!cli_ok(status)) exit(cli_end(CLI_EXIT_FAILURE));
}

void *cli_memory(size_t n, size_t size)
{
    void *memory = calloc(n > 0 ? n : 1, size);
    if (!cli_have(memory)) exit(cli_end(CLI_EXIT_FAILURE));
    return memory;
}

const char *cli_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- Beginning and end ---- */

/* If standard input, output or error are closed, the next file that is opened would get their
 * descriptor, and everything that is printed. */
static void open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) _exit(CLI_EXIT_FAILURE);
}

int cli_end(int code)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_say("standard output: %s; some of the output is lost",
                errno ? strerror(errno) : "writing failed");
        if (code == CLI_EXIT_OK) code = CLI_EXIT_FAILURE;
    }
    if (ferror(stderr) && code == CLI_EXIT_OK) code = CLI_EXIT_FAILURE;
    return code;
}

/* ---- Values as text ---- */

cli_number cli_shortest(double value)
{
    cli_number out;
    for (int digits = 6; digits <= 17; digits++) { /* %g leaves zeros at the end out */
        snprintf(out.text, sizeof out.text, "%.*g", digits, value);
        if (strtod(out.text, NULL) == value) break;
    }
    return out;
}

void cli_write_value(char *out, size_t capacity, const cli_option *o)
{
    if (o->whole)
        snprintf(out, capacity, "%ld", *o->whole);
    else if (o->real)
        snprintf(out, capacity, "%s", cli_shortest(*o->real).text);
    else if (o->choice)
        snprintf(out, capacity, "%s", o->choices[*o->choice]);
    else if (o->text)
        snprintf(out, capacity, "%s", *o->text ? *o->text : "");
    else
        snprintf(out, capacity, "%s", *o->on ? "yes" : "no");
}

static void list_choices(const cli_option *o, char *out, size_t capacity)
{
    size_t used = 0;
    for (size_t i = 0; o->choices[i] && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i ? ", " : "", o->choices[i]);
}

static int set_whole(const cli_option *o, const char *text, char *why, size_t capacity)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (!errno && end != text && !*end && (double)value >= o->min && (double)value <= o->max) {
        *o->whole = value;
        return 1;
    }
    snprintf(why, capacity, "a whole number from %.0f to %.0f expected, got \"%s\"", o->min, o->max,
             text);
    return 0;
}

static int set_real(const cli_option *o, const char *text, char *why, size_t capacity)
{
    char *end;
    double value = strtod(text, &end);
    if (end != text && !*end && value >= o->min && value <= o->max) {
        *o->real = value;
        return 1;
    }
    snprintf(why, capacity, "a number from %s to %s expected, got \"%s\"",
             cli_shortest(o->min).text, cli_shortest(o->max).text, text);
    return 0;
}

static int set_choice(const cli_option *o, const char *text, char *why, size_t capacity)
{
    char all[256];
    for (int i = 0; o->choices[i]; i++)
        if (strcmp(o->choices[i], text) == 0) {
            *o->choice = i;
            return 1;
        }
    list_choices(o, all, sizeof all);
    snprintf(why, capacity, "one of %s expected, got \"%s\"", all, text);
    return 0;
}

static int set_switch(const cli_option *o, const char *text, char *why, size_t capacity)
{
    *o->on = strcmp(text, "yes") == 0;
    if (*o->on || strcmp(text, "no") == 0) return 1;
    snprintf(why, capacity, "yes or no expected, got \"%s\"", text);
    return 0;
}

int cli_set_value(const cli_option *o, const char *text, char *why, size_t capacity)
{
    if (o->whole) return set_whole(o, text, why, capacity);
    if (o->real) return set_real(o, text, why, capacity);
    if (o->choice) return set_choice(o, text, why, capacity);
    if (o->on) return set_switch(o, text, why, capacity);
    *o->text = text;
    if (*text) return 1;
    snprintf(why, capacity, "a name expected, got \"\"");
    return 0;
}

/* ---- Options ---- */

cli_option *cli_find(cli_option *table, const char *name)
{
    while (strcmp(table->name, name) != 0) table++;
    return table;
}

/* The Damerau-Levenshtein distance: the least number of letters to insert, delete, replace or
 * exchange with the next one to turn `a` into `b`: d[i][j] is that of their first i and j letters.
 * Names have at most MAX_NAME. */
static unsigned distance(const char *a, const char *b)
{
    unsigned char d[MAX_NAME + 1][MAX_NAME + 1];
    size_t m = strlen(a), n = strlen(b);
    for (size_t i = 0; i <= m; i++) d[i][0] = (unsigned char)i;
    for (size_t j = 0; j <= n; j++) d[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= m; i++)
        for (size_t j = 1; j <= n; j++) {
            int least = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] < least) least = d[i - 1][j] + 1;
            if (d[i][j - 1] < least) least = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] < least)
                least = d[i - 2][j - 2] + 1;
            d[i][j] = (unsigned char)least;
        }
    return d[m][n];
}

const char *cli_nearest(const cli_option *table, const char *name)
{
    const char *nearest = NULL;
    size_t length = strlen(name), least = length / 3 + 1;
    for (; table->name; table++) {
        size_t n = table->help && length <= MAX_NAME ? distance(name, table->name) : least;
        if (n < least) {
            least = n;
            nearest = table->name;
        }
    }
    return nearest;
}

/* Print words behind a column of names, in lines that end before the 80th column. */
static void print_wrapped(const char *left, const char *text)
{
    enum { INDENT = 23, WIDTH = 79 - INDENT };
    printf("  %-20s ", left);
    while (strlen(text) > WIDTH) {
        int n = WIDTH;
        while (n > 0 && text[n] != ' ') n--;
        printf("%.*s\n%*s", n, text, INDENT, "");
        text += n + 1;
    }
    puts(text);
}

static void print_option(const cli_option *o)
{
    char left[40], text[2 * MAX_REASON], value[256] = "", all[256] = "";
    if (!o->help) return;
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->argument ? " " : "",
             o->argument          ? o->argument
             : o->on && o->chosen ? "[=no]"
                                  : "");
    if (o->choice) list_choices(o, all, sizeof all);
    if (o->chosen)
        snprintf(value, sizeof value, "chosen");
    else if (!o->on)
        cli_write_value(value, sizeof value, o);
    snprintf(text, sizeof text, "%s%s%s%s%s%s", o->help, *all ? ": " : "", all, *value ? " (" : "",
             value, *value ? ")" : "");
    print_wrapped(left, text);
}

/* Print the examples, whose lines begin with the program's own name, with that by which it was called. */
static void print_examples(const cli_program *program)
{
    size_t length = strlen(program->name);
    for (const char *line = program->examples; *line;) {
        const char *end = line + strcspn(line, "\n"), *words = line + strspn(line, " ");
        int is_call = !strncmp(words, program->name, length) && words[length] == ' ';
        if (is_call)
            printf("%.*s%s%.*s\n", (int)(words - line), line, program_name,
                   (int)(end - words - length), words + length);
        else
            printf("%.*s\n", (int)(end - line), line);
        line = *end ? end + 1 : end;
    }
}

static void print_help(const cli_program *program)
{
    printf("Usage: %s [options]\n\n%s\nOptions, with their defaults in parentheses:\n",
           program_name, program->summary);
    for (const cli_option *o = program->options; o->name; o++) print_option(o);
    print_wrapped("--help", "show this text");
    print_wrapped("--version", "show the library's version");
    puts("\nExamples:");
    print_examples(program);
    puts(
        "\nExit status: 0 after success, 1 after a failure, 2 for wrong options, and 128 + N when\n"
        "signal N ended it.");
}

/* Translate the table to getopt_long()'s. */
static void fill_long_options(struct option *out, const cli_option *options)
{
    for (int n = 0; options[n].name; n++) {
        assert(n < MAX_OPTIONS && strlen(options[n].name) <= MAX_NAME);
        int takes_value = options[n].on ? optional_argument : required_argument;
        if (!options[n].help) continue;
        *out++ = (struct option){options[n].name, takes_value, NULL, FIRST + n};
    }
    *out++ = (struct option){"help", no_argument, NULL, HELP};
    *out++ = (struct option){"version", no_argument, NULL, VERSION};
    *out = (struct option){NULL, 0, NULL, 0};
}

/* Report the option that getopt_long() refused, which is in optopt. */
static void refuse_option(const cli_program *program, const char *text)
{
    if (optopt > 0 && optopt < VERSION) cli_usage_error("unknown option -%c", optopt);
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 2, "="), text + 2);
    const char *near = cli_nearest(program->options, name);
    cli_usage_error("unknown option %s%s%s%s", text, near ? "; is it --" : "", near ? near : "",
                    near ? "?" : "");
}

static void take_option(cli_option *o, const char *text)
{
    char why[MAX_REASON];
    o->given = 1;
    if (!cli_set_value(o, text ? text : "yes", why, sizeof why))
        cli_usage_error("--%s: %s", o->name, why);
}

/* The last component of the path by which the program was started: an installed program has another
 * name. */
static const char *name_called(const char *path, const char *otherwise)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *name = slash ? slash + 1 : path;
    return name && *name ? name : otherwise;
}

void cli_parse(const cli_program *program, int argc, char **argv)
{
    struct option long_options[MAX_OPTIONS + 3];
    open_standard_streams();
    fill_long_options(long_options, program->options);
    program_name = name_called(argv[0], program->name);
    opterr = 0; /* messages are printed here */

    int c;
    while ((c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (c == HELP) print_help(program);
        if (c == VERSION)
            printf("%s of libgan %s, with %s\n", program_name, gan_version_string(),
                   gan_blas_name());
        if (c == HELP || c == VERSION) exit(cli_end(CLI_EXIT_OK));
        if (c == ':') cli_usage_error("%s: a value expected", argv[optind - 1]);
        if (c == '?') refuse_option(program, argv[optind - 1]);
        take_option(&program->options[c - FIRST], optarg);
    }
    if (optind < argc)
        cli_usage_error("\"%s\" is not an option; options begin with two dashes", argv[optind]);
}
