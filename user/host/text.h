/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside, made safe to print, and the few formats that names and ids come in. */
#ifndef VIOMMU_HOST_TEXT_H
#define VIOMMU_HOST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a buffer for a UUID in text: 36 characters, NUL, and rounding. */
#define HOST_UUID_LEN 40

/**
 * Copy len bytes of src to dst (size > 0) as valid UTF-8 without control characters: each byte
 * that is no UTF-8 and each character that would steer a terminal becomes U+FFFD. Cut between
 * characters if dst is too small; always NUL-terminated. Bytes written, without the NUL.
 */
size_t host_text_clean(char *dst, size_t size, const char *src, size_t len);

/**
 * Undo systemd's escaping of a unit's name: \xNN becomes that byte, all else is copied; a
 * backslash that starts no escape stays. No NUL is added and dst may hold any byte.
 * Bytes written, at most size.
 */
size_t host_text_unescape(char *dst, size_t size, const char *src, size_t len);

/** UUID (8-4-4-4-12 digits, as QEMU and libvirt take it) in lower case; false leaves dst empty. */
bool host_text_uuid(char dst[HOST_UUID_LEN], const char *src);

/** Decimal number that is all of the len bytes at s, 1 to 2^32 - 1; 0 if it is none. */
uint32_t host_text_number(const char *s, size_t len);

/** The len bytes at s end with suffix. */
bool host_text_ends(const char *s, size_t len, const char *suffix);

#endif
