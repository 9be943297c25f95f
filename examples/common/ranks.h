/* ranks.h - the processes that mpirun has started, as the ranks of one run.
 *
 * A program that mpirun starts opens libgan_mpi, which is built if MPI was found; one that is
 * started alone is the only rank and needs no MPI.  Every rank takes the same path through the
 * program and so makes the same exchanges; all ranks but the first write to a temporary directory,
 * which is removed. */
#ifndef RANKS_H
#define RANKS_H

#include <gan/gan.h>

/* Find out whether mpirun started this process, and connect to the others.  Return 0 after saying
 * what is wrong. */
int ranks_begin(void);

/* Disconnect; a rank that has failed just ends, and mpirun ends the others. */
void ranks_end(int failed);

/* The communicator of a trainer; NULL alone. */
const gan_communicator *ranks_communicator(void);
size_t ranks_rank(void);
size_t ranks_size(void);

/* The maximum of a number over the ranks: every rank calls it. */
int ranks_most(int number);

/* The directory that a run in `directory` has on this rank: itself, or a new one with a copy of the
 * files in it, where `copy` is set.  NULL after saying what is wrong; it lives as long as the
 * program. */
const char *ranks_directory(const char *directory, int copy);

#endif
