// SPDX-License-Identifier: GPL-2.0-or-later
/* Many words in one pass. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "log-words.h"

/* Set in the number of a state at which a word ends: no look-up of its own is needed to see it. */
#define FOUND 0x8000u
_Static_assert(LOG_WORDS_STATES <= FOUND, "numbers of states have that bit free");

void log_words_init(struct log_words *w)
{
	memset(w, 0, sizeof(*w));
	memset(w->word, 0xff, sizeof(w->word));
	memset(w->same, 0xff, sizeof(w->same));
	w->states = 1;
	w->classes = 1;
}

/* ASCII only: the locale of the process must not matter. */
static unsigned char fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

static int class_of(struct log_words *w, unsigned char c)
{
	const unsigned char low = fold(c);

	if (w->cls[low])
		return w->cls[low];
	if (w->classes == LOG_WORDS_CLASSES)
		return -E2BIG;
	w->cls[low] = (uint8_t)w->classes;
	if (low >= 'a' && low <= 'z')
		w->cls[low - 'a' + 'A'] = (uint8_t)w->classes;
	return (int)w->classes++;
}

int log_words_add(struct log_words *w, const char *word, size_t len, unsigned int index)
{
	unsigned int state = 0;

	if (!len || index >= LOG_WORDS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		const int cls = class_of(w, (unsigned char)word[i]);

		if (cls < 0)
			return cls;
		if (!w->next[state][cls]) {
			if (w->states == LOG_WORDS_STATES)
				return -E2BIG;
			w->next[state][cls] = (uint16_t)w->states++;
		}
		state = w->next[state][cls];
	}
	w->same[index] = w->word[state];
	w->word[state] = (int16_t)index;
	return 0;
}

static void mark_found(struct log_words *w, const bool *any)
{
	for (unsigned int state = 0; state < w->states; state++)
		for (unsigned int c = 0; c < w->classes; c++)
			if (any[w->next[state][c]])
				w->next[state][c] |= FOUND;
}

/* Breadth first: what is shorter is complete when it is looked at. */
void log_words_link(struct log_words *w)
{
	uint16_t queue[LOG_WORDS_STATES];
	bool any[LOG_WORDS_STATES];	/* a word, or an end of one that is a word, ends here */
	size_t head = 0, tail = 0;

	queue[tail++] = 0;
	while (head < tail) {
		const uint16_t state = queue[head++];
		const uint16_t shorter = w->shorter[state];

		any[state] = w->word[state] >= 0 || (state && any[shorter]);
		for (unsigned int c = 0; c < w->classes; c++) {
			const uint16_t to = w->next[state][c];

			if (to) {
				w->shorter[to] = state ? w->next[shorter][c] : 0;
				queue[tail++] = to;
			} else if (state) {
				w->next[state][c] = w->next[shorter][c];
			}
		}
	}
	mark_found(w, any);
}

bool log_words_has(const struct log_words *w, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *const end = p + len;
	unsigned int state = 0;

	while (p < end && state < FOUND)
		state = w->next[state][w->cls[*p++]];
	return state >= FOUND;
}

static void report(const struct log_words *w, unsigned int state, size_t end, log_words_fn fn,
		   void *ctx)
{
	for (; state; state = w->shorter[state])
		for (int i = w->word[state]; i >= 0; i = w->same[i])
			fn(ctx, (unsigned int)i, end);
}

void log_words_scan(const struct log_words *w, const char *text, size_t len, log_words_fn fn,
		    void *ctx)
{
	unsigned int state = 0;

	for (size_t i = 0; i < len; i++) {
		state = w->next[state & ~FOUND][w->cls[(unsigned char)text[i]]];
		if (state >= FOUND)
			report(w, state & ~FOUND, i + 1, fn, ctx);
	}
}
