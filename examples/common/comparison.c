/* comparison.c - see comparison.h. */
#include "comparison.h"

#include "files.h"
#include "plot.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_THREADS = 64, SHOWN = 1000, COLUMNS = 5 };

typedef struct work {
    const comparison *what;
    comparison_run *runs; /* by mixture, then method, then seed */
    size_t n_runs;
    pthread_mutex_t lock; /* of the following, and of printing */
    size_t begun, rows;   /* runs begun, rows printed */
    int failed;
} work;

/* ---- The table ---- */

static void print_head(const comparison *c, const mixture *m)
{
    printf("%s| %-13s |", m == mixtures ? "" : "\n", m->name);
    for (size_t s = 1; s <= c->seeds; s++) printf(" seed %-5zu |", s);
    printf(" good, mean |\n|---------------|");
    for (size_t s = 1; s <= c->seeds; s++) printf("------------|");
    printf("------------|\n");
}

static void print_row(const comparison *c, const comparison_run *row)
{
    double sum = 0;
    printf("| %-13s |", c->names[row->way]);
    for (size_t s = 0; s < c->seeds; s++) {
        printf(" %2d, %4.1f %% |", row[s].score.covered, 100 * row[s].score.good);
        sum += row[s].score.good;
    }
    printf("     %4.1f %% |\n", 100 * sum / (double)c->seeds);
}

/* Print the next rows whose runs are done. */
static void print_rows(work *w)
{
    const comparison *c = w->what;
    for (; w->rows * c->seeds < w->n_runs; w->rows++) {
        const comparison_run *row = w->runs + w->rows * c->seeds;
        for (size_t s = 0; s < c->seeds; s++)
            if (!row[s].done) return;
        if (w->rows % c->n_ways == 0) print_head(c, row->mixture);
        print_row(c, row);
        fflush(stdout);
    }
}

/* ---- The runs ---- */

/* A thread: do one run after the other until all have been started. */
static void *do_some(void *arg)
{
    work *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->failed && w->begun < w->n_runs) {
        comparison_run *r = w->runs + w->begun++;
        pthread_mutex_unlock(&w->lock);
        int good = w->what->train(w->what->context, r);
        if (good) r->score = mixture_count(r->mixture, r->samples, COMPARISON_SAMPLES);
        pthread_mutex_lock(&w->lock);
        r->done = good;
        w->failed |= !good;
        print_rows(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Return how many runs are done at once: the option's meaning is that of gan_pool_create(). */
static size_t count_threads(size_t option)
{
    gan_pool *pool;
    if (!cli_ok(gan_pool_create(&pool, option, NULL))) return 1;
    size_t n = gan_pool_thread_count(pool);
    gan_pool_destroy(pool);
    return n;
}

static int do_all(work *w)
{
    pthread_t threads[MOST_THREADS];
    size_t wanted = count_threads(w->what->n_threads), n = 0;
    while (n + 1 < wanted && n < MOST_THREADS && pthread_create(&threads[n], NULL, do_some, w) == 0)
        n++;
    do_some(w);
    while (n > 0) pthread_join(threads[--n], NULL);
    return !w->failed;
}

/* ---- The pictures ---- */

static int name_picture(char path[PATH_MAX], const comparison *c, const mixture *m)
{
    char name[16];
    snprintf(name, sizeof name, "%s.png", m->name);
    return files_join(path, PATH_MAX, c->out, name);
}

/* Check before the work that they can be written. */
static int check_pictures(const comparison *c)
{
    char path[PATH_MAX];
    if (!files_make_directory(c->out)) return 0;
    for (size_t m = 0; m < MIXTURES; m++)
        if (!name_picture(path, c, &mixtures[m]) || !files_may_write(path, c->overwrite)) return 0;
    return 1;
}

/* Draw what the first seed of each way has learnt, over real points. */
static int draw_picture(const work *w, size_t m)
{
    const comparison *c = w->what;
    float real[2 * SHOWN];
    char path[PATH_MAX];
    gan_rng *rng;
    if (!name_picture(path, c, &mixtures[m]) || !cli_ok(gan_rng_create(&rng, 0, 0, NULL))) return 0;
    mixture_draw(&mixtures[m], rng, SHOWN, real);
    gan_rng_destroy(rng);
    plot_square *squares = cli_memory(c->n_ways, sizeof *squares);
    for (size_t i = 0; i < c->n_ways; i++) {
        const comparison_run *r = w->runs + (m * c->n_ways + i) * c->seeds;
        squares[i] =
            (plot_square){.title = c->names[i],
                          .sets = {{real, SHOWN, PLOT_BLUE}, {r->samples, SHOWN, PLOT_ORANGE}},
                          .extent = mixtures[m].extent};
    }
    int good =
        cli_ok(plot_scatter(path, squares, c->n_ways, c->n_ways < COLUMNS ? c->n_ways : COLUMNS));
    free(squares);
    return good;
}

/* ---- The whole ---- */

int comparison_do(const comparison *what)
{
    work w = {.what = what, .lock = PTHREAD_MUTEX_INITIALIZER};
    w.n_runs = MIXTURES * what->n_ways * what->seeds;
    w.runs = cli_memory(w.n_runs, sizeof *w.runs);
    for (size_t i = 0; i < w.n_runs; i++) {
        w.runs[i].mixture = &mixtures[i / what->seeds / what->n_ways];
        w.runs[i].way = i / what->seeds % what->n_ways;
        w.runs[i].seed = i % what->seeds + 1;
    }
    int good = check_pictures(what) && do_all(&w);
    for (size_t m = 0; good && m < MIXTURES; m++) good = draw_picture(&w, m);
    free(w.runs);
    return good;
}
