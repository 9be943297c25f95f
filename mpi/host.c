/* host.c - a host program that trains on several machines: the numbered comments mark what differs
 * from one that trains on a single machine.
 *
 *     cc host.c $(pkg-config --cflags --libs libgan-mpi) -o host
 *     mpirun -n 4 ./host */
#include <gan/gan.h>
#include <gan/mpi.h>
#include <stdio.h>
#include <stdlib.h>

static void must(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s\n", gan_last_error());
    exit(1); /* 1: mpirun then ends the other ranks */
}

int main(void)
{
    gan_communicator ranks = {GAN_COMMUNICATOR_INIT}; /* 2: who trains together */
    if (gan_mpi_world(&ranks) != GAN_OK) return 1;

    gan_network *g = gan_network_create(gan_shape_1d(64), NULL);
    gan_network_add(g, gan_layer_linear(64, 256));
    gan_network_add(g, gan_layer_leaky_relu(0.2f));
    gan_network_add(g, gan_layer_linear(256, 784));
    gan_network_add(g, gan_layer_tanh());
    gan_network *d = gan_network_create(gan_shape_1d(784), NULL);
    gan_network_add(d, gan_layer_linear(784, 256));
    gan_network_add(d, gan_layer_leaky_relu(0.2f));
    gan_network_add(d, gan_layer_linear(256, 1));

    gan_dataset *data;
    gan_iterator *it;
    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = 64, .shuffle = 1};
    walk.drop_last = 1;
    walk.rank = ranks.rank; /* 3: read only this rank's samples */
    walk.n_ranks = ranks.size;
    must(gan_dataset_create_shapes(&data, 2048, 1, NULL));
    must(gan_iterator_create(&it, data, &walk));

    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 64, .seed = 1, .shards = 8,
                                   .communicator = &ranks}; /* 4 */
    must(gan_optimizer_create_adam(&g_adam, NULL));
    must(gan_optimizer_create_adam(&d_adam, NULL));
    must(gan_trainer_create(&trainer, g, d, g_adam, d_adam, &desc));
    must(gan_checkpoint_compare(trainer, it)); /* 5: a rank with other data or settings is named */

    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    const gan_batch *batch;
    while (gan_iterator_next(it, &batch) == GAN_OK) must(gan_train_step(trainer, batch, &stats));
    must(gan_checkpoint_save(trainer, it, "host.gan")); /* 6: called on all ranks, rank 0 writes */
    if (ranks.rank == 0)
        printf("%zu ranks, %llu steps, D loss %.6f\n", ranks.size,
               (unsigned long long)stats.d_steps, stats.d_loss);

    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(d_adam);
    gan_optimizer_destroy(g_adam);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    gan_network_destroy(d);
    gan_network_destroy(g);
    gan_mpi_communicator_end(&ranks); /* 7 */
    return 0;
}
