/* golden.c - reading the reference vectors of tests/golden. */
#include "expect.h"
#include "golden.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS_MAX = 512 };

struct golden {
    size_t n;
    struct {
        char name[64];
        size_t count;
        float *data;
    } vectors[VECTORS_MAX];
};

static void read_numbers(FILE *f, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char b[4];
        uint32_t bits;

        ck_assert_uint_eq(fread(b, 1, 4, f), 4);
        bits = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&out[i], &bits, 4);
    }
}

golden *golden_open(const char *name)
{
    const char *path = golden_path(name);
    FILE *f = fopen(path, "rb");
    golden *g = calloc(1, sizeof *g);
    char line[128];

    ck_assert_msg(f != NULL, "%s cannot be opened; start the tests in the root directory", path);
    ck_assert_ptr_nonnull(g);
    while (fgets(line, sizeof line, f) && line[0] != '\n') {
        ck_assert_uint_lt(g->n, VECTORS_MAX);
        ck_assert_int_eq(sscanf(line, "%63s %zu", g->vectors[g->n].name, &g->vectors[g->n].count),
                         2);
        g->n++;
    }
    for (size_t i = 0; i < g->n; i++) {
        g->vectors[i].data = malloc(g->vectors[i].count * sizeof(float));
        ck_assert_ptr_nonnull(g->vectors[i].data);
        read_numbers(f, g->vectors[i].data, g->vectors[i].count);
    }
    fclose(f);
    return g;
}

void golden_close(golden *g)
{
    for (size_t i = 0; i < g->n; i++) free(g->vectors[i].data);
    free(g);
}

const float *golden_find(const golden *g, const char *name, size_t count)
{
    for (size_t i = 0; i < g->n; i++) {
        if (strcmp(g->vectors[i].name, name) != 0) continue;
        ck_assert_msg(g->vectors[i].count == count,
                      "golden vector %s has %zu values, the test expects %zu", name,
                      g->vectors[i].count, count);
        return g->vectors[i].data;
    }
    return NULL;
}

const float *golden_get(const golden *g, const char *name, size_t count)
{
    const float *found = golden_find(g, name, count);

    ck_assert_msg(found != NULL, "no golden vector %s", name);
    return found;
}
