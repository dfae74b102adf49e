// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a width may be too small for. Warnings: a guest's memory is no lower limit, for IOVAs are
 * handed out as they are needed; these are uses that need many of them, or certain ones.
 */
#include <stdio.h>

#include "advise-parts.h"

/** IOVAs for each vCPU under which a multi-queue device with pools per vCPU can run short. */
#define POOL_BITS 32

/** Process addresses that DPDK uses as IOVA, and where SPDK puts its memory (0x200000000000). */
#define PROCESS_BITS 47
#define SPDK_BITS 46

/** "2 GiB", for a whole power of two or less. */
static void share_text(char *buf, size_t size, unsigned int bits, unsigned int vcpus)
{
	const uint64_t mib = bits >= 64 ? UINT64_MAX / vcpus >> 20 : ((1ULL << bits) / vcpus) >> 20;

	if (mib >= 1024 * 1024)
		snprintf(buf, size, "%llu TiB", (unsigned long long)(mib >> 20));
	else if (mib >= 1024)
		snprintf(buf, size, "%llu GiB", (unsigned long long)(mib >> 10));
	else
		snprintf(buf, size, "%llu MiB", (unsigned long long)mib);
}

static void pool_note(struct advising *s)
{
	const unsigned int bits = s->a->bits, vcpus = s->g ? s->g->vcpus : 0;
	char share[32];

	if (vcpus < 2 || (bits < 64 && (1ULL << bits) / vcpus >= 1ULL << POOL_BITS) || bits >= 64)
		return;
	share_text(share, sizeof(share), bits, vcpus);
	advise_note(s, ADVICE_WARNING, "arithmetic",
		    "%u bits over %u vCPUs are %s each: a device with queues and DMA pools per vCPU "
		    "may run short (48 bits over 256 are 1 TiB each)", bits, vcpus, share);
}

static void process_note(struct advising *s)
{
	const unsigned int bits = s->a->bits;

	if (bits >= PROCESS_BITS)
		return;
	advise_note(s, ADVICE_WARNING, "DPDK and SPDK sources",
		    "too small for DPDK in the guest with process addresses as IOVA (%d bits%s): use "
		    "--iova-mode=pa there", PROCESS_BITS,
		    bits < SPDK_BITS ? "; SPDK's memory starts at 46" : "");
}

/** What a guest maps for its own VMs lies where their memory and BARs lie. */
static void nested_note(struct advising *s)
{
	if (s->a->bits < 48)
		advise_note(s, ADVICE_WARNING, "VFIO in the guest",
			    "a guest that assigns devices to VMs of its own needs their memory and "
			    "BARs below %u bits: -cpu host,host-phys-bits-limit=%u for those",
			    s->a->bits, s->a->bits);
}

void advise_lower(struct advising *s)
{
	if (!s->a->bits)
		return;
	pool_note(s);
	process_note(s);
	nested_note(s);
}
