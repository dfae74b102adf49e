// SPDX-License-Identifier: GPL-2.0-or-later
/* The doctor's rules, each with facts that make it speak and facts that keep it silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/doctor-guard.h"

#define GIB (1ULL << 30)

/* An Intel host of 39 bits, second stage: CAP_REG of a Raptor Lake. */
#define CAP_39 0xd2008c40660462ULL

struct fixture {
	struct doctor_tool tool;
	struct doctor_guard guard;
	struct vms vms;
	struct guest *g;
};

static void start(struct fixture *x)
{
	static const char region[] = "0x00000000fee00000 0x00000000feefffff msi\n";
	struct machine_group *group;
	struct machine_unit *unit;
	unsigned int line;

	memset(x, 0, sizeof(*x));
	x->tool.has_btf = x->tool.has_module = x->tool.has_module_btf = true;
	machine_init(&x->vms.machine);
	x->vms.machine.vendor = CPU_INTEL;
	strcpy(x->vms.machine.kernel, "6.1.0");
	strcpy(x->vms.machine.arch, "x86_64");
	unit = machine_add_unit(&x->vms.machine);
	assert_non_null(unit);
	unit->kind = UNIT_INTEL;
	unit->has_cap = true;
	unit->cap = CAP_39;
	group = machine_add_group(&x->vms.machine);
	assert_non_null(group);
	group->id = 12;
	strcpy(group->devices[0], "0000:01:00.0");
	group->device_count = 1;
	group->has_regions = true;
	assert_int_equal(regions_parse(region, sizeof(region) - 1, group->regions,
				       MACHINE_MAX_REGIONS, &group->region_count, &line), 0);
	x->vms.list.guests = calloc(1, sizeof(*x->g));
	assert_non_null(x->vms.list.guests);
	x->vms.list.count = 1;
	x->g = x->vms.list.guests;
	strcpy(x->g->vm.name, "guest1");
	strcpy(x->g->arch, "x86_64");
	strcpy(x->g->machine, "q35");
	x->g->pid = 42;
	x->g->qemu_version[0] = 10;
	x->g->model = VIOMMU_MODEL_VIRTIO;
	x->g->memory = x->g->max_memory = 4 * GIB;
	x->g->vcpus = 1;
	x->g->aw_bits = 39;
	x->g->device_count = 1;
	strcpy(x->g->devices[0].address, "0000:01:00.0");
	x->g->devices[0].group = 12;
	x->g->devices[0].singleton = TRI_YES;
	x->g->devices[0].hotplugged = TRI_NO;
}

static void stop(struct fixture *x)
{
	machine_fini(&x->vms.machine);
	guest_list_fini(&x->vms.list);
}

/* Is there a finding whose text (or fix) holds this, of that level? Its place, -1: none. */
static int find(const struct findings *f, enum finding_level level, const char *text)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].level == level &&
		    (strstr(f->list[i].text, text) || strstr(f->list[i].fix, text)))
			return (int)i;
	return -1;
}

/* The rules find just this (and nothing else that is serious). */
static void expect(struct fixture *x, enum finding_level level, const char *text, const char *fix)
{
	struct findings f;
	int at;

	doctor_check(&f, &x->tool, &x->guard, &x->vms);
	at = find(&f, level, text);
	if (at < 0)
		for (size_t i = 0; i < f.count; i++)
			print_message("%s\n", f.list[i].text);
	assert_true(at >= 0);
	assert_non_null(strstr(f.list[at].fix, fix));
	findings_fini(&f);
	stop(x);
}

static void expect_nothing(struct fixture *x)
{
	struct findings f;

	doctor_check(&f, &x->tool, &x->guard, &x->vms);
	for (size_t i = 0; i < f.count; i++) {
		if (f.list[i].level != FINDING_NOTE)
			print_message("%s: %s\n", f.list[i].subject, f.list[i].text);
		assert_int_equal(f.list[i].level, FINDING_NOTE);
	}
	findings_fini(&f);
	stop(x);
}

static void a_machine_in_order(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	expect_nothing(&x);
}

static void tracing(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	strcpy(x.tool.missing, "CAP_BPF");
	expect(&x, FINDING_PROBLEM, "CAP_BPF missing", "root");
	start(&x);
	x.tool.has_btf = false;
	expect(&x, FINDING_PROBLEM, "no type information", "CONFIG_DEBUG_INFO_BTF=y");
	start(&x);
	x.tool.has_module = false;
	expect(&x, FINDING_WARNING, "not loaded", "modprobe vfio_iommu_type1");
	start(&x);
	x.tool.has_module_btf = false;
	expect(&x, FINDING_WARNING, "no type information", "CONFIG_DEBUG_INFO_BTF_MODULES=y");
	start(&x);
	x.tool.preemptible = true;
	expect(&x, FINDING_NOTE, "kprobes", "");
}

static void who_pins_the_module(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	x.g->open_containers = 1;
	x.tool.pins.has_refcount = x.tool.pins.known = true;
	x.tool.pins.refcount = 7;
	x.tool.pins.count = 2;
	x.tool.pins.pin[0] = (struct module_pin){ .pid = 77, .comm = "viommu-trace",
						  .programs = 5 };
	x.tool.pins.pin[1] = (struct module_pin){ .programs = 1 };
	expect(&x, FINDING_NOTE, "has 7 users and cannot be unloaded: 5 BPF programs of viommu-trace "
	       "(pid 77), 1 BPF programs that no process holds, 1 container of VMs", "end these");
	start(&x);
	x.tool.pins.has_refcount = true;
	expect_nothing(&x);
}

static void the_host(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	x.vms.machine.group_count = 0;
	x.vms.list.count = 0;
	expect(&x, FINDING_PROBLEM, "no IOMMU groups", "intel_iommu=on");
	start(&x);
	x.vms.machine.group_count = 0;
	x.vms.list.count = 0;
	x.vms.machine.vendor = CPU_AMD;
	expect(&x, FINDING_PROBLEM, "no IOMMU groups", "AMD-Vi");
	start(&x);
	x.vms.machine.has_unsafe_interrupts = x.vms.machine.unsafe_interrupts = true;
	expect(&x, FINDING_WARNING, "allow_unsafe_interrupts is on", "interrupt remapping");
	start(&x);
	x.vms.machine.has_unsafe_interrupts = true;
	expect_nothing(&x);
	start(&x);
	x.vms.machine.has_dma_entry_limit = true;
	x.vms.machine.dma_entry_limit = 1000;
	expect(&x, FINDING_WARNING, "dma_entry_limit is 1000", "dma_entry_limit=65535");
	start(&x);
	x.vms.machine.has_dma_entry_limit = true;
	x.vms.machine.dma_entry_limit = 65535;
	expect_nothing(&x);
	start(&x);
	x.vms.list.unread = 1;
	expect(&x, FINDING_WARNING, "cannot be read", "root");
}

static void a_viommu_wider_than_the_host(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);	/* QEMU 10 tells a guest whose device is alone */
	x.g->aw_bits = 64;
	expect(&x, FINDING_WARNING, "has 64 bits, the host maps 39", "aw-bits=39");
	start(&x);
	x.g->aw_bits = 64;
	x.g->devices[0].singleton = TRI_NO;
	expect(&x, FINDING_PROBLEM, "64 bits", "aw-bits=39");
	start(&x);
	x.g->model = VIOMMU_MODEL_INTEL;
	x.g->caching_mode = TRI_YES;
	x.g->aw_bits = 48;
	expect(&x, FINDING_PROBLEM, "48", "aw-bits=39");
	start(&x);	/* the old default */
	x.g->aw_bits = 0;
	x.g->qemu_version[0] = 8;
	x.g->qemu_version[1] = 0;
	expect(&x, FINDING_PROBLEM, "8.0 has no aw-bits", "");
}

static void guest_groups_and_hotplug(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	x.g->devices[0].singleton = TRI_NO;
	expect(&x, FINDING_WARNING, "shares its IOMMU group", "pcie-root-port");
	start(&x);
	x.g->devices[0].singleton = TRI_NO;
	x.g->model = VIOMMU_MODEL_NONE;
	expect_nothing(&x);
	start(&x);
	x.g->devices[0].hotplugged = TRI_YES;
	x.g->qemu_version[0] = 9;
	expect(&x, FINDING_WARNING, "plugged in later", "9.1");
	start(&x);
	x.g->devices[0].hotplugged = TRI_YES;
	x.g->qemu_version[0] = 9;
	x.g->qemu_version[1] = 1;
	expect_nothing(&x);
}

static void locked_memory(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	x.g->has_memlock = true;
	x.g->memlock_limit = 64ULL << 10;
	expect(&x, FINDING_PROBLEM, "64 KiB, 1 container of 4 GiB need 5 GiB",
	       "--memlock=5368709120");
	start(&x);	/* enough for one container, not for two */
	x.g->has_memlock = true;
	x.g->memlock_limit = 5 * GIB;
	x.g->open_containers = 2;
	expect(&x, FINDING_WARNING, "2 containers of 4 GiB need 9 GiB",
	       "<hard_limit unit='KiB'>9437184</hard_limit>");
	start(&x);	/* memory that can be plugged in counts */
	x.g->has_memlock = true;
	x.g->memlock_limit = 5 * GIB;
	x.g->max_memory = 8 * GIB;
	expect(&x, FINDING_WARNING, "of 8 GiB need 9 GiB", "");
	start(&x);
	x.g->has_memlock = true;
	x.g->memlock_limit = 5 * GIB;
	expect_nothing(&x);
	start(&x);	/* no limit counts */
	x.g->has_memlock = true;
	x.g->memlock_limit = 65536;
	x.g->ipc_lock = TRI_YES;
	expect_nothing(&x);
	start(&x);	/* iommufd counts otherwise */
	x.g->has_memlock = true;
	x.g->memlock_limit = 65536;
	x.g->devices[0].iommufd = true;
	expect_nothing(&x);
}

static void entries(void **state)
{
	struct dma_seen seen = { .pid = 42, .name = "42-12", .has_entries = true };
	struct fixture x;

	(void)state;
	for (uint32_t left = 500; left <= 5000; left += 4500) {
		start(&x);
		x.g->container_count = 1;
		strcpy(x.g->containers[0].name, "42-12");
		x.g->containers[0].ranges = (struct iova_ranges){
			.r = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } }, .count = 2 };
		x.vms.dma.seen = &seen;
		x.vms.dma.count = 1;
		seen.entries_left = left;
		if (left == 500)
			expect(&x, FINDING_WARNING, "42-12 can take 500 more", "dma_entry_limit");
		else
			expect_nothing(&x);
	}
}

static void vms_without_devices_are_well(void **state)
{
	struct fixture x;

	(void)state;
	start(&x);
	x.g->device_count = 0;
	x.g->aw_bits = 64;
	x.g->has_memlock = true;
	expect_nothing(&x);
}

static void policies(void **state)
{
	struct guard_container container = { .pid = 7, .group = 3, .comm = "qemu",
					     .state = VIOMMU_GUARD_NOT_ENFORCED,
					     .reason = "mediated devices only" };
	struct fixture x;

	(void)state;
	start(&x);
	x.guard.files = 2;
	expect(&x, FINDING_PROBLEM, "2 policy files are not in force: the module viommu_guard is not "
	       "loaded", "viommuctl policy apply");
	start(&x);
	x.guard = (struct doctor_guard){ .files = 1, .loaded = true, .asked = true };
	expect(&x, FINDING_PROBLEM, "1 policy file is not in force: nothing was applied yet", "apply");
	start(&x);
	x.guard = (struct doctor_guard){ .files = 1, .files_wrong = true };
	expect(&x, FINDING_PROBLEM, "have mistakes", "viommuctl policy check");
	start(&x);
	x.guard = (struct doctor_guard){ .loaded = true, .asked = true };
	strcpy(x.guard.status.reason, "PREEMPT_RT");
	expect(&x, FINDING_WARNING, "not enforced everywhere: PREEMPT_RT", "policy status");
	start(&x);
	x.guard = (struct doctor_guard){ .loaded = true, .asked = true,
					 .containers = { &container, 1 } };
	expect(&x, FINDING_WARNING, "container 7-3 of qemu is not held to its policy: mediated", "anew");
	start(&x);
	container.state = VIOMMU_GUARD_CAPPED;
	x.guard = (struct doctor_guard){ .files = 1, .loaded = true, .asked = true,
					 .status = { .generation = 1 },
					 .containers = { &container, 1 } };
	expect_nothing(&x);
	/* Who may not ask the module is told that elsewhere. */
	start(&x);
	x.guard = (struct doctor_guard){ .files = 1, .loaded = true };
	expect_nothing(&x);
}

static void the_worst_comes_first(void **state)
{
	struct findings f;
	struct fixture x;

	(void)state;
	start(&x);
	x.tool.preemptible = true;
	x.tool.has_btf = false;
	x.g->devices[0].singleton = TRI_NO;
	doctor_check(&f, &x.tool, &x.guard, &x.vms);
	assert_true(f.count >= 3);
	for (size_t i = 1; i < f.count; i++)
		assert_true(f.list[i - 1].level <= f.list[i].level);
	findings_fini(&f);
	stop(&x);
	assert_null(finding_level_name(NR_FINDING_LEVELS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_in_order),
		cmocka_unit_test(tracing),
		cmocka_unit_test(who_pins_the_module),
		cmocka_unit_test(the_host),
		cmocka_unit_test(a_viommu_wider_than_the_host),
		cmocka_unit_test(guest_groups_and_hotplug),
		cmocka_unit_test(locked_memory),
		cmocka_unit_test(entries),
		cmocka_unit_test(vms_without_devices_are_well),
		cmocka_unit_test(policies),
		cmocka_unit_test(the_worst_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
