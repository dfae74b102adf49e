// SPDX-License-Identifier: GPL-2.0-or-later
/* libcurl does the work; here are the limits, and what went wrong in words. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "fleet/http.h"
#include "host/file.h"
#include "host/text.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_SECOND UINT64_C(1000000000)
/** A server that does not even answer the first packet is not waited for longer. */
#define CONNECT_NS (10 * NS_PER_SECOND)
#define TOKEN_MAX 16384

struct http {
	const struct http_opts *opts;
	CURL *curl;
	struct curl_slist *headers;
	char *endpoint;		/**< address of the API */
	char *shown;		/**< the caller's address, without a '/' at its end */
	uint64_t begin;
	char detail[CURL_ERROR_SIZE];
	struct http_answer *answer;	/**< being filled */
	bool too_large;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

int http_url_check(const char *url, char *err, size_t err_size)
{
	CURLU *parts = curl_url();
	CURLUcode code = CURLUE_OK;
	int ret = -EINVAL;

	if (parts)
		code = curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER);
	if (!parts || code == CURLUE_OUT_OF_MEMORY)
		snprintf(err, err_size, "out of memory");
	else if (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8))
		snprintf(err, err_size, "expected http://HOST[:PORT][/PATH] or https://...");
	else if (code == CURLUE_USER_NOT_ALLOWED)
		snprintf(err, err_size, "user and password go into a file for --netrc-file");
	else if (code)
		snprintf(err, err_size, "not a valid address: %s", curl_url_strerror(code));
	else if (url[strcspn(url, "?#")])
		snprintf(err, err_size, "an address without '?' and '#' is expected");
	else
		ret = 0;
	curl_url_cleanup(parts);
	return ret;
}

int http_header_check(const char *header, char *err, size_t err_size)
{
	const size_t name = strcspn(header, ":");

	for (size_t i = 0; header[i]; i++) {
		const bool token = isalnum((unsigned char)header[i]) ||
				   strchr("!#$%&'*+-.^_`|~", header[i]);

		if ((i < name && !token) || iscntrl((unsigned char)header[i])) {
			snprintf(err, err_size, "character %zu has no place in a header", i + 1);
			return -EINVAL;
		}
	}
	if (name && header[name] && header[name + 1 + strspn(header + name + 1, " ")])
		return 0;
	snprintf(err, err_size, "expected 'NAME: VALUE'");
	return -EINVAL;
}

static int unreadable(const char *file, ssize_t n, char *err, size_t err_size)
{
	snprintf(err, err_size, "cannot read %s: %s", file, !n ? "it is empty" :
		 n == -EINVAL ? "it is no regular file" : strerror((int)-n));
	return n ? (int)n : -EINVAL;
}

/* Read the token into a header of its own. 0, or -errno with a message. */
static int token_add(struct http *http, char *err, size_t err_size)
{
	static const char head[] = "Authorization: Bearer ";
	const char *file = http->opts->token_file;
	char line[sizeof(head) + TOKEN_MAX], unused[64];
	char *token = line + sizeof(head) - 1;
	struct curl_slist *list;
	const ssize_t n = host_file_read(AT_FDCWD, file, token, TOKEN_MAX);

	if (n <= 0)
		return unreadable(file, n, err, err_size);
	token[strcspn(token, "\r\n")] = '\0';
	memcpy(line, head, sizeof(head) - 1);
	if (!*token || strlen(token) == TOKEN_MAX - 1 ||
	    http_header_check(line, unused, sizeof(unused))) {
		snprintf(err, err_size, "%s holds no bearer token in its first line", file);
		return -EINVAL;
	}
	list = curl_slist_append(http->headers, line);
	explicit_bzero(line, sizeof(line));
	if (!list)
		return -ENOMEM;
	http->headers = list;
	return 0;
}

/* libcurl would say little of a file that is not there, or go on without it. */
static int files_check(const struct http_opts *o, char *err, size_t err_size)
{
	const char *const files[] = { o->netrc_file, o->ca, o->cert, o->key };
	char byte[2];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ssize_t n = 1;

		if (files[i])
			n = host_file_read(AT_FDCWD, files[i], byte, sizeof(byte));
		if (n <= 0)
			return unreadable(files[i], n, err, err_size);
	}
	return 0;
}

static size_t body_take(char *data, size_t size, size_t count, void *ctx)
{
	struct http *http = ctx;
	struct http_answer *a = http->answer;
	const size_t more = size * count;
	char *body;

	if (more > http->opts->max_bytes - a->size) {
		http->too_large = true;
		return 0;
	}
	body = realloc(a->body, a->size + more + 1);
	if (!body)
		return 0;
	memcpy(body + a->size, data, more);
	a->body = body;
	a->size += more;
	body[a->size] = '\0';
	return more;
}

static int progress_take(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total,
			 curl_off_t up)
{
	const struct http *http = ctx;

	(void)total, (void)now, (void)up_total, (void)up;
	if (http->opts->wait)
		http->opts->wait(http->opts->ctx, now_ns() - http->begin);
	return 0;
}

static void security_set(struct http *http)
{
	const struct http_opts *o = http->opts;

	if (o->netrc_file) {
		curl_easy_setopt(http->curl, CURLOPT_NETRC, (long)CURL_NETRC_REQUIRED);
		curl_easy_setopt(http->curl, CURLOPT_NETRC_FILE, o->netrc_file);
	}
	if (o->ca)
		curl_easy_setopt(http->curl, CURLOPT_CAINFO, o->ca);
	if (o->cert)
		curl_easy_setopt(http->curl, CURLOPT_SSLCERT, o->cert);
	if (o->key)
		curl_easy_setopt(http->curl, CURLOPT_SSLKEY, o->key);
	curl_easy_setopt(http->curl, CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
	curl_easy_setopt(http->curl, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
}

static int handle_set(struct http *http)
{
	CURL *c = http->curl;

	if (curl_easy_setopt(c, CURLOPT_URL, http->endpoint) ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, http->headers))
		return -ENOMEM;
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	/* A redirect may lead anywhere, with the token: the message tells where instead. */
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "viommuctl/" VIOMMU_VERSION);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, http->detail);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress_take);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, http);
	security_set(http);
	return 0;
}

static int urls_set(struct http *http)
{
	const char *url = http->opts->url;
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	http->shown = strndup(url, len);
	return asprintf(&http->endpoint, "%.*s/api/v1/query", (int)len, url) < 0 || !http->shown ?
	       -ENOMEM : 0;
}

static int headers_set(struct http *http, char *err, size_t err_size)
{
	for (size_t i = 0; i < http->opts->header_count; i++) {
		struct curl_slist *list = curl_slist_append(http->headers, http->opts->headers[i]);

		if (!list)
			return -ENOMEM;
		http->headers = list;
	}
	return http->opts->token_file ? token_add(http, err, err_size) : 0;
}

struct http *http_new(const struct http_opts *opts, char *err, size_t err_size)
{
	struct http *http = calloc(1, sizeof(*http));
	int ret;

	snprintf(err, err_size, "out of memory");
	if (!http)
		return NULL;
	http->opts = opts;
	http->begin = now_ns();
	http->curl = curl_easy_init();
	ret = http->curl ? files_check(opts, err, err_size) : -ENOMEM;
	if (!ret)
		ret = urls_set(http);
	if (!ret)
		ret = headers_set(http, err, err_size);
	if (!ret)
		ret = handle_set(http);
	if (!ret)
		return http;
	http_free(http);
	return NULL;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->headers);
	free(http->endpoint);
	free(http->shown);
	free(http);
}

const char *http_url(const struct http *http)
{
	return http->shown;
}

static int timed_out(const struct http *http, char *err, size_t err_size)
{
	snprintf(err, err_size, "%s did not answer within %llu s; --timeout gives it longer",
		 http->shown, (unsigned long long)(http->opts->timeout_ns / NS_PER_SECOND));
	return -ETIMEDOUT;
}

/* libcurl's text is not for the terminal: it may quote the server. */
static int failed(const struct http *http, CURLcode code, char *err, size_t err_size)
{
	const char *detail = http->detail[0] ? http->detail : curl_easy_strerror(code);
	char clean[sizeof(http->detail)];

	host_text_clean(clean, sizeof(clean), detail, strlen(detail));
	if (http->too_large) {
		snprintf(err, err_size, "%s answers with more than %zu bytes; narrow the selector, or "
			 "raise --max-size", http->shown, http->opts->max_bytes);
		return -EFBIG;
	}
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(http, err, err_size);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
		snprintf(err, err_size, "the answer of %s ended early: %s", http->shown, clean);
		return -EPIPE;
	case CURLE_PEER_FAILED_VERIFICATION:
		snprintf(err, err_size, "%s is not trusted: %s; --ca FILE names who signed it",
			 http->shown, clean);
		return -EPERM;
	default:
		snprintf(err, err_size, "cannot ask %s: %s", http->shown, clean);
		return -EIO;
	}
}

/* The form, and what is left of the time. 0, or -errno with a message. */
static int request_set(struct http *http, const char *promql, char *err, size_t err_size)
{
	const uint64_t waited = now_ns() - http->begin;
	uint64_t left, connect;
	char *escaped, *form;
	int n;

	if (waited + NS_PER_MS > http->opts->timeout_ns)
		return timed_out(http, err, err_size);
	left = http->opts->timeout_ns - waited;
	connect = left < CONNECT_NS ? left : CONNECT_NS;
	curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, (long)(left / NS_PER_MS));
	curl_easy_setopt(http->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect / NS_PER_MS));
	escaped = curl_easy_escape(http->curl, promql, 0);
	n = escaped ? asprintf(&form, "query=%s", escaped) : -1;
	curl_free(escaped);
	if (n < 0)
		return -ENOMEM;
	n = curl_easy_setopt(http->curl, CURLOPT_COPYPOSTFIELDS, form) ? -ENOMEM : 0;
	free(form);
	return n;
}

int http_query(struct http *http, const char *promql, struct http_answer *answer, char *err,
	       size_t err_size)
{
	const char *redirect = NULL;
	CURLcode code;
	int ret;

	*answer = (struct http_answer){ .body = strdup("") };
	snprintf(err, err_size, "out of memory");
	ret = answer->body ? request_set(http, promql, err, err_size) : -ENOMEM;
	if (ret)
		return ret;
	http->answer = answer;
	http->too_large = false;
	http->detail[0] = '\0';
	code = curl_easy_perform(http->curl);
	http->answer = NULL;
	if (code)
		return failed(http, code, err, err_size);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_getinfo(http->curl, CURLINFO_REDIRECT_URL, &redirect);
	if (redirect)
		host_text_clean(answer->redirect, sizeof(answer->redirect), redirect,
				strlen(redirect));
	return 0;
}

void http_answer_fini(struct http_answer *answer)
{
	free(answer->body);
	answer->body = NULL;
}
