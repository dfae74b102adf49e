// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells of a row, from an event. Whatever a process can choose is cleaned here. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/table.h"
#include "host/text.h"
#include "print/columns.h"
#include "print/format.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

const char *table_severity_color(const struct table_style *style, enum viommu_severity severity)
{
	if (!style->color)
		return NULL;
	switch (severity) {
	case VIOMMU_SEVERITY_FATAL:
	case VIOMMU_SEVERITY_SILENT:
		return "\x1b[1;31m";
	case VIOMMU_SEVERITY_WARNING:
		return "\x1b[33m";
	default:
		return NULL;
	}
}

/* Time of day where the reader is. */
static void cell_time(char *buf, size_t size, uint64_t ts, bool ms)
{
	const time_t seconds = (time_t)(ts / NS_PER_SECOND);
	struct tm tm;
	size_t len;

	if (!localtime_r(&seconds, &tm))
		return;
	len = strftime(buf, size, "%H:%M:%S", &tm);
	if (ms)
		snprintf(buf + len, size - len, ".%03" PRIu64, ts % NS_PER_SECOND / NS_PER_MS);
}

void table_vm(char *buf, size_t size, const struct viommu_event *event)
{
	char comm[4 * VIOMMU_COMM_LEN];
	size_t len;

	len = host_text_clean(buf, size, event->vm.name,
			      strnlen(event->vm.name, sizeof(event->vm.name)));
	if (event->vm.source != VIOMMU_VM_NONE || !event->comm[0])
		return;
	host_text_clean(comm, sizeof(comm), event->comm,
			strnlen(event->comm, sizeof(event->comm)));
	snprintf(buf + len, size - len, "%s%s", len ? " " : "", comm);
}

/* The device as the guest knows it; of a MAP the vIOMMU only says in which address space. */
static void cell_endpoint(char *buf, size_t size, const struct viommu_request *r)
{
	if (r->device[0])
		host_text_clean(buf, size, r->device, strnlen(r->device, sizeof(r->device)));
	else if (r->endpoint != VIOMMU_NO_ENDPOINT)
		snprintf(buf, size, "ep 0x%x", r->endpoint);
	else
		snprintf(buf, size, "space %u", r->domain);
}

/* As lspci does, PCI domain 0 is left out where more than one device must be told. */
static void cell_device(char *buf, size_t size, const struct viommu_event *event)
{
	static const char domain0[] = "0000:";
	const size_t skip = sizeof(domain0) - 1;
	char first[64];

	if (event->request.type || event->type == VIOMMU_EVENT_FAULT) {
		cell_endpoint(buf, size, &event->request);
		return;
	}
	if (!event->device_count) {
		if (event->group >= 0)
			snprintf(buf, size, "group %d", event->group);
		return;
	}
	host_text_clean(first, sizeof(first), event->devices[0],
			strnlen(event->devices[0], sizeof(event->devices[0])));
	if (event->device_count == 1)
		snprintf(buf, size, "%s", first);
	else
		snprintf(buf, size, "%s+%zu", strncmp(first, domain0, skip) ? first : first + skip,
			 event->device_count - 1);
}

/* "map", or "map x99" for a line that stands for several. */
static void cell_op(char *buf, size_t size, const struct viommu_event *event)
{
	const char *op = event->type == VIOMMU_EVENT_REQUEST ?
			 viommu_request_name(event->request.type) : viommu_event_name(event->type);

	if (event->type == VIOMMU_EVENT_REQUEST && event->count <= 1)
		snprintf(buf, size, "req %s", op ? op : "?");
	else if (event->count > 1)
		snprintf(buf, size, "%s x%" PRIu64, op ? op : "", event->count);
	else
		snprintf(buf, size, "%s", op ? op : "");
}

/* "first..last" of a line that stands for several, "first.." where there is no room for it. */
static void cell_iova(char *buf, size_t size, const struct viommu_event *event, unsigned int room)
{
	if (!event->ev.has_range)
		return;
	if (event->count <= 1) {
		snprintf(buf, size, "0x%" PRIx64, event->ev.iova);
		return;
	}
	snprintf(buf, size, "0x%" PRIx64 "..0x%" PRIx64, event->iova_lowest, event->iova_highest);
	if (columns_width(buf) > room)
		snprintf(buf, size, "0x%" PRIx64 "..", event->iova_lowest);
}

static void cells_outcome(struct row *row, const struct table_style *style,
			  const struct viommu_event *event)
{
	const struct viommu_diagnosis *diag = &event->diag;
	const char *severity = viommu_severity_name(diag->severity);
	const char *reason = viommu_reason_name(diag->reason);
	/* What the guest was told; what the host answered is in the sentence below. */
	const char *told = event->request.failed ? "told ok" :
			   viommu_status_name(event->request.status);
	char number[24];

	if (!viommu_event_failed(event)) {
		strcpy(row->cell[COLUMN_RESULT],
		       event->request.status == VIOMMU_STATUS_UNKNOWN ? "asked" : "ok");
		return;
	}
	if (event->type == VIOMMU_EVENT_REQUEST)
		snprintf(row->cell[COLUMN_RESULT], LAYOUT_CELL, "%s",
			 told ? told : "refused");
	else if (event->type == VIOMMU_EVENT_DENY && !event->result)
		strcpy(row->cell[COLUMN_RESULT], "audit");
	else if (event->result)
		snprintf(row->cell[COLUMN_RESULT], LAYOUT_CELL, "%s",
			 viommu_errno_name(-event->result, number, sizeof(number)));
	snprintf(row->cell[COLUMN_REASON], LAYOUT_CELL, "%s", reason ? reason : "");
	snprintf(row->cell[COLUMN_SEVERITY], LAYOUT_CELL, "%s", severity ? severity : "");
	row->color[COLUMN_SEVERITY] = table_severity_color(style, diag->severity);
}

void table_row(struct row *row, const struct layout *layout, const struct table_style *style,
	       const struct viommu_event *event)
{
	const bool group = event->type == VIOMMU_EVENT_ATTACH || event->type == VIOMMU_EVENT_DETACH;
	char text[LAYOUT_CELL];

	cell_time(row->cell[COLUMN_TIME], LAYOUT_CELL, event->ts, layout_has_ms(layout));
	table_vm(text, sizeof(text), event);
	columns_clip(row->cell[COLUMN_VM], LAYOUT_CELL, text, layout->columns[COLUMN_VM]);
	text[0] = '\0';
	cell_device(text, sizeof(text), event);
	columns_clip(row->cell[COLUMN_DEVICE], LAYOUT_CELL, text, layout->columns[COLUMN_DEVICE]);
	cell_op(row->cell[COLUMN_OP], LAYOUT_CELL, event);
	cells_outcome(row, style, event);
	if (event->ev.has_range && event->type != VIOMMU_EVENT_FAULT)
		format_size(row->cell[COLUMN_SIZE], LAYOUT_CELL, event->ev.size);
	if (group)
		snprintf(row->cell[COLUMN_IOVA], LAYOUT_CELL, "group %d", event->group);
	else
		cell_iova(row->cell[COLUMN_IOVA], LAYOUT_CELL, event,
			  layout_room(layout, row, COLUMN_IOVA));
}
