/* export_c.c - a network as C source: settings, and one file after the other. */
#include "export/export_c_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- settings ---- */

/* A C identifier that is not a keyword: letters, digits and underscores, not a digit first. */
static gan_status read_name(char *out, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const size_t n = strlen(name);

    if (n == 0 || n > GAN__EXPORT_C_NAME || strspn(name, all) < n || strspn(name, letters) == 0)
        return gan__fail(
            GAN_ERR_INVALID,
            "export: name is \"%.60s\", 1 to %d letters, digits and _ expected, a letter "
            "first",
            name, GAN__EXPORT_C_NAME);
    memcpy(out, name, n + 1);
    return GAN_OK;
}

static gan_status read_desc(gan__export_c *c, const gan_export_c_desc *desc)
{
    gan_status status = GAN_OK;
    const gan_export_c_desc defaults = {GAN_EXPORT_C_DESC_INIT};
    gan_export_c_desc *d = &c->desc;

    *d = defaults;
    GAN_TRY(gan__desc_read(d, sizeof *d, sizeof *d, desc, "gan_export_c_desc"));
    GAN_TRY(gan__desc_check_range("export", "weights", (double)d->weights, GAN_EXPORT_FLOAT32,
                                  GAN_EXPORT_INT8));
    GAN_TRY(gan__record_check(d->report, "export report"));
    GAN_TRY(read_name(c->name, d->name ? d->name : "generator"));
    d->name = c->name;

cleanup:
    return status;
}

static void write_report(const gan__export_c *c)
{
    gan_export_report report = {GAN_EXPORT_REPORT_INIT};

    report.weight_bytes = c->program.weight_bytes;
    report.work_floats = c->program.n_work;
    report.max_difference = c->most;
    report.rms_difference = c->rms;
    gan__record_write(c->desc.report, &report, sizeof report);
}

/* ---- begin and end ---- */

static gan_status begin(gan__export_c *c, gan_network *net, const gan_export_c_desc *desc)
{
    gan_status status = GAN_OK;
    gan_allocator a;

    memset(c, 0, sizeof *c);
    GAN_TRY(read_desc(c, desc));
    GAN_TRY(gan__alloc_init(&a, c->desc.allocator));
    GAN_TRY(gan__export_program_begin(&c->program, net, c->desc.weights, &a));
    GAN_TRY(gan__export_c_measure(c, net, &a));

cleanup:
    return status;
}

static void end(gan__export_c *c)
{
    const gan_allocator a = c->program.network.allocator;

    if (!c->program.network.net) return;
    gan__free(&a, c->z);
    gan__free(&a, c->images);
    gan__free(&a, c->labels);
    gan__export_program_end(&c->program);
}

/* ---- files ---- */

static const struct file {
    const char *ending, *apart; /* of its name; apart: with weights_apart */
} files[] = {
    [GAN_EXPORT_C_HEADER] = {".h", ".h"},
    [GAN_EXPORT_C_SOURCE] = {".c", ".c"},
    [GAN_EXPORT_C_WEIGHTS] = {"_weights.h", "_weights.bin"},
    [GAN_EXPORT_C_TEST] = {"_test.c", "_test.c"},
    [GAN_EXPORT_C_MAIN] = {"_main.c", "_main.c"},
};
enum { N_FILES = sizeof files / sizeof *files };

static gan_status write_file(const gan__export_c *c, gan_export_c_file which, gan__target to)
{
    gan_status status = GAN_OK;
    gan__text text = {.allocator = &c->program.network.allocator};

    gan__export_c_put(&text, c, which);
    GAN_TRY(text.status);
    GAN_TRY(gan__file_write_whole(to, text.bytes, text.used, text.allocator));

cleanup:
    gan__text_end(&text);
    return status;
}

static int is_wanted(const gan__export_c *c, size_t which)
{
    if (which == GAN_EXPORT_C_TEST) return c->desc.with_test;
    return which != GAN_EXPORT_C_MAIN || c->desc.with_main;
}

static gan_status write_into(const gan__export_c *c, const char *directory, size_t which)
{
    gan_status status = GAN_OK;
    const struct file *f = &files[which];
    gan__text path = {.allocator = &c->program.network.allocator};

    gan__text_put(&path, "%s/%s%s", directory, c->name,
                  c->desc.weights_apart ? f->apart : f->ending);
    GAN_TRY(path.status);
    GAN_TRY(write_file(c, (gan_export_c_file)which, (gan__target){.path = path.bytes}));

cleanup:
    gan__text_end(&path);
    return status;
}

gan_status gan_export_c(gan_network *net, const char *directory, const gan_export_c_desc *desc)
{
    gan_status status = GAN_OK;
    gan__export_c c = {0};

    if (!directory) return gan__fail(GAN_ERR_INVALID, "export: directory is NULL");
    GAN_TRY(begin(&c, net, desc));
    for (size_t i = 0; i < N_FILES; i++)
        if (is_wanted(&c, i)) GAN_TRY(write_into(&c, directory, i));
    write_report(&c);

cleanup:
    end(&c);
    return status;
}

gan_status gan_export_c_to(gan_network *net, gan_export_c_file file, gan_writer *to,
                           const gan_export_c_desc *desc)
{
    gan_status status = GAN_OK;
    gan__export_c c = {0};

    GAN_TRY(gan__target_check((gan__target){.writer = to}, "export"));
    if ((int)file < 0 || (int)file >= (int)N_FILES)
        GAN_FAIL(GAN_ERR_INVALID,
                 "export: file is %d, GAN_EXPORT_C_HEADER (0) to GAN_EXPORT_C_MAIN (%d) expected",
                 (int)file, (int)N_FILES - 1);
    GAN_TRY(begin(&c, net, desc));
    GAN_TRY(write_file(&c, file, (gan__target){.writer = to}));
    write_report(&c);

cleanup:
    end(&c);
    return status;
}

GAN__DEFINE_INIT(gan_export_c_desc_init, gan_export_c_desc, GAN_EXPORT_C_DESC_INIT)
GAN__DEFINE_INIT(gan_export_report_init, gan_export_report, GAN_EXPORT_REPORT_INIT)
