/* layer_internal.h - layers, and the record of functions (class) that a kind of layer is. */
#ifndef GAN_LAYER_INTERNAL_H
#define GAN_LAYER_INTERNAL_H

#include "base/labels_internal.h"
#include "math/kernels_internal.h"

#include <gan/layer.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    GAN__LAYER_SETTINGS_BYTES = 128, /* of a kind's struct */
    GAN__LAYER_MAX_NUMBERS = 16,     /* that a file has of it */
    GAN__LAYER_MAX_PARAMS = 3,
    GAN__LAYER_MAX_BUFFERS = 2,
    GAN__LAYER_NAME_BYTES = 104, /* six times "12345.shortcut." and a number */
};

typedef struct gan__layer_class gan__layer_class;
struct gan_network;

typedef enum gan__setting_type {
    GAN__SETTING_SIZE, /* one or more size_t */
    GAN__SETTING_INT,
    GAN__SETTING_REAL, /* a double */
    GAN__SETTING_SHAPE /* a gan_shape; its numbers are the dimensions, ended by zeros */
} gan__setting_type;

/* A setting of a kind of layer: a row of its class's table.  Files have the numbers of all rows in
 * their order. */
typedef struct gan__layer_setting {
    const char *name; /* of the constructor's argument; PyTorch's where there is none */
    gan__setting_type type;
    size_t offset;  /* where it lies in the kind's struct */
    size_t numbers; /* 2 for height and width, GAN_SHAPE_MAX_RANK for a shape, else 1 */
    double least, most;
    int above, below; /* 1: greater than `least`, less than `most` */
} gan__layer_setting;

/* Rows for members of a kind's struct. */
#define GAN__SETTING(text, kind, type_, member, unit, least_, most_)                               \
    .name = text, .type = GAN__SETTING_##kind, .offset = offsetof(type_, member),                  \
    .numbers = sizeof(((type_ *)0)->member) / sizeof(unit), .least = least_, .most = most_
#define GAN__SIZE(text, type, member, least, most)                                                 \
    {                                                                                              \
        GAN__SETTING(text, SIZE, type, member, size_t, least, most)                                \
    }
#define GAN__INT(text, type, member, least, most)                                                  \
    {                                                                                              \
        GAN__SETTING(text, INT, type, member, int, least, most)                                    \
    }
#define GAN__REAL(text, type, member, least, most)                                                 \
    {                                                                                              \
        GAN__SETTING(text, REAL, type, member, double, least, most)                                \
    }
#define GAN__REAL_ABOVE(text, type, member, least, most)                                           \
    {                                                                                              \
        GAN__SETTING(text, REAL, type, member, double, least, most), .above = 1                    \
    }
#define GAN__REAL_BELOW(text, type, member, least, most)                                           \
    {                                                                                              \
        GAN__SETTING(text, REAL, type, member, double, least, most), .below = 1                    \
    }
#define GAN__SHAPE(text, type_, member)                                                            \
    {                                                                                              \
        .name = text, .type = GAN__SETTING_SHAPE, .offset = offsetof(type_, member),               \
        .numbers = GAN_SHAPE_MAX_RANK, .most = INT32_MAX                                           \
    }

/* For a class: its table, and the struct that it is about. */
#define GAN__SETTINGS(type, table)                                                                 \
    .settings = table, .n_settings = sizeof table / sizeof *table, .settings_size = sizeof(type)

/* A block of numbers: trainable ones, or a buffer.  A layer's blocks follow one another in the
 * order of its lists. */
typedef struct gan__layer_param {
    const char *name; /* PyTorch's: "weight", "bias", "running_mean" */
    gan_shape shape;
} gan__layer_param;

/* A layer holds settings and shapes, but no weights: those are in the network's flat blocks. */
struct gan_layer {
    const gan__layer_class *class;
    unsigned char settings[GAN__LAYER_SETTINGS_BYTES]; /* the kind's struct */
    gan_shape in; /* these are filled when the layer joins a network */
    gan_shape out;
    gan__layer_param params[GAN__LAYER_MAX_PARAMS];
    size_t n_params;
    gan__layer_param buffers[GAN__LAYER_MAX_BUFFERS]; /* kept with the weights, but not trained */
    size_t n_buffers;
    size_t n_classes; /* of the labels it uses; 0: none.  Filled with the shapes */
    int spectral;     /* its weights are divided by their singular value: see layer_spectral.c */
    char name[GAN__LAYER_NAME_BYTES]; /* "3", or "3.body.0" inside another layer */
    size_t value_from; /* boundaries of the pass that a junction of branches reads besides its */
    size_t grad_from;  /* own, forward and backward; 0: none */
    struct gan_network *body, *shortcut; /* owned by a block until it joins a network */
};

/* Define TYPE_of(), which reads a layer's settings. */
#define GAN__LAYER_SETTINGS_OF(type)                                                               \
    _Static_assert(sizeof(type) <= GAN__LAYER_SETTINGS_BYTES, "no room for " #type);               \
    static inline type type##_of(const gan_layer *layer)                                           \
    {                                                                                              \
        type settings;                                                                             \
                                                                                                   \
        memcpy(&settings, layer->settings, sizeof settings);                                       \
        return settings;                                                                           \
    }

/* The classes of some samples. */
typedef struct gan__labels {
    gan__label_list of; /* their labels, if they have any */
    gan__label_list to; /* where they lie between classes, the other one, and how far from the */
    const float *way;   /* first; else NULL */
} gan__labels;

/* The labels from row `begin` on. */
static inline gan__labels gan__labels_from(gan__labels labels, size_t begin)
{
    return (gan__labels){.of = gan__label_list_from(labels.of, begin),
                         .to = gan__label_list_from(labels.to, begin),
                         .way = labels.way ? labels.way + begin : NULL};
}

/* What a layer appends to each sample, in memory of its own where the next layer can have it there:
 * the row of a table that belongs to the sample's class. */
typedef struct gan__tail {
    size_t width;  /* values per row; 0: nothing lies apart */
    float *values; /* row 0; rows follow one another */
    const float *table;
    float *grad; /* by the table */
    size_t classes;
} gan__tail;

/* One layer's work on a part of a batch: some rows (samples) and, of each, the columns (numbers)
 * begin .. end-1 of what is computed: of y forward, of dx backward. */
typedef struct gan__layer_run {
    const gan_layer *layer;
    size_t first; /* the place of row 0 in the pass, for what is saved by rows */
    size_t rows;
    size_t group; /* the batch size for layers that couple samples, in training: each `group`
                     consecutive rows are a batch; `rows` is a multiple of it where they get all */
    size_t begin, end;
    gan__labels labels;  /* from row 0 on, for layers that look at them */
    const float *params; /* the layer's part of the weights */
    const float *buffers;
    const float *packed; /* what class->pack() has made of them; NULL: nothing */
    const float *transformed; /* beside them, what class->transform() has; NULL: nothing */
    gan__by by;          /* which loops do products */
    float *pairs;        /* their scratch in bfloat16; NULL with others */
    float *saved;        /* class->saved() numbers, from forward to backward */
    float *scratch;      /* class->scratch() numbers, until the call ends */
    const float *x;      /* input, from column 0 on; rows follow one another */
    float *y;            /* output; is x where the layer works in place */
    const float *dy;     /* gradient with respect to the output */
    float *dx;           /* gradient with respect to the input; is dy where the layer works in
                            place */
    gan__tail tail;      /* of y where the layer appends it, else of x */
    /* Where second derivatives are wanted: see gan__layer_tangent(); else NULL. */
    const float *tx;     /* tangent of x: the direction in which x moves */
    float *ty;           /* tangent of y: the one in which y moves then */
    const float *uy;     /* the weight of ty in what is differentiated */
    float *ux;           /* and that of tx */
    const gan__shard_rows *shards; /* of `rows`, for grad(); NULL: there is one */
    size_t tangents;     /* the last of `rows`, in x tangents and in dy their weights:
                            a bias adds nothing to these */
    const float *other;  /* of the layer's value_from; rows follow one another */
    const float *dother; /* of its grad_from */
    const float *tother; /* as tx and uy, of these two */
    const float *uother;
    int training;
    int gradients; /* backward() and grad() may follow */
    uint64_t seed; /* random numbers of the layer: this stream ... */
    uint64_t stream;
    uint64_t position; /* ... from here on, one a number of the output, row by row */
} gan__layer_run;

/* The scratch of a linear layer's products. */
static inline float *gan__layer_products_scratch(const gan__layer_run *r)
{
    return r->by == GAN__BY_BFLOAT16 ? r->pairs : r->scratch;
}

/* The number of tiles that work is divided into, by rows and by columns: a function of shapes
 * alone, so that results don't depend on who does the work. */
typedef struct gan__cut {
    size_t rows;
    size_t columns;
    size_t unit; /* columns that stay together, such as a channel's; 0: a vector's */
} gan__cut;

struct gan__layer_class {
    const char *name;
    const gan__layer_setting *settings;
    size_t n_settings;
    size_t settings_size;
    const void *unnumbered; /* the struct where a setting isn't in the table.  NULL: zeros */
    int in_place; /* output has the input's size, backward() needs no x: they may share memory */
    int changes;  /* in place, it changes numbers; else it only gives them another shape */
    int needs_y;  /* backward() reads y, so nothing may change it in place afterwards */
    int random;   /* uses random numbers in training */
    int linear; /* y is a linear function of x and a bias, by random numbers of the same position */
    int apart;      /* a row of y and of dx has the same bits whatever rows, 2 or more, it is among, and
                       grad() heeds run->shards, or there are no weights */
    int product;    /* it multiplies by a matrix, its first parameter, which initialisers draw; the
                       others are biases */
    int transposed; /* the outputs are the second dimension of that matrix, not the first */
    int appends;    /* y is x and behind it a row of a table, its only parameter: see gan__tail */
    int function;   /* the gan__function that a plain activation computes */

    /* Check what the table can't express: settings that depend on each other.  GAN_ERR_INVALID,
     * naming them.  NULL: nothing to check. */
    gan_status (*check)(const gan_layer *layer);
    /* From `in`, fill `out`, `params` and `n_params`.  GAN_ERR_SHAPE, saying what was
     * expected and found. */
    gan_status (*shape)(gan_layer *layer);
    /* Draw the initial weights: number i of them from value position + i of the stream.  NULL:
     * there are none. */
    void (*init)(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                 uint64_t position);
    /* Write the initial buffers.  NULL: there are none. */
    void (*init_buffers)(const gan_layer *layer, float *buffers);
    /* The number of floats that a pass of `rows` rows in `batches` batches keeps from forward to
     * backward, where there are gradients; and that each thread needs as scratch.  NULL: none. */
    size_t (*saved)(const gan_layer *layer, size_t rows, size_t batches);
    size_t (*scratch)(const gan_layer *layer);
    /* For parameters that stay the same: copy them in the order in which forward() reads them, into
     * packed_size() floats, which take their place; 0, or NULL: they are read unpacked. */
    size_t (*packed_size)(const gan_layer *layer);
    void (*pack)(const gan_layer *layer, const float *params, float *packed);
    /* For parameters that stay the same through a run of `rows` rows, forward and backward: what a
     * faster algorithm needs beside them, transformed_size() floats, not fewer with more rows; 0, or
     * NULL: nothing.  It is computed in `parts` parts, with the scratch of forward(). */
    size_t (*transformed_size)(const gan_layer *layer, gan__by by, size_t rows);
    void (*transform)(const gan_layer *layer, gan__by by, const float *params, size_t part,
                      size_t parts, float *transformed, float *scratch);
    /* y from x; dx from dy and x or y.  A layer that works in place gets the tiles of its
     * neighbours. */
    void (*forward)(const gan__layer_run *run);
    void (*backward)(const gan__layer_run *run);
    /* The tiles of forward and of backward.  NULL: those of gan__layer_cut(). */
    gan__cut (*forward_cut)(const gan_layer *layer, size_t rows);
    gan__cut (*backward_cut)(const gan_layer *layer, size_t rows);
    /* The number of parts in which the gradient with respect to the weights is computed; it depends
     * on shapes alone.  NULL: no weights. */
    size_t (*grad_parts)(const gan_layer *layer, size_t rows);
    /* Compute part number `part` of `parts` from x and dy of all columns, overwriting `grads`;
     * return its sum of squares.  Of a layer that isn't `linear`, and where tx is given, the
     * gradient of the sum of dy y + uy ty. */
    double (*grad)(const gan__layer_run *run, size_t part, size_t parts, float *grads);
    /* The gradient with respect to the table whose rows are the tail of x, into tail.grad.  NULL: x
     * has to be contiguous.  This and grad() have tail_scratch() floats of scratch, behind those of
     * class->scratch(). */
    void (*tail_grad)(const gan__layer_run *run);
    size_t (*tail_scratch)(const gan_layer *layer, size_t rows, size_t width, size_t classes);
    /* ty from tx and x or y.  NULL: if `linear`, forward() does it; else the layer has no second
     * derivatives. */
    void (*tangent)(const gan__layer_run *run);
    /* dx, the gradient of the sum of dy y + uy ty, from these and tx and x or y.  NULL: ty doesn't
     * change with x, and backward() does it. */
    void (*tangent_backward)(const gan__layer_run *run);
    /* The number of consecutive rows that depend on each other in evaluation, too.  NULL: one. */
    size_t (*together)(const gan_layer *layer);
    /* The fewest rows that a batch may have in training.  NULL: one. */
    size_t (*least_rows)(const gan_layer *layer);
    /* Update the buffers after a training step, from what forward saved of the rows in `run`;
     * above 0 `momentum` takes the place of the layer's own.  NULL: they stay. */
    void (*settle)(const gan__layer_run *run, double momentum, float *buffers);
    /* Add the layers that it stands for to a network.  NULL: it is added itself. */
    gan_status (*join)(struct gan_network *net, const gan_layer *layer);
    /* Free what the layer owns beside its settings.  NULL: nothing. */
    void (*destroy)(gan_layer *layer);
};

/* The cut of elementwise work on rows * columns numbers: by rows. */
gan__cut gan__layer_cut(size_t rows, size_t columns);

/* The cut of a matrix product of `flops` operations whose result has `rows` rows and `columns`
 * columns, and the number of tiles that a side of it is cut into. */
gan__cut gan__layer_product_cut(double flops, size_t rows, size_t columns);
size_t gan__layer_tiles(double flops, size_t side);

/* The cost of a loop over rows * columns floats that is bound by memory, as the number of
 * floating-point operations that take as long. */
double gan__layer_read_flops(size_t rows, size_t columns);

/* Draw all weights from U(-bound, bound): see class->init(). */
void gan__layer_init_uniform(const gan_layer *layer, double bound, float *params, uint64_t seed,
                             uint64_t stream, uint64_t position);

/* Second derivatives; penalty.c has the whole algorithm.  As x moves along tx, y moves along ty.
 * The sum of uy ty over the outputs is differentiated with respect to the weights: ty is computed
 * forward through the network; backward, ux is the sum's gradient w.r.t. tx and dx that w.r.t. x.
 *
 * A layer's work on ux, ty, dx and the weights' gradient; the last is that of class->grad(). */
void gan__layer_slope(const gan__layer_run *run);
void gan__layer_tangent(const gan__layer_run *run);
void gan__layer_tangent_backward(const gan__layer_run *run);
double gan__layer_tangent_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads);

/* GAN_ERR_INVALID, naming the layer, when it has none. */
gan_status gan__layer_check_tangent(const gan_layer *layer);

/* Call `each` for every contiguous range of a run's columns: once when these are all columns, else
 * once per row.  `at` is the index of the first of its n floats.  For layers that work in place. */
void gan__layer_for_stretches(const gan__layer_run *run,
                              void (*each)(const gan__layer_run *run, size_t at, size_t n));

/* Make a layer from its class and the kind's struct of settings, as gan_layer_*() do:
 * GAN_ERR_INVALID, GAN_ERR_NOMEM; and the same that returns NULL on failure. */
gan_status gan__layer_make(gan_layer **out, const gan__layer_class *class, const void *settings);
gan_layer *gan__layer_create(const gan__layer_class *class, const void *settings);

/* Settings as a row of numbers, as files have them: how many, the name of one, its value, and a
 * layer made from them. */
size_t gan__layer_number_count(const gan__layer_class *class);
const char *gan__layer_number_name(const gan__layer_class *class, size_t i);
double gan__layer_number(const gan_layer *layer, size_t i);
gan_status gan__layer_make_of_numbers(gan_layer **out, const gan__layer_class *class,
                                      const double *numbers);
int gan__layer_same_settings(const gan_layer *a, const gan_layer *b);

/* Find a class by name; NULL when there is none. */
const gan__layer_class *gan__layer_class_find(const char *name);

/* Whether two layers compute the same when they have the same weights. */
int gan__layer_same(const gan_layer *a, const gan_layer *b);

/* The number of a layer's trainable parameters, and of its buffers. */
size_t gan__layer_param_count(const gan_layer *layer);
size_t gan__layer_buffer_count(const gan_layer *layer);

/* A shape rule for layers that keep it. */
gan_status gan__layer_keep_shape(gan_layer *layer);

/* For class->shape(): the input is an image. */
gan_status gan__layer_check_image(const gan_layer *layer);

/* Read a descriptor's pair of sizes; {0, 0} means `usual`.  GAN_ERR_INVALID, naming them as
 * `what`, where one of the two is 0. */
gan_status gan__layer_read_pair(size_t out[2], const size_t pair[2], const size_t usual[2],
                                const gan__layer_class *class, const char *what);

/* The number that a descriptor's padding means. */
size_t gan__layer_padding(size_t given);

/* Of a layer with `spectral` set: name its weights as those to be normalised and give it u and v;
 * initialise them; how many numbers a pass has in place of its parameters. */
void gan__spectral_shape(gan_layer *layer);
void gan__spectral_init(const gan_layer *layer, float *buffers);
size_t gan__spectral_count(const gan_layer *layer);
/* Make them, beginning with what the layer computes with; make the gradient with respect to that
 * one by the parameters, and return its sum of squares; update the buffers. */
void gan__spectral_prepare(const gan_layer *layer, const float *params, const float *buffers,
                           int training, float *memory);
double gan__spectral_grad(const gan_layer *layer, float *memory, float *grads);
void gan__spectral_settle(const gan_layer *layer, float *memory, float *buffers);

/* The class of row r: the label, the other one and its part.  The rows of tangents have those of
 * the rows before them. */
typedef struct gan__mix {
    size_t from, to;
    float way;
} gan__mix;
gan__mix gan__layer_label(const gan__layer_run *run, size_t r);

extern const gan__layer_class gan__layer_label_embedding, gan__layer_one_hot, gan__layer_label_map,
    gan__layer_class_affine, gan__layer_projection;
extern const gan__layer_class gan__layer_elu, gan__layer_selu, gan__layer_softplus, gan__layer_gelu,
    gan__layer_gelu_tanh, gan__layer_silu, gan__layer_prelu, gan__layer_dropout2d,
    gan__layer_max_pool2d, gan__layer_avg_pool2d, gan__layer_upsample, gan__layer_pixel_shuffle,
    gan__layer_minibatch_stddev, gan__layer_conv1d, gan__layer_conv_transpose1d,
    gan__layer_max_pool1d, gan__layer_avg_pool1d, gan__layer_blur_pool2d,
    gan__layer_blur_upsample2d, gan__layer_attention;
extern const gan__layer_class gan__layer_linear, gan__layer_leaky_relu, gan__layer_relu,
    gan__layer_tanh, gan__layer_sigmoid, gan__layer_dropout, gan__layer_flatten, gan__layer_reshape,
    gan__layer_conv2d, gan__layer_conv_transpose2d, gan__layer_batch_norm, gan__layer_layer_norm,
    gan__layer_group_norm, gan__layer_instance_norm;

#endif
