/* api.h - the few compiler tests that the other headers need. */
#ifndef GAN_API_H
#define GAN_API_H

#ifdef __cplusplus
#define GAN_BEGIN_DECLS extern "C" {
#define GAN_END_DECLS }
#else
#define GAN_BEGIN_DECLS
#define GAN_END_DECLS
#endif

#if defined(__GNUC__) || defined(__clang__)
#define GAN_API __attribute__((visibility("default")))
#define GAN_MUST_CHECK __attribute__((warn_unused_result))
#define GAN_PRINTF(text_arg, first_arg) __attribute__((format(printf, text_arg, first_arg)))
#else
#define GAN_API
#define GAN_MUST_CHECK
#define GAN_PRINTF(text_arg, first_arg)
#endif

/**
 * The body of a GAN_*_DESC_INIT whose other fields are zero.  In C those are left out, so that a
 * host may set fields in the same braces and no compiler warns; C++ before 20 has no such
 * braces and needs them all.
 *
 * For languages that can't read macros each is a function, too: gan_trainer_desc_init(&desc, sizeof
 * desc) is what GAN_TRAINER_DESC_INIT does.  `struct_size` is the caller's size of the struct: a
 * shorter one, of an earlier release, is not written beyond its end, and a longer one is zero
 * behind what this release knows.  NULL, or a size in which struct_size itself has no room, does
 * nothing.
 */
#ifdef __cplusplus
#define GAN_SIZED_INIT(type, ...) sizeof(type), __VA_ARGS__
#else
#define GAN_SIZED_INIT(type, ...) .struct_size = sizeof(type)
#endif

#endif
