// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for the web server: what one client sends, over a socket, to the handlers. The
 * first byte says in how many pieces it comes.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "export/http.h"

/* Turns of the loop in which an answer is there; each waits a millisecond at most. */
#define TURNS_MAX 500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct harness {
	struct http_server *server;
	struct sockaddr_un address;
	socklen_t address_len;
	char *answer;
	size_t room;
};

static void vm_add(struct ledger *l, const char *name, uint32_t pid)
{
	static struct ledger_process p;
	static struct viommu_event event;

	p.pid = pid;
	p.start_time = pid;
	snprintf(p.vm.name, sizeof(p.vm.name), "%s", name);
	p.vm.source = VIOMMU_VM_LIBVIRT;
	p.viommu_bits = 64;
	strcpy(p.viommu, "virtio-iommu");
	event.type = VIOMMU_EVENT_MAP;
	event.vm = p.vm;
	event.pid = pid;
	event.count = 1;
	event.result = -EINVAL;
	event.ev.err = EINVAL;
	viommu_diagnose(&event.ev, &event.diag);
	if (ledger_add_process(l, &p, 1) || ledger_add_event(l, &event))
		abort();
}

static void harness_init(struct harness *h)
{
	struct ledger *l = ledger_new();
	const struct http_source source = { .ledger = l, .host = "host", .max_series = 1000 };
	struct http_opts opts = { .local = true, .max_connections = 8, .timeout = 5 };
	char why[256];

	vm_add(l, "guest1", 1);
	vm_add(l, "<script>\"'&", 2);
	h->address.sun_family = AF_UNIX;
	h->address_len = sizeof(h->address);
	opts.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	/* a name of the kernel's choice, that no file has */
	if (bind(opts.listen_fd, (struct sockaddr *)&h->address, sizeof(sa_family_t)) ||
	    listen(opts.listen_fd, 8) ||
	    getsockname(opts.listen_fd, (struct sockaddr *)&h->address, &h->address_len) ||
	    http_server_new(&h->server, &opts, &source, why, sizeof(why)))
		abort();
	h->room = 1 << 20;
	h->answer = malloc(h->room);
}

/* Send what there is room for, let the server work, take what it says. */
static size_t talk(struct harness *h, int fd, const char *data, size_t size, size_t piece)
{
	size_t len = 0;

	for (unsigned int turn = 0; turn < TURNS_MAX; turn++) {
		struct pollfd p = { http_server_fd(h->server), POLLIN, 0 };
		const size_t part = piece < size ? piece : size;
		ssize_t n = send(fd, data, part, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
		if (!size || (n < 0 && errno != EAGAIN))
			shutdown(fd, SHUT_WR);
		poll(&p, 1, 1);
		if (http_server_run(h->server))
			abort();
		n = recv(fd, h->answer + len, h->room - len - 1, MSG_DONTWAIT);
		if (!n || (n < 0 && errno != EAGAIN))
			return len;
		len += n > 0 ? (size_t)n : 0;
	}
	abort();	/* it hangs */
}

/* Several answers may have come. In those that are pages, names are text. */
static void pages_check(char *answer)
{
	char *end;

	for (char *page = answer; (page = strstr(page, "<!DOCTYPE html>")); page = end) {
		end = strstr(page, "</html>");
		if (!end)	/* the client went away */
			return;
		*end++ = '\0';
		if (strstr(page, "<script"))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct harness h;
	size_t len;
	int fd;

	if (!h.server)
		harness_init(&h);
	if (!size)
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&h.address, h.address_len))
		abort();
	len = talk(&h, fd, (const char *)data + 1, size - 1, 1 + size / (1 + data[0] % 8));
	close(fd);
	h.answer[len] = '\0';
	if (len && strncmp(h.answer, "HTTP/1.", 7))
		abort();
	pages_check(h.answer);
	return 0;
}
