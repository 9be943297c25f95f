/* run.h - a trainer with data, as a host trains, stops and continues it; and its checkpoints. */
#ifndef RUN_H
#define RUN_H

#include "game.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdint.h>

/* An epoch of a run is 7 batches of 8, the last one of 2. */
enum { RUN_BATCH = 8, RUN_COUNT = 50, RUN_EPOCH = 7, RUN_OPTIMIZERS = 8 };

/* With this seed, trainer, optimizers and layers have every option. */
enum { RUN_EVERY_OPTION = 3 };

typedef struct run {
    game game;
    gan_dataset *data;
    gan_iterator *it;
} run;

/* All optimizers, each with its own state: adam, adamw, sgd, sgd with momentum, rmsprop with every
 * option, adam with amsgrad, adabelief, lion. */
extern const opt_maker run_optimizers[RUN_OPTIMIZERS];

/* Small networks with dropout on both sides; settings follow from seed, optimizer and threads. */
run run_begin(uint64_t seed, opt_maker make_opt, size_t n_threads);
void run_end(run *r);

/* Train n steps, over as many epochs as needed.  Return the number of epochs that ended. */
size_t run_steps(run *r, size_t n);

/* Start this test program again, with the environment variable `name` set, and wait for it; return
 * its exit status.  Only the TEST_OF_PROCESS() of that variable runs there. */
int run_again(const char *name, const char *value);

/* The same without waiting; return the process. */
int run_beside(const char *name, const char *value);

/* A run's components. */
typedef struct run_choice {
    const net_layer *g, *d;
    opt_maker make_opt;
    gan_trainer_desc trainer;
    gan_iterator_desc iterator;
    size_t count; /* of the samples */
    gan_shape shape;
} run_choice;

/* The defaults, and the run that a choice describes. */
run_choice usual_choice(void);
run run_of(const run_choice *c);

run plain_run(void);
run small_run(void); /* the smallest one whose file has an entry of every kind */

/* A directory of the test's own, and a checkpoint in it; run_folder_end() finds no other file there. */
extern const char *run_folder, *run_path;
void run_folder_begin(void);
void run_folder_end(void);

/* Return run_path with a suffix. */
const char *path_beside(const char *end);

gan_status save_run(run *r);
gan_status load_run(run *r);

/* A run's complete state, as the bytes of a checkpoint. */
typedef struct run_bytes {
    unsigned char at[40000];
    size_t n;
} run_bytes;

void read_bytes(run_bytes *out, const char *name);
void read_run(run_bytes *out, const run *r);
void expect_same_bytes(const run_bytes *a, const run_bytes *b);

/* The checkpoint `name` was saved after `wanted` steps. */
void expect_steps(const char *name, uint64_t wanted);

#endif
