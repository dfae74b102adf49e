// SPDX-License-Identifier: GPL-2.0-or-later
/* The schema of policy files: viommu-policy(5), dist/schema/policy.schema.json. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iova.h"
#include "policy-pattern.h"
#include "policy-parts.h"
#include "policy-yaml.h"
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Granule of the limit: VFIO maps whole pages (P_MAX_IOVA in viommu/guard.h). */
#define PAGE 4096ULL

/** A policy while it is read. */
struct draft {
	struct policy *p;
	struct policy_mark at;		/**< of the policy */
	bool has_vm, has_cgroup;
};

/* Text of at most size - 1 bytes on one line, into dst. */
static bool text_take(struct policy_reader *r, const struct policy_value *v, const char *key,
		      char *dst, size_t size)
{
	if (v->kind != POLICY_VALUE_TEXT) {
		if (v->kind != POLICY_VALUE_OTHER)
			policy_error(r, v->at, "'%s' has to be text: put '%.40s' in quotes", key,
				     v->text);
		return false;
	}
	if (!v->len || v->len >= size) {
		policy_error(r, v->at, "'%s' has to have 1 to %zu bytes, not %zu", key, size - 1,
			     v->len);
		return false;
	}
	for (size_t i = 0; i < v->len; i++) {
		if ((unsigned char)v->text[i] < ' ' || v->text[i] == 0x7f) {
			policy_error(r, v->at, "'%s' has to be one line without control characters",
				     key);
			return false;
		}
	}
	memcpy(dst, v->text, v->len + 1);
	return true;
}

/* The same where a decimal number is a name too: ids of VMs. */
static bool name_take(struct policy_reader *r, struct policy_value *v, const char *key, char *dst,
		      size_t size)
{
	if (v->kind == POLICY_VALUE_NUMBER && !strchr(v->text, 'x'))
		v->kind = POLICY_VALUE_TEXT;
	return text_take(r, v, key, dst, size);
}

static void take_name(struct policy_reader *r, void *object)
{
	struct draft *d = object;
	struct policy_value v = policy_read_value(r, "a name");

	d->p->at = v.at;
	if (!name_take(r, &v, "name", d->p->name, sizeof(d->p->name)))
		return;
	if (!policy_name_valid(d->p->name)) {
		policy_error(r, v.at, "'%s' is no name of a policy: letters, digits and . _ - make "
			     "one", d->p->name);
		d->p->name[0] = '\0';
	}
}

static void take_vm(struct policy_reader *r, void *object)
{
	struct draft *d = object;
	struct policy_value v = policy_read_value(r, "a VM's name");

	d->p->match_at = v.at;
	d->has_vm = true;
	name_take(r, &v, "vm", d->p->vm, sizeof(d->p->vm));
}

static void take_cgroup(struct policy_reader *r, void *object)
{
	struct draft *d = object;
	struct policy_value v = policy_read_value(r, "a pattern of a cgroup's path");
	const char *why;

	d->p->match_at = v.at;
	d->has_cgroup = true;
	if (!text_take(r, &v, "cgroup", d->p->pattern[0], sizeof(d->p->pattern[0])))
		return;
	why = policy_pattern_error(d->p->pattern[0]);
	if (why)
		policy_error(r, v.at, "'%.80s' is no pattern of a cgroup: %s", d->p->pattern[0],
			     why);
	else
		d->p->pattern_count = 1;
}

static void take_match(struct policy_reader *r, void *object)
{
	static const struct policy_key keys[] = { { "vm", take_vm }, { "cgroup", take_cgroup } };
	struct draft *d = object;
	const struct policy_mark at = policy_reader_mark(r);
	const bool mapping = policy_reader_type(r) == YAML_MAPPING_START_EVENT;

	policy_read_mapping(r, "'match'", keys, COUNT(keys), object);
	if (mapping && !r->stopped && d->has_vm == d->has_cgroup)
		policy_error(r, at, d->has_vm ? "'match' has both 'vm' and 'cgroup': give one of them"
					      : "'match' has neither 'vm' nor 'cgroup'");
}

/* 2^bits - 1 */
static uint64_t last_of_bits(uint64_t bits)
{
	return bits >= 64 ? UINT64_MAX : (1ULL << bits) - 1;
}

static void take_bits(struct policy_reader *r, void *object)
{
	struct draft *d = object;
	struct policy_value v = policy_read_value(r, "a number of bits");

	d->p->limit_at = v.at;
	if (v.kind == POLICY_VALUE_OTHER)
		return;
	if (v.kind == POLICY_VALUE_NUMBER && v.number >= 12 && v.number <= 64)
		d->p->max_iova = last_of_bits(v.number);
	else
		policy_error(r, v.at, "'max_iova_bits' has to be a number from 12 to 64%s",
			     v.kind == POLICY_VALUE_TEXT ? ", without quotes" : "");
}

/* "0x7fffffffff" in quotes is as good: JSON has no other way to write it. */
static bool address_read(struct policy_value *v)
{
	return v->kind == POLICY_VALUE_NUMBER ||
	       (v->kind == POLICY_VALUE_TEXT && policy_hex_read(v->text, v->len, &v->number));
}

static void take_address(struct policy_reader *r, void *object)
{
	struct draft *d = object;
	struct policy_value v = policy_read_value(r, "an address");

	d->p->limit_at = v.at;
	if (v.kind == POLICY_VALUE_OTHER)
		return;
	if (!address_read(&v))
		policy_error(r, v.at, "'max_iova' has to be an address such as 0x7fffffffff");
	else if ((v.number + 1) % PAGE)
		policy_error(r, v.at, "'max_iova' is the last address that is allowed, the last byte "
			     "of a page: 0x%llx%s", (unsigned long long)(v.number | (PAGE - 1)),
			     v.number % PAGE ? "" : ", or one page less");
	else
		d->p->max_iova = v.number;
}

/* Index of a word in names, -1 if it is none, which is told. */
static int word_take(struct policy_reader *r, const char *key, const char *const *names,
		     size_t count)
{
	struct policy_value v = policy_read_value(r, "a word");
	char list[64];
	struct text t;

	if (v.kind == POLICY_VALUE_OTHER)
		return -1;
	text_init(&t, list, sizeof(list));
	for (size_t i = 0; i < count; i++) {
		if (v.kind == POLICY_VALUE_TEXT && v.len == strlen(names[i]) &&
		    !strcmp(v.text, names[i]))
			return (int)i;
		text_add(&t, "%s%s", !i ? "" : i + 1 < count ? ", " : " or ", names[i]);
	}
	policy_error(r, v.at, "'%s' has to be %s, not '%.40s'", key, list, v.text);
	return -1;
}

static void take_mode(struct policy_reader *r, void *object)
{
	static const char *const names[] = { "enforce", "audit" };
	struct draft *d = object;
	const int word = word_take(r, "mode", names, COUNT(names));

	if (word >= 0)
		d->p->mode = word ? VIOMMU_GUARD_AUDIT : VIOMMU_GUARD_ENFORCE;
}

static void take_errno(struct policy_reader *r, void *object)
{
	static const char *const names[] = { "ERANGE", "EPERM", "EINVAL" };
	static const uint32_t errors[] = { ERANGE, EPERM, EINVAL };
	struct draft *d = object;
	const int word = word_take(r, "errno", names, COUNT(names));

	if (word >= 0)
		d->p->error = errors[word];
}

static void take_message(struct policy_reader *r, void *object)
{
	struct draft *d = object;
	const struct policy_value v = policy_read_value(r, "a text");

	text_take(r, &v, "message", d->p->message, sizeof(d->p->message));
}

/* Bits of what policy_read_mapping() returns for the keys below. */
enum { BITS = 1 << 0, ADDRESS = 1 << 1, NAME = 1 << 5, MATCH = 1 << 6 };

static const struct policy_key policy_keys[] = {
	{ "max_iova_bits", take_bits }, { "max_iova", take_address }, { "mode", take_mode },
	{ "errno", take_errno }, { "message", take_message }, { "name", take_name },
	{ "match", take_match },
};

/* The default has neither a name nor a match. */
#define DEFAULT_KEYS 5

static void limit_check(struct policy_reader *r, const struct draft *d, unsigned int seen,
			const char *where)
{
	if ((seen & BITS) && (seen & ADDRESS))
		policy_error(r, d->p->limit_at, "%s has both 'max_iova_bits' and 'max_iova': give "
			     "one of them", where);
	else if (!(seen & (BITS | ADDRESS)))
		policy_error(r, d->at, "%s has no limit: give 'max_iova_bits' or 'max_iova'", where);
}

/* Patterns of a VM, or why it has none and what then. */
static void vm_compile(struct policy_reader *r, struct policy *p)
{
	const char *why = policy_compile_vm(p, p->vm);

	if (why)
		policy_warning(r, p->match_at, "the kernel cannot tell VM '%s' from others by itself, "
			       "since %s: the policy binds late, only what 'viommuctl policy run %s "
			       "-- COMMAND' starts; or match the VM's 'cgroup'", p->vm, why, p->name);
}

static void match_check(struct policy_reader *r, const struct draft *d, unsigned int seen)
{
	if (d->has_vm && d->p->vm[0] && !d->has_cgroup)
		vm_compile(r, d->p);
	else if (!(seen & MATCH))
		policy_warning(r, d->at, "no 'match': the policy binds only what 'viommuctl policy "
			       "run %s -- COMMAND' starts", d->p->name);
}

static void draft_init(struct draft *d, struct policy *p, const struct policy_reader *r)
{
	memset(d, 0, sizeof(*d));
	memset(p, 0, sizeof(*p));
	d->p = p;
	d->at = policy_reader_mark(r);
	p->at = d->at;
	p->max_iova = POLICY_NO_LIMIT;
	p->mode = VIOMMU_GUARD_ENFORCE;
	p->error = ERANGE;
	snprintf(p->file, sizeof(p->file), "%s", r->file);
}

static void policy_read(struct policy_reader *r)
{
	const struct policy_mark at = policy_reader_mark(r);
	const bool mapping = policy_reader_type(r) == YAML_MAPPING_START_EVENT;
	struct policy *p = policy_set_add(r->set);
	struct draft d;
	unsigned int seen;

	if (!p) {
		if (r->set->count == VIOMMU_GUARD_MAX_POLICIES)
			policy_error(r, at, "more than %u policies", VIOMMU_GUARD_MAX_POLICIES);
		else
			r->no_memory = true;
		r->stopped = true;
		return;
	}
	draft_init(&d, p, r);
	seen = policy_read_mapping(r, "a policy", policy_keys, COUNT(policy_keys), &d);
	if (!mapping || r->stopped)
		return;
	if (!(seen & NAME))
		policy_error(r, at, "a policy without 'name'");
	limit_check(r, &d, seen, "a policy");
	match_check(r, &d, seen);
	policy_limit_warn(r, p);
}

static void take_policies(struct policy_reader *r, void *object)
{
	(void)object;
	if (policy_reader_type(r) != YAML_SEQUENCE_START_EVENT) {
		policy_error(r, policy_reader_mark(r), "'policies' has to be a list ('- name: ...')");
		policy_reader_skip(r);
		return;
	}
	for (;;) {
		const yaml_event_type_t type = policy_reader_next(r);

		if (type == YAML_NO_EVENT || type == YAML_SEQUENCE_END_EVENT)
			return;
		policy_read(r);
	}
}

static void take_default(struct policy_reader *r, void *object)
{
	const struct policy_mark at = policy_reader_mark(r);
	const bool mapping = policy_reader_type(r) == YAML_MAPPING_START_EVENT;
	struct policy again, *p = r->set->has_default ? &again : &r->set->fallback;
	struct draft d;
	unsigned int seen;

	(void)object;
	draft_init(&d, p, r);
	seen = policy_read_mapping(r, "'default'", policy_keys, DEFAULT_KEYS, &d);
	if (r->set->has_default)
		policy_error(r, at, "a second default: %s:%u has one", r->set->fallback.file,
			     r->set->fallback.at.line);
	r->set->has_default = true;
	if (!mapping || r->stopped)
		return;
	limit_check(r, &d, seen, "'default'");
	policy_limit_warn(r, p);
}

static void take_version(struct policy_reader *r, void *object)
{
	const struct policy_value v = policy_read_value(r, "a number");

	(void)object;
	if (v.kind != POLICY_VALUE_OTHER && (v.kind != POLICY_VALUE_NUMBER || v.number != 1))
		policy_error(r, v.at, "'version' has to be 1, not '%.40s'", v.text);
}

static const struct policy_key file_keys[] = {
	{ "version", take_version }, { "policies", take_policies }, { "default", take_default },
};

static bool is_null(const struct policy_reader *r)
{
	return policy_reader_type(r) == YAML_SCALAR_EVENT && !r->event.data.scalar.length;
}

static void document_read(struct policy_reader *r)
{
	const struct policy_mark at = { 1, 1 };
	unsigned int seen = 0;

	if (policy_reader_type(r) == YAML_DOCUMENT_START_EVENT) {
		policy_reader_next(r);
		if (!is_null(r))
			seen = policy_read_mapping(r, "a policy file", file_keys, COUNT(file_keys), NULL);
		policy_reader_next(r);
		policy_reader_next(r);
	}
	if (r->stopped)
		return;
	if (!(seen & 1))
		policy_error(r, at, "no 'version: 1' in it");
	if (policy_reader_type(r) == YAML_DOCUMENT_START_EVENT)
		policy_error(r, policy_reader_mark(r), "a second document ('---'): a file has one");
}

static void file_read(struct policy_reader *r)
{
	policy_reader_next(r);
	policy_reader_next(r);
	document_read(r);
}

int policy_parse(struct policy_set *set, const char *name, const char *text, size_t len,
		 const struct policy_listener *listener)
{
	const size_t before = set->count;
	const bool had_default = set->has_default;
	struct policy_reader r;
	int ret = policy_reader_init(&r, name, text, len, listener);

	r.set = set;
	if (!ret && len > POLICY_FILE_MAX)
		policy_error(&r, (struct policy_mark){ 0, 0 }, "larger than %u bytes",
			     POLICY_FILE_MAX);
	else if (!ret)
		file_read(&r);
	if (!ret)
		ret = r.no_memory ? -ENOMEM : r.errors ? -EINVAL : 0;
	policy_reader_fini(&r);
	if (ret) {
		set->count = before;
		set->has_default = had_default;
	}
	return ret;
}
