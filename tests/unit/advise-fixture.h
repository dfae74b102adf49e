/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of real kinds of hosts, and VMs on them, for tests of the advisor and of facts. */
#ifndef VIOMMU_TESTS_ADVISE_FIXTURE_H
#define VIOMMU_TESTS_ADVISE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/advise.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define TOP UINT64_MAX
#define END(bits) ((1ULL << (bits)) - 1)
#define GIB (1ULL << 30)
#define TIB (1ULL << 40)

/** What a container reports, by kind of host. */
enum host_kind {
	HOST_INTEL36,
	HOST_INTEL39,
	HOST_INTEL42,
	HOST_INTEL47,
	HOST_INTEL48,
	HOST_AMD64,
	HOST_AMD48,	/**< 7.x kernel with IVRS VASize 48 */
	HOST_ARM39,
	HOST_ARM44,
	HOST_ARM48,
	HOST_ARM52,
	HOST_ARM_LOW,	/**< PCI windows below 4 GiB and at 8 TiB are reserved */
	HOST_ODD,	/**< last IOVA is not 2^n - 1 */
	HOST_31,
	NR_HOST_KINDS
};

static inline void host_ranges(struct iova_ranges *set, enum host_kind kind)
{
#define X86(last) { { 0, 0xfedfffff }, { 0xfef00000, last } }
#define ARM(last) { { 0, 0x7ffffff }, { 0x8100000, last } }
	static const struct {
		struct viommu_range r[4];
		size_t count;
	} hosts[NR_HOST_KINDS] = {
		[HOST_INTEL36] = { X86(END(36)), 2 },
		[HOST_INTEL39] = { X86(END(39)), 2 },
		[HOST_INTEL42] = { X86(END(42)), 2 },
		[HOST_INTEL47] = { X86(END(47)), 2 },
		[HOST_INTEL48] = { X86(END(48)), 2 },
		[HOST_AMD64] = { { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff },
				   { 0x10000000000, TOP } }, 3 },
		[HOST_AMD48] = { { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff },
				   { 0x10000000000, END(48) } }, 3 },
		[HOST_ARM39] = { ARM(END(39)), 2 },
		[HOST_ARM44] = { ARM(END(44)), 2 },
		[HOST_ARM48] = { ARM(END(48)), 2 },
		[HOST_ARM52] = { ARM(END(52)), 2 },
		[HOST_ARM_LOW] = { { { 0, 0x7ffffff }, { 0x8100000, 0xdfffffff },
				     { 0xf7ff0000, 0x7ffffffffff },
				     { 0x83000000000, END(48) } }, 4 },
		[HOST_ODD] = { X86(0x82fffffffff), 2 },
		[HOST_31] = { { { 0, END(31) } }, 1 },
	};

	assert_int_equal(iova_ranges_init(set, hosts[kind].r, hosts[kind].count), 0);
}

/** One more assigned device, in a container of that kind of host. */
static inline struct guest_device *guest_add(struct guest *g, enum host_kind kind)
{
	struct guest_container *c = &g->containers[g->container_count];
	struct guest_device *d = &g->devices[g->device_count];
	const int group = 10 + (int)g->device_count;

	snprintf(c->name, sizeof(c->name), "4242-%d", group);
	host_ranges(&c->ranges, kind);
	g->container_count++;
	snprintf(d->address, sizeof(d->address), "0000:%02zx:00.0", 1 + g->device_count);
	d->group = group;
	d->singleton = TRI_YES;
	d->hotplugged = TRI_NO;
	g->device_count++;
	return d;
}

/** A VM with one device: q35, QEMU 10.0, 8 GiB, 4 vCPUs. */
static inline void guest_init(struct guest *g, enum viommu_model model, enum host_kind kind)
{
	memset(g, 0, sizeof(*g));
	strcpy(g->vm.name, "guest1");
	strcpy(g->arch, "x86_64");
	strcpy(g->machine, "pc-q35-10.0");
	g->qemu_version[0] = 10;
	g->model = model;
	g->memory = 8 * GIB;
	g->max_memory = 8 * GIB;
	g->vcpus = 4;
	guest_add(g, kind);
}

static inline void guest_arm(struct guest *g)
{
	strcpy(g->arch, "aarch64");
	strcpy(g->machine, "virt-10.0");
}

/** Note of that kind that contains text; NULL: there is none. */
static inline const struct advice_note *note_find(const struct advice *a, enum advice_kind kind,
						  const char *text)
{
	for (size_t i = 0; i < a->note_count; i++)
		if (a->notes[i].kind == kind && strstr(a->notes[i].text, text))
			return &a->notes[i];
	return NULL;
}

static inline void advice_dump(const struct advice *a)
{
	print_message("bits %u safe %u max %u current %u%s\n", a->bits, a->safe_bits, a->max_bits,
		      a->current_bits, a->change_needed ? " (change)" : "");
	for (size_t i = 0; i < a->note_count; i++)
		print_message("  %d %s [%s]\n", a->notes[i].kind, a->notes[i].text,
			      a->notes[i].source);
	for (size_t i = 0; i < a->option_count; i++)
		print_message("  + %s\n", a->options[i].option);
}

#define assert_note(a, kind, text) do { \
	if (!note_find(a, kind, text)) { \
		advice_dump(a); \
		fail_msg("no note of kind %d with '%s'", kind, text); \
	} \
} while (0)

#define assert_no_note(a, kind, text) do { \
	if (note_find(a, kind, text)) { \
		advice_dump(a); \
		fail_msg("a note of kind %d with '%s'", kind, text); \
	} \
} while (0)

static inline bool option_find(const struct advice *a, const char *text)
{
	for (size_t i = 0; i < a->option_count; i++)
		if (strstr(a->options[i].option, text))
			return true;
	return false;
}

#endif
