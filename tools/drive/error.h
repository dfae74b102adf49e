/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the parts of viommu-drive say what went wrong. */
#ifndef DRIVE_ERROR_H
#define DRIVE_ERROR_H

/**
 * drive_fail() - print one line about a failure on stderr and hand on its errno
 * @err: a positive errno; only returned, the text has to say what it means
 * @fmt: what happened, why, and what to do, without a newline
 *
 * Each layer calls this where the failure is understood best and its callers only pass the value
 * on, so that a person sees one line for one failure.
 *
 * Return: -@err.
 */
int drive_fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
