// SPDX-License-Identifier: GPL-2.0
/*
 * Sets the probes: when vfio_iommu_type1 is there or comes, and those that cost something in each
 * map only while a policy or a container asks for them.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "container.h"
#include "denial.h"
#include "hook.h"
#include "layout.h"
#include "policy.h"

#define TARGET "vfio_iommu_type1"

/* In the order of setting: the end of a container is seen before its start can be. */
enum { RELEASE, ATTACH_OP, DETACH_OP, ATTACH, DETACH, PIN, IOCTL, N_HOOKS };

static const struct guard_hook *const hooks[N_HOOKS] = {
	[RELEASE] = &guard_hook_release,
	[ATTACH_OP] = &guard_hook_attach_op,
	[DETACH_OP] = &guard_hook_detach_op,
	[ATTACH] = &guard_hook_attach,
	[DETACH] = &guard_hook_detach,
	[PIN] = &guard_hook_pin,
	[IOCTL] = &guard_hook_ioctl,
};

/* A hook on this kernel. One of the two probes is used. */
struct probe {
	struct kprobe plain;
	struct kretprobe both;
	bool set;
	bool enabled;
};

static struct probe probes[N_HOOKS];
/* Calls that probes did not see before they were last removed. */
static u64 missed_before[VIOMMU_GUARD_NR_MISSED];
static DEFINE_MUTEX(arming);
/* The module is loaded, as far as the probes say. */
static bool target_there;
/* Containers may have been there before the probes. */
static bool target_older;
static bool iommufd_there;
/* The module goes; a set can still come by netlink, but no work must be left behind. */
static bool stopping;

/* Setting and clearing a probe stops all CPUs for a moment: what is not needed goes in peace. */
#define CLEAR_DELAY HZ

static void set_work(struct work_struct *work);
static void clear_work(struct work_struct *work);
static DECLARE_WORK(set_soon, set_work);
static DECLARE_DELAYED_WORK(clear_later, clear_work);

static bool on_demand(int i)
{
	return i == PIN || i == IOCTL;
}

static int probe_set(int i)
{
	const struct guard_hook *hook = hooks[i];
	struct probe *probe = &probes[i];
	const u32 flags = on_demand(i) ? KPROBE_FLAG_DISABLED : 0;
	int error;

	memset(probe, 0, sizeof(*probe));
	if (hook->at) {
		probe->plain.symbol_name = hook->symbol;
		probe->plain.pre_handler = hook->at;
		probe->plain.flags = flags;
		error = register_kprobe(&probe->plain);
	} else {
		probe->both.kp.symbol_name = hook->symbol;
		probe->both.kp.flags = flags;
		probe->both.entry_handler = hook->entry;
		probe->both.handler = hook->leave;
		probe->both.data_size = hook->data_size;
		probe->both.maxactive = hook->calls;
		error = register_kretprobe(&probe->both);
	}
	probe->set = !error;
	probe->enabled = !error && !on_demand(i);
	return error;
}

static u64 probe_missed(int i)
{
	const struct probe *probe = &probes[i];

	if (!probe->set)
		return 0;
	return probe->plain.nmissed + probe->both.kp.nmissed + (unsigned int)probe->both.nmissed;
}

static void probe_clear(int i)
{
	struct probe *probe = &probes[i];

	if (!probe->set)
		return;
	if (hooks[i]->at)
		unregister_kprobe(&probe->plain);
	else
		unregister_kretprobe(&probe->both);
	missed_before[hooks[i]->missed] += probe_missed(i);
	probe->set = false;
	probe->enabled = false;
}

static void probe_enable(int i, bool on)
{
	struct probe *probe = &probes[i];
	struct kprobe *kprobe = hooks[i]->at ? &probe->plain : &probe->both.kp;

	if (!probe->set || probe->enabled == on)
		return;
	if (on ? enable_kprobe(kprobe) : disable_kprobe(kprobe))
		pr_warn("cannot %s the probe on %s\n", on ? "set" : "clear", hooks[i]->symbol);
	else
		probe->enabled = on;
}

/* Is the function there? A probe that is not enabled changes nothing. */
static bool symbol_there(const char *symbol)
{
	struct kprobe probe = { .symbol_name = symbol, .flags = KPROBE_FLAG_DISABLED };

	if (register_kprobe(&probe))
		return false;
	unregister_kprobe(&probe);
	return true;
}

/* Maps go unchecked only where nobody can be stricter than what all containers are capped at. */
static bool set_needs_pin(const struct guard_set *set)
{
	return set && set->min_limit != GUARD_NO_LIMIT &&
	       (!set->uniform || target_older || !guard_containers_all_at(set->min_limit) ||
		guard_arm_missed(VIOMMU_GUARD_MISSED_ATTACH));
}

static bool set_needs_ioctl(const struct guard_set *set)
{
	return set && (set->enforces || (target_older && set->min_limit != GUARD_NO_LIMIT));
}

static void update_locked(const struct guard_set *next, bool clear)
{
	const struct guard_set *set;
	bool pin, ioctl;

	rcu_read_lock();
	set = guard_set_current();
	pin = set_needs_pin(set) || set_needs_pin(next);
	ioctl = set_needs_ioctl(set) || set_needs_ioctl(next);
	rcu_read_unlock();
	pin &= guard_layout.known;
	if (pin || clear)
		probe_enable(PIN, pin);
	if (ioctl || clear)
		probe_enable(IOCTL, ioctl);
}

static void set_work(struct work_struct *work)
{
	guard_arm_update(NULL);
}

static void clear_work(struct work_struct *work)
{
	mutex_lock(&arming);
	update_locked(NULL, true);
	mutex_unlock(&arming);
}

void guard_arm_update(const struct guard_set *next)
{
	mutex_lock(&arming);
	update_locked(next, false);
	if (!stopping)
		mod_delayed_work(system_wq, &clear_later, CLEAR_DELAY);
	mutex_unlock(&arming);
}

void guard_arm_queue(void)
{
	schedule_work(&set_soon);
}

/* The module is there, or is coming and has not run yet. */
static void target_arm(bool older)
{
	mutex_lock(&arming);
	if (!target_there && symbol_there(hooks[IOCTL]->symbol)) {
		guard_layout_load();
		target_there = true;
		target_older = older;
		for (int i = 0; i < N_HOOKS; i++) {
			const int error = probe_set(i);

			if (error)
				pr_err("cannot probe %s (%pe): policies are not fully enforced\n",
				       hooks[i]->symbol, ERR_PTR(error));
		}
		if (!guard_layout.known)
			pr_warn("the kernel has no BTF of %s as expected: containers are capped, but maps are not checked\n",
				TARGET);
		update_locked(NULL, false);
	}
	mutex_unlock(&arming);
}

static void target_disarm(void)
{
	mutex_lock(&arming);
	for (int i = N_HOOKS - 1; i >= 0; i--)
		probe_clear(i);
	guard_layout.known = false;
	target_there = false;
	mutex_unlock(&arming);
	guard_container_forget_all();
}

/* While a module is coming, its functions can be probed and have not run yet. */
static int on_module(struct notifier_block *block, unsigned long state, void *data)
{
	const struct module *module = data;

	if (!strcmp(module->name, "iommufd"))
		iommufd_there = state != MODULE_STATE_GOING;
	if (strcmp(module->name, TARGET))
		return NOTIFY_DONE;
	/* Handlers would take locks that sleep there (kernfs_rename_lock, for one). */
	if (state == MODULE_STATE_COMING && !IS_ENABLED(CONFIG_PREEMPT_RT))
		target_arm(false);
	else if (state == MODULE_STATE_GOING)
		target_disarm();
	return NOTIFY_DONE;
}

static struct notifier_block module_block = { .notifier_call = on_module };

bool guard_arm_armed(void)
{
	bool armed;

	mutex_lock(&arming);
	armed = target_there;
	for (int i = 0; i < N_HOOKS; i++)
		armed &= probes[i].set;
	mutex_unlock(&arming);
	return armed;
}

bool guard_arm_can_check(void)
{
	return READ_ONCE(probes[PIN].set) && guard_layout.known;
}

/* strlcat() is on its way out of the kernel. */
static void append(char *reason, const char *text, size_t size)
{
	const size_t length = strlen(reason);

	strscpy(reason + length, text, size - length);
}

static void reason_add(char *reason, size_t size, const char *text)
{
	if (reason[0])
		append(reason, "; ", size);
	append(reason, text, size);
}

static void reason_add_probe(char *reason, size_t size, int i)
{
	reason_add(reason, size, hooks[i]->symbol);
	append(reason, " cannot be probed", size);
}

void guard_arm_reason(char *reason, size_t size)
{
	reason[0] = '\0';
	mutex_lock(&arming);
	for (int i = 0; target_there && i < N_HOOKS; i++)
		if (!probes[i].set)
			reason_add_probe(reason, size, i);
	if (target_there && !guard_layout.known)
		reason_add(reason, size, "no BTF of " TARGET ": maps are not checked");
	if (iommufd_there)
		reason_add(reason, size, "iommufd is loaded: what goes through it is not enforced");
	if (!guard_cgroup_present())
		reason_add(reason, size, "no control group of version 2: no pattern can match");
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		reason_add(reason, size, "a PREEMPT_RT kernel");
	mutex_unlock(&arming);
}

u64 guard_arm_missed(enum viommu_guard_missed what)
{
	u64 count = READ_ONCE(missed_before[what]);

	for (int i = 0; i < N_HOOKS; i++)
		if (hooks[i]->missed == what)
			count += probe_missed(i);
	return count;
}

int guard_arm_init(void)
{
	const int error = register_module_notifier(&module_block);

	if (error)
		return error;
	iommufd_there = symbol_there("iommufd_fops_open");
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		target_arm(true);
	return 0;
}

void guard_arm_exit(void)
{
	unregister_module_notifier(&module_block);
	mutex_lock(&arming);
	stopping = true;
	mutex_unlock(&arming);
	target_disarm();
	cancel_work_sync(&set_soon);
	cancel_delayed_work_sync(&clear_later);
	/* A task may have been preempted on its way to guard_return(). */
	synchronize_rcu_tasks();
}
