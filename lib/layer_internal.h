/* layer_internal.h - what a kind of layer has to say about itself. */
#ifndef GAN_LAYER_INTERNAL_H
#define GAN_LAYER_INTERNAL_H

#include <gan/layer.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

enum { GAN__LAYER_MAX_SETTINGS = 5, GAN__LAYER_MAX_PARAMS = 2 };

typedef struct gan__layer_class gan__layer_class;

/* A block of trainable numbers.  A layer's blocks follow one another in the order of this list. */
typedef struct gan__layer_param {
    const char *name; /* PyTorch's: "weight", "bias" */
    gan_shape shape;
} gan__layer_param;

/* A layer holds settings and shapes, no numbers: those lie in the network's flat blocks. */
struct gan_layer {
    const gan__layer_class *class;
    double settings[GAN__LAYER_MAX_SETTINGS];
    gan_shape in; /* these four are filled when the layer joins a network */
    gan_shape out;
    gan__layer_param params[GAN__LAYER_MAX_PARAMS];
    size_t n_params;
};

/* One layer's work on a part of a batch: some rows (samples) and, of each, the columns (numbers)
 * begin .. end-1 of what is computed: of y forward, of dx backward. */
typedef struct gan__layer_run {
    const gan_layer *layer;
    size_t rows;
    size_t begin, end;
    const float *params; /* the layer's part of the weights */
    const float *x;      /* input, from column 0 on; rows follow one another */
    float *y;            /* output; is x where the layer works in place */
    const float *dy;     /* gradient by the output */
    float *dx;           /* gradient by the input; is dy where the layer works in place */
    int training;
    uint64_t seed; /* random numbers of the layer: this stream ... */
    uint64_t stream;
    uint64_t position; /* ... from here on, one a number of the output, row by row */
} gan__layer_run;

/* Into how many tiles a piece of work is cut, by rows and by columns: a matter of shapes alone, so
 * that results don't depend on who does the work. */
typedef struct gan__cut {
    size_t rows;
    size_t columns;
} gan__cut;

struct gan__layer_class {
    const char *name;
    size_t n_settings; /* 0 .. GAN__LAYER_MAX_SETTINGS */
    int in_place; /* output has the input's size, backward() needs no x: they may share memory */
    int changes;  /* in place, it changes numbers; else it only sees them as another shape */
    int needs_y;  /* backward() reads y, so nothing may change it in place afterwards */
    int random;   /* uses random numbers in training */

    /* Check settings.  GAN_ERR_INVALID, naming the one that is wrong.  NULL: nothing to check. */
    gan_status (*check)(const gan_layer *layer);
    /* From `in`, fill `out`, `params` and `n_params`.  GAN_ERR_SHAPE, with wanted and found. */
    gan_status (*shape)(gan_layer *layer);
    /* Draw first weights: number i of them from value position + i of the stream.  NULL: there are
     * none. */
    void (*init)(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                 uint64_t position);
    /* y from x; dx from dy and x or y.  A layer that works in place gets the tiles of its
     * neighbours. */
    void (*forward)(const gan__layer_run *run);
    void (*backward)(const gan__layer_run *run);
    /* How to cut them.  NULL: as gan__layer_cut() does. */
    gan__cut (*forward_cut)(const gan_layer *layer, size_t rows);
    gan__cut (*backward_cut)(const gan_layer *layer, size_t rows);
    /* In how many parts to compute the gradient by the weights, a matter of shapes alone.  NULL: no
     * weights. */
    size_t (*grad_parts)(const gan_layer *layer, size_t rows);
    /* Compute one part of so many from x and dy of all columns, replacing what stood in `grads`;
     * return its sum of squares. */
    double (*grad)(const gan__layer_run *run, size_t part, size_t parts, float *grads);
};

/* The cut of plain work on rows * columns numbers: by rows. */
gan__cut gan__layer_cut(size_t rows, size_t columns);

/* Call `each` for every stretch of a run's columns whose numbers lie side by side: once when these
 * are all columns, else once a row.  `at` is the place of the first of its n numbers.  For layers
 * that work in place. */
void gan__layer_for_stretches(const gan__layer_run *run,
                              void (*each)(const gan__layer_run *run, size_t at, size_t n));

/* Make a layer from its class's name and settings, as gan_layer_*() do; NULL with a message on
 * failure. */
gan_layer *gan__layer_create(const gan__layer_class *class, const double *settings);

/* Find a class by name; NULL when there is none. */
const gan__layer_class *gan__layer_class_find(const char *name);

/* How many trainable numbers a layer has. */
size_t gan__layer_param_count(const gan_layer *layer);

extern const gan__layer_class gan__layer_linear, gan__layer_leaky_relu, gan__layer_relu,
    gan__layer_tanh, gan__layer_sigmoid, gan__layer_dropout, gan__layer_flatten, gan__layer_reshape;

#endif
