// SPDX-License-Identifier: GPL-2.0-or-later
/* Incidents whose lines may still come. */
#include <string.h>

#include "log-fold.h"
#include "log-open.h"

/*
 * From this version on a plain line tells of a guest's request: QEMU's own are a "warning:", have
 * "Region NAME:" before, or end QEMU (aaec00422b).
 */
#define QEMU_TELLS_BARS 10

static bool same_source(const struct log_open *o, const struct log_where *where)
{
	return !o->source || !where->source || o->source == where->source;
}

static bool near(const struct log_open *o, const struct log_where *where)
{
	return o->used && where->line - o->f.last_line <= LOG_JOIN_LINES && same_source(o, where);
}

static bool errors_fit(const struct log_open *o, const struct log_fact *fact)
{
	return !o->f.ev.err || !(fact->has & LOG_HAS_ERR) || o->f.ev.err == fact->err;
}

/* What named its cause is complete, but for a warning that a failure may follow. */
static bool may_grow(const struct log_open *o)
{
	return o->f.ev.said == VIOMMU_SAID_NOTHING || o->f.ev.said == VIOMMU_SAID_ENTRIES;
}

struct log_open *log_open_find(struct log_incidents *in, enum viommu_op op, bool bare,
			       const struct log_fact *fact, const struct log_where *where)
{
	struct log_open *best = NULL;

	for (size_t i = 0; i < LOG_OPEN; i++) {
		struct log_open *o = &in->open[i];

		if (!near(o, where) || !may_grow(o) || o->f.ev.op != op ||
		    (bare && !o->bare) || !errors_fit(o, fact))
			continue;
		if (!best || o->f.last_line >= best->f.last_line)
			best = o;
	}
	return best;
}

static enum viommu_event_type type_of(enum viommu_op op)
{
	static const enum viommu_event_type types[] = {
		[VIOMMU_OP_MAP] = VIOMMU_EVENT_MAP,
		[VIOMMU_OP_UNMAP] = VIOMMU_EVENT_UNMAP,
		[VIOMMU_OP_ATTACH] = VIOMMU_EVENT_ATTACH,
		[VIOMMU_OP_FAULT] = VIOMMU_EVENT_FAULT,
	};

	return types[op];
}

static void settle_one(struct log_incidents *in, struct log_open *o)
{
	struct viommu_evidence *ev = &o->f.ev;

	o->used = false;
	if (o->plain && in->vm.qemu >= QEMU_TELLS_BARS && !ev->gave_up &&
	    ev->path == VIOMMU_PATH_UNKNOWN)
		ev->path = VIOMMU_PATH_VIOMMU;
	incidents_fold(in, o);
}

void incidents_settle(struct log_incidents *in, uint64_t line)
{
	for (size_t i = 0; i < LOG_OPEN; i++) {
		struct log_open *o = &in->open[i];

		if (o->used && (!line || line - o->f.last_line > LOG_JOIN_LINES))
			settle_one(in, o);
	}
}

/* All of a line that fits; of a longer one, the part with the message. */
static void add_text(struct log_finding *f, const struct log_where *where)
{
	const size_t before = 80;
	size_t from = 0;

	if (where->len >= sizeof(f->text) && where->at > before)
		from = where->at - before;
	while (from && from < where->len && ((unsigned char)where->text[from] & 0xc0) == 0x80)
		from++;
	log_copy(f->text, sizeof(f->text), where->text + from, where->len - from);
}

struct log_open *log_open_new(struct log_incidents *in, enum viommu_op op, unsigned int pattern,
			      const struct log_where *where)
{
	struct log_open *o = &in->open[0];

	for (size_t i = 0; i < LOG_OPEN; i++) {
		if (!in->open[i].used) {
			o = &in->open[i];
			break;
		}
		if (in->open[i].f.last_line < o->f.last_line)
			o = &in->open[i];
	}
	if (o->used)
		settle_one(in, o);
	memset(o, 0, sizeof(*o));
	o->used = true;
	o->pattern = pattern;
	o->source = where->source;
	o->f = (struct log_finding) {
		.id = ++in->begun, .type = type_of(op), .file = in->file, .line = where->line,
		.last_line = where->line, .count = 1, .group = -1,
		.ev = { .op = op, .flags_unknown = true, .api = VIOMMU_API_UNKNOWN },
	};
	log_copy(o->f.vm, sizeof(o->f.vm), in->vm.name, strlen(in->vm.name));
	add_text(&o->f, where);
	if (in->vm.device_count)
		o->f.ev.containers = in->vm.viommu ? in->vm.device_count : 1;
	if (in->vm.iommufd)
		o->f.ev.api = VIOMMU_API_IOMMUFD;
	return o;
}
