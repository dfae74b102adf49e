// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/pci_regs.h>

#include "error.h"

#define PORT_CONFIG_ADDRESS 0xcf8
#define PORT_CONFIG_DATA 0xcfc
#define CONFIG_ENABLE 0x80000000u

/* Capabilities lie in 192 bytes and have 4 at least: a longer list is a loop. */
#define MAX_CAPABILITIES 48

/*
 * Windows of one function: 2 MiB of the 32-bit hole (q35 has RAM below 0xb0000000 only), and
 * 1 GiB above 64 GiB, far below the smallest host width there is (39 bits).
 */
#define LOW_WINDOW 0xc0000000u
#define LOW_WINDOW_SIZE 0x200000u
#define HIGH_WINDOW 0x1000000000u
#define HIGH_WINDOW_SIZE 0x40000000u

/** struct bar_window - a range that BARs are cut from, in the order of their registers */
struct bar_window {
	uint64_t next;	/* first free address */
	uint64_t end;	/* last usable address */
};

static int config_select(const struct pci_function *fn, unsigned int offset)
{
	uint32_t address = CONFIG_ENABLE | (uint32_t)fn->devfn << 8 | (offset & 0xfc);

	return qtest_outl(fn->qt, PORT_CONFIG_ADDRESS, address);
}

int pci_read(const struct pci_function *fn, unsigned int offset, uint32_t *value)
{
	int err = config_select(fn, offset);

	return err ? err : qtest_inl(fn->qt, PORT_CONFIG_DATA, value);
}

int pci_write(const struct pci_function *fn, unsigned int offset, uint32_t value)
{
	int err = config_select(fn, offset);

	return err ? err : qtest_outl(fn->qt, PORT_CONFIG_DATA, value);
}

int pci_open(struct pci_function *fn, struct qtest *qt, uint8_t devfn)
{
	uint32_t id;
	int err;

	*fn = (struct pci_function){ .qt = qt, .devfn = devfn };
	err = pci_read(fn, PCI_VENDOR_ID, &id);
	if (err)
		return err;
	if (id == UINT32_MAX || id == 0)
		return drive_fail(ENODEV, "the guest has no PCI device 00:%02x.%x", devfn >> 3,
				  devfn & 7);
	return 0;
}

int pci_find(struct pci_function *fn, struct qtest *qt, uint16_t vendor, uint16_t device)
{
	unsigned int devfn;
	uint32_t id;
	int err;

	for (devfn = 0; devfn < 256; devfn++) {
		*fn = (struct pci_function){ .qt = qt, .devfn = (uint8_t)devfn };
		err = pci_read(fn, PCI_VENDOR_ID, &id);
		if (err)
			return err;
		if (id == ((uint32_t)device << 16 | vendor))
			return 0;
	}
	return -ENODEV;
}

/* The bits of a BAR that stay 0 when all ones are written give its size. */
static int bar_probe(const struct pci_function *fn, unsigned int index, uint32_t *ones)
{
	unsigned int reg = PCI_BASE_ADDRESS_0 + 4 * index;
	int err = pci_write(fn, reg, UINT32_MAX);

	return err ? err : pci_read(fn, reg, ones);
}

static int bar_size(struct pci_function *fn, unsigned int index, unsigned int count)
{
	struct pci_bar *bar = &fn->bars[index];
	uint32_t low, high = UINT32_MAX;
	uint64_t mask;
	int err = bar_probe(fn, index, &low);

	if (err || low == 0)
		return err;
	bar->is_io = low & PCI_BASE_ADDRESS_SPACE_IO;
	if (bar->is_io)
		return 0;
	bar->is_64 = (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
	if (bar->is_64 && index + 1 >= count)
		return drive_fail(EPROTO, "BAR %u of 00:%02x.%x is the last one and has 64 bits",
				  index, fn->devfn >> 3, fn->devfn & 7);
	if (bar->is_64)
		err = bar_probe(fn, index + 1, &high);
	mask = (uint64_t)high << 32 | (low & ~0xfu);
	bar->size = ~mask + 1;
	if (!err && (bar->size & (bar->size - 1)) != 0)
		err = drive_fail(EPROTO, "BAR %u of 00:%02x.%x has no size: 0x%" PRIx64
				 " is no power of two", index, fn->devfn >> 3, fn->devfn & 7,
				 bar->size);
	return err;
}

static int bar_place(struct pci_function *fn, unsigned int index, struct bar_window *window)
{
	struct pci_bar *bar = &fn->bars[index];
	unsigned int reg = PCI_BASE_ADDRESS_0 + 4 * index;
	uint64_t base = (window->next + bar->size - 1) & ~(bar->size - 1);
	int err;

	if (base < window->next || base > window->end || window->end - base < bar->size - 1)
		return drive_fail(ENOSPC, "BAR %u of 00:%02x.%x has 0x%" PRIx64 " bytes and does "
				  "not fit at 0x%" PRIx64, index, fn->devfn >> 3, fn->devfn & 7,
				  bar->size, window->next);
	err = pci_write(fn, reg, (uint32_t)base);
	if (!err && bar->is_64)
		err = pci_write(fn, reg + 4, (uint32_t)(base >> 32));
	bar->base = base;
	window->next = base + bar->size;
	return err;
}

/* Bridges have two BARs only; what follows there are bus numbers. */
static int bar_count(const struct pci_function *fn, unsigned int *count)
{
	uint32_t header;
	int err = pci_read(fn, PCI_CACHE_LINE_SIZE, &header);

	*count = (header >> 16 & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_NORMAL ? 6 : 2;
	return err;
}

static int bars_set_up(struct pci_function *fn, uint64_t high)
{
	struct bar_window low_window = {
		.next = LOW_WINDOW + (uint64_t)fn->devfn * LOW_WINDOW_SIZE,
		.end = LOW_WINDOW + (uint64_t)fn->devfn * LOW_WINDOW_SIZE + LOW_WINDOW_SIZE - 1,
	};
	struct bar_window high_window = {
		.next = HIGH_WINDOW + (uint64_t)fn->devfn * HIGH_WINDOW_SIZE,
		.end = HIGH_WINDOW + (uint64_t)fn->devfn * HIGH_WINDOW_SIZE + HIGH_WINDOW_SIZE - 1,
	};
	unsigned int i, count;
	int err = bar_count(fn, &count);

	if (high)
		high_window = (struct bar_window){ .next = high, .end = UINT64_MAX };
	for (i = 0; i < count && !err; i++) {
		struct pci_bar *bar = &fn->bars[i];

		err = bar_size(fn, i, count);
		if (!err && bar->size)
			err = bar_place(fn, i, bar->is_64 ? &high_window : &low_window);
		i += bar->is_64;
	}
	return err;
}

int pci_enable(struct pci_function *fn, uint64_t high)
{
	uint32_t command;
	int err = pci_read(fn, PCI_COMMAND, &command);

	/* Status is the upper half: its bits are cleared by writing 1, so write 0 there. */
	command &= 0xffff & ~(uint32_t)(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (!err)
		err = pci_write(fn, PCI_COMMAND, command);
	if (!err)
		err = bars_set_up(fn, high);
	if (!err)
		err = pci_write(fn, PCI_COMMAND, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return err;
}

int pci_bar_base(const struct pci_function *fn, unsigned int index, uint64_t *base)
{
	unsigned int reg = PCI_BASE_ADDRESS_0 + 4 * index;
	uint32_t low, high = 0;
	int err = pci_read(fn, reg, &low);

	if (err)
		return err;
	if ((low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		err = pci_read(fn, reg + 4, &high);
	*base = (uint64_t)high << 32 | (low & ~0xfu);
	if (!err && (*base == 0 || low & PCI_BASE_ADDRESS_SPACE_IO))
		err = drive_fail(ENXIO, "BAR %u of 00:%02x.%x has no memory address: enable the "
				 "device first", index, fn->devfn >> 3, fn->devfn & 7);
	return err;
}

int pci_find_capability(const struct pci_function *fn, uint8_t id, unsigned int from,
			unsigned int *offset)
{
	uint32_t value;
	unsigned int i, at;
	int err = pci_read(fn, from ? from : PCI_CAPABILITY_LIST, &value);

	at = (from ? value >> 8 : value) & 0xfc;
	for (i = 0; i < MAX_CAPABILITIES && !err && at >= PCI_STD_HEADER_SIZEOF; i++) {
		err = pci_read(fn, at, &value);
		if (err || (value & 0xff) == id)
			break;
		at = value >> 8 & 0xfc;
	}
	*offset = i < MAX_CAPABILITIES && at >= PCI_STD_HEADER_SIZEOF ? at : 0;
	return err;
}
