/* supervised.c - see supervised.h. */
#include "supervised.h"

#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEST_BATCH = 500 };

typedef struct training {
    const supervised_parts *parts;
    const supervised_options *opt;
    gan_iterator *train, *test;
    gan_optimizer *adam;
    gan_classifier *classifier;
    size_t steps, total;         /* done, and in total */
    gan_classifier_stats tested; /* on the test images, after the latest epoch */
    size_t *confusion;           /* likewise: in row y, the predictions for class y */
    progress line;
} training;

static int begin(training *t, const supervised_parts *parts)
{
    const supervised_options *o = parts->opt;
    gan_iterator_desc train = {GAN_ITERATOR_DESC_INIT, .batch_size = (size_t)o->batch, .shuffle = 1,
                               .horizontal_flip = parts->flip};
    train.seed = (uint64_t)o->seed;
    gan_iterator_desc test = {GAN_ITERATOR_DESC_INIT, .batch_size = TEST_BATCH};
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.lr = o->lr;
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = (size_t)o->batch,
                                .seed = (uint64_t)o->seed, .n_threads = (size_t)o->threads};
    *t = (training){.parts = parts, .opt = o, .tested = {GAN_CLASSIFIER_STATS_INIT}};
    t->confusion = cli_memory(parts->n_classes * parts->n_classes, sizeof *t->confusion);
    if (!cli_ok(gan_iterator_create(&t->train, parts->train, &train)) ||
        !cli_ok(gan_iterator_create(&t->test, parts->test, &test)) ||
        !cli_ok(gan_optimizer_create_adam(&t->adam, &adam)) ||
        !cli_ok(gan_classifier_create(&t->classifier, parts->net, t->adam, &desc)))
        return 0;
    t->total = (size_t)o->epochs * gan_iterator_batch_count(t->train);
    progress_begin(&t->line);
    return 1;
}

static void end(training *t)
{
    free(t->confusion);
    gan_classifier_destroy(t->classifier);
    gan_optimizer_destroy(t->adam);
    gan_iterator_destroy(t->test);
    gan_iterator_destroy(t->train);
}

static void show_progress(training *t, size_t epoch, const gan_classifier_stats *stats)
{
    char head[64], tail[64];
    if (t->opt->quiet) return;
    snprintf(head, sizeof head, "epoch %zu/%ld", epoch, t->opt->epochs);
    snprintf(tail, sizeof tail, "loss %.3f", stats->loss);
    progress_draw(&t->line, head, (double)t->steps / (double)t->total, tail);
}

/* Train one epoch; `mean` receives its statistics. */
static int train_epoch(training *t, size_t epoch, gan_classifier_stats *mean)
{
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};
    const gan_batch *batch;
    gan_status status;
    while ((status = gan_iterator_next(t->train, &batch)) == GAN_OK) {
        double left = 1 - (double)t->steps++ / (double)t->total;
        if (!cli_ok(gan_optimizer_set_lr(t->adam, t->opt->lr * left)) ||
            !cli_ok(gan_classifier_step(t->classifier, batch, &stats)))
            return 0;
        mean->loss += stats.loss * (double)stats.count;
        mean->accuracy += stats.accuracy * (double)stats.count;
        mean->count += stats.count;
        show_progress(t, epoch, &stats);
    }
    mean->loss /= (double)mean->count;
    mean->accuracy /= (double)mean->count;
    return cli_ok(status);
}

static int train(training *t)
{
    for (size_t epoch = 1; epoch <= (size_t)t->opt->epochs; epoch++) {
        gan_classifier_stats learned = {GAN_CLASSIFIER_STATS_INIT};
        double began = progress_seconds();
        if (!train_epoch(t, epoch, &learned) ||
            !cli_ok(gan_classifier_evaluate(t->classifier, t->test, &t->tested, t->confusion)))
            return 0;
        progress_clear(&t->line);
        if (t->opt->quiet) continue;
        printf("epoch %zu/%ld  training loss %.4f, %.2f %% right  test loss %.4f, %.2f %% right  "
               "%.1f s\n",
               epoch, t->opt->epochs, learned.loss, 100 * learned.accuracy, t->tested.loss,
               100 * t->tested.accuracy, progress_seconds() - began);
        fflush(stdout);
    }
    return 1;
}

/* Print for each class its accuracy, and the most frequent wrong prediction. */
static void print_classes(const training *t)
{
    size_t n = t->parts->n_classes;
    const char *const *names = t->parts->class_names;
    for (size_t y = 0; y < n; y++) {
        const size_t *row = t->confusion + y * n;
        size_t sum = 0, other = y == 0;
        for (size_t p = 0; p < n; p++) {
            sum += row[p];
            if (p != y && row[p] > row[other]) other = p;
        }
        if (sum == 0) continue;
        printf("  %-8s  %5.1f %% right", names[y], 100 * (double)row[y] / (double)sum);
        if (row[other] > 0)
            printf(", %4.1f %% classified as %s", 100 * (double)row[other] / (double)sum,
                   names[other]);
        putchar('\n');
    }
}

int supervised_train(const supervised_parts *parts, double *accuracy)
{
    training t;
    int good = begin(&t, parts) && train(&t);
    if (good && !t.opt->quiet) print_classes(&t);
    *accuracy = t.tested.accuracy;
    end(&t);
    return good;
}
