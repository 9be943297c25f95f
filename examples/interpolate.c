/* interpolate.c - latent space interpolation: draw samples between latent vectors or classes. */
#include "common/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    const char *model, *classes, *classifier;
    const char *out, *apng, *latents;
    long points, steps, seed, scale, milliseconds;
    double strength;
    int linear, loop, titles, overwrite;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors",
                   .classifier = "classifier.safetensors",
                   .points = 5,
                   .steps = 10,
                   .seed = 1,
                   .milliseconds = 100,
                   .strength = 2};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"points", "K", .whole = &o->points, .min = 2, .max = 200,
         .help = "latent vectors to interpolate between; each row leads from one to the next"},
        {"classes", "A,B", .text = &o->classes,
         .help = "names or numbers: interpolate from one class to another instead, with a row for "
                 "each point; a single class, of a conditional generator: stay in it"},
        {"classifier", "FILE", .text = &o->classifier,
         .help = "file of fashion_classifier: classifies the samples of an unconditional "
                 "generator"},
        {"strength", "X", .real = &o->strength, .min = 0, .max = 100,
         .help = "with --classifier: factor of the difference of the classes that is added"},
        {"steps", "N", .whole = &o->steps, .min = 2, .max = 200,
         .help = "pictures per row, including both ends"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of the points; same seed, same walk"},
        {.name = "linear", .on = &o->linear,
         .help = "linear instead of spherical interpolation; always used for uniform latent "
                 "vectors"},
        {.name = "loop", .on = &o->loop, .help = "go back from the last point to the first"},
        {"out", "FILE", .text = &o->out,
         .help = "a PNG of all rows; interpolation.png when no other output is requested"},
        {"apng", "FILE", .text = &o->apng,
         .help = "an animated PNG, a frame for each picture; between classes all points at once, "
                 "there and back"},
        {"milliseconds", "N", .whole = &o->milliseconds, .min = 1, .max = 65535,
         .help = "how long --apng shows a frame"},
        {.name = "titles", .on = &o->titles,
         .help = "write the numbers of the points and the names of the classes in --out"},
        {"scale", "N", .whole = &o->scale, .min = 0, .max = 64,
         .help = "scale factor: each pixel becomes N x N; 0: 1, or what titles need"},
        {"latents", "FILE", .text = &o->latents, .is_path = 1,
         .help = "the latent vectors as a NumPy array: pictures x latent dimension"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace files that exist already"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "interpolate",
        .options = table,
        .summary =
            "Latent space interpolation: draws samples between some random latent vectors.\n"
            "With --points 2 that is one strip; with more, each row begins where the one above\n"
            "it ends.  Interpolation is spherical (slerp), along a great circle, so that every\n"
            "vector has a norm as in training; with --linear it is on a straight line, which\n"
            "passes nearer to the origin.\n"
            "\n"
            "A conditional generator, such as fashion_cgan's, can keep the latent vector and go\n"
            "from one class to another, by interpolating the embeddings of both.  For one without\n"
            "classes a classifier classifies 4000 samples; the difference of the mean latent\n"
            "vectors of two classes is the direction from one to the other.\n",
        .examples =
            "  interpolate --points 2 --steps 12 --out strip.png\n"
            "  interpolate --points 8 --seed 3 --steps 20 --loop --apng walk.png --scale 4\n"
            "  interpolate --classes sneaker,boot                 or --classes 7,9\n"
            "  interpolate --classes dress                        from one dress to another\n"
            "  interpolate --classes 7,9 --classifier classifier.safetensors --titles\n",
    };
    cli_parse(&program, argc, argv);
    if (!o->out && !o->apng && !o->latents) o->out = "interpolation.png";
    if (o->loop && o->classes && strchr(o->classes, ','))
        cli_usage_error("--loop: not for interpolation between classes, --classes");
    if (o->titles && !plot_available())
        cli_say("titles are left out, as this program was built without Cairo");
}

/* ---- The way ---- */

/* The way, picture by picture. */
typedef struct walk {
    size_t n, rows, steps;
    int between;    /* 1: each row leads from one class to another */
    uint8_t end[2]; /* these classes; the same one twice for a single class */
    attribute by;   /* between classes of a classifier */
    float *z;       /* the latent vector of each picture */
    float *share;   /* position between one class and the other, 0 to 1, */
    uint8_t *from;  /* the one */
    uint8_t *to;    /* and the other */
} walk;

/* Read --classes, "A,B" or "A". */
static int choose_classes(walk *w, generator *g, const options *o)
{
    char first[128];
    const char *text = o->classes ? o->classes : "", *comma = strchr(text, ',');
    if (g->n_classes == 0 && !o->classes) return 1;
    w->between = comma != NULL;
    if (g->n_classes == 0 && files_exists(o->classifier))
        return attribute_open(&w->by, g, o->classifier, o->classes, (size_t)o->points);
    if (g->n_classes == 0) {
        cli_say("--classes: the generator has no classes, it was trained without labels, and there "
                "is no %s; fashion_classifier makes one",
                o->classifier);
        return 0;
    }
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, ","), text);
    return generator_find_class(&w->end[0], g, "classes", first) &&
           generator_find_class(&w->end[1], g, "classes", comma ? comma + 1 : first);
}

/* The points: with a classifier those of the first class. */
static void visit(const walk *w, generator *g, size_t points, float *visited)
{
    generator_seek(g, 0);
    generator_draw_latent(g, points, visited);
    for (size_t i = 0; w->by.classifier && i < points; i++) {
        generator_seek(g, w->by.starts[i]);
        generator_draw_latent(g, 1, visited + i * g->latent);
    }
}

/* Fill in the latent vector and class of each picture: along a row one of the two changes. */
static void plan(walk *w, generator *g, const options *o)
{
    size_t points = (size_t)o->points, latent = g->latent;
    float *visited = cli_memory(points * latent, sizeof *visited);
    w->steps = (size_t)o->steps;
    w->rows = points - !(w->between || o->loop);
    w->n = w->rows * w->steps;
    w->z = cli_memory(w->n * latent, sizeof *w->z);
    w->share = cli_memory(w->n, sizeof *w->share);
    w->from = cli_memory(w->n, 1);
    w->to = cli_memory(w->n, 1);
    visit(w, g, points, visited);
    memset(w->from, w->end[0], w->n);
    memset(w->to, w->end[1], w->n);
    for (size_t i = 0; i < w->n; i++) {
        const float *here = visited + i / w->steps * latent;
        const float *next = visited + (i / w->steps + 1) % points * latent;
        float *z = w->z + i * latent;
        double t = (double)(i % w->steps) / (double)(w->steps - 1);
        if (w->by.classifier) {
            attribute_go(&w->by, g, here, t, o->strength, z);
        } else if (w->between) {
            memcpy(z, here, latent * sizeof *z);
            w->share[i] = (float)t;
        } else
            generator_mix_latent(g, here, next, t, o->linear, z);
    }
    free(visited);
}

static int draw(const walk *w, const generator *g, float *samples)
{
    if (g->n_classes == 0) return cli_ok(gan_network_forward(g->net, w->z, w->n, samples));
    return cli_ok(
        gan_network_forward_between(g->net, w->z, w->from, w->to, w->share, w->n, samples));
}

/* ---- Output ---- */

/* The name of an end of the rows. */
static generator_class end_name(const walk *w, const generator *g, int end)
{
    generator_class out;
    if (!w->by.classifier) return generator_class_name(g, w->end[end]);
    if (w->by.name[end])
        snprintf(out.text, sizeof out.text, "%s", w->by.name[end]);
    else
        snprintf(out.text, sizeof out.text, "class %d", w->by.end[end]);
    return out;
}

static void say_walk(const walk *w, const generator *g, const options *o, const char *path)
{
    if (w->between)
        cli_print("a walk from %s to %s at %ld points in %s", end_name(w, g, 0).text,
                  end_name(w, g, 1).text, o->points, path);
    else
        cli_print("a walk over %ld points in %s", o->points, path);
}

static int write_rows(const walk *w, const generator *g, const options *o, const float *samples)
{
    sheet s = {.picture = g->picture, .columns = w->steps, .scale = (size_t)o->scale};
    sheet_text *rows = cli_memory(w->rows, sizeof *rows),
               *heads = cli_memory(w->steps, sizeof *heads);
    for (size_t i = 0; i < w->rows; i++)
        if (w->between)
            snprintf(rows[i].text, sizeof rows[i].text, "%zu", i + 1);
        else
            snprintf(rows[i].text, sizeof rows[i].text, "%zu to %zu", i + 1,
                     (i + 1) % (size_t)o->points + 1);
    snprintf(heads[0].text, sizeof heads->text, "%s", end_name(w, g, 0).text);
    snprintf(heads[w->steps - 1].text, sizeof heads->text, "%s", end_name(w, g, 1).text);
    if (o->titles) s.rows = rows;
    if (o->titles && w->between) s.heads = heads;
    int good = sheet_write(&s, samples, w->n, o->out);
    free(heads);
    free(rows);
    if (good) say_walk(w, g, o, o->out);
    return good;
}

/* Between points each picture is a frame, except the first of a row that begins where the one above
 * ended; between classes a frame is a column, and the frames are repeated in reverse. */
static size_t count_frames(const walk *w, const options *o)
{
    if (w->between) return 2 * (w->steps - 1);
    return w->rows * (w->steps - 1) + !o->loop;
}

static int make_frame(gan_image **out, const walk *w, const generator *g, const options *o,
                      const float *samples, size_t frame)
{
    sheet s = {.picture = g->picture, .scale = o->scale > 0 ? (size_t)o->scale : 1};
    size_t n = w->between ? w->rows : 1, column = frame % (w->steps - 1),
           row = frame / (w->steps - 1);
    if (row == w->rows) row--, column = w->steps - 1; /* the end */
    if (w->between) column = frame < w->steps ? frame : 2 * (w->steps - 1) - frame;
    float *shown = cli_memory(n * g->size, sizeof *shown);
    for (size_t i = 0; i < n; i++)
        memcpy(shown + i * g->size,
               samples + ((w->between ? i : row) * w->steps + column) * g->size,
               g->size * sizeof *shown);
    int good = sheet_make(out, &s, shown, n);
    free(shown);
    return good;
}

static int write_animation(const walk *w, const generator *g, const options *o,
                           const float *samples)
{
    size_t n = count_frames(w, o);
    gan_image **frames = cli_memory(n, sizeof *frames);
    int good = 1;
    for (size_t i = 0; good && i < n; i++) good = make_frame(&frames[i], w, g, o, samples, i);
    good = good && cli_ok(gan_image_write_animation(frames, n, (uint32_t)o->milliseconds, o->apng));
    for (size_t i = 0; i < n; i++) gan_image_destroy(frames[i]);
    free(frames);
    if (good) say_walk(w, g, o, o->apng);
    return good;
}

static int write_latents(const walk *w, const generator *g, const char *path)
{
    const size_t dims[] = {w->n, g->latent};
    if (!cli_ok(gan_npy_write(path, w->z, GAN_NPY_FLOAT32, dims, 2))) return 0;
    cli_print("%zu latent vectors of %zu numbers in %s", w->n, g->latent, path);
    return 1;
}

/* Print whether interpolations end in the second class, by the classifier. */
static int say_reached(const walk *w, const generator *g, const float *samples)
{
    float *ends = cli_memory(w->rows * g->size, sizeof *ends);
    size_t reached;
    if (!w->by.classifier) {
        free(ends);
        return 1;
    }
    for (size_t i = 0; i < w->rows; i++)
        memcpy(ends + i * g->size, samples + ((i + 1) * w->steps - 1) * g->size,
               g->size * sizeof *ends);
    int good = attribute_count(&w->by, ends, w->rows, &reached);
    free(ends);
    if (good)
        cli_print(
            "%zu and %zu of %zu samples are classified as %s and %s; %zu of %zu walks end at what "
            "is classified as %s",
            w->by.found[0], w->by.found[1], w->by.seen, end_name(w, g, 0).text,
            end_name(w, g, 1).text, reached, w->rows, end_name(w, g, 1).text);
    return good;
}

/* ---- All of it ---- */

static int may_write(const options *o)
{
    const char *const paths[] = {o->out, o->apng, o->latents};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i] && !files_may_write(paths[i], o->overwrite)) return 0;
    return 1;
}

int main(int argc, char **argv)
{
    options o;
    generator g;
    walk w = {0};
    float *samples = NULL;

    read_options(&o, argc, argv);
    int good = generator_open(&g, o.model, (uint64_t)o.seed) && may_write(&o) &&
               choose_classes(&w, &g, &o);
    if (good) {
        plan(&w, &g, &o);
        samples = cli_memory(w.n * g.size, sizeof *samples);
    }
    good = good && draw(&w, &g, samples) && say_reached(&w, &g, samples) &&
           (!o.out || write_rows(&w, &g, &o, samples)) &&
           (!o.apng || write_animation(&w, &g, &o, samples)) &&
           (!o.latents || write_latents(&w, &g, o.latents));
    free(samples);
    free(w.to);
    free(w.from);
    free(w.share);
    free(w.z);
    attribute_close(&w.by);
    generator_close(&g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
