/* watch.c - see watch.h. */
#include "watch.h"

#include "cli.h"

#include <stdlib.h>

enum { FEWEST_SEEN = 50 };

/* ---- beginning and end ---- */

/* Verdicts use the class names of looks. */
static int make_health(watch *w)
{
    gan_health_desc desc = {GAN_HEALTH_DESC_INIT};
    const evaluation *e = w->looks;
    const char **names = cli_memory(e ? e->n_counts : 0, sizeof *names);
    for (size_t i = 0; e && i < e->n_counts; i++) names[i] = e->counts[i].name;
    if (e && e->classes) {
        desc.class_names = names;
        desc.n_classes = e->n_counts;
    }
    int good = cli_ok(gan_health_create(&w->health, &desc));
    free(names);
    return good;
}

int watch_begin(watch *w, gan_trainer *trainer, evaluation *looks)
{
    size_t kept;
    *w = (watch){.trainer = trainer, .looks = looks};
    if (looks && looks->n < FEWEST_SEEN) {
        cli_say("--stop-early and --keep-best compare samples with at least %d images and as many "
                "held-out ones, there are %zu of each",
                FEWEST_SEEN, looks->n);
        return 0;
    }
    if (!make_health(w)) return 0;
    const void *state = gan_trainer_extra_state(trainer, &kept);
    if (looks) w->state = cli_memory(gan_health_state_size(w->health), 1);
    /* A state of another release is ignored: monitoring begins afresh. */
    return !state || gan_health_load(w->health, state, kept) != GAN_ERR_INVALID;
}

void watch_end(watch *w)
{
    free(w->state);
    gan_health_destroy(w->health);
    *w = (watch){0};
}

/* ---- watching ---- */

void watch_first_batch(watch *w, const gan_batch *batch, size_t n_images)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    if (w->began) return;
    w->began = 1;
    if (gan_trainer_stats(w->trainer, &stats) != GAN_OK || stats.d_steps > 0) return;
    if (gan_health_preflight(w->health, w->trainer, batch, n_images) != GAN_OK)
        cli_say("%s", gan_last_error());
    for (size_t i = 0; i < gan_health_finding_count(w->health); i++) {
        gan_finding finding = {GAN_FINDING_INIT};
        if (gan_health_finding(w->health, i, &finding) == GAN_OK)
            cli_say("warning: %s; %s", finding.sentence, finding.advice);
    }
}

void watch_step(watch *w, gan_status status, const gan_train_stats *stats)
{
    if (gan_health_step(w->health, status, stats) != GAN_OK) cli_say("%s", gan_last_error());
}

int watch_look(watch *w)
{
    evaluation *e = w->looks;
    if (!e || !e->known) return 1;
    if (!evaluation_ask(e, w->trainer)) return 0;
    gan_look look = {GAN_LOOK_INIT, .comparison = &e->latest};
    look.d_trained = e->outputs[0];
    look.d_held_out = e->outputs[1];
    look.d_generated = e->outputs[2];
    look.n_d_trained = look.n_d_held_out = look.n_d_generated = e->n_asked;
    if (e->classes) look.modes = evaluation_classes(e, &look.n_modes);
    return cli_ok(gan_health_look(w->health, &look));
}

int watch_keep(watch *w)
{
    return !w->state || (cli_ok(gan_health_save(w->health, w->state)) &&
                         cli_ok(gan_trainer_set_extra_state(w->trainer, w->state,
                                                            gan_health_state_size(w->health))));
}

static gan_finding find_verdict(const watch *w)
{
    gan_finding finding = {GAN_FINDING_INIT};
    if (gan_health_verdict(w->health, &finding) != GAN_OK) cli_say("%s", gan_last_error());
    return finding;
}

int watch_note(const watch *w, gan_log *log)
{
    gan_finding finding = find_verdict(w);
    return cli_ok(gan_log_note(log, "verdict", gan_verdict_name(finding.verdict))) &&
           cli_ok(gan_log_note(log, "verdict.text", finding.sentence)) &&
           cli_ok(gan_log_note(log, "advice", finding.advice));
}

const char *watch_verdict(const watch *w)
{
    gan_finding finding = find_verdict(w);
    return finding.verdict == GAN_VERDICT_HEALTHY ? NULL : gan_verdict_name(finding.verdict);
}

void watch_say(const watch *w, gan_verdict *said)
{
    gan_finding finding = find_verdict(w);
    if (finding.verdict == *said) return;
    *said = finding.verdict;
    if (finding.verdict == GAN_VERDICT_HEALTHY)
        cli_print("recovered: %s", finding.sentence);
    else
        cli_print("%s: %s; what may help: %s", gan_verdict_name(finding.verdict), finding.sentence,
                  finding.advice);
}
