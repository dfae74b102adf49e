// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Failures with the same cause differ in their addresses. What may make a difference for the cause
 * is kept apart: how many bits an address needs, whether it meets the holes that are known, and
 * below 1 TiB, where firmware reserves ranges, where it lies.
 */
#include <errno.h>
#include <string.h>

#include "log-fold.h"

void log_copy(char *dst, size_t size, const char *src, size_t len)
{
	if (len >= size) {
		len = size - 1;
		while (len && ((unsigned char)src[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, src, len);
	dst[len] = '\0';
}

/* FNV-1a. */
uint64_t log_hash(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t add_number(uint64_t hash, uint64_t n)
{
	return log_hash(hash, &n, sizeof(n));
}

static bool meets(const struct viommu_evidence *ev, uint64_t last, uint64_t from, uint64_t to)
{
	return ev->iova <= to && last >= from;
}

static uint64_t add_place(uint64_t hash, const struct viommu_evidence *ev)
{
	uint64_t last;
	unsigned int bits;

	if (!ev->has_range)
		return add_number(hash, 0);
	if (!iova_last(ev->iova, ev->size, &last))
		return add_number(hash, 1);
	bits = iova_bits_needed(last);
	hash = add_number(hash, 2 + bits);
	hash = add_number(hash, iova_bits_needed(ev->iova));
	hash = add_number(hash, !!((ev->iova | ev->size | ev->vaddr) & 4095));
	hash = add_number(hash, meets(ev, last, IOVA_X86_MSI_FIRST, IOVA_X86_MSI_LAST));
	hash = add_number(hash, meets(ev, last, IOVA_AMD_HT_FIRST, IOVA_AMD_HT_LAST));
	if (bits <= 32)
		return add_number(hash, last >> 24);
	return add_number(hash, bits <= 40 ? last >> 32 : 0);
}

/* Place does not matter where memory or entries ran out. */
static bool place_matters(const struct viommu_evidence *ev)
{
	return ev->err != ENOMEM && ev->err != ENOSPC && ev->err != EEXIST;
}

static uint64_t key_of(const struct log_open *o)
{
	const struct log_finding *f = &o->f;
	const struct viommu_evidence *ev = &f->ev;
	const bool address = ev->said == VIOMMU_SAID_WIDTH || ev->said == VIOMMU_SAID_UNALIGNED ||
			     ev->said == VIOMMU_SAID_BEYOND_MGAW;
	uint64_t h = LOG_HASH_START;

	h = add_number(h, f->file);
	h = add_number(h, o->source);
	h = add_number(h, (uint64_t)ev->op << 32 | (uint32_t)ev->err);
	/* Only the first of QEMU's messages tells type1 from what is not known. */
	h = add_number(h, (uint64_t)(ev->api == VIOMMU_API_IOMMUFD) << 32 | (uint64_t)ev->said);
	h = add_number(h, (uint64_t)ev->path << 32 | (uint64_t)ev->backing);
	h = add_number(h, (uint64_t)ev->vmm << 32 | (uint64_t)ev->gave_up << 1 | f->incomplete);
	h = add_number(h, address ? iova_bits_needed(ev->said_a) : ev->said_a);
	h = add_number(h, ev->said_b);
	h = add_number(h, (uint64_t)(int64_t)f->group);
	h = log_hash(h, f->device, strlen(f->device));
	h = log_hash(h, f->vm, strlen(f->vm));
	return place_matters(ev) ? add_place(h, ev) : h;
}

static void add_span(struct log_finding *to, const struct viommu_evidence *ev)
{
	uint64_t last;

	if (!ev->has_range || !iova_last(ev->iova, ev->size, &last))
		return;
	if (ev->iova < to->iova_lowest)
		to->iova_lowest = ev->iova;
	if (last > to->iova_highest)
		to->iova_highest = last;
}

void incidents_fold(struct log_incidents *in, const struct log_open *o)
{
	const uint64_t key = key_of(o);
	struct log_finding *f;

	for (size_t i = 0; i < in->count; i++) {
		if (in->keys[i] != key)
			continue;
		f = &in->found[i];
		f->count++;
		f->last_line = o->f.last_line;
		add_span(f, &o->f.ev);
		return;
	}
	if (in->count == LOG_MAX_FINDINGS) {
		in->dropped++;
		return;
	}
	in->keys[in->count] = key;
	f = &in->found[in->count++];
	*f = o->f;
	f->iova_lowest = UINT64_MAX;
	f->iova_highest = 0;
	add_span(f, &o->f.ev);
}
