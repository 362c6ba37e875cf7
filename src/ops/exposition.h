/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus's exposition format, text, version 0.0.4: families of samples with labels.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef STEVEDORES_OPS_EXPOSITION_H
#define STEVEDORES_OPS_EXPOSITION_H

#include "base/str.h"
#include "shm/histogram.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct label {
    const char *name; /* NULL ends a list */
    const char *value;
};

/* LABELS({"route", pattern}, {"status", "2xx"}) */
#define LABELS(...) ((const struct label[]){__VA_ARGS__, {NULL, NULL}})

/* Before the samples of a family. `type`: "counter", "gauge" or "histogram"; `help` is one line without an end of its own. */
void exposition_family(struct buf *b, const char *name, const char *type, const char *help);

/* One sample: `value` has so many digits behind the point, so with 3 milliseconds become seconds. `labels` may be NULL. */
void exposition_sample(struct buf *b, const char *name, const struct label *labels, int64_t value, int digits);

/* A family of one sample without labels. */
void exposition_single(struct buf *b, const char *name, const char *type, const char *help, int64_t value, int digits);

/* The samples of one histogram in seconds: its buckets up to each bound, all, and their sum. */
void exposition_histogram(struct buf *b, const char *name, const struct label *labels, const struct histogram *h);

#endif
