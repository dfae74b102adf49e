/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments of QEMU: options of a command line, and the properties in an option's value, written
 * as key=value or as JSON. Read as QEMU does (lookup_opt() in system/vl.c, opts_do_parse() in
 * util/qemu-option.c).
 */
#ifndef VIOMMU_HOST_QEMU_ARGS_H
#define VIOMMU_HOST_QEMU_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A command line, NUL-separated, and how far it has been read. */
struct qemu_args {
	const char *text;
	size_t len;
	size_t next;		/**< offset of the argument that is read next */
};

/** text stays the caller's. What follows the last NUL is not whole, and left out. */
void qemu_args_init(struct qemu_args *a, const char *text, size_t len);

/** Next argument, NULL at the end. */
const char *qemu_args_next(struct qemu_args *a);

/**
 * Next option without its dashes in *option, its value ("" for a flag) in *value. Disk images,
 * which stand without an option, are left out. False at the end.
 */
bool qemu_args_option(struct qemu_args *a, const char **option, const char **value);

#define QEMU_MAX_PROPS 48

/** A property. A longer key is not kept, a longer value is cut. */
struct qemu_prop {
	char key[48];
	char value[256];
};

/** Properties in their order; of equal keys the last counts. */
struct qemu_props {
	struct qemu_prop prop[QEMU_MAX_PROPS];
	size_t count;
};

/**
 * Read an option's value: JSON if it begins with '{', else key=value. What stands first without a
 * '=' is the value of implied (NULL: there is none). JSON numbers and booleans are text here ("39",
 * "on"); its arrays and objects are left out. False for what is not JSON though it begins so.
 */
bool qemu_props_parse(struct qemu_props *p, const char *text, const char *implied);

/** Value of a property, NULL if it is not there. '-' and '_' in key are the same, as in QEMU. */
const char *qemu_props_get(const struct qemu_props *p, const char *key);

/** Add one at the end; one too many, or with too long a key, is left out. */
void qemu_props_add(struct qemu_props *p, const char *key, size_t key_len, const char *value,
		    size_t value_len);

/** on, yes, true, y: true; off, no, false, n: false; else fallback. NULL: fallback. */
bool qemu_parse_bool(const char *value, bool fallback);

/** A number in C's notation up to max; false if it is none. */
bool qemu_parse_number(const char *value, uint64_t max, uint64_t *number);

/** "4G", "1.5G", "512" (of unit bytes); false if it is no size, or 0. */
bool qemu_parse_size(const char *value, uint64_t unit, uint64_t *bytes);

#endif
