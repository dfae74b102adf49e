// SPDX-License-Identifier: GPL-2.0-or-later
/* Optimal string alignment distance over three rows: names are short, so nothing is allocated. */
#include <string.h>

#include "nearest.h"

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	const unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

unsigned int nearest_distance(const char *a, const char *b)
{
	unsigned int rows[3][NEAREST_MAX + 1];
	const size_t a_len = strnlen(a, NEAREST_MAX + 1);
	const size_t b_len = strnlen(b, NEAREST_MAX + 1);

	if (a_len > NEAREST_MAX || b_len > NEAREST_MAX)
		return NEAREST_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *row = rows[i % 3];
		const unsigned int *above = rows[(i + 2) % 3];
		const unsigned int *above2 = rows[(i + 1) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min3(row[j], above2[j - 2] + 1, row[j]);
		}
	}
	return rows[a_len % 3][b_len];
}

bool nearest_is_close(const char *typed, unsigned int distance)
{
	const size_t len = strlen(typed);

	return distance < len && distance <= 1 + len / 4;
}
