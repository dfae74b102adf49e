// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of -readconfig, which Proxmox's command lines have: devices and machine settings in
 * sections [device "id"] with lines key = "value" (qemu_config_foreach() in util/qemu-config.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"
#include "host/qemu-line.h"

/* Proxmox's files are some three KiB. */
#define CONFIG_MAX 65536

/* A section that has been read whole. */
static void section_end(struct qemu_line *l, const char *group)
{
	if (!strcmp(group, "device") && l->props.count)
		qemu_line_device(l);
	l->props.count = 0;
}

/* [device "id"] or [machine]; group is empty for what is no section. */
static void section_begin(struct qemu_line *l, const char *line, char group[32])
{
	char id[64];
	int fields;

	group[0] = '\0';
	fields = sscanf(line, "[%31[^] \"] \"%63[^\"]\"", group, id);
	if (fields == 2)
		qemu_props_add(&l->props, "id", strlen("id"), id, strlen(id));
}

static void line_take(struct qemu_line *l, const char *line)
{
	char key[48], value[256];

	if (sscanf(line, " %47[^= ] = \"%255[^\"]\"", key, value) == 2)
		qemu_props_add(&l->props, key, strlen(key), value, strlen(value));
}

static void config_read(struct qemu_line *l, char *text)
{
	char group[32] = "";
	char *line;

	l->props.count = 0;
	while ((line = strsep(&text, "\n"))) {
		line += strspn(line, " \t");
		if (*line == '[') {
			section_end(l, group);
			section_begin(l, line, group);
		} else if (*line && *line != '#') {
			line_take(l, line);
		}
	}
	section_end(l, group);
}

void qemu_line_config(struct qemu_line *l, const char *path)
{
	const int root = l->host && path[0] == '/' ? host_dir_open(l->host, ".") : -1;
	char *text = root < 0 ? NULL : malloc(CONFIG_MAX);

	if (text && host_file_read(root, path + 1, text, CONFIG_MAX) > 0)
		config_read(l, text);
	free(text);
	if (root >= 0)
		close(root);
}
