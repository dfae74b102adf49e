// SPDX-License-Identifier: GPL-2.0
/*
 * Where vfio_iommu_type1 keeps what this module needs. Its structures are private and differ from
 * kernel to kernel (the mutex before dma_list shrank in 7.x), so the offsets come from the BTF that
 * the kernel has of that module. Without BTF containers are still capped, but not checked.
 */
#include "layout.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "btf.h"

struct guard_layout guard_layout;

/* More than dma_entry_limit's default, and than ranges that an IOMMU has. */
#define MAPPINGS_MAX 1000000
#define DEPTH_MAX 64
/* The kernel's own is 5 MB. */
#define BTF_MAX (64 << 20)

struct member {
	const char *structure;
	const char *name;
	u32 *offset;
};

static const struct member members[] = {
	{ "vfio_iommu", "iova_list", &guard_layout.iommu_iova_list },
	{ "vfio_iommu", "lock", &guard_layout.iommu_lock },
	{ "vfio_iommu", "dma_list", &guard_layout.iommu_dma_list },
	{ "vfio_iova", "list", &guard_layout.iova_list },
	{ "vfio_iova", "end", &guard_layout.iova_end },
	{ "vfio_dma", "node", &guard_layout.dma_node },
	{ "vfio_dma", "iova", &guard_layout.dma_iova },
	{ "vfio_dma", "vaddr", &guard_layout.dma_vaddr },
	{ "vfio_dma", "size", &guard_layout.dma_size },
};

static const char *const pin_parameters[] = { "dma", "vaddr", "npage" };

/* sysfs gives a page at a time. */
static ssize_t read_all(struct file *file, void *data, size_t size)
{
	loff_t at = 0;

	while (at < size) {
		const ssize_t got = kernel_read(file, data + at, size - (size_t)at, &at);

		if (got <= 0)
			return got ? got : -EIO;
	}
	return (ssize_t)size;
}

/*
 * A file of sysfs as the first process sees it: the one that loads a module may be in a container.
 * Not by kernel_read_file(), to whose uses security modules want to have been introduced. Returns
 * the size or -errno; *data is for vfree().
 */
static ssize_t read_btf(const char *name, void **data)
{
	struct path root;
	struct file *file;
	ssize_t size;

	*data = NULL;
	task_lock(&init_task);
	get_fs_root(init_task.fs, &root);
	task_unlock(&init_task);
	file = file_open_root(&root, name, O_RDONLY, 0);
	path_put(&root);
	if (IS_ERR(file))
		return PTR_ERR(file);
	size = i_size_read(file_inode(file));
	if (size > 0 && size <= BTF_MAX)
		*data = vmalloc((size_t)size);
	size = *data ? read_all(file, *data, (size_t)size) : -EFBIG;
	fput(file);
	return size;
}

static bool members_find(const struct guard_btf *btf)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const int offset = guard_btf_offset(btf, members[i].structure, members[i].name);

		if (offset < 0)
			return false;
		*members[i].offset = (u32)offset;
	}
	return !guard_btf_params(btf, "vfio_pin_pages_remote", pin_parameters,
				 ARRAY_SIZE(pin_parameters));
}

void guard_layout_load(void)
{
	void *kernel_data, *module_data = NULL;
	struct guard_btf kernel, module;
	ssize_t size;

	guard_layout.known = false;
	size = read_btf("sys/kernel/btf/vmlinux", &kernel_data);
	if (size < 0 || guard_btf_init(&kernel, kernel_data, (size_t)size, NULL))
		goto out;
	size = read_btf("sys/kernel/btf/vfio_iommu_type1", &module_data);
	if (size < 0 || guard_btf_init(&module, module_data, (size_t)size, &kernel))
		goto out;
	guard_layout.known = members_find(&module);
out:
	vfree(module_data);
	vfree(kernel_data);
}

/* A word of memory that may be gone; 0 then. */
static unsigned long peek(const void *at)
{
	unsigned long word;

	return copy_from_kernel_nofault(&word, at, sizeof(word)) ? 0 : word;
}

/* Its low bits are flags (kernel/locking/mutex.c). */
static unsigned long lock_owner(const void *iommu)
{
	const struct mutex *lock = iommu + guard_layout.iommu_lock;

	return peek(&lock->owner) & ~7UL;
}

bool guard_iommu_locked(const void *iommu)
{
	return guard_layout.known && lock_owner(iommu) == (unsigned long)current;
}

u64 guard_iommu_usable_end(const void *iommu)
{
	const struct list_head *head = iommu + guard_layout.iommu_iova_list;
	const struct list_head *last;

	if (!guard_layout.known)
		return GUARD_NO_LIMIT;
	last = (void *)peek(&head->prev);
	if (!last || last == head)
		return GUARD_NO_LIMIT;
	return peek((const char *)last - guard_layout.iova_list + guard_layout.iova_end);
}

/* No two overlap, so the last one also ends last. */
u64 guard_iommu_highest(const void *iommu)
{
	const struct rb_node *node;
	const void *dma;

	if (!guard_layout.known)
		return 0;
	node = rb_last(&guard_member(iommu, struct rb_root, iommu_dma_list));
	if (!node)
		return 0;
	dma = (const char *)node - guard_layout.dma_node;
	return guard_member(dma, dma_addr_t, dma_iova) + guard_member(dma, size_t, dma_size) - 1;
}

static const struct rb_node *peek_last(const struct rb_node *node)
{
	const struct rb_node *right;

	for (int i = 0; node && i < DEPTH_MAX; i++) {
		right = (void *)peek(&node->rb_right);
		if (!right)
			break;
		node = right;
	}
	return node;
}

/* rb_prev() on memory that may be gone. */
static const struct rb_node *peek_prev(const struct rb_node *node)
{
	const struct rb_node *next = (void *)peek(&node->rb_left);

	if (next)
		return peek_last(next);
	for (int i = 0; i < DEPTH_MAX; i++) {
		next = (void *)(peek(&node->__rb_parent_color) & ~3UL);
		if (!next || (void *)peek(&next->rb_left) != node)
			return next;
		node = next;
	}
	return NULL;
}

u64 guard_iommu_count_above(const void *iommu, u64 limit)
{
	const struct rb_root *root = iommu + guard_layout.iommu_dma_list;
	const struct rb_node *node;
	u64 count = 0;

	if (!guard_layout.known)
		return 0;
	node = peek_last((void *)peek(&root->rb_node));
	for (; node && count < MAPPINGS_MAX; count++) {
		const char *dma = (const char *)node - guard_layout.dma_node;

		if (peek(dma + guard_layout.dma_iova) + peek(dma + guard_layout.dma_size) - 1 <=
		    limit)
			break;
		node = peek_prev(node);
	}
	return count;
}
