/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of VM names share: processes to identify, and answers to compare. */
#ifndef VIOMMU_TESTS_IDENTIFY_H
#define VIOMMU_TESTS_IDENTIFY_H

#include "tree.h"

#include "host/vm.h"

#define NS_PER_SEC 1000000000ULL

static inline void check_vm(const struct viommu_vm *vm, enum viommu_vm_source source,
			    const char *name, const char *uuid, const char *manager,
			    enum viommu_vmm vmm)
{
	assert_string_equal(vm->name, name);
	assert_string_equal(vm->uuid, uuid);
	assert_string_equal(vm->manager, manager);
	assert_int_equal(vm->source, source);
	assert_int_equal(vm->vmm, vmm);
}

/* Identify a pid of the tree. */
static inline struct viommu_vm identify(const char *root, uint32_t pid)
{
	struct host_process p = { .pid = pid };
	struct viommu_vm vm;

	assert_int_equal(host_process_read(&p, root), 0);
	host_vm_identify(&vm, &p, root);
	return vm;
}

/* A process that is gone: only what the tracer recorded. argv ends with an empty string. */
static inline struct host_process recorded(uint32_t pid, const char *comm, const char *argv)
{
	struct host_process p = { .pid = pid, .start_time = NS_PER_SEC };

	snprintf(p.comm, sizeof(p.comm), "%s", comm);
	while (argv[p.argv_len])
		p.argv_len += strlen(argv + p.argv_len) + 1;
	memcpy(p.argv, argv, p.argv_len);
	return p;
}

#endif
