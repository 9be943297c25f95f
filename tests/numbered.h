/* numbered.h - a dataset whose samples contain their index, and iterators over it. */
#ifndef NUMBERED_H
#define NUMBERED_H

#include <gan/iterator.h>
#include <stddef.h>
#include <stdint.h>

/* The number of samples in most tests. */
enum { COUNT = 23 };

/* `count` samples of one number, sample i being the byte i, labelled 200 - i. */
gan_dataset *numbered(size_t count);

/* An iterator over such samples. */
gan_iterator *walk(const gan_dataset *data, size_t batch_size, int shuffle, int drop_last,
                   uint64_t seed);

/* The index of the sample of numbered() with this value. */
size_t index_of(float number);

/* Iterate to the end of the epoch and write the samples' indices.  Return their number. */
size_t rest_of_epoch(gan_iterator *it, size_t *order);

#endif
