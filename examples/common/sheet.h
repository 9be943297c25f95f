/* sheet.h - samples in rows and columns, enlarged and with titles, as a picture. */
#ifndef SHEET_H
#define SHEET_H

#include <gan/gan.h>

/* A title. */
typedef struct sheet_text {
    char text[96]; /* a number, followed by a class */
} sheet_text;

/* The layout of samples.  Titles that are NULL are omitted, and without Cairo all are, see
 * plot_available(). */
typedef struct sheet {
    gan_shape picture; /* [c, h, w] of a sample */
    size_t columns;    /* samples in a row; 0: nearly square */
    size_t scale;      /* each pixel becomes scale x scale pixels; 0: 1, or with titles as many as
                          they need */
    const sheet_text *heads;    /* above each column */
    const sheet_text *rows;     /* left of each row */
    const sheet_text *captions; /* below each sample */
} sheet;

/* Make a picture of n samples, from -1 to 1, the caller's to destroy, also after a failure.  Return 0
 * after saying what is wrong. */
int sheet_make(gan_image **out, const sheet *s, const float *samples, size_t n);

/* The same, and write it as a PNG file. */
int sheet_write(const sheet *s, const float *samples, size_t n, const char *path);

/* Enlarge a picture: each pixel becomes scale x scale pixels. */
int sheet_enlarge(gan_image **out, gan_image *small, size_t scale);

#endif
