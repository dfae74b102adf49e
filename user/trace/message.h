/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saying something through a tracer_sink. */
#ifndef VIOMMU_TRACE_MESSAGE_H
#define VIOMMU_TRACE_MESSAGE_H

#include "trace/tracer.h"

__attribute__((format(printf, 3, 4)))
void sink_say(const struct tracer_sink *sink, enum tracer_level level, const char *fmt, ...);

#endif
