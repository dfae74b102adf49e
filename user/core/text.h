/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sentence that is put together from parts in a buffer of fixed size. */
#ifndef VIOMMU_CORE_TEXT_H
#define VIOMMU_CORE_TEXT_H

#include <stddef.h>

struct text {
	char *buf;		/**< always NUL-terminated */
	size_t size;		/**< of buf, > 0 */
	size_t len;		/**< of what is in it, < size; what does not fit is cut */
};

void text_init(struct text *t, char *buf, size_t size);
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Add len bytes of s as they are. */
void text_add_bytes(struct text *t, const char *s, size_t len);

#endif
