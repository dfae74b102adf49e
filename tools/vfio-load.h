/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio-load: what its files share. The program does VFIO type1 operations and says exactly what it
 * did, call by call; the tests compare the tracer against that.
 */
#ifndef VFIO_LOAD_H
#define VFIO_LOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define LOAD_GROUPS_MAX 16
#define LOAD_DEVICES_MAX 16
#define LOAD_THREADS_MAX 64
/* Above every errno of Linux. */
#define LOAD_ERRNO_MAX 256
/* "0000:00:02.0" and its NUL, rounded up. */
#define LOAD_BDF_SIZE 16

enum load_verb {
	LOAD_OPEN, /* open the container */
	LOAD_ATTACH, /* give a group to the container */
	LOAD_DETACH, /* take it away */
	LOAD_SET_IOMMU, /* choose type1v2 */
	LOAD_DEVICE, /* get a device's fd, which `bar` needs */
	LOAD_MAP,
	LOAD_UNMAP,
	LOAD_INFO, /* VFIO_IOMMU_GET_INFO */
	LOAD_SLEEP,
	LOAD_WAIT_STDIN, /* until a line or the end of standard input */
	LOAD_RLIMIT_MEMLOCK,
	LOAD_DROP_CAP_IPC_LOCK,
	LOAD_CLOSE, /* devices, groups, container */
	LOAD_FORK, /* go on as a child, for which the parent waits */
	LOAD_CGROUP, /* go into a control group, which is made if need be */
	LOAD_OTHER, /* go on with the other of two containers, closed at first; again: back */
	LOAD_TAKE, /* go on with the container of another process, by its pid */
	LOAD_VERBS
};

/* What lies behind the vaddr of a map. */
enum load_backing {
	LOAD_RAM, /* anonymous memory of its own */
	LOAD_SCATTERED, /* the same, of which no two neighbours are neighbours in physical memory */
	LOAD_RO, /* as RAM, but read-only: the kernel cannot pin it for writing */
	LOAD_UNMAPPED, /* an address where nothing is mapped */
	LOAD_BAR, /* the first BAR that can be mapped, of the device opened last */
	LOAD_VADDR, /* what the script says */
	LOAD_BACKINGS
};

/* One operation: what is asked, then what came of it. */
struct load_op {
	enum load_verb verb;
	/* ATTACH, DETACH: the group; SLEEP: milliseconds; RLIMIT_MEMLOCK: bytes; TAKE: the pid. */
	uint64_t number;
	/* DEVICE: the device's PCI address. CGROUP: name of the group, below the root. */
	char bdf[LOAD_BDF_SIZE];
	/* MAP, UNMAP: in bytes, passed to the kernel as they are. */
	uint64_t iova;
	uint64_t size;
	/* MAP: given for LOAD_VADDR, else filled in. */
	uint64_t vaddr;
	uint32_t flags;
	/* 0: the right one. */
	uint32_t argsz;
	enum load_backing backing;
	/* UNMAP: bytes that the kernel says it unmapped. */
	uint64_t unmapped;
	/* 0 or -errno. */
	int result;
	/* Thread that did it; 0: to be filled in. */
	pid_t tid;
};

/* What one thread's maps and unmaps came to; load_counts_add() joins them. */
struct load_counts {
	uint64_t map_calls;
	/* Successful. */
	uint64_t maps;
	uint64_t unmap_calls;
	/* Successful, also where nothing was mapped. */
	uint64_t unmaps;
	/* Bytes of all successful maps. */
	uint64_t bytes;
	/* Last byte of the highest range mapped and of the highest refused; valid if maps > 0, and
	 * if a map failed. A range that wraps counts as ending at UINT64_MAX. */
	uint64_t highest_mapped;
	uint64_t highest_refused;
	uint64_t failures[LOAD_ERRNO_MAX];
	/* How long the pairs took, CLOCK_MONOTONIC; the threads' parts of it leave it 0. */
	uint64_t elapsed_ns;
};

/* Ioctls on the container other than MAP and UNMAP. */
struct load_other {
	uint64_t get_api_version;
	uint64_t check_extension;
	uint64_t set_iommu;
	uint64_t get_info;
};

struct load_group {
	int fd;
	uint64_t id;
};

/* A container with its groups and devices. */
struct load_vfio {
	/* -1: closed. */
	int container;
	struct load_group groups[LOAD_GROUPS_MAX];
	size_t n_groups;
	int devices[LOAD_DEVICES_MAX];
	size_t n_devices;
	/* NULL: no device with a BAR that can be mapped. */
	void *bar;
	size_t bar_size;
	struct load_other other;
};

/* Usable range as GET_INFO tells it, both ends inclusive. */
struct load_range {
	uint64_t start;
	uint64_t last;
};

/* Answer of GET_INFO. */
struct load_info {
	uint64_t page_sizes;
	struct load_range ranges[32];
	size_t n_ranges;
	bool has_avail;
	uint32_t avail;
};

/* Many pairs of a map and an unmap by threads. */
struct load_rate {
	/* In total. */
	uint64_t pairs;
	/* 1 to LOAD_THREADS_MAX. */
	unsigned int threads;
	/* Bytes of each map. */
	uint64_t size;
	/* Thread N maps at base + N * size. */
	uint64_t base;
	/* Every so many pairs a map goes to the next size-long range from fail_iova on; 0: none. */
	uint64_t fail_every;
	uint64_t fail_iova;
	/* Pairs a second and thread; 0: as fast as it goes. */
	uint64_t per_second;
};

/* Operations of a rate run, in each thread's order. */
struct load_log {
	struct load_op *ops;
	size_t n_ops;
	size_t room;
};

/* What became of maps whose requests were rewritten meanwhile. */
struct load_race_counts {
	uint64_t calls;
	uint64_t maps;
	uint64_t refused;
	/* Maps that were found at none of the places asked for: the kernel read an IOVA of which
	 * some bytes were new already. */
	uint64_t elsewhere;
	/* Maps above the limit: none, if the limit is enforced. */
	uint64_t above;
};

/* What the command line asks for. */
struct load_options {
	uint64_t groups[LOAD_GROUPS_MAX];
	size_t n_groups;
	/* PCI addresses; their groups are in `groups`. */
	const char *devices[LOAD_DEVICES_MAX];
	size_t n_devices;
	/* Leave out set-iommu. */
	bool no_iommu;
	/* Print each operation of the pairs, too. */
	bool record;
	/* Calls to race for; 0: none. */
	uint64_t race;
	/* pairs is 0 where none are wanted. */
	struct load_rate rate;
	/* Operations; none, and no pairs: they come on standard input. */
	char **words;
	size_t n_words;
};

/* vfio-load-vfio.c: each does one operation and returns 0 or -errno. */
void load_vfio_init(struct load_vfio *vfio);
void load_vfio_close(struct load_vfio *vfio);
int load_vfio_open(struct load_vfio *vfio);
/* Instead of opening one: a descriptor of the container that the process has. */
int load_vfio_take(struct load_vfio *vfio, pid_t process);
int load_vfio_attach(struct load_vfio *vfio, uint64_t group);
int load_vfio_detach(struct load_vfio *vfio, uint64_t group);
int load_vfio_set_iommu(struct load_vfio *vfio);
/* Group of the device is attached already. */
int load_vfio_device(struct load_vfio *vfio, const char *bdf);
int load_vfio_info(struct load_vfio *vfio, struct load_info *info);
/* Do one MAP or UNMAP as `op` says, fill in its result and, if 0, its thread, and count it.
 * Thread-safe. */
void load_vfio_map(const struct load_vfio *vfio, struct load_op *op, struct load_counts *counts);
void load_vfio_unmap(const struct load_vfio *vfio, struct load_op *op, struct load_counts *counts);
/* Group of a device from sysfs, or -errno. */
int load_device_group(const char *bdf, uint64_t *group);

/* vfio-load-script.c */
const char *load_verb_name(enum load_verb verb);
const char *load_backing_name(enum load_backing backing);
/* Unsigned number, decimal or 0x, with an optional K, M or G; false: it is none. */
bool load_number_parse(const char *text, uint64_t *number);
/*
 * Read one operation from the first of `n` words; the next verb or the last word ends it.
 * Returns the number of words used, or 0, having told on stderr what is wrong.
 */
size_t load_op_parse(struct load_op *op, char *const *words, size_t n);
/* Split `text` in place at blanks and line ends into at most `room` words; returns how many. */
size_t load_words_split(char *text, char **words, size_t room);

/* vfio-load-rate.c: 0, or -errno when threads or memory are lacking. `log` may be NULL. */
int load_rate_run(const struct load_vfio *vfio, const struct load_rate *rate,
		  struct load_counts *counts, struct load_log *log);
void load_counts_add(struct load_counts *sum, const struct load_counts *more);

/* vfio-load-race.c: `calls` maps by rate->threads, between rate->base and what lies above
 * rate->fail_iova, the first IOVA that is not allowed. 0, or -errno when threads are lacking. */
int load_race_run(const struct load_vfio *vfio, const struct load_rate *rate, uint64_t calls,
		  struct load_race_counts *counts);

/* vfio-load-session.c: do it all; 0, or -errno, having told on stderr what was in the way. */
int load_session_run(const struct load_options *options);

/* vfio-load-json.c: one line of JSON each; -EIO when it cannot be written. */
int load_json_op(FILE *to, const struct load_op *op, const struct load_info *info);
int load_json_race(FILE *to, const struct load_race_counts *counts);
int load_json_totals(FILE *to, const struct load_counts *counts, const struct load_other *other);

#endif
