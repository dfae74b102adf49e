// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every option that the advisor names is given to the installed QEMU: it lists the property, and it
 * starts with it.
 */
#include <stdio.h>
#include <unistd.h>

#include "advise-fixture.h"
#include "core/remedy_table.h"

#define QEMU "qemu-system-x86_64"
/** No disk, no display, stopped; the machine that vIOMMUs need. */
#define QEMU_BARE "-nodefaults -display none -S -m 64 -monitor stdio " \
	"-machine q35,accel=tcg,kernel-irqchip=split"

static bool has_qemu(void)
{
	return system("command -v " QEMU " >/dev/null 2>&1") == 0;
}

/** Exit status of QEMU with these options, and "quit" typed into its monitor. */
static int qemu_run(const char *options)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "echo quit | timeout 60 " QEMU " " QEMU_BARE " %s >/dev/null 2>&1", options);
	return system(command);
}

/** Is a property of a device listed by -device DEVICE,help? */
static bool qemu_lists(const char *device, const char *property)
{
	char command[512];

	snprintf(command, sizeof(command),
		 QEMU " -device '%s,help' 2>/dev/null | grep -q '^ *%s='", device, property);
	return system(command) == 0;
}

/** Each "name=" behind the first word of "device,a=b,c=d" is a property of device. */
static void check_properties(const char *device, const char *list)
{
	char copy[256], *rest, *word;

	snprintf(copy, sizeof(copy), "%s", list);
	for (word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		*strchr(word, '=') = '\0';
		if (strcmp(word, "id") && !qemu_lists(device, word))
			fail_msg("QEMU's %s has no %s", device, word);
	}
}

/** "-device X,a=b", "-global X.a=b" or "-cpu host,a=b". */
static void check_option(const char *option)
{
	char device[64], property[64], list[160] = "", command[256];
	const char *cpu;

	if (sscanf(option, "-device %63[^,],%159s", device, list) == 2)
		check_properties(device, list);
	else if (!strncmp(option, "-device ", 8) || !strncmp(option, "-machine ", 9))
		list[0] = '\0';	/* it starts with it, below */
	else if (sscanf(option, "-global %63[^.].%63[^=]=", device, property) == 2)
		assert_true(qemu_lists(device, property));
	else if (sscanf(option, "-cpu host,%159s", list) == 1)
		check_properties("max-x86_64-cpu", list);
	else
		fail_msg("what is '%s'?", option);
	/* -cpu host needs KVM; the properties are those of every x86 CPU. */
	cpu = strstr(option, "-cpu host");
	if (cpu)
		snprintf(command, sizeof(command), "%.*s-cpu qemu64%s", (int)(cpu - option),
			 option, cpu + strlen("-cpu host"));
	else
		snprintf(command, sizeof(command), "%s", option);
	assert_int_equal(qemu_run(command), 0);
}

/** The part of an option that is QEMU's own command line; false: it is another program's. */
static bool qemu_part(const struct viommu_remedy *r, char *buf, size_t size)
{
	char name[96];

	if (r->who == VIOMMU_FOR_QEMU)
		snprintf(buf, size, "%s", r->option);
	else if (r->who == VIOMMU_FOR_PROXMOX && !strncmp(r->option, "args: ", 6))
		snprintf(buf, size, "%s", r->option + 6);
	else if (sscanf(r->option, "<qemu:commandline><qemu:arg value='-global'/>"
			"<qemu:arg value='%95[^']'/></qemu:commandline>", name) == 1)
		snprintf(buf, size, "-global %s", name);
	else
		return false;
	return true;
}

/** VMs that together get every option that there is. */
static void cases_fill(struct guest *g, size_t i)
{
	static const enum viommu_model models[] = {
		VIOMMU_MODEL_NONE, VIOMMU_MODEL_INTEL, VIOMMU_MODEL_VIRTIO,
	};

	guest_init(g, models[i], i ? HOST_INTEL42 : HOST_INTEL48);
	g->cpu_host = true;
	g->devices[0].singleton = TRI_NO;
	g->aw_bits = 48;
}

static void qemu_takes_every_option(void **state)
{
	const struct machine m = { .host = "h", .page_size = 65536 };
	unsigned int checked = 0;
	struct advice a;
	struct guest g;
	char option[192];

	(void)state;
	if (!has_qemu()) {
		print_message(QEMU " is not installed\n");
		skip();
	}
	for (size_t i = 0; i < 3; i++) {
		cases_fill(&g, i);
		advise(&a, &m, &g);
		for (size_t k = 0; k < a.option_count; k++) {
			if (!qemu_part(&a.options[k], option, sizeof(option)))
				continue;
			check_option(option);
			checked++;
		}
	}
	assert_true(checked >= 12);
}

/** {bits} and the like as numbers that QEMU takes. */
static void numbers_put(char *buf, size_t size, const char *option)
{
	size_t len = 0;

	for (; *option && len + 4 < size; option++) {
		if (*option != '{') {
			buf[len++] = *option;
			continue;
		}
		memcpy(buf + len, "39", 2);
		len += 2;
		option = strchr(option, '}');
	}
	buf[len] = '\0';
}

/** The remedies of a diagnosis: each option of the table once. */
static void qemu_takes_every_remedy(void **state)
{
	char done[64][192], option[192];
	size_t count = 0, known;

	(void)state;
	if (!has_qemu())
		skip();
	for (size_t i = 0; i < remedy_row_count; i++) {
		struct viommu_remedy r = { .who = remedy_rows[i].who };

		numbers_put(r.option, sizeof(r.option),
			    remedy_rows[i].option ? remedy_rows[i].option : "");
		if (!r.option[0] || !qemu_part(&r, option, sizeof(option)) ||
		    strncmp(option, "-", 1))
			continue;
		for (known = 0; known < count && strcmp(done[known], option); known++)
			;
		if (known < count)
			continue;
		assert_true(count < 64);
		strcpy(done[count++], option);
		check_option(option);
	}
	assert_true(count >= 10);
}

/** The checks above can fail. */
static void qemu_refuses_others(void **state)
{
	(void)state;
	if (!has_qemu())
		skip();
	assert_false(qemu_lists("virtio-iommu-pci", "aw-bytes"));
	assert_int_not_equal(qemu_run("-device virtio-iommu-pci,aw-bits=31"), 0);
	assert_int_not_equal(qemu_run("-device virtio-iommu-pci,aw-bits=65"), 0);
	assert_int_not_equal(qemu_run("-device intel-iommu,aw-bits=42"), 0);
}

/** Machine types that the notes name are in "-machine help". */
static void qemu_has_the_machines(void **state)
{
	(void)state;
	if (!has_qemu())
		skip();
	assert_int_equal(system(QEMU " -machine help | grep -q '^q35 '"), 0);
	assert_int_equal(system(QEMU " -machine help | grep -q '^pc-q35-7.1 '"), 0);
	assert_int_equal(system(QEMU " -machine help | grep -q '^pc-q35-9.2 '"), 0);
	assert_int_equal(system(QEMU " -cpu help | grep -q '  host '"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_takes_every_option),
		cmocka_unit_test(qemu_takes_every_remedy),
		cmocka_unit_test(qemu_refuses_others),
		cmocka_unit_test(qemu_has_the_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
