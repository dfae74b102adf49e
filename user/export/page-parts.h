/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages share. */
#ifndef VIOMMU_EXPORT_PAGE_PARTS_H
#define VIOMMU_EXPORT_PAGE_PARTS_H

#include "export/html.h"
#include "export/judge.h"
#include "export/page.h"

/** The style of all pages. */
extern const char page_style[];

/** Until <main>; title may be hostile. */
void page_begin(FILE *out, const char *title);
/** From </main> on. */
void page_end(FILE *out);

/** Name, state, and numbers; the name is a link unless it is the page's own. */
void card_begin(FILE *out, const struct ledger_domain *d, uint64_t now, bool link);
/**
 * A failure: how bad, why, what to do. manager: only what fits best to how the VM is managed; NULL:
 * every remedy.
 */
void finding_write(FILE *out, const struct ledger_finding *finding, uint64_t now,
		   const char *manager);
/** The width that is advised, if it is not the one that there is. */
void advice_write(FILE *out, const struct ledger_domain *d);
/** The picture of the address space and what it says; number: see map.h. */
void map_write(FILE *out, const struct ledger_domain *d, unsigned int number);

#endif
