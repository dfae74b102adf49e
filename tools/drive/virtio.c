// SPDX-License-Identifier: GPL-2.0-or-later
#include "virtio.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "clock.h"
#include "error.h"

#define FIELD(name) ((unsigned int)offsetof(struct virtio_pci_common_cfg, name))
#define FIELD_SIZE(name) ((unsigned int)sizeof(((struct virtio_pci_common_cfg *)0)->name))

/* How often a register is read again that the device has to change. */
#define MAX_POLLS 1000

/* Access to one field of the common structure, in the field's own width as virtio demands. */
#define common_load(dev, name, value) \
	qtest_load((dev)->fn.qt, (dev)->common.base + FIELD(name), FIELD_SIZE(name), value)
#define common_store(dev, name, value) \
	qtest_store((dev)->fn.qt, (dev)->common.base + FIELD(name), FIELD_SIZE(name), value)

static int region_set(struct virtio_region *region, const struct pci_function *fn,
		      const uint32_t cap[4], uint32_t min_size)
{
	unsigned int bar = cap[1] & 0xff;
	uint32_t offset = cap[2], size = cap[3];

	if (region->base)
		return 0; /* the first of a kind is the one to use */
	if (bar >= 6 || !fn->bars[bar].base || size < min_size ||
	    offset > fn->bars[bar].size || size > fn->bars[bar].size - offset)
		return drive_fail(EPROTO, "a virtio capability points outside its BAR: BAR %u, "
				  "offset 0x%" PRIx32 ", size 0x%" PRIx32, bar, offset, size);
	region->base = fn->bars[bar].base + offset;
	region->size = size;
	return 0;
}

static int capability_use(struct virtio_device *dev, unsigned int at)
{
	uint32_t cap[5] = { 0 };
	unsigned int i;
	int err = 0;

	for (i = 0; i < 4 && !err; i++)
		err = pci_read(&dev->fn, at + 4 * i, &cap[i]);
	if (err)
		return err;
	switch (cap[0] >> 24) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		return region_set(&dev->common, &dev->fn, cap,
				  sizeof(struct virtio_pci_common_cfg));
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		err = pci_read(&dev->fn, at + VIRTIO_PCI_NOTIFY_CAP_MULT, &cap[4]);
		if (!dev->notify.base)
			dev->notify_multiplier = cap[4];
		return err ? err : region_set(&dev->notify, &dev->fn, cap, 2);
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		return region_set(&dev->config, &dev->fn, cap, 1);
	default:
		return 0;
	}
}

static int capabilities_read(struct virtio_device *dev)
{
	unsigned int at = 0, i;
	int err = 0;

	/* 256 bytes hold no more than 16 of these: the bound ends a list that is a loop. */
	for (i = 0; i < 16 && !err; i++) {
		err = pci_find_capability(&dev->fn, PCI_CAP_ID_VNDR, at, &at);
		if (err || !at || at > 256 - sizeof(struct virtio_pci_notify_cap))
			break;
		err = capability_use(dev, at);
	}
	if (!err && (!dev->common.base || !dev->notify.base || !dev->config.base))
		err = drive_fail(ENODEV, "the virtio device at 00:%02x.%x has no virtio 1.0 "
				 "registers (was it started with disable-modern=on?)",
				 dev->fn.devfn >> 3, dev->fn.devfn & 7);
	return err;
}

static int device_reset(const struct virtio_device *dev)
{
	uint64_t status = 1;
	int err = common_store(dev, device_status, 0), i;

	for (i = 0; i < MAX_POLLS && !err; i++) {
		err = common_load(dev, device_status, &status);
		if (status == 0)
			break;
		clock_sleep_us(1000);
	}
	if (!err && status != 0)
		err = drive_fail(ETIMEDOUT, "the virtio device does not end its reset (status "
				 "0x%" PRIx64 ")", status);
	return err;
}

static int status_add(const struct virtio_device *dev, uint8_t bit)
{
	uint64_t status;
	int err = common_load(dev, device_status, &status);

	return err ? err : common_store(dev, device_status, status | bit);
}

static int features_load(const struct virtio_device *dev, uint64_t *features)
{
	uint64_t low = 0, high = 0;
	int err = common_store(dev, device_feature_select, 0);

	if (!err)
		err = common_load(dev, device_feature, &low);
	if (!err)
		err = common_store(dev, device_feature_select, 1);
	if (!err)
		err = common_load(dev, device_feature, &high);
	*features = high << 32 | (low & UINT32_MAX);
	return err;
}

static int features_store(const struct virtio_device *dev, uint64_t features)
{
	int err = common_store(dev, guest_feature_select, 0);

	if (!err)
		err = common_store(dev, guest_feature, features & UINT32_MAX);
	if (!err)
		err = common_store(dev, guest_feature_select, 1);
	if (!err)
		err = common_store(dev, guest_feature, features >> 32);
	return err;
}

static int features_negotiate(struct virtio_device *dev, uint64_t wanted)
{
	uint64_t offered, status = 0;
	int err = features_load(dev, &offered);

	if (err)
		return err;
	if (!(offered >> VIRTIO_F_VERSION_1 & 1))
		return drive_fail(ENODEV, "the virtio device does not offer virtio 1.0 (features "
				  "0x%" PRIx64 ")", offered);
	dev->features = offered & (wanted | 1ull << VIRTIO_F_VERSION_1);
	err = features_store(dev, dev->features);
	if (!err)
		err = status_add(dev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!err)
		err = common_load(dev, device_status, &status);
	if (!err && !(status & VIRTIO_CONFIG_S_FEATURES_OK))
		err = drive_fail(EPROTO, "the virtio device refused the features 0x%" PRIx64
				 " of 0x%" PRIx64, dev->features, offered);
	return err;
}

int virtio_open(struct virtio_device *dev, const struct pci_function *fn, uint64_t wanted)
{
	int err;

	*dev = (struct virtio_device){ .fn = *fn };
	err = pci_enable(&dev->fn, 0);
	if (!err)
		err = capabilities_read(dev);
	if (!err)
		err = device_reset(dev);
	if (!err)
		err = status_add(dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	if (!err)
		err = status_add(dev, VIRTIO_CONFIG_S_DRIVER);
	if (!err)
		err = features_negotiate(dev, wanted);
	return err;
}

int virtio_start(const struct virtio_device *dev)
{
	return status_add(dev, VIRTIO_CONFIG_S_DRIVER_OK);
}

bool virtio_needs_reset(const struct virtio_device *dev)
{
	uint64_t status;

	return common_load(dev, device_status, &status) == 0 &&
	       status & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static int queue_address(const struct virtio_device *dev, unsigned int field, uint64_t addr)
{
	uint64_t reg = dev->common.base + field;
	int err = qtest_store(dev->fn.qt, reg, 4, addr & UINT32_MAX);

	return err ? err : qtest_store(dev->fn.qt, reg + 4, 4, addr >> 32);
}

static int queue_select(const struct virtio_device *dev, uint16_t index, uint16_t size)
{
	uint64_t max;
	int err = common_store(dev, queue_select, index);

	if (!err)
		err = common_load(dev, queue_size, &max);
	if (!err && max < size)
		err = drive_fail(ENODEV, "queue %u has room for %" PRIu64 " descriptors, %u are "
				 "needed", index, max, size);
	if (!err)
		err = common_store(dev, queue_size, size);
	return err;
}

int virtio_queue_enable(const struct virtio_device *dev, uint16_t index, uint16_t size,
			uint64_t desc, uint64_t avail, uint64_t used, uint64_t *doorbell)
{
	uint64_t off = 0;
	int err = queue_select(dev, index, size);

	if (!err)
		err = queue_address(dev, FIELD(queue_desc_lo), desc);
	if (!err)
		err = queue_address(dev, FIELD(queue_avail_lo), avail);
	if (!err)
		err = queue_address(dev, FIELD(queue_used_lo), used);
	if (!err)
		err = common_load(dev, queue_notify_off, &off);
	off = (off & UINT16_MAX) * dev->notify_multiplier;
	if (!err && off > dev->notify.size - 2)
		err = drive_fail(EPROTO, "the doorbell of queue %u is outside its BAR", index);
	*doorbell = dev->notify.base + off;
	return err ? err : common_store(dev, queue_enable, 1);
}

int virtio_config_read(const struct virtio_device *dev, void *buf, size_t len)
{
	uint64_t before = 0, after = 1;
	int err = 0, i;

	if (len > dev->config.size)
		return drive_fail(EPROTO, "the device's configuration has %" PRIu32 " bytes, %zu "
				  "are needed", dev->config.size, len);
	for (i = 0; i < MAX_POLLS && !err; i++) {
		err = common_load(dev, config_generation, &before);
		if (!err)
			err = qtest_read(dev->fn.qt, dev->config.base, buf, len);
		if (!err)
			err = common_load(dev, config_generation, &after);
		if (before == after)
			break;
	}
	if (!err && before != after)
		err = drive_fail(EAGAIN, "the device's configuration changes all the time");
	return err;
}
