// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fleet's answer, against one that is worked out from the raw samples by trying every width,
 * for many fleets by chance; and hosts as they are.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/fleet.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

#define MAX VIOMMU_METRIC_HOST_IOVA_MAX_BITS
#define SAFE VIOMMU_METRIC_HOST_IOVA_SAFE_BITS
#define HOLE VIOMMU_METRIC_HOST_IOVA_HOLE_INFO
#define INFO VIOMMU_METRIC_DOMAIN_INFO
#define PROCESSES VIOMMU_METRIC_DOMAIN_PROCESSES
#define BITS VIOMMU_METRIC_DOMAIN_VIOMMU_BITS
#define HIGHEST VIOMMU_METRIC_IOVA_HIGHEST_END
#define BUILD VIOMMU_METRIC_BUILD_INFO
#define COUNT VIOMMU_METRIC_HOST_IOMMU_GROUPS

/* ---------------------------------------------------------------------------- hosts as they are */

static void add_group(struct fleet *f, const char *host, const char *group, double max, double safe)
{
	const struct fleet_labels l = { .host = host, .iommu_group = group };

	if (max != 0)
		assert_int_equal(fleet_add(f, MAX, &l, max, true), 0);
	if (safe != 0)
		assert_int_equal(fleet_add(f, SAFE, &l, safe, true), 0);
}

static void add_hole(struct fleet *f, const char *host, const char *start, const char *end,
		     const char *type)
{
	const struct fleet_labels l = { .host = host, .iommu_group = "0", .start = start,
					.end = end, .type = type };

	assert_int_equal(fleet_add(f, HOLE, &l, 1, true), 0);
}

static void add_vm(struct fleet *f, const char *host, const char *name, const char *model,
		   double bits, double end)
{
	const struct fleet_labels l = { .host = host, .domain = name, .viommu = model };

	assert_int_equal(fleet_add(f, INFO, &l, 1, true), 0);
	if (bits != 0)
		assert_int_equal(fleet_add(f, BITS, &l, bits, true), 0);
	if (end != 0)
		assert_int_equal(fleet_add(f, HIGHEST, &l, end, true), 0);
}

static void add_amd(struct fleet *f)
{
	add_group(f, "amd", "0", 64, 39);
	add_hole(f, "amd", "0xfd00000000", "0xffffffffff", "amd_ht");
	add_hole(f, "amd", "0xfee00000", "0xfeefffff", "msi");
}

static const struct fleet_vm *vm_of(const struct fleet *f, const char *name)
{
	for (size_t i = 0; i < f->vm_count; i++)
		if (!strcmp(f->vms[i].name, name))
			return &f->vms[i];
	fail_msg("no VM %s", name);
	return NULL;
}

static void judged(const struct fleet *f, const char *vm, const char *host,
		   enum fleet_verdict verdict, const char *why)
{
	const struct fleet_host *h = fleet_host_find(f, host);
	char text[256];

	assert_non_null(h);
	assert_string_equal(fleet_verdict_name(fleet_judge(vm_of(f, vm), h)),
			    fleet_verdict_name(verdict));
	fleet_why(text, sizeof(text), verdict, vm_of(f, vm), h);
	assert_string_equal(text, why);
}

static void real_hosts(void **state)
{
	struct fleet f;

	(void)state;
	fleet_init(&f);
	add_group(&f, "intel39", "0", 39, 39);
	add_group(&f, "intel48", "10", 48, 48);
	add_group(&f, "intel48", "2", 48, 48);
	add_amd(&f);
	add_vm(&f, "intel48", "wide", "virtio-iommu", 48, 0);
	add_vm(&f, "intel39", "fine", "intel-iommu", 39, 0x1p39);
	add_vm(&f, "amd", "large", "none", 0, 0x1p39 + 4096);
	add_vm(&f, "amd", "who", "", 0, 0);
	assert_int_equal(fleet_finish(&f), 0);
	assert_int_equal(f.safe_bits, 39);
	assert_int_equal(f.max_bits, 39);
	assert_int_equal(f.unknown, 0);
	assert_true(fleet_host_limits(&f, NULL, fleet_host_find(&f, "intel39")));
	assert_true(fleet_host_limits(&f, NULL, fleet_host_find(&f, "amd")));
	assert_false(fleet_host_limits(&f, NULL, fleet_host_find(&f, "intel48")));
	assert_string_equal(fleet_host_find(&f, "intel48")->safe->id, "2");
	judged(&f, "wide", "intel48", FLEET_FITS, "");
	judged(&f, "wide", "intel39", FLEET_WIDTH, "it translates 39 bits (group 0)");
	judged(&f, "wide", "amd", FLEET_HOLE,
	       "safe are 39 bits (group 0): hole 0xfd00000000-0xffffffffff, amd_ht");
	judged(&f, "fine", "amd", FLEET_FITS, "");
	judged(&f, "fine", "intel39", FLEET_FITS, "");
	judged(&f, "large", "intel39", FLEET_MAPPED,
	       "it translates 39 bits (group 0), the VM has mapped up to 0x8000000fff");
	judged(&f, "large", "intel48", FLEET_FITS, "");
	judged(&f, "who", "intel48", FLEET_UNKNOWN, "the width of the VM's vIOMMU is not known");
	fleet_fini(&f);
}

static void unknown_is_said(void **state)
{
	const struct fleet_labels only = { .host = "old" }, gone = { .host = "gone" };
	struct fleet f;

	(void)state;
	fleet_init(&f);
	add_group(&f, "half", "0", 48, 48);
	add_group(&f, "half", "1", 48, 0);
	add_group(&f, "odd", "0", NAN, 48);
	assert_int_equal(fleet_add(&f, BUILD, &only, 1, true), 0);
	assert_int_equal(fleet_add(&f, BUILD, &gone, 1, false), 0);
	add_vm(&f, "half", "vm", "virtio-iommu", 39, 0);
	add_vm(&f, "half", "wide", "virtio-iommu", 64, 0);
	add_vm(&f, "half", "plain", "none", 0, 0);
	add_group(&f, "fine", "0", 48, 48);
	assert_int_equal(fleet_finish(&f), 0);
	assert_int_equal(f.host_count, 5);
	assert_int_equal(f.unknown, 4);
	assert_int_equal(f.odd, 1);
	assert_int_equal(f.safe_bits, 48);
	judged(&f, "vm", "half", FLEET_UNKNOWN, "the limits of 1 of its 2 IOMMU groups are not known");
	judged(&f, "vm", "odd", FLEET_UNKNOWN, "the limits of 1 of its 1 IOMMU groups are not known");
	judged(&f, "vm", "old", FLEET_UNKNOWN, "it has no metrics of an IOMMU group");
	judged(&f, "vm", "gone", FLEET_UNKNOWN,
	       "it has no metrics now, but had some within a day");
	judged(&f, "wide", "half", FLEET_WIDTH, "it translates 48 bits (group 0)");
	judged(&f, "plain", "fine", FLEET_UNKNOWN, "how far the VM maps is not known");
	fleet_fini(&f);
}

/* A VM with a UUID; what its host says of it. */
static void add_moving(struct fleet *f, const char *host, const char *name, const char *uuid,
		       double processes, double bits, double end)
{
	const struct fleet_labels l = { .host = host, .domain = name, .uuid = uuid,
					.viommu = "virtio-iommu" };

	assert_int_equal(fleet_add(f, INFO, &l, 1, true), 0);
	assert_int_equal(fleet_add(f, PROCESSES, &l, processes, true), 0);
	if (bits != 0)
		assert_int_equal(fleet_add(f, BITS, &l, bits, true), 0);
	if (end != 0)
		assert_int_equal(fleet_add(f, HIGHEST, &l, end, true), 0);
}

static size_t vms_named(const struct fleet *f, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < f->vm_count; i++)
		n += !strcmp(f->vms[i].name, name);
	return n;
}

/* While a VM moves two hosts have it, and for a time after: it is one VM all along. */
static void one_vm_of_two_hosts(void **state)
{
	const struct fleet_vm *vm;
	struct fleet f;

	(void)state;
	fleet_init(&f);
	add_group(&f, "c", "0", 39, 39);
	add_group(&f, "d", "0", 48, 48);
	/* on its way; the target has not mapped as far yet */
	add_moving(&f, "b", "moves", "u1", 1, 39, 0x1p30);
	add_moving(&f, "a", "moves", "u1", 1, 0, 0x1p40);
	add_moving(&f, "c", "moves", "u1", 2, 39, 0);
	/* it has moved: where it was remembers it */
	add_moving(&f, "a", "moved", "u2", 0, 0, 0x1p40);
	add_moving(&f, "b", "moved", "u2", 1, 39, 0);
	add_moving(&f, "c", "moved", "u2", 0, 0, 0);
	/* it has ended on both */
	add_moving(&f, "a", "ended", "u3", 0, 0, 0);
	add_moving(&f, "b", "ended", "u3", 0, 0, 0);
	/* others of one name */
	add_moving(&f, "a", "other", "u4", 1, 39, 0);
	add_moving(&f, "b", "other", "u5", 1, 48, 0);
	add_moving(&f, "c", "other", "u4", 1, 39, 0);
	add_moving(&f, "d", "other", "", 1, 40, 0);
	add_moving(&f, "a", "other", "", 1, 0, 0);
	/* one that two servers disagree of runs */
	add_moving(&f, "a", "late", "u6", 1, 39, 0);
	add_moving(&f, "a", "late", "u6", 0, 39, 0);
	add_moving(&f, "b", "late", "u6", 1, 39, 0);
	assert_int_equal(fleet_finish(&f), 0);

	assert_int_equal(vms_named(&f, "moves"), 1);
	vm = vm_of(&f, "moves");
	assert_string_equal(vm->host, "a");
	assert_int_equal(vm->also_count, 2);
	assert_string_equal(vm->also[0], "b");
	assert_string_equal(vm->also[1], "c");
	assert_true(fleet_vm_is_on(vm, "a") && fleet_vm_is_on(vm, "c"));
	assert_false(fleet_vm_is_on(vm, "d"));
	judged(&f, "moves", "c", FLEET_MAPPED,
	       "it translates 39 bits (group 0), the VM has mapped up to 0xffffffffff");
	judged(&f, "moves", "d", FLEET_FITS, "");
	assert_int_equal(vms_named(&f, "moved"), 1);
	vm = vm_of(&f, "moved");
	assert_string_equal(vm->host, "b");
	assert_int_equal(vm->also_count, 0);
	judged(&f, "moved", "c", FLEET_MAPPED,
	       "it translates 39 bits (group 0), the VM has mapped up to 0xffffffffff");
	assert_int_equal(vms_named(&f, "ended"), 1);
	assert_int_equal(vm_of(&f, "ended")->also_count, 0);
	assert_int_equal(vms_named(&f, "other"), 3);
	assert_string_equal(vm_of(&f, "other")->also[0], "c");
	assert_int_equal(vm_of(&f, "late")->also_count, 1);
	fleet_fini(&f);
}

/* Groups without any sample are counted by their host, and are not known. */
static void groups_without_samples(void **state)
{
	static const struct { const char *host; double groups; const char *why; } rows[] = {
		{ "all", 2, "" },
		{ "fewer", 1, "" },	/* one is gone since the other answer */
		{ "more", 5, "the limits of 3 of its 5 IOMMU groups are not known" },
		{ "nan", NAN, "how many IOMMU groups it has is not known" },
		{ "none", 0, "how many IOMMU groups it has is not known" },
		{ "part", 2.5, "how many IOMMU groups it has is not known" },
		{ "huge", 1e300, "how many IOMMU groups it has is not known" },
	};
	struct fleet f;

	(void)state;
	fleet_init(&f);
	add_vm(&f, "all", "vm", "virtio-iommu", 39, 0);
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct fleet_labels l = { .host = rows[i].host };

		add_group(&f, rows[i].host, "0", 48, 48);
		add_group(&f, rows[i].host, "1", 48, 48);
		assert_int_equal(fleet_add(&f, COUNT, &l, rows[i].groups, true), 0);
	}
	/* Of two answers the worse counts; of one from before nothing does. */
	assert_int_equal(fleet_add(&f, COUNT, &(struct fleet_labels){ .host = "more" }, 3, true), 0);
	assert_int_equal(fleet_add(&f, COUNT, &(struct fleet_labels){ .host = "all" }, 9, false), 0);
	assert_int_equal(fleet_finish(&f), 0);
	assert_int_equal(f.odd, 4);
	assert_int_equal(f.unknown, 5);
	assert_int_equal(fleet_host_find(&f, "more")->groups, 5);
	for (size_t i = 0; i < LEN(rows); i++)
		judged(&f, "vm", rows[i].host, rows[i].why[0] ? FLEET_UNKNOWN : FLEET_FITS,
		       rows[i].why);
	fleet_fini(&f);
}

static void samples_that_lack_a_label(void **state)
{
	const struct fleet_labels none = { .host = NULL }, empty = { .host = "" };
	const struct fleet_labels host = { .host = "h" };
	struct fleet f;

	(void)state;
	fleet_init(&f);
	for (int i = 0; i < VIOMMU_NR_METRICS; i++) {
		if (!fleet_wants((enum viommu_metric)i))
			continue;
		assert_int_equal(fleet_add(&f, (enum viommu_metric)i, &none, 1, true), -EINVAL);
		assert_int_equal(fleet_add(&f, (enum viommu_metric)i, &empty, 1, false), -EINVAL);
		assert_int_equal(fleet_add(&f, (enum viommu_metric)i, &host, 1, true),
				 i == BUILD || i == COUNT ? 0 : -EINVAL);
	}
	assert_int_equal(fleet_finish(&f), 0);
	assert_int_equal(f.host_count, 1);
	assert_int_equal(f.group_count + f.vm_count, 0);
	fleet_fini(&f);
}

static void odd_values(void **state)
{
	static const double values[] = { 0, -1, 0.5, 65, 1e300, -INFINITY, INFINITY, NAN, 39.5 };
	const struct fleet_labels group = { .host = "h", .iommu_group = "1" };
	struct fleet f;

	(void)state;
	for (size_t i = 0; i < LEN(values); i++) {
		fleet_init(&f);
		assert_int_equal(fleet_add(&f, MAX, &group, 48, true), 0);
		assert_int_equal(fleet_add(&f, SAFE, &group, values[i], true), 0);
		assert_int_equal(fleet_finish(&f), 0);
		assert_int_equal(f.odd, 1);
		assert_int_equal(f.max_bits + f.safe_bits, 0);
		fleet_fini(&f);
	}
}

static void odd_holes(void **state)
{
	static const char *const ends[][2] = {
		{ "0x", "0x1" }, { "-1", "1" }, { "0x2", "0x1" }, { "", "1" }, { NULL, "1" },
		{ "0x1", NULL }, { "0x1", "0x10000000000000000" }, { "0x1g", "0x2" }, { "1", " 2" },
	};
	struct fleet f;

	(void)state;
	fleet_init(&f);
	add_group(&f, "h", "0", 48, 39);
	for (size_t i = 0; i < LEN(ends); i++)
		add_hole(&f, "h", ends[i][0], ends[i][1], "reserved");
	assert_int_equal(f.odd, LEN(ends));
	/* Of those that make sense the lowest counts; one below 4 GiB does not. */
	add_hole(&f, "h", "0xfee00000", "0xfeefffff", "msi");
	add_hole(&f, "h", "2199023255552", "2199023255553", "high");
	add_hole(&f, "h", "0xfd00000000", "0xffffffffff", NULL);
	assert_int_equal(fleet_finish(&f), 0);
	assert_string_equal(f.hosts[0].safe->hole.type, "reserved");
	assert_true(f.hosts[0].safe->hole.first == 0xfd00000000);
	fleet_fini(&f);
}

static void addresses_at_the_end(void **state)
{
	struct fleet f;

	(void)state;
	fleet_init(&f);
	add_vm(&f, "h", "a", "none", 0, 0x1p64);
	add_vm(&f, "h", "b", "none", 0, 0x1p39);
	add_vm(&f, "h", "c", "none", 0, -5);
	assert_int_equal(fleet_finish(&f), 0);
	assert_true(vm_of(&f, "a")->highest == UINT64_MAX);
	assert_true(vm_of(&f, "b")->highest == 0x7fffffffffULL);
	assert_true(vm_of(&f, "c")->highest == 0);
	fleet_fini(&f);
}

static void selectors(void **state)
{
	static const struct { const char *text, *err; } rows[] = {
		{ "{}", NULL }, { "{a=\"b\"}", NULL }, { " { a =~ 'b|c' , d!~`\\` ,} ", NULL },
		{ "{a=\"b\\\"}\", _x1!=\"\"}", NULL }, { "{cluster=\"}\"}", NULL },
		{ "", "expected '{' at character 1; " }, { "a", "expected '{' at character 1; " },
		{ "{", "expected the name of a label, or '}' at character 2; " },
		{ "{1a=\"b\"}", "expected the name of a label, or '}' at character 2; " },
		{ "{a}", "expected =, !=, =~ or !~ at character 3; " },
		{ "{a==\"b\"}", "expected a value in quotes at character 4; " },
		{ "{a=b}", "expected a value in quotes at character 4; " },
		{ "{a=\"b}", "expected a value in quotes at character 4; " },
		{ "{a=\"b\\", "expected a value in quotes at character 4; " },
		{ "{a=\"b\" c=\"d\"}", "expected ',' or '}' at character 8; " },
		{ "{,}", "expected the name of a label, or '}' at character 2; " },
		{ "{} or vector(1)", "expected the end at character 4; " },
		{ "{a=\"b\"}[1d]", "expected the end at character 8; " },
	};
	char err[200];

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		const int ret = fleet_selector_check(rows[i].text, err, sizeof(err));

		assert_int_equal(ret, rows[i].err ? -EINVAL : 0);
		if (rows[i].err)
			assert_memory_equal(err, rows[i].err, strlen(rows[i].err));
	}
}

/* ----------------------------------------------------------------------------- fleets by chance */

#define HOSTS 6
#define GROUPS 4
#define VMS 5
#define SAMPLES 400

static const char *const hosts[HOSTS] = { "h0", "h1", "h10", "h2", "\xc3\xa4", "z" };
static const char *const groups[GROUPS] = { "0", "9", "10", "11" };
static const char *const vms[VMS] = { "v0", "v1", "v2", "v3", "v4" };
static const char *const models[] = { "none", "virtio-iommu", "intel-iommu", "amd-iommu" };
static const unsigned int widths[] = { 20, 31, 32, 38, 39, 40, 42, 47, 48, 57, 63, 64 };

struct sample {
	enum viommu_metric metric;
	size_t host, what;	/* what: group or VM */
	const char *model;
	double value;
	bool now;
};

struct chance {
	struct sample s[SAMPLES];
	size_t count;
};

static size_t pick(size_t count)
{
	return (size_t)rand() % count;
}

static void sample_push(struct chance *c, enum viommu_metric metric, size_t host, size_t what,
			double value)
{
	/* Sometimes twice, the second time with another value; sometimes not at all. */
	size_t times = pick(12) ? 1 + !pick(5) : 0;

	while (times--) {
		c->s[c->count++] = (struct sample){ metric, host, what, NULL, value, true };
		value = pick(2) ? value : widths[pick(LEN(widths))];
	}
}

static void chance_fill(struct chance *c)
{
	c->count = 0;
	for (size_t h = 0; h < HOSTS; h++) {
		if (pick(3))
			c->s[c->count++] = (struct sample){ BUILD, h, 0, NULL, 1, pick(4) != 0 };
		for (size_t g = 0; pick(5) && g < GROUPS; g++) {
			const unsigned int max = widths[pick(LEN(widths))];

			sample_push(c, MAX, h, g, pick(40) ? max : 0);
			sample_push(c, SAFE, h, g, pick(3) ? max : widths[pick(LEN(widths))]);
		}
		for (size_t v = 0; pick(3) && v < VMS; v++) {
			c->s[c->count++] = (struct sample){ INFO, h, v, models[pick(LEN(models))],
							    1, true };
			if (pick(3))
				sample_push(c, BITS, h, v, widths[pick(LEN(widths))]);
			if (pick(2))
				sample_push(c, HIGHEST, h, v,
					    ldexp(1, (int)widths[pick(LEN(widths))]));
		}
	}
	for (size_t i = c->count; i > 1; i--) {
		const size_t k = pick(i);
		const struct sample s = c->s[i - 1];

		c->s[i - 1] = c->s[k];
		c->s[k] = s;
	}
}

static void chance_add(struct fleet *f, const struct chance *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct sample *s = &c->s[i];
		const bool vm = s->metric == INFO || s->metric == BITS || s->metric == HIGHEST;
		const struct fleet_labels l = {
			.host = hosts[s->host], .iommu_group = vm ? NULL : groups[s->what % GROUPS],
			.domain = vm ? vms[s->what] : NULL, .viommu = s->model,
		};

		assert_int_equal(fleet_add(f, s->metric, &l, s->value, s->now), 0);
	}
}

/* -1: unknown; else the least (worst of limits) or most (worst of a VM) of the samples. */
static double worst(const struct chance *c, enum viommu_metric metric, size_t host, size_t what,
		    bool most)
{
	double value = -1;

	for (size_t i = 0; i < c->count; i++) {
		const struct sample *s = &c->s[i];

		if (s->metric != metric || s->host != host || s->what != what)
			continue;
		if (s->value == 0)
			return -1;
		if (value < 0 || (most ? s->value > value : s->value < value))
			value = s->value;
	}
	return value;
}

static bool has(const struct chance *c, enum viommu_metric metric, size_t host, size_t what)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->s[i].metric == metric && c->s[i].host == host && c->s[i].what == what)
			return true;
	return false;
}

/* An odd sample of either makes both unknown. */
static double limit(const struct chance *c, enum viommu_metric metric, size_t host, size_t group)
{
	if ((has(c, MAX, host, group) && worst(c, MAX, host, group, false) < 0) ||
	    (has(c, SAFE, host, group) && worst(c, SAFE, host, group, false) < 0))
		return -1;
	return worst(c, metric, host, group, false);
}

/* No group of the host is known to refuse so many bits. */
static bool takes(const struct chance *c, enum viommu_metric metric, size_t host, double bits)
{
	for (size_t g = 0; g < GROUPS; g++) {
		const double most = limit(c, metric, host, g);

		if (most >= 0 && bits > most)
			return false;
	}
	return true;
}

static bool anything_known(const struct chance *c)
{
	for (size_t h = 0; h < HOSTS; h++)
		for (size_t g = 0; g < GROUPS; g++)
			if (limit(c, SAFE, h, g) >= 0)
				return true;
	return false;
}

static bool model_takes(const struct fleet_vm *vm, unsigned int bits)
{
	if (!vm || !vm->has_model)
		return true;
	return vm->model == VIOMMU_MODEL_VIRTIO ? bits >= 32 :
	       vm->model == VIOMMU_MODEL_INTEL ? bits == 39 || bits == 48 : false;
}

/* The widest that every host takes, and the narrowest wider one (0: there is none). */
static unsigned int best(const struct chance *c, const struct fleet_vm *vm, unsigned int *next)
{
	*next = 0;
	for (unsigned int bits = 64; bits; bits--) {
		bool all = model_takes(vm, bits);

		if (!all)
			continue;
		for (size_t h = 0; h < HOSTS; h++)
			all = all && takes(c, SAFE, h, bits);
		if (all)
			return bits;
		*next = bits;
	}
	return 0;
}

static void widths_checked(const struct fleet *f, const struct chance *c, const struct fleet_vm *vm)
{
	unsigned int next;
	const unsigned int want = best(c, vm, &next);

	if (!anything_known(c)) {
		assert_int_equal(f->safe_bits, 0);
		return;
	}
	assert_int_equal(fleet_bits(f, vm), want);
	for (size_t h = 0; h < HOSTS; h++) {
		const struct fleet_host *host = fleet_host_find(f, hosts[h]);

		if (host)
			assert_int_equal(fleet_host_limits(f, vm, host),
					 next && !takes(c, SAFE, h, next));
	}
}

static bool all_known(const struct chance *c, size_t host)
{
	size_t known = 0;

	for (size_t g = 0; g < GROUPS; g++) {
		if (!has(c, MAX, host, g) && !has(c, SAFE, host, g))
			continue;
		if (limit(c, MAX, host, g) < 0 || limit(c, SAFE, host, g) < 0)
			return false;
		known++;
	}
	return known;
}

static enum fleet_verdict verdict(const struct chance *c, const struct fleet_vm *vm, size_t on,
				  size_t v, size_t to)
{
	const double bits = worst(c, BITS, on, v, true), end = worst(c, HIGHEST, on, v, true);
	const bool none = vm->has_model && vm->model == VIOMMU_MODEL_NONE;

	if (bits >= 0 && !takes(c, MAX, to, bits))
		return FLEET_WIDTH;
	if (bits >= 0 && !takes(c, SAFE, to, bits))
		return FLEET_HOLE;
	if (end > 0 && !takes(c, MAX, to, ceil(log2(end))))
		return FLEET_MAPPED;
	return all_known(c, to) && (bits >= 0 || (none && end > 0)) ? FLEET_FITS : FLEET_UNKNOWN;
}

static void vms_checked(const struct fleet *f, const struct chance *c)
{
	for (size_t i = 0; i < f->vm_count; i++) {
		const struct fleet_vm *vm = &f->vms[i];
		size_t on = 0, v = 0;

		while (strcmp(hosts[on], vm->host))
			on++;
		while (strcmp(vms[v], vm->name))
			v++;
		widths_checked(f, c, vm);
		for (size_t to = 0; to < HOSTS; to++) {
			const struct fleet_host *h = fleet_host_find(f, hosts[to]);

			if (h)
				assert_int_equal(fleet_judge(vm, h), verdict(c, vm, on, v, to));
		}
	}
}

static void by_chance(void **state)
{
	size_t seen[NR_FLEET_VERDICTS] = { 0 };
	struct chance c;
	struct fleet f;

	(void)state;
	srand(1);
	for (int i = 0; i < 3000; i++) {
		chance_fill(&c);
		fleet_init(&f);
		chance_add(&f, &c);
		assert_int_equal(fleet_finish(&f), 0);
		widths_checked(&f, &c, NULL);
		vms_checked(&f, &c);
		for (size_t h = 0; h < f.host_count; h++)
			for (size_t v = 0; v < f.vm_count; v++)
				seen[fleet_judge(&f.vms[v], &f.hosts[h])]++;
		fleet_fini(&f);
	}
	for (size_t i = 0; i < LEN(seen); i++)
		assert_true(seen[i] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_hosts), cmocka_unit_test(unknown_is_said),
		cmocka_unit_test(one_vm_of_two_hosts), cmocka_unit_test(groups_without_samples),
		cmocka_unit_test(samples_that_lack_a_label), cmocka_unit_test(odd_values),
		cmocka_unit_test(odd_holes), cmocka_unit_test(addresses_at_the_end),
		cmocka_unit_test(selectors), cmocka_unit_test(by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
