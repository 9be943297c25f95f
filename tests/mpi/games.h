/* games.h - the networks and settings of runs on several processes. */
#ifndef MPI_GAMES_H
#define MPI_GAMES_H

#include <gan/gan.h>

typedef struct game {
    gan_network *g, *d;
    gan_shape sample;
    gan_trainer_desc desc;
    gan_penalty_desc penalty;
} game;

/* "linear", "dcgan" or "conditional"; settings point into `out`; 0 for other names.  The caller owns the networks. */
int game_make(game *out, const char *name);

/* One for each network. */
void game_optimizers(gan_optimizer **g, gan_optimizer **d, void (*must)(gan_status status));

#endif
