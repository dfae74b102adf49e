// SPDX-License-Identifier: GPL-2.0-or-later
/* From numbers to judgement. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "export/judge.h"

uint64_t domain_failures(const struct ledger_domain *d)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < VIOMMU_NR_REASONS; i++)
		sum += d->failures[i];
	return sum;
}

static bool is_intel(const struct ledger_domain *d)
{
	return !strcmp(d->viommu, "intel-iommu");
}

/* intel-iommu takes 39 and 48 only (QEMU hw/i386/intel_iommu.c, vtd_decide_config()). */
unsigned int domain_advised_bits(const struct ledger_domain *d)
{
	const unsigned int bits = ledger_recommended_bits(d);

	if (!is_intel(d))
		return bits;
	return bits >= 48 ? 48 : bits >= 39 ? 39 : 0;
}

bool domain_is_too_wide(const struct ledger_domain *d)
{
	const unsigned int bits = domain_advised_bits(d);

	return bits && d->viommu_bits > bits;
}

void domain_option(const struct ledger_domain *d, char *buf, size_t size)
{
	const unsigned int bits = domain_advised_bits(d);

	if (bits && is_intel(d))
		snprintf(buf, size, "-device intel-iommu,caching-mode=on,aw-bits=%u", bits);
	else
		viommu_recommend_option(bits, buf, size);
}

const struct ledger_finding *domain_worst(const struct ledger_domain *d)
{
	const struct ledger_finding *worst = NULL;

	for (size_t i = 0; i < d->finding_count; i++) {
		const struct ledger_finding *finding = &d->findings[i];
		const enum viommu_severity severity = finding->event.diag.severity;

		if (!worst || severity > worst->event.diag.severity ||
		    (severity == worst->event.diag.severity && finding->count > worst->count))
			worst = finding;
	}
	return worst;
}

bool domain_needs_attention(const struct ledger_domain *d)
{
	const struct ledger_finding *worst = domain_worst(d);

	return (worst && worst->event.diag.severity != VIOMMU_SEVERITY_BENIGN) ||
	       domain_is_too_wide(d);
}

void domain_viommu_text(const struct ledger_domain *d, char *buf, size_t size)
{
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "%s", d->viommu[0] ? d->viommu : "not known");
	if (d->viommu_bits)
		text_add(&t, ", %u bits", d->viommu_bits);
}
