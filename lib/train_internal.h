/* train_internal.h - a look inside a step, for the benchmark, and inside a run, for checkpoints. */
#ifndef GAN_TRAIN_INTERNAL_H
#define GAN_TRAIN_INTERNAL_H

#include "state_internal.h"

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

/* Add settings and counters of a run.  Its networks and optimizers have their own. */
void gan__trainer_state(gan_trainer *trainer, gan__state *s);

/* One of the two players, 0 the generator and 1 the discriminator. */
typedef struct gan__trainer_player {
    const char *name;
    gan_network *net;
    gan_optimizer *opt;
} gan__trainer_player;
gan__trainer_player gan__trainer_player_of(const gan_trainer *trainer, size_t which);

const gan_allocator *gan__trainer_allocator(const gan_trainer *trainer);

#endif
