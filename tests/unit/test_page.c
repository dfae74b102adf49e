// SPDX-License-Identifier: GPL-2.0-or-later
/* The pages, read as XML, which is stricter than a browser: whatever a VM's name is. */
#include "ledger-fixture.h"

#include <expat.h>

#include "export/html.h"
#include "export/judge.h"
#include "export/page.h"

static const char *problem;

static const char *problem_of(void *ctx)
{
	(void)ctx;
	return problem;
}

static struct http_source source_of(const struct ledger *l)
{
	return (struct http_source){ .ledger = l, .host = "host<1>&\"", .max_series = 1000,
				     .unhealthy = problem_of };
}

/* d NULL: the first page. The caller frees it. */
static char *page_of(const struct ledger *l, const struct ledger_domain *d)
{
	const struct http_source source = source_of(l);
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (d)
		page_write_vm(out, &source, d, FIXTURE_NOW);
	else
		page_write(out, &source, FIXTURE_NOW);
	assert_int_equal(fclose(out), 0);
	return text;
}

struct seen {
	unsigned int elements, ids, pictures;
	char id[64][32];
};

static void id_check(struct seen *s, const char *id)
{
	for (unsigned int i = 0; i < s->ids; i++)
		assert_string_not_equal(s->id[i], id);
	assert_true(s->ids < 64);
	snprintf(s->id[s->ids++], sizeof(s->id[0]), "%s", id);
}

/* Nothing runs, nothing is fetched from elsewhere, no name is there twice. */
static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct seen *s = ctx;

	s->elements++;
	s->pictures += !strcmp(name, "svg");
	assert_string_not_equal(name, "script");
	assert_string_not_equal(name, "img");
	assert_string_not_equal(name, "iframe");
	for (; *attributes; attributes += 2) {
		assert_true(strncmp(attributes[0], "on", 2));
		assert_string_not_equal(attributes[0], "src");
		if (!strcmp(attributes[0], "href"))
			assert_true(attributes[1][0] == '/' || !strcmp(attributes[1], "data:,"));
		if (!strcmp(attributes[0], "id"))
			id_check(s, attributes[1]);
	}
}

static struct seen page_check(const char *text)
{
	XML_Parser parser = XML_ParserCreate("UTF-8");
	struct seen s = { 0 };

	assert_non_null(parser);
	XML_SetUserData(parser, &s);
	XML_SetStartElementHandler(parser, on_start);
	if (XML_Parse(parser, text, (int)strlen(text), 1) != XML_STATUS_OK)
		fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser),
			 XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
	assert_true(s.elements > 20);
	return s;
}

/* For tests/page.sh, which shows them to a browser. */
static void page_keep(const char *name, const char *text)
{
	const char *dir = getenv("PAGE_OUT");
	char path[512];
	FILE *f;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s.html", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s'", part);
}

static void what_a_person_needs(void **state)
{
	struct ledger *l = fixture_ledger();
	char *text;

	(void)state;
	text = page_of(l, NULL);
	assert_int_equal(page_check(text).pictures, 1);
	has(text, "host&lt;1&gt;&amp;&quot;");
	has(text, "above_host_width");
	has(text, "virtio-iommu-pci.aw-bits=39");
	has(text, "vIOMMU too wide");
	has(text, "5,000 times");
	has(text, "64 bits (safe: 39)");
	has(text, "width=device-width");
	has(text, "prefers-color-scheme:dark");
	assert_null(strstr(text, "class=\"note\""));
	page_keep("host", text);
	free(text);
	problem = "no <collector> since 12:00";
	text = page_of(l, NULL);
	page_check(text);
	has(text, "no &lt;collector&gt; since 12:00");
	problem = NULL;
	free(text);
	text = page_of(l, ledger_domain_find(l, "web1"));
	assert_int_equal(page_check(text).pictures, 1);
	has(text, "A mapping up to 0x8000000fff was refused: the host maps up to 0x7fffffffff.");
	has(text, "-device virtio-iommu-pci,aw-bits=39");
	page_keep("vm", text);
	free(text);
	text = page_of(l, ledger_domain_find(l, "old"));
	assert_int_equal(page_check(text).pictures, 0);
	has(text, "not known");
	free(text);
	ledger_free(l);
}

/* What a container mapped before the daemon began may be higher. */
static void highest_of_an_older_container(void **state)
{
	struct ledger *l = fixture_ledger();
	struct viommu_container c;
	char *text;

	(void)state;
	text = page_of(l, ledger_domain_find(l, "web1"));
	has(text, "<dd><code>0x7fffffffff</code>");
	assert_null(strstr(text, "at least"));
	free(text);
	fixture_container(&c, 4444, fixture_intel39, 2);
	c.dma_limit = 0;
	c.maps = 3;
	c.highest_mapped = 0xfff;
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
	text = page_of(l, ledger_domain_find(l, "old"));
	assert_int_equal(page_check(text).pictures, 1);
	has(text, "<dd>at least <code>0xfff</code>");
	has(text, ">at least to</text>");
	free(text);
	ledger_free(l);
}

/* "None" is said of a VM that is known to have none, and not of one that nobody could read. */
static void no_viommu_or_not_known(void **state)
{
	static struct ledger_process p = { .pid = 6000, .start_time = 6000000, .viommu = "none" };
	struct ledger *l = fixture_ledger();
	struct viommu_container c;
	char *text;

	(void)state;
	strcpy(p.vm.name, "plain");
	assert_int_equal(ledger_add_process(l, &p, FIXTURE_NOW), 0);
	fixture_container(&c, 6000, fixture_intel39, 2);
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
	text = page_of(l, ledger_domain_find(l, "plain"));
	has(text, "No vIOMMU: ");
	free(text);
	text = page_of(l, ledger_domain_find(l, "db1"));
	assert_null(strstr(text, "No vIOMMU"));
	has(text, "width is not known; the host maps 64 bits.");
	free(text);
	ledger_free(l);
}

/* The worst is another failure: what the width should be is said all the same. */
static void too_wide_besides(void **state)
{
	struct ledger *l = fixture_ledger();
	struct viommu_container c;
	char *text;

	(void)state;
	fixture_process(l, "crowded", 6000, 64);
	fixture_container(&c, 6000, fixture_intel39, 2);
	assert_int_equal(ledger_set_container(l, &c, FIXTURE_NOW), 0);
	fixture_failure(l, "crowded", 6000, 0x10000, ENOSPC, 1);
	fixture_failure(l, "crowded", 6000, 0x10000, EEXIST, 1);
	text = page_of(l, NULL);
	page_check(text);
	has(text, "1 more kind of failure");
	has(text, "The vIOMMU hands out 64 bits of addresses. With 39,");
	/* once: the other VM's failure says it itself */
	assert_null(strstr(strstr(text, "hands out 64 bits of addresses") + 1,
			   "hands out 64 bits of addresses"));
	free(text);
	ledger_free(l);
}

static void empty_host(void **state)
{
	struct ledger *l = ledger_new();
	char *text = page_of(l, NULL);

	(void)state;
	page_check(text);
	has(text, "No process uses VFIO");
	free(text);
	ledger_free(l);
}

static void hostile_names(void **state)
{
	static const char bytes[] = "<>&\"'/\\ %;:=`{}()\n\t\x01\x7f\x80\xc3\xa4\xf0]-!scriptonload";
	uint32_t seed = 99;

	(void)state;
	for (unsigned int round = 0; round < 30; round++) {
		struct ledger *l = ledger_new();
		char *text;

		for (uint32_t pid = 1; pid <= 30; pid++) {
			char name[VIOMMU_NAME_LEN];
			size_t len;

			seed = seed * 1664525 + 1013904223;
			len = 1 + (seed >> 8) % (sizeof(name) - 1);
			for (size_t i = 0; i < len; i++) {
				seed = seed * 1664525 + 1013904223;
				name[i] = bytes[(seed >> 8) % (sizeof(bytes) - 1)];
			}
			name[len] = '\0';
			fixture_process(l, name, pid, 64);
			fixture_failure(l, name, pid, 0x8000000000, EINVAL, 1);
		}
		text = page_of(l, NULL);
		page_check(text);
		page_keep("hostile", text);
		free(text);
		for (size_t i = 0; i < ledger_domain_count(l); i += 7) {
			text = page_of(l, ledger_domain_at(l, i));
			page_check(text);
			free(text);
		}
		ledger_free(l);
	}
}

/* Sentences are ours, but names of files and devices are in them. */
static void hostile_details(void **state)
{
	static struct viommu_event event;
	struct ledger *l = ledger_new();
	char *text;

	(void)state;
	event.type = VIOMMU_EVENT_MAP;
	event.result = -EINVAL;
	event.count = 1;
	event.diag.severity = VIOMMU_SEVERITY_FATAL;
	strcpy(event.vm.name, "a");
	strcpy(event.diag.detail, "detail <b onload=x>&");
	strcpy(event.diag.remedies[0].text, "text </ul><i>&");
	strcpy(event.diag.remedies[0].option, "option </pre>\"'&");
	event.diag.remedy_count = 1;
	assert_int_equal(ledger_add_event(l, &event), 0);
	for (int page = 0; page < 2; page++) {
		text = page_of(l, page ? ledger_domain_find(l, "a") : NULL);
		page_check(text);
		has(text, "detail &lt;b onload=x&gt;&amp;");
		has(text, "text &lt;/ul&gt;&lt;i&gt;&amp;");
		has(text, "option &lt;/pre&gt;&quot;'&amp;");
		free(text);
	}
	ledger_free(l);
}

static void widths_of_intel(void **state)
{
	static struct ledger_domain d = { .viommu = "intel-iommu", .viommu_bits = 48 };
	char option[256];

	(void)state;
	d.ranges.count = 2;
	memcpy(d.ranges.r, fixture_intel39, sizeof(fixture_intel39));
	assert_int_equal(domain_advised_bits(&d), 39);
	assert_true(domain_is_too_wide(&d));
	domain_option(&d, option, sizeof(option));
	assert_string_equal(option, "-device intel-iommu,caching-mode=on,aw-bits=39");
	d.ranges.r[1].last = (UINT64_C(1) << 46) - 1;
	assert_int_equal(domain_advised_bits(&d), 39);
	d.ranges.r[1].last = (UINT64_C(1) << 38) - 1;
	assert_int_equal(domain_advised_bits(&d), 0);	/* it has no such width */
	strcpy(d.viommu, "virtio-iommu");
	assert_int_equal(domain_advised_bits(&d), 38);
}

static char *shown(void (*write)(FILE *out, uint64_t n), uint64_t n)
{
	static char text[128];
	FILE *out = fmemopen(text, sizeof(text), "w");

	write(out, n);
	fclose(out);
	return text;
}

static void time_write(FILE *out, uint64_t seconds_ago)
{
	html_time(out, FIXTURE_NOW - seconds_ago * UINT64_C(1000000000), FIXTURE_NOW);
}

static void numbers_and_moments(void **state)
{
	(void)state;
	assert_string_equal(shown(html_short, 999999), "999,999");
	assert_string_equal(shown(html_short, 1000000), "1.00 M");
	assert_string_equal(shown(html_short, 9999999), "9.99 M");
	assert_string_equal(shown(html_short, 999999999), "999.99 M");
	assert_string_equal(shown(html_short, 1000000000), "1.00 G");
	assert_string_equal(shown(html_short, UINT64_MAX), "18.44 E");
	has(shown(time_write, 0), ">just now<");
	has(shown(time_write, 119), ">119 s ago<");
	has(shown(time_write, 120), "title=\"2026-01-02 03:02:05 UTC\">2 min ago<");
	has(shown(time_write, 7200), ">2 h ago<");
	has(shown(time_write, 400000), ">4 days ago<");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_person_needs),
		cmocka_unit_test(highest_of_an_older_container),
		cmocka_unit_test(no_viommu_or_not_known),
		cmocka_unit_test(too_wide_besides),
		cmocka_unit_test(empty_host),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(hostile_details),
		cmocka_unit_test(widths_of_intel),
		cmocka_unit_test(numbers_and_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
