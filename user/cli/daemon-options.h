/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of viommud. */
#ifndef VIOMMU_CLI_DAEMON_OPTIONS_H
#define VIOMMU_CLI_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "cli/options.h"

/** What the command line said; memory of argv. */
struct daemon_opts {
	const char *config;	/**< NULL: the default, which need not exist */
	const char *collector;	/**< only the collector, and the socket of its server; NULL */
	bool server;		/**< only the server */
	bool check_config;
};

/** viommud with its table; the options go into a struct daemon_opts. */
extern const struct program_desc daemon_program;

#endif
