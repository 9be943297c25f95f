/* figures.h - nested figures with names, written as JSON. */
#ifndef FIGURES_H
#define FIGURES_H

/* A number, a string, or further figures: an object when they have names, else a list.  Out of memory ends the
 * program. */
typedef struct figures figures;

figures *figures_begin(void);
void figures_end(figures *f);

/* Add to a list (name NULL) or an object, which owns it from then on. */
void figures_add(figures *to, const char *name, figures *more);
void put(figures *to, const char *name, double value);
void put_text(figures *to, const char *name, const char *text); /* truncated to 79 characters */

/* Return 0 when the file can't be written. */
int figures_write(const figures *f, const char *path);

#endif
