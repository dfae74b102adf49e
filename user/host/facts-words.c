// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of the facts format: the vocabularies of user/core behind one kind of function. */
#include "core/guest.h"
#include "core/machine.h"
#include "host/facts-words.h"

const char *facts_region_name(int value)
{
	return value < NR_REGION_TYPES ? region_type_name((enum region_type)value) : NULL;
}

const char *facts_unit_name(int value)
{
	return value < NR_UNIT_KINDS ? unit_kind_name((enum unit_kind)value) : NULL;
}

const char *facts_vendor_name(int value)
{
	return value < NR_CPU_VENDORS ? cpu_vendor_name((enum cpu_vendor)value) : NULL;
}

const char *facts_model_name(int value)
{
	return value < NR_VIOMMU_MODELS ? viommu_model_name((enum viommu_model)value) : NULL;
}

const char *facts_source_name(int value)
{
	return viommu_vm_source_name((enum viommu_vm_source)value);
}

const char *facts_vmm_name(int value)
{
	static const char *const names[] = {
		[VIOMMU_VMM_UNKNOWN] = "unknown",
		[VIOMMU_VMM_QEMU] = "qemu",
		[VIOMMU_VMM_OTHER] = "other",
	};

	return value < (int)(sizeof(names) / sizeof(names[0])) ? names[value] : NULL;
}
