// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <string.h>

#include "text.h"

void request_pieces_add(struct request_pieces *p, const struct viommu_event *map)
{
	const uint64_t parent = map->request.parent;

	for (size_t i = 0; i < REQUEST_MAX_PIECES; i++)
		if (p->list[i].parent == parent)
			return;
	p->list[p->next].parent = parent;
	p->list[p->next].diag = map->diag;
	p->list[p->next].result = map->result;
	p->next = (p->next + 1) % REQUEST_MAX_PIECES;
}

/*
 * The piece's diagnosis and its result, which a policy may have changed after the kernel's own
 * answer; false: its record was lost, or came from before we were attached.
 */
static bool pieces_take(struct request_pieces *p, uint64_t parent, struct viommu_diagnosis *diag,
			int *result)
{
	for (size_t i = 0; parent && i < REQUEST_MAX_PIECES; i++) {
		if (p->list[i].parent != parent)
			continue;
		*diag = p->list[i].diag;
		*result = p->list[i].result;
		p->list[i].parent = 0;
		return true;
	}
	return false;
}

/* What the request's own record knows of the piece. */
static void piece_diagnose(const struct viommu_event *e, struct viommu_diagnosis *diag)
{
	const struct viommu_evidence ev = {
		.op = e->request.type == VIOMMU_REQUEST_UNMAP ? VIOMMU_OP_UNMAP : VIOMMU_OP_MAP,
		.err = -e->request.failed_result,
		.iova = e->request.failed_iova,
		.size = e->request.failed_size,
		.has_range = true,
		.flags_unknown = true,
		.path = VIOMMU_PATH_VIOMMU,
		.vmm = e->ev.vmm,
	};

	viommu_diagnose(&ev, diag);
}

/* "the guest was told ok for 0x0-0x9fff, but the host refused 1 of 40 pieces: ..." */
static void told_ok(struct viommu_event *e, const struct viommu_diagnosis *piece)
{
	const struct viommu_request *r = &e->request;
	const char *op = viommu_request_name(r->type);
	uint64_t last = e->ev.iova;
	struct text t;

	iova_last(e->ev.iova, e->ev.size, &last);
	e->diag = *piece;
	text_init(&t, e->diag.detail, sizeof(e->diag.detail));
	text_add(&t, "the guest was told ok for its %s of 0x%llx-0x%llx, but the host refused ",
		 op ? op : "request", (unsigned long long)e->ev.iova, (unsigned long long)last);
	if (r->pieces > 1)
		text_add(&t, "%u of its %u pieces: ", r->failed, r->pieces);
	else
		text_add(&t, "it: ");
	text_add(&t, "%s", piece->detail);
}

void request_judge(struct viommu_event *e, struct request_pieces *p)
{
	struct viommu_diagnosis piece;

	if (e->request.status != VIOMMU_STATUS_OK &&
	    e->request.status != VIOMMU_STATUS_UNKNOWN) {
		viommu_diagnose(&e->ev, &e->diag);
		return;
	}
	if (!e->request.failed)
		return;
	if (!pieces_take(p, e->request.parent, &piece, &e->request.failed_result))
		piece_diagnose(e, &piece);
	e->result = e->request.failed_result;
	told_ok(e, &piece);
	e->diag.severity = VIOMMU_SEVERITY_SILENT;
}
