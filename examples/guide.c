/* guide.c - the program of docs/guide.md, from its snippets in their order: networks, data, training, files,
 * sampling.  It writes its files into the current directory.  Written by scripts/guide-program; read it beside the
 * guide. */
#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(gan_status status)
{
    if (status >= GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_last_error());
    exit(1);
}

static int read_wave(void *user, size_t index, float *out, unsigned char *label)
{
    const float *step = user;
    for (int i = 0; i < 28 * 28; i++) out[i] = (float)((i + (int)index) % 28) * *step - 1;
    (void)label; /* NULL: the dataset has no labels */
    return 0;
}

static void fill_drift(const gan_objective_step *step, gan_objective_rows *rows, float sign)
{
    for (size_t i = 0; i < rows->n_rows; i++) {
        const float x = rows->outputs[i * rows->stride], missing = 1 - sign * x;
        const double weight = step->share / (double)rows->n_rows; /* share: of micro-batches */
        const float slope = (missing > 0 ? -sign : 0) + 0.002f * x;

        rows->loss += ((missing > 0 ? missing : 0) + 0.001f * x * x) / (double)rows->n_rows;
        rows->grads[i * rows->stride] = (float)(weight * slope);
        rows->shown += x / (double)rows->n_rows; /* d_real and d_fake of the statistics */
    }
}

static gan_status drift_d(void *user, const gan_objective_step *step, gan_objective_rows *real,
                          gan_objective_rows *fake)
{
    (void)user;
    fill_drift(step, real, 1);
    fill_drift(step, fake, -1);
    return GAN_OK;
}

static gan_status drift_g(void *user, const gan_objective_step *step, gan_objective_rows *real,
                          gan_objective_rows *fake)
{
    (void)user, (void)real;
    for (size_t i = 0; i < fake->n_rows; i++) {
        fake->loss -= fake->outputs[i * fake->stride] / (double)fake->n_rows;
        fake->grads[i * fake->stride] = (float)(-step->share / (double)fake->n_rows);
    }
    return GAN_OK;
}

/* Called between the gradients and the update of each network. */
static gan_status watch(void *largest, gan_train_gradients *gradients)
{
    if (gradients->norm > *(double *)largest) *(double *)largest = gradients->norm;
    return GAN_OK;
}

static void *counted_alloc(size_t bytes, void *user)
{
    ++*(size_t *)user;
    return malloc(bytes);
}

static void counted_free(void *memory, void *user)
{
    --*(size_t *)user;
    free(memory);
}

static gan_network *g;
static gan_network *d;
static gan_conv2d_desc same;
static gan_trainer_desc trainer_desc;
static gan_adam_desc adam;
static gan_optimizer *g_adam, *d_adam;
static gan_dataset *mine;
static float step;
static gan_dataset *waves;
static gan_dataset *data;
static gan_iterator *it;
static gan_trainer *trainer;
static gan_train_stats stats;
static gan_rng *rng;
static gan_schedule_desc settling;
static gan_penalty_desc penalty;
static gan_augment_desc augment;
static gan_lecam_desc lecam;
static gan_consistency_desc consistency;
static gan_network *artist;
static gan_network *critic;
static gan_trainer *lessons;
static gan_optimizer *artist_adam, *critic_adam;
static gan_network *expert;
static gan_optimizer *expert_adam;
static float z[64 * 16], samples[64 * 28 * 28];
static float real[400 * 28 * 28], fresh[200 * 28 * 28], drawn[200 * 28 * 28], latent[200 * 16];
static gan_reference_desc with;
static gan_comparison found;
static const gan_batch *first;
static gan_network *loaded;
static gan_safetensors *weights;
static size_t live;

/* ---- Networks ---- */

static int chapter_networks(void)
{
    gan_network_desc g_desc = {GAN_NETWORK_DESC_INIT, .seed = 1};
    g = gan_network_create(gan_shape_1d(16), &g_desc);
    gan_network_add(g, gan_layer_linear(16, 128));
    gan_network_add(g, gan_layer_leaky_relu(0.2f));
    gan_network_add(g, gan_layer_linear(128, 28 * 28));
    gan_network_add(g, gan_layer_tanh());

    gan_network_desc d_desc = {GAN_NETWORK_DESC_INIT, .seed = 2};
    d = gan_network_create(gan_shape_1d(28 * 28), &d_desc);
    gan_network_add(d, gan_layer_linear(28 * 28, 128));
    gan_network_add(d, gan_layer_leaky_relu(0.2f));
    gan_network_add(d, gan_layer_dropout(0.3f));
    gan_network_add(d, gan_layer_linear(128, 1));
    gan_network_add(d, gan_layer_sigmoid());

    gan_network *wrong = gan_network_create(gan_shape_1d(16), NULL);
    gan_network_add(wrong, gan_layer_linear(16, 128));
    gan_network_add(wrong, gan_layer_linear(100, 1)); /* does not fit */
    if (gan_network_build(wrong) != GAN_OK) printf("%s\n", gan_last_error());
    gan_network_destroy(wrong);

    gan_conv2d_desc by_two = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
    gan_network *painter = gan_network_create(gan_shape_3d(16, 1, 1), NULL);
    gan_network_add(painter, gan_layer_conv_transpose2d(16, 32, 7, NULL)); /* 32 maps of 7x7 */
    gan_network_add(painter, gan_layer_batch_norm(32, NULL));
    gan_network_add(painter, gan_layer_relu());
    gan_network_add(painter, gan_layer_conv_transpose2d(32, 3, 4, &by_two)); /* a colour picture of 14x14 */
    gan_network_add(painter, gan_layer_tanh());
    check(gan_network_build(painter));
    gan_network_destroy(painter);

    gan_conv1d_desc line_by_two = {GAN_CONV1D_DESC_INIT, .stride = 2, .padding = 1};
    gan_network *singer = gan_network_create(gan_shape_2d(16, 1), NULL);
    gan_network_add(singer, gan_layer_conv_transpose1d(16, 32, 32, NULL)); /* 32 lines of 32 values */
    gan_network_add(singer, gan_layer_relu());
    gan_network_add(singer, gan_layer_conv_transpose1d(32, 1, 4, &line_by_two)); /* one of 64 */
    gan_network_add(singer, gan_layer_tanh());
    check(gan_network_build(singer));
    gan_network_destroy(singer);

    gan_shape maps = gan_shape_3d(32, 7, 7);
    same = (gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .padding = {1, 1}};
    gan_network *body = gan_network_create(maps, NULL);
    gan_network_add(body, gan_layer_batch_norm(32, NULL));
    gan_network_add(body, gan_layer_relu());
    gan_network_add(body, gan_layer_conv2d(32, 64, 3, &same));
    gan_network *shortcut = gan_network_create(maps, NULL);
    gan_network_add(shortcut, gan_layer_conv2d(32, 64, 1, NULL));

    gan_network *deep = gan_network_create(maps, NULL);
    gan_network_add(deep, gan_layer_residual(body, shortcut));
    check(gan_network_build(deep));
    gan_network_destroy(deep);

    gan_network *attention = gan_network_create(gan_shape_3d(32, 14, 14), NULL);
    gan_network_add(attention, gan_layer_conv2d(32, 4 + 4 + 16, 1, NULL));
    gan_network_add(attention, gan_layer_attention(4, 16, 1));
    gan_network_add(attention, gan_layer_conv2d(16, 32, 1, NULL));
    gan_network *looking = gan_network_create(gan_shape_3d(32, 14, 14), NULL);
    gan_network_add(looking, gan_layer_residual(attention, NULL));
    gan_network_add(looking, gan_layer_blur_pool2d(2));
    gan_init_desc begin = {GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL, .slope = 0.2, .zero_last = 1};
    check(gan_network_initialize_as(looking, 1, &begin));
    gan_network_destroy(looking);

    if (gan_network_initialize_as(g, 1, &(gan_init_desc){GAN_INIT_DESC_INIT, .std = 0.02}) != GAN_OK)
        fprintf(stderr, "%s\n", gan_last_error());

    char table[1000];
    gan_network_summary(d, table, sizeof table);
    printf("%s", table);

    gan_layer_info info = {GAN_LAYER_INFO_INIT};
    for (size_t i = 0; gan_network_layer_info(&info, d, i) == GAN_OK; i++) {
        printf("%s: %s", info.name, info.kind);
        for (size_t k = 0; k < info.n_settings; k++)
            printf(", %s %g", info.settings[k].name, info.settings[k].value);
        printf("\n"); /* 1: leaky_relu, slope 0.2 */
    }
    double below_zero;
    if (gan_network_find_setting(&below_zero, 1, d, "1", "slope") != GAN_OK)
        fprintf(stderr, "%s\n", gan_last_error());
    return 0;
}

/* ---- Descriptors ---- */

static int chapter_descriptors(void)
{
    trainer_desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 50, .seed = 7};

    adam = (gan_adam_desc){GAN_ADAM_DESC_INIT};
    adam.lr = 0.0002;
    adam.beta1 = 0.5;

    check(gan_optimizer_create_adam(&g_adam, &adam));
    check(gan_optimizer_create_adam(&d_adam, &adam));
    return 0;
}

/* ---- Data ---- */

static int chapter_data(void)
{
    gan_dataset *mnist;
    if (gan_dataset_open_idx(&mnist, "no-such-file.gz", NULL, NULL) != GAN_OK) printf("%s\n", gan_last_error());

    gan_image_folder_desc folder = {GAN_IMAGE_FOLDER_DESC_INIT, .width = 64, .height = 64, .skip_bad = 1};
    gan_dataset *photos;
    if (gan_dataset_open_image_folder(&photos, "no-such-directory", &folder) != GAN_OK) printf("%s\n", gan_last_error());
    printf("%zu pictures\n", gan_dataset_count(photos));
    for (size_t i = 0; i < gan_dataset_skipped_count(photos); i++) printf("left out: %s\n", gan_dataset_skipped(photos, i));
    gan_dataset_destroy(photos);

    gan_npy_desc npy = {GAN_NPY_DESC_INIT, .channels_last = 1, .samples_name = "x_train", .labels_name = "y_train"};
    gan_dataset *arrays;
    if (gan_dataset_open_npy(&arrays, "no-such-file.npz", NULL, &npy) != GAN_OK) printf("%s\n", gan_last_error());
    gan_dataset_destroy(arrays);

    const char census_file[] = "age,income,city\n31,2400,Oslo\n44,3100,Bern\n29,1900,Oslo\n";
    gan_reader lines = gan_reader_memory(census_file, sizeof census_file - 1);
    gan_csv_desc csv = {GAN_CSV_DESC_INIT, .label_column = "city"};
    gan_dataset *persons, *prepared;
    gan_scaler *scale;
    if (gan_dataset_open_csv_from(&persons, &lines, &csv) != GAN_OK || gan_scaler_fit(&scale, persons, NULL) != GAN_OK ||
        gan_dataset_create_scaled(&prepared, persons, scale, NULL) != GAN_OK)
        return 1;
    printf("%zu columns, the first is %s\n", gan_dataset_column_count(prepared), gan_dataset_column_name(prepared, 0));
    gan_dataset_destroy(prepared), gan_dataset_destroy(persons), gan_scaler_destroy(scale);

    unsigned char *pixels = malloc(500 * 28 * 28);
    for (int i = 0; i < 500 * 28 * 28; i++) pixels[i] = (unsigned char)(i % 28 * 9); /* your own images here */

    check(gan_dataset_create_bytes(&mine, pixels, NULL, 500, gan_shape_3d(1, 28, 28), NULL));
    free(pixels);

    step = 2.0f / 28;

    check(gan_dataset_create_callbacks(&waves, read_wave, &step, 1000, gan_shape_1d(28 * 28), 0, NULL));

    check(gan_dataset_create_shapes(&data, 5000, 1, NULL));

    gan_dataset *to_train, *to_judge;
    check(gan_dataset_split(&to_train, &to_judge, data, &(gan_split_desc){GAN_SPLIT_DESC_INIT, .fraction = 0.9, .stratify = 1}));
    printf("%zu and %zu samples\n", gan_dataset_count(to_train), gan_dataset_count(to_judge));
    gan_dataset_destroy(to_train);
    gan_dataset_destroy(to_judge);

    const float people[4 * 2] = {20, 1000, 30, 3000, 60, 2000, 50, 9000}; /* age, income */
    gan_dataset *census, *scaled;
    gan_scaler *scaler;
    check(gan_dataset_create_floats(&census, people, NULL, 4, gan_shape_1d(2), NULL));
    check(gan_scaler_fit(&scaler, census, &(gan_scaler_desc){GAN_SCALER_DESC_INIT, .kind = GAN_SCALER_MIN_MAX}));
    check(gan_dataset_create_scaled(&scaled, census, scaler, NULL)); /* to train on: from -1 to 1 */
    gan_network *demographer = gan_network_create(gan_shape_1d(3), NULL);
    gan_network_add(demographer, gan_layer_linear(3, 2));
    gan_network_add(demographer, gan_layer_tanh());
    check(gan_network_set_scaler(demographer, scaler));

    const float draw[3] = {0.3f, -1, 0.5f};
    float person[2];
    check(gan_network_forward(demographer, draw, 1, person));
    check(gan_scaler_invert(gan_network_scaler(demographer), person, 1, person));
    printf("%.0f years, income %.0f\n", person[0], person[1]);
    gan_network_destroy(demographer);
    gan_scaler_destroy(scaler);
    gan_dataset_destroy(scaled);
    gan_dataset_destroy(census);

    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = 50, .shuffle = 1, .seed = 3};

    check(gan_iterator_create(&it, data, &walk));
    return 0;
}

/* ---- Training ---- */

static int chapter_training(void)
{
    stats = (gan_train_stats){GAN_TRAIN_STATS_INIT};
    check(gan_trainer_create(&trainer, g, d, g_adam, d_adam, &trainer_desc));
    while (gan_iterator_epoch(it) < 2) {
        const gan_batch *batch;
        gan_status status = gan_iterator_next(it, &batch);
        check(status);
        if (status == GAN_OK) check(gan_train_step(trainer, batch, &stats));
        else printf("epoch over: D loss %.3f, G loss %.3f\n", stats.d_loss, stats.g_loss);
    }

    for (int i = 0; i < 30; i++) {
        const gan_batch *batch;
        gan_status status = gan_iterator_next(it, &batch);
        check(status);
        if (status == GAN_OK) check(gan_train_discriminator_step(trainer, batch, NULL, NULL, &stats));
        if (i % 3 == 2) check(gan_train_generator_step(trainer, 50, NULL, NULL, &stats));
    }

    static float noise[50 * 16];

    check(gan_rng_create(&rng, 5, 0, NULL));
    gan_rng_uniform(rng, 50 * 16, noise);
    for (int i = 0; i < 50 * 16; i++) noise[i] = 2 * noise[i] - 1;
    check(gan_train_generator_step(trainer, 50, noise, NULL, &stats));

    trainer_desc.real_target = 0.9; /* before gan_trainer_create() */
    trainer_desc.label_flip = 0.02;

    gan_schedule_desc schedule = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE, .warmup = 100, .period = 10000, .factor = 0.1};
    gan_limits_desc limits = {GAN_LIMITS_DESC_INIT, .grad_norm = 10};
    check(gan_optimizer_set_schedule(d_adam, &schedule));
    check(gan_optimizer_set_limits(d_adam, &limits));
    printf("next step's rate: %g\n", gan_optimizer_next_lr(d_adam));

    gan_schedule_desc slower = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE, .period = 10000, .factor = 1.0009};
    settling = (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR, .period = 2000, .rising = 1};
    check(gan_optimizer_schedule_setting(d_adam, "beta2", &slower)); /* 0.999 to 0.9999 */
    trainer_desc.average_half_life = 20000; /* before gan_trainer_create() */
    trainer_desc.average_schedule = &settling;

    penalty = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 10, .interval = 16};
    trainer_desc.penalty = &penalty; /* before gan_trainer_create() */

    check(gan_optimizer_set_lr(g_adam, 0.5 * gan_optimizer_lr(g_adam)));
    return 0;
}

/* ---- Few images ---- */

static int chapter_few_images(void)
{
    augment = (gan_augment_desc){GAN_AUGMENT_DESC_INIT, .fill = -1,
                                .operations = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT};
    trainer_desc.augment = &augment; /* before gan_trainer_create() */

    augment.target = 0.6;
    augment.images = 50000; /* over which the probability may rise from 0 to 1; short runs need few */

    lecam = (gan_lecam_desc){GAN_LECAM_DESC_INIT, .weight = 0.1, .start = 1000};
    consistency = (gan_consistency_desc){GAN_CONSISTENCY_DESC_INIT, .real_weight = 10, .fake_weight = 10};
    trainer_desc.lecam = &lecam;
    trainer_desc.consistency = &consistency;
    return 0;
}

/* ---- Conditional networks ---- */

static int chapter_conditional_networks(void)
{
    artist = gan_network_create(gan_shape_1d(16), NULL);
    gan_network_add(artist, gan_layer_label_embedding(10, 8)); /* 10 classes */
    gan_network_add(artist, gan_layer_linear(16 + 8, 128));
    gan_network_add(artist, gan_layer_leaky_relu(0.2f));
    gan_network_add(artist, gan_layer_linear(128, 28 * 28));
    gan_network_add(artist, gan_layer_tanh());

    critic = gan_network_create(gan_shape_1d(28 * 28), NULL);
    gan_network_add(critic, gan_layer_linear(28 * 28, 128));
    gan_network_add(critic, gan_layer_leaky_relu(0.2f));
    gan_network_add(critic, gan_layer_projection(128, 10));

    const char *garments[10] = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                "sandal", "shirt", "sneaker", "bag", "ankle boot"};
    check(gan_network_set_class_names(artist, garments, 10));

    double sizes[10];

    check(gan_dataset_class_sizes(data, sizes, 10));
    check(gan_optimizer_create_adam(&artist_adam, &adam));
    check(gan_optimizer_create_adam(&critic_adam, &adam));
    gan_trainer_desc conditional = {GAN_TRAINER_DESC_INIT, .batch_size = 50, .class_weights = sizes, .n_class_weights = 10};
    check(gan_trainer_create(&lessons, artist, critic, artist_adam, critic_adam, &conditional));
    for (int i = 0; i < 20; i++) {
        const gan_batch *batch;
        gan_status status = gan_iterator_next(it, &batch);
        check(status);
        if (status == GAN_OK) check(gan_train_step(lessons, batch, &stats));
    }

    static float ten[10 * 16], rows[100 * 16], garment[100 * 28 * 28];
    unsigned char classes[100];
    gan_rng_normal(rng, 10 * 16, ten);
    for (int i = 0; i < 100; i++) {
        classes[i] = (unsigned char)(i / 10);
        memcpy(rows + i * 16, ten + i % 10 * 16, 16 * sizeof *rows);
    }
    check(gan_trainer_sample_labels(lessons, rows, classes, 100, garment));
    gan_grid_desc by_class = {GAN_GRID_DESC_INIT, .columns = 10};
    check(gan_image_write_grid("classes.png", garment, 100, gan_shape_2d(28, 28), &by_class));

    float way[5] = {0, 0.25f, 0.5f, 0.75f, 1};
    unsigned char from[5] = {1, 1, 1, 1, 1}, to[5] = {3, 3, 3, 3, 3};
    check(gan_network_forward_between(artist, rows, from, to, way, 5, garment));
    printf("from %s to %s\n", gan_network_class_name(artist, 1), gan_network_class_name(artist, 3));
    gan_trainer_destroy(lessons);

    expert = gan_network_create(gan_shape_1d(28 * 28), NULL);
    gan_network_add(expert, gan_layer_linear(28 * 28, 128));
    gan_network_add(expert, gan_layer_leaky_relu(0.2f));
    gan_network_add(expert, gan_layer_linear(128, 1 + 10));
    conditional.auxiliary_weight = 1;
    conditional.auxiliary_real_only = 1;

    check(gan_optimizer_create_adam(&expert_adam, &adam));
    check(gan_trainer_create(&lessons, artist, expert, artist_adam, expert_adam, &conditional));

    gan_network *encyclopedia = gan_network_create(gan_shape_1d(16), NULL);
    gan_network_add(encyclopedia, gan_layer_label_embedding(1000, 8));
    gan_network_add(encyclopedia, gan_layer_linear(16 + 8, 28 * 28));
    const uint16_t entry = 999;
    float vector[16] = {0}, page[28 * 28];
    check(gan_network_forward_labels16(encyclopedia, vector, &entry, 1, page));
    gan_network_destroy(encyclopedia);
    return 0;
}

/* ---- Custom objectives ---- */

static int chapter_custom_objectives(void)
{
    gan_objective drift = {GAN_OBJECTIVE_INIT, .name = "hinge_drift", .discriminator = drift_d,
                           .generator = drift_g};
    double largest = 0;
    gan_trainer_desc own_desc = {GAN_TRAINER_DESC_INIT, .objective = &drift, .on_gradients = watch,
                                 .on_gradients_user = &largest};
    gan_optimizer *own_g_adam, *own_d_adam;
    check(gan_optimizer_create_adam(&own_g_adam, &adam));
    check(gan_optimizer_create_adam(&own_d_adam, &adam));
    gan_trainer *own;
    check(gan_trainer_create(&own, g, d, own_g_adam, own_d_adam, &own_desc));
    for (int i = 0; i < 5; i++) {
        const gan_batch *batch;
        gan_status status = gan_iterator_next(it, &batch);
        check(status);
        if (status == GAN_OK) check(gan_train_step(own, batch, &stats));
    }
    printf("largest gradient norm %.3f\n", largest);
    gan_trainer_destroy(own);
    gan_optimizer_destroy(own_g_adam);
    gan_optimizer_destroy(own_d_adam);
    return 0;
}

/* ---- Custom training loops ---- */

static int chapter_custom_training_loops(void)
{
    enum { ROWS = 50, PIXELS = 28 * 28 };
    gan_network *cleaner = gan_network_create(gan_shape_1d(PIXELS), NULL);
    gan_network_add(cleaner, gan_layer_linear(PIXELS, 64));
    gan_network_add(cleaner, gan_layer_batch_norm(64, NULL));
    gan_network_add(cleaner, gan_layer_leaky_relu(0.2f));
    gan_network_add(cleaner, gan_layer_linear(64, PIXELS));

    gan_pass *pass;
    gan_pass_desc pass_desc = {GAN_PASS_DESC_INIT, .rows = ROWS};
    check(gan_pass_create(&pass, cleaner, &pass_desc));
    gan_optimizer *cleaner_adam;
    check(gan_optimizer_create_adam(&cleaner_adam, &adam));
    check(gan_optimizer_bind(cleaner_adam, gan_network_param_count(cleaner)));

    static float clean[ROWS * PIXELS], noisy[ROWS * PIXELS], y[ROWS * PIXELS], dy[ROWS * PIXELS];
    gan_rng_uniform(rng, ROWS * PIXELS, clean);
    gan_rng_normal(rng, ROWS * PIXELS, noisy);
    for (size_t i = 0; i < ROWS * PIXELS; i++) noisy[i] = clean[i] + 0.3f * noisy[i];
    for (int update = 0; update < 20; update++) {
        check(gan_pass_forward(pass, noisy, ROWS, y));
        for (size_t i = 0; i < ROWS * PIXELS; i++) dy[i] = 2 * (y[i] - clean[i]) / (ROWS * PIXELS);
        check(gan_pass_backward(pass, dy, GAN_PASS_REPLACE, NULL));
        check(gan_pass_update_buffers(pass)); /* batch_norm's running statistics */
        check(gan_pass_step(pass, cleaner_adam, NULL));
    }

    gan_pass *g_pass, *d_pass;
    check(gan_pass_create(&g_pass, g, &pass_desc));
    check(gan_pass_create(&d_pass, d, &pass_desc));
    static float fake[ROWS * PIXELS], logits[ROWS];
    for (size_t i = 0; i < ROWS; i++) dy[i] = -1.0f / ROWS; /* maximise the discriminator's mean output */
    check(gan_pass_forward(g_pass, noisy, ROWS, fake));
    check(gan_pass_forward(d_pass, fake, ROWS, logits));
    check(gan_pass_backward(d_pass, dy, GAN_PASS_KEEP, fake)); /* with respect to the samples only */
    check(gan_pass_backward(g_pass, fake, GAN_PASS_REPLACE, NULL));
    gan_tensor slope;
    check(gan_pass_gradient(&slope, g_pass, "0.weight"));
    printf("%s has a gradient of %zu elements\n", slope.name, slope.size);
    gan_pass_destroy(d_pass);
    gan_pass_destroy(g_pass);

    uint64_t steps = 20, noise_place = gan_rng_position(rng), n_forwards = gan_pass_forward_count(pass);
    gan_parts *parts;
    check(gan_parts_create(&parts, NULL));
    check(gan_parts_add_network(parts, "cleaner", cleaner));
    check(gan_parts_add_optimizer(parts, "adam", cleaner_adam, cleaner));
    check(gan_parts_add_whole(parts, "steps", &steps));
    check(gan_parts_add_whole(parts, "noise_place", &noise_place));
    check(gan_parts_add_whole(parts, "n_forwards", &n_forwards));
    check(gan_parts_save(parts, "cleaner.safetensors"));
    check(gan_parts_load(parts, "cleaner.safetensors")); /* or in another process */
    check(gan_rng_seek(rng, noise_place));
    gan_parts_destroy(parts);

    gan_pass_destroy(pass);
    gan_network_destroy(cleaner);
    gan_optimizer_destroy(cleaner_adam);
    return 0;
}

/* ---- Samples as images ---- */

static int chapter_samples_as_images(void)
{
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .padding = 2};
    gan_rng_normal(rng, 64 * 16, z);
    check(gan_trainer_sample(trainer, z, 64, samples));
    check(gan_image_write_grid("samples.png", samples, 64, gan_shape_2d(28, 28), &grid));

    gan_image *film[8];
    for (size_t i = 0; i < 8; i++)
        check(gan_image_create_grid(&film[i], samples + i * 28 * 28, 1, gan_shape_2d(28, 28), NULL));
    check(gan_image_write_animation(film, 8, 200, "walk.png")); /* 200 ms each */
    for (size_t i = 0; i < 8; i++) gan_image_destroy(film[i]);
    return 0;
}

/* ---- Comparing samples with real ones ---- */

static int chapter_comparing_samples_with_real_ones(void)
{
    for (size_t i = 0; i < 400; i++) check(gan_dataset_read(data, i, real + i * 28 * 28, NULL));
    memcpy(fresh, real + 200 * 28 * 28, sizeof fresh);
    gan_rng_normal(rng, 200 * 16, latent);
    check(gan_trainer_sample(trainer, latent, 200, drawn));

    gan_features *pixels14;
    check(gan_features_create_pixels(&pixels14, gan_shape_2d(28, 28), NULL)); /* 14x14 values */
    static float of_real[200 * 196], of_fresh[200 * 196], of_drawn[200 * 196];
    check(gan_features_compute(pixels14, real, 200, of_real));
    check(gan_features_compute(pixels14, fresh, 200, of_fresh));
    check(gan_features_compute(pixels14, drawn, 200, of_drawn));

    gan_reference *reference;
    with = (gan_reference_desc){GAN_REFERENCE_DESC_INIT, .held_out = of_fresh, .n_held_out = 200};
    found = (gan_comparison){GAN_COMPARISON_INIT};
    check(gan_reference_create(&reference, of_real, 200, 196, &with));
    check(gan_reference_compare(reference, of_drawn, NULL, 200, &found));
    printf("recall %.3f (%.3f to %.3f), of real samples %.3f\n", found.recall.value, found.recall.low,
           found.recall.high, found.recall.floor);
    gan_reference_destroy(reference);
    gan_features_destroy(pixels14);
    return 0;
}

/* ---- When a run goes wrong ---- */

static int chapter_when_a_run_goes_wrong(void)
{
    gan_health *health;
    gan_finding finding = {GAN_FINDING_INIT};
    gan_look look = {GAN_LOOK_INIT, .comparison = &found};

    check(gan_health_create(&health, NULL));
    check(gan_iterator_next(it, &first));
    check(gan_health_preflight(health, trainer, first, gan_dataset_count(data))); /* before the first step */

    check(gan_health_step(health, gan_train_step(trainer, first, &stats), &stats)); /* each step */
    check(gan_health_look(health, &look));                                         /* each epoch */

    check(gan_health_verdict(health, &finding));
    printf("%s: %s\n", gan_verdict_name(finding.verdict), finding.sentence);
    for (size_t i = 0; i < gan_health_finding_count(health); i++) { /* notes and warnings, too */
        check(gan_health_finding(health, i, &finding));
        printf("%s: %s; %s\n", gan_verdict_name(finding.verdict), finding.sentence, finding.advice);
    }

    static unsigned char seen[65536];
    size_t n_seen = gan_health_state_size(health);
    check(gan_health_save(health, seen));
    check(gan_trainer_set_extra_state(trainer, seen, n_seen)); /* before gan_checkpoint_save() */
    check(gan_health_load(health, gan_trainer_extra_state(trainer, &n_seen), n_seen));
    gan_health_destroy(health);
    return 0;
}

/* ---- Files ---- */

static int chapter_files(void)
{
    check(gan_network_save(g, "generator.safetensors"));

    check(gan_network_open(&loaded, "generator.safetensors", NULL));
    check(gan_network_forward(loaded, z, 64, samples));
    gan_network_destroy(loaded);

    gan_network_load_report report = {GAN_NETWORK_LOAD_REPORT_INIT};
    gan_network_load_desc what_fits = {GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1, .report = &report};
    gan_network *wider = gan_network_create(gan_shape_1d(16), NULL);
    gan_network_add(wider, gan_layer_linear(16, 128));
    gan_network_add(wider, gan_layer_leaky_relu(0.2f));
    gan_network_add(wider, gan_layer_linear(128, 1000));
    check(gan_network_load(wider, "generator.safetensors", &what_fits));
    printf("%zu loaded, %zu of another shape: %s\n", report.n_loaded, report.n_misshaped, report.misshaped);
    gan_network_destroy(wider);

    const gan_rename renames[] = {{"0.", "2."}, {"1.", "3."}, {"2.", "4."}, {"3.", "5."}};
    gan_network *behind = gan_network_create(gan_shape_1d(10), NULL);
    gan_network_add(behind, gan_layer_linear(10, 16)); /* layers 0 and 1 are new */
    gan_network_add(behind, gan_layer_tanh());
    gan_network_add(behind, gan_layer_linear(16, 128)); /* layers 2 to 5 are those of the file */
    gan_network_add(behind, gan_layer_leaky_relu(0.2f));
    gan_network_add(behind, gan_layer_linear(128, 784));
    gan_network_add(behind, gan_layer_tanh());
    check(gan_network_load(behind, "generator.safetensors",
                           &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .renames = renames, .n_renames = 4}));
    gan_network_destroy(behind);

    gan_tensor weight;
    check(gan_network_find(&weight, g, "2.weight"));
    printf("%s: %zu x %zu\n", weight.name, weight.shape.dim[0], weight.shape.dim[1]);

    check(gan_checkpoint_save(trainer, it, "run.safetensors"));
    check(gan_checkpoint_load(trainer, it, "run.safetensors")); /* or in another process, with the same settings */

    const char *const adopt[] = {"generator_optimizer.lr", "discriminator_optimizer.lr", "iterator.*"};
    gan_checkpoint_resume_report changed = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    check(gan_checkpoint_resume(trainer, it, "run.safetensors",
                                &(gan_checkpoint_resume_desc){GAN_CHECKPOINT_RESUME_DESC_INIT, .adopt = adopt,
                                                              .n_adopt = 3, .report = &changed}));
    printf("%zu changes: %s\n", changed.n_changes, changed.changes); /* none here: the settings are the same */

    double sums[2] = {0.25, 12}; /* of this epoch: losses, and steps */
    check(gan_trainer_set_extra_state(trainer, sums, sizeof sums));
    check(gan_checkpoint_save(trainer, it, "run.safetensors"));
    check(gan_checkpoint_load(trainer, it, "run.safetensors"));
    size_t n_extra;
    const void *extra = gan_trainer_extra_state(trainer, &n_extra);
    if (n_extra == sizeof sums) memcpy(sums, extra, sizeof sums);

    gan_network *saved;
    check(gan_checkpoint_networks(&saved, NULL, "run.safetensors", NULL));
    check(gan_network_forward(saved, z, 64, samples));
    gan_network_destroy(saved);

    gan_writer writer = gan_writer_memory(NULL, 0); /* no memory: computes the size */
    gan_status too_small = gan_network_save_to(g, &writer);
    printf("%s: the file has %zu bytes\n", gan_status_name(too_small), writer.n_bytes);
    writer = gan_writer_memory(malloc(writer.n_bytes), writer.n_bytes);
    check(gan_network_save_to(g, &writer));

    gan_reader reader = gan_reader_memory(writer.bytes, writer.n_bytes); /* or an array linked into the program */
    gan_network *from_memory;
    check(gan_network_open_from(&from_memory, &reader, NULL));
    gan_network_destroy(from_memory);
    free(writer.bytes);

    check(gan_safetensors_open(&weights, "generator.safetensors", NULL));
    for (size_t i = 0; i < gan_safetensors_count(weights); i++) {
        gan_safetensors_entry tensor = {GAN_SAFETENSORS_ENTRY_INIT};
        check(gan_safetensors_tensor(&tensor, weights, i));
        printf("%s: %s, %zu elements\n", tensor.name, tensor.dtype, (size_t)tensor.size);
    }
    gan_safetensors_destroy(weights);
    return 0;
}

/* ---- Inference: sampling in your own program ---- */

static int chapter_inference_sampling_in_your_own_program(void)
{
    gan_sampler *sampler;
    gan_sampler_workspace *workspace;
    check(gan_network_open(&loaded, "generator.safetensors", NULL));
    check(gan_sampler_create(&sampler, loaded, NULL));
    gan_network_destroy(loaded); /* the sampler has a copy */
    check(gan_sampler_workspace_create(&workspace, sampler, NULL)); /* on each thread */
    check(gan_sampler_draw(workspace, z, NULL, 64, samples));

    check(gan_sampler_publish(sampler, g)); /* or gan_trainer_average(trainer) */
    check(gan_sampler_draw(workspace, z, NULL, 64, samples));
    printf("version %llu\n", (unsigned long long)gan_sampler_workspace_version(workspace));
    gan_sampler_workspace_destroy(workspace);
    gan_sampler_destroy(sampler);
    return 0;
}

/* ---- A generator without the library ---- */

static int chapter_a_generator_without_the_library(void)
{
    gan_export_report exported = {GAN_EXPORT_REPORT_INIT};
    check(gan_export_c(g, ".", &(gan_export_c_desc){GAN_EXPORT_C_DESC_INIT, .name = "garment",
                                                    .with_main = 1, .report = &exported}));
    printf("%zu bytes of weights\n", exported.weight_bytes);
    check(gan_network_set_picture_shape(g, gan_shape_3d(1, 28, 28)));
    check(gan_export_page(g, "garment.html", &(gan_export_page_desc){GAN_EXPORT_PAGE_DESC_INIT,
                                                                     .title = "Garments",
                                                                     .weights = GAN_EXPORT_FLOAT16}));
    return 0;
}

/* ---- A generator as an ONNX file ---- */

static int chapter_a_generator_as_an_onnx_file(void)
{
    check(gan_export_onnx(g, "generator.onnx", NULL));

    check(gan_export_onnx(g, "folded.onnx",
                          &(gan_export_onnx_desc){GAN_EXPORT_ONNX_DESC_INIT, .fold_batch_norm = 1}));
    return 0;
}

/* ---- Logging and reports ---- */

static int chapter_logging_and_reports(void)
{
    gan_log *log;
    gan_report *html;
    gan_log_desc log_desc = {GAN_LOG_DESC_INIT, .interval = 20, .csv = "log.csv"};
    check(gan_log_create(&log, "log.jsonl", &log_desc));
    check(gan_report_create(&html, NULL));
    check(gan_log_note(log, "title", "Silhouettes"));
    check(gan_log_note(log, "settings.batch", "50"));

    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        for (int i = 0; i < 40; i++) {
            check(gan_train_generator_step(trainer, 50, NULL, NULL, &stats));
            check(gan_log_value(log, "g_lr", gan_optimizer_lr(g_adam))); /* any value by name */
            check(gan_log_step(log, &stats));
        }
        check(gan_log_metric(log, "recall", found.recall.value)); /* a value of the epoch */
        check(gan_log_metric(log, "recall.floor", found.recall.floor));
        check(gan_log_epoch(log, epoch));

        gan_image *frame; /* of the same latent vectors each time */
        check(gan_trainer_sample(trainer, latent, 40, drawn));
        check(gan_image_create_grid(&frame, drawn, 40, gan_shape_2d(28, 28), NULL));
        check(gan_report_add_frame(html, epoch, frame));
        check(gan_report_write(html, log, "report.html"));
        gan_image_destroy(frame);
    }
    gan_report_destroy(html);
    gan_log_destroy(log);
    return 0;
}

/* ---- Fine-tuning: frozen layers and learning rates per tensor ---- */

static int chapter_fine_tuning_frozen_layers_and_learning_rates_per_tensor(void)
{
    check(gan_network_set_rate(g, "0.", 0));   /* freeze the generator's first layer */
    check(gan_network_set_rate(g, "2.", 0.1)); /* and train the next one slowly */
    check(gan_train_generator_step(trainer, 50, NULL, NULL, NULL));
    check(gan_network_set_rate(g, "", 1)); /* all as before */
    return 0;
}

/* ---- Threads, reproducibility, memory ---- */

static int chapter_threads_reproducibility_memory(void)
{
    gan_pool *pool;
    check(gan_pool_create(&pool, 2, NULL));
    gan_network_desc shared = {GAN_NETWORK_DESC_INIT, .pool = pool};
    check(gan_network_open(&loaded, "generator.safetensors", &shared));
    check(gan_network_forward(loaded, z, 64, samples));
    gan_network_destroy(loaded);
    gan_pool_destroy(pool);

    size_t bytes;
    check(gan_trainer_memory(&bytes, g, d, g_adam, d_adam, NULL));
    printf("%.1f MB\n", 1e-6 * (double)bytes);

    gan_trainer_desc lean = {GAN_TRAINER_DESC_INIT, .activations = GAN_ACTIVATIONS_RECOMPUTE};
    check(gan_trainer_memory(&bytes, g, d, g_adam, d_adam, &lean));
    printf("%.1f MB\n", 1e-6 * (double)bytes);

    gan_trainer_desc fast = {GAN_TRAINER_DESC_INIT, .precision = GAN_PRECISION_BFLOAT16};
    check(gan_trainer_memory(&bytes, g, d, g_adam, d_adam, &fast));
    printf("%.1f MB\n", 1e-6 * (double)bytes);

    live = 0;
    gan_allocator counted = {counted_alloc, counted_free, &live};
    gan_dataset_desc counted_desc = {GAN_DATASET_DESC_INIT, .allocator = &counted};
    gan_dataset *small;
    check(gan_dataset_create_shapes(&small, 10, 1, &counted_desc));
    printf("%zu blocks\n", live);
    gan_dataset_destroy(small);
    return 0;
}

/* ---- Cleaning up ---- */

static int chapter_cleaning_up(void)
{
    gan_rng_destroy(rng);
    gan_trainer_destroy(lessons);
    gan_optimizer_destroy(artist_adam);
    gan_optimizer_destroy(critic_adam);
    gan_optimizer_destroy(expert_adam);
    gan_network_destroy(artist);
    gan_network_destroy(critic);
    gan_network_destroy(expert);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(g_adam);
    gan_optimizer_destroy(d_adam);
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    gan_dataset_destroy(waves);
    gan_dataset_destroy(mine);
    return live == 0 ? 0 : 1;
}

int main(void)
{
    return chapter_networks() ||
           chapter_descriptors() ||
           chapter_data() ||
           chapter_training() ||
           chapter_few_images() ||
           chapter_conditional_networks() ||
           chapter_custom_objectives() ||
           chapter_custom_training_loops() ||
           chapter_samples_as_images() ||
           chapter_comparing_samples_with_real_ones() ||
           chapter_when_a_run_goes_wrong() ||
           chapter_files() ||
           chapter_inference_sampling_in_your_own_program() ||
           chapter_a_generator_without_the_library() ||
           chapter_a_generator_as_an_onnx_file() ||
           chapter_logging_and_reports() ||
           chapter_fine_tuning_frozen_layers_and_learning_rates_per_tensor() ||
           chapter_threads_reproducibility_memory() ||
           chapter_cleaning_up();
}
