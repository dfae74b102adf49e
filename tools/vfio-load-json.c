// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-load: operations and totals as lines of JSON. Addresses are hex strings, as JSON numbers are
 * exact to 2^53 only. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "vfio-load.h"

static json_t *hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Write the object as a line at once, so that a reader can follow; gives up the reference. */
static int write_line(FILE *to, json_t *object)
{
	int result = json_dumpf(object, to, JSON_COMPACT);

	json_decref(object);
	if (result < 0 || fputc('\n', to) == EOF || fflush(to) == EOF)
		return -EIO;
	return 0;
}

static void set_range(json_t *object, const struct load_op *op)
{
	json_object_set_new(object, "iova", hex(op->iova));
	json_object_set_new(object, "size", hex(op->size));
	json_object_set_new(object, "flags", json_integer(op->flags));
	if (op->verb == LOAD_MAP) {
		json_object_set_new(object, "vaddr", hex(op->vaddr));
		json_object_set_new(object, "backing", json_string(load_backing_name(op->backing)));
	} else if (!op->result) {
		json_object_set_new(object, "unmapped", hex(op->unmapped));
	}
}

static void set_info(json_t *object, const struct load_info *info)
{
	json_t *ranges = json_array();

	for (size_t i = 0; i < info->n_ranges; i++) {
		json_t *range = json_object();

		json_object_set_new(range, "start", hex(info->ranges[i].start));
		json_object_set_new(range, "last", hex(info->ranges[i].last));
		json_array_append_new(ranges, range);
	}
	json_object_set_new(object, "page_sizes", hex(info->page_sizes));
	json_object_set_new(object, "ranges", ranges);
	if (info->has_avail)
		json_object_set_new(object, "dma_avail", json_integer(info->avail));
}

static void set_argument(json_t *object, const struct load_op *op, const struct load_info *info)
{
	switch (op->verb) {
	case LOAD_MAP:
	case LOAD_UNMAP:
		set_range(object, op);
		break;
	case LOAD_ATTACH:
	case LOAD_DETACH:
		json_object_set_new(object, "group", number(op->number));
		break;
	case LOAD_CGROUP:
		json_object_set_new(object, "cgroup", json_string(op->bdf));
		break;
	case LOAD_DEVICE:
		json_object_set_new(object, "device", json_string(op->bdf));
		break;
	case LOAD_INFO:
		if (!op->result && info)
			set_info(object, info);
		break;
	case LOAD_SLEEP:
	case LOAD_RLIMIT_MEMLOCK:
		json_object_set_new(object, "number", number(op->number));
		break;
	default:
		break;
	}
}

int load_json_op(FILE *to, const struct load_op *op, const struct load_info *info)
{
	json_t *object = json_object();

	json_object_set_new(object, "op", json_string(load_verb_name(op->verb)));
	set_argument(object, op, info);
	json_object_set_new(object, "result", json_integer(op->result));
	if (op->result < 0)
		json_object_set_new(object, "errno", json_string(strerrorname_np(-op->result)));
	json_object_set_new(object, "tid", json_integer(op->tid));
	return write_line(to, object);
}

int load_json_race(FILE *to, const struct load_race_counts *counts)
{
	json_t *race = json_object(), *object = json_object();

	json_object_set_new(race, "calls", number(counts->calls));
	json_object_set_new(race, "maps", number(counts->maps));
	json_object_set_new(race, "refused", number(counts->refused));
	json_object_set_new(race, "elsewhere", number(counts->elsewhere));
	json_object_set_new(race, "above", number(counts->above));
	json_object_set_new(object, "race", race);
	return write_line(to, object);
}

static json_t *failures(const struct load_counts *counts)
{
	json_t *object = json_object();

	for (int i = 0; i < LOAD_ERRNO_MAX; i++) {
		const char *name = strerrorname_np(i);

		if (counts->failures[i] && name)
			json_object_set_new(object, name, number(counts->failures[i]));
	}
	return object;
}

static json_t *others(const struct load_other *other)
{
	json_t *object = json_object();

	json_object_set_new(object, "VFIO_GET_API_VERSION", number(other->get_api_version));
	json_object_set_new(object, "VFIO_CHECK_EXTENSION", number(other->check_extension));
	json_object_set_new(object, "VFIO_SET_IOMMU", number(other->set_iommu));
	json_object_set_new(object, "VFIO_IOMMU_GET_INFO", number(other->get_info));
	return object;
}

int load_json_totals(FILE *to, const struct load_counts *counts, const struct load_other *other)
{
	json_t *totals = json_object(), *object = json_object();
	char comm[16] = "";

	prctl(PR_GET_NAME, comm);
	json_object_set_new(totals, "pid", json_integer(getpid()));
	json_object_set_new(totals, "comm", json_string(comm));
	json_object_set_new(totals, "map_calls", number(counts->map_calls));
	json_object_set_new(totals, "maps", number(counts->maps));
	json_object_set_new(totals, "unmap_calls", number(counts->unmap_calls));
	json_object_set_new(totals, "unmaps", number(counts->unmaps));
	json_object_set_new(totals, "bytes", number(counts->bytes));
	json_object_set_new(totals, "failures", failures(counts));
	if (counts->maps)
		json_object_set_new(totals, "highest_mapped", hex(counts->highest_mapped));
	if (counts->map_calls > counts->maps)
		json_object_set_new(totals, "highest_refused", hex(counts->highest_refused));
	if (counts->elapsed_ns)
		json_object_set_new(totals, "elapsed_ns", number(counts->elapsed_ns));
	json_object_set_new(totals, "other_ioctls", others(other));
	json_object_set_new(object, "totals", totals);
	return write_line(to, object);
}
