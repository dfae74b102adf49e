/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the printers behind output.h have in common. */
#ifndef VIOMMU_CLI_PRINTER_H
#define VIOMMU_CLI_PRINTER_H

#include <locale.h>

#include "cli/output.h"

/** Base of each printer, and its first member. */
struct output {
	/** Write event to f, which is memory. 0 or -errno. */
	int (*event)(struct output *out, FILE *f, const struct viommu_event *event);
	/** Give back what the printer holds beside the base; may be NULL. */
	void (*fini)(struct output *out);
	FILE *file;
	locale_t utf8;		/**< in force while event() runs; 0: none, only ASCII has widths */
	int err;		/**< of the first failure; nothing is printed after it */
};

/** size bytes, zeroed, that begin with a struct output. NULL if out of memory. */
void *output_alloc(size_t size, const struct output_opts *opts);

#endif
