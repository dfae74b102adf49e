/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told by the kernel that a module was loaded or is about to go. */
#ifndef VIOMMU_TRACE_UEVENT_H
#define VIOMMU_TRACE_UEVENT_H

/** A socket that becomes readable with the kernel's device and module events; -errno. */
int uevent_open(void);

/** What happened to a module; bits. */
enum uevent_change {
	UEVENT_ADDED = 1,	/**< it is live: do_init_module() sends "add@/module/NAME" after init */
	UEVENT_REMOVED = 2,	/**< it is gone; it may have come back since */
};

/**
 * Read what has come. *changes gets the bits of enum uevent_change for module. 0 or -errno;
 * -ENOBUFS if the kernel had to drop some: then look for yourself.
 */
int uevent_drain(int fd, const char *module, unsigned int *changes);

#endif
