/* pass_layout.c - the layout of a pass's values and gradients in its block of memory.
 *
 *     | value of B | grad of B | value of C | grad of C | tail | ...   each begins a cache line
 *
 * Layers that work in place have the same memory on both sides; the first never does, because its
 * input may be another pass's output, which is still needed.  In evaluation there are no gradients.
 *
 * An in-place layer may change values only if they aren't read later (`needed`): a layer whose
 * backward() reads its output, or the other branch of a residual block.  Otherwise it gets memory
 * of its own and begins a stage.
 *
 * What a layer appends to its input, such as a label's embedding, is a tail: it lies apart from
 * what it is appended to, provided that the next layer takes its input in two pieces
 * (class->tail_grad).  Then nothing is copied:
 *
 *                 boundary i: x              boundary i + 1: x and the tail
 *     row 0    | x[0] ... x[n-1] |    +    | tail[0] ... tail[k-1] |     y = w | x    |
 *     row 1    | x[0] ... x[n-1] |         | tail[0] ... tail[k-1] |           | tail |
 *              value, shared by both       tail_value
 *
 * With `tangents`, for second derivatives, no layer works in place, and every boundary has twice
 * the rows; the layers still run in the same stages:
 *
 *     value    rows 0 .. n-1: x       rows n .. 2n-1: tx, the direction in which x moves
 *     grad     rows 0 .. n-1: dx      rows n .. 2n-1: ux, the gradient with respect to tx
 *
 * Where activations aren't kept (gan_activations), that holds for input and output; the values
 * between them are in rooms that are shared over time: see pass_plan.c.  There the second half has
 * its place for the most rows, and fewer rows of the first are moved up to it. */
#include "network/pass_layout_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "layer/layer_image_internal.h"
#include "math/kernels_internal.h"
#include "math/kernels_winograd_internal.h"

/* Blocks begin on cache lines of their own. */
static size_t whole_lines(size_t n)
{
    return gan__size_round_up(n, 16);
}

/* Set the boundaries' addresses in `memory`, or only count when it is NULL; return its size in
 * floats. */
static size_t lay_out(gan__pass *pass, float *memory)
{
    const size_t all = gan__size_mul(pass->desc.rows, pass->desc.tangents ? 2 : 1);
    const size_t copies = gan__pass_has_gradients(&pass->desc) ? 2 : 1;
    size_t used = 0;

    for (size_t i = 0; i <= pass->desc.n_layers; i++) {
        gan__boundary *b = &pass->at[i];
        const size_t rows = b->latest ? pass->desc.run_rows : all;
        const size_t step = whole_lines(gan__size_mul(rows, b->size));

        if ((i == 0 && pass->desc.source) || b->moving) continue;
        if (b->own < i) {
            b->value = pass->at[i - 1].value;
            b->grad = pass->at[i - 1].grad;
            b->tail_value = memory ? memory + used : NULL;
            used = gan__size_add(used, whole_lines(gan__size_mul(all, b->tail)));
            continue;
        }
        if (memory) b->value = memory + used;
        if (memory && copies == 2) b->grad = memory + used + step;
        used = gan__size_add(used, gan__size_mul(copies, step));
    }
    return used;
}

/* Whether what layer i makes is there for the next layer alone, which runs in this pass. */
static int is_between_two(const gan__pass_desc *desc, size_t i)
{
    if (i + 1 == desc->n_layers) return 0;
    for (size_t j = 0; j < desc->n_layers; j++)
        if (desc->net->layers[j].value_from == i + 1 || desc->net->layers[j].grad_from == i + 1)
            return 0;
    return 1;
}

/* Whether what layer i appends is a tail: only the next layer reads it, and can do so in two
 * pieces. */
static int keeps_apart(const gan__pass *pass, size_t i)
{
    if (!gan__pass_layer(pass, i)->class->appends || !is_between_two(&pass->desc, i)) return 0;
    if (pass->desc.by_rows) return 0; /* packed weights take their input in one piece */
    return gan__pass_layer(pass, i + 1)->class->tail_grad != NULL;
}

/* Fold an upsample into the convolution that reads it; its place is taken by a layer that does
 * nothing. */
static gan_status fold(gan__pass *pass, size_t i)
{
    gan_status status = GAN_OK;
    const gan_layer *upsample = &pass->desc.net->layers[i];
    gan_layer conv;

    if (!is_between_two(&pass->desc, i)) return GAN_OK;
    if (!gan__layer_fold_upsample(&conv, upsample, upsample + 1)) return GAN_OK;
    if (!pass->folded)
        GAN_TRY(
            gan__alloc(&pass->folded, &pass->allocator, pass->desc.n_layers, sizeof *pass->folded));
    pass->folded[i] = *upsample;
    pass->folded[i].class = &gan__layer_reshape;
    pass->folded[i].out = upsample->in;
    pass->folded[i + 1] = conv;
    pass->layers[i] = &pass->folded[i];
    pass->layers[i + 1] = &pass->folded[i + 1];

cleanup:
    return status;
}

/* Samplers, whose samples have the same bits in any batch, and second derivatives use the network's
 * own layers. */
static gan_status choose_layers(gan__pass *pass)
{
    gan_status status = GAN_OK;
    const gan__pass_desc *desc = &pass->desc;
    const int folds = gan__pass_has_gradients(desc) && !desc->tangents && !gan__winograd_is_off();

    GAN_TRY(gan__alloc(&pass->layers, &pass->allocator, desc->n_layers, sizeof *pass->layers));
    for (size_t i = 0; i < desc->n_layers; i++) pass->layers[i] = &desc->net->layers[i];
    for (size_t i = 0; folds && i < desc->n_layers; i++) GAN_TRY(fold(pass, i));

cleanup:
    return status;
}

/* The scratch, in floats, that a thread needs for layer i.  In bfloat16 that of products is the last
 * of it. */
static size_t scratch_for(const gan__pass *pass, size_t i)
{
    const gan_layer *layer = gan__pass_layer(pass, i);
    const int packed = pass->desc.by_rows && gan__pass_weights_packed(layer);
    size_t n = layer->class->scratch && !packed ? layer->class->scratch(layer) : 0;

    if (gan__pass_has_gradients(&pass->desc) && i > 0 && keeps_apart(pass, i - 1)) {
        const gan_layer *by = gan__pass_layer(pass, i - 1);
        const size_t width = gan_shape_size(by->out) - gan_shape_size(by->in);

        n = gan__size_add(n,
                          layer->class->tail_scratch(layer, pass->desc.rows, width, by->n_classes));
    }
    if (pass->desc.bfloat16 && layer->class->product)
        n = gan__size_add(whole_lines(n), GAN__GEMM_PAIRS);
    return whole_lines(n);
}

/* Memory of transformed weights.  None by rows, where a sample has the same bits in any batch:
 * direct convolutions are the fastest way to that. */
static size_t transformed_for(const gan__pass_desc *desc, const gan_layer *layer)
{
    if (desc->by_rows || !layer->class->transformed_size || gan__winograd_is_off()) return 0;
    return layer->class->transformed_size(layer, gan__pass_by(desc), desc->rows);
}

static size_t batches_of(const gan__pass_desc *desc)
{
    return desc->batches > 0 ? desc->batches : 1;
}

/* Allocate the memory that layers keep from forward to backward, and count the numbers in rooms. */
static gan_status make_workspace(gan__pass *pass)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &pass->allocator;
    const gan__pass_desc *desc = &pass->desc;
    size_t n_saved = 0;
    size_t n_prepared = 0;
    size_t n_transformed = 0;

    GAN_TRY(gan__alloc(&pass->saved_at, a, desc->n_layers, sizeof *pass->saved_at));
    GAN_TRY(gan__alloc(&pass->prepared_at, a, desc->n_layers, sizeof *pass->prepared_at));
    GAN_TRY(gan__alloc(&pass->spectral, a, desc->n_layers, sizeof *pass->spectral));
    GAN_TRY(gan__alloc(&pass->transformed_at, a, desc->n_layers, sizeof *pass->transformed_at));
    GAN_TRY(gan__alloc(&pass->transforms, a, desc->n_layers, sizeof *pass->transforms));
    for (size_t i = 0; i < desc->n_layers; i++) {
        const gan_layer *layer = gan__pass_layer(pass, i);
        const size_t scratch = scratch_for(pass, i);
        const size_t transformed = transformed_for(desc, layer);

        pass->saved_at[i] = n_saved;
        pass->prepared_at[i] = n_prepared;
        if (layer->spectral && !desc->by_rows) {
            n_prepared = gan__size_add(n_prepared, whole_lines(gan__spectral_count(layer)));
            pass->spectral[pass->n_spectral++] = i;
        }
        pass->transformed_at[i] = n_transformed;
        n_transformed = gan__size_add(n_transformed, whole_lines(transformed));
        if (transformed > 0) pass->transforms[pass->n_transforms++] = i;
        if (gan__pass_has_gradients(desc) && layer->class->saved)
            n_saved = gan__size_add(
                n_saved, whole_lines(layer->class->saved(layer, desc->rows, batches_of(desc))));
        if (scratch > pass->n_scratch) pass->n_scratch = scratch;
    }
    if (desc->sharded && gan__kernels_tree_scratch(desc->rows) > pass->n_scratch)
        pass->n_scratch = gan__kernels_tree_scratch(desc->rows);
    GAN_TRY(gan__alloc(&pass->saved, a, n_saved, sizeof *pass->saved));
    GAN_TRY(gan__alloc(&pass->prepared, a, n_prepared, sizeof *pass->prepared));
    pass->room[GAN__ROOM_TRANSFORMED] = n_transformed;
    pass->room[GAN__ROOM_SCRATCH] = gan__size_mul(desc->threads, pass->n_scratch);

cleanup:
    return status;
}

/* Have the BLAS take its memory if it has products to do; and its threads, which in a child process
 * it starts when they are first set. */
static gan_status reserve_blas(const gan__pass_desc *desc)
{
    gan__blas_leave(gan__blas_enter());
    for (size_t i = 0; i < desc->n_layers && gan__kernels_need_blas(); i++)
        if (desc->net->layers[i].class->product) return gan__blas_reserve(desc->threads);
    return GAN_OK;
}

/* A trainer's generator runs on separate rows in each half of a step, because the discriminator
 * reads its output in place.  The values between its input and output are not used by the other
 * half, so both halves have them in the same memory:
 *
 *     rows                 input      in between       output
 *     0 ..   generator's   [      ]   [            ]   [      ]   [ ] memory
 *     n ..   other half's  [      ]        (same)      [      ]   */
static void share_between_runs(gan__pass *pass)
{
    gan__boundary *at = pass->at;
    size_t last = pass->desc.n_layers; /* the boundary whose memory the output has */

    if (pass->desc.run_rows == 0) return;
    while (last > 0 && at[last].shared) last--;
    for (size_t i = 1; i < last; i++) at[i].latest = at[i].shared ? at[i - 1].latest : 1;
}

/* Values between input and output are placed by the plan, unless all are kept. */
static void set_moving(gan__pass *pass)
{
    const size_t last = pass->at[pass->desc.n_layers].own;

    if (pass->desc.activations == GAN_ACTIVATIONS_KEEP) return;
    for (size_t i = 1; i < last; i++) pass->at[i].moving = pass->at[i].own == i;
}

static void set_sizes(gan__pass *pass)
{
    const gan__pass *source = pass->desc.source;

    pass->at[0].size = gan_shape_size(pass->desc.net->input);
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        const gan_layer *layer = gan__pass_layer(pass, i);
        const gan__layer_class *class = layer->class;
        const gan__boundary *in = &pass->at[i];
        gan__boundary *out = &pass->at[i + 1];

        out->size = gan_shape_size(layer->out);
        out->shared = i > 0 && class->in_place && !(class->changes && in->needed);
        if (keeps_apart(pass, i)) {
            out->tail = out->size - in->size;
            out->size = in->size;
            out->shared = 1;
        }
        out->own = out->tail > 0 || (out->shared && !pass->desc.tangents) ? in->own : i + 1;
        out->needed = class->needs_y || (out->shared && in->needed);
        pass->random[i] = pass->n_random;
        if (class->random) pass->n_random += (uint64_t)pass->desc.rows * out->size;
        if (!out->shared || out->tail > 0) pass->stages[pass->n_stages++].begin = i;
        pass->stages[pass->n_stages - 1].end = i + 1;
        if (pass->lowest == 0 && layer->n_params > 0)
            pass->lowest = pass->n_stages + (out->tail > 0); /* its gradient is made apart */
    }
    if (source) {
        pass->at[0].value = source->at[source->desc.n_layers].value;
        pass->at[0].grad = source->at[source->desc.n_layers].grad;
    }
}

/* ---- rooms ---- */

size_t gan__pass_room(const gan__pass *pass, gan__room room)
{
    return pass->room[room];
}

void gan__pass_move_in(gan__pass *pass, float *const rooms[GAN__ROOMS])
{
    pass->transformed = rooms[GAN__ROOM_TRANSFORMED];
    pass->scratch = rooms[GAN__ROOM_SCRATCH];
    if (gan__pass_has_gradients(&pass->desc)) {
        gan__pass_take_places(pass, rooms);
    } else {
        pass->memory = rooms[GAN__ROOM_PASSING];
        lay_out(pass, pass->memory);
    }
}

/* For a pass that doesn't share memory. */
static gan_status take_rooms(gan__pass *pass)
{
    gan_status status = GAN_OK;
    float *rooms[GAN__ROOMS];
    size_t n = 0;

    for (size_t i = 0; i < GAN__ROOMS; i++) n = gan__size_add(n, whole_lines(pass->room[i]));
    GAN_TRY(gan__alloc(&pass->rooms, &pass->allocator, n, sizeof *pass->rooms));
    n = 0;
    for (size_t i = 0; i < GAN__ROOMS; i++) {
        rooms[i] = pass->rooms + n;
        n += whole_lines(pass->room[i]);
    }
    gan__pass_move_in(pass, rooms);

cleanup:
    return status;
}

/* Memory for values and gradients that is this pass's all the time, or the lender's. */
static gan_status take_memory(gan__pass *pass)
{
    gan_status status = GAN_OK;
    const gan__pass *lender = pass->desc.lender;

    pass->n_memory = lay_out(pass, NULL);
    if (!gan__pass_has_gradients(&pass->desc)) {
        pass->room[GAN__ROOM_PASSING] = pass->n_memory;
        return GAN_OK;
    }
    pass->borrows = lender && lender->n_memory >= pass->n_memory;
    if (pass->borrows)
        pass->memory = lender->memory;
    else
        GAN_TRY(gan__alloc(&pass->memory, &pass->allocator, pass->n_memory, sizeof *pass->memory));
    lay_out(pass, pass->memory);

cleanup:
    return status;
}

gan_status gan__pass_create(gan__pass **out, const gan__pass_desc *desc,
                            const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__pass *pass = NULL;

    *out = NULL;
    if (!desc->by_rows && !gan__measures(allocator)) GAN_TRY(reserve_blas(desc));
    GAN_TRY(gan__alloc(&pass, allocator, 1, sizeof *pass));
    pass->allocator = *allocator;
    pass->desc = *desc;
    GAN_TRY(gan__alloc(&pass->at, allocator, desc->n_layers + 1, sizeof *pass->at));
    GAN_TRY(gan__alloc(&pass->random, allocator, desc->n_layers, sizeof *pass->random));
    GAN_TRY(gan__alloc(&pass->stages, allocator, desc->n_layers, sizeof *pass->stages));
    GAN_TRY(choose_layers(pass));
    GAN_TRY(make_workspace(pass));
    set_sizes(pass);
    share_between_runs(pass);
    set_moving(pass);
    if (gan__pass_has_gradients(desc)) GAN_TRY(gan__pass_make_plan(pass));
    GAN_TRY(take_memory(pass));
    if (!desc->lodger) GAN_TRY(take_rooms(pass));
    if (gan__pass_has_gradients(desc) && desc->net->n_classes > 0)
        GAN_TRY(gan__alloc(&pass->labels, allocator, desc->rows, sizeof *pass->labels));
    if (gan__pass_has_gradients(desc) && !desc->no_weight_gradients && !desc->grads_elsewhere)
        GAN_TRY(gan__alloc(&pass->grads, allocator, desc->net->n_params, sizeof *pass->grads));
    *out = pass;
    pass = NULL;

cleanup:
    gan__pass_destroy(pass);
    return status;
}

void gan__pass_destroy(gan__pass *pass)
{
    if (!pass) return;
    const gan_allocator a = pass->allocator;

    if (!pass->desc.grads_elsewhere) gan__free(&a, pass->grads);
    gan__free(&a, pass->labels);
    if (gan__pass_has_gradients(&pass->desc) && !pass->borrows) gan__free(&a, pass->memory);
    gan__free(&a, pass->rooms);
    gan__free(&a, pass->saved);
    gan__free(&a, pass->saved_at);
    gan__free(&a, pass->prepared);
    gan__free(&a, pass->prepared_at);
    gan__free(&a, pass->spectral);
    gan__free(&a, pass->transformed_at);
    gan__free(&a, pass->transforms);
    gan__free(&a, pass->plan.ops);
    gan__free(&a, pass->stages);
    gan__free(&a, pass->random);
    gan__free(&a, pass->at);
    gan__free(&a, pass->folded);
    gan__free(&a, pass->layers);
    gan__free(&a, pass);
}
