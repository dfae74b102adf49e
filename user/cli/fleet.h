/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viommuctl fleet: its options and its output. */
#ifndef VIOMMU_CLI_FLEET_H
#define VIOMMU_CLI_FLEET_H

#include <stdio.h>

#include "cli/command.h"
#include "fleet/prometheus.h"

/** Headers that can be given. */
#define FLEET_HEADERS 16

/** What the command line said. Text is argv's. */
struct fleet_opts {
	struct command_opts command;	/**< first: see command_set_output() */
	struct prometheus_opts ask;
	const char *headers[FLEET_HEADERS];
};

/** viommuctl fleet with its table; the options go into a struct fleet_opts. */
extern const struct program_desc fleet_program;

/** What is set before the options are. */
void fleet_opts_init(struct fleet_opts *opts);

/** Do the options go together? 0, or -EINVAL with a sentence. */
int fleet_opts_check(const struct fleet_opts *opts, char *err, size_t err_size);

/** What is printed: an answer, and what it was an answer to. */
struct fleet_view {
	const struct fleet *f;
	const struct prometheus_notes *notes;
	const char *url, *selector;
};

/** VMs that could not run on some host of the fleet as they are. */
size_t fleet_found(const struct fleet *f);

/** All limits of all hosts are known, and all widths of VMs. */
bool fleet_all_known(const struct fleet *f);

/** For people, in lines of width columns (0: no limit but the default). 0, or -errno. */
int fleet_print_table(FILE *out, const struct fleet_view *v, unsigned int width);

/** One JSON object: viommuctl(8) and fleet.schema.json explain its members. 0, or -errno. */
int fleet_print_json(FILE *out, const struct fleet_view *v);

#endif
