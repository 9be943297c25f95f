/* export.c - write a trained generator as C source, as a web page or as an ONNX file. */
#include "common/program.h"

#include <stdlib.h>
#include <string.h>

enum { AUTO = 3 };
static const char *const types[] = {"float32", "float16", "int8", "auto", NULL};

typedef struct options {
    const char *model, *out, *name, *page, *title, *clang;
    int type; /* a gan_export_type, or AUTO */
    int c, apart, test, main, onnx, fold, javascript, overwrite;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors",
                   .out = ".",
                   .name = "generator",
                   .title = "Generator",
                   .clang = "clang",
                   .type = AUTO};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"out", "DIRECTORY", .text = &o->out, .help = "where to write; created if need be"},
        {"name", "NAME", .text = &o->name,
         .help = "name of files and functions: letters, digits and _"},
        {.name = "c", .on = &o->c, .help = "C source: NAME.h, NAME.c, NAME_weights.h"},
        {"page", "FILE", .text = &o->page, .help = "an HTML page that draws pictures in the "
                                                   "browser"},
        {"weights", "TYPE", .choice = &o->type, .choices = types,
         .help = "type of the weights; the error of fewer bits is measured and printed; auto: float32 in C source, "
                 "float16 in a page"},
        {.name = "apart", .on = &o->apart,
         .help = "NAME_weights.bin, which the program reads, instead of NAME_weights.h"},
        {.name = "test", .on = &o->test,
         .help = "also NAME_test.c, which compares samples with the library's"},
        {.name = "main", .on = &o->main, .help = "also NAME_main.c, which writes a picture as PGM "
                                                 "or PPM"},
        {"title", "TEXT", .text = &o->title, .help = "of the page"},
        {"clang", "PROGRAM", .text = &o->clang,
         .help = "the compiler for the page's WebAssembly"},
        {.name = "javascript", .on = &o->javascript, .help = "a page without WebAssembly"},
        {.name = "onnx", .on = &o->onnx, .help = "an ONNX file: NAME.onnx"},
        {.name = "fold", .on = &o->fold,
         .help = "with --onnx: fold batch normalisation into the preceding weights"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace files that exist already"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "export",
        .options = table,
        .summary =
            "Writes a generator in forms that need no library: a file that fashion_gan,\n"
            "gan_network_save() or gan_checkpoint_save() wrote.\n"
            "\n"
            "C source has a function that computes a sample from a latent vector, in C99 and C++,\n"
            "without allocations or global variables.  A page is a single self-contained file:\n"
            "samples by seed, sliders, interpolation, classes and downloads.  An ONNX file is for\n"
            "onnxruntime and other programs: input z, of conditional generators also label,\n"
            "output image.\n",
        .examples = "  export --page boots.html --title Boots\n"
                    "  export --c --main && cc -O3 generator.c generator_main.c -lm && ./a.out 7\n"
                    "  export --model out/checkpoint.safetensors --c --name boots --weights int8\n"
                    "  export --onnx                                       generator.onnx\n",
    };
    cli_parse(&program, argc, argv);
    if (!o->c && !o->page && !o->onnx)
        cli_usage_error("what to write is missing: --c, --page or --onnx");
}

/* ---- C source ---- */

static int may_write(const options *o, const char *ending)
{
    char name[100], path[PATH_MAX];

    snprintf(name, sizeof name, "%.60s%s", o->name, ending);
    return files_join(path, sizeof path, o->out, name) && files_may_write(path, o->overwrite);
}

static int write_c(const options *o, gan_network *net)
{
    int type = o->type == AUTO ? GAN_EXPORT_FLOAT32 : o->type;
    gan_export_report report = {GAN_EXPORT_REPORT_INIT};

    if (!may_write(o, ".h") || !may_write(o, ".c") ||
        !may_write(o, o->apart ? "_weights.bin" : "_weights.h") ||
        (o->test && !may_write(o, "_test.c")) || (o->main && !may_write(o, "_main.c")))
        return 0;
    if (!cli_ok(gan_export_c(net, o->out,
                             &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .name = o->name,
                                                  .weights = (gan_export_type)type,
                                                  .weights_apart = o->apart, .with_test = o->test,
                                                  .with_main = o->main, .report = &report})))
        return 0;
    cli_print("%s/%s.c: %zu bytes of weights, needs a workspace of %zu floats", o->out, o->name,
              report.weight_bytes, report.work_floats);
    if (type != GAN_EXPORT_FLOAT32)
        cli_print(
            "With weights of %s, values of 100 samples differ by at "
            "most %.2g, root mean square %.2g",
            types[type], report.max_difference, report.rms_difference);
    return 1;
}

/* ---- a page ---- */

static int write_page(const options *o, gan_network *net)
{
    size_t n = 0;
    if (!files_may_write(o->page, o->overwrite)) return 0;
    unsigned char *wasm = o->javascript ? NULL : wasm_compile(&n, net, o->clang);
    int good = cli_ok(gan_export_page(
        net, o->page,
        &(gan_export_page_desc){GAN_EXPORT_PAGE_DESC_INIT, .title = o->title,
                                .weights =
                                    o->type == AUTO ? GAN_EXPORT_FLOAT16 : (gan_export_type)o->type,
                                .wasm = wasm, .wasm_bytes = n}));
    if (good) cli_print("%s, which computes in %s", o->page, wasm ? "WebAssembly" : "JavaScript");
    free(wasm);
    return good;
}

/* ---- ONNX ---- */

static int write_onnx(const options *o, gan_network *net)
{
    char path[PATH_MAX], name[100];
    const gan_export_onnx_desc desc = {GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = o->fold};

    snprintf(name, sizeof name, "%.60s.onnx", o->name);
    if (!files_join(path, sizeof path, o->out, name) || !files_may_write(path, o->overwrite) ||
        !cli_ok(gan_export_onnx(net, path, &desc)))
        return 0;
    cli_print("%s: for onnxruntime 1.12 or later", path);
    return 1;
}

int main(int argc, char **argv)
{
    options o;
    gan_network *net = NULL;

    read_options(&o, argc, argv);
    const int good = generator_read(&net, o.model) && files_make_directory(o.out) &&
                     (!o.c || write_c(&o, net)) && (!o.page || write_page(&o, net)) &&
                     (!o.onnx || write_onnx(&o, net));
    gan_network_destroy(net);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
