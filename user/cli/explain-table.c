// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings for people: where, what, why, what to do. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>

#include "cli/explain-output.h"
#include "cli/output.h"
#include "core/text.h"
#include "host/text.h"
#include "print/columns.h"
#include "print/format.h"

/* Texts begin here, behind their headings. */
#define INDENT 8

const char *explain_name(const char *name)
{
	return strcmp(name, "-") ? name : "stdin";
}

static void print_text(FILE *out, const char *heading, const char *text, unsigned int width)
{
	fprintf(out, "  %-*s", INDENT - 2, heading);
	columns_wrap(out, text, INDENT, INDENT, width);
	fputc('\n', out);
}

static void print_where(FILE *out, const struct log_finding *f, const char *name,
			const struct viommu_diagnosis *diag, enum explain_change change)
{
	char safe[1024], times[32];

	host_text_clean(safe, sizeof(safe), name, strlen(name));
	if (change == EXPLAIN_WITHDRAWN) {
		fprintf(out, "%s:%" PRIu64 ": withdrawn: by later lines it is part of another "
			"finding, or no failure\n", safe, f->line);
		return;
	}
	fprintf(out, "%s:%" PRIu64 ": %s: %s", safe, f->line, viommu_severity_name(diag->severity),
		viommu_reason_name(diag->reason));
	if (f->count > 1) {
		format_count(times, sizeof(times), f->count);
		fprintf(out, " (%s times, up to line %" PRIu64 ")", times, f->last_line);
	}
	if (change == EXPLAIN_UPDATED)
		fprintf(out, ", told again: later lines say more");
	fputc('\n', out);
}

static void print_who(FILE *out, const struct log_finding *f, unsigned int width)
{
	char text[LOG_TEXT_MAX * 3 + 128];
	struct text t;

	text_init(&t, text, sizeof(text));
	if (f->vm[0]) {
		char safe[LOG_TEXT_MAX * 3];

		host_text_clean(safe, sizeof(safe), f->vm, strlen(f->vm));
		text_add(&t, "VM %s", safe);
	}
	if (f->device[0])
		text_add(&t, "%sdevice %s", t.len ? ", " : "", f->device);
	if (f->group >= 0)
		text_add(&t, "%sgroup %d", t.len ? ", " : "", f->group);
	if (t.len)
		print_text(out, "of", text, width);
}

static void print_span(FILE *out, const struct log_finding *f, unsigned int width)
{
	char text[160];
	struct text t;

	text_init(&t, text, sizeof(text));
	if (f->count > 1 && f->ev.has_range && f->iova_lowest <= f->iova_highest)
		text_add(&t, "all lie in IOVA 0x%" PRIx64 "-0x%" PRIx64, f->iova_lowest,
			 f->iova_highest);
	if (f->faults)
		text_add(&t, "%sdevices accessed it %" PRIu64 " times later, in vain",
			 t.len ? "; " : "", f->faults);
	if (f->incomplete)
		text_add(&t, "%sthe line is cut, so that its numbers are not known",
			 t.len ? "; " : "");
	if (t.len)
		print_text(out, "note", text, width);
}

static void print_candidates(FILE *out, const struct viommu_diagnosis *d, unsigned int width)
{
	char text[640];
	struct text t;

	text_init(&t, text, sizeof(text));
	for (size_t i = 0; i < d->candidate_count; i++)
		text_add(&t, "%s%s", i ? ", " : "likeliest first: ",
			 viommu_reason_name(d->candidates[i]));
	if (t.len)
		print_text(out, "maybe", text, width);
	text_init(&t, text, sizeof(text));
	for (size_t i = 0; i < d->need_count; i++)
		text_add(&t, "%s%s", i ? "; " : "", d->needs[i]);
	if (t.len)
		print_text(out, "need", text, width);
}

/* Options are not wrapped: they are there to be copied. */
static void print_remedies(FILE *out, const struct viommu_diagnosis *d, unsigned int width)
{
	for (size_t i = 0; i < d->remedy_count; i++) {
		const struct viommu_remedy *r = &d->remedies[i];
		char text[sizeof(r->text) + 32];

		snprintf(text, sizeof(text), "%s: %s", viommu_remedy_for_name(r->who), r->text);
		print_text(out, i ? "" : "do", text, width);
		if (r->option[0])
			fprintf(out, "%*s%s\n", INDENT + 2, "", r->option);
	}
}

static void print_body(FILE *out, const struct log_finding *f, const struct viommu_diagnosis *diag,
		       unsigned int width)
{
	char safe[LOG_TEXT_MAX * 3];

	host_text_clean(safe, sizeof(safe), f->text, strlen(f->text));
	print_text(out, "line", safe, width);
	print_who(out, f, width);
	print_text(out, "why", diag->detail, width);
	print_span(out, f, width);
	print_candidates(out, diag, width);
	print_remedies(out, diag, width);
}

static void print_finding(const struct explain_output *o, const struct log_finding *f,
			  enum explain_change change, unsigned int width)
{
	const char *name = explain_name(o->names[f->file]);
	struct viommu_diagnosis diag;

	viommu_diagnose(&f->ev, &diag);
	print_where(o->out, f, name, &diag, change);
	/* What was told of it still holds. */
	if (change == EXPLAIN_REPEATED)
		print_span(o->out, f, width);
	else if (change != EXPLAIN_WITHDRAWN)
		print_body(o->out, f, &diag, width);
	fputc('\n', o->out);
}

int explain_table_finding(const struct explain_output *o, const struct log_finding *f,
			  enum explain_change change)
{
	const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	const locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	unsigned int width = output_terminal_width(o->out);

	errno = 0;
	if (!width)
		width = OUTPUT_WIDTH_DEFAULT;
	if (width < OUTPUT_WIDTH_MIN)
		width = OUTPUT_WIDTH_MIN;
	print_finding(o, f, change, width);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	if (!ferror(o->out))
		return 0;
	return errno ? -errno : -EIO;
}

int explain_table_end(const struct explain_output *o, const struct log *log)
{
	FILE *const out = o->out;
	const struct log_stats *s = log_statistics(log);
	char lines[32], size[32];

	format_count(lines, sizeof(lines), s->lines);
	format_size(size, sizeof(size), s->bytes);
	if (log_count(log))
		fprintf(out, "%zu finding%s in %s lines (%s)", log_count(log),
			log_count(log) > 1 ? "s" : "", lines, size);
	else
		fprintf(out, "No failure of a DMA mapping found in %s lines (%s)", lines, size);
	if (o->count > 1)
		fprintf(out, " of %zu files", o->count);
	errno = 0;
	fputc('\n', out);
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

void explain_losses(FILE *err, const struct log *log)
{
	const struct log_stats *s = log_statistics(log);

	if (s->dropped)
		fprintf(err, "viommuctl explain: %" PRIu64 " more failures are not shown: there is "
			"room for %d kinds\n", s->dropped, LOG_MAX_FINDINGS);
	if (s->host_cut)
		fprintf(err, "viommuctl explain: the input names more reserved ranges or IOMMUs "
			"than were kept; give one host's logs at a time\n");
	if (s->long_lines)
		fprintf(err, "viommuctl explain: %" PRIu64 " lines of more than 64 KiB were read in "
			"pieces\n", s->long_lines);
}
