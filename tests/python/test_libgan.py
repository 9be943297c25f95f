"""test_libgan.py - the Python module: values, errors, ownership.  check_python.sh runs it in a directory of its own."""
import ctypes
import gc
import os
import unittest
import weakref

import libgan as gan
import numpy as np


def small(average=0.0, **settings):
    g = gan.Network(3, [gan.linear(3, 8), gan.leaky_relu(0.2), gan.linear(8, 6), gan.tanh()], seed=1)
    d = gan.Network(6, [gan.linear(6, 8), gan.leaky_relu(0.2), gan.linear(8, 1)], seed=2)
    return gan.Trainer(g, d, gan.adam(lr=0.002), gan.adam(lr=0.002), batch_size=20, average_decay=average, **settings)


def samples(n, size=6, seed=5):
    return np.random.default_rng(seed).standard_normal((n, size)).astype(np.float32)


class Networks(unittest.TestCase):
    def test_forward_is_what_numpy_computes(self):
        net = gan.Network(4, [gan.linear(4, 3), gan.relu()], seed=7)
        t, x = net.tensors, samples(5, 4)
        wanted = np.maximum(x @ t["0.weight"].T + t["0.bias"], 0)
        np.testing.assert_allclose(net(x), wanted, rtol=1e-5, atol=1e-6)
        t["0.bias"][:] += 1  # the array is the network's own memory
        np.testing.assert_allclose(net(x), np.maximum(x @ t["0.weight"].T + t["0.bias"], 0), rtol=1e-5, atol=1e-6)

    def test_descriptors_are_keywords(self):
        net = gan.Network((2, 8, 8), [gan.conv2d(2, 4, 3, stride=2, padding=(1, 0), no_bias=1), gan.batch_norm(4, eps=1e-3),
                                      gan.flatten()])
        self.assertEqual(net.output_shape, (4 * 4 * 3,))
        self.assertEqual(net.kinds, ["conv2d", "batch_norm", "flatten"])
        self.assertEqual(net.input_shape, (2, 8, 8))
        self.assertIn("conv2d", net.summary())
        with self.assertRaisesRegex(TypeError, "strides.*kernel_size, stride"):
            gan.conv2d(2, 4, 3, strides=2)

    def test_every_kind_of_layer_has_a_function(self):
        kinds = [n for n in gan._arguments if n.startswith("gan_layer_") and n != "gan_layer_destroy"]
        self.assertGreater(len(kinds), 25)
        for kind in kinds:
            self.assertTrue(callable(getattr(gan, kind.replace("gan_layer_", ""))))
        block = gan.residual(gan.Network(4, [gan.linear(4, 4)]), None)
        net = gan.Network(4, [block, gan.spectral_norm(gan.linear(4, 2)), gan.layer_norm(2), gan.reshape((2, 1, 1))])
        self.assertEqual(net.kinds, ["residual", "linear", "layer_norm", "reshape"])
        self.assertEqual(net(samples(3, 4)).shape, (3, 2, 1, 1))
        layers = {layer.name: layer for layer in net.layers}
        self.assertEqual(list(layers), ["0", "0.body.0", "0.add", "1", "2", "3"])
        self.assertEqual(layers["0.body.0"].settings, {"in": 4, "out": 4})
        self.assertEqual(layers["3"].settings["shape"], (2, 1, 1, 0))
        self.assertTrue(layers["1"].spectral_norm and not layers["2"].spectral_norm)
        self.assertEqual((layers["1"].kind, layers["1"].input, layers["1"].output, layers["1"].n_params), ("linear", (4,), (2,), 10))

    def test_files(self):
        net = gan.Network(4, [gan.linear(4, 3)], seed=7)
        net.save("net.safetensors")
        x = samples(5, 4)
        np.testing.assert_array_equal(gan.Network.open("net.safetensors")(x), net(x))
        other = gan.Network(4, [gan.linear(4, 3)], seed=8)
        other.load("net.safetensors")
        np.testing.assert_array_equal(other(x), net(x))
        behind = gan.Network(4, [gan.linear(4, 4), gan.relu(), gan.linear(4, 3)], seed=9)
        first = behind.tensors["0.weight"].copy()
        behind.load("net.safetensors", renames={"0.": "2."})
        np.testing.assert_array_equal(behind.tensors["2.weight"], net.tensors["0.weight"])
        np.testing.assert_array_equal(behind.tensors["0.weight"], first)
        with self.assertRaisesRegex(gan.Error, "2 missing: 2.weight .* as 7.weight"):
            behind.load("net.safetensors", renames={"7.": "2."})

    def test_labels(self):
        net = gan.Network(3, [gan.label_embedding(4, 2), gan.linear(5, 6)])
        self.assertEqual(net.class_count, 4)
        x = samples(4, 3)
        self.assertFalse(np.array_equal(net(x, [0, 1, 2, 3]), net(x, [1, 1, 2, 3])))
        with self.assertRaisesRegex(gan.InvalidError, "label"):
            net(x)
        for labels in ([0, 1, 2], [0, 1, 2, 65536], [-1, 0, 1, 2]):
            with self.assertRaises(ValueError):
                net(x, labels)
        with self.assertRaisesRegex(gan.InvalidError, "label 3 of 4 is 256, there are 4 classes"):
            net(x, [0, 1, 2, 256])

    def test_a_thousand_classes(self):
        labels = np.arange(40) * 25
        data = gan.Dataset.array(samples(40, 3), labels)
        self.assertEqual(data[39][1], 975)
        batch = next(iter(gan.Iterator(data, batch_size=40)))
        np.testing.assert_array_equal(batch.labels, labels)
        g = gan.Network(2, [gan.label_embedding(1000, 2), gan.linear(4, 3)])
        d = gan.Network(3, [gan.projection(3, 1000)], seed=2)
        trainer = gan.Trainer(g, d, gan.adam(), gan.adam(), batch_size=40)
        trainer.step(batch)
        trainer.discriminator_step((samples(40, 3), labels), z=samples(40, 2), labels=labels)
        trainer.generator_step(40, labels=labels)
        self.assertFalse(np.array_equal(trainer.sample(samples(1, 2), [999]), trainer.sample(samples(1, 2), [0])))


class Training(unittest.TestCase):
    def test_a_step_moves_both_networks(self):
        trainer = small(loss=gan.LOSS_HINGE, penalty=dict(kind=gan.PENALTY_R1, weight=1))
        before = trainer.generator.tensors["0.weight"].copy()
        stats = trainer.step(samples(20))
        self.assertEqual((stats.d_steps, stats.g_steps), (1, 1))
        self.assertFalse(np.array_equal(before, trainer.generator.tensors["0.weight"]))
        self.assertEqual(trainer.stats.d_loss, stats.d_loss)
        self.assertGreater(stats.penalty_norm, 0)
        trainer.discriminator_step(samples(20), z=samples(20, 3))
        self.assertEqual(trainer.generator_step(10).g_steps, 2)
        with self.assertRaisesRegex(ValueError, "z: 3 values, expected 60"):
            trainer.generator_step(20, z=[1, 2, 3])

    def test_a_checkpoint_continues_with_the_same_bits(self):
        data = gan.Dataset.array(samples(50))
        runs = [(small(average=0.9), gan.Iterator(data, batch_size=20, shuffle=1, seed=3)) for _ in range(2)]
        for epoch in range(2):
            for batch in runs[0][1]:
                runs[0][0].step(batch)
            if epoch == 0:
                runs[0][0].extra_state = b"mine\0"
                runs[0][0].save("run.safetensors", runs[0][1])
        runs[1][0].load("run.safetensors", runs[1][1])
        self.assertEqual(runs[1][1].epoch, 1)
        self.assertEqual(runs[1][0].extra_state, b"mine\0")
        self.assertEqual(small().extra_state, b"")
        for batch in runs[1][1]:
            runs[1][0].step(batch)
        z = gan.normal(7, 3, seed=1)
        np.testing.assert_array_equal(runs[0][0].sample(z), runs[1][0].sample(z))
        np.testing.assert_array_equal(runs[0][0].sample(z), runs[0][0].average(z))
        self.assertIsNone(small().average)

    def test_optimizers(self):
        for rule in (gan.adam, gan.adamw, gan.adabelief, gan.lion, gan.sgd, gan.rmsprop):
            optimizer = rule(lr=0.5)
            self.assertEqual(optimizer.lr, 0.5)
            optimizer.set_schedule(kind=gan.SCHEDULE_LINEAR, warmup=2, period=10)
            self.assertEqual(optimizer.next_lr, 0.25)
            optimizer.set_limits(grad_norm=1)
            optimizer.lr = 0.25
            self.assertEqual(optimizer.lr, 0.25)
        self.assertEqual(gan.adam().lr, 0.001)
        self.assertEqual(gan.lion().lr, 0.0001)


class Data(unittest.TestCase):
    def test_arrays(self):
        pixels = np.arange(2 * 1 * 2 * 3, dtype=np.uint8).reshape(2, 1, 2, 3)
        data = gan.Dataset.array(pixels, [4, 9], class_names=["n%d" % i for i in range(10)], n_class_names=10)
        self.assertEqual((len(data), data.shape, data.class_names[9]), (2, (1, 2, 3), "n9"))
        values, label = data[1]
        np.testing.assert_allclose(values, pixels[1] / 255.0, rtol=1e-6)
        self.assertEqual(label, 9)
        batch = next(iter(gan.Iterator(data, batch_size=2)))
        np.testing.assert_allclose(batch.samples, pixels / 127.5 - 1, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(batch.labels, [4, 9])
        with self.assertRaises(IndexError):
            data[2]

    def test_an_epoch_is_a_loop(self):
        batches = gan.Iterator(gan.Dataset.shapes(50, seed=1), batch_size=20)
        self.assertEqual([len(b) for b in batches], [20, 20, 10])
        self.assertEqual((batches.epoch, len(batches)), (1, 3))
        batches.seek(0, 20)
        self.assertEqual([len(b) for b in batches], [20, 10])

    def test_pictures_and_distances(self):
        gan.write_grid("grid.png", samples(4, 28 * 28), shape=(1, 28, 28), columns=2)
        with open("grid.png", "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        a = samples(500, 5)
        self.assertAlmostEqual(gan.frechet(a, a + np.float32(2)), 5 * 4.0, places=4)

    def test_moments(self):
        rows, other = samples(40, 3), samples(50, 3, seed=6)
        moments = gan.Moments(3)
        for part in (rows[:7], rows[7:]):
            moments.add(part)
        mean, covariance = moments.read()
        np.testing.assert_allclose(mean, rows.mean(0), rtol=0, atol=1e-6)
        np.testing.assert_allclose(covariance, np.cov(rows.T), rtol=1e-5, atol=1e-6)
        self.assertEqual((len(moments), moments.dimension), (40, 3))
        again = gan.Moments(3)
        again.state = moments.state
        np.testing.assert_array_equal(again.state, moments.state)
        self.assertEqual(gan.frechet(again, other), gan.frechet(rows, other))
        with self.assertRaisesRegex(gan.ShapeError, "14 numbers expected, got 5"):
            again.state = moments.state[:5]
        with self.assertRaisesRegex(gan.ShapeError, "2"):
            gan.frechet(moments, samples(9, 2))

    def test_features_and_distances_of_pictures(self):
        pictures = samples(60, 32 * 32).reshape(60, 1, 32, 32)
        pixels, random = gan.Features.pixels((1, 32, 32)), gan.Features.random((1, 32, 32), seed=3)
        self.assertEqual((len(pixels), len(random)), (256, 128))
        self.assertIn("1x32x32", pixels.name)
        np.testing.assert_allclose(pixels(pictures)[:, 0], pictures[:, 0, :2, :2].mean((1, 2)), rtol=0, atol=1e-6)
        self.assertEqual(random.hash, gan.Features.random((1, 32, 32), seed=3).hash)
        self.assertNotEqual(random.hash, gan.Features.random((1, 32, 32), seed=4).hash)
        np.testing.assert_array_equal(random(pictures)[7], random(pictures[7])[0])
        found = gan.Reference(random(pictures[:40]), random(pictures[40:])).compare(random(pictures[:40]))
        self.assertEqual(found.recall.value, 1)
        distances = gan.sliced_wasserstein(pictures[:20], pictures[20:40], projections=32)
        self.assertEqual(distances.shape, (2,))
        self.assertTrue(np.all(distances > 0))
        np.testing.assert_array_equal(gan.sliced_wasserstein(pictures[:20], pictures[:20]), 0)
        with self.assertRaisesRegex(gan.ShapeError, "pictures|levels|shape"):
            gan.sliced_wasserstein(samples(4, 9), samples(4, 9))
        with self.assertRaises(gan.ShapeError):
            gan.Features.random((2, 2))
        with self.assertRaisesRegex(ValueError, "no samples of 1024"):
            random(samples(3, 5))

    def test_a_table_is_brought_to_scale_and_back(self):
        table = np.float32([[20, 1000, 7], [30, 3000, 7], [60, 2000, 7], [50, 100000, 7]])
        data = gan.Dataset.array(table, [3, 1, 0, 2])
        standard, ends = gan.Scaler.fit(data), gan.Scaler.fit(data, kind=gan.SCALER_MIN_MAX, low=2, high=5)
        self.assertEqual(len(standard), 3)
        np.testing.assert_allclose(standard.shift, table.astype(float).mean(0))
        np.testing.assert_allclose(standard.scale, [np.sqrt(250), table[:, 1].astype(float).std(), 1])
        np.testing.assert_allclose(standard.apply(table).mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(ends.apply(table)[:, 0], [2, 2.75, 5, 4.25])
        np.testing.assert_allclose(ends.invert(ends.apply(table)), table, rtol=1e-6)
        same = gan.Scaler(standard.shift, standard.scale)
        np.testing.assert_array_equal(same.apply(table), standard.apply(table))
        scaled = data.scaled(ends)
        del data
        gc.collect()
        values, label = scaled[2]
        np.testing.assert_array_equal(values, ends.apply(table[2]))
        self.assertEqual(label, 0)
        net = gan.Network(2, [gan.linear(2, 3)])
        self.assertIsNone(net.scaler)
        net.scaler = ends
        net.save("scaled.safetensors")
        opened = gan.Network.open("scaled.safetensors").scaler  # a copy, whose network is gone
        gc.collect()
        np.testing.assert_array_equal(opened.shift, ends.shift)
        net.scaler = None
        self.assertIsNone(net.scaler)
        with self.assertRaisesRegex(gan.ShapeError, "a scaler of 3 columns"):
            gan.Network(2, [gan.linear(2, 2)]).scaler = ends
        with self.assertRaisesRegex(gan.InvalidError, "column 1"):
            gan.Scaler([0, 0], [1, 0])
        with self.assertRaisesRegex(gan.NonFiniteError, "value 1 of sample 0"):
            gan.Scaler([0, 0], [1, 1e-38]).apply([1, 1000])
        with self.assertRaisesRegex(ValueError, "scale: 1 values, expected 2"):
            gan.Scaler([0, 0], [1])

    def test_comparisons(self):
        real, held, labels = samples(60, 4), samples(50, 4), np.arange(60) % 3
        done = []
        reference = gan.Reference(real, held, labels, n_classes=3, progress=done.append)
        found = reference.compare(real, labels)
        self.assertEqual((found.n_reference, found.n_floor, found.neighbors), (60, 50, 5))
        self.assertEqual((found.precision.value, found.recall.value, found.agreement.value), (1, 1, 1))
        self.assertEqual(found.coverage.floor, gan.Reference(real).compare(held).coverage.value)
        self.assertEqual(done[-1], 1)
        with self.assertRaisesRegex(ValueError, "vectors: 6 values, expected 8"):
            reference.compare(samples(2, 3))


class Errors(unittest.TestCase):
    def test_every_status_is_an_exception_with_the_sentence(self):
        broken = np.full((20, 6), np.nan, np.float32)
        no_memory = gan.gan_allocator()
        types = dict(gan.gan_allocator._fields_)
        no_memory.alloc, no_memory.free = types["alloc"](lambda n, user: None), types["free"](lambda memory, user: None)
        with open("text.safetensors", "w") as file:
            file.write("this is no network, however long it is")
        cases = {
            gan.InvalidError: (lambda: gan.adam(lr=-1), "lr"),
            gan.ShapeError: (lambda: gan.Network(4, [gan.linear(3, 2)]), "linear"),
            gan.OutOfMemoryError: (lambda: gan.adam(allocator=no_memory), "memory"),
            gan.InputOutputError: (lambda: gan.Network.open("nowhere/net.safetensors"), "nowhere"),
            gan.FormatError: (lambda: gan.Network.open("text.safetensors"), "text.safetensors"),
            gan.NonFiniteError: (lambda: small().step(broken), "is nan"),
            gan.CancelledError: (lambda: gan.Reference(samples(20, 3), progress=lambda done: True), "by the host at [0-9]+ %"),
        }
        for exception, (call, sentence) in cases.items():
            with self.assertRaisesRegex(exception, sentence) as caught:
                call()
            self.assertEqual(caught.exception.status, exception.status)
        untested = {e.status for e in gan._exceptions.values()} - {e.status for e in cases} - self.provoked_elsewhere()
        self.assertFalse(untested, "statuses that no case provokes")

    @staticmethod
    def provoked_elsewhere():
        """GAN_ERR_BUSY takes two threads in one handle at once."""
        return {value for value, (name, _) in gan.STATUSES.items() if name == "GAN_ERR_BUSY"}

    def test_what_is_wrong_before_c_is_called(self):
        with self.assertRaisesRegex(TypeError, "gan_adam_desc has no rate; it has lr, beta1"):
            gan.adam(rate=1)
        layer = gan.linear(3, 3)
        gan.Network(3, [layer])
        with self.assertRaisesRegex(ValueError, "given to a network already"):
            gan.Network(3, [layer])
        with self.assertRaisesRegex(ValueError, "7 values are no samples of 3"):
            gan.Network(3, [gan.linear(3, 3)])(samples(7, 1))
        with self.assertRaises(gan.InvalidError):
            gan.dropout(2)

    def test_functions_of_c_raise_too(self):
        with self.assertRaises(gan.InvalidError):
            gan.lib.gan_optimizer_set_lr(gan.adam()._handle, -1.0)
        self.assertEqual(gan.lib.gan_version_string().decode(), gan.version)


class Ownership(unittest.TestCase):
    def test_what_is_used_lives_as_long(self):
        trainer = small()
        alive = weakref.ref(trainer.discriminator)
        batches = gan.Iterator(gan.Dataset.array(samples(40)), batch_size=20)
        gc.collect()
        for batch in batches:  # dataset and array have no other reference
            trainer.step(batch)
        del trainer
        gc.collect()
        self.assertIsNone(alive())

    def test_an_array_keeps_its_network(self):
        weight = gan.Network(3, [gan.linear(3, 3)], seed=1).tensors["0.weight"]
        gc.collect()
        np.testing.assert_array_equal(weight, gan.Network(3, [gan.linear(3, 3)], seed=1).tensors["0.weight"])


if __name__ == "__main__":
    unittest.main()
