/* export_onnx_internal.h - the parts of a graph of ONNX: nodes, constants and their names.
 *
 * A graph is a list of nodes; a node is an operator, the names of its inputs and outputs, and its
 * attributes.  Constants ("initializers") are named tensors.  A layer's output has the layer's
 * name, "3" or "3.body.0"; its tensors are named as in a file, "3.weight"; values between its
 * operators "3.Mul", "3.Mul_1" ...; its own constants "3.shape". */
#ifndef GAN_EXPORT_ONNX_INTERNAL_H
#define GAN_EXPORT_ONNX_INTERNAL_H

#include "export/export_internal.h"
#include "file/text_internal.h"

#include <stddef.h>
#include <stdint.h>

/* The numbers of fields, of onnx.proto. */
enum {
    GAN__ONNX_MODEL_IR_VERSION = 1,
    GAN__ONNX_MODEL_PRODUCER_NAME = 2,
    GAN__ONNX_MODEL_PRODUCER_VERSION = 3,
    GAN__ONNX_MODEL_GRAPH = 7,
    GAN__ONNX_MODEL_OPSET_IMPORT = 8,
    GAN__ONNX_MODEL_METADATA_PROPS = 14,
    GAN__ONNX_OPSET_DOMAIN = 1,
    GAN__ONNX_OPSET_VERSION = 2,
    GAN__ONNX_ENTRY_KEY = 1,
    GAN__ONNX_ENTRY_VALUE = 2,
    GAN__ONNX_GRAPH_NODE = 1,
    GAN__ONNX_GRAPH_NAME = 2,
    GAN__ONNX_GRAPH_INITIALIZER = 5,
    GAN__ONNX_GRAPH_INPUT = 11,
    GAN__ONNX_GRAPH_OUTPUT = 12,
    GAN__ONNX_NODE_INPUT = 1,
    GAN__ONNX_NODE_OUTPUT = 2,
    GAN__ONNX_NODE_NAME = 3,
    GAN__ONNX_NODE_OP_TYPE = 4,
    GAN__ONNX_NODE_ATTRIBUTE = 5,
    GAN__ONNX_ATTRIBUTE_NAME = 1,
    GAN__ONNX_ATTRIBUTE_F = 2,
    GAN__ONNX_ATTRIBUTE_I = 3,
    GAN__ONNX_ATTRIBUTE_S = 4,
    GAN__ONNX_ATTRIBUTE_INTS = 8,
    GAN__ONNX_ATTRIBUTE_TYPE = 20,
    GAN__ONNX_TENSOR_DIMS = 1,
    GAN__ONNX_TENSOR_DATA_TYPE = 2,
    GAN__ONNX_TENSOR_NAME = 8,
    GAN__ONNX_TENSOR_RAW_DATA = 9,
    GAN__ONNX_VALUE_NAME = 1,
    GAN__ONNX_VALUE_TYPE = 2,
    GAN__ONNX_TYPE_TENSOR = 1,
    GAN__ONNX_TENSOR_TYPE_ELEM = 1,
    GAN__ONNX_TENSOR_TYPE_SHAPE = 2,
    GAN__ONNX_SHAPE_DIM = 1,
    GAN__ONNX_DIM_VALUE = 1,
    GAN__ONNX_DIM_PARAM = 2,
};

/* Types of numbers. */
enum { GAN__ONNX_FLOAT = 1, GAN__ONNX_INT64 = 7 };

/* The name of a value or constant.  Functions return it; an empty one is an input that is left out. */
typedef struct gan__onnx_name {
    char text[GAN__LAYER_NAME_BYTES + 40];
} gan__onnx_name;

typedef struct gan__onnx {
    const gan__export *export_;
    const char *input, *label, *output;
    int reshaped;                 /* the value of the last step is not yet the output */
    gan__text nodes;              /* fields of the graph */
    gan__text constants;          /* likewise */
    const gan__export_step *step; /* whose operators are being written */
    size_t n_parts;               /* values between them so far */
} gan__onnx;

/* A value by its number in gan__export: what step->x and others are. */
gan__onnx_name gan__onnx_value(const gan__onnx *o, size_t value);

/* A new value between the operators of the step. */
gan__onnx_name gan__onnx_part(gan__onnx *o, const char *op);

/* Write a constant of the step, called `what`: n numbers, repeated up to the size of the shape; one
 * number, which broadcasts to any shape; integers. */
gan__onnx_name gan__onnx_floats(gan__onnx *o, const char *what, gan_shape shape,
                                const float *numbers, size_t n);
gan__onnx_name gan__onnx_float(gan__onnx *o, const char *what, double number);
gan__onnx_name gan__onnx_ints(gan__onnx *o, const char *what, const int64_t *numbers, size_t n);
gan__onnx_name gan__onnx_int(gan__onnx *o, const char *what, int64_t number);

/* The inputs of a node. */
#define GAN__ONNX_IN(...)                                                                          \
    (const gan__onnx_name[]){__VA_ARGS__},                                                         \
        sizeof((const gan__onnx_name[]){__VA_ARGS__}) / sizeof(gan__onnx_name)

/* Begin a node with the output `out`; attributes follow; end it. */
size_t gan__onnx_begin(gan__onnx *o, const char *op, gan__onnx_name out, const gan__onnx_name *in,
                       size_t n);
void gan__onnx_put_float(gan__onnx *o, const char *attribute, double value);
void gan__onnx_put_int(gan__onnx *o, const char *attribute, int64_t value);
void gan__onnx_put_string(gan__onnx *o, const char *attribute, const char *value);
void gan__onnx_put_ints(gan__onnx *o, const char *attribute, const int64_t *values, size_t n);
void gan__onnx_end(gan__onnx *o, size_t begin);

/* A node without attributes, with the output `out`. */
void gan__onnx_make(gan__onnx *o, const char *op, gan__onnx_name out, const gan__onnx_name *in,
                    size_t n);

/* The same of a new value, which is returned. */
gan__onnx_name gan__onnx_apply(gan__onnx *o, const char *op, const gan__onnx_name *in, size_t n);

/* Reshape a value to samples of this shape. */
void gan__onnx_reshape(gan__onnx *o, gan__onnx_name out, gan__onnx_name in, const char *what,
                       gan_shape shape);

/* Write the operators of a step.  GAN_ERR_INVALID, naming the layer, when there are none for its
 * kind. */
gan_status gan__onnx_write_step(gan__onnx *o, const gan__export_step *step);

/* Fold batch normalisations into the products before them, whose weights and biases are then in
 * memory that the caller frees: `*made`, also after a failure.  GAN_ERR_NOMEM. */
gan_status gan__onnx_fold_batch_norm(float **made, gan__export *export_);

#endif
