/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of viommud without privileges: ledger, history, HTTP. Believes no one. */
#ifndef VIOMMU_DAEMON_SERVER_H
#define VIOMMU_DAEMON_SERVER_H

#include "daemon/config.h"
#include "daemon/notify.h"

struct server_opts {
	const struct config *config;
	const char *config_path;	/**< read again when told so */
	bool config_must_exist;
	int fd;				/**< to the collector that started us; -1: none */
	const char *collector_socket;	/**< where to listen for one else, unless systemd does */
	struct notify *notify;
};

/** Until SIGTERM or SIGINT, or until the collector that started us ends. enum exit_code. */
int server_run(const struct server_opts *opts);

#endif
