/* checkpoint.c - a training run in one file.
 *
 * describe() lists everything a run consists of; saving writes that list, loading compares it with
 * the file's and fills it. */
#include <gan/checkpoint.h>

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "data/iterator_internal.h"
#include "file/number_internal.h"
#include "file/safetensors_internal.h"
#include "file/state_internal.h"
#include "math/kernels_internal.h"
#include "network/network_internal.h"
#include "optim/optimizer_internal.h"
#include "train/checkpoint_internal.h"
#include "train/train_internal.h"

#include <gan/version.h>
#include <stdio.h>
#include <string.h>

/* Names in the file that are read apart from the list. */
#define FORMAT GAN__STATE_NOTE "checkpoint"
#define VERSION GAN__STATE_NOTE "version"
#define BLAS GAN__STATE_NOTE "blas"
#define PROCESSOR GAN__STATE_NOTE "processor"
#define ITERATOR "iterator."
#define AVERAGE "average_decay"
#define AVERAGE_BY_LIFE "average_half_life"

enum { MAX_KEEP = 1000 };

/* An iterator's position, kept outside it: a file's is checked before the iterator is moved
 * there. */
typedef struct place {
    uint64_t epoch;
    uint64_t position;
} place;

/* ---- what a run consists of ---- */

static void describe_origin(gan__state *s)
{
    char blas[sizeof((gan_checkpoint_info *)0)->blas];

    gan__blas_describe(blas, sizeof blas);
    gan__state_text(s, FORMAT, "%d", GAN_CHECKPOINT_FORMAT);
    gan__state_text(s, VERSION, "%s", gan_version_string());
    gan__state_text(s, BLAS, "%s", blas);
    gan__state_text(s, PROCESSOR, "%s", gan_instruction_set());
}

/* Add a text that was written separately, if there is one. */
static void add_text(gan__state *s, const char *name, gan__text *text)
{
    if (s->status == GAN_OK) s->status = text->status;
    if (text->bytes) gan__state_text(s, name, "%s", text->bytes);
    gan__text_end(text);
}

static void describe_player(gan__state *s, const gan__trainer_player *p)
{
    char name[64];

    gan__network_state(p->net, p->name, s);
    snprintf(name, sizeof name, "%s_optimizer", p->name);
    gan__network_optimizer_state(p->net, p->opt, name, s);
}

/* Names of classes are the generator's, or else the discriminator's: they may change during a
 * run. */
static void describe_classes(gan__state *s, const gan_trainer *t)
{
    const gan_network *g = gan__trainer_player_of(t, 0).net, *d = gan__trainer_player_of(t, 1).net;
    const gan_network *named = g->class_names ? g : d;
    gan__text names = {.allocator = &s->allocator};

    gan__network_describe_classes(&names, named);
    add_text(s, GAN__NETWORK_CLASSES, &names);
}

static void describe(gan__state *s, gan_trainer *t, const gan_iterator *it, place *at)
{
    gan__state_init(s, gan__trainer_allocator(t));
    describe_origin(s);
    describe_classes(s, t);
    gan__trainer_state(t, s);
    for (size_t i = 0; i < 2; i++) {
        const gan__trainer_player player = gan__trainer_player_of(t, i);

        describe_player(s, &player);
    }
    if (!it) return;
    *at = (place){gan_iterator_epoch(it), gan_iterator_position(it)};
    gan__state_prefix(s, ITERATOR);
    gan__iterator_state(it, s);
    gan__state_whole(s, "epoch", &at->epoch);
    gan__state_whole(s, "position", &at->position);
}

/* ---- saving ---- */

/* Describe the run; with other ranks, check that they have the same. */
static gan_status describe_ours(gan__state *s, gan_trainer *t, const gan_iterator *it, place *at)
{
    gan_status status = GAN_OK;
    uint64_t data = 0;

    GAN_TRY(gan__local_meet(t));
    status = gan__trainer_estimate(t);
    describe(s, t, it, at);
    if (status == GAN_OK) status = s->status;
    if (status == GAN_OK && it && t->ranks.size > 1) status = gan__iterator_digest(it, &data);
    status = gan__checkpoint_compare(&t->ranks, status, s, data);

cleanup:
    return status;
}

/* Of several ranks the first writes the file; if it fails, all fail. */
static gan_status save(gan_trainer *t, const gan_iterator *it, gan__target to)
{
    gan_status status = GAN_OK;
    gan__state state = {0};
    place at;

    if (!t) return gan__fail_null(GAN__TRAINER, 1, "checkpoint: the trainer is NULL");
    status = gan__target_check(to, "checkpoint");
    if (status != GAN_OK) return status;
    if (to.n_keep > MAX_KEEP)
        return gan__fail(GAN_ERR_INVALID, "checkpoint: n_keep is %zu, at most %d", to.n_keep,
                         MAX_KEEP);
    status = gan__busy_enter(&t->busy, "checkpoint: the trainer");
    if (status != GAN_OK) return status;
    status = describe_ours(&state, t, it, &at);
    if (status == GAN_OK && t->ranks.rank == 0) status = gan__state_save(&state, to);
    status = gan__communicator_agree(&t->ranks, status);
    gan__state_end(&state);
    gan__busy_leave(&t->busy);
    return status;
}

gan_status gan_checkpoint_compare(gan_trainer *t, const gan_iterator *it)
{
    gan_status status = GAN_OK;
    gan__state state = {0};
    place at;

    if (!t) return gan__fail_null(GAN__TRAINER, 1, "checkpoint: the trainer is NULL");
    GAN_TRY(gan__busy_enter(&t->busy, "checkpoint: the trainer"));
    status = describe_ours(&state, t, it, &at);
    gan__state_end(&state);
    gan__busy_leave(&t->busy);

cleanup:
    return status;
}

gan_status gan_checkpoint_save_keep(gan_trainer *t, const gan_iterator *it, const char *path,
                                    size_t n_keep)
{
    return save(t, it, (gan__target){.path = path, .n_keep = n_keep});
}

gan_status gan_checkpoint_save(gan_trainer *t, const gan_iterator *it, const char *path)
{
    return gan_checkpoint_save_keep(t, it, path, 0);
}

gan_status gan_checkpoint_save_to(gan_trainer *t, const gan_iterator *it, gan_writer *to)
{
    return save(t, it, (gan__target){.writer = to});
}

/* ---- loading ---- */

/* Open a file that is a checkpoint, of a format known here, and whole. */
static gan_status open_checkpoint(gan__safetensors **out, gan__source from,
                                  const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    const char *format;
    uint64_t number = 0;

    *out = NULL;
    GAN_TRY(gan__safetensors_open(&file, from, allocator));
    format = gan__safetensors_metadata(file, FORMAT);
    if (!format)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: not a checkpoint: it has no metadata \"" FORMAT
                 "\"; weights alone are read by "
                 "gan_network_open() and gan_network_load()",
                 gan__source_name(from));
    if (!gan__number_parse_whole(&number, format, strlen(format)) || number < 1 ||
        number > GAN_CHECKPOINT_FORMAT)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: a checkpoint of format %.20s; this release reads 1 to %d",
                 gan__source_name(from), format, GAN_CHECKPOINT_FORMAT);
    GAN_TRY(gan__safetensors_verify(file));
    *out = file;
    file = NULL;

cleanup:
    gan__safetensors_close(file);
    return status;
}

/* When only one of them has an iterator, one message is better than one for each entry. */
static gan_status check_iterator(const gan__safetensors *file, const gan_iterator *it)
{
    const int in_file = gan__safetensors_metadata(file, ITERATOR "epoch") != NULL;

    if (in_file == (it != NULL)) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID, "%s: it was saved %s an iterator, and is loaded %s one",
                     gan__safetensors_path(file), in_file ? "with" : "without",
                     it ? "with" : "without");
}

/* Does the run continue with other batches or other data? */
static int batches_differ(const gan__safetensors *file, const gan__state *s)
{
    for (size_t i = 0; i < s->n_entries; i++) {
        const gan__state_entry *e = &s->entries[i];
        const char *found = gan__safetensors_metadata(file, e->name);

        if (strncmp(e->name, ITERATOR, strlen(ITERATOR)) == 0 && !e->whole &&
            (!found || strcmp(found, e->text) != 0))
            return 1;
    }
    return 0;
}

/* The position that the list has read from its file.  With a batch size that was adopted, batches
 * may begin elsewhere: then some samples are repeated, and none is left out. */
static gan_status check_place(gan__state *s, const gan_iterator *it, const gan__safetensors *file)
{
    gan__state_entry *position = &s->entries[s->n_entries - 1];

    if (!it || gan__iterator_check_place(it, position->found.whole) == GAN_OK) return GAN_OK;
    if (batches_differ(file, s)) {
        position->found.whole = gan__iterator_place_before(it, position->found.whole);
        return GAN_OK;
    }
    return gan__fail(GAN_ERR_FORMAT, "%s: %s", gan__safetensors_path(file), gan_last_error());
}

static int has_average(const gan__safetensors *file)
{
    return gan__safetensors_metadata(file, AVERAGE) != NULL ||
           gan__safetensors_metadata(file, AVERAGE_BY_LIFE) != NULL;
}

/* Set the run to the state of the file, which was checked. */
static gan_status restore(gan_trainer *t, gan_iterator *it, const place *at, gan__state *s,
                          gan__safetensors *file)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__state_restore(s, file));
    if (!has_average(file)) gan__trainer_begin_average(t);
    for (size_t i = 0; i < 2; i++) gan__optimizer_restored(gan__trainer_player_of(t, i).opt);
    gan__trainer_restored(t);
    if (it) GAN_TRY(gan_iterator_seek(it, at->epoch, (size_t)at->position));

cleanup:
    return status;
}

/* Check the whole file that is to be loaded. */
static gan_status check_file(gan_trainer *t, gan_iterator *it, gan__source from,
                             gan__state_adopt *adopt, gan__state *state, gan__safetensors **file,
                             place *at)
{
    gan_status status = GAN_OK;

    GAN_TRY(open_checkpoint(file, from, gan__trainer_allocator(t)));
    GAN_TRY(check_iterator(*file, it));
    describe(state, t, it, at);
    GAN_TRY(gan__state_check(state, *file, adopt));
    GAN_TRY(check_place(state, it, *file));

cleanup:
    return status;
}

/* Of several ranks each reads the file; nothing changes before all have found it valid. */
static gan_status load_entered(gan_trainer *t, gan_iterator *it, gan__source from,
                               gan__state_adopt *adopt)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan__state state = {0}, loaded = {0};
    place at = {0, 0};

    status = check_file(t, it, from, adopt, &state, &file, &at);
    GAN_TRY(gan__communicator_agree(&t->ranks, status));
    status = restore(t, it, &at, &state, file);
    GAN_TRY(gan__communicator_agree(&t->ranks, status));
    if (t->ranks.size > 1) status = describe_ours(&loaded, t, it, &at);

cleanup:
    gan__state_end(&loaded);
    gan__state_end(&state);
    gan__safetensors_close(file);
    return status;
}

static gan_status load(gan_trainer *t, gan_iterator *it, gan__source from,
                       const gan_checkpoint_resume_desc *desc)
{
    gan_status status = GAN_OK;
    gan_checkpoint_resume_desc d;
    gan__state_adopt adopt;

    if (!t) return gan__fail_null(GAN__TRAINER, 1, "checkpoint: the trainer is NULL");
    GAN_TRY(gan__source_check(from, "checkpoint"));
    GAN_TRY(gan__checkpoint_read_resume(&d, &adopt, desc, "checkpoint"));
    GAN_TRY(gan__trainer_enter(t, "checkpoint: the trainer"));
    status = load_entered(t, it, from, &adopt);
    if (status == GAN_OK) gan__checkpoint_report(d.report, &adopt);
    gan__trainer_leave(t);

cleanup:
    return status;
}

gan_status gan_checkpoint_load(gan_trainer *t, gan_iterator *it, const char *path)
{
    return load(t, it, (gan__source){.path = path}, NULL);
}

gan_status gan_checkpoint_load_from(gan_trainer *t, gan_iterator *it, const gan_reader *from)
{
    return load(t, it, (gan__source){.reader = from}, NULL);
}

gan_status gan_checkpoint_resume(gan_trainer *t, gan_iterator *it, const char *path,
                                 const gan_checkpoint_resume_desc *desc)
{
    return load(t, it, (gan__source){.path = path}, desc);
}

gan_status gan_checkpoint_resume_from(gan_trainer *t, gan_iterator *it, const gan_reader *from,
                                      const gan_checkpoint_resume_desc *desc)
{
    return load(t, it, (gan__source){.reader = from}, desc);
}

static gan_status open_networks(gan_network **g, gan_network **d, gan__source from,
                                const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_network_desc settings;
    gan_allocator a;

    if (g) *g = NULL;
    if (d) *d = NULL;
    if (!g && !d)
        return gan__fail(GAN_ERR_INVALID, "checkpoint: the places for both networks are NULL");
    status = gan__source_check(from, "checkpoint");
    if (status != GAN_OK) return status;
    GAN_TRY(gan__network_read_desc(&settings, &a, desc));
    GAN_TRY(open_checkpoint(&file, from, &a));
    if (g) GAN_TRY(gan__network_open(g, file, "generator", "generator.", NULL, desc));
    if (d) GAN_TRY(gan__network_open(d, file, "discriminator", "discriminator.", NULL, desc));

cleanup:
    if (status != GAN_OK && g) {
        gan_network_destroy(*g);
        *g = NULL;
    }
    gan__safetensors_close(file);
    return gan__lost(GAN__NETWORK, status);
}

gan_status gan_checkpoint_networks(gan_network **g, gan_network **d, const char *path,
                                   const gan_network_desc *desc)
{
    return open_networks(g, d, (gan__source){.path = path}, desc);
}

gan_status gan_checkpoint_networks_from(gan_network **g, gan_network **d, const gan_reader *from,
                                        const gan_network_desc *desc)
{
    return open_networks(g, d, (gan__source){.reader = from}, desc);
}

static gan_status open_average(gan_network **out, gan__source from, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_network_desc settings;
    gan_allocator a;

    if (out) *out = NULL;
    if (!out) return gan__fail(GAN_ERR_INVALID, "checkpoint: out is NULL");
    status = gan__source_check(from, "checkpoint");
    if (status != GAN_OK) return status;
    GAN_TRY(gan__network_read_desc(&settings, &a, desc));
    GAN_TRY(open_checkpoint(&file, from, &a));
    if (!has_average(file))
        GAN_FAIL(GAN_ERR_INVALID, "%s: the run kept no average", gan__source_name(from));
    GAN_TRY(gan__network_open(out, file, "generator", "average.", NULL, desc));

cleanup:
    gan__safetensors_close(file);
    return gan__lost(GAN__NETWORK, status);
}

gan_status gan_checkpoint_average(gan_network **out, const char *path, const gan_network_desc *desc)
{
    return open_average(out, (gan__source){.path = path}, desc);
}

gan_status gan_checkpoint_average_from(gan_network **out, const gan_reader *from,
                                       const gan_network_desc *desc)
{
    return open_average(out, (gan__source){.reader = from}, desc);
}

/* ---- what a file says about itself ---- */

static gan_status read_whole(uint64_t *out, const gan__safetensors *file, const char *name)
{
    const char *text = gan__safetensors_metadata(file, name);

    if (text && gan__number_parse_whole(out, text, strlen(text))) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT, "%s: %s is %.40s, a whole number expected",
                     gan__safetensors_path(file), name, text ? text : "missing");
}

/* Copy a note and compare it with what would be written now. */
static int read_note(char *out, size_t capacity, const gan__safetensors *file, const char *name,
                     const char *now)
{
    const char *text = gan__safetensors_metadata(file, name);

    snprintf(out, capacity, "%s", text ? text : "");
    return strcmp(out, now) == 0;
}

static gan_status read_info(gan_checkpoint_info *x, const gan__safetensors *file)
{
    gan_status status = GAN_OK;
    char blas[sizeof x->blas];

    gan__blas_describe(blas, sizeof blas);
    x->same_bits =
        read_note(x->version, sizeof x->version, file, VERSION, gan_version_string()) &
        read_note(x->blas, sizeof x->blas, file, BLAS, blas) &
        read_note(x->processor, sizeof x->processor, file, PROCESSOR, gan_instruction_set());
    GAN_TRY(read_whole(&x->format, file, FORMAT));
    GAN_TRY(read_whole(&x->d_steps, file, "d_steps"));
    GAN_TRY(read_whole(&x->g_steps, file, "g_steps"));
    GAN_TRY(read_whole(&x->batch_size, file, "batch_size"));
    GAN_TRY(read_whole(&x->seed, file, "seed"));
    x->has_iterator = gan__safetensors_metadata(file, ITERATOR "epoch") != NULL;
    if (!x->has_iterator) return GAN_OK;
    GAN_TRY(read_whole(&x->epoch, file, ITERATOR "epoch"));
    GAN_TRY(read_whole(&x->position, file, ITERATOR "position"));
    GAN_TRY(read_whole(&x->dataset_count, file, ITERATOR "dataset_count"));

cleanup:
    return status;
}

static gan_status read_info_of(gan_checkpoint_info *info, gan__source from)
{
    gan_status status = GAN_OK;
    gan_checkpoint_info found = {GAN_CHECKPOINT_INFO_INIT};
    gan__safetensors *file = NULL;

    if (!info) return gan__fail(GAN_ERR_INVALID, "checkpoint: the info is NULL");
    GAN_TRY(gan__source_check(from, "checkpoint"));
    GAN_TRY(gan__record_check(info, "checkpoint info"));
    GAN_TRY(open_checkpoint(&file, from, NULL));
    GAN_TRY(read_info(&found, file));
    gan__record_write(info, &found, sizeof found);

cleanup:
    gan__safetensors_close(file);
    return status;
}

GAN__DEFINE_INIT(gan_checkpoint_info_init, gan_checkpoint_info, GAN_CHECKPOINT_INFO_INIT)

gan_status gan_checkpoint_read_info(gan_checkpoint_info *info, const char *path)
{
    return read_info_of(info, (gan__source){.path = path});
}

gan_status gan_checkpoint_read_info_from(gan_checkpoint_info *info, const gan_reader *from)
{
    return read_info_of(info, (gan__source){.reader = from});
}

/* ---- the host's bytes ---- */

static gan_status read_extra_state(void *bytes, size_t capacity, size_t *n, gan__source from)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan__bytes found = {NULL, 0};
    gan_allocator a = {NULL, NULL, NULL};

    if (!n) return gan__fail(GAN_ERR_INVALID, "checkpoint: n is NULL");
    if (!bytes && capacity > 0)
        return gan__fail(GAN_ERR_INVALID, "checkpoint: bytes is NULL, room for %zu announced",
                         capacity);
    GAN_TRY(gan__source_check(from, "checkpoint"));
    GAN_TRY(gan__alloc_init(&a, NULL));
    GAN_TRY(open_checkpoint(&file, from, &a));
    GAN_TRY(gan__state_read_bytes(&found, file, GAN__TRAINER_EXTRA, GAN_EXTRA_STATE_MAX, &a));
    *n = found.n;
    if (capacity > 0 && capacity < found.n)
        GAN_FAIL(GAN_ERR_SHAPE, "%s: its extra state has %zu bytes, there is room for %zu",
                 gan__source_name(from), found.n, capacity);
    if (capacity > 0 && found.n > 0) memcpy(bytes, found.at, found.n);

cleanup:
    if (found.at) gan__free(&a, found.at);
    gan__safetensors_close(file);
    return status;
}

gan_status gan_checkpoint_read_extra_state(void *bytes, size_t capacity, size_t *n,
                                           const char *path)
{
    return read_extra_state(bytes, capacity, n, (gan__source){.path = path});
}

gan_status gan_checkpoint_read_extra_state_from(void *bytes, size_t capacity, size_t *n,
                                                const gan_reader *from)
{
    return read_extra_state(bytes, capacity, n, (gan__source){.reader = from});
}
