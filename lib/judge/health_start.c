/* health_start.c - a run before its first step, as numbers. */
#include "base/status_internal.h"
#include "judge/health_internal.h"

#include <math.h>
#include <string.h>

/* Ranges of layers' outputs; a kind that is not here is unbounded. */
static const struct {
    const char *kind;
    double low, high;
} reaches[] = {
    {"tanh", -1, 1},
    {"sigmoid", 0, 1},
    {"relu", 0, (double)INFINITY},
    {"softplus", 0, (double)INFINITY},
};

/* The bounds of a generator's last layer, skipping layers that only reshape. */
static void find_reach(gan__health_start *s, const gan_network *g)
{
    size_t i = gan_network_layer_count(g);

    s->reach_low = -(double)INFINITY;
    s->reach_high = (double)INFINITY;
    while (i > 0 && (strcmp(gan_network_layer_kind(g, i - 1), "reshape") == 0 ||
                     strcmp(gan_network_layer_kind(g, i - 1), "flatten") == 0))
        i--;
    for (size_t k = 0; i > 0 && k < sizeof reaches / sizeof *reaches; k++)
        if (strcmp(gan_network_layer_kind(g, i - 1), reaches[k].kind) == 0) {
            s->reach_low = reaches[k].low;
            s->reach_high = reaches[k].high;
        }
}

/* A bound counts as reachable, up to rounding. */
static int beyond_reach(const gan__health_start *s, double x)
{
    return x < s->reach_low - 1e-6 || x > s->reach_high + 1e-6;
}

static void measure(gan__health_start *s, const float *x, size_t n)
{
    size_t beyond = 0;

    s->least = s->most = (double)x[0];
    for (size_t i = 0; i < n; i++) {
        s->least = fmin(s->least, (double)x[i]);
        s->most = fmax(s->most, (double)x[i]);
        beyond += beyond_reach(s, (double)x[i]);
    }
    s->beyond = (double)beyond / (double)n;
}

/* The largest rate of any of a network's weights: 0 when all are frozen. */
static double rate_of(gan_network *net, const gan_optimizer *opt)
{
    double most = 0;
    gan_tensor t;

    for (size_t i = 0; i < gan_network_tensor_count(net); i++)
        if (gan_network_tensor(&t, net, i) == GAN_OK && t.trainable)
            most = fmax(most, gan_network_rate(net, i));
    return most * gan_optimizer_lr(opt);
}

gan_status gan__health_find_start(gan__health_start *s, const gan_trainer *trainer,
                                  const gan_batch *batch, uint64_t n_samples)
{
    if (!trainer || !batch || !batch->samples)
        return gan__fail(GAN_ERR_INVALID, "health: %s is NULL",
                         !trainer ? "trainer"
                         : !batch ? "batch"
                                  : "batch->samples");
    if (batch->count == 0)
        return gan__fail(GAN_ERR_INVALID, "health: 1 or more samples in the batch expected, got 0");

    gan_status status = GAN_OK;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_network *g = gan_trainer_generator(trainer), *d = gan_trainer_discriminator(trainer);

    GAN_TRY(gan_trainer_stats(trainer, &stats));
    s->augment_probability = stats.augment_probability;
    s->g_rate = rate_of(g, gan_trainer_generator_optimizer(trainer));
    s->d_rate = rate_of(d, gan_trainer_discriminator_optimizer(trainer));
    s->n_samples = (double)n_samples;
    s->n_steps = ceil(s->n_samples / (double)batch->count);
    find_reach(s, g);
    measure(s, batch->samples, batch->count * gan_shape_size(gan_network_input_shape(d)));

cleanup:
    return status;
}
