// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules for the machine and for tracing on it. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doctor-guard.h"
#include "core/text.h"

/* Default of vfio_iommu_type1's parameter (drivers/vfio/vfio_iommu_type1.c: U16_MAX). */
#define ENTRY_LIMIT_DEFAULT 65535

void finding_add(struct findings *f, enum finding_level level, const char *subject, const char *fix,
		 const char *fmt, ...)
{
	struct finding *more = realloc(f->list, (f->count + 1) * sizeof(*more));
	va_list args;

	if (!more) {
		f->err = -ENOMEM;
		return;
	}
	f->list = more;
	more = &f->list[f->count++];
	more->level = level;
	snprintf(more->subject, sizeof(more->subject), "%s", subject);
	snprintf(more->fix, sizeof(more->fix), "%s", fix);
	va_start(args, fmt);
	vsnprintf(more->text, sizeof(more->text), fmt, args);
	va_end(args);
}

void findings_fini(struct findings *f)
{
	free(f->list);
	memset(f, 0, sizeof(*f));
}

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[NR_FINDING_LEVELS] = { "problem", "warning", "note" };

	return (unsigned int)level < NR_FINDING_LEVELS ? names[level] : NULL;
}

/* --------------------------------------------------------------------------- tracing */

static void check_tracing(struct findings *f, const struct doctor_tool *t)
{
	static const char subject[] = "tracing";

	if (t->missing[0])
		finding_add(f, FINDING_PROBLEM, subject,
			    "run it as root, or with these capabilities",
			    "viommu-trace cannot load its programs: %s missing", t->missing);
	if (!t->has_btf)
		finding_add(f, FINDING_PROBLEM, subject,
			    "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (Debian's have it)",
			    "this kernel has no type information (/sys/kernel/btf/vmlinux)");
	if (!t->has_module)
		finding_add(f, FINDING_WARNING, subject, "modprobe vfio_iommu_type1",
			    "the module vfio_iommu_type1 is not loaded: no device can be assigned "
			    "through a container, and viommu-trace waits for it");
	else if (!t->has_module_btf && t->has_btf)
		finding_add(f, FINDING_WARNING, subject,
			    "boot a kernel built with CONFIG_DEBUG_INFO_BTF_MODULES=y",
			    "the module vfio_iommu_type1 has no type information: containers that "
			    "are older than viommu-trace are not found, and kprobes are used");
	if (t->has_module && t->preemptible)
		finding_add(f, FINDING_NOTE, subject, "",
			    "this kernel is preemptible: viommu-trace uses kprobes, which miss "
			    "nothing there and cost a little more than trampolines");
}

/* Who keeps vfio_iommu_type1 loaded: programs on it, and containers. */
static void check_pins(struct findings *f, const struct doctor_tool *t, const struct vms *v)
{
	const struct module_pins *p = &t->pins;
	unsigned int containers = 0;
	char who[256];
	struct text text;

	if (!p->has_refcount || !p->refcount)
		return;
	for (size_t i = 0; i < v->list.count; i++)
		containers += v->list.guests[i].open_containers;
	text_init(&text, who, sizeof(who));
	for (size_t i = 0; i < p->count; i++)
		text_add(&text, p->pin[i].pid ? "%s%u BPF programs of %s (pid %u)" :
			 "%s%u BPF programs that no process holds%s",
			 i ? ", " : "", p->pin[i].programs, p->pin[i].comm, p->pin[i].pid);
	if (containers)
		text_add(&text, "%s%u container%s of VMs", p->count ? ", " : "", containers,
			 containers == 1 ? "" : "s");
	if (!who[0])
		text_add(&text, p->known ? "other users of VFIO" : "not known, for want of root");
	finding_add(f, FINDING_NOTE, "tracing", "end these first to unload the module",
		    "vfio_iommu_type1 has %u user%s and cannot be unloaded: %s", p->refcount,
		    p->refcount == 1 ? "" : "s", who);
}

/* --------------------------------------------------------------------------- host */

static void check_host(struct findings *f, const struct machine *m)
{
	if (!m->group_count)
		finding_add(f, FINDING_PROBLEM, "host", m->vendor == CPU_INTEL ?
			    "turn VT-d on in the firmware, and boot with intel_iommu=on" :
			    m->vendor == CPU_AMD ? "turn AMD-Vi (IOMMU) on in the firmware" :
			    "turn the IOMMU on in the firmware",
			    "there are no IOMMU groups: no device can be assigned");
	if (m->has_unsafe_interrupts && m->unsafe_interrupts)
		finding_add(f, FINDING_WARNING, "host",
			    "turn interrupt remapping (and x2APIC) on in the firmware, then remove "
			    "allow_unsafe_interrupts=1 from /etc/modprobe.d and reload "
			    "vfio_iommu_type1",
			    "allow_unsafe_interrupts is on: a guest with an assigned device can "
			    "send interrupts to the host and to other VMs");
	if (m->has_dma_entry_limit && m->dma_entry_limit < ENTRY_LIMIT_DEFAULT)
		finding_add(f, FINDING_WARNING, "host",
			    "options vfio_iommu_type1 dma_entry_limit=65535 in /etc/modprobe.d; "
			    "for a running kernel write it to "
			    "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
			    "dma_entry_limit is %u, the kernel's default is %d: mappings beyond it "
			    "fail with ENOSPC", m->dma_entry_limit, ENTRY_LIMIT_DEFAULT);
}

static int by_level(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	return (int)left->level - (int)right->level;
}

void doctor_check(struct findings *f, const struct doctor_tool *tool,
		  const struct doctor_guard *guard, const struct vms *v)
{
	memset(f, 0, sizeof(*f));
	check_host(f, &v->machine);
	for (size_t i = 0; i < v->list.count; i++)
		doctor_check_vm(f, v, &v->list.guests[i]);
	doctor_check_guard(f, guard);
	check_tracing(f, tool);
	check_pins(f, tool, v);
	if (v->list.unread)
		finding_add(f, FINDING_WARNING, "host", "run it as root",
			    "open files of %zu VMs cannot be read: what was plugged in later, and "
			    "containers, are not counted", v->list.unread);
	/* glibc's qsort() sorts small arrays stably: rules keep their order. */
	if (f->count)
		qsort(f->list, f->count, sizeof(*f->list), by_level);
}
