// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** One message that is kept. */
struct outbox_packet {
	struct outbox_packet *next;
	enum wire_type type;
	uint64_t events;	/* that it stands for */
	size_t size;
	char data[];
};

void outbox_init(struct outbox *o)
{
	*o = (struct outbox){ .fd = -1 };
	o->last = &o->first;
}

static void first_drop(struct outbox *o)
{
	struct outbox_packet *p = o->first;

	o->first = p->next;
	if (!o->first)
		o->last = &o->first;
	o->bytes -= sizeof(*p) + p->size;
	free(p);
}

void outbox_taken(struct outbox *o, const struct wire_taken *said)
{
	/* The other end has no privileges: it is believed as far as it can be true. */
	if (said->events > o->taken && said->events <= o->given)
		o->taken = said->events;
	if (said->ticks > o->heard && said->ticks <= o->ticks)
		o->heard = said->ticks;
}

/* What the server has said last; that it is gone may be told before, once. */
static void answers_read(struct outbox *o)
{
	struct {
		struct wire_head head;
		struct wire_hello largest;
	} packet;
	enum wire_type type;
	const void *data;
	int err, ends = 0;

	do {
		err = wire_receive(o->fd, &packet, sizeof(packet), &type, &data);
		if (!err && type == WIRE_TAKEN)
			outbox_taken(o, data);
	} while (!err || (err == -EPIPE && !ends++));
}

void outbox_close(struct outbox *o)
{
	while (o->first) {
		o->lost += o->first->events;
		first_drop(o);
	}
	if (o->fd >= 0) {
		answers_read(o);
		close(o->fd);
	}
	o->lost += o->given - o->taken;
	o->given = o->taken = 0;
	o->fd = -1;
}

void outbox_open(struct outbox *o, int fd)
{
	outbox_close(o);
	o->ticks = o->heard = 0;
	o->fd = fd;
}

static int packet_keep(struct outbox *o, enum wire_type type, const void *data, uint64_t events)
{
	const size_t size = wire_size(type);
	struct outbox_packet *p;

	if (o->bytes + sizeof(*p) + size > OUTBOX_MAX)
		return -EAGAIN;
	p = malloc(sizeof(*p) + size);
	if (!p)
		return -EAGAIN;
	p->next = NULL;
	p->type = type;
	p->events = events;
	p->size = size;
	if (size)
		memcpy(p->data, data, size);
	*o->last = p;
	o->last = &p->next;
	o->bytes += sizeof(*p) + size;
	return 0;
}

static int packet_put(struct outbox *o, enum wire_type type, const void *data, uint64_t events)
{
	int err = outbox_flush(o);

	if (err)
		return err;
	if (o->first)
		return packet_keep(o, type, data, events);
	err = wire_send(o->fd, type, data, wire_size(type));
	if (!err) {
		o->given += events;
		return 0;
	}
	if (err == -EAGAIN)
		return packet_keep(o, type, data, events);
	outbox_close(o);
	return -ENOTCONN;
}

int outbox_put(struct outbox *o, enum wire_type type, const void *data)
{
	const uint64_t events = type == WIRE_EVENT ? ((const struct viommu_event *)data)->count : 0;
	const int err = packet_put(o, type, data, events);

	if (err)
		o->lost += events;
	else
		o->ticks += type == WIRE_TICK;
	return err;
}

int outbox_flush(struct outbox *o)
{
	if (o->fd < 0)
		return -ENOTCONN;
	while (o->first) {
		const int err = wire_send(o->fd, o->first->type, o->first->data, o->first->size);

		if (err == -EAGAIN)
			return 0;
		if (err) {
			outbox_close(o);
			return -ENOTCONN;
		}
		o->given += o->first->events;
		first_drop(o);
	}
	return 0;
}

bool outbox_pending(const struct outbox *o)
{
	return o->first;
}
