// SPDX-License-Identifier: GPL-2.0-or-later
/* How wide an IOMMU is for VFIO: what all kinds share, and groups. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "width-parts.h"

int kernel_version_parse(const char *release, unsigned int *major, unsigned int *minor)
{
	const size_t len = strlen(release);
	uint64_t a, b;
	size_t n = decimal_read(release, len, &a);

	if (!n || release[n] != '.' || !decimal_read(release + n + 1, len - n - 1, &b) ||
	    a > 999 || b > 999)
		return -EINVAL;
	*major = (unsigned int)a;
	*minor = (unsigned int)b;
	return 0;
}

/*
 * Red Hat's kernels, and those built from them, keep the number of the release they began with and
 * take whole driver subsystems from newer ones.
 */
void width_kernel_init(struct width_kernel *k, const struct machine *m)
{
	*k = (struct width_kernel) { .known = false };
	k->known = !kernel_version_parse(m->kernel, &k->major, &k->minor) &&
		   !strstr(m->kernel, ".el");
}

bool width_kernel_from(const struct width_kernel *k, unsigned int major, unsigned int minor)
{
	return k->known && (k->major > major || (k->major == major && k->minor >= minor));
}

bool width_kernel_before(const struct width_kernel *k, unsigned int major, unsigned int minor)
{
	return k->known && !width_kernel_from(k, major, minor);
}

void width_set(struct iommu_width *w, unsigned int bits, const char *fmt, ...)
{
	va_list args;

	w->bits = bits;
	w->last = bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;
	w->from = VIOMMU_LIMIT_REGISTERS;
	va_start(args, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, args);
	va_end(args);
}

void width_unknown(struct iommu_width *w, const char *fmt, ...)
{
	va_list args;

	memset(w, 0, sizeof(*w));
	va_start(args, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, args);
	va_end(args);
}

/* Its width is in the device's configuration, which only the driver's message shows. */
static void width_virtio(struct iommu_width *w, const struct machine_unit *u)
{
	if (u->ias && u->ias <= 64)
		width_set(w, u->ias, "virtio-iommu: input addresses of %u bits, says its driver in the "
			  "kernel's log", u->ias);
	else
		width_unknown(w, "virtio-iommu says its width only in the kernel's log (input address: "
			      "N bits), where it is not, or not readable; root may read it");
}

void width_of_unit(struct iommu_width *w, const struct machine *m, const struct machine_unit *u)
{
	memset(w, 0, sizeof(*w));
	switch (u->kind) {
	case UNIT_INTEL:
		width_intel(w, m, u);
		break;
	case UNIT_AMD:
		width_amd(w, m, u);
		break;
	case UNIT_SMMU:
		width_smmu(w, m, u);
		break;
	case UNIT_VIRTIO:
		width_virtio(w, u);
		break;
	default:
		width_unknown(w, "an IOMMU of a kind whose width cannot be read");
		break;
	}
}

/* Of a group whose unit is not known: that of all units, if it is one. */
static void width_of_any(struct iommu_width *w, const struct machine *m)
{
	struct iommu_width one;

	if (!m->unit_count) {
		width_unknown(w, "no IOMMU is in /sys/class/iommu");
		return;
	}
	width_of_unit(w, m, &m->units[0]);
	for (size_t i = 1; i < m->unit_count && w->bits; i++) {
		width_of_unit(&one, m, &m->units[i]);
		if (!one.bits || one.last != w->last)
			width_unknown(w, "which IOMMU the group is behind is not known, and they differ");
	}
}

int group_usable(struct iova_ranges *out, struct iommu_width *w, const struct machine *m,
		 const struct machine_group *g)
{
	memset(out, 0, sizeof(*out));
	if (g->unit >= 0 && (size_t)g->unit < m->unit_count)
		width_of_unit(w, m, &m->units[g->unit]);
	else
		width_of_any(w, m);
	if (!w->bits)
		return 0;
	if (!g->has_regions)
		return -ENODATA;
	return regions_usable(out, g->regions, g->region_count, w->last);
}
