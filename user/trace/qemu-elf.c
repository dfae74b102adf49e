// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/qemu-elf.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/** Type of a note of systemtap's <sys/sdt.h>, and what its description begins with: the probe's
 *  address, the link-time base, the semaphore's address.
 */
#define NOTE_STAPSDT 3
#define STAPSDT_ADDRESSES (3 * sizeof(uint64_t))

static const char *const function_names[QEMU_FUNCTIONS] = {
	[QEMU_NOTIFY] = "memory_region_notify_iommu_one",
	[QEMU_PUSH] = "virtqueue_push",
};

static const char *const usdt_names[QEMU_USDTS] = {
	[QEMU_USDT_NOTIFY] = "vfio_iommu_map_notify",
	[QEMU_USDT_MAP] = "virtio_iommu_map",
	[QEMU_USDT_UNMAP] = "virtio_iommu_unmap",
	[QEMU_USDT_ATTACH] = "virtio_iommu_attach",
	[QEMU_USDT_DETACH] = "virtio_iommu_detach",
};

const char *qemu_function_name(enum qemu_function function)
{
	return function_names[function];
}

const char *qemu_usdt_name(enum qemu_usdt usdt)
{
	return usdt_names[usdt];
}

/** Where an address of the program lies in its file; 0 if it is not code. */
static uint64_t offset_of(Elf *elf, uint64_t address)
{
	size_t count;
	GElf_Phdr p;

	if (elf_getphdrnum(elf, &count))
		return 0;
	for (int i = 0; (size_t)i < count && i < INT16_MAX; i++)
		if (gelf_getphdr(elf, i, &p) && p.p_type == PT_LOAD && p.p_flags & PF_X &&
		    address >= p.p_vaddr && address - p.p_vaddr < p.p_filesz)
			return address - p.p_vaddr + p.p_offset;
	return 0;
}

static void symbol_take(struct qemu_elf *b, Elf *elf, const GElf_Sym *sym, const char *name)
{
	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC || sym->st_shndx == SHN_UNDEF || !name)
		return;
	for (size_t i = 0; i < QEMU_FUNCTIONS; i++)
		if (!b->functions[i] && strcmp(name, function_names[i]) == 0)
			b->functions[i] = offset_of(elf, sym->st_value);
}

static void symbols_read(struct qemu_elf *b, Elf *elf, Elf_Scn *section, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym sym;

	for (int i = 0; data && gelf_getsym(data, i, &sym); i++)
		symbol_take(b, elf, &sym, elf_strptr(elf, sh->sh_link, sym.st_name));
}

/** A string that ends within its buffer, and what is behind it. */
static const char *string_take(const char **at, const char *end)
{
	const char *start = *at;
	const char *nul = start < end ? memchr(start, '\0', (size_t)(end - start)) : NULL;

	if (!nul)
		return NULL;
	*at = nul + 1;
	return start;
}

static void stapsdt_take(struct qemu_elf *b, const char *desc, size_t size)
{
	const char *at = desc + STAPSDT_ADDRESSES, *end = desc + size, *provider, *name;

	if (size < STAPSDT_ADDRESSES)
		return;
	provider = string_take(&at, end);
	name = provider ? string_take(&at, end) : NULL;
	if (!name || strcmp(provider, QEMU_USDT_PROVIDER) != 0)
		return;
	for (size_t i = 0; i < QEMU_USDTS; i++)
		if (strcmp(name, usdt_names[i]) == 0)
			b->usdts |= 1U << i;
}

static void build_take(struct qemu_build *build, const char *desc, size_t size)
{
	if (build->len || !size || size > sizeof(build->id))
		return;
	memcpy(build->id, desc, size);
	build->len = size;
}

static void notes_read(struct qemu_elf *b, Elf_Scn *section)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t at = 0, next, name_at, desc_at;
	GElf_Nhdr note;

	/* libelf has checked that name and description lie in data. */
	while (data && (next = gelf_getnote(data, at, &note, &name_at, &desc_at)) > 0) {
		const char *name = (const char *)data->d_buf + name_at;
		const char *desc = (const char *)data->d_buf + desc_at;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    memcmp(name, "GNU", sizeof("GNU")) == 0)
			build_take(&b->build, desc, note.n_descsz);
		if (note.n_type == NOTE_STAPSDT && note.n_namesz == sizeof("stapsdt") &&
		    memcmp(name, "stapsdt", sizeof("stapsdt")) == 0)
			stapsdt_take(b, desc, note.n_descsz);
		at = next;
	}
}

static int file_read(struct qemu_elf *b, int fd, bool symbols)
{
	Elf_Scn *section = NULL;
	GElf_Ehdr header;
	GElf_Shdr sh;
	Elf *elf;
	int err = 0;

	memset(b, 0, sizeof(*b));
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || !gelf_getehdr(elf, &header) || header.e_ident[EI_CLASS] != ELFCLASS64)
		err = -ENOEXEC;
	while (!err && (section = elf_nextscn(elf, section)) && gelf_getshdr(section, &sh)) {
		if (sh.sh_type == SHT_NOTE)
			notes_read(b, section);
		if (symbols && (sh.sh_type == SHT_DYNSYM || sh.sh_type == SHT_SYMTAB))
			symbols_read(b, elf, section, &sh);
	}
	elf_end(elf);
	return err;
}

int qemu_build_read(struct qemu_build *build, int fd)
{
	struct qemu_elf binary;
	int err = file_read(&binary, fd, false);

	*build = binary.build;
	return err;
}

int qemu_elf_read(struct qemu_elf *binary, int fd)
{
	return file_read(binary, fd, true);
}
