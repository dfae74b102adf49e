// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "stop.h"

/* Maps of one series, and milliseconds of one sleep: a slip of the finger must not run for ever. */
#define MAX_COUNT 1000000

#define MAP_FLAGS (VIRTIO_IOMMU_MAP_F_READ | VIRTIO_IOMMU_MAP_F_WRITE)

/** struct verb - one kind of request */
struct verb {
	enum request_op op;
	const char *name;
	const char *fields;	/* one letter a word, see field_parse(); optional ones behind '|' */
	const char *usage;	/* the words for people */
	const char *help;
};

static const struct verb verbs[] = {
	{ REQUEST_CONFIG, "config", "", "", "features and configuration of the device" },
	{ REQUEST_PROBE, "probe", "e", "EP", "reserved regions of an endpoint" },
	{ REQUEST_ATTACH, "attach", "de|f", "DOMAIN EP [FLAGS]", "flags: 1 bypass" },
	{ REQUEST_DETACH, "detach", "de", "DOMAIN EP", "" },
	{ REQUEST_MAP, "map", "dvsp|f", "DOMAIN VIRT_START SIZE PHYS [FLAGS]",
	  "flags: 1 read, 2 write, 4 MMIO (3)" },
	{ REQUEST_MAPS, "maps", "dvtscp", "DOMAIN BASE STRIDE SIZE COUNT PHYS",
	  "a series, all to the same PHYS" },
	{ REQUEST_UNMAP, "unmap", "dvs", "DOMAIN VIRT_START SIZE", "" },
	{ REQUEST_RAW, "raw", "r", "HEX", "a request as bytes, without its tail" },
	{ REQUEST_BURST, "burst", "cR", "COUNT HEX[/PIECES],...",
	  "COUNT of these requests in turn, at full speed; each in so many descriptors" },
	{ REQUEST_STOP, "stop", "kc", "KIND COUNT", "malformed, so that the device gives up; reset" },
	{ REQUEST_ENABLE, "enable", "e|v", "EP [ADDRESS]",
	  "place its BARs (64-bit ones at ADDRESS), enable memory and DMA" },
	{ REQUEST_POKE, "poke", "ebvw", "EP BAR OFFSET VALUE",
	  "write 32 bits to a BAR of an enabled device" },
	{ REQUEST_SLEEP, "sleep", "c", "MS", "" },
};

void request_print_usage(FILE *out)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		fprintf(out, "  %-6s %-38s %s\n", verbs[i].name, verbs[i].usage, verbs[i].help);
	fputs("KIND is one of", out);
	for (i = 0; stop_kind_name(i); i++)
		fprintf(out, " %s", stop_kind_name(i));
	fputs(".\n", out);
}

static bool number_parse(const char *word, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull() takes signs and blanks, and turns -1 into 2^64-1. */
	if (!isdigit((unsigned char)word[0]))
		return false;
	errno = 0;
	*value = strtoull(word, &end, 0);
	return *end == '\0' && errno == 0 && *value <= max;
}

static bool number32_parse(const char *word, uint32_t max, uint32_t *value)
{
	uint64_t number;

	if (!number_parse(word, max, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

/* A number, or BUS:SLOT.FUNCTION in hexadecimal as lspci prints it. */
static bool endpoint_parse(const char *word, uint32_t *endpoint)
{
	unsigned int bus, slot, function;
	int end = 0;

	if (strchr(word, ':') == NULL)
		return number32_parse(word, UINT32_MAX, endpoint);
	if (strlen(word) > 7 || strspn(word, "0123456789abcdefABCDEF:.") != strlen(word) ||
	    sscanf(word, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) != 3 ||
	    word[end] != '\0' || slot > 31 || function > 7)
		return false;
	*endpoint = bus << 8 | slot << 3 | function;
	return true;
}

/* Bytes up to the end of the word or to one of the characters of @ends. */
static bool raw_parse(const char *word, const char *ends, uint8_t *raw, size_t room,
		      size_t *raw_len)
{
	size_t len = strcspn(word, ends), i;

	if (strncmp(word, "0x", 2) == 0) {
		word += 2;
		len -= 2;
	}
	if (len % 2 != 0 || len == 0 || len / 2 > room ||
	    strspn(word, "0123456789abcdefABCDEF") < len)
		return false;
	for (i = 0; i < len / 2; i++) {
		const char byte[3] = { word[2 * i], word[2 * i + 1], '\0' };

		raw[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	*raw_len = len / 2;
	return true;
}

/*
 * HEX[/PIECES]. PROBE is left out: its answer has room of its own, without which QEMU ends itself
 * (assert), and the VM with it.
 */
static bool part_parse(struct request *req, const char *word)
{
	uint8_t *bytes = req->raw + req->raw_len;
	char number[8] = "1";
	const char *pieces = strpbrk(word, "/,");
	uint32_t count;
	size_t len;

	if (req->part_count == BURST_MAX_PARTS ||
	    !raw_parse(word, "/,", bytes, IOMMU_MAX_RAW - req->raw_len, &len) ||
	    bytes[0] == VIRTIO_IOMMU_T_PROBE)
		return false;
	if (pieces && *pieces == '/')
		snprintf(number, sizeof(number), "%.*s", (int)strcspn(pieces + 1, ","), pieces + 1);
	if (!number32_parse(number, BURST_MAX_PIECES, &count) || !count || count > len)
		return false;
	req->parts[req->part_count++] = (struct burst_part){
		.at = (uint16_t)req->raw_len,
		.len = (uint16_t)len,
		.pieces = (uint16_t)count,
	};
	req->raw_len += len;
	return true;
}

static bool parts_parse(struct request *req, const char *word)
{
	for (;;) {
		if (!part_parse(req, word))
			return false;
		word = strchr(word, ',');
		if (!word)
			return true;
		word++;
	}
}

static bool stop_parse(const char *word, size_t *kind)
{
	for (*kind = 0; stop_kind_name(*kind); ++*kind)
		if (strcmp(word, stop_kind_name(*kind)) == 0)
			return true;
	return false;
}

static bool field_parse(struct request *req, char field, const char *word)
{
	switch (field) {
	case 'd':
		return number32_parse(word, UINT32_MAX, &req->domain);
	case 'e':
		return endpoint_parse(word, &req->endpoint);
	case 'f':
		return number32_parse(word, UINT32_MAX, &req->flags);
	case 'v':
		return number_parse(word, UINT64_MAX, &req->start);
	case 's':
		return number_parse(word, UINT64_MAX, &req->size);
	case 'p':
		return number_parse(word, UINT64_MAX, &req->phys);
	case 't':
		return number_parse(word, UINT64_MAX, &req->stride);
	case 'c':
		return number32_parse(word, MAX_COUNT, &req->count);
	case 'b':
		return number32_parse(word, 5, &req->bar);
	case 'w':
		return number32_parse(word, UINT32_MAX, &req->value);
	case 'R':
		return parts_parse(req, word);
	case 'k':
		return stop_parse(word, &req->stop);
	default:
		return raw_parse(word, "", req->raw, sizeof(req->raw), &req->raw_len);
	}
}

static const struct verb *verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int usage_fail(const struct verb *verb, const char *where)
{
	return drive_fail(EINVAL, "%s: the words are: %s %s", where, verb->name, verb->usage);
}

int request_parse(struct request *req, char *const *words, size_t count, const char *where)
{
	const struct verb *verb = count ? verb_find(words[0]) : NULL;
	const char *field;
	bool optional = false;
	size_t i = 1;

	if (!verb)
		return drive_fail(EINVAL, "%s: '%.40s' is no request; --help lists them", where,
				  count ? words[0] : "");
	*req = (struct request){ .op = verb->op, .name = verb->name };
	if (verb->op == REQUEST_MAP || verb->op == REQUEST_MAPS)
		req->flags = MAP_FLAGS;
	for (field = verb->fields; *field; field++) {
		if (*field == '|') {
			optional = true;
			continue;
		}
		if (i == count)
			break;
		if (!field_parse(req, *field, words[i]))
			return drive_fail(EINVAL, "%s: '%.40s' is not right in: %s %s", where,
					  words[i], verb->name, verb->usage);
		i++;
	}
	if (i < count || (*field && !optional))
		return usage_fail(verb, where);
	return 0;
}
