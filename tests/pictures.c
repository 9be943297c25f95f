/* pictures.c - creating a directory of PNG pictures. */
#include "pictures.h"

#include "expect.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void make_folder(const char *name)
{
    ck_assert_int_eq(mkdir(scratch_path(name), 0777), 0);
}

/* Value `i` of the pixels of picture `k`. */
uint8_t pixel(size_t k, size_t i)
{
    return (uint8_t)(31 * k + 7 * i + i * i / 5);
}

/* A picture as another program would write it.  Grey is the red channel. */
void write_png(const char *name, size_t k, size_t width, size_t height, int color, int depth)
{
    const int has_color = (color & PNG_COLOR_MASK_COLOR) != 0, is_wide = depth == 16;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    FILE *f = fopen(scratch_path(name), "wb");
    png_byte *row = calloc(width, 8);

    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(row);
    png_init_io(png, f);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, color,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (color == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[256];

        for (size_t i = 0; i < width * height; i++)
            palette[i] = (png_color){pixel(k, 3 * i), pixel(k, 3 * i + 1), pixel(k, 3 * i + 2)};
        png_set_PLTE(png, info, palette, (int)(width * height));
    }
    png_write_info(png, info);
    for (size_t y = 0; y < height; y++) {
        png_byte *to = row;

        for (size_t x = 0; x < width; x++) {
            const size_t i = y * width + x;

            if (color == PNG_COLOR_TYPE_PALETTE) *to++ = (png_byte)i;
            for (size_t c = 0; color != PNG_COLOR_TYPE_PALETTE && c < (has_color ? 3 : 1); c++)
                for (int b = 0; b <= is_wide; b++) *to++ = pixel(k, 3 * i + c);
            for (int b = 0; (color & PNG_COLOR_MASK_ALPHA) && b <= is_wide; b++)
                *to++ = (png_byte)(i * 11);
        }
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    ck_assert_int_eq(fclose(f), 0);
    free(row);
}

void write_rgb(const char *name, size_t k)
{
    write_png(name, k, WIDTH, HEIGHT, PNG_COLOR_TYPE_RGB, 8);
}

/* `count` pictures; number k is picture k. */
void write_numbered(size_t count)
{
    char name[32];

    for (size_t k = 0; k < count; k++) {
        snprintf(name, sizeof name, "%03zu.png", k);
        write_rgb(name, k);
    }
}

void write_text(const char *name, const char *text)
{
    scratch_write(scratch_path(name), text, strlen(text));
}

gan_status try_png(gan_dataset **out, const gan_png_desc *desc)
{
    return gan_dataset_open_png(out, scratch_directory(), desc);
}

gan_dataset *open_png(const gan_png_desc *desc)
{
    gan_dataset *data;

    expect_ok(try_png(&data, desc));
    return data;
}

/* Sample `index` is picture k: RGB planes, or the red plane alone. */
void expect_picture(const gan_dataset *data, size_t index, size_t k)
{
    const size_t n_channels = gan_dataset_shape(data).dim[0];
    float out[SIZE];

    expect_ok(gan_dataset_read(data, index, out, NULL));
    for (size_t c = 0; c < n_channels; c++)
        for (size_t i = 0; i < WIDTH * HEIGHT; i++)
            ck_assert_msg(out[c * WIDTH * HEIGHT + i] == (float)pixel(k, 3 * i + c) / 255.0f,
                          "value %zu of channel %zu of sample %zu is not that of picture %zu", i,
                          c, index, k);
}

/* ---- pictures by themselves ---- */

uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 37 + (uint64_t)i * i / 11 + 13);
}

gan_image *patterned(size_t width, size_t height, size_t channels)
{
    gan_image *image;

    expect_ok(gan_image_create(&image, width, height, channels, NULL));
    for (size_t i = 0; i < width * height * channels; i++) gan_image_pixels(image)[i] = pattern(i);
    return image;
}

void expect_picture_is(gan_image *image, size_t width, size_t height, size_t channels,
                       const uint8_t *pixels)
{
    ck_assert_uint_eq(gan_image_width(image), width);
    ck_assert_uint_eq(gan_image_height(image), height);
    ck_assert_uint_eq(gan_image_channels(image), channels);
    if (pixels) expect_same_bits(gan_image_pixels(image), pixels, width * height * channels);
}
