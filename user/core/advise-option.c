// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What to paste, literally. Tried on QEMU 10.0.2. reserved-regions of virtio-iommu-pci is not
 * among them: q35 sets that property itself, and QEMU aborts if it is given too.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "advise-parts.h"

/** Add one, if there is room: the text, then the option with its number. */
static void option_add(struct advising *s, enum viommu_remedy_for who, const char *text,
		       const char *option, ...) __attribute__((format(printf, 4, 5)));

static void option_add(struct advising *s, enum viommu_remedy_for who, const char *text,
		       const char *option, ...)
{
	struct viommu_remedy *r;
	va_list args;

	if (s->a->option_count == ADVICE_MAX_OPTIONS)
		return;
	r = &s->a->options[s->a->option_count++];
	r->who = who;
	snprintf(r->text, sizeof(r->text), "%s", text);
	va_start(args, option);
	vsnprintf(r->option, sizeof(r->option), option, args);
	va_end(args);
}

/** A 4 KiB granule does not fit a host of larger pages; 4k is the default up to QEMU 8.2. */
static const char *granule(const struct advising *s)
{
	return s->m->page_size > 4096 ? ",granule=host" : "";
}

static void virtio_options(struct advising *s)
{
	const unsigned int n = s->virtio_bits;

	option_add(s, VIOMMU_FOR_QEMU, "virtio-iommu, QEMU 9.0 or newer, with q35 or virt",
		   "-device virtio-iommu-pci,aw-bits=%u%s", n, granule(s));
	option_add(s, VIOMMU_FOR_LIBVIRT,
		   "libvirt 8.3 or newer, beside <iommu model='virtio'/>, with "
		   "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' in <domain>",
		   "<qemu:commandline><qemu:arg value='-global'/>"
		   "<qemu:arg value='virtio-iommu-pci.aw-bits=%u'/></qemu:commandline>", n);
	option_add(s, VIOMMU_FOR_LIBVIRT, "libvirt 12.1 has it in its own XML; where that is refused, take the one above",
		   "<iommu model='virtio'><driver aw_bits='%u'/></iommu>", n);
	option_add(s, VIOMMU_FOR_PROXMOX,
		   "in /etc/pve/qemu-server/VMID.conf, beside machine: q35,viommu=virtio",
		   "args: -global virtio-iommu-pci.aw-bits=%u", n);
	option_add(s, VIOMMU_FOR_HOST,
		   "cloud-hypervisor 44 or newer, for devices with iommu=on",
		   "--platform iommu_address_width=%u", n);
}

static void intel_options(struct advising *s)
{
	const unsigned int n = s->intel_bits;

	option_add(s, VIOMMU_FOR_QEMU, "intel-iommu (39 or 48 bits only), with q35",
		   "-device intel-iommu,caching-mode=on,intremap=on,aw-bits=%u", n);
	option_add(s, VIOMMU_FOR_LIBVIRT,
		   "libvirt 6.5 or newer, with <ioapic driver='qemu'/> in <features>",
		   "<iommu model='intel'><driver intremap='on' caching_mode='on' aw_bits='%u'/>"
		   "</iommu>", n);
	option_add(s, VIOMMU_FOR_PROXMOX,
		   "in /etc/pve/qemu-server/VMID.conf, beside machine: q35,viommu=intel",
		   "args: -global intel-iommu.aw-bits=%u", n);
}

static void phys_options(struct advising *s)
{
	const unsigned int n = s->a->max_bits;

	option_add(s, VIOMMU_FOR_QEMU, "keep BARs where the host can map them",
		   "-cpu host,host-phys-bits-limit=%u", n);
	option_add(s, VIOMMU_FOR_LIBVIRT, "the same, libvirt 9.3 or newer",
		   "<cpu mode='host-passthrough'><maxphysaddr mode='passthrough' limit='%u'/></cpu>",
		   n);
	option_add(s, VIOMMU_FOR_PROXMOX, "the same; it replaces the VM's cpu line",
		   "args: -cpu host,host-phys-bits-limit=%u", n);
}

/** Is virtio-iommu's aw-bits there to be given? */
static bool virtio_possible(const struct advising *s)
{
	return s->virtio_bits && (!advise_qemu_known(s->g) || advise_qemu_at_least(s->g, 9, 0));
}

void advise_options(struct advising *s)
{
	const enum viommu_model model = s->g ? s->g->model : VIOMMU_MODEL_NONE;
	const bool intel = s->intel_bits && advise_is_x86(s);

	if (model == VIOMMU_MODEL_INTEL && intel)
		intel_options(s);
	else if (virtio_possible(s))
		virtio_options(s);
	/* The other one too, where the VM has none yet, or none that can be set. */
	if (intel && (model == VIOMMU_MODEL_NONE ||
		      (model == VIOMMU_MODEL_VIRTIO && !virtio_possible(s))))
		intel_options(s);
	if (s->add_root_ports)
		option_add(s, VIOMMU_FOR_QEMU,
			   "a root port for each assigned device, which then is alone in its group",
			   "-device pcie-root-port,id=rp1");
	if (s->limit_phys && s->a->max_bits >= VIRTIO_BITS_MIN && advise_is_x86(s))
		phys_options(s);
}
