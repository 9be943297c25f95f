/* api.h - visibility and compiler attributes used by the other headers. */
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
 * For languages without C macros each is also a function: gan_trainer_desc_init(&desc, sizeof desc)
 * is what GAN_TRAINER_DESC_INIT does.  `struct_size` is the caller's size of the struct: a shorter
 * one, of an earlier release, is not written beyond its end, and the part of a longer one that this
 * release does not know is zeroed.  NULL, or a size too small for struct_size itself, does nothing.
 */
#ifdef __cplusplus
#define GAN_SIZED_INIT(type, ...) sizeof(type), __VA_ARGS__
#else
#define GAN_SIZED_INIT(type, ...) .struct_size = sizeof(type)
#endif

#endif
