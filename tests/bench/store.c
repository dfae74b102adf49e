// SPDX-License-Identifier: GPL-2.0-or-later
/* How fast the history takes what happens, and how large it becomes: for tests/bench/store.sh. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "store/store.h"

#define VMS 500
#define EVENTS 2000000
#define HOURS 24
#define START UINT64_C(1795233600000000000)
#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void name_vm(struct viommu_vm *vm, unsigned int i)
{
	snprintf(vm->name, sizeof(vm->name), "instance-%08x", i);
	snprintf(vm->uuid, sizeof(vm->uuid), "5d7d3f0c-1a2b-4c3d-8e9f-%012x", i);
}

/* Failures of all VMs in turn, as fast as it goes, with a commit for each 100,000. */
static int bench_events(struct store *s)
{
	static struct viommu_event e = {
		.type = VIOMMU_EVENT_MAP, .result = -22, .count = 1, .ts = START, .ts_last = START,
		.group = 1, .ev = { .has_range = true, .iova = 0x8000000000, .size = 4096 },
		.diag = { .reason = VIOMMU_REASON_ABOVE_HOST_WIDTH, .remedy_count = 1 },
	};
	const double begin = seconds();
	double commits = 0, took;

	memset(e.diag.detail, 'x', 200);
	memset(e.diag.remedies[0].text, 'x', 100);
	memset(e.diag.remedies[0].option, 'x', 60);
	for (unsigned int i = 0; i < EVENTS; i++) {
		name_vm(&e.vm, i % VMS);
		e.ev.iova += 4096;
		if (store_add_event(s, &e))
			return 1;
		if (i % 100000 == 99999) {
			const double before = seconds();

			if (store_commit(s))
				return 1;
			commits += seconds() - before;
		}
	}
	took = seconds() - begin;
	printf("events a second       %10.0f\n", EVENTS / took);
	printf("commit of %d VMs'\n  failures            %10.1f ms\n", VMS,
	       1000 * commits / (EVENTS / 100000));
	return 0;
}

/* A day of busy VMs: totals once a second for a minute of each hour, one reason of failures. */
static int bench_hours(struct store *s)
{
	static struct ledger_domain d = {
		.has_highest = true, .ranges = { .count = 1, .r = { { 0, 0x7fffffffff } } },
	};
	const double begin = seconds();
	uint64_t calls = 0;
	double commits = 0;

	for (uint64_t hour = 0; hour < HOURS; hour++) {
		for (uint64_t i = 0; i < 60; i++) {
			for (unsigned int vm = 0; vm < VMS; vm++, calls++) {
				name_vm(&d.vm, vm);
				d.maps = d.unmaps = 1 + hour * 60 + i;
				d.map_bytes = d.unmap_bytes = d.maps << 21;
				d.highest_mapped = d.maps << 20;
				d.failures[VIOMMU_REASON_ABOVE_HOST_WIDTH] = d.maps;
				if (store_add_totals(s, START + hour * HOUR + i * SECOND, &d))
					return 1;
			}
			commits -= seconds();
			if (store_commit(s))
				return 1;
			commits += seconds();
		}
	}
	printf("totals a second       %10.0f\n", (double)calls / (seconds() - begin));
	printf("commit of %d VMs'\n  totals              %10.1f ms\n", VMS,
	       1000 * commits / (HOURS * 60));
	return 0;
}

int main(int argc, char **argv)
{
	const struct store_opts opts = { 0 };
	const struct store_listener listener = { 0 };
	struct rusage usage;
	struct store *s;
	struct stat st;

	if (argc != 2 || store_open(&s, argv[1], &opts, &listener))
		return 1;
	if (bench_events(s) || bench_hours(s))
		return 1;
	getrusage(RUSAGE_SELF, &usage);
	store_close(s);
	if (stat(argv[1], &st))
		return 1;
	printf("file, %d VMs, %d h   %10.1f KiB\n", VMS, HOURS, (double)st.st_size / 1024);
	printf("memory, at most       %10.1f MiB\n", (double)usage.ru_maxrss / 1024);
	return 0;
}
