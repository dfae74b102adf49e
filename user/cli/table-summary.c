// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands at the end for each VM: what it did, what failed, and what to set. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cli/table.h"
#include "core/text.h"
#include "host/text.h"
#include "print/columns.h"
#include "print/format.h"

#define LABEL_INDENT 2
#define VALUE_INDENT 15

/* A line "  label        value", wrapped below the value; without a label it goes on. */
static void entry(FILE *f, const struct table_style *style, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void entry(FILE *f, const struct table_style *style, const char *label, const char *fmt, ...)
{
	char value[1536];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	fprintf(f, "%*s%-*s", LABEL_INDENT, "", VALUE_INDENT - LABEL_INDENT, label);
	columns_wrap(f, value, VALUE_INDENT, VALUE_INDENT, style->width);
	fputc('\n', f);
}

static void print_title(FILE *f, const struct table_style *style, const struct viommu_event *event)
{
	const char *source = viommu_vm_source_name(event->vm.source);
	char vm[LAYOUT_CELL], title[512], manager[64], endpoint[64];
	struct text t;

	table_vm(vm, sizeof(vm), event);
	host_text_clean(manager, sizeof(manager), event->vm.manager,
			strnlen(event->vm.manager, sizeof(event->vm.manager)));
	text_init(&t, title, sizeof(title));
	text_add(&t, "Summary of %s", vm[0] ? vm : "all");
	if (event->request.type) {
		host_text_clean(endpoint, sizeof(endpoint), event->request.device,
				strnlen(event->request.device, sizeof(event->request.device)));
		text_add(&t, ", endpoint %s of its virtio-iommu", endpoint);
		if (!endpoint[0])
			text_add(&t, " (address space %u)", event->request.domain);
	}
	if (event->vm.source != VIOMMU_VM_NONE) {
		text_add(&t, " (%s", manager[0] ? manager : "VM");
		if (event->pid)
			text_add(&t, ", pid %u", event->pid);
		text_add(&t, ", name from %s)", source ? source : "unknown");
	}
	fputs(style->color ? "\n\x1b[1m" : "\n", f);
	columns_wrap(f, title, 0, LABEL_INDENT, style->width);
	fputs(style->color ? "\x1b[0m\n" : "\n", f);
}

static void print_calls(FILE *f, const struct table_style *style, const struct viommu_summary *s)
{
	char maps[32], unmaps[32], mapped[32], unmapped[32];

	format_count(maps, sizeof(maps), s->maps);
	format_count(unmaps, sizeof(unmaps), s->unmaps);
	format_size(mapped, sizeof(mapped), s->map_bytes);
	format_size(unmapped, sizeof(unmapped), s->unmap_bytes);
	entry(f, style, "maps", "%s (%s)", maps, mapped);
	entry(f, style, "unmaps", "%s (%s)", unmaps, unmapped);
}

static uint64_t print_failures(FILE *f, const struct table_style *style,
			       const struct viommu_summary *s)
{
	const char *label = "failures";
	uint64_t total = 0;
	char count[32];

	for (int i = 0; i < VIOMMU_NR_REASONS; i++) {
		if (!s->failures[i])
			continue;
		total += s->failures[i];
		format_count(count, sizeof(count), s->failures[i]);
		entry(f, style, label, "%s %s: %s", count,
		      viommu_reason_name((enum viommu_reason)i),
		      viommu_reason_meaning((enum viommu_reason)i));
		label = "";
	}
	if (!total)
		entry(f, style, label, "none");
	return total;
}

static void print_highest(FILE *f, const struct table_style *style, const struct viommu_summary *s,
			  bool refused)
{
	if (s->maps)
		entry(f, style, "highest IOVA", "0x%" PRIx64 " mapped (%u bits)",
		      s->highest_mapped, iova_bits_needed(s->highest_mapped));
	if (refused)
		entry(f, style, s->maps ? "" : "highest IOVA", "0x%" PRIx64
		      " refused (needs %u bits)", s->highest_refused,
		      iova_bits_needed(s->highest_refused));
}

/* whose: the host, or of a guest's endpoint the vIOMMU. */
static void print_host(FILE *f, const struct table_style *style, const struct viommu_summary *s,
		       const char *whose)
{
	const char *from = viommu_limit_name(s->limit_from);
	char text[1024];

	if (!s->ranges.count) {
		entry(f, style, whose, "its usable ranges are not known");
		return;
	}
	format_ranges(text, sizeof(text), &s->ranges);
	entry(f, style, whose, "%s; known from: %s", text, from ? from : "unknown");
}

static void print_entries(FILE *f, const struct table_style *style, const struct viommu_summary *s)
{
	char avail[32], limit[32];

	if (!s->dma_limit)
		return;
	format_count(avail, sizeof(avail), s->dma_avail);
	format_count(limit, sizeof(limit), s->dma_limit);
	entry(f, style, "entries", "%s of %s mapping entries left%s", avail, limit,
	      s->containers > 1 ? " in the fullest container" : "");
}

static void print_latency(FILE *f, const struct table_style *style, const struct viommu_summary *s)
{
	char words[128];

	if (format_latency_words(words, sizeof(words), s->latency))
		entry(f, style, "map latency", "%s", words);
}

static void print_lost(FILE *f, const struct table_style *style, const struct viommu_summary *s)
{
	const char *label = "lost";
	char count[32];

	for (int i = 0; i < VIOMMU_NR_LOST; i++) {
		if (!s->lost[i])
			continue;
		format_count(count, sizeof(count), s->lost[i]);
		entry(f, style, label, "%s %s: %s", count, viommu_lost_name((enum viommu_lost)i),
		      viommu_lost_meaning((enum viommu_lost)i));
		label = "";
	}
	if (*label)
		entry(f, style, label, "nothing lost");
}

/*
 * -global reaches QEMU through every release of libvirt and Proxmox; an attribute of their own for
 * the width of virtio-iommu exists in recent libvirt only.
 */
static void print_managed(FILE *f, const struct table_style *style, const char *manager,
			  unsigned int bits)
{
	if (!strcmp(manager, "libvirt")) {
		entry(f, style, "", "libvirt, in <qemu:commandline>:");
		entry(f, style, "", "<qemu:arg value='-global'/>");
		entry(f, style, "", "<qemu:arg value='virtio-iommu-pci.aw-bits=%u'/>", bits);
	} else if (!strcmp(manager, "proxmox")) {
		entry(f, style, "", "Proxmox, in the VM's configuration:");
		entry(f, style, "", "args: -global virtio-iommu-pci.aw-bits=%u", bits);
	}
}

static void print_advice(FILE *f, const struct table_style *style, const struct viommu_event *event)
{
	const unsigned int bits = viommu_recommend_bits(&event->summary.ranges);
	char option[160];

	if (!bits)
		return;
	if (event->vm.vmm == VIOMMU_VMM_OTHER) {
		entry(f, style, "recommended", "IOVAs below 2^%u", bits);
		return;
	}
	viommu_recommend_option(bits, option, sizeof(option));
	entry(f, style, "recommended", "aw-bits %u", bits);
	entry(f, style, "", "%s", option);
	print_managed(f, style, event->vm.manager, bits);
}

void table_summary(FILE *f, const struct table_style *style, const struct viommu_event *event)
{
	const struct viommu_summary *s = &event->summary;
	uint64_t failures;

	print_title(f, style, event);
	print_calls(f, style, s);
	failures = print_failures(f, style, s);
	print_highest(f, style, s, failures > 0);
	print_host(f, style, s, event->request.type ? "vIOMMU" : "host");
	print_entries(f, style, s);
	print_latency(f, style, s);
	print_lost(f, style, s);
	if (!event->request.type)	/* a guest cannot see what its host has */
		print_advice(f, style, event);
}
