// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of viommud's options. */
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "cli/daemon-options.h"

static int set_config(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)err, (void)err_size;
	((struct daemon_opts *)ctx)->config = value;
	return 0;
}

static int set_collector(void *ctx, const char *value, char *err, size_t err_size)
{
	const size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (value[0] != '/' || strlen(value) > max) {
		snprintf(err, err_size, "the path of a socket is absolute, and at most %zu bytes", max);
		return -EINVAL;
	}
	((struct daemon_opts *)ctx)->collector = value;
	return 0;
}

static int set_server(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct daemon_opts *)ctx)->server = true;
	return 0;
}

static int set_check_config(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct daemon_opts *)ctx)->check_config = true;
	return 0;
}

static const struct option_desc daemon_options[] = {
	{ .name = "config", .metavar = "FILE",
	  .help = "configuration (default: /etc/viommu/viommud.yaml, which need not exist)",
	  .set = set_config },
	{ .name = "check-config",
	  .help = "say what is wrong with the configuration, and do nothing else",
	  .set = set_check_config },
	{ .name = "collector", .metavar = "SOCKET", .group = "Only one half, as the units of systemd do",
	  .help = "trace, and tell a server that listens on that unix socket", .set = set_collector },
	{ .name = "server",
	  .help = "history, metrics and pages of what a collector tells; needs no privileges",
	  .set = set_server },
};

const struct program_desc daemon_program = {
	.name = "viommud",
	.synopsis = "history, metrics and policies of the DMA maps of this host's VMs",
	.examples =
		"  viommud\n"
		"      both halves, as root; http://127.0.0.1:9856/ shows them\n"
		"  viommud --check-config --config new.yaml\n"
		"      before the file takes the old one's place\n",
	.reads_input = true,
	.options = daemon_options,
	.option_count = sizeof(daemon_options) / sizeof(daemon_options[0]),
};
