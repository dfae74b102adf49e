// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands of viommuctl share. */
#include "cli/command.h"

int command_set_output(void *opts, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = { "table", "json", NULL };
	const int choice = options_parse_choice(value, names, err, err_size);

	if (choice < 0)
		return choice;
	((struct command_opts *)opts)->json = choice == 1;
	return 0;
}
