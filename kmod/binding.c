// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that are bound to a policy by name (viommuctl policy run), and what they fork. The key
 * is the process's signal_struct: all its threads share it, exec keeps it, and it lives until after
 * the tracepoint of the last thread's exit. The tracepoints are there only while anything is bound.
 */
#include "binding.h"

#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "denial.h"
#include "policy.h"

struct binding {
	struct hlist_node node;
	struct rcu_head rcu;
	/* Not dereferenced. */
	const struct signal_struct *process;
	/* Of the present set; NULL: it has no policy of that name. */
	const struct guard_policy __rcu *policy;
	char name[VIOMMU_GUARD_NAME_LEN];
};

static DEFINE_HASHTABLE(bindings, 8);
static DEFINE_SPINLOCK(bindings_lock);
static atomic_t n_bindings;

static DEFINE_MUTEX(tracepoints_mutex);
static struct tracepoint *fork_point, *exit_point;
static bool tracepoints_set;

static struct binding *binding_find(const struct signal_struct *process)
{
	struct binding *binding;

	hash_for_each_possible_rcu(bindings, binding, node, (unsigned long)process)
		if (binding->process == process)
			return binding;
	return NULL;
}

static void remove_locked(const struct signal_struct *process)
{
	struct binding *binding = binding_find(process);

	if (!binding)
		return;
	hash_del_rcu(&binding->node);
	atomic_dec(&n_bindings);
	kfree_rcu(binding, rcu);
}

static void binding_remove(const struct signal_struct *process)
{
	spin_lock(&bindings_lock);
	remove_locked(process);
	spin_unlock(&bindings_lock);
}

/* Instead of one that the process may have. */
static void add_locked(struct binding *binding)
{
	remove_locked(binding->process);
	hash_add_rcu(bindings, &binding->node, (unsigned long)binding->process);
	atomic_inc(&n_bindings);
}

/*
 * What @parent is bound to is read under the lock: a policy read before guard_bindings_reevaluate()
 * must not get into the table after it. 0, -ENOMEM.
 */
static int binding_inherit(const struct signal_struct *parent, const struct signal_struct *child)
{
	struct binding *copy = kzalloc(sizeof(*copy), GFP_ATOMIC | __GFP_NOWARN);
	const struct binding *binding;

	if (!copy)
		return -ENOMEM;
	spin_lock(&bindings_lock);
	binding = binding_find(parent);
	if (binding) {
		copy->process = child;
		strscpy(copy->name, binding->name, sizeof(copy->name));
		RCU_INIT_POINTER(copy->policy, rcu_access_pointer(binding->policy));
		add_locked(copy);
		copy = NULL;
	}
	spin_unlock(&bindings_lock);
	kfree(copy);
	return 0;
}

/*
 * The child does not run yet. One that cannot inherit its binding must not run unbound: that would
 * be a way out of a policy, so it is killed, as if the fork had failed.
 */
static void on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	const struct binding *binding;

	if (child->signal == parent->signal || !atomic_read(&n_bindings))
		return;
	rcu_read_lock();
	binding = binding_find(parent->signal);
	if (binding && binding_inherit(parent->signal, child->signal)) {
		guard_missed(VIOMMU_GUARD_MISSED_TABLE);
		pr_warn_ratelimited("no memory to bind process %d to policy %s: it is killed\n",
				    child->tgid, binding->name);
		send_sig(SIGKILL, child, 1);
	}
	rcu_read_unlock();
}

static void on_exit(void *data, struct task_struct *task)
{
	if (atomic_read(&n_bindings) && atomic_read(&task->signal->live) == 0)
		binding_remove(task->signal);
}

static void find_point(struct tracepoint *point, void *data)
{
	if (!strcmp(point->name, "sched_process_fork"))
		fork_point = point;
	else if (!strcmp(point->name, "sched_process_exit"))
		exit_point = point;
}

static int tracepoints_register(void)
{
	int error = 0;

	mutex_lock(&tracepoints_mutex);
	if (tracepoints_set)
		goto out;
	error = -ENOENT;
	for_each_kernel_tracepoint(find_point, NULL);
	if (!fork_point || !exit_point)
		goto out;
	error = tracepoint_probe_register(exit_point, on_exit, NULL);
	if (error)
		goto out;
	error = tracepoint_probe_register(fork_point, on_fork, NULL);
	if (error)
		tracepoint_probe_unregister(exit_point, on_exit, NULL);
	tracepoints_set = !error;
out:
	mutex_unlock(&tracepoints_mutex);
	return error;
}

int guard_bind_current(const char *name)
{
	const struct guard_set *set;
	struct binding *binding;
	int error;

	if (!name[0]) {
		binding_remove(current->signal);
		return 0;
	}
	error = tracepoints_register();
	if (error)
		return error;
	binding = kzalloc(sizeof(*binding), GFP_KERNEL_ACCOUNT);
	if (!binding)
		return -ENOMEM;
	binding->process = current->signal;
	strscpy(binding->name, name, sizeof(binding->name));
	rcu_read_lock();
	spin_lock(&bindings_lock);
	set = guard_set_current();
	RCU_INIT_POINTER(binding->policy, set ? guard_policy_by_name(set, name) : NULL);
	add_locked(binding);
	spin_unlock(&bindings_lock);
	rcu_read_unlock();
	return 0;
}

const struct guard_policy *guard_binding_of_current(const struct guard_set *set)
{
	const struct binding *binding;

	if (likely(!atomic_read(&n_bindings)))
		return NULL;
	binding = binding_find(current->signal);
	return binding ? rcu_dereference(binding->policy) : NULL;
}

void guard_binding_name(char name[VIOMMU_GUARD_NAME_LEN])
{
	const struct binding *binding = NULL;

	if (atomic_read(&n_bindings))
		binding = binding_find(current->signal);
	strscpy(name, binding ? binding->name : "", VIOMMU_GUARD_NAME_LEN);
}

void guard_bindings_reevaluate(const struct guard_set *set)
{
	struct binding *binding;
	int bucket;

	spin_lock(&bindings_lock);
	hash_for_each(bindings, bucket, binding, node)
		rcu_assign_pointer(binding->policy, guard_policy_by_name(set, binding->name));
	spin_unlock(&bindings_lock);
}

void guard_binding_exit(void)
{
	struct hlist_node *next;
	struct binding *binding;
	int bucket;

	if (tracepoints_set) {
		tracepoint_probe_unregister(fork_point, on_fork, NULL);
		tracepoint_probe_unregister(exit_point, on_exit, NULL);
		tracepoint_synchronize_unregister();
	}
	hash_for_each_safe(bindings, bucket, next, binding, node) {
		hash_del(&binding->node);
		kfree(binding);
	}
	/* Those that went by kfree_rcu() are plain memory; nothing of this module runs for them. */
}
