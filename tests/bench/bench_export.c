/* bench_export.c - the time per sample of exported C source and of its network: one core, one sample at a time.  The
 * compiler is $CC, or cc, with -O3 and $EXPORT_CFLAGS. */
#include "bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SINGLES = 2000 };

typedef int run_fn(const float *z, float *image, float *work);

static gan_network *dcgan(void)
{
    enum { NOISE = 100, BASE = 64 };
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
    gan_network *net = gan_network_create(gan_shape_3d(NOISE, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(NOISE, 2 * BASE, 7, NULL));
    gan_network_add(net, gan_layer_batch_norm(2 * BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(2 * BASE, BASE, 4, &half));
    gan_network_add(net, gan_layer_batch_norm(BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(BASE, 1, 4, &half));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

/* Compile the network in a directory; the function stays loaded. */
static run_fn *compile(gan_network *net, gan_export_type type, gan_export_report *report)
{
    char directory[] = "/tmp/bench-export-XXXXXX", command[300];
    run_fn *draw;

    if (!mkdtemp(directory)) die("mkdtemp");
    MUST(gan_export_c(
        net, directory,
        &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .weights = type, .report = report}));
    snprintf(command, sizeof command,
             "cd %s && ${CC:-cc} -O3 $EXPORT_CFLAGS -shared -fPIC -o g.so generator.c -lm",
             directory);
    if (system(command) != 0) die(command);
    snprintf(command, sizeof command, "%s/g.so", directory);
    void *library = dlopen(command, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "generator_run") : NULL;

    if (!symbol) die(command);
    memcpy(&draw, &symbol, sizeof draw);
    snprintf(command, sizeof command, "rm -r %s", directory);
    if (system(command) != 0) die(command);
    return draw;
}

/* The median time of single samples in microseconds; of the network if `function` is NULL. */
static double time_singles(gan_network *net, run_fn *draw, size_t work_floats)
{
    static double times[SINGLES];
    float *z = numbers(gan_shape_size(gan_network_input_shape(net)));
    float *image = numbers(gan_shape_size(gan_network_output_shape(net)));
    float *work = numbers(work_floats + 1);

    for (size_t i = 0; i < SINGLES; i++) {
        const double begun = now();

        if (draw)
            draw(z, image, work);
        else
            MUST(gan_network_forward(net, z, 1, image));
        times[i] = (now() - begun) * 1e6;
    }
    free(z), free(image), free(work);
    return median(times, SINGLES);
}

static void measure(const char *name, gan_network *net)
{
    static const char *const types[] = {"float32", "float16", "int8"};

    MUST(gan_network_build(net));
    const double library = time_singles(net, NULL, 0);

    printf("%-8s  %-8s  %10s  %8.1f us\n", name, "library", "", library);
    for (int type = GAN_EXPORT_FLOAT32; type <= GAN_EXPORT_INT8; type++) {
        gan_export_report report = {GAN_EXPORT_REPORT_INIT};
        run_fn *draw = compile(net, (gan_export_type)type, &report);
        const double found = time_singles(net, draw, report.work_floats);

        printf("%-8s  %-8s  %10zu  %8.1f us  %5.2f times the library's\n", name, types[type],
               report.weight_bytes, found, found / library);
    }
    gan_network_destroy(net);
}

int main(void)
{
    measure("linear", linear_generator(HIDDEN));
    measure("dcgan", dcgan());
    return 0;
}
