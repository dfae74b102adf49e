/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which aw-bits a VM should have, why, and what else to look at (qemu.md 6). */
#ifndef VIOMMU_CORE_ADVISE_H
#define VIOMMU_CORE_ADVISE_H

#include "guest.h"
#include "width.h"

enum advice_kind {
	ADVICE_REASON,	/**< a step of the answer */
	ADVICE_WARNING,	/**< something that the number alone does not settle */
	ADVICE_PROBLEM,	/**< fails today, or will */
	ADVICE_UNKNOWN,	/**< could not be found out; the text says what would decide */
};

struct advice_note {
	enum advice_kind kind;
	char text[256];		/**< a sentence with its numbers */
	char source[96];	/**< where it is known from: "container 4242-12", "cap of dmar0", "QEMU 9.2 source" */
};

#define ADVICE_MAX_NOTES 32
#define ADVICE_MAX_OPTIONS 12

/** The answer. bits 0: none can be given, and the notes say why. */
struct advice {
	unsigned int bits;		/**< recommended aw-bits */
	unsigned int safe_bits;		/**< widest without a hole, over all devices */
	unsigned int max_bits;		/**< whole width, over all devices */
	unsigned int current_bits;	/**< the VM's now; 0 unknown or no vIOMMU */
	bool change_needed;		/**< current is known and not fine */
	struct advice_note notes[ADVICE_MAX_NOTES];
	size_t note_count;
	struct viommu_remedy options[ADVICE_MAX_OPTIONS];	/**< QEMU, libvirt, Proxmox, ... */
	size_t option_count;
};

/** guest NULL: for any VM on this machine (--host), over all groups. Pure. */
void advise(struct advice *a, const struct machine *m, const struct guest *guest);

/**
 * Last guest-physical address of the memory that the guest has at start; 0: this machine type or
 * its memory is not known.
 */
uint64_t advise_memory_last(const struct guest *g);

#endif
