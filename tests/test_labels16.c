/* test_labels16.c - labels of 16 bits, up to 65,536 classes: in networks, passes, samplers, steps,
 * classifiers, objectives and files. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "scratch.h"
#include "sequence.h"
#include "suite.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 200, MANY = 1000, EVERY = MANY / FEW, LATENT = 4, SAMPLE = 6, BATCH = 24 };

/* An embedding at both inputs, and a projection. */
static gan_network *generator(size_t classes)
{
    return BUILT(gan_shape_1d(LATENT), gan_layer_label_embedding(classes, 3),
                 gan_layer_linear(LATENT + 3, 12), gan_layer_leaky_relu(0.2f),
                 gan_layer_class_affine(12, classes), gan_layer_linear(12, SAMPLE),
                 gan_layer_tanh());
}

static gan_network *discriminator(size_t classes)
{
    return BUILT(gan_shape_1d(SAMPLE), gan_layer_label_embedding(classes, 2),
                 gan_layer_linear(SAMPLE + 2, 12), gan_layer_leaky_relu(0.2f),
                 gan_layer_projection(12, classes));
}

static game game_of(size_t classes, const gan_trainer_desc *desc)
{
    game x = {.latent = LATENT, .sample = SAMPLE};

    x.g = generator(classes);
    x.d = discriminator(classes);
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

static const gan_trainer_desc usual = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = 7,
                                       .n_threads = 2};

/* The same labels in both widths; times EVERY in `apart`. */
typedef struct label_set {
    uint8_t bytes[BATCH];
    uint16_t words[BATCH], apart[BATCH];
} label_set;

static label_set labels_below(size_t n_classes, uint64_t stream)
{
    label_set l;
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, 3, stream, NULL));
    expect_ok(gan_rng_labels(rng, n_classes, NULL, BATCH, l.bytes));
    gan_rng_destroy(rng);
    for (size_t i = 0; i < BATCH; i++) {
        l.words[i] = l.bytes[i];
        l.apart[i] = (uint16_t)(EVERY * l.bytes[i]);
    }
    return l;
}

/* ---- many classes equal few ---- */

/* Call it for the rows of every embedding, class c of few being EVERY * c of many; and once for the
 * other weights. */
static void each_row(gan_network *many, gan_network *few,
                     void (*act)(float *of_many, float *of_few, size_t n))
{
    for (size_t i = 0; i < gan_network_tensor_count(few); i++) {
        gan_tensor a, b;
        size_t width;

        expect_ok(gan_network_tensor(&a, many, i));
        expect_ok(gan_network_tensor(&b, few, i));
        width = a.size == b.size ? 0 : b.size / FEW;
        if (width == 0) act(a.data, b.data, a.size);
        for (size_t c = 0; width > 0 && c < FEW; c++)
            act(a.data + EVERY * c * width, b.data + c * width, width);
    }
}

static void copy_row(float *to, float *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

static void compare_row(float *a, float *b, size_t n)
{
    expect_close(a, b, n, 1e-5f, 1e-6f);
}

static void train_both(game *many, game *few, const float *samples, const float *z)
{
    const label_set real = labels_below(FEW, 1), fake = labels_below(FEW, 2);
    gan_batch a = batch_of(many, samples, BATCH), b = batch_of(few, samples, BATCH);

    a.labels16 = real.apart;
    b.labels = real.bytes;
    for (int step = 0; step < 10; step++) {
        expect_ok(gan_train_discriminator_step_labels16(many->trainer, &a, z, fake.apart, NULL));
        expect_ok(gan_train_discriminator_step(few->trainer, &b, z, fake.bytes, NULL));
        expect_ok(gan_train_generator_step_labels16(many->trainer, BATCH, z, fake.apart, NULL));
        expect_ok(gan_train_generator_step(few->trainer, BATCH, z, fake.bytes, NULL));
    }
}

/* And classes that no batch has stay as they are: no gradient leaks into them. */
TEST(a_thousand_classes_train_as_two_hundred_do)
{
    float *samples = normals(BATCH * SAMPLE, 1), *z = normals(BATCH * LATENT, 2);
    game many = game_of(MANY, &usual), few = game_of(FEW, &usual);
    float *row, before[3];
    size_t n;

    each_row(many.g, few.g, copy_row);
    each_row(many.d, few.d, copy_row);
    row = tensor_of(many.g, "0.weight").data + 3 * 999;
    memcpy(before, row, sizeof before);
    float *start = net_weights(few.g, &n);

    train_both(&many, &few, samples, z);
    each_row(many.g, few.g, compare_row);
    each_row(many.d, few.d, compare_row);
    expect_same_bits(row, before, sizeof before);
    float *end = net_weights(few.g, &n);
    expect_other_bits(start, end, n * sizeof *start);
    free(start);
    free(end);
    free(samples);
    free(z);
    game_end(&many);
    game_end(&few);
}

/* ---- the maximal number of classes ---- */

enum { ALL = 65536, SOME = 4, ROWS = 5, WIDTH = 3, OUTPUTS = 40 };

static gan_network *reader(size_t classes)
{
    return BUILT(gan_shape_1d(LATENT), gan_layer_label_embedding(classes, WIDTH),
                 gan_layer_linear(LATENT + WIDTH, OUTPUTS));
}

static void run_both_ways(gan_pass **out, gan_network *net, const uint16_t *labels)
{
    float *x = normals(ROWS * LATENT, 1), *dy = normals(ROWS * OUTPUTS, 2);

    expect_ok(gan_pass_create(out, net, &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = 64}));
    expect_ok(gan_pass_forward_labels16(*out, x, labels, ROWS, NULL));
    expect_ok(gan_pass_backward(*out, dy, GAN_PASS_REPLACE, NULL));
    free(x);
    free(dy);
}

static gan_tensor gradient_by(gan_pass *pass, const char *name)
{
    gan_tensor t;

    expect_ok(gan_pass_gradient(&t, pass, name));
    return t;
}

/* Rows are found by bits of words: these classes are at the ends of words. */
TEST(classes_far_apart_have_the_gradients_of_near_ones)
{
    static const uint16_t classes[SOME] = {0, 31, 32, ALL - 1}, near[ROWS] = {3, 1, 2, 1, 0};
    uint16_t far[ROWS];
    gan_network *many = reader(ALL), *few = reader(SOME);
    gan_pass *a, *b;
    gan_tensor t, u;
    size_t moved = 0;

    for (size_t r = 0; r < ROWS; r++) far[r] = classes[near[r]];
    t = tensor_of(many, "0.weight");
    u = tensor_of(few, "0.weight");
    for (size_t c = 0; c < SOME; c++)
        memcpy(t.data + classes[c] * WIDTH, u.data + c * WIDTH, WIDTH * sizeof(float));
    t = tensor_of(many, "1.weight");
    memcpy(t.data, tensor_of(few, "1.weight").data, t.size * sizeof(float));
    run_both_ways(&a, many, far);
    run_both_ways(&b, few, near);
    expect_same_bits(gradient_by(a, "1.weight").data, gradient_by(b, "1.weight").data,
                     t.size * sizeof(float));
    t = gradient_by(a, "0.weight");
    u = gradient_by(b, "0.weight");
    for (size_t c = 0; c < SOME; c++)
        expect_same_bits(t.data + classes[c] * WIDTH, u.data + c * WIDTH, WIDTH * sizeof(float));
    for (size_t i = 0; i < t.size; i++) moved += t.data[i] != 0;
    ck_assert_uint_eq(moved, SOME * WIDTH);
    gan_pass_destroy(a);
    gan_pass_destroy(b);
    gan_network_destroy(many);
    gan_network_destroy(few);
}

/* The memory per class besides its rows of weights, gradients and their sum. */
TEST(memory_is_not_classes_times_outputs)
{
    gan_network *many = reader(ALL), *few = reader(SOME);
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = 64};
    size_t of_many, of_few;

    expect_ok(gan_pass_memory(&of_many, many, &desc));
    expect_ok(gan_pass_memory(&of_few, few, &desc));
    ck_assert_uint_lt(of_many - of_few, 2 * ALL * WIDTH * sizeof(float) + 50000);
    gan_network_destroy(many);
    gan_network_destroy(few);
}

/* ---- both widths agree ---- */

typedef struct answers {
    float forward[BATCH * SAMPLE], between[BATCH * SAMPLE], pass[BATCH * SAMPLE];
    float drawn[BATCH * SAMPLE], drawn_between[BATCH * SAMPLE], sample[BATCH * SAMPLE];
    double loss;
    float grads[BATCH * 8];
} answers;

static void ask(answers *a, game *x, const float *z, const label_set *of, const label_set *to,
                int wide)
{
    gan_sampler *sampler;
    gan_sampler_workspace *w;
    gan_pass *pass;
    float way[BATCH], *logits = normals(BATCH * 8, 9);

    for (size_t i = 0; i < BATCH; i++) way[i] = (float)i / (BATCH - 1);
    expect_ok(gan_sampler_create(&sampler, x->g, NULL));
    expect_ok(gan_sampler_workspace_create(&w, sampler, NULL));
    expect_ok(gan_pass_create(&pass, x->g, &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = BATCH}));
    if (wide) {
        expect_ok(gan_network_forward_labels16(x->g, z, of->words, BATCH, a->forward));
        expect_ok(gan_network_forward_between_labels16(x->g, z, of->words, to->words, way, BATCH,
                                                       a->between));
        expect_ok(gan_pass_forward_labels16(pass, z, of->words, BATCH, a->pass));
        expect_ok(gan_sampler_draw_labels16(w, z, of->words, BATCH, a->drawn));
        expect_ok(gan_sampler_draw_between_labels16(w, z, of->words, to->words, way, BATCH,
                                                    a->drawn_between));
        expect_ok(gan_trainer_sample_labels16(x->trainer, z, of->words, BATCH, a->sample));
        expect_ok(
            gan_loss_cross_entropy_labels16(logits, BATCH, 8, of->words, 0.1f, &a->loss, a->grads));
    } else {
        expect_ok(gan_network_forward_labels(x->g, z, of->bytes, BATCH, a->forward));
        expect_ok(
            gan_network_forward_between(x->g, z, of->bytes, to->bytes, way, BATCH, a->between));
        expect_ok(gan_pass_forward_labels(pass, z, of->bytes, BATCH, a->pass));
        expect_ok(gan_sampler_draw(w, z, of->bytes, BATCH, a->drawn));
        expect_ok(
            gan_sampler_draw_between(w, z, of->bytes, to->bytes, way, BATCH, a->drawn_between));
        expect_ok(gan_trainer_sample_labels(x->trainer, z, of->bytes, BATCH, a->sample));
        expect_ok(gan_loss_cross_entropy(logits, BATCH, 8, of->bytes, 0.1f, &a->loss, a->grads));
    }
    gan_pass_destroy(pass);
    gan_sampler_workspace_destroy(w);
    gan_sampler_destroy(sampler);
    free(logits);
}

TEST(labels_of_both_widths_have_the_same_bits)
{
    float *samples = normals(BATCH * SAMPLE, 1), *z = normals(BATCH * LATENT, 2);
    const label_set of = labels_below(8, 1), to = labels_below(8, 2);
    game x = game_of(8, &usual), twin = game_of(8, &usual);
    gan_batch bytes = batch_of(&x, samples, BATCH), words = bytes;
    answers *a = malloc(2 * sizeof *a);

    bytes.labels = of.bytes;
    words.labels16 = of.words;
    for (int step = 0; step < 5; step++) {
        expect_ok(gan_train_step(x.trainer, &bytes, NULL));
        expect_ok(gan_train_step(twin.trainer, &words, NULL));
    }
    expect_same_game(&x, &twin);
    memset(a, 0, 2 * sizeof *a);
    ask(&a[0], &x, z, &of, &to, 0);
    ask(&a[1], &twin, z, &of, &to, 1);
    expect_same_bits(&a[0], &a[1], sizeof *a);
    expect_other_bits(a->forward, a->between, sizeof a->forward);
    free(a);
    free(samples);
    free(z);
    game_end(&x);
    game_end(&twin);
}

static gan_network *with_statistics(void)
{
    return BUILT(gan_shape_1d(LATENT), gan_layer_label_embedding(8, 3),
                 gan_layer_linear(LATENT + 3, SAMPLE), gan_layer_batch_norm(SAMPLE, NULL));
}

TEST(statistics_are_estimated_with_either)
{
    float *z = normals(BATCH * LATENT, 2);
    const label_set of = labels_below(8, 1);
    gan_network *a = with_statistics(), *b = with_statistics(), *fresh = with_statistics();

    expect_ok(gan_network_estimate_statistics(a, z, of.bytes, BATCH, NULL));
    expect_ok(gan_network_estimate_statistics_labels16(b, z, of.words, BATCH, NULL));
    expect_same_weights(a, b);
    expect_other_bits(tensor_of(a, "2.running_mean").data, tensor_of(fresh, "2.running_mean").data,
                      SAMPLE * sizeof(float));
    expect_fails(gan_network_estimate_statistics_labels16(b, z, NULL, BATCH, NULL), GAN_ERR_INVALID,
                 "statistics: no labels");
    gan_network_destroy(a);
    gan_network_destroy(b);
    gan_network_destroy(fresh);
    free(z);
}

/* 8-bit labels are used, as a host may replace them; and an older host's batch ends before the
 * 16-bit ones. */
TEST(a_batch_is_read_as_far_as_its_host_knows_it)
{
    float *samples = normals(BATCH * SAMPLE, 1);
    const label_set of = labels_below(8, 1), other = labels_below(8, 2);
    game x = game_of(8, &usual), twin = game_of(8, &usual);
    gan_batch bytes = batch_of(&x, samples, BATCH), both;

    bytes.labels = of.bytes;
    both = bytes;
    both.labels16 = other.words;
    expect_ok(gan_train_step(x.trainer, &bytes, NULL));
    expect_ok(gan_train_step(twin.trainer, &both, NULL));
    expect_same_game(&x, &twin);
    both.labels = NULL;
    both.struct_size = offsetof(gan_batch, labels16);
    expect_fails(gan_train_step(twin.trainer, &both, NULL), GAN_ERR_INVALID, "without labels");
    expect_same_game(&x, &twin);
    free(samples);
    game_end(&x);
    game_end(&twin);
}

/* ---- what is refused ---- */

TEST(a_label_that_is_no_class_is_named)
{
    float *z = normals(2 * LATENT, 2), out[2 * SAMPLE], way[2] = {0, 1}, logits[2 * 300] = {0};
    const uint16_t good[2] = {999, 0}, bad[2] = {999, 1000};
    game x = game_of(MANY, &usual);
    gan_batch batch = batch_of(&x, out, 2);
    gan_sampler *sampler;
    gan_sampler_workspace *w;
    gan_pass *pass;
    double loss;
    static const char says[] = "label 1 of 2 is 1000, there are 1000 classes";

    memset(out, 0, sizeof out);
    batch.labels16 = good;
    expect_ok(gan_sampler_create(&sampler, x.g, NULL));
    expect_ok(gan_sampler_workspace_create(&w, sampler, NULL));
    expect_ok(gan_pass_create(&pass, x.g, &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = 2}));
    expect_fails(gan_network_forward_labels16(x.g, z, bad, 2, out), GAN_ERR_INVALID, says);
    expect_fails(gan_network_forward_labels16(x.g, z, NULL, 2, out), GAN_ERR_INVALID, "no labels");
    expect_fails(gan_network_forward_labels16(NULL, z, good, 2, out), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_network_forward_between_labels16(x.g, z, good, bad, way, 2, out),
                 GAN_ERR_INVALID, says);
    expect_fails(gan_network_forward_between_labels16(x.g, z, good, good, NULL, 2, out),
                 GAN_ERR_INVALID, "way is NULL");
    expect_fails(gan_pass_forward_labels16(pass, z, bad, 2, out), GAN_ERR_INVALID, says);
    expect_fails(gan_pass_forward_labels16(NULL, z, good, 2, out), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_sampler_draw_labels16(w, z, bad, 2, out), GAN_ERR_INVALID, says);
    expect_fails(gan_sampler_draw_between_labels16(w, z, bad, good, way, 2, out), GAN_ERR_INVALID,
                 says);
    expect_fails(gan_trainer_sample_labels16(x.trainer, z, bad, 2, out), GAN_ERR_INVALID, says);
    expect_fails(gan_trainer_sample_labels16(NULL, z, good, 2, out), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_train_discriminator_step_labels16(x.trainer, &batch, z, bad, NULL),
                 GAN_ERR_INVALID, says);
    expect_fails(gan_train_generator_step_labels16(x.trainer, 2, z, bad, NULL), GAN_ERR_INVALID,
                 says);
    batch.labels16 = bad;
    expect_fails(gan_train_step(x.trainer, &batch, NULL), GAN_ERR_INVALID, says);
    expect_fails(gan_loss_cross_entropy_labels16(logits, 2, 300, good, 0, &loss, NULL),
                 GAN_ERR_INVALID, "label 0 of 2 is 999, there are 300 classes");
    expect_fails(gan_loss_cross_entropy_labels16(logits, 2, 300, NULL, 0, &loss, NULL),
                 GAN_ERR_INVALID, "labels is NULL");
    gan_pass_destroy(pass);
    gan_sampler_workspace_destroy(w);
    gan_sampler_destroy(sampler);
    game_end(&x);
    free(z);
}

/* ---- random labels ---- */

TEST(labels_of_every_class_are_drawn_by_their_weights)
{
    enum { N = 3000, CLASSES = 65536 };
    double *weights = malloc(CLASSES * sizeof *weights), sum = 0;
    uint16_t *even = malloc(N * sizeof *even), *odd = malloc(N * sizeof *odd);
    gan_rng *rng, *bits;
    uint16_t largest = 0;

    for (size_t c = 0; c < CLASSES; c++) sum += weights[c] = c % 2 ? (double)(c % 7) : 0;
    expect_ok(gan_rng_create(&rng, 5, 1, NULL));
    expect_ok(gan_rng_create(&bits, 5, 1, NULL));
    expect_ok(gan_rng_labels16(rng, CLASSES, NULL, N, even));
    ck_assert_uint_eq(gan_rng_position(rng), N);
    gan_rng_seek(rng, 0);
    expect_ok(gan_rng_labels16(rng, CLASSES, weights, N, odd));
    for (size_t i = 0; i < N; i++) {
        double u, end = 0;
        size_t c = 0;

        gan_rng_seek(bits, i);
        u = ldexp((double)gan_rng_below(bits, 1u << 31), -31); /* one bit less than a label has */
        ck_assert_uint_eq(even[i], (unsigned)(u * CLASSES));
        while ((end += weights[c]) <= u * sum) c++;
        ck_assert_uint_eq(odd[i], c);
        largest = even[i] > largest ? even[i] : largest;
    }
    ck_assert_uint_gt(largest, 65000);
    expect_fails(gan_rng_labels16(rng, CLASSES + 1, NULL, 1, even), GAN_ERR_INVALID,
                 "weights of 1 to 65536 classes expected");
    expect_fails(gan_rng_labels16(rng, 10, NULL, 1, NULL), GAN_ERR_INVALID, "labels is NULL");
    expect_fails(gan_rng_labels16(NULL, 10, NULL, 1, even), GAN_ERR_INVALID, "rng: is NULL");
    gan_rng_destroy(rng);
    gan_rng_destroy(bits);
    free(weights);
    free(even);
    free(odd);
}

TEST(labels_of_both_widths_are_drawn_alike)
{
    const double weights[4] = {3, 0, 1, 2.5};
    uint16_t words[600];
    uint8_t bytes[600];
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, 5, 1, NULL));
    expect_ok(gan_rng_labels(rng, 4, weights, 600, bytes));
    ck_assert_uint_eq(gan_rng_position(rng), 600);
    gan_rng_seek(rng, 0);
    expect_ok(gan_rng_labels16(rng, 4, weights, 600, words));
    for (size_t i = 0; i < 600; i++) ck_assert_uint_eq(bytes[i], words[i]);
    gan_rng_destroy(rng);
}

/* ---- objectives ---- */

typedef struct seen {
    gan_objective objective;
    const uint8_t *bytes;
    uint16_t first, last;
} seen;

static gan_status look(void *user, const gan_objective_step *step, gan_objective_rows *real,
                       gan_objective_rows *fake)
{
    seen *s = user;

    (void)step;
    (void)fake;
    s->bytes = real->labels;
    if (real->n_rows == 0) return GAN_OK;
    s->first = real->labels16[0];
    s->last = real->labels16[real->n_rows - 1];
    return GAN_OK;
}

TEST(objectives_see_labels_in_the_widths_that_have_room)
{
    static const size_t classes[2] = {8, MANY};

    for (int many = 0; many < 2; many++) {
        seen s = {.objective = {GAN_OBJECTIVE_INIT, .name = "look", .discriminator = look,
                                .generator = look, .user = &s}};
        gan_trainer_desc desc = usual;
        float *samples = normals(BATCH * SAMPLE, 1);
        label_set l = labels_below(8, 1);
        gan_batch batch;
        game x;

        desc.objective = &s.objective;
        x = game_of(classes[many], &desc);
        batch = batch_of(&x, samples, BATCH);
        batch.labels16 = l.words;
        l.words[BATCH - 1] = many ? 999 : 7;
        expect_ok(gan_train_discriminator_step(x.trainer, &batch, NULL, NULL, NULL));
        ck_assert_uint_eq(s.first, l.words[0]);
        ck_assert_uint_eq(s.last, l.words[BATCH - 1]);
        ck_assert_int_eq(s.bytes == NULL, many);
        free(samples);
        game_end(&x);
    }
}

/* ---- files ---- */

static game relativistic(void)
{
    gan_trainer_desc desc = usual;

    desc.loss = GAN_LOSS_RELATIVISTIC; /* which uses the real samples' labels again */
    return game_of(MANY, &desc);
}

TEST(a_run_goes_on_from_its_checkpoint)
{
    const char *path = scratch_path("many.gan");
    float *samples = normals(BATCH * SAMPLE, 1);
    game x = relativistic(), again = relativistic();
    gan_batch batch = batch_of(&x, samples, BATCH);
    const label_set l = labels_below(FEW, 1);

    batch.labels16 = l.apart;
    for (int step = 0; step < 3; step++) expect_ok(gan_train_step(x.trainer, &batch, NULL));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_load(again.trainer, NULL, path));
    expect_same_game(&x, &again);
    expect_ok(gan_train_generator_step(x.trainer, BATCH, NULL, NULL, NULL));
    expect_ok(gan_train_generator_step(again.trainer, BATCH, NULL, NULL, NULL));
    for (int step = 0; step < 3; step++) {
        expect_ok(gan_train_step(x.trainer, &batch, NULL));
        expect_ok(gan_train_step(again.trainer, &batch, NULL));
    }
    expect_same_game(&x, &again);
    free(samples);
    game_end(&x);
    game_end(&again);
}

TEST(a_network_keeps_the_names_of_a_thousand_classes)
{
    const char *path = scratch_path("many.safetensors");
    static char text[MANY][16];
    const char *names[MANY];
    gan_network *net = generator(MANY), *opened;
    float z[LATENT] = {1, -1, 0.5f, 2}, a[SAMPLE], b[SAMPLE];
    const uint16_t label = 999;

    for (int i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof text[i], "c%d", i);
        names[i] = text[i];
    }
    expect_ok(gan_network_set_class_names(net, names, MANY));
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_open(&opened, path, NULL));
    ck_assert_uint_eq(gan_network_class_index(opened, "c999"), 999);
    ck_assert_str_eq(gan_network_class_name(opened, 256), "c256");
    expect_ok(gan_network_forward_labels16(net, z, &label, 1, a));
    expect_ok(gan_network_forward_labels16(opened, z, &label, 1, b));
    expect_same_bits(a, b, sizeof a);
    gan_network_destroy(net);
    gan_network_destroy(opened);
}

/* ---- classifiers ---- */

static gan_iterator *one_of_each(gan_dataset **data, size_t classes, const float *samples)
{
    uint16_t *labels = malloc(classes * sizeof *labels);
    gan_iterator *it;

    for (size_t i = 0; i < classes; i++) labels[i] = (uint16_t)i;
    expect_ok(
        gan_dataset_create_floats_labels16(data, samples, labels, classes, gan_shape_1d(2), NULL));
    expect_ok(gan_iterator_create(&it, *data,
                                  &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = 100}));
    free(labels);
    return it;
}

/* The largest logit of the point at angle 2 pi k / 300 should be the k-th. */
TEST(a_classifier_tells_three_hundred_classes_apart)
{
    enum { CLASSES = 300 };
    gan_network *net = BUILT(gan_shape_1d(2), gan_layer_linear(2, CLASSES));
    float samples[2 * CLASSES], *weight = tensor_of(net, "0.weight").data;
    size_t *confusion = calloc(CLASSES * CLASSES, sizeof *confusion);
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};
    gan_optimizer *opt = adam();
    uint16_t labels[CLASSES];
    uint8_t bytes[CLASSES];
    gan_classifier *c;
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    memset(tensor_of(net, "0.bias").data, 0, CLASSES * sizeof(float));
    for (size_t i = 0; i < 2 * CLASSES; i++) {
        const double angle = 6.283185307179586 * (double)(i / 2) / CLASSES;

        samples[i] = weight[i] = (float)(i % 2 ? sin(angle) : cos(angle));
    }
    it = one_of_each(&data, CLASSES, samples);
    expect_ok(gan_classifier_create(&c, net, opt, NULL));
    ck_assert_uint_eq(gan_classifier_class_count(c), CLASSES);
    expect_ok(gan_classifier_evaluate(c, it, &stats, confusion));
    expect_near(stats.accuracy, 1, 0, 0.0);
    for (size_t i = 0; i < CLASSES; i++) ck_assert_uint_eq(confusion[i * CLASSES + i], 1);
    expect_ok(gan_classifier_predict_labels16(c, samples, CLASSES, labels));
    for (size_t i = 0; i < CLASSES; i++) ck_assert_uint_eq(labels[i], i);
    expect_fails(gan_classifier_predict(c, samples, CLASSES, bytes), GAN_ERR_INVALID,
                 "gan_classifier_predict_labels16()");
    expect_fails(gan_classifier_predict_labels16(c, samples, 1, NULL), GAN_ERR_INVALID,
                 "labels is NULL");
    expect_ok(gan_iterator_next(it, &batch));
    expect_ok(gan_classifier_step(c, batch, &stats));
    expect_near(stats.accuracy, 1, 0, 0.0);
    gan_classifier_destroy(c);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    free(confusion);
}

/* ---- memory ---- */

TEST(a_step_takes_no_memory)
{
    float *samples = normals(BATCH * SAMPLE, 1), *z = normals(BATCH * LATENT, 2);
    float out[BATCH * SAMPLE];
    const label_set l = labels_below(FEW, 1);
    gan_trainer_desc desc = usual;
    gan_batch batch;
    budget memory;
    game x;

    budget_init(&memory, BUDGET_UNLIMITED);
    desc.allocator = &memory.allocator;
    x = game_of(MANY, &desc);
    batch = batch_of(&x, samples, BATCH);
    batch.labels16 = l.apart;
    memory.left = 0;
    expect_ok(gan_train_step(x.trainer, &batch, NULL));
    expect_ok(gan_train_discriminator_step_labels16(x.trainer, &batch, z, l.apart, NULL));
    expect_ok(gan_train_generator_step_labels16(x.trainer, BATCH, z, l.apart, NULL));
    expect_ok(gan_trainer_sample_labels16(x.trainer, z, l.apart, BATCH, out));
    ck_assert_uint_eq(memory.refused, 0);
    free(samples);
    free(z);
    game_end(&x);
    ck_assert_uint_eq(budget_live(&memory), 0);
}
