/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target includes. A target is one function that is given bytes as a stranger might send them, calls one
 * parser, and aborts when what came out breaks a promise of that parser's header. The same file serves libFuzzer
 * (scripts/fuzz) and `make check` (replay.c).
 */
#ifndef STEVEDORES_TESTS_FUZZ_H
#define STEVEDORES_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"

/* The target (https://llvm.org/docs/LibFuzzer.html); returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold of every input. */
#define PROMISE(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
void fuzz_broken(const char *condition, const char *file, int line) __attribute__((noreturn));

/* Memory for one input; end with arena_free(). */
struct fuzz {
    struct arena *arena;
    struct error err;
};

void fuzz_begin(struct fuzz *f);
void fuzz_end(struct fuzz *f);

/* The bytes up to the first NUL, as a text on the arena. */
char *fuzz_text(struct fuzz *f, const uint8_t *data, size_t size);

/* Cuts the next line off the input, without its '\n', as a text on the arena; "" when there is none left. */
char *fuzz_line(struct fuzz *f, const uint8_t **data, size_t *size);

/* Percent-encodes everything but letters and digits. */
void fuzz_percent(struct buf *b, const char *text);

/* RFC 8259, by the letter, to a depth of 32: what PostgreSQL would take. */
bool fuzz_is_json(const char *text);

/* True when an escape of a JSON text stands for NUL. */
bool fuzz_has_nul_escape(const char *text, size_t n);

/* The error as the client would get it: a problem document that is JSON, under a header without a second line in it. */
void fuzz_problem(struct fuzz *f, const char *request_id);

/* Of a head that response_head() made: only whole "Name: value" lines and an empty one at the end. */
void fuzz_head(struct str head);

/* The defaults, with small bounds on what a request may have. Made once. */
const struct conf *fuzz_conf(void);

#endif
