// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets between collector and server. The receiver believes no length, index or text. */
#include "daemon/wire.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>


/** What follows the head, by enum wire_type. The summary is the last member of an event. */
static const size_t sizes[] = {
	[WIRE_HELLO] = sizeof(struct wire_hello),
	[WIRE_PROCESS] = sizeof(struct ledger_process),
	[WIRE_PROCESS_END] = sizeof(struct ledger_process),
	[WIRE_CONTAINER] = sizeof(struct viommu_container),
	[WIRE_CONTAINER_BEFORE] = sizeof(struct viommu_container),
	[WIRE_EVENT] = offsetof(struct viommu_event, summary),
	[WIRE_LOST] = sizeof(struct wire_lost),
	[WIRE_GROUP] = sizeof(struct ledger_group),
	[WIRE_GUARD] = sizeof(struct ledger_guard),
	[WIRE_TAKEN] = sizeof(struct wire_taken),
	[WIRE_POLICIES] = sizeof(struct wire_policies),
	[WIRE_PROGRAM] = sizeof(struct wire_program),
	[WIRE_PROBLEM] = sizeof(struct wire_problem),
	[WIRE_TICK] = 0,
	[WIRE_RELOAD] = 0,
};

#define NR_TYPES (sizeof(sizes) / sizeof(sizes[0]))

size_t wire_size(enum wire_type type)
{
	return type >= WIRE_HELLO && type < NR_TYPES ? sizes[type] : 0;
}

int wire_send(int fd, enum wire_type type, const void *data, size_t size)
{
	struct wire_head head = { .type = type, .size = (uint32_t)size };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)data, size } };
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = size ? 2 : 1 };
	ssize_t n;

	do {
		n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	/* Without memory for the packet in the kernel there is no room either. */
	return errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM ? -EAGAIN : -errno;
}

/* Ends a text that the sender should have ended. */
#define TEXT_END(text) ((text)[sizeof(text) - 1] = '\0')

static bool ranges_valid(const struct iova_ranges *set)
{
	struct iova_ranges checked;

	return set->count <= VIOMMU_MAX_RANGES && !iova_ranges_init(&checked, set->r, set->count);
}

/*
 * bool is read by the compiler as 0 or 1, and anything else is undefined: so each that a packet
 * holds is looked at as a byte.
 */
static bool is_bool(const bool *value)
{
	unsigned char byte;

	memcpy(&byte, value, sizeof(byte));
	return byte <= 1;
}

static bool vm_check(struct viommu_vm *vm)
{
	TEXT_END(vm->name);
	TEXT_END(vm->uuid);
	TEXT_END(vm->manager);
	return (unsigned int)vm->source < VIOMMU_NR_VM_SOURCES &&
	       (unsigned int)vm->vmm <= VIOMMU_VMM_OTHER;
}

static bool process_check(struct ledger_process *p)
{
	TEXT_END(p->viommu);
	return vm_check(&p->vm) && p->viommu_bits <= 64;
}

static bool container_check(struct viommu_container *c)
{
	TEXT_END(c->comm);
	return c->id && c->slot < VIOMMU_MAX_CONTAINERS && c->group_count <= VIOMMU_MAX_GROUPS &&
	       c->range_count <= VIOMMU_MAX_RANGES &&
	       (c->state == VIOMMU_CONTAINER_LIVE || c->state == VIOMMU_CONTAINER_DEAD);
}

static bool evidence_check(const struct viommu_evidence *ev)
{
	const bool *const flags[] = {
		&ev->has_range, &ev->flags_unknown, &ev->no_driver, &ev->retried, &ev->ranges_cut,
		&ev->top_unknown, &ev->x86_host, &ev->backing_guessed, &ev->gave_up,
		&ev->status_ignored, &ev->denied, &ev->has_dma_avail, &ev->has_memlock,
		&ev->cap_ipc_lock,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!is_bool(flags[i]))
			return false;
	return ranges_valid(&ev->ranges) && viommu_limit_name(ev->limit_from) &&
	       viommu_backing_name(ev->backing) && viommu_path_name(ev->path) &&
	       (unsigned int)ev->vmm <= VIOMMU_VMM_OTHER &&
	       (unsigned int)ev->api <= VIOMMU_API_UNKNOWN &&
	       (unsigned int)ev->said < VIOMMU_NR_SAID;
}

static bool diagnosis_check(struct viommu_diagnosis *d)
{
	TEXT_END(d->detail);
	if (!viommu_reason_name(d->reason) || !viommu_severity_name(d->severity) ||
	    d->remedy_count > VIOMMU_MAX_REMEDIES || d->candidate_count > VIOMMU_MAX_CANDIDATES ||
	    d->need_count > VIOMMU_MAX_NEEDS)
		return false;
	for (size_t i = 0; i < d->remedy_count; i++) {
		TEXT_END(d->remedies[i].text);
		TEXT_END(d->remedies[i].option);
		if (!viommu_remedy_for_name(d->remedies[i].who))
			return false;
	}
	for (size_t i = 0; i < d->candidate_count; i++)
		if (!viommu_reason_name(d->candidates[i]))
			return false;
	for (size_t i = 0; i < d->need_count; i++)
		TEXT_END(d->needs[i]);
	return true;
}

static bool event_check(struct viommu_event *e)
{
	TEXT_END(e->comm);
	TEXT_END(e->container);
	TEXT_END(e->request.device);
	TEXT_END(e->denier.policy);
	TEXT_END(e->denier.file);
	TEXT_END(e->denier.message);
	if (e->device_count > VIOMMU_MAX_DEVICES)
		return false;
	for (size_t i = 0; i < e->device_count; i++)
		TEXT_END(e->devices[i]);
	return viommu_event_name(e->type) && e->type != VIOMMU_EVENT_SUMMARY && e->count &&
	       e->result <= 0 && (unsigned int)e->lost < VIOMMU_NR_LOST &&
	       (unsigned int)e->request.source <= VIOMMU_SOURCE_QEMU && vm_check(&e->vm) &&
	       evidence_check(&e->ev) && diagnosis_check(&e->diag);
}

static bool group_check(struct ledger_group *g)
{
	for (size_t i = 0; i < VIOMMU_MAX_RANGES; i++)
		TEXT_END(g->hole_types[i]);
	return is_bool(&g->gone) && g->id >= 0 && g->max_bits <= 64 && g->safe_bits <= 64 &&
	       ranges_valid(&g->ranges);
}

static bool guard_check(struct ledger_guard *g)
{
	TEXT_END(g->reason);
	for (size_t i = 0; i < sizeof(g->missed) / sizeof(g->missed[0]); i++)
		TEXT_END(g->missed[i].name);
	return is_bool(&g->up) && is_bool(&g->armed);
}

static bool hello_check(struct wire_hello *h)
{
	TEXT_END(h->viommu_version);
	TEXT_END(h->host);
	return true;
}

static bool program_check(struct wire_program *p)
{
	TEXT_END(p->name);
	return p->name[0] && p->attached <= 1;
}

static bool problem_check(struct wire_problem *p)
{
	TEXT_END(p->text);
	return true;
}

static bool payload_check(enum wire_type type, void *data)
{
	switch (type) {
	case WIRE_HELLO:
		return hello_check(data);
	case WIRE_PROCESS:
	case WIRE_PROCESS_END:
		return process_check(data);
	case WIRE_CONTAINER:
	case WIRE_CONTAINER_BEFORE:
		return container_check(data);
	case WIRE_EVENT:
		return event_check(data);
	case WIRE_GROUP:
		return group_check(data);
	case WIRE_GUARD:
		return guard_check(data);
	case WIRE_PROGRAM:
		return program_check(data);
	case WIRE_PROBLEM:
		return problem_check(data);
	default:
		return true;
	}
}

int wire_receive(int fd, void *buf, size_t buf_size, enum wire_type *type, const void **data)
{
	struct wire_head *head = buf;
	void *payload = head + 1;
	ssize_t n;

	do {
		/* MSG_TRUNC: the packet's own length, also of one that does not fit. */
		n = recv(fd, buf, buf_size, MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : errno == ECONNRESET ? -EPIPE : -errno;
	if (!n)
		return -EPIPE;
	if ((size_t)n < sizeof(*head) || (size_t)n > buf_size)
		return -EPROTO;
	if (head->type < WIRE_HELLO || head->type >= NR_TYPES || head->size != sizes[head->type] ||
	    (size_t)n != sizeof(*head) + head->size)
		return -EPROTO;
	/* Its reader takes a whole event. */
	if (head->type == WIRE_EVENT) {
		if (buf_size < sizeof(*head) + sizeof(struct viommu_event))
			return -EPROTO;
		memset((char *)payload + head->size, 0, sizeof(struct viommu_event) - head->size);
	}
	if (!payload_check(head->type, payload))
		return -EPROTO;
	*type = head->type;
	*data = payload;
	return 0;
}
