/* dryrun.c - see dryrun.h. */
#include "dryrun.h"

#include "cli.h"
#include "progress.h"

#include <stdio.h>

/* Take a step, and begin the next epoch where one ends. */
static int try_step(gan_trainer *trainer, gan_iterator *iterator)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    const gan_batch *batch;
    gan_status status = gan_iterator_next(iterator, &batch);
    if (status == GAN_END) status = gan_iterator_next(iterator, &batch);
    return cli_ok(status) && cli_ok(gan_train_step(trainer, batch, &stats));
}

int dryrun_time(gan_trainer *trainer, gan_iterator *iterator, size_t memory, long epochs)
{
    enum { COLD = 3, LEAST = 5 };
    const double seconds = 1;
    char epoch[32], whole[32];
    double began = 0, passed = 0;
    size_t n = 0;
    /* The first steps are slower, with cold caches. */
    for (size_t i = 0; i < COLD; i++)
        if (!try_step(trainer, iterator)) return 0;
    for (began = progress_seconds(); n < LEAST || passed < seconds; n++) {
        if (!try_step(trainer, iterator)) return 0;
        passed = progress_seconds() - began;
    }
    double steps = (double)gan_iterator_batch_count(iterator), each = passed / (double)n;
    progress_format_time(epoch, sizeof epoch, each * steps);
    progress_format_time(whole, sizeof whole, each * steps * (double)epochs);
    printf("\nMemory: %.0f MB for the training step, weights included\n", (double)memory / 1e6);
    printf("Time: %.1f ms a step (mean of %zu), about %s an epoch of %.0f steps, %s for %ld "
           "epoch%s\n",
           1000 * each, n, epoch, steps, whole, epochs, cli_plural((size_t)epochs));
    puts("Nothing was written");
    return 1;
}
