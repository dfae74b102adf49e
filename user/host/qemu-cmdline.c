// SPDX-License-Identifier: GPL-2.0-or-later
/* What QEMU's arguments say of a VM. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/qemu-line.h"
#include "host/text.h"

#define MIB (1ULL << 20)

/* What a VM of QEMU has without -m. */
#define MEMORY_DEFAULT (128 * MIB)

void qemu_copy(char *dst, size_t size, const char *text)
{
	const size_t len = text ? strlen(text) : 0;
	char clean[1024];

	dst[0] = '\0';
	if (3 * len < sizeof(clean) && host_text_clean(clean, sizeof(clean), text ? text : "",
						       len) < size)
		strcpy(dst, clean);
}

/* "x86_64" of "/usr/bin/qemu-system-x86_64"; wrappers add a tail ("-microvm", "-wrapped"). */
static void arch_read(struct guest *g, const char *program)
{
	static const char prefix[] = "qemu-system-";
	const char *name = strrchr(program, '/');
	size_t len;

	name = strstr(name ? name + 1 : program, prefix);
	if (name) {
		name += sizeof(prefix) - 1;
		len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
		if (len < sizeof(g->arch))
			snprintf(g->arch, sizeof(g->arch), "%.*s", (int)len, name);
	}
	if (!strcmp(g->arch, "amd64"))
		strcpy(g->arch, "x86_64");
}

static bool is_x86(const struct guest *g)
{
	return !g->arch[0] || !strcmp(g->arch, "x86_64") || !strcmp(g->arch, "i386");
}

/* configure_accelerators(): a program whose name ends in "kvm" tries KVM first. */
static bool is_kvm_program(const char *program)
{
	return host_text_ends(program, strlen(program), "kvm");
}

/* --------------------------------------------------------------------------- machine, memory */

/* "kvm:tcg": the first is tried first. */
static void accel_read(struct qemu_line *l, const char *accel)
{
	if (accel)
		l->kvm = !strncmp(accel, "kvm", 3);
}

static void number_set(unsigned int *n, const struct qemu_props *p, const char *key)
{
	uint64_t value;

	if (qemu_parse_number(qemu_props_get(p, key), UINT32_MAX, &value))
		*n = (unsigned int)value;
}

/* prefix is "smp." where -machine says it. */
static void smp_read(struct qemu_line *l, const char *prefix)
{
	static const char *const parts[] = {
		"drawers", "books", "sockets", "dies", "clusters", "modules", "cores", "threads",
	};
	uint64_t product = 1;
	bool given = false;
	char key[32];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		unsigned int n = 0;

		snprintf(key, sizeof(key), "%s%s", prefix, parts[i]);
		number_set(&n, &l->props, key);
		if (n && product <= UINT32_MAX / n) {
			product *= n;
			given = true;
		}
	}
	if (given)
		l->topology = (unsigned int)product;
	snprintf(key, sizeof(key), "%scpus", prefix);
	number_set(&l->cpus, &l->props, key);
	snprintf(key, sizeof(key), "%smaxcpus", prefix);
	number_set(&l->maxcpus, &l->props, key);
}

static void size_set(uint64_t *bytes, const char *value, uint64_t unit)
{
	uint64_t n;

	if (qemu_parse_size(value, unit, &n))
		*bytes = n;
}

static void machine_read(struct qemu_line *l)
{
	const struct qemu_props *p = &l->props;
	const char *type = qemu_props_get(p, "type");
	const char *iommu = qemu_props_get(p, "iommu");
	const char *backend = qemu_props_get(p, "memory-backend");

	if (type)
		qemu_copy(l->g->machine, sizeof(l->g->machine), type);
	if (backend)
		qemu_copy(l->backend, sizeof(l->backend), backend);
	if (iommu && !strcmp(iommu, "smmuv3"))
		l->g->model = VIOMMU_MODEL_SMMU;
	accel_read(l, qemu_props_get(p, "accel"));
	l->bypass = qemu_parse_bool(qemu_props_get(p, "default-bus-bypass-iommu"), l->bypass);
	smp_read(l, "smp.");
	size_set(&l->g->memory, qemu_props_get(p, "memory.size"), 1);
	size_set(&l->g->max_memory, qemu_props_get(p, "memory.max-size"), 1);
}

/* A number without a suffix is in MiB, but maxmem's in bytes (set_memory_options()). */
static void memory_read(struct qemu_line *l)
{
	size_set(&l->g->memory, qemu_props_get(&l->props, "size"), MIB);
	size_set(&l->g->max_memory, qemu_props_get(&l->props, "maxmem"), 1);
}

static void object_read(struct qemu_line *l)
{
	const char *type = qemu_props_get(&l->props, "qom-type");
	const char *id = qemu_props_get(&l->props, "id");

	if (type && id && !strncmp(type, "memory-backend-", strlen("memory-backend-")) &&
	    !strcmp(id, l->backend))
		size_set(&l->backend_size, qemu_props_get(&l->props, "size"), 1);
}

/* --------------------------------------------------------------------------- processor */

/* "+feature" and "-feature" are not of interest; the rest is key=value. */
static void cpu_read(struct qemu_line *l)
{
	const struct qemu_props *p = &l->props;
	const char *model = qemu_props_get(p, "model");
	const char *vendor = qemu_props_get(p, "vendor");
	const char *host = qemu_props_get(p, "host-phys-bits");
	struct guest *g = l->g;

	qemu_copy(l->cpu, sizeof(l->cpu), model);
	qemu_copy(l->vendor, sizeof(l->vendor), vendor);
	g->cpu_host = !strcmp(l->cpu, "host");
	g->host_phys_bits = !host ? TRI_UNKNOWN :
			    qemu_parse_bool(host, false) ? TRI_YES : TRI_NO;
	l->phys_bits = l->phys_limit = 0;
	number_set(&l->phys_bits, p, "phys-bits");
	number_set(&l->phys_limit, p, "host-phys-bits-limit");
}

/* KVM's host and max have the host's own width (target/i386/host-cpu.c), TCG's max has 40 bits. */
static void phys_bits_set(struct qemu_line *l)
{
	const bool max = !strcmp(l->cpu, "max") && l->kvm;
	struct guest *g = l->g;

	if (g->host_phys_bits == TRI_UNKNOWN)
		g->host_phys_bits = g->cpu_host || max ? TRI_YES : TRI_NO;
	g->phys_bits_limit = g->host_phys_bits == TRI_YES ? l->phys_limit : l->phys_bits;
}

/* QEMU's own models of AMD processors (target/i386/cpu.c); qemu64 is its default. */
static bool is_amd_model(const char *model)
{
	static const char *const models[] = {
		"EPYC", "Opteron", "athlon", "phenom", "qemu64",
	};

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (!strncmp(model, models[i], strlen(models[i])))
			return true;
	return !model[0];
}

/*
 * Under KVM the vendor is the host's whatever the model (target/i386/host-cpu.c), or "vendor=".
 * TCG's max is an AMD processor, too (max_x86_cpu_initfn() in target/i386/cpu.c).
 */
static bool is_amd(const struct qemu_line *l)
{
	if (!is_x86(l->g))
		return false;
	if (l->vendor[0])
		return !strcmp(l->vendor, "AuthenticAMD");
	if (l->kvm)
		return l->host_cpu == CPU_AMD;
	return is_amd_model(l->cpu) || !strcmp(l->cpu, "max");
}

/* --------------------------------------------------------------------------- options */

/* "kvm" of "-accel kvm,thread=multi". The first -accel is tried first. */
static void accel_option(struct qemu_line *l, bool *seen)
{
	if (!*seen)
		accel_read(l, qemu_props_get(&l->props, "accel"));
	*seen = true;
}

/* Options whose value is a list of properties, and the key of what stands in it without one. */
static const struct {
	const char *option;
	const char *implied;
	void (*read)(struct qemu_line *l);
} readers[] = {
	{ "machine", "type", machine_read }, { "M", "type", machine_read },
	{ "m", "size", memory_read }, { "smp", "cpus", NULL }, { "cpu", "model", cpu_read },
	{ "object", "qom-type", object_read }, { "device", "driver", qemu_line_device },
};

void qemu_line_option(struct qemu_line *l, const char *option, const char *value)
{
	if (!strcmp(option, "enable-kvm")) {
		l->kvm = true;
		return;
	}
	if (!strcmp(option, "global")) {
		qemu_line_add_global(l, value);
		return;
	}
	if (!strcmp(option, "readconfig")) {
		qemu_line_config(l, value);
		return;
	}
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(option, readers[i].option) ||
		    !qemu_props_parse(&l->props, value, readers[i].implied))
			continue;
		if (readers[i].read)
			readers[i].read(l);
		else
			smp_read(l, "");
	}
}

/* Options whose meaning depends on -machine and -global, which may come later. */
static bool is_late(const char *option)
{
	return !strcmp(option, "device") || !strcmp(option, "readconfig") ||
	       !strcmp(option, "object");
}

/* Twice over the line: late says which options are read. */
static void line_read(struct qemu_line *l, const char *args, size_t len, bool late)
{
	const char *option, *value;
	struct qemu_args a;
	bool accel = false;

	qemu_args_init(&a, args, len);
	qemu_args_next(&a);
	while (qemu_args_option(&a, &option, &value)) {
		if (!strcmp(option, "accel") && !late &&
		    qemu_props_parse(&l->props, value, "accel"))
			accel_option(l, &accel);
		else if (is_late(option) == late)
			qemu_line_option(l, option, value);
	}
}

static void line_finish(struct qemu_line *l)
{
	struct guest *g = l->g;

	if (!g->memory)
		g->memory = l->backend_size ? l->backend_size : MEMORY_DEFAULT;
	if (g->max_memory < g->memory)
		g->max_memory = g->memory;
	g->vcpus = l->maxcpus ? l->maxcpus : l->topology > l->cpus ? l->topology : l->cpus;
	if (!g->vcpus)
		g->vcpus = 1;
	g->cpu_amd = is_amd(l);
	phys_bits_set(l);
}

/* All that a command line can say; the rest of g is the caller's. */
static void guest_reset(struct guest *g)
{
	g->arch[0] = g->machine[0] = g->granule[0] = '\0';
	g->cpu_host = g->cpu_amd = false;
	g->host_phys_bits = g->boot_bypass = g->caching_mode = TRI_UNKNOWN;
	g->phys_bits_limit = g->vcpus = g->aw_bits = 0;
	g->memory = g->max_memory = 0;
	g->model = VIOMMU_MODEL_NONE;
	g->device_count = 0;
	memset(g->devices, 0, sizeof(g->devices));
}

int guest_from_argv(struct guest *g, const char *args, size_t len, enum cpu_vendor cpu,
		    const char *host)
{
	struct qemu_line *l;
	struct qemu_args a;
	const char *program;
	int err = -ENOMEM;

	guest_reset(g);
	qemu_args_init(&a, args, len < QEMU_ARGS_MAX ? len : QEMU_ARGS_MAX);
	program = qemu_args_next(&a);
	if (!program)
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return err;
	l->devices = calloc(QEMU_MAX_DEVICES, sizeof(*l->devices));
	l->globals = calloc(QEMU_MAX_GLOBALS, sizeof(*l->globals));
	if (!l->devices || !l->globals)
		goto out;
	l->g = g;
	l->host_cpu = cpu;
	l->host = host;
	arch_read(g, program);
	l->kvm = is_kvm_program(program);
	if (is_x86(g))
		strcpy(g->machine, "pc");
	line_read(l, args, a.len, false);
	line_read(l, args, a.len, true);
	line_finish(l);
	qemu_line_topology(l);
	err = 0;
out:
	free(l->globals);
	free(l->devices);
	free(l);
	return err;
}
