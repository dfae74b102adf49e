/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viommud.yaml, see viommud.yaml(5). */
#ifndef VIOMMU_DAEMON_CONFIG_H
#define VIOMMU_DAEMON_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "core/policy.h"

#define CONFIG_FILE "/etc/viommu/viommud.yaml"
/** Bytes of the file that are read; longer ones are refused. */
#define CONFIG_FILE_MAX 65536

#define CONFIG_MAX_LISTEN 8
#define CONFIG_PATH_LEN 256
/** Keys of the file: the manual and the test of both go by it. */
#define CONFIG_KEYS "version", "listen", "socket", "socket_mode", "web_config", "state", \
		    "retention_days", "retention_megabytes", "keep_gone_minutes", "max_series", \
		    "requests"

/** An address to listen on: IPv4 or IPv6. */
union config_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/** Everything in the file. Paths are absolute. */
struct config {
	struct config_listen {
		char text[64];			/**< as written, for messages */
		union config_address address;
	} listen[CONFIG_MAX_LISTEN];
	size_t listen_count;			/**< 0: no TCP at all */
	/** Unix socket of the API. */
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	mode_t socket_mode;
	char web_config[CONFIG_PATH_LEN];	/**< empty: neither TLS nor passwords */
	char state[CONFIG_PATH_LEN];		/**< folder of the history */
	unsigned int retention_days;		/**< 0: for ever */
	unsigned int retention_megabytes;	/**< 0: no limit */
	unsigned int keep_gone_minutes;		/**< how long VMs that are gone are shown */
	size_t max_series;			/**< of /metrics */
	bool requests;				/**< count what guests ask of their vIOMMU too */
};

/** What holds without a file. */
void config_init(struct config *c);

/**
 * Read the len bytes of a file into *c, which is set anew. Every mistake is told with its place. 0;
 * -EINVAL after errors, *c being as it was; -ENOMEM. name is for the notes.
 */
int config_parse(struct config *c, const char *name, const char *text, size_t len,
		 const struct policy_listener *listener);

/**
 * The same for a file of this machine; must_exist: that there is none is an error, else the
 * defaults hold.
 */
int config_load(struct config *c, const char *path, bool must_exist,
		const struct policy_listener *listener);

/**
 * Names of keys that differ and that a running daemon cannot follow, with commas between; empty:
 * none. The sandbox allows no new socket and no other folder.
 */
void config_fixed_changes(const struct config *old, const struct config *new, char *text,
			  size_t size);

#endif
