/* ward.c - see ward.h. */
#include "ward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, EMBEDDING = 10, SIDE = 28, RING_MODES = 8, MAPS = 16 };

/* Runs are tested, and also measured by a program without Check. */
static void must(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "ward: %s\n", gan_last_error());
    exit(1);
}

/* ---- samples ---- */

static const char *const clothes[CLASSES] = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                             "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
static const char *const sides[RING_MODES] = {"east", "north-east", "north", "north-west",
                                              "west", "south-west", "south", "south-east"};

static ward_data take_memory(size_t n, size_t size)
{
    ward_data p = {.n = n, .size = size};

    p.x = malloc((n + WARD_SEEN) * size * sizeof *p.x);
    p.labels = malloc(n + WARD_SEEN);
    must(p.x && p.labels ? GAN_OK : GAN_ERR_NOMEM);
    return p;
}

static void halve(const float *from, float *to)
{
    for (size_t i = 0; i < SIDE / 2; i++)
        for (size_t k = 0; k < SIDE / 2; k++) {
            const float *p = from + 2 * i * SIDE + 2 * k;

            to[i * SIDE / 2 + k] = (p[0] + p[1] + p[SIDE] + p[SIDE + 1]) / 2 - 1;
        }
}

ward_data ward_open(const gan_dataset *data, size_t n)
{
    ward_data p = take_memory(n, WARD_PIXELS);
    float sample[SIDE * SIDE];

    p.n_classes = CLASSES;
    p.class_names = clothes;
    for (size_t i = 0; i < n + WARD_SEEN; i++) {
        must(gan_dataset_read(data, i, sample, &p.labels[i]));
        halve(sample, p.x + i * WARD_PIXELS);
    }
    return p;
}

/* Of radius 2; each Gaussian has a standard deviation of 0.02. */
ward_data ward_draw_ring(size_t n)
{
    ward_data p = take_memory(n, 2);
    gan_rng *rng;

    p.n_classes = RING_MODES;
    p.class_names = sides;
    must(gan_rng_create(&rng, 3, 0, NULL));
    gan_rng_normal(rng, 2 * (n + WARD_SEEN), p.x);
    for (size_t i = 0; i < n + WARD_SEEN; i++) {
        p.labels[i] = (uint8_t)gan_rng_below(rng, RING_MODES);
        const float angle = 6.2831853f * (float)p.labels[i] / RING_MODES;

        p.x[2 * i] = 2 * cosf(angle) + 0.02f * p.x[2 * i];
        p.x[2 * i + 1] = 2 * sinf(angle) + 0.02f * p.x[2 * i + 1];
    }
    gan_rng_destroy(rng);
    return p;
}

void ward_close(ward_data *p)
{
    free(p->x);
    free(p->labels);
}

/* ---- the run ---- */

typedef struct watch {
    const ward_run *r;
    const ward_data *p;
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
    gan_dataset *data;
    gan_iterator *it;
    gan_reference *reference;
    gan_health *health;
    uint64_t seed;
    size_t n_training;
} watch;

static void add(gan_network *net, size_t in, size_t out, int spectral, int last)
{
    gan_layer *layer = gan_layer_linear(in, out);

    gan_network_add(net, spectral ? gan_layer_spectral_norm(layer) : layer);
    if (!last) gan_network_add(net, gan_layer_leaky_relu(0.2f));
}

static gan_network *network(const watch *w, size_t in, size_t out, int spectral, uint64_t seed)
{
    const ward_run *r = w->r;
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(gan_shape_1d(in), &desc);

    if (r->conditional) gan_network_add(net, gan_layer_label_embedding(w->p->n_classes, EMBEDDING));
    add(net, in + (r->conditional ? EMBEDDING : 0), WARD_HIDDEN, spectral, 0);
    add(net, WARD_HIDDEN, WARD_HIDDEN, spectral, 0);
    add(net, WARD_HIDDEN, out, spectral, 1);
    return net;
}

/* From 7x7 to 14x14 pixels, and back. */
static void make_convolutional(watch *w)
{
    const gan_network_desc g = {GAN_NETWORK_DESC_INIT, .seed = 2 * w->seed};
    const gan_network_desc d = {GAN_NETWORK_DESC_INIT, .seed = 2 * w->seed + 1};
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
    const size_t side = SIDE / 4;

    w->g = gan_network_create(gan_shape_1d(WARD_LATENT), &g);
    gan_network_add(w->g, gan_layer_linear(WARD_LATENT, MAPS * side * side));
    gan_network_add(w->g, gan_layer_reshape(gan_shape_3d(MAPS, side, side)));
    gan_network_add(w->g, gan_layer_batch_norm(MAPS, NULL));
    gan_network_add(w->g, gan_layer_relu());
    gan_network_add(w->g, gan_layer_conv_transpose2d(MAPS, 1, 4, &half));
    gan_network_add(w->g, gan_layer_flatten());
    gan_network_add(w->g, gan_layer_tanh());
    w->d = gan_network_create(gan_shape_1d(WARD_PIXELS), &d);
    gan_network_add(w->d, gan_layer_reshape(gan_shape_3d(1, 2 * side, 2 * side)));
    gan_network_add(w->d, gan_layer_conv2d(1, MAPS, 4, &half));
    gan_network_add(w->d, gan_layer_leaky_relu(0.2f));
    gan_network_add(w->d, gan_layer_flatten());
    gan_network_add(w->d, gan_layer_linear(MAPS * side * side, 1));
}

/* The networks, with their seeded failure. */
static void make_networks(watch *w)
{
    const ward_run *r = w->r;

    if (r->convolutional) {
        make_convolutional(w);
        return;
    }
    w->g = network(w, WARD_LATENT, w->p->size, 0, 2 * w->seed);
    if (w->p->size == WARD_PIXELS) gan_network_add(w->g, gan_layer_tanh());
    w->d = network(w, w->p->size, 1, r->spectral, 2 * w->seed + 1);
    must(gan_network_build(w->d));
    if (r->frozen_d) must(gan_network_set_rate(w->d, "", 0));
    if (r->ignores_z) {
        gan_tensor t;

        must(gan_network_build(w->g));
        must(gan_network_find(&t, w->g, "0.weight"));
        memset(t.data, 0, gan_shape_size(t.shape) * sizeof *t.data);
        must(gan_network_set_rate(w->g, "0.weight", 0));
    }
}

static void make_trainer(watch *w)
{
    const ward_run *r = w->r;
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    const int light = r->penalty == GAN_PENALTY_DRAGAN || r->penalty == GAN_PENALTY_WGAN_GP;
    const double usual = light ? 1 : 10;
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = r->penalty,
                                      .weight = r->weight > 0 ? r->weight : usual};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = WARD_BATCH,
                                   .seed = w->seed,       .loss = r->loss,
                                   .n_threads = 1,        .penalty = r->penalty ? &penalty : NULL};

    adam.beta1 = 0.5;
    adam.lr = r->lr > 0 ? r->lr : 5e-4;
    must(gan_optimizer_create_adam(&w->g_opt, &adam));
    if (r->d_lr > 0) adam.lr = r->d_lr;
    must(gan_optimizer_create_adam(&w->d_opt, &adam));
    must(gan_trainer_create(&w->trainer, w->g, w->d, w->g_opt, w->d_opt, &desc));
}

static void shuffle(uint8_t *labels, size_t n)
{
    gan_rng *rng;

    must(gan_rng_create(&rng, 5, 0, NULL));
    for (size_t i = n - 1; i > 0; i--) {
        const size_t k = gan_rng_below(rng, (uint32_t)i + 1);
        const uint8_t label = labels[i];

        labels[i] = labels[k];
        labels[k] = label;
    }
    gan_rng_destroy(rng);
}

/* The training samples: a copy, with their seeded failure. */
static void make_data(watch *w)
{
    const ward_run *r = w->r;
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = WARD_BATCH, .shuffle = 1,
                                    .seed = w->seed};
    const size_t size = w->p->size;
    float *x = malloc(w->p->n * size * sizeof *x);
    uint8_t *labels = malloc(w->p->n);
    size_t n = 0;

    must(x && labels ? GAN_OK : GAN_ERR_NOMEM);
    for (size_t i = 0; i < w->p->n && (r->n_training == 0 || n < r->n_training); i++) {
        if (r->one_class && w->p->labels[i] != 1) continue;
        memcpy(x + n * w->p->size, w->p->x + i * w->p->size, w->p->size * sizeof *x);
        labels[n++] = w->p->labels[i];
    }
    if (r->shuffled) shuffle(labels, n);
    w->n_training = n;
    must(gan_dataset_create_floats(&w->data, x, labels, n, gan_shape_1d(w->p->size), NULL));
    must(gan_iterator_create(&w->it, w->data, &desc));
    free(x);
    free(labels);
}

/* As many real samples as generated ones; if there are fewer, all. */
static size_t seen(const watch *w)
{
    return w->r->n_training > 0 && w->r->n_training < WARD_SEEN ? w->r->n_training : WARD_SEEN;
}

static void make_reference(watch *w)
{
    uint16_t labels[2 * WARD_SEEN];
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT,
                                     .held_out = w->p->x + w->p->n * w->p->size,
                                     .n_held_out = seen(w),
                                     .labels = labels,
                                     .n_classes = w->p->n_classes,
                                     .held_out_labels = labels + WARD_SEEN,
                                     .skip_frechet = 1,
                                     .n_threads = 1};

    for (size_t i = 0; i < WARD_SEEN; i++) {
        labels[i] = w->p->labels[i];
        labels[WARD_SEEN + i] = w->p->labels[w->p->n + i];
    }
    must(gan_reference_create(&w->reference, w->p->x, seen(w), w->p->size, &desc));
}

static void make_health(watch *w)
{
    const gan_health_desc desc = {GAN_HEALTH_DESC_INIT, .class_names = w->p->class_names,
                                  .n_classes = w->p->n_classes};

    must(gan_health_create(&w->health, &desc));
}

static void end(watch *w)
{
    gan_health_destroy(w->health);
    gan_reference_destroy(w->reference);
    gan_trainer_destroy(w->trainer);
    gan_iterator_destroy(w->it);
    gan_dataset_destroy(w->data);
    gan_optimizer_destroy(w->g_opt);
    gan_optimizer_destroy(w->d_opt);
    gan_network_destroy(w->g);
    gan_network_destroy(w->d);
}

static void train(watch *w, size_t steps)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    const gan_batch *batch;

    for (size_t i = 0; i < steps; i++) {
        gan_status status = gan_iterator_next(w->it, &batch);

        if (status == GAN_END) status = gan_iterator_next(w->it, &batch);
        must(status);
        status = gan_train_step(w->trainer, batch, &stats);
        must(gan_health_step(w->health, status, &stats));
    }
}

/* The discriminator's outputs for some samples. */
static size_t put_out(watch *w, const float *x, const uint8_t *labels, size_t n, float *outputs)
{
    const gan_batch batch = {GAN_BATCH_INIT, .count = n, .shape = gan_shape_1d(w->p->size),
                             .samples = x, .labels = labels};

    must(gan_trainer_outputs(w->trainer, &batch, outputs));
    return n;
}

/* Run the discriminator on training samples, held-out ones of the classes that it is trained on,
 * and generated ones. */
static void ask_discriminator(watch *w, const float *generated, const uint8_t *asked, gan_look *out)
{
    static float x[WARD_SEEN * WARD_PIXELS], outputs[3][WARD_SEEN];
    uint8_t labels[WARD_SEEN];
    const size_t size = w->p->size;
    size_t n = 0;

    for (; n < WARD_SEEN && n < w->n_training; n++)
        must(gan_dataset_read(w->data, n, x + n * size, &labels[n]));
    out->n_d_trained = put_out(w, x, labels, n, outputs[0]);
    n = 0;
    for (size_t i = w->p->n; i < w->p->n + WARD_SEEN; i++) {
        if (w->r->one_class && w->p->labels[i] != 1) continue;
        memcpy(x + n * size, w->p->x + i * size, size * sizeof *x);
        labels[n++] = w->p->labels[i];
    }
    out->n_d_held_out = put_out(w, x, labels, n, outputs[1]);
    out->n_d_generated = put_out(w, generated, asked, seen(w), outputs[2]);
    out->d_trained = outputs[0];
    out->d_held_out = outputs[1];
    out->d_generated = outputs[2];
}

static void look(watch *w, ward_end *out)
{
    static float z[WARD_SEEN * WARD_LATENT], x[WARD_SEEN * WARD_PIXELS];
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_look l = {GAN_LOOK_INIT, .comparison = &c};
    uint8_t labels[WARD_SEEN];
    uint16_t asked[WARD_SEEN];
    gan_rng *rng;

    for (size_t i = 0; i < WARD_SEEN; i++) asked[i] = labels[i] = (uint8_t)(i % w->p->n_classes);
    must(gan_rng_create(&rng, 99, 0, NULL));
    gan_rng_normal(rng, WARD_SEEN * WARD_LATENT, z);
    gan_rng_destroy(rng);
    must(gan_trainer_sample_labels(w->trainer, z, w->r->conditional ? labels : NULL, seen(w), x));
    must(gan_reference_compare(w->reference, x, w->r->conditional ? asked : NULL, seen(w), &c));
    l.modes = gan_reference_classes(w->reference, &l.n_modes);
    ask_discriminator(w, x, labels, &l);
    must(gan_health_look(w->health, &l));
    out->coverage = c.coverage.value;
    out->coverage_floor = c.coverage.floor;
    out->kid = c.kid.value;
}

static void talk_of(watch *w, size_t number, const ward_end *out)
{
    gan_finding f = {GAN_FINDING_INIT};

    printf("  look %zu: coverage %.3f (real %.3f), kernel distance %.4f\n", number, out->coverage,
           out->coverage_floor, out->kid);
    for (size_t i = 0; i < gan_health_finding_count(w->health); i++) {
        must(gan_health_finding(w->health, i, &f));
        printf("    %s%s: %s\n", gan_verdict_name(f.verdict),
               f.level == GAN_FINDING_VERDICT ? "" : " (note)", f.sentence);
    }
    fflush(stdout);
}

ward_end ward_watch(const ward_data *p, const ward_run *r, uint64_t seed, int talk)
{
    watch w = {.r = r, .p = p, .seed = seed};
    ward_end out = {.finding = {GAN_FINDING_INIT}};
    const size_t looks = r->looks > 0 ? r->looks : 2;

    make_networks(&w);
    make_trainer(&w);
    make_data(&w);
    make_reference(&w);
    make_health(&w);
    for (size_t i = 1; i <= looks; i++) {
        gan_finding f = {GAN_FINDING_INIT};

        train(&w, r->steps > 0 ? r->steps : 1000);
        look(&w, &out);
        if (talk) talk_of(&w, i, &out);
        must(gan_health_verdict(w.health, &f));
        if (out.verdict == GAN_VERDICT_HEALTHY) {
            out.finding = f;
            out.verdict = f.verdict;
            out.look = i;
        }
    }
    end(&w);
    return out;
}

/* ---- which runs ---- */

const ward_run ward_failures[] = {
    {"learning rate x 100", .lr = 0.05, .wanted = GAN_VERDICT_DIVERGED},
    {"discriminator's rate x 20", .lr = 2e-5, .d_lr = 4e-4, .steps = 2000,
     .wanted = GAN_VERDICT_D_WINS},
    {"z ignored", .penalty = GAN_PENALTY_R1, .ignores_z = 1, .wanted = GAN_VERDICT_COLLAPSED},
    {"one class", .penalty = GAN_PENALTY_R1, .one_class = 1, .wanted = GAN_VERDICT_MODES_MISSING},
    {"100 training images", .n_training = 100, .steps = 4000, .wanted = GAN_VERDICT_D_OVERFIT},
    {"minimax", .loss = GAN_LOSS_MINIMAX, .lr = 2e-4, .d_lr = 2e-3, .steps = 400,
     .wanted = GAN_VERDICT_D_WINS},
    {"frozen discriminator", .frozen_d = 1, .wanted = GAN_VERDICT_D_DEAD},
    {"labels shuffled", .penalty = GAN_PENALTY_R1, .conditional = 1, .shuffled = 1,
     .wanted = GAN_VERDICT_LABELS_IGNORED},
};
const size_t ward_n_failures = sizeof ward_failures / sizeof *ward_failures;

/* The objectives of docs/experiments.md, with settings that avoid collapse within few steps. */
const ward_run ward_healthy[] = {
    {"bce, R1", .penalty = GAN_PENALTY_R1},
    {"minimax, R1", .loss = GAN_LOSS_MINIMAX, .penalty = GAN_PENALTY_R1},
    {"relativistic, R1", .loss = GAN_LOSS_RELATIVISTIC, .penalty = GAN_PENALTY_R1},
    {"least squares, R1", .loss = GAN_LOSS_LEAST_SQUARES, .penalty = GAN_PENALTY_R1},
    {"hinge, R1", .loss = GAN_LOSS_HINGE, .penalty = GAN_PENALTY_R1},
    {"hinge, spectral norm", .loss = GAN_LOSS_HINGE, .spectral = 1},
    {"Wasserstein, penalty", .loss = GAN_LOSS_WASSERSTEIN, .penalty = GAN_PENALTY_WGAN_GP},
    {"bce, DRAGAN", .penalty = GAN_PENALTY_DRAGAN},
    {"conditional, R1", .penalty = GAN_PENALTY_R1, .conditional = 1},
    {"convolutions, bce", .convolutional = 1},
    {"convolutions, hinge", .loss = GAN_LOSS_HINGE, .convolutional = 1},
};
const size_t ward_n_healthy = sizeof ward_healthy / sizeof *ward_healthy;

/* Those that find all modes of a ring. */
const ward_run ward_on_ring[] = {
    {"ring, bce, R1", .penalty = GAN_PENALTY_R1, .weight = 1, .steps = 2500},
    {"ring, relativistic, R1", .loss = GAN_LOSS_RELATIVISTIC, .penalty = GAN_PENALTY_R1,
     .weight = 1, .steps = 2500},
    {"ring, hinge, R1", .loss = GAN_LOSS_HINGE, .penalty = GAN_PENALTY_R1, .weight = 1,
     .steps = 2500},
    {"ring, Wasserstein, penalty", .loss = GAN_LOSS_WASSERSTEIN, .penalty = GAN_PENALTY_WGAN_GP,
     .steps = 2500},
    {"ring, bce, DRAGAN", .penalty = GAN_PENALTY_DRAGAN, .steps = 2500},
    {"ring, conditional, R1", .penalty = GAN_PENALTY_R1, .weight = 1, .conditional = 1,
     .steps = 2500},
};
const size_t ward_n_on_ring = sizeof ward_on_ring / sizeof *ward_on_ring;
