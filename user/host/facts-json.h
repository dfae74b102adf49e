/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict reading of JSON values, with errors that name the member. The first error is kept; after
 * it all reads do nothing.
 */
#ifndef VIOMMU_HOST_FACTS_JSON_H
#define VIOMMU_HOST_FACTS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/guest.h"
#include "host/facts-words.h"

struct reader {
	const char *name;	/**< of the file, for errors */
	char *err;		/**< FACTS_ERROR bytes */
	int ret;		/**< 0, -EINVAL, -ENOMEM */
	char path[160];		/**< of the value that is read: "machine.groups[3]" */
};

/** Bytes of path to go back to. */
size_t reader_enter(struct reader *r, const char *key);
size_t reader_enter_index(struct reader *r, size_t index);
void reader_leave(struct reader *r, size_t mark);

/** Keep an error at the current path, if it is the first. */
void reader_fail(struct reader *r, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** value is an object whose members are all among names (NULL at the end)? */
bool read_object(struct reader *r, const json_t *value, const char *const *names);

/** An array of at most max elements: its length. 0 if it is not there. */
size_t read_array(struct reader *r, const json_t *object, const char *key, size_t max,
		  const json_t **array);

/* A member; false if it is not there or wrong. must: it has to be there. */
bool read_text(struct reader *r, const json_t *object, const char *key, char *dst, size_t size);
bool read_hex(struct reader *r, const json_t *object, const char *key, uint64_t *value);
bool read_number(struct reader *r, const json_t *object, const char *key, long long min,
		 long long max, long long *value);
bool read_unsigned(struct reader *r, const json_t *object, const char *key, unsigned int max,
		   unsigned int *value);
bool read_bool(struct reader *r, const json_t *object, const char *key, bool *value);
void read_tristate(struct reader *r, const json_t *object, const char *key, enum tristate *value);
/** One of the names of an enumeration: its value, or -1. */
int read_name(struct reader *r, const json_t *object, const char *key, facts_name_fn name);

/** The member has to be there. */
void read_required(struct reader *r, const json_t *object, const char *key);

/** {"first", "last"} with first <= last. */
void read_range(struct reader *r, const json_t *object, struct viommu_range *range);

/** One value as text, or as hexadecimal number. */
void read_text_value(struct reader *r, const json_t *value, char *dst, size_t size);
bool read_hex_value(struct reader *r, const json_t *value, uint64_t *number);

/** The VM of the facts, after its members are known to be those of an object. */
void facts_read_guest(struct reader *r, const json_t *value, struct guest *g);
void facts_read_machine(struct reader *r, const json_t *value, struct machine *m);

#endif
