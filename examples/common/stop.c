/* stop.c - see stop.h. */
#include "stop.h"

#include "ranks.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked = 0;
static int agreed = 0;

static void ask(int signal_number)
{
    asked = signal_number;
}

void stop_catch_signals(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction before, action = {.sa_handler = ask};
    action.sa_flags = (int)SA_RESETHAND | SA_RESTART; /* the second one has its default effect */
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

int stop_signal(void)
{
    return ranks_size() > 1 ? agreed : (int)asked;
}

void stop_agree(void)
{
    agreed = ranks_most((int)asked);
}
