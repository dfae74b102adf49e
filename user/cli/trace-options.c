// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of viommu-trace's options, and what each does with its value. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "cli/trace-options.h"
#include "core/event.h"

/* Smallest page of any machine; the ring is made of pages. */
#define RING_MIN 4096u
#define RING_MAX (1u << 30)
/* A trap of a microsecond each: two per cent of a CPU. */
#define REQUEST_RATE 20000

static int set_vm(void *ctx, const char *value, char *err, size_t err_size)
{
	struct trace_opts *opts = ctx;

	if (!*value || strlen(value) >= VIOMMU_NAME_LEN) {
		snprintf(err, err_size, "a name has 1 to %d bytes", VIOMMU_NAME_LEN - 1);
		return -EINVAL;
	}
	if (opts->vm_count == TRACE_MAX_VMS) {
		snprintf(err, err_size, "at most %d of them; a glob such as 'web-*' takes many",
			 TRACE_MAX_VMS);
		return -EINVAL;
	}
	opts->vms[opts->vm_count++] = value;
	return 0;
}

static int set_pid(void *ctx, const char *value, char *err, size_t err_size)
{
	struct trace_opts *opts = ctx;
	unsigned long long pid;
	int ret = options_parse_number(value, INT_MAX, &pid, err, err_size);

	if (!ret && !pid) {
		snprintf(err, err_size, "no process has the number 0");
		return -EINVAL;
	}
	if (!ret)
		opts->pid = (uint32_t)pid;
	return ret;
}

static int set_all(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct trace_opts *)ctx)->tracer.all = true;
	return 0;
}

static int set_requests(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct trace_opts *)ctx)->tracer.requests = true;
	return 0;
}

static int set_source(void *ctx, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = {
		[TRACER_HOST] = "host",
		[TRACER_GUEST] = "guest",
		[TRACER_QEMU] = "qemu",
		NULL
	};
	struct trace_opts *opts = ctx;
	unsigned int sources = 0;

	for (const char *s = value;; s++) {
		const size_t len = strcspn(s, ",");
		char word[16] = "";
		int source;

		if (len < sizeof(word))
			memcpy(word, s, len);
		source = options_parse_choice(word, names, err, err_size);
		if (source < 0)
			return source;
		sources |= 1u << source;
		s += len;
		if (!*s)
			break;
	}
	/* QEMU's side is joined to what the host's kernel answers. */
	if (sources & 1u << TRACER_QEMU)
		sources |= 1u << TRACER_HOST;
	opts->tracer.sources = sources;
	return 0;
}

static int set_output(void *ctx, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = {
		[TRACE_OUTPUT_TABLE] = "table", [TRACE_OUTPUT_JSON] = "json", NULL
	};
	struct trace_opts *opts = ctx;
	int output = options_parse_choice(value, names, err, err_size);

	if (output < 0)
		return output;
	opts->output = (enum trace_output)output;
	return 0;
}

static int set_duration(void *ctx, const char *value, char *err, size_t err_size)
{
	struct trace_opts *opts = ctx;
	unsigned long long ns;
	int ret = options_parse_duration(value, &ns, err, err_size);

	if (!ret)
		opts->duration = ns;
	return ret;
}

static int set_count(void *ctx, const char *value, char *err, size_t err_size)
{
	struct trace_opts *opts = ctx;
	unsigned long long count;
	int ret = options_parse_number(value, UINT64_MAX, &count, err, err_size);

	if (!ret && !count) {
		snprintf(err, err_size, "must be more than 0");
		return -EINVAL;
	}
	if (!ret)
		opts->count = count;
	return ret;
}

static int set_summary(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct trace_opts *)ctx)->summary = true;
	return 0;
}

static int set_fail_on(void *ctx, const char *value, char *err, size_t err_size)
{
#define X(sym, name, meaning) [VIOMMU_SEVERITY_##sym] = name,
	static const char *const names[] = { VIOMMU_SEVERITIES(X) NULL };
#undef X
	struct trace_opts *opts = ctx;
	int severity = options_parse_choice(value, names, err, err_size);

	if (severity < 0)
		return severity;
	opts->fail_on = severity;
	return 0;
}

static int set_verbose(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct trace_opts *)ctx)->tracer.verbose = true;
	return 0;
}

static int set_hooks(void *ctx, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = {
		[TRACER_HOOKS_AUTO] = "auto",
		[TRACER_HOOKS_FENTRY] = "fentry",
		[TRACER_HOOKS_KPROBE] = "kprobe",
		NULL
	};
	struct trace_opts *opts = ctx;
	int hooks = options_parse_choice(value, names, err, err_size);

	if (hooks < 0)
		return hooks;
	opts->tracer.hooks = (enum tracer_hooks)hooks;
	return 0;
}

static int set_no_latency(void *ctx, const char *value, char *err, size_t err_size)
{
	(void)value, (void)err, (void)err_size;
	((struct trace_opts *)ctx)->tracer.latency = false;
	return 0;
}

static int set_request_rate(void *ctx, const char *value, char *err, size_t err_size)
{
	unsigned long long rate;
	int ret = options_parse_number(value, UINT32_MAX, &rate, err, err_size);

	if (!ret)
		((struct trace_opts *)ctx)->tracer.max_rate = rate;
	return ret;
}

static int set_ring_size(void *ctx, const char *value, char *err, size_t err_size)
{
	struct trace_opts *opts = ctx;
	unsigned long long size;
	int ret = options_parse_size(value, RING_MAX, &size, err, err_size);

	if (ret)
		return ret;
	if (size < RING_MIN || (size & (size - 1))) {
		snprintf(err, err_size, "must be a power of two, at least %u", RING_MIN);
		return -EINVAL;
	}
	opts->tracer.ring_size = (uint32_t)size;
	return 0;
}

static const struct option_desc trace_options[] = {
	{ .name = "vm", .metavar = "NAME|GLOB", .group = "What to trace",
	  .help = "this VM: its name or uuid, or a shell glob of names; may be repeated; it need "
		  "not run yet",
	  .set = set_vm },
	{ .name = "pid", .metavar = "N", .help = "this process, VM or not", .set = set_pid },
	{ .name = "all", .help = "every map and unmap, not only those that failed",
	  .set = set_all },
	{ .name = "requests",
	  .help = "what guests ask of their virtio-iommu, and what they are told: those that the "
		  "vIOMMU or the host refused, with --all every one",
	  .set = set_requests },
	{ .name = "source", .metavar = "host,guest,qemu",
	  .help = "where to trace, with commas between: VFIO of this host, the virtio-iommu driver "
		  "of this machine where it is a guest, the vIOMMU of QEMUs that run here; default: "
		  "what there is",
	  .set = set_source },

	{ .name = "output", .letter = 'o', .metavar = "table|json", .group = "What to print",
	  .help = "a table (the default), or one JSON object per line", .set = set_output },
	{ .name = "summary", .help = "only the summary per VM at the end", .set = set_summary },
	{ .name = "verbose", .letter = 'v', .help = "also say what is attached and found",
	  .set = set_verbose },

	{ .name = "duration", .metavar = "S", .group = "When to end (else: Ctrl-C)",
	  .help = "after that time: seconds, or with a unit as in 10s, 5m, 1h",
	  .set = set_duration },
	{ .name = "count", .metavar = "N", .help = "after that many events", .set = set_count },
	{ .name = "fail-on", .metavar = "SEVERITY",
	  .help = "exit with 5 if a failure was as bad as benign, warning, silent or fatal, or "
		  "worse",
	  .set = set_fail_on },

	{ .name = "hooks", .metavar = "auto|fentry|kprobe", .group = "Advanced",
	  .help = "how to hook the kernel; auto takes what loses nothing on this kernel",
	  .set = set_hooks },
	{ .name = "no-latency", .help = "do not measure how long a map takes: costs less",
	  .set = set_no_latency },
	{ .name = "request-rate", .metavar = "N",
	  .help = "end --requests in a QEMU whose devices complete more than N buffers a second "
		  "(default 20000; 0: never)",
	  .set = set_request_rate },
	{ .name = "ring-size", .metavar = "BYTES",
	  .help = "buffer between kernel and program: a power of two from 4096, with K or M "
		  "(default 4M)",
	  .set = set_ring_size },
};

_Static_assert(sizeof(trace_options) / sizeof(trace_options[0]) <= OPTIONS_MAX, "table too long");
_Static_assert(TRACER_RING_DEFAULT == 4u << 20, "the help of --ring-size names the default");

const struct program_desc trace_program = {
	.name = "viommu-trace",
	.synopsis = "which DMA maps of a VM fail, why, and what to set",
	.examples =
		"  viommu-trace --vm guest1\n"
		"      failures of guest1 as they happen; Ctrl-C prints its summary\n"
		"  viommu-trace --vm 'web-*' --duration 1h --summary\n"
		"      one hour, then only the summaries with the aw-bits to set\n"
		"  viommu-trace -o json --fail-on silent --duration 60\n"
		"      for scripts: JSON lines, exit code 5 if a guest lost a mapping\n",
	.found = "done, and a failure as bad as --fail-on was seen",
	.options = trace_options,
	.option_count = sizeof(trace_options) / sizeof(trace_options[0]),
};

void trace_opts_init(struct trace_opts *opts)
{
	*opts = (struct trace_opts){
		.fail_on = -1,
		.tracer = {
			.latency = true,
			.ring_size = TRACER_RING_DEFAULT,
			.max_rate = REQUEST_RATE,
		},
	};
}

int trace_opts_check(const struct trace_opts *opts, char *err, size_t err_size)
{
	if (!opts->tracer.requests || !opts->tracer.sources ||
	    (opts->tracer.sources & 1u << TRACER_QEMU))
		return 0;
	snprintf(err, err_size, "--requests are seen in QEMU: add qemu to --source");
	return -EINVAL;
}

bool trace_opts_single(const struct trace_opts *opts)
{
	if (opts->vm_count == 0)
		return opts->pid != 0;
	return opts->vm_count == 1 && !opts->pid && !strpbrk(opts->vms[0], "*?[\\");
}
