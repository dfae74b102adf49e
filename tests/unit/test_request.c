// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests of a guest: what their status means, and how a host map that failed is told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/request.h"
#include "events.h"

#define R(x) VIOMMU_REASON_##x
#define S(x) VIOMMU_SEVERITY_##x
#define LEN(x) (sizeof(x) / sizeof((x)[0]))

static void names_and_errnos(void **state)
{
	/* viommu_get_req_errno() of drivers/iommu/virtio-iommu.c */
	static const int errnos[] = { 0, EIO, ENOSYS, EIO, EINVAL, ERANGE, ENOENT, EFAULT, ENOMEM };

	(void)state;
	for (unsigned int i = 0; i < LEN(errnos); i++) {
		assert_int_equal(viommu_status_errno(i), errnos[i]);
		assert_non_null(viommu_status_name(i));
		assert_non_null(viommu_status_meaning(i));
	}
	assert_int_equal(viommu_status_errno(9), EIO);
	assert_int_equal(viommu_status_errno(VIOMMU_STATUS_UNKNOWN), EIO);
	assert_null(viommu_status_name(9));
	assert_null(viommu_request_name(0));
	assert_null(viommu_request_name(6));
	assert_string_equal(viommu_request_name(VIOMMU_REQUEST_PROBE), "probe");
}

/* What QEMU's virtio_iommu_map(), _unmap(), _attach() answer, and cloud-hypervisor's RANGE. */
static void refusals(void **state)
{
	static const struct {
		unsigned int request, status;
		uint32_t flags;
		uint64_t iova;
		bool ranges, ignored;
		enum viommu_reason reason;
		enum viommu_severity severity;
		const char *words;
	} rows[] = {
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_INVAL, 3, 0x1000, true, true,
		  R(OVERLAP), S(SILENT), "map IOVA 0x1000-0x1fff" },
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_INVAL, 3, 0x1000, false, false,
		  R(OVERLAP), S(WARNING), "mapped already" },
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_INVAL, 8, 0x1000, true, false,
		  R(BAD_REQUEST), S(WARNING), "flags 0x8" },
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_RANGE, 3, 0x8000000000, true, false,
		  R(ABOVE_HOST_WIDTH), S(WARNING), "needs 40 bits, the vIOMMU takes 39" },
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_RANGE, 3, 0x8000000000, false, false,
		  R(UNKNOWN), S(WARNING), "answered range" },
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_NOENT, 3, 0x1000, true, true,
		  R(BAD_REQUEST), S(SILENT), "no such endpoint or domain" },
		{ VIOMMU_REQUEST_MAP, VIOMMU_STATUS_NOMEM, 3, 0x1000, true, false,
		  R(UNKNOWN), S(WARNING), "no memory" },
		{ VIOMMU_REQUEST_UNMAP, VIOMMU_STATUS_RANGE, 0, 0x1000, true, false,
		  R(OVERLAP), S(WARNING), "cut a mapping in two" },
		{ VIOMMU_REQUEST_ATTACH, VIOMMU_STATUS_NOENT, 0, 0, true, false,
		  R(BAD_REQUEST), S(FATAL), "attach an endpoint" },
		{ VIOMMU_REQUEST_PROBE, VIOMMU_STATUS_INVAL, 0, 0, true, false,
		  R(UNKNOWN), S(WARNING), "an endpoint's properties" },
		{ 77, VIOMMU_STATUS_UNSUPP, 0, 0, true, false,
		  R(UNKNOWN), S(WARNING), "type 77" },
		{ VIOMMU_REQUEST_MAP, 200, 3, 0x1000, true, false,
		  R(UNKNOWN), S(WARNING), "unknown status" },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct viommu_event e = events_guest(VIOMMU_EVENT_REQUEST);
		struct request_pieces pieces = { .next = 0 };

		e.request.type = e.ev.request = rows[i].request;
		e.request.status = e.ev.status = rows[i].status;
		e.ev.err = viommu_status_errno(rows[i].status);
		e.ev.request_flags = rows[i].flags;
		e.ev.iova = rows[i].iova;
		e.ev.ranges = events_ranges();
		if (!rows[i].ranges)
			e.ev.ranges.count = 0;
		e.ev.status_ignored = rows[i].ignored;
		request_judge(&e, &pieces);
		if (e.diag.reason != rows[i].reason || e.diag.severity != rows[i].severity)
			fail_msg("row %zu: %s, %s", i, viommu_reason_name(e.diag.reason),
				 viommu_severity_name(e.diag.severity));
		if (!strstr(e.diag.detail, rows[i].words))
			fail_msg("row %zu: %s", i, e.diag.detail);
		assert_true(e.diag.remedy_count > 0);
	}
}

/* What the guest has not written is not judged by. */
static void request_that_is_cut(void **state)
{
	struct viommu_event e = events_guest(VIOMMU_EVENT_REQUEST);
	struct request_pieces pieces = { .next = 0 };

	(void)state;
	e.ev.status = VIOMMU_STATUS_INVAL;
	e.ev.err = EINVAL;
	e.ev.has_range = false;
	request_judge(&e, &pieces);
	assert_int_equal(e.diag.reason, R(BAD_REQUEST));
}

/* The guest is told ok, the host refuses a piece: one finding, and its words are the piece's. */
static void told_ok_and_refused(void **state)
{
	struct request_pieces pieces = { .next = 0 };
	struct viommu_event map = events_map(0x8000000000, 4096, EINVAL);
	struct viommu_event e = events_request(0x7ffffff000, 0x2000, 1);

	(void)state;
	map.request.parent = e.request.parent;
	request_pieces_add(&pieces, &map);
	map.diag.reason = R(OVERLAP);	/* a later piece changes nothing */
	request_pieces_add(&pieces, &map);
	e.result = 0;
	request_judge(&e, &pieces);
	assert_int_equal(e.result, -EINVAL);
	assert_int_equal(e.diag.reason, R(ABOVE_HOST_WIDTH));
	assert_int_equal(e.diag.severity, S(SILENT));
	assert_non_null(strstr(e.diag.detail, "told ok for its map of 0x7ffffff000-0x8000000fff"));
	assert_non_null(strstr(e.diag.detail, "1 of its 40 pieces"));
	assert_non_null(strstr(e.diag.detail, "needs 40 bits"));
	assert_int_equal(e.diag.remedy_count, 2);
}

/* The map's own record was lost: the request still says what it knows. */
static void piece_that_is_not_known(void **state)
{
	struct request_pieces pieces = { .next = 0 };
	struct viommu_event other = events_map(0x8000000000, 4096, EINVAL);
	struct viommu_event e = events_request(0x8000000000, 0x1000, 1);

	(void)state;
	other.request.parent = e.request.parent + 1;
	request_pieces_add(&pieces, &other);
	e.request.pieces = 1;
	request_judge(&e, &pieces);
	assert_int_equal(e.result, -EINVAL);
	assert_int_equal(e.diag.reason, R(UNKNOWN));
	assert_int_equal(e.diag.candidates[0], R(ABOVE_HOST_WIDTH));
	assert_int_equal(e.diag.severity, S(SILENT));
	assert_non_null(strstr(e.diag.detail, "the host refused it: "));
}

/* What was well is not judged; of more pieces than there is room for the oldest are forgotten. */
static void nothing_to_judge(void **state)
{
	struct request_pieces pieces = { .next = 0 };
	struct viommu_event e = events_request(0x1000, 0x1000, 0);
	struct viommu_event map = events_map(0x8000000000, 4096, EINVAL);

	(void)state;
	request_judge(&e, &pieces);
	assert_int_equal(e.result, 0);
	assert_int_equal(e.diag.remedy_count, 0);
	for (uint64_t i = 1; i <= REQUEST_MAX_PIECES + 1; i++) {
		map.request.parent = i;
		request_pieces_add(&pieces, &map);
	}
	e = events_request(0x8000000000, 0x1000, 1);
	e.request.parent = 1;
	request_judge(&e, &pieces);
	assert_int_equal(e.diag.reason, R(UNKNOWN));
	e = events_request(0x8000000000, 0x1000, 1);
	e.request.parent = 2;
	request_judge(&e, &pieces);
	assert_int_equal(e.diag.reason, R(ABOVE_HOST_WIDTH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_errnos),
		cmocka_unit_test(refusals),
		cmocka_unit_test(request_that_is_cut),
		cmocka_unit_test(told_ok_and_refused),
		cmocka_unit_test(piece_that_is_not_known),
		cmocka_unit_test(nothing_to_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
