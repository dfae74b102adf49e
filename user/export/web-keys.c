// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of the web configuration. */
#include <errno.h>
#include <string.h>

#include "core/policy-yaml.h"
#include "export/web-config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Of a user, with the NUL. */
#define WEB_NAME_LEN 128

static void path_take(struct policy_reader *r, const char *key, char path[PATH_MAX])
{
	const struct policy_value v = policy_read_value(r, "the path of a file");

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	if (v.kind != POLICY_VALUE_TEXT || !v.len || strlen(v.text) != v.len)
		policy_error(r, v.at, "'%s' has to be the path of a file", key);
	else if (v.len >= PATH_MAX)
		policy_error(r, v.at, "'%s' is longer than %d bytes", key, PATH_MAX - 1);
	else
		memcpy(path, v.text, v.len + 1);
}

static void take_cert(struct policy_reader *r, void *object)
{
	path_take(r, "cert_file", ((struct web_keys *)object)->cert_file);
}

static void take_key(struct policy_reader *r, void *object)
{
	path_take(r, "key_file", ((struct web_keys *)object)->key_file);
}

static void take_client_ca(struct policy_reader *r, void *object)
{
	path_take(r, "client_ca_file", ((struct web_keys *)object)->client_ca_file);
}

/* RequestClientCert asks for a certificate that nobody looks at: the same as none. */
static void take_client_auth(struct policy_reader *r, void *object)
{
	static const struct {
		const char *name;
		enum web_client_auth auth;
	} words[] = {
		{ "NoClientCert", WEB_CLIENT_ANY },
		{ "RequestClientCert", WEB_CLIENT_ANY },
		{ "VerifyClientCertIfGiven", WEB_CLIENT_VERIFY_IF_GIVEN },
		{ "RequireAndVerifyClientCert", WEB_CLIENT_REQUIRE_AND_VERIFY },
	};
	const struct policy_value v = policy_read_value(r, "a word");
	struct web_keys *keys = object;

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	keys->has_client_auth = true;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!strcmp(v.text, words[i].name)) {
			keys->client_auth = words[i].auth;
			return;
		}
	}
	if (!strcmp(v.text, "RequireAnyClientCert"))
		policy_error(r, v.at, "RequireAnyClientCert lets everybody in who makes a "
			     "certificate: use RequireAndVerifyClientCert");
	else
		policy_error(r, v.at, "'client_auth_type' has to be NoClientCert, "
			     "VerifyClientCertIfGiven or RequireAndVerifyClientCert, not '%.40s'",
			     v.text);
}

static void take_min_version(struct policy_reader *r, void *object)
{
	const struct policy_value v = policy_read_value(r, "a word");
	struct web_keys *keys = object;

	if (v.kind == POLICY_VALUE_OTHER)
		return;
	if (!strcmp(v.text, "TLS13"))
		keys->tls13 = true;
	else if (!strcmp(v.text, "TLS10") || !strcmp(v.text, "TLS11"))
		policy_error(r, v.at, "%s is broken: 'min_version' has to be TLS12 or TLS13",
			     v.text);
	else if (strcmp(v.text, "TLS12"))
		policy_error(r, v.at, "'min_version' has to be TLS12 or TLS13, not '%.40s'",
			     v.text);
}

static void take_tls(struct policy_reader *r, void *object)
{
	static const struct policy_key known[] = {
		{ "cert_file", take_cert }, { "key_file", take_key },
		{ "client_auth_type", take_client_auth }, { "client_ca_file", take_client_ca },
		{ "min_version", take_min_version },
	};
	const struct policy_mark at = policy_reader_mark(r);
	const bool mapping = policy_reader_type(r) == YAML_MAPPING_START_EVENT;
	const unsigned int before = r->errors;
	struct web_keys *keys = object;

	policy_read_mapping(r, "'tls_server_config'", known, COUNT(known), object);
	if (!mapping || r->stopped || r->errors > before)
		return;
	if (!keys->cert_file[0])
		policy_error(r, at, "'tls_server_config' has no 'cert_file'");
	if (!keys->key_file[0])
		policy_error(r, at, "'tls_server_config' has no 'key_file'");
	if (keys->client_auth != WEB_CLIENT_ANY && !keys->client_ca_file[0])
		policy_error(r, at, "'client_auth_type' needs a 'client_ca_file' to verify with");
	if (keys->client_ca_file[0] && !keys->has_client_auth)
		policy_error(r, at, "'client_ca_file' without 'client_auth_type': nobody would be "
			     "asked for a certificate");
}

/* The current event is the user's name; the last one of the hash afterwards. */
static void user_take(struct policy_reader *r, struct web_keys *keys)
{
	const struct policy_mark at = policy_reader_mark(r);
	char name[WEB_NAME_LEN] = "";
	struct policy_value hash;
	const char *why;
	int ret;

	if (policy_reader_type(r) == YAML_SCALAR_EVENT &&
	    r->event.data.scalar.length < sizeof(name))
		memcpy(name, r->event.data.scalar.value, r->event.data.scalar.length);
	if (!name[0] || strchr(name, ':'))
		policy_error(r, at, "a user's name has 1 to %d bytes, and no colon",
			     WEB_NAME_LEN - 1);
	policy_reader_skip(r);
	if (policy_reader_next(r) == YAML_NO_EVENT)
		return;
	hash = policy_read_value(r, "a bcrypt hash");
	if (hash.kind == POLICY_VALUE_OTHER)
		return;
	why = web_hash_error(hash.text);
	if (why) {
		policy_error(r, hash.at, "the password of '%.40s': %s", name, why);
		return;
	}
	if (!keys->users)
		keys->users = web_users_new();
	ret = keys->users ? web_users_add(keys->users, name, hash.text) : -ENOMEM;
	if (ret == -EEXIST)
		policy_error(r, at, "user '%.40s' is there twice", name);
	else if (ret == -ENOSPC)
		policy_error(r, at, "more than %d users", WEB_USERS_MAX);
	else if (ret)
		r->no_memory = true;
}

/* Without a user nobody could get in, which is not what somebody meant who wrote none. */
static void take_users(struct policy_reader *r, void *object)
{
	const struct policy_mark at = policy_reader_mark(r);
	const unsigned int before = r->errors;
	struct web_keys *keys = object;

	if (policy_reader_type(r) != YAML_MAPPING_START_EVENT) {
		policy_error(r, at, "'basic_auth_users' has to be a mapping ('name: hash')");
		policy_reader_skip(r);
		return;
	}
	for (;;) {
		const yaml_event_type_t type = policy_reader_next(r);

		if (type == YAML_NO_EVENT)
			return;
		if (type == YAML_MAPPING_END_EVENT)
			break;
		user_take(r, keys);
		if (r->stopped)
			return;
	}
	if (!keys->users && r->errors == before)
		policy_error(r, at, "'basic_auth_users' names nobody: remove it, or add a user");
}

static bool is_empty(const struct policy_reader *r)
{
	return policy_reader_type(r) == YAML_SCALAR_EVENT && !r->event.data.scalar.length;
}

static void document_read(struct policy_reader *r, struct web_keys *keys)
{
	static const struct policy_key known[] = {
		{ "tls_server_config", take_tls }, { "basic_auth_users", take_users },
	};

	policy_reader_next(r);
	if (policy_reader_next(r) != YAML_DOCUMENT_START_EVENT)
		return;
	policy_reader_next(r);
	if (!is_empty(r))
		policy_read_mapping(r, "a web configuration", known, COUNT(known), keys);
	policy_reader_next(r);
	policy_reader_next(r);
	if (!r->stopped && policy_reader_type(r) == YAML_DOCUMENT_START_EVENT)
		policy_error(r, policy_reader_mark(r), "a second document ('---'): a file has one");
}

int web_keys_parse(struct web_keys *keys, const char *name, const char *text, size_t len,
		   const struct policy_listener *listener)
{
	struct policy_reader r;
	int ret;

	memset(keys, 0, sizeof(*keys));
	ret = policy_reader_init(&r, name, text, len, listener);
	if (!ret) {
		document_read(&r, keys);
		ret = r.no_memory ? -ENOMEM : r.errors ? -EINVAL : 0;
	}
	policy_reader_fini(&r);
	if (ret) {
		web_users_free(keys->users);
		keys->users = NULL;
	}
	return ret;
}
