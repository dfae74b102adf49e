// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts: what is written is read again, member by member; else refused, with its place. */
#include <errno.h>

#include "facts-fixture.h"
#include "host/facts.h"

static void machines_equal(const struct machine *a, const struct machine *b)
{
	assert_int_equal(a->unit_count, b->unit_count);
	assert_int_equal(a->group_count, b->group_count);
	if (a->unit_count)
		assert_memory_equal(a->units, b->units, a->unit_count * sizeof(*a->units));
	if (a->group_count)
		assert_memory_equal(a->groups, b->groups, a->group_count * sizeof(*a->groups));
	assert_string_equal(a->host, b->host);
	assert_string_equal(a->kernel, b->kernel);
	assert_string_equal(a->arch, b->arch);
	assert_int_equal(a->vendor, b->vendor);
	assert_int_equal(a->page_size, b->page_size);
	assert_true(a->memory == b->memory);
	assert_int_equal(a->va_bits, b->va_bits);
	assert_int_equal(a->intel_first_stage, b->intel_first_stage);
	assert_int_equal(a->has_dma_entry_limit, b->has_dma_entry_limit);
	assert_int_equal(a->dma_entry_limit, b->dma_entry_limit);
	assert_int_equal(a->has_unsafe_interrupts, b->has_unsafe_interrupts);
	assert_int_equal(a->unsafe_interrupts, b->unsafe_interrupts);
}

/** Write, read, compare, write again: the same text. guest may be NULL. */
static void round_trip(const struct machine *m, const struct guest *guest)
{
	char err[FACTS_ERROR];
	struct machine again;
	struct guest *g = malloc(sizeof(*g));
	char *text = facts_write(m, guest), *second;
	bool has_guest;

	assert_non_null(text);
	assert_non_null(g);
	machine_init(&again);
	if (facts_read(text, strlen(text), "f", &again, g, &has_guest, err))
		fail_msg("%s\n%s", err, text);
	assert_int_equal(has_guest, !!guest);
	machines_equal(m, &again);
	if (guest)
		assert_memory_equal(guest, g, sizeof(*g));
	second = facts_write(&again, has_guest ? g : NULL);
	assert_non_null(second);
	assert_string_equal(text, second);
	free(second);
	free(text);
	free(g);
	machine_fini(&again);
}

static void all_members_survive(void **state)
{
	static struct guest g;
	struct machine m;

	(void)state;
	machine_full(&m);
	guest_full(&g);
	round_trip(&m, &g);
	round_trip(&m, NULL);
	machine_fini(&m);
}

static void unknown_stays_unknown(void **state)
{
	static struct guest g;
	struct machine m;

	(void)state;
	machine_init(&m);
	round_trip(&m, NULL);
	round_trip(&m, &g);
	for (int model = 0; model < NR_VIOMMU_MODELS; model++)
		for (int vendor = 0; vendor < NR_CPU_VENDORS; vendor++) {
			g.model = (enum viommu_model)model;
			m.vendor = (enum cpu_vendor)vendor;
			round_trip(&m, &g);
		}
	machine_fini(&m);
}

/** Two answers from the same facts are the same. */
static void answer_is_reproducible(void **state)
{
	static struct guest g, again_guest;
	static struct advice a, b;
	char err[FACTS_ERROR], *text;
	struct machine m, again;
	bool has_guest;

	(void)state;
	machine_full(&m);
	guest_full(&g);
	machine_init(&again);
	text = facts_write(&m, &g);
	assert_non_null(text);
	assert_int_equal(facts_read(text, strlen(text), "f", &again, &again_guest, &has_guest, err),
			 0);
	advise(&a, &m, &g);
	advise(&b, &again, &again_guest);
	assert_memory_equal(&a, &b, sizeof(a));
	free(text);
	machine_fini(&again);
	machine_fini(&m);
}

/** What a process gave as its name, device or bus may be anything; it fits and is clean. */
static void hostile_text_is_cleaned(void **state)
{
	static struct guest g, again;
	char err[FACTS_ERROR], *text;
	struct machine m;
	bool has_guest;

	(void)state;
	machine_init(&m);
	guest_init(&g, VIOMMU_MODEL_VIRTIO, HOST_INTEL39);
	memset(g.vm.name, '\x1b', sizeof(g.vm.name) - 1);
	memset(g.devices[0].id, '\xff', sizeof(g.devices[0].id) - 1);
	memset(g.machine, '"', sizeof(g.machine) - 1);
	text = facts_write(&m, &g);
	assert_non_null(text);
	assert_null(strchr(text, '\x1b'));
	assert_int_equal(facts_read(text, strlen(text), "f", &m, &again, &has_guest, err), 0);
	assert_string_equal(again.machine, g.machine);
	free(text);
	machine_fini(&m);
}

#define M(members) "{\"format\":\"viommu-facts\",\"version\":1,\"machine\":{" members "}}"
#define G(members) "{\"format\":\"viommu-facts\",\"version\":1,\"machine\":{},\"guest\":{" \
	members "}}"
#define GROUP(members) M("\"groups\":[{\"id\":1," members "}]")

/** Bad input, and what the message says. */
static const struct {
	const char *text, *message;
} bad[] = {
	{ "", "f:1:0: '[' or '{' expected near end of file" },
	{ "{\"format\": \"viommu-facts\",\n  \"version\": }", "f:2:" },
	{ "{\"a\":1,\"a\":2}", "f:1:" },
	{ "\x7f" "ELF", "f:1:" },
	{ "[1", "f:1:" },
	{ "[]", "f: facts: expected an object" },
	{ "{}", "these are no facts" },
	{ "{\"format\":\"viommu-facts\"}", "f: facts: member \"version\" is missing" },
	{ "{\"format\":\"viommu-facts\",\"version\":2}", "version 2 of the format" },
	{ "{\"format\":\"viommu-facts\",\"version\":1}", "member \"machine\" is missing" },
	{ "{\"format\":\"viommu-facts\",\"version\":1,\"machine\":[]}",
	  "f: machine: expected an object" },
	{ "{\"format\":\"viommu-facts\",\"version\":1,\"machine\":{},\"x\":0}",
	  "unknown member \"x\"" },
	{ M("\"hots\":\"a\""), "f: machine: unknown member \"hots\"" },
	{ M("\"host\":1"), "f: machine.host: expected a string" },
	{ M("\"host\":\"\\u001b[31m\""), "f: machine.host: control characters" },
	{ M("\"arch\":\"0123456789abcdef\""), "f: machine.arch: 16 bytes, at most 15 fit" },
	{ M("\"vendor\":\"via\""), "f: machine.vendor: expected a word such as \"intel\"" },
	{ M("\"page_size\":3"), "page_size is no power of two" },
	{ M("\"page_size\":-1"), "f: machine.page_size: expected a whole number from 0" },
	{ M("\"page_size\":1.5"), "expected a whole number" },
	{ M("\"memory\":4096"), "f: machine.memory: expected a string of 64 bits" },
	{ M("\"memory\":\"0x\""), "f: machine.memory: expected a string" },
	{ M("\"memory\":\"0x10000000000000000\""), "f: machine.memory: expected a string" },
	{ M("\"memory\":\"0x-1\""), "f: machine.memory: expected a string" },
	{ M("\"memory\":\"0x1g\""), "f: machine.memory: expected a string" },
	{ M("\"intel_first_stage\":1"), "expected true or false" },
	{ M("\"units\":{}"), "f: machine.units: expected an array" },
	{ M("\"units\":[{\"cap\":\"0x1\"}]"), "f: machine.units[0]: member \"ecap\" is missing" },
	{ M("\"units\":[{\"features\":[\"0x1\",\"0x2\",\"0x3\"]}]"),
	  "f: machine.units[0].features: 3 elements, at most 2" },
	{ M("\"units\":[{\"ias\":65}]"), "f: machine.units[0].ias: expected" },
	{ M("\"groups\":[{}]"), "f: machine.groups[0]: member \"id\" is missing" },
	{ M("\"groups\":[{\"id\":1},{\"id\":2,\"unit\":0}]"),
	  "f: machine.groups[1]: unit 0 is none of the 0 units" },
	{ GROUP("\"devices\":[1]"), "f: machine.groups[0].devices[0]: expected a string" },
	{ GROUP("\"regions\":[{\"first\":\"0x2\",\"last\":\"0x1\",\"type\":\"msi\"}]"),
	  "f: machine.groups[0].regions[0]: first is above last" },
	{ GROUP("\"regions\":[{\"first\":\"0x2\",\"last\":\"0x2\",\"type\":\"soft\"}]"),
	  "f: machine.groups[0].regions[0].type: expected a word" },
	{ G("\"qemu\":\"10.0\""), "f: guest.qemu: expected a version" },
	{ G("\"qemu\":\"10.0.2 \""), "f: guest.qemu: expected a version" },
	{ G("\"uuid\":\"1\""), "f: guest: uuid is none" },
	{ G("\"aw_bits\":65"), "f: guest.aw_bits: expected a whole number from 0 to 64" },
	{ G("\"singleton\":true"), "f: guest: unknown member \"singleton\"" },
	{ G("\"devices\":[{\"group\":-1}]"), "f: guest.devices[0].group: expected" },
	{ G("\"containers\":[{\"name\":\"1-2\",\"ranges\":[{\"first\":\"0x5\",\"last\":\"0x9\"},"
	    "{\"first\":\"0x9\",\"last\":\"0xa\"}]}]"),
	  "f: guest.containers[0]: ranges have to be ascending" },
};

static void bad_input_is_refused(void **state)
{
	static struct guest g;
	char err[FACTS_ERROR];
	struct machine m;
	bool has_guest;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		machine_init(&m);
		assert_int_equal(facts_read(bad[i].text, strlen(bad[i].text), "f", &m, &g,
					    &has_guest, err), -EINVAL);
		if (!strstr(err, bad[i].message))
			fail_msg("%s\ngives: %s\nnot: %s", bad[i].text, err, bad[i].message);
		machine_fini(&m);
	}
}

/** Cut anywhere, facts are no facts; nothing reads beyond the end. */
static void cut_input_is_refused(void **state)
{
	static struct guest g, out;
	char err[FACTS_ERROR], *text, *cut;
	struct machine m, again;
	bool has_guest;
	size_t len;

	(void)state;
	machine_full(&m);
	guest_full(&g);
	text = facts_write(&m, &g);
	assert_non_null(text);
	len = strlen(text) - strlen("}\n");
	for (size_t i = 0; i < len; i += 7) {
		cut = malloc(i + 1);
		assert_non_null(cut);
		memcpy(cut, text, i);
		machine_init(&again);
		assert_int_equal(facts_read(cut, i, "f", &again, &out, &has_guest, err), -EINVAL);
		machine_fini(&again);
		free(cut);
	}
	free(text);
	machine_fini(&m);
}

static void too_much_is_refused(void **state)
{
	static struct guest g;
	char err[FACTS_ERROR], *text;
	struct machine m;
	bool has_guest;

	(void)state;
	text = malloc(FACTS_MAX + 1);
	assert_non_null(text);
	memset(text, '[', FACTS_MAX + 1);
	machine_init(&m);
	assert_int_equal(facts_read(text, FACTS_MAX + 1, "f", &m, &g, &has_guest, err), -EINVAL);
	assert_non_null(strstr(err, "larger than"));
	/* As deep as it may be long: refused by depth. */
	assert_int_equal(facts_read(text, FACTS_MAX, "f", &m, &g, &has_guest, err), -EINVAL);
	machine_fini(&m);
	free(text);
}

static void files_are_read(void **state)
{
	static struct guest g;
	char err[FACTS_ERROR];
	struct machine m;
	bool has_guest;

	(void)state;
	machine_init(&m);
	assert_int_equal(facts_read_file("tests/fuzz/seeds/facts/guest.json", &m, &g, &has_guest,
					 err), 0);
	assert_true(has_guest);
	machine_fini(&m);
	machine_init(&m);
	assert_int_equal(facts_read_file("/nonexistent/f", &m, &g, &has_guest, err), -ENOENT);
	assert_non_null(strstr(err, "/nonexistent/f: facts: cannot open it: No such file"));
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_members_survive),
		cmocka_unit_test(unknown_stays_unknown),
		cmocka_unit_test(answer_is_reproducible),
		cmocka_unit_test(hostile_text_is_cleaned),
		cmocka_unit_test(bad_input_is_refused),
		cmocka_unit_test(cut_input_is_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
