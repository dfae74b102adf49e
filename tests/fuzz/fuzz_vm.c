// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness for what names a VM: QEMU's command line, cgroup paths, libvirt's status XML.
 * The first byte chooses which; the rest is the text.
 */
#include <stdlib.h>
#include <string.h>

#include "host/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every answer must be: clean text cleans to itself, so it is UTF-8 and has no controls. */
static void check_text(const char *text, size_t size)
{
	char again[VIOMMU_NAME_LEN];
	size_t len = strnlen(text, size);

	if (len >= size || host_text_clean(again, sizeof(again), text, len) != len ||
	    memcmp(again, text, len))
		abort();
}

static void check_uuid(const char *uuid)
{
	char again[HOST_UUID_LEN];

	if (uuid[0] && (!host_text_uuid(again, uuid) || strcmp(again, uuid)))
		abort();
}

static void fuzz_cmdline(const char *text, size_t size, bool cut)
{
	struct host_process p = { .comm = "kvm", .argv_cut = cut };
	struct host_cmdline cmd;

	p.argv_len = size < sizeof(p.argv) ? size : sizeof(p.argv);
	memcpy(p.argv, text, p.argv_len);
	host_cmdline_parse(&cmd, &p);
	check_text(cmd.name, sizeof(cmd.name));
	check_uuid(cmd.uuid);
}

static void fuzz_scope(const char *text, size_t size)
{
	char path[VIOMMU_CGROUP_LEN];
	struct host_scope scope;

	if (size >= sizeof(path))
		size = sizeof(path) - 1;
	memcpy(path, text, size);
	path[size] = '\0';
	host_scope_parse(&scope, path);
	check_text(scope.name, sizeof(scope.name));
	if (!scope.manager != (!scope.name[0] && !scope.vmid))
		abort();
}

/* In pieces of step bytes: where a piece ends must not matter. */
static int fuzz_status(const char *text, size_t size, size_t step, struct viommu_vm *vm)
{
	struct host_status *s = host_status_new(5);
	int ret = 0;

	if (!s)
		abort();
	memset(vm, 0, sizeof(*vm));
	while (size && !ret) {
		size_t n = size < step ? size : step;

		ret = host_status_feed(s, text, n);
		text += n;
		size -= n;
	}
	if (ret > 0)
		host_status_vm(s, vm);
	host_status_free(s);
	check_text(vm->name, sizeof(vm->name));
	check_uuid(vm->uuid);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct viommu_vm whole, pieces;

	if (!size)
		return 0;
	size--;
	switch (data[0] % 4) {
	case 0:
	case 1:
		fuzz_cmdline(text, size, data[0] % 4);
		break;
	case 2:
		fuzz_scope(text, size);
		break;
	default:
		if ((fuzz_status(text, size, SIZE_MAX, &whole) > 0) !=
		    (fuzz_status(text, size, 7, &pieces) > 0) ||
		    strcmp(whole.name, pieces.name))
			abort();
	}
	return 0;
}
