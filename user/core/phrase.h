/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of sentences that many of them share. */
#ifndef VIOMMU_CORE_PHRASE_H
#define VIOMMU_CORE_PHRASE_H

#include "facts.h"
#include "text.h"

/** "IOVA 0x1000-0x1fff", "IOVA 0x1000, size 0x0", or "the mapping" if it is not known. */
void phrase_request(const struct facts *f, struct text *t);

/** bytes in the largest unit that divides it ("4 KiB", "5 bytes"); from 1 TiB on, whole GiB. */
void phrase_size(uint64_t bytes, struct text *t);

/** Symbolic name of the errno, or "an unknown error". */
void phrase_errno(const struct facts *f, struct text *t);

#endif
