/* pass_layout_internal.h - the memory layout of a pass's values and gradients. */
#ifndef GAN_PASS_LAYOUT_INTERNAL_H
#define GAN_PASS_LAYOUT_INTERNAL_H

#include "base/busy_internal.h"
#include "network/pass_internal.h"

enum { GAN__PASS_MAX_PARTS = 64 }; /* of a layer's weight gradient */

/* Memory that a plan has given to a boundary's values or gradients. */
typedef struct gan__place {
    gan__room room;
    size_t at; /* in floats */
} gan__place;

/* Boundary i is between layer i-1 and layer i: boundary 0 is the input, boundary n_layers the
 * output. */
typedef struct gan__boundary {
    size_t size;  /* values per row, without the tail */
    size_t own;   /* the boundary whose memory it has: itself, or one before */
    int shared;   /* the layer before it works in place: its memory may be that of the one before */
    int latest;   /* it has the rows of the latest forward run only, from row 0 on */
    int moving;   /* its memory is that of gan__pass_move_in(), by the plan */
    int needed;   /* its values are read later on: nothing may change them */
    float *value; /* row 0; rows follow one another */
    float *grad;
    size_t tail; /* values per row of a tail, for which value and grad are those of the boundary */
    float *tail_value;                  /* before */
    gan__place value_place, grad_place; /* where it is `moving` */
} gan__boundary;

typedef struct gan__stage {
    size_t begin, end; /* its layers; all but the first work in place */
    size_t n_parts;    /* of the weight gradient, in the latest backward run */
    double squares[GAN__PASS_MAX_PARTS];
} gan__stage;

/* The kinds of steps of a plan: see pass_plan.c. */
typedef enum gan__work {
    GAN__FORWARD,
    GAN__BACKWARD,
    GAN__WEIGHTS, /* its weight gradient */
    GAN__SLOPE,   /* these with second derivatives, see gan__pass_curve() */
    GAN__TANGENT,
    GAN__CURVE,
    GAN__CURVE_WEIGHTS,
} gan__work;

typedef struct gan__op {
    gan__work work;
    size_t stage; /* backward, n_stages means the in-place layers of the last stage */
    size_t end;   /* and the stages up to this one, where one job does several */
} gan__op;

/* All steps, phase after phase.  Of a pass without tangents there are the first two. */
enum {
    GAN__PHASE_FORWARD,
    GAN__PHASE_BACKWARD,
    GAN__PHASE_SLOPE = GAN__PHASE_BACKWARD,
    GAN__PHASE_TANGENT,
    GAN__PHASE_CURVE,
    GAN__PHASES
};
typedef struct gan__plan {
    gan__op *ops;
    size_t n_ops;
    size_t ends[GAN__PHASES]; /* the op behind the last one of each */
} gan__plan;

struct gan__pass {
    gan_allocator allocator;
    gan__busy busy; /* evaluating */
    gan__pass_desc desc;
    const gan_layer **layers; /* the network's, or of `folded` */
    gan_layer *folded;        /* layers that compute the same faster; NULL: there are none */
    gan__boundary *at;        /* n_layers + 1 */
    gan__stage *stages;
    size_t n_stages;
    gan__plan plan;          /* of passes with gradients */
    size_t room[GAN__ROOMS]; /* numbers in each */
    float *rooms;            /* all of them, unless it is a lodger */
    size_t lowest;           /* the first stage behind one with weights */
    float *memory;           /* of values and gradients; without gradients, the passing room */
    size_t n_memory;         /* values of it */
    int borrows;             /* it is another pass's */
    float *grads;
    uint16_t *labels; /* of the rows; NULL: no layer uses them, or the caller has them */
    float *saved;
    size_t *saved_at; /* where each layer's part of `saved` begins */
    float *scratch;
    size_t n_scratch; /* floats per thread */
    float *prepared;  /* normalised weights of layers with spectral norm */
    size_t *prepared_at;
    size_t *spectral; /* those layers */
    size_t n_spectral;
    float *transformed; /* transformed weights: see class->transform() */
    size_t *transformed_at;
    size_t *transforms; /* those layers, with the most rows */
    size_t n_transforms;
    size_t transformed_rows;      /* rows of the run for which it was made */
    int held;                     /* and is still good for the next run of as many */
    gan__meanwhile_fn *meanwhile; /* called between the tasks of a forward run; NULL: nothing is */
    void *meanwhile_context;
    uint64_t position;
    uint64_t *random; /* where each layer's random numbers begin, after `position` */
    uint64_t n_random;
    size_t first, rows, group;     /* of the latest forward run */
    const gan__shard_rows *shards; /* of it */
    gan__pass_weights weights;     /* by rows */
};

/* Make the plan, and where memory is shared in time, the places of what moves.  GAN_ERR_NOMEM. */
gan_status gan__pass_make_plan(gan__pass *pass);

/* What layer i computes with: its parameters, or their replacement; and what is stored beside them,
 * if the latest run is large enough for it, else NULL. */
const float *gan__pass_params(const gan__pass *pass, size_t i);
const float *gan__pass_transformed(const gan__pass *pass, size_t i);

/* Compute what is stored beside them; and whether others use that memory before the backward pass:
 * where memory counts for more than time. */
void gan__pass_transform(gan__pass *pass, gan_pool *pool);
int gan__pass_loses_transformed(const gan__pass *pass);

/* Turn the gradient with respect to normalised weights into that with respect to the parameters,
 * which needs all parts. */
void gan__pass_chain_grads(gan__pass *pass, gan_pool *pool);

/* Set the addresses of shared memory in the rooms. */
void gan__pass_take_places(gan__pass *pass, float *const rooms[GAN__ROOMS]);

/* Which loops do its products. */
static inline gan__by gan__pass_by(const gan__pass_desc *desc)
{
    return desc->by_rows ? GAN__BY_ROWS : desc->bfloat16 ? GAN__BY_BFLOAT16 : GAN__BY_SPEED;
}

static inline const gan_layer *gan__pass_layer(const gan__pass *pass, size_t i)
{
    return pass->layers[i];
}

/* The stage from `s` on that a part of the weight gradient belongs to, and the index among the
 * stage's parts. */
static inline gan__stage *gan__stage_of(gan__stage *s, size_t *part)
{
    while (*part >= s->n_parts) *part -= s++->n_parts;
    return s;
}

#endif
