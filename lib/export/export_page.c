/* export_page.c - a generator as an HTML page that draws in the browser.
 *
 * The page has text/page.txt around text/page_script.txt.  Its generator is either the C source of
 * export_c.c as WebAssembly, which the host has compiled, or the same program in JavaScript, by the
 * functions of text/page_functions.txt; both read the same block of weights. */
#include "export/export_page_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "export/export_text_internal.h"
#include "file/file_internal.h"
#include "file/number_internal.h"

#include <gan/version.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIRECTIONS = 8, MOST_DIRECTIONS = 64, TITLE_BYTES = 120 };

typedef struct page {
    gan__export_program program;
    gan_export_page_desc desc;
    gan_shape picture;
    size_t n_directions;
    gan__export_direction directions[MOST_DIRECTIONS];
    float *vectors;
} page;

/* ---- settings ---- */

static gan_status read_desc(gan_export_page_desc *out, const gan_export_page_desc *desc)
{
    gan_status status = GAN_OK;
    const gan_export_page_desc defaults = {GAN_EXPORT_PAGE_DESC_INIT};

    *out = defaults;
    GAN_TRY(gan__desc_read(out, sizeof *out, sizeof *out, desc, "gan_export_page_desc"));
    if (out->weights != GAN_EXPORT_FLOAT16 && out->weights != GAN_EXPORT_FLOAT32)
        GAN_FAIL(GAN_ERR_INVALID,
                 "export: weights of a page are %d, float32 (%d) or float16 (%d) "
                 "expected",
                 (int)out->weights, GAN_EXPORT_FLOAT32, GAN_EXPORT_FLOAT16);
    if (out->n_directions > MOST_DIRECTIONS)
        GAN_FAIL(GAN_ERR_INVALID, "export: %zu directions, at most %d expected", out->n_directions,
                 MOST_DIRECTIONS);
    if (!out->wasm != !out->wasm_bytes)
        GAN_FAIL(GAN_ERR_INVALID, "export: wasm is %s, but has %zu bytes",
                 out->wasm ? "given" : "NULL", out->wasm_bytes);
    if (!out->title) out->title = "Generator";
    if (strlen(out->title) > TITLE_BYTES)
        GAN_FAIL(GAN_ERR_INVALID, "export: a title of at most %d bytes expected, got %zu",
                 TITLE_BYTES, strlen(out->title));
    if (out->n_directions == 0) out->n_directions = DIRECTIONS;

cleanup:
    return status;
}

static gan_status find_picture(page *p)
{
    const gan_network *net = p->program.network.net;
    gan_shape s = gan_network_picture_shape(net);

    if (s.rank == 0) s = gan_network_output_shape(net);
    if (s.rank == 2) s = gan_shape_3d(1, s.dim[0], s.dim[1]);
    if (s.rank != 3 || (s.dim[0] != 1 && s.dim[0] != 3))
        return gan__fail(GAN_ERR_SHAPE,
                         "export: a page shows pictures of 1 or 3 channels, the network makes %s; "
                         "gan_network_set_picture_shape() tells how to read it",
                         gan__shape_text_of(s).text);
    p->picture = s;
    return GAN_OK;
}

static gan_status begin(page *p, gan_network *net, const gan_export_page_desc *desc)
{
    gan_status status = GAN_OK;
    gan_allocator a;
    size_t latent;

    GAN_TRY(read_desc(&p->desc, desc));
    GAN_TRY(gan__alloc_init(&a, p->desc.allocator));
    GAN_TRY(gan__export_program_begin(&p->program, net, GAN_EXPORT_FLOAT32, &a));
    GAN_TRY(find_picture(p));
    latent = gan_shape_size(net->input);
    GAN_TRY(gan__alloc(&p->vectors, &a, gan__size_mul(p->desc.n_directions, latent),
                       sizeof *p->vectors));
    for (size_t i = 0; i < p->desc.n_directions; i++)
        p->directions[i].vector = p->vectors + i * latent;
    p->n_directions = p->desc.n_directions;
    GAN_TRY(gan__export_find_directions(p->directions, &p->n_directions, &p->program.network));

cleanup:
    return status;
}

static void end(page *p)
{
    const gan_allocator a = p->program.network.allocator;

    if (!p->program.network.net) return;
    gan__free(&a, p->vectors);
    gan__export_program_end(&p->program);
}

/* ---- parts ---- */

static void put_base64(gan__text *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        const unsigned b = i + 1 < n ? bytes[i + 1] : 0, c = i + 2 < n ? bytes[i + 2] : 0;
        const unsigned all = (unsigned)bytes[i] << 16 | b << 8 | c;
        const char four[4] = {digits[all >> 18], digits[all >> 12 & 63],
                              i + 1 < n ? digits[all >> 6 & 63] : '=',
                              i + 2 < n ? digits[all & 63] : '='};

        gan__text_put_bytes(out, four, sizeof four);
    }
}

/* All weights as floats, or each rounded to 16 bits. */
static void put_weights(gan__text *out, const page *p)
{
    const size_t n = p->program.weight_bytes;
    unsigned char *bytes;

    out->status = gan__alloc(&bytes, out->allocator, n, 1);
    if (out->status != GAN_OK) return;
    gan__export_put_weights(&p->program, bytes);
    if (p->desc.weights == GAN_EXPORT_FLOAT16)
        for (size_t i = 0; i < n / 4; i++) {
            const uint32_t bits = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                                  (uint32_t)bytes[4 * i + 2] << 16 |
                                  (uint32_t)bytes[4 * i + 3] << 24;
            float value;

            memcpy(&value, &bits, sizeof value);
            const unsigned half = gan__export_half(value);

            bytes[2 * i] = (unsigned char)(half & 0xff);
            bytes[2 * i + 1] = (unsigned char)(half >> 8);
        }
    put_base64(out, bytes, p->desc.weights == GAN_EXPORT_FLOAT16 ? n / 2 : n);
    gan__free(out->allocator, bytes);
}

/* A text of JSON inside of a script: "</script>" and "<!--" must not end it. */
static void put_name(gan__text *out, const char *text)
{
    gan__text_put(out, "\"");
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;

        if (byte < 32 || strchr("\"\\<>&@", byte))
            gan__text_put(out, "\\u%04x", byte);
        else
            gan__text_put_bytes(out, text, 1);
    }
    gan__text_put(out, "\"");
}

static void put_classes(gan__text *out, const gan_network *net)
{
    gan__text_put(out, "\"classes\":[");
    for (size_t i = 0; i < net->n_classes; i++) {
        const char *name = gan_network_class_name(net, i);
        char number[24];

        snprintf(number, sizeof number, "%zu", i);
        gan__text_put(out, i > 0 ? "," : "");
        put_name(out, name ? name : number);
    }
    gan__text_put(out, "],");
}

static void put_directions(gan__text *out, const page *p)
{
    const size_t n = gan_shape_size(p->program.network.net->input);
    char number[GAN__NUMBER_BYTES];

    gan__text_put(out, "\"directions\":[");
    for (size_t i = 0; i < p->n_directions; i++) {
        gan__text_put(out, i > 0 ? ",[" : "[");
        for (size_t k = 0; k < n; k++) {
            gan__number_print(number, (double)p->directions[i].vector[k], 6);
            gan__text_put(out, "%s%s", k > 0 ? "," : "", number);
        }
        gan__text_put(out, "]");
    }
    gan__text_put(out, "],\"shares\":[");
    for (size_t i = 0; i < p->n_directions; i++)
        gan__text_put(out, "%s%.0f", i > 0 ? "," : "", 100 * p->directions[i].share);
    gan__text_put(out, "]");
}

static void put_model(gan__text *out, const page *p)
{
    const gan_network *net = p->program.network.net;

    gan__text_put(out,
                  "{\"z\":%zu,\"n\":%zu,\"channels\":%zu,\"height\":%zu,\"width\":%zu,\"bits\":%d,"
                  "\"uniform\":%s,\"wasm\":%s,\"room\":%zu,\"work\":%zu,",
                  gan_shape_size(net->input), gan_shape_size(p->picture), p->picture.dim[0],
                  p->picture.dim[1], p->picture.dim[2],
                  p->desc.weights == GAN_EXPORT_FLOAT16 ? 16 : 32,
                  net->latent == GAN_LATENT_UNIFORM ? "true" : "false",
                  p->desc.wasm ? "true" : "false", p->program.room, p->program.n_work);
    put_classes(out, net);
    put_directions(out, p);
    gan__text_put(out, "}");
}

static void put_functions(gan__text *out, const page *p)
{
    if (p->desc.wasm) return;
    gan__export_put_functions(out, GAN__EXPORT_PAGE_FUNCTIONS, &p->program);
    gan__text_put(out, "function program(w, z, image, work, room, label) {\n");
    for (size_t i = 0; i < p->program.n_calls; i++) {
        gan__text_put(out, "  ");
        gan__export_put_call(out, &p->program.calls[i], 4, "");
        gan__text_put(out, ";\n");
    }
    gan__text_put(out, "}\n");
}

static void put_title(gan__text *out, const char *text)
{
    for (; *text; text++)
        if (strchr("<>&\"@", *text) || (unsigned char)*text < 32)
            gan__text_put(out, "&#%d;", *text);
        else
            gan__text_put_bytes(out, text, 1);
}

/* ---- the page ---- */

enum { TITLE, WEIGHTS, WASM, MODEL, FUNCTIONS, SCRIPT, N_PARTS };

static void put_parts(gan__text *parts, const page *p)
{
    put_title(&parts[TITLE], p->desc.title);
    put_weights(&parts[WEIGHTS], p);
    if (p->desc.wasm) put_base64(&parts[WASM], p->desc.wasm, p->desc.wasm_bytes);
    put_model(&parts[MODEL], p);
    put_functions(&parts[FUNCTIONS], p);
    gan__export_put_text(&parts[SCRIPT], GAN__EXPORT_PAGE_SCRIPT, NULL, 0);
}

static const char *text_of(const gan__text *text)
{
    return text->bytes ? text->bytes : "";
}

static void put_page(gan__text *out, const page *p)
{
    gan__text parts[N_PARTS];
    char height[24], width[24];

    for (size_t i = 0; i < N_PARTS; i++) parts[i] = (gan__text){.allocator = out->allocator};
    snprintf(height, sizeof height, "%zu", p->picture.dim[1]);
    snprintf(width, sizeof width, "%zu", p->picture.dim[2]);
    put_parts(parts, p);
    for (size_t i = 0; i < N_PARTS; i++)
        if (parts[i].status != GAN_OK) out->status = parts[i].status;
    const gan__export_gap gaps[] = {
        {"title", text_of(&parts[TITLE])},
        {"weights", text_of(&parts[WEIGHTS])},
        {"wasm", text_of(&parts[WASM])},
        {"model", text_of(&parts[MODEL])},
        {"functions", text_of(&parts[FUNCTIONS])},
        {"script", text_of(&parts[SCRIPT])},
        {"version", gan_version_string()},
        {"height", height},
        {"width", width},
        {"class_keys", p->program.network.net->n_classes > 0 ? ", 0 to 9 class" : ""},
        {"note", p->desc.wasm ? "Computed here by WebAssembly." : "Computed here by JavaScript."},
    };
    gan__export_put_text(out, GAN__EXPORT_PAGE, gaps, sizeof gaps / sizeof *gaps);
    for (size_t i = 0; i < N_PARTS; i++) gan__text_end(&parts[i]);
}

static gan_status write_page(gan_network *net, gan__target to, const gan_export_page_desc *desc)
{
    gan_status status = GAN_OK;
    page p = {0};
    gan__text text = {0};

    GAN_TRY(begin(&p, net, desc));
    text.allocator = &p.program.network.allocator;
    put_page(&text, &p);
    GAN_TRY(text.status);
    GAN_TRY(gan__file_write_whole(to, text.bytes, text.used, text.allocator));

cleanup:
    if (text.allocator) gan__text_end(&text);
    end(&p);
    return status;
}

gan_status gan_export_page(gan_network *net, const char *path, const gan_export_page_desc *desc)
{
    if (!path) return gan__fail(GAN_ERR_INVALID, "export: path is NULL");
    return write_page(net, (gan__target){.path = path}, desc);
}

gan_status gan_export_page_to(gan_network *net, gan_writer *to, const gan_export_page_desc *desc)
{
    const gan_status status = gan__target_check((gan__target){.writer = to}, "export");

    return status == GAN_OK ? write_page(net, (gan__target){.writer = to}, desc) : status;
}

GAN__DEFINE_INIT(gan_export_page_desc_init, gan_export_page_desc, GAN_EXPORT_PAGE_DESC_INIT)
