// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked for, by whom, and the answer to it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "core/hex.h"
#include "export/api-history.h"
#include "export/api.h"
#include "export/http-parts.h"
#include "export/metrics.h"
#include "export/page.h"
#include "host/text.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define TEXT_HTML "text/html; charset=utf-8"
#define JSON "application/json"

#define API_VMS "/api/v1/vms"
#define PAGE_VMS "/vms/"

static const char paths[] =
	"/                    for people\n"
	"/vms/NAME            a VM, for people\n"
	"/metrics             for Prometheus\n"
	"/healthz             does viommud work?\n"
	"/api/v1/vms          all VMs, JSON\n"
	"/api/v1/vms/NAME     one VM\n"
	"With ?since=SECONDS the last two tell the history too.\n";

/* An answer before it is sent. */
struct answer {
	unsigned int status;
	const char *type;
	char *body;		/* freed by libmicrohttpd; NULL: out of memory */
	size_t size;
	const char *header;	/* one more header; NULL: none */
	const char *value;
};

/* ------------------------------------------------------------------------------------- sending */

static const struct {
	const char *name;
	const char *value;
} security[] = {
	{ MHD_HTTP_HEADER_CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; "
	  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
};

static enum MHD_Result answer_send(struct MHD_Connection *connection, const struct answer *a)
{
	struct MHD_Response *response;
	enum MHD_Result ret = MHD_YES;

	if (!a->body)
		return MHD_NO;
	response = MHD_create_response_from_buffer(a->size, a->body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(a->body);
		return MHD_NO;
	}
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++)
		ret &= MHD_add_response_header(response, security[i].name, security[i].value);
	ret &= MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	if (a->header)
		ret &= MHD_add_response_header(response, a->header, a->value);
	if (ret)
		ret = MHD_queue_response(connection, a->status, response);
	MHD_destroy_response(response);
	return ret;
}

static void answer_text(struct answer *a, unsigned int status, const char *text,
			const char *more)
{
	free(a->body);
	a->status = status;
	a->type = TEXT_PLAIN;
	if (asprintf(&a->body, "%s\n%s", text, more) < 0)
		a->body = NULL;
	a->size = a->body ? strlen(a->body) : 0;
}

/* ---------------------------------------------------------------------------------- who may ask */

/* The certificate of the client, if one was given, comes from the CA that was named. */
static bool certificate_accept(const struct web_config *web, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned int status, given;

	if (web_config_client_auth(web) == WEB_CLIENT_ANY)
		return true;
	if (!info)
		return false;
	if (!gnutls_certificate_get_peers(info->tls_session, &given) || !given)
		return web_config_client_auth(web) == WEB_CLIENT_VERIFY_IF_GIVEN;
	return !gnutls_certificate_verify_peers(info->tls_session, &purpose, 1, &status) && !status;
}

/* IPv6: its network, as an attacker has all of its addresses. */
static uint64_t peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	uint64_t key = 0;

	if (peer && peer->sa_family == AF_INET)
		key = ((const struct sockaddr_in *)(const void *)peer)->sin_addr.s_addr;
	else if (peer && peer->sa_family == AF_INET6)
		memcpy(&key, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr,
		       sizeof(key));
	return key;
}

static enum web_verdict password_check(struct web_users *users, struct MHD_Connection *connection)
{
	enum web_verdict verdict = WEB_DENIED;
	char *password = NULL;
	char *name = MHD_basic_auth_get_username_password(connection, &password);

	if (name && password)
		verdict = web_users_check(users, name, password, peer_of(connection),
					  http_now());
	if (password)
		gnutls_memset(password, 0, strlen(password));
	MHD_free(password);
	MHD_free(name);
	return verdict;
}

/* false: a says why not. */
static bool client_allowed(const struct http_server *h, struct MHD_Connection *connection,
			   struct answer *a)
{
	struct web_users *users = h->web ? web_config_users(h->web) : NULL;

	if (h->web && !certificate_accept(h->web, connection)) {
		answer_text(a, MHD_HTTP_FORBIDDEN,
			    "A client certificate of the CA that this server trusts is needed.", "");
		return false;
	}
	switch (users ? password_check(users, connection) : WEB_ALLOWED) {
	case WEB_ALLOWED:
		return true;
	case WEB_BUSY:
		answer_text(a, MHD_HTTP_TOO_MANY_REQUESTS,
			    "There were wrong passwords just now: ask again in a second.", "");
		a->header = MHD_HTTP_HEADER_RETRY_AFTER;
		a->value = "1";
		return false;
	case WEB_DENIED:
		break;
	}
	answer_text(a, MHD_HTTP_UNAUTHORIZED, "A user's name and password are needed.", "");
	a->header = MHD_HTTP_HEADER_WWW_AUTHENTICATE;
	a->value = "Basic realm=\"viommud\", charset=\"UTF-8\"";
	return false;
}

/* ------------------------------------------------------------------------------------- answers */

static void metrics_answer(struct http_server *h, struct MHD_Connection *connection,
			   struct answer *a)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT);
	const struct metrics_opts opts = {
		.format = metrics_negotiate(accept), .max_series = h->source.max_series,
	};
	size_t dropped;

	a->type = metrics_content_type(opts.format);
	if (!metrics_write(&a->body, &a->size, h->source.ledger, &opts, h->dropped, &dropped))
		h->dropped += dropped;
}

static void health_answer(const struct http_server *h, struct answer *a)
{
	const struct http_source *s = &h->source;
	const char *problem = s->unhealthy ? s->unhealthy(s->ctx) : NULL;

	if (problem)
		answer_text(a, MHD_HTTP_SERVICE_UNAVAILABLE, problem, "");
	else
		answer_text(a, MHD_HTTP_OK, "ok", "");
}

static void json_answer(struct answer *a, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	a->type = JSON;
	if (!text)
		return;
	a->size = strlen(text);
	a->body = text;
}

static void missing_answer(struct answer *a)
{
	answer_text(a, MHD_HTTP_NOT_FOUND, "There is no such path. There are:\n", paths);
}

/* Seconds back from now; false: a says that they are none. */
static bool since_read(struct MHD_Connection *connection, uint64_t *seconds, bool *given,
		       struct answer *a)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "since");

	*given = text;
	if (!text || (*text && decimal_read(text, strlen(text), seconds) == strlen(text)))
		return true;
	answer_text(a, MHD_HTTP_BAD_REQUEST, "'since' has to be a number of seconds back from now.",
		    "");
	return false;
}

static uint64_t realtime_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t time_before(uint64_t now, uint64_t seconds)
{
	return seconds < now / 1000000000 ? now - seconds * 1000000000 : 0;
}

/* Add the member "history" to object; name NULL: of all VMs. false: a says why not. */
static bool history_add(const struct http_server *h, json_t *object, const char *name,
			uint64_t seconds, struct answer *a)
{
	json_t *history = NULL;
	int ret;

	if (!h->source.store) {
		answer_text(a, MHD_HTTP_SERVICE_UNAVAILABLE, "There is no history: its file could "
			    "not be opened, and viommud's log says why.", "");
		return false;
	}
	ret = api_history(&history, h->source.store, name, time_before(realtime_now(), seconds));
	if (!ret && json_object_set_new(object, "history", history))
		ret = -ENOMEM;
	if (!ret)
		return true;
	answer_text(a, MHD_HTTP_SERVICE_UNAVAILABLE, "The history cannot be read now.", "");
	return false;
}

/* No VM that was ever known has another one: they are made clean where they come from. */
static bool is_name(const char *name)
{
	char clean[VIOMMU_NAME_LEN];

	host_text_clean(clean, sizeof(clean), name, strlen(name));
	return *name && !strcmp(clean, name);
}

/* name NULL: all VMs. A VM that is gone has its history still. */
static void api_answer(const struct http_server *h, struct MHD_Connection *connection,
		       const char *name, struct answer *a)
{
	const struct http_source *s = &h->source;
	const struct ledger_domain *d = name ? ledger_domain_find(s->ledger, name) : NULL;
	uint64_t seconds = 0;
	bool given;
	json_t *json;

	if (!since_read(connection, &seconds, &given, a))
		return;
	if (name && !d && (!given || !is_name(name))) {
		answer_text(a, MHD_HTTP_NOT_FOUND, "There is no VM of that name. " API_VMS
			    " lists them.", "");
		return;
	}
	json = !name ? api_vms(s) : d ? api_vm(d) :
	       json_pack("{s:i, s:s}", "v", API_VERSION, "vm", name);
	if (json && given && !history_add(h, json, name, seconds, a)) {
		json_decref(json);
		return;
	}
	json_answer(a, json);
}

static void page_answer(const struct http_server *h, const char *name, struct answer *a)
{
	const struct ledger_domain *d = name ? ledger_domain_find(h->source.ledger, name) : NULL;
	FILE *out = open_memstream(&a->body, &a->size);

	if (!out)
		return;
	a->type = TEXT_HTML;
	if (!name) {
		page_write(out, &h->source, realtime_now());
	} else if (d) {
		page_write_vm(out, &h->source, d, realtime_now());
	} else {
		a->status = MHD_HTTP_NOT_FOUND;
		page_write_missing(out, &h->source, "There is no VM of that name.");
	}
	if (fclose(out)) {
		free(a->body);
		a->body = NULL;
	}
}

static void url_answer(struct http_server *h, struct MHD_Connection *connection, const char *url,
		       struct answer *a)
{
	if (!strcmp(url, "/"))
		page_answer(h, NULL, a);
	else if (!strncmp(url, PAGE_VMS, strlen(PAGE_VMS)))
		page_answer(h, url + strlen(PAGE_VMS), a);
	else if (!strcmp(url, "/metrics"))
		metrics_answer(h, connection, a);
	else if (!strcmp(url, "/healthz"))
		health_answer(h, a);
	else if (!strcmp(url, API_VMS))
		api_answer(h, connection, NULL, a);
	else if (!strncmp(url, API_VMS "/", strlen(API_VMS "/")))
		api_answer(h, connection, url + strlen(API_VMS "/"), a);
	else
		missing_answer(a);
}

enum MHD_Result http_answer(struct http_server *h, struct MHD_Connection *connection,
			    const char *url, const char *method)
{
	struct answer a = { .status = MHD_HTTP_OK, .type = TEXT_PLAIN };

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		answer_text(&a, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD: nothing can be "
			    "changed here.", "");
		a.header = MHD_HTTP_HEADER_ALLOW;
		a.value = "GET, HEAD";
	} else if (client_allowed(h, connection, &a)) {
		url_answer(h, connection, url, &a);
	}
	http_client_weigh(&h->clients, connection, a.size);
	return answer_send(connection, &a);
}
