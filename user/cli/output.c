// SPDX-License-Identifier: GPL-2.0-or-later
/* The way of an event to its stream, whichever printer formats it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/printer.h"

void *output_alloc(size_t size, const struct output_opts *opts)
{
	struct output *out = calloc(1, size);

	if (!out)
		return NULL;
	out->file = opts->out;
	/* Names are UTF-8 whatever the user's locale; part of glibc since 2.35. */
	out->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return out;
}

void output_free(struct output *out)
{
	if (!out)
		return;
	if (out->fini)
		out->fini(out);
	if (out->utf8)
		freelocale(out->utf8);
	free(out);
}

/* The whole of an event in one write: lines of two writers to one file do not mix. */
static int output_write(struct output *out, const char *text, size_t len)
{
	errno = 0;
	if (fwrite(text, 1, len, out->file) != len || fflush(out->file))
		return errno ? -errno : -EIO;
	return 0;
}

static int output_format(struct output *out, FILE *f, const struct viommu_event *event)
{
	locale_t before = (locale_t)0;
	int ret;

	if (out->utf8)
		before = uselocale(out->utf8);
	ret = out->event(out, f, event);
	if (before)
		uselocale(before);
	return ret;
}

int output_event(struct output *out, const struct viommu_event *event)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (out->err)
		return out->err;
	f = open_memstream(&text, &len);
	if (!f) {
		out->err = -ENOMEM;
		return out->err;
	}
	out->err = output_format(out, f, event);
	if (fclose(f) && !out->err)
		out->err = -ENOMEM;
	if (!out->err)
		out->err = output_write(out, text, len);
	free(text);
	return out->err;
}

int output_flush(struct output *out)
{
	if (!out->err)
		out->err = output_write(out, "", 0);
	return out->err;
}

unsigned int output_terminal_width(FILE *f)
{
	struct winsize size;

	if (!isatty(fileno(f)))
		return 0;
	if (ioctl(fileno(f), TIOCGWINSZ, &size) || !size.ws_col)
		return 80;	/* a terminal that does not say: a serial line */
	return size.ws_col;
}

bool output_wants_color(FILE *f)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(f)) && (!no_color || !*no_color) && term && strcmp(term, "dumb");
}
