/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line as its program wrote it: without colours, JSON's escapes, quote marks of mails, and with
 * single blanks, whoever passed it on.
 */
#ifndef VIOMMU_CORE_LOG_CLEAN_H
#define VIOMMU_CORE_LOG_CLEAN_H

#include <stddef.h>

/**
 * Write the cleaned line of len bytes to dst, which has room for len + 1. *mark, an offset in src,
 * becomes the same place in dst. Bytes written, without the NUL that ends them; none of them is NUL
 * or another control character.
 */
size_t log_clean(char *dst, const char *src, size_t len, size_t *mark);

#endif
