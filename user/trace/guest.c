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
#include "trace/record-ring.h"
#include "trace/watch.h"
#include "virtio_iommu.skel.h"

#define DRIVER_DIR "/sys/bus/virtio/drivers/" GUEST_MODULE
#define GROUPS_DIR "/sys/kernel/iommu_groups"

struct guest_tracer {
	struct tracer_opts opts;
	struct tracer_sink sink;
	struct watch watch;
	struct guest_hooks hooks;	/* hooks.skel NULL: nothing is attached */
	struct record_ring ring;	/* open if attached */
	struct endpoints endpoints;	/* kept while the module is gone */
	uint64_t lost[VIOMMU_NR_LOST];	/* before the module was last unloaded */
};

enum { READY_RECORDS, READY_MODULES };

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
	err = record_ring_open(&t->ring, bpf_map__fd(skel->maps.records), &t->sink,
			       t->watch.epoll_fd, READY_RECORDS);
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
	record_ring_close(&t->ring);
	endpoints_keep(&t->endpoints);
	guest_hooks_close(&t->hooks);
	return err;
}

/** Detach and unload; what was counted stays ours. */
static void guest_detach(struct guest_tracer *t)
{
	programs_unhook(t->hooks.skel->skeleton);
	record_ring_drain(&t->ring);
	guest_tracer_losses(t, true, t->lost);
	record_ring_close(&t->ring);
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
	bool gone;
	int err = watch_read(&t->watch, &gone);

	if (err)
		return err;
	if (gone && t->hooks.skel && !t->hooks.trampolines) {
		guest_detach(t);
		watch_say(&t->watch, "was unloaded");
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
static int driver_check(const struct watch *watch)
{
	char release[128];

	if (kernel_module_exists(GUEST_MODULE)) {
		watch_say(watch, "is not loaded");
		return 0;
	}
	kernel_release(release, sizeof(release));
	sink_say(&watch->sink, TRACER_ERROR,
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
	watch_init(&t->watch, GUEST_MODULE, sink);
	err = watch_open(&t->watch, READY_MODULES);
	if (err)
		goto fail;
	err = endpoints_init(&t->endpoints);
	if (err) {
		sink_say(sink, TRACER_ERROR, "no memory for the table of devices: %s",
			 strerror(-err));
		goto fail;
	}
	err = guest_try_attach(t);
	if (!err && !t->hooks.skel)
		err = driver_check(&t->watch);
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
	record_ring_close(&t->ring);
	endpoints_fini(&t->endpoints);
	guest_hooks_close(&t->hooks);
	watch_close(&t->watch);
	free(t);
}

int guest_tracer_fd(const struct guest_tracer *t)
{
	return t->watch.epoll_fd;
}

int guest_tracer_poll(struct guest_tracer *t)
{
	struct epoll_event events[2];
	int n = epoll_wait(t->watch.epoll_fd, events, 2, 0);
	int err = n < 0 && errno != EINTR ? -errno : 0;

	for (int i = 0; i < n && !err; i++)
		if (events[i].data.u32 == READY_MODULES)
			err = modules_changed(t);
	/* Also when nothing is ready: under --all not every record wakes us. */
	return !err && t->hooks.skel ? record_ring_consume(&t->ring) : err;
}

int guest_tracer_finish(struct guest_tracer *t)
{
	if (!t->hooks.skel)
		return 0;
	devices_enumerate();
	programs_unhook(t->hooks.skel->skeleton);
	return record_ring_drain(&t->ring);
}

void guest_tracer_walk_programs(const struct guest_tracer *t, tracer_program_fn fn, void *ctx)
{
	if (t->hooks.skel)
		programs_walk(t->hooks.skel->skeleton, fn, ctx);
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
