// SPDX-License-Identifier: GPL-2.0-or-later
/* viommuctl explain: finds failures of DMA mappings in logs, says why and what to do. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/explain-output.h"
#include "host/text.h"

#define CHUNK (256 * 1024)

static const struct option_desc explain_options[] = {
	COMMAND_OUTPUT("one finding a line"),
};

static const struct program_desc explain_program = {
	.name = "viommuctl explain",
	.synopsis = "find failures of DMA mappings in logs, and say why and what to do",
	.examples =
		"  viommuctl explain /var/log/libvirt/qemu/guest1.log\n"
		"  journalctl -b | viommuctl explain\n"
		"  dmesg | viommuctl explain - guest1.log   both together: one is evidence for the other\n",
	.found = "a failure was found",
	.reads_input = true,
	.operands = "[FILE]...",
	.options = explain_options,
	.option_count = sizeof(explain_options) / sizeof(explain_options[0]),
};

static void complain(const char *name, int err, const char *what)
{
	char safe[1024];

	host_text_clean(safe, sizeof(safe), name, strlen(name));
	fprintf(stderr, "viommuctl explain: error: cannot read %s: %s\n", safe,
		what ? what : strerror(err));
}

/* "guest1" of ".../libvirt/qemu/guest1.log", also if it was rotated ("guest1.log.1"). */
static bool vm_of_path(const char *path, char *vm, size_t size)
{
	static const char folder[] = "libvirt/qemu/";
	const char *name = strstr(path, folder);
	const char *end;

	if (!name)
		return false;
	name += sizeof(folder) - 1;
	end = strstr(name, ".log");
	if (!end || end == name || strchr(name, '/'))
		return false;
	host_text_clean(vm, size, name, (size_t)(end - name));
	return true;
}

static int input_open(const char *name)
{
	struct stat st;
	int fd;

	if (!strcmp(name, "-"))
		return dup(STDIN_FILENO);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		close(fd);
		return -EISDIR;
	}
	return fd;
}

static int input_read(struct log *log, int fd, char *buf, size_t size)
{
	for (;;) {
		const ssize_t n = read(fd, buf, size);

		if (n > 0)
			log_feed(log, buf, (size_t)n);
		else if (!n)
			return 0;
		else if (errno != EINTR)
			return -errno;
	}
}

/* gzip's first bytes: rotated logs are compressed. */
static bool is_compressed(int fd)
{
	unsigned char magic[4];
	const ssize_t n = pread(fd, magic, sizeof(magic), 0);

	return (n >= 2 && magic[0] == 0x1f && magic[1] == 0x8b) ||
	       (n >= 4 && !memcmp(magic, "\xfd" "7zX", 4)) ||
	       (n >= 4 && !memcmp(magic, "\x28\xb5\x2f\xfd", 4));
}

/* 0, or -errno with an explanation on stderr. */
static int explain_file(struct log *log, const char *name, char *buf)
{
	char vm[LOG_TEXT_MAX];
	int fd = input_open(name);
	int err;

	/* Also one that cannot be read is counted: findings name their file by its number. */
	log_file(log, vm_of_path(name, vm, sizeof(vm)) ? vm : NULL);
	if (fd < 0) {
		complain(name, -fd, NULL);
		return fd;
	}
	if (is_compressed(fd)) {
		complain(name, 0, "it is compressed; give what zcat, xzcat or zstdcat makes of it");
		close(fd);
		return -EINVAL;
	}
	err = input_read(log, fd, buf, CHUNK);
	if (err)
		complain(!strcmp(name, "-") ? "standard input" : name, -err, NULL);
	close(fd);
	return err;
}

static int explain_all(struct log *log, char **names, size_t count)
{
	char *buf = malloc(CHUNK);
	int err = 0;

	if (!buf)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const int ret = explain_file(log, names[i], buf);

		err = err ? err : ret;
	}
	free(buf);
	return err;
}

static int explain_print(const struct log *log, char **names, size_t count, bool json)
{
	int err = json ? explain_json(stdout, log, names)
		       : explain_table(stdout, log, names, count);

	if (!err && (fflush(stdout) || ferror(stdout)))
		err = errno ? -errno : -EIO;
	if (err)
		fprintf(stderr, "viommuctl explain: error: cannot write the output: %s\n",
			strerror(-err));
	return err;
}

static int explain_run(int argc, char **argv)
{
	static char stdin_name[] = "-";
	char *standard[] = { stdin_name };
	struct command_opts opts = { .json = false };
	int code = options_parse(&explain_program, argc, argv, &opts);
	char **names = standard;
	size_t count = 1;
	struct log *log;
	int err;

	if (code >= 0)
		return code;
	if (optind < argc) {
		names = argv + optind;
		count = (size_t)(argc - optind);
	}
	log = log_new();
	if (!log) {
		fprintf(stderr, "viommuctl explain: error: out of memory\n");
		return EXIT_FAILED;
	}
	err = explain_all(log, names, count);
	log_finish(log);
	explain_losses(stderr, log);
	/* Of what could not be read, "nothing found" would mislead. */
	if (err && !log_statistics(log)->bytes)
		code = EXIT_INPUT;
	else if (explain_print(log, names, count, opts.json))
		code = EXIT_FAILED;
	else if (err)
		code = err == -ENOMEM ? EXIT_FAILED : EXIT_INPUT;
	else
		code = log_count(log) ? EXIT_FOUND : EXIT_DONE;
	log_free(log);
	return code;
}

const struct command command_explain = { &explain_program, explain_run };
