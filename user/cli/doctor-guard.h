/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are the policies of this machine in force? */
#ifndef VIOMMU_CLI_DOCTOR_GUARD_H
#define VIOMMU_CLI_DOCTOR_GUARD_H

#include "cli/doctor.h"
#include "guard/client.h"

/** What the files and the module say. Zeroed: neither is there. */
struct doctor_guard {
	size_t files;		/**< policy files of this machine */
	bool files_wrong;	/**< they have mistakes, or are not trusted */
	bool loaded;		/**< the module is */
	bool asked;		/**< it answered: the members below are valid */
	struct guard_status status;
	struct guard_containers containers;
};

/** What cannot be read is left out. doctor_guard_fini() in any case. */
void doctor_guard_read(struct doctor_guard *g);
void doctor_guard_fini(struct doctor_guard *g);

void doctor_check_guard(struct findings *f, const struct doctor_guard *g);

#endif
