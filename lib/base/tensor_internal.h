/* tensor_internal.h - shapes as text. */
#ifndef GAN_TENSOR_INTERNAL_H
#define GAN_TENSOR_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <gan/tensor.h>

/* A buffer for any shape as text, such as "[3, 64, 64]". */
typedef struct gan__shape_text {
    char text[104];
} gan__shape_text;

/* Return a shape as text, for messages; use `.text` within the same expression. */
gan__shape_text gan__shape_text_of(gan_shape shape);

#endif
