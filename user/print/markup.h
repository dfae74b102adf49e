/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in XML: SVG and HTML. */
#ifndef VIOMMU_PRINT_MARKUP_H
#define VIOMMU_PRINT_MARKUP_H

#include <stdio.h>

/** Clean text (host_text_clean()) between tags, or in an attribute in double quotes. */
void markup_text(FILE *out, const char *text);

#endif
