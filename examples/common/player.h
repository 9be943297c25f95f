/* player.h - a network that a program's own loop trains, with what that takes: a pass forward and
 * backward, and Adam.  A failure ends the program. */
#ifndef PLAYER_H
#define PLAYER_H

#include "cli.h"

typedef struct player {
    gan_network *net;
    gan_pass *pass;
    gan_optimizer *adam;
    float *y; /* outputs of as many rows as the pass takes */
} player;

/* Take a network, for passes over at most `rows` rows.  Adam's betas are 0.5 and 0.999. */
player player_begin(gan_network *net, size_t rows, double lr);
void player_end(player *p);

/* Run a discriminator over `n` rows and back.  `target` is what it should say, 1 for real and 0 for
 * generated ones.  Return the mean cross-entropy of its outputs, logits.  `grad` receives the
 * gradient with respect to `x`, and may be `x`; NULL where it isn't needed. */
double player_judge(player *d, const float *x, size_t n, float target, gan_pass_gradients_kind kind,
                    float *grad);

/* Let Adam take a step along the gradients. */
void player_step(player *p);

#endif
