/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that say something of a DMA mapping, and what a line that has one of them says. */
#ifndef VIOMMU_CORE_LOG_PATTERN_H
#define VIOMMU_CORE_LOG_PATTERN_H

#include "diagnose.h"

/** What a message is to an incident, which several lines may tell of. */
enum log_kind {
	LOG_MAP,		/**< a failed map with its range */
	LOG_MAP_BARE,		/**< the same without: QEMU up to 9.2 writes both, this one first */
	LOG_MAP_USER,		/**< a failed map of a userspace driver */
	LOG_UNMAP,
	LOG_ATTACH_FAILED,	/**< a group did not attach */
	LOG_SAID,		/**< a message that names the cause by itself */
	LOG_FAULT,		/**< the IOMMU refused an access */

	LOG_TO_BAR,		/**< behind a LOG_MAP: it was a BAR */
	LOG_TO_FATAL,		/**< behind a LOG_MAP: QEMU ends */
	LOG_TO_PLACE,		/**< behind a LOG_MAP: its IOVA, its size, or its memory's name */
	LOG_TO_MGAW,		/**< behind a LOG_FAULT: wider than the IOMMU */

	LOG_IN_ATTACH,		/**< before a LOG_MAP in its line: a group is being attached */
	LOG_IN_REGION,		/**< before a LOG_MAP in its line: name of the memory */

	LOG_OF_VIOMMU,		/**< a trace: the guest asked for this range */
	LOG_OF_REGION,		/**< a reserved range: a line of reserved_regions, or a trace */
	LOG_OF_QEMU,		/**< version of QEMU */
	LOG_OF_START,		/**< libvirt starts a VM: what was known of the last one is over */
	LOG_OF_MODEL,		/**< the VM has a vIOMMU */
	LOG_OF_DEVICE,		/**< the VM has an assigned device */
	LOG_OF_IOMMUFD,		/**< devices are used through iommufd */
	LOG_OF_GUEST,		/**< the log is that of a VM's kernel */
	LOG_OF_VFIO,		/**< and that kernel assigns devices: it is a host all the same */
	LOG_OF_HOST,		/**< something of the host's IOMMU, see hostlog.h */
	LOG_OF_VM,		/**< name of the VM */
};

/** Which parts of a fact are known. */
enum log_has {
	LOG_HAS_IOVA = 1 << 0,
	LOG_HAS_SIZE = 1 << 1,
	LOG_HAS_VADDR = 1 << 2,
	LOG_HAS_ERR = 1 << 3,
	LOG_HAS_GROUP = 1 << 4,
};

#define LOG_WORD_MAX 96

/** What a message says. */
struct log_fact {
	enum log_kind kind;
	enum viommu_said said;	/**< of a LOG_SAID */
	unsigned int has;	/**< enum log_has */
	uint64_t iova;
	uint64_t size;
	uint64_t vaddr;
	int err;		/**< positive */
	int group;
	uint64_t a;		/**< numbers of a LOG_SAID; 0 if the message has none */
	uint64_t b;
	char word[LOG_WORD_MAX];	/**< a name in the message, cut if longer; may be empty */
	unsigned int flags;	/**< enum log_flag of its pattern */
	size_t len;		/**< of the message behind its head */
};

enum log_flag {
	LOG_IOMMUFD = 1 << 0,	/**< the interface is iommufd */
	LOG_OTHER = 1 << 1,	/**< a program that is not QEMU wrote it */
	LOG_RAM_DEVICE = 1 << 2,	/**< QEMU 10 warns, it does not fail: memory of a device */
	LOG_CONTINUES = 1 << 3,	/**< may be broken into lines by a mail */
	LOG_QEMU = 1 << 4,	/**< QEMU wrote it */
	LOG_TYPE1 = 1 << 5,	/**< the interface is type1 */
	LOG_RELAXABLE = 1 << 6,	/**< a reserved range that VFIO maps all the same */
	LOG_LISTED = 1 << 7,	/**< the head follows the numbers: see log_listed_region() */
};

/**
 * A message as a template. Its head, up to the first '%', is what is looked for, whatever the case
 * of letters; then come %i %z %v IOVA, size, process address in hexadecimal, %l last IOVA, %p any
 * number or pointer, %e -errno, %m the error's text or number, %g group, %a %b numbers, %s anything
 * up to what follows, %w the same kept as word.
 */
struct log_pattern {
	const char *text;
	enum log_kind kind;
	enum viommu_said said;
	unsigned int flags;
	int err;		/**< of messages that mean one; 0: none */
};

extern const struct log_pattern log_patterns[];
extern const size_t log_pattern_count;

enum log_match { LOG_MATCH_NO, LOG_MATCH_PART, LOG_MATCH_YES };

/** Length of a pattern's head. */
size_t log_pattern_head(const struct log_pattern *p);

/**
 * text, of len bytes without NUL, begins behind the pattern's head. PART: the text ends within the
 * message, or with a number that may go on. ended: a line end follows the text.
 */
enum log_match log_pattern_match(const struct log_pattern *p, const char *text, size_t len,
				 bool ended, struct log_fact *fact);

/**
 * A line of reserved_regions ("0x00000000fee00000 0x00000000feefffff msi") whose type's head is the
 * part [head, end) of text; group is known if the file's name stands before it.
 */
bool log_listed_region(const char *text, size_t len, size_t head, size_t end,
		       struct log_fact *fact);

/** errno of a text that begins with what strerror() writes; 0 if it is none. */
int log_errno_of(const char *text, size_t len);

/** The first PCI address in a line ("0000:3a:00.0", or "3a:00.0"); false: there is none. */
bool log_find_device(const char *text, size_t len, char out[20]);

#endif
