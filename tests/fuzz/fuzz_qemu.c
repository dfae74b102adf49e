// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for QEMU's command line: arguments separated by NULs, as in /proc/PID/cmdline.
 * The first byte says which QEMU version runs it.
 */
#include <stdlib.h>
#include <string.h>

#include "host/qemu.h"
#include "host/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text from outside has come out clean, and ends. */
static void check_text(const char *text, size_t size)
{
	char again[1024];
	const size_t len = strnlen(text, size);

	if (len >= size || host_text_clean(again, sizeof(again), text, len) != len ||
	    memcmp(again, text, len))
		abort();
}

static void check_device(const struct guest_device *d)
{
	check_text(d->address, sizeof(d->address));
	check_text(d->id, sizeof(d->id));
	check_text(d->bus, sizeof(d->bus));
	if (d->singleton > TRI_YES || d->bypasses > TRI_YES || d->hotplugged != TRI_NO ||
	    d->group != -1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest g;
	char why[128];

	if (!size)
		return 0;
	memset(&g, 0, sizeof(g));
	g.qemu_version[0] = data[0] % 12;
	if (guest_from_argv(&g, (const char *)data + 1, size - 1,
			    (enum cpu_vendor)(data[0] % NR_CPU_VENDORS), NULL))
		return 0;
	check_text(g.arch, sizeof(g.arch));
	check_text(g.machine, sizeof(g.machine));
	check_text(g.granule, sizeof(g.granule));
	if (!g.memory || g.max_memory < g.memory || !g.vcpus || g.aw_bits > 64 ||
	    g.device_count > GUEST_MAX_DEVICES || guest_viommu_bits(&g, why, sizeof(why)) > 64)
		abort();
	for (size_t i = 0; i < g.device_count; i++)
		check_device(&g.devices[i]);
	return 0;
}
