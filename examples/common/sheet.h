/* sheet.h - samples in rows and columns, enlarged and with titles, as a picture. */
#ifndef SHEET_H
#define SHEET_H

#include <gan/gan.h>

/* A title. */
typedef struct sheet_text {
    char text[96]; /* a number, and a class behind it */
} sheet_text;

/* How samples are laid out.  Titles are left out where they are NULL, and all of them without Cairo,
 * see plot_available(). */
typedef struct sheet {
    gan_shape picture; /* [c, h, w] of a sample */
    size_t columns;    /* samples in a row; 0: as square as can be */
    size_t scale;      /* each pixel becomes scale x scale; 0: 1, or with titles what they need */
    const sheet_text *heads;    /* above each column */
    const sheet_text *rows;     /* left of each row */
    const sheet_text *captions; /* below each sample */
} sheet;

/* Make a picture of n samples, from -1 to 1, the caller's to destroy, also after a failure.  Return 0
 * after saying what is wrong. */
int sheet_make(gan_image **out, const sheet *s, const float *samples, size_t n);

/* And write it as a PNG file. */
int sheet_write(const sheet *s, const float *samples, size_t n, const char *path);

/* Make each pixel of a picture scale x scale of them. */
int sheet_enlarge(gan_image **out, gan_image *small, size_t scale);

#endif
