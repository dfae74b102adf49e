// SPDX-License-Identifier: GPL-2.0-or-later
/* From bytes to findings: lines, a quick look, the patterns, the incidents. */
#include <stdlib.h>
#include <string.h>

#include "log-clean.h"
#include "log-explain.h"
#include "log-finish.h"
#include "log-fold.h"
#include "log-incident.h"
#include "log-lines.h"
#include "log-words.h"

/* What is kept of a message whose end comes with later lines, and how many of these. */
#define CARRY_MAX 1024
#define CARRY_LINES 3

/** Short words, one of which is in each message: most lines have none and are left at once. */
static const char *const keys[] = {
	"vfio", "iommu", "dmar", "amd-vi", "ivhd", "smmu", "ioas_", "memlock", "iova", "aw-bits",
	"granule", "peer-to-peer", "address_space", "memory region", "container for group",
	"memory listener", "not viable", "inviable", "multiple address", "caching-mode",
	"dma mapping", "dma remap", "dma mask", "-bit dma", "-bit, oas", "fault addr",
	"page_fault", "context fault", "event 0x1", "event: f_", "fault from ep",
	"translation failure", "mgaw", "host-resv", "host reserved", "unaligned region", " msi",
	" reserved", " direct", "qemu version", "emulator version", "starting up libvirt",
	"-name guest=", "(vm='", "linux version", "reg_base_addr", "host address width",
	"interrupt remapping", "hypervisor detected", "dmi: qemu", "error attach",
	"page size mask",
};

struct log {
	struct log_words keys;
	struct log_words heads;
	struct log_lines lines;
	struct log_incidents incidents;
	struct log_host host;
	struct log_stats stats;
	bool started;		/* a file was begun */
	char text[CARRY_MAX + LOG_LINE_MAX + 2];	/* carry, and the cleaned line */
	char carry[CARRY_MAX];	/* beginning of a message */
	size_t carry_len;
	unsigned int carry_lines;	/* that it consists of */
	uint64_t carry_line;	/* number of the first */
};

/* A look at one line. */
struct look {
	struct log *log;
	struct log_where where;
	size_t fresh;		/* what begins behind it comes again */
	bool ended;
	size_t taken;		/* behind the last message that matched */
	size_t done;		/* end of the last head that a pattern matched or nearly did */
	bool partial;		/* a message that may go on in the next line */
	size_t partial_at;
	unsigned int partial_pattern;
};

static bool in_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static void take(struct look *look, const struct log_fact *fact, unsigned int pattern)
{
	struct log *log = look->log;

	if (fact->kind == LOG_OF_REGION && fact->size)
		log_host_region(&log->host, fact);
	else if (fact->kind == LOG_OF_HOST)
		log_host_line(&log->host, look->where.text, look->where.len);
	else if (fact->kind == LOG_OF_GUEST)
		log->host.guest = true;
	else if (fact->kind == LOG_OF_VFIO)
		log->host.hosts = true;
	else
		incidents_fact(&log->incidents, fact, pattern, &look->where);
}

static bool plausible_start(const struct look *look, size_t head)
{
	const char *text = look->where.text;

	return head >= look->taken && head < look->fresh &&
	       !(head && in_name(text[head]) && in_name(text[head - 1]));
}

/* "vfio_dma_map(" of a program's source is no message; a number must have begun. */
static bool worth_carrying(const struct log_pattern *p, const char *behind, size_t len)
{
	return (p->flags & LOG_CONTINUES) && len >= 2 && behind[0] == '0' && behind[1] == 'x';
}

static void head_found(void *ctx, unsigned int index, size_t end)
{
	const struct log_pattern *p = &log_patterns[index];
	struct look *look = ctx;
	const char *text = look->where.text;
	const size_t len = look->where.len, head = end - log_pattern_head(p);
	struct log_fact fact;
	enum log_match ret;

	if (end == look->done || !plausible_start(look, head))
		return;
	if (p->flags & LOG_LISTED) {
		ret = log_listed_region(text, len, head, end, &fact) ? LOG_MATCH_YES : LOG_MATCH_NO;
		fact.flags = p->flags;
	} else {
		ret = log_pattern_match(p, text + end, len - end, look->ended, &fact);
	}
	if (ret == LOG_MATCH_YES) {
		look->done = end;
		look->partial = false;
		if (fact.kind != LOG_IN_REGION)
			look->taken = end + fact.len;
		look->where.at = head;
		take(look, &fact, index);
	} else if (ret == LOG_MATCH_PART && worth_carrying(p, text + end, len - end)) {
		look->done = end;
		look->partial = true;
		look->partial_at = head;
		look->partial_pattern = index;
	}
}

/* "name[123]:" that journals put before a message. */
static uint32_t source_of(const char *text, size_t len)
{
	const size_t max = len < 200 ? len : 200;

	for (size_t i = 1; i + 1 < max; i++) {
		size_t digits = i, name;

		if (text[i] != ']' || text[i + 1] != ':')
			continue;
		while (digits && text[digits - 1] >= '0' && text[digits - 1] <= '9')
			digits--;
		if (digits == i || !digits || text[digits - 1] != '[')
			continue;
		name = digits - 1;
		while (name && text[name - 1] != ' ')
			name--;
		if (name < digits - 1)
			return (uint32_t)log_hash(LOG_HASH_START, text + name, i - name) | 1;
	}
	return 0;
}

static void carry_give_up(struct log *log, const struct look *look)
{
	const struct log_pattern *p = &log_patterns[look->partial_pattern];
	const struct log_fact fact = { .kind = p->kind, .flags = p->flags, .group = -1 };

	incidents_incomplete(&log->incidents, &fact, look->partial_pattern, &look->where);
}

/* Keep the beginning of a message; false if it is too long to be one, or went on too long. */
static bool carry_keep(struct log *log, const struct look *look, bool more)
{
	const size_t len = look->where.len - look->partial_at;

	if (!more || len > CARRY_MAX || log->carry_lines >= CARRY_LINES)
		return false;
	memcpy(log->carry, look->where.text + look->partial_at, len);
	log->carry_len = len;
	if (!log->carry_lines++)
		log->carry_line = look->where.line;
	return true;
}

/* more: another line may complete the message. joined: the look at its beginning goes on. */
static void look_at(struct log *log, struct look *look, bool more, bool joined)
{
	look->log = log;
	look->where.source = source_of(look->where.text, look->where.len);
	log_find_device(look->where.text, look->where.len, look->where.device);
	incidents_settle(&log->incidents, look->where.line);
	if (!joined)
		incidents_line(&log->incidents);
	log_words_scan(&log->heads, look->where.text, look->where.len, head_found, look);
	if (look->partial && !carry_keep(log, look, more))
		carry_give_up(log, look);
	else if (!look->partial)
		log->carry_lines = 0;
}

/*
 * The line behind a beginning: together they are one, if the message goes on there. If it does not,
 * the beginning is an incomplete message, and the line stands for itself.
 */
static bool goes_on(struct log *log, size_t len, const struct log_line *line)
{
	struct look look = { .fresh = SIZE_MAX, .ended = line->whole };
	char *const text = log->text + CARRY_MAX + 1 - log->carry_len - 1;
	struct log_fact fact;
	bool fits = false;

	memcpy(text, log->carry, log->carry_len);
	text[log->carry_len] = ' ';
	look.where = (struct log_where) {
		.line = log->carry_line, .text = text, .len = log->carry_len + 1 + len,
	};
	for (size_t i = 0; i < log_pattern_count && !fits; i++) {
		const size_t head = log_pattern_head(&log_patterns[i]);

		if (!(log_patterns[i].flags & LOG_CONTINUES) || look.where.len < head ||
		    strncasecmp(text, log_patterns[i].text, head))
			continue;
		look.partial_pattern = (unsigned int)i;
		fits = log_pattern_match(&log_patterns[i], text + head, look.where.len - head,
					    line->whole, &fact) != LOG_MATCH_NO;
	}
	if (fits) {
		look.partial_pattern = 0;
		look_at(log, &look, line->whole, true);
		return true;
	}
	look.where.len = log->carry_len;
	carry_give_up(log, &look);
	log->carry_lines = 0;
	return false;
}

static void line_read(void *ctx, const struct log_line *line)
{
	struct log *log = ctx;
	struct look look = { .fresh = line->fresh, .ended = line->whole };
	char *const text = log->text + CARRY_MAX + 1;
	size_t len;

	log->stats.lines += line->fresh == line->len;	/* else the line goes on */
	if (!log->carry_lines && !log_words_has(&log->keys, line->text, line->len))
		return;
	len = log_clean(text, line->text, line->len, &look.fresh);
	if (log->carry_lines && goes_on(log, len, line))
		return;
	look.where = (struct log_where) { .line = line->number, .text = text, .len = len };
	look_at(log, &look, line->whole, false);
}

static void flush(struct log *log)
{
	struct look look = { .log = log };

	if (!log->started)
		return;
	log_lines_end(&log->lines);
	if (log->carry_lines) {
		look.where = (struct log_where) {
			.line = log->carry_line, .text = log->carry, .len = log->carry_len,
		};
		carry_give_up(log, &look);
		log->carry_lines = 0;
	}
	incidents_settle(&log->incidents, 0);
	log->stats.long_lines += log->lines.pieces;
}

/* From the last pattern to the first: of those with one head, the one added last is found first. */
static int words_build(struct log *log)
{
	int err = 0;

	log_words_init(&log->keys);
	log_words_init(&log->heads);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !err; i++)
		err = log_words_add(&log->keys, keys[i], strlen(keys[i]), (unsigned int)i);
	for (size_t i = log_pattern_count; i-- > 0 && !err;)
		err = log_words_add(&log->heads, log_patterns[i].text,
				    log_pattern_head(&log_patterns[i]), (unsigned int)i);
	log_words_link(&log->keys);
	log_words_link(&log->heads);
	return err;
}

struct log *log_new(void)
{
	struct log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log_host_init(&log->host);
	if (!words_build(log))
		return log;
	log_free(log);
	return NULL;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	log_host_fini(&log->host);
	free(log);
}

void log_restart(struct log *log)
{
	log_host_fini(&log->host);
	log_host_init(&log->host);
	memset(&log->incidents, 0, sizeof(log->incidents));
	memset(&log->stats, 0, sizeof(log->stats));
	log->started = false;
	log->carry_lines = 0;
}

void log_file(struct log *log, const char *vm)
{
	flush(log);
	if (log->started)
		log->incidents.file++;
	log->started = true;
	incidents_vm(&log->incidents, vm);
	log_lines_init(&log->lines, line_read, log);
}

void log_feed(struct log *log, const char *data, size_t len)
{
	log->stats.bytes += len;
	log_lines_feed(&log->lines, data, len);
}

/* What host, which is that of the log or of another, says of its findings. */
static void conclude(struct log *log, const struct log_host *host)
{
	incidents_finish(&log->incidents, host);
	log->stats.dropped = log->incidents.dropped;
	log->stats.facts = host->facts;
	log->stats.host_cut = host->cut;
}

void log_finish(struct log *log)
{
	flush(log);
	log->started = false;
	conclude(log, &log->host);
}

void log_preview(struct log *view, const struct log *log)
{
	view->incidents = log->incidents;
	view->stats = log->stats;
	incidents_settle(&view->incidents, 0);
	conclude(view, &log->host);
}

size_t log_count(const struct log *log)
{
	return log->incidents.count;
}

const struct log_finding *log_at(const struct log *log, size_t index)
{
	return &log->incidents.found[index];
}

const struct log_stats *log_statistics(const struct log *log)
{
	return &log->stats;
}
