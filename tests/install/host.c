/* host.c - a small program as users of the installed library write it; see check_install.sh. */
#include <gan/gan.h>

#include <stdio.h>
#include <string.h>

enum { LATENT = 2, BATCH = 8, STEPS = 4 };

static int fail(void)
{
    fprintf(stderr, "host: %s\n", gan_last_error());
    return 1;
}

int main(void)
{
    static const float data[BATCH] = {0.9f, 1.0f, 1.1f, 1.2f, -0.9f, -1.0f, -1.1f, -1.2f};
    const gan_batch batch = {
        GAN_BATCH_INIT, .count = BATCH, .shape = {1, {1, 0, 0, 0}}, .samples = data};
    const float z[LATENT] = {0.5f, -0.5f};
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_optimizer *g_adam = NULL, *d_adam = NULL;
    gan_trainer *trainer = NULL;
    float sample = 0.0f;

    gan_network *g = gan_network_create(gan_shape_1d(LATENT), NULL);
    gan_network_add(g, gan_layer_linear(LATENT, 8));
    gan_network_add(g, gan_layer_leaky_relu(0.2f));
    gan_network_add(g, gan_layer_linear(8, 1));

    gan_network *d = gan_network_create(
        gan_shape_1d(1), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 1});
    gan_network_add(d, gan_layer_linear(1, 8));
    gan_network_add(d, gan_layer_leaky_relu(0.2f));
    gan_network_add(d, gan_layer_linear(8, 1));
    gan_network_add(d, gan_layer_sigmoid());

    if (gan_optimizer_create_adam(&g_adam, NULL) != GAN_OK) return fail();
    if (gan_optimizer_create_adam(&d_adam, NULL) != GAN_OK) return fail();
    if (gan_trainer_create(&trainer, g, d, g_adam, d_adam, NULL) != GAN_OK) return fail();
    for (int i = 0; i < STEPS; i++)
        if (gan_train_step(trainer, &batch, &stats) != GAN_OK) return fail();
    if (gan_trainer_sample(trainer, z, 1, &sample) != GAN_OK) return fail();

    if (stats.g_steps != STEPS || gan_version_number() != GAN_VERSION_NUMBER) return 1;
    if (strcmp(gan_blas_name(), "") == 0) return 1;
    puts(gan_version_string());

    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(d_adam);
    gan_optimizer_destroy(g_adam);
    gan_network_destroy(d);
    gan_network_destroy(g);
    return 0;
}
