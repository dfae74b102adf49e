// SPDX-License-Identifier: GPL-2.0-or-later
/* One question for each metric that the answer rests on, and one for hosts that are gone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/answer.h"
#include "fleet/prometheus.h"

/** A host that had metrics within this time and has none now is told of. */
#define REMEMBERED "1d"

/** One question on its way into the fleet. */
struct asking {
	const struct prometheus_opts *opts;
	struct fleet *f;
	struct prometheus_notes *notes;
	struct http *http;
	enum viommu_metric metric;
	bool now;		/**< not from the past */
	char *err;
	size_t err_size;
};

static const char *metric_name(enum viommu_metric metric)
{
	static const char *const names[] = {
#define X(sym, name, type, labels, help) VIOMMU_METRICS_PREFIX name,
		VIOMMU_METRICS(X)
#undef X
	};

	return names[metric];
}

bool prometheus_label_valid(const char *name)
{
	static const char digits[] = "0123456789";
	static const char all[] = "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *name && !strchr(digits, *name) && !name[strspn(name, all)];
}

static const char *label(const json_t *labels, const char *name)
{
	return json_string_value(json_object_get(labels, name));
}

static int sample_take(void *ctx, const json_t *labels, double value)
{
	struct asking *a = ctx;
	const struct fleet_labels l = {
		.host = label(labels, a->opts->host_label), .domain = label(labels, "domain"),
		.uuid = label(labels, "uuid"), .manager = label(labels, "manager"),
		.viommu = label(labels, "viommu"), .iommu_group = label(labels, "iommu_group"),
		.start = label(labels, "start"), .end = label(labels, "end"),
		.type = label(labels, "type"),
	};
	const int ret = fleet_add(a->f, a->metric, &l, value, a->now);

	if (ret == -EINVAL && (!l.host || !*l.host))
		snprintf(a->err, a->err_size, "a series of %s has no label '%s', which names its "
			 "host; --host-label names another", metric_name(a->metric),
			 a->opts->host_label);
	else if (ret == -EINVAL)
		snprintf(a->err, a->err_size, "a series of %s on %s lacks the label that says what it "
			 "is of", metric_name(a->metric), l.host);
	else if (ret)
		snprintf(a->err, a->err_size, "out of memory");
	return ret;
}

static void warning_take(void *ctx, const char *text)
{
	struct prometheus_notes *n = ((struct asking *)ctx)->notes;
	char *copy;

	for (size_t i = 0; i < n->count; i++)
		if (!strcmp(n->warnings[i], text))
			return;
	copy = n->count < PROMETHEUS_WARNINGS ? strdup(text) : NULL;
	if (copy)
		n->warnings[n->count++] = copy;
	else
		n->more++;
}

static int ask(struct asking *a)
{
	const struct answer_reader reader = { sample_take, warning_take, a };
	const char *name = metric_name(a->metric);
	struct http_answer answer;
	char *promql;
	int ret;

	if (asprintf(&promql, a->now ? "%s%s" : "last_over_time(%s%s[" REMEMBERED "])", name,
		     a->opts->selector) < 0) {
		snprintf(a->err, a->err_size, "out of memory");
		return -ENOMEM;
	}
	ret = http_query(a->http, promql, &answer, a->err, a->err_size);
	if (!ret)
		ret = answer_read(&answer, http_url(a->http), &reader, a->err, a->err_size);
	http_answer_fini(&answer);
	free(promql);
	return ret;
}

static int ask_all(struct asking *a)
{
	int ret;

	a->metric = VIOMMU_METRIC_BUILD_INFO;
	a->now = false;
	ret = ask(a);
	a->now = true;
	for (int i = 0; !ret && i < VIOMMU_NR_METRICS; i++) {
		a->metric = (enum viommu_metric)i;
		if (fleet_wants(a->metric))
			ret = ask(a);
	}
	return ret;
}

int prometheus_ask(struct fleet *f, struct prometheus_notes *notes,
		   const struct prometheus_opts *opts, char *err, size_t err_size)
{
	struct asking a = { .opts = opts, .f = f, .notes = notes, .err = err,
			    .err_size = err_size };
	int ret;

	fleet_init(f);
	*notes = (struct prometheus_notes){ .count = 0 };
	a.http = http_new(&opts->http, err, err_size);
	if (!a.http)
		return -EINVAL;
	ret = ask_all(&a);
	http_free(a.http);
	if (!ret) {
		ret = fleet_finish(f);
		snprintf(err, err_size, "out of memory");
	}
	return ret;
}

void prometheus_notes_fini(struct prometheus_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->warnings[i]);
	notes->count = 0;
}
