/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet, from a Prometheus (or Thanos, Mimir, ...) that collects its hosts' metrics. */
#ifndef VIOMMU_FLEET_PROMETHEUS_H
#define VIOMMU_FLEET_PROMETHEUS_H

#include "core/fleet.h"
#include "fleet/http.h"

/** Warnings that are kept; more are only counted. */
#define PROMETHEUS_WARNINGS 8

/** What to ask for. */
struct prometheus_opts {
	struct http_opts http;
	const char *selector;	/**< fleet_selector_check() is content; "": all */
	const char *host_label;	/**< the label that names a host */
};

/** What the server said beside the samples. */
struct prometheus_notes {
	char *warnings[PROMETHEUS_WARNINGS];	/**< different ones, in the order of coming */
	size_t count;		/**< of those; prometheus_notes_fini() */
	size_t more;		/**< that were not kept, equal ones each counted */
};

/**
 * Ask for all that an answer rests on, into f, which is fleet_init()ed and fleet_finish()ed here.
 * 0; or -errno and a message of one line. The caller's are fleet_fini() and prometheus_notes_fini()
 * in any case.
 */
int prometheus_ask(struct fleet *f, struct prometheus_notes *notes,
		   const struct prometheus_opts *opts, char *err, size_t err_size);
void prometheus_notes_fini(struct prometheus_notes *notes);

/** Name of a label: letters, digits, '_', no digit first. */
bool prometheus_label_valid(const char *name);

#endif
