// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints viommud's tables, tabs between the fields: tests/sync/viommud.sh compares with them. */
#include <stdio.h>

#include "cli/daemon-options.h"
#include "core/guest.h"
#include "core/ledger.h"
#include "core/metrics.h"
#include "daemon/config.h"

static void dump_defaults(void)
{
	struct config c;

	config_init(&c);
	printf("default\tlisten\t[%s]\n", c.listen[0].text);
	printf("default\tsocket\t%s\n", c.socket);
	printf("default\tsocket_mode\t%04o\n", c.socket_mode);
	printf("default\tstate\t%s\n", c.state);
	printf("default\tretention_days\t%u\n", c.retention_days);
	printf("default\tretention_megabytes\t%u\n", c.retention_megabytes);
	printf("default\tkeep_gone_minutes\t%u\n", c.keep_gone_minutes);
	printf("default\tmax_series\t%zu\n", c.max_series);
	printf("default\trequests\t%s\n", c.requests ? "true" : "false");
}

int main(void)
{
	static const char *const keys[] = { CONFIG_KEYS };

	for (size_t i = 0; i < daemon_program.option_count; i++)
		printf("option\t%s\n", daemon_program.options[i].name);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		printf("key\t%s\n", keys[i]);
	dump_defaults();
#define X(sym, name, type, labels, help) \
	printf("metric\t" VIOMMU_METRICS_PREFIX "%s\t%s\t%s\n", name, labels, help);
	VIOMMU_METRICS(X)
#undef X
#define X(sym, name, ...) printf("reason\t%s\n", name);
	VIOMMU_REASONS(X)
#undef X
#define X(sym, name, ...) printf("severity\t%s\n", name);
	VIOMMU_SEVERITIES(X)
#undef X
	for (unsigned int i = 0; i < LEDGER_NR_LOST; i++)
		printf("lost\t%s\n", ledger_lost_name(i));
#define X(sym, name, meaning) printf("own-loss\t%s\n", name);
	LEDGER_LOSSES(X)
#undef X
	for (int i = 0; i < NR_VIOMMU_MODELS; i++)
		printf("model\t%s\n", viommu_model_name((enum viommu_model)i));
	return 0;
}
