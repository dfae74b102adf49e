// SPDX-License-Identifier: GPL-2.0-or-later
/* Policy files, read for a command; and its connection to the kernel. */
#include <errno.h>
#include <string.h>

#include "cli/policy.h"
#include "guard/module.h"
#include "host/policy-files.h"
#include "host/text.h"

static void note_print(const struct policy_note *note, const char *file, const char *text)
{
	const char *kind = note->kind == POLICY_ERROR ? "error" : "warning";

	if (note->at.line)
		fprintf(stderr, "%s:%u:%u: %s: %s\n", file, note->at.line, note->at.column, kind, text);
	else
		fprintf(stderr, "%s: %s: %s\n", file, kind, text);
}

static void note_keep(json_t *notes, const struct policy_note *note, const char *file,
		      const char *text)
{
	struct json_line line = { json_object(), 0 };

	json_line_name(&line, "kind", note->kind == POLICY_ERROR ? "error" : "warning");
	json_line_add(&line, "file", json_string(file));
	if (note->at.line) {
		json_line_count(&line, "line", note->at.line);
		json_line_count(&line, "column", note->at.column);
	}
	json_line_add(&line, "text", json_string(text));
	json_array_append_new(notes, line.object);
}

static void note_take(void *ctx, const struct policy_note *note)
{
	struct policy_input *input = ctx;
	char file[1024], text[1536];

	host_text_clean(file, sizeof(file), note->file, strlen(note->file));
	host_text_clean(text, sizeof(text), note->text, strlen(note->text));
	if (note->kind == POLICY_ERROR)
		input->errors++;
	else
		input->warnings++;
	if (input->notes)
		note_keep(input->notes, note, file, text);
	else
		note_print(note, file, text);
}

struct policy_listener policy_input_listener(struct policy_input *input)
{
	return (struct policy_listener){ note_take, input };
}

static int files_load(struct policy_input *input, char **files, size_t count)
{
	const struct policy_listener listener = policy_input_listener(input);
	int err = 0;

	if (!count)
		return policy_files_load(&input->set, "", 0, &input->files, &listener);
	for (size_t i = 0; i < count && err != -ENOMEM; i++) {
		const int ret = policy_file_load(&input->set, files[i], &listener);

		input->files++;
		err = ret ? ret : err;
	}
	policy_set_check(&input->set, &listener);
	return err;
}

int policy_input_load(struct policy_input *input, const char *program, char **files, size_t count,
		      bool json)
{
	const struct policy_listener listener = policy_input_listener(input);
	int err;

	memset(input, 0, sizeof(*input));
	policy_set_init(&input->set);
	if (json)
		input->notes = json_array();
	err = files_load(input, files, count);
	if (err == -ENOMEM || (json && !input->notes)) {
		fprintf(stderr, "%s: out of memory\n", program);
		return EXIT_FAILED;
	}
	if (!err)
		policy_vms_check(&input->set, "", &listener);
	return err ? EXIT_INPUT : -1;
}

void policy_input_fini(struct policy_input *input)
{
	policy_set_fini(&input->set);
	json_decref(input->notes);
}

int policy_kernel_failed(const char *program, int err, const char *why)
{
	fprintf(stderr, "%s: %s%s\n", program, why, err == -EPERM ? "; run it as root" : "");
	return err == -EPERM || err == -ENOENT || err == -ENOKEY || err == -EKEYREJECTED ||
			       err == -ENOEXEC || err == -EOPNOTSUPP ?
		       EXIT_UNSUPPORTED : EXIT_FAILED;
}

int policy_connect(struct guard_client **client, const char *program, bool load)
{
	char why[GUARD_WHY_LEN];
	int err = guard_open(client, why);

	if (err == -ENOENT && load) {
		err = guard_module_load(why);
		if (err) {
			fprintf(stderr, "%s: %s\n", program, why);
			return EXIT_UNSUPPORTED;
		}
		err = guard_open(client, why);
	}
	return err ? policy_kernel_failed(program, err, why) : -1;
}

int policy_finish(const char *program, int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "%s: cannot write to standard output: %s\n", program,
		strerror(errno ? errno : EIO));
	return EXIT_FAILED;
}
