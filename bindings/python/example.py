"""The README's program in Python: train on drawn silhouettes, save the generator, draw a hundred samples."""
import sys

import libgan as gan

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 20


def network(size, out, last, seed):
    return gan.Network(size, [gan.linear(size, 256), gan.leaky_relu(0.2), gan.linear(256, out), last], seed=seed)


g = network(64, 784, gan.tanh(), 1)     # noise in, pixels out
d = network(784, 1, gan.sigmoid(), 2)   # pixels in, a probability out
data = gan.Dataset.shapes(10000, seed=1)
batches = gan.Iterator(data)
trainer = gan.Trainer(g, d, gan.adam(lr=0.0002, beta1=0.5), gan.adam(lr=0.0002, beta1=0.5))
for epoch in range(epochs):
    for batch in batches:
        stats = trainer.step(batch)
    print("epoch %d: D loss %.3f, G loss %.3f" % (epoch + 1, stats.d_loss, stats.g_loss))
g.save("generator.safetensors")
pictures = trainer.sample(gan.normal(100, 64, seed=3))
gan.write_grid("samples.png", pictures, shape=(1, 28, 28))
