// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON lines: dist/schema/event.schema.json describes them, viommu-trace(8) explains them.
 * What is not known is left out, never 0 or null.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/vfio.h>

#include "cli/printer.h"
#include "print/json-diagnosis.h"
#include "print/json-line.h"

/* Version of the format: raised when a reader of the older one would be misled. */
#define JSON_VERSION 1

#define NS_PER_SECOND UINT64_C(1000000000)

struct json_printer {
	struct output base;
	char *host;		/* NULL: unknown */
	uint64_t seq;		/* of the latest line */
};

/* RFC 3339 in UTC with nanoseconds. */
static void add_time(struct json_line *line, uint64_t ts)
{
	const time_t seconds = (time_t)(ts / NS_PER_SECOND);
	char text[48];
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%09" PRIu64 "Z", ts % NS_PER_SECOND);
	json_line_name(line, "ts", text);
}

static void add_who(struct json_line *line, const struct viommu_event *event)
{
	json_line_text(line, "vm", event->vm.name, sizeof(event->vm.name));
	json_line_text(line, "vm_uuid", event->vm.uuid, sizeof(event->vm.uuid));
	if (event->vm.name[0])
		json_line_name(line, "vm_source", viommu_vm_source_name(event->vm.source));
	if (event->pid)
		json_line_count(line, "pid", event->pid);
	if (event->tid)
		json_line_count(line, "tid", event->tid);
	json_line_text(line, "comm", event->comm, sizeof(event->comm));
}

static void add_where(struct json_line *line, const struct viommu_event *event)
{
	json_t *devices;

	json_line_name(line, "api", event->type == VIOMMU_EVENT_REQUEST ||
		       event->type == VIOMMU_EVENT_FAULT ? "virtio-iommu" : "type1");
	json_line_text(line, "container", event->container, sizeof(event->container));
	if (event->group >= 0)
		json_line_count(line, "group", (uint64_t)event->group);
	if (!event->device_count)
		return;
	devices = json_array();
	for (size_t i = 0; i < event->device_count && i < VIOMMU_MAX_DEVICES; i++)
		if (json_array_append_new(devices, json_line_string(event->devices[i],
								    sizeof(event->devices[i]))))
			line->err = -ENOMEM;
	json_line_add(line, "devices", devices);
}

static const char *prot_name(uint32_t dma_flags)
{
	static const char *const names[] = { "-", "r", "w", "rw" };

	_Static_assert(VFIO_DMA_MAP_FLAG_READ == 1 && VFIO_DMA_MAP_FLAG_WRITE == 2, "prot_name");
	return names[dma_flags & (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)];
}

static void add_range(struct json_line *line, const struct viommu_event *event)
{
	if (!event->ev.has_range)
		return;
	json_line_hex(line, "iova", event->ev.iova);
	json_line_hex(line, "size", event->ev.size);
	if ((event->type != VIOMMU_EVENT_MAP && event->type != VIOMMU_EVENT_DENY) ||
	    event->ev.flags_unknown)
		return;
	json_line_hex(line, "vaddr", event->ev.vaddr);
	json_line_name(line, "prot", prot_name(event->ev.dma_flags));
}

/* The default has no name. */
static void add_policy(struct json_line *line, const struct viommu_denier *by)
{
	struct json_line policy = { json_object(), 0 };

	json_line_text(&policy, "name", by->policy, sizeof(by->policy));
	json_line_text(&policy, "file", by->file, sizeof(by->file));
	json_line_add_object(line, "policy", &policy);
}

static void add_failure(struct json_line *line, const struct viommu_event *event)
{
	const struct viommu_diagnosis *diag = &event->diag;
	char number[24];

	if (event->result)
		json_line_name(line, "errno",
			       viommu_errno_name(-event->result, number, sizeof(number)));
	json_diagnosis_judgement(line, diag);
	if (event->type == VIOMMU_EVENT_DENY)
		add_policy(line, &event->denier);
	if (event->type == VIOMMU_EVENT_MAP || event->type == VIOMMU_EVENT_DENY) {
		json_line_name(line, "backing", viommu_backing_name(event->ev.backing));
		json_line_name(line, "path", viommu_path_name(event->ev.path));
	}
	json_diagnosis_advice(line, diag);
}

static void add_call(struct json_line *line, const struct viommu_event *event)
{
	add_where(line, event);
	json_line_request(line, event);
	add_range(line, event);
	if (event->type != VIOMMU_EVENT_FAULT)
		json_line_add(line, "result", json_integer(event->result));
	json_line_count(line, "count", event->count);
	json_line_limit(line, &event->ev.ranges, event->ev.limit_from);
	if (viommu_event_failed(event))
		add_failure(line, event);
}

static void add_members(struct json_line *line, struct json_printer *p,
			const struct viommu_event *event)
{
	json_line_count(line, "v", JSON_VERSION);
	add_time(line, event->ts);
	json_line_count(line, "seq", ++p->seq);
	if (p->host)
		json_line_text(line, "host", p->host, strlen(p->host));
	json_line_name(line, "type", viommu_event_name(event->type));
	add_who(line, event);
	switch (event->type) {
	case VIOMMU_EVENT_LOST:
		json_line_name(line, "reason", viommu_lost_name(event->lost));
		json_line_count(line, "count", event->count);
		break;
	case VIOMMU_EVENT_SUMMARY:
		json_line_summary(line, event);
		break;
	default:
		add_call(line, event);
	}
}

static int json_event(struct output *out, FILE *f, const struct viommu_event *event)
{
	struct json_line line = { json_object(), 0 };

	add_members(&line, (struct json_printer *)out, event);
	return json_line_print(&line, f);
}

static void json_fini(struct output *out)
{
	free(((struct json_printer *)out)->host);
}

struct output *output_new_json(const struct output_opts *opts)
{
	struct json_printer *p = output_alloc(sizeof(*p), opts);

	if (!p)
		return NULL;
	p->base.event = json_event;
	p->base.fini = json_fini;
	if (!opts->host)
		return &p->base;
	p->host = strdup(opts->host);
	if (!p->host) {
		output_free(&p->base);
		return NULL;
	}
	return &p->base;
}
