/* SPDX-License-Identifier: GPL-2.0-or-later */
/* viommuctl recommend: its options and its output. */
#ifndef VIOMMU_CLI_RECOMMEND_H
#define VIOMMU_CLI_RECOMMEND_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/options.h"
#include "core/advise.h"

/** What the command line said. Text is argv's. */
struct recommend_opts {
	const char *vm;		/**< name, uuid or pid of a running VM; NULL: not asked for */
	const char *facts;	/**< file, "-" for standard input; NULL: this machine */
	bool host;		/**< for any VM of the machine */
	bool dump_facts;	/**< write the facts instead of the answer */
	bool json;
};

/** viommuctl recommend with its table; the options go into a struct recommend_opts. */
extern const struct program_desc recommend_program;

/** Do the options go together? 0, or -EINVAL with a sentence. */
int recommend_opts_check(const struct recommend_opts *opts, char *err, size_t err_size);

/** Who the answer is for: "VM guest1", "any VM of host h1". */
void recommend_title(char *buf, size_t size, const struct machine *m, const struct guest *guest);

/** For people, in lines of width columns (0: no limit but the default). 0, or -errno. */
int recommend_print_table(FILE *out, const char *title, const struct advice *a,
			  unsigned int width);

/** One JSON object: viommuctl(8) explains its members. 0, or -errno. */
int recommend_print_json(FILE *out, const struct machine *m, const struct guest *guest,
			 const struct advice *a);

#endif
