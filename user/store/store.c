// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told is gathered in memory and goes into the file once a second, or when it can. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/event-valid.h"
#include "store/store-parts.h"

/* A file that cannot be opened is not tried again all the time: a check reads all of it. */
#define RETRY_NS (10 * STORE_NS_PER_SECOND)

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * STORE_NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

void store_say(const struct store *s, bool warning, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!s->listener.message)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	s->listener.message(s->listener.ctx, warning, text);
}

/* ---------------------------------------------------------------------------- beginning and end */

/*
 * Made here and not by SQLite, which gives everybody the right to read, and does not say why it
 * cannot. A full disk is not an obstacle: what happens is kept in memory until there is room.
 */
static int file_create(const struct store *s)
{
	const int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	const int err = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (!err || err == ENOSPC || err == EDQUOT)
		return 0;
	store_say(s, true, "the history %s cannot be opened: %s; see that its folder exists and that "
		  "viommud may write to it", s->path, strerror(err));
	return -err;
}

/* Say that writing does not work, once. */
static void store_stick(struct store *s, const char *why)
{
	if (s->stuck)
		return;
	s->stuck = true;
	store_say(s, true, "the history %s cannot be written: %s; what happens is kept in memory for "
		  "now and written when that works again", s->path, why);
}

/* 0: the file is open. */
static int store_reopen(struct store *s)
{
	const char *why = "";
	int rc;

	rc = store_file_open(s, &why);
	if (!rc)
		return 0;
	s->retry_at = monotonic_ns() + RETRY_NS;
	store_stick(s, why);
	return store_errno(rc);
}

int store_open(struct store **out, const char *path, const struct store_opts *opts,
	       const struct store_listener *listener)
{
	struct store *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->opts = *opts;
	s->listener = *listener;
	s->path = strdup(path);
	err = s->path ? file_create(s) : -ENOMEM;
	if (!err && store_reopen(s) == -ENOMEM)	/* what else is wrong may pass */
		err = -ENOMEM;
	if (err) {
		store_close(s);
		return err;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	s->retry_at = 0;
	store_commit(s);
	store_file_close(s);
	pending_free(&s->pending);
	free(s->path);
	free(s);
}

/* -------------------------------------------------------------------------------------- writing */

/* Write to the file that the path names; SQLite's result. */
static int commit_try(struct store *s)
{
	int rc;

	if (s->db && store_file_moved(s))
		store_file_close(s);	/* somebody took it away: a new one begins */
	if (!s->db && (monotonic_ns() < s->retry_at || store_reopen(s)))
		return SQLITE_CANTOPEN;
	rc = store_write(s);
	if (!store_is_damage(rc))
		return rc;
	if (store_file_aside(s, "it is damaged") || store_reopen(s))
		return SQLITE_CANTOPEN;
	return store_write(s);
}

int store_commit(struct store *s)
{
	int rc;

	if (!pending_any(&s->pending))
		return 0;
	rc = commit_try(s);
	if (rc) {
		store_stick(s, sqlite3_errstr(rc));
		/* What SQLite remembers of a file that gave errors may be wrong. */
		if ((rc & 0xff) == SQLITE_IOERR) {
			store_file_close(s);
			s->retry_at = monotonic_ns() + RETRY_NS;
		}
		return store_errno(rc);
	}
	pending_done(&s->pending);
	if (s->stuck)
		store_say(s, false, "the history %s can be written again", s->path);
	s->stuck = s->lost = false;
	return 0;
}

/* There is no room in memory: the file must take what waits. 0: try again. */
static int store_make_room(struct store *s, int err)
{
	if (err == -ENOSPC && !store_commit(s))
		return 0;
	if (!s->lost)
		store_say(s, true, "the history %s cannot be written and memory for what waits is used "
			  "up: new failures are left out until there is room again", s->path);
	s->lost = true;
	return err;
}

void store_set_opts(struct store *s, const struct store_opts *opts)
{
	s->opts = *opts;
}

int store_add_totals(struct store *s, uint64_t now, const struct ledger_domain *d)
{
	int err = pending_add_totals(&s->pending, now, d);

	if (!err)
		return 0;
	err = store_make_room(s, err);
	return err ? err : pending_add_totals(&s->pending, now, d);
}

static bool event_is_attach(const struct viommu_event *event)
{
	return event->type == VIOMMU_EVENT_ATTACH || event->type == VIOMMU_EVENT_DETACH;
}

static int event_add(struct store *s, const struct viommu_event *event,
		     int (*add)(struct pending *p, const struct viommu_event *event))
{
	int err = add(&s->pending, event);

	if (!err)
		return 0;
	err = store_make_room(s, err);
	return err ? err : add(&s->pending, event);
}

/* Successful calls are in the totals; what a guest asked and was answered is nobody's failure. */
static bool event_is_history(const struct viommu_event *event)
{
	switch (event->type) {
	case VIOMMU_EVENT_ATTACH:
	case VIOMMU_EVENT_DETACH:
	case VIOMMU_EVENT_DENY:
		return true;
	case VIOMMU_EVENT_MAP:
	case VIOMMU_EVENT_UNMAP:
	case VIOMMU_EVENT_REQUEST:
		return event->result < 0;
	default:
		return false;
	}
}

int store_add_event(struct store *s, const struct viommu_event *event)
{
	int err = 0;

	if (!viommu_event_valid(event))
		return -EINVAL;
	if (!event->vm.name[0] || event->vm.source == VIOMMU_VM_SELF || !event_is_history(event))
		return 0;
	if (event_is_attach(event))
		err = event_add(s, event, pending_add_attach);
	/* A refused attach is both: who joined what, and a failure with its reason. */
	if (!err && (!event_is_attach(event) ||
		     (event->type == VIOMMU_EVENT_ATTACH && event->result < 0)))
		err = event_add(s, event, pending_add_failure);
	return err;
}

int store_add_generation(struct store *s, uint64_t now, uint64_t generation, size_t policies)
{
	const struct pending_generation g = {
		.time = now, .generation = generation, .policies = policies,
	};
	int err = pending_add_generation(&s->pending, &g);

	if (!err)
		return 0;
	err = store_make_room(s, err);
	return err ? err : pending_add_generation(&s->pending, &g);
}
