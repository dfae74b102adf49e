// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libyaml's events: it reads a string here, so there is no I/O. A syntax error ends a file, since
 * libyaml does not find its way back; mistakes in what the YAML says do not.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "policy-yaml.h"

static void note(struct policy_reader *r, enum policy_note_kind kind, struct policy_mark at,
		 const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

static void note(struct policy_reader *r, enum policy_note_kind kind, struct policy_mark at,
		 const char *fmt, va_list args)
{
	char text[512];
	const struct policy_note said = { kind, r->file, at, text };

	vsnprintf(text, sizeof(text), fmt, args);
	r->errors += kind == POLICY_ERROR;
	if (r->notes++ < POLICY_NOTES_MAX)
		r->listener->tell(r->listener->ctx, &said);
}

void policy_error(struct policy_reader *r, struct policy_mark at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(r, POLICY_ERROR, at, fmt, args);
	va_end(args);
}

void policy_warning(struct policy_reader *r, struct policy_mark at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(r, POLICY_WARNING, at, fmt, args);
	va_end(args);
}

int policy_reader_init(struct policy_reader *r, const char *name, const char *text, size_t len,
		       const struct policy_listener *listener)
{
	memset(r, 0, sizeof(*r));
	r->file = name;
	r->text = text;
	r->len = len;
	r->listener = listener;
	if (!yaml_parser_initialize(&r->yaml))
		return -ENOMEM;
	/* Else two bytes could make the file UTF-16, in which an editor shows something else. */
	yaml_parser_set_encoding(&r->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->yaml, (const unsigned char *)text, len);
	return 0;
}

static void event_drop(struct policy_reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
}

void policy_reader_fini(struct policy_reader *r)
{
	event_drop(r);
	yaml_parser_delete(&r->yaml);
}

static struct policy_mark mark_of(yaml_mark_t mark)
{
	return (struct policy_mark){ (unsigned int)mark.line + 1, (unsigned int)mark.column + 1 };
}

/* The reader of bytes knows an offset only. Columns are bytes here, as characters are in doubt. */
static struct policy_mark mark_of_offset(const struct policy_reader *r, size_t offset)
{
	struct policy_mark at = { 1, 1 };

	for (size_t i = 0; i < offset && i < r->len; i++) {
		at.column++;
		if (r->text[i] == '\n')
			at = (struct policy_mark){ at.line + 1, 1 };
	}
	return at;
}

static void syntax_error(struct policy_reader *r)
{
	const yaml_parser_t *y = &r->yaml;
	const char *problem = y->problem ? y->problem : "it is not YAML";

	r->stopped = true;
	if (y->error == YAML_MEMORY_ERROR)
		r->no_memory = true;
	else if (y->error == YAML_READER_ERROR)
		policy_error(r, mark_of_offset(r, y->problem_offset), "not a text: %s", problem);
	else if (y->context)
		policy_error(r, mark_of(y->problem_mark), "%s %s (from line %zu on)", problem,
			     y->context, y->context_mark.line + 1);
	else
		policy_error(r, mark_of(y->problem_mark), "%s", problem);
}

static void depth_count(struct policy_reader *r)
{
	switch (r->event.type) {
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		r->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		break;
	default:
		break;
	}
	if (r->depth > POLICY_DEPTH_MAX) {
		policy_error(r, policy_reader_mark(r), "nested too deeply");
		r->stopped = true;
	}
}

/* What gives a value another meaning than its text has, wherever it stands. */
static void decoration_refuse(struct policy_reader *r)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		anchor = r->event.data.scalar.anchor;
		tag = r->event.data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = r->event.data.sequence_start.anchor;
		tag = r->event.data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = r->event.data.mapping_start.anchor;
		tag = r->event.data.mapping_start.tag;
		break;
	case YAML_ALIAS_EVENT:
		policy_error(r, policy_reader_mark(r), "aliases ('*%.40s') are not allowed: write "
			     "the value itself, or quote it", (const char *)r->event.data.alias.anchor);
		break;
	default:
		break;
	}
	if (anchor)
		policy_error(r, policy_reader_mark(r), "anchors ('&%.40s') are not allowed",
			     (const char *)anchor);
	if (tag)
		policy_error(r, policy_reader_mark(r), "tags ('%.40s') are not allowed",
			     (const char *)tag);
}

yaml_event_type_t policy_reader_next(struct policy_reader *r)
{
	event_drop(r);
	if (r->notes >= POLICY_NOTES_MAX && !r->stopped) {
		r->stopped = true;
		policy_error(r, (struct policy_mark){ 0, 0 }, "too many mistakes");
	}
	if (r->stopped)
		return YAML_NO_EVENT;
	if (!yaml_parser_parse(&r->yaml, &r->event)) {
		syntax_error(r);
		return YAML_NO_EVENT;
	}
	r->has_event = true;
	decoration_refuse(r);
	depth_count(r);
	if (r->stopped)
		event_drop(r);
	return policy_reader_type(r);
}

yaml_event_type_t policy_reader_type(const struct policy_reader *r)
{
	return r->has_event ? r->event.type : YAML_NO_EVENT;
}

struct policy_mark policy_reader_mark(const struct policy_reader *r)
{
	return r->has_event ? mark_of(r->event.start_mark) : (struct policy_mark){ 0, 0 };
}

static bool starts_collection(const struct policy_reader *r)
{
	return policy_reader_type(r) == YAML_SEQUENCE_START_EVENT ||
	       policy_reader_type(r) == YAML_MAPPING_START_EVENT;
}

void policy_reader_skip(struct policy_reader *r)
{
	const unsigned int outside = r->depth - 1;

	if (!starts_collection(r))
		return;
	while (policy_reader_next(r) != YAML_NO_EVENT && r->depth > outside)
		;
}

static void key_unknown(struct policy_reader *r, const char *where, const struct policy_key *keys,
			size_t count, const char *name)
{
	const char *near = NULL;
	unsigned int best = NEAREST_MAX;

	for (size_t i = 0; i < count; i++) {
		const unsigned int distance = nearest_distance(name, keys[i].name);

		if (distance < best) {
			best = distance;
			near = keys[i].name;
		}
	}
	if (!strcmp(name, "<<"))
		policy_error(r, policy_reader_mark(r), "merge keys ('<<') are not allowed");
	else if (near && nearest_is_close(name, best))
		policy_error(r, policy_reader_mark(r), "unknown key '%.40s' (did you mean '%s'?)",
			     name, near);
	else
		policy_error(r, policy_reader_mark(r), "unknown key '%.40s' in %s", name, where);
}

/* Index of the key that is the current event; count, told, if it is none that is to be taken. */
static size_t key_read(struct policy_reader *r, const char *where, const struct policy_key *keys,
		       size_t count, unsigned int *seen)
{
	const char *name;

	if (policy_reader_type(r) != YAML_SCALAR_EVENT) {
		if (policy_reader_type(r) != YAML_ALIAS_EVENT)
			policy_error(r, policy_reader_mark(r), "a key in %s has to be a word", where);
		policy_reader_skip(r);
		return count;
	}
	name = (const char *)r->event.data.scalar.value;
	for (size_t i = 0; i < count; i++) {
		if (strlen(name) != r->event.data.scalar.length || strcmp(name, keys[i].name))
			continue;
		if (*seen & 1u << i) {
			policy_warning(r, policy_reader_mark(r), "'%s' is given twice in %s: the "
				       "first one counts", name, where);
			return count;
		}
		*seen |= 1u << i;
		return i;
	}
	key_unknown(r, where, keys, count, name);
	return count;
}

unsigned int policy_read_mapping(struct policy_reader *r, const char *where,
				 const struct policy_key *keys, size_t count, void *object)
{
	unsigned int seen = 0;

	if (policy_reader_type(r) != YAML_MAPPING_START_EVENT) {
		if (policy_reader_type(r) != YAML_ALIAS_EVENT)
			policy_error(r, policy_reader_mark(r), "%s has to be a mapping "
				     "('key: value')", where);
		policy_reader_skip(r);
		return 0;
	}
	for (;;) {
		const yaml_event_type_t type = policy_reader_next(r);
		size_t i;

		if (type == YAML_NO_EVENT || type == YAML_MAPPING_END_EVENT)
			return seen;
		i = key_read(r, where, keys, count, &seen);
		if (policy_reader_next(r) == YAML_NO_EVENT)
			return seen;
		if (i < count)
			keys[i].take(r, object);
		else
			policy_reader_skip(r);
	}
}
