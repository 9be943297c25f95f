/* ranks.h - the processes that mpirun has started, as the ranks of one run.
 *
 * A program that mpirun starts opens libgan_mpi, which is built where MPI was found; one that is
 * started alone is the only rank and knows no MPI.  Every rank goes the same way through the
 * program and so comes to the same exchanges; what it would write goes to a directory that vanishes,
 * unless it is the first. */
#ifndef RANKS_H
#define RANKS_H

#include <gan/gan.h>

/* Look who started this process, and meet the others.  Return 0 after saying what is wrong. */
int ranks_begin(void);

/* End with them; a rank that has failed leaves, and mpirun ends the others. */
void ranks_end(int failed);

/* The communicator of a trainer; NULL alone. */
const gan_communicator *ranks_communicator(void);
size_t ranks_rank(void);
size_t ranks_size(void);

/* The largest of a number of each rank: every rank calls it. */
int ranks_most(int number);

/* The directory that a run in `directory` has on this rank: itself, or a new one with a copy of the
 * files in it, where `copy` is set.  NULL after saying what is wrong; it lives as long as the
 * program. */
const char *ranks_directory(const char *directory, int copy);

#endif
