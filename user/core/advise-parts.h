/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of advise(), each in a file of its own: they read the same state and add notes and
 * options to the same answer, in the order in which advise() calls them.
 */
#ifndef VIOMMU_CORE_ADVISE_PARTS_H
#define VIOMMU_CORE_ADVISE_PARTS_H

#include "advise.h"

/** aw-bits that QEMU's virtio-iommu takes (hw/virtio/virtio-iommu.c, since 9.0). */
#define VIRTIO_BITS_MIN 32
#define VIRTIO_BITS_MAX 64

/** Working state of one answer. */
struct advising {
	struct advice *a;
	const struct machine *m;
	const struct guest *g;		/**< NULL: any VM of this machine */
	size_t bounds;			/**< devices, groups or containers whose ranges are known */
	struct iova_ranges usable;	/**< in all of them; count 0: not known */
	unsigned int reserved_most;	/**< ranges to tell the guest of, of the worst of them */
	enum tristate told;		/**< a virtio-iommu guest learns its holes in time */
	unsigned int virtio_bits;	/**< what virtio-iommu should have; 0: none */
	unsigned int intel_bits;	/**< 39 or 48; 0: none */
	bool limit_phys;		/**< the guest's physical addresses should be limited */
	bool add_root_ports;		/**< devices share a guest group */
};

/** Add a note, if there is room: text is a sentence without a full stop. */
void advise_note(struct advising *s, enum advice_kind kind, const char *source, const char *fmt,
		 ...) __attribute__((format(printf, 4, 5)));

/** Version of the running QEMU is known and at least that. */
bool advise_qemu_known(const struct guest *g);
bool advise_qemu_at_least(const struct guest *g, unsigned int major, unsigned int minor);

/** Version of a machine type such as "pc-q35-9.2"; false for an alias such as "q35". */
bool advise_machine_version(const struct guest *g, unsigned int *major, unsigned int *minor);

/** The guest is an x86 one; unknown counts as x86 unless the machine is Arm's. */
bool advise_is_x86(const struct advising *s);

/** advise-width.c: safe and maximum bits over all devices, and which of them decides. */
void advise_width(struct advising *s);

/** advise-told.c: do reserved ranges reach the guest? Sets told. */
void advise_told(struct advising *s);

/** advise-told.c: holes below 4 GiB, which no width avoids. */
void advise_low_holes(struct advising *s);

/** advise-model.c: the number for the VM's vIOMMU model, and what is wrong with today's. */
void advise_model(struct advising *s);

/** advise-memory.c: addresses that aw-bits does not change: memory and BARs. */
void advise_memory(struct advising *s);

/** advise-lower.c: what the number may be too small for. */
void advise_lower(struct advising *s);

/** advise-migration.c: other hosts, other versions of QEMU. */
void advise_migration(struct advising *s);

/** advise-option.c: what to paste. */
void advise_options(struct advising *s);

#endif
