/* host.cpp - the same from C++11: handles in smart pointers, descriptors, a callback. */
#include <gan/gan.h>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

struct end {
    void operator()(gan_network *x) const { gan_network_destroy(x); }
    void operator()(gan_optimizer *x) const { gan_optimizer_destroy(x); }
    void operator()(gan_trainer *x) const { gan_trainer_destroy(x); }
    void operator()(gan_dataset *x) const { gan_dataset_destroy(x); }
    void operator()(gan_iterator *x) const { gan_iterator_destroy(x); }
};
template <class T> using handle = std::unique_ptr<T, end>;

void must(gan_status status)
{
    if (status != GAN_OK) throw std::runtime_error(gan_last_error());
}

int read_sample(void *, std::size_t index, float *out, std::uint8_t *)
{
    *out = index % 2 ? 1.0f : -1.0f;
    return 0;
}

handle<gan_network> make_network(std::size_t in, std::uint64_t seed)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT};
    desc.seed = seed;
    handle<gan_network> net(gan_network_create(gan_shape_1d(in), &desc));
    gan_network_add(net.get(), gan_layer_linear(in, 8));
    gan_network_add(net.get(), gan_layer_tanh());
    gan_network_add(net.get(), gan_layer_linear(8, 1));
    return net;
}

handle<gan_optimizer> make_adam()
{
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};
    desc.lr = 0.01f;
    gan_optimizer *adam = nullptr;
    must(gan_optimizer_create_adam(&adam, &desc));
    return handle<gan_optimizer>(adam);
}

void run()
{
    gan_dataset *data = nullptr;
    must(gan_dataset_create_callbacks(
        &data, read_sample, nullptr, 64, gan_shape_1d(1), 0, nullptr));
    handle<gan_dataset> data_owner(data);

    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT};
    walk.batch_size = 8;
    walk.shuffle = 1;
    gan_iterator *it = nullptr;
    must(gan_iterator_create(&it, data, &walk));
    handle<gan_iterator> it_owner(it);

    handle<gan_network> g = make_network(2, 1), d = make_network(1, 2);
    handle<gan_optimizer> g_adam = make_adam(), d_adam = make_adam();
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT};
    desc.batch_size = walk.batch_size;
    gan_trainer *trainer = nullptr;
    must(gan_trainer_create(&trainer, g.get(), d.get(), g_adam.get(), d_adam.get(), &desc));
    handle<gan_trainer> trainer_owner(trainer);

    const gan_batch *batch = nullptr;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_status status;
    while ((status = gan_iterator_next(it, &batch)) == GAN_OK)
        must(gan_train_step(trainer, batch, &stats));
    if (status != GAN_END) must(status);

    std::vector<float> z(2 * 8, 0.5f), samples(8);
    must(gan_trainer_sample(trainer, z.data(), samples.size(), samples.data()));
    if (stats.g_steps != 8) throw std::runtime_error("not as many steps as batches");
}

}

int main()
{
    try {
        run();
    } catch (const std::exception &error) {
        std::cerr << "host: " << error.what() << '\n';
        return 1;
    }
    std::cout << gan_version_string() << '\n';
}
