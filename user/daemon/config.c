// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/policy-yaml.h"
#include "host/file.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Largest values, so that none overflows when it is turned into ns or bytes. */
#define DAYS_MAX 36500
#define MEGABYTES_MAX 1048576
#define MINUTES_MAX 525600
#define SERIES_MIN 100
#define SERIES_MAX 10000000

/* "127.0.0.1:9856", "[::1]:9856". */
static bool address_read(struct config_listen *l, const char *text)
{
	const bool six = text[0] == '[';
	const char *end = six ? strstr(text, "]:") : strrchr(text, ':');
	char host[sizeof(l->text)] = "";
	unsigned long port;
	char *rest;

	if (!end || strlen(text) >= sizeof(l->text))
		return false;
	memcpy(host, text + six, (size_t)(end - text) - six);
	end += six ? 2 : 1;
	port = *end >= '0' && *end <= '9' ? strtoul(end, &rest, 10) : 0;
	if (!port || port > 65535 || *rest)
		return false;
	memset(l, 0, sizeof(*l));
	snprintf(l->text, sizeof(l->text), "%s", text);
	if (six) {
		l->address.v6.sin6_family = AF_INET6;
		l->address.v6.sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host, &l->address.v6.sin6_addr) == 1;
	}
	l->address.v4.sin_family = AF_INET;
	l->address.v4.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &l->address.v4.sin_addr) == 1;
}

static void listen_add(struct policy_reader *r, struct config *c)
{
	const struct policy_value v = policy_read_value(r, "an address with a port");
	struct config_listen l;

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	if (strlen(v.text) != v.len || !address_read(&l, v.text))
		policy_error(r, v.at, "'%.60s' is no address with a port: write 127.0.0.1:9856, or "
			     "\"[::1]:9856\" with the quotes", v.text);
	else if (c->listen_count == CONFIG_MAX_LISTEN)
		policy_error(r, v.at, "more than %d addresses", CONFIG_MAX_LISTEN);
	else
		c->listen[c->listen_count++] = l;
}

static void take_listen(struct policy_reader *r, void *object)
{
	struct config *c = object;

	c->listen_count = 0;
	if (policy_reader_type(r) != YAML_SEQUENCE_START_EVENT) {
		policy_error(r, policy_reader_mark(r), "'listen' is a list: write [127.0.0.1:9856], or "
			     "[] for none");
		policy_reader_skip(r);
		return;
	}
	while (policy_reader_next(r) != YAML_NO_EVENT &&
	       policy_reader_type(r) != YAML_SEQUENCE_END_EVENT)
		listen_add(r, c);
}

static void path_read(struct policy_reader *r, const char *key, char *path, size_t size)
{
	const struct policy_value v = policy_read_value(r, "a path");

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	if (v.text[0] != '/' || strlen(v.text) != v.len)
		policy_error(r, v.at, "'%s' has to be an absolute path, not '%.60s'", key, v.text);
	else if (v.len >= size)
		policy_error(r, v.at, "'%s' is longer than %zu bytes", key, size - 1);
	else
		snprintf(path, size, "%s", v.text);
}

static void take_socket(struct policy_reader *r, void *object)
{
	struct config *c = object;

	path_read(r, "socket", c->socket, sizeof(c->socket));
}

static void take_web_config(struct policy_reader *r, void *object)
{
	struct config *c = object;

	path_read(r, "web_config", c->web_config, sizeof(c->web_config));
}

static void take_state(struct policy_reader *r, void *object)
{
	struct config *c = object;

	path_read(r, "state", c->state, sizeof(c->state));
}

/* Octal, as chmod takes it: three digits, or four with a leading 0. */
static void take_socket_mode(struct policy_reader *r, void *object)
{
	const struct policy_value v = policy_read_value(r, "a mode such as 0660");
	struct config *c = object;
	const char *digits = v.text;

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	digits += v.len == 4 && digits[0] == '0';
	if (strlen(v.text) != v.len || strlen(digits) != 3 || strspn(digits, "01234567") != 3)
		policy_error(r, v.at, "'socket_mode' is three octal digits, such as 0660, not '%.40s'",
			     v.text);
	else
		c->socket_mode = (mode_t)strtoul(digits, NULL, 8);
}

static uint64_t number_read(struct policy_reader *r, const char *key, uint64_t min, uint64_t max,
			    uint64_t before)
{
	const struct policy_value v = policy_read_value(r, "a number");

	if (v.kind == POLICY_VALUE_OTHER)
		return before;
	if (v.kind == POLICY_VALUE_NUMBER && v.number >= min && v.number <= max)
		return v.number;
	policy_error(r, v.at, "'%s' is a number from %llu to %llu, not '%.40s'", key,
		     (unsigned long long)min, (unsigned long long)max, v.text);
	return before;
}

static void take_days(struct policy_reader *r, void *object)
{
	struct config *c = object;

	c->retention_days = (unsigned int)number_read(r, "retention_days", 0, DAYS_MAX,
						      c->retention_days);
}

static void take_megabytes(struct policy_reader *r, void *object)
{
	struct config *c = object;

	c->retention_megabytes = (unsigned int)number_read(r, "retention_megabytes", 0,
							   MEGABYTES_MAX, c->retention_megabytes);
}

static void take_minutes(struct policy_reader *r, void *object)
{
	struct config *c = object;

	c->keep_gone_minutes = (unsigned int)number_read(r, "keep_gone_minutes", 0, MINUTES_MAX,
							 c->keep_gone_minutes);
}

static void take_series(struct policy_reader *r, void *object)
{
	struct config *c = object;

	c->max_series = number_read(r, "max_series", SERIES_MIN, SERIES_MAX, c->max_series);
}

static void take_requests(struct policy_reader *r, void *object)
{
	const struct policy_value v = policy_read_value(r, "true or false");
	struct config *c = object;

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	c->requests = !strcmp(v.text, "true");
	if (!c->requests && strcmp(v.text, "false") != 0)
		policy_error(r, v.at, "'requests' is true or false, not '%.40s'", v.text);
}

static void take_version(struct policy_reader *r, void *object)
{
	const struct policy_value v = policy_read_value(r, "a number");

	(void)object;
	if (v.kind != POLICY_VALUE_OTHER && (v.kind != POLICY_VALUE_NUMBER || v.number != 1))
		policy_error(r, v.at, "'version' has to be 1, not '%.40s'", v.text);
}

static void (*const takers[])(struct policy_reader *r, void *object) = {
	take_version, take_listen, take_socket, take_socket_mode, take_web_config, take_state,
	take_days, take_megabytes, take_minutes, take_series, take_requests,
};

static void document_read(struct policy_reader *r, struct config *c)
{
	static const char *const names[] = { CONFIG_KEYS };
	struct policy_key keys[COUNT(names)];

	_Static_assert(COUNT(names) == COUNT(takers), "a reader for each key");
	for (size_t i = 0; i < COUNT(names); i++)
		keys[i] = (struct policy_key){ names[i], takers[i] };
	/* An empty document is one null. */
	if (policy_reader_type(r) != YAML_SCALAR_EVENT || r->event.data.scalar.length)
		policy_read_mapping(r, "viommud.yaml", keys, COUNT(keys), c);
	policy_reader_next(r);
	policy_reader_next(r);
	if (policy_reader_type(r) == YAML_DOCUMENT_START_EVENT)
		policy_error(r, policy_reader_mark(r), "a second document ('---'): the file has one");
}

void config_init(struct config *c)
{
	memset(c, 0, sizeof(*c));
	address_read(&c->listen[0], "127.0.0.1:9856");
	c->listen_count = 1;
	snprintf(c->socket, sizeof(c->socket), "/run/viommu/viommud.sock");
	snprintf(c->state, sizeof(c->state), "/var/lib/viommu");
	c->socket_mode = 0660;
	c->retention_days = 90;
	c->retention_megabytes = 256;
	c->keep_gone_minutes = 15;
	c->max_series = 50000;
}

int config_parse(struct config *c, const char *name, const char *text, size_t len,
		 const struct policy_listener *listener)
{
	struct policy_reader r;
	struct config read;
	int err = policy_reader_init(&r, name, text, len, listener);

	config_init(&read);
	if (!err && len > CONFIG_FILE_MAX) {
		policy_error(&r, (struct policy_mark){ 0, 0 }, "larger than %d bytes",
			     CONFIG_FILE_MAX);
	} else if (!err) {
		policy_reader_next(&r);
		policy_reader_next(&r);
		if (policy_reader_type(&r) == YAML_DOCUMENT_START_EVENT) {
			policy_reader_next(&r);
			document_read(&r, &read);
		}
	}
	if (!err)
		err = r.no_memory ? -ENOMEM : r.errors ? -EINVAL : 0;
	policy_reader_fini(&r);
	if (!err)
		*c = read;
	return err;
}

static int file_tell(const struct policy_listener *listener, const char *path, int err)
{
	char text[256];
	const struct policy_note note = { POLICY_ERROR, path, { 0, 0 }, text };

	snprintf(text, sizeof(text), "cannot be read: %s", strerror(err));
	listener->tell(listener->ctx, &note);
	return -EINVAL;
}

int config_load(struct config *c, const char *path, bool must_exist,
		const struct policy_listener *listener)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text;
	ssize_t len;
	int err;

	if (fd < 0 && errno == ENOENT && !must_exist) {
		config_init(c);
		return 0;
	}
	if (fd < 0)
		return file_tell(listener, path, errno);
	text = malloc(CONFIG_FILE_MAX + 1);
	len = text ? host_fd_read(fd, text, CONFIG_FILE_MAX + 1) : -ENOMEM;
	close(fd);
	if (len < 0)
		err = file_tell(listener, path, (int)-len);
	else
		err = config_parse(c, path, text, (size_t)len, listener);
	free(text);
	return err;
}

static bool listen_same(const struct config *a, const struct config *b)
{
	if (a->listen_count != b->listen_count)
		return false;
	for (size_t i = 0; i < a->listen_count; i++)
		if (strcmp(a->listen[i].text, b->listen[i].text) != 0)
			return false;
	return true;
}

void config_fixed_changes(const struct config *old, const struct config *new, char *text,
			  size_t size)
{
	const struct {
		const char *name;
		bool same;
	} keys[] = {
		{ "listen", listen_same(old, new) },
		{ "socket", !strcmp(old->socket, new->socket) },
		{ "socket_mode", old->socket_mode == new->socket_mode },
		{ "web_config", !strcmp(old->web_config, new->web_config) },
		{ "state", !strcmp(old->state, new->state) },
		{ "max_series", old->max_series == new->max_series },
		{ "requests", old->requests == new->requests },
	};
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < COUNT(keys); i++)
		if (!keys[i].same && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
						keys[i].name);
}
