/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS and users of the web server, from a file with the keys of Prometheus' exporter-toolkit
 * (docs/web-configuration.md there): tls_server_config {cert_file, key_file, client_auth_type,
 * client_ca_file, min_version} and basic_auth_users. Paths in it are relative to its folder.
 */
#ifndef VIOMMU_EXPORT_WEB_CONFIG_H
#define VIOMMU_EXPORT_WEB_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/policy.h"
#include "export/web-users.h"

/** Bytes of the file that are read; longer ones are refused. Certificates may be as long. */
#define WEB_FILE_MAX (1u << 20)

/** What is asked of a client's certificate. */
enum web_client_auth {
	WEB_CLIENT_ANY,			/**< nothing */
	WEB_CLIENT_VERIFY_IF_GIVEN,
	WEB_CLIENT_REQUIRE_AND_VERIFY,
};

/** Files that make a configuration, as they were when it was read: itself, certificate, key, CA. */
struct web_watch {
	struct web_watched {
		char path[PATH_MAX];
		struct stat st;		/**< zeroed: it is not there */
	} files[4];
	size_t count;
};

/** Does one of them differ from what was read? */
bool web_watch_changed(const struct web_watch *watch);

/** The keys of the file, before the files that it names are read. */
struct web_keys {
	char cert_file[PATH_MAX];	/**< as written; empty: none, and no TLS */
	char key_file[PATH_MAX];
	char client_ca_file[PATH_MAX];
	enum web_client_auth client_auth;
	bool has_client_auth;
	bool tls13;			/**< TLS 1.3 is wanted, else 1.2 at least */
	struct web_users *users;	/**< NULL: everybody; the caller frees it */
};

/**
 * Read the text of a file. Every mistake is told. 0; -EINVAL after errors; -ENOMEM. keys->users is
 * NULL after errors.
 */
int web_keys_parse(struct web_keys *keys, const char *name, const char *text, size_t len,
		   const struct policy_listener *listener);

struct web_config;

/**
 * Read the file, and what it names. *watch is set in any case. 0 or -errno; why (size bytes) then
 * says it to a person, with the place in the file.
 */
int web_config_load(struct web_config **out, const char *path, struct web_watch *watch, char *why,
		    size_t size);
/** NULL is allowed. */
void web_config_free(struct web_config *web);

/** PEM texts; NULL: no TLS, no CA of clients. */
const char *web_config_cert(const struct web_config *web);
const char *web_config_key(const struct web_config *web);
const char *web_config_trust(const struct web_config *web);
/** GnuTLS' priority string. */
const char *web_config_priorities(const struct web_config *web);
enum web_client_auth web_config_client_auth(const struct web_config *web);
/** NULL: everybody may. */
struct web_users *web_config_users(const struct web_config *web);

#endif
