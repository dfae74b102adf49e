// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for what a Prometheus answers, up to what is printed. NUL bytes part the
 * answers to one question after the other, the last is that to all that follow. One that begins
 * with '!' is refused with status 400, one with '>' leads elsewhere.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/fleet.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stands for user/fleet/http.c: there is no network here. */
struct http {
	const char *at, *end;
};

static struct http input;

struct http *http_new(const struct http_opts *opts, char *err, size_t err_size)
{
	(void)opts;
	(void)err;
	(void)err_size;
	return &input;
}

void http_free(struct http *http)
{
	(void)http;
}

const char *http_url(const struct http *http)
{
	(void)http;
	return "http://prometheus.example:9090";
}

int http_query(struct http *http, const char *promql, struct http_answer *answer, char *err,
	       size_t err_size)
{
	const char *body = http->at, *end = memchr(body, '\0', (size_t)(http->end - body));

	(void)promql;
	*answer = (struct http_answer){ .status = 200 };
	if (end)
		http->at = end + 1;
	else
		end = http->end;
	if (body < end && *body == '!') {
		answer->status = 400;
		body++;
	} else if (body < end && *body == '>') {
		answer->status = 307;
		snprintf(answer->redirect, sizeof(answer->redirect), "%.*s",
			 (int)(end - body), body);
	}
	answer->size = (size_t)(end - body);
	answer->body = strndup(body, answer->size);
	snprintf(err, err_size, "out of memory");
	return answer->body ? 0 : -ENOMEM;
}

void http_answer_fini(struct http_answer *answer)
{
	free(answer->body);
	answer->body = NULL;
}

/* What is printed, checked by check. */
static void print_check(const struct fleet_view *v,
			int (*print)(FILE *out, const struct fleet_view *v),
			void (*check)(const char *text, size_t size))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || print(out, v) || fclose(out))
		abort();
	check(text, size);
	free(text);
}

static int table_print(FILE *out, const struct fleet_view *v)
{
	return fleet_print_table(out, v, 80);
}

static void json_check(const char *text, size_t size)
{
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);

	if (!json)
		abort();
	json_decref(json);
}

/* Nothing from outside steers the terminal. */
static void table_check(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n') || text[i] == 0x7f)
			abort();
}

static void fleet_check(const struct fleet *f)
{
	if (f->safe_bits > 64 || f->max_bits > 64 || f->unknown > f->host_count ||
	    fleet_found(f) > f->vm_count)
		abort();
	for (size_t i = 0; i < f->host_count; i++) {
		const struct fleet_host *h = &f->hosts[i];

		if (fleet_host_find(f, h->name) != h || h->unknown > h->groups ||
		    (fleet_host_known(h) && !(h->max && h->safe)))
			abort();
	}
	for (size_t i = 0; i < f->vm_count; i++)
		if (fleet_bits(f, &f->vms[i]) > f->safe_bits || f->vms[i].bits > 64 ||
		    !fleet_host_find(f, f->vms[i].host))
			abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setlocale(LC_CTYPE, "C.UTF-8");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct prometheus_opts opts = { .selector = "", .host_label = "instance" };
	struct prometheus_notes notes;
	struct fleet f;
	char err[HTTP_MESSAGE] = "";
	int ret;

	input = (struct http){ (const char *)data, (const char *)data + size };
	ret = prometheus_ask(&f, &notes, &opts, err, sizeof(err));
	if (ret) {
		if (ret > 0 || !err[0] || strlen(err) >= sizeof(err))
			abort();
	} else {
		const struct fleet_view v = { &f, &notes, http_url(NULL), "" };

		fleet_check(&f);
		print_check(&v, fleet_print_json, json_check);
		print_check(&v, table_print, table_check);
	}
	prometheus_notes_fini(&notes);
	fleet_fini(&f);
	return 0;
}
