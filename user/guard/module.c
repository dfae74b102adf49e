// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads the module as modprobe does, with its blacklists and options, by libkmod. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <libkmod.h>

#include "guard/module.h"

#define NAME "viommu_guard"

void guard_module_explain(char why[GUARD_WHY_LEN], int err)
{
	struct utsname kernel;
	const char *text, *fix;

	switch (err) {
	case -ENOENT:
		text = "is not installed for this kernel";
		fix = "install viommu-guard-dkms, or run make kmod-install; dkms status says whether "
		      "it was built";
		break;
	case -EKEYREJECTED:
	case -ENOKEY:
		text = "is not signed by a key that this kernel trusts (Secure Boot)";
		fix = "enrol DKMS's key with mokutil --import /var/lib/dkms/mok.pub and start anew";
		break;
	case -EPERM:
		text = "may not be loaded: this user lacks CAP_SYS_MODULE, or the kernel is locked down";
		fix = "run it as root; if it was, cat /sys/kernel/security/lockdown and "
		      "/proc/sys/kernel/modules_disabled, and sign the module";
		break;
	case -ENOEXEC:
		text = "was built for another kernel";
		fix = "build it again: dkms autoinstall";
		break;
	case -EOPNOTSUPP:
		text = "says that it cannot work on this kernel";
		fix = "dmesg says why";
		break;
	default:
		text = strerror(-err);
		fix = "dmesg may say more";
		break;
	}
	if (uname(&kernel))
		kernel.release[0] = '\0';
	snprintf(why, GUARD_WHY_LEN, "the kernel module " NAME " %s%s%.64s%s: %s", text,
		 kernel.release[0] ? " (" : "", kernel.release, kernel.release[0] ? ")" : "", fix);
}

static int module_insert(struct kmod_ctx *ctx)
{
	struct kmod_list *list = NULL;
	struct kmod_module *module;
	int err = kmod_module_new_from_lookup(ctx, NAME, &list);

	if (!err && !list)
		err = -ENOENT;
	if (!err) {
		module = kmod_module_get_module(list);
		err = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL,
						      NULL, NULL, NULL);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return err;
}

int guard_module_load(char why[GUARD_WHY_LEN])
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	int err;

	why[0] = '\0';
	if (!ctx) {
		snprintf(why, GUARD_WHY_LEN, "cannot read this kernel's list of modules");
		return -ENOMEM;
	}
	/* libkmod's own words are for those who debug it. */
	kmod_set_log_priority(ctx, 0);
	err = module_insert(ctx);
	kmod_unref(ctx);
	if (err > 0) {
		snprintf(why, GUARD_WHY_LEN, "the kernel module " NAME " is on a blacklist in "
			 "/etc/modprobe.d");
		return -EPERM;
	}
	if (err)
		guard_module_explain(why, err);
	return err;
}
