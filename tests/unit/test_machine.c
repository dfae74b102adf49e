// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine read from a tree of files: as sysfs has them, and as it never would. */
#include <jansson.h>

#include "core/machine-text.h"
#include "core/width.h"
#include "host/iommu.h"

#include "cli/host.h"
#include "tree.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define END(bits) ((1ULL << (bits)) - 1)

static void link_put(const char *root, const char *file, const char *target)
{
	char path[PATH_MAX];

	assert_int_equal(symlink(target, tree_path(path, root, file)), 0);
}

static void group_put(const char *root, int id, const char *unit, const char *const *devices,
		      const char *regions)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/type", id);
	tree_puts(root, path, "DMA-FQ\n");
	for (; *devices; devices++) {
		snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices/%s/iommu", id,
			 *devices);
		snprintf(target, sizeof(target), "../../../../../class/iommu/%s", unit);
		link_put(root, path, target);
	}
	if (!regions)
		return;
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/reserved_regions", id);
	tree_puts(root, path, regions);
}

#define MSI "0x00000000fee00000 0x00000000feefffff msi\n"
#define DEVICES(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void proc_put(const char *root, const char *release, const char *cmdline)
{
	char text[128];

	tree_puts(root, "proc/sys/kernel/hostname", "hv1\n");
	snprintf(text, sizeof(text), "%s\n", release);
	tree_puts(root, "proc/sys/kernel/osrelease", text);
	tree_puts(root, "proc/cmdline", cmdline);
	tree_puts(root, "proc/meminfo", "MemTotal:       16318480 kB\nMemFree: 1 kB\n");
}

/* A client: graphics behind dmar0, the rest behind dmar1, one with firmware's memory. */
static char *intel_new(void)
{
	char *root = tree_new(NULL);

	proc_put(root, "6.12.95+deb12-amd64", "BOOT_IMAGE=/vmlinuz intel_iommu=on quiet\n");
	tree_puts(root, "proc/sys/kernel/arch", "x86_64\n");
	tree_puts(root, "proc/cpuinfo", "processor : 0\nvendor_id : GenuineIntel\n");
	tree_puts(root, "sys/class/iommu/dmar1/intel-iommu/cap", "d2008c40660462\n");
	tree_puts(root, "sys/class/iommu/dmar1/intel-iommu/ecap", "f050da\n");
	tree_puts(root, "sys/class/iommu/dmar0/intel-iommu/cap", "1c0000c40660462\n");
	tree_puts(root, "sys/class/iommu/dmar0/intel-iommu/ecap", "19e2ff0505e\n");
	tree_puts(root, "sys/class/iommu/dmar10/intel-iommu/cap", "8d2078c106f0466\n");
	tree_puts(root, "sys/class/iommu/dmar10/intel-iommu/ecap", "f020df\n");
	tree_puts(root, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535\n");
	tree_puts(root, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
	group_put(root, 12, "dmar1", DEVICES("0000:01:00.1", "10000:00:00.0", "0000:01:00.0"), MSI);
	group_put(root, 0, "dmar0", DEVICES("0000:00:02.0"),
		  "0x000000009d000000 0x000000009f7fffff direct-relaxable\n" MSI);
	group_put(root, 2, "dmar10", DEVICES("0000:00:1f.0"),
		  MSI "0x0000000000000000 0x0000000000ffffff direct\n"
		  "0x00000000bdf6e000 0x00000000bdf84fff direct\n");
	group_put(root, 3, "dmar1", DEVICES("0000:02:00.0"), NULL);
	return root;
}

static void reads_intel(void **state)
{
	const struct machine_group *g;
	struct iova_ranges usable;
	struct iommu_width w;
	struct machine m;
	char *root = intel_new();

	(void)state;
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	assert_string_equal(m.host, "hv1");
	assert_string_equal(m.kernel, "6.12.95+deb12-amd64");
	assert_string_equal(m.arch, "x86_64");
	assert_int_equal(m.vendor, CPU_INTEL);
	assert_int_equal(m.memory, 16318480ULL << 10);
	assert_true(m.has_dma_entry_limit);
	assert_int_equal(m.dma_entry_limit, 65535);
	assert_true(m.has_unsafe_interrupts);
	assert_false(m.unsafe_interrupts);
	assert_int_equal(m.unit_count, 3);
	assert_string_equal(m.units[0].name, "dmar0");
	assert_string_equal(m.units[2].name, "dmar10");
	assert_int_equal(m.units[1].cap, 0xd2008c40660462);
	assert_int_equal(m.units[1].ecap, 0xf050da);

	assert_int_equal(m.group_count, 4);
	g = &m.groups[3];
	assert_int_equal(g->id, 12);
	assert_int_equal(g->unit, 1);
	assert_string_equal(g->type, "DMA-FQ");
	assert_int_equal(g->device_count, 3);
	assert_string_equal(g->devices[0], "0000:01:00.0");
	assert_string_equal(g->devices[1], "0000:01:00.1");
	assert_string_equal(g->devices[2], "10000:00:00.0");
	assert_ptr_equal(machine_group_of(&m, "0000:01:00.1"), g);
	assert_ptr_equal(machine_find_group(&m, 12), g);
	assert_null(machine_find_group(&m, 1));
	assert_null(machine_group_of(&m, "0000:01:00.2"));

	/* Per device: what lies behind dmar10 has 48 bits. */
	assert_int_equal(group_usable(&usable, &w, &m, machine_find_group(&m, 2)), 0);
	assert_int_equal(usable.count, 3);
	assert_int_equal(usable.r[0].first, 0x1000000);
	assert_int_equal(usable.r[1].first, 0xbdf85000);
	assert_int_equal(iova_ranges_top(&usable), END(48));
	assert_int_equal(group_usable(&usable, &w, &m, machine_find_group(&m, 0)), 0);
	assert_int_equal(usable.count, 2);
	assert_int_equal(iova_ranges_top(&usable), END(39));
	assert_false(machine_find_group(&m, 3)->has_regions);
	machine_fini(&m);
	tree_free(root);
}

/* AUXV entry AT_PAGESZ behind another, as the kernel lays them out. */
static void auxv_put(const char *root, uint64_t page_size)
{
	const uint64_t auxv[] = { 16, 0xfff, 6, page_size, 0, 0 };

	tree_write(root, "proc/self/auxv", (const char *)auxv, sizeof(auxv));
}

static void ivrs_put(const char *root, unsigned int ivinfo)
{
	char table[48] = "IVRS\x30";

	memcpy(table + 36, &ivinfo, sizeof(ivinfo));
	tree_write(root, "sys/firmware/acpi/tables/IVRS", table, sizeof(table));
}

static void reads_amd(void **state)
{
	struct iova_ranges usable;
	struct iommu_width w;
	struct machine m;
	char *root = tree_new(NULL);

	(void)state;
	proc_put(root, "7.3.4+deb13-amd64", "quiet amd_iommu=pgtbl_v1\n");
	tree_puts(root, "proc/cpuinfo", "vendor_id : AuthenticAMD\n");
	auxv_put(root, 4096);
	tree_puts(root, "sys/class/iommu/ivhd0/amd-iommu/features", "58f77ef22294a5a:0\n");
	tree_puts(root, "sys/class/iommu/ivhd0/amd-iommu/cap", "b0001\n");
	ivrs_put(root, 48 << 15 | 1);
	group_put(root, 7, "ivhd0", DEVICES("0000:03:00.0"), MSI
		  "0x000000fd00000000 0x000000ffffffffff reserved\n");
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	assert_int_equal(m.vendor, CPU_AMD);
	assert_int_equal(m.page_size, 4096);
	assert_int_equal(m.units[0].feature_count, 2);
	assert_int_equal(m.units[0].features[0], 0x58f77ef22294a5a);
	assert_int_equal(m.units[0].ivrs_va_bits, 48);
	assert_false(m.amd_v2_tables);
	assert_int_equal(group_usable(&usable, &w, &m, &m.groups[0]), 0);
	assert_int_equal(usable.count, 3);
	assert_int_equal(iova_ranges_top(&usable), END(48));
	assert_int_equal(iova_ranges_safe_bits(&usable), 39);
	machine_fini(&m);
	tree_free(root);
}

/* SMMUs and virtio-iommu say their width only in the log, under the name of their device. */
static void reads_the_log(void **state)
{
	struct iommu_width w;
	struct machine m;
	char *root = tree_new(NULL);

	(void)state;
	proc_put(root, "6.12.95+deb12-arm64", "");
	tree_puts(root, "proc/sys/kernel/arch", "aarch64\n");
	tree_puts(root, "proc/cpuinfo", "processor : 0\nCPU implementer : 0x41\n");
	tree_puts(root, "proc/self/maps", "aaaad0a00000-aaaad0b00000 r-xp 0 00:00 0 /usr/bin/x\n"
		  "ffffe5a00000-ffffe5a21000 rw-p 0 00:00 0 [stack]\n");
	link_put(root, "sys/class/iommu/smmu3.0x000000002b400000/device",
		 "../../../arm-smmu-v3.0.auto");
	link_put(root, "sys/class/iommu/smmu.0x000000002b500000/device", "../2b500000.iommu");
	link_put(root, "sys/class/iommu/0000:00:1b.0/device", "../virtio3");
	tree_puts(root, "sys/class/iommu/other/uevent", "");
	tree_puts(root, "dev/kmsg",
		  "<6>[    1.0] arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features "
		  "0x00000def)\n<5>[    1.0] arm-smmu 2b500000.iommu: \tStage-1: 40-bit VA -> 40-bit "
		  "IPA\n<6>[    1.0] virtio_iommu virtio3: input address: 42 bits\n"
		  "<6>[    1.0] virtio_iommu virtio30: input address: 43 bits");
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	assert_int_equal(m.vendor, CPU_ARM);
	assert_int_equal(m.va_bits, 48);
	assert_int_equal(m.unit_count, 4);
	assert_int_equal(m.units[0].kind, UNIT_VIRTIO);
	assert_int_equal(m.units[0].ias, 42);
	assert_int_equal(m.units[1].kind, UNIT_UNKNOWN);
	assert_string_equal(m.units[1].name, "other");
	assert_int_equal(m.units[2].kind, UNIT_SMMU);
	assert_int_equal(m.units[2].ias, 40);
	assert_int_equal(m.units[3].ias, 44);
	assert_int_equal(m.units[3].features[0], 0xdef);
	width_of_unit(&w, &m, &m.units[3]);
	assert_int_equal(w.bits, 44);	/* bit 9 is not set: a second stage only */
	machine_fini(&m);

	tree_puts(root, "boot/config-6.12.95+deb12-arm64",
		  "# CONFIG_ARM64_VA_BITS_48 is not set\nCONFIG_ARM64_VA_BITS_39=y\n"
		  "CONFIG_ARM64_VA_BITS=39\n");
	assert_int_equal(machine_read(&m, root), 0);
	assert_int_equal(m.va_bits, 39);
	machine_fini(&m);
	tree_free(root);
}

/* Which stage: the version, the command line, the configuration, what the units have. */
static void first_stage(void **state)
{
	static const struct {
		const char *release, *cmdline, *config, *ecap;
		bool first;
	} rows[] = {
		{ "6.12.95", "", NULL, "c80000000000", false },
		{ "6.13.0", "", NULL, "c80000000000", true },
		{ "7.3.4", "intel_iommu=on", NULL, "c80000000000", true },
		{ "7.3.4", "intel_iommu=on,sm_off", NULL, "c80000000000", false },
		{ "7.3.4", "intel_iommu=sm_off intel_iommu=sm_on", NULL, "c80000000000", true },
		{ "7.3.4", "xintel_iommu=sm_off", NULL, "c80000000000", true },
		{ "7.3.4", "", "# CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON is not set\n",
		  "c80000000000", false },
		{ "7.3.4", "intel_iommu=sm_on", "CONFIG_X=y\n", "c80000000000", true },
		{ "7.3.4", "", "CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON=y\n", "c80000000000",
		  true },
		{ "6.12.95", "", NULL, "880000000000", true },	/* no second stage */
		{ "6.12.95", "", NULL, "480000000000", false },	/* no first stage */
		{ "6.12.95", "intel_iommu=sm_off", NULL, "880000000000", false },
		{ "6.12.0-124.el10.x86_64", "", NULL, "c80000000000", false },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char *root = tree_new(NULL), config[128];
		struct machine m;

		proc_put(root, rows[i].release, rows[i].cmdline);
		tree_puts(root, "sys/class/iommu/dmar0/intel-iommu/cap", "9ed008c40780466\n");
		tree_puts(root, "sys/class/iommu/dmar0/intel-iommu/ecap", rows[i].ecap);
		snprintf(config, sizeof(config), "boot/config-%s", rows[i].release);
		if (rows[i].config)
			tree_puts(root, config, rows[i].config);
		machine_init(&m);
		assert_int_equal(machine_read(&m, root), 0);
		if (m.intel_first_stage != rows[i].first)
			fail_msg("row %zu (%s %s)", i, rows[i].release, rows[i].cmdline);
		machine_fini(&m);
		tree_free(root);
	}
}

static void reads_nothing(void **state)
{
	char *root = tree_new(NULL);
	struct machine m;

	(void)state;
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	assert_int_equal(m.unit_count, 0);
	assert_int_equal(m.group_count, 0);
	assert_int_equal(m.memory, 0);
	assert_false(m.has_dma_entry_limit);
	assert_int_equal(machine_read(&m, "/nonexistent/folder"), 0);
	machine_fini(&m);
	tree_free(root);
}

static void many_devices_put(const char *root)
{
	char path[128];

	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "sys/kernel/iommu_groups/4/devices/0000:%02x:00.0/uevent",
			 (i * 7) % 40);
		tree_puts(root, path, "");
	}
}

/* Files that are wrong leave their value unknown, and what is right beside them counts. */
static void reads_hostile_files(void **state)
{
	char *root = tree_new(NULL), path[PATH_MAX], *big = malloc(1 << 20);
	struct machine m;

	(void)state;
	assert_non_null(big);
	memset(big, '0', 1 << 20);
	proc_put(root, "\x1b[31mred/../..", "");
	tree_write(root, "sys/class/iommu/dmar0/intel-iommu/cap", big, 1 << 20);
	tree_puts(root, "sys/class/iommu/dmar0/intel-iommu/ecap", "1\n");
	tree_puts(root, "sys/class/iommu/dmar1/intel-iommu/cap", "zz\n");
	tree_puts(root, "sys/class/iommu/dmar1/intel-iommu/ecap", "1\n");
	tree_puts(root, "sys/class/iommu/dmar2/intel-iommu/cap/x", "a folder");
	assert_int_equal(mkfifo(tree_path(path, root, "sys/class/iommu/dmar3/intel-iommu/cap"), 0600),
			 0);
	tree_puts(root, "sys/class/iommu/ivhd0/amd-iommu/features", "1:2:3\n");
	link_put(root, "sys/class/iommu/ivhd1", "ivhd1");
	tree_puts(root, "sys/class/iommu/a\x1b[2Jb-with-a-name-of-more-than-31-bytes/uevent", "");
	tree_puts(root, "sys/firmware/acpi/tables/IVRS", "IVR");
	tree_puts(root, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "4294967296\n");
	tree_puts(root, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Yes\n");
	group_put(root, 1, "dmar9", DEVICES("0000:00:01.0"), "0x1 0x0 msi\n" MSI);
	group_put(root, 2, "..", DEVICES("0000:00:02.0"), MSI);
	tree_puts(root, "sys/kernel/iommu_groups/04/type", "x");
	tree_puts(root, "sys/kernel/iommu_groups/4294967296/type", "x");
	tree_puts(root, "sys/kernel/iommu_groups/-1/type", "x");
	tree_write(root, "sys/kernel/iommu_groups/3/reserved_regions", big, 1 << 20);
	many_devices_put(root);
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	for (size_t i = 0; i < m.unit_count; i++) {
		assert_false(m.units[i].has_cap);
		assert_int_equal(m.units[i].feature_count, 0);
		assert_int_equal(m.units[i].ivrs_va_bits, 0);
		assert_null(strchr(m.units[i].name, '\x1b'));
	}
	assert_int_equal(m.unit_count, 7);
	assert_false(m.has_dma_entry_limit);
	assert_false(m.has_unsafe_interrupts);
	assert_null(strchr(m.kernel, '\x1b'));
	assert_int_equal(m.group_count, 4);
	assert_false(m.groups[0].has_regions);
	assert_int_equal(m.groups[0].unit, -1);
	assert_true(m.groups[1].has_regions);
	assert_false(m.groups[2].has_regions);
	/* The lowest of too many. */
	assert_int_equal(m.groups[3].device_count, MACHINE_MAX_GROUP_DEVICES);
	assert_string_equal(m.groups[3].devices[0], "0000:00:00.0");
	assert_string_equal(m.groups[3].devices[31], "0000:1f:00.0");
	machine_fini(&m);
	free(big);
	tree_free(root);
}

static void texts(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} hex[] = {
		{ "d2008c22260286\n", true, 0xd2008c22260286 }, { "0x1f", true, 0x1f },
		{ "0", true, 0 }, { "ffffffffffffffff\n", true, UINT64_MAX },
		{ "10000000000000000", false, 0 }, { "", false, 0 }, { "\n", false, 0 },
		{ "0x", false, 0 }, { "12 34", false, 0 }, { "-1", false, 0 }, { "0x0x1", false, 0 },
	};
	unsigned char table[40] = "IVRS\x28";
	struct boot_options o;
	char value[4];

	(void)state;
	for (size_t i = 0; i < LEN(hex); i++) {
		uint64_t n = 0;

		if (sysfs_hex_parse(hex[i].text, strlen(hex[i].text), &n) != hex[i].ok)
			fail_msg("'%s'", hex[i].text);
		if (hex[i].ok)
			assert_int_equal(n, hex[i].value);
	}
	/* IVinfo 0x203040 of real machines: 64 bits of virtual addresses. */
	assert_int_equal(ivrs_va_bits(table, sizeof(table)), 64);
	memcpy(table + 36, "\x40\x30\x20\x00", 4);
	assert_int_equal(ivrs_va_bits(table, sizeof(table)), 64);
	memcpy(table + 36, "\x00\x00\x18\x00", 4);
	assert_int_equal(ivrs_va_bits(table, sizeof(table)), 48);
	assert_int_equal(ivrs_va_bits(table, sizeof(table) - 1), 0);
	table[4] = 0x27;
	assert_int_equal(ivrs_va_bits(table, sizeof(table)), 0);
	memcpy(table, "DMAR\x28", 5);
	assert_int_equal(ivrs_va_bits(table, sizeof(table)), 0);

	boot_options_parse(&o, "amd_iommu=pgtbl_v2,fullflush", 28);
	assert_true(o.amd_v2_tables);
	boot_options_parse(&o, "amd_iommu=pgtbl_v2 amd_iommu=pgtbl_v1 intel_iommu=", 50);
	assert_false(o.amd_v2_tables);
	assert_false(o.has_scalable);
	assert_true(kernel_config_get("A_B=1\nA=12345\n", 14, "A", value, sizeof(value)));
	assert_string_equal(value, "123");
	assert_false(kernel_config_get("#A=1\nAB=2\nA\n", 12, "A", value, sizeof(value)));
	assert_int_equal(maps_va_bits("7ffffff000-8000000000 rw-p\n", 27), 39);
	assert_int_equal(maps_va_bits("x\n1-\n-2\n", 8), 0);
	assert_int_equal(meminfo_total("MemFree: 1 kB\nMemTotal: 18446744073709551615 kB\n", 48), 0);
	assert_int_equal(auxv_page_size((const unsigned char *)"", 0), 0);
}

/* Every line fits, also in a narrow terminal, and groups that are alike stand together. */
static void prints_tables(void **state)
{
	char *root = intel_new(), *text = NULL;
	struct host_view view;
	struct machine m;
	size_t size = 0;
	FILE *out;

	(void)state;
	group_put(root, 13, "dmar1", DEVICES("0000:05:00.0"), MSI);
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	assert_int_equal(host_view_init(&view, &m), 0);
	assert_int_equal(view.max_bits, 39);
	assert_int_equal(view.safe_bits, 39);
	assert_int_equal(view.unknown, 1);
	for (unsigned int width = 40; width <= 120; width += 40) {
		out = open_memstream(&text, &size);
		assert_int_equal(host_print_table(out, &view, width), 0);
		fclose(out);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (strlen(line) > width)
				fail_msg("more than %u columns: %s", width, line);
		free(text);
	}
	out = open_memstream(&text, &size);
	assert_int_equal(host_print_table(out, &view, 0), 0);
	fclose(out);
	assert_non_null(strstr(text, "Groups 12-13 (dmar1): maximum 39 bits, safe 39 bits"));
	assert_non_null(strstr(text, "0x0-0xffffff direct, 0xbdf6e000-0xbdf84fff direct, "
			       "0xfee00000-0xfeefffff msi"));
	assert_non_null(strstr(text, "Group 3 (dmar1): not known"));
	free(text);
	host_view_fini(&view);
	machine_fini(&m);
	tree_free(root);
}

static void prints_json(void **state)
{
	char *root = intel_new(), *text = NULL;
	struct host_view view;
	json_t *json, *group;
	struct machine m;
	size_t size = 0;
	FILE *out;

	(void)state;
	machine_init(&m);
	assert_int_equal(machine_read(&m, root), 0);
	assert_int_equal(host_view_init(&view, &m), 0);
	out = open_memstream(&text, &size);
	assert_int_equal(host_print_json(out, &view), 0);
	fclose(out);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "v")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "iommus")), 3);
	group = json_array_get(json_object_get(json, "groups"), 1);
	assert_int_equal(json_integer_value(json_object_get(group, "id")), 2);
	assert_string_equal(json_string_value(json_object_get(group, "iommu")), "dmar10");
	assert_int_equal(json_integer_value(json_object_get(group, "max_bits")), 48);
	assert_int_equal(json_array_size(json_object_get(group, "holes")), 3);
	assert_string_equal(json_string_value(json_object_get(group, "from")), "registers");
	/* Not known: absent, with the reason. */
	group = json_array_get(json_object_get(json, "groups"), 2);
	assert_null(json_object_get(group, "max_bits"));
	assert_null(json_object_get(group, "usable"));
	assert_null(json_object_get(group, "reserved_regions"));
	assert_string_equal(json_string_value(json_object_get(group, "from")), "unknown");
	json_decref(json);
	free(text);
	host_view_fini(&view);
	machine_fini(&m);
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_intel),
		cmocka_unit_test(reads_amd),
		cmocka_unit_test(reads_the_log),
		cmocka_unit_test(first_stage),
		cmocka_unit_test(reads_nothing),
		cmocka_unit_test(reads_hostile_files),
		cmocka_unit_test(texts),
		cmocka_unit_test(prints_tables),
		cmocka_unit_test(prints_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
