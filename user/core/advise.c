// SPDX-License-Identifier: GPL-2.0-or-later
/* Which aw-bits a VM should have: puts the parts of the answer together. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advise-parts.h"

void advise_note(struct advising *s, enum advice_kind kind, const char *source, const char *fmt,
		 ...)
{
	struct advice_note *note;
	va_list args;

	if (s->a->note_count == ADVICE_MAX_NOTES)
		return;
	note = &s->a->notes[s->a->note_count++];
	note->kind = kind;
	snprintf(note->source, sizeof(note->source), "%s", source);
	va_start(args, fmt);
	vsnprintf(note->text, sizeof(note->text), fmt, args);
	va_end(args);
}

bool advise_qemu_known(const struct guest *g)
{
	return g && g->qemu_version[0];
}

bool advise_qemu_at_least(const struct guest *g, unsigned int major, unsigned int minor)
{
	return advise_qemu_known(g) &&
	       (g->qemu_version[0] > major ||
		(g->qemu_version[0] == major && g->qemu_version[1] >= minor));
}

bool advise_machine_version(const struct guest *g, unsigned int *major, unsigned int *minor)
{
	const char *dash = strrchr(g->machine, '-');

	return dash && sscanf(dash + 1, "%3u.%3u", major, minor) == 2;
}

bool advise_is_x86(const struct advising *s)
{
	const char *arch = s->g && s->g->arch[0] ? s->g->arch : s->m->arch;

	return strncmp(arch, "aarch64", 7) && strncmp(arch, "arm", 3);
}

void advise(struct advice *a, const struct machine *m, const struct guest *guest)
{
	struct advising s = { .a = a, .m = m, .g = guest, .told = TRI_UNKNOWN };

	memset(a, 0, sizeof(*a));
	advise_width(&s);
	advise_told(&s);
	advise_model(&s);
	advise_low_holes(&s);
	advise_memory(&s);
	advise_lower(&s);
	advise_migration(&s);
	advise_options(&s);
}
