/* layer_settings.c - the settings of all kinds of layer, by the tables of their classes.
 *
 * A kind has its settings in its own struct.  Its table has for each the offset in the struct, the
 * name and the range: from that layers are checked, written to files, read from them and
 * compared. */
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one number ---- */

static double get(const unsigned char *settings, const gan__layer_setting *s, size_t i)
{
    union {
        size_t size;
        int whole;
        double real;
        gan_shape shape;
    } at;

    settings += s->offset;
    switch (s->type) {
    case GAN__SETTING_SIZE:
        memcpy(&at.size, settings + i * sizeof at.size, sizeof at.size);
        return (double)at.size;
    case GAN__SETTING_INT: memcpy(&at.whole, settings, sizeof at.whole); return at.whole;
    case GAN__SETTING_REAL: memcpy(&at.real, settings, sizeof at.real); return at.real;
    case GAN__SETTING_SHAPE:
        memcpy(&at.shape, settings, sizeof at.shape);
        return i < at.shape.rank ? (double)at.shape.dim[i] : 0;
    }
    return 0;
}

/* The number was checked, so that it fits. */
static void set(unsigned char *settings, const gan__layer_setting *s, size_t i, double value)
{
    const size_t size = (size_t)(s->type == GAN__SETTING_REAL ? 0 : value);
    const int whole = (int)(s->type == GAN__SETTING_INT ? value : 0);
    gan_shape shape;

    settings += s->offset;
    switch (s->type) {
    case GAN__SETTING_SIZE: memcpy(settings + i * sizeof size, &size, sizeof size); break;
    case GAN__SETTING_INT: memcpy(settings, &whole, sizeof whole); break;
    case GAN__SETTING_REAL: memcpy(settings, &value, sizeof value); break;
    case GAN__SETTING_SHAPE:
        memcpy(&shape, settings, sizeof shape);
        shape.dim[i] = size;
        if (size > 0) shape.rank = i + 1; /* a 0 before that is found by check_shape() */
        memcpy(settings, &shape, sizeof shape);
        break;
    }
}

/* "from 1 to 10", "above 0 and below 1", "of at least 0".  The bounds of a float are only told
 * where a finite number is beyond them. */
static void put_bounds(char *text, size_t capacity, const gan__layer_setting *s, double value)
{
    const int beyond = isfinite(value) && fabs(value) > (double)FLT_MAX;
    const double end = beyond ? DBL_MAX : (double)FLT_MAX;
    const int lower = s->least > -end, upper = s->most < end;

    if (lower && upper && !s->above && !s->below)
        snprintf(text, capacity, " from %.10g to %.10g", s->least, s->most);
    else if (lower && upper)
        snprintf(text, capacity, " %s %.10g and %s %.10g", s->above ? "above" : "of at least",
                 s->least, s->below ? "below" : "at most", s->most);
    else if (lower)
        snprintf(text, capacity, " %s %.10g", s->above ? "above" : "of at least", s->least);
    else
        snprintf(text, capacity, "%s", "");
}

static gan_status check_number(const gan__layer_class *class, const gan__layer_setting *s,
                               double value)
{
    const int whole = s->type != GAN__SETTING_REAL;
    char bounds[80];

    if (value >= s->least && value <= s->most && !(s->above && value == s->least) &&
        !(s->below && value == s->most) && (!whole || value == floor(value)))
        return GAN_OK;
    put_bounds(bounds, sizeof bounds, s, value);
    return gan__fail(GAN_ERR_INVALID, "%s: %s is %.10g, a %s number%s expected", class->name,
                     s->name, value, whole ? "whole" : "finite", bounds);
}

static gan_status check_shape(const gan__layer_class *class, const gan__layer_setting *s,
                              const unsigned char *settings)
{
    gan_shape shape;

    memcpy(&shape, settings + s->offset, sizeof shape);
    if (gan_shape_size(shape) > 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID, "%s: %s is %s, a shape of 1 to %d numbers expected",
                     class->name, s->name, gan__shape_text_of(shape).text, INT32_MAX);
}

/* ---- all of a layer ---- */

static gan_status check_settings(const gan_layer *layer)
{
    gan_status status = GAN_OK;
    const gan__layer_class *class = layer->class;

    for (size_t row = 0; row < class->n_settings; row++) {
        const gan__layer_setting *s = &class->settings[row];

        if (s->type == GAN__SETTING_SHAPE)
            GAN_TRY(check_shape(class, s, layer->settings));
        else
            for (size_t i = 0; i < s->numbers; i++)
                GAN_TRY(check_number(class, s, get(layer->settings, s, i)));
    }
    if (class->check) GAN_TRY(class->check(layer));

cleanup:
    return status;
}

gan_status gan__layer_make(gan_layer **out, const gan__layer_class *class, const void *settings)
{
    gan_status status = GAN_OK;
    gan_layer layer = {.class = class};

    *out = NULL;
    if (class->settings_size > 0) memcpy(layer.settings, settings, class->settings_size);
    GAN_TRY(check_settings(&layer));
    *out = malloc(sizeof **out);
    if (!*out)
        return gan__fail(GAN_ERR_NOMEM, "%s: out of memory: %zu bytes requested", class->name,
                         sizeof **out);
    **out = layer;

cleanup:
    return status;
}

gan_layer *gan__layer_create(const gan__layer_class *class, const void *settings)
{
    gan_layer *out;

    (void)gan__layer_make(&out, class,
                          settings); /* the result says it, gan_last_error() says why */
    return out;
}

/* ---- as a row of numbers ---- */

/* Find the setting that number `*i` of all belongs to; `*i` becomes its place in that setting. */
static const gan__layer_setting *setting_at(const gan__layer_class *class, size_t *i)
{
    const gan__layer_setting *s = class->settings;

    for (; *i >= s->numbers; s++) *i -= s->numbers;
    return s;
}

size_t gan__layer_number_count(const gan__layer_class *class)
{
    size_t n = 0;

    for (size_t i = 0; i < class->n_settings; i++) n += class->settings[i].numbers;
    return n;
}

const char *gan__layer_number_name(const gan__layer_class *class, size_t i)
{
    return setting_at(class, &i)->name;
}

double gan__layer_number(const gan_layer *layer, size_t i)
{
    const gan__layer_setting *s = setting_at(layer->class, &i);

    return get(layer->settings, s, i);
}

gan_status gan__layer_make_of_numbers(gan_layer **out, const gan__layer_class *class,
                                      const double *numbers)
{
    gan_status status = GAN_OK;
    unsigned char settings[GAN__LAYER_SETTINGS_BYTES] = {0};
    const size_t n = gan__layer_number_count(class);

    *out = NULL;
    if (class->unnumbered) memcpy(settings, class->unnumbered, class->settings_size);
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        const gan__layer_setting *s = setting_at(class, &at);

        GAN_TRY(check_number(class, s, numbers[i]));
        set(settings, s, at, numbers[i]);
    }
    GAN_TRY(gan__layer_make(out, class, settings));

cleanup:
    return status;
}

int gan__layer_same_settings(const gan_layer *a, const gan_layer *b)
{
    const size_t n = gan__layer_number_count(a->class);
    int same = a->class == b->class;

    for (size_t i = 0; same && i < n; i++)
        same = gan__layer_number(a, i) == gan__layer_number(b, i);
    return same;
}

/* ---- what constructors have in common ---- */

gan_status gan__layer_read_pair(size_t out[2], const size_t pair[2], const size_t usual[2],
                                const gan__layer_class *class, const char *what)
{
    const int given = pair[0] > 0 || pair[1] > 0;

    if (given && (pair[0] == 0 || pair[1] == 0))
        return gan__fail(
            GAN_ERR_INVALID,
            "%s: %s is {%zu, %zu}: height and width expected, both of them or neither; "
            "GAN_BOTH(%zu) is {%zu, %zu}",
            class->name, what, pair[0], pair[1], pair[0] + pair[1], pair[0] + pair[1],
            pair[0] + pair[1]);
    for (size_t i = 0; i < 2; i++) out[i] = given ? pair[i] : usual[i];
    return GAN_OK;
}

size_t gan__layer_padding(size_t given)
{
    return given == GAN_PADDING_NONE ? 0 : given;
}
