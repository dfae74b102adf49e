/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server that speaks Prometheus' HTTP API answers to an instant query. */
#ifndef VIOMMU_FLEET_ANSWER_H
#define VIOMMU_FLEET_ANSWER_H

#include <jansson.h>

#include "fleet/http.h"

/** Called for each sample: labels is an object of strings. 0, or -errno that ends the reading. */
typedef int (*answer_sample_fn)(void *ctx, const json_t *labels, double value);
/** Called for each warning: the server says that its answer may not be the whole. */
typedef void (*answer_warning_fn)(void *ctx, const char *text);

struct answer_reader {
	answer_sample_fn sample;
	answer_warning_fn warning;	/**< may be NULL */
	void *ctx;
};

/**
 * Read an answer to its end. 0; what sample() returned; or -errno with a message of one line that
 * names the server by its address url: it refuses, it fails, it is none, or what it says is no
 * instant vector.
 */
int answer_read(const struct http_answer *answer, const char *url,
		const struct answer_reader *reader, char *err, size_t err_size);

#endif
