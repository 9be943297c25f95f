/* network_internal.h - the inside of a network, for code that runs and trains it. */
#ifndef GAN_NETWORK_INTERNAL_H
#define GAN_NETWORK_INTERNAL_H

#include "base/labels_internal.h"
#include "file/json_internal.h"
#include "file/text_internal.h"
#include "layer/layer_internal.h"
#include "optim/optimizer_internal.h"

#include <gan/network.h>
#include <stddef.h>
#include <stdint.h>

struct gan__pass;
struct gan__safetensors;

struct gan_network {
    gan_allocator allocator;
    uint64_t seed;
    gan_pool *pool; /* borrowed, or NULL */
    gan_shape input;

    gan_layer *layers;
    size_t *offsets;        /* of each layer's parameters in the flat block */
    size_t *buffer_offsets; /* and in that of buffers */
    size_t n_layers;
    size_t n_added;  /* added by the host: a residual block counts as one */
    size_t depth;    /* nesting depth of blocks: 0 without any */
    size_t capacity; /* of the three arrays */
    size_t n_params;
    size_t n_buffers;
    size_t together;   /* rows of which a layer's groups consist, in evaluation, too: 1 without */
    size_t n_classes;  /* of the labels that its layers use; 0: none */
    char *class_names; /* as of gan__labels_copy_names() */
    gan_shape picture; /* picture shape of an output, if the host has set it */
    gan_scaler *scaler; /* of its outputs; NULL: none */
    gan_latent latent; /* distribution of a generator's latent vectors */

    /* The first failure, returned by every later call. */
    gan_status status;
    char message[256];

    /* To be called before the buffers are used, to update them.  NULL: they are up to date. */
    gan_status (*refresh)(void *owner);
    void *owner;

    /* The host's memory, to which `offsets` are relative, when the weights are read in place and
     * are not contiguous.  NULL: the weights are the network's own. */
    const float *lent;
    int read_only; /* the weights must not change: see gan__network_check_trainable() */

    /* From gan_network_build() on. */
    float *params;
    float *buffers;
    gan_tensor *tensors;
    char *names;
    size_t n_tensors;
    double *rates; /* scales of the tensors' learning rate.  NULL: they are all 1 */
    gan__stretch *stretches; /* the same of the flat block */
    size_t n_stretches;
    struct gan__pass *pass; /* for gan_network_forward() */

    /* How many times each block has changed, to detect outdated results. */
    uint64_t weight_changes, buffer_changes;
};

/* Read a host's descriptor, or the defaults for NULL, and its allocator. */
gan_status gan__network_read_desc(gan_network_desc *out, gan_allocator *allocator,
                                  const gan_network_desc *desc);

/* GAN_ERR_INVALID, with a message that begins with `who`, when the weights are read-only. */
gan_status gan__network_check_trainable(const gan_network *net, const char *who);

/* Call the function that a network's owner has set to be called before its buffers are used. */
gan_status gan__network_refresh(gan_network *net);

/* Begin, or fail with GAN_ERR_BUSY, and end a call that needs exclusive use of a complete network:
 * one that runs it in the network's memory, or changes its weights or buffers. */
gan_status gan__network_enter(gan_network *net);
void gan__network_leave(gan_network *net);

/* Reserve memory for n more layers; then add one, which can't fail. */
gan_status gan__network_reserve(gan_network *net, size_t n);
void gan__network_append(gan_network *net, const gan_layer *layer);

/* Set `*together` to the number of rows that must stay together in evaluation: a multiple of
 * `rows`.  GAN_ERR_SHAPE, with the limit, when there would be too many. */
gan_status gan__network_join_groups(size_t *together, size_t rows);
enum { GAN__NETWORK_MOST_TOGETHER = 1024 };

/* GAN_ERR_SHAPE when a layer or branch that is to be added has another number of classes; 0: it
 * uses no labels. */
gan_status gan__network_check_classes(const gan_network *net, size_t n_classes);

/* GAN_ERR_INVALID, with a message that begins with `who`, unless a network that uses labels gets n
 * valid ones, and another gets none. */
gan_status gan__network_check_labels(const gan_network *net, gan__label_list labels, size_t n,
                                     const char *who);

/* The same for samples between two classes. */
gan_status gan__network_check_between(const gan_network *net, gan__labels labels, size_t n,
                                      const char *who);

/* A block in the list of layers: a fork, the layers of the body, optionally the beginning of a
 * shortcut and its layers, and the junction that adds both; see network_residual.c. */
typedef struct gan__block {
    size_t body_end; /* the begin of the shortcut or the junction */
    size_t shortcut; /* the shortcut's first layer; 0: there is none */
    size_t junction;
} gan__block;

enum { GAN__BLOCK_DEPTH = 6 }; /* the deepest nesting of blocks */
extern const gan__layer_class gan__layer_residual;

/* Whether layer i is a fork, and then where its block's parts are. */
int gan__network_block(const gan_network *net, size_t i, gan__block *out);

/* The layer after layer i, or after the whole block that begins there. */
size_t gan__network_next(const gan_network *net, size_t i);

/* Return GAN_OK, or fail with a message that begins with `who` and names the first number in the
 * flat block `numbers` that is not finite, with its tensor. */
gan_status gan__network_check_finite(const gan_network *net, const float *numbers, const char *who);

/* The same for the network's buffers. */
gan_status gan__network_check_buffers(const gan_network *net, const char *who);

/* GAN_ERR_SHAPE, with a message that begins with `who` and names the layer, when one of the first n
 * can't be trained on batches of this few rows. */
gan_status gan__network_check_rows(const gan_network *net, size_t n_layers, size_t rows,
                                   const char *who);

/* Scales of the learning rate, see gan_network_set_rate(): how many of a layer's parameters are
 * frozen, whether it has others, whether its buffers are frozen; and set the gradient with respect
 * to its frozen parameters to 0. */
size_t gan__network_frozen(const gan_network *net, size_t layer);
int gan__network_trains(const gan_network *net, size_t layer);
int gan__network_keeps_buffers(const gan_network *net, size_t layer);
void gan__network_clear_frozen(const gan_network *net, size_t layer, float *grads);

/* The trainable tensor that number `index` of the flat block belongs to. */
const gan_tensor *gan__network_tensor_at(const gan_network *net, size_t index);

/* Write the layers as JSON. */
void gan__network_describe(gan__text *out, const gan_network *net);

/* Write the names of its classes as JSON, or nothing when they have none.  A file has them in its
 * metadata under this key. */
void gan__network_describe_classes(gan__text *out, const gan_network *net);
#define GAN__NETWORK_CLASSES "libgan.classes"

/* A file's notes on a network whose layers are in its metadata under `key`: as many entries are
 * filled as are returned.  Reading sets what the file has; GAN_ERR_FORMAT. */
enum { GAN__NETWORK_NOTES = 2 };
typedef struct gan__network_note {
    char name[64];
    char text[104];
} gan__network_note;
size_t gan__network_notes(gan__network_note out[GAN__NETWORK_NOTES], const gan_network *net,
                          const char *key);
/* Its scaler, if there is one, as such a note, whose name is written to `note`. */
void gan__network_describe_scaler(gan__text *out, gan__network_note *note, const gan_network *net,
                                  const char *key);
gan_status gan__network_read_notes(gan_network *net, const struct gan__safetensors *file,
                                   const char *key);

/* Make a network that has no memory yet from its description, which comes from the entry `key` of
 * the file at `path`.  GAN_ERR_FORMAT, GAN_ERR_NOMEM. */
gan_status gan__network_read(gan_network **out, const gan__json *root, const char *path,
                             const char *key, const gan_network_desc *desc);

/* Read the tensors of a file into a complete network; after an error some may be there. */
gan_status gan__network_read_tensors(gan_network *net, struct gan__safetensors *file,
                                     const gan_network_load_desc *desc);

/* Make a network from its description, in the metadata of a file under `key`, the names of its
 * classes, if there are some, and the tensors whose names begin with `prefix`.  With `in_place`, the
 * file's first byte in memory, its weights are read in place.  Statuses are those
 * of gan_network_open(). */
gan_status gan__network_open(gan_network **out, struct gan__safetensors *file, const char *key,
                             const char *prefix, const void *in_place,
                             const gan_network_desc *desc);

/* Add to a checkpoint's list a network's layers, weights and buffers, under `name`, and the state of
 * the optimizer that trains it, under a separate name. */
void gan__network_state(const gan_network *net, const char *name, gan__state *s);
void gan__network_optimizer_state(const gan_network *net, gan_optimizer *opt, const char *name,
                                  gan__state *s);

#endif
