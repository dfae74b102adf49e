// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for what a host's files say: registers, tables, reserved regions, the kernel's
 * log and command line. The first byte chooses kernel and kind of IOMMU; the rest is each file in
 * turn, and also the log, line by line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hostlog.h"
#include "core/machine-text.h"
#include "core/width.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_width(const struct iommu_width *w)
{
	require(w->bits <= 64);
	require(memchr(w->text, '\0', sizeof(w->text)) && w->text[0]);
	if (w->bits)
		require(w->last && (w->bits == 64 || w->last < 1ULL << w->bits));
}

/* Ascending, disjoint, not adjacent, below last, and outside of each region that is left out. */
static void check_ranges(const struct iova_ranges *set, const struct machine_group *g,
			 uint64_t last)
{
	for (size_t i = 0; i < set->count; i++) {
		require(set->r[i].first <= set->r[i].last && set->r[i].last <= last);
		require(!i || set->r[i].first - 1 > set->r[i - 1].last);
		for (size_t j = 0; j < g->region_count; j++)
			require(g->regions[j].type == REGION_DIRECT_RELAXABLE ||
				g->regions[j].range.first > g->regions[j].range.last ||
				g->regions[j].range.last < set->r[i].first ||
				g->regions[j].range.first > set->r[i].last);
	}
}

static void unit_fill(struct machine_unit *u, const char *text, size_t len)
{
	u->has_cap = sysfs_hex_parse(text, len, &u->cap);
	u->ecap = ~u->cap << 7;
	amd_features_parse(u, text, len);
	u->ivrs_va_bits = ivrs_va_bits((const unsigned char *)text, len);
	require(u->feature_count <= 2 && u->ivrs_va_bits <= 127);
}

static void settings_fill(struct machine *m, const char *text, size_t len)
{
	struct boot_options boot;
	char value[16];

	boot_options_parse(&boot, text, len);
	m->amd_v2_tables = boot.amd_v2_tables;
	m->va_bits = maps_va_bits(text, len);
	m->memory = meminfo_total(text, len);
	m->page_size = auxv_page_size((const unsigned char *)text, len);
	require(m->va_bits <= 64);
	if (!kernel_config_get(text, len, "CONFIG_ARM64_VA_BITS", value, sizeof(value)))
		require(!value[0]);
	require(memchr(value, '\0', sizeof(value)));
	m->intel_first_stage = (!boot.has_scalable || boot.scalable) && machine_first_stage(m);
}

static void log_read(struct machine *m, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		const size_t line = end ? (size_t)(end - text) - at : len - at;

		require(hostlog_line(m, text + at, line) >= 0);
		at += line + 1;
	}
}

static void group_fill(struct machine_group *g, const char *text, size_t len)
{
	unsigned int line = 0;
	const int err = regions_parse(text, len, g->regions, MACHINE_MAX_REGIONS,
				      &g->region_count, &line);

	require(g->region_count <= MACHINE_MAX_REGIONS && (!err || line));
	g->has_regions = true;
	g->unit = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kernels[] = { "6.1.0", "6.12.95", "7.3.4", "", "5.14.0-1.el9" };
	struct iova_ranges usable = { .count = 0 };
	struct iommu_width w;
	struct machine_group *g;
	struct machine m;
	const char *text;

	if (size < 2)
		return 0;
	text = (const char *)data + 1;
	machine_init(&m);
	snprintf(m.kernel, sizeof(m.kernel), "%s", kernels[data[0] % 5]);
	unit_fill(machine_add_unit(&m), text, size - 1);
	m.units[0].kind = (enum unit_kind)(data[0] / 5 % NR_UNIT_KINDS);
	settings_fill(&m, text, size - 1);
	g = machine_add_group(&m);
	group_fill(g, text, size - 1);
	log_read(&m, text, size - 1);
	for (size_t i = 0; i < m.unit_count; i++) {
		width_of_unit(&w, &m, &m.units[i]);
		check_width(&w);
	}
	if (!group_usable(&usable, &w, &m, g) && w.bits)
		check_ranges(&usable, g, w.last);
	check_width(&w);
	machine_fini(&m);
	return 0;
}
