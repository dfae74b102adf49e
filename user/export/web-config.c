// SPDX-License-Identifier: GPL-2.0-or-later
/* The web configuration: its files are read, and tried, before anything is changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "export/web-config.h"

struct web_config {
	char *cert;			/* PEM; NULL: no TLS */
	char *key;
	char *trust;			/* NULL: no client is asked */
	enum web_client_auth client_auth;
	bool tls13;
	struct web_users *users;
};

/* -------------------------------------------------------------------------------------- files */

static void file_stat(const char *path, struct stat *st)
{
	if (stat(path, st))
		memset(st, 0, sizeof(*st));
}

static void watch_add(struct web_watch *watch, const char *path)
{
	struct web_watched *w = &watch->files[watch->count++];

	snprintf(w->path, sizeof(w->path), "%s", path);
	file_stat(path, &w->st);
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool web_watch_changed(const struct web_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		const struct stat *was = &watch->files[i].st;
		struct stat is;

		file_stat(watch->files[i].path, &is);
		if (is.st_ino != was->st_ino || is.st_dev != was->st_dev ||
		    is.st_size != was->st_size || !is_same_time(is.st_mtim, was->st_mtim) ||
		    !is_same_time(is.st_ctim, was->st_ctim))
			return true;
	}
	return false;
}

/* All of a file and a NUL. */
static int file_read(const char *path, const char *what, char **text, size_t *len, char *why,
		     size_t size)
{
	char *buf = malloc(WEB_FILE_MAX + 1);
	FILE *f = buf ? fopen(path, "re") : NULL;
	int ret = 0;

	errno = buf ? errno : ENOMEM;
	if (!f) {
		ret = -errno;
	} else {
		*len = fread(buf, 1, WEB_FILE_MAX + 1, f);
		if (ferror(f))
			ret = -EIO;
		else if (*len > WEB_FILE_MAX)
			ret = -EFBIG;
		fclose(f);
	}
	if (ret) {
		snprintf(why, size, "%s: %s cannot be read: %s%s", path, what, strerror(-ret),
			 ret == -EACCES ? ": the server's user needs the right to" : "");
		free(buf);
		return ret;
	}
	buf[*len] = '\0';
	*text = buf;
	return 0;
}

/* A path as written, seen from the folder of the file that it is written in. */
static int path_join(char out[PATH_MAX], const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	const size_t dir = path[0] == '/' || !slash ? 0 : (size_t)(slash - file) + 1;

	if (dir + strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(out, file, dir);
	strcpy(out + dir, path);
	return 0;
}

/* ---------------------------------------------------------------------------------------- TLS */

static int pem_read(const char *config, const char *path, const char *what, struct web_watch *watch,
		    char **text, char *why, size_t size)
{
	char whole[PATH_MAX];
	size_t len;
	int ret = path_join(whole, config, path);

	if (ret) {
		snprintf(why, size, "%s: the path of %s is too long", config, what);
		return ret;
	}
	watch_add(watch, whole);
	return file_read(whole, what, text, &len, why, size);
}

/* The library says what is wrong before a client meets it. */
static int tls_try(const struct web_config *web, const struct web_keys *keys, char *why,
		   size_t size)
{
	const gnutls_datum_t cert = { (unsigned char *)web->cert, (unsigned int)strlen(web->cert) };
	const gnutls_datum_t key = { (unsigned char *)web->key, (unsigned int)strlen(web->key) };
	gnutls_certificate_credentials_t credentials;
	int ret = gnutls_certificate_allocate_credentials(&credentials);

	if (ret < 0)
		return -ENOMEM;
	ret = gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (ret < 0) {
		snprintf(why, size, "cert_file %s and key_file %s cannot be used: %s",
			 keys->cert_file, keys->key_file,
			 ret == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR ||
			 ret == GNUTLS_E_BASE64_DECODING_ERROR ?
			 "one of them is no PEM file" : gnutls_strerror(ret));
	} else if (web->trust) {
		const gnutls_datum_t trust = { (unsigned char *)web->trust,
					       (unsigned int)strlen(web->trust) };

		ret = gnutls_certificate_set_x509_trust_mem(credentials, &trust,
							    GNUTLS_X509_FMT_PEM);
		if (ret <= 0)
			snprintf(why, size, "client_ca_file %s holds no certificate in PEM",
				 keys->client_ca_file);
		ret = ret > 0 ? 0 : -1;
	}
	gnutls_certificate_free_credentials(credentials);
	return ret < 0 ? -EINVAL : 0;
}

static int tls_load(struct web_config *web, const struct web_keys *keys, const char *path,
		    struct web_watch *watch, char *why, size_t size)
{
	int ret;

	if (!keys->cert_file[0])
		return 0;
	ret = pem_read(path, keys->cert_file, "the certificate", watch, &web->cert, why, size);
	if (!ret)
		ret = pem_read(path, keys->key_file, "the key", watch, &web->key, why, size);
	if (!ret && keys->client_auth != WEB_CLIENT_ANY)
		ret = pem_read(path, keys->client_ca_file, "the CA of clients", watch, &web->trust,
			       why, size);
	if (!ret)
		ret = tls_try(web, keys, why, size);
	web->client_auth = keys->client_auth;
	web->tls13 = keys->tls13;
	return ret;
}

/* -------------------------------------------------------------------------------------- config */

/* The first mistake in the file, and how many there are. */
struct mistakes {
	char *text;
	size_t size;
	unsigned int errors;
};

static void on_note(void *ctx, const struct policy_note *note)
{
	struct mistakes *m = ctx;

	if (note->kind != POLICY_ERROR || m->errors++)
		return;
	if (note->at.line)
		snprintf(m->text, m->size, "%s:%u:%u: %s", note->file, note->at.line,
			 note->at.column, note->text);
	else
		snprintf(m->text, m->size, "%s: %s", note->file, note->text);
}

static int keys_load(struct web_keys *keys, const char *path, char *why, size_t size)
{
	struct mistakes m = { why, size, 0 };
	const struct policy_listener listener = { on_note, &m };
	char *text;
	size_t len;
	int ret = file_read(path, "the web configuration", &text, &len, why, size);

	if (ret)
		return ret;
	ret = web_keys_parse(keys, path, text, len, &listener);
	if (m.errors > 1) {
		const size_t used = strlen(why);

		snprintf(why + used, size - used, " (and %u more)", m.errors - 1);
	}
	free(text);
	return ret;
}

int web_config_load(struct web_config **out, const char *path, struct web_watch *watch, char *why,
		    size_t size)
{
	struct web_config *web = calloc(1, sizeof(*web));
	struct web_keys *keys = calloc(1, sizeof(*keys));
	int ret = -ENOMEM;

	snprintf(why, size, "%s: out of memory", path);
	watch->count = 0;
	watch_add(watch, path);
	if (web && keys)
		ret = keys_load(keys, path, why, size);
	if (!ret) {
		web->users = keys->users;
		ret = tls_load(web, keys, path, watch, why, size);
	}
	free(keys);
	if (ret) {
		web_config_free(web);
		return ret;
	}
	*out = web;
	return 0;
}

static void secret_free(char *text)
{
	if (text)
		gnutls_memset(text, 0, strlen(text));
	free(text);
}

void web_config_free(struct web_config *web)
{
	if (!web)
		return;
	free(web->cert);
	secret_free(web->key);
	free(web->trust);
	web_users_free(web->users);
	free(web);
}

const char *web_config_cert(const struct web_config *web)
{
	return web->cert;
}

const char *web_config_key(const struct web_config *web)
{
	return web->key;
}

const char *web_config_trust(const struct web_config *web)
{
	return web->trust;
}

const char *web_config_priorities(const struct web_config *web)
{
	return web->tls13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3" :
			    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
}

enum web_client_auth web_config_client_auth(const struct web_config *web)
{
	return web->client_auth;
}

struct web_users *web_config_users(const struct web_config *web)
{
	return web->users;
}
