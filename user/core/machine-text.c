// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that tell of a host. */
#include <string.h>

#include "hex.h"
#include "iova.h"
#include "machine-text.h"
#include "registers.h"
#include "width-parts.h"

/* The next line of what is left, without its end; false if nothing is left. */
static bool line_next(const char **text, size_t *len, const char **line, size_t *line_len)
{
	const char *newline;

	if (!*len)
		return false;
	newline = memchr(*text, '\n', *len);
	*line = *text;
	*line_len = newline ? (size_t)(newline - *text) : *len;
	*text += *line_len;
	*len -= *line_len;
	if (newline) {
		(*text)++;
		(*len)--;
	}
	return true;
}

static bool starts_with(const char *s, size_t len, const char *prefix)
{
	const size_t n = strlen(prefix);

	return len >= n && !memcmp(s, prefix, n);
}

static size_t trimmed(const char *text, size_t len)
{
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	return len;
}

bool sysfs_hex_parse(const char *text, size_t len, uint64_t *value)
{
	len = trimmed(text, len);
	if (starts_with(text, len, "0x")) {
		text += 2;
		len -= 2;
	}
	return len && hex_read(text, len, value) == len;
}

bool amd_features_parse(struct machine_unit *u, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	const size_t first = colon ? (size_t)(colon - text) : len;
	uint64_t words[2] = { 0, 0 };

	if (!sysfs_hex_parse(text, first, &words[0]) ||
	    (colon && !sysfs_hex_parse(colon + 1, len - first - 1, &words[1])))
		return false;
	memcpy(u->features, words, sizeof(words));
	u->feature_count = colon ? 2 : 1;
	return true;
}

static uint64_t little_endian(const unsigned char *p, size_t size)
{
	uint64_t value = 0;

	for (size_t i = size; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

/* IVinfo follows the ACPI header of 36 bytes. */
unsigned int ivrs_va_bits(const unsigned char *table, size_t len)
{
	const size_t ivinfo = 36;
	unsigned int bits;

	if (len < ivinfo + 4 || memcmp(table, "IVRS", 4) || little_endian(table + 4, 4) < ivinfo + 4)
		return 0;
	bits = (unsigned int)(little_endian(table + ivinfo, 4) >> 15) & 0x7f;
	return bits && bits < 64 ? bits : 64;
}

/* The options of one word, separated by commas; the kernel looks at the beginning of each. */
static void words_take(struct boot_options *o, const char *s, size_t len, bool intel)
{
	while (len) {
		const char *comma = memchr(s, ',', len);
		const size_t n = comma ? (size_t)(comma - s) : len;

		if (intel && (starts_with(s, n, "sm_on") || starts_with(s, n, "sm_off"))) {
			o->has_scalable = true;
			o->scalable = starts_with(s, n, "sm_on");
		} else if (!intel && starts_with(s, n, "pgtbl_v")) {
			o->amd_v2_tables = starts_with(s, n, "pgtbl_v2");
		}
		s += n;
		len -= n;
		if (comma) {
			s++;
			len--;
		}
	}
}

void boot_options_parse(struct boot_options *o, const char *text, size_t len)
{
	static const char intel[] = "intel_iommu=", amd[] = "amd_iommu=";
	size_t i = 0;

	memset(o, 0, sizeof(*o));
	while (i < len) {
		const char *word = text + i;
		size_t n = 0;

		while (i + n < len && word[n] != ' ' && word[n] != '\n')
			n++;
		if (starts_with(word, n, intel))
			words_take(o, word + strlen(intel), n - strlen(intel), true);
		else if (starts_with(word, n, amd))
			words_take(o, word + strlen(amd), n - strlen(amd), false);
		i += n + 1;
	}
}

bool kernel_config_get(const char *text, size_t len, const char *name, char *value, size_t size)
{
	const size_t n = strlen(name);
	size_t line_len, room;
	const char *line;

	value[0] = '\0';
	while (line_next(&text, &len, &line, &line_len)) {
		if (!starts_with(line, line_len, name) || line_len == n || line[n] != '=')
			continue;
		room = line_len - n - 1 < size ? line_len - n - 1 : size - 1;
		memcpy(value, line + n + 1, room);
		value[room] = '\0';
		return true;
	}
	return false;
}

/* End of the range of a line "55d0a000-55d0b000 r--p ..."; it is exclusive. 0 if it is none. */
static uint64_t maps_line_end(const char *line, size_t len)
{
	uint64_t start, end;
	size_t n = hex_read(line, len, &start);

	if (!n || n == len || line[n] != '-' || !hex_read(line + n + 1, len - n - 1, &end))
		return 0;
	return end;
}

unsigned int maps_va_bits(const char *text, size_t len)
{
	uint64_t top = 0;
	size_t line_len;
	const char *line;

	while (line_next(&text, &len, &line, &line_len)) {
		const uint64_t end = maps_line_end(line, line_len);

		if (end > top)
			top = end;
	}
	return top ? iova_bits_needed(top - 1) : 0;
}

uint64_t meminfo_total(const char *text, size_t len)
{
	static const char name[] = "MemTotal:";
	size_t line_len;
	const char *line;
	uint64_t kib;

	while (line_next(&text, &len, &line, &line_len)) {
		if (!starts_with(line, line_len, name))
			continue;
		line += strlen(name);
		line_len -= strlen(name);
		while (line_len && *line == ' ') {
			line++;
			line_len--;
		}
		if (decimal_read(line, line_len, &kib) && kib <= UINT64_MAX >> 10)
			return kib << 10;
	}
	return 0;
}

unsigned int auxv_page_size(const unsigned char *auxv, size_t len)
{
	const uint64_t at_pagesz = 6;	/* AT_PAGESZ of uapi/linux/auxvec.h */

	for (; len >= 16; auxv += 16, len -= 16) {
		const uint64_t value = little_endian(auxv + 8, 8);

		if (little_endian(auxv, 8) == at_pagesz)
			return value <= 1u << 30 && !(value & (value - 1)) ?
			       (unsigned int)value : 0;
	}
	return 0;
}

/*
 * Up to 6.12 only if all units have a first stage and not all a second one
 * (intel_cap_flts_sanity() and intel_cap_slts_sanity() look at all units).
 */
bool machine_first_stage(const struct machine *m)
{
	bool second = true, any = false;
	struct intel_registers r;
	struct width_kernel k;

	width_kernel_init(&k, m);
	if (width_kernel_from(&k, 6, 13))
		return true;
	for (size_t i = 0; i < m->unit_count; i++) {
		const struct machine_unit *u = &m->units[i];

		if (u->kind != UNIT_INTEL || !u->has_cap)
			continue;
		intel_registers_decode(&r, u->cap, u->ecap);
		if (!r.scalable_mode || !r.first_stage)
			return false;
		second &= r.second_stage;
		any = true;
	}
	return any && !second;
}
