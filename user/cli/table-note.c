// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines below a row: why it failed and what to do. */
#include <string.h>

#include "cli/table.h"
#include "core/text.h"
#include "host/text.h"
#include "print/columns.h"

#define NOTE_INDENT 4
#define TEXT_INDENT 10	/* below the text of "    why: " and "    host: " */
#define OPTION_INDENT 12

/* Print text from outside the table, cleaned, from column at on. */
static void print_wrapped(FILE *f, const char *text, unsigned int at, unsigned int indent,
			  unsigned int width)
{
	char clean[1024];

	host_text_clean(clean, sizeof(clean), text, strlen(text));
	columns_wrap(f, clean, at, indent, width);
}

void table_note(FILE *f, const struct table_style *style, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(f, "%*s%-*s", NOTE_INDENT, "", TEXT_INDENT - NOTE_INDENT, label);
	print_wrapped(f, text, TEXT_INDENT, TEXT_INDENT, style->width);
	fputc('\n', f);
}

/* What is written alone on its line can be copied with a double or triple click. */
static void note_option(FILE *f, const struct table_style *style, const char *option)
{
	if (!*option)
		return;
	fprintf(f, "%*s", OPTION_INDENT, "");
	print_wrapped(f, option, OPTION_INDENT, OPTION_INDENT, style->width);
	fputc('\n', f);
}

static void note_remedy(FILE *f, const struct table_style *style, const char *label,
			const struct viommu_remedy *remedy)
{
	const char *who = viommu_remedy_for_name(remedy->who);
	char text[sizeof(remedy->text) + 32];
	struct text t;

	text_init(&t, text, sizeof(text));
	text_add(&t, "[%s] %s", who ? who : "host", remedy->text);
	table_note(f, style, label, text);
	note_option(f, style, remedy->option);
}

/* What it could be, and what would tell, where the evidence does not decide. */
static void note_candidates(FILE *f, const struct table_style *style,
			    const struct viommu_diagnosis *diagnosis)
{
	char list[32 + VIOMMU_MAX_CANDIDATES * 32];
	struct text t;

	text_init(&t, list, sizeof(list));
	for (size_t i = 0; i < diagnosis->candidate_count; i++) {
		const char *name = viommu_reason_name(diagnosis->candidates[i]);

		text_add(&t, "%s%s", i ? ", " : "likeliest first: ", name ? name : "");
	}
	table_note(f, style, "hint:", list);
	for (size_t i = 0; i < diagnosis->need_count; i++)
		table_note(f, style, i ? "" : "need:", diagnosis->needs[i]);
}

/* The best remedy that is for whoever manages the VM, if another one is the best of all. */
static const struct viommu_remedy *remedy_of(const struct viommu_diagnosis *diagnosis,
					     const char *manager)
{
	for (size_t i = 1; i < diagnosis->remedy_count && i < VIOMMU_MAX_REMEDIES; i++) {
		const char *who = viommu_remedy_for_name(diagnosis->remedies[i].who);

		if (who && !strcmp(who, manager) && strcmp(who, "qemu"))
			return &diagnosis->remedies[i];
	}
	return NULL;
}

void table_explain(FILE *f, const struct table_style *style, const struct viommu_event *event)
{
	const struct viommu_diagnosis *diagnosis = &event->diag;
	const struct viommu_remedy *managed = remedy_of(diagnosis, event->vm.manager);

	table_note(f, style, "why:", diagnosis->detail);
	note_candidates(f, style, diagnosis);
	if (diagnosis->remedy_count)
		note_remedy(f, style, "fix:", &diagnosis->remedies[0]);
	if (managed)
		note_remedy(f, style, "or:", managed);
}
