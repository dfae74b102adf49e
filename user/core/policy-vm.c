// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a VM's name to its cgroups. libvirt makes a machine name "qemu-ID-NAME" in which it drops
 * every character of NAME that is no letter, digit, '.' or '-', squeezes runs of these two, and
 * stops at 64 bytes (virDomainDriverGenerateMachineName(), src/hypervisor/domain_driver.c); systemd
 * makes a scope of "machine-" and that, with each '-' of it as \x2d (unit_name_escape()).
 */
#include <stdio.h>
#include <string.h>

#include "policy-pattern.h"

/** 64 bytes less "qemu-", an id of ten digits and its '-': not cut, whatever the id. */
#define NAME_MAX_UNCUT 48

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_plain(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Does libvirt change the name, so that other VMs' scopes may have the same? Why. */
static const char *name_changed(const char *vm)
{
	bool skip = true;

	if (strlen(vm) > NAME_MAX_UNCUT)
		return "libvirt cuts names above 48 bytes in the name of the cgroup";
	if (strchr(vm, '*'))
		return "'*' stands for any text in the patterns of cgroups";
	for (; *vm; vm++) {
		const bool mark = *vm == '.' || *vm == '-';

		if (!mark && !is_plain(*vm))
			return "libvirt leaves all but letters, digits, '.' and '-' out of the name "
			       "of the cgroup";
		if (mark && skip)
			return "libvirt leaves a '.' or '-' out of the name of the cgroup that is the "
			       "first or follows another";
		skip = mark;
	}
	return skip ? "libvirt leaves a '.' or '-' at the end out of the name of the cgroup" : NULL;
}

/* As systemd escapes it. The first character is none of its own: "machine-qemu" comes before. */
static void name_escape(char dst[4 * NAME_MAX_UNCUT + 1], const char *vm)
{
	for (; *vm; vm++) {
		if (*vm == '-') {
			memcpy(dst, "\\x2d", 4);
			dst += 4;
		} else {
			*dst++ = *vm;
		}
	}
	*dst = '\0';
}

static void pattern_add(struct policy *p, const char *before, const char *name, const char *after)
{
	snprintf(p->pattern[p->pattern_count++], VIOMMU_GUARD_PATTERN_LEN, "%s%s%s", before, name,
		 after);
}

/* Proxmox's ids are from 100 on; 0 and leading zeros are no id. */
static bool is_vmid(const char *vm)
{
	return vm[0] != '0' && strspn(vm, "0123456789") == strlen(vm) && strlen(vm) <= 9;
}

const char *policy_compile_vm(struct policy *p, const char *vm)
{
	char name[4 * NAME_MAX_UNCUT + 1];
	const char *why = name_changed(vm);

	p->pattern_count = 0;
	if (why)
		return why;
	name_escape(name, vm);
	pattern_add(p, "/machine.slice/machine-qemu\\x2d#\\x2d", name, ".scope");
	/* <resource><partition>/machine/production</partition></resource> */
	pattern_add(p, "/machine.slice/machine-*.slice/machine-qemu\\x2d#\\x2d", name, ".scope");
	/* Without systemd libvirt makes the groups itself (virCgroupNewDomainPartition()). */
	pattern_add(p, "/machine/qemu-#-", vm, ".libvirt-qemu");
	if (is_vmid(vm))
		pattern_add(p, "/qemu.slice/", vm, ".scope");
	return NULL;
}
