/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the server knows, in JSON: for viommuctl and other programs. Addresses are "0x..." strings. */
#ifndef VIOMMU_EXPORT_API_H
#define VIOMMU_EXPORT_API_H

#include <jansson.h>

#include "export/http.h"

/** Version of the format: members may be added, none changes its meaning. */
#define API_VERSION 1

/** The host and all its VMs. NULL if out of memory. */
json_t *api_vms(const struct http_source *source);

/** One VM. NULL if out of memory. */
json_t *api_vm(const struct ledger_domain *d);

#endif
