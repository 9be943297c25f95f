/* survey.c - see survey.h. */
#include "survey.h"

#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOOKED_AT = 20000 };

/* A sample's pixels as one number. */
typedef struct print {
    uint64_t hash;
    size_t index;
} print;

static int compare_prints(const void *a, const void *b)
{
    const print *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* FNV-1a of the pixels as bytes. */
static uint64_t hash_pixels(const float *sample, size_t size)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint64_t)lrintf(sample[i] * 255)) * 1099511628211U;
    return hash;
}

static int is_constant(const float *sample, size_t size)
{
    float least = sample[0], most = sample[0];
    for (size_t i = 1; i < size; i++) {
        least = fminf(least, sample[i]);
        most = fmaxf(most, sample[i]);
    }
    return most - least < 0.03f;
}

/* The mean of the pixels in the first and last rows and columns. */
static double find_border(const float *sample, gan_shape shape)
{
    size_t h = shape.dim[1], w = shape.dim[2], n = 0;
    double sum = 0;
    for (size_t i = 0; i < gan_shape_size(shape); i++) {
        size_t x = i % w, y = i / w % h;
        if (x > 0 && x < w - 1 && y > 0 && y < h - 1) continue;
        sum += (double)sample[i];
        n++;
    }
    return sum / (double)n;
}

static void count_duplicates(survey *s, print *prints)
{
    size_t earliest = SIZE_MAX;
    qsort(prints, s->looked_at, sizeof *prints, compare_prints);
    for (size_t i = 1; i < s->looked_at; i++) {
        if (prints[i].hash != prints[i - 1].hash) continue;
        s->duplicates++;
        if (prints[i - 1].index >= earliest) continue;
        earliest = s->pair[0] = prints[i - 1].index;
        s->pair[1] = prints[i].index;
    }
}

static int look(survey *s, const gan_dataset *data, print *prints, float *sample)
{
    gan_shape shape = gan_dataset_shape(data);
    size_t size = gan_shape_size(shape);
    for (size_t i = 0; i < s->looked_at; i++) {
        size_t index = i * s->count / s->looked_at;
        if (!cli_ok(gan_dataset_read_labels16(data, index, sample, NULL))) return 0;
        prints[i] = (print){hash_pixels(sample, size), index};
        s->constant += is_constant(sample, size) != 0;
        s->border += find_border(sample, shape) / (double)s->looked_at;
    }
    count_duplicates(s, prints);
    return 1;
}

static int count_classes(survey *s, const gan_dataset *data)
{
    enum { MOST = 65536 };
    if (!gan_dataset_has_labels(data)) return 1;
    double *sizes = cli_memory(MOST, sizeof *sizes);
    int good = cli_ok(gan_dataset_class_sizes(data, sizes, MOST));
    s->n_classes = gan_dataset_class_count(data);
    for (size_t i = 0; i < MOST; i++)
        if (sizes[i] > 0 && i >= s->n_classes) s->n_classes = i + 1;
    for (size_t i = 0; i < s->n_classes; i++) {
        size_t n = (size_t)sizes[i];
        s->n_empty += n == 0;
        if (n > 0 && (s->smallest == 0 || n < s->smallest)) s->smallest = n;
        if (n > s->largest) s->largest = n;
    }
    free(sizes);
    return good;
}

int survey_take(survey *s, const gan_dataset *data)
{
    *s = (survey){.count = gan_dataset_count(data)};
    s->looked_at = s->count < MOST_LOOKED_AT ? s->count : MOST_LOOKED_AT;
    print *prints = cli_memory(s->looked_at, sizeof *prints);
    float *sample = cli_memory(gan_shape_size(gan_dataset_shape(data)), sizeof *sample);
    int good = look(s, data, prints, sample) && count_classes(s, data);
    free(sample);
    free(prints);
    return good;
}
