// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A machine's IOMMUs and groups as text. Groups that differ only in number and devices stand
 * together.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/host.h"
#include "cli/output.h"
#include "core/registers.h"
#include "core/text.h"
#include "host/text.h"
#include "print/columns.h"
#include "print/format.h"

/** Columns before a line's label, and before its text. */
#define LABEL 2
#define TEXT 13

struct printer {
	FILE *out;
	const struct host_view *v;
	unsigned int width;
};

/* "  label    text", wrapped; text is clean. */
static void line_print(const struct printer *p, const char *label, const char *text)
{
	fprintf(p->out, "%*s%-*s", LABEL, "", TEXT - LABEL, label);
	columns_wrap(p->out, text, TEXT, TEXT, p->width);
	fputc('\n', p->out);
}

/* A line that begins a paragraph. */
static void heading_print(const struct printer *p, const char *text)
{
	fputc('\n', p->out);
	columns_wrap(p->out, text, 0, LABEL, p->width);
	fputc('\n', p->out);
}

static void clean_copy(char *dst, size_t size, const char *src)
{
	host_text_clean(dst, size, src, strlen(src));
}

static void machine_print(const struct printer *p)
{
	char host[3 * sizeof(p->v->m->host)], kernel[3 * sizeof(p->v->m->kernel)];
	char arch[3 * sizeof(p->v->m->arch)];
	const struct machine *m = p->v->m;
	char line[1024], size[32];
	struct text t;

	clean_copy(host, sizeof(host), m->host);
	clean_copy(kernel, sizeof(kernel), m->kernel);
	clean_copy(arch, sizeof(arch), m->arch);
	text_init(&t, line, sizeof(line));
	text_add(&t, "Host %s", host[0] ? host : "without a name");
	if (kernel[0])
		text_add(&t, ", kernel %s", kernel);
	if (arch[0])
		text_add(&t, ", %s", arch);
	if (m->vendor != CPU_UNKNOWN)
		text_add(&t, ", %s processors", cpu_vendor_name(m->vendor));
	if (m->memory) {
		format_size(size, sizeof(size), m->memory);
		text_add(&t, ", %s of memory", size);
	}
	if (m->page_size) {
		format_size(size, sizeof(size), m->page_size);
		text_add(&t, ", pages of %s", size);
	}
	if (m->va_bits)
		text_add(&t, ", kernel addresses of %u bits", m->va_bits);
	columns_wrap(p->out, line, 0, 0, p->width);
	fputc('\n', p->out);
}

static void vfio_print(const struct printer *p)
{
	const struct machine *m = p->v->m;
	char line[128];
	struct text t;

	text_init(&t, line, sizeof(line));
	if (m->has_dma_entry_limit)
		text_add(&t, "dma_entry_limit %" PRIu32, m->dma_entry_limit);
	if (m->has_unsafe_interrupts)
		text_add(&t, "%sunsafe interrupts are %s", t.len ? ", " : "",
			 m->unsafe_interrupts ? "allowed" : "refused");
	if (t.len)
		line_print(p, "vfio", line);
}

static void intel_words(struct text *t, const struct machine_unit *u)
{
	struct intel_registers r;

	intel_registers_decode(&r, u->cap, u->ecap);
	text_add(t, "cap %" PRIx64 ", ecap %" PRIx64 ": MGAW %u, tables of", u->cap, u->ecap, r.mgaw);
	for (unsigned int i = 0; i < 5; i++)
		if (r.sagaw >> i & 1)
			text_add(t, " %u", 30 + 9 * i);
	text_add(t, "%s bits, pages of 4K%s%s, %u domains", r.sagaw ? "" : " no",
		 r.second_stage_2m ? " 2M" : "", r.second_stage_1g ? " 1G" : "", r.domains);
	if (r.caching_mode)
		text_add(t, ", caching mode (emulated)");
	if (r.scalable_mode)
		text_add(t, ", scalable mode with %s%s%s", r.first_stage ? "first stage" : "",
			 r.first_stage && r.second_stage ? " and " : "",
			 r.second_stage ? "second stage" : "");
	if (r.five_level)
		text_add(t, ", first stage of 5 levels");
	if (r.posted_interrupts)
		text_add(t, ", posted interrupts");
}

static void amd_words(struct text *t, const struct machine *m, const struct machine_unit *u)
{
	struct amd_registers r;

	if (!amd_registers_decode(&r, m, u))
		return;
	text_add(t, "EFR 0x%" PRIx64 ": ", r.efr);
	if (r.host_levels)
		text_add(t, "host tables of %u levels", r.host_levels);
	else
		text_add(t, "no host tables");
	if (r.guest_tables && r.guest_levels)
		text_add(t, ", guest tables of %u levels", r.guest_levels);
	if (u->ivrs_va_bits)
		text_add(t, ", IVRS virtual address size %u", u->ivrs_va_bits);
}

static void unit_words(struct text *t, const struct machine *m, const struct machine_unit *u)
{
	if (u->kind == UNIT_INTEL && u->has_cap)
		intel_words(t, u);
	else if (u->kind == UNIT_AMD)
		amd_words(t, m, u);
	else if (u->kind == UNIT_SMMU && (u->ias || u->oas))
		text_add(t, "in the kernel's log: ias %u-bit, oas %u-bit", u->ias, u->oas);
}

static void unit_print(const struct printer *p, const struct machine_unit *u)
{
	char name[3 * sizeof(u->name)], line[512];
	struct iommu_width w;
	struct text t;

	clean_copy(name, sizeof(name), u->name);
	width_of_unit(&w, p->v->m, u);
	text_init(&t, line, sizeof(line));
	text_add(&t, "IOMMU %s (%s): ", name, unit_kind_name(u->kind));
	if (w.bits)
		text_add(&t, "%u bits", w.bits);
	else
		text_add(&t, "width not known");
	heading_print(p, line);
	line_print(p, w.bits ? "from" : "why", w.text);
	text_init(&t, line, sizeof(line));
	unit_words(&t, p->v->m, u);
	if (t.len)
		line_print(p, "registers", line);
}

/* "Groups 0-3, 7": those of the kind, in the order of their numbers. */
static void numbers_add(struct text *t, const struct host_view *v, size_t kind)
{
	const char *before = "Group ";
	size_t end;

	for (size_t i = kind + 1; i < v->m->group_count; i++)
		if (v->groups[i].kind == kind)
			before = "Groups ";
	for (size_t i = kind; i < v->m->group_count; i = end + 1) {
		end = i;
		if (v->groups[i].kind != kind)
			continue;
		while (end + 1 < v->m->group_count && v->groups[end + 1].kind == kind &&
		       v->groups[end + 1].group->id == v->groups[end].group->id + 1)
			end++;
		text_add(t, "%s%d", before, v->groups[i].group->id);
		if (end > i)
			text_add(t, "-%d", v->groups[end].group->id);
		before = ", ";
	}
}

static void ranges_print(const struct printer *p, const struct host_group *g)
{
	struct host_hole holes[VIOMMU_MAX_RANGES + 1];
	const size_t count = host_group_holes(g, holes);
	char line[4096];
	struct text t;

	text_init(&t, line, sizeof(line));
	for (size_t i = 0; i < g->usable.count; i++)
		text_add(&t, "%s0x%llx-0x%llx", i ? ", " : "",
			 (unsigned long long)g->usable.r[i].first,
			 (unsigned long long)g->usable.r[i].last);
	line_print(p, "usable", line);
	text_init(&t, line, sizeof(line));
	for (size_t i = 0; i < count; i++) {
		const char *glue = " ";

		text_add(&t, "%s0x%llx-0x%llx", i ? ", " : "",
			 (unsigned long long)holes[i].range.first,
			 (unsigned long long)holes[i].range.last);
		for (int type = 0; type < NR_REGION_TYPES; type++) {
			if (!holes[i].types[type])
				continue;
			text_add(&t, "%s%s", glue, region_type_name((enum region_type)type));
			glue = "+";
		}
	}
	line_print(p, "holes", count ? line : "none");
}

static void devices_print(const struct printer *p, const struct machine_group *g)
{
	char line[MACHINE_MAX_GROUP_DEVICES * (3 * sizeof(g->devices[0]) + 2) + 64], label[16];
	char clean[3 * sizeof(g->devices[0])];
	struct text t;

	text_init(&t, line, sizeof(line));
	for (size_t i = 0; i < g->device_count; i++) {
		clean_copy(clean, sizeof(clean), g->devices[i]);
		text_add(&t, "%s%s", i ? ", " : "", clean);
	}
	if (g->device_count == MACHINE_MAX_GROUP_DEVICES)
		text_add(&t, ", and maybe more");
	clean_copy(clean, sizeof(clean), g->type);
	if (clean[0])
		text_add(&t, " (default domain %s)", clean);
	snprintf(label, sizeof(label), "%d", g->id);
	line_print(p, label, t.len ? line : "no devices");
}

static void unit_name(const struct machine *m, const struct machine_group *g, char *name,
		      size_t size)
{
	if (g->unit >= 0 && (size_t)g->unit < m->unit_count)
		clean_copy(name, size, m->units[g->unit].name);
	else
		snprintf(name, size, "IOMMU not known");
}

static void kind_heading_print(const struct printer *p, size_t kind)
{
	const struct host_group *g = &p->v->groups[kind];
	char name[3 * sizeof(p->v->m->units->name)], line[4096];
	const unsigned int max = iova_ranges_max_bits(&g->usable);
	const unsigned int safe = iova_ranges_safe_bits(&g->usable);
	struct text t;

	unit_name(p->v->m, g->group, name, sizeof(name));
	text_init(&t, line, sizeof(line));
	numbers_add(&t, p->v, kind);
	text_add(&t, " (%s): ", name);
	if (!max)
		text_add(&t, "not known what can be mapped");
	else if (safe)
		text_add(&t, "maximum %u bits, safe %u bits", max, safe);
	else
		text_add(&t, "maximum %u bits, no width is safe", max);
	heading_print(p, line);
}

static void kind_print(const struct printer *p, size_t kind)
{
	const struct host_group *g = &p->v->groups[kind];
	char why[sizeof(g->width.text)];

	kind_heading_print(p, kind);
	if (g->usable.count)
		ranges_print(p, g);
	host_group_why(g, why, sizeof(why));
	line_print(p, why[0] ? "why" : "from", why[0] ? why : g->width.text);
	for (size_t i = kind; i < p->v->m->group_count; i++)
		if (p->v->groups[i].kind == kind)
			devices_print(p, p->v->groups[i].group);
}

static void least_print(const struct printer *p)
{
	const struct host_view *v = p->v;
	char line[256];
	struct text t;

	if (!v->max_bits)
		return;
	text_init(&t, line, sizeof(line));
	text_add(&t, "Any device of this host: maximum %u bits, safe %u bits", v->max_bits,
		 v->safe_bits);
	if (v->unknown)
		text_add(&t, "; %zu of %zu groups are not known", v->unknown, v->m->group_count);
	heading_print(p, line);
}

int host_print_table(FILE *out, const struct host_view *v, unsigned int width)
{
	struct printer p = { .out = out, .v = v, .width = width ? width : OUTPUT_WIDTH_DEFAULT };

	if (p.width < OUTPUT_WIDTH_MIN)
		p.width = OUTPUT_WIDTH_MIN;
	machine_print(&p);
	vfio_print(&p);
	for (size_t i = 0; i < v->m->unit_count; i++)
		unit_print(&p, &v->m->units[i]);
	for (size_t i = 0; i < v->m->group_count; i++)
		if (v->groups[i].kind == i)
			kind_print(&p, i);
	least_print(&p);
	return fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}
