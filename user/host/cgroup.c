// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM a cgroup is of, by its path. libvirt makes a machine name "qemu-ID-NAME", in which it
 * leaves out of NAME what a host name may not hold and cuts the rest (virDomainDriverGenerate-
 * MachineName), and systemd's scope of it "machine-" and that name escaped.
 */
#include <string.h>

#include "host/source.h"

/** One component of a path. */
struct part {
	const char *text;
	size_t len;
};

/* Next component from *path on; false at the end. */
static bool part_next(struct part *part, const char **path)
{
	*path += strspn(*path, "/");
	part->text = *path;
	part->len = strcspn(*path, "/");
	*path += part->len;
	return part->len > 0;
}

static bool part_is(const struct part *part, const char *text)
{
	return part->len == strlen(text) && !memcmp(part->text, text, part->len);
}

/* Take prefix off the front. */
static bool part_skip(struct part *part, const char *prefix)
{
	size_t n = strlen(prefix);

	if (part->len < n || memcmp(part->text, prefix, n))
		return false;
	part->text += n;
	part->len -= n;
	return true;
}

/* Take suffix off the end. */
static bool part_chop(struct part *part, const char *suffix)
{
	if (!host_text_ends(part->text, part->len, suffix))
		return false;
	part->len -= strlen(suffix);
	return true;
}

/* Take "12-" off the front, unless nothing would be left. */
static void part_skip_id(struct part *part)
{
	size_t digits = 0;

	while (digits < part->len && part->text[digits] >= '0' && part->text[digits] <= '9')
		digits++;
	if (digits && digits + 1 < part->len && part->text[digits] == '-') {
		part->text += digits + 1;
		part->len -= digits + 1;
	}
}

/* An embedded driver puts eight digits of a hash before the id. */
static void part_skip_embed(struct part *part)
{
	static const char embed[] = "embed-";
	const size_t len = sizeof(embed) - 1 + 8 + 1;

	if (part->len > len && !memcmp(part->text, embed, sizeof(embed) - 1) &&
	    part->text[len - 1] == '-') {
		part->text += len;
		part->len -= len;
	}
}

static bool scope_libvirt(struct host_scope *scope, struct part machine)
{
	part_skip_embed(&machine);
	part_skip_id(&machine);
	if (!host_text_clean(scope->name, sizeof(scope->name), machine.text, machine.len))
		return false;
	scope->manager = "libvirt";
	return true;
}

/* machine-qemu\x2d12\x2dguest1.scope */
static bool scope_systemd(struct host_scope *scope, struct part part)
{
	char text[VIOMMU_CGROUP_LEN];
	struct part machine = { .text = text };

	if (!part_skip(&part, "machine-") || !part_chop(&part, ".scope"))
		return false;
	machine.len = host_text_unescape(text, sizeof(text), part.text, part.len);
	return part_skip(&machine, "qemu-") && scope_libvirt(scope, machine);
}

/* qemu-12-guest1.libvirt-qemu, where libvirt makes the groups itself; old versions of it wrote
 * guest1.libvirt-qemu.
 */
static bool scope_plain(struct host_scope *scope, struct part part)
{
	if (!part_chop(&part, ".libvirt-qemu"))
		return false;
	if (part_skip(&part, "qemu-"))
		return scope_libvirt(scope, part);
	scope->manager = "libvirt";
	return host_text_clean(scope->name, sizeof(scope->name), part.text, part.len) > 0;
}

/* qemu.slice/8006.scope */
static bool scope_proxmox(struct host_scope *scope, struct part part)
{
	if (!part_chop(&part, ".scope"))
		return false;
	scope->vmid = host_text_number(part.text, part.len);
	if (!scope->vmid)
		return false;
	scope->manager = "proxmox";
	return true;
}

/* The outermost group that names a VM counts: below it, names are the VM's own processes'. */
void host_scope_parse(struct host_scope *scope, const char *cgroup)
{
	bool in_qemu_slice = false;
	struct part part;

	memset(scope, 0, sizeof(*scope));
	while (part_next(&part, &cgroup)) {
		if (scope_systemd(scope, part) || scope_plain(scope, part) ||
		    (in_qemu_slice && scope_proxmox(scope, part)))
			return;
		memset(scope, 0, sizeof(*scope));
		in_qemu_slice = part_is(&part, "qemu.slice");
	}
}
