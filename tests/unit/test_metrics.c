// SPDX-License-Identifier: GPL-2.0-or-later
/* The exporter's text: exact numbers, both formats, hostile names, the cap. */
#include "ledger-fixture.h"

#include <ctype.h>
#include <time.h>
#include <unistd.h>

#include "core/metrics.h"
#include "export/metrics.h"
#include "host/text.h"

#define MANY 1000000

static char *written_of(const struct ledger *l, enum metrics_format format, size_t max,
			size_t *dropped)
{
	const struct metrics_opts opts = { format, max };
	size_t size, none;
	char *text;

	assert_int_equal(metrics_write(&text, &size, l, &opts, 0, dropped ? dropped : &none), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

static void has_line(const char *text, const char *line)
{
	char wanted[512];

	snprintf(wanted, sizeof(wanted), "\n%s\n", line);
	if (!strstr(text, wanted))
		fail_msg("no line '%s'", line);
}

static void has_no(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("there is '%s'", part);
}

static size_t series_count(const char *text)
{
	size_t n = 0;

	for (const char *c = text; *c; c = strchr(c, '\n') + 1)
		n += *c != '#';
	return n;
}

/* ------------------------------------------------------------------------------------- numbers */

static void numbers_are_exact(void **state)
{
	struct ledger *l = fixture_ledger();
	char *text = written_of(l, METRICS_TEXT, MANY, NULL);

	(void)state;
	has_line(text, "viommu_dma_maps_total{domain=\"web1\"} 100000");
	has_line(text, "viommu_dma_maps_total{domain=\"db1\"} 9007199254740993");
	has_line(text, "viommu_dma_map_failures_total{domain=\"web1\",reason=\"above_host_width\"} "
		 "5000");
	has_line(text, "viommu_dma_map_failures_total{domain=\"web1\",reason=\"policy\"} 0");
	has_line(text, "viommu_dma_map_failures_total{domain=\"old\",reason=\"unknown\"} 0");
	has_line(text, "viommu_dma_mapped_bytes{domain=\"web1\"} 4096000");
	has_line(text, "viommu_dma_entries{domain=\"web1\"} 1000");
	has_line(text, "viommu_dma_entries_limit{domain=\"web1\"} 65535");
	has_line(text, "viommu_iova_highest_end_address{domain=\"web1\"} 549755813888");
	has_line(text, "viommu_iova_highest_end_address{domain=\"db1\"} 18446744073709551616");
	has_line(text, "viommu_iova_limit_bits{domain=\"web1\"} 39");
	has_line(text, "viommu_recommended_aw_bits{domain=\"db1\"} 39");
	has_line(text, "viommu_host_iommu_groups 3");	/* the limits of one are not known */
	has_line(text, "viommu_host_iova_max_bits{iommu_group=\"2\"} 64");
	has_line(text, "viommu_host_iova_hole_info{iommu_group=\"2\",start=\"0xfd00000000\","
		 "end=\"0xffffffffff\",type=\"amd_ht\"} 1");
	has_line(text, "viommu_lost_records_total{reason=\"ring_full\"} 7");
	has_line(text, "viommu_lost_records_total{reason=\"server_behind\"} 1");
	has_line(text, "viommu_lost_records_total{reason=\"program_skipped\"} 0");
	has_line(text, "viommu_guard_denials_total{domain=\"web1\",policy=\"cap-39\"} 12");
	free(text);
	ledger_free(l);
}

static void what_is_not_known_is_absent(void **state)
{
	static const char *const gauges[] = { "dma_mapped_bytes", "dma_entries",
		"dma_entries_limit", "iova_limit_bits", "recommended_aw_bits",
		"iova_highest_end_address" };
	struct ledger *l = fixture_ledger();
	struct viommu_container c;
	char *text, part[128];

	(void)state;
	fixture_container(&c, 4444, NULL, 0);
	c.dma_limit = 0;
	c.maps = 3;		/* what it mapped before may be higher */
	c.highest_mapped = 0xfff;
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
	text = written_of(l, METRICS_TEXT, MANY, NULL);
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
		snprintf(part, sizeof(part), "viommu_%s{domain=\"old\"}", gauges[i]);
		has_no(text, part);
	}
	has_no(text, "viommu_domain_viommu_bits{domain=\"db1\"}");
	has_no(text, "iommu_group=\"12\"");
	has_line(text, "viommu_dma_maps_total{domain=\"old\"} 3");
	free(text);
	ledger_free(l);
	l = ledger_new();
	text = written_of(l, METRICS_TEXT, MANY, NULL);
	has_line(text, "viommu_guard_up 0");
	has_no(text, "\nviommu_guard_policy_generation");
	has_no(text, "domain=");
	has_no(text, "\nviommu_host_iommu_groups");
	free(text);
	ledger_free(l);
}

static void the_histogram_is_cumulative(void **state)
{
	struct ledger *l = fixture_ledger();
	char *text = written_of(l, METRICS_TEXT, MANY, NULL);
	const char *at = text;
	double last_end = 0, last_count = 0;
	unsigned int buckets = 0;

	(void)state;
	while ((at = strstr(at, "duration_seconds_bucket{domain=\"web1\",le=\""))) {
		const char *end = strstr(at, "le=\"") + 4;
		const double count = atof(strchr(at, '}') + 1);

		assert_true(atof(end) > last_end && count >= last_count);
		if (strncmp(end, "+Inf", 4))	/* a power of two of ns */
			assert_true(atof(end) * 1e9 == (double)(UINT64_C(1) << (10 + buckets)));
		last_end = atof(end);
		last_count = count;
		buckets++;
		at++;
	}
	assert_int_equal(buckets, 23);
	has_line(text, "viommu_dma_map_duration_seconds_bucket{domain=\"web1\",le=\"1.024e-06\"} 1");
	has_line(text, "viommu_dma_map_duration_seconds_bucket{domain=\"web1\",le=\"2.048e-06\"} "
		 "100000");
	has_line(text, "viommu_dma_map_duration_seconds_bucket{domain=\"web1\",le=\"2.147483648\"} "
		 "104000");
	has_line(text, "viommu_dma_map_duration_seconds_bucket{domain=\"web1\",le=\"+Inf\"} 105000");
	has_line(text, "viommu_dma_map_duration_seconds_count{domain=\"web1\"} 105000");
	has_line(text, "viommu_dma_map_duration_seconds_sum{domain=\"web1\"} 2150.000000123");
	free(text);
	ledger_free(l);
}

/* ------------------------------------------------------------------------------------- formats */

/* The files are written anew with UPDATE_GOLDEN=1; look at what has changed. */
static void same_as_golden(char *text, const char *path)
{
	static char wanted[65536];
	char *version = strstr(text, "{version=\"" VIOMMU_VERSION "\"}");
	size_t size;
	FILE *f;

	/* which version this is does not matter */
	assert_non_null(version);
	memmove(version, strchr(version, '}') + 1, strlen(strchr(version, '}')));
	if (getenv("UPDATE_GOLDEN")) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(text, f);
		assert_int_equal(fclose(f), 0);
	}
	f = fopen(path, "r");
	assert_non_null(f);
	size = fread(wanted, 1, sizeof(wanted) - 1, f);
	fclose(f);
	wanted[size] = '\0';
	assert_string_equal(text, wanted);
}

static void golden_text(void **state)
{
	struct ledger *l = fixture_ledger();
	char *text = written_of(l, METRICS_TEXT, MANY, NULL);

	(void)state;
	same_as_golden(text, "tests/golden/metrics.txt");
	free(text);
	ledger_free(l);
}

static void golden_openmetrics(void **state)
{
	struct ledger *l = fixture_ledger();
	char *text = written_of(l, METRICS_OPEN, MANY, NULL);

	(void)state;
	same_as_golden(text, "tests/golden/metrics-open.txt");
	has_line(text, "# TYPE viommu_dma_maps counter");
	has_line(text, "viommu_dma_maps_total{domain=\"web1\"} 100000");
	has_no(text, "_total counter");
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	free(text);
	ledger_free(l);
}

static void every_metric_is_there(void **state)
{
	static const char *const names[] = {
#define X(sym, name, type, labels, help) "\n# TYPE viommu_" name " " type "\n",
		VIOMMU_METRICS(X)
#undef X
	};
	struct ledger *l = fixture_ledger();
	char *text = written_of(l, METRICS_TEXT, MANY, NULL);

	(void)state;
	for (size_t i = 0; i < VIOMMU_NR_METRICS; i++) {
		const char *at = strstr(text, names[i]);

		assert_non_null(at);
		assert_true(at[strlen(names[i])] == 'v');	/* with a sample */
	}
	free(text);
	ledger_free(l);
}

/*
 * Nothing to say but one thing: a name with "bits" in it is taken for an amount of data that should
 * be in bytes. Here they are the width of an address.
 */
static bool is_bits_only(char *said)
{
	char *line;

	while ((line = strsep(&said, "\n")))
		if (*line && !strstr(line, "bits use base unit \"bytes\" instead of \"bits\""))
			return false;
	return true;
}

/* Prometheus' own checker, if it is installed, and its complaint if it has one. */
static void promtool_check(const char *text)
{
	char path[] = "/tmp/viommu-metrics-XXXXXX", command[128], said[4096] = "";
	const int fd = mkstemp(path);
	FILE *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "promtool check metrics < %s 2>&1", path);
	f = popen(command, "r");
	assert_non_null(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	pclose(f);
	unlink(path);
	print_message("%s", said);
	if (!is_bits_only(said))
		fail_msg("promtool complains");
}

static bool have_promtool(void)
{
	return !system("command -v promtool > /dev/null");
}

static void promtool_has_no_complaint(void **state)
{
	struct ledger *l;
	char *text;

	(void)state;
	if (!have_promtool())
		skip();
	l = fixture_ledger();
	fixture_process(l, "\"quoted\" back\\slash {a=\"b\"} # \xc3\xa4\xf0\x9f\x92\xa5", 77, 48);
	text = written_of(l, METRICS_TEXT, MANY, NULL);
	promtool_check(text);
	free(text);
	ledger_free(l);
}

static void negotiation(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} cases[] = {
		{ NULL, METRICS_TEXT },
		{ "", METRICS_TEXT },
		{ "*/*", METRICS_TEXT },
		{ "text/plain", METRICS_TEXT },
		{ "application/openmetrics-text", METRICS_OPEN },
		/* what Prometheus 2.42 sends */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", METRICS_OPEN },
		{ "Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.5 , */* ; q=0.1",
		  METRICS_OPEN },
		{ "application/openmetrics-text;q=0.5,text/plain;q=0.5", METRICS_TEXT },
		{ "application/openmetrics-text;q=0.499,text/plain;q=0.5", METRICS_TEXT },
		{ "application/openmetrics-text;q=0.501,text/plain;q=0.5", METRICS_OPEN },
		{ "application/openmetrics-text;q=0,*/*", METRICS_TEXT },
		{ "application/openmetrics-text;version=0.0.1", METRICS_TEXT },
		{ "application/openmetrics-text;version=2.0.0,text/plain;q=0.1", METRICS_TEXT },
		{ "text/plain;q=0.1,*/*;q=0.9", METRICS_OPEN },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", METRICS_TEXT },
		{ "application/openmetrics-text;q=2,text/plain;q=0.1", METRICS_TEXT },
		{ "application/openmetrics-text;q=0.5555,text/plain;q=0.1", METRICS_TEXT },
		{ "application/openmetrics-text;q=,text/plain;q=0.1", METRICS_TEXT },
		{ "application/openmetrics-text;x=\"a,b;q=0\";q=0.9,text/plain;q=0.8",
		  METRICS_OPEN },
		{ ",,;;=,\"", METRICS_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (metrics_negotiate(cases[i].accept) != cases[i].format)
			fail_msg("wrong answer to '%s'", cases[i].accept);
}

/* ------------------------------------------------------------------------------------- the cap */

static void whole_domains_are_left_out(void **state)
{
	struct ledger *l = fixture_ledger();
	size_t all, dropped, size, ignored;
	char *text = written_of(l, METRICS_TEXT, MANY, &dropped);
	const struct metrics_opts opts = { METRICS_TEXT, 150 };

	(void)state;
	all = series_count(text);
	assert_int_equal(dropped, 0);
	has_line(text, "viommu_series_dropped_total 0");
	free(text);
	for (size_t max = 20; max <= all + 10; max++) {
		text = written_of(l, METRICS_TEXT, max, &dropped);
		assert_true(series_count(text) <= max);
		assert_int_equal(series_count(text) + dropped, all);
		has_line(text, "viommu_host_iommu_groups 3");
		for (const char *vm = "db1\0old\0web1\0"; *vm; vm += strlen(vm) + 1) {
			char info[64], sum[64];

			snprintf(info, sizeof(info), "domain_info{domain=\"%s\"", vm);
			snprintf(sum, sizeof(sum), "seconds_sum{domain=\"%s\"", vm);
			assert_int_equal(!strstr(text, info), !strstr(text, sum));
		}
		free(text);
	}
	assert_int_equal(metrics_write(&text, &size, l, &opts, 1000, &ignored), 0);
	assert_true(ignored > 0);
	assert_non_null(strstr(text, "viommu_series_dropped_total 1"));
	has_no(text, "viommu_series_dropped_total 1000\n");
	free(text);
	ledger_free(l);
}

/* ------------------------------------------------------------------------------- hostile names */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bytes that matter to the format, to UTF-8, or neither. */
static void random_name(char *name, size_t size, uint32_t *seed)
{
	static const char bytes[] = "\\\\\"\"\n\r{}=,# \t\x01\x7f\x80\xbf\xc3\xa4\xe2\x82\xac\xf0\xff"
				    "ab09";
	const size_t len = 1 + next_random(seed) % (next_random(seed) % 8 ? 6 : size - 1);

	for (size_t i = 0; i < len; i++)
		name[i] = bytes[next_random(seed) % (sizeof(bytes) - 1)];
	name[len] = '\0';
}

/* Length of the series' name and labels at the line's begin; fails if they are not well formed. */
static size_t series_len(const char *line)
{
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	assert_true(n > 0);
	if (line[n] != '{')
		return n;
	do {
		n++;
		n += strspn(line + n, "abcdefghijklmnopqrstuvwxyz_");
		assert_true(line[n] == '=' && line[n + 1] == '"');
		for (n += 2; line[n] != '"'; n++) {
			assert_true(line[n] != '\n' && line[n]);
			if (line[n] == '\\') {
				n++;
				assert_true(line[n] == '\\' || line[n] == '"' || line[n] == 'n');
			}
		}
		n++;
	} while (line[n] == ',');
	assert_int_equal(line[n], '}');
	return n + 1;
}

static int series_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each line is a comment or a series and a number; no series comes twice; all is UTF-8. */
static void well_formed(char *text)
{
	const size_t len = strlen(text);
	char *clean = malloc(3 * len + 1), **series = calloc(len / 8, sizeof(*series));
	char *rest = text, *line;
	size_t n = 0, lines = 0;

	for (char *c = text; *c; c++)
		lines += *c == '\n';
	/* newlines are the only control characters */
	assert_int_equal(host_text_clean(clean, 3 * len + 1, text, len), len + 2 * lines);
	while ((line = strsep(&rest, "\n"))) {
		size_t at;

		if (!*line || *line == '#')
			continue;
		at = series_len(line);
		assert_int_equal(line[at], ' ');
		assert_int_equal(strspn(line + at + 1, "0123456789."), strlen(line + at + 1));
		line[at] = '\0';
		series[n++] = line;
	}
	qsort(series, n, sizeof(*series), series_compare);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(series[i - 1], series[i]))
			fail_msg("twice: %s", series[i]);
	free(series);
	free(clean);
}

static void hostile_names(void **state)
{
	uint32_t seed = 4711;

	(void)state;
	for (unsigned int round = 0; round < 40; round++) {
		struct ledger *l = ledger_new();
		size_t dropped;
		char *text, name[VIOMMU_NAME_LEN];

		for (uint32_t pid = 1; pid <= 60; pid++) {
			struct ledger_denials d = { .denials = 1 };

			random_name(name, sizeof(name), &seed);
			fixture_process(l, name, pid, 48);
			memcpy(d.domain, name, sizeof(d.domain));
			random_name(d.policy, sizeof(d.policy), &seed);
			assert_int_equal(ledger_add_denials(l, &d), 0);
		}
		text = written_of(l, round % 2 ? METRICS_OPEN : METRICS_TEXT, MANY, &dropped);
		well_formed(text);
		free(text);
		ledger_free(l);
	}
}

/* A name that is no UTF-8 looks like one that is: whichever comes first, one of them is shown. */
static void names_that_look_alike(void **state)
{
	static const char *const names[] = { "a\x01", "a\xef\xbf\xbd", "a\xff" };
	struct ledger *l = ledger_new();
	size_t dropped;
	char *text;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		fixture_process(l, names[i], 1 + i, 48);
	text = written_of(l, METRICS_TEXT, MANY, &dropped);
	assert_true(dropped > 0);
	has_line(text, "viommu_domain_processes{domain=\"a\xef\xbf\xbd\"} 1");
	well_formed(text);
	free(text);
	ledger_free(l);
}

/* --------------------------------------------------------------------------------------- speed */

/* What a scrape of 500 VMs costs, for who runs it; nothing here is about a limit. */
static void many_vms(void **state)
{
	struct ledger *l = ledger_new();
	struct timespec a, b;
	char *text, name[32];
	size_t dropped;

	(void)state;
	for (uint32_t pid = 1; pid <= 500; pid++) {
		struct viommu_container c;

		snprintf(name, sizeof(name), "instance-%08x", pid);
		fixture_process(l, name, pid, 39);
		fixture_container(&c, pid, fixture_intel39, 2);
		c.maps = 1000000 + pid;
		c.highest_mapped = 0x7fffffffff;
		assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
	}
	free(written_of(l, METRICS_TEXT, MANY, NULL));
	clock_gettime(CLOCK_MONOTONIC, &a);
	text = written_of(l, METRICS_TEXT, MANY, &dropped);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(dropped, 0);
	print_message("500 VMs: %zu series, %zu bytes, %.1f ms\n", series_count(text), strlen(text),
		      (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6);
	free(text);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(what_is_not_known_is_absent),
		cmocka_unit_test(the_histogram_is_cumulative),
		cmocka_unit_test(golden_text),
		cmocka_unit_test(golden_openmetrics),
		cmocka_unit_test(every_metric_is_there),
		cmocka_unit_test(promtool_has_no_complaint),
		cmocka_unit_test(negotiation),
		cmocka_unit_test(whole_domains_are_left_out),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(names_that_look_alike),
		cmocka_unit_test(many_vms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
