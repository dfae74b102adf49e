// SPDX-License-Identifier: GPL-2.0-or-later
/* Default widths of vIOMMUs, and what the installed QEMU itself makes of them. */
#include "qemu.h"

#include "core/guest.h"
#include "host/qemu.h"

#define V(major, minor) { major, minor, 0 }

/** Width by model, machine type, and QEMU's version; facts: hw/core/machine.c, hw/i386/pc_q35.c,
 *  hw/arm/virt.c of 8.2, 9.0, 9.2.0, 10.0.
 */
static const struct row {
	enum viommu_model model;
	const char *arch, *machine;
	unsigned int version[3];
	unsigned int bits;
} rows[] = {
	/* virtio-iommu: no option before 9.0 */
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "q35", V(7, 2), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-7.2", V(8, 2), 64 },
	{ VIOMMU_MODEL_VIRTIO, "aarch64", "virt", V(8, 2), 64 },
	/* hw_compat_8_2 */
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-8.2", V(10, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-8.2", V(0, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-2.12", V(10, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "aarch64", "virt-8.2", V(9, 1), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-8.1+pve0", V(9, 2), 64 },
	/* since 9.0 */
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "q35", V(9, 0), 39 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-9.0", V(0, 0), 39 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-9.2+pve1", V(10, 0), 39 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-10.0", V(10, 0), 39 },
	{ VIOMMU_MODEL_VIRTIO, "aarch64", "virt", V(9, 0), 48 },
	{ VIOMMU_MODEL_VIRTIO, "aarch64", "virt-9.2", V(0, 0), 48 },
	/* neither q35 nor Arm's virt: the property's own default */
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc", V(10, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "", V(10, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-i440fx-10.0", V(10, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "microvm", V(0, 0), 64 },
	{ VIOMMU_MODEL_VIRTIO, "riscv64", "virt", V(10, 0), 64 },
	/* unknown version, or machine types of distributions */
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "q35", V(0, 0), 0 },
	{ VIOMMU_MODEL_VIRTIO, "aarch64", "virt", V(0, 0), 0 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-noble", V(8, 2), 64 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-plucky", V(9, 2), 0 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-q35-rhel9.6.0", V(9, 1), 0 },
	{ VIOMMU_MODEL_VIRTIO, "x86_64", "pc-i440fx-rhel7.6.0", V(9, 1), 64 },
	/* intel-iommu: hw_compat_9_1 came with 10.0 */
	{ VIOMMU_MODEL_INTEL, "x86_64", "q35", V(9, 2), 39 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-9.2", V(9, 2), 39 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-9.2", V(10, 0), 48 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-9.2", V(0, 0), 0 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-9.1", V(10, 0), 39 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-9.1", V(0, 0), 39 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-10.0", V(0, 0), 48 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "q35", V(10, 0), 48 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "q35", V(0, 0), 0 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-rhel9.6.0", V(9, 1), 39 },
	{ VIOMMU_MODEL_INTEL, "x86_64", "pc-q35-rhel10.0.0", V(10, 1), 0 },
	/* fixed ones */
	{ VIOMMU_MODEL_AMD, "x86_64", "q35", V(0, 0), 48 },
	{ VIOMMU_MODEL_SMMU, "aarch64", "virt", V(0, 0), 44 },
	{ VIOMMU_MODEL_NONE, "x86_64", "q35", V(10, 0), 0 },
};

static void guest_of(struct guest *g, const struct row *r)
{
	memset(g, 0, sizeof(*g));
	g->model = r->model;
	snprintf(g->arch, sizeof(g->arch), "%s", r->arch);
	snprintf(g->machine, sizeof(g->machine), "%s", r->machine);
	memcpy(g->qemu_version, r->version, sizeof(g->qemu_version));
}

static void defaults_by_version_and_machine(void **state)
{
	static struct guest g;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int bits;

		guest_of(&g, &rows[i]);
		bits = guest_viommu_bits(&g, why, sizeof(why));
		if (bits != rows[i].bits)
			print_message("row %zu: %s, %u.%u\n", i, rows[i].machine,
				      rows[i].version[0], rows[i].version[1]);
		assert_int_equal(bits, rows[i].bits);
		assert_int_equal(!why[0], rows[i].model == VIOMMU_MODEL_NONE);
		if (bits)
			assert_int_equal(atoi(why), bits);
	}
}

static void what_is_given_counts(void **state)
{
	static struct guest g;
	char why[256];

	(void)state;
	guest_of(&g, &rows[0]);
	g.aw_bits = 42;
	assert_int_equal(guest_viommu_bits(&g, why, sizeof(why)), 42);
	assert_string_equal(why, "42 bits, given to virtio-iommu with aw-bits");
	g.model = VIOMMU_MODEL_AMD;	/* has no such option */
	assert_int_equal(guest_viommu_bits(&g, why, sizeof(why)), 48);
}

static void reasons_are_cut(void **state)
{
	static struct guest g;
	char why[8];

	(void)state;
	guest_of(&g, &rows[0]);
	assert_int_equal(guest_viommu_bits(&g, why, sizeof(why)), 64);
	assert_string_equal(why, "64 bits");
}

static void names_of_models(void **state)
{
	(void)state;
	assert_string_equal(viommu_model_name(VIOMMU_MODEL_VIRTIO), "virtio-iommu");
	assert_null(viommu_model_name(NR_VIOMMU_MODELS));
	assert_null(viommu_model_name((enum viommu_model)-1));
}

/** The width that QEMU itself gives the device "iommu" on that machine; 0: there is no such one. */
static unsigned int qemu_bits(const char *machine, const char *driver, unsigned int version[3])
{
	const char *const args[] = { "-M", machine, "-device", driver, NULL };
	struct qemu q;
	json_t *bits, *answer, *numbers;
	unsigned int found = 0;

	if (!qemu_start(&q, args))
		return 0;
	bits = qemu_property(&q, "iommu", "aw-bits");
	found = (unsigned int)json_integer_value(bits);
	answer = qemu_ask(&q, "{\"execute\":\"query-version\"}");
	numbers = json_object_get(answer, "qemu");
	version[0] = (unsigned int)json_integer_value(json_object_get(numbers, "major"));
	version[1] = (unsigned int)json_integer_value(json_object_get(numbers, "minor"));
	json_decref(answer);
	json_decref(bits);
	qemu_stop(&q);
	return found;
}

static void defaults_are_those_of_the_installed_qemu(void **state)
{
	static const char *const machines[] = {
		"pc", "q35", "pc-q35-8.2", "pc-q35-9.0", "pc-q35-9.1", "pc-q35-9.2", "pc-q35-10.0",
	};
	static struct guest g;
	size_t compared = 0;
	char why[256];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(machines) / sizeof(machines[0]); i++) {
		const bool intel = i % 2;
		const struct row row = {
			intel ? VIOMMU_MODEL_INTEL : VIOMMU_MODEL_VIRTIO, "x86_64", machines[i / 2],
			V(0, 0), 0
		};
		unsigned int bits;

		guest_of(&g, &row);
		bits = qemu_bits(row.machine, intel ? "intel-iommu,id=iommu" :
				 "virtio-iommu-pci,id=iommu", g.qemu_version);
		if (!bits)
			continue;	/* pc takes no intel-iommu; older QEMUs lack newer types */
		assert_int_equal(guest_viommu_bits(&g, why, sizeof(why)), bits);
		compared++;
	}
	if (!compared)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_by_version_and_machine),
		cmocka_unit_test(what_is_given_counts),
		cmocka_unit_test(reasons_are_cut),
		cmocka_unit_test(names_of_models),
		cmocka_unit_test(defaults_are_those_of_the_installed_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
