/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, indexes, maxima and logarithms as CO-RE, the verifier and BPF need them. */
#ifndef VIOMMU_ARITH_BPF_H
#define VIOMMU_ARITH_BPF_H

#include <viommu/record.h>

/** The structure that has ptr as its member, wherever this kernel has the member. */
#define core_container_of(ptr, type, member) \
	((type *)((void *)(ptr) - bpf_core_field_offset(type, member)))

/**
 * index of an array of size elements, a power of two: the compiler knows that it is in bounds and
 * would drop the mask; the verifier has forgotten when index was on the stack in between.
 */
static __always_inline u32 bounded(u32 index, u32 size)
{
	asm volatile("" : "+r"(index));
	return index & (size - 1);
}

/** *highest = max(*highest, last), also against other threads of the VM. */
static __always_inline void highest_raise(u64 *highest, u64 last)
{
	for (int i = 0; i < 16; i++) {
		u64 seen = *(volatile u64 *)highest;

		if (seen >= last || __sync_val_compare_and_swap(highest, seen, last) == seen)
			return;
	}
}

/** floor(log2(n)), for which BPF has no instruction; from 2^32 on it is 32. */
static __always_inline u32 log2_floor(u64 n)
{
	u32 log = 0;

	if (n >> 32)
		return 32;
	for (int shift = 16; shift; shift >>= 1) {
		if (n >> shift) {
			n >>= shift;
			log += shift;
		}
	}
	return log;
}

/** classes: VIOMMU_LATENCY_SLOTS of them. */
static __always_inline void latency_count(u64 *classes, u64 ns)
{
	u32 slot = log2_floor(ns);

	if (slot >= VIOMMU_LATENCY_SLOTS)
		slot = VIOMMU_LATENCY_SLOTS - 1;
	__sync_fetch_and_add(&classes[slot], 1);
}

#endif
