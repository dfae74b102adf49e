/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running tracer: waits for the VFIO module, loads the programs, hands records on. It knows
 * nothing of VMs or of what a record means.
 */
#ifndef VIOMMU_TRACE_TRACER_H
#define VIOMMU_TRACE_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <viommu/record.h>

/** How to hook kernel functions. */
enum tracer_hooks {
	TRACER_HOOKS_AUTO,	/**< trampolines, but kprobes where the kernel is preemptible */
	TRACER_HOOKS_FENTRY,	/**< trampolines, come what may: skipped runs are counted as lost */
	TRACER_HOOKS_KPROBE,
};

/** Where to look. */
enum tracer_source {
	TRACER_HOST,	/**< VFIO of this kernel */
	TRACER_GUEST,	/**< the virtio-iommu driver of this kernel: this machine is a guest */
	TRACER_QEMU,	/**< the vIOMMU of QEMUs on this machine; needs TRACER_HOST */
};

#define TRACER_RING_DEFAULT (4u << 20)

/** Maps of programs that somebody else has loaded; see record.h for what is in them. */
struct tracer_maps {
	int records_fd;		/**< ring buffer */
	int containers_fd;	/**< table of containers, mmapable */
	int losses_fd;		/**< table of losses, mmapable */
	int free_slots_fd;	/**< queue of free elements of the first */
};

struct tracer_opts {
	enum tracer_hooks hooks;
	bool all;		/**< records for successful MAP and UNMAP too */
	bool latency;		/**< measure how long a MAP takes */
	bool entries;		/**< containers tell at any time how many entries are left */
	uint32_t ring_size;	/**< bytes, power of two, at least a page */
	bool verbose;		/**< libbpf's own messages to stderr */
	unsigned int sources;	/**< bits 1 << enum tracer_source; 0: whatever this machine has */
	bool requests;		/**< what guests ask of their vIOMMU, seen in QEMU */
	uint64_t max_rate;	/**< buffers a second in a QEMU above which that ends; 0: none */
	/** Read these, and load nothing for TRACER_HOST: a benchmark's. NULL: our own. */
	const struct tracer_maps *maps;
};

/** How loud a message is. */
enum tracer_level { TRACER_ERROR, TRACER_WARNING, TRACER_INFO };

/** Where the tracer's output goes. */
struct tracer_sink {
	void *ctx;
	/** A record; size bytes are valid. Its memory is the ring's: gone when this returns. */
	void (*record)(void *ctx, const struct viommu_rec *rec, size_t size);
	/** The module was unloaded: no container is left. Last chance to read the table and the
	 *  losses; both start from nothing when the module is loaded again.
	 */
	void (*detaching)(void *ctx);
	/** A sentence for a person. */
	void (*message)(void *ctx, enum tracer_level level, const char *text);
};

struct tracer;

/**
 * Check this machine and start. If the VFIO module is not loaded, that is said and tracer_poll()
 * waits for it. 0; -EPERM a capability is missing; -EOPNOTSUPP this kernel cannot; -errno: each
 * explained through sink->message.
 */
int tracer_new(struct tracer **out, const struct tracer_opts *opts, const struct tracer_sink *sink);
void tracer_free(struct tracer *t);

/** Becomes readable when tracer_poll() has something to do. */
int tracer_fd(const struct tracer *t);

/**
 * Handle what is there, waiting up to timeout_ms for it (-1: for ever), but not for longer than a
 * VM that maps without end allows. 0; 1: there is more, call again; -errno; -EINTR.
 */
int tracer_poll(struct tracer *t, int timeout_ms);

/**
 * The end: no call is traced any more, the table is brought up to date, and all that the kernel has
 * recorded is handed on. Then only the table and the losses may be asked for. 0 or -errno.
 */
int tracer_finish(struct tracer *t);

/** Programs are attached. */
bool tracer_attached(const struct tracer *t);

/** "fentry" or "kprobe"; "none" while waiting. */
const char *tracer_hooks_name(const struct tracer *t);

typedef void (*tracer_program_fn)(void *ctx, const char *program, bool attached);

/** Each BPF program on VFIO or on the guest's driver that this kernel should run, by its name. */
void tracer_walk_programs(const struct tracer *t, tracer_program_fn fn, void *ctx);

/** This process is a QEMU whose vIOMMU is to be followed, see qemu_hooks_add(). */
void tracer_follow(struct tracer *t, uint32_t pid);

/** What has to be done now and then (a second). 0 or -errno. */
int tracer_tick(struct tracer *t);

/** An endpoint of this guest, see guest.h. */
bool tracer_endpoint(const struct tracer *t, uint32_t slot, struct viommu_endpoint *out);

/** See containers.h; false and -errno while nothing is attached. */
bool tracer_container_snapshot(const struct tracer *t, uint32_t slot, struct viommu_container *out);
struct viommu_container *tracer_container(const struct tracer *t, uint32_t slot, uint64_t id);
int tracer_container_recycle(struct tracer *t, uint32_t slot);

/** Find older containers, refresh ranges and entries; see type1_enumerate(). */
int tracer_enumerate(struct tracer *t);

/** What was lost since the start, by reason. at_end: calls still open count as not seen. */
void tracer_losses(const struct tracer *t, bool at_end, uint64_t lost[VIOMMU_NR_LOST]);

#endif
