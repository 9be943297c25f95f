/* version.h - which libgan this is, at compile time and at run time. */
#ifndef GAN_VERSION_H
#define GAN_VERSION_H

#include <gan/api.h>

GAN_BEGIN_DECLS

/** The version of these headers.  While MAJOR is 0, each MINOR may break; see docs/stability.md. */
#define GAN_VERSION_MAJOR 0
#define GAN_VERSION_MINOR 1 /**< grows with what is new */
#define GAN_VERSION_PATCH 0 /**< grows with what is mended */

/** The same as one number that grows with each release: 10203 is 1.2.3. */
#define GAN_VERSION_NUMBER (GAN_VERSION_MAJOR * 10000 + GAN_VERSION_MINOR * 100 + GAN_VERSION_PATCH)

/**
 * Return the GAN_VERSION_NUMBER of the library that is running.
 *
 * A host linked with the shared library can compare it with the macro it was compiled with.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API int gan_version_number(void);

/**
 * Return the version of the library that is running, as "0.1.0".
 *
 * The string is constant and lives as long as the program.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API const char *gan_version_string(void);

/**
 * Return the name of the BLAS that the library was built for, as its pkg-config module is called:
 * "openblas", "blas", ...
 *
 * The string is constant and lives as long as the program.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API const char *gan_blas_name(void);

/**
 * Return which of the library's own loops run on this processor: "v4" for x86-64-v4 (AVX-512), "v3"
 * for x86-64-v3 (AVX2 with fused multiply-add), "base" for what the library was compiled for.
 * Checkpoints have it as "libgan.processor".
 *
 * The string is constant and lives as long as the program.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API const char *gan_instruction_set(void);

GAN_END_DECLS

#endif
