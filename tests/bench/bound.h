/* bound.h - a measured bound on the speed of two cores in a step of the experiment. */
#ifndef BOUND_H
#define BOUND_H

#include "figures.h"

/* Print the bound for any cut of the step on two cores, where one thread takes `seconds` for
 * `gflop` and two reach `peak`; and add it to a report. */
void print_bound(double seconds_1_thread, double gflop, double peak, figures *report);

#endif
