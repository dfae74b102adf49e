// SPDX-License-Identifier: GPL-2.0-or-later
/* The answer of viommuctl recommend, as text and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/output.h"
#include "cli/recommend.h"
#include "host/text.h"
#include "print/columns.h"
#include "print/json-line.h"

/** Version of the JSON output. */
#define JSON_VERSION 1

/** Columns before the text of a note and of an option. */
#define INDENT 4

static const char *const kind_names[] = {
	[ADVICE_REASON] = "reason",
	[ADVICE_WARNING] = "warning",
	[ADVICE_PROBLEM] = "problem",
	[ADVICE_UNKNOWN] = "unknown",
};

static const char *const kind_titles[] = {
	[ADVICE_REASON] = "Why",
	[ADVICE_WARNING] = "Look at",
	[ADVICE_PROBLEM] = "Wrong",
	[ADVICE_UNKNOWN] = "Not known",
};

void recommend_title(char *buf, size_t size, const struct machine *m, const struct guest *guest)
{
	char name[VIOMMU_NAME_LEN];

	if (guest) {
		host_text_clean(name, sizeof(name), guest->vm.name, strlen(guest->vm.name));
		snprintf(buf, size, "VM %s", name[0] ? name : "without a name");
	} else {
		host_text_clean(name, sizeof(name), m->host, strlen(m->host));
		snprintf(buf, size, "any VM of host %s", name[0] ? name : "without a name");
	}
}

static void print_headline(FILE *out, const char *title, const struct advice *a)
{
	if (a->bits)
		fprintf(out, "%s: aw-bits %u", title, a->bits);
	else
		fprintf(out, "%s: no aw-bits can be given", title);
	if (a->safe_bits)
		fprintf(out, " (host: %u without a hole, %u in all)", a->safe_bits, a->max_bits);
	if (a->current_bits)
		fprintf(out, "; now %u%s", a->current_bits,
			a->change_needed ? ", which has to change" : "");
	fputc('\n', out);
}

static void print_wrapped(FILE *out, const char *mark, const char *text, unsigned int width)
{
	char clean[1024];

	host_text_clean(clean, sizeof(clean), text, strlen(text));
	fprintf(out, "%*s%s", INDENT - 2, "", mark);
	columns_wrap(out, clean, INDENT, INDENT, width);
	fputc('\n', out);
}

static void print_notes(FILE *out, const struct advice *a, enum advice_kind kind,
			unsigned int width)
{
	char line[sizeof(a->notes[0].text) + sizeof(a->notes[0].source) + 8];
	bool titled = false;

	for (size_t i = 0; i < a->note_count; i++) {
		const struct advice_note *n = &a->notes[i];

		if (n->kind != kind)
			continue;
		if (!titled)
			fprintf(out, "\n%s:\n", kind_titles[kind]);
		titled = true;
		snprintf(line, sizeof(line), n->source[0] ? "%s [%s]" : "%s%s", n->text,
			 n->source);
		print_wrapped(out, "- ", line, width);
	}
}

/** Options are never wrapped: they are to be pasted. */
static void print_options(FILE *out, const struct advice *a, unsigned int width)
{
	char line[sizeof(a->options[0].text) + 32];

	if (a->option_count)
		fputs("\nWhat to set, one of:\n", out);
	for (size_t i = 0; i < a->option_count; i++) {
		const struct viommu_remedy *r = &a->options[i];

		snprintf(line, sizeof(line), "%s: %s", viommu_remedy_for_name(r->who), r->text);
		print_wrapped(out, "- ", line, width);
		fprintf(out, "%*s%s\n", 2 * INDENT, "", r->option);
	}
}

int recommend_print_table(FILE *out, const char *title, const struct advice *a,
			  unsigned int width)
{
	static const enum advice_kind order[] = {
		ADVICE_PROBLEM, ADVICE_REASON, ADVICE_UNKNOWN, ADVICE_WARNING,
	};

	width = width ? width : OUTPUT_WIDTH_DEFAULT;
	width = width < OUTPUT_WIDTH_MIN ? OUTPUT_WIDTH_MIN : width;
	print_headline(out, title, a);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		print_notes(out, a, order[i], width);
	print_options(out, a, width);
	return fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}

static void add_notes(struct json_line *line, const struct advice *a)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < a->note_count; i++) {
		const struct advice_note *n = &a->notes[i];
		struct json_line note = { json_object(), 0 };

		json_line_name(&note, "kind", kind_names[n->kind]);
		json_line_text(&note, "text", n->text, sizeof(n->text));
		json_line_text(&note, "source", n->source, sizeof(n->source));
		if (json_array_append_new(notes, note.object) || note.err)
			line->err = -ENOMEM;
	}
	json_line_add(line, "notes", notes);
}

static void add_options(struct json_line *line, const struct advice *a)
{
	json_t *options = json_array();

	for (size_t i = 0; i < a->option_count; i++) {
		const struct viommu_remedy *r = &a->options[i];
		struct json_line option = { json_object(), 0 };

		json_line_name(&option, "for", viommu_remedy_for_name(r->who));
		json_line_text(&option, "text", r->text, sizeof(r->text));
		json_line_text(&option, "option", r->option, sizeof(r->option));
		if (json_array_append_new(options, option.object) || option.err)
			line->err = -ENOMEM;
	}
	json_line_add(line, "options", options);
}

static void add_bits(struct json_line *line, const char *key, unsigned int bits)
{
	if (bits)
		json_line_count(line, key, bits);
}

int recommend_print_json(FILE *out, const struct machine *m, const struct guest *guest,
			 const struct advice *a)
{
	struct json_line line = { json_object(), 0 };
	int err;

	json_line_count(&line, "v", JSON_VERSION);
	json_line_text(&line, "host", m->host, sizeof(m->host));
	if (guest) {
		json_line_text(&line, "vm", guest->vm.name, sizeof(guest->vm.name));
		json_line_text(&line, "vm_uuid", guest->vm.uuid, sizeof(guest->vm.uuid));
	}
	add_bits(&line, "recommended_aw_bits", a->bits);
	add_bits(&line, "safe_bits", a->safe_bits);
	add_bits(&line, "max_bits", a->max_bits);
	add_bits(&line, "current_aw_bits", a->current_bits);
	json_line_add(&line, "change_needed", json_boolean(a->change_needed));
	add_notes(&line, a);
	add_options(&line, a);
	err = json_line_print(&line, out);
	return err ? err : fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}
