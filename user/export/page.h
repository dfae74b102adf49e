/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages for people: HTML that needs nothing else, no script, no other file, and shows hostile names
 * as what they are, text.
 */
#ifndef VIOMMU_EXPORT_PAGE_H
#define VIOMMU_EXPORT_PAGE_H

#include <stdio.h>

#include "export/http.h"

/** The host and its VMs. now: CLOCK_REALTIME ns. */
void page_write(FILE *out, const struct http_source *source, uint64_t now);

/** One VM. */
void page_write_vm(FILE *out, const struct http_source *source, const struct ledger_domain *d,
		   uint64_t now);

/** Something that is not there; text says what. */
void page_write_missing(FILE *out, const struct http_source *source, const char *text);

#endif
