/* test_desc.c - descriptors and records of other releases. */
#include "base/desc_internal.h"
#include "expect.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The struct of this release; the first release had no `later`. */
typedef struct settings {
    size_t struct_size;
    double rate;
    double later;
} settings;

/* What a future release may have. */
typedef struct longer {
    size_t struct_size;
    double rate;
    double later;
    double unknown;
    char more[13];
} longer;

enum { FIRST = offsetof(settings, later) };

static settings defaults(void)
{
    return (settings){sizeof(settings), 0.25, 2.385};
}

TEST(null_leaves_the_defaults)
{
    settings out = defaults();

    expect_ok(gan__desc_read(&out, sizeof out, FIRST, NULL, "settings"));
    ck_assert(out.rate == 0.25 && out.later == 2.385 && out.struct_size == sizeof out);
}

TEST(one_of_this_release_is_copied_whole)
{
    settings out = defaults(), given = {sizeof given, 7.5, -1.25};

    expect_ok(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"));
    ck_assert(out.rate == 7.5 && out.later == -1.25 && out.struct_size == sizeof out);
}

TEST(one_of_the_first_release_keeps_later_defaults)
{
    settings out = defaults();
    struct {
        size_t struct_size;
        double rate;
    } given = {sizeof given, 7.5};

    expect_ok(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"));
    ck_assert(out.rate == 7.5 && out.later == 2.385 && out.struct_size == sizeof out);
}

TEST(a_longer_one_is_good_when_its_tail_is_zero)
{
    settings out = defaults();
    longer given;

    memset(&given, 0, sizeof given);
    given.struct_size = sizeof given;
    given.rate = 7.5;
    given.later = -1.25;
    expect_ok(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"));
    ck_assert(out.rate == 7.5 && out.later == -1.25 && out.struct_size == sizeof out);
    given.more[12] = 1;
    out = defaults();
    expect_fails(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID,
                 "settings");
    ck_assert(out.rate == 0.25);
    given.more[12] = 0;
    given.unknown = 3;
    expect_status(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID);
    ck_assert(out.rate == 0.25);
}

TEST(one_that_is_too_short_is_refused)
{
    settings out = defaults(), given = {FIRST - 1, 7.5, -1.25};
    char found[32];

    snprintf(found, sizeof found, "is %d, needs", FIRST - 1);
    expect_fails(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID,
                 "settings");
    expect_error_says(found);
    given.struct_size = 0;
    expect_status(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID);
    ck_assert(out.rate == 0.25 && out.later == 2.385);
}

TEST(records_are_checked_and_filled_as_far_as_they_reach)
{
    const settings from = {sizeof from, 7.5, -1.25};
    settings out = {FIRST, 0.25, 2.385};
    longer wide;

    expect_ok(gan__record_check(NULL, "stats"));
    expect_ok(gan__record_check(&out, "stats"));
    gan__record_write(NULL, &from, sizeof from);
    gan__record_write(&out, &from, sizeof from);
    ck_assert(out.struct_size == FIRST && out.rate == 7.5 && out.later == 2.385);
    memset(&wide, 0x11, sizeof wide);
    wide.struct_size = sizeof wide;
    gan__record_write(&wide, &from, sizeof from);
    ck_assert(wide.struct_size == sizeof wide && wide.rate == 7.5 && wide.later == -1.25);
    ck_assert_int_eq(wide.more[12], 0x11);
    out.struct_size = sizeof(size_t);
    expect_fails(gan__record_check(&out, "stats"), GAN_ERR_INVALID, "stats: struct_size is");
    out.struct_size = 0;
    expect_fails(gan__record_check(&out, "stats"), GAN_ERR_INVALID, "stats: struct_size is 0");
}

/* Each macro and its function.  The C macros omit fields, which are then zero. */
#define BOTH_WAYS(X)                                                                               \
    X(gan_safetensors_entry_init, gan_safetensors_entry, GAN_SAFETENSORS_ENTRY_INIT)               \
    X(gan_checkpoint_info_init, gan_checkpoint_info, GAN_CHECKPOINT_INFO_INIT)                     \
    X(gan_checkpoint_resume_desc_init, gan_checkpoint_resume_desc,                                 \
      GAN_CHECKPOINT_RESUME_DESC_INIT)                                                             \
    X(gan_checkpoint_resume_report_init, gan_checkpoint_resume_report,                             \
      GAN_CHECKPOINT_RESUME_REPORT_INIT)                                                           \
    X(gan_classifier_desc_init, gan_classifier_desc, GAN_CLASSIFIER_DESC_INIT)                     \
    X(gan_classifier_stats_init, gan_classifier_stats, GAN_CLASSIFIER_STATS_INIT)                  \
    X(gan_dataset_desc_init, gan_dataset_desc, GAN_DATASET_DESC_INIT)                              \
    X(gan_communicator_init, gan_communicator, GAN_COMMUNICATOR_INIT)                              \
    X(gan_split_desc_init, gan_split_desc, GAN_SPLIT_DESC_INIT)                                    \
    X(gan_png_desc_init, gan_png_desc, GAN_PNG_DESC_INIT)                                          \
    X(gan_cifar_desc_init, gan_cifar_desc, GAN_CIFAR_DESC_INIT)                                    \
    X(gan_csv_desc_init, gan_csv_desc, GAN_CSV_DESC_INIT)                                          \
    X(gan_npy_desc_init, gan_npy_desc, GAN_NPY_DESC_INIT)                                          \
    X(gan_image_folder_desc_init, gan_image_folder_desc, GAN_IMAGE_FOLDER_DESC_INIT)               \
    X(gan_image_desc_init, gan_image_desc, GAN_IMAGE_DESC_INIT)                                    \
    X(gan_grid_desc_init, gan_grid_desc, GAN_GRID_DESC_INIT)                                       \
    X(gan_export_onnx_desc_init, gan_export_onnx_desc, GAN_EXPORT_ONNX_DESC_INIT)                  \
    X(gan_batch_init, gan_batch, GAN_BATCH_INIT)                                                   \
    X(gan_iterator_desc_init, gan_iterator_desc, GAN_ITERATOR_DESC_INIT)                           \
    X(gan_conv2d_desc_init, gan_conv2d_desc, GAN_CONV2D_DESC_INIT)                                 \
    X(gan_conv1d_desc_init, gan_conv1d_desc, GAN_CONV1D_DESC_INIT)                                 \
    X(gan_pool1d_desc_init, gan_pool1d_desc, GAN_POOL1D_DESC_INIT)                                 \
    X(gan_norm_desc_init, gan_norm_desc, GAN_NORM_DESC_INIT)                                       \
    X(gan_pool2d_desc_init, gan_pool2d_desc, GAN_POOL2D_DESC_INIT)                                 \
    X(gan_export_c_desc_init, gan_export_c_desc, GAN_EXPORT_C_DESC_INIT)                           \
    X(gan_export_page_desc_init, gan_export_page_desc, GAN_EXPORT_PAGE_DESC_INIT)                  \
    X(gan_export_report_init, gan_export_report, GAN_EXPORT_REPORT_INIT)                           \
    X(gan_network_desc_init, gan_network_desc, GAN_NETWORK_DESC_INIT)                              \
    X(gan_init_desc_init, gan_init_desc, GAN_INIT_DESC_INIT)                                       \
    X(gan_statistics_desc_init, gan_statistics_desc, GAN_STATISTICS_DESC_INIT)                     \
    X(gan_sampler_desc_init, gan_sampler_desc, GAN_SAMPLER_DESC_INIT)                              \
    X(gan_sampler_workspace_desc_init, gan_sampler_workspace_desc,                                 \
      GAN_SAMPLER_WORKSPACE_DESC_INIT)                                                             \
    X(gan_layer_info_init, gan_layer_info, GAN_LAYER_INFO_INIT)                                    \
    X(gan_network_load_report_init, gan_network_load_report, GAN_NETWORK_LOAD_REPORT_INIT)         \
    X(gan_network_load_desc_init, gan_network_load_desc, GAN_NETWORK_LOAD_DESC_INIT)               \
    X(gan_adam_desc_init, gan_adam_desc, GAN_ADAM_DESC_INIT)                                       \
    X(gan_adamw_desc_init, gan_adam_desc, GAN_ADAMW_DESC_INIT)                                     \
    X(gan_adabelief_desc_init, gan_adabelief_desc, GAN_ADABELIEF_DESC_INIT)                        \
    X(gan_lion_desc_init, gan_lion_desc, GAN_LION_DESC_INIT)                                       \
    X(gan_sgd_desc_init, gan_sgd_desc, GAN_SGD_DESC_INIT)                                          \
    X(gan_rmsprop_desc_init, gan_rmsprop_desc, GAN_RMSPROP_DESC_INIT)                              \
    X(gan_schedule_desc_init, gan_schedule_desc, GAN_SCHEDULE_DESC_INIT)                           \
    X(gan_limits_desc_init, gan_limits_desc, GAN_LIMITS_DESC_INIT)                                 \
    X(gan_objective_init, gan_objective, GAN_OBJECTIVE_INIT)                                       \
    X(gan_pass_desc_init, gan_pass_desc, GAN_PASS_DESC_INIT)                                       \
    X(gan_penalty_desc_init, gan_penalty_desc, GAN_PENALTY_DESC_INIT)                              \
    X(gan_trainer_desc_init, gan_trainer_desc, GAN_TRAINER_DESC_INIT)                              \
    X(gan_train_stats_init, gan_train_stats, GAN_TRAIN_STATS_INIT)

enum { ROOM = 4096 };

/* The result of one's function in `size` bytes of ones. */
static void expect_cut(const char *name, void (*init)(void *, size_t), const void *whole, size_t of,
                       size_t size)
{
    unsigned char room[ROOM];
    static unsigned char wanted[ROOM];
    size_t off = 0;

    memset(room, 0xff, sizeof room);
    init(room, size);
    if (size < sizeof size) {
        ck_assert_msg(room[0] == 0xff, "%s writes where its size has no room", name);
        return;
    }
    memset(wanted, 0, sizeof wanted);
    memcpy(wanted, whole, size < of ? size : of);
    memcpy(wanted, &size, sizeof size);
    wanted[size] = 0xff;
    for (size_t i = 0; i < size + 1; i++) off += room[i] != wanted[i];
    ck_assert_msg(off == 0, "%s of %zu bytes: %zu bytes are wrong", name, size, off);
}

#define AS_FUNCTION(function, type, macro)                                                         \
    static void call_##function(void *room, size_t size)                                           \
    {                                                                                              \
        function((type *)room, size);                                                              \
    }
BOTH_WAYS(AS_FUNCTION)

#define COMPARE(function, type, macro)                                                             \
    {                                                                                              \
        static const type whole = {macro};                                                         \
                                                                                                   \
        ck_assert(sizeof whole + 16 < ROOM);                                                       \
        function(NULL, sizeof whole);                                                              \
        for (size_t size = 0; size <= sizeof whole + 16; size++)                                   \
            expect_cut(#function, call_##function, &whole, sizeof whole, size);                    \
    }

TEST(every_macro_is_a_function_too)
{
    BOTH_WAYS(COMPARE)
}
