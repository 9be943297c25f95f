/* train_internal.h - the inside of a trainer: for its own files, the benchmark and checkpoints. */
#ifndef GAN_TRAIN_INTERNAL_H
#define GAN_TRAIN_INTERNAL_H

#include "base/busy_internal.h"
#include "data/augment_internal.h"
#include "file/state_internal.h"
#include "network/learner_internal.h"
#include "optim/loss_internal.h"
#include "optim/schedule_internal.h"
#include "train/penalty_internal.h"
#include "train/regularizer_internal.h"
#include "train/train_local_internal.h"
#include "train/train_shards_internal.h"
#include "train/train_top_internal.h"

#include <gan/train.h>
#include <stddef.h>

/* What a step's time is spent on, in the order of a half step. */
#define GAN__STEP_STAGES(X)                                                                        \
    X(INPUT, "noise and real samples")                                                             \
    X(G_FORWARD, "generator forward")                                                              \
    X(D_FORWARD, "discriminator forward")                                                          \
    X(LOSS, "loss")                                                                                \
    X(D_BACKWARD, "discriminator backward")                                                        \
    X(PENALTY, "gradient penalty")                                                                 \
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

enum { GAN__PENALTIES = 2 };

struct gan_trainer {
    gan_allocator allocator;
    gan__busy busy;
    gan_trainer_desc desc;   /* zeros replaced by the defaults that they stand for */
    gan_objective objective; /* the objective: one of gan_loss, or the host's */
    char objective_name[64]; /* of the host's; empty: it is desc.loss */
    gan_pool *own_pool;
    gan_pool *pool;
    gan__learner generator; /* the two players */
    gan__learner discriminator;
    gan_network *average;  /* of the generator's weights; NULL: there is none */
    int estimated;         /* its buffers were estimated since the generator's latest step */
    float *rooms;          /* memory that all passes share, one at a time */
    gan__pass *eval;       /* of it or else of the generator */
    size_t latent;         /* numbers in a latent vector */
    size_t sample;         /* numbers in a sample */
    size_t n_classes;      /* of the labels; 0: labels are not used */
    double *targets;       /* of the rows of a step */
    uint16_t *labels;      /* of these, for both networks and the auxiliary classifier */
    uint8_t *byte_labels;  /* the same for a host's objective, where all have room; else NULL */
    double *class_weights; /* NULL: labels are drawn with the same probability */
    gan__penalty *penalties[GAN__PENALTIES]; /* NULL: none */
    gan__augment augment;
    gan__lecam lecam;
    gan__consistency consistency;
    gan__top *top; /* NULL: the generator learns from all samples */
    gan_communicator ranks; /* all ranks of the run; without others, one of one */
    gan_communicator step_ranks; /* those that it exchanges gradients with in each step: these, or
                                    none */
    gan__local *local;           /* NULL: these */
    gan__shards *shards;    /* NULL: batches are cut into micro-batches, if at all */
    struct {
        gan_schedule_desc instance_noise, augment, top_k, average;
    } schedules; /* of settings, by the steps of the network that they concern */
    uint64_t noise_position;
    uint64_t flip_position;
    uint64_t instance_position;
    uint64_t class_position;
    uint64_t n_real; /* real samples of the latest discriminator's step, for relative losses */
    gan_train_stats stats;
    gan__bytes extra;           /* the host's */
    gan__step_profile *profile; /* NULL: no profile */
};

/* Bytes of the first release's descriptors: for hosts built with those, later fields have their
 * defaults. */
enum {
    GAN__TRAINER_DESC_FIRST = offsetof(gan_trainer_desc, objective),
    GAN__OBJECTIVE_FIRST = offsetof(gan_objective, boundary)
};

/* Read a host's descriptor, or the defaults for NULL, into a trainer of zeros. */
gan_status gan__trainer_read_desc(gan_trainer *trainer, const gan_trainer_desc *desc);

/* The number of micro-batches, or shards, of almost equal size that a step cuts n samples into;
 * fail with GAN_ERR_SHAPE, naming the layer, when the smallest is too small for a layer. */
size_t gan__trainer_parts(const gan_trainer *trainer, size_t n);
gan_status gan__trainer_check_rows(const gan_trainer *trainer, size_t n);

/* Write n numbers of latent vectors, values `position` and following of a stream. */
void gan__trainer_draw(const gan_trainer *trainer, uint64_t stream, uint64_t position, size_t n,
                       float *z);

/* Create the average and what sampling needs; update the average after a complete generator step on
 * n samples; compute its buffers, as far as gan__pool_enter() allows; add it to a checkpoint's
 * list. */
gan_status gan__trainer_make_sampler(gan_trainer *trainer);
void gan__trainer_follow(gan_trainer *trainer, size_t n);
gan_status gan__trainer_estimate(gan_trainer *trainer);
void gan__trainer_average_state(const gan_trainer *trainer, gan__state *s);

/* The name of the host's bytes in a checkpoint. */
#define GAN__TRAINER_EXTRA "extra_state"

/* Set the probability of augmentation to that of the next discriminator step. */
void gan__trainer_follow_schedule(gan_trainer *trainer);

/* To be called after a run was loaded from a file. */
void gan__trainer_restored(gan_trainer *trainer);

/* Set the average, where one is kept, to the generator's weights. */
void gan__trainer_begin_average(gan_trainer *trainer);

/* Add the settings to a checkpoint's list, but those at their defaults. */
void gan__trainer_settings_state(const gan_trainer *trainer, gan__state *s);

/* From now on add each step's times to `profile`, the caller's; NULL ends that. */
void gan__trainer_set_profile(gan_trainer *trainer, gan__step_profile *profile);

/* A call that changes the run begins, named by `who`, or is GAN_ERR_BUSY, because another one uses
 * the trainer or gan_network_forward() one of its networks; and it ends. */
gan_status gan__trainer_enter(gan_trainer *trainer, const char *who);
void gan__trainer_leave(gan_trainer *trainer);

/* Add settings and counters of a run.  Its networks and optimizers have their own. */
void gan__trainer_state(gan_trainer *trainer, gan__state *s);

/* One of the two networks with its optimizer: 0 the generator, 1 the discriminator. */
typedef struct gan__trainer_player {
    const char *name;
    gan_network *net;
    gan_optimizer *opt;
} gan__trainer_player;
gan__trainer_player gan__trainer_player_of(const gan_trainer *trainer, size_t which);

const gan_allocator *gan__trainer_allocator(const gan_trainer *trainer);

#endif
