// SPDX-License-Identifier: GPL-2.0-or-later
/* Picks remedies from the table and puts the numbers in. */
#include <string.h>

#include "remedy.h"
#include "remedy_table.h"
#include "text.h"

#define GIB (1ULL << 30)

/* QEMU's intel-iommu takes these widths only (hw/i386/intel_iommu.c). */
static unsigned int intel_bits(const struct facts *f)
{
	return f->safe_bits >= 48 ? 48 : f->safe_bits >= 39 ? 39 : 0;
}

static unsigned int when_mask(const struct facts *f)
{
	const struct viommu_evidence *ev = f->ev;
	const bool bar = ev->backing == VIOMMU_BACKING_VFIO_BAR ||
			 ev->backing == VIOMMU_BACKING_DEVICE;
	unsigned int mask = ev->vmm == VIOMMU_VMM_OTHER ? WHEN_OTHER : WHEN_QEMU;

	mask |= f->safe_bits ? WHEN_BITS : 0;
	mask |= intel_bits(f) ? WHEN_INTEL : 0;
	mask |= f->host_bits >= 32 ? WHEN_HOST_BITS : 0;
	mask |= ev->path != VIOMMU_PATH_REGION ? WHEN_VIOMMU : 0;
	mask |= ev->path != VIOMMU_PATH_VIOMMU ? WHEN_REGION : 0;
	mask |= ev->path == VIOMMU_PATH_VIOMMU ? WHEN_GUEST : 0;
	mask |= bar ? WHEN_BAR : WHEN_NO_BAR;
	mask |= ev->op == VIOMMU_OP_MAP ? WHEN_MAP : 0;
	mask |= ev->op == VIOMMU_OP_UNMAP ? WHEN_UNMAP : 0;
	mask |= ev->op == VIOMMU_OP_REQUEST ? WHEN_REQUEST : WHEN_CALL;
	mask |= f->place == FACTS_PLACE_ABOVE ? WHEN_ABOVE : 0;
	mask |= f->host_bits ? 0 : WHEN_NO_BITS;
	mask |= ev->has_memlock ? WHEN_KIB : WHEN_NO_KIB;
	mask |= ev->said == VIOMMU_SAID_NOTHING ? WHEN_UNSAID | WHEN_INTREMAP : 0;
	mask |= ev->said == VIOMMU_SAID_NO_INTREMAP ? WHEN_INTREMAP : 0;
	return mask;
}

/* What was asked for, and 1 GiB of room for BARs and firmware, in whole GiB. */
static uint64_t memlock_kib(const struct facts *f)
{
	const uint64_t need = f->memlock_need;

	if (need > UINT64_MAX - 2 * GIB)
		return UINT64_MAX / 1024;
	return (need + 2 * GIB - 1) / GIB * (GIB / 1024);
}

static void number_add(const struct facts *f, const char *name, size_t len, struct text *t)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "bits", f->safe_bits },
		{ "intel", intel_bits(f) },
		{ "host", f->host_bits },
		{ "kib", memlock_kib(f) },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strlen(numbers[i].name) == len && !memcmp(numbers[i].name, name, len))
			text_add(t, "%llu", (unsigned long long)numbers[i].value);
}

static void expand(const struct facts *f, const char *from, char *buf, size_t size)
{
	struct text t;

	text_init(&t, buf, size);
	while (*from) {
		const size_t plain = strcspn(from, "{");
		const char *end;

		text_add_bytes(&t, from, plain);
		from += plain;
		end = strchr(from, '}');
		if (!end)
			break;
		number_add(f, from + 1, (size_t)(end - from) - 1, &t);
		from = end + 1;
	}
}

void remedy_fill(const struct facts *f, struct viommu_diagnosis *out)
{
	const unsigned int mask = when_mask(f);

	for (size_t i = 0; i < remedy_row_count; i++) {
		const struct remedy_row *row = &remedy_rows[i];
		struct viommu_remedy *remedy;

		if (row->reason != out->reason || (row->when & ~mask) ||
		    (row->err && row->err != f->ev->err) ||
		    (row->said && row->said != f->ev->said))
			continue;
		if (out->remedy_count == VIOMMU_MAX_REMEDIES)
			return;
		remedy = &out->remedies[out->remedy_count++];
		remedy->who = row->who;
		expand(f, row->text, remedy->text, sizeof(remedy->text));
		expand(f, row->option ? row->option : "", remedy->option, sizeof(remedy->option));
	}
}
