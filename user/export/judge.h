/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the numbers of a VM mean to a person: the pages and the API say the same. */
#ifndef VIOMMU_EXPORT_JUDGE_H
#define VIOMMU_EXPORT_JUDGE_H

#include "core/ledger.h"

/** MAP calls that failed, all reasons together. */
uint64_t domain_failures(const struct ledger_domain *d);

/** aw-bits that this VM's kind of vIOMMU can have and should; 0: no advice. */
unsigned int domain_advised_bits(const struct ledger_domain *d);

/** The vIOMMU hands out more than is advised. */
bool domain_is_too_wide(const struct ledger_domain *d);

/** The option to paste for the advised bits; empty: none. */
void domain_option(const struct ledger_domain *d, char *buf, size_t size);

/** The finding that matters most: worst, then most often; NULL: none. */
const struct ledger_finding *domain_worst(const struct ledger_domain *d);

/** A person should look at it. */
bool domain_needs_attention(const struct ledger_domain *d);

/** "virtio-iommu, 64 bits" */
void domain_viommu_text(const struct ledger_domain *d, char *buf, size_t size);

#endif
