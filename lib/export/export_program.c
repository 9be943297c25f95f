/* export_program.c - see export_program_internal.h: the addresses of values and weights in
 * calls. */
#include "export/export_program_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <math.h>
#include <string.h>

/* ---- values: several that share their memory are a group ---- */

typedef struct group {
    size_t size;        /* floats */
    size_t first, last; /* the steps, as values, that write it first and read it last */
    gan__export_place place;
} group;

typedef struct plan {
    gan__export_program *program;
    size_t *group_of; /* of each value */
    size_t *last;     /* the last step that reads a value; a reshaped value counts as the one that
                         it shows */
    size_t *shows;    /* the value that a reshaped one shows, else itself */
    group *groups;
    size_t n_groups;
} plan;

static void find_last(plan *p)
{
    const gan__export *e = &p->program->network;

    for (size_t v = 0; v <= e->n_steps; v++) p->shows[v] = v;
    for (size_t i = 0; i < e->n_steps; i++) {
        const gan__export_step *s = &e->steps[i];

        if (gan__export_reshapes(s)) p->shows[s->y] = p->shows[s->x];
        p->last[p->shows[s->x]] = s->y;
        p->last[p->shows[s->other]] = s->y;
    }
    p->last[p->shows[e->output]] = e->n_steps + 1;
}

/* Group 0 is the input alone: it belongs to the caller. */
static void group_values(plan *p)
{
    const gan__export *e = &p->program->network;
    const gan__export_call *call = p->program->calls;

    p->n_groups = 1;
    for (size_t i = 0; i < e->n_steps; i++) {
        const gan__export_step *s = &e->steps[i];
        const int shows = gan__export_reshapes(s);
        const int changes = !shows && call->changes_place && p->last[p->shows[s->x]] == s->y;

        if (!shows) call++;
        if (shows || (changes && p->group_of[s->x] > 0))
            p->group_of[s->y] = p->group_of[s->x];
        else {
            p->groups[p->n_groups] =
                (group){.size = gan_shape_size(s->layer->out), .first = s->y, .last = s->y};
            p->group_of[s->y] = p->n_groups++;
        }
        group *own = &p->groups[p->group_of[s->y]];
        const size_t last = p->last[p->shows[s->y]];

        if (last > own->last) own->last = last;
    }
}

static int meet(const group *a, const group *b)
{
    return a->place.area == GAN__EXPORT_WORK && a->first <= b->last && b->first <= a->last;
}

/* Each group gets the lowest offset in `work` at which it overlaps no other group that lives at the
 * same time. */
static void place_groups(plan *p)
{
    const size_t output = p->group_of[p->program->network.output];

    for (size_t i = 1; i < p->n_groups; i++) {
        group *g = &p->groups[i];
        size_t at = 0, k = 1;

        if (i == output) {
            g->place.area = GAN__EXPORT_IMAGE;
            continue;
        }
        while (k < i) {
            const group *other = &p->groups[k++];

            if (!meet(other, g) || other->place.at >= at + g->size ||
                at >= other->place.at + other->size)
                continue;
            at = other->place.at + other->size; /* behind it, and all others anew */
            k = 1;
        }
        g->place = (gan__export_place){GAN__EXPORT_WORK, at};
        if (at + g->size > p->program->room) p->program->room = at + g->size;
    }
}

static void place_calls(plan *p)
{
    gan__export_program *program = p->program;

    for (size_t i = 0; i < program->n_calls; i++) {
        gan__export_call *c = &program->calls[i];

        c->x = p->groups[p->group_of[c->step->x]].place;
        c->other = p->groups[p->group_of[c->step->other]].place;
        c->y = p->groups[p->group_of[c->step->y]].place;
    }
}

static gan_status place_values(gan__export_program *program)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &program->network.allocator;
    const size_t n = program->network.n_steps + 1;
    plan p = {.program = program};

    GAN_TRY(gan__alloc(&p.group_of, a, n, 3 * sizeof *p.group_of));
    GAN_TRY(gan__alloc(&p.groups, a, n, sizeof *p.groups));
    p.last = p.group_of + n;
    p.shows = p.last + n;
    find_last(&p);
    group_values(&p);
    place_groups(&p);
    place_calls(&p);
    if (p.group_of[program->network.output] == 0) /* nothing has changed the input */
        program->calls[program->n_calls++] =
            (gan__export_call){.function = "copy",
                               .arguments = {(double)gan_shape_size(program->network.net->input)},
                               .n_arguments = 1,
                               .y = {GAN__EXPORT_IMAGE, 0}};

cleanup:
    gan__free(a, p.groups);
    gan__free(a, p.group_of);
    return status;
}

/* ---- weights ---- */

enum { FLOAT_BYTES = 4 };

/* The bytes of a call's matrix, with its factors; a multiple of 4. */
static size_t matrix_bytes(const gan__export_call *c, gan_export_type type)
{
    const size_t n = c->rows * c->columns;

    switch (type) {
    case GAN_EXPORT_FLOAT16: return gan__size_round_up(2 * n, FLOAT_BYTES);
    case GAN_EXPORT_INT8: return gan__size_round_up(n, FLOAT_BYTES) + c->columns * FLOAT_BYTES;
    case GAN_EXPORT_FLOAT32: break;
    }
    return n * FLOAT_BYTES;
}

static void place_weights(gan__export_program *p)
{
    for (size_t i = 0; i < p->n_calls; i++) {
        gan__export_call *c = &p->calls[i];
        const size_t read = c->columns * (c->rows_read + 1); /* and int8's factors */
        const size_t room = c->sums + (read > c->n_vector ? read : c->n_vector);

        c->weights = p->weight_bytes;
        c->block = c->n_vector * FLOAT_BYTES + matrix_bytes(c, p->type);
        p->weight_bytes = gan__size_add(p->weight_bytes, gan__size_mul(c->n_blocks, c->block));
        if (room > p->n_room) p->n_room = room;
    }
    p->n_work = p->room + p->n_room;
}

static unsigned bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static unsigned char *put_bytes(unsigned char *out, unsigned value, size_t n)
{
    for (size_t i = 0; i < n; i++) *out++ = (unsigned char)(value >> 8 * i & 0xff);
    return out;
}

unsigned gan__export_half(float value)
{
    const unsigned sign = bits_of(value) >> 16 & 0x8000u;
    const float size = fabsf(value);

    if (size >= 65520) return sign | 0x7bff; /* the largest: infinities don't occur */
    if (size < 6.103515625e-5f)              /* below 2^-14 all are multiples of 2^-24 */
        return sign | (unsigned)nearbyintf(size * 16777216.0f);
    const unsigned bits = bits_of(size), odd = bits >> 13 & 1;

    return sign | ((bits + 0xfff + odd - (112u << 23)) >> 13);
}

/* 127 becomes the largest number of a column. */
static float factor_of(const gan__export_call *c, size_t column)
{
    float most = 0;

    for (size_t r = 0; r < c->rows; r++) most = fmaxf(most, fabsf(c->matrix(c->step, r, column)));
    return most / 127;
}

static unsigned char *put_int8(const gan__export_call *c, unsigned char *out)
{
    unsigned char *factors = out;
    unsigned char *numbers = out + c->columns * FLOAT_BYTES;

    for (size_t i = 0; i < c->columns; i++) {
        const float factor = factor_of(c, i);

        factors = put_bytes(factors, bits_of(factor), FLOAT_BYTES);
        for (size_t r = 0; r < c->rows; r++) {
            const float number = factor > 0 ? c->matrix(c->step, r, i) / factor : 0;

            numbers[r * c->columns + i] = (unsigned char)((int)nearbyintf(number) & 0xff);
        }
    }
    return numbers + c->rows * c->columns;
}

static void put_matrix(const gan__export_program *p, const gan__export_call *c, unsigned char *out)
{
    if (p->type == GAN_EXPORT_INT8) {
        put_int8(c, out);
        return;
    }
    for (size_t r = 0; r < c->rows; r++)
        for (size_t i = 0; i < c->columns; i++) {
            const float value = c->matrix(c->step, r, i);

            out = p->type == GAN_EXPORT_FLOAT16 ? put_bytes(out, gan__export_half(value), 2)
                                                : put_bytes(out, bits_of(value), FLOAT_BYTES);
        }
}

void gan__export_put_weights(const gan__export_program *p, unsigned char *out)
{
    memset(out, 0, p->weight_bytes);
    for (size_t i = 0; i < p->n_calls; i++) {
        const gan__export_call *c = &p->calls[i];

        for (size_t b = 0; b < c->n_blocks; b++) {
            unsigned char *at = out + c->weights + b * c->block;

            for (size_t k = 0; k < c->n_vector; k++)
                at = put_bytes(at, bits_of(c->vector(c->step, b, k)), FLOAT_BYTES);
            put_matrix(p, c, at);
        }
    }
}

/* ---- all of it ---- */

static gan_status describe_all(gan__export_program *p)
{
    gan_status status = GAN_OK;
    const gan__export *e = &p->network;

    GAN_TRY(gan__alloc(&p->calls, &e->allocator, e->n_steps + 1, sizeof *p->calls));
    for (size_t i = 0; i < e->n_steps; i++) {
        if (gan__export_reshapes(&e->steps[i])) continue;
        GAN_TRY(gan__export_describe(&p->calls[p->n_calls], &e->steps[i]));
        p->n_calls++;
    }

cleanup:
    return status;
}

gan_status gan__export_program_begin(gan__export_program *out, gan_network *net,
                                     gan_export_type type, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;

    memset(out, 0, sizeof *out);
    out->type = type;
    GAN_TRY(gan__export_begin(&out->network, net, allocator, "export"));
    GAN_TRY(describe_all(out));
    GAN_TRY(place_values(out));
    place_weights(out);

cleanup:
    return status;
}

void gan__export_program_end(gan__export_program *p)
{
    if (!p->network.net) return;
    gan__free(&p->network.allocator, p->calls);
    gan__export_end(&p->network);
}
