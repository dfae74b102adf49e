// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/guard-link.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "trace/kernel.h"
#include "trace/message.h"

#define MODULE "viommu_guard"

/* Its folder in sysfs is another one each time that it is loaded. 0: it is not. */
static ino_t module_now(void)
{
	struct stat st;

	if (!kernel_module_live(MODULE) || stat("/sys/module/" MODULE, &st))
		return 0;
	return st.st_ino;
}

/*
 * Denials that the module itself had to drop. A refusal whose end it did not see kept EINVAL, and
 * was not counted, or not told: of the two counters one may include the other.
 */
static uint64_t missed_of(const struct guard_status *s)
{
	const uint64_t unlabelled = s->missed[VIOMMU_GUARD_MISSED_ERRNO];
	const uint64_t uncounted = s->missed[VIOMMU_GUARD_MISSED_COUNT];

	return s->missed[VIOMMU_GUARD_MISSED_EVENT] +
	       (unlabelled > uncounted ? unlabelled : uncounted);
}

static int link_open(struct guard_link *link, char why[GUARD_WHY_LEN])
{
	struct guard_status status;
	int err = guard_open(&link->denials, why);

	if (!err)
		err = guard_listen(link->denials, why);
	if (!err)
		err = guard_open(&link->status, why);
	if (!err)
		err = guard_get_status(link->status, &status, why);
	if (!err)
		link->missed = missed_of(&status);
	return err;
}

static void link_close(struct guard_link *link)
{
	guard_close(link->denials);
	guard_close(link->status);
	link->denials = link->status = NULL;
}

void guard_link_tick(struct guard_link *link, const struct tracer_sink *sink)
{
	const ino_t module = module_now();
	char why[GUARD_WHY_LEN];

	if (module == link->module)
		return;
	link_close(link);
	link->module = module;
	if (!module || !link_open(link, why))
		return;
	link_close(link);
	sink_say(sink, TRACER_WARNING, "denials of " MODULE " are shown as failures like any other: %s",
		 why);
}

void guard_link_fini(struct guard_link *link)
{
	link_close(link);
	memset(link, 0, sizeof(*link));
}

bool guard_link_connected(const struct guard_link *link)
{
	return link->denials;
}

int guard_link_fd(const struct guard_link *link)
{
	return link->denials ? guard_fd(link->denials) : -1;
}

void guard_link_read(struct guard_link *link, guard_denial_fn fn, void *ctx)
{
	if (link->denials)
		guard_read_denials(link->denials, fn, ctx, &link->lost);
}

void guard_link_count(struct guard_link *link)
{
	struct guard_status status;
	char why[GUARD_WHY_LEN];
	uint64_t missed;

	if (!link->status || guard_get_status(link->status, &status, why))
		return;
	missed = missed_of(&status);
	if (missed > link->missed)
		link->lost += missed - link->missed;
	link->missed = missed;
}
