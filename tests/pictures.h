/* pictures.h - pictures, and a directory of PNG pictures, that a test makes. */
#ifndef PICTURES_H
#define PICTURES_H

#include <gan/dataset.h>
#include <gan/image.h>
#include <stddef.h>
#include <stdint.h>

/* The size of most of them, and the number of values in an RGB sample. */
enum { WIDTH = 6, HEIGHT = 4, SIZE = 3 * WIDTH * HEIGHT };

/* In the directory of the test: */
void make_folder(const char *name);

/* Value `i` of the pixels of picture `k`. */
uint8_t pixel(size_t k, size_t i);

/* A picture as another program would write it, of a kind and depth of libpng's.  Grey is the red
 * channel. */
void write_png(const char *name, size_t k, size_t width, size_t height, int color, int depth);
void write_rgb(const char *name, size_t k);

/* `count` pictures; number k is picture k. */
void write_numbered(size_t count);

void write_text(const char *name, const char *text);

/* Open the directory; the second must work. */
gan_status try_png(gan_dataset **out, const gan_png_desc *desc);
gan_dataset *open_png(const gan_png_desc *desc);

/* Sample `index` is picture k: RGB planes, or the red plane alone. */
void expect_picture(const gan_dataset *data, size_t index, size_t k);

/* ---- pictures by themselves ---- */

/* Pixels without repetition nearby; a picture of them. */
uint8_t pattern(size_t i);
gan_image *patterned(size_t width, size_t height, size_t channels);

/* A picture has this size and, unless that is NULL, these pixels. */
void expect_picture_is(gan_image *image, size_t width, size_t height, size_t channels,
                       const uint8_t *pixels);

#endif
