/* choice.c - see choice.h.
 *
 * The discriminator memorises few images (overfits), and then has nothing more to teach the
 * generator: the fewer there are, the stronger the augmentation.  Hundreds are always augmented, by
 * all operations (Zhao et al., 2020): an adaptive strength, which begins at 0, comes after the first
 * epochs have taught them.  It depends on --epochs, too, which can't be changed afterwards then.
 * The total number of images that a run sees grows more slowly than the number of pictures: 400 of
 * them are seen five hundred times, 60,000 ten times. */
#include "choice.h"

#include <stdio.h>
#include <stdlib.h>

/* The settings from this number of pictures on: */
typedef struct tier {
    size_t from, images;
    int minutes; /* with colour pictures of LARGEST pixels a side, at 115 ms a step */
    const char *grey, *colour, *why_augment;
    int adaptive;
} tier;

#define GREY "translation,brightness,cutout"
#define COLOUR "translation,color,cutout"

static const tier tiers[] = {
    {0, 200000, 12, GREY, COLOUR, "with few images the discriminator memorises them", 0},
    {2000, 400000, 24, "translation,cutout", "translation,color",
     "in time the discriminator memorises them", 1},
    {10000, 400000, 24, "translation", "translation", "in time the discriminator memorises them",
     1},
    {50000, 600000, 36, "none", "none", "there are pictures enough", 0},
};
enum { TIERS = sizeof tiers / sizeof *tiers, LEAST_SIDE = 8, LARGEST = 64, EPOCH = 2000 };
enum { SPARING = 5000, MOST_HELD_OUT = 2000 };

static const tier *find_tier(size_t count)
{
    size_t i = TIERS - 1;
    while (tiers[i].from > count) i--;
    return &tiers[i];
}

static void choose_size(choice *c, const choice_facts *facts)
{
    c->size = facts->side < LARGEST ? facts->side : LARGEST;
    c->why_size = facts->side <= LARGEST ? "as the pictures are" : "larger ones take hours";
    if (c->size >= LEAST_SIDE) return;
    c->size = LEAST_SIDE;
    c->why_size = "the smallest size of the networks";
}

/* Mid-grey is nearest to pictures of all kinds; but for objects on black or white the border that a
 * translation uncovers must have that colour. */
static void choose_fill(choice *c, const choice_facts *facts)
{
    c->fill = facts->border < 0.1 ? -1 : facts->border > 0.9 ? 1 : 0;
    c->why_fill = c->fill < 0   ? "black, as the pictures' edges are"
                  : c->fill > 0 ? "white, as the pictures' edges are"
                                : "grey: the pictures' edges are neither black nor white";
}

choice choice_make(const choice_facts *facts)
{
    const tier *t = find_tier(facts->count);
    choice c = {.base = 32, .batch = 32, .adaptive = t->adaptive, .ema = 0.999};
    choose_size(&c, facts);
    choose_fill(&c, facts);
    c.why_base = "wide enough for pictures of this size";
    c.why_batch = "more and smaller steps teach more in the same time";
    c.augment = facts->channels == 3 ? t->colour : t->grey;
    c.why_augment = t->why_augment;
    return c;
}

size_t choice_repeat(const choice_facts *facts)
{
    return facts->count < EPOCH ? (EPOCH + facts->count - 1) / facts->count : 1;
}

size_t choice_held_out(size_t count)
{
    if (count < SPARING) return 0;
    return count / 10 < MOST_HELD_OUT ? count / 10 : MOST_HELD_OUT;
}

size_t choice_epochs(const choice_facts *facts, size_t repeat)
{
    size_t each = facts->count * repeat, images = find_tier(facts->count)->images;
    return (images + each - 1) / each;
}

/* A number with a comma before its thousands. */
static void write_number(char out[16], size_t n)
{
    if (n < 1000)
        snprintf(out, 16, "%zu", n);
    else
        snprintf(out, 16, "%zu,%03zu", n / 1000 % 1000, n % 1000);
}

void choice_describe(char out[CHOICE_ROOM])
{
    size_t used = (size_t)snprintf(out, CHOICE_ROOM, "  %-17s %-7s %11s %9s\n", "pictures", "size",
                                   "images seen", "minutes");
    for (size_t i = 0; i < TIERS; i++) {
        char from[16], images[16], size[16];
        write_number(from, i == 0 ? 1 : tiers[i].from);
        write_number(images, tiers[i].images);
        snprintf(size, sizeof size, "%dx%d", LARGEST, LARGEST);
        used += (size_t)snprintf(out + used, CHOICE_ROOM - used, "  from %-12s %-7s %11s %9d\n",
                                 from, size, images, tiers[i].minutes);
    }
}
