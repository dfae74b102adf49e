// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/guard-watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/say.h"
#include "guard/client.h"
#include "host/policy-files.h"
#include "host/text.h"

struct guard_watch {
	struct guard_watch_host host;
	struct guard_client *client;		/* NULL: the module is not there */
};

struct guard_watch *guard_watch_new(const struct guard_watch_host *host)
{
	struct guard_watch *w = calloc(1, sizeof(*w));

	if (w)
		w->host = *host;
	return w;
}

void guard_watch_free(struct guard_watch *w)
{
	if (!w)
		return;
	guard_close(w->client);
	free(w);
}

static void note_tell(void *ctx, const struct policy_note *note)
{
	const struct guard_watch *w = ctx;
	char text[1024];

	say_note_text(text, sizeof(text), note);
	w->host.message(w->host.ctx,
			note->kind == POLICY_ERROR ? TRACER_ERROR : TRACER_WARNING, text);
}

/** A connection, if the module is there. 0 or -errno. */
static int client_open(struct guard_watch *w, char why[GUARD_WHY_LEN])
{
	why[0] = '\0';
	return w->client ? 0 : guard_open(&w->client, why);
}

static void client_drop(struct guard_watch *w)
{
	guard_close(w->client);
	w->client = NULL;
}

static bool sets_same(const struct policy_set *a, const struct policy_set *b)
{
	if (a->count != b->count || a->has_default != b->has_default)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->policies[i].name, b->policies[i].name) != 0 ||
		    strcmp(a->policies[i].file, b->policies[i].file) != 0 ||
		    !policy_same(&a->policies[i], &b->policies[i]))
			return false;
	return !a->has_default || policy_same(&a->fallback, &b->fallback);
}

/* The generation of what is in force if that is the set; 0: it is not. */
static uint64_t generation_of(struct guard_watch *w, const struct policy_set *set)
{
	struct guard_status status;
	struct policy_set have;
	char why[GUARD_WHY_LEN];
	bool same;

	policy_set_init(&have);
	same = !guard_get_status(w->client, &status, why) && status.generation &&
	       !guard_get(w->client, &have, why) && sets_same(set, &have);
	policy_set_fini(&have);
	return same ? status.generation : 0;
}

static int set_apply(struct guard_watch *w, const struct policy_set *set,
		     struct wire_policies *out)
{
	char why[GUARD_WHY_LEN];
	int err = client_open(w, why);

	if (err == -ENOENT && !set->count && !set->has_default)
		return err;
	*out = (struct wire_policies){ .policies = set->count };
	if (!err) {
		out->generation = generation_of(w, set);
		if (!out->generation)
			err = guard_set(w->client, set, &out->generation, why);
	}
	if (err) {
		w->host.message(w->host.ctx, TRACER_ERROR, why);
		client_drop(w);
	}
	return err;
}

int guard_watch_apply(struct guard_watch *w, struct wire_policies *out)
{
	const struct policy_listener listener = { note_tell, w };
	struct policy_set set;
	size_t files;
	int err;

	policy_set_init(&set);
	err = policy_files_load(&set, "", 0, &files, &listener);
	if (err == -EINVAL)
		w->host.message(w->host.ctx, TRACER_ERROR,
				"policies were not changed: what is in force stays");
	if (!err)
		err = set_apply(w, &set, out);
	policy_set_fini(&set);
	return err;
}

static void missed_fill(struct ledger_guard *out, const struct guard_status *status)
{
	const size_t max = sizeof(out->missed) / sizeof(out->missed[0]);

	for (unsigned int i = 0; i < VIOMMU_GUARD_NR_MISSED && i < max; i++) {
		snprintf(out->missed[i].name, sizeof(out->missed[i].name), "%s",
			 guard_missed_name(i));
		out->missed[i].count = status->missed[i];
	}
}

void guard_watch_poll(struct guard_watch *w, struct ledger_guard *out)
{
	struct guard_status status;
	char why[GUARD_WHY_LEN];

	memset(out, 0, sizeof(*out));
	if (client_open(w, why))
		return;
	if (guard_get_status(w->client, &status, why)) {
		/* Unloaded, perhaps loaded again under another number: asked anew next time. */
		client_drop(w);
		return;
	}
	out->up = true;
	out->armed = status.armed;
	out->generation = status.generation;
	host_text_clean(out->reason, sizeof(out->reason), status.reason,
			strnlen(status.reason, sizeof(status.reason)));
	missed_fill(out, &status);
}
