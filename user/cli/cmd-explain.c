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
#include "cli/explain-follow.h"
#include "cli/explain-tell.h"
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
		"  journalctl -f | viommuctl explain      each as it comes\n"
		"  dmesg | viommuctl explain - guest1.log   both together: one is evidence for the other\n",
	.found = "a failure was found",
	.reads_input = true,
	.operands = "[FILE]...",
	.options = explain_options,
	.option_count = sizeof(explain_options) / sizeof(explain_options[0]),
};

/* All that is read, and who is told of it. */
struct session {
	struct explain_output output;
	struct log *log;
	struct log *view;		/* what was found so far of input that goes on */
	struct explain_told *told;	/* of the same; both NULL if there is none */
	bool ended;			/* by a signal */
	int write_err;			/* -errno of the output */
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

static void session_feed(void *ctx, const char *data, size_t len)
{
	struct session *s = ctx;

	log_feed(s->log, data, len);
}

static int session_pause(void *ctx)
{
	struct session *s = ctx;

	log_preview(s->view, s->log);
	s->write_err = explain_tell(&s->output, s->told, s->view);
	return s->write_err;
}

static int input_follow(struct session *s, int fd, char *buf)
{
	const struct explain_reader reader = { session_feed, session_pause, s };
	int err;

	if (!s->view)
		s->view = log_new();
	if (!s->told)
		s->told = explain_told_new();
	if (!s->view || !s->told)
		return -ENOMEM;
	err = explain_follow(fd, &reader, buf, CHUNK);
	s->ended = err == -EINTR;
	return s->ended ? 0 : err;
}

static int input_read(struct session *s, int fd, char *buf)
{
	if (explain_is_live(fd))
		return input_follow(s, fd, buf);
	for (;;) {
		const ssize_t n = read(fd, buf, CHUNK);

		if (n > 0)
			log_feed(s->log, buf, (size_t)n);
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
static int explain_file(struct session *s, const char *name, char *buf)
{
	char vm[LOG_TEXT_MAX];
	int fd = input_open(name);
	int err;

	/* Also one that cannot be read is counted: findings name their file by its number. */
	log_file(s->log, vm_of_path(name, vm, sizeof(vm)) ? vm : NULL);
	if (fd < 0) {
		complain(name, -fd, NULL);
		return fd;
	}
	if (is_compressed(fd)) {
		complain(name, 0, "it is compressed; give what zcat, xzcat or zstdcat makes of it");
		close(fd);
		return -EINVAL;
	}
	err = input_read(s, fd, buf);
	if (err && !s->write_err)
		complain(!strcmp(name, "-") ? "standard input" : name, -err, NULL);
	close(fd);
	return err;
}

static int explain_all(struct session *s)
{
	char *buf = malloc(CHUNK);
	int err = 0;

	if (!buf)
		return -ENOMEM;
	for (size_t i = 0; i < s->output.count && !s->ended && !s->write_err; i++) {
		const int ret = explain_file(s, s->output.names[i], buf);

		err = err ? err : ret;
	}
	free(buf);
	return err;
}

static int explain_print(struct session *s)
{
	int err = s->write_err;

	if (!err)
		err = explain_tell(&s->output, s->told, s->log);
	if (!err && !s->output.json)
		err = explain_table_end(&s->output, s->log);
	if (err)
		fprintf(stderr, "viommuctl explain: error: cannot write the output: %s\n",
			strerror(-err));
	return err;
}

static int session_run(struct session *s)
{
	const int err = explain_all(s);

	log_finish(s->log);
	explain_losses(stderr, s->log);
	/* Of what could not be read, "nothing found" would mislead. */
	if (err && !log_statistics(s->log)->bytes)
		return EXIT_INPUT;
	if (explain_print(s))
		return EXIT_FAILED;
	if (err)
		return err == -ENOMEM ? EXIT_FAILED : EXIT_INPUT;
	return log_count(s->log) ? EXIT_FOUND : EXIT_DONE;
}

static int explain_run(int argc, char **argv)
{
	static char stdin_name[] = "-";
	char *standard[] = { stdin_name };
	struct command_opts opts = { .json = false };
	int code = options_parse(&explain_program, argc, argv, &opts);
	struct session s = { .output = { stdout, opts.json, standard, 1 } };

	if (code >= 0)
		return code;
	if (optind < argc) {
		s.output.names = argv + optind;
		s.output.count = (size_t)(argc - optind);
	}
	s.log = log_new();
	if (!s.log) {
		fprintf(stderr, "viommuctl explain: error: out of memory\n");
		return EXIT_FAILED;
	}
	code = session_run(&s);
	explain_told_free(s.told);
	log_free(s.view);
	log_free(s.log);
	return code;
}

const struct command command_explain = { &explain_program, explain_run };
