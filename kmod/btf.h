/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads BTF, the kernel's description of its own types: where a member of a structure that is
 * private to a module lies. Pure: compiles in user space, too.
 */
#ifndef VIOMMU_GUARD_BTF_H
#define VIOMMU_GUARD_BTF_H

#ifdef __KERNEL__
#include <linux/types.h>
typedef u8 guard_u8;
typedef u32 guard_u32;
#else
#include <stddef.h>
#include <stdint.h>
typedef uint8_t guard_u8;
typedef uint32_t guard_u32;
#endif

/**
 * struct guard_btf - BTF of the kernel, or of a module, which goes on where the kernel's ends
 * @types: the type section, of @types_size bytes
 * @strings: the string section, of @strings_size bytes
 * @base: the kernel's for a module, NULL for the kernel itself
 * @first: id of the first type
 * @next: id after the last one
 * @strings_first: offset at which the module's strings start
 */
struct guard_btf {
	const guard_u8 *types;
	guard_u32 types_size;
	const char *strings;
	guard_u32 strings_size;
	const struct guard_btf *base;
	guard_u32 first;
	guard_u32 next;
	guard_u32 strings_first;
};

/** guard_btf_init() - check the sections; @data must outlive @btf. 0 or -EINVAL. */
int guard_btf_init(struct guard_btf *btf, const void *data, size_t size,
		   const struct guard_btf *base);

/** guard_btf_offset() - in bytes, of a member of a structure; -ENOENT: there is none. */
int guard_btf_offset(const struct guard_btf *btf, const char *structure, const char *member);

/** guard_btf_params() - do the function's first parameters have these names? 0 or -ENOENT. */
int guard_btf_params(const struct guard_btf *btf, const char *function,
		     const char *const *names, size_t n);

#endif
