// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU tells of one failure in up to three lines: "VFIO_MAP_DMA failed: ..." (up to 9.2, from the
 * backend), the call with its range, and what it does next (hw/vfio/listener.c).
 */
#include <errno.h>
#include <string.h>

#include "log-fold.h"
#include "log-open.h"

void incidents_line(struct log_incidents *in)
{
	in->in_group = -1;
	in->in_attach = false;
	in->in_region = false;
	in->region[0] = '\0';
}

void incidents_vm(struct log_incidents *in, const char *name)
{
	memset(&in->vm, 0, sizeof(in->vm));
	in->traced_count = 0;
	if (name)
		log_copy(in->vm.name, sizeof(in->vm.name), name, strlen(name));
}

/* Memory of a device is named after its BAR ("0000:01:00.0 BAR 1 mmaps[0]"). */
static enum viommu_backing backing_of(const char *region)
{
	return strstr(region, " BAR ") || strstr(region, "mmaps[") ? VIOMMU_BACKING_VFIO_BAR
								     : VIOMMU_BACKING_RAM;
}

static void add_flags(struct viommu_evidence *ev, unsigned int flags)
{
	if (flags & LOG_IOMMUFD)
		ev->api = VIOMMU_API_IOMMUFD;
	else if ((flags & LOG_TYPE1) && ev->api == VIOMMU_API_UNKNOWN)
		ev->api = VIOMMU_API_TYPE1;
	if (flags & LOG_QEMU)
		ev->vmm = VIOMMU_VMM_QEMU;
	else if (flags & LOG_OTHER)
		ev->vmm = VIOMMU_VMM_OTHER;
	if (flags & LOG_RAM_DEVICE) {
		ev->path = VIOMMU_PATH_REGION;
		if (ev->backing == VIOMMU_BACKING_UNKNOWN)
			ev->backing = VIOMMU_BACKING_DEVICE;
	}
}

static bool traced(const struct log_incidents *in, const struct viommu_evidence *ev)
{
	uint64_t last;

	if (!ev->has_range || !iova_last(ev->iova, ev->size, &last))
		return false;
	for (size_t i = 0; i < LOG_TRACED && i < in->traced_count; i++)
		if (in->traced[i].first <= ev->iova && last <= in->traced[i].last)
			return true;
	return false;
}

static void add_range(struct viommu_evidence *ev, const struct log_fact *fact)
{
	const unsigned int range = LOG_HAS_IOVA | LOG_HAS_SIZE;

	if ((fact->has & range) == range) {
		ev->has_range = true;
		ev->iova = fact->iova;
		ev->size = fact->size;
	}
	if (fact->has & LOG_HAS_VADDR)
		ev->vaddr = fact->vaddr;
}

/* What the fact, and what stands before it in its line, say. */
static void add_fact(struct log_incidents *in, struct log_open *o, const struct log_fact *fact,
		     const struct log_where *where)
{
	struct viommu_evidence *ev = &o->f.ev;

	o->f.last_line = where->line;
	if (fact->has & LOG_HAS_ERR)
		ev->err = fact->err;
	add_range(ev, fact);
	add_flags(ev, fact->flags);
	if (in->in_attach || in->in_region) {
		ev->path = VIOMMU_PATH_REGION;
		ev->gave_up |= in->in_attach;
	}
	if (in->in_region)
		ev->backing = backing_of(in->region);
	if (ev->path == VIOMMU_PATH_UNKNOWN && traced(in, ev))
		ev->path = VIOMMU_PATH_VIOMMU;
	if (in->in_group >= 0)
		o->f.group = in->in_group;
	if (fact->has & LOG_HAS_GROUP)
		o->f.group = fact->group;
	if (!o->f.device[0])
		memcpy(o->f.device, where->device, sizeof(o->f.device));
}

static void map(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		const struct log_where *where)
{
	struct log_open *o = log_open_find(in, VIOMMU_OP_MAP, true, fact, where);

	if (!o)
		o = log_open_new(in, VIOMMU_OP_MAP, pattern, where);
	o->bare = false;
	add_fact(in, o, fact, where);
	o->plain = !in->in_attach && !in->in_region && (fact->flags & LOG_QEMU) &&
		   !(fact->flags & LOG_RAM_DEVICE);
}

/* Two that differ in one line are one: "..._valid() check returns false" explains the failure. */
static void map_bare(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		     const struct log_where *where)
{
	struct log_open *o = log_open_find(in, VIOMMU_OP_MAP, false, fact, where);

	if (o && (fact->has & LOG_HAS_ERR) && fact->err == ENOSPC &&
	    o->f.ev.said == VIOMMU_SAID_ENTRIES) {
		o->f.ev.said = VIOMMU_SAID_NOTHING;	/* it did not only may happen: it has */
		o->bare = true;
	} else if (o && log_patterns[o->pattern].kind == LOG_MAP_USER && !o->echoed) {
		o->echoed = true;	/* of the block driver's failure, with the drive's name */
		return;
	} else if (!o || !o->bare || o->f.last_line != where->line || o->pattern == pattern) {
		o = log_open_new(in, VIOMMU_OP_MAP, pattern, where);
		o->bare = true;
	}
	add_fact(in, o, fact, where);
}

/* DPDK says it twice, the second time with the device. */
static void map_user(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		     const struct log_where *where)
{
	struct log_open *o = log_open_find(in, VIOMMU_OP_MAP, false, fact, where);

	if (!o || o->pattern == pattern || o->f.device[0] ||
	    log_patterns[o->pattern].kind != LOG_MAP_USER)
		o = log_open_new(in, VIOMMU_OP_MAP, pattern, where);
	add_fact(in, o, fact, where);
}

static struct log_open *map_behind(struct log_incidents *in, const struct log_fact *fact,
				   unsigned int pattern, const struct log_where *where)
{
	struct log_open *o = log_open_find(in, VIOMMU_OP_MAP, false, fact, where);

	if (o && o->f.ev.vmm != VIOMMU_VMM_OTHER)
		return o;
	return log_open_new(in, VIOMMU_OP_MAP, pattern, where);
}

static void map_was_bar(struct log_incidents *in, const struct log_fact *fact,
			unsigned int pattern, const struct log_where *where)
{
	struct log_open *o = map_behind(in, fact, pattern, where);

	add_fact(in, o, fact, where);
	o->f.ev.path = VIOMMU_PATH_REGION;
	o->f.ev.backing = VIOMMU_BACKING_VFIO_BAR;
	o->f.ev.vmm = VIOMMU_VMM_QEMU;
}

static void map_was_fatal(struct log_incidents *in, const struct log_fact *fact,
			  unsigned int pattern, const struct log_where *where)
{
	struct log_open *o = map_behind(in, fact, pattern, where);

	add_fact(in, o, fact, where);
	o->f.ev.gave_up = true;
	o->f.ev.path = VIOMMU_PATH_REGION;
	o->f.ev.backing = VIOMMU_BACKING_RAM;
	o->f.ev.vmm = VIOMMU_VMM_QEMU;
}

/* Lines that a debugger's script wrote, one for each part. */
static void map_place(struct log_incidents *in, const struct log_fact *fact,
		      const struct log_where *where)
{
	struct log_open *o = log_open_find(in, VIOMMU_OP_MAP, false, fact, where);
	struct viommu_evidence *ev;

	if (!o)
		return;
	ev = &o->f.ev;
	o->f.last_line = where->line;
	ev->iova = fact->has & LOG_HAS_IOVA ? fact->iova : ev->iova;
	ev->size = fact->has & LOG_HAS_SIZE ? fact->size : ev->size;
	ev->has_range |= (fact->has & LOG_HAS_SIZE) && ev->iova;
	if (!fact->word[0])
		return;
	ev->path = VIOMMU_PATH_REGION;
	ev->backing = backing_of(fact->word);
}

static enum viommu_op op_of_said(enum viommu_said said)
{
	switch (said) {
	case VIOMMU_SAID_BEYOND_MGAW:
	case VIOMMU_SAID_HIGH_DMA:
		return VIOMMU_OP_FAULT;
	case VIOMMU_SAID_PAGE_MASK:
	case VIOMMU_SAID_FROZEN_GRANULE:
	case VIOMMU_SAID_GUEST_GRANULE:
	case VIOMMU_SAID_UNALIGNED:
	case VIOMMU_SAID_RESERVED_LATE:
	case VIOMMU_SAID_MEMLOCK:
	case VIOMMU_SAID_WIDTH:
	case VIOMMU_SAID_ENTRIES:
	case VIOMMU_SAID_IOVA_MODE_PA:
	case VIOMMU_SAID_IOVA_MODE_VA:
	case VIOMMU_SAID_DMA_MASK:
		return VIOMMU_OP_MAP;
	default:
		return VIOMMU_OP_ATTACH;
	}
}

static void said(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		 const struct log_where *where)
{
	const enum viommu_op op = op_of_said(fact->said);
	struct log_open *o = log_open_new(in, op, pattern, where);

	add_fact(in, o, fact, where);
	o->f.ev.said = fact->said;
	o->f.ev.said_a = fact->a;
	o->f.ev.said_b = fact->b;
	if (fact->said == VIOMMU_SAID_UNALIGNED)
		o->f.ev.path = VIOMMU_PATH_REGION;
	if (fact->said == VIOMMU_SAID_SPACES || fact->said == VIOMMU_SAID_NOT_VIABLE)
		o->f.group = fact->a && fact->a <= INT32_MAX ? (int)fact->a : -1;
}

static void fault(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		  const struct log_where *where)
{
	struct log_open *o = log_open_new(in, VIOMMU_OP_FAULT, pattern, where);

	add_fact(in, o, fact, where);
	if (!(fact->has & LOG_HAS_IOVA))
		return;
	o->f.ev.has_range = true;
	o->f.ev.iova = fact->iova;
	o->f.ev.size = 1;	/* the IOMMU reports the address, not the length */
}

static void fault_beyond(struct log_incidents *in, const struct log_fact *fact,
			 const struct log_where *where)
{
	struct log_open *o = log_open_find(in, VIOMMU_OP_FAULT, false, fact, where);

	if (!o || !o->f.ev.has_range)
		return;
	o->f.last_line = where->line;
	o->f.ev.said = VIOMMU_SAID_BEYOND_MGAW;
	o->f.ev.said_a = o->f.ev.iova;
}

static void trace(struct log_incidents *in, const struct log_fact *fact)
{
	struct viommu_range *r = &in->traced[in->traced_count++ % LOG_TRACED];

	r->first = fact->iova;
	r->last = fact->iova + (fact->size - 1);
	if (in->traced_count == 2 * LOG_TRACED)	/* full stays full, and never wraps */
		in->traced_count = LOG_TRACED;
}

static void device(struct log_vm *vm, const char *address)
{
	const size_t max = sizeof(vm->devices) / sizeof(vm->devices[0]);

	for (size_t i = 0; i < vm->device_count; i++)
		if (!strcmp(vm->devices[i], address))
			return;
	if (address[0] && vm->device_count < max)
		memcpy(vm->devices[vm->device_count++], address, sizeof(vm->devices[0]));
}

/* Of the VM, and of the line: no incident by itself. */
static void context(struct log_incidents *in, const struct log_fact *fact,
		    const struct log_where *where)
{
	struct log_vm *vm = &in->vm;

	switch (fact->kind) {
	case LOG_IN_ATTACH:
		in->in_attach = true;
		in->in_group = fact->has & LOG_HAS_GROUP ? fact->group : in->in_group;
		break;
	case LOG_IN_REGION:
		in->in_region = true;
		memcpy(in->region, fact->word, sizeof(in->region));
		break;
	case LOG_OF_VIOMMU:
		trace(in, fact);
		break;
	case LOG_OF_QEMU:
		vm->qemu = fact->a < 1000 ? (unsigned int)fact->a : 0;
		break;
	case LOG_OF_START:
		incidents_settle(in, 0);
		vm->viommu = false;
		vm->iommufd = false;
		vm->device_count = 0;
		break;
	case LOG_OF_MODEL:
		vm->viommu = true;
		break;
	case LOG_OF_IOMMUFD:
		vm->iommufd = true;
		break;
	case LOG_OF_VM:
		log_copy(vm->name, sizeof(vm->name), fact->word, strlen(fact->word));
		break;
	case LOG_OF_DEVICE:
		device(vm, where->device);
		break;
	default:
		break;
	}
}

void incidents_fact(struct log_incidents *in, const struct log_fact *fact, unsigned int pattern,
		    const struct log_where *where)
{
	switch (fact->kind) {
	case LOG_MAP:
		map(in, fact, pattern, where);
		break;
	case LOG_MAP_BARE:
		map_bare(in, fact, pattern, where);
		break;
	case LOG_MAP_USER:
		map_user(in, fact, pattern, where);
		break;
	case LOG_UNMAP:
		add_fact(in, log_open_new(in, VIOMMU_OP_UNMAP, pattern, where), fact, where);
		break;
	case LOG_ATTACH_FAILED:
		add_fact(in, log_open_new(in, VIOMMU_OP_ATTACH, pattern, where), fact, where);
		break;
	case LOG_SAID:
		said(in, fact, pattern, where);
		break;
	case LOG_FAULT:
		fault(in, fact, pattern, where);
		break;
	case LOG_TO_BAR:
		map_was_bar(in, fact, pattern, where);
		break;
	case LOG_TO_FATAL:
		map_was_fatal(in, fact, pattern, where);
		break;
	case LOG_TO_PLACE:
		map_place(in, fact, where);
		break;
	case LOG_TO_MGAW:
		fault_beyond(in, fact, where);
		break;
	default:
		context(in, fact, where);
	}
}

void incidents_incomplete(struct log_incidents *in, const struct log_fact *fact,
			  unsigned int pattern, const struct log_where *where)
{
	struct log_fact known = *fact;

	/* The last number may be half of one: none is kept. */
	known.has = 0;
	incidents_fact(in, &known, pattern, where);
	for (size_t i = 0; i < LOG_OPEN; i++)
		if (in->open[i].used && in->open[i].f.last_line == where->line)
			in->open[i].f.incomplete = true;
}
