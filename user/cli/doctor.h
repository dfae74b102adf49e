/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would make a VM fail on this machine, or this tool not work: found by rules on facts. */
#ifndef VIOMMU_CLI_DOCTOR_H
#define VIOMMU_CLI_DOCTOR_H

#include <stdio.h>

#include "cli/vms.h"
#include "trace/pins.h"

/** What tracing on this machine rests on. */
struct doctor_tool {
	char missing[96];	/**< capabilities that are missing; empty: none */
	bool has_btf;		/**< the kernel has type information */
	bool has_module;	/**< the VFIO module is there (loaded or built in) */
	bool has_module_btf;	/**< it has type information */
	bool preemptible;	/**< the kernel, so that kprobes are used */
	struct module_pins pins;
};

enum finding_level {
	FINDING_PROBLEM,	/**< fails today */
	FINDING_WARNING,	/**< can fail, or is not as it should be */
	FINDING_NOTE,		/**< to know; nothing has to be done */
	NR_FINDING_LEVELS
};

/** One finding: what, and what to do. */
struct finding {
	enum finding_level level;
	char subject[VIOMMU_NAME_LEN + 16];	/**< "VM guest1", "host", "tracing" */
	char text[320];
	char fix[320];		/**< may be empty */
};

/** Findings, owned; err is set when one could not be kept. */
struct findings {
	struct finding *list;
	size_t count;
	int err;
};

struct doctor_guard;

/** Apply every rule; guard: see doctor-guard.h. findings_fini() in any case. */
void doctor_check(struct findings *f, const struct doctor_tool *tool,
		  const struct doctor_guard *guard, const struct vms *v);

void findings_fini(struct findings *f);

/** Add one: fmt makes its text, fix is taken as it is. */
void finding_add(struct findings *f, enum finding_level level, const char *subject, const char *fix,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** doctor-vm.c: the rules for one VM. */
void doctor_check_vm(struct findings *f, const struct vms *v, const struct guest *g);

/** "problem", "warning", "note". */
const char *finding_level_name(enum finding_level level);

#endif
