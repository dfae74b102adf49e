/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PC's firmware does for a PCI function: configuration space through the ports 0xcf8 and
 * 0xcfc, sizes and addresses of its BARs. Bus 0 only, where virtio-iommu has to be.
 */
#ifndef DRIVE_PCI_H
#define DRIVE_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "qtest.h"

/** struct pci_bar - one base address register */
struct pci_bar {
	uint64_t base;	/* guest physical address, 0 when not placed */
	uint64_t size;	/* bytes, a power of two; 0 when there is none */
	bool is_io;	/* I/O ports: never placed here */
	bool is_64;	/* takes the next register too */
};

/** struct pci_function - a function of a device on bus 0; refers to its connection */
struct pci_function {
	struct qtest *qt;
	uint8_t devfn;		/* slot << 3 | function */
	struct pci_bar bars[6];
};

/**
 * pci_open() - look at the function at @devfn
 *
 * Return: 0, -ENODEV after a message when there is none, or -errno.
 */
int pci_open(struct pci_function *fn, struct qtest *qt, uint8_t devfn);

/**
 * pci_find() - the first function on bus 0 with these ids
 *
 * Return: 0, -ENODEV (no message: the caller knows what was sought), or -errno after a message.
 */
int pci_find(struct pci_function *fn, struct qtest *qt, uint16_t vendor, uint16_t device);

/** pci_read() - the aligned 32-bit register at @offset, below 256; 0 or -errno */
int pci_read(const struct pci_function *fn, unsigned int offset, uint32_t *value);

/** pci_write() - write the aligned 32-bit register at @offset; 0 or -errno */
int pci_write(const struct pci_function *fn, unsigned int offset, uint32_t value);

/**
 * pci_enable() - size and place the memory BARs, then allow memory access and bus mastering
 * @high: where to put the first 64-bit BAR, and the others behind it; 0: a fixed window
 *
 * The windows depend on @fn->devfn only, so a function lies where it lay in an earlier run and
 * never in another one's way.
 *
 * Return: 0 or -errno, after a message.
 */
int pci_enable(struct pci_function *fn, uint64_t high);

/**
 * pci_bar_base() - where memory BAR @index lies now
 *
 * Return: 0, -ENXIO after a message when it is not placed, or -errno.
 */
int pci_bar_base(const struct pci_function *fn, unsigned int index, uint64_t *base);

/** pci_find_capability() - offset of the next capability @id behind @from (0: first), 0: none */
int pci_find_capability(const struct pci_function *fn, uint8_t id, unsigned int from,
			unsigned int *offset);

#endif
