/* dataset_shapes.c - ten kinds of garment, drawn with random variation.
 *
 * A kind is a table of outlines that are painted one over the other.  An outline is a polygon whose
 * corners may be moved by knobs: random numbers in [-1, 1] of the sample, such as how long its
 * sleeves are. */
#include "data/dataset_internal.h"

#include "base/status_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <string.h>

enum { SIDE = 28, MAX_CORNERS = 32 };

/* A garment without sleeves uses that knob for something else. */
enum knob { FIXED, SLEEVE, WAIST, HEM, NECK, N_KNOBS };

/* A corner in percent of the picture, y downwards, and how far its knob moves it. */
typedef struct corner {
    signed char x, y;
    unsigned char knob;
    signed char dx, dy;
} corner;

typedef struct outline {
    const corner *corners;
    size_t n;
    int mirrored; /* x is the distance from the middle, and the other half is added */
    float tone;   /* times the garment's own brightness */
    float chance; /* probability that it is drawn */
} outline;

typedef struct garment {
    const outline *outlines; /* the first is the body */
    size_t n;
} garment;

/* ---- Patterns ---- */

#define AT(x, y)                                                                                   \
    {                                                                                              \
        x, y, FIXED, 0, 0                                                                          \
    }
#define BY(x, y, knob, dx, dy)                                                                     \
    {                                                                                              \
        x, y, knob, dx, dy                                                                         \
    }
#define N_OF(table) (sizeof(table) / sizeof *(table))
#define HALF(corners, tone, chance)                                                                \
    {                                                                                              \
        corners, N_OF(corners), 1, tone, chance                                                    \
    }
#define WHOLE(corners, tone, chance)                                                               \
    {                                                                                              \
        corners, N_OF(corners), 0, tone, chance                                                    \
    }
#define GARMENT(outlines)                                                                          \
    {                                                                                              \
        outlines, N_OF(outlines)                                                                   \
    }

/* Symmetric garments: corners from the middle of the top outwards, down, and back to the middle. */

static const corner tshirt_body[] = {
    BY(0, 9, NECK, 0, 4),
    BY(7, 7, NECK, 1, 3),
    AT(13, 2),
    AT(31, 9),
    BY(49, 34, SLEEVE, -3, 8),
    BY(38, 40, SLEEVE, -1, 8),
    AT(29, 28),
    BY(28, 60, WAIST, 3, 0),
    BY(29, 97, HEM, 3, 1),
    AT(0, 98),
};
static const corner tshirt_collar[] = {
    BY(0, 9, NECK, 0, 4),  BY(7, 7, NECK, 1, 3),  AT(13, 2), AT(16, 3),
    BY(9, 11, NECK, 1, 3), BY(0, 14, NECK, 0, 4),
};
static const corner tshirt_print[] = {
    BY(0, 36, HEM, 0, 4),
    BY(14, 36, WAIST, 5, 0),
    BY(14, 58, WAIST, 5, 8),
    BY(0, 58, WAIST, 0, 8),
};
static const outline tshirt[] = {
    HALF(tshirt_body, 1.0f, 1.0f),
    HALF(tshirt_collar, 0.7f, 0.8f),
    HALF(tshirt_print, 0.45f, 0.35f),
};

static const corner trouser_body[] = {
    AT(0, 2),
    BY(18, 2, WAIST, 2, 0),
    BY(21, 20, WAIST, 2, 0),
    BY(22, 55, HEM, 2, 0),
    BY(23, 98, HEM, 5, 0),
    BY(10, 98, HEM, -3, 0),
    AT(6, 55),
    BY(0, 30, NECK, 0, 5),
};
static const corner trouser_belt[] = {AT(0, 2), BY(18, 2, WAIST, 2, 0), BY(19, 8, WAIST, 2, 0),
                                      AT(0, 8)};
static const corner trouser_fly[] = {AT(0, 8), AT(1, 8), AT(1, 28), AT(0, 28)};
static const outline trouser[] = {
    HALF(trouser_body, 1.0f, 1.0f),
    HALF(trouser_belt, 0.7f, 0.7f),
    HALF(trouser_fly, 0.5f, 0.7f),
};

static const corner pullover_body[] = {
    BY(0, 8, NECK, 0, 3),
    BY(8, 6, NECK, 0, 3),
    AT(13, 2),
    AT(28, 7),
    AT(36, 16),
    AT(44, 50),
    BY(48, 90, SLEEVE, 1, 6),
    BY(38, 93, SLEEVE, 1, 6),
    AT(31, 52),
    AT(27, 34),
    BY(27, 60, WAIST, 2, 0),
    BY(27, 97, HEM, 3, 1),
    AT(0, 98),
};
static const corner pullover_collar[] = {
    BY(0, 8, NECK, 0, 3),   BY(8, 6, NECK, 0, 3),  AT(13, 2), AT(16, 3),
    BY(10, 11, NECK, 0, 3), BY(0, 14, NECK, 0, 3),
};
static const corner pullover_hem[] = {AT(0, 90), BY(27, 90, HEM, 3, 0), BY(27, 97, HEM, 3, 1),
                                      AT(0, 98)};
static const corner pullover_cuff[] = {
    BY(46, 83, SLEEVE, 1, 6),
    BY(48, 90, SLEEVE, 1, 6),
    BY(38, 93, SLEEVE, 1, 6),
    BY(37, 86, SLEEVE, 1, 6),
};
static const outline pullover[] = {
    HALF(pullover_body, 1.0f, 1.0f),
    HALF(pullover_collar, 0.75f, 0.9f),
    HALF(pullover_hem, 0.75f, 0.8f),
    HALF(pullover_cuff, 0.75f, 0.8f),
};

static const corner dress_body[] = {
    BY(0, 13, NECK, 0, 5),
    BY(6, 10, NECK, 1, 4),
    AT(9, 1),
    BY(15, 2, SLEEVE, 2, 0),
    BY(17, 14, SLEEVE, 5, 4),
    AT(14, 20),
    BY(11, 38, WAIST, 2, 2),
    BY(17, 65, HEM, 5, 0),
    BY(22, 98, HEM, 9, 0),
    AT(0, 99),
};
static const corner dress_belt[] = {
    BY(0, 37, WAIST, 0, 2),
    BY(11, 37, WAIST, 2, 2),
    BY(12, 42, WAIST, 2, 2),
    BY(0, 42, WAIST, 0, 2),
};
static const corner dress_fold[] = {AT(4, 48), AT(5, 48), BY(11, 98, HEM, 4, 0),
                                    BY(8, 98, HEM, 4, 0)};
static const outline dress[] = {
    HALF(dress_body, 1.0f, 1.0f),
    HALF(dress_belt, 0.6f, 0.5f),
    HALF(dress_fold, 0.75f, 0.6f),
};

static const corner coat_body[] = {
    AT(0, 6),
    AT(9, 2),
    AT(27, 6),
    AT(35, 14),
    AT(42, 48),
    BY(46, 82, SLEEVE, 1, 5),
    BY(36, 85, SLEEVE, 1, 5),
    AT(30, 50),
    AT(27, 34),
    BY(26, 52, WAIST, 3, 0),
    BY(31, 98, HEM, 4, 0),
    AT(0, 99),
};
static const corner coat_opening[] = {AT(0, 6), AT(6, 4), BY(2, 36, NECK, 0, 9), AT(1, 99),
                                      AT(0, 99)};
static const corner coat_lapel[] = {AT(6, 4), AT(14, 3), AT(17, 20), BY(3, 38, NECK, 0, 9)};
static const corner coat_pocket[] = {AT(11, 66), AT(21, 64), AT(21, 68), AT(11, 70)};
static const outline coat[] = {
    HALF(coat_body, 1.0f, 1.0f),
    HALF(coat_opening, 0.3f, 1.0f),
    HALF(coat_lapel, 0.7f, 0.9f),
    HALF(coat_pocket, 0.6f, 0.7f),
};

static const corner shirt_body[] = {
    AT(0, 4),
    AT(11, 1),
    AT(30, 8),
    AT(38, 20),
    BY(47, 60, SLEEVE, 0, 26),
    BY(37, 64, SLEEVE, 0, 26),
    AT(29, 36),
    BY(27, 60, WAIST, 2, 0),
    BY(28, 88, HEM, 2, 0),
    BY(14, 98, HEM, 0, 1),
    AT(0, 99),
};
static const corner shirt_neck[] = {AT(0, 3), AT(7, 2), BY(0, 15, NECK, 0, 4)};
static const corner shirt_collar[] = {
    AT(7, 1), AT(13, 2), AT(13, 14), BY(3, 17, NECK, 0, 3), BY(1, 12, NECK, 0, 3),
};
static const corner shirt_placket[] = {AT(0, 16), AT(1, 16), AT(1, 98), AT(0, 98)};
static const corner shirt_pocket[] = {AT(59, 35), AT(70, 35), AT(70, 48), AT(59, 48)};
static const corner shirt_button_1[] = {AT(0, 30), AT(3, 30), AT(3, 34), AT(0, 34)};
static const corner shirt_button_2[] = {AT(0, 51), AT(3, 51), AT(3, 55), AT(0, 55)};
static const corner shirt_button_3[] = {AT(0, 72), AT(3, 72), AT(3, 76), AT(0, 76)};
static const outline shirt[] = {
    HALF(shirt_body, 1.0f, 1.0f),     HALF(shirt_neck, 0.25f, 1.0f),
    HALF(shirt_collar, 1.35f, 1.0f),  HALF(shirt_placket, 0.55f, 1.0f),
    WHOLE(shirt_pocket, 0.75f, 0.4f), HALF(shirt_button_1, 0.3f, 0.9f),
    HALF(shirt_button_2, 0.3f, 0.9f), HALF(shirt_button_3, 0.3f, 0.9f),
};

static const corner bag_body[] = {
    AT(0, 38),
    BY(38, 38, NECK, 4, 0),
    BY(43, 44, NECK, 3, 0),
    BY(46, 90, HEM, 3, 0),
    BY(42, 96, HEM, 3, 0),
    AT(0, 96),
};
static const corner bag_handle[] = {
    BY(0, 6, SLEEVE, 0, 8),
    BY(14, 9, SLEEVE, 0, 8),
    BY(24, 22, SLEEVE, 1, 6),
    AT(29, 42),
    AT(23, 42),
    BY(18, 25, SLEEVE, 1, 6),
    BY(11, 16, SLEEVE, 0, 8),
    BY(0, 13, SLEEVE, 0, 8),
};
static const corner bag_flap[] = {
    AT(0, 38),
    BY(38, 38, NECK, 4, 0),
    BY(43, 44, NECK, 3, 0),
    BY(38, 62, WAIST, 2, 6),
    BY(0, 67, WAIST, 0, 8),
};
static const corner bag_clasp[] = {
    BY(0, 60, WAIST, 0, 8),
    BY(5, 60, WAIST, 0, 8),
    BY(5, 71, WAIST, 0, 8),
    BY(0, 71, WAIST, 0, 8),
};
static const outline bag[] = {
    HALF(bag_body, 1.0f, 1.0f),
    HALF(bag_handle, 0.8f, 1.0f),
    HALF(bag_flap, 0.75f, 0.7f),
    HALF(bag_clasp, 1.5f, 0.7f),
};

/* Footwear, from the side, the toe to the left. */

static const corner sandal_sole[] = {
    AT(2, 73),
    AT(6, 70),
    AT(34, 69),
    BY(60, 63, HEM, 0, -6),
    BY(82, 55, HEM, 0, -13),
    BY(97, 53, HEM, 0, -13),
    BY(98, 61, HEM, 0, -12),
    AT(95, 81),
    AT(86, 81),
    BY(82, 67, HEM, 0, -10),
    BY(62, 73, HEM, 0, -5),
    AT(38, 81),
    AT(6, 81),
};
static const corner sandal_front[] = {
    AT(12, 71),
    BY(18, 59, NECK, 2, 3),
    BY(29, 51, NECK, 2, 4),
    BY(42, 55, NECK, 2, 2),
    AT(54, 67),
    AT(46, 69),
    AT(38, 62),
    BY(29, 59, NECK, 1, 4),
    BY(22, 64, NECK, 1, 3),
    AT(19, 71),
};
static const corner sandal_strap[] = {
    AT(55, 67),
    BY(61, 43, SLEEVE, 0, 8),
    BY(72, 29, SLEEVE, 0, 10),
    BY(86, 27, SLEEVE, 0, 10),
    BY(96, 37, SLEEVE, 0, 5),
    BY(98, 57, HEM, 0, -10),
    BY(91, 57, HEM, 0, -10),
    BY(89, 41, SLEEVE, 0, 5),
    BY(83, 35, SLEEVE, 0, 10),
    BY(75, 37, SLEEVE, 0, 10),
    BY(67, 47, SLEEVE, 0, 8),
    AT(62, 66),
};
static const corner sandal_bar[] = {
    BY(38, 57, NECK, 2, 2),
    BY(62, 41, SLEEVE, 0, 8),
    BY(65, 47, SLEEVE, 0, 8),
    BY(42, 63, NECK, 2, 2),
};
static const outline sandal[] = {
    WHOLE(sandal_sole, 1.0f, 1.0f),
    WHOLE(sandal_front, 0.8f, 1.0f),
    WHOLE(sandal_strap, 0.8f, 1.0f),
    WHOLE(sandal_bar, 0.8f, 0.6f),
};

static const corner sneaker_body[] = {
    AT(2, 65),
    BY(3, 55, WAIST, 0, 3),
    BY(12, 48, WAIST, 0, 3),
    AT(30, 43),
    AT(44, 33),
    BY(56, 23, NECK, 0, 4),
    BY(63, 24, NECK, 0, 4),
    AT(70, 33),
    AT(82, 33),
    BY(92, 24, NECK, 0, 3),
    BY(96, 29, NECK, 0, 3),
    AT(97, 47),
    AT(98, 66),
    AT(97, 74),
    AT(92, 75),
    AT(6, 75),
    AT(2, 71),
};
static const corner sneaker_sole[] = {
    AT(2, 65), AT(40, 67), AT(98, 65), AT(97, 74), AT(92, 75), AT(6, 75), AT(2, 71),
};
static const corner sneaker_lace_1[] = {AT(34, 41), AT(42, 49), AT(40, 51), AT(31, 43)};
static const corner sneaker_lace_2[] = {AT(43, 34), AT(51, 43), AT(49, 46), AT(40, 37)};
static const corner sneaker_stripe_1[] = {AT(52, 65), AT(60, 43), AT(65, 43), AT(58, 65)};
static const corner sneaker_stripe_2[] = {AT(64, 65), AT(71, 43), AT(76, 43), AT(70, 65)};
static const corner sneaker_toe[] = {
    AT(2, 65), BY(3, 55, WAIST, 0, 3), BY(12, 48, WAIST, 0, 3), AT(20, 55), AT(23, 66),
};
static const outline sneaker[] = {
    WHOLE(sneaker_body, 1.0f, 1.0f),     WHOLE(sneaker_toe, 0.75f, 0.5f),
    WHOLE(sneaker_lace_1, 0.4f, 0.8f),   WHOLE(sneaker_lace_2, 0.4f, 0.8f),
    WHOLE(sneaker_stripe_1, 0.4f, 0.5f), WHOLE(sneaker_stripe_2, 0.4f, 0.5f),
    WHOLE(sneaker_sole, 1.6f, 0.9f),
};

static const corner boot_body[] = {
    AT(2, 88),
    AT(2, 74),
    BY(10, 64, WAIST, 0, 4),
    BY(28, 57, WAIST, 0, 4),
    AT(42, 46),
    AT(47, 30),
    BY(46, 5, SLEEVE, -2, 8),
    BY(93, 4, SLEEVE, 1, 8),
    AT(94, 40),
    AT(97, 66),
    AT(97, 96),
    BY(76, 96, HEM, 0, 1),
    BY(74, 90, HEM, 0, 3),
    BY(52, 90, HEM, 0, 3),
    AT(40, 95),
    AT(6, 95),
};
static const corner boot_sole[] = {
    AT(2, 87),
    AT(40, 87),
    BY(60, 84, HEM, 0, 3),
    AT(97, 86),
    AT(97, 96),
    BY(76, 96, HEM, 0, 1),
    BY(74, 90, HEM, 0, 3),
    BY(52, 90, HEM, 0, 3),
    AT(40, 95),
    AT(6, 95),
};
static const corner boot_band[] = {
    BY(46, 5, SLEEVE, -2, 8),
    BY(93, 4, SLEEVE, 1, 8),
    BY(93, 11, SLEEVE, 1, 8),
    BY(46, 12, SLEEVE, -2, 8),
};
static const corner boot_gusset[] = {
    BY(64, 16, SLEEVE, 0, 8),
    BY(76, 16, SLEEVE, 0, 8),
    AT(72, 54),
    AT(67, 54),
};
static const corner boot_seam[] = {AT(40, 48), AT(44, 46), AT(54, 66),
                                   AT(50, 86), AT(47, 86), AT(50, 67)};
static const outline boot[] = {
    WHOLE(boot_body, 1.0f, 1.0f),   WHOLE(boot_sole, 0.45f, 0.9f), WHOLE(boot_band, 0.7f, 0.6f),
    WHOLE(boot_gusset, 0.5f, 0.5f), WHOLE(boot_seam, 0.65f, 0.6f),
};

/* In the order of Fashion-MNIST's labels. */
static const garment garments[GAN_DATASET_SHAPES_CLASSES] = {
    GARMENT(tshirt), GARMENT(trouser), GARMENT(pullover), GARMENT(dress), GARMENT(coat),
    GARMENT(sandal), GARMENT(shirt),   GARMENT(sneaker),  GARMENT(bag),   GARMENT(boot),
};

/* ---- Painting ---- */

typedef struct spot {
    float x, y;
} spot;

/* The coverage of each pixel by a polygon, as differences along a row: an edge adds the area to its
 * right. */
typedef struct coverage {
    float row[SIDE][SIDE + 2];
} coverage;

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

/* Add the part of an edge within one row, `height` high; `height` is negative for upward edges. */
static void cover_row(float *row, float xa, float xb, float height)
{
    const float left = clamp(xa < xb ? xa : xb, 0.0f, SIDE);
    const float right = clamp(xa < xb ? xb : xa, 0.0f, SIDE);
    const float per_x = right > left ? height / (right - left) : 0.0f;
    float begin = left;

    for (size_t x = (size_t)left; x < SIDE; x++) {
        const float end = right < (float)x + 1.0f ? right : (float)x + 1.0f;
        const float part = right > left ? per_x * (end - begin) : height;
        const float middle = 0.5f * (begin + end) - (float)x;

        row[x] += part * (1.0f - middle);
        row[x + 1] += part * middle;
        begin = end;
        if (begin >= right) break;
    }
}

static void cover_edge(coverage *c, spot a, spot b)
{
    const float sign = a.y < b.y ? 1.0f : -1.0f;
    const spot top = a.y < b.y ? a : b;
    const spot bottom = a.y < b.y ? b : a;
    const float slope = bottom.y > top.y ? (bottom.x - top.x) / (bottom.y - top.y) : 0.0f;
    const float end = clamp(bottom.y, 0.0f, SIDE);
    float y = clamp(top.y, 0.0f, SIDE);

    while (y < end) {
        const size_t row = (size_t)y;
        const float next = end < (float)row + 1.0f ? end : (float)row + 1.0f;

        cover_row(c->row[row], top.x + slope * (y - top.y), top.x + slope * (next - top.y),
                  sign * (next - y));
        y = next;
    }
}

/* Paint a polygon over the picture, its tone shaded by row and column. */
static void paint(float picture[SIDE][SIDE], const spot *spots, size_t n, float tone,
                  const float *rows, const float *columns)
{
    coverage c;

    memset(&c, 0, sizeof c);
    for (size_t i = 0; i < n; i++) cover_edge(&c, spots[i], spots[(i + 1) % n]);
    for (size_t y = 0; y < SIDE; y++) {
        float sum = 0.0f;

        for (size_t x = 0; x < SIDE; x++) {
            const float value = clamp(tone * rows[y] * columns[x], 0.0f, 1.0f);

            sum += c.row[y][x];
            picture[y][x] += clamp(fabsf(sum), 0.0f, 1.0f) * (value - picture[y][x]);
        }
    }
}

/* ---- Variation ---- */

/* The use of each random number of a sample; the remaining ones, two for each corner, make the
 * outline of the body uneven. */
enum {
    U_KNOBS = 0,
    U_SCALE_X = N_KNOBS,
    U_SCALE_Y,
    U_MOVE_X,
    U_MOVE_Y,
    U_SHEAR,
    U_BRIGHTNESS,
    U_CONTRAST,
    U_SIDES,
    U_LIGHT,
    U_FOLDS,
    U_FOLD_PHASE,
    U_STRIPES,
    U_STRIPE_WIDTH,
    U_STRIPE_DEPTH,
    U_OUTLINES, /* one for each detail: whether it is drawn */
    U_CORNERS = U_OUTLINES + 9,
    N_UNIFORMS = U_CORNERS + 2 * MAX_CORNERS
};

typedef struct variation {
    float u[N_UNIFORMS]; /* in [0, 1) */
    float rows[SIDE];    /* shading */
    float columns[SIDE];
} variation;

static float between(float low, float high, float u)
{
    return low + (high - low) * u;
}

/* A wave from -1 to 1 of period 1; made of straight lines, so that no two mathematics libraries
 * differ. */
static float wave(float t)
{
    return 4.0f * fabsf(t - floorf(t) - 0.5f) - 1.0f;
}

/* Light from one side, darker flanks, soft folds, and on every third piece of cloth stripes. */
static void shade(variation *v, int is_cloth)
{
    const float *u = v->u;
    const float sides = between(0.0f, 0.25f, u[U_SIDES]);
    const float light = between(-0.12f, 0.12f, u[U_LIGHT]);
    const float folds = between(0.0f, 0.08f, u[U_FOLDS]);
    const float period = between(3.0f, 7.0f, u[U_STRIPE_WIDTH]);
    const float depth = between(0.1f, 0.3f, u[U_STRIPE_DEPTH]);
    const int down = is_cloth && u[U_STRIPES] < 0.12f;
    const int across = is_cloth && u[U_STRIPES] > 0.8f;

    for (size_t i = 0; i < SIDE; i++) {
        const float t = ((float)i + 0.5f) / (float)SIDE;
        const float off = 2.0f * t - 1.0f;

        v->columns[i] = 1.0f - sides * off * off + folds * wave(3.5f * t + u[U_FOLD_PHASE]);
        v->rows[i] = 1.0f + light * off + folds * wave(2.0f * t + u[U_FOLD_PHASE]);
        if (down) v->columns[i] *= 1.0f + depth * (wave((float)i / period) - 1.0f);
        if (across) v->rows[i] *= 1.0f + depth * (wave((float)i / period) - 1.0f);
    }
}

/* The position of a corner in pixels; `side` is -1 or 1 in a mirrored outline, else 0. */
static spot place(const variation *v, corner from, int side)
{
    const float *u = v->u;
    const float knob = from.knob == FIXED ? 0.0f : 2.0f * u[U_KNOBS + from.knob] - 1.0f;
    const float x = (float)from.x + knob * (float)from.dx;
    const float y = (float)from.y + knob * (float)from.dy - 50.0f;
    const float across =
        (side == 0 ? x - 50.0f : x * (float)side) * between(0.86f, 1.0f, u[U_SCALE_X]);
    const float down = y * between(0.88f, 1.0f, u[U_SCALE_Y]);
    spot out;

    out.x = 0.01f * (float)SIDE * (50.0f + across + between(-0.05f, 0.05f, u[U_SHEAR]) * down);
    out.y = 0.01f * (float)SIDE * (50.0f + down);
    out.x += between(-0.7f, 0.7f, u[U_MOVE_X]);
    out.y += between(-0.7f, 0.7f, u[U_MOVE_Y]);
    return out;
}

/* Compute all corners of an outline, the mirrored half in reverse order.  Returns how many. */
static size_t lay_out(const variation *v, const outline *line, spot out[MAX_CORNERS])
{
    size_t n = 0;

    for (size_t i = 0; i < line->n; i++)
        out[n++] = place(v, line->corners[i], line->mirrored ? 1 : 0);
    for (size_t i = line->mirrored ? line->n : 0; i-- > 0;)
        if (line->corners[i].x > 0) out[n++] = place(v, line->corners[i], -1);
    return n;
}

/* Draw sample `index`.  Its brightness is that of the body, from which details stand out more or
 * less. */
static void draw(uint64_t seed, size_t index, uint8_t *out)
{
    const garment *g = &garments[index % GAN_DATASET_SHAPES_CLASSES];
    float picture[SIDE][SIDE] = {{0.0f}};
    spot spots[MAX_CORNERS];
    variation v;
    float brightness;
    float contrast;

    gan__rng_uniform(seed, GAN__STREAM_SHAPES, 256 * (uint64_t)index, N_UNIFORMS, v.u);
    shade(&v, g->outlines[0].mirrored);
    brightness = between(0.35f, 0.95f, v.u[U_BRIGHTNESS]);
    contrast = between(0.4f, 1.0f, v.u[U_CONTRAST]);
    for (size_t i = 0; i < g->n; i++) {
        const outline *line = &g->outlines[i];
        const float tone = brightness * (1.0f + contrast * (line->tone - 1.0f));
        size_t n;

        if (v.u[U_OUTLINES + i] >= line->chance) continue;
        n = lay_out(&v, line, spots);
        for (size_t k = 0; i == 0 && k < n; k++) {
            spots[k].x += between(-0.35f, 0.35f, v.u[U_CORNERS + 2 * k]);
            spots[k].y += between(-0.35f, 0.35f, v.u[U_CORNERS + 2 * k + 1]);
        }
        paint(picture, spots, n, tone, v.rows, v.columns);
    }
    for (size_t i = 0; i < SIDE * SIDE; i++)
        out[i] = (uint8_t)(255.0f * picture[i / SIDE][i % SIDE] + 0.5f);
}

gan_status gan_dataset_create_shapes(gan_dataset **out, size_t count, uint64_t seed,
                                     const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_dataset *data = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (count == 0) GAN_FAIL(GAN_ERR_INVALID, "dataset: count is 0, at least 1 sample is needed");
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(gan__dataset_create_zeros(&data, count, gan_shape_3d(1, SIDE, SIDE), 1, d.allocator));
    GAN_TRY(gan__dataset_name_classes(data, &d));
    for (size_t i = 0; i < count; i++) {
        draw(seed, i, data->bytes + i * data->size);
        data->labels[i] = (uint16_t)(i % GAN_DATASET_SHAPES_CLASSES);
    }
    *out = data;
    data = NULL;

cleanup:
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}
