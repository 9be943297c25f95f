/* gan.h - all of libgan; the only header a host has to include. */
#ifndef GAN_GAN_H
#define GAN_GAN_H

#include <gan/alloc.h>
#include <gan/augment.h>
#include <gan/checkpoint.h>
#include <gan/classifier.h>
#include <gan/communicator.h>
#include <gan/dataset.h>
#include <gan/export.h>
#include <gan/features.h>
#include <gan/health.h>
#include <gan/image.h>
#include <gan/iterator.h>
#include <gan/layer.h>
#include <gan/log.h>
#include <gan/loss.h>
#include <gan/metrics.h>
#include <gan/network.h>
#include <gan/npy.h>
#include <gan/optimizer.h>
#include <gan/parts.h>
#include <gan/pass.h>
#include <gan/penalty.h>
#include <gan/pool.h>
#include <gan/reference.h>
#include <gan/regularizer.h>
#include <gan/report.h>
#include <gan/rng.h>
#include <gan/safetensors.h>
#include <gan/sampler.h>
#include <gan/scaler.h>
#include <gan/schedule.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <gan/tensor.h>
#include <gan/train.h>
#include <gan/version.h>

#endif
