// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments and properties of QEMU. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "host/qemu-args.h"

/* Options that take no argument: qemu-options.hx of 10.0, then what older versions had. Any other
 * takes one, so that the text of -append is not read as options.
 */
static const char *const flags[] = {
	"S", "daemonize", "enable-kvm", "enable-sync-profile", "full-screen", "h", "help",
	"jitdump", "mem-prealloc", "no-fd-bootchk", "no-reboot", "no-shutdown", "no-user-config",
	"nodefaults", "nographic", "old-param", "only-migratable", "perfmap", "preconfig", "s",
	"semihosting", "snapshot", "usb", "version", "win2k-hack", "xen-attach",
	"xen-domid-restrict",
	"alt-grab", "async-teardown", "ctrl-grab", "curses", "enable-fips", "enable-hax",
	"enable-nesting", "localtime", "no-acpi", "no-frame", "no-hpet", "no-kvm",
	"no-kvm-irqchip", "no-kvm-pit", "no-kvm-pit-reinjection", "no-quit", "nodefconfig",
	"portrait", "rtc-td-hack", "sdl", "show-cursor", "singlestep", "tdf", "xen-create",
};

void qemu_args_init(struct qemu_args *a, const char *text, size_t len)
{
	while (len && text[len - 1])
		len--;
	*a = (struct qemu_args){ .text = text, .len = len };
}

const char *qemu_args_next(struct qemu_args *a)
{
	const char *arg = a->text + a->next;

	if (a->next >= a->len)
		return NULL;
	a->next += strlen(arg) + 1;
	return arg;
}

static bool is_flag(const char *option)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(option, flags[i]))
			return true;
	return false;
}

bool qemu_args_option(struct qemu_args *a, const char **option, const char **value)
{
	const char *arg;

	while ((arg = qemu_args_next(a))) {
		if (arg[0] != '-')
			continue;
		arg += arg[1] == '-' ? 2 : 1;
		*option = arg;
		*value = is_flag(arg) ? "" : qemu_args_next(a);
		return *value;
	}
	return false;
}

/* --------------------------------------------------------------------------- properties */

void qemu_props_add(struct qemu_props *p, const char *key, size_t key_len, const char *value,
		    size_t value_len)
{
	struct qemu_prop *prop;

	if (p->count == QEMU_MAX_PROPS || key_len >= sizeof(prop->key))
		return;
	if (value_len >= sizeof(prop->value))
		value_len = sizeof(prop->value) - 1;
	prop = &p->prop[p->count++];
	memcpy(prop->key, key, key_len);
	prop->key[key_len] = '\0';
	memcpy(prop->value, value, value_len);
	prop->value[value_len] = '\0';
}

/* Add the value at text up to the comma that ends it; ",," is a comma in it. Returns its end. */
static const char *value_read(struct qemu_props *p, const char *key, size_t key_len,
			      const char *text)
{
	char value[sizeof(p->prop[0].value)];
	size_t len = 0;

	for (; *text; text++) {
		if (*text == ',' && *++text != ',')
			break;
		if (len < sizeof(value))
			value[len++] = *text;
	}
	qemu_props_add(p, key, key_len, value, len);
	return text;
}

/* Add the pair at text; where the next one starts. A key without a value is set to "on". */
static const char *pair_read(struct qemu_props *p, const char *text, const char *implied)
{
	const size_t len = strcspn(text, "=,");

	if (text[len] == '=')
		return value_read(p, text, len, text + len + 1);
	if (implied)
		return value_read(p, implied, strlen(implied), text);
	qemu_props_add(p, text, len, "on", strlen("on"));
	return text[len] ? text + len + 1 : text + len;
}

/* A scalar; others are left out. */
static void json_read(struct qemu_props *p, const char *key, json_t *value)
{
	char number[32];

	if (json_is_string(value)) {
		qemu_props_add(p, key, strlen(key), json_string_value(value),
			       json_string_length(value));
	} else if (json_is_boolean(value)) {
		const char *word = json_is_true(value) ? "on" : "off";

		qemu_props_add(p, key, strlen(key), word, strlen(word));
	} else if (json_is_integer(value)) {
		const int len = snprintf(number, sizeof(number), "%lld",
					 (long long)json_integer_value(value));

		qemu_props_add(p, key, strlen(key), number, (size_t)len);
	}
}

bool qemu_props_parse(struct qemu_props *p, const char *text, const char *implied)
{
	json_t *object, *value;
	const char *key;

	p->count = 0;
	if (text[0] != '{') {
		while (*text) {
			text = pair_read(p, text, implied);
			implied = NULL;
		}
		return true;
	}
	object = json_loads(text, 0, NULL);
	if (!object)
		return false;
	json_object_foreach(object, key, value)
		json_read(p, key, value);
	json_decref(object);
	return true;
}

static bool key_equals(const char *a, const char *b)
{
	for (; *a || *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b) && *a && *b))
			return false;
	return true;
}

const char *qemu_props_get(const struct qemu_props *p, const char *key)
{
	for (size_t i = p->count; i; i--)
		if (key_equals(p->prop[i - 1].key, key))
			return p->prop[i - 1].value;
	return NULL;
}

/* --------------------------------------------------------------------------- values */

bool qemu_parse_bool(const char *value, bool fallback)
{
	static const char *const yes[] = { "on", "yes", "true", "y" };
	static const char *const no[] = { "off", "no", "false", "n" };

	for (size_t i = 0; value && i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!strcmp(value, yes[i]))
			return true;
		if (!strcmp(value, no[i]))
			return false;
	}
	return fallback;
}

bool qemu_parse_number(const char *value, uint64_t max, uint64_t *number)
{
	unsigned long long n;
	char *end;

	if (!value || !isdigit((unsigned char)value[0]))
		return false;
	errno = 0;
	n = strtoull(value, &end, 0);
	if (errno || *end || n > max)
		return false;
	*number = n;
	return true;
}

/* 2^10 to the power of the suffix; 0 if it is none. */
static uint64_t suffix_unit(char c, uint64_t unit)
{
	static const char suffixes[] = "bkmgtpe";
	const char *at;

	if (!c)
		return unit;
	at = strchr(suffixes, tolower((unsigned char)c));
	return at ? 1ULL << (10 * (at - suffixes)) : 0;
}

bool qemu_parse_size(const char *value, uint64_t unit, uint64_t *bytes)
{
	unsigned long long whole;
	long double fraction = 0;
	uint64_t scale;
	char *end;

	if (!value || !isdigit((unsigned char)value[0]))
		return false;
	errno = 0;
	whole = strtoull(value, &end, value[0] == '0' && tolower((unsigned char)value[1]) == 'x' ?
			 16 : 10);
	if (!errno && *end == '.') {
		unsigned int digits = 0;
		long double place = 0.1L;

		for (end++; isdigit((unsigned char)*end) && digits < 18; end++, digits++) {
			fraction += (*end - '0') * place;
			place /= 10;
		}
	}
	scale = errno ? 0 : suffix_unit(*end, unit);
	if (!scale || (*end && end[1]) || whole > UINT64_MAX / scale)
		return false;
	*bytes = whole * scale + (uint64_t)(fraction * (long double)scale);
	return *bytes;
}
