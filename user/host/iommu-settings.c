// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine around the IOMMUs: kernel, processor, memory, parameters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/machine-text.h"
#include "host/iommu-parts.h"
#include "host/qemu.h"

/** Files of /proc are read up to here; the lines that count are at the beginning. */
#define PROC_MAX 16384
/** A kernel's configuration has some 300 KiB. */
#define CONFIG_MAX (1u << 20)

static void names_read(struct machine *m, int proc, const char *root)
{
	struct utsname name;

	iommu_text_read(proc, "sys/kernel/hostname", m->host, sizeof(m->host));
	iommu_text_read(proc, "sys/kernel/osrelease", m->kernel, sizeof(m->kernel));
	iommu_text_read(proc, "sys/kernel/arch", m->arch, sizeof(m->arch));	/* since 6.1 */
	if (!m->arch[0] && !root[0] && !uname(&name))
		snprintf(m->arch, sizeof(m->arch), "%.*s", (int)sizeof(m->arch) - 1, name.machine);
}

static void sizes_read(struct machine *m, int proc)
{
	char text[PROC_MAX];
	ssize_t n = host_file_read(proc, "meminfo", text, sizeof(text));

	m->memory = n > 0 ? meminfo_total(text, (size_t)n) : 0;
	n = host_file_read(proc, "self/auxv", text, sizeof(text));
	m->page_size = n > 0 ? auxv_page_size((const unsigned char *)text, (size_t)n) : 0;
}

/* /boot/config-RELEASE, NUL-terminated; NULL if it is not there. To be freed. */
static char *config_read(const struct machine *m, const char *root, size_t *len)
{
	char path[sizeof(m->kernel) + 16];
	char *text = NULL;
	ssize_t n = -1;
	int dir;

	if (!m->kernel[0] || strchr(m->kernel, '/'))
		return NULL;
	dir = host_dir_open(root, "boot");
	if (dir < 0)
		return NULL;
	snprintf(path, sizeof(path), "config-%s", m->kernel);
	text = malloc(CONFIG_MAX);
	if (text)
		n = host_file_read(dir, path, text, CONFIG_MAX);
	close(dir);
	if (n > 0) {
		*len = (size_t)n;
		return text;
	}
	free(text);
	return NULL;
}

/* The configuration says it; without it, the address of our own stack. */
static void va_bits_read(struct machine *m, int proc, const char *config, size_t config_len)
{
	char text[PROC_MAX], value[16];
	uint64_t bits;
	ssize_t n;

	if (strcmp(m->arch, "aarch64"))
		return;
	if (config && kernel_config_get(config, config_len, "CONFIG_ARM64_VA_BITS", value,
					sizeof(value)) &&
	    decimal_read(value, strlen(value), &bits) && bits >= 32 && bits <= 64) {
		m->va_bits = (unsigned int)bits;
		return;
	}
	n = host_file_read(proc, "self/maps", text, sizeof(text));
	m->va_bits = n > 0 ? maps_va_bits(text, (size_t)n) : 0;
}

/*
 * CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON is "default y"; where the configuration is not to be
 * had it is taken for on, which gives the lesser width.
 */
static void tables_read(struct machine *m, int proc, const char *config, size_t config_len)
{
	char text[PROC_MAX], value[8];
	const ssize_t n = host_file_read(proc, "cmdline", text, sizeof(text));
	struct boot_options options;
	bool scalable;

	boot_options_parse(&options, text, n > 0 ? (size_t)n : 0);
	if (options.has_scalable)
		scalable = options.scalable;
	else
		scalable = !config || kernel_config_get(config, config_len,
							"CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON",
							value, sizeof(value));
	m->intel_first_stage = scalable && machine_first_stage(m);
	m->amd_v2_tables = options.amd_v2_tables;
}

static void vfio_read(struct machine *m, const char *root)
{
	const int dir = host_dir_open(root, "sys/module/vfio_iommu_type1/parameters");
	uint64_t limit;
	char text[32];
	size_t n;

	if (dir < 0)
		return;
	iommu_text_read(dir, "dma_entry_limit", text, sizeof(text));
	n = decimal_read(text, strlen(text), &limit);
	m->has_dma_entry_limit = n && !text[n] && limit <= UINT32_MAX;
	if (m->has_dma_entry_limit)
		m->dma_entry_limit = (uint32_t)limit;
	iommu_text_read(dir, "allow_unsafe_interrupts", text, sizeof(text));
	m->has_unsafe_interrupts = !strcmp(text, "Y") || !strcmp(text, "N");
	m->unsafe_interrupts = text[0] == 'Y' && m->has_unsafe_interrupts;
	close(dir);
}

void iommu_settings_read(struct machine *m, const char *root)
{
	const int proc = host_dir_open(root, "proc");
	size_t config_len = 0;
	char *config;

	vfio_read(m, root);
	m->vendor = qemu_host_vendor(root);
	if (proc < 0)
		return;
	names_read(m, proc, root);
	sizes_read(m, proc);
	config = config_read(m, root, &config_len);
	va_bits_read(m, proc, config, config_len);
	tables_read(m, proc, config, config_len);
	free(config);
	close(proc);
}
