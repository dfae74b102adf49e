/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which failures are alike, so that one finding with a count stands for them. */
#ifndef VIOMMU_CORE_LOG_FOLD_H
#define VIOMMU_CORE_LOG_FOLD_H

#include "log-incident.h"

/** Count a complete incident into the finding that it is like, or make a new one. */
void incidents_fold(struct log_incidents *in, const struct log_open *o);

/** First size - 1 bytes of src, NUL-terminated, not cut within a character of UTF-8. */
void log_copy(char *dst, size_t size, const char *src, size_t len);

/** A hash of len bytes, going on from another; LOG_HASH_START begins. */
uint64_t log_hash(uint64_t hash, const void *data, size_t len);
#define LOG_HASH_START UINT64_C(0xcbf29ce484222325)

#endif
