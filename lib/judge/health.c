/* health.c - the health monitor: finds what goes wrong in a run. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "judge/health_internal.h"

#include <math.h>
#include <string.h>

/* Bytes of the first release's records. */
enum {
    FIRST_DESC = offsetof(gan_health_desc, overfit_z),
    FIRST_LOOK = offsetof(gan_look, d_trained)
};

GAN__DEFINE_INIT(gan_health_desc_init, gan_health_desc, GAN_HEALTH_DESC_INIT)
GAN__DEFINE_INIT(gan_finding_init, gan_finding, GAN_FINDING_INIT)
GAN__DEFINE_INIT(gan_look_init, gan_look, GAN_LOOK_INIT)

const char *gan_verdict_name(gan_verdict verdict)
{
    switch ((int)verdict) {
#define NAME(name)                                                                                 \
    case GAN_VERDICT_##name: return #name;
        NAME(HEALTHY)
        NAME(DIVERGED)
        NAME(D_DEAD)
        NAME(D_WINS)
        NAME(D_OVERFIT)
        NAME(COLLAPSED)
        NAME(MEMORISED)
        NAME(MODES_MISSING)
        NAME(LABELS_IGNORED)
        NAME(NOISY)
        NAME(BLURRED)
        NAME(NO_PROGRESS)
        NAME(RATE_ZERO)
        NAME(GENERATOR_RANGE)
        NAME(DATA_RANGE)
        NAME(FEW_SAMPLES)
        NAME(SHORT_EPOCH)
        NAME(RATES_APART)
#undef NAME
    }
    return "unknown verdict";
}

/* ---- settings ---- */

/* A setting that is a number, with the default that 0 stands for, its minimum and its maximum. */
typedef struct setting {
    const char *name;
    size_t offset;
    double value, least, most;
} setting;
#define REAL(name, value, least, most)                                                             \
    {                                                                                              \
#name, offsetof(gan_health_desc, name), value, least, most                                 \
    }
static const setting real_settings[] = {
    REAL(jump, 20, 0, 1e9),
    REAL(gradient_factor, 100, 0, 1e9),
    REAL(win_accuracy, 0.99, 0, 1),
    REAL(win_gradient, 0.1, 0, 1),
    REAL(win_coverage, 0.1, 0, 1),
    REAL(dead_margin, 0.02, 0, 0.5),
    REAL(dead_spread, 0.01, 0, 1e9),
    REAL(dead_share, 0.95, 0, 1),
    REAL(overfit_sign, 0.6, 0, 1),
    REAL(overfit_gap, 0.2, 0, 1),
    REAL(duplicate_factor, 10, 0, 1e9),
    REAL(duplicate_share, 0.9, 0, 1),
    REAL(collapse_recall, 0.1, 0, 1),
    REAL(missing_share, 0.15, 0, 1),
    REAL(missing_alpha, 0.001, 0, 0.5),
    REAL(copy_ratio, 0.5, 0, 1),
    REAL(copy_z, 5, 0, 1e9),
    REAL(noisy_precision, 0.5, 0, 1),
    REAL(noisy_density, 0.5, 0, 1),
    REAL(blurred_recall, 0.5, 0, 1),
    REAL(blurred_density, 1.5, 0, 1e9),
    REAL(label_share, 0.25, 0, 1),
    REAL(large_data, 10, 0, 1e30),
    REAL(narrow_data, 0.75, 0, 1),
    REAL(rates_apart, 10, 0, 1e9),
    REAL(overfit_z, 3, 0, 1e9),
    REAL(overfit_share, 0.4, 0, 1e9),
};

static gan_status read_real(gan_health_desc *d, const setting *s)
{
    double *value = (double *)((char *)d + s->offset);
    const gan_status status = gan__desc_check_range("health", s->name, *value, s->least, s->most);

    if (status == GAN_OK && !(*value > 0)) *value = s->value;
    return status;
}

static void use_default(size_t *count, size_t value)
{
    if (*count == 0) *count = value;
}

static gan_status read_desc(gan_health_desc *d, gan_allocator *a, const gan_health_desc *desc)
{
    gan_status status = GAN_OK;

    gan_health_desc_init(d, sizeof *d);
    GAN_TRY(gan__desc_read(d, sizeof *d, FIRST_DESC, desc, "health desc"));
    GAN_TRY(gan__alloc_init(a, d->allocator));
    use_default(&d->window, 256);
    use_default(&d->confirm_looks, 2);
    use_default(&d->win_looks, 3);
    use_default(&d->patience, 10);
    use_default(&d->few_samples, 1000);
    use_default(&d->short_epoch, 10);
    if (d->warmup == 0) d->warmup = 2000;
    if (d->window < GAN__HEALTH_EARLY || d->window > GAN_HEALTH_MAX_WINDOW)
        GAN_FAIL(GAN_ERR_INVALID, "health: a window of %d to %d steps expected, got %zu",
                 GAN__HEALTH_EARLY, GAN_HEALTH_MAX_WINDOW, d->window);
    for (size_t i = 0; i < sizeof real_settings / sizeof *real_settings; i++)
        GAN_TRY(read_real(d, &real_settings[i]));
    if (!d->class_names != !d->n_classes)
        GAN_FAIL(GAN_ERR_INVALID,
                 "health: class_names and n_classes expected together, got %zu "
                 "names%s",
                 d->n_classes, d->class_names ? "" : " in NULL");

cleanup:
    return status;
}

/* ---- making one ---- */

static gan_status copy_names(gan_health *h, const char *const *names)
{
    gan_status status = GAN_OK;

    if (!names) return GAN_OK;
    GAN_TRY(gan__alloc(&h->class_names, &h->allocator, h->desc.n_classes, sizeof *names));
    for (size_t i = 0; i < h->desc.n_classes; i++) {
        if (!names[i]) GAN_FAIL(GAN_ERR_INVALID, "health: class_names[%zu] is NULL", i);
        GAN_TRY(gan__alloc(&h->class_names[i], &h->allocator, strlen(names[i]) + 1, 1));
        memcpy(h->class_names[i], names[i], strlen(names[i]) + 1);
    }

cleanup:
    return status;
}

/* Nothing is known before the first look. */
static void forget_sight(gan__health_sight *sight)
{
    double *numbers = (double *)sight;

    for (size_t i = 0; i < sizeof *sight / sizeof *numbers; i++) numbers[i] = (double)NAN;
}

gan_status gan_health_create(gan_health **out, const gan_health_desc *desc)
{
    gan_status status = GAN_OK;
    gan_health *h = NULL;
    gan_health_desc settings;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "health: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&settings, &a, desc));
    GAN_TRY(gan__alloc(&h, &a, 1, sizeof *h));
    h->allocator = a;
    h->desc = settings;
    h->desc.class_names = NULL; /* the host's */
    h->desc.allocator = &h->allocator;
    h->state.window = settings.window;
    forget_sight(&h->state.sight);
    GAN_TRY(copy_names(h, settings.class_names));
    *out = h;
    h = NULL;

cleanup:
    gan_health_destroy(h);
    return status;
}

void gan_health_destroy(gan_health *h)
{
    if (!h) return;
    const gan_allocator a = h->allocator;

    for (size_t i = 0; h->class_names && i < h->desc.n_classes; i++)
        gan__free(&a, h->class_names[i]);
    gan__free(&a, h->class_names);
    gan__free(&a, h);
}

/* ---- asking rules ---- */

/* Store what a rule has found, and since when. */
static void keep(gan_health *h, gan__health_found *found, gan_finding_level level,
                 const double *evidence)
{
    if (level == GAN_FINDING_NONE) {
        found->level = GAN_FINDING_NONE;
        found->streak = 0;
        return;
    }
    if (found->level == GAN_FINDING_NONE) {
        found->step = h->state.d_steps;
        found->look = h->state.n_looks;
    }
    found->level = level;
    memcpy(found->evidence, evidence, sizeof found->evidence);
}

/* A finding of a rule about looks becomes a verdict when it lasts for several consecutive looks,
 * all of them after the beginning of the run. */
static gan_finding_level confirm(const gan_health *h, const gan__health_rule *rule,
                                 gan__health_found *found, gan_finding_level level)
{
    const size_t times = rule->may_pass && rule->may_pass(h) ? 2 : 1;

    found->streak = level == GAN_FINDING_VERDICT ? found->streak + 1 : 0;
    if (level != GAN_FINDING_VERDICT) return level;
    return found->streak >= times * h->desc.confirm_looks && h->state.d_steps >= h->desc.warmup
               ? GAN_FINDING_VERDICT
               : GAN_FINDING_NOTE;
}

static void ask_rules(gan_health *h, gan__health_moment moment, const gan__health_start *start)
{
    for (size_t i = 0; i < gan__health_rule_count; i++) {
        const gan__health_rule *rule = gan__health_rules[i];
        double evidence[GAN__HEALTH_EVIDENCE] = {0};

        if (rule->moment != moment) continue;
        gan_finding_level level = rule->judge(h, start, evidence);
        if (moment == GAN__HEALTH_AT_LOOKS) level = confirm(h, rule, &h->state.found[i], level);
        keep(h, &h->state.found[i], level, evidence);
    }
}

gan_status gan_health_preflight(gan_health *h, const gan_trainer *trainer, const gan_batch *batch,
                                uint64_t n_samples)
{
    gan__health_start start = {0};

    if (!h) return gan__fail(GAN_ERR_INVALID, "health: it is NULL");
    gan_status status = gan__health_find_start(&start, trainer, batch, n_samples);
    if (status == GAN_OK) ask_rules(h, GAN__HEALTH_AT_START, &start);
    return status;
}

gan_status gan_health_step(gan_health *h, gan_status status, const gan_train_stats *stats)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT};

    if (!h || !stats) return gan__fail(GAN_ERR_INVALID, "health: %s is NULL", h ? "stats" : "it");
    gan_status bad = gan__record_check(stats, "train stats");
    if (bad != GAN_OK) return bad;
    if (status == GAN_ERR_NONFINITE) {
        gan__health_diverge(h, GAN__DIVERGED_NONFINITE, 0, 0);
    } else if (status == GAN_OK) {
        memcpy(&s, stats, stats->struct_size < sizeof s ? stats->struct_size : sizeof s);
        if (!gan__health_take_step(h, &s)) return GAN_OK;
    } else {
        return GAN_OK;
    }
    ask_rules(h, GAN__HEALTH_AT_STEPS, NULL);
    return GAN_OK;
}

/* ---- looks ---- */

static gan_status check_look(gan_look *out, const gan_look *look)
{
    gan_status status = GAN_OK;

    gan_look_init(out, sizeof *out);
    GAN_TRY(gan__desc_read(out, sizeof *out, FIRST_LOOK, look, "look"));
    GAN_TRY(gan__record_check(out->comparison, "comparison"));
    if (!isfinite(out->score) || !isfinite(out->score_error))
        GAN_FAIL(GAN_ERR_NONFINITE, "health: a finite score and error expected, got %g and %g",
                 out->score, out->score_error);
    if (!out->modes != !out->n_modes)
        GAN_FAIL(GAN_ERR_INVALID, "health: modes and n_modes expected together, got %zu%s",
                 out->n_modes, out->modes ? "" : " in NULL");
    const int outputs = !!out->d_trained + !!out->d_held_out + !!out->d_generated;
    if ((outputs != 0 && outputs != 3) ||
        !out->d_trained != !(out->n_d_trained && out->n_d_held_out && out->n_d_generated))
        GAN_FAIL(GAN_ERR_INVALID,
                 "health: outputs for training, held-out and generated samples expected together, "
                 "got %zu, %zu and %zu%s",
                 out->n_d_trained, out->n_d_held_out, out->n_d_generated,
                 outputs == 3 ? "" : ", not each with an address");
    if (out->held_out_accepted > out->held_out)
        GAN_FAIL(GAN_ERR_INVALID, "health: %llu of %llu held-out samples can't be accepted",
                 (unsigned long long)out->held_out_accepted, (unsigned long long)out->held_out);
    if (!(out->chance >= 0 && out->chance <= 1))
        GAN_FAIL(GAN_ERR_INVALID, "health: a chance of 0 to 1 expected, got %g", out->chance);

cleanup:
    return status;
}

gan_status gan_health_look(gan_health *h, const gan_look *look)
{
    gan_look l;

    if (!h || !look) return gan__fail(GAN_ERR_INVALID, "health: %s is NULL", h ? "look" : "it");
    gan_status status = check_look(&l, look);
    if (status != GAN_OK) return status;
    gan__health_take_look(h, &l);
    ask_rules(h, GAN__HEALTH_AT_LOOKS, NULL);
    ask_rules(h, GAN__HEALTH_AT_STEPS, NULL); /* there rules about steps use looks, too */
    return GAN_OK;
}

/* ---- answers ---- */

static gan_finding_level level_of(const gan_health *h, size_t rule)
{
    return (gan_finding_level)h->state.found[rule].level;
}

/* Find the index-th rule that has found something: verdicts first, then notes. */
static int find_rule(const gan_health *h, size_t index, size_t *rule)
{
    for (int level = GAN_FINDING_VERDICT; level > GAN_FINDING_NONE; level--)
        for (size_t i = 0; i < gan__health_rule_count; i++)
            if (level_of(h, i) == (gan_finding_level)level && index-- == 0) {
                *rule = i;
                return 1;
            }
    return 0;
}

static void write_finding(const gan_health *h, size_t rule, gan_finding *finding)
{
    const gan__health_found *found = &h->state.found[rule];
    gan_finding f = {GAN_FINDING_INIT};

    f.verdict = gan__health_rules[rule]->verdict;
    f.level = (gan_finding_level)found->level;
    f.step = found->step;
    f.look = found->look;
    f.advice = gan__health_rules[rule]->advice;
    gan__health_sentence(h, gan__health_rules[rule]->sentence, found->evidence, f.sentence);
    gan__record_write(finding, &f, sizeof f);
}

static void write_healthy(const gan_health *h, gan_finding *finding)
{
    const double evidence[GAN__HEALTH_EVIDENCE] = {(double)h->state.n_steps,
                                                   (double)h->state.n_looks};
    gan_finding f = {GAN_FINDING_INIT};

    f.advice = "";
    f.step = h->state.d_steps;
    f.look = h->state.n_looks;
    gan__health_sentence(h, "nothing is wrong after $0 steps and $1 looks", evidence, f.sentence);
    gan__record_write(finding, &f, sizeof f);
}

static gan_status check_finding(const gan_health *h, const gan_finding *finding)
{
    if (!h || !finding)
        return gan__fail(GAN_ERR_INVALID, "health: %s is NULL", h ? "finding" : "it");
    return gan__record_check(finding, "finding");
}

gan_status gan_health_verdict(const gan_health *h, gan_finding *finding)
{
    size_t rule;
    gan_status status = check_finding(h, finding);

    if (status != GAN_OK) return status;
    if (find_rule(h, 0, &rule) && level_of(h, rule) == GAN_FINDING_VERDICT)
        write_finding(h, rule, finding);
    else
        write_healthy(h, finding);
    return GAN_OK;
}

size_t gan_health_finding_count(const gan_health *h)
{
    size_t n = 0;

    for (size_t i = 0; h && i < gan__health_rule_count; i++)
        n += level_of(h, i) != GAN_FINDING_NONE;
    return n;
}

gan_status gan_health_finding(const gan_health *h, size_t index, gan_finding *finding)
{
    size_t rule;
    gan_status status = check_finding(h, finding);

    if (status != GAN_OK) return status;
    if (!find_rule(h, index, &rule))
        return gan__fail(GAN_ERR_INVALID, "health: finding %zu of %zu requested", index,
                         gan_health_finding_count(h));
    write_finding(h, rule, finding);
    return GAN_OK;
}

int gan_health_should_stop(const gan_health *h)
{
    for (size_t i = 0; h && i < gan__health_rule_count; i++)
        if (gan__health_rules[i]->stops && level_of(h, i) == GAN_FINDING_VERDICT) return 1;
    return 0;
}

int gan_health_is_best(const gan_health *h)
{
    return h && h->state.best_look > 0 && h->state.best_look == h->state.n_looks;
}

gan_status gan_health_best(const gan_health *h, double *score, uint64_t *step)
{
    if (!h) return gan__fail(GAN_ERR_INVALID, "health: it is NULL");
    if (h->state.best_look == 0) return GAN_END;
    if (score) *score = h->state.best_score;
    if (step) *step = h->state.best_step;
    return GAN_OK;
}
