// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose command line it is: QEMU's, and the name and uuid that it gives the VM. */
#include <string.h>

#include "host/qemu-args.h"
#include "host/source.h"

/* The name of the program at path. NixOS starts ".qemu-system-x86_64-wrapped". comm has only the
 * first 15 bytes of that.
 */
static bool is_qemu(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (*name == '.')
		name++;
	return !strncmp(name, "qemu-system-", strlen("qemu-system-")) ||
	       !strcmp(name, "qemu-kvm") || !strcmp(name, "kvm");
}

/* All -name of a command line are one list (merge_lists), and the last of equal keys counts. */
static void name_parse(struct host_cmdline *cmd, const char *text)
{
	struct qemu_props props;
	const char *name;

	qemu_props_parse(&props, text, "guest");
	name = qemu_props_get(&props, "guest");
	if (name)
		host_text_clean(cmd->name, sizeof(cmd->name), name, strlen(name));
}

/* -smbios type=1,uuid= sets the VM's UUID just as -uuid does; Proxmox uses only this. */
static void smbios_parse(struct host_cmdline *cmd, const char *text)
{
	const char *type, *uuid;
	struct qemu_props props;
	char lower[HOST_UUID_LEN];

	qemu_props_parse(&props, text, NULL);
	type = qemu_props_get(&props, "type");
	uuid = qemu_props_get(&props, "uuid");
	if (type && !strcmp(type, "1") && uuid && host_text_uuid(lower, uuid))
		memcpy(cmd->uuid, lower, sizeof(lower));
}

static void option_parse(struct host_cmdline *cmd, const char *option, const char *value)
{
	if (!strcmp(option, "name"))
		name_parse(cmd, value);
	else if (!strcmp(option, "uuid"))
		host_text_uuid(cmd->uuid, value);
	else if (!strcmp(option, "smbios"))
		smbios_parse(cmd, value);
	else if (!strcmp(option, "id"))
		cmd->vmid = host_text_number(value, strlen(value));
}

void host_cmdline_parse(struct host_cmdline *cmd, const struct host_process *p)
{
	char comm[VIOMMU_COMM_LEN + 1] = "", text[VIOMMU_ARGV_LEN + 1];
	size_t len = p->argv_len < VIOMMU_ARGV_LEN ? p->argv_len : VIOMMU_ARGV_LEN;
	const char *program, *option, *value;
	struct qemu_args args;

	memset(cmd, 0, sizeof(*cmd));
	memcpy(comm, p->comm, sizeof(p->comm));
	memcpy(text, p->argv, len);
	/* The last argument of a cut list is not whole, and is left out. */
	if (len && text[len - 1] && !p->argv_cut)
		text[len++] = '\0';
	qemu_args_init(&args, text, len);
	program = qemu_args_next(&args);
	cmd->known = program != NULL;
	/* -name NAME,process=COMM lets a QEMU call itself as it likes; argv[0] stays. */
	cmd->qemu = is_qemu(comm) || (program && is_qemu(program));
	while (cmd->qemu && qemu_args_option(&args, &option, &value))
		option_parse(cmd, option, value);
}
