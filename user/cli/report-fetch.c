// SPDX-License-Identifier: GPL-2.0-or-later
/* viommud is asked over its unix socket; whoever listens there may be anybody. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "cli/report.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define TIMEOUT_SECONDS 30L
/* More than API_HISTORY_MAX rows of each kind have. */
#define ANSWER_MAX (64u << 20)

struct answer {
	char *body;
	size_t size;
	bool too_large;
};

static size_t answer_take(char *data, size_t one, size_t size, void *ctx)
{
	struct answer *a = ctx;
	char *body;

	(void)one;	/* always 1 */
	if (size > ANSWER_MAX - a->size) {
		a->too_large = true;
		return 0;
	}
	body = realloc(a->body, a->size + size + 1);
	if (!body)
		return 0;
	memcpy(body + a->size, data, size);
	a->body = body;
	a->size += size;
	body[a->size] = '\0';
	return size;
}

/* The address of the VM's history; the caller frees it. NULL: out of memory. */
static char *address_make(CURL *curl, const struct report_opts *opts)
{
	char *name = opts->vm ? curl_easy_escape(curl, opts->vm, 0) : NULL;
	char *url = NULL;

	if (opts->vm && !name)
		return NULL;
	if (asprintf(&url, "http://localhost/api/v1/vms%s%s?since=%" PRIu64, name ? "/" : "",
		     name ? name : "", opts->since / NS_PER_SECOND) < 0)
		url = NULL;
	curl_free(name);
	return url;
}

/* Nobody answers, or not to us. */
static int connect_fail(CURL *curl, const char *socket, char *err, size_t err_size)
{
	long why = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &why);
	if (why == EACCES || why == EPERM)
		snprintf(err, err_size, "you may not ask viommud at %s: be root or in the group that "
			 "owns the socket (viommu)", socket);
	else
		snprintf(err, err_size, "viommud does not answer at %s%s%s: start it (systemctl start "
			 "viommud), or name its socket with --socket", socket, why ? ", " : "",
			 why ? strerror((int)why) : "");
	return EXIT_UNSUPPORTED;
}

static int fetch_fail(CURL *curl, CURLcode code, const struct answer *a, const char *socket,
		      char *err, size_t err_size)
{
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
		return connect_fail(curl, socket, err, err_size);
	if (a->too_large)
		snprintf(err, err_size, "what answers at %s says more than 64 MiB: ask for less with "
			 "--since", socket);
	else
		snprintf(err, err_size, "viommud at %s gives no whole answer: %s", socket,
			 curl_easy_strerror(code));
	return EXIT_FAILED;
}

static int fetch(CURL *curl, const char *url, const struct report_opts *opts, struct answer *a,
		 char *err, size_t err_size)
{
	long status = 0;
	CURLcode code;

	if (curl_easy_setopt(curl, CURLOPT_URL, url) ||
	    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, opts->socket)) {
		snprintf(err, err_size, "out of memory");
		return EXIT_FAILED;
	}
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	code = curl_easy_perform(curl);
	if (code)
		return fetch_fail(curl, code, a, opts->socket, err, err_size);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return -1;
	snprintf(err, err_size, "viommud at %s refuses: status %ld, %.*s", opts->socket, status,
		 a->body ? (int)strcspn(a->body, "\n") : 0, a->body ? a->body : "");
	return EXIT_FAILED;
}

/* The parts that are looked at are of the kinds that they have to be. */
static bool history_valid(const json_t *history)
{
	static const char *const lists[] = { "hours", "failures", "attaches" };
	const json_t *row;
	size_t i;

	for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
		const json_t *list = json_object_get(history, lists[n]);

		if (!json_is_array(list))
			return false;
		json_array_foreach(list, i, row)
			if (!json_is_string(json_object_get(row, "vm")))
				return false;
	}
	return true;
}

static int history_parse(json_t **history, const struct answer *a, const char *socket, char *err,
			 size_t err_size)
{
	json_t *whole = json_loadb(a->body ? a->body : "", a->size, JSON_REJECT_DUPLICATES, NULL);
	json_t *part = json_object_get(whole, "history");

	*history = NULL;
	if (json_is_object(whole) && !part)
		snprintf(err, err_size, "viommud at %s keeps no history: see its log", socket);
	else if (!history_valid(part))
		snprintf(err, err_size, "what answers at %s is not viommud, or one of another version",
			 socket);
	else
		*history = json_incref(part);
	json_decref(whole);
	return *history ? -1 : EXIT_FAILED;
}

int report_fetch(json_t **history, const struct report_opts *opts, char *err, size_t err_size)
{
	struct answer a = { .body = NULL };
	CURL *curl = curl_easy_init();
	char *url = curl ? address_make(curl, opts) : NULL;
	int code = EXIT_FAILED;

	snprintf(err, err_size, "out of memory");
	if (url)
		code = fetch(curl, url, opts, &a, err, err_size);
	if (code < 0)
		code = history_parse(history, &a, opts->socket, err, err_size);
	free(url);
	free(a.body);
	curl_easy_cleanup(curl);
	return code;
}
