/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who keeps a module from being unloaded by BPF programs that are attached to its functions. */
#ifndef VIOMMU_TRACE_PINS_H
#define VIOMMU_TRACE_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A process with programs on the module. */
struct module_pin {
	uint32_t pid;		/**< 0: no process; a link that is kept in a bpf file system */
	char comm[16];		/**< clean text, may be empty */
	unsigned int programs;	/**< of it */
};

#define PINS_MAX 32

/** Users of a module. */
struct module_pins {
	unsigned int refcount;		/**< of the module; valid if has_refcount */
	bool has_refcount;
	struct module_pin pin[PINS_MAX];
	size_t count;
	bool known;			/**< links could be listed (as root) */
};

/** Find them. 0 or -errno; what could not be found out is left as said above. */
int module_pins_read(struct module_pins *p, const char *module);

#endif
