// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "burst.h"
#include "clock.h"
#include "error.h"
#include "stop.h"

int session_open(struct session *s, const char *path, unsigned int wait_ms, FILE *out)
{
	*s = (struct session){ .out = out };
	return qtest_open(&s->qt, path, wait_ms);
}

void session_close(struct session *s)
{
	qtest_close(&s->qt);
}

/* An address: text, as numbers of JSON are exact up to 2^53 only. */
static json_t *json_hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *json_range(uint64_t start, uint64_t end)
{
	return json_pack("{s:o, s:o}", "start", json_hex(start), "end", json_hex(end));
}

/* Print @object, which is given up here; NULL stands for memory that ran out. */
static int object_print(const struct session *s, json_t *object)
{
	int err = 0;

	if (!object)
		return drive_fail(ENOMEM, "out of memory");
	if (json_dumpf(object, s->out, JSON_COMPACT) != 0 || fputc('\n', s->out) == EOF ||
	    fflush(s->out) != 0)
		err = drive_fail(EIO, "cannot write the results: %s", strerror(errno));
	json_decref(object);
	return err;
}

static json_t *object_new(const struct request *req)
{
	return json_pack("{s:s}", "op", req->name);
}

/* Add a status to @object and print it. */
static int result_print(const struct session *s, json_t *object, uint8_t status)
{
	json_object_set_new(object, "status", json_string(iommu_status_name(status)));
	json_object_set_new(object, "status_code", json_integer(status));
	return object_print(s, object);
}

static int config_run(struct session *s, const struct request *req)
{
	const struct iommu *iommu = &s->iommu;
	struct virtio_iommu_config config;
	json_t *object, *features;
	unsigned int bit;
	int err = iommu_config_read(iommu, &config);

	if (err)
		return err;
	object = object_new(req);
	features = json_array();
	for (bit = 0; iommu_feature_name(bit); bit++)
		if (iommu_has_feature(iommu, bit))
			json_array_append_new(features, json_string(iommu_feature_name(bit)));
	json_object_set_new(object, "features", features);
	json_object_set_new(object, "page_size_mask", json_hex(config.page_size_mask));
	/* Fields of features that are not there say nothing: they are left out. */
	if (iommu_has_feature(iommu, VIRTIO_IOMMU_F_INPUT_RANGE))
		json_object_set_new(object, "input_range",
				    json_range(config.input_range.start, config.input_range.end));
	if (iommu_has_feature(iommu, VIRTIO_IOMMU_F_DOMAIN_RANGE))
		json_object_set_new(object, "domain_range",
				    json_pack("{s:I, s:I}",
					      "start", (json_int_t)config.domain_range.start,
					      "end", (json_int_t)config.domain_range.end));
	if (iommu_has_feature(iommu, VIRTIO_IOMMU_F_PROBE))
		json_object_set_new(object, "probe_size", json_integer(config.probe_size));
	if (iommu_has_feature(iommu, VIRTIO_IOMMU_F_BYPASS_CONFIG))
		json_object_set_new(object, "bypass", json_boolean(config.bypass));
	return object_print(s, object);
}

static json_t *property_json(const struct iommu_property *property)
{
	json_t *object;
	const char *kind;

	if (property->type != VIRTIO_IOMMU_PROBE_T_RESV_MEM)
		return json_pack("{s:i, s:i}", "type", (int)property->type, "length",
				 (int)property->length);
	kind = property->subtype == VIRTIO_IOMMU_RESV_MEM_T_MSI ? "MSI" : "RESERVED";
	object = json_range(property->start, property->end);
	json_object_set_new(object, "subtype", json_string(kind));
	return object;
}

static int probe_run(struct session *s, const struct request *req)
{
	uint8_t properties[IOMMU_MAX_PROBE], status;
	struct iommu_property property;
	json_t *object, *resv, *other;
	size_t at = 0;
	int err = iommu_probe(&s->iommu, req->endpoint, properties, &status);

	if (err)
		return err;
	resv = json_array();
	other = json_array();
	while (status == VIRTIO_IOMMU_S_OK &&
	       iommu_property_next(properties, s->iommu.probe_size, &at, &property))
		json_array_append_new(property.type == VIRTIO_IOMMU_PROBE_T_RESV_MEM ? resv : other,
				      property_json(&property));
	object = object_new(req);
	json_object_set_new(object, "endpoint", json_integer(req->endpoint));
	json_object_set_new(object, "resv", resv);
	if (json_array_size(other) > 0)
		json_object_set(object, "other", other);
	json_decref(other);
	return result_print(s, object, status);
}

/* ATTACH and DETACH. */
static int attach_run(struct session *s, const struct request *req)
{
	json_t *object;
	uint8_t status;
	int err;

	if (req->op == REQUEST_ATTACH)
		err = iommu_attach(&s->iommu, req->domain, req->endpoint, req->flags, &status);
	else
		err = iommu_detach(&s->iommu, req->domain, req->endpoint, &status);
	if (err)
		return err;
	object = object_new(req);
	json_object_set_new(object, "domain", json_integer(req->domain));
	json_object_set_new(object, "endpoint", json_integer(req->endpoint));
	if (req->op == REQUEST_ATTACH)
		json_object_set_new(object, "flags", json_integer(req->flags));
	return result_print(s, object, status);
}

/* One MAP or UNMAP. A range may be empty or wrap: it is sent so, and QEMU 10 even answers OK. */
static int map_run_one(struct session *s, const struct request *req, uint64_t start)
{
	const bool is_map = req->op != REQUEST_UNMAP;
	uint64_t end = start + req->size - 1;
	json_t *object;
	uint8_t status;
	int err;

	if (is_map)
		err = iommu_map(&s->iommu, req->domain, start, end, req->phys, req->flags, &status);
	else
		err = iommu_unmap(&s->iommu, req->domain, start, end, &status);
	if (err)
		return err;
	object = json_pack("{s:s}", "op", is_map ? "map" : "unmap");
	json_object_set_new(object, "domain", json_integer(req->domain));
	json_object_set_new(object, "virt_start", json_hex(start));
	json_object_set_new(object, "virt_end", json_hex(end));
	if (is_map) {
		json_object_set_new(object, "phys", json_hex(req->phys));
		json_object_set_new(object, "flags", json_integer(req->flags));
	}
	return result_print(s, object, status);
}

static int maps_run(struct session *s, const struct request *req)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < req->count && !err; i++)
		err = map_run_one(s, req, req->start + i * req->stride);
	return err;
}

static int raw_run(struct session *s, const struct request *req)
{
	char hex[2 * IOMMU_MAX_RAW + 1];
	json_t *object;
	uint8_t status;
	size_t i;
	int err = iommu_raw(&s->iommu, req->raw, req->raw_len, &status);

	if (err)
		return err;
	for (i = 0; i < req->raw_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", req->raw[i]);
	object = object_new(req);
	json_object_set_new(object, "data", json_string(hex));
	return result_print(s, object, status);
}

static int burst_print(struct session *s, const struct request *req)
{
	const struct burst burst = {
		.bytes = req->raw,
		.len = req->raw_len,
		.parts = req->parts,
		.part_count = req->part_count,
		.count = req->count,
	};
	struct burst_result result;
	json_t *object, *statuses;
	int err = burst_run(&s->iommu, &burst, &result);

	if (err)
		return err;
	statuses = json_object();
	for (unsigned int i = 0; i <= UINT8_MAX; i++) {
		const char *name = iommu_status_name((uint8_t)i);	/* of several: "UNKNOWN" */
		json_int_t others = json_integer_value(json_object_get(statuses, name));

		if (result.statuses[i])
			json_object_set_new(statuses, name,
					    json_integer(others + result.statuses[i]));
	}
	object = object_new(req);
	json_object_set_new(object, "count", json_integer(req->count));
	json_object_set_new(object, "statuses", statuses);
	return object_print(s, object);
}

/* Stop the device and reset it, time and again. */
static int stop_print(struct session *s, const struct request *req)
{
	json_t *object;
	int err = 0;

	for (uint32_t i = 0; i < req->count && !err; i++) {
		err = stop_run(&s->iommu, req->stop);
		if (!err)
			err = iommu_open(&s->iommu, &s->qt);
	}
	if (err)
		return err;
	object = object_new(req);
	json_object_set_new(object, "kind", json_string(stop_kind_name(req->stop)));
	json_object_set_new(object, "count", json_integer(req->count));
	return object_print(s, object);
}

static int endpoint_open(struct session *s, const struct request *req, struct pci_function *fn)
{
	if (req->endpoint > UINT8_MAX)
		return drive_fail(ENODEV, "%s works on bus 0 only, 0x%" PRIx32 " is not there",
				  req->name, req->endpoint);
	return pci_open(fn, &s->qt, (uint8_t)req->endpoint);
}

static int enable_run(struct session *s, const struct request *req)
{
	struct pci_function fn;
	json_t *object, *bars;
	unsigned int i;
	int err = endpoint_open(s, req, &fn);

	if (!err)
		err = pci_enable(&fn, req->start);
	if (err)
		return err;
	bars = json_array();
	for (i = 0; i < 6; i++)
		if (fn.bars[i].size)
			json_array_append_new(bars, json_pack("{s:i, s:o, s:o}", "bar", (int)i,
							      "base", json_hex(fn.bars[i].base),
							      "size", json_hex(fn.bars[i].size)));
	object = object_new(req);
	json_object_set_new(object, "endpoint", json_integer(req->endpoint));
	json_object_set_new(object, "bars", bars);
	return object_print(s, object);
}

static int poke_run(struct session *s, const struct request *req)
{
	struct pci_function fn;
	uint64_t base;
	json_t *object;
	int err = endpoint_open(s, req, &fn);

	if (!err)
		err = pci_bar_base(&fn, req->bar, &base);
	if (!err)
		err = qtest_store(&s->qt, base + req->start, 4, req->value);
	if (err)
		return err;
	object = object_new(req);
	json_object_set_new(object, "endpoint", json_integer(req->endpoint));
	json_object_set_new(object, "bar", json_integer(req->bar));
	json_object_set_new(object, "offset", json_hex(req->start));
	json_object_set_new(object, "value", json_integer(req->value));
	return object_print(s, object);
}

static int sleep_run(struct session *s, const struct request *req)
{
	clock_sleep_us((uint64_t)req->count * 1000);
	return object_print(s, json_pack("{s:s, s:I}", "op", req->name, "ms",
					 (json_int_t)req->count));
}

static const char *fault_reason(uint8_t reason)
{
	switch (reason) {
	case VIRTIO_IOMMU_FAULT_R_DOMAIN:
		return "DOMAIN";
	case VIRTIO_IOMMU_FAULT_R_MAPPING:
		return "MAPPING";
	default:
		return "UNKNOWN";
	}
}

/* Print the faults that the device has reported; not for ever, should it never stop. */
static int faults_print(struct session *s)
{
	struct virtio_iommu_fault fault;
	bool taken = true;
	int err = 0, i;

	for (i = 0; i < 4 * QUEUE_POSTED && taken && !err; i++) {
		err = iommu_fault_take(&s->iommu, &fault, &taken);
		if (!err && taken)
			err = object_print(s, json_pack("{s:s, s:s, s:I, s:I, s:o}",
							"op", "fault",
							"reason", fault_reason(fault.reason),
							"flags", (json_int_t)fault.flags,
							"endpoint", (json_int_t)fault.endpoint,
							"address", json_hex(fault.address)));
	}
	return err;
}

static int request_dispatch(struct session *s, const struct request *req)
{
	switch (req->op) {
	case REQUEST_CONFIG:
		return config_run(s, req);
	case REQUEST_PROBE:
		return probe_run(s, req);
	case REQUEST_ATTACH:
	case REQUEST_DETACH:
		return attach_run(s, req);
	case REQUEST_MAP:
	case REQUEST_UNMAP:
		return map_run_one(s, req, req->start);
	case REQUEST_MAPS:
		return maps_run(s, req);
	case REQUEST_RAW:
		return raw_run(s, req);
	case REQUEST_BURST:
		return burst_print(s, req);
	case REQUEST_STOP:
		return stop_print(s, req);
	case REQUEST_ENABLE:
		return enable_run(s, req);
	case REQUEST_POKE:
		return poke_run(s, req);
	case REQUEST_SLEEP:
		return sleep_run(s, req);
	}
	return -EINVAL;
}

/* These work on a VM without a virtio-iommu too, so they do not touch one. */
static bool needs_iommu(const struct request *req)
{
	return req->op != REQUEST_ENABLE && req->op != REQUEST_POKE && req->op != REQUEST_SLEEP;
}

int session_run(struct session *s, const struct request *req)
{
	int err = 0;

	if (needs_iommu(req) && !s->iommu_open) {
		err = iommu_open(&s->iommu, &s->qt);
		s->iommu_open = !err;
	}
	if (!err)
		err = request_dispatch(s, req);
	if (!err && s->iommu_open)
		err = faults_print(s);
	return err;
}
