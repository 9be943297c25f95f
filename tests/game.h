/* game.h - two small networks, their optimizers and a trainer, ready to train. */
#ifndef GAME_H
#define GAME_H

#include "gradcheck.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdint.h>

/* The entries of a net_layer list. */
#define LINEAR(in, out)                                                                            \
    {                                                                                              \
        NET_LINEAR, in, out, 0                                                                     \
    }
#define SPECTRAL(in, out)                                                                          \
    {                                                                                              \
        NET_LINEAR, in, out, 1                                                                     \
    }
#define LEAKY                                                                                      \
    {                                                                                              \
        NET_LEAKY_RELU, 0, 0, 0.2f                                                                 \
    }
#define RELU                                                                                       \
    {                                                                                              \
        NET_RELU, 0, 0, 0                                                                          \
    }
#define TANH                                                                                       \
    {                                                                                              \
        NET_TANH, 0, 0, 0                                                                          \
    }
#define SIGMOID                                                                                    \
    {                                                                                              \
        NET_SIGMOID, 0, 0, 0                                                                       \
    }
#define DROPOUT(p)                                                                                 \
    {                                                                                              \
        NET_DROPOUT, 0, 0, p                                                                       \
    }
#define FLATTEN                                                                                    \
    {                                                                                              \
        NET_FLATTEN, 0, 0, 0                                                                       \
    }
#define EMBEDDING(classes, width)                                                                  \
    {                                                                                              \
        NET_EMBEDDING, classes, width, 0                                                           \
    }
#define END                                                                                        \
    {                                                                                              \
        NET_END, 0, 0, 0                                                                           \
    }

typedef struct game {
    const net_layer *g_layers, *d_layers;
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
    size_t latent, sample; /* sizes of a latent vector and of a sample */
} game;

typedef gan_optimizer *(*opt_maker)(void);

/* Define an opt_maker: the rule, and its settings other than the defaults, as d.lr = 0.5. */
#define OPTIMIZER(name, rule, ...)                                                                 \
    gan_optimizer *name(void)                                                                      \
    {                                                                                              \
        DEFAULTS_OF_##rule;                                                                        \
        gan_optimizer *opt;                                                                        \
                                                                                                   \
        (__VA_ARGS__);                                                                             \
        expect_ok(gan_optimizer_create_##rule(&opt, &d));                                          \
        return opt;                                                                                \
    }                                                                                              \
    gan_optimizer *name(void)
#define DEFAULTS_OF_adam gan_adam_desc d = {GAN_ADAM_DESC_INIT}
#define DEFAULTS_OF_adamw gan_adam_desc d = {GAN_ADAMW_DESC_INIT}
#define DEFAULTS_OF_adabelief gan_adabelief_desc d = {GAN_ADABELIEF_DESC_INIT}
#define DEFAULTS_OF_lion gan_lion_desc d = {GAN_LION_DESC_INIT}
#define DEFAULTS_OF_sgd gan_sgd_desc d = {GAN_SGD_DESC_INIT}
#define DEFAULTS_OF_rmsprop gan_rmsprop_desc d = {GAN_RMSPROP_DESC_INIT}

/* Adam with lr 0.002. */
gan_optimizer *adam(void);

/* Plain SGD with this learning rate: a weight's update is 64 times its gradient, which keeps more
 * digits of it than the gradient alone would. */
enum { GRADIENT_SCALE = 64 };
gan_optimizer *gradient_taker(void);

/* The gradient, from the update by such an optimizer of the weights `before`; to be freed. */
float *gradient_of(const float *before, gan_network *net);

/* Make a game, the networks from fixed seeds, and both optimizers with the same function. */
game game_begin(const net_layer *g, const net_layer *d, opt_maker make_opt,
                const gan_trainer_desc *desc);
void game_end(game *x);

/* Latent dimension 3, samples of 6, dropout in both networks, batches up to 20, two threads. */
extern const net_layer small_g[], small_d[];
extern const gan_trainer_desc small_desc;
game small_game(void);

/* The same with one hidden layer and no dropout. */
extern const net_layer plain_g[], plain_d[];
extern const gan_trainer_desc plain_desc;
game plain_game(const gan_trainer_desc *desc);

/* Networks and numbers of steps are the same. */
void expect_same_game(const game *a, const game *b);

/* `n` samples as a batch of the game's discriminator. */
gan_batch batch_of(const game *x, const float *samples, size_t n);

/* Return n standard normal numbers, to be freed; `which` is the seed. */
float *normals(size_t n, uint64_t which);

/* One full step with n samples, seeded by `which`. */
void play(const game *x, size_t n, uint64_t which);

#endif
