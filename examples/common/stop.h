/* stop.h - signals that ask a run to end in an orderly way. */
#ifndef STOP_H
#define STOP_H

/* From now on SIGINT, SIGTERM, SIGHUP and SIGPIPE only request an end; a second signal of the same
 * kind ends the program as usual.  Signals that are ignored, as by nohup and for background jobs,
 * stay ignored. */
void stop_catch_signals(void);

/* Return the signal that requested an end, or 0; with several ranks (ranks.h) the one that all knew
 * when they last exchanged it, between two steps, so that all end after the same step. */
int stop_signal(void);
void stop_agree(void);

#endif
