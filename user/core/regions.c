// SPDX-License-Identifier: GPL-2.0-or-later
/* reserved_regions of a group: its text, and what is left of the address space without them. */
#include <errno.h>
#include <string.h>

#include "hex.h"
#include "width.h"

/* A word of the line at *at; moves *at behind it. */
static size_t word_next(const char **at, const char *end, const char **word)
{
	while (*at < end && (**at == ' ' || **at == '\t' || **at == '\r'))
		(*at)++;
	*word = *at;
	while (*at < end && **at != ' ' && **at != '\t' && **at != '\r')
		(*at)++;
	return (size_t)(*at - *word);
}

static bool address_read(const char **at, const char *end, uint64_t *value)
{
	const char *word;
	const size_t len = word_next(at, end, &word);

	return len > 2 && word[0] == '0' && word[1] == 'x' &&
	       hex_read(word + 2, len - 2, value) == len - 2;
}

static enum region_type type_parse(const char *word, size_t len)
{
	for (int i = 0; i < REGION_OTHER; i++) {
		const char *name = region_type_name((enum region_type)i);

		if (strlen(name) == len && !memcmp(name, word, len))
			return (enum region_type)i;
	}
	return REGION_OTHER;
}

/* 1 for a region, 0 for an empty line, or -EINVAL. */
static int line_parse(const char *at, const char *end, struct machine_region *r)
{
	const char *word, *start = at;
	uint64_t first, last;
	size_t len;

	if (!word_next(&at, end, &word))
		return 0;
	at = start;
	if (!address_read(&at, end, &first) || !address_read(&at, end, &last) || first > last)
		return -EINVAL;
	len = word_next(&at, end, &word);
	if (!len)
		return -EINVAL;
	r->range = (struct viommu_range) { first, last };
	r->type = type_parse(word, len);
	return word_next(&at, end, &word) ? -EINVAL : 1;
}

int regions_parse(const char *text, size_t len, struct machine_region *regions, size_t max,
		  size_t *count, unsigned int *line)
{
	const char *at = text, *const stop = text + len;

	*count = 0;
	for (*line = 1; at < stop; (*line)++) {
		const char *newline = memchr(at, '\n', (size_t)(stop - at));
		const char *end = newline ? newline : stop;
		struct machine_region r;
		const int ret = line_parse(at, end, &r);

		if (ret < 0)
			return ret;
		if (ret && *count == max)
			return -E2BIG;
		if (ret)
			regions[(*count)++] = r;
		at = newline ? newline + 1 : stop;
	}
	return 0;
}

/* Regions that vfio_iommu_resv_exclude() leaves out. */
static bool excluded(const struct machine_region *r)
{
	return r->type != REGION_DIRECT_RELAXABLE && r->range.first <= r->range.last;
}

/*
 * Does a region cover at? *end is where the longest of those ends. *next is where the next region
 * above at begins, if *has_next.
 */
static bool covered(const struct machine_region *regions, size_t count, uint64_t at, uint64_t *end,
		    uint64_t *next, bool *has_next)
{
	bool found = false;

	*has_next = false;
	for (size_t i = 0; i < count; i++) {
		const struct viommu_range *r = &regions[i].range;

		if (!excluded(&regions[i]) || r->last < at)
			continue;
		if (r->first <= at) {
			*end = found && *end > r->last ? *end : r->last;
			found = true;
		} else if (!*has_next || r->first < *next) {
			*next = r->first;
			*has_next = true;
		}
	}
	return found;
}

int regions_usable(struct iova_ranges *out, const struct machine_region *regions, size_t count,
		   uint64_t last)
{
	uint64_t at = 0, end = 0, next = 0;
	bool has_next;

	memset(out, 0, sizeof(*out));
	for (;;) {
		if (!covered(regions, count, at, &end, &next, &has_next)) {
			end = has_next && next - 1 < last ? next - 1 : last;
			if (out->count == VIOMMU_MAX_RANGES) {
				memset(out, 0, sizeof(*out));
				return -E2BIG;
			}
			out->r[out->count++] = (struct viommu_range) { at, end };
		}
		if (end >= last)
			return out->count ? 0 : -ERANGE;
		at = end + 1;
	}
}
