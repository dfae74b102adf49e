// SPDX-License-Identifier: GPL-2.0-or-later
/* https://prometheus.io/docs/prometheus/latest/querying/api/: envelope, and instant vector. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/answer.h"
#include "host/text.h"

/** Bytes of a server's own words in a message. */
#define QUOTED 200

/** Where an answer comes from, and where its message goes. */
struct place {
	const char *url;
	char *err;
	size_t err_size;
};

/* Printable, and of one line. */
static void quote(char *buf, size_t size, const char *text)
{
	host_text_clean(buf, size, text, strlen(text));
}

/* "bad_data: parse error" of an envelope that is an error; false if it is none. */
static bool error_words(const json_t *root, char *buf, size_t size)
{
	const char *status = json_string_value(json_object_get(root, "status"));
	const char *type = json_string_value(json_object_get(root, "errorType"));
	const char *error = json_string_value(json_object_get(root, "error"));
	char words[4 * QUOTED];

	if (!status || strcmp(status, "error"))
		return false;
	snprintf(words, sizeof(words), "%s: %s", type ? type : "error",
		 error ? error : "it does not say why");
	quote(buf, size, words);
	return true;
}

/* The first line of plain text: so say Go's servers, Mimir among them, what is wrong. */
static bool body_words(const struct http_answer *a, char *buf, size_t size)
{
	const char *begin = a->body + strspn(a->body, " \t\r\n");

	if (!*begin || strchr("<{[", *begin))
		return false;
	host_text_clean(buf, size, begin, strcspn(begin, "\r\n"));
	return true;
}

/* What the status alone says; NULL: nothing. */
static const char *status_words(long status)
{
	switch (status) {
	case 401:
		return "it wants authentication: --bearer-token-file, --netrc-file, --header or "
		       "--cert";
	case 403:
		return "it refuses these credentials";
	case 404:
	case 405:
		return "it has no /api/v1/query there; a path may be missing, as /prometheus for "
		       "Mimir";
	case 429:
		return "it has too many requests";
	case 502:
	case 504:
		return "what is behind it does not answer";
	default:
		return status > 299 ? NULL : "200 was expected";
	}
}

static int refused(const struct http_answer *a, const json_t *root, const struct place *p)
{
	char words[QUOTED];

	if (a->redirect[0] || (a->status >= 300 && a->status < 400))
		snprintf(p->err, p->err_size, "%s answers with a redirect%s%s, which is not followed",
			 p->url, a->redirect[0] ? " to " : "", a->redirect);
	else if (error_words(root, words, sizeof(words)))
		snprintf(p->err, p->err_size, "%s answers %ld: %s", p->url, a->status, words);
	else if (body_words(a, words, sizeof(words)))
		snprintf(p->err, p->err_size, "%s answers %ld, '%s'%s%s", p->url, a->status, words,
			 status_words(a->status) ? ": " : "",
			 status_words(a->status) ? status_words(a->status) : "");
	else
		snprintf(p->err, p->err_size, "%s answers %ld: %s", p->url, a->status,
			 status_words(a->status) ? status_words(a->status) :
			 "it does not say why");
	return -EPROTO;
}

static int no_json(const struct http_answer *a, const json_error_t *e, const struct place *p)
{
	const bool began = a->body[strspn(a->body, " \t\r\n")] == '{';
	char begin[48];

	quote(begin, sizeof(begin), a->body);
	if (!a->size)
		snprintf(p->err, p->err_size, "%s answers nothing; is it Prometheus?", p->url);
	else if (began && json_error_code(e) == json_error_premature_end_of_input)
		snprintf(p->err, p->err_size, "the answer of %s ended early, after %zu bytes", p->url,
			 a->size);
	else
		snprintf(p->err, p->err_size, "%s does not answer in JSON but with '%s'; is it "
			 "Prometheus?", p->url, begin);
	return -EPROTO;
}

static int no_vector(const struct place *p, const char *what)
{
	snprintf(p->err, p->err_size, "the answer of %s is not what Prometheus answers: %s", p->url,
		 what);
	return -EPROTO;
}

/* The value is a string, for JSON has no NaN and no infinity. */
static bool value_read(const json_t *value, double *number)
{
	const char *text = json_string_value(json_array_get(value, 1));
	char *end;

	if (json_array_size(value) != 2 || !json_is_number(json_array_get(value, 0)) || !text ||
	    !*text)
		return false;
	*number = strtod(text, &end);
	return !*end;
}

static bool labels_valid(json_t *labels)
{
	const char *name;
	json_t *value;

	if (!json_is_object(labels))
		return false;
	json_object_foreach(labels, name, value)
		if (!json_is_string(value))
			return false;
	return true;
}

static int samples_read(const json_t *result, const struct answer_reader *r, const struct place *p)
{
	char what[64];
	double value;

	for (size_t i = 0; i < json_array_size(result); i++) {
		const json_t *sample = json_array_get(result, i);
		json_t *labels = json_object_get(sample, "metric");
		int err;

		if (!labels_valid(labels) ||
		    !value_read(json_object_get(sample, "value"), &value)) {
			snprintf(what, sizeof(what), "series %zu has no labels, or no value", i + 1);
			return no_vector(p, what);
		}
		err = r->sample(r->ctx, labels, value);
		if (err)
			return err;
	}
	return 0;
}

static void warnings_read(const json_t *warnings, const struct answer_reader *r)
{
	char words[QUOTED];

	for (size_t i = 0; r->warning && i < json_array_size(warnings); i++) {
		const char *text = json_string_value(json_array_get(warnings, i));

		quote(words, sizeof(words), text ? text : "a warning that is no text");
		r->warning(r->ctx, words);
	}
}

static int root_read(const json_t *root, const struct answer_reader *r, const struct place *p)
{
	const char *status = json_string_value(json_object_get(root, "status"));
	const json_t *data = json_object_get(root, "data");
	const char *type = json_string_value(json_object_get(data, "resultType"));
	const json_t *result = json_object_get(data, "result");

	if (!status || strcmp(status, "success"))
		return no_vector(p, "it has no status \"success\"");
	if (!type || strcmp(type, "vector") || !json_is_array(result))
		return no_vector(p, "it has no vector");
	warnings_read(json_object_get(root, "warnings"), r);
	return samples_read(result, r, p);
}

int answer_read(const struct http_answer *answer, const char *url,
		const struct answer_reader *reader, char *err, size_t err_size)
{
	const struct place place = { url, err, err_size };
	json_error_t error;
	json_t *root = json_loadb(answer->body, answer->size, JSON_REJECT_DUPLICATES, &error);
	char words[QUOTED];
	int ret;

	if (answer->status != 200)
		ret = refused(answer, root, &place);
	else if (!root)
		ret = no_json(answer, &error, &place);
	else if (error_words(root, words, sizeof(words)))
		ret = refused(answer, root, &place);
	else
		ret = root_read(root, reader, &place);
	json_decref(root);
	return ret;
}
