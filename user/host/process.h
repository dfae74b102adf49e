/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the other files of user/host ask about a process beyond vm.h. */
#ifndef VIOMMU_HOST_PROCESS_H
#define VIOMMU_HOST_PROCESS_H

#include <sys/types.h>

#include "host/vm.h"

/** User that owns the process. 0; -ESRCH if it is gone, another -errno if that cannot be read. */
int host_process_owner(const struct host_process *p, const char *root, uid_t *uid);

#endif
