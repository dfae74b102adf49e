// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of the two text formats. Written without printf: a host with many VMs has tens of thousands
 * of them, several times a minute.
 */
#include <stdlib.h>
#include <string.h>

#include "export/metrics-parts.h"
#include "host/text.h"

/* A first guess that holds some hundred series. */
#define FIRST_ROOM 65536

static const struct {
	const char *name;	/* with the prefix */
	const char *type;
	const char *help;
} metrics[VIOMMU_NR_METRICS] = {
#define X(sym, name, type, labels, help) { VIOMMU_METRICS_PREFIX name, type, help },
	VIOMMU_METRICS(X)
#undef X
};

/* Room for len bytes and a NUL. */
static bool room_make(struct exposition *e, size_t len)
{
	size_t room = e->room ? e->room : FIRST_ROOM;
	char *text;

	if (e->no_memory)
		return false;
	if (e->len + len < e->room)
		return true;
	while (room <= e->len + len)
		room *= 2;
	text = realloc(e->text, room);
	if (!text) {
		e->no_memory = true;
		return false;
	}
	e->text = text;
	e->room = room;
	return true;
}

void exposition_add(struct exposition *e, const char *bytes, size_t len)
{
	if (!room_make(e, len))
		return;
	memcpy(e->text + e->len, bytes, len);
	e->len += len;
	e->text[e->len] = '\0';
}

void exposition_string(struct exposition *e, const char *s)
{
	exposition_add(e, s, strlen(s));
}

/* OpenMetrics names a counter's family without the suffix that its sample has. */
static size_t family_len(const struct exposition *e, enum viommu_metric metric)
{
	const size_t len = strlen(metrics[metric].name);

	if (e->format == METRICS_OPEN && !strcmp(metrics[metric].type, "counter"))
		return len - strlen("_total");
	return len;
}

void exposition_begin(struct exposition *e, enum viommu_metric metric)
{
	const size_t len = family_len(e, metric);

	e->name = metrics[metric].name;
	e->name_len = strlen(e->name);
	exposition_string(e, "# HELP ");
	exposition_add(e, e->name, len);
	exposition_string(e, " ");
	exposition_string(e, metrics[metric].help);
	exposition_string(e, "\n# TYPE ");
	exposition_add(e, e->name, len);
	exposition_string(e, " ");
	exposition_string(e, metrics[metric].type);
	exposition_string(e, "\n");
}

void exposition_text(struct exposition *e, const char *suffix, const char *labels,
		     const char *more, const char *value)
{
	const size_t max = e->name_len + strlen(suffix) + strlen(labels) + strlen(more) +
			   strlen(value) + sizeof("{} \n");
	char *at;

	/* Room is looked for once: this is most of what a scrape costs. */
	if (!room_make(e, max))
		return;
	at = mempcpy(e->text + e->len, e->name, e->name_len);
	at = stpcpy(at, suffix);
	if (labels[0]) {
		*at++ = '{';
		at = stpcpy(stpcpy(at, labels), more);
		*at++ = '}';
	}
	*at++ = ' ';
	at = stpcpy(at, value);
	*at++ = '\n';
	*at = '\0';
	e->len = (size_t)(at - e->text);
}

const char *exposition_decimal(char buf[24], uint64_t n)
{
	char *at = buf + 23;

	*at = '\0';
	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return at;
}

void exposition_number(struct exposition *e, const char *labels, uint64_t value)
{
	char buf[24];

	exposition_text(e, "", labels, "", exposition_decimal(buf, value));
}

/* -------------------------------------------------------------------------------------- labels */

bool labels_add(struct text *t, const char *key, const char *value, size_t size)
{
	char clean[3 * VIOMMU_NAME_LEN];
	const size_t len = strnlen(value, size);
	const size_t clean_len = host_text_clean(clean, sizeof(clean), value, len);

	text_add(t, "%s%s=\"", t->len ? "," : "", key);
	for (const char *c = clean; *c; c++) {
		if (*c == '\\' || *c == '"')
			text_add_bytes(t, "\\", 1);
		text_add_bytes(t, c, 1);
	}
	text_add_bytes(t, "\"", 1);
	return clean_len == len && !memcmp(clean, value, len);
}
