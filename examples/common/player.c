/* player.c - see player.h. */
#include "player.h"

#include <stdlib.h>

player player_begin(gan_network *net, size_t rows, double lr)
{
    player p = {.net = net};
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = rows};
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.lr = lr;
    adam.beta1 = 0.5;
    cli_must(gan_pass_create(&p.pass, net, &desc));
    cli_must(gan_optimizer_create_adam(&p.adam, &adam));
    cli_must(gan_optimizer_bind(p.adam, gan_network_param_count(net)));
    p.y = cli_memory(rows * gan_shape_size(gan_network_output_shape(net)), sizeof *p.y);
    return p;
}

void player_end(player *p)
{
    gan_pass_destroy(p->pass);
    gan_optimizer_destroy(p->adam);
    gan_network_destroy(p->net);
    free(p->y);
}

double player_judge(player *d, const float *x, size_t n, float target, gan_pass_gradients_kind kind,
                    float *grad)
{
    const size_t outputs = n * gan_shape_size(gan_network_output_shape(d->net));
    double loss;
    cli_must(gan_pass_forward(d->pass, x, n, d->y));
    cli_must(gan_loss_bce_with_logits(d->y, outputs, target, &loss, d->y));
    cli_must(gan_pass_backward(d->pass, d->y, kind, grad));
    return loss;
}

void player_step(player *p)
{
    cli_must(gan_pass_step(p->pass, p->adam, NULL));
}
