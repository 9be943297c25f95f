/* train_profile.c - what a step's time is spent on. */
#include "train/train_half_internal.h"

#include <time.h>

void gan__trainer_set_profile(gan_trainer *trainer, gan__step_profile *profile)
{
    trainer->profile = profile;
}

void gan__half_start_clock(gan__half_step *half)
{
    struct timespec now = {0, 0};

    if (half->trainer->profile) clock_gettime(CLOCK_MONOTONIC, &now);
    half->clock = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void gan__half_book(gan__half_step *half, gan__step_stage stage)
{
    const double since = half->clock;

    gan__half_start_clock(half);
    if (half->trainer->profile) half->trainer->profile->seconds[stage] += half->clock - since;
}
