// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU's command lines: what they say, and what a real QEMU makes of them. */
#include "qemu.h"
#include "tree.h"

#include "host/qemu-args.h"
#include "host/qemu.h"

#define Q "/usr/bin/qemu-system-x86_64"
#define GIB (1ULL << 30)

/** Arguments, joined as in /proc/PID/cmdline. */
static size_t join(char *buf, size_t size, const char *const *argv)
{
	size_t len = 0;

	for (; *argv; argv++) {
		const size_t n = strlen(*argv) + 1;

		assert_true(len + n <= size);
		memcpy(buf + len, *argv, n);
		len += n;
	}
	return len;
}

static struct guest *parse_host(const char *const *argv, enum cpu_vendor cpu, const char *root)
{
	struct guest *g = calloc(1, sizeof(*g));
	char args[8192];

	assert_non_null(g);
	assert_int_equal(guest_from_argv(g, args, join(args, sizeof(args), argv), cpu, root), 0);
	return g;
}

static struct guest *parse(const char *const *argv)
{
	return parse_host(argv, CPU_INTEL, NULL);
}

#define ARGV(...) ((const char *const[]){ Q, __VA_ARGS__, NULL })

/* --------------------------------------------------------------------------- memory, vCPUs */

static void memory_and_vcpus(void **state)
{
	static const struct {
		const char *argv[8];
		uint64_t memory, most;
		unsigned int vcpus;
	} rows[] = {
		{ { Q }, 128ULL << 20, 128ULL << 20, 1 },
		{ { Q, "-m", "512" }, GIB / 2, GIB / 2, 1 },
		{ { Q, "-m", "1.5G" }, GIB * 3 / 2, GIB * 3 / 2, 1 },
		{ { Q, "-m", "size=4194304k,slots=16,maxmem=16777216k" }, 4 * GIB, 16 * GIB, 1 },
		{ { Q, "-m", "1024,slots=2,maxmem=8G" }, GIB, 8 * GIB, 1 },
		{ { Q, "-m", "1G,slots=1,maxmem=2147483648" }, GIB, 2 * GIB, 1 },
		{ { Q, "-m", "1G", "-m", "maxmem=2G,slots=1" }, GIB, 2 * GIB, 1 },
		{ { Q, "-M", "q35,memory-backend=m", "-object", "memory-backend-ram,id=m,size=3G" },
		  3 * GIB, 3 * GIB, 1 },
		{ { Q, "-object", "{\"qom-type\":\"memory-backend-memfd\",\"id\":\"pc.ram\","
			"\"size\":8589934592}", "-machine", "q35,memory-backend=pc.ram" },
		  8 * GIB, 8 * GIB, 1 },
		{ { Q, "-m", "2G", "-smp", "4" }, 2 * GIB, 2 * GIB, 4 },
		{ { Q, "-m", "2G", "-smp", "4,maxcpus=8,sockets=2,cores=4,threads=1" },
		  2 * GIB, 2 * GIB, 8 },
		{ { Q, "-m", "2G", "-smp", "sockets=2,dies=1,cores=4,threads=2" },
		  2 * GIB, 2 * GIB, 16 },
		{ { Q, "-m", "2G", "-machine", "q35,smp.cpus=3,smp.maxcpus=5" }, 2 * GIB, 2 * GIB,
		  5 },
		{ { Q, "-m", "lots" }, 128ULL << 20, 128ULL << 20, 1 },
		{ { Q, "-m", "18446744073709551615G" }, 128ULL << 20, 128ULL << 20, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest *g = parse(rows[i].argv);

		if (g->memory != rows[i].memory || g->vcpus != rows[i].vcpus)
			print_message("row %zu\n", i);
		assert_int_equal(g->memory, rows[i].memory);
		assert_int_equal(g->max_memory, rows[i].most);
		assert_int_equal(g->vcpus, rows[i].vcpus);
		free(g);
	}
}

/* --------------------------------------------------------------------------- processor */

static void processor(void **state)
{
	static const struct {
		const char *argv[6];
		enum cpu_vendor host_cpu;
		bool host, amd;
		enum tristate host_bits;
		unsigned int limit;
	} rows[] = {
		/* KVM: the vendor is the host's; TCG: the model's */
		{ { Q, "-accel", "kvm", "-cpu", "host" }, CPU_AMD, true, true, TRI_YES, 0 },
		{ { Q, "-accel", "kvm", "-cpu", "host" }, CPU_INTEL, true, false, TRI_YES, 0 },
		{ { Q, "-enable-kvm", "-cpu", "EPYC" }, CPU_INTEL, false, false, TRI_NO, 0 },
		{ { Q, "-enable-kvm", "-cpu", "Skylake-Server" }, CPU_AMD, false, true, TRI_NO, 0 },
		{ { Q, "-M", "q35,accel=kvm:tcg", "-cpu", "qemu64" }, CPU_INTEL, false, false,
		  TRI_NO, 0 },
		{ { Q, "-cpu", "EPYC-Rome-v2" }, CPU_INTEL, false, true, TRI_NO, 0 },
		{ { Q, "-cpu", "Skylake-Client" }, CPU_AMD, false, false, TRI_NO, 0 },
		{ { Q, "-cpu", "max" }, CPU_INTEL, false, true, TRI_NO, 0 },
		{ { Q }, CPU_INTEL, false, true, TRI_NO, 0 },	/* qemu64 */
		{ { "/usr/bin/kvm" }, CPU_INTEL, false, false, TRI_NO, 0 },
		{ { "/usr/libexec/qemu-kvm", "-cpu", "host" }, CPU_AMD, true, true, TRI_YES, 0 },
		{ { Q, "-cpu", "EPYC,vendor=GenuineIntel" }, CPU_AMD, false, false, TRI_NO, 0 },
		{ { Q, "-enable-kvm", "-cpu", "host,vendor=AuthenticAMD" }, CPU_INTEL, true, true,
		  TRI_YES, 0 },
		/* widths */
		{ { Q, "-enable-kvm", "-cpu", "max" }, CPU_INTEL, false, false, TRI_YES, 0 },
		{ { Q, "-enable-kvm", "-cpu", "host,migratable=on,host-phys-bits-limit=39" },
		  CPU_INTEL, true, false, TRI_YES, 39 },
		{ { Q, "-enable-kvm", "-cpu", "host,host-phys-bits=off,phys-bits=40" }, CPU_INTEL,
		  true, false, TRI_NO, 40 },
		{ { Q, "-enable-kvm", "-cpu", "Haswell,host_phys_bits=on,host-phys-bits-limit=0x2a" },
		  CPU_INTEL, false, false, TRI_YES, 42 },
		{ { Q, "-enable-kvm", "-cpu", "Haswell,phys-bits=46,host-phys-bits-limit=39" },
		  CPU_INTEL, false, false, TRI_NO, 46 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest *g = parse_host(rows[i].argv, rows[i].host_cpu, NULL);

		if (g->cpu_amd != rows[i].amd || g->phys_bits_limit != rows[i].limit)
			print_message("row %zu\n", i);
		assert_int_equal(g->cpu_host, rows[i].host);
		assert_int_equal(g->cpu_amd, rows[i].amd);
		assert_int_equal(g->host_phys_bits, rows[i].host_bits);
		assert_int_equal(g->phys_bits_limit, rows[i].limit);
		free(g);
	}
}

/* --------------------------------------------------------------------------- vIOMMU */

static void viommu(void **state)
{
	static const struct {
		const char *argv[8];
		enum viommu_model model;
		unsigned int bits;
		const char *granule;
		enum tristate bypass, caching;
	} rows[] = {
		{ { Q, "-M", "q35" }, VIOMMU_MODEL_NONE, 0, "", TRI_UNKNOWN, TRI_UNKNOWN },
		{ { Q, "-device", "virtio-iommu-pci" }, VIOMMU_MODEL_VIRTIO, 0, "", TRI_YES,
		  TRI_UNKNOWN },
		{ { Q, "-device", "virtio-iommu-pci,aw-bits=48,granule=16k,boot-bypass=off" },
		  VIOMMU_MODEL_VIRTIO, 48, "16k", TRI_NO, TRI_UNKNOWN },
		{ { Q, "-device", "{\"driver\":\"virtio-iommu-pci\",\"aw-bits\":39,"
			"\"boot-bypass\":false}" },
		  VIOMMU_MODEL_VIRTIO, 39, "", TRI_NO, TRI_UNKNOWN },
		{ { Q, "-device", "virtio-iommu-pci,aw_bits=0x27" }, VIOMMU_MODEL_VIRTIO, 39, "",
		  TRI_YES, TRI_UNKNOWN },
		/* -global, before or after; the device's own counts more, the last more */
		{ { Q, "-device", "virtio-iommu-pci", "-global", "virtio-iommu-pci.aw-bits=40" },
		  VIOMMU_MODEL_VIRTIO, 40, "", TRI_YES, TRI_UNKNOWN },
		{ { Q, "-global", "driver=virtio-iommu-pci,property=aw-bits,value=41", "-device",
		    "virtio-iommu-pci" }, VIOMMU_MODEL_VIRTIO, 41, "", TRI_YES, TRI_UNKNOWN },
		{ { Q, "-global", "virtio-iommu-pci.aw-bits=40", "-device",
		    "virtio-iommu-pci,aw-bits=48" }, VIOMMU_MODEL_VIRTIO, 48, "", TRI_YES,
		  TRI_UNKNOWN },
		{ { Q, "-global", "virtio-iommu-pci.aw-bits=40", "-global",
		    "virtio-iommu-pci.aw-bits=42", "-device", "virtio-iommu-pci" },
		  VIOMMU_MODEL_VIRTIO, 42, "", TRI_YES, TRI_UNKNOWN },
		{ { Q, "-global", "intel-iommu.aw-bits=48", "-device", "virtio-iommu-pci" },
		  VIOMMU_MODEL_VIRTIO, 0, "", TRI_YES, TRI_UNKNOWN },
		{ { Q, "-device", "intel-iommu,intremap=on,caching-mode=on,aw-bits=48" },
		  VIOMMU_MODEL_INTEL, 48, "", TRI_YES, TRI_YES },
		{ { Q, "-device", "intel-iommu" }, VIOMMU_MODEL_INTEL, 0, "", TRI_YES, TRI_NO },
		{ { Q, "-device", "{\"driver\":\"intel-iommu\",\"id\":\"iommu0\",\"intremap\":\"on\","
			"\"caching-mode\":true,\"aw-bits\":39}" },
		  VIOMMU_MODEL_INTEL, 39, "", TRI_YES, TRI_YES },
		{ { Q, "-device", "amd-iommu,dma-remap=on" }, VIOMMU_MODEL_AMD, 0, "", TRI_YES,
		  TRI_UNKNOWN },
		{ { "qemu-system-aarch64", "-M", "virt,iommu=smmuv3" }, VIOMMU_MODEL_SMMU, 0, "",
		  TRI_UNKNOWN, TRI_UNKNOWN },
		/* what only looks like it */
		{ { Q, "-append", "-device virtio-iommu-pci", "-name", "virtio-iommu-pci" },
		  VIOMMU_MODEL_NONE, 0, "", TRI_UNKNOWN, TRI_UNKNOWN },
		{ { Q, "-device", "{\"driver\":\"virtio-iommu-pci\"" }, VIOMMU_MODEL_NONE, 0, "",
		  TRI_UNKNOWN, TRI_UNKNOWN },
		{ { Q, "-device", "virtio-iommu-pci,aw-bits=999" }, VIOMMU_MODEL_VIRTIO, 0, "",
		  TRI_YES, TRI_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest *g = parse(rows[i].argv);

		if (g->model != rows[i].model || g->aw_bits != rows[i].bits)
			print_message("row %zu\n", i);
		assert_int_equal(g->model, rows[i].model);
		assert_int_equal(g->aw_bits, rows[i].bits);
		assert_string_equal(g->granule, rows[i].granule);
		assert_int_equal(g->boot_bypass, rows[i].bypass);
		assert_int_equal(g->caching_mode, rows[i].caching);
		free(g);
	}
}

static void machine_types(void **state)
{
	static const struct {
		const char *argv[6];
		const char *arch, *machine;
	} rows[] = {
		{ { Q }, "x86_64", "pc" },
		{ { Q, "-M", "q35" }, "x86_64", "q35" },
		{ { Q, "-machine", "pc-q35-9.2,usb=off,dump-guest-core=off" }, "x86_64",
		  "pc-q35-9.2" },
		{ { Q, "-machine", "accel=kvm,type=q35" }, "x86_64", "q35" },
		{ { Q, "-M", "q35", "-machine", "accel=tcg" }, "x86_64", "q35" },
		{ { "/usr/bin/kvm", "-M", "type=pc-q35-8.1+pve0" }, "", "pc-q35-8.1+pve0" },
		{ { "qemu-system-aarch64", "-M", "virt-9.0" }, "aarch64", "virt-9.0" },
		{ { "/nix/store/x/bin/.qemu-system-x86_64-wrapped", "-M", "q35" }, "x86_64", "q35" },
		{ { "qemu-system-aarch64" }, "aarch64", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest *g = parse(rows[i].argv);

		assert_string_equal(g->arch, rows[i].arch);
		assert_string_equal(g->machine, rows[i].machine);
		free(g);
	}
}

/* --------------------------------------------------------------------------- devices */

static void addresses_of_devices(void **state)
{
	static const struct {
		const char *device, *address;
		bool iommufd;
	} rows[] = {
		{ "vfio-pci,host=0000:01:00.0", "0000:01:00.0", false },
		{ "vfio-pci,host=01:00.1", "0000:01:00.1", false },
		{ "vfio-pci,host=1:0.0", "0000:01:00.0", false },
		{ "vfio-pci,host=10000:e1:00.0,id=vmd", "10000:e1:00.0", false },
		{ "{\"driver\":\"vfio-pci\",\"host\":\"0000:c1:00.0\",\"iommufd\":\"iommufd0\"}",
		  "0000:c1:00.0", true },
		{ "vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:03:00.0", "0000:03:00.0", false },
		{ "vfio-pci-nohotplug,sysfsdev=/sys/bus/mdev/devices/"
		  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", "", false },
		{ "vfio-pci,fd=dev0,iommufd=iommufd0", "", true },
		{ "vfio-pci,host=01:00", "", false },
		{ "vfio-pci,host=01:20.0", "", false },
		{ "vfio-pci,host=01:00.8", "", false },
		{ "vfio-pci,host=-1:00.0", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest *g = parse(ARGV("-device", rows[i].device));

		assert_int_equal(g->device_count, 1);
		assert_string_equal(g->devices[0].address, rows[i].address);
		assert_int_equal(g->devices[0].iommufd, rows[i].iommufd);
		assert_int_equal(g->devices[0].group, -1);
		assert_int_equal(g->devices[0].hotplugged, TRI_NO);
		free(g);
	}
}

#define ROOT_PORT "pcie-root-port,id=rp,chassis=1"

/** Which bus lets a device be alone: rules of drivers/iommu/iommu.c and drivers/pci/pci.c. */
static void alone_in_the_guest_group(void **state)
{
	static const struct {
		const char *argv[16];
		enum tristate singleton, bypasses;
	} rows[] = {
		/* on the root bus nothing is above it */
		{ { Q, "-device", "vfio-pci,host=1:0.0" }, TRI_YES, TRI_NO },
		{ { Q, "-device", "vfio-pci,host=1:0.0,bus=pcie.0,addr=5" }, TRI_YES, TRI_NO },
		/* a root port with ACS, and without */
		{ { Q, "-device", ROOT_PORT, "-device", "vfio-pci,host=1:0.0,bus=rp" }, TRI_YES,
		  TRI_NO },
		{ { Q, "-device", "vfio-pci,host=1:0.0,bus=rp", "-device", ROOT_PORT }, TRI_YES,
		  TRI_NO },
		{ { Q, "-device", ROOT_PORT ",disable-acs=on", "-device",
		    "vfio-pci,host=1:0.0,bus=rp" }, TRI_NO, TRI_NO },
		{ { Q, "-device", ROOT_PORT, "-device", "vfio-pci,host=1:0.0,bus=rp", "-global",
		    "pcie-root-port.disable-acs=true" }, TRI_NO, TRI_NO },
		{ { Q, "-device", ROOT_PORT, "-device", "vfio-pci,host=1:0.0,bus=rp", "-global",
		    "pcie-root-port-base.disable-acs=on" }, TRI_NO, TRI_NO },
		{ { Q, "-M", "pc-q35-3.1", "-device", ROOT_PORT, "-device",
		    "vfio-pci,host=1:0.0,bus=rp" }, TRI_NO, TRI_NO },
		{ { Q, "-M", "pc-q35-4.0", "-device", ROOT_PORT, "-device",
		    "vfio-pci,host=1:0.0,bus=rp" }, TRI_YES, TRI_NO },
		{ { Q, "-device", "ioh3420,id=rp", "-device", "vfio-pci,host=1:0.0,bus=rp" },
		  TRI_NO, TRI_NO },
		/* conventional bridges, and what is behind them */
		{ { Q, "-device", "pcie-pci-bridge,id=b", "-device", "vfio-pci,host=1:0.0,bus=b" },
		  TRI_NO, TRI_NO },
		{ { Q, "-device", ROOT_PORT, "-device", "pcie-pci-bridge,id=b,bus=rp", "-device",
		    "pci-bridge,id=c,bus=b", "-device", "vfio-pci,host=1:0.0,bus=c" }, TRI_NO,
		  TRI_NO },
		{ { Q, "-device", "i82801b11-bridge,id=b", "-device",
		    "vfio-pci,host=1:0.0,bus=b.0" }, TRI_NO, TRI_NO },
		/* a switch of QEMU's has no ACS in its downstream ports */
		{ { Q, "-device", ROOT_PORT, "-device", "x3130-upstream,id=up,bus=rp", "-device",
		    "xio3130-downstream,id=dn,bus=up", "-device", "vfio-pci,host=1:0.0,bus=dn" },
		  TRI_NO, TRI_NO },
		/* multifunction: QEMU's own functions have no ACS, assigned ones may */
		{ { Q, "-device", "virtio-net-pci,addr=4.0,multifunction=on", "-device",
		    "vfio-pci,host=1:0.0,addr=4.1" }, TRI_NO, TRI_NO },
		{ { Q, "-device", ROOT_PORT, "-device",
		    "vfio-pci,host=1:0.0,bus=rp,addr=0x0,multifunction=on", "-device",
		    "vfio-pci,host=1:0.1,bus=rp,addr=0x0.0x1" }, TRI_UNKNOWN, TRI_NO },
		{ { Q, "-device", ROOT_PORT ",addr=4.0,multifunction=on", "-device",
		    "pcie-root-port,id=r2,chassis=2,addr=4.1", "-device",
		    "vfio-pci,host=1:0.0,bus=rp,addr=0" }, TRI_YES, TRI_NO },
		/* root buses of their own, and the switch that takes one from behind the vIOMMU */
		{ { Q, "-device", "pxb-pcie,id=pxb,bus_nr=9", "-device", "pcie-root-port,id=rp,bus=pxb",
		    "-device", "vfio-pci,host=1:0.0,bus=rp" }, TRI_YES, TRI_NO },
		{ { Q, "-device", "pxb-pcie,id=pxb,bus_nr=9,bypass_iommu=on", "-device",
		    "pcie-root-port,id=rp,bus=pxb", "-device", "vfio-pci,host=1:0.0,bus=rp" },
		  TRI_YES, TRI_YES },
		{ { Q, "-M", "q35,default_bus_bypass_iommu=on", "-device", "vfio-pci,host=1:0.0" },
		  TRI_YES, TRI_YES },
		/* buses that we do not know; loops */
		{ { Q, "-device", "vfio-pci,host=1:0.0,bus=nowhere" }, TRI_UNKNOWN, TRI_UNKNOWN },
		{ { Q, "-device", "pci-bridge,id=a,bus=b", "-device", "pci-bridge,id=b,bus=a",
		    "-device", "vfio-pci,host=1:0.0,bus=a" }, TRI_UNKNOWN, TRI_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest *g = parse(rows[i].argv);

		assert_true(g->device_count >= 1);
		if (g->devices[0].singleton != rows[i].singleton)
			print_message("row %zu\n", i);
		assert_int_equal(g->devices[0].singleton, rows[i].singleton);
		assert_int_equal(g->devices[0].bypasses, rows[i].bypasses);
		free(g);
	}
}

static void devices_keep_their_order(void **state)
{
	struct guest *g = parse(ARGV("-device", "vfio-pci,host=3:0.0,id=c", "-device",
				     "vfio-pci,host=1:0.0,id=a", "-device",
				     "vfio-pci,host=2:0.0,id=b,bus=x"));

	(void)state;
	assert_int_equal(g->device_count, 3);
	assert_string_equal(g->devices[0].id, "c");
	assert_string_equal(g->devices[1].id, "a");
	assert_string_equal(g->devices[2].bus, "x");
	free(g);
}

static void more_devices_than_room(void **state)
{
	static char args[1 << 20];
	struct guest *g = calloc(1, sizeof(*g));
	size_t len = 0;

	(void)state;
	assert_non_null(g);
	len += (size_t)sprintf(args, "%s", Q) + 1;
	for (int i = 0; i < 2000; i++) {
		len += (size_t)sprintf(args + len, "-device") + 1;
		len += (size_t)sprintf(args + len, "vfio-pci,host=%x:0.0", i % 256) + 1;
	}
	assert_int_equal(guest_from_argv(g, args, len, CPU_INTEL, NULL), 0);
	assert_int_equal(g->device_count, GUEST_MAX_DEVICES);
	free(g);
}

static void no_arguments(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));

	(void)state;
	assert_non_null(g);
	assert_int_equal(guest_from_argv(g, "", 0, CPU_INTEL, NULL), -EINVAL);
	assert_int_equal(guest_from_argv(g, "cut", 3, CPU_INTEL, NULL), -EINVAL);
	free(g);
}

/* Proxmox's q35 machines get their root ports from such a file. */
static void configuration_files(void **state)
{
	static const char config[] =
		"# comment\n[device \"ehci\"]\n  driver = \"ich9-usb-ehci1\"\n\n"
		"[device \"ich9-pcie-port-1\"]\n  driver = \"pcie-root-port\"\n"
		"  multifunction = \"on\"\n  bus = \"pcie.0\"\n  addr = \"1c.0\"\n"
		"[device \"old\"]\n  driver = \"ioh3420\"\n  bus = \"pcie.0\"";
	char *root = tree_new(NULL);
	struct guest *g;

	(void)state;
	tree_puts(root, "usr/share/q35.cfg", config);
	g = parse_host(ARGV("-readconfig", "/usr/share/q35.cfg", "-device",
			    "vfio-pci,host=1:0.0,bus=ich9-pcie-port-1,addr=0x0", "-device",
			    "vfio-pci,host=2:0.0,bus=old"), CPU_INTEL, root);
	assert_int_equal(g->devices[0].singleton, TRI_YES);
	assert_int_equal(g->devices[1].singleton, TRI_NO);
	free(g);
	g = parse_host(ARGV("-readconfig", "/none.cfg", "-device",
			    "vfio-pci,host=1:0.0,bus=ich9-pcie-port-1"), CPU_INTEL, root);
	assert_int_equal(g->devices[0].singleton, TRI_UNKNOWN);
	free(g);
	tree_free(root);
}

/* --------------------------------------------------------------------------- versions */

static void version_of(const char *text, size_t len, const char *expect)
{
	char name[] = "/tmp/viommu-test-XXXXXX", got[160], package[64];
	const int fd = mkstemp(name);
	unsigned int version[3];
	int err;

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(write(fd, text, len), len);
	err = qemu_version_read(fd, version, package, sizeof(package));
	snprintf(got, sizeof(got), "%d %u.%u.%u %s", err, version[0], version[1], version[2],
		 package);
	assert_string_equal(got, expect);
	close(fd);
}

static void versions_in_binaries(void **state)
{
	static const char new[] = "\0xQEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopy";
	static const char old[] = "QEMU emulator version 2.5.0(Debian 1:2.5+dfsg-5), Copyright";
	static const char own[] = "QEMU emulator version 9.1.90 (v9.2.0-rc0)\n";
	static const char bare[] = "QEMU emulator version 8.0.0\nCopyright (c)";
	static const char evil[] = "QEMU emulator version 9.0.0 (a\x1b[2Jb)\n";
	static const char second[] = "QEMU emulator version %s QEMU emulator version 9.0.1\n";
	static const char none[] = "QEMU emulator version unknown";
	const size_t far = (1u << 20) - 10;	/* across the border of two chunks */
	char *big = calloc(1, far + 100);

	(void)state;
	version_of(new, sizeof(new), "0 10.0.2 Debian 1:10.0.2+ds-2");
	version_of(old, sizeof(old), "0 2.5.0 Debian 1:2.5+dfsg-5");
	version_of(own, sizeof(own), "0 9.1.90 v9.2.0-rc0");
	version_of(bare, sizeof(bare), "0 8.0.0 ");
	version_of(evil, sizeof(evil), "0 9.0.0 a\xef\xbf\xbd[2Jb");
	version_of(second, sizeof(second), "0 9.0.1 ");
	version_of(none, sizeof(none), "-2 0.0.0 ");
	version_of("", 0, "-2 0.0.0 ");
	assert_non_null(big);
	memcpy(big + far, own, sizeof(own));
	version_of(big, far + 100, "0 9.1.90 v9.2.0-rc0");
	free(big);
}

/* --------------------------------------------------------------------------- a real QEMU */

static uint64_t number(json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/** What QEMU says of the device "iommu" is what we say. */
static void compare_viommu(struct qemu *q, const struct guest *g)
{
	json_t *bits = qemu_property(q, "iommu", "aw-bits");
	json_t *bypass = qemu_property(q, "iommu", "boot-bypass");
	json_t *caching = qemu_property(q, "iommu", "caching-mode");
	char why[256];

	assert_int_equal(guest_viommu_bits(g, why, sizeof(why)), json_integer_value(bits));
	if (bypass)
		assert_int_equal(g->boot_bypass, json_is_true(bypass) ? TRI_YES : TRI_NO);
	if (caching)
		assert_int_equal(g->caching_mode, json_is_true(caching) ? TRI_YES : TRI_NO);
	json_decref(bits);
	json_decref(bypass);
	json_decref(caching);
}

/** QEMU lists possible vCPUs, so many for each entry. */
static unsigned int qemu_vcpus(struct qemu *q)
{
	json_t *cpus = qemu_ask(q, "{\"execute\":\"query-hotpluggable-cpus\"}"), *cpu;
	unsigned int count = 0;
	size_t i;

	json_array_foreach(cpus, i, cpu)
		count += (unsigned int)number(cpu, "vcpus-count");
	json_decref(cpus);
	return count;
}

static void compare(struct qemu *q, const struct guest *g)
{
	json_t *answer = qemu_ask(q, "{\"execute\":\"query-memory-size-summary\"}");
	json_t *version;

	assert_int_equal(g->memory, number(answer, "base-memory"));
	json_decref(answer);
	answer = qemu_ask(q, "{\"execute\":\"query-version\"}");
	version = json_object_get(answer, "qemu");
	assert_int_equal(g->qemu_version[0], number(version, "major"));
	assert_int_equal(g->qemu_version[1], number(version, "minor"));
	assert_int_equal(g->qemu_version[2], number(version, "micro"));
	if (g->qemu_package[0])
		assert_string_equal(g->qemu_package,
				    json_string_value(json_object_get(answer, "package")));
	json_decref(answer);
	assert_int_equal(g->vcpus, qemu_vcpus(q));
	compare_viommu(q, g);
}

static void what_qemu_says_of_itself(void **state)
{
	static const struct {
		const char *args[20];
	} rows[] = {
		{ { "-name", "viommu-test", "-M", "q35", "-device", "virtio-iommu-pci,id=iommu" } },
		{ { "-name", "viommu-test", "-M", "pc-q35-8.2", "-m", "300M", "-smp",
		    "2,maxcpus=6", "-device", "{\"driver\":\"virtio-iommu-pci\",\"id\":\"iommu\","
		    "\"boot-bypass\":false}" } },
		{ { "-name", "viommu-test", "-M", "q35", "-m", "1.5G", "-smp",
		    "sockets=2,cores=3,threads=2", "-device", "virtio-iommu-pci,id=iommu", "-global",
		    "virtio-iommu-pci.aw-bits=0x2a" } },
		{ { "-name", "viommu-test", "-M", "q35,memory-backend=r", "-object",
		    "memory-backend-ram,id=r,size=192M", "-device",
		    "{\"driver\":\"intel-iommu\",\"id\":\"iommu\",\"caching-mode\":true}" } },
		{ { "-name", "viommu-test", "-M", "pc-q35-9.1", "-device", "intel-iommu,id=iommu" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct guest *g;
		struct guest_list list;
		struct qemu q;
		char name[24];

		if (!qemu_start(&q, rows[i].args)) {
			print_message("row %zu: " QEMU " does not start here\n", i);
			assert_int_equal(i, 0);
			skip();
		}
		assert_int_equal(guests_running(&list, ""), 0);
		snprintf(name, sizeof(name), "pid:%d", q.pid);
		g = guest_list_find(&list, name);
		assert_non_null(g);
		assert_string_equal(g->vm.name, "viommu-test");
		assert_true(g->has_memlock);
		assert_int_not_equal(g->ipc_lock, TRI_UNKNOWN);
		assert_int_equal(g->open_containers, 0);
		compare(&q, g);
		guest_list_fini(&list);
		qemu_stop(&q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_and_vcpus),
		cmocka_unit_test(processor),
		cmocka_unit_test(viommu),
		cmocka_unit_test(machine_types),
		cmocka_unit_test(addresses_of_devices),
		cmocka_unit_test(alone_in_the_guest_group),
		cmocka_unit_test(devices_keep_their_order),
		cmocka_unit_test(more_devices_than_room),
		cmocka_unit_test(no_arguments),
		cmocka_unit_test(configuration_files),
		cmocka_unit_test(versions_in_binaries),
		cmocka_unit_test(what_qemu_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
