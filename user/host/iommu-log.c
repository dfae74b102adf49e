// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's log says of the IOMMUs. It is not readable for everyone, and may be gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "core/hostlog.h"
#include "host/iommu-parts.h"

/** The largest log that is read: the ring buffer of a kernel with log_buf_len=16M. */
#define LOG_MAX (16u << 20)

/* syslog(2) */
#define SYSLOG_ACTION_READ_ALL 3
#define SYSLOG_ACTION_SIZE_BUFFER 10

/* The kernel's own ring buffer, from its beginning. Bytes, or -errno. */
static ssize_t ring_read(char **text)
{
	const int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);
	int n;

	if (size <= 0)
		return size < 0 ? -errno : 0;
	*text = malloc((unsigned int)size < LOG_MAX ? (size_t)size : LOG_MAX);
	if (!*text)
		return -ENOMEM;
	n = klogctl(SYSLOG_ACTION_READ_ALL, *text,
		    (unsigned int)size < LOG_MAX ? size : (int)LOG_MAX);
	return n < 0 ? -errno : n;
}

/* Another machine's, kept as a file where this one has a device. */
static ssize_t file_read(char **text, const char *root)
{
	const int dir = host_dir_open(root, "dev");
	ssize_t n;

	if (dir < 0)
		return dir;
	*text = malloc(LOG_MAX);
	n = *text ? host_file_read(dir, "kmsg", *text, LOG_MAX) : -ENOMEM;
	close(dir);
	return n;
}

static int lines_read(struct machine *m, const char *text, size_t len)
{
	while (len) {
		const char *newline = memchr(text, '\n', len);
		const size_t n = newline ? (size_t)(newline - text) : len;
		const int ret = hostlog_line(m, text, n);

		if (ret < 0)
			return ret;
		text += newline ? n + 1 : n;
		len -= newline ? n + 1 : n;
	}
	return 0;
}

/* "virtio0", or the end of "arm-smmu-v3 2b400000.iommu". */
static bool is_called(const char *name, const char *device)
{
	const char *blank = strrchr(name, ' ');

	return !strcmp(blank ? blank + 1 : name, device);
}

static void unit_complete(struct machine_unit *u, const struct machine *log, const char *device)
{
	for (size_t i = 0; device[0] && i < log->unit_count; i++) {
		const struct machine_unit *from = &log->units[i];

		if (from->kind != u->kind || !is_called(from->name, device))
			continue;
		u->ias = from->ias;
		u->oas = from->oas;
		u->feature_count = from->feature_count;
		memcpy(u->features, from->features, sizeof(u->features));
	}
}

int iommu_log_read(struct machine *m, char (*devices)[64], const char *root)
{
	struct machine log;
	char *text = NULL;
	ssize_t n = root[0] ? file_read(&text, root) : ring_read(&text);
	int err = n == -ENOMEM ? -ENOMEM : 0;

	machine_init(&log);
	if (n > 0)
		err = lines_read(&log, text, (size_t)n);
	for (size_t i = 0; !err && i < m->unit_count; i++)
		if (m->units[i].kind == UNIT_SMMU || m->units[i].kind == UNIT_VIRTIO)
			unit_complete(&m->units[i], &log, devices[i]);
	machine_fini(&log);
	free(text);
	return err;
}
