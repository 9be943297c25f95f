/* build_internal.h - the Makefile's settings of a build, and their defaults: without a BLAS matrix
 * products are done by the library's own loops.  With a BLAS:
 *
 *     -DGAN__BLAS_NAME='"openblas"' -DGAN__BLAS_OPENBLAS */
#ifndef GAN_BUILD_INTERNAL_H
#define GAN_BUILD_INTERNAL_H

#ifndef GAN__BLAS_NAME
#define GAN__BLAS_NAME "none"
#define GAN__NO_BLAS
#endif

/* Sources with loops are compiled once for each instruction set; this one is for any processor. */
#ifndef GAN__ISA
#define GAN__ISA base
#endif

#endif
