/* player.h - a network in a custom training loop, with its pass and Adam.  A failure ends the
 * program. */
#ifndef PLAYER_H
#define PLAYER_H

#include "cli.h"

typedef struct player {
    gan_network *net;
    gan_pass *pass;
    gan_optimizer *adam;
    float *y; /* outputs of up to the pass's number of rows */
} player;

/* Create the pass and Adam for a network, for at most `rows` rows.  Adam's betas are 0.5 and
 * 0.999. */
player player_begin(gan_network *net, size_t rows, double lr);
void player_end(player *p);

/* Run a discriminator forward and backward over `n` rows.  `target` is 1 for real and 0 for
 * generated ones.  Return the mean cross-entropy of its outputs, logits.  `grad` receives the
 * gradient with respect to `x`, and may be `x`; NULL where it isn't needed. */
double player_judge(player *d, const float *x, size_t n, float target, gan_pass_gradients_kind kind,
                    float *grad);

/* Update the weights with Adam. */
void player_step(player *p);

#endif
