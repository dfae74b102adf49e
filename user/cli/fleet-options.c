// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of viommuctl fleet. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cli/fleet.h"

#define NS_PER_SECOND 1000000000ULL
#define SIZE_MOST (1024ULL << 20)

static struct prometheus_opts *ask_of(void *opts)
{
	return &((struct fleet_opts *)opts)->ask;
}

static int set_prometheus(void *opts, const char *value, char *err, size_t err_size)
{
	ask_of(opts)->http.url = value;
	return http_url_check(value, err, err_size);
}

static int set_selector(void *opts, const char *value, char *err, size_t err_size)
{
	ask_of(opts)->selector = value;
	return fleet_selector_check(value, err, err_size);
}

static int set_host_label(void *opts, const char *value, char *err, size_t err_size)
{
	if (!prometheus_label_valid(value)) {
		snprintf(err, err_size, "expected the name of a label, such as instance");
		return -EINVAL;
	}
	ask_of(opts)->host_label = value;
	return 0;
}

static int set_header(void *opts, const char *value, char *err, size_t err_size)
{
	struct fleet_opts *o = opts;

	if (http_header_check(value, err, err_size))
		return -EINVAL;
	if (o->ask.http.header_count == FLEET_HEADERS) {
		snprintf(err, err_size, "at most %d can be given", FLEET_HEADERS);
		return -EINVAL;
	}
	o->headers[o->ask.http.header_count++] = value;
	return 0;
}

static int file_set(const char **file, const char *value, char *err, size_t err_size)
{
	if (!*value) {
		snprintf(err, err_size, "expected a file");
		return -EINVAL;
	}
	*file = value;
	return 0;
}

static int set_token(void *opts, const char *value, char *err, size_t err_size)
{
	return file_set(&ask_of(opts)->http.token_file, value, err, err_size);
}

static int set_netrc(void *opts, const char *value, char *err, size_t err_size)
{
	return file_set(&ask_of(opts)->http.netrc_file, value, err, err_size);
}

static int set_ca(void *opts, const char *value, char *err, size_t err_size)
{
	return file_set(&ask_of(opts)->http.ca, value, err, err_size);
}

static int set_cert(void *opts, const char *value, char *err, size_t err_size)
{
	return file_set(&ask_of(opts)->http.cert, value, err, err_size);
}

static int set_key(void *opts, const char *value, char *err, size_t err_size)
{
	return file_set(&ask_of(opts)->http.key, value, err, err_size);
}

static int set_insecure(void *opts, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	ask_of(opts)->http.insecure = true;
	return 0;
}

static int set_timeout(void *opts, const char *value, char *err, size_t err_size)
{
	unsigned long long ns;

	if (options_parse_duration(value, &ns, err, err_size))
		return -EINVAL;
	if (ns > 3600 * NS_PER_SECOND) {
		snprintf(err, err_size, "too long, at most 1h");
		return -EINVAL;
	}
	ask_of(opts)->http.timeout_ns = ns;
	return 0;
}

static int set_size(void *opts, const char *value, char *err, size_t err_size)
{
	unsigned long long bytes;

	if (options_parse_size(value, SIZE_MOST, &bytes, err, err_size))
		return -EINVAL;
	ask_of(opts)->http.max_bytes = bytes;
	return 0;
}

static const struct option_desc fleet_options[] = {
	{ .name = "prometheus", .metavar = "URL", .group = "Whom to ask",
	  .help = "address of Prometheus, Thanos, Mimir or another that speaks Prometheus' HTTP API, "
		  "with its path if it has one: http://prometheus:9090",
	  .set = set_prometheus },
	{ .name = "selector", .metavar = "SELECTOR",
	  .help = "only hosts whose series have these labels, as in PromQL: {cluster=\"a\"} "
		  "(default: all)",
	  .set = set_selector },
	{ .name = "host-label", .metavar = "LABEL",
	  .help = "the label that names a host (default: instance)", .set = set_host_label },

	{ .name = "header", .metavar = "NAME:VALUE", .group = "Authentication and TLS",
	  .help = "send this header too, such as 'X-Scope-OrgID: team1'; may be given again",
	  .set = set_header },
	{ .name = "bearer-token-file", .metavar = "FILE",
	  .help = "send the token in the first line of FILE", .set = set_token },
	{ .name = "netrc-file", .metavar = "FILE",
	  .help = "send the user and password that FILE, in the form of netrc, has for the server",
	  .set = set_netrc },
	{ .name = "ca", .metavar = "FILE",
	  .help = "trust certificates that those in FILE have signed, and no others",
	  .set = set_ca },
	{ .name = "cert", .metavar = "FILE", .help = "show this certificate to the server",
	  .set = set_cert },
	{ .name = "key", .metavar = "FILE", .help = "its private key", .set = set_key },
	{ .name = "insecure", .help = "do not look at the server's certificate",
	  .set = set_insecure },

	{ .name = "timeout", .metavar = "TIME", .group = "Limits",
	  .help = "give up after TIME, such as 30s or 2m (default: 30s)", .set = set_timeout },
	{ .name = "max-size", .metavar = "SIZE",
	  .help = "give up on an answer above SIZE, such as 64M (default: 64M)", .set = set_size },

	COMMAND_OUTPUT("one object"),
};

const struct program_desc fleet_program = {
	.name = "viommuctl fleet",
	.synopsis = "which aw-bits is safe on every host of a fleet, which VM could not move where",
	.examples =
		"  viommuctl fleet --prometheus http://prometheus:9090 --selector '{cluster=\"a\"}'\n"
		"      each VM of cluster a, and the hosts that it could not run on\n"
		"  viommuctl fleet --prometheus https://mimir/prometheus --header 'X-Scope-OrgID: t1' \\\n"
		"          -o json | jq .safe_bits\n"
		"      the number alone, of one tenant of Mimir\n",
	.found = "a VM could not run on a host as it is, or whether it could is not known",
	.options = fleet_options,
	.option_count = sizeof(fleet_options) / sizeof(fleet_options[0]),
};

void fleet_opts_init(struct fleet_opts *opts)
{
	*opts = (struct fleet_opts){
		.ask = {
			.http = { .headers = opts->headers, .timeout_ns = 30 * NS_PER_SECOND,
				  .max_bytes = 64 << 20 },
			.selector = "",
			.host_label = "instance",
		},
	};
}

int fleet_opts_check(const struct fleet_opts *opts, char *err, size_t err_size)
{
	const struct http_opts *http = &opts->ask.http;

	if (!http->url)
		snprintf(err, err_size, "whom to ask? give --prometheus URL");
	else if (http->key && !http->cert)
		snprintf(err, err_size, "--key goes with --cert");
	else if (http->insecure && http->ca)
		snprintf(err, err_size, "--ca does not go with --insecure");
	else if (http->token_file && http->netrc_file)
		snprintf(err, err_size, "--bearer-token-file does not go with --netrc-file");
	else if (strncasecmp(http->url, "https://", 8) &&
		 (http->ca || http->cert || http->insecure))
		snprintf(err, err_size, "--ca, --cert and --insecure are for an address with https://");
	else
		return 0;
	return -EINVAL;
}
