// SPDX-License-Identifier: GPL-2.0
/* Reads BTF (Documentation/bpf/btf.rst), as much as finding members and parameters takes. */
#include "btf.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#include <uapi/linux/btf.h>
#else
#include <errno.h>
#include <linux/btf.h>
#include <string.h>
#endif

/* Since 5.19 and 6.0; older headers of user space lack them. */
#define KIND_ENUM64 19

#define KIND_OF(type) (((type)->info >> 24) & 0x1f)
#define VLEN_OF(type) ((type)->info & 0xffff)

/* Bytes after the head of a type; -EINVAL: a kind that this file does not know. */
static int extra_size(const struct btf_type *type)
{
	const int n = VLEN_OF(type);

	switch (KIND_OF(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * (int)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * (int)sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return n * (int)sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return n * 12;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -EINVAL;
	}
}

/* The type at an offset, whole; NULL at the end. Moves the offset on. */
static const struct btf_type *type_next(const struct guard_btf *btf, guard_u32 *at)
{
	const struct btf_type *type = (const void *)(btf->types + *at);
	guard_u32 left = btf->types_size - *at;
	int extra;

	if (left < sizeof(*type))
		return NULL;
	left -= (guard_u32)sizeof(*type);
	extra = extra_size(type);
	if (extra < 0 || (guard_u32)extra > left)
		return NULL;
	*at += (guard_u32)sizeof(*type) + (guard_u32)extra;
	return type;
}

static const char *string_at(const struct guard_btf *btf, guard_u32 at)
{
	if (at < btf->strings_first)
		return btf->base ? string_at(btf->base, at) : "";
	at -= btf->strings_first;
	return at < btf->strings_size ? btf->strings + at : "";
}

int guard_btf_init(struct guard_btf *btf, const void *data, size_t size,
		   const struct guard_btf *base)
{
	const struct btf_header *header = data;
	guard_u32 at = 0;
	size_t left;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC || header->version != 1 ||
	    header->hdr_len > size)
		return -EINVAL;
	left = size - header->hdr_len;
	if (header->type_off > left || header->type_len > left - header->type_off ||
	    header->str_off > left || header->str_len > left - header->str_off ||
	    header->str_len == 0 || header->type_off % 4 || header->hdr_len % 4)
		return -EINVAL;
	btf->types = (const guard_u8 *)data + header->hdr_len + header->type_off;
	btf->types_size = header->type_len;
	btf->strings = (const char *)data + header->hdr_len + header->str_off;
	btf->strings_size = header->str_len;
	if (btf->strings[btf->strings_size - 1])
		return -EINVAL;
	btf->base = base;
	btf->first = base ? base->next : 1;
	btf->strings_first = base ? base->strings_size : 0;
	for (btf->next = btf->first; type_next(btf, &at); btf->next++)
		;
	return at == btf->types_size ? 0 : -EINVAL;
}

static const struct btf_type *type_named(const struct guard_btf *btf, const char *name,
					 unsigned int kind)
{
	const struct btf_type *type;
	guard_u32 at = 0;

	while ((type = type_next(btf, &at)))
		if (KIND_OF(type) == kind && !strcmp(string_at(btf, type->name_off), name))
			return type;
	return NULL;
}

static const struct btf_type *type_by_id(const struct guard_btf *btf, guard_u32 id)
{
	const struct btf_type *type = NULL;
	guard_u32 at = 0;

	if (id < btf->first)
		return btf->base ? type_by_id(btf->base, id) : NULL;
	for (guard_u32 i = btf->first; i <= id; i++) {
		type = type_next(btf, &at);
		if (!type)
			return NULL;
	}
	return type;
}

int guard_btf_offset(const struct guard_btf *btf, const char *structure, const char *member)
{
	const struct btf_type *type = type_named(btf, structure, BTF_KIND_STRUCT);
	const struct btf_member *members = (const void *)(type + 1);

	if (!type)
		return -ENOENT;
	for (guard_u32 i = 0; i < VLEN_OF(type); i++) {
		guard_u32 bits = members[i].offset;

		if (strcmp(string_at(btf, members[i].name_off), member))
			continue;
		/* With the flag set the upper byte is the width of a bit field. */
		if (type->info >> 31)
			bits &= 0xffffff;
		return bits % 8 ? -ENOENT : (int)(bits / 8);
	}
	return -ENOENT;
}

int guard_btf_params(const struct guard_btf *btf, const char *function,
		     const char *const *names, size_t n)
{
	const struct btf_type *type = type_named(btf, function, BTF_KIND_FUNC);
	const struct btf_param *params;

	if (!type)
		return -ENOENT;
	type = type_by_id(btf, type->type);
	if (!type || KIND_OF(type) != BTF_KIND_FUNC_PROTO || VLEN_OF(type) < n)
		return -ENOENT;
	params = (const void *)(type + 1);
	for (size_t i = 0; i < n; i++)
		if (strcmp(string_at(btf, params[i].name_off), names[i]))
			return -ENOENT;
	return 0;
}
