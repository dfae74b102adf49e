/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML as far as policy files need it, out of libyaml's events: mappings with known keys, lists,
 * plain values. What else YAML has (anchors, aliases, tags, merge keys, several documents) is told
 * as a mistake and passed over, so that what follows is still looked at.
 */
#ifndef VIOMMU_CORE_POLICY_YAML_H
#define VIOMMU_CORE_POLICY_YAML_H

#include <yaml.h>

#include "policy.h"

/** Nothing valid is deeper: file, list, policy, match. */
#define POLICY_DEPTH_MAX 16
/** After so many notes a file is no policy file. */
#define POLICY_NOTES_MAX 100

/** Reader of one file. Zeroed members are those of a reader at the start. */
struct policy_reader {
	yaml_parser_t yaml;
	yaml_event_t event;		/**< the current one; its text is valid until the next */
	bool has_event;
	const char *file;
	const char *text;		/**< the whole file */
	size_t len;
	const struct policy_listener *listener;
	struct policy_set *set;		/**< what is filled */
	unsigned int depth;		/**< of the current event */
	unsigned int notes;		/**< told so far */
	unsigned int errors;		/**< of these */
	bool stopped;			/**< nothing more can be understood; no event is there */
	bool no_memory;
};

/** A key of a mapping. */
struct policy_key {
	const char *name;
	/**
	 * Take the value that begins with the current event, all of it and no more: the current
	 * event is its last one afterwards. object is the mapping's.
	 */
	void (*take)(struct policy_reader *r, void *object);
};

/** Kinds of values as YAML's core schema has them; quoted text is always TEXT. */
enum policy_value_kind {
	POLICY_VALUE_OTHER,	/**< no scalar; it was passed over */
	POLICY_VALUE_TEXT,
	POLICY_VALUE_NUMBER,	/**< not negative, decimal or 0x..., below 2^64 */
	POLICY_VALUE_ODD,	/**< null, a truth value, or a number that is no such number */
};

/** A scalar. */
struct policy_value {
	enum policy_value_kind kind;
	const char *text;	/**< len bytes, then a NUL; valid until the next event */
	size_t len;
	uint64_t number;	/**< of NUMBER */
	struct policy_mark at;
};

/** 0, or -ENOMEM. policy_reader_fini() in any case. */
int policy_reader_init(struct policy_reader *r, const char *name, const char *text, size_t len,
		       const struct policy_listener *listener);
void policy_reader_fini(struct policy_reader *r);

/** Go to the next event; its type, YAML_NO_EVENT once stopped. */
yaml_event_type_t policy_reader_next(struct policy_reader *r);
yaml_event_type_t policy_reader_type(const struct policy_reader *r);
/** Where the current event begins. */
struct policy_mark policy_reader_mark(const struct policy_reader *r);

/** Pass over the value that begins with the current event. */
void policy_reader_skip(struct policy_reader *r);

void policy_error(struct policy_reader *r, struct policy_mark at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void policy_warning(struct policy_reader *r, struct policy_mark at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * Read the mapping that begins with the current event. where is "a policy", for the notes.
 * The bit of each key that was there; an unknown key and one that comes twice are told.
 * 0, told and passed over, if it is no mapping.
 */
unsigned int policy_read_mapping(struct policy_reader *r, const char *where,
				 const struct policy_key *keys, size_t count, void *object);

/** The scalar that is the current event; else it is passed over: what says what was wanted. */
struct policy_value policy_read_value(struct policy_reader *r, const char *what);

#endif
