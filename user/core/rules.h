/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a call failed: a table of rules in the order of the kernel's checks. */
#ifndef VIOMMU_CORE_RULES_H
#define VIOMMU_CORE_RULES_H

#include "facts.h"
#include "text.h"

#define RULE_MAX_ERRNOS 6

/** One condition and the answer that follows if it is the first that holds. */
struct rule {
	unsigned int ops;		/**< bits 1 << enum viommu_op */
	int errnos[RULE_MAX_ERRNOS];	/**< positive, up to the first 0; none: any */
	bool sure;			/**< holds() decides even if the errno is not known */
	bool (*holds)(const struct facts *f);	/**< NULL: always */
	enum viommu_reason reason;
	void (*describe)(const struct facts *f, struct text *t);	/**< what happened */
};

/** The first rule that holds; the last of the table always does. */
const struct rule *rule_find(const struct facts *f);

/** ops and errnos of a rule, or of a guess, fit what failed. sure: an unknown errno fits too. */
bool rule_fits(unsigned int ops, const int errnos[RULE_MAX_ERRNOS], bool sure,
	       const struct facts *f);

#endif
