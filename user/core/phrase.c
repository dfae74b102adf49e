// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of sentences. */
#include "phrase.h"

void phrase_request(const struct facts *f, struct text *t)
{
	const unsigned long long iova = f->ev->iova, size = f->ev->size;

	if (f->sized)
		text_add(t, "IOVA 0x%llx-0x%llx", iova, (unsigned long long)f->last);
	else if (f->ev->has_range)
		text_add(t, "IOVA 0x%llx, size 0x%llx", iova, size);
	else
		text_add(t, "the mapping");
}

void phrase_size(uint64_t bytes, struct text *t)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	size_t unit = 0;

	if (bytes >> 40)	/* a person does not read beyond this */
		bytes &= ~((1ULL << 30) - 1);
	while (bytes && !(bytes & 1023) && unit < 3) {
		bytes >>= 10;
		unit++;
	}
	text_add(t, "%llu %s", (unsigned long long)bytes, units[unit]);
}

void phrase_errno(const struct facts *f, struct text *t)
{
	char buf[32];

	text_add(t, "%s", f->ev->err > 0 ? viommu_errno_name(f->ev->err, buf, sizeof(buf))
					 : "an unknown error");
}
