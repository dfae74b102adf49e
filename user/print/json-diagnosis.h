/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a diagnosis, alike in every JSON output. */
#ifndef VIOMMU_PRINT_JSON_DIAGNOSIS_H
#define VIOMMU_PRINT_JSON_DIAGNOSIS_H

#include "print/json-line.h"

/** reason and severity. */
void json_diagnosis_judgement(struct json_line *line, const struct viommu_diagnosis *diag);

/** detail and remedy; candidates and need where the reason is not known. */
void json_diagnosis_advice(struct json_line *line, const struct viommu_diagnosis *diag);

#endif
