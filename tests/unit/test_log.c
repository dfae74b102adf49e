// SPDX-License-Identifier: GPL-2.0-or-later
/* The log reader's parts: words, lines, cleaning, templates, and how lines become incidents. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/log-clean.h"
#include "core/log-explain.h"
#include "core/log-lines.h"
#include "core/log-pattern.h"
#include "core/log-words.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

struct seen {
	unsigned int count;
	unsigned int index[32];
	size_t end[32];
};

static void see(void *ctx, unsigned int index, size_t end)
{
	struct seen *s = ctx;

	assert_true(s->count < LEN(s->index));
	s->index[s->count] = index;
	s->end[s->count++] = end;
}

static struct log_words *words_new(const char *const *words, size_t count)
{
	struct log_words *w = malloc(sizeof(*w));

	assert_non_null(w);
	log_words_init(w);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(log_words_add(w, words[i], strlen(words[i]), (unsigned int)i), 0);
	log_words_link(w);
	return w;
}

static void words_are_found_wherever_they_are(void **state)
{
	static const char *const words[] = { "he", "she", "hers", "his", "he" };
	struct log_words *w = words_new(words, LEN(words));
	struct seen s = { 0 };

	(void)state;
	log_words_scan(w, "uSHERs", 6, see, &s);
	assert_int_equal(s.count, 4);
	assert_int_equal(s.index[0], 1);	/* she */
	assert_int_equal(s.index[1], 4);	/* he: the one added last first */
	assert_int_equal(s.index[2], 0);
	assert_int_equal(s.end[2], 4);
	assert_int_equal(s.index[3], 2);	/* hers */
	assert_true(log_words_has(w, "xhis", 4));
	assert_false(log_words_has(w, "xhi", 3));
	assert_false(log_words_has(w, "", 0));
	assert_int_equal(log_words_add(w, "", 0, 0), -EINVAL);
	assert_int_equal(log_words_add(w, "x", 1, LOG_WORDS_MAX), -EINVAL);
	free(w);
}

/* Against a search for each word by itself, over random texts of few letters. */
static void words_agree_with_a_plain_search(void **state)
{
	static const char *const words[] = { "a", "ab", "bab", "bc", "bca", "c", "caa", "aab" };
	struct log_words *w = words_new(words, LEN(words));

	(void)state;
	srand(1);
	for (int n = 0; n < 2000; n++) {
		struct seen s = { 0 };
		unsigned int expected = 0;
		char text[12];

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (char)("abcd"[rand() % 4]);
		for (size_t i = 0; i < LEN(words); i++)
			for (size_t at = 0; at + strlen(words[i]) <= sizeof(text); at++)
				expected += !memcmp(text + at, words[i], strlen(words[i]));
		log_words_scan(w, text, sizeof(text), see, &s);
		assert_int_equal(s.count, expected);
		assert_int_equal(log_words_has(w, text, sizeof(text)), expected > 0);
		for (unsigned int i = 0; i < s.count; i++) {
			const size_t len = strlen(words[s.index[i]]);

			assert_memory_equal(text + s.end[i] - len, words[s.index[i]], len);
		}
	}
	free(w);
}

struct line_sum {
	uint64_t count, last_number;
	size_t fresh, longest;
	bool last_whole;
};

static void line_add(void *ctx, const struct log_line *line)
{
	struct line_sum *sum = ctx;

	sum->count++;
	sum->fresh += line->fresh;
	sum->longest = line->len > sum->longest ? line->len : sum->longest;
	sum->last_number = line->number;
	sum->last_whole = line->whole;
}

/* Whatever the chunks: the same lines, and each byte once. */
static void lines_do_not_depend_on_chunks(void **state)
{
	const size_t lengths[] = { 0, 5, LOG_LINE_MAX - 1, LOG_LINE_MAX, LOG_LINE_MAX + 1,
				   3 * LOG_LINE_MAX, 1 };
	const size_t steps[] = { 1, 7, 4096, LOG_LINE_MAX, 1 << 20 };
	char *text = malloc(10 * LOG_LINE_MAX);
	size_t size = 0, bytes = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < LEN(lengths); i++) {
		memset(text + size, 'x', lengths[i]);
		size += lengths[i];
		bytes += lengths[i];
		text[size++] = '\n';
	}
	for (size_t i = 0; i < LEN(steps); i++) {
		struct log_lines *l = malloc(sizeof(*l));
		struct line_sum sum = { 0 };

		assert_non_null(l);
		log_lines_init(l, line_add, &sum);
		for (size_t at = 0; at < size; at += steps[i])
			log_lines_feed(l, text + at, size - at < steps[i] ? size - at : steps[i]);
		log_lines_end(l);
		assert_int_equal(sum.last_number, LEN(lengths));
		assert_int_equal(sum.fresh, bytes);
		assert_true(sum.longest <= LOG_LINE_MAX);
		assert_true(sum.last_whole);
		assert_true(l->pieces >= 2 && l->pieces <= 3);
		free(l);
	}
	free(text);
}

static void line_without_end_says_so(void **state)
{
	struct log_lines *l = malloc(sizeof(*l));
	struct line_sum sum = { 0 };

	(void)state;
	assert_non_null(l);
	log_lines_init(l, line_add, &sum);
	log_lines_feed(l, "a\nb", 3);
	assert_int_equal(sum.count, 1);
	log_lines_end(l);
	assert_int_equal(sum.count, 2);
	assert_int_equal(sum.last_number, 2);
	assert_false(sum.last_whole);
	free(l);
}

static void lines_are_cleaned(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "plain text", "plain text" },
		{ "  two  blanks\tand a tab  ", "two blanks and a tab" },
		{ "\033[31mred\033[0m: x", "red: x" },
		{ "\033[1;33mvfio_pin\033[0m", "vfio_pin" },
		{ "#033[31mrsyslog#033[0m", "rsyslog" },
		{ "\\u001b[31mjson\\u001b[0m", "json" },
		{ "msg=\\\"qemu: a\\nb\\\"", "msg=\"qemu: a b\"" },
		{ "a \\u003e\\u0020b", "a b" },
		{ "\\\\ \\q", "\\ \\q" },
		{ "> >> quoted > >> twice", "quoted twice" },
		{ "aw-bits 48 > host aw-bits 39", "aw-bits 48 host aw-bits 39" },
		{ "aw-bits 48 &gt; host", "aw-bits 48 host" },
		{ "a->b", "a->b" },
		{ "\xe2\x80\x98PA\xe2\x80\x99", "'PA'" },
		{ "a\xc2\xa0z", "a z" },
		{ "cr\r", "cr" },
		{ "\033", "" },
		{ "\033[", "" },
		{ "\\u00", "\\u00" },
		{ "", "" },
		{ ">", "" },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char out[128];
		size_t mark = strlen(rows[i].from);
		const size_t len = log_clean(out, rows[i].from, strlen(rows[i].from), &mark);

		assert_string_equal(out, rows[i].to);
		assert_int_equal(len, strlen(rows[i].to));
		assert_int_equal(mark, len);
	}
}

static void nul_and_binary_become_blanks(void **state)
{
	static const char from[] = "a\0\0b\001c\177";
	char out[16];
	size_t mark = 3;

	(void)state;
	assert_int_equal(log_clean(out, from, sizeof(from) - 1, &mark), 5);
	assert_string_equal(out, "a b c");
	assert_int_equal(mark, 2);
}

/* Find the pattern whose head begins the text, and match. */
static enum log_match match(const char *text, bool ended, struct log_fact *fact)
{
	enum log_match best = LOG_MATCH_NO;

	for (size_t i = 0; i < log_pattern_count; i++) {
		const size_t head = log_pattern_head(&log_patterns[i]);
		enum log_match ret;

		if (strncmp(text, log_patterns[i].text, head))
			continue;
		ret = log_pattern_match(&log_patterns[i], text + head, strlen(text) - head, ended,
					fact);
		if (ret == LOG_MATCH_YES)
			return ret;
		best = ret > best ? ret : best;
	}
	return best;
}

static void map_message_has_its_numbers(void **state)
{
	struct log_fact f;

	(void)state;
	assert_int_equal(match("vfio_dma_map(0x55, 0x100000000, 0xff30000000, 0x7ed243e00000) = -22 "
			       "(Resource temporarily unavailable)", true, &f), LOG_MATCH_YES);
	assert_int_equal(f.err, EINVAL);
	assert_int_equal(f.iova, 0x100000000);
	assert_int_equal(f.size, 0xff30000000);
	assert_int_equal(f.vaddr, 0x7ed243e00000);
	assert_int_equal(match("vfio_dma_map(0x55, 0xffffffffffffffff, 0x0, (nil)) = -12 (", true, &f),
			 LOG_MATCH_YES);
	assert_int_equal(f.iova, UINT64_MAX);
	assert_int_equal(f.vaddr, 0);
}

/* No number is taken from a text that may have been cut within it. */
static void cut_numbers_are_not_taken(void **state)
{
	static const char whole[] = "vfio_dma_map(0x55, 0x1000, 0x2000, 0x7f00) = -22";
	struct log_fact f;

	(void)state;
	for (size_t len = sizeof("vfio_dma_map(") - 1; len < sizeof(whole) - 2; len++) {
		char text[sizeof(whole)];

		snprintf(text, sizeof(text), "%.*s", (int)len, whole);
		assert_int_equal(match(text, false, &f), LOG_MATCH_PART);
	}
	assert_int_equal(match(whole, false, &f), LOG_MATCH_YES);
	assert_int_equal(f.err, EINVAL);
	assert_int_equal(match("vfio_dma_map(0x55, 0x1000, 0x2000, 0x7f00) = -1", false, &f),
			 LOG_MATCH_PART);
	assert_int_equal(match("vfio_dma_map(0x55, 0x1000, 0x2000, 0x7f00) = -1", true, &f),
			 LOG_MATCH_YES);
	assert_int_equal(f.err, EPERM);
}

static void wrong_numbers_are_refused(void **state)
{
	static const char *const texts[] = {
		"vfio_dma_map(0x55, 0x10000000000000000, 0x2000, 0x7f00) = -22 (",
		"vfio_dma_map(0x55, 0x1000, 0x2000, 0x7f00) = -99999999999999999999 (",
		"vfio_dma_map(0x55, 0x1000, 0x2000, 0x7f00) = -0 (",
		"vfio_dma_map(0x55, 0x1000, 0x2000, 0x7f00) = x",
		"vfio_dma_map(container, iova, size, vaddr)",
		"aw-bits 99999999999999999999 host aw-bits 39",
		"granule 0x larger than system page size 0x1000",
	};
	struct log_fact f;

	(void)state;
	for (size_t i = 0; i < LEN(texts); i++)
		assert_int_equal(match(texts[i], true, &f), LOG_MATCH_NO);
}

static void error_texts_become_numbers(void **state)
{
	struct log_fact f;

	(void)state;
	assert_int_equal(log_errno_of("Cannot allocate memory (x)", 26), ENOMEM);
	assert_int_equal(log_errno_of("cannot allocate", 15), 0);
	assert_int_equal(match("VFIO_MAP_DMA failed: Bad address", true, &f), LOG_MATCH_YES);
	assert_int_equal(f.err, EFAULT);
	assert_int_equal(match("VFIO_MAP_DMA: -22", true, &f), LOG_MATCH_YES);
	assert_int_equal(f.err, EINVAL);
	/* Another language: a failure, of which only the number is not known. */
	assert_int_equal(match("VFIO_MAP_DMA failed: Ungueltiges Argument", true, &f), LOG_MATCH_YES);
	assert_int_equal(f.has & LOG_HAS_ERR, 0);
}

static void devices_are_found(void **state)
{
	static const struct {
		const char *text, *device;
	} rows[] = {
		{ "vfio 0000:3a:00.0: failed", "0000:3a:00.0" },
		{ "host=0000:41:10.1,bootindex=-1", "0000:41:10.1" },
		{ "host=41:10.1,x", "41:10.1" },
		{ "Request device [3a:1f.7] fault", "3a:1f.7" },
		{ "abcd:ff:1f.7", "abcd:ff:1f.7" },
		{ "2020-03-25T13:43:39.107524Z qemu", NULL },
		{ "Nov 21 04:00:00.1 host", NULL },
		{ "at 12:10.5 o'clock", NULL },
		{ "0000:3a:20.0", NULL },
		{ "0000:3a:00.8", NULL },
		{ "x0000:3a:00.0", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		char out[20] = "";
		const bool found = log_find_device(rows[i].text, strlen(rows[i].text), out);

		if (found != (rows[i].device != NULL) || (found && strcmp(out, rows[i].device)))
			fail_msg("%s: %s", rows[i].text, out);
	}
}

/* The quick look must let each message through, or its line is never read. */
static void each_message_passes_the_quick_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < log_pattern_count; i++) {
		const struct log_pattern *p = &log_patterns[i];
		struct log *log;
		char line[512];
		size_t n = 0;

		if (p->kind != LOG_MAP && p->kind != LOG_MAP_BARE && p->kind != LOG_MAP_USER &&
		    p->kind != LOG_UNMAP && p->kind != LOG_ATTACH_FAILED && p->kind != LOG_SAID &&
		    p->kind != LOG_FAULT && p->kind != LOG_TO_BAR && p->kind != LOG_TO_FATAL)
			continue;
		for (const char *t = p->text; *t && n < sizeof(line) - 32; t++) {
			static const char *const samples[] = {
				['i'] = "0x1000", ['z'] = "0x2000", ['v'] = "0x7f00", ['l'] = "0x2fff",
				['p'] = "0x5", ['e'] = "-22", ['m'] = "Invalid argument", ['g'] = "7",
				['a'] = "48", ['b'] = "39", ['s'] = "text", ['w'] = "word",
			};

			if (*t != '%') {
				line[n++] = *t;
				continue;
			}
			n += (size_t)snprintf(line + n, 32, "%s", samples[(int)*++t]);
		}
		line[n++] = '\n';
		log = log_new();
		assert_non_null(log);
		log_file(log, NULL);
		log_feed(log, line, n);
		log_finish(log);
		if (log_count(log) != 1)
			fail_msg("%zu findings in %.*s", log_count(log), (int)n, line);
		log_free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found_wherever_they_are),
		cmocka_unit_test(words_agree_with_a_plain_search),
		cmocka_unit_test(lines_do_not_depend_on_chunks),
		cmocka_unit_test(line_without_end_says_so),
		cmocka_unit_test(lines_are_cleaned),
		cmocka_unit_test(nul_and_binary_become_blanks),
		cmocka_unit_test(map_message_has_its_numbers),
		cmocka_unit_test(cut_numbers_are_not_taken),
		cmocka_unit_test(wrong_numbers_are_refused),
		cmocka_unit_test(error_texts_become_numbers),
		cmocka_unit_test(devices_are_found),
		cmocka_unit_test(each_message_passes_the_quick_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
