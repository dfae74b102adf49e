// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-load: do VFIO type1 operations and say exactly what was done (see vfio-load.h). */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "vfio-load.h"

#define WORDS_MAX 4096

static const char usage[] =
	"usage: vfio-load [OPTIONS] [OPERATION...]\n"
	"Does VFIO type1 operations; prints one JSON object for each, then the totals.\n"
	"Without operations and --pairs it reads them from standard input, line by line.\n"
	"  -g, --group N         attach this group first; may be repeated\n"
	"  -d, --device BDF      open this device, and attach its group\n"
	"      --no-iommu        leave out set-iommu\n"
	"  -n, --name COMM       change the name that ps shows\n"
	"  -p, --pairs N         N maps and unmaps, after the operations; with\n"
	"  -t, --threads T (1), -s, --size S (4K), -b, --base IOVA (0x1000000),\n"
	"  -r, --rate N          pairs a second and thread (as fast as it goes)\n"
	"      --fail-every K    every Kth pair goes to the next range of size S from\n"
	"      --fail-iova IOVA  (0x8000000000) on, to be refused, and has no unmap\n"
	"      --race N          N maps by the threads, whose requests others rewrite meanwhile to be\n"
	"                        at, across and above --fail-iova; prints what came of it\n"
	"      --record          print each operation of the pairs, too\n"
	"Operations:\n"
	"  map IOVA SIZE [ram|scattered|ro|unmapped|bar|vaddr=ADDR] [flags=N] [argsz=N]\n"
	"  unmap IOVA SIZE [flags=N] [argsz=N]    info    attach N    detach N\n"
	"  set-iommu    device BDF    sleep MS    wait-stdin    rlimit-memlock BYTES\n"
	"  drop-cap-ipc-lock    close    open    fork    cgroup NAME\n"
	"  other    take PID\n"
	"Numbers may be 0x... and end in K, M or G. When the environment has VFIO_LOAD, its words\n"
	"are the arguments and those of the command line are ignored: so it can look like any program.\n";

static bool add_group(struct load_options *options, uint64_t group)
{
	for (size_t i = 0; i < options->n_groups; i++)
		if (options->groups[i] == group)
			return true;
	if (options->n_groups == LOAD_GROUPS_MAX)
		return false;
	options->groups[options->n_groups++] = group;
	return true;
}

static bool add_device(struct load_options *options, const char *bdf)
{
	uint64_t group;

	if (options->n_devices == LOAD_DEVICES_MAX || strlen(bdf) >= LOAD_BDF_SIZE ||
	    load_device_group(bdf, &group) < 0)
		return false;
	options->devices[options->n_devices++] = bdf;
	return add_group(options, group);
}

static bool set_threads(struct load_rate *rate, const char *text)
{
	uint64_t threads;

	if (!load_number_parse(text, &threads) || threads < 1 || threads > LOAD_THREADS_MAX)
		return false;
	rate->threads = (unsigned int)threads;
	return true;
}

enum { NO_IOMMU = 256, FAIL_EVERY, FAIL_IOVA, RECORD, RACE };

static bool option_set(struct load_options *options, int option, const char *value)
{
	struct load_rate *rate = &options->rate;
	uint64_t group;

	switch (option) {
	case 'g':
		return load_number_parse(value, &group) && add_group(options, group);
	case 'd':
		return add_device(options, value);
	case 'n':
		return prctl(PR_SET_NAME, value) == 0;
	case 'p':
		return load_number_parse(value, &rate->pairs);
	case 't':
		return set_threads(rate, value);
	case 's':
		return load_number_parse(value, &rate->size) && rate->size > 0;
	case 'b':
		return load_number_parse(value, &rate->base);
	case 'r':
		return load_number_parse(value, &rate->per_second);
	case FAIL_EVERY:
		return load_number_parse(value, &rate->fail_every);
	case FAIL_IOVA:
		return load_number_parse(value, &rate->fail_iova);
	case RACE:
		return load_number_parse(value, &options->race);
	case NO_IOMMU:
		options->no_iommu = true;
		return true;
	case RECORD:
		options->record = true;
		return true;
	default:
		return false;
	}
}

static const struct option long_options[] = {
	{ "group", required_argument, NULL, 'g' },
	{ "device", required_argument, NULL, 'd' },
	{ "name", required_argument, NULL, 'n' },
	{ "pairs", required_argument, NULL, 'p' },
	{ "threads", required_argument, NULL, 't' },
	{ "size", required_argument, NULL, 's' },
	{ "base", required_argument, NULL, 'b' },
	{ "rate", required_argument, NULL, 'r' },
	{ "fail-every", required_argument, NULL, FAIL_EVERY },
	{ "fail-iova", required_argument, NULL, FAIL_IOVA },
	{ "no-iommu", no_argument, NULL, NO_IOMMU },
	{ "record", no_argument, NULL, RECORD },
	{ "race", required_argument, NULL, RACE },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* 0, or the status to exit with plus 1. */
static int options_parse(struct load_options *options, int argc, char **argv)
{
	int option;

	/* "+": an operation ends the options. */
	while ((option = getopt_long(argc, argv, "+g:d:n:p:t:s:b:r:h", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (option == '?')
			return 3;
		if (!option_set(options, option, optarg)) {
			fprintf(stderr, "vfio-load: wrong value '%s' of an option; see vfio-load --help\n",
				optarg ? optarg : "");
			return 3;
		}
	}
	options->words = argv + optind;
	options->n_words = (size_t)(argc - optind);
	return 0;
}

/* The arguments from the environment, if it has any; the rest of the command line is a disguise. */
static int environment_arguments(char *text, char ***argv)
{
	char **words = calloc(WORDS_MAX + 2, sizeof(*words));

	if (!words)
		return -ENOMEM;
	words[0] = (*argv)[0];
	*argv = words;
	return 1 + (int)load_words_split(text, words + 1, WORDS_MAX);
}

int main(int argc, char **argv)
{
	struct load_options options = { .rate = { .threads = 1, .size = 4096, .base = 0x1000000,
					     .fail_iova = 0x8000000000 } };
	char *environment = getenv("VFIO_LOAD");
	char **arguments = argv;
	int result;

	if (environment)
		argc = environment_arguments(environment, &arguments);
	if (argc < 0)
		return EXIT_FAILURE;
	result = options_parse(&options, argc, arguments);
	if (result)
		return result - 1;
	result = load_session_run(&options);
	if (environment)
		free(arguments);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
