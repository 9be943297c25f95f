/* pass_internal.h - running a network forward and backward over a batch.
 *
 * A network runs in stages: a layer with memory of its own for its output, and the following layers
 * that work in place.  A stage is cut into tiles by shapes alone; each tile goes through all layers
 * of its stage while it is in cache, and the tiles are tasks of a pool.  See pass.c, also for
 * gradients. */
#ifndef GAN_PASS_INTERNAL_H
#define GAN_PASS_INTERNAL_H

#include "network/network_internal.h"

#include <gan/alloc.h>
#include <gan/pass.h>
#include <gan/pool.h>
#include <stddef.h>
#include <stdint.h>

/* Activations and gradients between the layers of one network, for a batch of rows. */
typedef struct gan__pass gan__pass;

/* Memory that passes share, at different times. */
typedef enum gan__room {
    GAN__ROOM_PASSING,     /* values that are not needed after a run, forward or backward */
    GAN__ROOM_STAYING,     /* those that are kept from forward to backward while other passes run in
                              between */
    GAN__ROOM_TRANSFORMED, /* weights transformed for a run: see class->transform() */
    GAN__ROOM_SCRATCH,     /* each thread's, within a task */
    GAN__ROOMS
} gan__room;

/* Weights apart from a network, as samplers have them: layer i's parameters, or what class->pack()
 * has made of them, from params[at[i]] on. */
typedef struct gan__pass_weights {
    const float *params;
    const size_t *at;
    const float *buffers;
} gan__pass_weights;

typedef struct gan__pass_desc {
    gan_network *net;        /* borrowed, complete */
    size_t n_layers;         /* how many of its layers to run, at least 1 */
    size_t rows;             /* the most rows */
    size_t run_rows;         /* the most rows of one forward run, between whose runs nothing is kept but
                                input and output.  0: `rows`, all of which are kept */
    size_t threads;          /* the most that compute it at once */
    int training;            /* training mode, with gradients; else evaluation mode */
    int gradients;           /* in evaluation mode: with gradients all the same */
    int no_weight_gradients; /* but without those w.r.t. the weights */
    int tangents;            /* in training: second derivatives too; see gan__pass_curve() */
    int by_rows;             /* in evaluation: weights are those of gan__pass_use(), and a row has
                                the same bits in any batch */
    int bfloat16;            /* not by rows: products are GAN__BY_BFLOAT16 */
    uint64_t seed;           /* of the layers' random numbers */
    uint64_t stream;
    int sharded;             /* gan__pass_cut() may be called: see gan__pass_rows_apart() */
    int grads_elsewhere;     /* weight gradients have the memory of gan__pass_set_grads() */
    size_t batches; /* the most batches of a run, for layers that couple samples; 0: one */
    int lodger;     /* its rooms are those of gan__pass_move_in(); else it takes them itself */
    gan_activations activations; /* above GAN_ACTIVATIONS_KEEP: values between input and output are
                                    in rooms, and backward runs once after each forward run */
    int interrupted; /* then: others run in the passing room between forward and backward; with
                        GAN_ACTIVATIONS_RECOMPUTE in that of transformed weights, too */
    gan__pass *lender; /* in whose memory this one's values and gradients lie, where there is room: those
                          of either are lost when the other runs.  NULL: none */
    gan__pass *source; /* its output is this pass's input: the memory is shared.  NULL: none */
} gan__pass_desc;

gan_status gan__pass_create(gan__pass **out, const gan__pass_desc *desc,
                            const gan_allocator *allocator);
void gan__pass_destroy(gan__pass *pass);

/* How many numbers a lodger needs in each room, and these rooms: they begin on cache lines. */
size_t gan__pass_room(const gan__pass *pass, gan__room room);
void gan__pass_move_in(gan__pass *pass, float *const rooms[GAN__ROOMS]);
const gan__pass_desc *gan__pass_desc_of(const gan__pass *pass);
int gan__pass_has_gradients(const gan__pass_desc *desc);

/* The address of the rows from `first` on. */
float *gan__pass_input(gan__pass *pass, size_t first);
float *gan__pass_output(gan__pass *pass, size_t first);
float *gan__pass_output_grad(gan__pass *pass, size_t first);
float *gan__pass_input_grad(gan__pass *pass, size_t first);

/* The labels of the rows from `first` on, which the caller writes into a pass of a conditional
 * network that has gradients; NULL for others. */
uint16_t *gan__pass_labels(gan__pass *pass, size_t first);

/* Output from input, of the rows from `first` on, each `group` of which are a batch of their own
 * for layers that couple samples. */
void gan__pass_forward(gan__pass *pass, gan_pool *pool, size_t first, size_t rows, size_t group);

/* From now on forward runs call this between their tasks, on the thread that called: something else
 * goes on meanwhile.  NULL: nothing does. */
typedef void gan__meanwhile_fn(void *context);
void gan__pass_meanwhile(gan__pass *pass, gan__meanwhile_fn *fn, void *context);

/* Whether the next forward run has the same weights as those since the last call with 0, and no
 * other pass has used the memory: then weights aren't transformed again. */
void gan__pass_hold(gan__pass *pass, int held);

/* The same on the calling thread, the worker-th of those that do so at once, in evaluation mode,
 * with labels of the caller's; after gan__pass_prepare(), which packs and transforms weights for
 * runs of `rows` rows in all. */
void gan__pass_prepare(gan__pass *pass, gan_pool *pool, size_t rows);
void gan__pass_forward_alone(gan__pass *pass, size_t first, size_t rows, size_t worker,
                             gan__labels labels);

/* What a backward run computes from the gradient with respect to the output, which the caller
 * has written for the rows of the latest forward run. */
enum {
    GAN__PASS_WEIGHTS = 1, /* the gradients with respect to the weights */
    GAN__PASS_INPUT = 2,   /* the gradient with respect to the input, which continues into the
                              source */
    GAN__PASS_GO_ON = 4,   /* a pass whose source this is came back just now with GAN__PASS_INPUT */
};
/* From now on the rows of a run are these shards, counted from its first row on: weight gradients are
 * the tree of what each shard alone would have.  NULL: they are one.  `shards` stays the caller's. */
void gan__pass_cut(gan__pass *pass, const gan__shard_rows *shards);
/* Whether that is possible: rows of the network have the same bits in any batch of 2 or more, and
 * its layers support shards. */
int gan__pass_rows_apart(const gan_network *net);
void gan__pass_backward(gan__pass *pass, gan_pool *pool, unsigned what);

/* A pass with tangents differentiates twice, for gradient penalties: penalty.c has the algorithm.
 * After a forward run from row 0 on,
 *
 *     g = gan__pass_slope(pass, pool);        gradient of each row's first output w.r.t. its input,
 *     v = gan__pass_direction(pass);          where the caller writes a v for each row,
 *     gan__pass_curve(pass, pool);            weight gradient of the sum of v . g with v constant.
 *
 * With v the derivative of some function of g with respect to g, that is the function's weight
 * gradient. */
float *gan__pass_slope(gan__pass *pass, gan_pool *pool);
float *gan__pass_direction(gan__pass *pass);
void gan__pass_curve(gan__pass *pass, gan_pool *pool);

/* GAN_ERR_INVALID, naming the first of a network's layers that can't take part in that. */
gan_status gan__pass_check_tangents(const gan_network *net, size_t n_layers);

/* The parts of the weight gradient as slices of the flat block, for the optimizer: the core that
 * computed a part is likely to be given its slice. */
size_t gan__pass_slices(const gan__pass *pass);
void gan__pass_slice(const gan__pass *pass, size_t index, size_t *begin, size_t *end);

float *gan__pass_grads(const gan__pass *pass); /* with respect to the weights, in their layout */
void gan__pass_set_grads(gan__pass *pass, float *grads);
/* Add another one to it, in the same layout. */
void gan__pass_add_grads(gan__pass *pass, gan_pool *pool, const float *more);
/* Their sum of squares, added in a fixed order. */
double gan__pass_grad_squares(const gan__pass *pass);

/* The first layer whose output in the latest forward run isn't finite; NULL when there is none.
 * Where activations aren't kept it runs again. */
const gan_layer *gan__pass_first_bad(gan__pass *pass);

/* Advance to new random numbers. */
void gan__pass_advance(gan__pass *pass);
/* The position of its random numbers, for checkpoints. */
uint64_t *gan__pass_position(gan__pass *pass);

/* Update the network's buffers after the latest forward run; running statistics with the layers'
 * momentum or, above 0, with `momentum`. */
void gan__pass_settle(gan__pass *pass, double momentum);

/* Use the weights and buffers of another network of the same layers from now on. */
void gan__pass_turn_to(gan__pass *pass, gan_network *net);

/* Use these weights, by rows, from now on. */
void gan__pass_use(gan__pass *pass, const gan__pass_weights *weights);

/* How many numbers a layer's parameters are there, and whether they are packed. */
size_t gan__pass_weights_count(const gan_layer *layer);
int gan__pass_weights_packed(const gan_layer *layer);

/* Begin, or fail with GAN_ERR_BUSY, and end a call that needs exclusive use of the pass. */
gan_status gan__pass_enter(gan__pass *pass);
void gan__pass_leave(gan__pass *pass);

/* Run n samples of the host's through a pass in evaluation mode that has gan__pass_eval_rows()
 * rows.  GAN_ERR_INVALID as gan__pool_enter(); GAN_ERR_BUSY as gan__pass_enter(). */
gan_status gan__pass_evaluate(gan__pass *pass, gan_pool *pool, const float *in, gan__labels labels,
                              size_t n, float *out);
size_t gan__pass_eval_rows(const gan_network *net, const gan_pool *pool);

#endif
