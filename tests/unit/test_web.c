// SPDX-License-Identifier: GPL-2.0-or-later
/* TLS, passwords, and the file that says so: read, refused, read again. */
#include "http-server.h"

#include <fcntl.h>

#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "export/web-config.h"
#include "tree.h"

/* bcrypt of "secret", cost 4 */
#define HASH_SECRET "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

/* --------------------------------------------------------------------------------------- files */

static void path_of(char *path, size_t size, const char *dir, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
}

static void file_put(const char *dir, const char *name, const char *text)
{
	char path[256], new[264];
	FILE *f;

	path_of(path, sizeof(path), dir, name);
	snprintf(new, sizeof(new), "%s.new", path);
	f = fopen(new, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(new, path), 0);
}

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
};

static void pem_put(const char *dir, const char *name, gnutls_datum_t *pem)
{
	file_put(dir, name, (const char *)pem->data);
	gnutls_free(pem->data);
}

/* A certificate for localhost, signed by ca or itself; NAME.crt and NAME.key in dir. */
static void identity_make(struct identity *id, const char *dir, const char *name,
			  const struct identity *ca, bool client)
{
	static unsigned char serial = 1;
	char file[64];
	gnutls_datum_t pem;

	gnutls_x509_privkey_init(&id->key);
	gnutls_x509_crt_init(&id->cert);
	assert_int_equal(gnutls_x509_privkey_generate(id->key, GNUTLS_PK_ECDSA,
			 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
	gnutls_x509_crt_set_version(id->cert, 3);
	serial++;
	gnutls_x509_crt_set_serial(id->cert, &serial, 1);
	gnutls_x509_crt_set_activation_time(id->cert, time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(id->cert, time(NULL) + 3600);
	gnutls_x509_crt_set_key(id->cert, id->key);
	gnutls_x509_crt_set_dn_by_oid(id->cert, GNUTLS_OID_X520_COMMON_NAME, 0, name,
				      (unsigned int)strlen(name));
	gnutls_x509_crt_set_subject_alt_name(id->cert, GNUTLS_SAN_DNSNAME, "localhost", 9,
					     GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_basic_constraints(id->cert, !ca, -1);
	if (ca)
		gnutls_x509_crt_set_key_purpose_oid(id->cert, client ? GNUTLS_KP_TLS_WWW_CLIENT :
						    GNUTLS_KP_TLS_WWW_SERVER, 0);
	assert_int_equal(gnutls_x509_crt_sign2(id->cert, ca ? ca->cert : id->cert,
					       ca ? ca->key : id->key, GNUTLS_DIG_SHA256, 0), 0);
	gnutls_x509_crt_export2(id->cert, GNUTLS_X509_FMT_PEM, &pem);
	snprintf(file, sizeof(file), "%s.crt", name);
	pem_put(dir, file, &pem);
	gnutls_x509_privkey_export2(id->key, GNUTLS_X509_FMT_PEM, &pem);
	snprintf(file, sizeof(file), "%s.key", name);
	pem_put(dir, file, &pem);
}

static void identity_free(struct identity *id)
{
	gnutls_x509_crt_deinit(id->cert);
	gnutls_x509_privkey_deinit(id->key);
}

/* -------------------------------------------------------------------------------------- client */

struct ask {
	const char *path;
	bool tls;
	const char *ca, *cert, *key;	/* files in dir */
	const char *login;		/* "name:password" */
	long max_tls;			/* CURL_SSLVERSION_MAX_*; 0: any */
};

static size_t body_drop(char *data, size_t size, size_t count, void *ctx)
{
	(void)data;
	(void)ctx;
	return size * count;
}

/* Status of the answer, 0: there was none. */
static long ask(const struct server *s, const char *dir, const struct ask *a)
{
	char url[128], path[3][256];
	CURL *curl = curl_easy_init();
	long status = 0;

	snprintf(url, sizeof(url), "http%s://localhost:%u%s", a->tls ? "s" : "", s->port,
		 a->path ? a->path : "/metrics");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_drop);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, a->max_tls);
	if (a->ca) {
		path_of(path[0], sizeof(path[0]), dir, a->ca);
		curl_easy_setopt(curl, CURLOPT_CAINFO, path[0]);
	}
	if (a->cert) {
		path_of(path[1], sizeof(path[1]), dir, a->cert);
		path_of(path[2], sizeof(path[2]), dir, a->key);
		curl_easy_setopt(curl, CURLOPT_SSLCERT, path[1]);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, path[2]);
	}
	if (a->login)
		curl_easy_setopt(curl, CURLOPT_USERPWD, a->login);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	return status;
}

/* A line that the server said, within 5 s. */
static void said(const struct server *s, const char *part)
{
	struct pollfd p = { s->messages, POLLIN, 0 };
	char text[1024];
	ssize_t n;

	assert_int_equal(poll(&p, 1, 5000), 1);
	n = read(s->messages, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	if (!strstr(text, part))
		fail_msg("no '%s' in '%s'", part, text);
}

/* ---------------------------------------------------------------------------------------- keys */

struct told {
	char text[4096];
};

static void on_told(void *ctx, const struct policy_note *note)
{
	struct told *t = ctx;
	const size_t used = strlen(t->text);

	snprintf(t->text + used, sizeof(t->text) - used, "%u:%u: %s\n", note->at.line,
		 note->at.column, note->text);
}

static int parsed(const char *text, struct told *t)
{
	const struct policy_listener listener = { on_told, t };
	struct web_keys *keys = calloc(1, sizeof(*keys));
	int ret;

	t->text[0] = '\0';
	ret = web_keys_parse(keys, "web.yaml", text, strlen(text), &listener);
	web_users_free(keys->users);
	free(keys);
	return ret;
}

static void mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text, *note;
	} cases[] = {
		{ "tls_servr_config: {}\n", "1:1: unknown key 'tls_servr_config' (did you mean "
		  "'tls_server_config'?)\n" },
		{ "tls_server_config:\n  cert_file: a\n  keyfile: b\n", "3:3: unknown key 'keyfile' "
		  "(did you mean 'key_file'?)\n" },
		{ "tls_server_config:\n  cert_file: a\n", "2:3: 'tls_server_config' has no "
		  "'key_file'\n" },
		{ "tls_server_config: {cert_file: a, key_file: b, min_version: TLS10}\n",
		  "1:61: TLS10 is broken: 'min_version' has to be TLS12 or TLS13\n" },
		{ "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}\n",
		  "1:20: 'client_ca_file' without 'client_auth_type': nobody would be asked for a "
		  "certificate\n" },
		{ "tls_server_config: {cert_file: a, key_file: b, "
		  "client_auth_type: RequireAndVerifyClientCert}\n",
		  "1:20: 'client_auth_type' needs a 'client_ca_file' to verify with\n" },
		{ "basic_auth_users: [a]\n", "1:19: 'basic_auth_users' has to be a mapping "
		  "('name: hash')\n" },
		{ "basic_auth_users: {}\n", "1:19: 'basic_auth_users' names nobody: remove it, or "
		  "add a user\n" },
		{ "basic_auth_users:\n  a: plain\n", "2:6: the password of 'a': it is no bcrypt "
		  "hash: it has to begin with $2y$10$ or alike; 'htpasswd -nBC 10 \"\"' makes "
		  "one\n" },
		{ "basic_auth_users:\n  a: " HASH_SECRET "\n  a: " HASH_SECRET "\n",
		  "3:3: user 'a' is there twice\n" },
		{ "basic_auth_users:\n  'a:b': " HASH_SECRET "\n", "2:3: a user's name has 1 to "
		  "127 bytes, and no colon\n" },
		{ "[\n", "1:1: a web configuration has to be a mapping" },
		{ "tls_server_config: {\n", "2:1: " },
		{ "- x\n", "1:1: a web configuration has to be a mapping ('key: value')\n" },
	};
	struct told t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parsed(cases[i].text, &t), -EINVAL);
		if (strncmp(t.text, cases[i].note, strlen(cases[i].note)))
			fail_msg("'%s': %s", cases[i].text, t.text);
	}
}

static void good_files(void **state)
{
	static const char *const files[] = {
		"", "# nothing\n", "{}\n",
		"basic_auth_users:\n  a: " HASH_SECRET "\n  yes: '" HASH_SECRET "'\n",
		"tls_server_config: {cert_file: a, key_file: b, min_version: TLS13}\n",
		("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c, "
		 "client_auth_type: VerifyClientCertIfGiven}\n"),
	};
	struct told t;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (parsed(files[i], &t) || t.text[0])
			fail_msg("'%s': %s", files[i], t.text);
}

static void hashes(void **state)
{
	char hash[] = HASH_SECRET;

	(void)state;
	assert_null(web_hash_error(HASH_SECRET));
	assert_non_null(web_hash_error(""));
	assert_non_null(web_hash_error("$2y$04$short"));
	assert_non_null(web_hash_error("$6$salt$abcdefghijklmnopqrstuuJbMjTyvcvAb2Op9yjMRZRFsBkVEv7"));
	memcpy(hash + 4, "15", 2);
	assert_non_null(strstr(web_hash_error(hash), "above 14"));
	memcpy(hash + 4, "03", 2);
	assert_non_null(strstr(web_hash_error(hash), "below 4"));
	memcpy(hash + 4, "1x", 2);
	assert_non_null(web_hash_error(hash));
	memcpy(hash + 4, "04", 2);
	hash[59] = '!';
	assert_non_null(web_hash_error(hash));
}

/* --------------------------------------------------------------------------------------- users */

static void passwords_cost_once(void **state)
{
	struct web_users *u = web_users_new();

	(void)state;
	assert_int_equal(web_users_add(u, "scraper", HASH_SECRET), 0);
	assert_int_equal(web_users_add(u, "scraper", HASH_SECRET), -EEXIST);
	for (int i = 0; i < 100; i++)
		assert_int_equal(web_users_check(u, "scraper", "secret", 1, 1), WEB_ALLOWED);
	assert_int_equal(web_users_computed(u), 1);
	assert_int_equal(web_users_check(u, "scraper", "wrong", 1, 1), WEB_DENIED);
	/* the next wrong one waits, who was right does not */
	assert_int_equal(web_users_check(u, "scraper", "wrong", 1, 1), WEB_BUSY);
	assert_int_equal(web_users_check(u, "scraper", "secret", 1, 1), WEB_ALLOWED);
	assert_int_equal(web_users_computed(u), 2);
	assert_int_equal(web_users_check(u, "nobody", "secret", 1, UINT64_C(10000000000)),
			 WEB_DENIED);
	assert_int_equal(web_users_computed(u), 3);	/* as much as for one that exists */
	assert_int_equal(web_users_check(u, "scrapers", "ecret", 1, UINT64_C(20000000000)),
			 WEB_DENIED);
	assert_int_equal(web_users_check(u, "", "", 1, UINT64_C(30000000000)), WEB_DENIED);
	web_users_free(u);
}

/* Who guesses all the time is looked at now and then; another client comes between. */
static void guesses_keep_nobody_out(void **state)
{
	struct web_users *u = web_users_new();
	uint64_t now = 1;

	(void)state;
	assert_int_equal(web_users_add(u, "scraper", HASH_SECRET), 0);
	assert_int_equal(web_users_check(u, "scraper", "guess", 1, now), WEB_DENIED);
	for (;;) {
		now += 10000;
		assert_int_equal(web_users_check(u, "scraper", "guess", 1, now), WEB_BUSY);
		if (web_users_check(u, "scraper", "secret", 2, now) != WEB_BUSY)
			break;
	}
	assert_int_equal(web_users_check(u, "scraper", "secret", 2, now), WEB_ALLOWED);
	/* nor do the guesses of more peers than are remembered */
	for (uint64_t peer = 100; peer < 300; peer++) {
		now += UINT64_C(1000000000);
		assert_int_equal(web_users_check(u, "scraper", "guess", peer, now), WEB_DENIED);
		assert_int_equal(web_users_check(u, "scraper", "guess", peer, now), WEB_BUSY);
	}
	web_users_free(u);
}

static void basic_auth(void **state)
{
	static const char *const pages[] = { "/", "/metrics", "/healthz", "/api/v1/vms", "/x" };
	char *dir = tree_new(NULL), path[256];
	struct server s;
	long status;

	(void)state;
	file_put(dir, "web.yaml", "basic_auth_users:\n  scraper: " HASH_SECRET "\n");
	path_of(path, sizeof(path), dir, "web.yaml");
	server_start(&s, &(struct server_setup){ .web_config = path });
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		assert_int_equal(ask(&s, dir, &(struct ask){ .path = pages[i] }), 401);
	assert_int_equal(ask(&s, dir, &(struct ask){ .login = "scraper:secret" }), 200);
	assert_int_equal(ask(&s, dir, &(struct ask){ .login = "scraper:wrong" }), 401);
	do {
		usleep(10000);
		status = ask(&s, dir, &(struct ask){ .login = "other:secret" });
	} while (status == 429);
	assert_int_equal(status, 401);
	assert_int_equal(ask(&s, dir, &(struct ask){ .login = "scraper:secret" }), 200);
	server_stop(&s);
	/* a unix socket has its own rights */
	server_start(&s, &(struct server_setup){ .web_config = path, .local = true });
	assert_int_equal(ask(&s, dir, &(struct ask){ .path = "/metrics" }), 200);
	server_stop(&s);
	tree_free(dir);
}

/* ----------------------------------------------------------------------------------------- TLS */

static void tls_and_new_certificates(void **state)
{
	char *dir = tree_new(NULL), path[256];
	struct identity first, second;
	struct server s;

	(void)state;
	identity_make(&first, dir, "first", NULL, false);
	file_put(dir, "web.yaml", "tls_server_config:\n  cert_file: first.crt\n"
		 "  key_file: first.key\n");
	path_of(path, sizeof(path), dir, "web.yaml");
	server_start(&s, &(struct server_setup){ .web_config = path });
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "first.crt" }), 200);
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = false }), 0);
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "first.crt",
			 .max_tls = CURL_SSLVERSION_MAX_TLSv1_2 }), 200);
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "first.crt",
			 .max_tls = CURL_SSLVERSION_MAX_TLSv1_1 }), 0);

	/* renewed in place: key and certificate come one after the other */
	identity_make(&second, dir, "second", NULL, false);
	sleep(1);
	file_put(dir, "web.yaml", "tls_server_config:\n  cert_file: second.crt\n"
		 "  key_file: first.key\n");
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "first.crt" }), 200);
	said(&s, "cert_file second.crt and key_file first.key cannot be used");
	sleep(1);
	file_put(dir, "web.yaml", "tls_server_config:\n  cert_file: second.crt\n"
		 "  key_file: second.key\n  min_version: TLS13\n");
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "second.crt" }), 200);
	said(&s, "read again");
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "first.crt" }), 0);
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "second.crt",
			 .max_tls = CURL_SSLVERSION_MAX_TLSv1_2 }), 0);

	/* a bad file is told once, and the last good one holds */
	sleep(1);
	file_put(dir, "web.yaml", "tls_server_confg: {}\n");
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "second.crt" }),
				 200);
	said(&s, "web.yaml:1:1: unknown key 'tls_server_confg' (did you mean 'tls_server_config'?)"
		 "; what was read before stays in force");
	identity_free(&first);
	identity_free(&second);
	server_stop(&s);
	tree_free(dir);
}

static void client_certificates(void **state)
{
	char *dir = tree_new(NULL), path[256];
	struct identity ca, stranger, server, client, imposter;
	struct server s;

	(void)state;
	identity_make(&ca, dir, "ca", NULL, false);
	identity_make(&stranger, dir, "stranger", NULL, false);
	identity_make(&server, dir, "server", &ca, false);
	identity_make(&client, dir, "client", &ca, true);
	identity_make(&imposter, dir, "imposter", &stranger, true);
	file_put(dir, "web.yaml", "tls_server_config:\n  cert_file: server.crt\n"
		 "  key_file: server.key\n  client_ca_file: ca.crt\n"
		 "  client_auth_type: RequireAndVerifyClientCert\n");
	path_of(path, sizeof(path), dir, "web.yaml");
	server_start(&s, &(struct server_setup){ .web_config = path });
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "ca.crt",
			 .cert = "client.crt", .key = "client.key" }), 200);
	assert_int_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "ca.crt" }), 403);
	assert_int_not_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "ca.crt",
			     .cert = "imposter.crt", .key = "imposter.key" }), 200);
	/* one for servers is none for clients */
	assert_int_not_equal(ask(&s, dir, &(struct ask){ .tls = true, .ca = "ca.crt",
			     .cert = "server.crt", .key = "server.key" }), 200);
	server_stop(&s);
	identity_free(&ca);
	identity_free(&stranger);
	identity_free(&server);
	identity_free(&client);
	identity_free(&imposter);
	tree_free(dir);
}

/* What keeps a server from starting is one line that says which file and why. */
static void refusals_are_clear(void **state)
{
	static const struct {
		const char *config, *why;
	} cases[] = {
		{ NULL, "/web.yaml: the web configuration cannot be read: No such file" },
		{ "tls_server_config: {cert_file: no.crt, key_file: a.key}\n",
		  "/no.crt: the certificate cannot be read: No such file" },
		{ "tls_server_config: {cert_file: a.crt, key_file: no.key}\n",
		  "/no.key: the key cannot be read: No such file" },
		{ "tls_server_config: {cert_file: web.yaml, key_file: a.key}\n",
		  "cert_file web.yaml and key_file a.key cannot be used: one of them is no PEM" },
		{ "tls_server_config: {cert_file: a.crt, key_file: a.key, client_ca_file: a.key, "
		  "client_auth_type: RequireAndVerifyClientCert}\n",
		  "client_ca_file a.key holds no certificate" },
		{ "x: 1\ny: 2\n", "/web.yaml:1:1: unknown key 'x' in a web configuration (and 1 "
		  "more)" },
	};
	char *dir = tree_new(NULL), path[256], why[512];
	struct web_watch *watch = calloc(1, sizeof(*watch));
	struct identity a;

	(void)state;
	identity_make(&a, dir, "a", NULL, false);
	path_of(path, sizeof(path), dir, "web.yaml");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_config *web = NULL;

		if (cases[i].config)
			file_put(dir, "web.yaml", cases[i].config);
		assert_true(web_config_load(&web, path, watch, why, sizeof(why)) < 0);
		if (!strstr(why, cases[i].why))
			fail_msg("%s", why);
		assert_null(strchr(why, '\n'));
	}
	identity_free(&a);
	free(watch);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(good_files),
		cmocka_unit_test(hashes),
		cmocka_unit_test(passwords_cost_once),
		cmocka_unit_test(guesses_keep_nobody_out),
		cmocka_unit_test(basic_auth),
		cmocka_unit_test(tls_and_new_certificates),
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(refusals_are_clear),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
