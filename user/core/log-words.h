/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds any of many words in one pass over a text (Aho and Corasick 1975), whatever the case of
 * their letters. Speed is that of one table look-up a byte.
 */
#ifndef VIOMMU_CORE_LOG_WORDS_H
#define VIOMMU_CORE_LOG_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for states: one for each letter of all words that no other word begins with too. */
#define LOG_WORDS_STATES 4096
/** Room for kinds of letters. */
#define LOG_WORDS_CLASSES 64
#define LOG_WORDS_MAX 256

/** The automaton. State 0 is the start. */
struct log_words {
	uint8_t cls[256];	/**< kind of each byte; 0: in no word */
	/** State after a byte; its highest bit says that a word ends there. */
	uint16_t next[LOG_WORDS_STATES][LOG_WORDS_CLASSES];
	uint16_t shorter[LOG_WORDS_STATES];	/**< state of the longest end of this one's text */
	int16_t word[LOG_WORDS_STATES];	/**< that ends here, -1: none */
	int16_t same[LOG_WORDS_MAX];	/**< next word with the same text, -1: none */
	unsigned int states;
	unsigned int classes;
};

/** Call after log_words_init() for each word, then log_words_link(). index < LOG_WORDS_MAX. 0, or
 *  -E2BIG if there is no room, -EINVAL if the word is empty.
 */
int log_words_add(struct log_words *w, const char *word, size_t len, unsigned int index);

void log_words_init(struct log_words *w);
void log_words_link(struct log_words *w);

/** A word occurs in the text. */
bool log_words_has(const struct log_words *w, const char *text, size_t len);

/** Called for each word found; end is the offset behind it. */
typedef void (*log_words_fn)(void *ctx, unsigned int index, size_t end);

/** All words in the text, by their ends; at one end, longer words first. */
void log_words_scan(const struct log_words *w, const char *text, size_t len, log_words_fn fn,
		    void *ctx);

#endif
