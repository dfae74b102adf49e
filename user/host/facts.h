/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts: what an answer of viommuctl rests on, as JSON that another machine can read. The format
 * is dist/schema/facts.schema.json; viommuctl(8) explains it. What is not known is left out.
 */
#ifndef VIOMMU_HOST_FACTS_H
#define VIOMMU_HOST_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/guest.h"
#include "core/machine.h"

/** Version of the format: raised when a reader of the older one would be misled. */
#define FACTS_VERSION 1

/** The largest file that is read, bytes. */
#define FACTS_MAX (4u << 20)

/** Elements that are read of an array; more than any host has. */
#define FACTS_MAX_UNITS 1024
#define FACTS_MAX_GROUPS 16384

/** Bytes that hold every message of facts_read(). */
#define FACTS_ERROR 512

/**
 * JSON text of a machine and, if guest is not NULL, of a VM on it, with a newline at its end: the
 * caller frees it. NULL if out of memory.
 */
char *facts_write(const struct machine *m, const struct guest *guest);

/**
 * Read len bytes of JSON into m, which machine_init() has prepared, and guest; *has_guest says
 * whether there is one. Any input is safe. Strict: unknown and duplicate members, other types,
 * numbers out of range and text with control characters are errors.
 * 0; -EINVAL or -ENOMEM with a sentence in err that begins with the file's name and LINE:COLUMN,
 * or the path of the member ("machine.groups[3].regions[0].first"). m and guest may be half
 * filled then; m needs machine_fini() in any case.
 */
int facts_read(const char *text, size_t len, const char *name, struct machine *m,
	       struct guest *guest, bool *has_guest, char err[FACTS_ERROR]);

/** Read a file, "-" for standard input. As facts_read(), or another -errno with a sentence. */
int facts_read_file(const char *path, struct machine *m, struct guest *guest, bool *has_guest,
		    char err[FACTS_ERROR]);

#endif
