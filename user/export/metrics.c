// SPDX-License-Identifier: GPL-2.0-or-later
/* Which series there are, when there are too many for all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/metrics-parts.h"

/* Series of a pair of domain and policy: denials, audits. */
#define SERIES_PER_DENIALS 2

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPEN ?
		"application/openmetrics-text; version=1.0.0; charset=utf-8" :
		"text/plain; version=0.0.4; charset=utf-8";
}

/* Has the view a domain with these labels? */
static bool labels_known(const struct metrics_view *view, const char *labels)
{
	for (size_t i = 0; i < view->domain_count; i++)
		if (!strcmp(view->domains[i].labels, labels))
			return true;
	return false;
}

/* NULL: no memory, or (*twice) another domain looks the same. */
static char *domain_labels(const struct metrics_view *view, const struct ledger_domain *d,
			   bool *twice)
{
	char labels[LABELS_LEN];
	struct text t;

	text_init(&t, labels, sizeof(labels));
	labels_add(&t, "domain", d->vm.name, sizeof(d->vm.name));
	/* Names look alike if one is no UTF-8, which is shown as U+FFFD: rarely looked for. */
	*twice = strstr(labels, "\xef\xbf\xbd") && labels_known(view, labels);
	return *twice ? NULL : strdup(labels);
}

/* All from the first domain on for which there is no room: which ones then is always the same. */
static int domains_choose(struct metrics_view *view, size_t room)
{
	const size_t count = ledger_domain_count(view->ledger);
	bool full = false;

	view->domains = calloc(count ? count : 1, sizeof(*view->domains));
	if (!view->domains)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct ledger_domain *d = ledger_domain_at(view->ledger, i);
		const size_t series = domain_series(d);
		struct metrics_domain *m = &view->domains[view->domain_count];
		bool twice = false;

		full = full || series > room;
		if (!full)
			m->labels = domain_labels(view, d, &twice);
		if (full || twice) {
			view->dropped += series;
			continue;
		}
		if (!m->labels)
			return -ENOMEM;
		m->domain = d;
		room -= series;
		view->domain_count++;
	}
	return 0;
}

/* What the host has comes first: it is little, and rules about the fleet need it. */
static size_t host_choose(struct metrics_view *view, size_t room)
{
	const struct ledger *l = view->ledger;
	const size_t fixed = host_series(l), pairs = ledger_denials_count(l);

	room -= fixed < room ? fixed : room;
	while (view->group_count < ledger_group_count(l)) {
		const size_t series = group_series(ledger_group_at(l, view->group_count));

		if (series > room)
			break;
		room -= series;
		view->group_count++;
	}
	for (size_t i = view->group_count; i < ledger_group_count(l); i++)
		view->dropped += group_series(ledger_group_at(l, i));
	view->denials_count = room / SERIES_PER_DENIALS < pairs ? room / SERIES_PER_DENIALS : pairs;
	view->dropped += SERIES_PER_DENIALS * (pairs - view->denials_count);
	return room - SERIES_PER_DENIALS * view->denials_count;
}

static void view_fini(struct metrics_view *view)
{
	for (size_t i = 0; i < view->domain_count; i++)
		free(view->domains[i].labels);
	free(view->domains);
}

static void view_write(struct exposition *e, const struct metrics_view *view)
{
	for (unsigned int metric = 0; metric < VIOMMU_NR_METRICS; metric++) {
		exposition_begin(e, metric);
		if (!domain_metric_write(e, view, metric))
			host_metric_write(e, view, metric);
	}
	if (e->format == METRICS_OPEN)
		exposition_string(e, "# EOF\n");
}

int metrics_write(char **out, size_t *size, const struct ledger *l, const struct metrics_opts *opts,
		  uint64_t dropped_total, size_t *dropped)
{
	struct exposition e = { .format = opts->format };
	struct metrics_view view = { .ledger = l, .dropped_before = dropped_total };
	int ret = domains_choose(&view, host_choose(&view, opts->max_series));

	if (!ret)
		view_write(&e, &view);
	if (e.no_memory)
		ret = -ENOMEM;
	view_fini(&view);
	if (ret) {
		free(e.text);
		return ret;
	}
	*out = e.text;
	*size = e.len;
	*dropped = view.dropped;
	return 0;
}
