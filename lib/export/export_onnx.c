/* export_onnx.c - a network as an ONNX file.
 *
 * The file is one message of Protocol Buffers, which has three parts: the graph, the version of the
 * operators, and texts ("metadata").  Version 8 of the format and 17 of the operators, of 2022, are
 * read by onnxruntime from 1.12 on. */
#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "export/export_onnx_internal.h"
#include "file/file_internal.h"
#include "file/protobuf_internal.h"

#include <gan/version.h>
#include <string.h>

enum { IR_VERSION = 8, OPSET = 17 };

/* A message has fewer than 2 GiB, of which this is reserved for all but the weights. */
enum { MOST_BYTES = INT32_MAX, OTHER_BYTES = 1 << 24, NAME_BYTES = 64 };

static const char WHO[] = "onnx";
static const char LABEL[] = "label";

/* ---- settings ---- */

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Outputs of layers are named by numbers, so a name that begins with a letter is free. */
static gan_status check_name(const char *which, const char *name)
{
    size_t n = is_letter(name[0]) ? 1 : 0;

    while (n > 0 && (is_letter(name[n]) || (name[n] >= '0' && name[n] <= '9'))) n++;
    if (n > 0 && n < NAME_BYTES && name[n] == '\0' && strcmp(name, LABEL) != 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "%s: %s is \"%.80s\": a letter, then letters, digits and _, less than %d of "
                     "them expected, and not \"%s\"",
                     WHO, which, name, NAME_BYTES, LABEL);
}

static gan_status read_desc(gan_export_onnx_desc *out, const gan_export_onnx_desc *desc,
                            const gan_network *net)
{
    gan_status status = GAN_OK;
    const int picture = gan_network_picture_shape(net).rank > 0;

    *out = (gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, sizeof *out, desc, WHO));
    if (!out->input) out->input = "z";
    if (!out->output) out->output = picture ? "image" : "output";
    GAN_TRY(check_name("input", out->input));
    GAN_TRY(check_name("output", out->output));
    if (strcmp(out->input, out->output) == 0)
        GAN_FAIL(GAN_ERR_INVALID, "%s: input and output are both \"%s\"", WHO, out->input);

cleanup:
    return status;
}

/* ---- the graph ---- */

/* The shape of a picture, or else of the network's output. */
static gan_shape output_shape(const gan_network *net)
{
    const gan_shape picture = gan_network_picture_shape(net);

    return picture.rank > 0 ? picture : gan_network_output_shape(net);
}

/* An input or output: [N, ...], where N is any number. */
static void put_value(gan__text *out, unsigned field, const char *name, int type, gan_shape shape)
{
    const size_t value = gan__protobuf_begin(out, field);
    size_t of_type, tensor, dims, dim;

    gan__protobuf_put_string(out, GAN__ONNX_VALUE_NAME, name);
    of_type = gan__protobuf_begin(out, GAN__ONNX_VALUE_TYPE);
    tensor = gan__protobuf_begin(out, GAN__ONNX_TYPE_TENSOR);
    gan__protobuf_put_whole(out, GAN__ONNX_TENSOR_TYPE_ELEM, (uint64_t)type);
    dims = gan__protobuf_begin(out, GAN__ONNX_TENSOR_TYPE_SHAPE);
    dim = gan__protobuf_begin(out, GAN__ONNX_SHAPE_DIM);
    gan__protobuf_put_string(out, GAN__ONNX_DIM_PARAM, "N");
    gan__protobuf_end(out, dim);
    for (size_t i = 0; i < shape.rank; i++) {
        dim = gan__protobuf_begin(out, GAN__ONNX_SHAPE_DIM);
        gan__protobuf_put_whole(out, GAN__ONNX_DIM_VALUE, shape.dim[i]);
        gan__protobuf_end(out, dim);
    }
    gan__protobuf_end(out, dims);
    gan__protobuf_end(out, tensor);
    gan__protobuf_end(out, of_type);
    gan__protobuf_end(out, value);
}

/* The last step's value is the output, unless that is reshaped to a picture, or there are no
 * steps. */
static gan_status write_steps(gan__onnx *o)
{
    gan_status status = GAN_OK;
    const gan__export *e = o->export_;
    const gan_shape made = gan__export_shape(e, e->output), wanted = output_shape(e->net);
    gan__onnx_name output;

    strcpy(output.text, o->output);
    o->reshaped = e->output == 0 || !gan_shape_equal(made, wanted);
    for (size_t i = 0; i < e->n_steps; i++) GAN_TRY(gan__onnx_write_step(o, &e->steps[i]));
    if (o->reshaped) gan__onnx_reshape(o, output, gan__onnx_value(o, e->output), "picture", wanted);
    GAN_TRY(o->nodes.status);
    GAN_TRY(o->constants.status);

cleanup:
    return status;
}

static void put_graph(gan__text *out, const gan__onnx *o)
{
    const gan_network *net = o->export_->net;
    const size_t graph = gan__protobuf_begin(out, GAN__ONNX_MODEL_GRAPH);

    gan__text_put_bytes(out, o->nodes.bytes, o->nodes.used);
    gan__protobuf_put_string(out, GAN__ONNX_GRAPH_NAME, "network");
    gan__text_put_bytes(out, o->constants.bytes, o->constants.used);
    put_value(out, GAN__ONNX_GRAPH_INPUT, o->input, GAN__ONNX_FLOAT, net->input);
    if (net->n_classes > 0)
        put_value(out, GAN__ONNX_GRAPH_INPUT, o->label, GAN__ONNX_INT64,
                  (gan_shape){0, {0, 0, 0, 0}});
    put_value(out, GAN__ONNX_GRAPH_OUTPUT, o->output, GAN__ONNX_FLOAT, output_shape(net));
    gan__protobuf_end(out, graph);
}

/* ---- texts ---- */

static void put_entry(gan__text *out, const char *key, const char *value)
{
    const size_t entry = gan__protobuf_begin(out, GAN__ONNX_MODEL_METADATA_PROPS);

    gan__protobuf_put_string(out, GAN__ONNX_ENTRY_KEY, key);
    gan__protobuf_put_string(out, GAN__ONNX_ENTRY_VALUE, value);
    gan__protobuf_end(out, entry);
}

/* Metadata about pictures has ONNX's own names, the rest those of libgan's files. */
static gan_status put_entries(gan__text *out, const gan_network *net)
{
    static const char key[] = "libgan.network";
    const gan_shape picture = gan_network_picture_shape(net);
    gan__text classes = {.allocator = out->allocator}, scaler = classes;
    gan__network_note notes[GAN__NETWORK_NOTES], of_scaler;
    const size_t n = gan__network_notes(notes, net, key);

    gan__network_describe_classes(&classes, net);
    gan__network_describe_scaler(&scaler, &of_scaler, net, key);
    if (picture.rank > 0) put_entry(out, "Image.NominalPixelRange", "Normalized_1_1");
    if (picture.rank > 0 && (picture.dim[0] == 1 || picture.dim[0] == 3))
        put_entry(out, "Image.BitmapPixelFormat", picture.dim[0] == 1 ? "Gray8" : "Rgb8");
    if (classes.bytes) put_entry(out, GAN__NETWORK_CLASSES, classes.bytes);
    for (size_t i = 0; i < n; i++) put_entry(out, notes[i].name, notes[i].text);
    if (scaler.bytes) put_entry(out, of_scaler.name, scaler.bytes);
    if (out->status == GAN_OK) out->status = classes.status;
    if (out->status == GAN_OK) out->status = scaler.status;
    gan__text_end(&scaler);
    gan__text_end(&classes);
    return out->status;
}

/* ---- the model ---- */

static gan_status put_model(gan__text *out, const gan__onnx *o)
{
    size_t opset;

    gan__protobuf_put_whole(out, GAN__ONNX_MODEL_IR_VERSION, IR_VERSION);
    gan__protobuf_put_string(out, GAN__ONNX_MODEL_PRODUCER_NAME, "libgan");
    gan__protobuf_put_string(out, GAN__ONNX_MODEL_PRODUCER_VERSION, gan_version_string());
    put_graph(out, o);
    opset = gan__protobuf_begin(out, GAN__ONNX_MODEL_OPSET_IMPORT);
    gan__protobuf_put_string(out, GAN__ONNX_OPSET_DOMAIN, "");
    gan__protobuf_put_whole(out, GAN__ONNX_OPSET_VERSION, OPSET);
    gan__protobuf_end(out, opset);
    return put_entries(out, o->export_->net);
}

static gan_status check_size(const gan_network *net)
{
    const size_t numbers = gan__size_add(net->n_params, net->n_buffers);
    const size_t most = ((size_t)MOST_BYTES - OTHER_BYTES) / sizeof(float);

    if (numbers <= most) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "%s: the network has %zu numbers, at most %zu expected: a file of Protocol "
                     "Buffers is smaller than 2 GiB",
                     WHO, numbers, most);
}

static gan_status export_to(gan_network *net, gan__target to, const gan_export_onnx_desc *desc)
{
    gan_status status = GAN_OK;
    gan_export_onnx_desc d;
    gan__export e = {0};
    gan__onnx o = {0};
    gan__text model = {0};
    float *folded = NULL;

    GAN_TRY(gan__target_check(to, WHO));
    GAN_TRY(read_desc(&d, desc, net));
    GAN_TRY(gan__export_begin(&e, net, d.allocator, WHO));
    GAN_TRY(check_size(net));
    if (d.fold_batch_norm) GAN_TRY(gan__onnx_fold_batch_norm(&folded, &e));
    o = (gan__onnx){.export_ = &e, .input = d.input, .label = LABEL, .output = d.output};
    o.nodes.allocator = o.constants.allocator = model.allocator = &e.allocator;
    GAN_TRY(write_steps(&o));
    GAN_TRY(put_model(&model, &o));
    GAN_TRY(gan__file_write_whole(to, model.bytes, model.used, &e.allocator));

cleanup:
    gan__text_end(&model);
    gan__text_end(&o.constants);
    gan__text_end(&o.nodes);
    if (folded) gan__free(&e.allocator, folded);
    gan__export_end(&e);
    return status;
}

gan_status gan_export_onnx(gan_network *net, const char *path, const gan_export_onnx_desc *desc)
{
    return export_to(net, (gan__target){.path = path}, desc);
}

gan_status gan_export_onnx_to(gan_network *net, gan_writer *to, const gan_export_onnx_desc *desc)
{
    return export_to(net, (gan__target){.writer = to}, desc);
}

GAN__DEFINE_INIT(gan_export_onnx_desc_init, gan_export_onnx_desc, GAN_EXPORT_ONNX_DESC_INIT)
