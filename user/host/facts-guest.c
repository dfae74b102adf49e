// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts from JSON: the VM. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/facts-json.h"
#include "host/facts.h"
#include "host/text.h"

#define BITS_MAX 64

static void read_device(struct reader *r, const json_t *value, struct guest_device *d)
{
	static const char *const names[] = {
		"address", "id", "bus", "group", "iommufd", "singleton", "hotplugged", NULL
	};
	long long group;

	d->group = -1;
	if (!read_object(r, value, names))
		return;
	read_text(r, value, "address", d->address, sizeof(d->address));
	read_text(r, value, "id", d->id, sizeof(d->id));
	read_text(r, value, "bus", d->bus, sizeof(d->bus));
	if (read_number(r, value, "group", 0, INT32_MAX, &group))
		d->group = (int)group;
	read_bool(r, value, "iommufd", &d->iommufd);
	read_tristate(r, value, "singleton", &d->singleton);
	read_tristate(r, value, "hotplugged", &d->hotplugged);
}

static void read_container_range(struct reader *r, const json_t *value, struct viommu_range *range)
{
	static const char *const names[] = { "first", "last", NULL };

	if (read_object(r, value, names))
		read_range(r, value, range);
}

static void read_container(struct reader *r, const json_t *value, struct guest_container *c)
{
	static const char *const names[] = { "name", "ranges", NULL };
	struct viommu_range range[VIOMMU_MAX_RANGES];
	const json_t *ranges;
	size_t count;

	if (!read_object(r, value, names))
		return;
	read_required(r, value, "name");
	read_text(r, value, "name", c->name, sizeof(c->name));
	count = read_array(r, value, "ranges", VIOMMU_MAX_RANGES, &ranges);
	for (size_t i = 0; i < count && !r->ret; i++) {
		size_t mark = reader_enter(r, "ranges");

		reader_enter_index(r, i);
		read_container_range(r, json_array_get(ranges, i), &range[i]);
		reader_leave(r, mark);
	}
	if (!r->ret && iova_ranges_init(&c->ranges, range, count))
		reader_fail(r, -EINVAL, "ranges have to be ascending, without overlap");
}

static void read_devices(struct reader *r, const json_t *value, struct guest *g)
{
	const json_t *devices;
	const size_t count = read_array(r, value, "devices", GUEST_MAX_DEVICES, &devices);

	for (size_t i = 0; i < count && !r->ret; i++) {
		size_t mark = reader_enter(r, "devices");

		reader_enter_index(r, i);
		read_device(r, json_array_get(devices, i), &g->devices[i]);
		reader_leave(r, mark);
		g->device_count++;
	}
}

static void read_containers(struct reader *r, const json_t *value, struct guest *g)
{
	const json_t *containers;
	const size_t count = read_array(r, value, "containers", GUEST_MAX_CONTAINERS, &containers);

	for (size_t i = 0; i < count && !r->ret; i++) {
		size_t mark = reader_enter(r, "containers");

		reader_enter_index(r, i);
		read_container(r, json_array_get(containers, i), &g->containers[i]);
		reader_leave(r, mark);
		g->container_count++;
	}
}

static void read_qemu(struct reader *r, const json_t *value, struct guest *g)
{
	char text[48], again[48];
	size_t mark;

	if (!read_text(r, value, "qemu", text, sizeof(text)))
		return;
	mark = reader_enter(r, "qemu");
	/* Printed again it has to be the same: no blanks, signs, or text behind it. */
	if (sscanf(text, "%5u.%5u.%5u", &g->qemu_version[0], &g->qemu_version[1],
		   &g->qemu_version[2]) != 3 ||
	    snprintf(again, sizeof(again), "%u.%u.%u", g->qemu_version[0], g->qemu_version[1],
		     g->qemu_version[2]) < 0 || strcmp(text, again) || !g->qemu_version[0])
		reader_fail(r, -EINVAL, "expected a version such as \"10.0.2\"");
	reader_leave(r, mark);
}

static void read_identity(struct reader *r, const json_t *value, struct guest *g)
{
	char uuid[HOST_UUID_LEN];
	int word;

	read_text(r, value, "name", g->vm.name, sizeof(g->vm.name));
	if (read_text(r, value, "uuid", g->vm.uuid, sizeof(g->vm.uuid)) && g->vm.uuid[0] &&
	    (!host_text_uuid(uuid, g->vm.uuid) || strcmp(uuid, g->vm.uuid)))
		reader_fail(r, -EINVAL, "uuid is none, or not in lower case");
	read_text(r, value, "manager", g->vm.manager, sizeof(g->vm.manager));
	word = read_name(r, value, "source", facts_source_name);
	g->vm.source = word < 0 ? VIOMMU_VM_NONE : (enum viommu_vm_source)word;
	word = read_name(r, value, "vmm", facts_vmm_name);
	g->vm.vmm = word < 0 ? VIOMMU_VMM_UNKNOWN : (enum viommu_vmm)word;
	read_unsigned(r, value, "pid", UINT32_MAX, &g->pid);
	read_qemu(r, value, g);
	read_text(r, value, "qemu_package", g->qemu_package, sizeof(g->qemu_package));
}

static void read_hardware(struct reader *r, const json_t *value, struct guest *g)
{
	int model;

	read_text(r, value, "arch", g->arch, sizeof(g->arch));
	read_text(r, value, "machine", g->machine, sizeof(g->machine));
	read_bool(r, value, "cpu_host", &g->cpu_host);
	read_bool(r, value, "cpu_amd", &g->cpu_amd);
	read_tristate(r, value, "host_phys_bits", &g->host_phys_bits);
	read_unsigned(r, value, "phys_bits_limit", BITS_MAX, &g->phys_bits_limit);
	read_hex(r, value, "memory", &g->memory);
	read_hex(r, value, "max_memory", &g->max_memory);
	read_unsigned(r, value, "vcpus", UINT32_MAX, &g->vcpus);
	model = read_name(r, value, "model", facts_model_name);
	g->model = model < 0 ? VIOMMU_MODEL_NONE : (enum viommu_model)model;
	read_unsigned(r, value, "aw_bits", BITS_MAX, &g->aw_bits);
	read_text(r, value, "granule", g->granule, sizeof(g->granule));
	read_tristate(r, value, "boot_bypass", &g->boot_bypass);
	read_tristate(r, value, "caching_mode", &g->caching_mode);
	g->has_memlock = read_hex(r, value, "memlock_limit", &g->memlock_limit);
}

void facts_read_guest(struct reader *r, const json_t *value, struct guest *g)
{
	static const char *const names[] = {
		"name", "uuid", "manager", "source", "vmm", "pid", "qemu", "qemu_package", "arch",
		"machine", "cpu_host", "cpu_amd", "host_phys_bits", "phys_bits_limit", "memory",
		"max_memory", "vcpus", "model", "aw_bits", "granule", "boot_bypass",
		"caching_mode", "memlock_limit", "devices", "containers", NULL
	};

	if (!read_object(r, value, names))
		return;
	read_identity(r, value, g);
	read_hardware(r, value, g);
	read_devices(r, value, g);
	read_containers(r, value, g);
}
