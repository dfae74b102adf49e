/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the table printer: rows, what stands below a row, the summary. */
#ifndef VIOMMU_CLI_TABLE_H
#define VIOMMU_CLI_TABLE_H

#include "cli/layout.h"
#include "core/event.h"

/** How to print. */
struct table_style {
	unsigned int width;	/**< of a line, OUTPUT_WIDTH_MIN or more */
	bool color;
};

/** Escape sequence of a severity; NULL without colours or where none is deserved. */
const char *table_severity_color(const struct table_style *style, enum viommu_severity severity);

/** Fill the cells of an event that has a row; row is zeroed. */
void table_row(struct row *row, const struct layout *layout, const struct table_style *style,
	       const struct viommu_event *event);

/** The VM as a cell or heading: its name, with the program's name if it is no VM. */
void table_vm(char *buf, size_t size, const struct viommu_event *event);

/** "    why: text", wrapped below itself; nothing if text is empty. */
void table_note(FILE *f, const struct table_style *style, const char *label, const char *text);

/**
 * Why, and what to do, below the row of a failure: the best remedy, and how the VM's manager
 * takes it.
 */
void table_explain(FILE *f, const struct table_style *style, const struct viommu_event *event);

/** The summary of a VM. */
void table_summary(FILE *f, const struct table_style *style, const struct viommu_event *event);

#endif
