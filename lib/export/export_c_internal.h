/* export_c_internal.h - what the files of C source have in common. */
#ifndef GAN_EXPORT_C_INTERNAL_H
#define GAN_EXPORT_C_INTERNAL_H

#include "export/export_program_internal.h"
#include "file/text_internal.h"

enum { GAN__EXPORT_C_NAME = 40, GAN__EXPORT_SAMPLES = 4, GAN__EXPORT_LOSS_SAMPLES = 100 };

typedef struct gan__export_c {
    gan__export_program program;
    gan_export_c_desc desc; /* its name is the one below */
    char name[GAN__EXPORT_C_NAME + 1];
    /* Samples by the library with the weights that are written: inputs, labels, outputs. */
    size_t n_samples;
    float *z, *images;
    uint16_t *labels;
    double most, rms; /* the error of outputs relative to the network's own weights */
} gan__export_c;

/* Draw the samples, with the weights rounded to the type of the descriptor, and measure the
 * error. */
gan_status gan__export_c_measure(gan__export_c *c, gan_network *net, const gan_allocator *a);

/* Write a file. */
void gan__export_c_put(gan__text *out, const gan__export_c *c, gan_export_c_file file);

/* Write the weights as C source of the same bytes. */
void gan__export_put_string(gan__text *out, const unsigned char *bytes, size_t n);

#endif
