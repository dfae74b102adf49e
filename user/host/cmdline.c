// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's command line, read as QEMU itself does (lookup_opt() in system/vl.c, opts_do_parse() in
 * util/qemu-option.c).
 */
#include <string.h>

#include "host/source.h"

/** Arguments of a process, each NUL-terminated. */
struct args {
	char text[VIOMMU_ARGV_LEN + 1];
	size_t len;			/**< bytes of text, the last NUL included */
	size_t next;			/**< offset of the argument that is read next */
};

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

/* Copy the arguments. The last one of a cut list is not whole: drop it. */
static void args_init(struct args *a, const struct host_process *p)
{
	size_t len = p->argv_len < VIOMMU_ARGV_LEN ? p->argv_len : VIOMMU_ARGV_LEN;

	memcpy(a->text, p->argv, len);
	if (p->argv_cut) {
		while (len && a->text[len - 1])
			len--;
	} else if (len && a->text[len - 1]) {
		a->text[len++] = '\0';
	}
	a->len = len;
	a->next = 0;
}

/* Next argument; NULL if there is none. */
static const char *args_next(struct args *a)
{
	const char *arg = a->text + a->next;

	if (a->next >= a->len)
		return NULL;
	a->next += strlen(arg) + 1;
	return arg;
}

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

static bool is_flag(const char *option)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!strcmp(option, flags[i]))
			return true;
	}
	return false;
}

/* One KEY=VALUE of an option's argument. */
struct pair {
	char key[32];
	char value[VIOMMU_ARGV_LEN];
	size_t len;			/* of value */
};

/* Copy a value up to the comma that ends it; ",," is a comma in it. Returns its end. */
static const char *value_read(struct pair *pair, const char *text)
{
	pair->len = 0;
	for (; *text; text++) {
		if (*text == ',' && *++text != ',')
			break;
		if (pair->len < sizeof(pair->value) - 1)
			pair->value[pair->len++] = *text;
	}
	pair->value[pair->len] = '\0';
	return text;
}

/*
 * Read the pair at text and return where the next one starts. What has no "=" before the first
 * comma is the value of implied (which may be NULL: a key that is set to "on").
 */
static const char *pair_read(struct pair *pair, const char *text, const char *implied)
{
	size_t len = strcspn(text, "=,");
	size_t kept = len < sizeof(pair->key) - 1 ? len : sizeof(pair->key) - 1;

	if (text[len] != '=' && implied) {
		memcpy(pair->key, implied, strlen(implied) + 1);
		return value_read(pair, text);
	}
	memcpy(pair->key, text, kept);
	pair->key[kept] = '\0';
	if (text[len] == '=')
		return value_read(pair, text + len + 1);
	memcpy(pair->value, "on", sizeof("on"));
	pair->len = strlen("on");
	return text[len] ? text + len + 1 : text + len;
}

/* All -name of a command line are one list (merge_lists), and the last of equal keys counts. */
static void name_parse(struct host_cmdline *cmd, const char *text)
{
	const char *implied = "guest";
	struct pair pair;

	while (*text) {
		text = pair_read(&pair, text, implied);
		implied = NULL;
		if (!strcmp(pair.key, "guest"))
			host_text_clean(cmd->name, sizeof(cmd->name), pair.value, pair.len);
	}
}

/* -smbios type=1,uuid= sets the VM's UUID just as -uuid does; Proxmox uses only this. */
static void smbios_parse(struct host_cmdline *cmd, const char *text)
{
	char uuid[HOST_UUID_LEN] = "";
	bool system = false;
	struct pair pair;

	while (*text) {
		text = pair_read(&pair, text, NULL);
		if (!strcmp(pair.key, "type"))
			system = !strcmp(pair.value, "1");
		else if (!strcmp(pair.key, "uuid"))
			host_text_uuid(uuid, pair.value);
	}
	if (system && uuid[0])
		memcpy(cmd->uuid, uuid, sizeof(uuid));
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
	char comm[VIOMMU_COMM_LEN + 1] = "";
	const char *arg, *value;
	struct args args;

	memset(cmd, 0, sizeof(*cmd));
	memcpy(comm, p->comm, sizeof(p->comm));
	args_init(&args, p);
	arg = args_next(&args);
	cmd->known = arg != NULL;
	/* -name NAME,process=COMM lets a QEMU call itself as it likes; argv[0] stays. */
	cmd->qemu = is_qemu(comm) || (arg && is_qemu(arg));
	if (!cmd->qemu)
		return;
	while ((arg = args_next(&args))) {
		if (arg[0] != '-')
			continue;	/* a disk image */
		arg++;
		if (*arg == '-')
			arg++;
		if (is_flag(arg))
			continue;
		value = args_next(&args);
		if (!value)
			break;
		option_parse(cmd, arg, value);
	}
}
