// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of drivers/iommu: intel/dmar.c alloc_iommu(), amd/init.c print_iommu_info() and
 * get_global_efr(), arm/arm-smmu-v3/arm-smmu-v3.c and arm/arm-smmu/arm-smmu.c (probe),
 * virtio-iommu.c viommu_probe(); and init/version.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "hostlog.h"
#include "width.h"

/** What is left of a line. */
struct cursor {
	const char *at;
	size_t len;
};

static void cursor_skip(struct cursor *c, size_t n)
{
	c->at += n;
	c->len -= n;
}

static void blanks_skip(struct cursor *c)
{
	while (c->len && (*c->at == ' ' || *c->at == '\t'))
		cursor_skip(c, 1);
}

/* Move behind the first text; false, and nothing moved, if it is not there. */
static bool text_find(struct cursor *c, const char *text)
{
	const char *at = memmem(c->at, c->len, text, strlen(text));

	if (!at)
		return false;
	cursor_skip(c, (size_t)(at - c->at) + strlen(text));
	return true;
}

static bool text_take(struct cursor *c, const char *text)
{
	const size_t n = strlen(text);

	if (c->len < n || memcmp(c->at, text, n))
		return false;
	cursor_skip(c, n);
	return true;
}

/* "0x1f" or "1f" behind blanks. */
static bool hex_take(struct cursor *c, uint64_t *value)
{
	size_t n;

	blanks_skip(c);
	text_take(c, "0x");
	n = hex_read(c->at, c->len, value);
	cursor_skip(c, n);
	return n;
}

/* A number of bits that an address can have, 1 to 64. */
static bool bits_take(struct cursor *c, unsigned int *bits)
{
	uint64_t value;
	size_t n;

	blanks_skip(c);
	n = decimal_read(c->at, c->len, &value);
	if (!n || !value || value > 64)
		return false;
	cursor_skip(c, n);
	*bits = (unsigned int)value;
	return true;
}

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '-' || c == '_' || c == ':';
}

/* The name in the line that ends at end; false if there is none, or it is too long. */
static bool name_before(const struct cursor *line, const char *end, char *name, size_t size)
{
	const char *start = end;
	size_t len;

	while (start > line->at && is_name(start[-1]))
		start--;
	len = (size_t)(end - start);
	if (!len || len >= size)
		return false;
	memcpy(name, start, len);
	name[len] = '\0';
	return true;
}

/* The unit of that name and kind, a new one if need be. NULL: there is no room. */
static struct machine_unit *unit_get(struct machine *m, enum unit_kind kind, const char *name,
				     int *err)
{
	struct machine_unit *u;

	*err = 0;
	for (size_t i = 0; i < m->unit_count; i++)
		if (m->units[i].kind == kind && !strcmp(m->units[i].name, name))
			return &m->units[i];
	if (m->unit_count >= HOSTLOG_MAX_UNITS)
		return NULL;
	u = machine_add_unit(m);
	if (!u) {
		*err = -ENOMEM;
		return NULL;
	}
	u->kind = kind;
	snprintf(u->name, sizeof(u->name), "%s", name);
	return u;
}

static void vendor_set(struct machine *m, enum cpu_vendor vendor)
{
	if (m->vendor == CPU_UNKNOWN)
		m->vendor = vendor;
}

/* "dmar0: reg_base_addr ...", up to 3.15 "IOMMU 0: reg_base_addr ...". */
static bool intel_name(const struct cursor *line, const char *before, char *name, size_t size)
{
	const char prefix[] = "dmar";
	size_t len;

	if (before - line->at < 2 || before[-2] != ':' || before[-1] != ' ' ||
	    !name_before(line, before - 2, name, size))
		return false;
	if (!strncmp(name, prefix, strlen(prefix)))
		return true;
	len = strlen(name);
	if (strspn(name, "0123456789") != len || len + sizeof(prefix) > size)
		return false;
	memmove(name + strlen(prefix), name, len + 1);
	memcpy(name, prefix, strlen(prefix));
	return true;
}

static int intel_line(struct machine *m, const struct cursor *line)
{
	static const char base[] = "reg_base_addr ";
	struct cursor c = *line;
	struct machine_unit *u;
	uint64_t cap, ecap;
	char name[sizeof(u->name)];
	int err;

	if (!text_find(&c, base) ||
	    !intel_name(line, c.at - (sizeof(base) - 1), name, sizeof(name)) ||
	    !text_find(&c, " cap ") || !hex_take(&c, &cap) ||
	    !text_find(&c, " ecap ") || !hex_take(&c, &ecap))
		return 0;
	u = unit_get(m, UNIT_INTEL, name, &err);
	if (!u)
		return err;
	u->has_cap = true;
	u->cap = cap;
	u->ecap = ecap;
	vendor_set(m, CPU_INTEL);
	return 1;
}

/*
 * Up to 6.6 each IOMMU has a line, which does not name it. Lines that say the same are taken for
 * one IOMMU: it is all the same for its width.
 */
static int amd_features(struct machine *m, uint64_t efr)
{
	struct machine_unit *u;
	size_t count = 0;
	char name[32];
	int err;

	for (size_t i = 0; i < m->unit_count; i++) {
		u = &m->units[i];
		if (u->kind != UNIT_AMD)
			continue;
		if (u->feature_count && u->features[0] == efr)
			return 1;
		count++;
	}
	snprintf(name, sizeof(name), "ivhd%zu", count);
	u = unit_get(m, UNIT_AMD, name, &err);
	if (!u)
		return err;
	/* The log has EFR first in every version; one word is EFR. */
	u->feature_count = 1;
	u->features[0] = efr;
	vendor_set(m, CPU_AMD);
	return 1;
}

static int amd_line(struct machine *m, const struct cursor *line)
{
	struct cursor c = *line;
	uint64_t efr;

	if (!text_find(&c, "AMD-Vi: "))
		return 0;
	if ((text_find(&c, "Extended features (") || text_find(&c, "global IVHD EFR:")) &&
	    hex_take(&c, &efr))
		return amd_features(m, efr);
	return 0;
}

/* "arm-smmu-v3 arm-smmu-v3.0.auto" before ": ias ..." as a unit's name. */
static bool smmu_name(const struct cursor *line, const char *driver, char *name, size_t size)
{
	struct cursor c = *line;
	const char *end;
	int n;

	if (!text_find(&c, driver) || !text_take(&c, " "))
		return false;
	end = memmem(c.at, c.len, ": ", 2);
	if (!end || end == c.at || memchr(c.at, ' ', (size_t)(end - c.at)) ||
	    (size_t)(end - c.at) >= size)
		return false;
	n = (int)(end - c.at);
	n = strncmp(c.at, "arm-smmu", 8) ? snprintf(name, size, "%s %.*s", driver, n, c.at)
					 : snprintf(name, size, "%.*s", n, c.at);
	return n > 0 && (size_t)n < size;
}

/* "ias 48-bit, oas 48-bit (features 0x00000fef)"; 7.x has no ias. */
static int smmu_v3_line(struct machine *m, const struct cursor *line)
{
	unsigned int ias = 0, oas;
	struct cursor c = *line, before = *line;
	struct machine_unit *u;
	char name[sizeof(u->name)];
	uint64_t features;
	int err;

	if (!smmu_name(line, "arm-smmu-v3", name, sizeof(name)) ||
	    !text_find(&c, "oas ") || !bits_take(&c, &oas) || !text_take(&c, "-bit"))
		return 0;
	if (text_find(&before, "ias ") && before.at < c.at && !bits_take(&before, &ias))
		return 0;
	u = unit_get(m, UNIT_SMMU, name, &err);
	if (!u)
		return err;
	u->ias = ias;
	u->oas = oas;
	if (text_find(&c, "(features ") && hex_take(&c, &features)) {
		u->features[0] = features;
		u->feature_count = 1;
	}
	vendor_set(m, CPU_ARM);
	return 1;
}

/* "Stage-1: 48-bit VA -> 48-bit IPA"; the second stage counts only where there is no first. */
static int smmu_v2_line(struct machine *m, const struct cursor *line)
{
	struct cursor c = *line;
	struct machine_unit *u;
	char name[sizeof(u->name)];
	unsigned int ias, oas;
	bool first;
	int err;

	if (!smmu_name(line, "arm-smmu", name, sizeof(name)))
		return 0;
	first = text_find(&c, "Stage-1:");
	if ((!first && !text_find(&c, "Stage-2:")) || !bits_take(&c, &ias) ||
	    !text_find(&c, " -> ") || !bits_take(&c, &oas))
		return 0;
	u = unit_get(m, UNIT_SMMU, name, &err);
	if (!u)
		return err;
	if (first || !u->ias) {
		u->ias = ias;
		u->oas = oas;
	}
	vendor_set(m, CPU_ARM);
	return 1;
}

/* A VM's own log, or that of a host which is a VM itself. */
static int virtio_line(struct machine *m, const struct cursor *line)
{
	static const char text[] = ": input address: ";
	struct cursor c = *line;
	struct machine_unit *u;
	char name[sizeof(u->name)];
	unsigned int bits;
	int err;

	if (!text_find(&c, text) ||
	    !name_before(line, c.at - (sizeof(text) - 1), name, sizeof(name)) ||
	    strncmp(name, "virtio", 6) || !bits_take(&c, &bits))
		return 0;
	u = unit_get(m, UNIT_VIRTIO, name, &err);
	if (!u)
		return err;
	u->ias = bits;
	return 1;
}

/* The first stage is used from 6.13 on, if scalable mode is on; it is unless something says no. */
static int version_line(struct machine *m, const struct cursor *line)
{
	unsigned int major, minor;
	struct cursor c = *line;
	char release[sizeof(m->kernel)];
	size_t n = 0;

	if (!text_find(&c, "Linux version "))
		return 0;
	while (n < c.len && n + 1 < sizeof(release) && c.at[n] > ' ' && c.at[n] < 0x7f)
		n++;
	memcpy(release, c.at, n);
	release[n] = '\0';
	if (kernel_version_parse(release, &major, &minor))
		return 0;
	memcpy(m->kernel, release, n + 1);
	m->intel_first_stage = (major > 6 || (major == 6 && minor >= 13)) &&
			       !strstr(release, ".el");
	return 1;
}

/* intel_iommu=sm_off; the default is not logged. */
static int scalable_line(struct machine *m, const struct cursor *line)
{
	struct cursor c = *line;

	if (!text_find(&c, "DMAR: Scalable mode is disallowed"))
		return 0;
	m->intel_first_stage = false;
	return 1;
}

int hostlog_line(struct machine *m, const char *line, size_t len)
{
	static int (*const parsers[])(struct machine *m, const struct cursor *line) = {
		intel_line, amd_line, smmu_v3_line, smmu_v2_line, virtio_line, version_line,
		scalable_line,
	};
	const struct cursor c = { line, len };
	int ret = 0;

	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]) && !ret; i++)
		ret = parsers[i](m, &c);
	return ret;
}
