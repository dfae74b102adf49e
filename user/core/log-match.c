// SPDX-License-Identifier: GPL-2.0-or-later
/* A template against a line. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "log-pattern.h"

struct matcher {
	const char *p;
	const char *end;
	bool ended;		/* a line end is behind end */
	const struct log_pattern *pattern;
	struct log_fact *fact;
};

static const struct {
	int err;
	const char *text;
} error_texts[] = {
	{ EPERM, "Operation not permitted" },
	{ ENOENT, "No such file or directory" },
	{ EINTR, "Interrupted system call" },
	{ EIO, "Input/output error" },
	{ ENXIO, "No such device or address" },
	{ EAGAIN, "Resource temporarily unavailable" },
	{ ENOMEM, "Cannot allocate memory" },
	{ EACCES, "Permission denied" },
	{ EFAULT, "Bad address" },
	{ EBUSY, "Device or resource busy" },
	{ EEXIST, "File exists" },
	{ ENODEV, "No such device" },
	{ EINVAL, "Invalid argument" },
	{ ENOSPC, "No space left on device" },
	{ ERANGE, "Numerical result out of range" },
	{ EOVERFLOW, "Value too large for defined data type" },
	{ EADDRINUSE, "Address already in use" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ EHWPOISON, "Memory page has hardware error" },
};

int log_errno_of(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++) {
		const size_t n = strlen(error_texts[i].text);

		if (len >= n && !strncasecmp(text, error_texts[i].text, n))
			return error_texts[i].err;
	}
	return 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 36;
}

/* Digits up to the first that is none; no more than fit. */
static enum log_match take_digits(struct matcher *m, unsigned int base, uint64_t *value)
{
	const char *const start = m->p;

	*value = 0;
	while (m->p < m->end) {
		const unsigned int digit = (unsigned int)digit_of(*m->p);

		if (digit >= base)
			return m->p > start ? LOG_MATCH_YES : LOG_MATCH_NO;
		if (*value > (UINT64_MAX - digit) / base)
			return LOG_MATCH_NO;
		*value = *value * base + digit;
		m->p++;
	}
	return m->ended && m->p > start ? LOG_MATCH_YES : LOG_MATCH_PART;
}

static bool takes_0x(struct matcher *m)
{
	if (m->end - m->p < 2 || m->p[0] != '0' || (m->p[1] | 0x20) != 'x')
		return false;
	m->p += 2;
	return true;
}

static enum log_match take_hex(struct matcher *m, uint64_t *value)
{
	takes_0x(m);
	return take_digits(m, 16, value);
}

/* printf's %p: "(nil)" and "0x1f"; any number will do. */
static enum log_match take_pointer(struct matcher *m, uint64_t *value)
{
	static const char nil[] = "(nil)";
	const size_t len = sizeof(nil) - 1;

	if ((size_t)(m->end - m->p) >= len && !memcmp(m->p, nil, len)) {
		m->p += len;
		*value = 0;
		return LOG_MATCH_YES;
	}
	return take_hex(m, value);
}

static enum log_match take_number(struct matcher *m, uint64_t *value)
{
	return take_digits(m, takes_0x(m) ? 16 : 10, value);
}

/* No error of these calls has three digits, so that two that end the text are whole. */
static enum log_match take_errno(struct matcher *m)
{
	const char *start;
	uint64_t value;
	enum log_match ret;

	if (m->p < m->end && *m->p == '-')
		m->p++;
	start = m->p;
	ret = take_digits(m, 10, &value);
	if (ret == LOG_MATCH_PART && m->p - start >= 2)
		ret = LOG_MATCH_YES;
	if (ret != LOG_MATCH_YES)
		return ret;
	if (!value || value > 4095)	/* MAX_ERRNO of the kernel */
		return LOG_MATCH_NO;
	m->fact->err = (int)value;
	m->fact->has |= LOG_HAS_ERR;
	return LOG_MATCH_YES;
}

/* What strerror() writes, in English, or a number. Another language leaves the errno unknown. */
static enum log_match take_error(struct matcher *m)
{
	const int err = log_errno_of(m->p, (size_t)(m->end - m->p));

	if (err) {
		m->fact->err = err;
		m->fact->has |= LOG_HAS_ERR;
	} else if (m->p < m->end && (*m->p == '-' || (*m->p >= '0' && *m->p <= '9'))) {
		take_errno(m);
	}
	return LOG_MATCH_YES;
}

/* Anything up to what follows in the template; to the end of the line if nothing does. */
static enum log_match take_text(struct matcher *m, const char *after, char *word)
{
	const size_t len = strcspn(after, "%");
	const char *stop = m->end;

	if (len)
		stop = memmem(m->p, (size_t)(m->end - m->p), after, len);
	if (!stop)
		return LOG_MATCH_NO;
	if (word) {
		const size_t n = (size_t)(stop - m->p);
		const size_t kept = n < LOG_WORD_MAX ? n : LOG_WORD_MAX - 1;

		memcpy(word, m->p, kept);
		word[kept] = '\0';
	}
	m->p = stop;
	return LOG_MATCH_YES;
}

static enum log_match take_group(struct matcher *m)
{
	uint64_t value;
	const enum log_match ret = take_digits(m, 10, &value);

	if (ret != LOG_MATCH_YES)	/* "group N" of a report that hides it */
		return ret == LOG_MATCH_PART ? ret : LOG_MATCH_YES;
	if (value > INT32_MAX)
		return LOG_MATCH_NO;
	m->fact->group = (int)value;
	m->fact->has |= LOG_HAS_GROUP;
	return LOG_MATCH_YES;
}

static enum log_match take_hex_part(struct matcher *m, uint64_t *value, unsigned int has)
{
	const enum log_match ret = take_pointer(m, value);

	if (ret == LOG_MATCH_YES)
		m->fact->has |= has;
	return ret;
}

static enum log_match take_last(struct matcher *m)
{
	struct log_fact *f = m->fact;
	uint64_t last;
	const enum log_match ret = take_hex(m, &last);

	if (ret != LOG_MATCH_YES)
		return ret;
	if (last < f->iova || !(last - f->iova + 1))
		return LOG_MATCH_NO;
	f->size = last - f->iova + 1;
	f->has |= LOG_HAS_SIZE;
	return LOG_MATCH_YES;
}

static enum log_match take(struct matcher *m, char what, const char *after)
{
	struct log_fact *f = m->fact;
	uint64_t ignored;

	switch (what) {
	case 'i':
		return take_hex_part(m, &f->iova, LOG_HAS_IOVA);
	case 'z':
		return take_hex_part(m, &f->size, LOG_HAS_SIZE);
	case 'v':
		return take_hex_part(m, &f->vaddr, LOG_HAS_VADDR);
	case 'l':
		return take_last(m);
	case 'p':
		return take_pointer(m, &ignored);
	case 'e':
		return take_errno(m);
	case 'm':
		return take_error(m);
	case 'g':
		return take_group(m);
	case 'a':
		if (m->pattern->said == VIOMMU_SAID_WIDTH)	/* %llx */
			return take_hex(m, &f->a);
		return take_number(m, &f->a);
	case 'b':
		return take_number(m, &f->b);
	case 's':
		return take_text(m, after, NULL);
	default:
		return take_text(m, after, f->word);
	}
}

enum log_match log_pattern_match(const struct log_pattern *p, const char *text, size_t len,
				 bool ended, struct log_fact *fact)
{
	struct matcher m = { text, text + len, ended, p, fact };
	const char *t = p->text + log_pattern_head(p);

	memset(fact, 0, sizeof(*fact));
	fact->kind = p->kind;
	fact->said = p->said;
	fact->flags = p->flags;
	fact->group = -1;
	while (*t) {
		enum log_match ret = LOG_MATCH_YES;

		if (*t == '%') {
			ret = take(&m, t[1], t + 2);
			t += 2;
		} else if (m.p == m.end) {
			ret = LOG_MATCH_PART;
		} else if (strncasecmp(m.p++, t++, 1)) {
			ret = LOG_MATCH_NO;
		}
		if (ret != LOG_MATCH_YES)
			return ret;
	}
	fact->len = (size_t)(m.p - text);
	if (p->err) {
		fact->err = p->err;
		fact->has |= LOG_HAS_ERR;
	}
	return LOG_MATCH_YES;
}

static bool is_hex(char c)
{
	return digit_of(c) < 16;
}

/* "3a:00.0" at s, which has 7 bytes: bus, device below 0x20, function below 8. */
static bool is_short_address(const char *s)
{
	return is_hex(s[0]) && is_hex(s[1]) && s[2] == ':' && (s[3] == '0' || s[3] == '1') &&
	       is_hex(s[4]) && s[5] == '.' && s[6] >= '0' && s[6] <= '7';
}

static bool is_domain(const char *s)
{
	return is_hex(s[0]) && is_hex(s[1]) && is_hex(s[2]) && is_hex(s[3]) && s[4] == ':';
}

static bool in_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == ':';
}

bool log_find_device(const char *text, size_t len, char out[20])
{
	for (size_t i = 0; i + 7 <= len; i++) {
		const char *s = text + i;
		size_t before = i;

		if (s[2] != ':' || !is_short_address(s))
			continue;
		if (i + 7 < len && (in_word(s[7]) || s[7] == '.') && s[7] != ':')
			continue;	/* "10:13.107524" of a time */
		if (i >= 5 && is_domain(s - 5))
			before -= 5;
		if (before && in_word(text[before - 1]))
			continue;
		if (before == i) {
			/* A short form may be a time, but for the kernel's brackets and host=. */
			if (!i || (s[-1] != '[' && s[-1] != '='))
				continue;
		}
		memcpy(out, text + before, i + 7 - before);
		out[i + 7 - before] = '\0';
		return true;
	}
	return false;
}

/* The kernel prints all digits (iommu_group_show_resv_regions()). */
#define LISTED_NUMBER (2 + 16)
#define LISTED_NUMBERS (2 * LISTED_NUMBER + 1)

static bool listed_number(const char *s, uint64_t *value)
{
	*value = 0;
	if (s[0] != '0' || s[1] != 'x')
		return false;
	for (int i = 2; i < LISTED_NUMBER; i++) {
		const unsigned int digit = (unsigned int)digit_of(s[i]);

		if (digit > 15)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/* Number in ".../iommu_groups/12/reserved_regions:" that ends the len bytes; -1: it is not there. */
static int listed_group(const char *text, size_t len)
{
	static const char file[] = "/reserved_regions:", folder[] = "iommu_groups/";
	const size_t tail = sizeof(file) - 1;
	size_t digits = 0;
	int group = 0;

	if (len && text[len - 1] == ' ')
		len--;
	if (len < tail || memcmp(text + len - tail, file, tail))
		return -1;
	len -= tail;
	while (digits < len && digits < 9 && digit_of(text[len - 1 - digits]) < 10)
		digits++;
	if (!digits || len - digits < sizeof(folder) - 1 ||
	    memcmp(text + len - digits - (sizeof(folder) - 1), folder, sizeof(folder) - 1))
		return -1;
	for (size_t i = len - digits; i < len; i++)
		group = group * 10 + digit_of(text[i]);
	return group;
}

bool log_listed_region(const char *text, size_t len, size_t head, size_t end,
		       struct log_fact *fact)
{
	const char *first = text + head - LISTED_NUMBERS;
	uint64_t last;

	if (head < LISTED_NUMBERS || (end < len && (in_word(text[end]) || text[end] == '-')))
		return false;
	memset(fact, 0, sizeof(*fact));
	if (!listed_number(first, &fact->iova) || first[LISTED_NUMBER] != ' ' ||
	    !listed_number(first + LISTED_NUMBER + 1, &last) || last < fact->iova)
		return false;
	fact->kind = LOG_OF_REGION;
	fact->size = last - fact->iova + 1;
	fact->has = LOG_HAS_IOVA | LOG_HAS_SIZE;
	fact->group = listed_group(text, head - LISTED_NUMBERS);
	fact->has |= fact->group >= 0 ? LOG_HAS_GROUP : 0;
	return true;
}
