// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of all vocabularies, made from the tables in vocab.h and event.h. */
#include <errno.h>
#include <string.h>

#include "event.h"
#include "vocab.h"

/* Vocabularies whose enum is in record.h: the table here must have an entry for each value. */
#define X(sym, name, meaning) + 1
_Static_assert(0 VIOMMU_BACKINGS(X) == VIOMMU_NR_BACKING, "a backing has no name");
_Static_assert(0 VIOMMU_LOSSES(X) == VIOMMU_NR_LOST, "a loss has no name");
#undef X

static const char *name_at(const char *const *names, size_t count, size_t index)
{
	return index < count ? names[index] : NULL;
}

#define NAME_AT(names, index) name_at(names, sizeof(names) / sizeof((names)[0]), (size_t)(index))

const char *viommu_reason_name(enum viommu_reason reason)
{
#define X(sym, name, meaning) [VIOMMU_REASON_##sym] = name,
	static const char *const names[] = { VIOMMU_REASONS(X) };
#undef X

	return NAME_AT(names, reason);
}

const char *viommu_reason_meaning(enum viommu_reason reason)
{
#define X(sym, name, meaning) [VIOMMU_REASON_##sym] = meaning,
	static const char *const meanings[] = { VIOMMU_REASONS(X) };
#undef X

	return NAME_AT(meanings, reason);
}

#define X(sym, name, meaning) [VIOMMU_SEVERITY_##sym] = name,
static const char *const severity_names[] = { VIOMMU_SEVERITIES(X) };
#undef X

const char *viommu_severity_name(enum viommu_severity severity)
{
	return NAME_AT(severity_names, severity);
}

int viommu_severity_parse(const char *name)
{
	for (int i = 0; name && i < VIOMMU_NR_SEVERITIES; i++)
		if (!strcmp(severity_names[i], name))
			return i;
	return -EINVAL;
}

const char *viommu_event_name(enum viommu_event_type type)
{
#define X(sym, name) [VIOMMU_EVENT_##sym] = name,
	static const char *const names[] = { VIOMMU_EVENTS(X) };
#undef X

	return NAME_AT(names, type);
}

const char *viommu_path_name(enum viommu_path path)
{
#define X(sym, name, meaning) [VIOMMU_PATH_##sym] = name,
	static const char *const names[] = { VIOMMU_PATHS(X) };
#undef X

	return NAME_AT(names, path);
}

const char *viommu_backing_name(enum viommu_backing backing)
{
#define X(sym, name, meaning) [VIOMMU_BACKING_##sym] = name,
	static const char *const names[] = { VIOMMU_BACKINGS(X) };
#undef X

	return NAME_AT(names, backing);
}

const char *viommu_limit_name(enum viommu_limit_from from)
{
#define X(sym, name, meaning) [VIOMMU_LIMIT_##sym] = name,
	static const char *const names[] = { VIOMMU_LIMITS(X) };
#undef X

	return NAME_AT(names, from);
}

const char *viommu_request_name(unsigned int type)
{
#define X(sym, name, number) [number] = name,
	static const char *const names[] = { VIOMMU_REQUESTS(X) };
#undef X

	return NAME_AT(names, type);
}

const char *viommu_status_name(unsigned int status)
{
#define X(sym, name, number, err, meaning) [number] = name,
	static const char *const names[] = { VIOMMU_STATUSES(X) };
#undef X

	return NAME_AT(names, status);
}

const char *viommu_status_meaning(unsigned int status)
{
#define X(sym, name, number, err, meaning) [number] = meaning,
	static const char *const meanings[] = { VIOMMU_STATUSES(X) };
#undef X

	return NAME_AT(meanings, status);
}

int viommu_status_errno(unsigned int status)
{
#define X(sym, name, number, err, meaning) [number] = err,
	static const int errnos[] = { VIOMMU_STATUSES(X) };
#undef X

	return status < sizeof(errnos) / sizeof(errnos[0]) ? errnos[status] : EIO;
}

const char *viommu_remedy_for_name(enum viommu_remedy_for who)
{
#define X(sym, name, meaning) [VIOMMU_FOR_##sym] = name,
	static const char *const names[] = { VIOMMU_REMEDY_FOR(X) };
#undef X

	return NAME_AT(names, who);
}

const char *viommu_lost_name(enum viommu_lost lost)
{
#define X(sym, name, meaning) [VIOMMU_LOST_##sym] = name,
	static const char *const names[] = { VIOMMU_LOSSES(X) };
#undef X

	return NAME_AT(names, lost);
}

const char *viommu_lost_meaning(enum viommu_lost lost)
{
#define X(sym, name, meaning) [VIOMMU_LOST_##sym] = meaning,
	static const char *const meanings[] = { VIOMMU_LOSSES(X) };
#undef X

	return NAME_AT(meanings, lost);
}

const char *viommu_vm_source_name(enum viommu_vm_source source)
{
#define X(sym, name, meaning) [VIOMMU_VM_##sym] = name,
	static const char *const names[] = { VIOMMU_VM_SOURCES(X) };
#undef X

	return NAME_AT(names, source);
}
