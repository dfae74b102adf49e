/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest asked of its vIOMMU and what became of it on the host: one finding. */
#ifndef VIOMMU_CORE_REQUEST_H
#define VIOMMU_CORE_REQUEST_H

#include "event.h"

/** Host maps that failed and whose request has not been answered yet. */
#define REQUEST_MAX_PIECES 64

/** The latest of them; a thread of QEMU has at most one request in work. Zeroed: none. */
struct request_pieces {
	struct {
		uint64_t parent;	/* 0: free */
		int result;		/* -errno that the VMM saw */
		struct viommu_diagnosis diag;
	} list[REQUEST_MAX_PIECES];
	size_t next;
};

/** Keep the diagnosis of a failed host map that belongs to a request; only the first for each. */
void request_pieces_add(struct request_pieces *p, const struct viommu_event *map);

/**
 * Judge a REQUEST event. If the vIOMMU refused it, by its status; if the guest was told OK and the
 * host refused, by the first host map that failed: then e->result is that of the host, and the
 * severity silent. Else nothing is to be judged and e->diag stays zeroed.
 */
void request_judge(struct viommu_event *e, struct request_pieces *p);

#endif
