/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told by the kernel that a module was loaded or is about to go. */
#ifndef VIOMMU_TRACE_UEVENT_H
#define VIOMMU_TRACE_UEVENT_H

#include <stdbool.h>

/** A socket that becomes readable with the kernel's device and module events; -errno. */
int uevent_open(void);

/**
 * Read what has come. *loaded is set if module was loaded ("add@/module/NAME", sent by
 * do_init_module() when the module is live). 0 or -errno; -ENOBUFS if the kernel had to drop some:
 * then look for yourself.
 */
int uevent_drain(int fd, const char *module, bool *loaded);

#endif
