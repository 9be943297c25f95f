/* bound.h - how fast two cores could be at a step of the experiment, measured. */
#ifndef BOUND_H
#define BOUND_H

#include "figures.h"

/* Print what no cut of the step on two cores can beat, where one thread takes so many seconds for
 * so many GFLOP and two reach this peak; and add it to a report. */
void print_bound(double seconds_1_thread, double gflop, double peak, figures *report);

#endif
