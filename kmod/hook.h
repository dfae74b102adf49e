/* SPDX-License-Identifier: GPL-2.0 */
/* viommu_guard: the probes: what runs in them, and when they are set. */
#ifndef VIOMMU_GUARD_HOOK_H
#define VIOMMU_GUARD_HOOK_H

#include "guard.h"

struct guard_set;
struct kprobe;
struct kretprobe_instance;
struct pt_regs;

/**
 * struct guard_hook - a probe as it should be set; arm.c sets it
 * @symbol: the function
 * @at: plain probe: what runs at the entry; or NULL
 * @entry: return probe: what runs at the entry; non-zero: not the return of this call
 * @leave: return probe: what runs at the return; or NULL
 * @data_size: what @entry leaves for @leave
 * @calls: return probe: how many calls at a time can be seen
 * @missed: counter of those that were not seen
 */
struct guard_hook {
	const char *symbol;
	int (*at)(struct kprobe *probe, struct pt_regs *regs);
	int (*entry)(struct kretprobe_instance *call, struct pt_regs *regs);
	int (*leave)(struct kretprobe_instance *call, struct pt_regs *regs);
	size_t data_size;
	int calls;
	enum viommu_guard_missed missed;
};

extern const struct guard_hook guard_hook_attach_op, guard_hook_detach_op, guard_hook_attach,
	guard_hook_detach, guard_hook_release, guard_hook_pin, guard_hook_ioctl;

/** guard_cap_attaching() - is the running task adding a group to a container? */
bool guard_cap_attaching(void);

/**
 * guard_arm_update() - set the probes that policies and containers ask for; those that nothing asks
 * for are cleared a second after the last change. May sleep.
 * @next: a set that is about to come: what it needs is set, too; or NULL
 */
void guard_arm_update(const struct guard_set *next);
/** guard_arm_queue() - the same for the present set, soon. Atomic. */
void guard_arm_queue(void);
/** guard_arm_armed() - all probes are set; false: or vfio_iommu_type1 is not loaded. */
bool guard_arm_armed(void);
/** guard_arm_can_check() - is the map-time check there? */
bool guard_arm_can_check(void);
/** guard_arm_reason() - why enforcement is not complete; "" : it is. */
void guard_arm_reason(char *reason, size_t size);
/** guard_arm_missed() - probes that did not run. */
u64 guard_arm_missed(enum viommu_guard_missed what);
int guard_arm_init(void);
void guard_arm_exit(void);

#endif
