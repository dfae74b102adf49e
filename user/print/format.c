// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers in the units that people use. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "print/format.h"

/* Has all that took longer: it has no upper end. */
#define LAST_SLOT (VIOMMU_LATENCY_SLOTS - 1)

void format_size(char *buf, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t rest = 0;
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		rest = bytes % 1024;
		bytes /= 1024;
		unit++;
	}
	if (rest && bytes < 100)
		snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " %s", bytes, rest * 10 / 1024,
			 units[unit]);
	else
		snprintf(buf, size, "%" PRIu64 " %s", bytes, units[unit]);
}

void format_count(char *buf, size_t size, uint64_t n)
{
	char digits[24];
	const int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	struct text t;

	text_init(&t, buf, size);
	for (int i = 0; i < len; i++)
		text_add(&t, "%s%c", i && !((len - i) % 3) ? "," : "", digits[i]);
}

void format_duration(char *buf, size_t size, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	size_t unit = 0;

	while (ns >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		ns = (ns + 500) / 1000;
		unit++;
	}
	snprintf(buf, size, "%" PRIu64 " %s", ns, units[unit]);
}

static const char *hole_name(enum iova_hole kind)
{
	switch (kind) {
	case IOVA_HOLE_MSI:
		return " (MSI)";
	case IOVA_HOLE_AMD_HT:
		return " (AMD HyperTransport)";
	default:
		return "";
	}
}

void format_ranges(char *buf, size_t size, const struct iova_ranges *ranges)
{
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "%u bits", iova_ranges_max_bits(ranges));
	if (iova_ranges_safe_bits(ranges) != iova_ranges_max_bits(ranges))
		text_add(&t, " (safe: %u)", iova_ranges_safe_bits(ranges));
	for (size_t i = 0; i < ranges->count; i++) {
		const uint64_t from = i ? ranges->r[i - 1].last + 1 : 0;
		const uint64_t to = ranges->r[i].first - 1;

		if (from == ranges->r[i].first)
			continue;
		text_add(&t, ", hole 0x%" PRIx64 "-0x%" PRIx64 "%s", from, to,
			 hole_name(iova_ranges_hole(ranges, from, to, NULL)));
	}
}

uint64_t format_latency(const uint64_t slots[VIOMMU_LATENCY_SLOTS], unsigned int permille)
{
	uint64_t total = 0, seen = 0;

	for (int i = 0; i < VIOMMU_LATENCY_SLOTS; i++)
		total += slots[i];
	if (!total)
		return 0;
	for (int i = 0; i < LAST_SLOT; i++) {
		seen += slots[i];
		/* Doubles: the products of counters would not fit. */
		if ((double)seen * 1000 >= (double)total * permille)
			return 2ULL << i;
	}
	return FORMAT_LATENCY_OPEN;
}

bool format_latency_words(char *buf, size_t size, const uint64_t slots[VIOMMU_LATENCY_SLOTS])
{
	const uint64_t half = format_latency(slots, 500), most = format_latency(slots, 990);
	char below[32], open[32];
	struct text t;

	if (!half)
		return false;
	text_init(&t, buf, size);
	format_duration(open, sizeof(open), 1ULL << LAST_SLOT);
	format_duration(below, sizeof(below), half);
	if (half == FORMAT_LATENCY_OPEN) {
		text_add(&t, "more than half of the calls %s or longer", open);
		return true;
	}
	text_add(&t, "half of the calls below %s, ", below);
	format_duration(below, sizeof(below), most);
	if (most == FORMAT_LATENCY_OPEN)
		text_add(&t, "more than 1%% %s or longer", open);
	else
		text_add(&t, "99%% below %s", below);
	return true;
}
