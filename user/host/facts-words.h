/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the facts format, for its writer and its reader. */
#ifndef VIOMMU_HOST_FACTS_WORDS_H
#define VIOMMU_HOST_FACTS_WORDS_H

#define FACTS_FORMAT "viommu-facts"

/** Names of an enumeration's values from 0 on; NULL beyond the last. */
typedef const char *(*facts_name_fn)(int value);

const char *facts_region_name(int value);
const char *facts_unit_name(int value);
const char *facts_vendor_name(int value);
const char *facts_model_name(int value);
const char *facts_source_name(int value);
const char *facts_vmm_name(int value);

#endif
