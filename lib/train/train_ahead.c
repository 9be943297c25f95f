/* train_ahead.c - the generator runs while the discriminator's gradients are on their way.
 *
 *     gan_train_step     discriminator's half                      generator's half
 *
 *     without            ... backward | sum over ranks | update |  input, generator, discriminator ...
 *     with               ... backward | input, generator, update | discriminator ...
 *                                     | sum over ranks  |
 *
 * What the generator makes doesn't depend on the discriminator's weights, so that it is the same
 * either way; between the tasks of its run the sum goes on (gan__pass_meanwhile()).  A rank whose
 * shards run one after the other does so for the first of them, as its memory has room for one. */
#include "train/train_half_internal.h"

#include <math.h>

/* Whether all that the generator's half begins with is known before the discriminator's update. */
static int is_known(const gan__half_step *d)
{
    const gan_trainer *t = d->trainer;

    return isfinite(d->loss) && /* else the passes are searched for the reason */
           !t->desc.on_gradients && !gan__half_fakes_apart(t);
}

/* As work_parts() does up to the first shard of this rank. */
static void go_to_first(gan__half_step *g)
{
    gan_trainer *t = g->trainer;
    const size_t first = t->shards->first, at_once = gan__shards_at_once(t->shards, g->count);

    for (size_t i = 0; i < first; i += at_once) gan__pass_advance(t->generator.pass);
    gan__half_set_rows(g, first, at_once);
}

void gan__half_generate_ahead(gan__half_step *d)
{
    gan_trainer *t = d->trainer;
    gan__pass *pass = t->generator.pass;
    gan__half_step *g = d->next;
    const uint64_t noise = t->noise_position, class = t->class_position;
    const uint64_t position = *gan__pass_position(pass);

    if (!g || !gan__communicator_sum_in_progress(&d->player->joining) || !is_known(d)) return;
    gan__half_advance_generated(d);
    go_to_first(g);
    gan__pass_hold(pass, 1);
    gan__pass_meanwhile(pass, gan__communicator_sum_proceed, &d->player->joining);
    gan__half_generate(g);
    gan__pass_meanwhile(pass, NULL, NULL);
    t->noise_position = noise;
    t->class_position = class;
    *gan__pass_position(pass) = position;
    gan__half_start_clock(d);
}
