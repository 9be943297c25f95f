/* test_train_create.c - creating trainers: what is refused, and out of memory. */
#include "budget.h"
#include "expect.h"
#include "game.h"

#include <stdlib.h>
#include <string.h>

typedef struct pieces {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
} pieces;

static pieces pieces_make(void)
{
    return (pieces){net_seeded(3, small_g, 1), net_seeded(6, small_d, 2), adam(), adam()};
}

static void pieces_end(pieces *p)
{
    gan_network_destroy(p->g);
    gan_network_destroy(p->d);
    gan_optimizer_destroy(p->g_opt);
    gan_optimizer_destroy(p->d_opt);
}

#define CREATE_FAILS(g, d, g_opt, d_opt, desc, status, says)                                       \
    do {                                                                                           \
        gan_trainer *made = (gan_trainer *)&made;                                                  \
        expect_fails(gan_trainer_create(&made, g, d, g_opt, d_opt, desc), status, says);           \
        ck_assert_ptr_null(made);                                                                  \
    } while (0)

TEST(creation_names_what_is_wrong)
{
    pieces p = pieces_make();
    const gan_allocator half = {0};
    gan_trainer_desc desc;

    expect_fails(gan_trainer_create(NULL, p.g, p.d, p.g_opt, p.d_opt, NULL), GAN_ERR_INVALID,
                 "out is NULL");
    CREATE_FAILS(NULL, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_INVALID, "generator");
    CREATE_FAILS(p.g, NULL, p.g_opt, p.d_opt, NULL, GAN_ERR_INVALID, "discriminator");
    CREATE_FAILS(p.g, p.d, NULL, p.d_opt, NULL, GAN_ERR_INVALID, "generator");
    CREATE_FAILS(p.g, p.d, p.g_opt, NULL, NULL, GAN_ERR_INVALID, "discriminator");
    CREATE_FAILS(p.g, p.g, p.g_opt, p.d_opt, NULL, GAN_ERR_INVALID, "same");
    CREATE_FAILS(p.g, p.d, p.g_opt, p.g_opt, NULL, GAN_ERR_INVALID, "optimizer");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .loss = (gan_loss)7};
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, &desc, GAN_ERR_INVALID, "loss 7");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .n_threads = 1025};
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, &desc, GAN_ERR_INVALID, "1025");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = SIZE_MAX / 2};
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, &desc, GAN_ERR_INVALID, "batch_size");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .allocator = &half};
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, &desc, GAN_ERR_INVALID, "allocator");
    desc = (gan_trainer_desc){.struct_size = 8};
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, &desc, GAN_ERR_INVALID, "struct_size");
    gan_trainer_destroy(NULL);
    pieces_end(&p);
}

TEST(creation_reports_what_went_wrong_with_a_network)
{
    pieces p = pieces_make();
    gan_network *bad = gan_network_create(gan_shape_1d(3), NULL),
                *empty = gan_network_create(gan_shape_1d(3), NULL);

    gan_network_add(bad, gan_layer_linear(3, 8));
    gan_network_add(bad, gan_layer_linear(9, 6));
    CREATE_FAILS(bad, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_SHAPE,
                 "layer 1 (linear): needs 9 inputs, gets 8");
    CREATE_FAILS(p.g, bad, p.g_opt, p.d_opt, NULL, GAN_ERR_SHAPE,
                 "layer 1 (linear): needs 9 inputs, gets 8");
    CREATE_FAILS(empty, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_INVALID, "no layer");
    gan_network_destroy(bad);
    gan_network_destroy(empty);
    pieces_end(&p);
}

TEST(networks_that_do_not_fit_are_refused)
{
    static const net_layer seven[] = {LINEAR(3, 7), END}, two[] = {LINEAR(6, 2), END},
                           none[] = {FLATTEN, END};
    pieces p = pieces_make();
    gan_network *g7 = net_seeded(3, seven, 1), *d2 = net_seeded(6, two, 1),
                *weightless = net_seeded(6, none, 1);

    CREATE_FAILS(g7, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_SHAPE, "7");
    expect_error_says("6");
    CREATE_FAILS(p.g, d2, p.g_opt, p.d_opt, NULL, GAN_ERR_SHAPE, "2");
    CREATE_FAILS(weightless, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_INVALID, "weights");
    gan_network_destroy(g7);
    gan_network_destroy(d2);
    gan_network_destroy(weightless);
    pieces_end(&p);
}

TEST(an_optimizer_of_another_network_is_refused)
{
    pieces p = pieces_make();
    gan_trainer *trainer;

    expect_ok(gan_optimizer_bind(p.d_opt, 5));
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_SHAPE, "5");
    /* The failure left the other one unchanged: it can still be bound to anything. */
    expect_ok(gan_optimizer_bind(p.g_opt, 3));
    CREATE_FAILS(p.g, p.d, p.g_opt, p.d_opt, NULL, GAN_ERR_SHAPE, "3");
    gan_optimizer_destroy(p.g_opt);
    gan_optimizer_destroy(p.d_opt);
    p.g_opt = adam();
    p.d_opt = adam();
    expect_ok(gan_optimizer_bind(p.g_opt, gan_network_param_count(p.g)));
    expect_ok(gan_trainer_create(&trainer, p.g, p.d, p.g_opt, p.d_opt, NULL));
    gan_trainer_destroy(trainer);
    pieces_end(&p);
}

TEST(a_trainer_can_be_followed_by_another)
{
    game x = game_begin(plain_g, plain_d, adam, &small_desc);
    game twin = game_begin(plain_g, plain_d, adam, &small_desc);
    float *real = normals(20 * 6, 1), *z = normals(20 * 3, 2);
    const gan_batch b = batch_of(&x, real, 20);

    for (int s = 0; s < 3; s++) {
        expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, NULL));
        expect_ok(gan_train_generator_step(x.trainer, 20, z, NULL, NULL));
        expect_ok(gan_train_discriminator_step(twin.trainer, &b, z, NULL, NULL));
        expect_ok(gan_train_generator_step(twin.trainer, 20, z, NULL, NULL));
        /* Networks and optimizers continue with their state. */
        gan_trainer_destroy(x.trainer);
        expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &small_desc));
    }
    expect_same_game(&x, &twin);
    free(real);
    free(z);
    game_end(&x);
    game_end(&twin);
}

static gan_status make_trainer(void **out, const gan_allocator *allocator, void *user)
{
    pieces *p = user;
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .n_threads = 2,
                                   .allocator = allocator};
    gan_trainer *trainer = user;
    gan_status status = gan_trainer_create(&trainer, p->g, p->d, p->g_opt, p->d_opt, &desc);

    *out = trainer;
    return status;
}

static void end_trainer(void *made)
{
    float z[3] = {0.5f, -1, 2.385f}, x[6];

    expect_ok(gan_trainer_sample(made, z, 1, x));
    expect_ok(gan_train_generator_step(made, 20, NULL, NULL, NULL));
    gan_trainer_destroy(made);
}

TEST(creation_survives_a_lack_of_memory)
{
    pieces p = pieces_make();

    budget_sweep(make_trainer, end_trainer, &p);
    pieces_end(&p);
}

/* Networks and optimizers use the budget, too. */
TEST(creation_survives_a_lack_of_memory_in_what_it_completes)
{
    for (size_t allowed = 0;; allowed++) {
        budget b;
        gan_adam_desc adam_desc = {GAN_ADAM_DESC_INIT};
        gan_network_desc net_desc = {GAN_NETWORK_DESC_INIT};
        pieces p;
        gan_trainer *trainer = (gan_trainer *)&b;
        gan_status status;
        size_t live;

        ck_assert_uint_lt(allowed, 500);
        budget_init(&b, BUDGET_UNLIMITED);
        adam_desc.allocator = net_desc.allocator = &b.allocator;
        p.g = net_make(3, small_g, &net_desc);
        p.d = net_make(6, small_d, &net_desc);
        expect_ok(gan_optimizer_create_adam(&p.g_opt, &adam_desc));
        expect_ok(gan_optimizer_create_adam(&p.d_opt, &adam_desc));
        b.left = allowed;
        live = b.live;
        status = gan_trainer_create(
            &trainer, p.g, p.d, p.g_opt, p.d_opt,
            &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .allocator = &b.allocator});
        if (status != GAN_OK) {
            expect_status(status, GAN_ERR_NOMEM);
            ck_assert_ptr_null(trainer);
            b.left = BUDGET_UNLIMITED;
            expect_ok(gan_trainer_create(&trainer, p.g, p.d, p.g_opt, p.d_opt, NULL));
        }
        ck_assert_uint_gt(b.live, live);
        gan_trainer_destroy(trainer);
        pieces_end(&p);
        ck_assert_uint_eq(budget_live(&b), 0);
        if (status == GAN_OK) return;
    }
}
