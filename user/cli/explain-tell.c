// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Of input that goes on, a finding is told as soon as it is known. What comes later is held against
 * that, so that whoever reads along has the same at the end as from a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain-tell.h"

struct explain_told {
	struct log_finding f[LOG_MAX_FINDINGS];	/* as they were when they were told */
	size_t count;
};

struct explain_told *explain_told_new(void)
{
	return calloc(1, sizeof(struct explain_told));
}

void explain_told_free(struct explain_told *told)
{
	free(told);
}

static bool same_remedies(const struct viommu_diagnosis *a, const struct viommu_diagnosis *b)
{
	if (a->remedy_count != b->remedy_count)
		return false;
	for (size_t i = 0; i < a->remedy_count; i++)
		if (strcmp(a->remedies[i].text, b->remedies[i].text) ||
		    strcmp(a->remedies[i].option, b->remedies[i].option))
			return false;
	return true;
}

/* By what is told, not by the evidence: that may change without a difference to anyone. */
static bool same_answer(const struct log_finding *a, const struct log_finding *b)
{
	struct viommu_diagnosis x, y;

	if (a->incomplete != b->incomplete || a->group != b->group || strcmp(a->vm, b->vm) ||
	    strcmp(a->device, b->device))
		return false;
	viommu_diagnose(&a->ev, &x);
	viommu_diagnose(&b->ev, &y);
	return x.reason == y.reason && x.severity == y.severity && !strcmp(x.detail, y.detail) &&
	       same_remedies(&x, &y);
}

static const struct log_finding *find(const struct log_finding *f, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (f[i].id == id)
			return &f[i];
	return NULL;
}

static int tell_one(const struct explain_output *o, const struct log_finding *f,
		    enum explain_change change)
{
	return o->json ? explain_json_finding(o, f, change) : explain_table_finding(o, f, change);
}

static int tell_withdrawn(const struct explain_output *o, const struct explain_told *told,
			  const struct log *log)
{
	const size_t count = log_count(log);
	int err = 0;

	for (size_t i = 0; i < told->count && !err; i++)
		if (!count || !find(log_at(log, 0), count, told->f[i].id))
			err = tell_one(o, &told->f[i], EXPLAIN_WITHDRAWN);
	return err;
}

/* NEW, REPEATED or UPDATED; WHOLE stands for no change. */
static enum explain_change change_of(const struct explain_told *told, const struct log_finding *f)
{
	const struct log_finding *const before = find(told->f, told->count, f->id);

	if (!before)
		return EXPLAIN_NEW;
	if (!same_answer(before, f))
		return EXPLAIN_UPDATED;
	return before->count != f->count || before->faults != f->faults ? EXPLAIN_REPEATED
									 : EXPLAIN_WHOLE;
}

static int tell_changes(const struct explain_output *o, struct explain_told *told,
			const struct log *log)
{
	int err = tell_withdrawn(o, told, log);

	for (size_t i = 0; i < log_count(log) && !err; i++) {
		const enum explain_change change = change_of(told, log_at(log, i));

		if (change != EXPLAIN_WHOLE)
			err = tell_one(o, log_at(log, i), change);
	}
	told->count = log_count(log);
	for (size_t i = 0; i < told->count; i++)
		told->f[i] = *log_at(log, i);
	return err;
}

int explain_tell(const struct explain_output *o, struct explain_told *told, const struct log *log)
{
	int err = 0;

	if (told)
		err = tell_changes(o, told, log);
	for (size_t i = 0; !told && i < log_count(log) && !err; i++)
		err = tell_one(o, log_at(log, i), EXPLAIN_WHOLE);
	if (!err && (fflush(o->out) || ferror(o->out)))
		err = errno ? -errno : -EIO;
	return err;
}
