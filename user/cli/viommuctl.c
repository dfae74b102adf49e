// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl: answers about hosts, VMs and logs. Each command is in cmd-NAME.c. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct command *const commands[] = {
	&command_host, &command_vms, &command_report, &command_recommend, &command_explain,
	&command_policy, &command_fleet, &command_doctor,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/** "host" of "viommuctl host". */
static const char *command_name(const struct command *c)
{
	const char *blank = strrchr(c->program->name, ' ');

	return blank ? blank + 1 : c->program->name;
}

static void usage(FILE *f)
{
	fprintf(f, "usage: viommuctl COMMAND [OPTIONS]\n\nCommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(f, "  %-10s %s\n", command_name(commands[i]), commands[i]->program->synopsis);
	fprintf(f, "\nviommuctl COMMAND --help says more.\n");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("viommuctl %s\n", VIOMMU_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[1], command_name(commands[i])))
			return commands[i]->run(argc - 1, argv + 1);
	fprintf(stderr, "viommuctl: '%s' is no command; viommuctl --help lists them\n", argv[1]);
	return EXIT_USAGE;
}
