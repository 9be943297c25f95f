/* export_text_internal.h - texts with gaps, and texts of functions, that exported files are made of.
 * They are in lib/export/text; `make` writes them as arrays (lib/export/embed). */
#ifndef GAN_EXPORT_TEXT_INTERNAL_H
#define GAN_EXPORT_TEXT_INTERNAL_H

#include "export/export_program_internal.h"
#include "file/text_internal.h"

typedef enum gan__export_text {
    GAN__EXPORT_C_HEADER,
    GAN__EXPORT_C_SOURCE,
    GAN__EXPORT_C_RUN,
    GAN__EXPORT_C_WEIGHTS_BEGIN,
    GAN__EXPORT_C_WEIGHTS_END,
    GAN__EXPORT_C_MAIN,
    GAN__EXPORT_C_TEST,
    GAN__EXPORT_C_READ_WEIGHTS,
    GAN__EXPORT_C_FUNCTIONS,
    GAN__EXPORT_PAGE,
    GAN__EXPORT_PAGE_SCRIPT,
    GAN__EXPORT_PAGE_FUNCTIONS
} gan__export_text;

/* The values for a text's gaps: "@{name}" becomes the value of that name, in which gaps are filled,
 * too. */
typedef struct gan__export_gap {
    const char *name;
    const char *value;
} gan__export_gap;

void gan__export_put_text(gan__text *out, gan__export_text which, const gan__export_gap *gaps,
                          size_t n_gaps);

/* A text of functions has "@ name: others" before each function, where others are those that it
 * calls.  Write the functions that a program needs; of "matrix" the one that reads its type. */
void gan__export_put_functions(gan__text *out, gan__export_text which,
                               const gan__export_program *p);

/* Write a call without its end: "linear(w, 64, 256, z, work, room)"; with weights that
 * are counted in `unit` bytes, and `suffix` behind floats. */
void gan__export_put_call(gan__text *out, const gan__export_call *call, size_t unit,
                          const char *suffix);

/* Write a float, with `suffix` behind it: "0.2f". */
void gan__export_put_float(gan__text *out, float value, const char *suffix);

#endif
