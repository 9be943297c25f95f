/* cli.c - what the example programs share: options, messages, a progress line, reading a
 * generator. */
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_OPTIONS = 48 };

/* What getopt_long() returns; for an option of the table FIRST and its index, which no letter
 * is. */
enum { HELP = 'h', VERSION = 999, FIRST = 1000 };

static const char *program_name = "";

/* ---- Messages ---- */

static void GAN_PRINTF(1, 0) say(const char *format, va_list args)
{
    fflush(stdout);
    fprintf(stderr, "%s: ", program_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
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

/* ---- Options ---- */

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

static void list_choices(const cli_option *o, char *out, size_t capacity)
{
    size_t used = 0;
    for (size_t i = 0; o->choices[i] && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i ? ", " : "", o->choices[i]);
}

static void print_option(const cli_option *o)
{
    char left[40], text[512], value[256] = "", all[256] = "";
    snprintf(left, sizeof left, "--%s%s%s", o->name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    if (o->choice) list_choices(o, all, sizeof all);
    if (o->choice) snprintf(value, sizeof value, " (%s)", o->choices[*o->choice]);
    if (o->whole) snprintf(value, sizeof value, " (%ld)", *o->whole);
    if (o->real) snprintf(value, sizeof value, " (%g)", *o->real);
    if (o->text && *o->text) snprintf(value, sizeof value, " (%s)", *o->text);
    snprintf(text, sizeof text, "%s%s%s%s", o->help, *all ? ": " : "", all, value);
    print_wrapped(left, text);
}

static void print_help(const cli_program *program)
{
    printf("Usage: %s [options]\n\n%s\nOptions, with their defaults:\n", program->name,
           program->summary);
    for (const cli_option *o = program->options; o->name; o++) print_option(o);
    print_wrapped("--help", "show this text");
    print_wrapped("--version", "show the library's version");
    printf("\nExamples:\n%s", program->examples);
}

static long parse_whole(const cli_option *o, const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || (double)value < o->min || (double)value > o->max)
        cli_usage_error("--%s: a whole number from %.0f to %.0f expected, got \"%s\"", o->name,
                        o->min, o->max, text);
    return value;
}

static double parse_real(const cli_option *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= o->min && value <= o->max))
        cli_usage_error("--%s: a number from %g to %g expected, got \"%s\"", o->name, o->min,
                        o->max, text);
    return value;
}

static int parse_choice(const cli_option *o, const char *text)
{
    char all[256];
    for (int i = 0; o->choices[i]; i++)
        if (strcmp(o->choices[i], text) == 0) return i;
    list_choices(o, all, sizeof all);
    cli_usage_error("--%s: one of %s expected, got \"%s\"", o->name, all, text);
    return -1;
}

static void take_option(const cli_option *o, const char *text)
{
    if (o->whole)
        *o->whole = parse_whole(o, text);
    else if (o->real)
        *o->real = parse_real(o, text);
    else if (o->choice)
        *o->choice = parse_choice(o, text);
    else if (o->text && !*text)
        cli_usage_error("--%s: a name expected, got nothing", o->name);
    else if (o->text)
        *o->text = text;
    else
        *o->on = 1;
}

/* Translate the table to getopt_long()'s. */
static void fill_long_options(struct option *out, const cli_option *options)
{
    int n = 0;
    for (; options[n].name && n < MAX_OPTIONS; n++) {
        int takes_value = options[n].on ? no_argument : required_argument;
        out[n] = (struct option){options[n].name, takes_value, NULL, FIRST + n};
    }
    out[n] = (struct option){"help", no_argument, NULL, HELP};
    out[n + 1] = (struct option){"version", no_argument, NULL, VERSION};
    out[n + 2] = (struct option){NULL, 0, NULL, 0};
}

/* Say what getopt_long() did not like, which it tells by optopt. */
static void refuse_option(const cli_program *program, const char *text)
{
    if (optopt >= FIRST)
        cli_usage_error("--%s takes no value", program->options[optopt - FIRST].name);
    if (optopt > 0 && optopt < VERSION) cli_usage_error("there is no option -%c", optopt);
    cli_usage_error("there is no option %s", text);
}

void cli_parse(const cli_program *program, int argc, char **argv)
{
    struct option long_options[MAX_OPTIONS + 3];
    fill_long_options(long_options, program->options);
    program_name = program->name;
    opterr = 0; /* its messages are ours */

    int c;
    while ((c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (c == HELP) {
            print_help(program);
            exit(CLI_EXIT_OK);
        }
        if (c == VERSION) {
            printf("%s of libgan %s, with %s\n", program->name, gan_version_string(),
                   gan_blas_name());
            exit(CLI_EXIT_OK);
        }
        if (c == ':') cli_usage_error("%s wants a value", argv[optind - 1]);
        if (c == '?') refuse_option(program, argv[optind - 1]);
        take_option(&program->options[c - FIRST], optarg);
    }
    if (optind < argc)
        cli_usage_error("\"%s\" is no option; options begin with two dashes", argv[optind]);
}

/* ---- Files ---- */

int cli_join(char *path, size_t capacity, const char *folder, const char *name)
{
    int length = snprintf(path, capacity, "%s/%s", folder, name);
    if (length >= 0 && (size_t)length < capacity) return 1;
    cli_say("%s/%s: the name is too long", folder, name);
    return 0;
}

int cli_make_folder(const char *path)
{
    char part[PATH_MAX];
    struct stat info;

    if (strlen(path) >= sizeof part) {
        cli_say("%s: the name is too long", path);
        return 0;
    }
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            cli_say("%s: cannot make the folder: %s", part, strerror(errno));
            return 0;
        }
    }
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return 1;
    cli_say("%s: is no folder", path);
    return 0;
}

/* ---- Fashion-MNIST ---- */

const char *const cli_garments[CLI_GARMENTS] = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                                "sandal",  "shirt",   "sneaker",  "bag",   "boot"};

/* Look for a file in a folder, packed or not.  Return 1 and its path when it is there. */
static int find_file(char *path, size_t capacity, const char *folder, const char *set,
                     const char *rest)
{
    char name[64];
    for (int packed = 1; *folder && packed >= 0; packed--) {
        snprintf(name, sizeof name, "%s-%s-ubyte%s", set, rest, packed ? ".gz" : "");
        if (!cli_join(path, capacity, folder, name)) return 0;
        if (access(path, F_OK) == 0) return 1;
    }
    return 0;
}

static int open_folder(gan_dataset **out, const cli_data *what, const char *folder,
                       const char *images)
{
    char labels[PATH_MAX];
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_count = what->limit};
    if (what->labels && !find_file(labels, sizeof labels, folder, what->set, "labels-idx1")) {
        cli_say("%s: there is no %s-labels-idx1-ubyte.gz in it, nor without .gz", folder,
                what->set);
        return 0;
    }
    if (!cli_ok(gan_dataset_open_idx(out, images, what->labels ? labels : NULL, &desc))) return 0;
    if (!what->quiet) printf("Data: %zu images of %s\n", gan_dataset_count(*out), images);
    return 1;
}

int cli_open_data(gan_dataset **out, const cli_data *what)
{
    const char *named = getenv("GAN_DATA_DIR") ? getenv("GAN_DATA_DIR") : "";
    const char *places[] = {what->folder ? what->folder : named, "data/fashion-mnist"};
    char images[PATH_MAX];
    for (size_t i = 0; i < (what->folder ? 1 : 2); i++)
        if (find_file(images, sizeof images, places[i], what->set, "images-idx3"))
            return open_folder(out, what, places[i], images);
    if (what->folder) {
        cli_say("--data %s: there is no %s-images-idx3-ubyte.gz in it, nor without .gz",
                what->folder, what->set);
        return 0;
    }
    size_t count = what->limit > 0 && what->limit < what->drawn ? what->limit : what->drawn;
    cli_say("no Fashion-MNIST in %s%sdata/fashion-mnist: taking %zu silhouettes drawn by the "
            "library",
            named, *named ? " or " : "", count);
    return cli_ok(gan_dataset_create_shapes(out, count, what->seed, NULL));
}

/* ---- The progress line ---- */

double cli_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cli_format_time(char *text, size_t capacity, double seconds)
{
    long s = seconds > 0 ? lround(fmin(seconds, 1e8)) : 0;
    if (s >= 3600)
        snprintf(text, capacity, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, capacity, "%ld:%02ld", s / 60, s % 60);
}

void cli_progress_begin(cli_progress *progress)
{
    const char *terminal = getenv("TERM");
    progress->live = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    progress->drawn = 0;
}

static size_t terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void cli_progress_draw(cli_progress *progress, const char *head, double done, const char *tail)
{
    enum { WIDEST = 40 };
    char bar[WIDEST + 4] = "";
    double now = cli_seconds();
    if (!progress->live || now - progress->drawn < 0.1) return;
    progress->drawn = now;

    /* The bar gets what the words leave free; a line that wraps could not be drawn over. */
    size_t columns = terminal_columns() - 1, words = strlen(head) + strlen(tail) + 2;
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
}

void cli_progress_clear(cli_progress *progress)
{
    if (!progress->live || progress->drawn == 0) return;
    fputs("\r\033[K", stdout);
    fflush(stdout);
    progress->drawn = 0;
}

/* ---- Generators ---- */

void cli_draw_noise(gan_rng *rng, double truncation, size_t n, float *z)
{
    if (truncation > 0)
        gan_rng_truncated_normal(rng, truncation, n, z);
    else
        gan_rng_normal(rng, n, z);
}

static int find_picture_shape(gan_shape *picture, gan_shape output)
{
    if (output.rank == 3 && (output.dim[0] == 1 || output.dim[0] == 3)) {
        *picture = output;
        return 1;
    }
    if (output.rank == 2) {
        *picture = gan_shape_3d(1, output.dim[0], output.dim[1]);
        return 1;
    }
    size_t size = gan_shape_size(output), side = (size_t)lround(sqrt((double)size));
    *picture = gan_shape_3d(1, side, side);
    return output.rank == 1 && side > 1 && side * side == size;
}

/* Open a network's file, or a checkpoint with a generator in it. */
static int open_network(gan_network **out, const char *path)
{
    char why[512];
    gan_status status = gan_network_open(out, path, NULL);
    if (status != GAN_ERR_FORMAT) return cli_ok(status);
    snprintf(why, sizeof why, "%s", gan_last_error());
    /* Where a run keeps an average, that is what it draws from. */
    if (gan_checkpoint_average(out, path, NULL) == GAN_OK ||
        gan_checkpoint_networks(out, NULL, path, NULL) == GAN_OK)
        return 1;
    cli_say("%s", why);
    if (strcmp(why, gan_last_error()) != 0) cli_say("%s", gan_last_error());
    return 0;
}

int cli_open_generator(gan_network **out, gan_shape *picture, const char *path)
{
    if (!open_network(out, path)) return 0;
    gan_shape input = gan_network_input_shape(*out), output = gan_network_output_shape(*out);
    if (gan_shape_size(input) != input.dim[0])
        cli_say("%s: a vector of noise is wanted as its input, found %zu x %zu numbers", path,
                input.dim[0], gan_shape_size(input) / input.dim[0]);
    else if (!find_picture_shape(picture, output))
        cli_say("%s: a square number or a shape of grey or RGB pixels is wanted as its output, "
                "found %zu numbers",
                path, gan_shape_size(output));
    else
        return 1;
    return 0;
}

cli_class_text cli_class_name(const gan_network *g, size_t label)
{
    cli_class_text out;
    const char *name = gan_network_class_name(g, label);
    if (name)
        snprintf(out.text, sizeof out.text, "%s", name);
    else
        snprintf(out.text, sizeof out.text, "class %zu", label);
    return out;
}

static void say_classes(const gan_network *g, const char *option, const char *text)
{
    char all[1024] = "";
    size_t n = gan_network_class_count(g), used = 0;
    for (size_t i = 0; gan_network_class_name(g, i) && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                                 gan_network_class_name(g, i));
    cli_say("--%s: a number from 0 to %zu%s%s expected, got \"%s\"", option, n - 1,
            *all ? " or one of " : "", all, text);
}

int cli_find_class(uint8_t *label, const gan_network *g, const char *option, const char *text)
{
    size_t n = gan_network_class_count(g);
    if (n == 0) {
        cli_say("--%s: the generator looks at no class, it was trained without labels", option);
        return 0;
    }
    for (size_t i = 0; gan_network_class_name(g, i) && i < n; i++)
        if (strcasecmp(gan_network_class_name(g, i), text) == 0) {
            *label = (uint8_t)i;
            return 1;
        }
    char *end;
    long number = strtol(text, &end, 10);
    if (*text && !*end && number >= 0 && (size_t)number < n) {
        *label = (uint8_t)number;
        return 1;
    }
    say_classes(g, option, text);
    return 0;
}
