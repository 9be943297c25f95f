/* loop.c - see loop.h. */
#include "loop.h"

#include "files.h"

#include <stdlib.h>

enum { SILHOUETTES = 2000 };

loop_path loop_file(const loop *l, const char *name)
{
    loop_path path;
    if (!files_join(path.text, sizeof path.text, l->out, name)) exit(cli_end(CLI_EXIT_FAILURE));
    return path;
}

static int check_files(const loop *l, const char *const *files, int of_images)
{
    if (!files_make_directory(l->out)) return 0;
    for (; *files; files++) {
        const loop_path path = loop_file(l, *files);
        if (!files_may_write(path.text, l->overwrite) ||
            (of_images && !fashion_may_replace(&l->images, path.text)))
            return 0;
    }
    return 1;
}

static int check_images(const loop *l, size_t batch_size, size_t pixels)
{
    const size_t count = gan_dataset_count(l->data);
    const size_t found = gan_shape_size(gan_dataset_shape(l->data));
    if (found != pixels)
        cli_say("the images have %zu pixels, the network %zu", found, pixels);
    else if (count < batch_size)
        cli_say("%zu image%s found, at least %zu needed", count, cli_plural(count), batch_size);
    return found == pixels && count >= batch_size;
}

static int make_batches(loop *l, size_t batch_size)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = batch_size, .shuffle = 1,
                                    .drop_last = 1};
    return cli_ok(gan_iterator_create(&l->batches, l->data, &desc));
}

int loop_begin(loop *l, size_t batch_size, size_t pixels, const char *const *files)
{
    const fashion_selection what = {
        .set = l->set ? l->set : "train", .limit = l->limit, .drawn = SILHOUETTES, .seed = 1};
    if (!fashion_find(&l->images) || !check_files(l, files, 1)) return 0;
    fashion_warn(&l->images);
    return fashion_open(&l->data, &l->images, &what) && check_images(l, batch_size, pixels) &&
           make_batches(l, batch_size);
}

int loop_begin_with(loop *l, gan_dataset *data, size_t batch_size, const char *const *files)
{
    l->data = data;
    return check_files(l, files, 0) && make_batches(l, batch_size);
}

void loop_end(loop *l)
{
    gan_iterator_destroy(l->batches);
    gan_dataset_destroy(l->data);
}

const gan_batch *loop_next(loop *l)
{
    const gan_batch *batch;
    const gan_status status = gan_iterator_next(l->batches, &batch);
    if (status == GAN_END) return NULL;
    cli_must(status);
    return batch;
}
