/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From records to events: who the process is, whether anybody asked for that VM, what the failure
 * means. Also the totals of each VM, from the counters of its containers.
 */
#ifndef VIOMMU_TRACE_SESSION_H
#define VIOMMU_TRACE_SESSION_H

#include "core/fold.h"
#include "trace/owners.h"
#include "trace/tracer.h"

struct session_opts {
	struct tracer_opts tracer;
	const char *const *vm_patterns;	/**< names, uuids or globs; stay the caller's */
	size_t vm_pattern_count;	/**< 0: every VM */
	uint32_t pid;			/**< this process too; 0: none named */
	enum fold_rule fold_rule;	/**< which repeats are one event */
	uint64_t fold_window;		/**< ns for which repeats are held */
};

/** Where events and messages go. */
struct session_sink {
	void *ctx;
	void (*event)(void *ctx, const struct viommu_event *event);
	void (*message)(void *ctx, enum tracer_level level, const char *text);
	/**
	 * A process was recorded when it first used VFIO; argv and cgroup are in rec. One that is
	 * older than the tracer comes with its container only. NULL: not wanted.
	 */
	void (*process)(void *ctx, const struct owner *owner, const struct viommu_rec_process *rec);
	/**
	 * A container that is new or that is not as it was told last; state DEAD: it is gone, and
	 * that is its last. Comes from session_tick() and session_finish(), or when the module is
	 * unloaded. 0; other: not now, it is told again at the next tick. NULL: not wanted.
	 */
	int (*container)(void *ctx, const struct owner *owner, const struct viommu_container *c);
	/** The module was unloaded: ids of containers begin anew. NULL: not wanted. */
	void (*detached)(void *ctx);
};

struct session;

/** Start tracing; errors as tracer_new(). */
int session_new(struct session **out, const struct session_opts *opts,
		const struct session_sink *sink);
void session_free(struct session *s);

/** See tracer.h, also for the 1 that session_poll() may return. */
int session_fd(const struct session *s);
/** Readable when viommu_guard has told of denials; -1 while it is not there. It may change with
 *  each session_tick().
 */
int session_guard_fd(const struct session *s);
int session_poll(struct session *s, int timeout_ms);

/**
 * What has to be done now and then (a second): read the counters of containers that are gone,
 * report new losses. Events may come out.
 */
void session_tick(struct session *s);

/** Tell the sink of every container again at the next tick. */
void session_retell(struct session *s);

/** See tracer_walk_programs(). */
void session_walk_programs(const struct session *s, tracer_program_fn fn, void *ctx);

/**
 * The end: a last look at every container, then one SUMMARY event per VM and, if anything was lost
 * that no VM can be named for, LOST events. Call once; nothing may follow but session_free().
 */
void session_finish(struct session *s);

/** Programs are attached; see tracer_hooks_name(). */
bool session_attached(const struct session *s);
const char *session_hooks_name(const struct session *s);

/** Some VM that was asked for has been seen. */
bool session_matched(const struct session *s);

#endif
