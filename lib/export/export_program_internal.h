/* export_program_internal.h - a network as calls of a few functions with plain numbers as
 * arguments, the form that C source and the script of a page share.
 *
 *     linear(w, 64, 256, z, work, room);
 *     each_leaky_relu(256, 0.2f, 0.0f, work, work);
 *     linear(w + 66560, 256, 784, work, image, room);
 *
 * w are the weights, a block of bytes with those of each call in the order in which its function
 * reads them; z is the input, image the output, work holds the values between, and room is scratch
 * memory. */
#ifndef GAN_EXPORT_PROGRAM_INTERNAL_H
#define GAN_EXPORT_PROGRAM_INTERNAL_H

#include "export/export_internal.h"

enum { GAN__EXPORT_ARGUMENTS = 20 };

typedef struct gan__export_call gan__export_call;

/* The location of a value: z, image or work, and an offset. */
typedef enum gan__export_area {
    GAN__EXPORT_Z,
    GAN__EXPORT_IMAGE,
    GAN__EXPORT_WORK
} gan__export_area;
typedef struct gan__export_place {
    gan__export_area area;
    size_t at;
} gan__export_place;

struct gan__export_call {
    const gan__export_step *step; /* NULL: the output is copied */
    const char *function;
    double arguments[GAN__EXPORT_ARGUMENTS]; /* behind the weights, before the values */
    int real[GAN__EXPORT_ARGUMENTS];         /* 1: a float, 0: whole */
    size_t n_arguments;
    int takes_label;   /* as its last argument */
    int takes_other;   /* a second value */
    int changes_place; /* y may overwrite x */

    /* Its weights: for each class a block, or one; in each a vector of floats and a matrix. */
    size_t n_blocks;
    size_t n_vector;
    float (*vector)(const gan__export_step *step, size_t block, size_t i);
    size_t rows, columns;
    float (*matrix)(const gan__export_step *step, size_t row, size_t column);

    size_t sums;      /* floats of room, besides the weights that it converts at a time */
    size_t rows_read; /* rows of the matrix that it converts at a time */

    size_t weights, block; /* where they begin, and how long a block is, in bytes */
    gan__export_place x, other, y;
};

typedef struct gan__export_program {
    gan__export network;
    gan_export_type type; /* of matrices */
    gan__export_call *calls;
    size_t n_calls;
    size_t weight_bytes;
    size_t room, n_room; /* the offset of the room in work, and its size in floats */
    size_t n_work;       /* floats */
} gan__export_program;

/* Make it from a network; statuses are those of gan__export_begin(), and GAN_ERR_INVALID for a
 * layer without a function.  gan__export_program_end() in any case. */
gan_status gan__export_program_begin(gan__export_program *out, gan_network *net,
                                     gan_export_type type, const gan_allocator *allocator);
void gan__export_program_end(gan__export_program *p);

/* Fill a call for a step: its function and arguments.  GAN_ERR_INVALID when there is no
 * function. */
gan_status gan__export_describe(gan__export_call *out, const gan__export_step *step);

/* Write the weights: weight_bytes of them. */
void gan__export_put_weights(const gan__export_program *p, unsigned char *out);

/* The nearest 16-bit float, ties to even. */
unsigned gan__export_half(float value);

#endif
