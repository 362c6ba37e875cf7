/* SPDX-License-Identifier: Apache-2.0
 *
 * stevedoresctl validate: is this deployment as it should be? Reads only, but for one key of its own in each cache.
 */
#include "config.h"
#include "ctl/validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/regions.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/str.h"
#include "ctl/site.h"
#include "ctl/table.h"

static const struct check *const topics[] = {checks_of_settings, checks_of_database, checks_of_host, checks_of_site};

static const char *const verdict_texts[] = {
    [CHECK_OK] = "ok", [CHECK_WARNING] = "warning", [CHECK_FAILED] = "FAILED", [CHECK_SKIPPED] = "skipped"};

static void found(struct validate *v, enum verdict verdict, const char *todo, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

/* What a server said need not be text of one line, which is what table and JSON take. */
static void tidy(char *text)
{
    const bool is_text = str_is_text(text, strlen(text));
    size_t n = strlen(text);

    while (n > 0 && strchr("\n ", text[n - 1]) != NULL)
        text[--n] = '\0';
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
        else if (!is_text && (unsigned char)*p >= 0x80)
            *p = '?';
    }
}

static void found(struct validate *v, enum verdict verdict, const char *todo, const char *fmt, va_list ap)
{
    char *text = arena_vprintf(v->arena, fmt, ap);

    tidy(text);
    v->now.verdict = verdict;
    v->now.todo = todo;
    v->now.found = text;
}

void check_ok(struct validate *v, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    found(v, CHECK_OK, NULL, fmt, ap);
    va_end(ap);
}

void check_skip(struct validate *v, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    found(v, CHECK_SKIPPED, NULL, fmt, ap);
    va_end(ap);
}

void check_warn(struct validate *v, const char *todo, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    found(v, CHECK_WARNING, todo, fmt, ap);
    va_end(ap);
}

void check_fail(struct validate *v, const char *todo, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    found(v, CHECK_FAILED, todo, fmt, ap);
    va_end(ap);
}

/* Rows of both forms, and how many of each verdict. */
struct report {
    struct table table;
    struct buf json;
    int counts[CHECK_SKIPPED + 1];
};

static void add(struct report *report, const struct check *check, const struct finding *f)
{
    struct table *t = &report->table;

    table_cell(t, check->topic);
    table_cell(t, check->name);
    table_cell(t, verdict_texts[f->verdict]);
    if (f->verdict == CHECK_SKIPPED)
        table_cell(t, NULL);
    else
        table_cellf(t, "%.1f", (double)f->us / 1000);
    if (f->todo != NULL)
        table_cellf(t, "%s. %s", f->found, f->todo);
    else
        table_cell(t, f->found);
    json_item(&report->json, "\n {");
    json_member(&report->json, "topic", check->topic);
    json_member(&report->json, "check", check->name);
    json_member(&report->json, "result", f->verdict == CHECK_FAILED ? "failed" : verdict_texts[f->verdict]);
    json_number(&report->json, "us", (long long)f->us);
    json_member(&report->json, "found", f->found);
    json_member(&report->json, "to_do", f->todo);
    buf_char(&report->json, '}');
    report->counts[f->verdict]++;
}

static void run(struct validate *v, const struct check *check, struct report *report)
{
    const int64_t began = clock_mono_us();

    v->now = (struct finding){.us = -1};
    error_init(&v->ctl->err, v->arena);
    check->run(v);
    if (v->now.us < 0)
        v->now.us = clock_mono_us() - began;
    add(report, check, &v->now);
}

static void print(const struct report *report, bool json)
{
    const int *n = report->counts;

    if (json) {
        (void)printf("{\"ok\":%s,\"passed\":%d,\"warnings\":%d,\"failed\":%d,\"skipped\":%d,%s\n]}\n", n[CHECK_FAILED] == 0 ? "true" : "false",
                     n[CHECK_OK], n[CHECK_WARNING], n[CHECK_FAILED], n[CHECK_SKIPPED], report->json.data);
        return;
    }
    table_print(&report->table, stdout);
    (void)printf("\n%d ok, %d warnings, %d failed, %d skipped%s\n", n[CHECK_OK], n[CHECK_WARNING], n[CHECK_FAILED], n[CHECK_SKIPPED],
                 n[CHECK_FAILED] > 0 ? ": not as it should be" : "");
}

static int look(struct validate *v, bool json)
{
    static const char *const heads[] = {"topic", "check", "result", ">ms", "found", NULL};
    struct report report = {.counts = {0}};

    table_init(&report.table, v->arena, heads);
    buf_init(&report.json, v->arena, 8192);
    json_open(&report.json, "checks", '[');
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        for (const struct check *check = topics[i]; check->topic != NULL; check++)
            run(v, check, &report);
    }
    print(&report, json);
    return report.counts[CHECK_FAILED] > 0 ? 1 : 0;
}

int cmd_validate(struct ctl *c, int argc, char **argv)
{
    bool json = ctl_flag(&argc, argv, "--json");
    const char *url = ctl_option(&argc, argv, "--url");
    struct validate v = {.ctl = c, .conf = c->conf, .arena = c->arena};
    int status;

    if (argc > 1)
        return ctl_usage(c, "takes no arguments");
    if (url != NULL && (v.base = site_base(url, c->arena)) == NULL)
        return ctl_usage(c, "--url takes the site's address, such as https://dashboard.example");
    if (v.base != NULL && (v.fetch = fetch_new()) == NULL) {
        (void)fprintf(stderr, "stevedoresctl validate: libcurl can't be set up\n");
        return 1;
    }
    v.shm = shm_open_existing(c->conf, regions);
    status = look(&v, json);
    shm_close(&v.shm);
    fetch_free(&v.fetch);
    return status;
}
