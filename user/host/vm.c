// SPDX-License-Identifier: GPL-2.0-or-later
/* Which VM a process is: the first source that knows it. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "host/source.h"

static bool from_cmdline(struct viommu_vm *vm, const struct host_cmdline *cmd)
{
	if (cmd->name[0])
		memcpy(vm->name, cmd->name, sizeof(vm->name));
	else if (cmd->vmid)
		host_proxmox_default_name(vm->name, cmd->vmid);
	return vm->name[0];
}

/* A program that is known not to be QEMU is no VM in whatever group it runs. */
static bool from_scope(struct viommu_vm *vm, const struct host_cmdline *cmd,
		       const struct host_scope *scope)
{
	if (!scope->manager || (cmd->known && !cmd->qemu))
		return false;
	if (scope->vmid)
		host_proxmox_default_name(vm->name, scope->vmid);
	else
		memcpy(vm->name, scope->name, sizeof(vm->name));
	return true;
}

static void manager_set(struct viommu_vm *vm, const char *manager)
{
	snprintf(vm->manager, sizeof(vm->manager), "%s", manager);
}

/* A QEMU without a name, or what is no VM: its pid and what it calls itself. */
static void from_nothing(struct viommu_vm *vm, const struct host_process *p,
			 const struct host_cmdline *cmd)
{
	snprintf(vm->name, sizeof(vm->name), "pid:%u", p->pid);
	if (cmd->qemu) {
		manager_set(vm, "qemu");
		vm->vmm = VIOMMU_VMM_QEMU;
		return;
	}
	host_text_clean(vm->manager, sizeof(vm->manager), p->comm,
			strnlen(p->comm, sizeof(p->comm)));
	/* comm alone may be what -name ...,process= says: a QEMU all the same. */
	vm->vmm = cmd->known ? VIOMMU_VMM_OTHER : VIOMMU_VMM_UNKNOWN;
}

static void identify(struct viommu_vm *vm, const struct host_process *p, const char *root)
{
	struct host_cmdline cmd;
	struct host_scope scope;

	host_cmdline_parse(&cmd, p);
	host_scope_parse(&scope, p->cgroup);
	vm->vmm = VIOMMU_VMM_QEMU;
	if (host_libvirt_status(vm, p, &cmd, root)) {
		vm->source = VIOMMU_VM_LIBVIRT;
		manager_set(vm, "libvirt");
	} else if (host_libvirt_pidfile(vm, p, &cmd, root)) {
		vm->source = VIOMMU_VM_PIDFILE;
		manager_set(vm, "libvirt");
	} else if (host_proxmox_pidfile(vm, p, &cmd, root)) {
		vm->source = VIOMMU_VM_PIDFILE;
		manager_set(vm, "proxmox");
	} else if (from_cmdline(vm, &cmd)) {
		vm->source = VIOMMU_VM_CMDLINE;
		manager_set(vm, cmd.vmid ? "proxmox" : scope.manager ? scope.manager : "qemu");
	} else if (from_scope(vm, &cmd, &scope)) {
		vm->source = VIOMMU_VM_CGROUP;
		manager_set(vm, scope.manager);
	} else {
		from_nothing(vm, p, &cmd);
	}
	if (!vm->uuid[0])
		memcpy(vm->uuid, cmd.uuid, sizeof(vm->uuid));
}

void host_vm_identify(struct viommu_vm *vm, const struct host_process *p, const char *root)
{
	struct host_process live = *p;

	memset(vm, 0, sizeof(*vm));
	/* If the process is gone, or is another by now, this changes nothing. */
	if (!p->argv_len)
		host_process_read(&live, root);
	identify(vm, &live, root);
}

bool host_vm_match(const struct viommu_vm *vm, const char *pattern)
{
	if (!strcmp(vm->name, pattern) || !fnmatch(pattern, vm->name, 0))
		return true;
	return vm->uuid[0] && !strcasecmp(vm->uuid, pattern);
}
