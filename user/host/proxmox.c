// SPDX-License-Identifier: GPL-2.0-or-later
/* Proxmox VE: VMs have numbers; the name is a line of the configuration file of that number. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/source.h"

/* The most of a configuration that is read: name comes first, but after any description. */
#define CONF_LEN 65536

struct search {
	const struct host_process *p;
	const struct host_cmdline *cmd;
	uint32_t vmid;			/* that was found */
};

void host_proxmox_default_name(char name[VIOMMU_NAME_LEN], uint32_t vmid)
{
	snprintf(name, VIOMMU_NAME_LEN, "vm%u", vmid);
}

/* "name: guest1" of the VM itself; "[...]" starts the sections of its snapshots. */
static bool conf_name(char name[VIOMMU_NAME_LEN], char *text)
{
	static const char key[] = "name:";
	char *line;

	while ((line = strsep(&text, "\n")) && line[0] != '[') {
		size_t len;

		if (strncmp(line, key, sizeof(key) - 1))
			continue;
		line += sizeof(key) - 1;
		line += strspn(line, " \t");
		len = strlen(line);
		while (len && strchr(" \t\r", line[len - 1]))
			len--;
		return host_text_clean(name, VIOMMU_NAME_LEN, line, len) > 0;
	}
	return false;
}

static bool conf_read(char name[VIOMMU_NAME_LEN], uint32_t vmid, const char *root)
{
	int dir = host_dir_open(root, "etc/pve/qemu-server");
	char text[CONF_LEN], file[32];
	ssize_t n;

	if (dir < 0)
		return false;
	snprintf(file, sizeof(file), "%u.conf", vmid);
	n = host_file_read(dir, file, text, sizeof(text));
	close(dir);
	return n > 0 && conf_name(name, text);
}

static int on_pidfile(void *ctx, int dir, const char *name, size_t stem)
{
	struct search *search = ctx;
	uint32_t vmid = host_text_number(name, stem);
	struct stat st;

	if (!vmid || !host_pidfile_is(dir, name, search->p->pid, &st))
		return 0;
	if (!host_source_fits(&st, search->p, search->cmd->vmid == vmid))
		return 0;
	search->vmid = vmid;
	return 1;
}

bool host_proxmox_pidfile(struct viommu_vm *vm, const struct host_process *p,
			  const struct host_cmdline *cmd, const char *root)
{
	struct search search = { .p = p, .cmd = cmd };

	host_dir_walk(host_dir_open(root, "run/qemu-server"), ".pid", on_pidfile, &search);
	if (!search.vmid)
		return false;
	if (conf_read(vm->name, search.vmid, root))
		return true;
	if (cmd->name[0])
		memcpy(vm->name, cmd->name, sizeof(vm->name));
	else
		host_proxmox_default_name(vm->name, search.vmid);
	return true;
}
