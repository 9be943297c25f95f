/* classifier_internal.h - the part of a classifier that lib/judge uses. */
#ifndef GAN_CLASSIFIER_INTERNAL_H
#define GAN_CLASSIFIER_INTERNAL_H

#include <gan/classifier.h>

/* Return its network; NULL for NULL. */
gan_network *gan__classifier_network(const gan_classifier *classifier);

#endif
