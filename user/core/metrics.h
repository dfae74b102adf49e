/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics' vocabulary: the exporter writes these, the manual lists them, rules, dashboard and
 * `viommuctl fleet` ask for them, and a test holds all of that together.
 * X(enumerator suffix, name without "viommu_", type, labels, one line of help).
 * Types are those of the Prometheus text format. A counter's name ends in _total.
 */
#ifndef VIOMMU_CORE_METRICS_H
#define VIOMMU_CORE_METRICS_H

#define VIOMMU_METRICS_PREFIX "viommu_"

#define VIOMMU_METRICS(X) \
	X(BUILD_INFO, "build_info", "gauge", "version", "1; what runs") \
	X(DOMAIN_INFO, "domain_info", "gauge", "domain,uuid,manager,viommu", "1; which VM this is") \
	X(DOMAIN_PROCESSES, "domain_processes", "gauge", "domain", "processes of VMs of that name") \
	X(DOMAIN_VIOMMU_BITS, "domain_viommu_bits", "gauge", "domain", \
	  "bits of IOVA that the VM's vIOMMU offers its guest") \
	X(DMA_MAPS, "dma_maps_total", "counter", "domain", "VFIO MAP calls that succeeded") \
	X(DMA_UNMAPS, "dma_unmaps_total", "counter", "domain", "VFIO UNMAP calls that succeeded") \
	X(DMA_MAP_FAILURES, "dma_map_failures_total", "counter", "domain,reason", \
	  "VFIO MAP calls that failed, by the reason that was found") \
	X(DMA_MAPPED_BYTES, "dma_mapped_bytes", "gauge", "domain", \
	  "bytes mapped; only if every container was seen from its beginning") \
	X(DMA_MAP_DURATION, "dma_map_duration_seconds", "histogram", "domain", \
	  "time that successful and failed MAP calls took in the kernel") \
	X(DMA_ENTRIES, "dma_entries", "gauge", "domain", "mapping entries in use, fullest container") \
	X(DMA_ENTRIES_LIMIT, "dma_entries_limit", "gauge", "domain", \
	  "mapping entries that this container may have") \
	X(IOVA_HIGHEST_END, "iova_highest_end_address", "gauge", "domain", \
	  "end, exclusive, of the highest IOVA mapped; only if every container was seen from its " \
	  "beginning") \
	X(IOVA_LIMIT_BITS, "iova_limit_bits", "gauge", "domain", \
	  "bits of IOVA that all containers of the VM can map") \
	X(RECOMMENDED_AW_BITS, "recommended_aw_bits", "gauge", "domain", \
	  "aw-bits with which nothing that the vIOMMU hands out is refused") \
	X(HOST_IOMMU_GROUPS, "host_iommu_groups", "gauge", "", \
	  "IOMMU groups of the host, also those whose limits are not known or left out") \
	X(HOST_IOVA_MAX_BITS, "host_iova_max_bits", "gauge", "iommu_group", \
	  "bits of IOVA that the host translates for the group") \
	X(HOST_IOVA_SAFE_BITS, "host_iova_safe_bits", "gauge", "iommu_group", \
	  "most bits without a hole but the MSI window") \
	X(HOST_IOVA_HOLE_INFO, "host_iova_hole_info", "gauge", "iommu_group,start,end,type", \
	  "1; a range that the host does not map, both ends included") \
	X(GUARD_UP, "guard_up", "gauge", "", "1 if the module viommu_guard answers") \
	X(GUARD_ARMED, "guard_armed", "gauge", "", "1 if its probes are in place") \
	X(GUARD_POLICY_GENERATION, "guard_policy_generation", "gauge", "", \
	  "number of the set of policies in force") \
	X(GUARD_DENIALS, "guard_denials_total", "counter", "domain,policy", \
	  "maps that a policy refused") \
	X(GUARD_AUDITS, "guard_audits_total", "counter", "domain,policy", \
	  "maps that a policy would have refused if it enforced") \
	X(GUARD_MISSED, "guard_missed_total", "counter", "reason", \
	  "calls that the module could not look at") \
	X(LOST_RECORDS, "lost_records_total", "counter", "reason", \
	  "records that did not arrive, by where they were lost") \
	X(SERIES_DROPPED, "series_dropped_total", "counter", "", \
	  "series that were left out because there are too many") \
	X(PROGRAM_ATTACHED, "program_attached", "gauge", "program", \
	  "1 if the BPF program is attached")

enum viommu_metric {
#define X(sym, name, type, labels, help) VIOMMU_METRIC_##sym,
	VIOMMU_METRICS(X)
#undef X
	VIOMMU_NR_METRICS
};

#endif
