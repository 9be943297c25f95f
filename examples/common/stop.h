/* stop.h - signals that ask a run to end in an orderly way. */
#ifndef STOP_H
#define STOP_H

/* From now on Ctrl-C, kill, a terminal that is closed and a reader that has gone away only ask for
 * an end; a second signal of the same kind ends the program as usual.  What is ignored, as nohup
 * and shells do for what runs in the background, stays ignored. */
void stop_catch_signals(void);

/* Return the signal that asked for an end, 0 while there is none; of several ranks (ranks.h) the one
 * that was known to all when they last agreed on it, which is between two steps, so that all end
 * after the same. */
int stop_signal(void);
void stop_agree(void);

#endif
