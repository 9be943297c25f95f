/* fastest.h - the kernels of OpenBLAS that are the fastest on this processor. */
#ifndef FASTEST_H
#define FASTEST_H

/* Start the program anew with the fastest kernels, unless it runs with them; does nothing where the
 * BLAS is no OpenBLAS.  For main() to call first. */
void choose_fastest_blas(char **argv);

/* What runs here, for a report. */
const char *blas_kernels(void);
const char *processor(void);

#endif
