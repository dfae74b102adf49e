// SPDX-License-Identifier: GPL-2.0-or-later
/* What --help prints, made from the table. */
#include <stdint.h>
#include <string.h>

#include "cli/options.h"
#include "print/columns.h"

/* Fits a terminal of 80 columns. */
#define HELP_WIDTH 79
/* Column in which the texts begin; an option that is longer has a line of its own. */
#define HELP_INDENT 28

static void help_entry(FILE *out, const char *head, const char *text)
{
	const int room = HELP_INDENT - 2;

	if (strlen(head) > (size_t)room)
		fprintf(out, "%s\n%*s", head, HELP_INDENT, "");
	else
		fprintf(out, "%-*s", HELP_INDENT, head);
	columns_wrap(out, text, HELP_INDENT, HELP_INDENT, HELP_WIDTH);
	fputc('\n', out);
}

static void help_option(FILE *out, const struct option_desc *option)
{
	char letter[] = "    ";
	char head[128];

	if (option->letter)
		memcpy(letter, (char[]){ '-', option->letter, ',', ' ' }, 4);
	snprintf(head, sizeof(head), "  %s--%s%s%s", letter, option->name,
		 option->metavar ? " " : "", option->metavar ? option->metavar : "");
	help_entry(out, head, option->help);
}

static void help_exit_codes(const struct program_desc *prog, FILE *out)
{
	fputs("\nExit codes:\n"
	      "  0  done\n"
	      "  1  failed: the message says at what, and why\n"
	      "  2  wrong option or value\n"
	      "  3  this machine cannot: a capability, kernel feature or module is missing\n", out);
	if (prog->reads_input)
		fputs("  4  invalid policy or input file\n", out);
	if (prog->found)
		fprintf(out, "  5  %s\n", prog->found);
}

void options_help(const struct program_desc *prog, FILE *out)
{
	static const struct option_desc own[] = {
		{ .name = "help", .letter = 'h', .help = "print this help and exit" },
		{ .name = "version", .letter = 'V', .help = "print the version and exit" },
	};

	fprintf(out, "%s - %s\n\nUsage: %s [OPTION]...%s%s\n", prog->name, prog->synopsis, prog->name,
		prog->operands ? " " : "", prog->operands ? prog->operands : "");
	for (size_t i = 0; i < prog->option_count; i++) {
		if (prog->options[i].group)
			fprintf(out, "\n%s:\n", prog->options[i].group);
		help_option(out, &prog->options[i]);
	}
	fputs("\nHelp:\n", out);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		help_option(out, &own[i]);
	if (prog->examples)
		fprintf(out, "\nExamples:\n%s", prog->examples);
	help_exit_codes(prog, out);
	/* "viommuctl host" is in the manual of viommuctl. */
	fprintf(out, "\nManual: man 8 %.*s\n", (int)strcspn(prog->name, " "), prog->name);
}
