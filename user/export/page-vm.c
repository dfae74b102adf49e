// SPDX-License-Identifier: GPL-2.0-or-later
/* A VM on a page: its numbers, its failures with what to do, its address space. */
#include <inttypes.h>
#include <string.h>

#include "export/page-parts.h"
#include "print/format.h"
#include "print/map.h"

/* ---------------------------------------------------------------------------------------- card */

static void fact_begin(FILE *out, const char *name)
{
	fprintf(out, "<div><dt>%s</dt><dd>", name);
}

static void fact_end(FILE *out)
{
	fputs("</dd></div>\n", out);
}

static void fact_size(FILE *out, const char *name, uint64_t bytes)
{
	char text[40];

	format_size(text, sizeof(text), bytes);
	fact_begin(out, name);
	fputs(text, out);
	fact_end(out);
}

static void fact_count(FILE *out, const char *name, uint64_t n, const char *class)
{
	fact_begin(out, name);
	fprintf(out, "<span class=\"%s\">", class);
	html_count(out, n);
	fputs("</span>", out);
	fact_end(out);
}

static void widths_write(FILE *out, const struct ledger_domain *d)
{
	const unsigned int bits = domain_advised_bits(d);
	char text[128];

	domain_viommu_text(d, text, sizeof(text));
	fact_begin(out, "vIOMMU");
	html_text(out, text);
	fact_end(out);
	fact_begin(out, "Host maps");
	if (d->ranges.count)
		fprintf(out, "%u bits", iova_ranges_max_bits(&d->ranges));
	else
		fputs("not known", out);
	fact_end(out);
	fact_begin(out, "Advised aw-bits");
	if (bits)
		fprintf(out, "<b class=\"%s\">%u</b>", domain_is_too_wide(d) ? "bad" : "good", bits);
	else
		fputs("none", out);
	fact_end(out);
}

static void numbers_write(FILE *out, const struct ledger_domain *d)
{
	const uint64_t failures = domain_failures(d);

	fact_count(out, "Mapped", d->maps, "");
	fact_count(out, "Refused", failures, failures ? "bad" : "");
	if (d->has_mapped)
		fact_size(out, "Mapped now", d->mapped_bytes);
	if (d->has_entries) {
		fact_begin(out, "Mapping entries");
		html_count(out, d->entries);
		fputs(" of ", out);
		html_count(out, d->entries_limit);
		fact_end(out);
	}
	if (d->has_highest) {
		fact_begin(out, "Highest IOVA");
		fprintf(out, "%s<code>0x%" PRIx64 "</code>", d->highest_least ? "at least " : "",
			d->highest_mapped);
		fact_end(out);
	}
}

void card_begin(FILE *out, const struct ledger_domain *d, uint64_t now, bool link)
{
	fputs("<div class=\"head\"><h3>", out);
	if (link) {
		fputs("<a href=\"/vms/", out);
		html_path(out, d->vm.name);
		fputs("\">", out);
	}
	html_text(out, d->vm.name);
	fputs(link ? "</a></h3>" : "</h3>", out);
	if (domain_is_too_wide(d))
		fputs("<span class=\"badge warning\">vIOMMU too wide</span>", out);
	else if (!domain_needs_attention(d))
		fputs("<span class=\"badge good\">fine</span>", out);
	fputs("<span class=\"state\">", out);
	html_text(out, d->vm.manager);
	fputs(d->vm.manager[0] ? ", " : "", out);
	if (d->processes > 1) {
		fprintf(out, "%u processes", d->processes);
	} else if (!d->processes) {
		fputs("gone, last seen ", out);
		html_time(out, d->seen, now);
	} else {
		fputs("running", out);
	}
	fputs("</span></div>\n<dl class=\"facts\">\n", out);
	widths_write(out, d);
	numbers_write(out, d);
	fputs("</dl>\n", out);
}

/* ------------------------------------------------------------------------------------ findings */

static const char *remedy_title(enum viommu_remedy_for who)
{
	static const char *const titles[VIOMMU_NR_FOR] = {
		[VIOMMU_FOR_QEMU] = "QEMU", [VIOMMU_FOR_LIBVIRT] = "libvirt",
		[VIOMMU_FOR_PROXMOX] = "Proxmox", [VIOMMU_FOR_KERNEL] = "Kernel",
		[VIOMMU_FOR_GUEST] = "Guest", [VIOMMU_FOR_HOST] = "Host",
	};

	return who < VIOMMU_NR_FOR ? titles[who] : "";
}

static void remedy_write(FILE *out, const struct viommu_remedy *r)
{
	fprintf(out, "<li><b>%s:</b> ", remedy_title(r->who));
	html_text(out, r->text);
	if (r->option[0]) {
		fputs("<pre>", out);
		html_text(out, r->option);
		fputs("</pre>", out);
	}
	fputs("</li>\n", out);
}

/* What fits to how the VM is managed, else the best. */
static size_t remedy_of_manager(const struct viommu_diagnosis *diag, const char *manager)
{
	for (size_t i = 0; i < diag->remedy_count && i < VIOMMU_MAX_REMEDIES; i++)
		if (!strcmp(viommu_remedy_for_name(diag->remedies[i].who), manager))
			return i;
	return 0;
}

static void remedies_write(FILE *out, const struct viommu_diagnosis *diag, const char *manager)
{
	if (!diag->remedy_count)
		return;
	fputs("<ul class=\"remedy\">\n", out);
	if (manager) {
		remedy_write(out, &diag->remedies[remedy_of_manager(diag, manager)]);
	} else {
		for (size_t i = 0; i < diag->remedy_count && i < VIOMMU_MAX_REMEDIES; i++)
			remedy_write(out, &diag->remedies[i]);
	}
	fputs("</ul>\n", out);
}

/* What it may be, where the evidence does not decide. */
static void candidates_write(FILE *out, const struct viommu_diagnosis *diag)
{
	if (diag->reason != VIOMMU_REASON_UNKNOWN || !diag->candidate_count)
		return;
	fputs("<p class=\"quiet\">It may be:", out);
	for (size_t i = 0; i < diag->candidate_count && i < VIOMMU_MAX_CANDIDATES; i++)
		fprintf(out, "%s %s", i ? "," : "",
			viommu_reason_meaning(diag->candidates[i]));
	fputs(".</p>\n", out);
}

void finding_write(FILE *out, const struct ledger_finding *finding, uint64_t now,
		   const char *manager)
{
	const struct viommu_diagnosis *diag = &finding->event.diag;
	const char *severity = viommu_severity_name(diag->severity);

	fprintf(out, "<section class=\"finding\">\n<div class=\"head\"><span class=\"badge %s\">%s"
		"</span> <code>%s</code><span class=\"state\">", severity, severity,
		viommu_reason_name(diag->reason));
	html_count(out, finding->count);
	fputs(finding->count == 1 ? " time, " : " times, last ", out);
	html_time(out, finding->event.ts_last, now);
	fputs("</span></div>\n<p>", out);
	html_text(out, diag->detail);
	fputs(".</p>\n", out);
	candidates_write(out, diag);
	remedies_write(out, diag, manager);
	fputs("</section>\n", out);
}

void advice_write(FILE *out, const struct ledger_domain *d)
{
	const unsigned int bits = domain_advised_bits(d);
	char option[256];

	if (!domain_is_too_wide(d))
		return;
	domain_option(d, option, sizeof(option));
	fprintf(out, "<section class=\"finding\"><p>The vIOMMU hands out %u bits of addresses. "
		"With %u, the guest gets none that this host refuses:</p><pre>", d->viommu_bits, bits);
	html_text(out, option);
	fputs("</pre></section>\n", out);
}

/* --------------------------------------------------------------------------------- the picture */

/* Refused for where it is, and not for how much, by whom or when. */
static bool is_of_place(enum viommu_reason reason)
{
	switch (reason) {
	case VIOMMU_REASON_ABOVE_HOST_WIDTH:
	case VIOMMU_REASON_BAR_ABOVE_HOST_WIDTH:
	case VIOMMU_REASON_RAM_ABOVE_HOST_WIDTH:
	case VIOMMU_REASON_RESERVED_AMD_HT:
	case VIOMMU_REASON_RESERVED_MSI:
	case VIOMMU_REASON_RESERVED_REGION:
	case VIOMMU_REASON_POLICY:
	case VIOMMU_REASON_USERSPACE_VA:
		return true;
	default:
		return false;
	}
}

static void lane_fill(struct map_lane *lane, const struct ledger_domain *d)
{
	if (d->containers > 1)
		snprintf(lane->name, sizeof(lane->name), "usable in all %u containers",
			 d->containers);
	else
		snprintf(lane->name, sizeof(lane->name), "usable");
	lane->ranges = d->ranges;
	lane->from = d->limit_from;
	lane->has_mapped = d->has_highest;
	lane->mapped = d->highest_mapped;
	lane->mapped_least = d->highest_least;
	for (size_t i = 0; i < d->finding_count; i++) {
		const struct viommu_event *event = &d->findings[i].event;

		if (event->type != VIOMMU_EVENT_MAP || !event->ev.has_range ||
		    !is_of_place(event->diag.reason) ||
		    (lane->has_refused && event->iova_highest <= lane->refused))
			continue;
		lane->has_refused = true;
		lane->refused = event->iova_highest;
	}
}

void map_write(FILE *out, const struct ledger_domain *d, unsigned int number)
{
	struct address_map map = { .viommu_bits = d->viommu_bits };
	char verdict[512];

	if (!d->ranges.count) {
		fputs("<p class=\"quiet\">What the host can map for this VM is not known: no "
		      "container of it is alive, or none tells.</p>\n", out);
		return;
	}
	/*
	 * Which vIOMMU it is makes no difference to the picture, only that there is none: where
	 * that is not known, its width is not.
	 */
	if (strcmp(d->viommu, viommu_model_name(VIOMMU_MODEL_NONE)) != 0)
		map.model = VIOMMU_MODEL_VIRTIO;
	map.advised_bits = domain_advised_bits(d);
	map.change_needed = domain_is_too_wide(d);
	lane_fill(map_add_lane(&map), d);
	map_verdict(verdict, sizeof(verdict), &map);
	fputs("<p>", out);
	html_text(out, verdict);
	fputs("</p>\n<div class=\"scroll\">\n", out);
	map_draw_svg_inline(out, &map, number);
	fputs("</div>\n", out);
}
