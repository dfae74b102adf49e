// SPDX-License-Identifier: GPL-2.0-or-later
/* libFuzzer harness for the web configuration: keys, users and their hashes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/web-config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A mistake has a place in the file, or is about the file as a whole. */
static void on_note(void *ctx, const struct policy_note *note)
{
	unsigned int *errors = ctx;

	if (!note->text[0] || (note->at.line && !note->at.column))
		abort();
	*errors += note->kind == POLICY_ERROR;
}

static void check_keys(const struct web_keys *keys)
{
	if (!keys->cert_file[0] != !keys->key_file[0])
		abort();
	if (keys->client_auth != WEB_CLIENT_ANY && !keys->client_ca_file[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct web_keys keys;
	unsigned int errors = 0;
	const struct policy_listener listener = { on_note, &errors };
	const int ret = web_keys_parse(&keys, "web.yaml", (const char *)data, size, &listener);

	if (!ret != !errors)
		abort();
	if (!ret)
		check_keys(&keys);
	else if (keys.users)
		abort();
	web_users_free(keys.users);
	return 0;
}
