// SPDX-License-Identifier: GPL-2.0-or-later
/* The fleet's answer as text: hosts, what holds for all of them, VMs. */
#include <errno.h>
#include <string.h>

#include "cli/fleet.h"
#include "cli/output.h"
#include "core/text.h"
#include "host/text.h"
#include "print/columns.h"

/** Hosts that are named in one place; the rest is counted. */
#define HOSTS_NAMED 8
/** Columns of a name in a table at most. */
#define NAME_COLUMNS 32
/** Bytes of a name from Prometheus that are shown. */
#define NAME_BYTES 512
/** Columns before what is said of a line. */
#define INDENT 4

struct printer {
	FILE *out;
	const struct fleet_view *v;
	unsigned int width;
	unsigned int host_columns;	/**< of the longest host's name that is not cut */
	unsigned int vm_columns;
};

static void clean_copy(char buf[NAME_BYTES], const char *name)
{
	host_text_clean(buf, NAME_BYTES, name, strlen(name));
}

/* A name, cut to its column and filled up. */
static void name_print(const struct printer *p, const char *name, unsigned int columns)
{
	char clean[NAME_BYTES], cut[NAME_BYTES];
	unsigned int have;

	clean_copy(clean, name);
	have = columns_clip(cut, sizeof(cut), clean, columns);
	fprintf(p->out, "%s%*s", cut, (int)(columns - have), "");
}

static void widen(unsigned int *columns, const char *name)
{
	char clean[NAME_BYTES];
	unsigned int have;

	clean_copy(clean, name);
	have = columns_width(clean);
	if (have > NAME_COLUMNS)
		have = NAME_COLUMNS;
	if (have > *columns)
		*columns = have;
}

/* Text in lines of its own, wrapped; outside bytes in it are clean already. */
static void paragraph_print(const struct printer *p, unsigned int indent, const char *text)
{
	fprintf(p->out, "%*s", (int)indent, "");
	columns_wrap(p->out, text, indent, indent + (indent ? INDENT : 0), p->width);
	fputc('\n', p->out);
}

static void bits_print(const struct printer *p, unsigned int bits, int columns)
{
	if (bits)
		fprintf(p->out, "%*u", columns, bits);
	else
		fprintf(p->out, "%*s", columns, "-");
}

static void host_why(char *buf, size_t size, const struct fleet_host *h)
{
	struct text t;

	text_init(&t, buf, size);
	if (!fleet_host_known(h)) {
		fleet_why(buf, size, FLEET_UNKNOWN, NULL, h);
		return;
	}
	text_add(&t, "group %.20s", h->safe->id);
	if (h->safe->hole.type)
		text_add(&t, ": hole 0x%llx-0x%llx, %.20s", (unsigned long long)h->safe->hole.first,
			 (unsigned long long)h->safe->hole.last, h->safe->hole.type);
}

static void hosts_print(const struct printer *p)
{
	const struct fleet *f = p->v->f;
	const unsigned int indent = p->host_columns + 22;
	char why[256], clean[NAME_BYTES];

	name_print(p, "HOST", p->host_columns);
	fprintf(p->out, "   MAX  SAFE  GROUPS  LIMITED BY\n");
	for (size_t i = 0; i < f->host_count; i++) {
		const struct fleet_host *h = &f->hosts[i];

		name_print(p, h->name, p->host_columns);
		bits_print(p, h->max ? h->max->max_bits : 0, 6);
		bits_print(p, h->safe ? h->safe->safe_bits : 0, 6);
		fprintf(p->out, "%8zu  ", h->groups);
		host_why(why, sizeof(why), h);
		clean_copy(clean, why);
		columns_wrap(p->out, clean, indent, indent < p->width / 2 ? indent : INDENT,
			     p->width);
		fputc('\n', p->out);
	}
}

static void limiting_add(struct text *t, const struct fleet *f)
{
	char clean[NAME_BYTES];
	size_t count = 0;

	for (size_t i = 0; i < f->host_count; i++) {
		if (!fleet_host_limits(f, NULL, &f->hosts[i]) || count++ >= HOSTS_NAMED)
			continue;
		clean_copy(clean, f->hosts[i].name);
		text_add(t, "%s%s", count == 1 ? "; limited by " : ", ", clean);
	}
	if (count > HOSTS_NAMED)
		text_add(t, " and %zu more", count - HOSTS_NAMED);
}

static void least_print(const struct printer *p)
{
	const struct fleet *f = p->v->f;
	char line[HOSTS_NAMED * (NAME_BYTES + 2) + 256];
	struct text t;

	text_init(&t, line, sizeof(line));
	if (f->safe_bits)
		text_add(&t, "Safe on every host that is known: %u bits", f->safe_bits);
	else
		text_add(&t, "Of no host is known what is safe");
	if (f->max_bits && f->max_bits != f->safe_bits)
		text_add(&t, " (holes not counted: %u)", f->max_bits);
	if (f->safe_bits)
		limiting_add(&t, f);
	fputc('\n', p->out);
	paragraph_print(p, 0, line);
	if (f->unknown) {
		text_init(&t, line, sizeof(line));
		text_add(&t, "%zu of %zu hosts are not or only partly known: they may allow less.", f->unknown,
			 f->host_count);
		paragraph_print(p, 0, line);
	}
	if (f->odd) {
		text_init(&t, line, sizeof(line));
		text_add(&t, "%zu samples make no sense and count as unknown.", f->odd);
		paragraph_print(p, 0, line);
	}
}

static void vm_why_print(const struct printer *p, const struct fleet_vm *vm,
			 const struct fleet_host *h, enum fleet_verdict verdict)
{
	char why[256], name[NAME_BYTES], line[NAME_BYTES + 320], clean[sizeof(line)];
	const bool own = fleet_vm_is_on(vm, h->name);

	fleet_why(why, sizeof(why), verdict, vm, h);
	clean_copy(name, h->name);
	snprintf(line, sizeof(line), "%s %s: %s", verdict == FLEET_UNKNOWN ? "not known for" :
		 own ? "does not fit its own host" : "cannot migrate to", name, why);
	host_text_clean(clean, sizeof(clean), line, strlen(line));
	paragraph_print(p, 2, clean);
}

/* Hosts where the VM does not fit. What is not known of a host is said of the host, not again. */
static void vm_hosts_print(const struct printer *p, const struct fleet_vm *vm)
{
	const struct fleet *f = p->v->f;
	char line[96];
	size_t count = 0;

	for (size_t i = 0; i < f->host_count; i++) {
		const enum fleet_verdict verdict = fleet_judge(vm, &f->hosts[i]);

		if (verdict > FLEET_UNKNOWN && count++ < HOSTS_NAMED)
			vm_why_print(p, vm, &f->hosts[i], verdict);
	}
	if (count <= HOSTS_NAMED)
		return;
	snprintf(line, sizeof(line), "and %zu more hosts, which -o json lists", count - HOSTS_NAMED);
	paragraph_print(p, 2, line);
}

static void also_print(const struct printer *p, const struct fleet_vm *vm)
{
	char line[HOSTS_NAMED * (NAME_BYTES + 2) + 64], clean[NAME_BYTES];
	struct text t;

	if (!vm->also_count)
		return;
	text_init(&t, line, sizeof(line));
	text_add(&t, "also on");
	for (size_t i = 0; i < vm->also_count && i < HOSTS_NAMED; i++) {
		clean_copy(clean, vm->also[i]);
		text_add(&t, "%s %s", i ? "," : "", clean);
	}
	if (vm->also_count > HOSTS_NAMED)
		text_add(&t, " and %zu more", vm->also_count - HOSTS_NAMED);
	paragraph_print(p, 2, line);
}

static void vm_print(const struct printer *p, const struct fleet_vm *vm)
{
	const struct fleet *f = p->v->f;
	size_t fits = 0, unknown = 0;

	for (size_t i = 0; i < f->host_count; i++) {
		const enum fleet_verdict verdict = fleet_judge(vm, &f->hosts[i]);

		fits += verdict == FLEET_FITS;
		unknown += verdict == FLEET_UNKNOWN;
	}
	name_print(p, vm->name, p->vm_columns);
	fprintf(p->out, "  ");
	name_print(p, vm->host, p->host_columns);
	fprintf(p->out, "  %-12s", vm->has_model ? viommu_model_name(vm->model) : "not known");
	bits_print(p, vm->bits, 5);
	bits_print(p, fleet_bits(f, vm), 6);
	fprintf(p->out, "  %zu of %zu", fits, f->host_count);
	if (unknown)
		fprintf(p->out, ", %zu not known", unknown);
	fputc('\n', p->out);
	also_print(p, vm);
	vm_hosts_print(p, vm);
}

static void vms_print(const struct printer *p)
{
	const struct fleet *f = p->v->f;

	fputc('\n', p->out);
	if (!f->vm_count) {
		paragraph_print(p, 0, "No VM uses VFIO on these hosts.");
		return;
	}
	name_print(p, "VM", p->vm_columns);
	fprintf(p->out, "  ");
	name_print(p, "ON", p->host_columns);
	fprintf(p->out, "  VIOMMU        NOW  BEST  FITS HOSTS\n");
	for (size_t i = 0; i < f->vm_count; i++)
		vm_print(p, &f->vms[i]);
}

static void warnings_print(const struct printer *p)
{
	const struct prometheus_notes *n = p->v->notes;
	char line[NAME_BYTES + 32];

	for (size_t i = 0; i < n->count; i++) {
		snprintf(line, sizeof(line), "Warning of the server: %.*s", NAME_BYTES,
			 n->warnings[i]);
		paragraph_print(p, 0, line);
	}
	if (n->more) {
		snprintf(line, sizeof(line), "and %zu more warnings, equal ones each counted", n->more);
		paragraph_print(p, 0, line);
	}
}

size_t fleet_found(const struct fleet *f)
{
	size_t found = 0;

	for (size_t i = 0; i < f->vm_count; i++) {
		bool fits = true;

		for (size_t k = 0; fits && k < f->host_count; k++)
			fits = fleet_judge(&f->vms[i], &f->hosts[k]) <= FLEET_UNKNOWN;
		found += !fits;
	}
	return found;
}

bool fleet_all_known(const struct fleet *f)
{
	for (size_t i = 0; i < f->vm_count; i++)
		for (size_t k = 0; k < f->host_count; k++)
			if (fleet_judge(&f->vms[i], &f->hosts[k]) == FLEET_UNKNOWN)
				return false;
	return !f->unknown;
}

int fleet_print_table(FILE *out, const struct fleet_view *v, unsigned int width)
{
	struct printer p = { .out = out, .v = v, .width = width ? width : OUTPUT_WIDTH_DEFAULT,
			     .host_columns = 4, .vm_columns = 2 };

	if (p.width < OUTPUT_WIDTH_MIN)
		p.width = OUTPUT_WIDTH_MIN;
	for (size_t i = 0; i < v->f->host_count; i++)
		widen(&p.host_columns, v->f->hosts[i].name);
	for (size_t i = 0; i < v->f->vm_count; i++)
		widen(&p.vm_columns, v->f->vms[i].name);
	warnings_print(&p);
	hosts_print(&p);
	least_print(&p);
	vms_print(&p);
	return fflush(out) ? -errno : ferror(out) ? -EIO : 0;
}
