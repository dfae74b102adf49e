// SPDX-License-Identifier: GPL-2.0
/*
 * viommu_guard: holds VFIO containers to a maximum IOVA.
 *
 *   cap.c     lowers the aperture when a group is attached: VFIO itself reports and refuses
 *   pin.c     refuses at map time what a cap does not cover
 *   label.c   gives a refusal because of a cap its errno, and counts it
 *   arm.c     sets the probes that these three run in
 *   policy.c match.c binding.c   which process has which policy
 *   container.c layout.c btf.c   what is known of a container
 *   denial.c netlink*.c          what people and programs are told, and tell
 */
#include <linux/init.h>
#include <linux/module.h>

#include "binding.h"
#include "denial.h"
#include "hook.h"
#include "netlink.h"
#include "policy.h"

static int __init guard_init(void)
{
	int error = guard_policy_init();

	if (error)
		return error;
	error = guard_denial_init();
	if (error)
		goto out_policy;
	error = guard_netlink_init();
	if (error)
		goto out_denial;
	error = guard_arm_init();
	if (error)
		goto out_netlink;
	return 0;

out_netlink:
	guard_netlink_exit();
out_denial:
	guard_denial_exit();
out_policy:
	guard_binding_exit();
	guard_policy_exit();
	return error;
}

/* First what makes denials, then what tells of them, then what both looked up. */
static void __exit guard_exit(void)
{
	guard_arm_exit();
	guard_denial_exit();
	guard_netlink_exit();
	guard_binding_exit();
	guard_policy_exit();
}

module_init(guard_init);
module_exit(guard_exit);

MODULE_DESCRIPTION("Holds VFIO containers to a maximum IOVA by policy");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
