/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The privileged half of viommud: traces, asks the module, and tells the server. Asks
 * nobody else.
 */
#ifndef VIOMMU_DAEMON_COLLECTOR_H
#define VIOMMU_DAEMON_COLLECTOR_H

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/notify.h"
#include "trace/tracer.h"

struct collector_opts {
	const struct config *config;
	const char *config_path;	/**< read again at SIGHUP */
	bool config_must_exist;
	int fd;				/**< to a server that we started; -1: none */
	pid_t server;			/**< that one's process; 0: none */
	const char *socket;		/**< where the server is else found, now or later */
	struct notify *notify;
	const struct tracer_maps *maps;	/**< see struct tracer_opts; NULL */
};

/** Until SIGTERM or SIGINT, or until the server that we started ends. enum exit_code. */
int collector_run(const struct collector_opts *opts);

#endif
