"""libgan for Python: generative adversarial networks on the CPU, with NumPy arrays in and out.

One module, nothing to build: put it where Python finds it, beside an installed libgan, or name the library's file in
GAN_LIBRARY.

    import libgan as gan

    data = gan.Dataset.shapes(10000, seed=1)
    batches = gan.Iterator(data, batch_size=100, shuffle=1)
    g = gan.Network(64, [gan.linear(64, 256), gan.leaky_relu(0.2), gan.linear(256, 784), gan.tanh()], seed=1)
    d = gan.Network(784, [gan.linear(784, 256), gan.leaky_relu(0.2), gan.linear(256, 1), gan.sigmoid()], seed=2)
    trainer = gan.Trainer(g, d, gan.adam(lr=0.0002, beta1=0.5), gan.adam(lr=0.0002, beta1=0.5))
    for batch in batches:  # one epoch
        stats = trainer.step(batch)
    pictures = trainer.sample(gan.normal(100, 64, seed=3))

Classes are the library's handles; their arguments by keyword are the fields of its descriptors, with the library's defaults, and
include/gan/*.h is the reference of both.  A call that fails raises the exception of its status, whose text is
gan_last_error().  Arrays are float32 or uint8, row-major, a sample a row; what is given in another form is copied.  The
constants lack the GAN_ of C: LOSS_HINGE.  Every function of the library can be called as it is in C, too: lib.gan_version_number().
"""
import collections
import ctypes
import ctypes.util
import os
import sys
from ctypes import CFUNCTYPE, POINTER, byref, c_char, c_char_p, c_double, c_float, c_int, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p, sizeof

import numpy as np


def _load():
    names = [os.environ.get("GAN_LIBRARY"), ctypes.util.find_library("gan"), "libgan.dylib" if sys.platform == "darwin" else "libgan.so"]
    reasons = []
    for name in filter(None, names):
        try:
            return ctypes.CDLL(name)
        except OSError as reason:
            reasons.append(str(reason))
    raise ImportError("libgan isn't found; install it, or name its file in GAN_LIBRARY (%s)" % "; ".join(reasons))


lib = _load()
_arguments = {}  # name: [(argument, type)] of every function


class Record(ctypes.Structure):
    """A struct of the library's."""

    def __repr__(self):
        fields = [(name, getattr(self, name)) for name, *_ in self._fields_ if name != "struct_size"]
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%r" % f for f in fields))


class Error(Exception):
    """A call that failed; `status` is its gan_status."""
    status = None


def _status(value):
    """Statuses raise, but for GAN_OK and news such as GAN_END, which are the result."""
    return value if value >= 0 else _failed(value)


def _failed(status=None):
    """Raise the exception of a status: the latest one unless given."""
    raise _exceptions.get(lib.gan_last_status() if status is None else status, Error)(lib.gan_last_error().decode())


def _declare(name, result, arguments):
    function = getattr(lib, name)
    function.restype = c_int if name == "gan_last_status" else result  # which doesn't fail
    function.argtypes = [t for _, t in arguments]
    _arguments[name] = arguments


# ---- declarations: made from include/gan/*.h by scripts/python-declarations

SHAPE_MAX_RANK = 4
DATASET_SHAPES_CLASSES = 10
PADDING_NONE = c_size_t(-1).value
LAYER_MAX_SETTINGS = 24
EXTRA_STATE_MAX = 16777216
CHECKPOINT_FORMAT = 1
SENTENCE_BYTES = 320
HEALTH_MAX_WINDOW = 512
IMAGE_MAX_SIDE = 32768
LOG_NAME_BYTES = 64
NPY_MAX_RANK = 8
VERSION_MAJOR = 0
VERSION_MINOR = 1
VERSION_PATCH = 0
AUGMENT_FLIP = 1
AUGMENT_BRIGHTNESS = 2
AUGMENT_SATURATION = 4
AUGMENT_CONTRAST = 8
AUGMENT_TRANSLATION = 16
AUGMENT_CUTOUT = 32
AUGMENT_COLOR = 14
ALPHA_DROP = 0
ALPHA_BLEND = 1
UPSAMPLE_NEAREST = 0
UPSAMPLE_BILINEAR = 1
SCALER_STANDARD = 0
SCALER_MIN_MAX = 1
INIT_NORMAL = 0
INIT_XAVIER_UNIFORM = 1
INIT_XAVIER_NORMAL = 2
INIT_KAIMING_UNIFORM = 3
INIT_KAIMING_NORMAL = 4
INIT_ORTHOGONAL = 5
LATENT_NORMAL = 0
LATENT_UNIFORM = 1
LOSS_BCE = 0
LOSS_MINIMAX = 1
LOSS_RELATIVISTIC = 2
LOSS_LEAST_SQUARES = 3
LOSS_HINGE = 4
LOSS_WASSERSTEIN = 5
LOSS_RELATIVISTIC_PAIRED = 6
BOUNDARY_ZERO = 0
BOUNDARY_TARGETS = 1
BOUNDARY_NONE = 2
HALF_DISCRIMINATOR = 0
HALF_GENERATOR = 1
SCHEDULE_CONSTANT = 0
SCHEDULE_LINEAR = 1
SCHEDULE_COSINE = 2
SCHEDULE_STEP = 3
SCHEDULE_EXPONENTIAL = 4
ACTIVATIONS_KEEP = 0
ACTIVATIONS_REUSE = 1
ACTIVATIONS_RECOMPUTE = 2
PASS_TRAINING = 0
PASS_EVALUATION = 1
PASS_REPLACE = 0
PASS_ACCUMULATE = 1
PASS_KEEP = 2
PENALTY_NONE = 0
PENALTY_WGAN_GP = 1
PENALTY_R1 = 2
PENALTY_R2 = 3
PENALTY_DRAGAN = 4
DIVERGENCE_STOP = 0
DIVERGENCE_SKIP = 1
DIVERGENCE_REDUCE = 2
PRECISION_FLOAT32 = 0
PRECISION_BFLOAT16 = 1
EXPORT_FLOAT32 = 0
EXPORT_FLOAT16 = 1
EXPORT_INT8 = 2
EXPORT_C_HEADER = 0
EXPORT_C_SOURCE = 1
EXPORT_C_WEIGHTS = 2
EXPORT_C_TEST = 3
EXPORT_C_MAIN = 4
VERDICT_HEALTHY = 0
VERDICT_DIVERGED = 1
VERDICT_D_DEAD = 2
VERDICT_D_WINS = 3
VERDICT_D_OVERFIT = 4
VERDICT_COLLAPSED = 5
VERDICT_MEMORISED = 6
VERDICT_MODES_MISSING = 7
VERDICT_LABELS_IGNORED = 8
VERDICT_NOISY = 9
VERDICT_BLURRED = 10
VERDICT_NO_PROGRESS = 11
VERDICT_RATE_ZERO = 12
VERDICT_GENERATOR_RANGE = 13
VERDICT_DATA_RANGE = 14
VERDICT_FEW_SAMPLES = 15
VERDICT_SHORT_EPOCH = 16
VERDICT_RATES_APART = 17
FINDING_NONE = 0
FINDING_NOTE = 1
FINDING_VERDICT = 2
NPY_FLOAT32 = 0
NPY_FLOAT64 = 1
NPY_UINT8 = 2
NPY_UINT16 = 3
NPY_INT64 = 4

STATUSES = {
    0: ("GAN_OK", "success"),
    1: ("GAN_END", "no more data in this pass"),
    -1: ("GAN_ERR_INVALID", "invalid argument"),
    -2: ("GAN_ERR_SHAPE", "shapes do not agree"),
    -3: ("GAN_ERR_NOMEM", "out of memory"),
    -4: ("GAN_ERR_IO", "input or output failed"),
    -5: ("GAN_ERR_FORMAT", "malformed or unsupported data"),
    -6: ("GAN_ERR_NONFINITE", "a loss, gradient or weight became non-finite"),
    -7: ("GAN_ERR_BUSY", "in use by another thread"),
    -8: ("GAN_ERR_CANCELLED", "stopped by the host"),
}


class gan_allocator(Record):
    _fields_ = [("alloc", CFUNCTYPE(c_void_p, c_size_t, c_void_p)), ("free", CFUNCTYPE(None, c_void_p, c_void_p)),
    ("user", c_void_p)]


class gan_shape(Record):
    _fields_ = [("rank", c_size_t), ("dim", c_size_t * SHAPE_MAX_RANK)]


class gan_tensor(Record):
    _fields_ = [("name", c_char_p), ("shape", gan_shape), ("size", c_size_t), ("data", POINTER(c_float)), ("trainable", c_int)]


class gan_augment_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("operations", c_uint32), ("probability", c_double), ("fill", c_double),
    ("target", c_double), ("images", c_uint64), ("interval", c_size_t), ("most", c_double)]

gan_read_fn = CFUNCTYPE(c_size_t, c_void_p, c_void_p, c_size_t)

gan_write_fn = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


class gan_reader(Record):
    _fields_ = [("read", gan_read_fn), ("user", c_void_p), ("bytes", c_void_p), ("n_bytes", c_size_t), ("name", c_char_p)]


class gan_writer(Record):
    _fields_ = [("write", gan_write_fn), ("user", c_void_p), ("bytes", c_void_p), ("capacity", c_size_t), ("n_bytes", c_size_t),
    ("name", c_char_p)]


class gan_dataset_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("max_count", c_size_t), ("allocator", POINTER(gan_allocator)),
    ("class_names", POINTER(c_char_p)), ("n_class_names", c_size_t), ("max_bytes", c_size_t), ("concurrent", c_int)]


class gan_png_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("width", c_size_t), ("height", c_size_t), ("channels", c_size_t),
    ("max_count", c_size_t), ("no_labels", c_int), ("skip_bad", c_int), ("memory_limit", c_size_t), ("n_threads", c_size_t),
    ("allocator", POINTER(gan_allocator)), ("max_picture_bytes", c_size_t)]


class gan_image_folder_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("width", c_size_t), ("height", c_size_t), ("channels", c_size_t), ("pad", c_int),
    ("alpha", c_int), ("background", c_uint8 * 3), ("ignore_orientation", c_int), ("max_count", c_size_t), ("no_labels", c_int),
    ("class_names", POINTER(c_char_p)), ("n_class_names", c_size_t), ("skip_bad", c_int), ("memory_limit", c_size_t),
    ("no_check", c_int), ("n_threads", c_size_t), ("max_picture_bytes", c_size_t), ("allocator", POINTER(gan_allocator))]


class gan_npy_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("channels_last", c_int), ("max_count", c_size_t), ("samples_name", c_char_p),
    ("labels_name", c_char_p), ("class_names", POINTER(c_char_p)), ("n_class_names", c_size_t), ("memory_limit", c_size_t),
    ("allocator", POINTER(gan_allocator))]


class gan_cifar_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("test", c_int), ("coarse", c_int), ("max_count", c_size_t),
    ("allocator", POINTER(gan_allocator))]


class gan_csv_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("columns", POINTER(c_char_p)), ("n_columns", c_size_t), ("label_column", c_char_p),
    ("delimiter", c_char), ("no_header", c_int), ("max_count", c_size_t), ("max_bytes", c_size_t),
    ("allocator", POINTER(gan_allocator))]

gan_dataset_read_fn = CFUNCTYPE(c_int, c_void_p, c_size_t, POINTER(c_float), POINTER(c_uint8))

gan_dataset_read_labels16_fn = CFUNCTYPE(c_int, c_void_p, c_size_t, POINTER(c_float), POINTER(c_uint16))


class gan_split_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("fraction", c_double), ("seed", c_uint64), ("stratify", c_int),
    ("allocator", POINTER(gan_allocator))]


class gan_batch(Record):
    _fields_ = [("struct_size", c_size_t), ("count", c_size_t), ("shape", gan_shape), ("samples", POINTER(c_float)),
    ("labels", POINTER(c_uint8)), ("labels16", POINTER(c_uint16))]


class gan_iterator_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("batch_size", c_size_t), ("shuffle", c_int), ("drop_last", c_int), ("seed", c_uint64),
    ("mean", c_float * 4), ("std", c_float * 4), ("allocator", POINTER(gan_allocator)), ("horizontal_flip", c_int),
    ("n_threads", c_size_t), ("crop", c_float), ("shift", c_float), ("rotation", c_float), ("brightness", c_float),
    ("contrast", c_float), ("saturation", c_float), ("rank", c_size_t), ("n_ranks", c_size_t)]


class gan_conv2d_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("kernel_size", c_size_t * 2), ("stride", c_size_t * 2), ("padding", c_size_t * 2),
    ("dilation", c_size_t * 2), ("output_padding", c_size_t * 2), ("groups", c_size_t), ("no_bias", c_int)]


class gan_conv1d_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("stride", c_size_t), ("padding", c_size_t), ("dilation", c_size_t),
    ("output_padding", c_size_t), ("groups", c_size_t), ("no_bias", c_int)]


class gan_norm_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("eps", c_double), ("momentum", c_double), ("no_affine", c_int)]


class gan_pool2d_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("kernel_size", c_size_t * 2), ("stride", c_size_t * 2), ("padding", c_size_t * 2),
    ("exclude_pad", c_int)]


class gan_pool1d_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("stride", c_size_t), ("padding", c_size_t), ("exclude_pad", c_int)]


class gan_scaler_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("kind", c_int), ("low", c_double), ("high", c_double),
    ("allocator", POINTER(gan_allocator))]


class gan_network_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("seed", c_uint64), ("pool", c_void_p), ("allocator", POINTER(gan_allocator))]


class gan_init_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("init", c_int), ("std", c_double), ("gain", c_double), ("slope", c_double),
    ("fan_out", c_int), ("zero_last", c_int), ("depth_gain", c_int)]


class gan_statistics_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("batch_size", c_size_t), ("seed", c_uint64)]


class gan_layer_setting(Record):
    _fields_ = [("name", c_char_p), ("value", c_double)]


class gan_layer_info(Record):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("kind", c_char_p), ("input", gan_shape), ("output", gan_shape),
    ("n_params", c_size_t), ("spectral_norm", c_int), ("n_settings", c_size_t),
    ("settings", gan_layer_setting * LAYER_MAX_SETTINGS)]


class gan_network_load_report(Record):
    _fields_ = [("struct_size", c_size_t), ("n_loaded", c_size_t), ("n_missing", c_size_t), ("n_misshaped", c_size_t),
    ("n_unexpected", c_size_t), ("missing", c_char * 1000), ("misshaped", c_char * 1000), ("unexpected", c_char * 1000),
    ("n_kept", c_size_t)]


class gan_rename(Record):
    _fields_ = [("from", c_char_p), ("to", c_char_p)]

gan_rename_fn = CFUNCTYPE(c_int, c_void_p, c_char_p, c_char_p, c_size_t)


class gan_network_load_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("lenient", c_int), ("prefix", c_char_p), ("report", POINTER(gan_network_load_report)),
    ("renames", POINTER(gan_rename)), ("n_renames", c_size_t), ("rename", gan_rename_fn), ("rename_user", c_void_p)]

gan_exchange_fn = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_size_t)

gan_broadcast_fn = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t, c_size_t)

gan_proceed_fn = CFUNCTYPE(c_int, c_void_p, c_int, POINTER(c_int))


class gan_communicator(Record):
    _fields_ = [("struct_size", c_size_t), ("rank", c_size_t), ("size", c_size_t), ("user", c_void_p),
    ("all_to_all", gan_exchange_fn), ("all_gather", gan_exchange_fn), ("broadcast", gan_broadcast_fn),
    ("begin_all_to_all", gan_exchange_fn), ("begin_all_gather", gan_exchange_fn), ("proceed", gan_proceed_fn)]


class gan_objective_step(Record):
    _fields_ = [("struct_size", c_size_t), ("half", c_int), ("step", c_uint64), ("share", c_double), ("real_target", c_double),
    ("fake_target", c_double)]


class gan_objective_rows(Record):
    _fields_ = [("struct_size", c_size_t), ("outputs", POINTER(c_float)), ("targets", POINTER(c_double)),
    ("labels", POINTER(c_uint8)), ("n_rows", c_size_t), ("n_outputs", c_size_t), ("stride", c_size_t),
    ("grads", POINTER(c_float)), ("loss", c_double), ("shown", c_double), ("accuracy", c_double), ("labels16", POINTER(c_uint16))]

gan_objective_fn = CFUNCTYPE(c_int, c_void_p, POINTER(gan_objective_step), POINTER(gan_objective_rows), POINTER(gan_objective_rows))


class gan_objective(Record):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("discriminator", gan_objective_fn),
    ("generator", gan_objective_fn), ("user", c_void_p), ("raw_outputs", c_int), ("relative", c_int), ("least_target", c_double),
    ("most_target", c_double), ("boundary", c_int)]


class gan_schedule_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("kind", c_int), ("warmup", c_uint64), ("period", c_uint64), ("factor", c_double),
    ("rising", c_int)]


class gan_adam_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("lr", c_double), ("beta1", c_double), ("beta2", c_double), ("eps", c_double),
    ("weight_decay", c_double), ("amsgrad", c_int), ("allocator", POINTER(gan_allocator))]


class gan_adabelief_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("lr", c_double), ("beta1", c_double), ("beta2", c_double), ("eps", c_double),
    ("weight_decay", c_double), ("allocator", POINTER(gan_allocator))]


class gan_lion_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("lr", c_double), ("beta1", c_double), ("beta2", c_double), ("weight_decay", c_double),
    ("allocator", POINTER(gan_allocator))]


class gan_sgd_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("lr", c_double), ("momentum", c_double), ("dampening", c_double),
    ("weight_decay", c_double), ("nesterov", c_int), ("allocator", POINTER(gan_allocator))]


class gan_rmsprop_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("lr", c_double), ("alpha", c_double), ("eps", c_double), ("momentum", c_double),
    ("weight_decay", c_double), ("centered", c_int), ("allocator", POINTER(gan_allocator))]


class gan_limits_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("grad_norm", c_double), ("grad_value", c_double), ("weight", c_double)]


class gan_pass_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("rows", c_size_t), ("mode", c_int), ("seed", c_uint64), ("n_forwards", c_uint64),
    ("last_layer", c_char_p), ("no_weight_gradients", c_int), ("pool", c_void_p), ("allocator", POINTER(gan_allocator)),
    ("activations", c_int)]


class gan_penalty_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("kind", c_int), ("weight", c_double), ("interval", c_size_t),
    ("zero_centered", c_int), ("schedule", POINTER(gan_schedule_desc))]


class gan_lecam_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("weight", c_double), ("decay", c_double), ("start", c_uint64)]


class gan_consistency_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("real_weight", c_double), ("fake_weight", c_double),
    ("augment", POINTER(gan_augment_desc))]


class gan_train_gradients(Record):
    _fields_ = [("struct_size", c_size_t), ("half", c_int), ("step", c_uint64), ("loss", c_double), ("norm", c_double),
    ("gradients", POINTER(c_float)), ("count", c_size_t), ("changed", c_int)]

gan_train_gradients_fn = CFUNCTYPE(c_int, c_void_p, POINTER(gan_train_gradients))


class gan_trainer_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("batch_size", c_size_t), ("seed", c_uint64), ("loss", c_int), ("n_threads", c_size_t),
    ("pool", c_void_p), ("allocator", POINTER(gan_allocator)), ("real_target", c_double), ("fake_target", c_double),
    ("label_flip", c_double), ("d_steps_per_g", c_size_t), ("micro_batch", c_size_t), ("latent", c_int), ("on_divergence", c_int),
    ("instance_noise", c_double), ("instance_noise_steps", c_uint64), ("average_decay", c_double), ("average_warmup", c_uint64),
    ("penalty", POINTER(gan_penalty_desc)), ("auxiliary_weight", c_double), ("auxiliary_real_only", c_int),
    ("class_weights", POINTER(c_double)), ("n_class_weights", c_size_t), ("objective", POINTER(gan_objective)),
    ("on_gradients", gan_train_gradients_fn), ("on_gradients_user", c_void_p), ("activations", c_int),
    ("augment", POINTER(gan_augment_desc)), ("lecam", POINTER(gan_lecam_desc)), ("consistency", POINTER(gan_consistency_desc)),
    ("second_penalty", POINTER(gan_penalty_desc)), ("top_k", c_double), ("top_k_schedule", POINTER(gan_schedule_desc)),
    ("instance_noise_schedule", POINTER(gan_schedule_desc)), ("augment_schedule", POINTER(gan_schedule_desc)),
    ("average_half_life", c_double), ("average_schedule", POINTER(gan_schedule_desc)), ("shards", c_size_t),
    ("communicator", POINTER(gan_communicator)), ("precision", c_int), ("local_steps", c_size_t)]


class gan_train_stats(Record):
    _fields_ = [("struct_size", c_size_t), ("d_steps", c_uint64), ("g_steps", c_uint64), ("d_loss", c_double),
    ("g_loss", c_double), ("d_real", c_double), ("d_fake", c_double), ("d_real_accuracy", c_double),
    ("d_fake_accuracy", c_double), ("d_grad_norm", c_double), ("g_grad_norm", c_double), ("d_skipped", c_uint64),
    ("g_skipped", c_uint64), ("penalty", c_double), ("penalty_norm", c_double), ("d_class_loss", c_double),
    ("g_class_loss", c_double), ("d_real_class_accuracy", c_double), ("d_fake_class_accuracy", c_double),
    ("augment_probability", c_double), ("augment_sign", c_double), ("boundary", c_int), ("second_penalty", c_double),
    ("second_penalty_norm", c_double), ("lecam", c_double), ("consistency", c_double)]


class gan_checkpoint_resume_report(Record):
    _fields_ = [("struct_size", c_size_t), ("n_changes", c_size_t), ("changes", c_char * 1000)]


class gan_checkpoint_resume_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("adopt", POINTER(c_char_p)), ("n_adopt", c_size_t),
    ("report", POINTER(gan_checkpoint_resume_report))]


class gan_checkpoint_info(Record):
    _fields_ = [("struct_size", c_size_t), ("format", c_uint64), ("d_steps", c_uint64), ("g_steps", c_uint64),
    ("batch_size", c_uint64), ("seed", c_uint64), ("has_iterator", c_int), ("epoch", c_uint64), ("position", c_uint64),
    ("dataset_count", c_uint64), ("same_bits", c_int), ("version", c_char * 32), ("blas", c_char * 160),
    ("processor", c_char * 32)]


class gan_classifier_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("batch_size", c_size_t), ("seed", c_uint64), ("label_smoothing", c_double),
    ("feature_layers", c_size_t), ("n_threads", c_size_t), ("pool", c_void_p), ("allocator", POINTER(gan_allocator))]


class gan_classifier_stats(Record):
    _fields_ = [("struct_size", c_size_t), ("steps", c_uint64), ("count", c_size_t), ("loss", c_double), ("accuracy", c_double),
    ("grad_norm", c_double)]


class gan_export_report(Record):
    _fields_ = [("struct_size", c_size_t), ("weight_bytes", c_size_t), ("work_floats", c_size_t), ("max_difference", c_double),
    ("rms_difference", c_double)]


class gan_export_c_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("weights", c_int), ("weights_apart", c_int), ("with_test", c_int),
    ("with_main", c_int), ("report", POINTER(gan_export_report)), ("allocator", POINTER(gan_allocator))]


class gan_export_page_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("title", c_char_p), ("weights", c_int), ("n_directions", c_size_t),
    ("wasm", c_void_p), ("wasm_bytes", c_size_t), ("allocator", POINTER(gan_allocator))]


class gan_export_onnx_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("input", c_char_p), ("output", c_char_p), ("fold_batch_norm", c_int),
    ("allocator", POINTER(gan_allocator))]


class gan_features_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("n_threads", c_size_t), ("pool", c_void_p), ("allocator", POINTER(gan_allocator))]

gan_reference_progress_fn = CFUNCTYPE(c_int, c_void_p, c_double)


class gan_reference_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("held_out", POINTER(c_float)), ("n_held_out", c_size_t),
    ("labels", POINTER(c_uint16)), ("n_classes", c_size_t), ("held_out_labels", POINTER(c_uint16)), ("neighbors", c_size_t),
    ("inclusive", c_int), ("confidence", c_double), ("progress", gan_reference_progress_fn), ("progress_user", c_void_p),
    ("n_threads", c_size_t), ("pool", c_void_p), ("allocator", POINTER(gan_allocator)), ("n_bins", c_size_t), ("seed", c_uint64),
    ("skip_frechet", c_int)]


class gan_estimate(Record):
    _fields_ = [("value", c_double), ("error", c_double), ("low", c_double), ("high", c_double), ("floor", c_double),
    ("floor_error", c_double)]


class gan_comparison(Record):
    _fields_ = [("struct_size", c_size_t), ("n_reference", c_size_t), ("n_generated", c_size_t), ("n_floor", c_size_t),
    ("dimension", c_size_t), ("neighbors", c_size_t), ("precision", gan_estimate), ("recall", gan_estimate),
    ("density", gan_estimate), ("coverage", gan_estimate), ("agreement", gan_estimate), ("kid", gan_estimate),
    ("nn_ratio", gan_estimate), ("copying", gan_estimate), ("nn_real", gan_estimate), ("nn_generated", gan_estimate),
    ("duplicates", gan_estimate), ("bins_different", gan_estimate), ("bins_missing", gan_estimate),
    ("classes_missing", gan_estimate), ("frechet", gan_estimate), ("frechet_limit", gan_estimate)]


class gan_reference_share(Record):
    _fields_ = [("reference", c_size_t), ("generated", c_size_t), ("z", c_double)]


class gan_finding(Record):
    _fields_ = [("struct_size", c_size_t), ("verdict", c_int), ("level", c_int), ("step", c_uint64), ("look", c_uint64),
    ("advice", c_char_p), ("sentence", c_char * SENTENCE_BYTES)]


class gan_health_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("window", c_size_t), ("confirm_looks", c_size_t), ("warmup", c_uint64),
    ("class_names", POINTER(c_char_p)), ("n_classes", c_size_t), ("jump", c_double), ("gradient_factor", c_double),
    ("win_accuracy", c_double), ("win_gradient", c_double), ("win_coverage", c_double), ("win_looks", c_size_t),
    ("dead_margin", c_double), ("dead_spread", c_double), ("dead_share", c_double), ("overfit_sign", c_double),
    ("overfit_gap", c_double), ("duplicate_factor", c_double), ("duplicate_share", c_double), ("collapse_recall", c_double),
    ("missing_share", c_double), ("missing_alpha", c_double), ("copy_ratio", c_double), ("copy_z", c_double),
    ("noisy_precision", c_double), ("noisy_density", c_double), ("blurred_recall", c_double), ("blurred_density", c_double),
    ("label_share", c_double), ("patience", c_size_t), ("few_samples", c_size_t), ("short_epoch", c_size_t),
    ("large_data", c_double), ("narrow_data", c_double), ("rates_apart", c_double), ("allocator", POINTER(gan_allocator)),
    ("overfit_z", c_double), ("overfit_share", c_double)]


class gan_look(Record):
    _fields_ = [("struct_size", c_size_t), ("comparison", POINTER(gan_comparison)), ("score", c_double),
    ("score_error", c_double), ("modes", POINTER(gan_reference_share)), ("n_modes", c_size_t), ("held_out", c_uint64),
    ("held_out_accepted", c_uint64), ("chance", c_double), ("d_trained", POINTER(c_float)), ("d_held_out", POINTER(c_float)),
    ("d_generated", POINTER(c_float)), ("n_d_trained", c_size_t), ("n_d_held_out", c_size_t), ("n_d_generated", c_size_t)]


class gan_image_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("max_bytes", c_size_t), ("allocator", POINTER(gan_allocator)), ("any_format", c_int)]


class gan_grid_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("columns", c_size_t), ("padding", c_size_t), ("background", c_uint8),
    ("mean", c_float * 4), ("std", c_float * 4), ("allocator", POINTER(gan_allocator))]


class gan_log_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("steps", c_uint64), ("interval", c_uint64), ("csv", c_char_p), ("events", c_char_p),
    ("allocator", POINTER(gan_allocator))]


class gan_sliced_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("patches", c_size_t), ("projections", c_size_t), ("seed", c_uint64),
    ("n_threads", c_size_t), ("pool", c_void_p), ("allocator", POINTER(gan_allocator))]


class gan_report_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("max_bytes", c_size_t), ("allocator", POINTER(gan_allocator))]


class gan_report_count(Record):
    _fields_ = [("name", c_char_p), ("found", c_double), ("expected", c_double)]


class gan_report_run(Record):
    _fields_ = [("name", c_char_p), ("log", c_void_p), ("picture", c_void_p)]


class gan_safetensors_entry(Record):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("dtype", c_char_p), ("shape", gan_shape), ("size", c_uint64)]


class gan_sampler_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("versions", c_size_t), ("allocator", POINTER(gan_allocator))]


class gan_sampler_workspace_desc(Record):
    _fields_ = [("struct_size", c_size_t), ("rows", c_size_t), ("allocator", POINTER(gan_allocator))]


_declare("gan_status_name", c_char_p, [("status", c_int)])
_declare("gan_status_text", c_char_p, [("status", c_int)])
_declare("gan_last_error", c_char_p, [])
_declare("gan_last_status", _status, [])
_declare("gan_shape_1d", gan_shape, [("n", c_size_t)])
_declare("gan_shape_2d", gan_shape, [("rows", c_size_t), ("columns", c_size_t)])
_declare("gan_shape_3d", gan_shape, [("channels", c_size_t), ("height", c_size_t), ("width", c_size_t)])
_declare("gan_shape_4d", gan_shape, [("d0", c_size_t), ("d1", c_size_t), ("d2", c_size_t), ("d3", c_size_t)])
_declare("gan_shape_size", c_size_t, [("shape", gan_shape)])
_declare("gan_shape_equal", c_int, [("a", gan_shape), ("b", gan_shape)])
_declare("gan_augment_desc_init", None, [("desc", POINTER(gan_augment_desc)), ("struct_size", c_size_t)])
_declare("gan_augment_samples", _status, [("desc", POINTER(gan_augment_desc)), ("shape", gan_shape), ("seed", c_uint64),
    ("first", c_uint64), ("n", c_size_t), ("samples", POINTER(c_float))])
_declare("gan_augment_gradients", _status, [("desc", POINTER(gan_augment_desc)), ("shape", gan_shape), ("seed", c_uint64),
    ("first", c_uint64), ("n", c_size_t), ("gradients", POINTER(c_float))])
_declare("gan_reader_memory", gan_reader, [("bytes", c_void_p), ("n", c_size_t)])
_declare("gan_reader_callback", gan_reader, [("read", gan_read_fn), ("user", c_void_p)])
_declare("gan_writer_memory", gan_writer, [("bytes", c_void_p), ("capacity", c_size_t)])
_declare("gan_writer_callback", gan_writer, [("write", gan_write_fn), ("user", c_void_p)])
_declare("gan_dataset_desc_init", None, [("desc", POINTER(gan_dataset_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_open_idx", _status, [("out", POINTER(c_void_p)), ("images", c_char_p), ("labels", c_char_p),
    ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_open_idx_from", _status, [("out", POINTER(c_void_p)), ("images", POINTER(gan_reader)),
    ("labels", POINTER(gan_reader)), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_png_desc_init", None, [("desc", POINTER(gan_png_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_open_png", _status, [("out", POINTER(c_void_p)), ("directory", c_char_p), ("desc", POINTER(gan_png_desc))])
_declare("gan_image_folder_desc_init", None, [("desc", POINTER(gan_image_folder_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_open_image_folder", _status, [("out", POINTER(c_void_p)), ("directory", c_char_p),
    ("desc", POINTER(gan_image_folder_desc))])
_declare("gan_npy_desc_init", None, [("desc", POINTER(gan_npy_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_open_npy", _status, [("out", POINTER(c_void_p)), ("samples", c_char_p), ("labels", c_char_p),
    ("desc", POINTER(gan_npy_desc))])
_declare("gan_dataset_open_npy_from", _status, [("out", POINTER(c_void_p)), ("samples", POINTER(gan_reader)),
    ("labels", POINTER(gan_reader)), ("desc", POINTER(gan_npy_desc))])
_declare("gan_cifar_desc_init", None, [("desc", POINTER(gan_cifar_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_open_cifar", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("desc", POINTER(gan_cifar_desc))])
_declare("gan_dataset_open_cifar_from", _status, [("out", POINTER(c_void_p)), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_cifar_desc))])
_declare("gan_csv_desc_init", None, [("desc", POINTER(gan_csv_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_open_csv", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("desc", POINTER(gan_csv_desc))])
_declare("gan_dataset_open_csv_from", _status, [("out", POINTER(c_void_p)), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_csv_desc))])
_declare("gan_dataset_create_bytes", _status, [("out", POINTER(c_void_p)), ("data", POINTER(c_uint8)),
    ("labels", POINTER(c_uint8)), ("count", c_size_t), ("shape", gan_shape), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_floats", _status, [("out", POINTER(c_void_p)), ("data", POINTER(c_float)),
    ("labels", POINTER(c_uint8)), ("count", c_size_t), ("shape", gan_shape), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_bytes_labels16", _status, [("out", POINTER(c_void_p)), ("data", POINTER(c_uint8)),
    ("labels", POINTER(c_uint16)), ("count", c_size_t), ("shape", gan_shape), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_floats_labels16", _status, [("out", POINTER(c_void_p)), ("data", POINTER(c_float)),
    ("labels", POINTER(c_uint16)), ("count", c_size_t), ("shape", gan_shape), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_shapes", _status, [("out", POINTER(c_void_p)), ("count", c_size_t), ("seed", c_uint64),
    ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_callbacks", _status, [("out", POINTER(c_void_p)), ("read", gan_dataset_read_fn), ("user", c_void_p),
    ("count", c_size_t), ("shape", gan_shape), ("has_labels", c_int), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_callbacks_labels16", _status, [("out", POINTER(c_void_p)), ("read", gan_dataset_read_labels16_fn),
    ("user", c_void_p), ("count", c_size_t), ("shape", gan_shape), ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_create_range", _status, [("out", POINTER(c_void_p)), ("source", c_void_p), ("first", c_size_t),
    ("count", c_size_t), ("allocator", POINTER(gan_allocator))])
_declare("gan_dataset_create_subset", _status, [("out", POINTER(c_void_p)), ("source", c_void_p), ("indices", POINTER(c_size_t)),
    ("count", c_size_t), ("allocator", POINTER(gan_allocator))])
_declare("gan_split_desc_init", None, [("desc", POINTER(gan_split_desc)), ("struct_size", c_size_t)])
_declare("gan_dataset_split", _status, [("first", POINTER(c_void_p)), ("second", POINTER(c_void_p)), ("source", c_void_p),
    ("desc", POINTER(gan_split_desc))])
_declare("gan_dataset_create_concat", _status, [("out", POINTER(c_void_p)), ("sources", POINTER(c_void_p)), ("n", c_size_t),
    ("allocator", POINTER(gan_allocator))])
_declare("gan_dataset_create_labelled", _status, [("out", POINTER(c_void_p)), ("source", c_void_p), ("labels", POINTER(c_uint16)),
    ("desc", POINTER(gan_dataset_desc))])
_declare("gan_dataset_destroy", None, [("data", c_void_p)])
_declare("gan_dataset_count", c_size_t, [("data", c_void_p)])
_declare("gan_dataset_shape", gan_shape, [("data", c_void_p)])
_declare("gan_dataset_has_labels", c_int, [("data", c_void_p)])
_declare("gan_dataset_label_bits", c_int, [("data", c_void_p)])
_declare("gan_dataset_class_count", c_size_t, [("data", c_void_p)])
_declare("gan_dataset_class_name", c_char_p, [("data", c_void_p), ("label", c_size_t)])
_declare("gan_dataset_class_index", c_size_t, [("data", c_void_p), ("name", c_char_p)])
_declare("gan_dataset_column_count", c_size_t, [("data", c_void_p)])
_declare("gan_dataset_column_name", c_char_p, [("data", c_void_p), ("column", c_size_t)])
_declare("gan_dataset_class_sizes", _status, [("data", c_void_p), ("sizes", POINTER(c_double)), ("n_classes", c_size_t)])
_declare("gan_dataset_file_name", c_char_p, [("data", c_void_p), ("index", c_size_t)])
_declare("gan_dataset_skipped_count", c_size_t, [("data", c_void_p)])
_declare("gan_dataset_skipped", c_char_p, [("data", c_void_p), ("i", c_size_t)])
_declare("gan_dataset_read", _status, [("data", c_void_p), ("index", c_size_t), ("out", POINTER(c_float)),
    ("label", POINTER(c_uint8))])
_declare("gan_dataset_read_labels16", _status, [("data", c_void_p), ("index", c_size_t), ("out", POINTER(c_float)),
    ("label", POINTER(c_uint16))])
_declare("gan_batch_init", None, [("batch", POINTER(gan_batch)), ("struct_size", c_size_t)])
_declare("gan_iterator_desc_init", None, [("desc", POINTER(gan_iterator_desc)), ("struct_size", c_size_t)])
_declare("gan_iterator_create", _status, [("out", POINTER(c_void_p)), ("data", c_void_p), ("desc", POINTER(gan_iterator_desc))])
_declare("gan_iterator_destroy", None, [("it", c_void_p)])
_declare("gan_iterator_next", _status, [("it", c_void_p), ("batch", POINTER(POINTER(gan_batch)))])
_declare("gan_iterator_epoch", c_uint64, [("it", c_void_p)])
_declare("gan_iterator_position", c_size_t, [("it", c_void_p)])
_declare("gan_iterator_batch_count", c_size_t, [("it", c_void_p)])
_declare("gan_iterator_seek", _status, [("it", c_void_p), ("epoch", c_uint64), ("position", c_size_t)])
_declare("gan_layer_linear", c_void_p, [("in", c_size_t), ("out", c_size_t)])
_declare("gan_layer_leaky_relu", c_void_p, [("slope", c_float)])
_declare("gan_layer_relu", c_void_p, [])
_declare("gan_layer_tanh", c_void_p, [])
_declare("gan_layer_sigmoid", c_void_p, [])
_declare("gan_layer_elu", c_void_p, [("alpha", c_float)])
_declare("gan_layer_selu", c_void_p, [])
_declare("gan_layer_gelu", c_void_p, [("approximate", c_int)])
_declare("gan_layer_silu", c_void_p, [])
_declare("gan_layer_softplus", c_void_p, [("beta", c_float), ("threshold", c_float)])
_declare("gan_layer_prelu", c_void_p, [("num_parameters", c_size_t), ("init", c_float)])
_declare("gan_layer_dropout", c_void_p, [("p", c_float)])
_declare("gan_layer_dropout2d", c_void_p, [("p", c_float)])
_declare("gan_layer_flatten", c_void_p, [])
_declare("gan_layer_reshape", c_void_p, [("shape", gan_shape)])
_declare("gan_conv2d_desc_init", None, [("desc", POINTER(gan_conv2d_desc)), ("struct_size", c_size_t)])
_declare("gan_layer_conv2d", c_void_p, [("in_channels", c_size_t), ("out_channels", c_size_t), ("kernel_size", c_size_t),
    ("desc", POINTER(gan_conv2d_desc))])
_declare("gan_layer_conv_transpose2d", c_void_p, [("in_channels", c_size_t), ("out_channels", c_size_t),
    ("kernel_size", c_size_t), ("desc", POINTER(gan_conv2d_desc))])
_declare("gan_conv1d_desc_init", None, [("desc", POINTER(gan_conv1d_desc)), ("struct_size", c_size_t)])
_declare("gan_layer_conv1d", c_void_p, [("in_channels", c_size_t), ("out_channels", c_size_t), ("kernel_size", c_size_t),
    ("desc", POINTER(gan_conv1d_desc))])
_declare("gan_layer_conv_transpose1d", c_void_p, [("in_channels", c_size_t), ("out_channels", c_size_t),
    ("kernel_size", c_size_t), ("desc", POINTER(gan_conv1d_desc))])
_declare("gan_norm_desc_init", None, [("desc", POINTER(gan_norm_desc)), ("struct_size", c_size_t)])
_declare("gan_layer_batch_norm", c_void_p, [("num_features", c_size_t), ("desc", POINTER(gan_norm_desc))])
_declare("gan_layer_layer_norm", c_void_p, [("normalized_shape", gan_shape), ("desc", POINTER(gan_norm_desc))])
_declare("gan_layer_group_norm", c_void_p, [("num_groups", c_size_t), ("num_channels", c_size_t),
    ("desc", POINTER(gan_norm_desc))])
_declare("gan_layer_instance_norm", c_void_p, [("num_features", c_size_t), ("affine", c_int), ("desc", POINTER(gan_norm_desc))])
_declare("gan_pool2d_desc_init", None, [("desc", POINTER(gan_pool2d_desc)), ("struct_size", c_size_t)])
_declare("gan_layer_max_pool2d", c_void_p, [("kernel_size", c_size_t), ("desc", POINTER(gan_pool2d_desc))])
_declare("gan_layer_avg_pool2d", c_void_p, [("kernel_size", c_size_t), ("desc", POINTER(gan_pool2d_desc))])
_declare("gan_pool1d_desc_init", None, [("desc", POINTER(gan_pool1d_desc)), ("struct_size", c_size_t)])
_declare("gan_layer_max_pool1d", c_void_p, [("kernel_size", c_size_t), ("desc", POINTER(gan_pool1d_desc))])
_declare("gan_layer_avg_pool1d", c_void_p, [("kernel_size", c_size_t), ("desc", POINTER(gan_pool1d_desc))])
_declare("gan_layer_upsample", c_void_p, [("scale_factor", c_size_t), ("mode", c_int), ("align_corners", c_int)])
_declare("gan_layer_pixel_shuffle", c_void_p, [("upscale_factor", c_size_t)])
_declare("gan_layer_blur_pool2d", c_void_p, [("stride", c_size_t)])
_declare("gan_layer_blur_upsample2d", c_void_p, [])
_declare("gan_layer_attention", c_void_p, [("key_channels", c_size_t), ("value_channels", c_size_t), ("scale", c_double)])
_declare("gan_layer_minibatch_stddev", c_void_p, [("group_size", c_size_t)])
_declare("gan_layer_destroy", None, [("layer", c_void_p)])
_declare("gan_layer_spectral_norm", c_void_p, [("layer", c_void_p)])
_declare("gan_layer_label_embedding", c_void_p, [("num_classes", c_size_t), ("embedding_dim", c_size_t)])
_declare("gan_layer_one_hot", c_void_p, [("num_classes", c_size_t)])
_declare("gan_layer_label_map", c_void_p, [("num_classes", c_size_t), ("num_maps", c_size_t)])
_declare("gan_layer_class_affine", c_void_p, [("num_features", c_size_t), ("num_classes", c_size_t)])
_declare("gan_layer_projection", c_void_p, [("in", c_size_t), ("num_classes", c_size_t)])
_declare("gan_pool_create", _status, [("out", POINTER(c_void_p)), ("n_threads", c_size_t), ("allocator", POINTER(gan_allocator))])
_declare("gan_pool_destroy", None, [("pool", c_void_p)])
_declare("gan_pool_thread_count", c_size_t, [("pool", c_void_p)])
_declare("gan_scaler_desc_init", None, [("desc", POINTER(gan_scaler_desc)), ("struct_size", c_size_t)])
_declare("gan_scaler_fit", _status, [("out", POINTER(c_void_p)), ("data", c_void_p), ("desc", POINTER(gan_scaler_desc))])
_declare("gan_scaler_create", _status, [("out", POINTER(c_void_p)), ("n", c_size_t), ("shift", POINTER(c_double)),
    ("scale", POINTER(c_double)), ("allocator", POINTER(gan_allocator))])
_declare("gan_scaler_destroy", None, [("scaler", c_void_p)])
_declare("gan_scaler_column_count", c_size_t, [("scaler", c_void_p)])
_declare("gan_scaler_shift", POINTER(c_double), [("scaler", c_void_p)])
_declare("gan_scaler_scale", POINTER(c_double), [("scaler", c_void_p)])
_declare("gan_scaler_apply", _status, [("scaler", c_void_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_scaler_invert", _status, [("scaler", c_void_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_dataset_create_scaled", _status, [("out", POINTER(c_void_p)), ("source", c_void_p), ("scaler", c_void_p),
    ("allocator", POINTER(gan_allocator))])
_declare("gan_network_desc_init", None, [("desc", POINTER(gan_network_desc)), ("struct_size", c_size_t)])
_declare("gan_network_create", c_void_p, [("input", gan_shape), ("desc", POINTER(gan_network_desc))])
_declare("gan_network_destroy", None, [("net", c_void_p)])
_declare("gan_network_add", _status, [("net", c_void_p), ("layer", c_void_p)])
_declare("gan_layer_residual", c_void_p, [("body", c_void_p), ("shortcut", c_void_p)])
_declare("gan_network_add_conditional_batch_norm", _status, [("net", c_void_p), ("num_features", c_size_t),
    ("num_classes", c_size_t), ("desc", POINTER(gan_norm_desc))])
_declare("gan_network_build", _status, [("net", c_void_p)])
_declare("gan_network_memory", _status, [("bytes", POINTER(c_size_t)), ("net", c_void_p)])
_declare("gan_network_initialize", _status, [("net", c_void_p), ("seed", c_uint64)])
_declare("gan_init_desc_init", None, [("desc", POINTER(gan_init_desc)), ("struct_size", c_size_t)])
_declare("gan_network_initialize_as", _status, [("net", c_void_p), ("seed", c_uint64), ("desc", POINTER(gan_init_desc))])
_declare("gan_network_estimate_statistics_labels16", _status, [("net", c_void_p), ("in", POINTER(c_float)),
    ("labels", POINTER(c_uint16)), ("n", c_size_t), ("desc", POINTER(gan_statistics_desc))])
_declare("gan_statistics_desc_init", None, [("desc", POINTER(gan_statistics_desc)), ("struct_size", c_size_t)])
_declare("gan_network_estimate_statistics", _status, [("net", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint8)),
    ("n", c_size_t), ("desc", POINTER(gan_statistics_desc))])
_declare("gan_network_clone", _status, [("out", POINTER(c_void_p)), ("net", c_void_p)])
_declare("gan_network_input_shape", gan_shape, [("net", c_void_p)])
_declare("gan_network_output_shape", gan_shape, [("net", c_void_p)])
_declare("gan_network_class_count", c_size_t, [("net", c_void_p)])
_declare("gan_network_set_class_names", _status, [("net", c_void_p), ("names", POINTER(c_char_p)), ("n", c_size_t)])
_declare("gan_network_class_name", c_char_p, [("net", c_void_p), ("label", c_size_t)])
_declare("gan_network_class_index", c_size_t, [("net", c_void_p), ("name", c_char_p)])
_declare("gan_network_set_picture_shape", _status, [("net", c_void_p), ("shape", gan_shape)])
_declare("gan_network_picture_shape", gan_shape, [("net", c_void_p)])
_declare("gan_network_set_scaler", _status, [("net", c_void_p), ("scaler", c_void_p)])
_declare("gan_network_scaler", c_void_p, [("net", c_void_p)])
_declare("gan_network_set_latent", _status, [("net", c_void_p), ("latent", c_int)])
_declare("gan_network_latent", c_int, [("net", c_void_p)])
_declare("gan_network_set_rate", _status, [("net", c_void_p), ("prefix", c_char_p), ("scale", c_double)])
_declare("gan_network_rate", c_double, [("net", c_void_p), ("index", c_size_t)])
_declare("gan_network_layer_count", c_size_t, [("net", c_void_p)])
_declare("gan_network_layer_kind", c_char_p, [("net", c_void_p), ("index", c_size_t)])
_declare("gan_layer_info_init", None, [("info", POINTER(gan_layer_info)), ("struct_size", c_size_t)])
_declare("gan_network_layer_info", _status, [("out", POINTER(gan_layer_info)), ("net", c_void_p), ("i", c_size_t)])
_declare("gan_network_find_setting", _status, [("values", POINTER(c_double)), ("n", c_size_t), ("net", c_void_p),
    ("layer", c_char_p), ("setting", c_char_p)])
_declare("gan_network_param_count", c_size_t, [("net", c_void_p)])
_declare("gan_network_tensor_count", c_size_t, [("net", c_void_p)])
_declare("gan_network_tensor", _status, [("out", POINTER(gan_tensor)), ("net", c_void_p), ("index", c_size_t)])
_declare("gan_network_find", _status, [("out", POINTER(gan_tensor)), ("net", c_void_p), ("name", c_char_p)])
_declare("gan_network_summary", c_size_t, [("net", c_void_p), ("text", c_char_p), ("capacity", c_size_t)])
_declare("gan_network_forward", _status, [("net", c_void_p), ("in", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_network_forward_labels", _status, [("net", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint8)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_network_forward_labels16", _status, [("net", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint16)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_network_forward_between", _status, [("net", c_void_p), ("in", POINTER(c_float)), ("from", POINTER(c_uint8)),
    ("to", POINTER(c_uint8)), ("way", POINTER(c_float)), ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_network_forward_between_labels16", _status, [("net", c_void_p), ("in", POINTER(c_float)),
    ("from", POINTER(c_uint16)), ("to", POINTER(c_uint16)), ("way", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_network_save", _status, [("net", c_void_p), ("path", c_char_p)])
_declare("gan_network_save_to", _status, [("net", c_void_p), ("to", POINTER(gan_writer))])
_declare("gan_network_load_report_init", None, [("report", POINTER(gan_network_load_report)), ("struct_size", c_size_t)])
_declare("gan_network_load_desc_init", None, [("desc", POINTER(gan_network_load_desc)), ("struct_size", c_size_t)])
_declare("gan_network_load", _status, [("net", c_void_p), ("path", c_char_p), ("desc", POINTER(gan_network_load_desc))])
_declare("gan_network_load_from", _status, [("net", c_void_p), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_network_load_desc))])
_declare("gan_network_open", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("desc", POINTER(gan_network_desc))])
_declare("gan_network_open_from", _status, [("out", POINTER(c_void_p)), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_network_desc))])
_declare("gan_network_open_in_place", _status, [("out", POINTER(c_void_p)), ("bytes", c_void_p), ("n", c_size_t),
    ("desc", POINTER(gan_network_desc))])
_declare("gan_communicator_init", None, [("communicator", POINTER(gan_communicator)), ("struct_size", c_size_t)])
_declare("gan_objective_init", None, [("objective", POINTER(gan_objective)), ("struct_size", c_size_t)])
_declare("gan_loss_bce_with_logits", _status, [("logits", POINTER(c_float)), ("n", c_size_t), ("target", c_float),
    ("loss", POINTER(c_double)), ("grad", POINTER(c_float))])
_declare("gan_loss_cross_entropy", _status, [("logits", POINTER(c_float)), ("n", c_size_t), ("n_classes", c_size_t),
    ("labels", POINTER(c_uint8)), ("label_smoothing", c_float), ("loss", POINTER(c_double)), ("grad", POINTER(c_float))])
_declare("gan_loss_cross_entropy_labels16", _status, [("logits", POINTER(c_float)), ("n", c_size_t), ("n_classes", c_size_t),
    ("labels", POINTER(c_uint16)), ("label_smoothing", c_float), ("loss", POINTER(c_double)), ("grad", POINTER(c_float))])
_declare("gan_schedule_desc_init", None, [("desc", POINTER(gan_schedule_desc)), ("struct_size", c_size_t)])
_declare("gan_adam_desc_init", None, [("desc", POINTER(gan_adam_desc)), ("struct_size", c_size_t)])
_declare("gan_adamw_desc_init", None, [("desc", POINTER(gan_adam_desc)), ("struct_size", c_size_t)])
_declare("gan_adabelief_desc_init", None, [("desc", POINTER(gan_adabelief_desc)), ("struct_size", c_size_t)])
_declare("gan_lion_desc_init", None, [("desc", POINTER(gan_lion_desc)), ("struct_size", c_size_t)])
_declare("gan_sgd_desc_init", None, [("desc", POINTER(gan_sgd_desc)), ("struct_size", c_size_t)])
_declare("gan_rmsprop_desc_init", None, [("desc", POINTER(gan_rmsprop_desc)), ("struct_size", c_size_t)])
_declare("gan_optimizer_create_adam", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_adam_desc))])
_declare("gan_optimizer_create_adamw", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_adam_desc))])
_declare("gan_optimizer_create_adabelief", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_adabelief_desc))])
_declare("gan_optimizer_create_lion", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_lion_desc))])
_declare("gan_optimizer_create_sgd", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_sgd_desc))])
_declare("gan_optimizer_create_rmsprop", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_rmsprop_desc))])
_declare("gan_optimizer_destroy", None, [("opt", c_void_p)])
_declare("gan_optimizer_bind", _status, [("opt", c_void_p), ("n_params", c_size_t)])
_declare("gan_optimizer_step", _status, [("opt", c_void_p), ("params", POINTER(c_float)), ("grads", POINTER(c_float)),
    ("n", c_size_t)])
_declare("gan_optimizer_lr", c_double, [("opt", c_void_p)])
_declare("gan_optimizer_set_lr", _status, [("opt", c_void_p), ("lr", c_double)])
_declare("gan_optimizer_set_schedule", _status, [("opt", c_void_p), ("desc", POINTER(gan_schedule_desc))])
_declare("gan_optimizer_schedule_setting", _status, [("opt", c_void_p), ("setting", c_char_p),
    ("desc", POINTER(gan_schedule_desc))])
_declare("gan_optimizer_next_lr", c_double, [("opt", c_void_p)])
_declare("gan_limits_desc_init", None, [("desc", POINTER(gan_limits_desc)), ("struct_size", c_size_t)])
_declare("gan_optimizer_set_limits", _status, [("opt", c_void_p), ("desc", POINTER(gan_limits_desc))])
_declare("gan_optimizer_steps", c_uint64, [("opt", c_void_p)])
_declare("gan_pass_forward_labels16", _status, [("pass", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint16)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_pass_desc_init", None, [("desc", POINTER(gan_pass_desc)), ("struct_size", c_size_t)])
_declare("gan_pass_create", _status, [("out", POINTER(c_void_p)), ("net", c_void_p), ("desc", POINTER(gan_pass_desc))])
_declare("gan_pass_memory", _status, [("bytes", POINTER(c_size_t)), ("net", c_void_p), ("desc", POINTER(gan_pass_desc))])
_declare("gan_pass_destroy", None, [("pass", c_void_p)])
_declare("gan_pass_forward", _status, [("pass", c_void_p), ("in", POINTER(c_float)), ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_pass_forward_labels", _status, [("pass", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint8)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_pass_backward", _status, [("pass", c_void_p), ("out_grad", POINTER(c_float)), ("weights", c_int),
    ("in_grad", POINTER(c_float))])
_declare("gan_pass_update_buffers", _status, [("pass", c_void_p)])
_declare("gan_pass_step", _status, [("pass", c_void_p), ("optimizer", c_void_p), ("norm", POINTER(c_double))])
_declare("gan_pass_gradient", _status, [("out", POINTER(gan_tensor)), ("pass", c_void_p), ("name", c_char_p)])
_declare("gan_pass_gradients", POINTER(c_float), [("pass", c_void_p)])
_declare("gan_pass_output", POINTER(c_float), [("pass", c_void_p)])
_declare("gan_pass_output_shape", gan_shape, [("pass", c_void_p)])
_declare("gan_pass_forward_count", c_uint64, [("pass", c_void_p)])
_declare("gan_penalty_desc_init", None, [("desc", POINTER(gan_penalty_desc)), ("struct_size", c_size_t)])
_declare("gan_lecam_desc_init", None, [("desc", POINTER(gan_lecam_desc)), ("struct_size", c_size_t)])
_declare("gan_consistency_desc_init", None, [("desc", POINTER(gan_consistency_desc)), ("struct_size", c_size_t)])
_declare("gan_trainer_desc_init", None, [("desc", POINTER(gan_trainer_desc)), ("struct_size", c_size_t)])
_declare("gan_train_stats_init", None, [("stats", POINTER(gan_train_stats)), ("struct_size", c_size_t)])
_declare("gan_trainer_create", _status, [("out", POINTER(c_void_p)), ("g", c_void_p), ("d", c_void_p), ("g_opt", c_void_p),
    ("d_opt", c_void_p), ("desc", POINTER(gan_trainer_desc))])
_declare("gan_trainer_memory", _status, [("bytes", POINTER(c_size_t)), ("g", c_void_p), ("d", c_void_p), ("g_opt", c_void_p),
    ("d_opt", c_void_p), ("desc", POINTER(gan_trainer_desc))])
_declare("gan_trainer_destroy", None, [("trainer", c_void_p)])
_declare("gan_trainer_generator", c_void_p, [("trainer", c_void_p)])
_declare("gan_trainer_discriminator", c_void_p, [("trainer", c_void_p)])
_declare("gan_trainer_generator_optimizer", c_void_p, [("trainer", c_void_p)])
_declare("gan_trainer_discriminator_optimizer", c_void_p, [("trainer", c_void_p)])
_declare("gan_trainer_batch_size", c_size_t, [("trainer", c_void_p)])
_declare("gan_trainer_stats", _status, [("trainer", c_void_p), ("stats", POINTER(gan_train_stats))])
_declare("gan_trainer_outputs", _status, [("trainer", c_void_p), ("samples", POINTER(gan_batch)), ("outputs", POINTER(c_float))])
_declare("gan_trainer_set_extra_state", _status, [("trainer", c_void_p), ("bytes", c_void_p), ("n", c_size_t)])
_declare("gan_trainer_extra_state", c_void_p, [("trainer", c_void_p), ("n", POINTER(c_size_t))])
_declare("gan_train_step", _status, [("trainer", c_void_p), ("batch", POINTER(gan_batch)), ("stats", POINTER(gan_train_stats))])
_declare("gan_train_generator_step_labels16", _status, [("trainer", c_void_p), ("n", c_size_t), ("z", POINTER(c_float)),
    ("labels", POINTER(c_uint16)), ("stats", POINTER(gan_train_stats))])
_declare("gan_train_discriminator_step_labels16", _status, [("trainer", c_void_p), ("batch", POINTER(gan_batch)),
    ("z", POINTER(c_float)), ("labels", POINTER(c_uint16)), ("stats", POINTER(gan_train_stats))])
_declare("gan_train_discriminator_step", _status, [("trainer", c_void_p), ("batch", POINTER(gan_batch)), ("z", POINTER(c_float)),
    ("labels", POINTER(c_uint8)), ("stats", POINTER(gan_train_stats))])
_declare("gan_train_generator_step", _status, [("trainer", c_void_p), ("n", c_size_t), ("z", POINTER(c_float)),
    ("labels", POINTER(c_uint8)), ("stats", POINTER(gan_train_stats))])
_declare("gan_train_generator_step_beside", _status, [("trainer", c_void_p), ("batch", POINTER(gan_batch)),
    ("z", POINTER(c_float)), ("labels", POINTER(c_uint16)), ("stats", POINTER(gan_train_stats))])
_declare("gan_trainer_average", c_void_p, [("trainer", c_void_p)])
_declare("gan_trainer_sample", _status, [("trainer", c_void_p), ("z", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_trainer_sample_labels", _status, [("trainer", c_void_p), ("z", POINTER(c_float)), ("labels", POINTER(c_uint8)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_trainer_sample_labels16", _status, [("trainer", c_void_p), ("z", POINTER(c_float)), ("labels", POINTER(c_uint16)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_checkpoint_save", _status, [("trainer", c_void_p), ("it", c_void_p), ("path", c_char_p)])
_declare("gan_checkpoint_compare", _status, [("trainer", c_void_p), ("it", c_void_p)])
_declare("gan_checkpoint_save_keep", _status, [("trainer", c_void_p), ("it", c_void_p), ("path", c_char_p), ("n_keep", c_size_t)])
_declare("gan_checkpoint_load", _status, [("trainer", c_void_p), ("it", c_void_p), ("path", c_char_p)])
_declare("gan_checkpoint_resume_report_init", None, [("report", POINTER(gan_checkpoint_resume_report)),
    ("struct_size", c_size_t)])
_declare("gan_checkpoint_resume_desc_init", None, [("desc", POINTER(gan_checkpoint_resume_desc)), ("struct_size", c_size_t)])
_declare("gan_checkpoint_resume", _status, [("trainer", c_void_p), ("it", c_void_p), ("path", c_char_p),
    ("desc", POINTER(gan_checkpoint_resume_desc))])
_declare("gan_checkpoint_networks", _status, [("g", POINTER(c_void_p)), ("d", POINTER(c_void_p)), ("path", c_char_p),
    ("desc", POINTER(gan_network_desc))])
_declare("gan_checkpoint_average", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("desc", POINTER(gan_network_desc))])
_declare("gan_checkpoint_info_init", None, [("info", POINTER(gan_checkpoint_info)), ("struct_size", c_size_t)])
_declare("gan_checkpoint_read_info", _status, [("info", POINTER(gan_checkpoint_info)), ("path", c_char_p)])
_declare("gan_checkpoint_read_extra_state", _status, [("bytes", c_void_p), ("capacity", c_size_t), ("n", POINTER(c_size_t)),
    ("path", c_char_p)])
_declare("gan_checkpoint_save_to", _status, [("trainer", c_void_p), ("it", c_void_p), ("to", POINTER(gan_writer))])
_declare("gan_checkpoint_load_from", _status, [("trainer", c_void_p), ("it", c_void_p), ("from", POINTER(gan_reader))])
_declare("gan_checkpoint_resume_from", _status, [("trainer", c_void_p), ("it", c_void_p), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_checkpoint_resume_desc))])
_declare("gan_checkpoint_networks_from", _status, [("g", POINTER(c_void_p)), ("d", POINTER(c_void_p)),
    ("from", POINTER(gan_reader)), ("desc", POINTER(gan_network_desc))])
_declare("gan_checkpoint_average_from", _status, [("out", POINTER(c_void_p)), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_network_desc))])
_declare("gan_checkpoint_read_info_from", _status, [("info", POINTER(gan_checkpoint_info)), ("from", POINTER(gan_reader))])
_declare("gan_checkpoint_read_extra_state_from", _status, [("bytes", c_void_p), ("capacity", c_size_t), ("n", POINTER(c_size_t)),
    ("from", POINTER(gan_reader))])
_declare("gan_classifier_desc_init", None, [("desc", POINTER(gan_classifier_desc)), ("struct_size", c_size_t)])
_declare("gan_classifier_stats_init", None, [("stats", POINTER(gan_classifier_stats)), ("struct_size", c_size_t)])
_declare("gan_classifier_create", _status, [("out", POINTER(c_void_p)), ("net", c_void_p), ("opt", c_void_p),
    ("desc", POINTER(gan_classifier_desc))])
_declare("gan_classifier_memory", _status, [("bytes", POINTER(c_size_t)), ("net", c_void_p), ("opt", c_void_p),
    ("desc", POINTER(gan_classifier_desc))])
_declare("gan_classifier_destroy", None, [("classifier", c_void_p)])
_declare("gan_classifier_class_count", c_size_t, [("classifier", c_void_p)])
_declare("gan_classifier_feature_count", c_size_t, [("classifier", c_void_p)])
_declare("gan_classifier_step", _status, [("classifier", c_void_p), ("batch", POINTER(gan_batch)),
    ("stats", POINTER(gan_classifier_stats))])
_declare("gan_classifier_evaluate", _status, [("classifier", c_void_p), ("it", c_void_p),
    ("stats", POINTER(gan_classifier_stats)), ("confusion", POINTER(c_size_t))])
_declare("gan_classifier_predict", _status, [("classifier", c_void_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("labels", POINTER(c_uint8))])
_declare("gan_classifier_predict_labels16", _status, [("classifier", c_void_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("labels", POINTER(c_uint16))])
_declare("gan_classifier_features", _status, [("classifier", c_void_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("features", POINTER(c_float))])
_declare("gan_export_report_init", None, [("report", POINTER(gan_export_report)), ("struct_size", c_size_t)])
_declare("gan_export_c_desc_init", None, [("desc", POINTER(gan_export_c_desc)), ("struct_size", c_size_t)])
_declare("gan_export_c", _status, [("net", c_void_p), ("directory", c_char_p), ("desc", POINTER(gan_export_c_desc))])
_declare("gan_export_c_to", _status, [("net", c_void_p), ("file", c_int), ("to", POINTER(gan_writer)),
    ("desc", POINTER(gan_export_c_desc))])
_declare("gan_export_page_desc_init", None, [("desc", POINTER(gan_export_page_desc)), ("struct_size", c_size_t)])
_declare("gan_export_page", _status, [("net", c_void_p), ("path", c_char_p), ("desc", POINTER(gan_export_page_desc))])
_declare("gan_export_page_to", _status, [("net", c_void_p), ("to", POINTER(gan_writer)), ("desc", POINTER(gan_export_page_desc))])
_declare("gan_export_onnx_desc_init", None, [("desc", POINTER(gan_export_onnx_desc)), ("struct_size", c_size_t)])
_declare("gan_export_onnx", _status, [("net", c_void_p), ("path", c_char_p), ("desc", POINTER(gan_export_onnx_desc))])
_declare("gan_export_onnx_to", _status, [("net", c_void_p), ("to", POINTER(gan_writer)), ("desc", POINTER(gan_export_onnx_desc))])
_declare("gan_features_desc_init", None, [("desc", POINTER(gan_features_desc)), ("struct_size", c_size_t)])
_declare("gan_features_create_pixels", _status, [("out", POINTER(c_void_p)), ("sample", gan_shape),
    ("desc", POINTER(gan_features_desc))])
_declare("gan_features_create_random", _status, [("out", POINTER(c_void_p)), ("sample", gan_shape), ("seed", c_uint64),
    ("desc", POINTER(gan_features_desc))])
_declare("gan_features_create_classifier", _status, [("out", POINTER(c_void_p)), ("classifier", c_void_p),
    ("desc", POINTER(gan_features_desc))])
_declare("gan_features_destroy", None, [("features", c_void_p)])
_declare("gan_features_count", c_size_t, [("features", c_void_p)])
_declare("gan_features_name", c_char_p, [("features", c_void_p)])
_declare("gan_features_hash", c_uint64, [("features", c_void_p)])
_declare("gan_features_compute", _status, [("features", c_void_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_reference_desc_init", None, [("desc", POINTER(gan_reference_desc)), ("struct_size", c_size_t)])
_declare("gan_comparison_init", None, [("comparison", POINTER(gan_comparison)), ("struct_size", c_size_t)])
_declare("gan_reference_create", _status, [("out", POINTER(c_void_p)), ("vectors", POINTER(c_float)), ("n", c_size_t),
    ("dimension", c_size_t), ("desc", POINTER(gan_reference_desc))])
_declare("gan_reference_destroy", None, [("reference", c_void_p)])
_declare("gan_reference_compare", _status, [("reference", c_void_p), ("vectors", POINTER(c_float)), ("labels", POINTER(c_uint16)),
    ("n", c_size_t), ("comparison", POINTER(gan_comparison))])
_declare("gan_reference_bins", POINTER(gan_reference_share), [("reference", c_void_p), ("n", POINTER(c_size_t))])
_declare("gan_reference_classes", POINTER(gan_reference_share), [("reference", c_void_p), ("n", POINTER(c_size_t))])
_declare("gan_verdict_name", c_char_p, [("verdict", c_int)])
_declare("gan_finding_init", None, [("finding", POINTER(gan_finding)), ("struct_size", c_size_t)])
_declare("gan_health_desc_init", None, [("desc", POINTER(gan_health_desc)), ("struct_size", c_size_t)])
_declare("gan_health_create", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_health_desc))])
_declare("gan_health_destroy", None, [("health", c_void_p)])
_declare("gan_health_preflight", _status, [("health", c_void_p), ("trainer", c_void_p), ("batch", POINTER(gan_batch)),
    ("n_samples", c_uint64)])
_declare("gan_health_step", _status, [("health", c_void_p), ("status", c_int), ("stats", POINTER(gan_train_stats))])
_declare("gan_look_init", None, [("look", POINTER(gan_look)), ("struct_size", c_size_t)])
_declare("gan_health_look", _status, [("health", c_void_p), ("look", POINTER(gan_look))])
_declare("gan_health_verdict", _status, [("health", c_void_p), ("finding", POINTER(gan_finding))])
_declare("gan_health_finding_count", c_size_t, [("health", c_void_p)])
_declare("gan_health_finding", _status, [("health", c_void_p), ("index", c_size_t), ("finding", POINTER(gan_finding))])
_declare("gan_health_should_stop", c_int, [("health", c_void_p)])
_declare("gan_health_is_best", c_int, [("health", c_void_p)])
_declare("gan_health_best", _status, [("health", c_void_p), ("score", POINTER(c_double)), ("step", POINTER(c_uint64))])
_declare("gan_health_state_size", c_size_t, [("health", c_void_p)])
_declare("gan_health_save", _status, [("health", c_void_p), ("bytes", c_void_p)])
_declare("gan_health_load", _status, [("health", c_void_p), ("bytes", c_void_p), ("n", c_size_t)])
_declare("gan_image_create", _status, [("out", POINTER(c_void_p)), ("width", c_size_t), ("height", c_size_t),
    ("channels", c_size_t), ("allocator", POINTER(gan_allocator))])
_declare("gan_image_desc_init", None, [("desc", POINTER(gan_image_desc)), ("struct_size", c_size_t)])
_declare("gan_image_read", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("desc", POINTER(gan_image_desc))])
_declare("gan_image_read_from", _status, [("out", POINTER(c_void_p)), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_image_desc))])
_declare("gan_image_write", _status, [("image", c_void_p), ("path", c_char_p)])
_declare("gan_image_write_to", _status, [("image", c_void_p), ("to", POINTER(gan_writer))])
_declare("gan_image_write_animation", _status, [("frames", POINTER(c_void_p)), ("n", c_size_t), ("milliseconds", c_uint32),
    ("path", c_char_p)])
_declare("gan_image_write_animation_to", _status, [("frames", POINTER(c_void_p)), ("n", c_size_t), ("milliseconds", c_uint32),
    ("to", POINTER(gan_writer))])
_declare("gan_image_destroy", None, [("image", c_void_p)])
_declare("gan_image_width", c_size_t, [("image", c_void_p)])
_declare("gan_image_height", c_size_t, [("image", c_void_p)])
_declare("gan_image_channels", c_size_t, [("image", c_void_p)])
_declare("gan_image_pixels", POINTER(c_uint8), [("image", c_void_p)])
_declare("gan_grid_desc_init", None, [("desc", POINTER(gan_grid_desc)), ("struct_size", c_size_t)])
_declare("gan_image_create_grid", _status, [("out", POINTER(c_void_p)), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("shape", gan_shape), ("desc", POINTER(gan_grid_desc))])
_declare("gan_image_write_grid", _status, [("path", c_char_p), ("samples", POINTER(c_float)), ("n", c_size_t),
    ("shape", gan_shape), ("desc", POINTER(gan_grid_desc))])
_declare("gan_log_desc_init", None, [("desc", POINTER(gan_log_desc)), ("struct_size", c_size_t)])
_declare("gan_log_create", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("desc", POINTER(gan_log_desc))])
_declare("gan_log_open", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("allocator", POINTER(gan_allocator))])
_declare("gan_log_destroy", None, [("log", c_void_p)])
_declare("gan_log_note", _status, [("log", c_void_p), ("name", c_char_p), ("text", c_char_p)])
_declare("gan_log_value", _status, [("log", c_void_p), ("name", c_char_p), ("value", c_double)])
_declare("gan_log_step", _status, [("log", c_void_p), ("stats", POINTER(gan_train_stats))])
_declare("gan_log_metric", _status, [("log", c_void_p), ("name", c_char_p), ("value", c_double)])
_declare("gan_log_epoch", _status, [("log", c_void_p), ("epoch", c_uint64)])
_declare("gan_log_save", _status, [("log", c_void_p)])
_declare("gan_log_step_count", c_uint64, [("log", c_void_p)])
_declare("gan_log_epoch_count", c_uint64, [("log", c_void_p)])
_declare("gan_log_number", c_double, [("log", c_void_p), ("name", c_char_p)])
_declare("gan_log_text", c_char_p, [("log", c_void_p), ("name", c_char_p)])
_declare("gan_moments_create", _status, [("out", POINTER(c_void_p)), ("dimension", c_size_t),
    ("allocator", POINTER(gan_allocator))])
_declare("gan_moments_destroy", None, [("moments", c_void_p)])
_declare("gan_moments_add", _status, [("moments", c_void_p), ("vectors", POINTER(c_float)), ("n", c_size_t)])
_declare("gan_moments_count", c_uint64, [("moments", c_void_p)])
_declare("gan_moments_dimension", c_size_t, [("moments", c_void_p)])
_declare("gan_moments_state_size", c_size_t, [("moments", c_void_p)])
_declare("gan_moments_save", _status, [("moments", c_void_p), ("state", POINTER(c_double))])
_declare("gan_moments_restore", _status, [("moments", c_void_p), ("state", POINTER(c_double)), ("n", c_size_t)])
_declare("gan_moments_read", _status, [("moments", c_void_p), ("mean", POINTER(c_double)), ("covariance", POINTER(c_double))])
_declare("gan_metrics_frechet", _status, [("distance", POINTER(c_double)), ("a", c_void_p), ("b", c_void_p)])
_declare("gan_sliced_desc_init", None, [("desc", POINTER(gan_sliced_desc)), ("struct_size", c_size_t)])
_declare("gan_metrics_pyramid_levels", c_size_t, [("shape", gan_shape)])
_declare("gan_metrics_sliced_wasserstein", _status, [("distances", POINTER(c_double)), ("n_levels", c_size_t),
    ("a", POINTER(c_float)), ("b", POINTER(c_float)), ("n", c_size_t), ("shape", gan_shape), ("desc", POINTER(gan_sliced_desc))])
_declare("gan_npy_write", _status, [("path", c_char_p), ("values", c_void_p), ("type", c_int), ("dims", POINTER(c_size_t)),
    ("rank", c_size_t)])
_declare("gan_npy_write_to", _status, [("to", POINTER(gan_writer)), ("values", c_void_p), ("type", c_int),
    ("dims", POINTER(c_size_t)), ("rank", c_size_t)])
_declare("gan_parts_create", _status, [("out", POINTER(c_void_p)), ("allocator", POINTER(gan_allocator))])
_declare("gan_parts_destroy", None, [("parts", c_void_p)])
_declare("gan_parts_add_network", _status, [("parts", c_void_p), ("name", c_char_p), ("net", c_void_p)])
_declare("gan_parts_add_optimizer", _status, [("parts", c_void_p), ("name", c_char_p), ("opt", c_void_p), ("net", c_void_p)])
_declare("gan_parts_add_whole", _status, [("parts", c_void_p), ("name", c_char_p), ("place", POINTER(c_uint64))])
_declare("gan_parts_add_real", _status, [("parts", c_void_p), ("name", c_char_p), ("place", POINTER(c_double))])
_declare("gan_parts_save", _status, [("parts", c_void_p), ("path", c_char_p)])
_declare("gan_parts_save_to", _status, [("parts", c_void_p), ("to", POINTER(gan_writer))])
_declare("gan_parts_load", _status, [("parts", c_void_p), ("path", c_char_p)])
_declare("gan_parts_load_from", _status, [("parts", c_void_p), ("from", POINTER(gan_reader))])
_declare("gan_parts_resume", _status, [("parts", c_void_p), ("path", c_char_p), ("desc", POINTER(gan_checkpoint_resume_desc))])
_declare("gan_parts_resume_from", _status, [("parts", c_void_p), ("from", POINTER(gan_reader)),
    ("desc", POINTER(gan_checkpoint_resume_desc))])
_declare("gan_report_desc_init", None, [("desc", POINTER(gan_report_desc)), ("struct_size", c_size_t)])
_declare("gan_report_create", _status, [("out", POINTER(c_void_p)), ("desc", POINTER(gan_report_desc))])
_declare("gan_report_destroy", None, [("report", c_void_p)])
_declare("gan_report_add_frame", _status, [("report", c_void_p), ("epoch", c_uint64), ("image", c_void_p)])
_declare("gan_report_set_picture", _status, [("report", c_void_p), ("title", c_char_p), ("caption", c_char_p),
    ("image", c_void_p)])
_declare("gan_report_set_counts", _status, [("report", c_void_p), ("title", c_char_p), ("counts", POINTER(gan_report_count)),
    ("n", c_size_t)])
_declare("gan_report_write", _status, [("report", c_void_p), ("log", c_void_p), ("path", c_char_p)])
_declare("gan_report_title", None, [("name", c_char_p), ("title", c_char_p)])
_declare("gan_report_compare", _status, [("runs", POINTER(gan_report_run)), ("n", c_size_t), ("path", c_char_p),
    ("desc", POINTER(gan_report_desc))])
_declare("gan_rng_create", _status, [("out", POINTER(c_void_p)), ("seed", c_uint64), ("stream", c_uint64),
    ("allocator", POINTER(gan_allocator))])
_declare("gan_rng_destroy", None, [("rng", c_void_p)])
_declare("gan_rng_uniform", _status, [("rng", c_void_p), ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_rng_normal", _status, [("rng", c_void_p), ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_rng_truncated_normal", _status, [("rng", c_void_p), ("bound", c_double), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_rng_below", c_uint32, [("rng", c_void_p), ("bound", c_uint32)])
_declare("gan_rng_labels", _status, [("rng", c_void_p), ("n_classes", c_size_t), ("weights", POINTER(c_double)), ("n", c_size_t),
    ("labels", POINTER(c_uint8))])
_declare("gan_rng_labels16", _status, [("rng", c_void_p), ("n_classes", c_size_t), ("weights", POINTER(c_double)),
    ("n", c_size_t), ("labels", POINTER(c_uint16))])
_declare("gan_rng_position", c_uint64, [("rng", c_void_p)])
_declare("gan_rng_seek", _status, [("rng", c_void_p), ("position", c_uint64)])
_declare("gan_safetensors_entry_init", None, [("entry", POINTER(gan_safetensors_entry)), ("struct_size", c_size_t)])
_declare("gan_safetensors_open", _status, [("out", POINTER(c_void_p)), ("path", c_char_p), ("allocator", POINTER(gan_allocator))])
_declare("gan_safetensors_open_from", _status, [("out", POINTER(c_void_p)), ("from", POINTER(gan_reader)),
    ("allocator", POINTER(gan_allocator))])
_declare("gan_safetensors_destroy", None, [("file", c_void_p)])
_declare("gan_safetensors_count", c_size_t, [("file", c_void_p)])
_declare("gan_safetensors_tensor", _status, [("out", POINTER(gan_safetensors_entry)), ("file", c_void_p), ("index", c_size_t)])
_declare("gan_safetensors_find", _status, [("out", POINTER(gan_safetensors_entry)), ("file", c_void_p), ("name", c_char_p)])
_declare("gan_safetensors_read", _status, [("file", c_void_p), ("name", c_char_p), ("out", POINTER(c_float)), ("n", c_size_t)])
_declare("gan_safetensors_metadata", c_char_p, [("file", c_void_p), ("key", c_char_p)])
_declare("gan_sampler_desc_init", None, [("desc", POINTER(gan_sampler_desc)), ("struct_size", c_size_t)])
_declare("gan_sampler_create", _status, [("out", POINTER(c_void_p)), ("net", c_void_p), ("desc", POINTER(gan_sampler_desc))])
_declare("gan_sampler_memory", _status, [("bytes", POINTER(c_size_t)), ("net", c_void_p), ("desc", POINTER(gan_sampler_desc))])
_declare("gan_sampler_destroy", None, [("sampler", c_void_p)])
_declare("gan_sampler_publish", _status, [("sampler", c_void_p), ("net", c_void_p)])
_declare("gan_sampler_version", c_uint64, [("sampler", c_void_p)])
_declare("gan_sampler_input_shape", gan_shape, [("sampler", c_void_p)])
_declare("gan_sampler_output_shape", gan_shape, [("sampler", c_void_p)])
_declare("gan_sampler_class_count", c_size_t, [("sampler", c_void_p)])
_declare("gan_sampler_workspace_desc_init", None, [("desc", POINTER(gan_sampler_workspace_desc)), ("struct_size", c_size_t)])
_declare("gan_sampler_workspace_create", _status, [("out", POINTER(c_void_p)), ("sampler", c_void_p),
    ("desc", POINTER(gan_sampler_workspace_desc))])
_declare("gan_sampler_workspace_memory", _status, [("bytes", POINTER(c_size_t)), ("sampler", c_void_p),
    ("desc", POINTER(gan_sampler_workspace_desc))])
_declare("gan_sampler_workspace_destroy", None, [("workspace", c_void_p)])
_declare("gan_sampler_draw", _status, [("workspace", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint8)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_sampler_draw_labels16", _status, [("workspace", c_void_p), ("in", POINTER(c_float)), ("labels", POINTER(c_uint16)),
    ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_sampler_draw_between", _status, [("workspace", c_void_p), ("in", POINTER(c_float)), ("from", POINTER(c_uint8)),
    ("to", POINTER(c_uint8)), ("way", POINTER(c_float)), ("n", c_size_t), ("out", POINTER(c_float))])
_declare("gan_sampler_draw_between_labels16", _status, [("workspace", c_void_p), ("in", POINTER(c_float)),
    ("from", POINTER(c_uint16)), ("to", POINTER(c_uint16)), ("way", POINTER(c_float)), ("n", c_size_t),
    ("out", POINTER(c_float))])
_declare("gan_sampler_workspace_version", c_uint64, [("workspace", c_void_p)])
_declare("gan_version_number", c_int, [])
_declare("gan_version_string", c_char_p, [])
_declare("gan_blas_name", c_char_p, [])
_declare("gan_instruction_set", c_char_p, [])

# ---- end of the declarations


def _exception(value, name):
    words = name.replace("GAN_ERR_", "").lower()
    title = {"nomem": "OutOfMemory", "io": "InputOutput", "nonfinite": "NonFinite"}.get(words, words.capitalize()) + "Error"
    made = type(title, (Error,), {"status": value, "__doc__": "%s: %s." % (name, STATUSES[value][1])})
    globals()[title] = made
    return made


_exceptions = {value: _exception(value, name) for value, (name, _) in STATUSES.items() if value < 0}


# ---- from Python to C ----

def shape(*dims):
    """A gan_shape: shape(784), shape(1, 28, 28)."""
    dims = dims[0] if len(dims) == 1 and not np.isscalar(dims[0]) else dims
    if isinstance(dims, gan_shape):
        return dims
    if not 1 <= len(dims) <= SHAPE_MAX_RANK:
        raise ValueError("a shape has 1 to %d dimensions, not %d" % (SHAPE_MAX_RANK, len(dims)))
    return gan_shape(len(dims), (c_size_t * SHAPE_MAX_RANK)(*dims))


def _dims(s):
    return tuple(s.dim[:s.rank])


def _array(values, dtype, what, size=None):
    """Values as a row-major array, `size` of them."""
    a = np.ascontiguousarray(values, dtype)
    if size is not None and a.size != size:
        raise ValueError("%s: %d values, expected %d" % (what, a.size, size))
    return a


def _pointer(a):
    return None if a is None else a.ctypes.data_as(POINTER({"float32": c_float, "uint8": c_uint8, "uint16": c_uint16, "float64": c_double}[a.dtype.name]))


def _field(t, value, keep):
    """A value for a field of type t; `keep` gets what has to live as long as the struct."""
    if isinstance(value, Handle):
        keep.append(value)
        return value._handle
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool) or value is None or np.isscalar(value):
        return t(*[value] * t._length_) if hasattr(t, "_length_") and np.isscalar(value) else value
    if hasattr(t, "_length_"):
        return t(*value)
    if isinstance(value, t):
        return value
    target = t._type_
    if isinstance(value, Record):
        keep.append(value)
        return ctypes.pointer(value)
    items = (target * len(value))(*[v.encode() if isinstance(v, str) else v for v in value])
    keep.append(items)
    return ctypes.cast(items, t)


def record(record_type, init=None, **fields):
    """A descriptor: its defaults, then the given fields."""
    made = record_type()
    getattr(lib, init or record_type.__name__ + "_init")(byref(made), sizeof(made))
    types = dict(f[:2] for f in record_type._fields_)
    made._keep = []
    for name, value in fields.items():
        if name not in types or name == "struct_size":
            raise TypeError("%s has no %s; it has %s" % (record_type.__name__, name, ", ".join(n for n in types if n != "struct_size")))
        setattr(made, name, _field(types[name], value, made._keep))
    return made


class Handle:
    """What the library made; it ends with the last reference to it."""
    _handle = None
    _destroy = None

    def __init__(self, handle, *uses):
        self._handle = handle
        self._uses = uses  # must live as long

    def __del__(self):
        if self._handle and self._destroy:
            getattr(lib, self._destroy)(self._handle)
        self._handle = None

    def _give(self):
        """Give the handle to a function that takes ownership."""
        handle, self._handle = self._handle, None
        if not handle:
            raise ValueError("this %s was given to a network already" % type(self).__name__.lower())
        return handle


def _created(function, *arguments):
    """What a function that begins with `**out` made."""
    out = c_void_p()
    getattr(lib, function)(byref(out), *arguments)
    return out.value


# ---- networks ----

class Layer(Handle):
    _destroy = "gan_layer_destroy"


def _constructor(name):
    """The function of Python that makes a kind of layer: descriptors become keywords."""
    arguments = _arguments[name]
    plain = [(n, t) for n, t in arguments if not (hasattr(t, "_type_") and isinstance(t._type_, type) and issubclass(t._type_, Record))]
    settings = [t._type_ for n, t in arguments if (n, t) not in plain]

    def make(*values, **fields):
        for (n, _) in plain[len(values):]:
            values += (fields.pop(n, 0),)
        if len(values) > len(plain) or fields and not settings:
            raise TypeError("%s(%s)" % (make.__name__, ", ".join([n for n, _ in plain] + ["..."] * len(settings))))
        given = [v._give() if isinstance(v, Handle) else shape(v) if t is gan_shape else v for v, (_, t) in zip(values, plain)]
        given += [byref(record(settings[0], **fields))] if settings else []
        handle = getattr(lib, name)(*given)
        return Layer(handle or _failed())
    make.__name__ = name.replace("gan_layer_", "")
    make.__doc__ = "%s(): %s, and the fields of %s." % (name, ", ".join(n for n, _ in plain) or "no arguments", settings[0].__name__ if settings else "nothing")
    return make


for _name in [n for n in _arguments if n.startswith("gan_layer_") and n != "gan_layer_destroy"]:
    globals()[_name.replace("gan_layer_", "")] = _constructor(_name)


LayerInfo = collections.namedtuple("LayerInfo", "name kind input output n_params spectral_norm settings")


class Network(Handle):
    """gan_network: layers in a row.  `input` is a number of values or a shape; layers are used up."""
    _destroy = "gan_network_destroy"

    def __init__(self, input, layers, **settings):
        desc = record(gan_network_desc, **settings)
        super().__init__(lib.gan_network_create(shape(input), byref(desc)), *desc._keep)
        self._handle or _failed()
        for layer in layers:
            _status(lib.gan_network_add(self._handle, layer._give()))

    @classmethod
    def _of(cls, handle, *uses):
        made = cls.__new__(cls)
        Handle.__init__(made, handle, *uses)
        return made

    @classmethod
    def open(cls, path, **settings):
        desc = record(gan_network_desc, **settings)
        return cls._of(_created("gan_network_open", os.fsencode(path), byref(desc)), *desc._keep)

    def save(self, path):
        lib.gan_network_save(self._handle, os.fsencode(path))

    def load(self, path, renames=None, **settings):
        """gan_network_load(); renames={"0.": "2."} reads the file's layer 0 into layer 2."""
        pairs = [(a.encode(), b.encode()) for a, b in (renames or {}).items()]
        desc = record(gan_network_load_desc, renames=pairs, n_renames=len(pairs), **settings)
        lib.gan_network_load(self._handle, os.fsencode(path), byref(desc))

    def build(self):
        lib.gan_network_build(self._handle)

    def clone(self):
        return type(self)._of(_created("gan_network_clone", self._handle, None))

    @property
    def input_shape(self):
        return _dims(lib.gan_network_input_shape(self._handle))

    @property
    def output_shape(self):
        return _dims(lib.gan_network_output_shape(self._handle))

    @property
    def class_count(self):
        return lib.gan_network_class_count(self._handle)

    @property
    def kinds(self):
        """The kind of each layer, as files call it."""
        return [lib.gan_network_layer_kind(self._handle, i).decode() for i in range(lib.gan_network_layer_count(self._handle))]

    @property
    def layers(self):
        """All layers, those inside residual blocks too, as in summary(): records with `name`, `kind`, `input`, `output`,
        `n_params`, `spectral_norm`, and `settings` by name, whose pairs and shapes are tuples."""
        found, info = [], gan_layer_info()
        lib.gan_layer_info_init(byref(info), ctypes.sizeof(info))
        while lib.gan_network_layer_info(byref(info), self._handle, len(found)) != STATUS_END:
            values = {}
            for one in info.settings[:info.n_settings]:
                values.setdefault(one.name.decode(), []).append(one.value)
            settings = {name: tuple(v) if len(v) > 1 else v[0] for name, v in values.items()}
            found.append(LayerInfo(info.name.decode(), info.kind.decode(), _dims(info.input), _dims(info.output), info.n_params,
                               bool(info.spectral_norm), settings))
        return found

    @property
    def tensors(self):
        """The weights and buffers by PyTorch's names: arrays that show the network's own memory."""
        self.build()
        found = {}
        for i in range(lib.gan_network_tensor_count(self._handle)):
            t = gan_tensor()
            lib.gan_network_tensor(byref(t), self._handle, i)
            memory = (c_float * t.size).from_address(ctypes.addressof(t.data.contents))
            memory._network = self  # lives as long as an array on it
            found[t.name.decode()] = np.frombuffer(memory, np.float32).reshape(_dims(t.shape))
        return found

    @property
    def scaler(self):
        """What brings its samples back to the units of a table, kept in its files: a copy of that Scaler, or None."""
        handle = lib.gan_network_scaler(self._handle)
        return Scaler(*_scaler_numbers(handle)) if handle else None

    @scaler.setter
    def scaler(self, value):
        lib.gan_network_set_scaler(self._handle, value and value._handle)

    def summary(self):
        n = lib.gan_network_summary(self._handle, None, 0)
        text = ctypes.create_string_buffer(n + 1)
        lib.gan_network_summary(self._handle, text, n + 1)
        return text.value.decode()

    def forward(self, samples, labels=None):
        """What comes out for samples, in evaluation mode."""
        samples, n = _samples(samples, int(np.prod(self.input_shape)))
        out = np.empty((n,) + self.output_shape, np.float32)
        lib.gan_network_forward_labels16(self._handle, _pointer(samples), _pointer(_labels(labels, n)), n, _pointer(out))
        return out

    __call__ = forward


def _samples(values, size):
    """Samples as an array, and how many they are."""
    a = np.ascontiguousarray(values, np.float32)
    if size == 0 or a.size % size:
        raise ValueError("%d values are no samples of %d" % (a.size, size))
    return a, a.size // size


def _labels(labels, n):
    if labels is None:
        return None
    a = np.asarray(labels)
    if a.size and (a.min() < 0 or a.max() > 65535):
        raise ValueError("labels from %d to %d; they are 0 to 65535" % (a.min(), a.max()))
    return _array(a, np.uint16, "labels", n)


# ---- samples ----

class Dataset(Handle):
    """gan_dataset: samples to learn from, by one of the functions below."""
    _destroy = "gan_dataset_destroy"

    @classmethod
    def _open(cls, function, *arguments, desc=None, settings=None, uses=()):
        made = record(desc or gan_dataset_desc, **settings)
        return cls(_created(function, *arguments, byref(made)), *uses)

    @classmethod
    def array(cls, samples, labels=None, **settings):
        """An array of samples, the first axis counting them: uint8 from 0 to 255, or floats as they are."""
        a = np.asarray(samples)
        a = _array(a, np.uint8 if a.dtype == np.uint8 else np.float32, "samples")
        labels = _labels(labels, len(a))
        function = "gan_dataset_create_bytes_labels16" if a.dtype == np.uint8 else "gan_dataset_create_floats_labels16"
        return cls._open(function, _pointer(a), _pointer(labels), len(a), shape(a.shape[1:] or 1), settings=settings, uses=(a, labels))

    @classmethod
    def idx(cls, images, labels=None, **settings):
        return cls._open("gan_dataset_open_idx", os.fsencode(images), labels and os.fsencode(labels), settings=settings)

    @classmethod
    def png(cls, directory, **settings):
        return cls._open("gan_dataset_open_png", os.fsencode(directory), desc=gan_png_desc, settings=settings)

    @classmethod
    def image_folder(cls, directory, **settings):
        """PNG, JPEG and WebP files below a directory."""
        return cls._open("gan_dataset_open_image_folder", os.fsencode(directory), desc=gan_image_folder_desc, settings=settings)

    @classmethod
    def shapes(cls, count, seed=0, **settings):
        return cls._open("gan_dataset_create_shapes", count, seed, settings=settings)

    def scaled(self, scaler, allocator=None):
        """The same samples, brought to scale as they are read."""
        return type(self)(_created("gan_dataset_create_scaled", self._handle, scaler._handle, allocator and byref(allocator)), self, allocator)

    def __len__(self):
        return lib.gan_dataset_count(self._handle)

    @property
    def shape(self):
        return _dims(lib.gan_dataset_shape(self._handle))

    @property
    def class_names(self):
        return [lib.gan_dataset_class_name(self._handle, i).decode() for i in range(lib.gan_dataset_class_count(self._handle))]

    def __getitem__(self, index):
        """A sample as it is read, without normalisation, and its label (None where there are none)."""
        if not 0 <= index < len(self):
            raise IndexError("sample %d of %d" % (index, len(self)))
        out, label = np.empty(self.shape, np.float32), c_uint16()
        lib.gan_dataset_read_labels16(self._handle, index, _pointer(out), byref(label))
        return out, label.value if lib.gan_dataset_has_labels(self._handle) else None


def _scaler_numbers(handle):
    """Shift and scale of a gan_scaler."""
    n = lib.gan_scaler_column_count(handle)
    return [np.ctypeslib.as_array(numbers(handle), (n,)).copy() for numbers in (lib.gan_scaler_shift, lib.gan_scaler_scale)]


class Scaler(Handle):
    """gan_scaler: for each number of a sample, a column of a table, a shift and a scale; scikit-learn's scaler.mean_ and .scale_."""
    _destroy = "gan_scaler_destroy"

    def __init__(self, shift, scale):
        shift = _array(shift, np.float64, "shift")
        scale = _array(scale, np.float64, "scale", shift.size)
        super().__init__(_created("gan_scaler_create", shift.size, _pointer(shift), _pointer(scale), None))

    @classmethod
    def _of(cls, handle, *uses):
        made = cls.__new__(cls)
        Handle.__init__(made, handle, *uses)
        return made

    @classmethod
    def fit(cls, data, **settings):
        """By all samples of a Dataset: kind=SCALER_STANDARD, or SCALER_MIN_MAX with low and high."""
        desc = record(gan_scaler_desc, **settings)
        return cls._of(_created("gan_scaler_fit", data._handle, byref(desc)), *desc._keep)

    def __len__(self):
        """Columns."""
        return lib.gan_scaler_column_count(self._handle)

    @property
    def shift(self):
        return _scaler_numbers(self._handle)[0]

    @property
    def scale(self):
        return _scaler_numbers(self._handle)[1]

    def _convert(self, function, samples):
        samples, n = _samples(samples, len(self))
        out = np.empty_like(samples)
        getattr(lib, function)(self._handle, _pointer(samples), n, _pointer(out))
        return out

    def apply(self, samples):
        """(x - shift) / scale."""
        return self._convert("gan_scaler_apply", samples)

    def invert(self, samples):
        """y * scale + shift: a generator's samples in the table's units."""
        return self._convert("gan_scaler_invert", samples)


class Batch:
    """Samples ready for a network, and their labels or None; arrays on the iterator's memory until its next batch."""

    def __init__(self, pointer, iterator):
        self._pointer, self._iterator = pointer, iterator
        b = pointer.contents
        self.samples = np.ctypeslib.as_array(b.samples, (b.count,) + _dims(b.shape))
        labels = b.labels or b.labels16  # bytes where all have room
        self.labels = np.ctypeslib.as_array(labels, (b.count,)) if labels else None

    def __len__(self):
        return len(self.samples)


class Iterator(Handle):
    """gan_iterator: shuffled, normalised batches.  A loop over it is an epoch, or what is left of one."""
    _destroy = "gan_iterator_destroy"

    def __init__(self, data, **settings):
        desc = record(gan_iterator_desc, **settings)
        super().__init__(_created("gan_iterator_create", data._handle, byref(desc)), data)

    def __iter__(self):
        epoch = self.epoch
        while self.epoch == epoch:
            batch = POINTER(gan_batch)()
            if lib.gan_iterator_next(self._handle, byref(batch)) == STATUS_END:
                return
            yield Batch(batch, self)

    def __len__(self):
        """Batches in an epoch."""
        return lib.gan_iterator_batch_count(self._handle)

    @property
    def epoch(self):
        return lib.gan_iterator_epoch(self._handle)

    @property
    def position(self):
        return lib.gan_iterator_position(self._handle)

    def seek(self, epoch, position=0):
        lib.gan_iterator_seek(self._handle, epoch, position)


STATUS_END = 1


# ---- training ----

class Optimizer(Handle):
    """gan_optimizer, by adam(), adamw(), adabelief(), lion(), sgd() or rmsprop()."""
    _destroy = "gan_optimizer_destroy"

    @property
    def lr(self):
        return lib.gan_optimizer_lr(self._handle)

    @lr.setter
    def lr(self, value):
        lib.gan_optimizer_set_lr(self._handle, value)

    @property
    def next_lr(self):
        """The learning rate of the next step, schedule included."""
        return lib.gan_optimizer_next_lr(self._handle)

    def set_schedule(self, **settings):
        lib.gan_optimizer_set_schedule(self._handle, byref(record(gan_schedule_desc, **settings)))

    def set_limits(self, **settings):
        lib.gan_optimizer_set_limits(self._handle, byref(record(gan_limits_desc, **settings)))


def _rule(name):
    function = "gan_optimizer_create_" + name
    desc = _arguments[function][1][1]._type_

    def make(**settings):
        return Optimizer(_created(function, byref(record(desc, "gan_%s_desc_init" % name, **settings))))
    make.__name__ = name
    make.__doc__ = "%s(): the fields of %s." % (function, desc.__name__)
    return make


for _name in [n for n in _arguments if n.startswith("gan_optimizer_create_")]:
    globals()[_name.replace("gan_optimizer_create_", "")] = _rule(_name.replace("gan_optimizer_create_", ""))


class Trainer(Handle):
    """gan_trainer: a generator and a discriminator, their optimizers, and the steps of training."""
    _destroy = "gan_trainer_destroy"

    def __init__(self, generator, discriminator, generator_optimizer, discriminator_optimizer, penalty=None, **settings):
        if penalty is not None:
            settings["penalty"] = record(gan_penalty_desc, **penalty)
        if "class_weights" in settings:
            settings.setdefault("n_class_weights", len(settings["class_weights"]))
        desc = record(gan_trainer_desc, **settings)
        players = generator, discriminator, generator_optimizer, discriminator_optimizer
        super().__init__(_created("gan_trainer_create", *[p._handle for p in players], byref(desc)), *players, *desc._keep)
        self.generator, self.discriminator = generator, discriminator

    def step(self, batch):
        """Train both networks once on a Batch or an array of samples; return the figures."""
        stats = record(gan_train_stats)
        lib.gan_train_step(self._handle, _batch(batch, self), byref(stats))
        return stats

    def discriminator_step(self, batch, z=None, labels=None):
        stats = record(gan_train_stats)
        b = _batch(batch, self)
        z = self._latents(z, b.contents.count)
        lib.gan_train_discriminator_step_labels16(self._handle, b, _pointer(z), _pointer(_labels(labels, b.contents.count)), byref(stats))
        return stats

    def generator_step(self, n, z=None, labels=None):
        stats = record(gan_train_stats)
        z = self._latents(z, n)
        lib.gan_train_generator_step_labels16(self._handle, n, _pointer(z), _pointer(_labels(labels, n)), byref(stats))
        return stats

    def _latents(self, z, n):
        return None if z is None else _array(z, np.float32, "z", n * int(np.prod(self.generator.input_shape)))

    @property
    def stats(self):
        """The figures of the latest step."""
        stats = record(gan_train_stats)
        lib.gan_trainer_stats(self._handle, byref(stats))
        return stats

    def sample(self, z, labels=None):
        """Samples for latent vectors, by the average of the weights where one is kept."""
        z, n = _samples(z, int(np.prod(self.generator.input_shape)))
        out = np.empty((n,) + self.generator.output_shape, np.float32)
        lib.gan_trainer_sample_labels16(self._handle, _pointer(z), _pointer(_labels(labels, n)), n, _pointer(out))
        return out

    @property
    def average(self):
        """The exponential moving average of the generator, which belongs to the trainer; None where none is kept."""
        handle = lib.gan_trainer_average(self._handle)
        return _Borrowed._of(handle, self) if handle else None

    def save(self, path, iterator=None):
        """gan_checkpoint_save(): the whole run in a file."""
        lib.gan_checkpoint_save(self._handle, iterator and iterator._handle, os.fsencode(path))

    @property
    def extra_state(self):
        """Bytes of your own that the checkpoints have, b"" for none; loading sets them to the file's."""
        n = c_size_t()
        at = lib.gan_trainer_extra_state(self._handle, byref(n))
        return ctypes.string_at(at, n.value) if n.value else b""

    @extra_state.setter
    def extra_state(self, value):
        lib.gan_trainer_set_extra_state(self._handle, bytes(value), len(value))

    def load(self, path, iterator=None):
        lib.gan_checkpoint_load(self._handle, iterator and iterator._handle, os.fsencode(path))


class _Borrowed(Network):
    _destroy = None


def _batch(batch, trainer):
    """A pointer to a gan_batch."""
    if isinstance(batch, Batch):
        return batch._pointer
    samples, labels = batch if isinstance(batch, tuple) else (batch, None)
    samples, n = _samples(samples, int(np.prod(trainer.discriminator.input_shape)))
    made = record(gan_batch, count=n, shape=shape(trainer.discriminator.input_shape))
    labels = _labels(labels, n)
    made.samples, made.labels16, made._keep = _pointer(samples), _pointer(labels), [samples, labels]
    pointer = ctypes.pointer(made)
    pointer._made = made
    return pointer


# ---- random numbers, pictures, metrics ----

def normal(n, size, seed=0, stream=0):
    """n latent vectors of the standard normal distribution: gan_rng_normal()."""
    rng, out = _created("gan_rng_create", seed, stream, None), np.empty((n, size), np.float32)
    try:
        _status(lib.gan_rng_normal(rng, n * size, _pointer(out)))
    finally:
        lib.gan_rng_destroy(rng)
    return out


def write_grid(path, samples, shape=None, **settings):
    """A PNG file of samples side by side: gan_image_write_grid().  `shape` of a picture: that of a sample unless given."""
    samples = _array(samples, np.float32, "samples")
    one = globals()["shape"](shape or samples.shape[1:])
    lib.gan_image_write_grid(os.fsencode(path), _pointer(samples), len(samples), one, byref(record(gan_grid_desc, **settings)))


class Moments(Handle):
    """gan_moments: mean and covariance of vectors, collected a part at a time, for frechet()."""
    _destroy = "gan_moments_destroy"

    def __init__(self, dimension):
        super().__init__(_created("gan_moments_create", dimension, None))

    @classmethod
    def of(cls, vectors):
        """Those of vectors, a row each."""
        rows = _array(vectors, np.float32, "vectors")
        made = cls(rows.shape[1])
        made.add(rows)
        return made

    def add(self, vectors):
        rows, n = _samples(vectors, self.dimension)
        lib.gan_moments_add(self._handle, _pointer(rows), n)

    def __len__(self):
        """How many vectors were added."""
        return lib.gan_moments_count(self._handle)

    @property
    def dimension(self):
        return lib.gan_moments_dimension(self._handle)

    def read(self):
        """The mean and the covariance, as numpy.cov has it."""
        mean = np.empty(self.dimension)
        covariance = np.empty((self.dimension, self.dimension))
        lib.gan_moments_read(self._handle, _pointer(mean), _pointer(covariance))
        return mean, covariance

    @property
    def state(self):
        """All that it consists of, to be kept: an array of doubles.  Setting it puts it back, to the last bit."""
        out = np.empty(lib.gan_moments_state_size(self._handle))
        lib.gan_moments_save(self._handle, _pointer(out))
        return out

    @state.setter
    def state(self, values):
        values = _array(values, np.float64, "state")
        lib.gan_moments_restore(self._handle, _pointer(values), values.size)


def frechet(a, b):
    """The Fréchet distance of two sets of vectors, a row each, or of the Moments of such."""
    sets = [x if isinstance(x, Moments) else Moments.of(x) for x in (a, b)]
    distance = c_double()
    lib.gan_metrics_frechet(byref(distance), *[x._handle for x in sets])
    return distance.value


def sliced_wasserstein(a, b, shape=None, **settings):
    """The sliced Wasserstein distances of two sets of pictures, as many, from the finest detail to the coarsest shapes.  `shape` of
    a picture: that of a sample unless given."""
    a = _array(a, np.float32, "a")
    b = _array(b, np.float32, "b", a.size)
    one = globals()["shape"](shape or a.shape[1:])
    distances = np.empty(lib.gan_metrics_pyramid_levels(one))
    desc = record(gan_sliced_desc, **settings)
    lib.gan_metrics_sliced_wasserstein(_pointer(distances), distances.size, _pointer(a), _pointer(b), len(a), one, byref(desc))
    return distances


class Features(Handle):
    """gan_features: vectors that say what samples show, by pixels() or random(); to be given to Reference, Moments and frechet()."""
    _destroy = "gan_features_destroy"

    def __init__(self, handle, sample, *uses):
        super().__init__(handle, *uses)
        self.shape = _dims(sample)

    @classmethod
    def pixels(cls, sample, **settings):
        """Means of squares of pixels; `sample` is the shape of one."""
        desc = record(gan_features_desc, **settings)
        return cls(_created("gan_features_create_pixels", shape(sample), byref(desc)), shape(sample), *desc._keep)

    @classmethod
    def random(cls, sample, seed=0, **settings):
        """What two convolutions with random weights see, 128 numbers; `sample` is the shape of one."""
        desc = record(gan_features_desc, **settings)
        return cls(_created("gan_features_create_random", shape(sample), seed, byref(desc)), shape(sample), *desc._keep)

    def __len__(self):
        """Numbers of a vector."""
        return lib.gan_features_count(self._handle)

    @property
    def name(self):
        return lib.gan_features_name(self._handle).decode()

    @property
    def hash(self):
        """Of all that a vector depends on but the sample: numbers compare only where it is the same."""
        return lib.gan_features_hash(self._handle)

    def __call__(self, samples):
        """A row for each sample."""
        samples, n = _samples(samples, int(np.prod(self.shape)))
        out = np.empty((n, len(self)), np.float32)
        lib.gan_features_compute(self._handle, _pointer(samples), n, _pointer(out))
        return out


version = lib.gan_version_string().decode()


class Reference(Handle):
    """gan_reference: features of real samples, a row each, that generated ones are compared with.  Of `held_out` ones are the floors."""
    _destroy = "gan_reference_destroy"

    def __init__(self, vectors, held_out=None, labels=None, held_out_labels=None, progress=None, **settings):
        rows, given = _array(vectors, np.float32, "vectors"), {}
        if held_out is not None:
            given["held_out"] = _array(held_out, np.float32, "held_out", len(held_out) * rows.shape[1])
            settings["n_held_out"] = len(held_out)
        if labels is not None:
            given["labels"] = _array(labels, np.uint16, "labels", len(rows))
        if held_out_labels is not None:
            given["held_out_labels"] = _array(held_out_labels, np.uint16, "held_out_labels", settings.get("n_held_out", 0))
        if progress:
            settings["progress"] = gan_reference_progress_fn(lambda user, done: int(bool(progress(done))))
        self.dimension = rows.shape[1]
        desc = record(gan_reference_desc, **{name: _pointer(a) for name, a in given.items()}, **settings)
        super().__init__(_created("gan_reference_create", _pointer(rows), *rows.shape, byref(desc)), settings.get("progress"), *desc._keep)

    def compare(self, vectors, labels=None):
        """A gan_comparison: comparison.recall.value, .low, .high, .floor."""
        rows = _array(vectors, np.float32, "vectors", len(vectors) * self.dimension)
        classes = None if labels is None else _array(labels, np.uint16, "labels", len(vectors))
        found = record(gan_comparison)
        lib.gan_reference_compare(self._handle, _pointer(rows), _pointer(classes), len(vectors), byref(found))
        return found
