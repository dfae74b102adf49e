/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time for bounds on waiting. */
#ifndef DRIVE_CLOCK_H
#define DRIVE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** clock_now_ms() - milliseconds of a clock that only goes forward */
static inline int64_t clock_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/** clock_sleep_us() - pause; a signal may end it early */
static inline void clock_sleep_us(uint64_t us)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};

	nanosleep(&pause, NULL);
}

#endif
