/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs that do nothing, on the function that viommu-trace hooks: what the kernel itself asks
 * for a hook, below which no program can get. Compiled with -DHOOK=... and, for a pair, -DHOOK2=...
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define TEXT(word) #word
#define SECTION(hook) SEC(TEXT(hook) "/vfio_iommu_type1_ioctl")

SECTION(HOOK)
int empty(void *ctx)
{
	return 0;
}

#ifdef HOOK2
SECTION(HOOK2)
int empty2(void *ctx)
{
	return 0;
}
#endif
