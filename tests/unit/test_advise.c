// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The number and its reasons. Expected values come from QEMU's and the kernel's sources: see the
 * comments of user/core/advise-*.c. Each rule is a row; then properties over random VMs.
 */
#include "advise-fixture.h"

/** Hosts and the number that each vIOMMU should have there. */
static const struct {
	enum host_kind kind;
	unsigned int safe, max, virtio, intel;
} hosts[] = {
	{ HOST_INTEL36, 36, 36, 36, 0 },
	{ HOST_INTEL39, 39, 39, 39, 39 },
	{ HOST_INTEL42, 42, 42, 42, 39 },
	{ HOST_INTEL47, 47, 47, 47, 39 },
	{ HOST_INTEL48, 48, 48, 48, 48 },
	{ HOST_AMD64, 39, 64, 39, 39 },
	{ HOST_AMD48, 39, 48, 39, 39 },
	{ HOST_ARM39, 39, 39, 39, 39 },
	{ HOST_ARM44, 44, 44, 44, 39 },
	{ HOST_ARM48, 48, 48, 48, 48 },
	{ HOST_ARM52, 52, 52, 52, 48 },
	{ HOST_ARM_LOW, 43, 48, 43, 39 },
	{ HOST_ODD, 43, 43, 43, 39 },
	{ HOST_31, 31, 31, 0, 0 },
};

static void number_by_host_and_model(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	assert_int_equal(LEN(hosts), NR_HOST_KINDS);
	for (size_t i = 0; i < LEN(hosts); i++) {
		guest_init(&g, VIOMMU_MODEL_VIRTIO, hosts[i].kind);
		advise(&a, &m, &g);
		assert_int_equal(a.safe_bits, hosts[i].safe);
		assert_int_equal(a.max_bits, hosts[i].max);
		assert_int_equal(a.bits, hosts[i].virtio);
		guest_init(&g, VIOMMU_MODEL_INTEL, hosts[i].kind);
		advise(&a, &m, &g);
		assert_int_equal(a.bits, hosts[i].intel);
	}
}

/** A change to the usual VM, and a note that has to appear, or (absent) must not. */
struct row {
	const char *name;
	enum viommu_model model;
	enum host_kind host;
	void (*change)(struct guest *g);
	enum advice_kind kind;
	const char *text;
	bool absent;
	int bits;		/**< expected; -1: not looked at */
	int change_needed;	/**< 0, 1; -1: not looked at */
};

static void qemu(struct guest *g, unsigned int major, unsigned int minor)
{
	g->qemu_version[0] = major;
	g->qemu_version[1] = minor;
}

static void aw39(struct guest *g)
{
	g->aw_bits = 39;
}

static void aw48(struct guest *g)
{
	g->aw_bits = 48;
}

static void aw64(struct guest *g)
{
	g->aw_bits = 64;
}

static void shared(struct guest *g)
{
	aw64(g);
	g->devices[0].singleton = TRI_NO;
}

static void topology_unknown(struct guest *g)
{
	aw64(g);
	g->devices[0].singleton = TRI_UNKNOWN;
}

static void qemu_81(struct guest *g)
{
	aw64(g);
	qemu(g, 8, 1);
}

static void qemu_82(struct guest *g)
{
	aw64(g);
	qemu(g, 8, 2);
}

static void qemu_90_hot(struct guest *g)
{
	aw64(g);
	qemu(g, 9, 0);
	g->devices[0].hotplugged = TRI_YES;
}

static void qemu_91_hot(struct guest *g)
{
	aw64(g);
	qemu(g, 9, 1);
	g->devices[0].hotplugged = TRI_YES;
}

static void qemu_unknown(struct guest *g)
{
	aw64(g);
	qemu(g, 0, 0);
}

static void intel_48_old(struct guest *g)
{
	aw48(g);
	qemu(g, 9, 0);
}

static void no_caching(struct guest *g)
{
	aw39(g);
	g->caching_mode = TRI_NO;
}

static void vcpus_256(struct guest *g)
{
	aw39(g);
	g->vcpus = 256;
}

static void q35_92(struct guest *g)
{
	strcpy(g->machine, "pc-q35-9.2");
}

static void q35_91(struct guest *g)
{
	strcpy(g->machine, "pc-q35-9.1");
}

/** 22 ranges usable with gaps between and above: more than virtio-iommu can tell of. */
static void many_holes(struct guest *g)
{
	struct iova_ranges *set = &g->containers[0].ranges;

	aw64(g);
	set->count = 22;
	for (uint64_t i = 0; i < 22; i++)
		set->r[i] = (struct viommu_range){ i * GIB, i * GIB + GIB / 2 };
	set->r[21].last = END(39);
}

static void gap_last(struct guest *g)
{
	many_holes(g);
	g->containers[0].ranges.r[0].last = g->containers[0].ranges.r[1].last;
	memmove(&g->containers[0].ranges.r[1], &g->containers[0].ranges.r[2],
		20 * sizeof(struct viommu_range));
	g->containers[0].ranges.count = 21;
}

static const struct row rows[] = {
	/* Told of its ranges in time or not: hw/virtio/virtio-iommu.c, dma-iommu.c. */
	{ "64 and told", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw64, ADVICE_WARNING,
	  "64 bits work only while", false, 39, 0 },
	{ "shared group", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, shared, ADVICE_WARNING,
	  "shares its guest IOMMU group", false, 39, 1 },
	{ "topology", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, topology_unknown, ADVICE_UNKNOWN,
	  "alone in its guest IOMMU group", false, 39, 1 },
	{ "8.1 tells nothing", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, qemu_81, ADVICE_WARNING,
	  "QEMU 8.1 does not tell", false, 39, 1 },
	{ "8.2 tells at start", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, qemu_82, ADVICE_WARNING,
	  "64 bits work only while", false, 39, 0 },
	{ "9.0 is late", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, qemu_90_hot, ADVICE_WARNING,
	  "QEMU 9.0 does not tell", false, 39, 1 },
	{ "9.1 is not", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, qemu_91_hot, ADVICE_WARNING,
	  "64 bits work only while", false, 39, 0 },
	{ "version", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, qemu_unknown, ADVICE_UNKNOWN,
	  "not known whether the guest is told", false, 39, 1 },
	{ "22 ranges", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, many_holes, ADVICE_WARNING,
	  "reserves 22 ranges", false, 32, 1 },
	{ "21 ranges", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, gap_last, ADVICE_WARNING,
	  "64 bits work only while", false, 32, 0 },
	{ "AMD's whole width", VIOMMU_MODEL_VIRTIO, HOST_AMD64, aw39, ADVICE_REASON,
	  "up to 64 bits would work", false, 39, 0 },
	{ "AMD's hole is named", VIOMMU_MODEL_VIRTIO, HOST_AMD64, aw39, ADVICE_REASON,
	  "hole 0xfd00000000-0xffffffffff (AMD HyperTransport)", false, 39, 0 },
	{ "fine", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_PROBLEM, "", true, 39, 0 },
	{ "9.0 for aw-bits", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, qemu_82, ADVICE_PROBLEM,
	  "QEMU 8.2 has no aw-bits", false, 39, -1 },
	{ "restart", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw48, ADVICE_REASON,
	  "power it off and on", false, 39, -1 },
	{ "no restart", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_REASON,
	  "power it off and on", true, 39, -1 },

	/* Low holes: no width avoids them. */
	{ "low, told", VIOMMU_MODEL_VIRTIO, HOST_ARM_LOW, aw39, ADVICE_WARNING,
	  "hole 0xe0000000-0xf7feffff lies below 4 GiB: no width avoids it; this VM's guest is told",
	  false, 43, 0 },
	{ "low, not told", VIOMMU_MODEL_VIRTIO, HOST_ARM_LOW, shared, ADVICE_PROBLEM,
	  "hole 0xe0000000-0xf7feffff lies below 4 GiB", false, 43, 1 },
	{ "MSI is no low hole", VIOMMU_MODEL_VIRTIO, HOST_ARM48, aw48, ADVICE_WARNING,
	  "lies below 4 GiB", true, 48, 0 },
	{ "x86 MSI neither", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_WARNING,
	  "lies below 4 GiB", true, 39, 0 },

	/* intel-iommu: 39 or 48, refused from 9.1 on when too wide (vtd_check_hiod()). */
	{ "intel 48 on 39", VIOMMU_MODEL_INTEL, HOST_INTEL39, aw48, ADVICE_PROBLEM,
	  "aw-bits 48 > host aw-bits 39", false, 39, 1 },
	{ "intel, 9.0", VIOMMU_MODEL_INTEL, HOST_INTEL39, intel_48_old, ADVICE_PROBLEM,
	  "with 48 bits the guest is told OK", false, 39, 1 },
	{ "intel 48 on 47", VIOMMU_MODEL_INTEL, HOST_INTEL47, aw48, ADVICE_PROBLEM,
	  "aw-bits 48 > host aw-bits 47", false, 39, 1 },
	{ "intel on 42", VIOMMU_MODEL_INTEL, HOST_INTEL42, aw39, ADVICE_REASON,
	  "takes 39 or 48 bits only: 39 is the widest", false, 39, 0 },
	{ "intel on 36", VIOMMU_MODEL_INTEL, HOST_INTEL36, aw39, ADVICE_PROBLEM,
	  "use virtio-iommu, which takes 32 to 64", false, 0, 1 },
	{ "caching mode", VIOMMU_MODEL_INTEL, HOST_INTEL39, no_caching, ADVICE_PROBLEM,
	  "caching-mode=on", false, 39, 0 },
	{ "31 bits", VIOMMU_MODEL_VIRTIO, HOST_31, aw39, ADVICE_PROBLEM, "no width fits", false, 0,
	  0 },
	{ "amd-iommu", VIOMMU_MODEL_AMD, HOST_INTEL39, NULL, ADVICE_PROBLEM,
	  "amd-iommu has no option for its width", false, 39, -1 },
	{ "smmu", VIOMMU_MODEL_SMMU, HOST_ARM44, guest_arm, ADVICE_PROBLEM,
	  "refuses assigned devices", false, 44, -1 },
	{ "no vIOMMU", VIOMMU_MODEL_NONE, HOST_INTEL39, NULL, ADVICE_REASON, "has no vIOMMU", false,
	  39, 0 },

	/* Lower limits: seed of 39 bits over 256 vCPUs, DPDK, nested. */
	{ "256 vCPUs", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, vcpus_256, ADVICE_WARNING,
	  "39 bits over 256 vCPUs are 2 GiB each", false, 39, 0 },
	{ "4 vCPUs", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_WARNING, "vCPUs are", true,
	  39, 0 },
	{ "48 for 256", VIOMMU_MODEL_VIRTIO, HOST_INTEL48, vcpus_256, ADVICE_WARNING, "vCPUs are",
	  true, 48, -1 },
	{ "DPDK on 39", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_WARNING, "SPDK's memory",
	  false, 39, 0 },
	{ "SPDK on 46", VIOMMU_MODEL_VIRTIO, HOST_INTEL47, aw39, ADVICE_WARNING, "DPDK", true, 47,
	  0 },
	{ "nested on 39", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_WARNING,
	  "host-phys-bits-limit=39 for those", false, 39, 0 },
	{ "nested on 48", VIOMMU_MODEL_VIRTIO, HOST_INTEL48, aw48, ADVICE_WARNING, "for those", true,
	  48, 0 },

	/* Migration: input_range is in no vmstate; ddd84fd0c1. */
	{ "migration", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_WARNING,
	  "neither migrated nor compared", false, 39, 0 },
	{ "pc-q35-9.2", VIOMMU_MODEL_INTEL, HOST_INTEL48, q35_92, ADVICE_PROBLEM,
	  "39 bits in QEMU 9.2 and 48 in 10.0", false, 48, -1 },
	{ "pc-q35-9.1", VIOMMU_MODEL_INTEL, HOST_INTEL48, q35_91, ADVICE_PROBLEM, "in QEMU 9.2",
	  true, 48, -1 },
	{ "default", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, NULL, ADVICE_WARNING,
	  "virtio-iommu's default is 64 for machine types up to 8.2", false, 39, -1 },
	{ "explicit", VIOMMU_MODEL_VIRTIO, HOST_INTEL39, aw39, ADVICE_WARNING, "default is", true,
	  39, 0 },
};

static void row_check(const struct row *row)
{
	const struct machine m = { .host = "h" };
	const struct advice_note *note;
	struct advice a;
	struct guest g;

	guest_init(&g, row->model, row->host);
	if (row->change)
		row->change(&g);
	advise(&a, &m, &g);
	note = note_find(&a, row->kind, row->text);
	if (!note != row->absent || (row->bits >= 0 && a.bits != (unsigned int)row->bits) ||
	    (row->change_needed >= 0 && a.change_needed != row->change_needed)) {
		advice_dump(&a);
		fail_msg("row '%s'", row->name);
	}
	assert_true(a.bits <= a.max_bits);
}

static void rules_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		row_check(&rows[i]);
}

/** The least of all devices decides, and is named. */
static void least_device_decides(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_INTEL48);
	guest_add(&g, HOST_INTEL39);
	guest_add(&g, HOST_INTEL42);
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 39);
	assert_note(&a, ADVICE_REASON, "container 4242-11");
}

/** Safe and maximum bits of a host can come from two devices. */
static void safe_and_max_of_two(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_AMD64);
	guest_add(&g, HOST_INTEL48);
	advise(&a, &m, &g);
	assert_int_equal(a.safe_bits, 39);
	assert_int_equal(a.max_bits, 48);
	assert_note(&a, ADVICE_REASON, "container 4242-10");
	assert_note(&a, ADVICE_REASON, "container 4242-11");
}

/** A container whose ranges were not readable is said, and the others count. */
static void unknown_is_said(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_INTEL42);
	guest_add(&g, HOST_INTEL39)->hotplugged = TRI_NO;
	g.containers[1].ranges.count = 0;
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 42);
	assert_note(&a, ADVICE_UNKNOWN, "container 4242-11: width not known");
}

static void nothing_known_gives_nothing(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;

	(void)state;
	advise(&a, &m, NULL);
	assert_int_equal(a.bits, 0);
	assert_int_equal(a.option_count, 0);
	assert_note(&a, ADVICE_UNKNOWN, "no IOMMU group");
}

/** Units and groups as sysfs has them; width.c decodes the registers of real machines. */
static void machine_fill(struct machine *m, uint64_t cap0, uint64_t cap1)
{
	machine_init(m);
	strcpy(m->host, "h");
	strcpy(m->kernel, "6.12.95");
	strcpy(m->arch, "x86_64");
	m->vendor = CPU_INTEL;
	for (int i = 0; i < 2; i++) {
		struct machine_unit *u = machine_add_unit(m);
		struct machine_group *g = machine_add_group(m);

		snprintf(u->name, sizeof(u->name), "dmar%d", i);
		u->kind = UNIT_INTEL;
		u->has_cap = true;
		u->cap = i ? cap1 : cap0;
		g->id = 20 + i;
		g->unit = i;
		strcpy(g->devices[0], i ? "0000:01:00.0" : "0000:00:00.0");
		g->device_count = 1;
		g->has_regions = true;
		g->regions[0].range = (struct viommu_range){ 0xfee00000, 0xfeefffff };
		g->regions[0].type = REGION_MSI;
		g->region_count = 1;
	}
}

#define CAP_39 0x1c0000c40660462ULL	/* a client's dmar0: MGAW 39, SAGAW 48 */
#define CAP_48 0xd2078c106f0466ULL	/* a server's: MGAW 48, SAGAW 48 */

/** For any VM of a host: its narrowest group. For a VM without containers: its devices' groups. */
static void groups_by_registers(void **state)
{
	struct machine m;
	struct advice a;
	struct guest g;

	(void)state;
	machine_fill(&m, CAP_39, CAP_48);
	advise(&a, &m, NULL);
	assert_int_equal(a.bits, 39);
	assert_note(&a, ADVICE_REASON, "group 20");
	assert_true(option_find(&a, "virtio-iommu-pci,aw-bits=39"));
	assert_true(option_find(&a, "intel-iommu,caching-mode=on,intremap=on,aw-bits=39"));

	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_INTEL48);
	g.container_count = 0;
	g.devices[0].group = -1;
	strcpy(g.devices[0].address, "0000:01:00.0");
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 48);
	g.devices[0].group = 20;
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 39);

	/* No device yet: any may come. */
	g.device_count = 0;
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 39);

	/* A device of iommufd has no container: its group counts beside that of the other. */
	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_INTEL48);
	g.devices[1] = (struct guest_device){ .address = "0000:00:00.0", .group = 20,
					      .iommufd = true };
	g.device_count = 2;
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 39);
	/* Also without a vIOMMU, where one container has all the others. */
	g.model = VIOMMU_MODEL_NONE;
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 39);
	g.devices[1].iommufd = false;
	advise(&a, &m, &g);
	assert_int_equal(a.bits, 48);
	machine_fini(&m);
}

static void options_follow_the_model(void **state)
{
	struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_INTEL42);
	advise(&a, &m, &g);
	assert_true(option_find(&a, "-device virtio-iommu-pci,aw-bits=42"));
	assert_true(option_find(&a, "'virtio-iommu-pci.aw-bits=42'"));
	assert_true(option_find(&a, "args: -global virtio-iommu-pci.aw-bits=42"));
	assert_true(option_find(&a, "--platform iommu_address_width=42"));
	assert_false(option_find(&a, "intel-iommu"));

	/* Older QEMUs have no such property: QEMU would not start. */
	qemu(&g, 8, 2);
	advise(&a, &m, &g);
	assert_false(option_find(&a, "virtio-iommu-pci"));
	assert_true(option_find(&a, "-device intel-iommu,caching-mode=on,intremap=on,aw-bits=39"));

	guest_init(&g, VIOMMU_MODEL_INTEL, HOST_INTEL42);
	advise(&a, &m, &g);
	assert_true(option_find(&a, "aw_bits='39'"));
	assert_false(option_find(&a, "virtio"));

	guest_init(&g, VIOMMU_MODEL_NONE, HOST_ARM48);
	guest_arm(&g);
	m.page_size = 65536;
	advise(&a, &m, &g);
	assert_true(option_find(&a, "-device virtio-iommu-pci,aw-bits=48,granule=host"));
	assert_false(option_find(&a, "intel"));
}

/** q35 sets that property itself, and QEMU 10.0.2 aborts if it is given too. */
static void reserved_regions_is_never_an_option(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	for (int model = 0; model < NR_VIOMMU_MODELS; model++)
		for (int host = 0; host < NR_HOST_KINDS; host++) {
			guest_init(&g, (enum viommu_model)model, (enum host_kind)host);
			advise(&a, &m, &g);
			assert_false(option_find(&a, "reserved-regions"));
			assert_true(a.note_count < ADVICE_MAX_NOTES);
			assert_true(a.option_count < ADVICE_MAX_OPTIONS);
		}
}

static uint64_t random_state = 0x9e3779b97f4a7c15ULL;

/* xorshift64*: the same numbers on each run. */
static unsigned int random_below(unsigned int n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned int)((random_state * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

/** A random VM; adding a device never raises the number, and it fits every device. */
static void more_devices_never_raise(void **state)
{
	const struct machine m = { .host = "h" };
	struct advice a;
	struct guest g;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		unsigned int before = 64, before_max = 64;

		guest_init(&g, random_below(2) ? VIOMMU_MODEL_VIRTIO : VIOMMU_MODEL_INTEL,
			   (enum host_kind)random_below(NR_HOST_KINDS));
		qemu(&g, 7 + random_below(4), random_below(3));
		for (int devices = 1; devices < 6; devices++) {
			advise(&a, &m, &g);
			assert_true(a.bits <= before);
			assert_true(a.max_bits <= before_max);
			assert_true(a.bits <= a.safe_bits && a.safe_bits <= a.max_bits);
			for (size_t i = 0; i < g.container_count; i++)
				assert_true(a.bits <=
					    iova_ranges_max_bits(&g.containers[i].ranges));
			before = a.bits;
			before_max = a.max_bits;
			guest_add(&g, (enum host_kind)random_below(NR_HOST_KINDS))->singleton =
				(enum tristate)random_below(3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_by_host_and_model),
		cmocka_unit_test(rules_hold),
		cmocka_unit_test(least_device_decides),
		cmocka_unit_test(safe_and_max_of_two),
		cmocka_unit_test(unknown_is_said),
		cmocka_unit_test(nothing_known_gives_nothing),
		cmocka_unit_test(groups_by_registers),
		cmocka_unit_test(options_follow_the_model),
		cmocka_unit_test(reserved_regions_is_never_an_option),
		cmocka_unit_test(more_devices_never_raise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
