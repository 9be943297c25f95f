/* fastest.h - the kernels of OpenBLAS that are the fastest on this processor. */
#ifndef FASTEST_H
#define FASTEST_H

/* Restart the program with the fastest kernels, unless it runs with them; does nothing if the BLAS
 * isn't OpenBLAS.  To be called first in main(). */
void choose_fastest_blas(char **argv);

/* The processor and the kernels, for a report. */
const char *blas_kernels(void);
const char *processor(void);

#endif
