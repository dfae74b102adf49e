// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the tables of the code, tabs between the fields: tests/sync/run.sh compares with them. */
#include <stdio.h>

#include "cli/trace-options.h"
#include "core/event.h"

/* One line per value, until the vocabulary has no more names. */
#define DUMP(label, function, type) \
	for (int i = 0; function((type)i); i++) \
		printf("%s\t%s\n", label, function((type)i))

static void dump_options(const struct program_desc *prog)
{
	for (size_t i = 0; i < prog->option_count; i++) {
		const struct option_desc *o = &prog->options[i];

		printf("option\t%s\t%c\t%s\n", o->name, o->letter ? o->letter : '-',
		       o->metavar ? o->metavar : "-");
	}
}

static void dump_vocabularies(void)
{
	DUMP("reason", viommu_reason_name, enum viommu_reason);
	DUMP("severity", viommu_severity_name, enum viommu_severity);
	DUMP("type", viommu_event_name, enum viommu_event_type);
	DUMP("path", viommu_path_name, enum viommu_path);
	DUMP("backing", viommu_backing_name, enum viommu_backing);
	DUMP("from", viommu_limit_name, enum viommu_limit_from);
	DUMP("for", viommu_remedy_for_name, enum viommu_remedy_for);
	DUMP("loss", viommu_lost_name, enum viommu_lost);
	for (unsigned int i = 1; viommu_request_name(i); i++)
		printf("request\t%s\n", viommu_request_name(i));
	printf("request\tunknown\n");
	for (unsigned int i = 0; viommu_status_name(i); i++)
		printf("status\t%s\n", viommu_status_name(i));
	printf("status\tunknown\n");
	DUMP("vm_source", viommu_vm_source_name, enum viommu_vm_source);
}

/* Meanings as the manual has them. */
static void dump_meanings(void)
{
	for (int i = 0; i < VIOMMU_NR_REASONS; i++)
		printf("meaning\t%s\t%s\n", viommu_reason_name((enum viommu_reason)i),
		       viommu_reason_meaning((enum viommu_reason)i));
	for (unsigned int i = 0; viommu_status_name(i); i++)
		printf("meaning\t%s\t%s\n", viommu_status_name(i), viommu_status_meaning(i));
	for (int i = 0; i < VIOMMU_NR_LOST; i++)
		printf("meaning\t%s\t%s\n", viommu_lost_name((enum viommu_lost)i),
		       viommu_lost_meaning((enum viommu_lost)i));
}

int main(void)
{
	dump_options(&trace_program);
	dump_vocabularies();
	dump_meanings();
	return 0;
}
