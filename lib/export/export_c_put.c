/* export_c_put.c - the texts of C source. */
#include "export/export_c_internal.h"
#include "export/export_text_internal.h"

#include "base/alloc_internal.h"
#include "base/tensor_internal.h"

#include <gan/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what stands in the gaps ---- */

enum { MOST_GAPS = 48, GAP_BYTES = 4096 };

typedef struct filling {
    gan__export_gap gaps[MOST_GAPS];
    size_t n;
    char bytes[GAP_BYTES];
    size_t used;
} filling;

static void fill_with(filling *f, const char *name, const char *value)
{
    f->gaps[f->n++] = (gan__export_gap){name, value};
}

static void fill(filling *f, const char *name, const char *format, ...) GAN_PRINTF(3, 4);

static void fill(filling *f, const char *name, const char *format, ...)
{
    va_list arguments;

    fill_with(f, name, f->bytes + f->used);
    va_start(arguments, format);
    f->used +=
        (size_t)vsnprintf(f->bytes + f->used, sizeof f->bytes - f->used, format, arguments) + 1;
    va_end(arguments);
}

static void fill_size(filling *f, const char *name, size_t value)
{
    fill(f, name, "%zu", value);
}

static void fill_upper(filling *f, const char *name, const char *text)
{
    char upper[GAN__EXPORT_C_NAME + 1];
    size_t n = 0;

    for (; text[n]; n++)
        upper[n] = (char)(text[n] >= 'a' && text[n] <= 'z' ? text[n] - 32 : text[n]);
    upper[n] = '\0';
    fill(f, name, "%s", upper);
}

static void fill_shapes(filling *f, const gan_network *net)
{
    const gan_shape out = gan_network_output_shape(net);
    gan_shape picture = gan_network_picture_shape(net);

    if (picture.rank == 0) picture = out;
    if (picture.rank != 3) picture = (gan_shape){0};
    fill_size(f, "n_z", gan_shape_size(net->input));
    fill_size(f, "n_image", gan_shape_size(out));
    fill(f, "shape", "%s", gan__shape_text_of(picture.rank ? picture : out).text);
    fill_size(f, "channels", picture.dim[0]);
    fill_size(f, "height", picture.dim[1]);
    fill_size(f, "width", picture.dim[2]);
    fill_with(f, "what", picture.rank ? "pictures of a generator" : "a network");
    fill_with(f, "extension", picture.rank == 0 ? "txt" : picture.dim[0] == 1 ? "pgm" : "ppm");
}

static void fill_labels(filling *f, const gan_network *net)
{
    const int has = net->n_classes > 0;

    fill_size(f, "classes", net->n_classes);
    fill_with(f, "label_parameter", has ? " int label," : "");
    fill_with(f, "label_argument", has ? " label," : "");
    fill_with(f, "test_label_argument", has ? " labels[s]," : "");
    fill_with(f, "of_a_class", has ? " of a class, 0 to @{NAME}_CLASSES - 1" : "");
    fill_with(f, "label_sentence",
              has ? "; or 1 for another class, and\n * then nothing is written" : "");
    fill_with(f, "check_label",
              has ? "    if (label < 0 || label >= @{NAME}_CLASSES) return 1;\n" : "");
    fill_with(f, "class_name",
              net->class_names ? "\n/* Return the name of a class; NULL for none. */\n"
                                 "const char *@{name}_class_name(int label);\n"
                               : "");
}

static void fill_weights(filling *f, const gan__export_c *c)
{
    const int apart = c->desc.weights_apart;

    fill_size(f, "weight_bytes", c->program.weight_bytes);
    fill_with(f, "weights_parameter", apart ? "const void *weights, " : "");
    fill_with(f, "weights_argument", apart ? "weights, " : "");
    fill_with(f, "weights_sentence",
              apart
                  ? "  `weights` are the bytes of\n * @{name}_weights.bin, at an address that is a "
                    "multiple of 4."
                  : "");
    fill_with(f, "weights", apart ? "(const unsigned char *)weights" : "weights.bytes");
    fill_with(f, "include_weights", apart ? "" : "#include \"@{name}_weights.h\"\n\n");
    fill_with(f, "call_read_weights", apart ? "    if (!read_weights()) return 1;\n" : "");
}

static void fill_loss(filling *f, const gan__export_c *c)
{
    if (c->desc.weights == GAN_EXPORT_FLOAT32)
        fill_with(f, "loss", "");
    else
        fill(f, "loss",
             " *\n * Weights have %d bits: over %d samples numbers differ from those of 32 bits by "
             "at "
             "most %.2g,\n * root mean square %.2g.\n",
             c->desc.weights == GAN_EXPORT_FLOAT16 ? 16 : 8, GAN__EXPORT_LOSS_SAMPLES, c->most,
             c->rms);
}

static void fill_all(filling *f, const gan__export_c *c)
{
    const gan_network *net = c->program.network.net;
    const int uniform = net->latent == GAN_LATENT_UNIFORM;

    f->n = f->used = 0;
    fill(f, "name", "%s", c->name);
    fill_upper(f, "NAME", c->name);
    fill(f, "version", "%s", gan_version_string());
    fill_shapes(f, net);
    fill_labels(f, net);
    fill_weights(f, c);
    fill_loss(f, c);
    fill_with(f, "latent", uniform ? "evenly from -1 to 1" : "standard normal ones");
    fill_with(f, "draw",
              uniform ? "2.0 * a - 1.0 + 0.0 * b"
                      : "sqrt(-2.0 * log(a)) * cos(6.283185307179586 * b)");
    fill_size(f, "n_work", c->program.n_work > 0 ? c->program.n_work : 1);
    fill_size(f, "room", c->program.room);
}

/* ---- NAME.c ---- */

static size_t lines_of(const gan__text *text)
{
    size_t n = 0;

    for (size_t i = 0; i < text->used; i++) n += text->bytes[i] == '\n';
    return n;
}

/* One per line, or several where the file would become too long to read. */
static void put_calls(gan__text *out, const gan__export_program *p)
{
    enum { MOST_LINES = 390 };
    const size_t used = lines_of(out), room = used < MOST_LINES ? MOST_LINES - used : 1;
    const size_t a_line = (p->n_calls + room - 1) / room;

    for (size_t i = 0; i < p->n_calls; i++) {
        const gan__export_call *c = &p->calls[i];

        gan__text_put(out, i % a_line == 0 ? "    " : " ");
        gan__export_put_call(out, c, 1, "f");
        gan__text_put(out, ";");
        if (c->step)
            gan__text_put(out, " /* %s %s: %s */", c->step->layer->name,
                          c->step->layer->class->name,
                          gan__shape_text_of(c->step->layer->out).text);
        if ((i + 1) % a_line == 0 || i + 1 == p->n_calls) gan__text_put(out, "\n");
    }
    gan__text_put(out, "    return 0;\n}\n");
}

/* As a C string literal, whatever bytes the name has. */
static void put_quoted(gan__text *out, const char *text)
{
    gan__text_put(out, "\"");
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;

        if (byte < 32 || byte > 126 || strchr("\"\\?", byte))
            gan__text_put(out, "\\%03o", byte);
        else
            gan__text_put(out, "%c", byte);
    }
    gan__text_put(out, "\"");
}

static void put_class_names(gan__text *out, const gan__export_c *c)
{
    const gan_network *net = c->program.network.net;

    gan__text_put(out,
                  "\nconst char *%s_class_name(int label)\n{\n    static const char *const names[] "
                  "= {",
                  c->name);
    for (size_t i = 0; i < net->n_classes; i++) {
        gan__text_put(out, i > 0 ? ", " : "");
        put_quoted(out, gan_network_class_name(net, i));
    }
    gan__text_put(out, "};\n\n    return label >= 0 && label < %zu ? names[label] : 0;\n}\n",
                  net->n_classes);
}

static int normalizes(const gan__export_program *p)
{
    for (size_t i = 0; i < p->n_calls; i++)
        if (strcmp(p->calls[i].function, "normalize") == 0) return 1;
    return 0;
}

static void put_source(gan__text *out, const gan__export_c *c, filling *f)
{
    fill_with(f, "math", normalizes(&c->program) ? "#include <math.h>\n" : "");
    gan__export_put_text(out, GAN__EXPORT_C_SOURCE, f->gaps, f->n);
    gan__export_put_functions(out, GAN__EXPORT_C_FUNCTIONS, &c->program);
    gan__text_put(out, "\n");
    gan__export_put_text(out, GAN__EXPORT_C_RUN, f->gaps, f->n);
    put_calls(out, &c->program);
    if (c->program.network.net->class_names) put_class_names(out, c);
}

/* ---- weights ---- */

void gan__export_put_string(gan__text *out, const unsigned char *bytes, size_t n)
{
    enum { A_LINE = 32 };

    for (size_t i = 0; i < n; i++) {
        const unsigned char byte = bytes[i], next = i + 1 < n ? bytes[i + 1] : 0;

        if (i % A_LINE == 0) gan__text_put_bytes(out, "\"", 1);
        if (byte >= 32 && byte <= 126 && !strchr("\"\\?", byte))
            gan__text_put_bytes(out, (const char *)&bytes[i], 1);
        else
            gan__text_put(out, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", byte);
        if (i % A_LINE == A_LINE - 1 || i + 1 == n) gan__text_put_bytes(out, "\"\n", 2);
    }
    if (n == 0) gan__text_put(out, "\"\"\n");
}

static void put_weights(gan__text *out, const gan__export_c *c, const filling *f)
{
    const gan__export_program *p = &c->program;
    unsigned char *bytes;

    out->status = gan__alloc(&bytes, out->allocator, p->weight_bytes, 1);
    if (out->status != GAN_OK) return;
    gan__export_put_weights(p, bytes);
    if (c->desc.weights_apart)
        gan__text_put_bytes(out, (const char *)bytes, p->weight_bytes);
    else {
        gan__export_put_text(out, GAN__EXPORT_C_WEIGHTS_BEGIN, f->gaps, f->n);
        gan__export_put_string(out, bytes, p->weight_bytes);
        gan__export_put_text(out, GAN__EXPORT_C_WEIGHTS_END, f->gaps, f->n);
    }
    gan__free(out->allocator, bytes);
}

/* ---- NAME_test.c ---- */

/* Rows of every step-th of n numbers. */
static void put_rows(gan__text *out, const float *numbers, size_t rows, size_t n, size_t step)
{
    for (size_t r = 0; r < rows; r++) {
        gan__text_put(out, "    {");
        for (size_t i = 0; i < n; i += step) {
            gan__text_put(out, i > 0 ? ", " : "");
            gan__export_put_float(out, numbers[r * n + i], "f");
        }
        gan__text_put(out, "},\n");
    }
}

static void put_test(gan__text *out, const gan__export_c *c, filling *f)
{
    enum { NUMBERS = 100 };
    const gan_network *net = c->program.network.net;
    const size_t n = gan_shape_size(gan_network_output_shape(net));
    const size_t step = (n + NUMBERS - 1) / NUMBERS;
    gan__text inputs = {.allocator = out->allocator}, outputs = inputs, labels = inputs;

    put_rows(&inputs, c->z, GAN__EXPORT_SAMPLES, gan_shape_size(net->input), 1);
    put_rows(&outputs, c->images, GAN__EXPORT_SAMPLES, n, step);
    for (size_t i = 0; i < GAN__EXPORT_SAMPLES; i++)
        gan__text_put(&labels, "%s%u", i > 0 ? ", " : "", c->labels[i]);
    out->status = inputs.status | outputs.status | labels.status ? GAN_ERR_NOMEM : GAN_OK;
    if (out->status == GAN_OK) {
        fill_with(f, "inputs", inputs.bytes);
        fill_with(f, "outputs", outputs.bytes);
        fill_with(f, "labels", labels.bytes);
        fill_size(f, "n_samples", GAN__EXPORT_SAMPLES);
        fill_size(f, "step", step);
        fill_with(f, "tolerance", "1e-5");
        gan__export_put_text(out, GAN__EXPORT_C_TEST, f->gaps, f->n);
    }
    gan__text_end(&inputs);
    gan__text_end(&outputs);
    gan__text_end(&labels);
}

/* ---- one of them ---- */

void gan__export_c_put(gan__text *out, const gan__export_c *c, gan_export_c_file file)
{
    filling f;
    gan__text read = {.allocator = out->allocator};

    fill_all(&f, c);
    if (c->desc.weights_apart) gan__export_put_text(&read, GAN__EXPORT_C_READ_WEIGHTS, f.gaps, f.n);
    out->status = read.status;
    fill_with(&f, "read_weights", read.bytes ? read.bytes : "");
    if (out->status != GAN_OK) return;
    switch (file) {
    case GAN_EXPORT_C_HEADER: gan__export_put_text(out, GAN__EXPORT_C_HEADER, f.gaps, f.n); break;
    case GAN_EXPORT_C_SOURCE: put_source(out, c, &f); break;
    case GAN_EXPORT_C_WEIGHTS: put_weights(out, c, &f); break;
    case GAN_EXPORT_C_TEST: put_test(out, c, &f); break;
    case GAN_EXPORT_C_MAIN: gan__export_put_text(out, GAN__EXPORT_C_MAIN, f.gaps, f.n); break;
    }
    gan__text_end(&read);
}
