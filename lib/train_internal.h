/* train_internal.h - a look inside a step, for the benchmark. */
#ifndef GAN_TRAIN_INTERNAL_H
#define GAN_TRAIN_INTERNAL_H

#include <gan/train.h>

/* What a step's time is spent on, in the order of a half step. */
#define GAN__STEP_STAGES(X)                                                                        \
    X(INPUT, "noise and real samples")                                                             \
    X(G_FORWARD, "generator forward")                                                              \
    X(D_FORWARD, "discriminator forward")                                                          \
    X(LOSS, "loss")                                                                                \
    X(D_BACKWARD, "discriminator backward")                                                        \
    X(G_BACKWARD, "generator backward")                                                            \
    X(UPDATE, "optimizers")
typedef enum gan__step_stage {
#define GAN__STEP_STAGE_ENUM(name, text) GAN__STEP_##name,
    GAN__STEP_STAGES(GAN__STEP_STAGE_ENUM)
#undef GAN__STEP_STAGE_ENUM
        GAN__STEP_STAGE_COUNT
} gan__step_stage;

/* Seconds that steps have spent on each stage. */
typedef struct gan__step_profile {
    double seconds[GAN__STEP_STAGE_COUNT];
} gan__step_profile;

/* From now on add each step's times to `profile`, the caller's; NULL ends that. */
void gan__trainer_set_profile(gan_trainer *trainer, gan__step_profile *profile);

#endif
