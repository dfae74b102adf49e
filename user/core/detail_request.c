// SPDX-License-Identifier: GPL-2.0-or-later
/* What happened to a guest's request, in words. */
#include "detail.h"
#include "phrase.h"

/* "the guest asked to map IOVA 0x1000-0x1fff, and its vIOMMU answered range" */
static void add_answer(const struct facts *f, struct text *t)
{
	static const char *const asked[] = {
		[VIOMMU_REQUEST_ATTACH] = "attach an endpoint",
		[VIOMMU_REQUEST_DETACH] = "detach an endpoint",
		[VIOMMU_REQUEST_MAP] = "map ",
		[VIOMMU_REQUEST_UNMAP] = "unmap ",
		[VIOMMU_REQUEST_PROBE] = "know an endpoint's properties",
	};
	const unsigned int type = f->ev->request;
	const char *status = viommu_status_name(f->ev->status);

	if (type < sizeof(asked) / sizeof(asked[0]) && asked[type])
		text_add(t, "the guest asked to %s", asked[type]);
	else
		text_add(t, "the guest made a request of type %u", type);
	if (type == VIOMMU_REQUEST_MAP || type == VIOMMU_REQUEST_UNMAP)
		phrase_request(f, t);
	text_add(t, ", and its vIOMMU answered %s", status ? status : "with an unknown status");
}

void detail_request_above(const struct facts *f, struct text *t)
{
	add_answer(f, t);
	text_add(t, ": that needs %u bits, the vIOMMU takes %u (last 0x%llx)",
		 iova_bits_needed(f->last), f->host_bits, (unsigned long long)f->top);
}

void detail_request_flags(const struct facts *f, struct text *t)
{
	add_answer(f, t);
	text_add(t, ": flags 0x%x are not defined", f->ev->request_flags);
}

void detail_request_overlap(const struct facts *f, struct text *t)
{
	add_answer(f, t);
	text_add(t, ": some of it is mapped already");
}

void detail_request_bisect(const struct facts *f, struct text *t)
{
	add_answer(f, t);
	text_add(t, ": that would cut a mapping in two");
}

void detail_request_unknown(const struct facts *f, struct text *t)
{
	const char *meaning = viommu_status_meaning(f->ev->status);

	add_answer(f, t);
	if (meaning)
		text_add(t, ": %s", meaning);
}
