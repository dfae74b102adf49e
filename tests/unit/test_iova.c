// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Range arithmetic. Sets over a small universe are compared with a bitmap, exhaustively or at
 * random; 64-bit ones at the edges and against a model that looks at each end.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/diagnose.h"
#include "core/iova.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))
#define TOP UINT64_MAX
#define UNIVERSE 64
#define ROUNDS 20000

#define SET(set, ...) do { \
	const struct viommu_range init_[] = { __VA_ARGS__ }; \
	assert_int_equal(iova_ranges_init(&(set), init_, LEN(init_)), 0); \
} while (0)

static uint64_t random_state;

/* xorshift64*: the same numbers on each run. */
static uint64_t random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static int restart_random(void **state)
{
	(void)state;
	random_state = 0x9e3779b97f4a7c15ULL;
	return 0;
}

/* Bit n of mask = address n + base is usable. */
static void set_from_mask(struct iova_ranges *set, uint64_t mask, uint64_t base)
{
	struct viommu_range r[UNIVERSE];
	size_t count = 0;

	for (uint64_t i = 0; i < UNIVERSE; i++) {
		if (!(mask >> i & 1))
			continue;
		if (count && r[count - 1].last == base + i - 1)
			r[count - 1].last = base + i;
		else
			r[count++] = (struct viommu_range) { base + i, base + i };
	}
	assert_int_equal(iova_ranges_init(set, r, count), 0);
}

static uint64_t random_mask(void)
{
	uint64_t mask = random_u64();

	/* Runs of bits, so that containment happens. */
	return mask | (mask << 1) | (random_u64() & (mask << 2));
}

static uint64_t bits_between(uint64_t first, uint64_t last)
{
	return (TOP >> (63 - (last - first))) << first;
}

static void last_is_exact_or_refused(void **state)
{
	static const struct {
		uint64_t iova, size;
		bool ok;
		uint64_t last;
	} rows[] = {
		{ 0, 1, true, 0 }, { 0, 0x1000, true, 0xfff }, { 0x1000, 0x1000, true, 0x1fff },
		{ 0, 0, false, 0 }, { TOP, 0, false, 0 }, { TOP, 1, true, TOP },
		{ TOP, 2, false, 0 }, { TOP - 0xfff, 0x1000, true, TOP },
		{ TOP - 0xfff, 0x1001, false, 0 }, { 0, TOP, true, TOP - 1 },
		{ 1, TOP, true, TOP }, { 2, TOP, false, 0 }, { TOP, TOP, false, 0 },
		{ 1ULL << 63, 1ULL << 63, true, TOP }, { 1ULL << 63, (1ULL << 63) + 1, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		uint64_t last = 0;

		assert_int_equal(iova_last(rows[i].iova, rows[i].size, &last), rows[i].ok);
		assert_int_equal(last, rows[i].last);
	}
}

static void init_checks_order(void **state)
{
	static const struct {
		struct viommu_range r[3];
		size_t count;
		int want;
	} rows[] = {
		{ .count = 0, .want = 0 },
		{ { { 0, 0 } }, 1, 0 },
		{ { { 0, TOP } }, 1, 0 },
		{ { { TOP, TOP } }, 1, 0 },
		{ { { 1, 0 } }, 1, -EINVAL },
		{ { { TOP, 0 } }, 1, -EINVAL },
		{ { { 0, 9 }, { 10, 19 } }, 2, 0 },		/* neighbours, two nodes */
		{ { { 0, 9 }, { 9, 19 } }, 2, -EINVAL },
		{ { { 10, 19 }, { 0, 9 } }, 2, -EINVAL },
		{ { { 0, 9 }, { 20, 29 }, { 25, TOP } }, 3, -EINVAL },
		{ { { 0, 9 }, { 20, 29 }, { 30, TOP } }, 3, 0 },
		{ { { 0, TOP }, { 0, TOP } }, 2, -EINVAL },
	};
	struct viommu_range many[VIOMMU_MAX_RANGES + 1];
	struct iova_ranges set;

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++)
		assert_int_equal(iova_ranges_init(&set, rows[i].r, rows[i].count), rows[i].want);
	for (size_t i = 0; i < LEN(many); i++)
		many[i] = (struct viommu_range) { 4 * i, 4 * i + 1 };
	assert_int_equal(iova_ranges_init(&set, many, VIOMMU_MAX_RANGES), 0);
	assert_int_equal(iova_ranges_top(&set), 4 * (VIOMMU_MAX_RANGES - 1) + 1);
	assert_int_equal(iova_ranges_init(&set, many, LEN(many)), -E2BIG);
	assert_int_equal(iova_ranges_init(&set, NULL, 0), 0);
}

static void init_that_fails_changes_nothing(void **state)
{
	const struct viommu_range bad[] = { { 5, 4 } };
	struct iova_ranges set, before;

	(void)state;
	SET(set, { 1, 2 });
	before = set;
	assert_int_equal(iova_ranges_init(&set, bad, 1), -EINVAL);
	assert_memory_equal(&set, &before, sizeof(set));
}

/* A hole that was found meets the request, is not usable, and is the first. */
static void assert_first_hole(const struct viommu_range *hole, uint64_t mask, uint64_t base,
			      uint64_t first, uint64_t last)
{
	assert_true(hole->first <= base + last && hole->last >= base + first);
	for (uint64_t a = first; a <= last && base + a <= hole->last; a++)
		assert_int_equal(mask >> a & 1, base + a < hole->first);
}

static void assert_like_bitmap(const struct iova_ranges *set, uint64_t mask, uint64_t base,
			       uint64_t first, uint64_t last)
{
	const uint64_t asked = bits_between(first, last);
	const uint64_t below = bits_between(0, 63 - (uint64_t)__builtin_clzll(mask));
	struct viommu_range hole = { 0, 0 };
	enum iova_hole kind;

	assert_int_equal(iova_ranges_contain(set, base + first, base + last), !(asked & ~mask));
	kind = iova_ranges_hole(set, base + first, base + last, &hole);
	assert_int_equal(kind != IOVA_HOLE_NONE, (asked & below & ~mask) != 0);
	if (kind != IOVA_HOLE_NONE)
		assert_first_hole(&hole, mask, base, first, last);
}

/* Every range of a universe of 64 addresses, at its bottom, in the middle and at the very top. */
static void containment_and_holes_match_a_bitmap(void **state)
{
	static const uint64_t bases[] = { 0, 1ULL << 40, TOP - (UNIVERSE - 1) };

	(void)state;
	for (int round = 0; round < 60; round++) {
		const uint64_t mask = random_mask() | 1ULL << (round % UNIVERSE);
		const uint64_t base = bases[round % 3];
		struct iova_ranges set;

		set_from_mask(&set, mask, base);
		assert_int_equal(iova_ranges_top(&set),
				 base + 63 - (uint64_t)__builtin_clzll(mask));
		for (uint64_t first = 0; first < UNIVERSE; first++)
			for (uint64_t last = first; last < UNIVERSE; last++)
				assert_like_bitmap(&set, mask, base, first, last);
	}
}

static void containment_needs_one_node(void **state)
{
	struct iova_ranges set;

	(void)state;
	SET(set, { 0, 9 }, { 10, 19 });
	assert_true(iova_ranges_contain(&set, 0, 9));
	assert_true(iova_ranges_contain(&set, 10, 19));
	assert_false(iova_ranges_contain(&set, 9, 10));
	assert_false(iova_ranges_contain(&set, 5, 4));
	assert_int_equal(iova_ranges_hole(&set, 0, 19, NULL), IOVA_HOLE_NONE);
	set.count = 0;
	assert_false(iova_ranges_contain(&set, 0, 0));
	assert_int_equal(iova_ranges_hole(&set, 0, TOP, NULL), IOVA_HOLE_NONE);
	assert_int_equal(iova_ranges_top(&set), 0);
}

static void holes_are_named(void **state)
{
	static const struct {
		uint64_t first, last;
		enum iova_hole kind;
		struct viommu_range hole;
	} rows[] = {
		{ 0, 0xfff, IOVA_HOLE_NONE, { 0, 0 } },
		{ 0xfedff000, 0xfedfffff, IOVA_HOLE_NONE, { 0, 0 } },
		{ 0xfee00000, 0xfee00fff, IOVA_HOLE_MSI, { 0xfee00000, 0xfeefffff } },
		{ 0xfedff000, 0xfee00fff, IOVA_HOLE_MSI, { 0xfee00000, 0xfeefffff } },
		{ 0xfeeff000, 0xfef00fff, IOVA_HOLE_MSI, { 0xfee00000, 0xfeefffff } },
		{ 0xfef00000, 0xfef00fff, IOVA_HOLE_NONE, { 0, 0 } },
		{ 0xfcfffff000, 0xfcffffffff, IOVA_HOLE_NONE, { 0, 0 } },
		{ 0xfd00000000, 0xfd00000fff, IOVA_HOLE_AMD_HT, { 0xfd00000000, 0xffffffffff } },
		{ 0xfffffff000, 0xffffffffff, IOVA_HOLE_AMD_HT, { 0xfd00000000, 0xffffffffff } },
		{ 0x100000000, 0x10000000fff, IOVA_HOLE_AMD_HT, { 0xfd00000000, 0xffffffffff } },
		{ 0x10000000000, 0x10000000fff, IOVA_HOLE_NONE, { 0, 0 } },
		{ 0, TOP, IOVA_HOLE_MSI, { 0xfee00000, 0xfeefffff } },
		{ TOP - 0xfff, TOP, IOVA_HOLE_NONE, { 0, 0 } },
	};
	struct iova_ranges amd, merged, arm;

	(void)state;
	SET(amd, { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff }, { 0x10000000000, TOP });
	for (size_t i = 0; i < LEN(rows); i++) {
		struct viommu_range hole = { 0, 0 };

		assert_int_equal(iova_ranges_hole(&amd, rows[i].first, rows[i].last, &hole),
				 rows[i].kind);
		assert_int_equal(hole.first, rows[i].hole.first);
		assert_int_equal(hole.last, rows[i].hole.last);
	}
	/* Firmware memory right below the window: which of the two is met counts. */
	SET(merged, { 0, 0xfebfffff }, { 0xfef00000, 0x7fffffffff });
	assert_int_equal(iova_ranges_hole(&merged, 0xfee01000, 0xfee01fff, NULL), IOVA_HOLE_MSI);
	assert_int_equal(iova_ranges_hole(&merged, 0xfec01000, 0xfec01fff, NULL), IOVA_HOLE_OTHER);
	assert_int_equal(iova_ranges_hole(&merged, 0xfec01000, 0xfee01fff, NULL), IOVA_HOLE_OTHER);
	SET(arm, { 0x1000, 0x7ffffff }, { 0x8100000, 0xffffffffffff });
	assert_int_equal(iova_ranges_hole(&arm, 0x8000000, 0x8000fff, NULL), IOVA_HOLE_MSI);
	assert_int_equal(iova_ranges_hole(&arm, 0, 0xfff, NULL), IOVA_HOLE_OTHER);
	assert_int_equal(iova_ranges_hole(&arm, 1ULL << 50, TOP, NULL), IOVA_HOLE_NONE);
}

static void bits_match_their_definition(void **state)
{
	(void)state;
	assert_int_equal(iova_bits(0), 0);
	assert_int_equal(iova_bits(TOP), 64);
	assert_int_equal(iova_bits(0x82fffffffffULL), 43);	/* not 44, as QEMU rounds */
	assert_int_equal(iova_bits_needed(0), 0);
	assert_int_equal(iova_bits_needed(1), 1);
	assert_int_equal(iova_bits_needed(TOP), 64);
	for (unsigned int n = 1; n < 64; n++) {
		const uint64_t size = 1ULL << n;

		assert_int_equal(iova_bits(size - 1), n);
		assert_int_equal(iova_bits(size), n);
		assert_int_equal(iova_bits(size - 2), n - 1);
		assert_int_equal(iova_bits_needed(size), n + 1);
		assert_int_equal(iova_bits_needed(size - 1), n);
	}
	for (int i = 0; i < ROUNDS; i++) {
		const uint64_t last = random_u64() >> (random_u64() & 63);
		const unsigned int n = iova_bits(last);

		assert_true(n == 64 ? last == TOP : (1ULL << n) - 1 <= last);
		assert_true(n >= 63 || (1ULL << (n + 1)) - 1 > last);
	}
}

static void widths_of_known_hosts(void **state)
{
	static const struct {
		const char *host;
		struct viommu_range r[4];
		size_t count;
		unsigned int max, safe, recommended;
	} rows[] = {
		{ "nothing known", { { 0, 0 } }, 0, 0, 0, 0 },
		{ "Intel 39", { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } }, 2, 39, 39, 39 },
		{ "Intel 48", { { 0, 0xfedfffff }, { 0xfef00000, 0xffffffffffff } },
		  2, 48, 48, 48 },
		{ "Intel first stage 47", { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffffff } },
		  2, 47, 47, 47 },
		{ "Intel 42", { { 0, 0xfedfffff }, { 0xfef00000, 0x3ffffffffff } },
		  2, 42, 42, 42 },
		{ "Intel 57", { { 0, 0xfedfffff }, { 0xfef00000, (1ULL << 57) - 1 } },
		  2, 57, 57, 57 },
		{ "AMD", { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff },
			   { 0x10000000000, TOP } }, 3, 64, 39, 39 },
		{ "AMD 48", { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff },
			      { 0x10000000000, 0xffffffffffff } }, 3, 48, 39, 39 },
		{ "AMD 40", { { 0, 0xfedfffff }, { 0xfef00000, 0xfcffffffff } }, 2, 39, 39, 39 },
		{ "virtio-iommu 64", { { 0, TOP } }, 1, 64, 64, 64 },
		{ "Arm, low hole", { { 0, 0x7ffffff }, { 0x8100000, 0xdfffffff },
				     { 0xf8000000, 0xfffffffffff } }, 3, 44, 44, 44 },
		{ "hole across 4 GiB", { { 0, 0xbfffffff }, { 0x140000000, 0x7fffffffff } },
		  2, 39, 32, 32 },
		{ "hole up to 4 GiB", { { 0, 0xbfffffff }, { 0x100000000, 0x7fffffffff } },
		  2, 39, 39, 39 },
		{ "hole one above 4 GiB", { { 0, 0xbfffffff }, { 0x100000001, 0x7fffffffff } },
		  2, 39, 32, 32 },
		{ "odd end", { { 0, 0x82fffffffffULL } }, 1, 43, 43, 43 },
		{ "32 bits", { { 0, 0xffffffff } }, 1, 32, 32, 32 },
		{ "31 bits", { { 0, 0x7fffffff } }, 1, 31, 31, 0 },
		{ "one below 32", { { 0, 0xfffffffe } }, 1, 31, 31, 0 },
		{ "hole at 2^39", { { 0, 0x7fffffffff }, { 0x8000001000, 0xffffffffff } },
		  2, 40, 39, 39 },
		{ "hole just under 2^39", { { 0, 0x7fffffefff }, { 0x8000000000, 0xffffffffff } },
		  2, 40, 38, 38 },
		{ "nothing under 4 GiB", { { 0x200000000, 0x7fffffffff } }, 1, 39, 0, 0 },
		{ "from 4 GiB on", { { 0x100000000, 0x7fffffffff } }, 1, 39, 39, 39 },
		{ "nothing below the width", { { 0xc0000000, 0xd0000000 } }, 1, 31, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct iova_ranges set;

		assert_int_equal(iova_ranges_init(&set, rows[i].r, rows[i].count), 0);
		if (iova_ranges_max_bits(&set) != rows[i].max ||
		    iova_ranges_safe_bits(&set) != rows[i].safe ||
		    viommu_recommend_bits(&set) != rows[i].recommended)
			fail_msg("%s: max %u safe %u recommended %u", rows[i].host,
				 iova_ranges_max_bits(&set), iova_ranges_safe_bits(&set),
				 viommu_recommend_bits(&set));
	}
}

/* safe bits by definition: nothing above 4 GiB and below 2^n is a hole, and n + 1 would not do. */
static bool width_is_safe(const struct iova_ranges *set, unsigned int n)
{
	const uint64_t last = n == 64 ? TOP : (1ULL << n) - 1;

	if (last > iova_ranges_top(set) || set->r[0].first > last)
		return false;
	return n <= 32 || iova_ranges_hole(set, 1ULL << 32, last, NULL) == IOVA_HOLE_NONE;
}

static void random_set(struct iova_ranges *set)
{
	struct viommu_range r[6];
	uint64_t next = random_u64() & 1 ? 0 : random_u64() >> (20 + (random_u64() & 43));
	size_t count = 0;

	while (count < LEN(r)) {
		const uint64_t size = random_u64() >> (random_u64() & 63);

		r[count].first = next;
		r[count].last = size > TOP - next ? TOP : next + size;
		count++;
		if (r[count - 1].last >= TOP - 2)
			break;
		next = r[count - 1].last + 1;
		next += (random_u64() >> (random_u64() & 63)) % (TOP - next);
	}
	assert_int_equal(iova_ranges_init(set, r, count), 0);
}

static void safe_bits_match_their_definition(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct iova_ranges set;
		unsigned int want = 0;

		random_set(&set);
		for (unsigned int n = 1; n <= 64; n++)
			if (width_is_safe(&set, n))
				want = n;
		assert_int_equal(iova_ranges_safe_bits(&set), want);
		assert_true(want <= iova_ranges_max_bits(&set));
	}
}

static void intersection_matches_a_bitmap(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		const uint64_t base = i & 1 ? TOP - (UNIVERSE - 1) : 0;
		const uint64_t a = random_mask() & random_u64(), b = random_mask();
		struct iova_ranges set, other, want, before;
		int err;

		if (!a || !b)
			continue;
		set_from_mask(&set, a, base);
		set_from_mask(&other, b, base);
		before = set;
		err = iova_ranges_intersect(&set, &other);
		if (!(a & b)) {
			assert_int_equal(err, -ERANGE);
			assert_memory_equal(&set, &before, sizeof(set));
			continue;
		}
		assert_int_equal(err, 0);
		set_from_mask(&want, a & b, base);
		assert_int_equal(set.count, want.count);
		assert_memory_equal(set.r, want.r, set.count * sizeof(set.r[0]));
	}
}

static void intersection_keeps_unknown_apart(void **state)
{
	struct iova_ranges none = { .count = 0 }, set;
	struct viommu_range even[VIOMMU_MAX_RANGES], odd[VIOMMU_MAX_RANGES];
	struct iova_ranges a, b, before;

	(void)state;
	SET(set, { 1, 5 });
	assert_int_equal(iova_ranges_intersect(&set, &none), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(iova_ranges_intersect(&none, &set), 0);
	assert_int_equal(none.count, 1);
	assert_int_equal(none.r[0].last, 5);

	/* 32 and 32 ranges, shifted by half: more than 32 pieces. */
	for (uint64_t i = 0; i < VIOMMU_MAX_RANGES; i++) {
		even[i] = (struct viommu_range) { 10 * i, 10 * i + 8 };
		odd[i] = (struct viommu_range) { 10 * i + 5, 10 * i + 13 };
	}
	assert_int_equal(iova_ranges_init(&a, even, VIOMMU_MAX_RANGES), 0);
	assert_int_equal(iova_ranges_init(&b, odd, VIOMMU_MAX_RANGES), 0);
	before = a;
	assert_int_equal(iova_ranges_intersect(&a, &b), -E2BIG);
	assert_memory_equal(&a, &before, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_is_exact_or_refused),
		cmocka_unit_test(init_checks_order),
		cmocka_unit_test(init_that_fails_changes_nothing),
		cmocka_unit_test_setup(containment_and_holes_match_a_bitmap, restart_random),
		cmocka_unit_test(containment_needs_one_node),
		cmocka_unit_test(holes_are_named),
		cmocka_unit_test_setup(bits_match_their_definition, restart_random),
		cmocka_unit_test(widths_of_known_hosts),
		cmocka_unit_test_setup(safe_bits_match_their_definition, restart_random),
		cmocka_unit_test_setup(intersection_matches_a_bitmap, restart_random),
		cmocka_unit_test(intersection_keeps_unknown_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
