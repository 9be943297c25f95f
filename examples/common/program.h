/* program.h - all of the example programs' common code.  docs/examples.md describes the structure
 * of a program.  The parts include each other's headers, never this one. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "attribute.h"
#include "battery.h"
#include "choice.h"
#include "cli.h"
#include "collection.h"
#include "comparison.h"
#include "fashion.h"
#include "files.h"
#include "generator.h"
#include "idx.h"
#include "judge.h"
#include "loop.h"
#include "mixture.h"
#include "nearest.h"
#include "networks.h"
#include "player.h"
#include "plot.h"
#include "progress.h"
#include "run.h"
#include "sheet.h"
#include "supervised.h"
#include "survey.h"
#include "wasm.h"

#endif
