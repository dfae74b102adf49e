// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The printers: against golden files (UPDATE_GOLDEN=1 writes them anew), at every width, with
 * hostile text, and with streams that fail.
 */
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/output.h"
#include "print/columns.h"
#include "print/format.h"
#include "print/json-line.h"

#include "events.h"

#define GOLDEN "tests/golden/"
#define LEN(x) (sizeof(x) / sizeof((x)[0]))

typedef struct output *(*printer_fn)(const struct output_opts *opts);

/* What the printer makes of the events; to be freed. */
static char *print_all(printer_fn make, const struct output_opts *how,
		       const struct viommu_event *events, size_t count)
{
	struct output_opts opts = *how;
	struct output *out;
	char *text = NULL;
	size_t len = 0;

	opts.out = open_memstream(&text, &len);
	assert_non_null(opts.out);
	out = make(&opts);
	assert_non_null(out);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(output_event(out, &events[i]), 0);
	assert_int_equal(output_flush(out), 0);
	output_free(out);
	fclose(opts.out);
	return text;
}

static char *print_mixed(printer_fn make, const struct output_opts *how)
{
	struct viommu_event events[EVENTS_MIXED];

	events_mixed(events);
	return print_all(make, how, events, EVENTS_MIXED);
}

static char *file_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static void golden_check(const char *name, char *text)
{
	char path[128];
	char *want;

	snprintf(path, sizeof(path), GOLDEN "%s", name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(text, f);
		assert_int_equal(fclose(f), 0);
	}
	want = file_read(path);
	if (!want)
		fail_msg("%s: cannot be read; run from the top of the tree", path);
	assert_string_equal(text, want);
	free(want);
	free(text);
}

static void table_is_golden(void **state)
{
	(void)state;
	golden_check("table-120.txt",
		     print_mixed(output_new_table, &(struct output_opts){ .width = 120 }));
	golden_check("table-80-single.txt",
		     print_mixed(output_new_table,
				 &(struct output_opts){ .width = 80, .single_vm = true }));
	golden_check("table-color.txt",
		     print_mixed(output_new_table,
				 &(struct output_opts){ .width = 100, .color = true }));
}

static void json_is_golden(void **state)
{
	(void)state;
	golden_check("events.json",
		     print_mixed(output_new_json, &(struct output_opts){ .host = "hv1" }));
}

/* A name of wide, combining and four-byte characters, and one that would steer a terminal. */
static const char *const hostile_names[] = {
	"\xe6\x9d\xb1\xe4\xba\xac\xe3\x83\x87\xe3\x83\xbc\xe3\x82\xbf\xe3\x83\xbc\xe7\xae\xa1\xe7\x90\x86",
	"cafe\xcc\x81\xcc\x81\xcc\x81-\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
	"\x1b]0;owned\x07\x1b[2J\x1b[31m\r\n",
	"\xc2\x9b" "31m\xff\xfe\xc0\xaf\xed\xa0\x80",
	"evil\xe2\x80\xae" "txt.exe",
	"%s%n%p%s%s%s%s",
	"",
	"a-name-that-is-much-longer-than-any-column-of-the-table-and-goes-on-and-on-and-on-and-on-"
	"and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and",
};

static size_t events_hostile(struct viommu_event *events, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < LEN(hostile_names) && n + 4 <= room; i++) {
		struct viommu_event e = events_map(UINT64_MAX - 0xfff, 0x1000, EOVERFLOW);

		e.count = UINT64_MAX;
		e.iova_lowest = UINT64_C(1) << 63;
		e.iova_highest = UINT64_MAX;
		e.ev.size = UINT64_MAX;
		events_text(e.vm.name, sizeof(e.vm.name), hostile_names[i]);
		events_text(e.comm, sizeof(e.comm), hostile_names[i]);
		events_text(e.container, sizeof(e.container), hostile_names[i]);
		events_text(e.devices[0], sizeof(e.devices[0]), hostile_names[i]);
		events_text(e.diag.detail, sizeof(e.diag.detail), hostile_names[i]);
		events_text(e.diag.remedies[0].option, sizeof(e.diag.remedies[0].option),
			    hostile_names[i]);
		/* The longest names of an error and a reason, too. */
		e.result = i % 3 ? -EOVERFLOW : -EADDRINUSE;
		e.diag.reason = i % 3 ? VIOMMU_REASON_UNKNOWN : VIOMMU_REASON_MEMLOCK_PER_CONTAINER;
		e.diag.remedy_count = 1;
		e.diag.candidate_count = VIOMMU_MAX_CANDIDATES;
		e.diag.need_count = 1;
		events_text(e.diag.needs[0], sizeof(e.diag.needs[0]), hostile_names[i]);
		if (i % 2)
			e.vm.source = VIOMMU_VM_NONE;
		events[n++] = e;
		e.type = VIOMMU_EVENT_SUMMARY;
		e.summary = events_summary().summary;
		e.summary.maps = e.summary.map_bytes = UINT64_MAX;
		e.summary.lost[VIOMMU_LOST_RING] = UINT64_MAX;
		events[n++] = e;
		e.type = VIOMMU_EVENT_LOST;
		events[n++] = e;
		e.type = VIOMMU_EVENT_ATTACH;
		e.device_count = VIOMMU_MAX_DEVICES;
		events[n++] = e;
	}
	return n;
}

/* Columns of a line, escape sequences of colours aside; -1 if it has a character of control. */
static int line_columns(const char *line)
{
	mbstate_t state = { 0 };
	int columns = 0;

	while (*line) {
		wchar_t c;
		size_t len;

		if (line[0] == '\x1b' && line[1] == '[') {
			line += 2 + strspn(line + 2, "0123456789;");
			if (*line++ != 'm')
				return -1;
			continue;
		}
		len = mbrtowc(&c, line, strlen(line), &state);
		if (len == (size_t)-1 || len == (size_t)-2 || wcwidth(c) < 0)
			return -1;
		columns += wcwidth(c);
		line += len;
	}
	return columns;
}

static void check_widths(char *text, unsigned int width)
{
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		int columns = line_columns(line);

		if (columns < 0 || columns > (int)width)
			fail_msg("%d columns where %u are allowed: %s", columns, width, line);
	}
	free(text);
}

static void no_line_is_too_long(void **state)
{
	struct viommu_event *events = calloc(64, sizeof(*events));
	size_t count;

	(void)state;
	assert_non_null(events);
	count = events_hostile(events, 64 - EVENTS_MIXED);
	events_mixed(events + count);
	count += EVENTS_MIXED;
	for (unsigned int width = 40; width <= 200; width++)
		for (int i = 0; i < 4; i++)
			check_widths(print_all(output_new_table, &(struct output_opts){
				.width = width, .single_vm = i & 1, .color = i & 2,
			}, events, count), width);
	check_widths(print_all(output_new_table, &(struct output_opts){ 0 }, events, count), 120);
	check_widths(print_all(output_new_table, &(struct output_opts){ .width = 1 }, events,
			       count), 40);
	free(events);
}

static void colors_only_if_wanted(void **state)
{
	char *plain = print_mixed(output_new_table, &(struct output_opts){ .width = 100 });
	char *color = print_mixed(output_new_table,
				  &(struct output_opts){ .width = 100, .color = true });

	(void)state;
	assert_null(strchr(plain, '\x1b'));
	assert_non_null(strstr(color, "\x1b[1;31msilent\x1b[0m"));
	free(plain);
	free(color);
}

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* Of one VM the second failure of a kind is one line; another VM's is explained. */
static void explains_once_per_vm_and_reason(void **state)
{
	struct viommu_event events[5];
	char *text;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		events[i] = events_map(0x8000000000 + i * 4096, 4096, EINVAL);
	events_text(events[2].vm.name, sizeof(events[2].vm.name), "guest2");
	events[3].diag.reason = VIOMMU_REASON_RESERVED_MSI;
	text = print_all(output_new_table, &(struct output_opts){ .width = 120 }, events, 5);
	assert_int_equal(count_of(text, "why:"), 3);
	assert_int_equal(count_of(text, "REASON"), 1);
	assert_int_equal(count_of(text, "guest2"), 1);
	free(text);
}

/* More VMs than are remembered: still every line, and no crash. */
static void many_vms_are_all_shown(void **state)
{
	struct viommu_event e = events_map(0x8000000000, 4096, EINVAL);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	struct output *out = output_new_table(&(struct output_opts){ .out = f, .width = 120 });

	(void)state;
	for (int i = 0; i < 1500; i++) {
		snprintf(e.vm.name, sizeof(e.vm.name), "vm%d", i);
		assert_int_equal(output_event(out, &e), 0);
	}
	output_free(out);
	fclose(f);
	assert_int_equal(count_of(text, "why:"), 1500);
	free(text);
}

static json_t *json_of(const struct viommu_event *event)
{
	char *text = print_all(output_new_json, &(struct output_opts){ .host = "h\xff" }, event, 1);
	json_t *json;

	assert_int_equal(count_of(text, "\n"), 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	free(text);
	return json;
}

static void json_takes_any_text(void **state)
{
	struct viommu_event *events = calloc(64, sizeof(*events));
	size_t count;

	(void)state;
	assert_non_null(events);
	count = events_hostile(events, 64);
	assert_true(count >= 32);
	for (size_t i = 0; i < count; i++) {
		json_t *json = json_of(&events[i]);

		assert_string_equal(json_string_value(json_object_get(json, "host")),
				    "h\xef\xbf\xbd");
		json_decref(json);
	}
	free(events);
}

/* Unknown is absent: not 0, not null, not an empty string. */
static void json_leaves_out_what_is_unknown(void **state)
{
	static const char *const absent[] = {
		"vm", "vm_uuid", "vm_source", "pid", "tid", "comm", "container", "group", "devices",
		"iova", "size", "vaddr", "prot", "limit", "errno", "reason", "severity", "backing",
		"path", "detail", "remedy", "candidates", "need",
	};
	struct viommu_event e = { .type = VIOMMU_EVENT_MAP, .group = -1, .count = 1 };
	json_t *json = json_of(&e);

	(void)state;
	for (size_t i = 0; i < LEN(absent); i++)
		assert_null(json_object_get(json, absent[i]));
	assert_non_null(json_object_get(json, "result"));
	json_decref(json);
	e.type = VIOMMU_EVENT_SUMMARY;
	json = json_of(&e);
	assert_null(json_object_get(json, "highest_iova"));
	assert_null(json_object_get(json, "highest_refused"));
	assert_null(json_object_get(json, "host_bits"));
	assert_null(json_object_get(json, "recommended_aw_bits"));
	assert_null(json_object_get(json, "latency"));
	assert_int_equal(json_object_size(json_object_get(json, "lost")), 0);
	json_decref(json);
}

static void json_numbers_lines(void **state)
{
	char *text = print_mixed(output_new_json, &(struct output_opts){ 0 });

	(void)state;
	assert_non_null(strstr(text, "\"seq\":1,"));
	assert_non_null(strstr(text, "\"seq\":20,"));
	assert_null(strstr(text, "\"seq\":21,"));
	assert_null(strstr(text, "\"host\":"));
	free(text);
}

/* The error of the write comes back, and again for each event after it. */
static void check_write_error(FILE *f, int err)
{
	const struct viommu_event e = events_map(0x8000000000, 4096, EINVAL);
	const printer_fn makers[] = { output_new_table, output_new_json };

	for (size_t i = 0; i < LEN(makers); i++) {
		struct output *out = makers[i](&(struct output_opts){ .out = f });

		assert_non_null(out);
		assert_int_equal(output_event(out, &e), err);
		assert_int_equal(output_event(out, &e), err);
		assert_int_equal(output_flush(out), err);
		output_free(out);
	}
	fclose(f);
}

static void write_errors_come_back(void **state)
{
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	check_write_error(fdopen(ends[1], "w"), -EPIPE);
	check_write_error(fopen("/dev/full", "w"), -ENOSPC);
}

/* Once a line is missing, none follows it, even if the stream takes lines again. */
static void nothing_follows_an_error(void **state)
{
	const struct viommu_event e = events_map(0, 4096, 0);
	FILE *f = fopen("/dev/full", "w");
	FILE *good = tmpfile();
	struct output *out = output_new_json(&(struct output_opts){ .out = f });

	(void)state;
	assert_int_equal(output_event(out, &e), -ENOSPC);
	assert_true(dup2(fileno(good), fileno(f)) >= 0);
	assert_int_equal(output_event(out, &e), -ENOSPC);
	assert_int_equal(lseek(fileno(good), 0, SEEK_END), 0);
	output_free(out);
	fclose(f);
	fclose(good);
}

/* A reader sees an event at once, without a flush of the caller. */
static void lines_are_not_held_back(void **state)
{
	const struct viommu_event e = events_map(0, 4096, 0);
	char buf[4096];
	int ends[2];
	struct output *out;
	FILE *f;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	f = fdopen(ends[1], "w");
	out = output_new_json(&(struct output_opts){ .out = f });
	assert_int_equal(output_event(out, &e), 0);
	assert_true(read(ends[0], buf, sizeof(buf)) > 0);
	output_free(out);
	fclose(f);
	close(ends[0]);
}

static void a_file_is_no_terminal(void **state)
{
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	assert_int_equal(output_terminal_width(f), 0);
	assert_false(output_wants_color(f));
	fclose(f);
}

static void sizes_read_well(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} rows[] = {
		{ 0, "0 B" }, { 17, "17 B" }, { 1023, "1023 B" }, { 4096, "4 KiB" },
		{ 2 << 20, "2 MiB" }, { 3 << 19, "1.5 MiB" }, { 1 << 30, "1 GiB" },
		{ UINT64_C(1) << 40, "1 TiB" }, { UINT64_MAX, "15.9 EiB" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		format_size(buf, sizeof(buf), rows[i].bytes);
		assert_string_equal(buf, rows[i].want);
	}
	format_count(buf, sizeof(buf), UINT64_MAX);
	assert_string_equal(buf, "18,446,744,073,709,551,615");
	format_count(buf, sizeof(buf), 999);
	assert_string_equal(buf, "999");
}

static void latency_is_the_class_above(void **state)
{
	uint64_t slots[VIOMMU_LATENCY_SLOTS] = { 0 };

	(void)state;
	assert_int_equal(format_latency(slots, 500), 0);
	slots[10] = 99;
	slots[20] = 1;
	assert_int_equal(format_latency(slots, 500), 2048);
	assert_int_equal(format_latency(slots, 990), 2048);
	slots[20] = 2;
	assert_int_equal(format_latency(slots, 990), 2 << 20);
	slots[VIOMMU_LATENCY_SLOTS - 1] = UINT64_MAX / 2;
	assert_true(format_latency(slots, 500) == FORMAT_LATENCY_OPEN);
	memset(slots, 0, sizeof(slots));
	slots[VIOMMU_LATENCY_SLOTS - 2] = 1;
	assert_int_equal(format_latency(slots, 990), UINT64_C(1) << (VIOMMU_LATENCY_SLOTS - 1));
}

/* The last class has no upper end: no call is said to have been shorter than it. */
static void latency_in_words(void **state)
{
	static const struct { uint64_t low, last; const char *words; } rows[] = {
		{ 990, 10, "half of the calls below 2 us, 99% below 2 us" },
		{ 989, 11, "half of the calls below 2 us, more than 1% 2 s or longer" },
		{ 500, 500, "half of the calls below 2 us, more than 1% 2 s or longer" },
		{ 499, 501, "more than half of the calls 2 s or longer" },
		{ 0, 1, "more than half of the calls 2 s or longer" },
	};
	uint64_t slots[VIOMMU_LATENCY_SLOTS] = { 0 };
	char words[128];

	(void)state;
	assert_false(format_latency_words(words, sizeof(words), slots));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_line line = { json_object(), 0 };

		slots[10] = rows[i].low;
		slots[VIOMMU_LATENCY_SLOTS - 1] = rows[i].last;
		assert_true(format_latency_words(words, sizeof(words), slots));
		assert_string_equal(words, rows[i].words);
		json_line_latency(&line, "p50", slots, 500);
		json_line_latency(&line, "p99", slots, 990);
		assert_int_equal(json_integer_value(json_object_get(line.object, "p50")),
				 i < 3 ? 2048 : 0);
		assert_int_equal(json_object_size(line.object), i < 1 ? 2 : i < 3);
		json_decref(line.object);
	}
}

/* However long, and however many of its bytes have to be replaced. */
static void json_text_is_never_cut(void **state)
{
	static const size_t sizes[] = { 1, 340, 341, 342, 512, 1023, 1024, 4096 };
	char text[4096 + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		json_t *plain, *replaced;

		memset(text, 'a', sizes[i]);
		text[sizes[i]] = '\0';
		plain = json_line_string(text, sizeof(text));
		assert_string_equal(json_string_value(plain), text);
		memset(text, 0xff, sizes[i]);
		replaced = json_line_string(text, sizes[i]);
		assert_int_equal(json_string_length(replaced), 3 * sizes[i]);
		json_decref(plain);
		json_decref(replaced);
	}
}

static void clip_counts_columns(void **state)
{
	char buf[64];

	(void)state;
	assert_int_equal(columns_clip(buf, sizeof(buf), "guest1", 6), 6);
	assert_string_equal(buf, "guest1");
	assert_int_equal(columns_clip(buf, sizeof(buf), "guest12", 6), 6);
	assert_string_equal(buf, "guest~");
	/* A wide character that has half a place is left out. */
	assert_int_equal(columns_clip(buf, sizeof(buf), "\xe6\x9d\xb1\xe4\xba\xac", 3), 3);
	assert_string_equal(buf, "\xe6\x9d\xb1~");
	assert_int_equal(columns_clip(buf, sizeof(buf), "abc", 0), 0);
	assert_int_equal(columns_clip(buf, 4, "abcdef", 20), 3);
	assert_string_equal(buf, "ab~");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_golden),
		cmocka_unit_test(json_is_golden),
		cmocka_unit_test(no_line_is_too_long),
		cmocka_unit_test(colors_only_if_wanted),
		cmocka_unit_test(explains_once_per_vm_and_reason),
		cmocka_unit_test(many_vms_are_all_shown),
		cmocka_unit_test(json_takes_any_text),
		cmocka_unit_test(json_leaves_out_what_is_unknown),
		cmocka_unit_test(json_numbers_lines),
		cmocka_unit_test(write_errors_come_back),
		cmocka_unit_test(nothing_follows_an_error),
		cmocka_unit_test(lines_are_not_held_back),
		cmocka_unit_test(a_file_is_no_terminal),
		cmocka_unit_test(sizes_read_well),
		cmocka_unit_test(latency_is_the_class_above),
		cmocka_unit_test(latency_in_words), cmocka_unit_test(json_text_is_never_cut),
		cmocka_unit_test(clip_counts_columns),
	};

	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
