// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages. Everything is in the one file that a browser gets. */
#include <inttypes.h>
#include <string.h>

#include "export/page-parts.h"
#include "print/format.h"

/* VMs that are shown with their failures on the first page; all are in the table. */
#define CARDS_MAX 20

/* Picture of VM n of a page; a page of a VM has but one. */
#define MAP_OF_VM 1

void page_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
	      "<link rel=\"icon\" href=\"data:,\"/>\n<title>", out);
	html_text(out, title);
	fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", page_style);
}

void page_end(FILE *out)
{
	fputs("</main>\n<footer><a href=\"/metrics\">metrics</a><a href=\"/api/v1/vms\">JSON</a>"
	      "<a href=\"/healthz\">health</a>viommud " VIOMMU_VERSION "</footer>\n"
	      "</body>\n</html>\n", out);
}

/* --------------------------------------------------------------------------------------- tiles */

static void tile(FILE *out, const char *class, uint64_t n, const char *text)
{
	fprintf(out, "<div class=\"tile %s\" title=\"%" PRIu64 "\"><b>", class, n);
	html_short(out, n);
	fprintf(out, "</b><span>%s</span></div>\n", text);
}

static uint64_t lost_sum(const struct ledger *l)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < LEDGER_NR_LOST; i++)
		sum += ledger_lost(l, i);
	return sum;
}

static void guard_tile(FILE *out, const struct ledger_guard *guard)
{
	const char *class = !guard->up ? "" : guard->armed ? "good" : "bad";
	const char *text = !guard->up ? "off" : guard->armed ? "armed" : "not armed";

	fprintf(out, "<div class=\"tile %s\"><b>%s</b><span>policy guard</span></div>\n", class,
		text);
}

static void tiles_write(FILE *out, const struct ledger *l)
{
	uint64_t running = 0, maps = 0, failures = 0;
	const uint64_t lost = lost_sum(l);

	for (size_t i = 0; i < ledger_domain_count(l); i++) {
		const struct ledger_domain *d = ledger_domain_at(l, i);

		running += d->processes > 0;
		maps += d->maps;
		failures += domain_failures(d);
	}
	fputs("<div class=\"tiles\">\n", out);
	tile(out, "", running, running == 1 ? "VM runs" : "VMs run");
	tile(out, "", maps, "mappings made");
	tile(out, failures ? "bad" : "good", failures, "refused");
	tile(out, lost ? "bad" : "", lost, "records lost");
	guard_tile(out, ledger_guard_get(l));
	fputs("</div>\n", out);
}

static void notes_write(FILE *out, const struct http_source *source)
{
	const char *problem = source->unhealthy ? source->unhealthy(source->ctx) : NULL;
	const struct ledger_guard *guard = ledger_guard_get(source->ledger);

	if (problem) {
		fputs("<p class=\"note\">", out);
		html_text(out, problem);
		fputs("</p>\n", out);
	}
	if (guard->up && guard->reason[0]) {
		fputs("<p class=\"note\">Policies: ", out);
		html_text(out, guard->reason);
		fputs("</p>\n", out);
	}
}

/* ----------------------------------------------------------------------------------------- VMs */

/* What is shown of the failure says which width to set. */
static bool is_about_width(const struct viommu_diagnosis *diag)
{
	for (size_t i = 0; i < diag->remedy_count && i < VIOMMU_MAX_REMEDIES; i++)
		if (strstr(diag->remedies[i].option, "aw-bits="))
			return true;
	return false;
}

static void card_write(FILE *out, const struct ledger_domain *d, uint64_t now, unsigned int number)
{
	const struct ledger_finding *worst = domain_worst(d);

	fputs("<article class=\"card\">\n", out);
	card_begin(out, d, now, true);
	if (worst)
		finding_write(out, worst, now, d->vm.manager);
	if (!worst || !is_about_width(&worst->event.diag))
		advice_write(out, d);
	if (worst && (d->finding_count > 1 || worst->event.diag.remedy_count > 1)) {
		fputs("<p class=\"more\"><a href=\"/vms/", out);
		html_path(out, d->vm.name);
		fputs("\">", out);
		if (d->finding_count > 1)
			fprintf(out, "%zu more kind%s of failure, other ways to help</a></p>\n",
				d->finding_count - 1, d->finding_count == 2 ? "" : "s");
		else
			fputs("Other ways to help</a></p>\n", out);
	}
	if (d->ranges.count) {
		fputs("<details><summary>Address space</summary>\n", out);
		map_write(out, d, number);
		fputs("</details>\n", out);
	}
	fputs("</article>\n", out);
}

static void cards_write(FILE *out, const struct ledger *l, uint64_t now)
{
	unsigned int cards = 0;

	for (size_t i = 0; i < ledger_domain_count(l); i++) {
		const struct ledger_domain *d = ledger_domain_at(l, i);

		if (!domain_needs_attention(d))
			continue;
		if (!cards)
			fputs("<h2>To look at</h2>\n", out);
		if (cards++ < CARDS_MAX)
			card_write(out, d, now, cards);
	}
	if (cards > CARDS_MAX)
		fprintf(out, "<p class=\"quiet\">%u more are marked in the list.</p>\n",
			cards - CARDS_MAX);
	if (!cards && ledger_domain_count(l))
		fputs("<p class=\"note good\">No VM has a problem with its addresses.</p>\n", out);
}

static void bits_cell(FILE *out, const char *label, unsigned int bits, const char *class)
{
	fprintf(out, "<td class=\"n %s\" data-label=\"%s\">", class, label);
	if (bits)
		fprintf(out, "%u", bits);
	else
		fputs("-", out);
	fputs("</td>", out);
}

static void row_write(FILE *out, const struct ledger_domain *d, uint64_t now)
{
	const unsigned int max = iova_ranges_max_bits(&d->ranges);
	const uint64_t failures = domain_failures(d);
	char size[40] = "-";

	if (d->has_mapped)
		format_size(size, sizeof(size), d->mapped_bytes);
	fputs("<tr><td class=\"name\"><a href=\"/vms/", out);
	html_path(out, d->vm.name);
	fputs("\">", out);
	html_text(out, d->vm.name);
	fputs("</a></td>", out);
	bits_cell(out, "vIOMMU bits", d->viommu_bits, domain_is_too_wide(d) ? "bad" : "");
	bits_cell(out, "Host bits", max, "");
	bits_cell(out, "Advised", domain_advised_bits(d), "");
	fputs("<td class=\"n\" data-label=\"Mapped\">", out);
	html_short(out, d->maps);
	fprintf(out, "</td><td class=\"n %s\" data-label=\"Refused\">", failures ? "bad" : "");
	html_short(out, failures);
	fprintf(out, "</td><td class=\"n\" data-label=\"Mapped now\">%s</td>"
		"<td data-label=\"Seen\">", size);
	if (d->processes)
		fputs("running", out);
	else
		html_time(out, d->seen, now);
	fputs("</td></tr>\n", out);
}

static void vms_write(FILE *out, const struct ledger *l, uint64_t now)
{
	const size_t count = ledger_domain_count(l);

	fprintf(out, "<h2>VMs <small>%zu</small></h2>\n", count);
	if (!count) {
		fputs("<p class=\"quiet\">No process uses VFIO. A VM appears here as soon as it "
		      "opens a container: no restart is needed.</p>\n", out);
		return;
	}
	fputs("<table><thead><tr><th>Name</th><th class=\"n\">vIOMMU bits</th>"
	      "<th class=\"n\">Host bits</th><th class=\"n\">Advised</th><th class=\"n\">Mapped</th>"
	      "<th class=\"n\">Refused</th><th class=\"n\">Mapped now</th><th>Seen</th></tr></thead>"
	      "\n<tbody>\n", out);
	for (size_t i = 0; i < count; i++)
		row_write(out, ledger_domain_at(l, i), now);
	fputs("</tbody></table>\n", out);
}

/* -------------------------------------------------------------------------------------- groups */

static bool ranges_same(const struct iova_ranges *a, const struct iova_ranges *b)
{
	return a->count == b->count && !memcmp(a->r, b->r, a->count * sizeof(a->r[0]));
}

static bool group_is_first(const struct ledger *l, size_t index)
{
	const struct ledger_group *group = ledger_group_at(l, index);

	for (size_t i = 0; i < index; i++)
		if (ranges_same(&ledger_group_at(l, i)->ranges, &group->ranges))
			return false;
	return true;
}

/* "1-7, 9": the groups that have the same ranges as this one. */
static void group_ids_write(FILE *out, const struct ledger *l, const struct ledger_group *group)
{
	int first = 0, last = -2;
	bool any = false;

	for (size_t i = 0; i <= ledger_group_count(l); i++) {
		const struct ledger_group *other = ledger_group_at(l, i);

		if (other && !ranges_same(&other->ranges, &group->ranges))
			continue;
		if (other && other->id == last + 1) {
			last++;
			continue;
		}
		if (any && last > first)
			fprintf(out, "-%d", last);
		if (other) {
			fprintf(out, "%s%d", any ? ", " : "", other->id);
			first = last = other->id;
			any = true;
		}
	}
}

/* Most groups of a host are alike: a row for each kind. */
static void groups_write(FILE *out, const struct ledger *l)
{
	if (!ledger_group_count(l))
		return;
	fputs("<h2>This host <small>IOMMU groups</small></h2>\n<table><thead><tr><th>Groups</th>"
	      "<th class=\"n\">Maximum bits</th><th class=\"n\">Safe bits</th><th>Addresses</th>"
	      "</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < ledger_group_count(l); i++) {
		const struct ledger_group *group = ledger_group_at(l, i);
		char ranges[400] = "not known";

		if (!group_is_first(l, i))
			continue;
		if (group->ranges.count)
			format_ranges(ranges, sizeof(ranges), &group->ranges);
		fputs("<tr><td class=\"name\">", out);
		group_ids_write(out, l, group);
		fputs("</td>", out);
		bits_cell(out, "Maximum bits", group->max_bits, "");
		bits_cell(out, "Safe bits", group->safe_bits, "");
		fputs("<td data-label=\"Addresses\">", out);
		html_text(out, ranges);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void lost_write(FILE *out, const struct ledger *l)
{
	if (!lost_sum(l))
		return;
	fputs("<h2>What was lost</h2>\n<article class=\"card\"><dl class=\"facts\">\n", out);
	for (unsigned int i = 0; i < LEDGER_NR_LOST; i++) {
		if (!ledger_lost(l, i))
			continue;
		fprintf(out, "<div><dt>%s</dt><dd>", ledger_lost_meaning(i));
		html_count(out, ledger_lost(l, i));
		fputs("</dd></div>\n", out);
	}
	fputs("</dl></article>\n", out);
}

/* --------------------------------------------------------------------------------------- pages */

void page_write(FILE *out, const struct http_source *source, uint64_t now)
{
	char title[300];

	snprintf(title, sizeof(title), "%s - viommud", source->host);
	page_begin(out, title);
	fputs("<header><p>DMA addresses of VMs on</p><h1>", out);
	html_text(out, source->host);
	fputs("</h1></header>\n<main>\n", out);
	notes_write(out, source);
	tiles_write(out, source->ledger);
	cards_write(out, source->ledger, now);
	vms_write(out, source->ledger, now);
	groups_write(out, source->ledger);
	lost_write(out, source->ledger);
	page_end(out);
}

static void reasons_write(FILE *out, const struct ledger_domain *d)
{
	if (!domain_failures(d))
		return;
	fputs("<h2>Refused, by reason</h2>\n<table><thead><tr><th>Reason</th><th>Meaning</th>"
	      "<th class=\"n\">Calls</th></tr></thead>\n<tbody>\n", out);
	for (unsigned int i = 0; i < VIOMMU_NR_REASONS; i++) {
		if (!d->failures[i])
			continue;
		fprintf(out, "<tr><td class=\"name\"><code>%s</code></td><td data-label=\"Meaning\">"
			"%s</td><td class=\"n\" data-label=\"Calls\">", viommu_reason_name(i),
			viommu_reason_meaning(i));
		html_count(out, d->failures[i]);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void latency_write(FILE *out, const struct ledger_domain *d)
{
	char words[128];

	if (format_latency_words(words, sizeof(words), d->latency))
		fprintf(out, "<p class=\"quiet\">Time of a MAP call: %s.</p>\n", words);
}

void page_write_vm(FILE *out, const struct http_source *source, const struct ledger_domain *d,
		   uint64_t now)
{
	page_begin(out, d->vm.name);
	fputs("<header><p><a href=\"/\">", out);
	html_text(out, source->host);
	fputs("</a></p><h1>", out);
	html_text(out, d->vm.name);
	fputs("</h1><p>", out);
	html_text(out, d->vm.uuid);
	fputs("</p></header>\n<main>\n<h2>Now</h2>\n<article class=\"card\">\n", out);
	card_begin(out, d, now, false);
	advice_write(out, d);
	fputs("</article>\n<h2>Address space</h2>\n<article class=\"card\">\n", out);
	map_write(out, d, MAP_OF_VM);
	latency_write(out, d);
	fputs("</article>\n", out);
	if (d->finding_count) {
		fputs("<h2>Failures</h2>\n", out);
		for (size_t i = 0; i < d->finding_count; i++) {
			fputs("<article class=\"card\">\n", out);
			finding_write(out, &d->findings[i], now, NULL);
			fputs("</article>\n", out);
		}
	}
	reasons_write(out, d);
	page_end(out);
}

void page_write_missing(FILE *out, const struct http_source *source, const char *text)
{
	page_begin(out, "Not there");
	fputs("<header><p><a href=\"/\">", out);
	html_text(out, source->host);
	fputs("</a></p><h1>Not there</h1></header>\n<main>\n<p>", out);
	html_text(out, text);
	fputs("</p>\n", out);
	page_end(out);
}
