// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/guest.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "trace/endpoints.h"
#include "trace/guest-hooks.h"
#include "trace/kernel.h"
#include "trace/message.h"
#include "trace/programs.h"
#include "trace/uevent.h"
#include "virtio_iommu.skel.h"

#define DRIVER_DIR "/sys/bus/virtio/drivers/" GUEST_MODULE
#define GROUPS_DIR "/sys/kernel/iommu_groups"

struct guest_tracer {
	struct tracer_opts opts;
	struct tracer_sink sink;
	int epoll_fd;
	int uevent_fd;
	unsigned int budget;		/* records that may still be handed on */
	struct guest_hooks hooks;	/* hooks.skel NULL: nothing is attached */
	struct ring_buffer *ring;	/* valid if attached */
	struct endpoints endpoints;	/* kept while the module is gone */
	uint64_t lost[VIOMMU_NR_LOST];	/* before the module was last unloaded */
};

/** Records in one go, as the tracer's. */
#define POLL_BUDGET 256

enum { READY_RECORDS, READY_MODULES };

/* ---------------------------------------------------------------------------------- the ring */

/** How long the kernel's record of a type must be; 0 if we do not know the type. */
static size_t record_size(uint32_t type)
{
	switch (type) {
	case VIOMMU_REC_REQUEST:
		return sizeof(struct viommu_rec_request);
	case VIOMMU_REC_FAULT:
		return sizeof(struct viommu_rec_fault);
	default:
		return 0;
	}
}

/** A negative return ends draining, with this record taken. */
static int record_take(void *ctx, void *data, size_t size)
{
	struct guest_tracer *t = ctx;
	const struct viommu_rec *rec = data;

	if (size >= sizeof(*rec) && record_size(rec->type) && size >= record_size(rec->type))
		t->sink.record(t->sink.ctx, rec, size);
	return --t->budget ? 0 : -EAGAIN;
}

/** 0; 1: there may be more; -errno. */
static int ring_consume(struct guest_tracer *t)
{
	int n;

	t->budget = POLL_BUDGET;
	n = ring_buffer__consume(t->ring);
	if (n == -EAGAIN)
		return 1;
	return n < 0 ? n : 0;
}

static int ring_drain(struct guest_tracer *t)
{
	int ret;

	do {
		ret = ring_consume(t);
	} while (ret > 0);
	return ret;
}

static int epoll_watch(const struct guest_tracer *t, int fd, uint32_t what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };

	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* ----------------------------------------------------------------------- attaching, detaching */

/**
 * Whoever reads a group's reserved regions makes the kernel ask the driver for each device of it
 * (iommu_get_group_resv_regions()): so the program on viommu_get_resv_regions() sees them all.
 */
static void devices_enumerate(void)
{
	DIR *dir = opendir(GROUPS_DIR);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char path[sizeof(GROUPS_DIR) + sizeof(entry->d_name) + 32], unused[4096];
		ssize_t n;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), GROUPS_DIR "/%s/reserved_regions", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		do {
			n = read(fd, unused, sizeof(unused));
		} while (n > 0);
		close(fd);
	}
	closedir(dir);
}

static int guest_attach(struct guest_tracer *t)
{
	int err = guest_hooks_load(&t->hooks, &t->opts, &t->sink);
	struct virtio_iommu_bpf *skel = t->hooks.skel;

	if (err)
		return err;
	err = endpoints_map(&t->endpoints, bpf_map__fd(skel->maps.endpoints),
			    bpf_map__fd(skel->maps.losses), &skel->bss->endpoints_used);
	if (err) {
		sink_say(&t->sink, TRACER_ERROR, "cannot map the tables of the BPF programs: %s",
			 strerror(-err));
		goto fail;
	}
	t->ring = ring_buffer__new(bpf_map__fd(t->hooks.skel->maps.records), record_take, t, NULL);
	err = t->ring ? epoll_watch(t, ring_buffer__epoll_fd(t->ring), READY_RECORDS) : -errno;
	if (err) {
		sink_say(&t->sink, TRACER_ERROR, "cannot read the ring of the BPF programs: %s",
			 strerror(-err));
		goto fail;
	}
	err = guest_hooks_attach(&t->hooks, &t->sink);
	if (err)
		goto fail;
	devices_enumerate();
	return 0;
fail:
	ring_buffer__free(t->ring);
	t->ring = NULL;
	endpoints_keep(&t->endpoints);
	guest_hooks_close(&t->hooks);
	return err;
}

/** Detach and unload; what was counted stays ours. */
static void guest_detach(struct guest_tracer *t)
{
	programs_unhook(t->hooks.skel->skeleton);
	ring_drain(t);
	guest_tracer_losses(t, true, t->lost);
	ring_buffer__free(t->ring);
	t->ring = NULL;
	endpoints_keep(&t->endpoints);
	guest_hooks_close(&t->hooks);
}

/** A driver that is built in has no folder in /sys/module; its bus knows it. */
static bool driver_live(void)
{
	return access(DRIVER_DIR, F_OK) == 0 &&
	       (access("/sys/module/" GUEST_MODULE, F_OK) != 0 ||
		kernel_module_live(GUEST_MODULE));
}

/** Attach as soon as the driver is there; -errno only if it is and we cannot. */
static int guest_try_attach(struct guest_tracer *t)
{
	int err;

	if (t->hooks.skel || !driver_live())
		return 0;
	err = guest_attach(t);
	if (!err)
		sink_say(&t->sink, TRACER_INFO, "virtio-iommu: attached by %s", guest_tracer_hooks_name(t));
	return err;
}

/** kprobes do not hold the module, and never fire again for one that was unloaded. */
static int modules_changed(struct guest_tracer *t)
{
	unsigned int changes;
	int err = uevent_drain(t->uevent_fd, GUEST_MODULE, &changes);

	if (err && err != -ENOBUFS)
		return err;
	if ((err || (changes & UEVENT_REMOVED)) && t->hooks.skel && !t->hooks.trampolines) {
		guest_detach(t);
		sink_say(&t->sink, TRACER_INFO, "the module %s was unloaded: waiting for it",
			 GUEST_MODULE);
	}
	return guest_try_attach(t);
}

/* -------------------------------------------------------------------------------- from outside */

bool guest_device_present(void)
{
	DIR *dir = opendir(DRIVER_DIR);
	struct dirent *entry;
	bool found = false;

	/* Beside the driver's attributes, a link for each device: virtio0. */
	while (dir && !found && (entry = readdir(dir)))
		found = strncmp(entry->d_name, "virtio", 6) == 0;
	if (dir)
		closedir(dir);
	return found;
}

/** Not loaded, but is there one for this kernel? 0 or -EOPNOTSUPP, said. */
static int driver_check(const struct tracer_sink *sink)
{
	char release[128];

	if (kernel_module_exists(GUEST_MODULE)) {
		sink_say(sink, TRACER_INFO, "the module %s is not loaded: waiting for it",
			 GUEST_MODULE);
		return 0;
	}
	kernel_release(release, sizeof(release));
	sink_say(sink, TRACER_ERROR,
		 "kernel %s has no virtio-iommu driver (CONFIG_VIRTIO_IOMMU; Debian's has one from "
		 "6.12 on): there is no guest's side to trace",
		 release);
	return -EOPNOTSUPP;
}

int guest_tracer_new(struct guest_tracer **out, const struct tracer_opts *opts,
		     const struct tracer_sink *sink)
{
	struct guest_tracer *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->sink = *sink;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* Before the first look at the driver, so that its arrival cannot fall in between. */
	t->uevent_fd = uevent_open();
	err = t->epoll_fd < 0 ? -errno : t->uevent_fd < 0 ? t->uevent_fd :
	      epoll_watch(t, t->uevent_fd, READY_MODULES);
	if (!err)
		err = endpoints_init(&t->endpoints);
	if (err) {
		sink_say(sink, TRACER_ERROR, "cannot listen to the kernel's events: %s",
			 strerror(-err));
		goto fail;
	}
	err = guest_try_attach(t);
	if (!err && !t->hooks.skel)
		err = driver_check(sink);
	if (err)
		goto fail;
	*out = t;
	return 0;
fail:
	guest_tracer_free(t);
	return err;
}

void guest_tracer_free(struct guest_tracer *t)
{
	if (!t)
		return;
	ring_buffer__free(t->ring);
	endpoints_fini(&t->endpoints);
	guest_hooks_close(&t->hooks);
	if (t->uevent_fd >= 0)
		close(t->uevent_fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	free(t);
}

int guest_tracer_fd(const struct guest_tracer *t)
{
	return t->epoll_fd;
}

int guest_tracer_poll(struct guest_tracer *t)
{
	struct epoll_event events[2];
	int n = epoll_wait(t->epoll_fd, events, 2, 0);
	int err = n < 0 && errno != EINTR ? -errno : 0;

	for (int i = 0; i < n && !err; i++)
		if (events[i].data.u32 == READY_MODULES)
			err = modules_changed(t);
	/* Also when nothing is ready: under --all not every record wakes us. */
	return !err && t->hooks.skel ? ring_consume(t) : err;
}

int guest_tracer_finish(struct guest_tracer *t)
{
	if (!t->hooks.skel)
		return 0;
	devices_enumerate();
	programs_unhook(t->hooks.skel->skeleton);
	return ring_drain(t);
}

bool guest_tracer_attached(const struct guest_tracer *t)
{
	return t->hooks.skel;
}

const char *guest_tracer_hooks_name(const struct guest_tracer *t)
{
	if (!t->hooks.skel)
		return "none";
	return t->hooks.trampolines ? "fentry" : "kprobe";
}

bool guest_tracer_endpoint(const struct guest_tracer *t, uint32_t slot,
			   struct viommu_endpoint *out)
{
	return endpoints_snapshot(&t->endpoints, slot, out);
}

void guest_tracer_losses(const struct guest_tracer *t, bool at_end,
			 uint64_t lost[VIOMMU_NR_LOST])
{
	memcpy(lost, t->lost, sizeof(t->lost));
	if (!t->hooks.skel)
		return;
	for (size_t i = 0; i < VIOMMU_NR_LOST; i++)
		lost[i] += endpoints_lost(&t->endpoints, i);
	if (at_end)
		lost[VIOMMU_LOST_RETURN] += endpoints_lost(&t->endpoints, VIOMMU_CALLS_OPEN);
	lost[VIOMMU_LOST_SKIPPED] += guest_hooks_skipped(&t->hooks);
}
