// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libvirt's status XML: <domstatus pid='4711'> ... <domain><name>guest1</name><uuid>...</uuid>.
 * The pid is on the first element, so a file of another VM costs one piece of it.
 */
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "host/source.h"

/* The most text of an element that is kept; a libvirt name is a file name. */
#define TEXT_LEN 1024

struct host_status {
	XML_Parser xml;
	uint32_t pid;			/* that is looked for */
	size_t fed;			/* bytes so far */
	unsigned int depth;		/* open elements */
	int result;			/* as host_status_feed() returns it */
	bool in_domain;			/* inside domstatus/domain */
	char *target;			/* buffer of the element whose text is read, or NULL */
	size_t target_len;
	char name[TEXT_LEN];
	char uuid[TEXT_LEN];
};

static void status_stop(struct host_status *s, int result)
{
	s->result = result;
	XML_StopParser(s->xml, XML_FALSE);
}

/* The root element: is the file one of ours, and of our process? */
static void status_root(struct host_status *s, const char *tag, const char **attrs)
{
	uint32_t pid = 0;

	if (strcmp(tag, "domstatus")) {
		status_stop(s, -EINVAL);
		return;
	}
	for (size_t i = 0; attrs[i]; i += 2) {
		if (!strcmp(attrs[i], "pid"))
			pid = host_text_number(attrs[i + 1], strlen(attrs[i + 1]));
	}
	if (!pid || pid != s->pid)
		status_stop(s, -ENOENT);
}

static void XMLCALL on_start(void *ctx, const char *tag, const char **attrs)
{
	struct host_status *s = ctx;

	s->depth++;
	if (s->depth == 1) {
		status_root(s, tag, attrs);
	} else if (s->depth == 2) {
		s->in_domain = !strcmp(tag, "domain");
	} else if (s->depth == 3 && s->in_domain) {
		if (!strcmp(tag, "name") && !s->name[0])
			s->target = s->name;
		else if (!strcmp(tag, "uuid") && !s->uuid[0])
			s->target = s->uuid;
		s->target_len = 0;
	}
}

static void XMLCALL on_text(void *ctx, const char *text, int len)
{
	struct host_status *s = ctx;
	size_t n = (size_t)len;

	if (!s->target || s->depth != 3)
		return;
	if (n > TEXT_LEN - 1 - s->target_len)
		n = TEXT_LEN - 1 - s->target_len;
	memcpy(s->target + s->target_len, text, n);
	s->target_len += n;
	s->target[s->target_len] = '\0';
}

static void XMLCALL on_end(void *ctx, const char *tag)
{
	struct host_status *s = ctx;

	(void)tag;
	s->depth--;
	if (s->depth > 2)
		return;
	s->target = NULL;
	if (s->depth == 2 && s->name[0] && s->uuid[0])
		status_stop(s, 1);
	else if (s->depth == 1 && s->in_domain)
		status_stop(s, s->name[0] ? 1 : -EINVAL);
}

/* libvirt writes no DTD; what has one wants to define entities. */
static void XMLCALL on_doctype(void *ctx, const char *name, const char *sysid, const char *pubid,
			       int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	status_stop(ctx, -EINVAL);
}

struct host_status *host_status_new(uint32_t pid)
{
	struct host_status *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->pid = pid;
	s->xml = XML_ParserCreate(NULL);
	if (!s->xml) {
		free(s);
		return NULL;
	}
	XML_SetUserData(s->xml, s);
	XML_SetElementHandler(s->xml, on_start, on_end);
	XML_SetCharacterDataHandler(s->xml, on_text);
	XML_SetStartDoctypeDeclHandler(s->xml, on_doctype);
	return s;
}

int host_status_feed(struct host_status *s, const char *data, size_t len)
{
	if (len > HOST_STATUS_MAX - s->fed)
		return -EINVAL;
	s->fed += len;
	if (XML_Parse(s->xml, data, (int)len, 0) == XML_STATUS_ERROR && !s->result)
		return -EINVAL;
	return s->result;
}

void host_status_vm(const struct host_status *s, struct viommu_vm *vm)
{
	host_text_clean(vm->name, sizeof(vm->name), s->name, strlen(s->name));
	host_text_uuid(vm->uuid, s->uuid);
}

void host_status_free(struct host_status *s)
{
	if (!s)
		return;
	XML_ParserFree(s->xml);
	free(s);
}
