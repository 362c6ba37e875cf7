/* SPDX-License-Identifier: Apache-2.0
 *
 * The forms: https://www.w3.org/TR/CSP3/#reporting and https://www.w3.org/TR/reporting-1/#media-type.
 */
#include "config.h"
#include "ops/csp_report.h"

#include <json-c/json.h>
#include <string.h>

#include "base/log.h"
#include "engine/resource.h"
#include "shm/counters.h"

#define BODY_MAX      ((size_t)8 * 1024)
#define REPORTS_MAX   20 /* of a body; browsers collect for a moment before they send */
#define TEXT_OF(n)    #n
#define REPORTS_TEXT(n) TEXT_OF(n)
#define REPORTS_MAX_TEXT REPORTS_TEXT(REPORTS_MAX)
#define ADDRESS_MAX   200
#define DIRECTIVE_MAX 60

/* Where a report has what we want to know. */
struct form {
    enum counter counter;
    const char *directive[2]; /* the first that is there */
    const char *blocked;
    const char *document;
};

static const struct form by_uri = {
    COUNTER_CSP_REPORT_URI, {"effective-directive", "violated-directive"}, "blocked-uri", "document-uri"};
static const struct form by_api = {
    COUNTER_CSP_REPORT_TO, {"effectiveDirective", "violatedDirective"}, "blockedURL", "documentURL"};

#define TEXT_MEMBER(name) "'" name "':{'type':'string'}"
#define ONE_OF(a, b)      "'anyOf':[{'required':['" a "']},{'required':['" b "']}]"

const char csp_report_content[] =
    "{'application/csp-report':{'schema':{'type':'object','required':['csp-report'],'properties':{"
    "'csp-report':{'type':'object','required':['document-uri'],"
    ONE_OF("effective-directive", "violated-directive") ",'properties':{" TEXT_MEMBER("effective-directive") ","
    TEXT_MEMBER("violated-directive") "," TEXT_MEMBER("blocked-uri") "," TEXT_MEMBER("document-uri") "}}}}},"
    "'application/reports+json':{'schema':{'type':'array','minItems':1,'maxItems':" REPORTS_MAX_TEXT ","
    "'items':{'type':'object','required':['type'],'properties':{'type':{'type':'string'},"
    "'body':{'type':'object'}},'if':{'properties':{'type':{'const':'csp-violation'}}},"
    "'then':{'required':['body'],'properties':{'body':{'required':['documentURL'],"
    ONE_OF("effectiveDirective", "violatedDirective") ",'properties':{" TEXT_MEMBER("effectiveDirective") ","
    TEXT_MEMBER("violatedDirective") "," TEXT_MEMBER("blockedURL") "," TEXT_MEMBER("documentURL") "}}}}}}}}";

/* The member if it is a string, else NULL. */
static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value;

    if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

/* At most `max` bytes of what stands before any of `ends`, whole characters only. */
static const char *cut(const char *text, const char *ends, size_t max, struct arena *arena)
{
    size_t n;

    if (text == NULL)
        return "";
    n = strcspn(text, ends);
    if (n > max)
        n = max;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return arena_strndup(arena, text, n);
}

static enum outcome take(struct exchange *x, struct json_object *report, const struct form *form)
{
    const char *directive, *document;

    if (!json_object_is_type(report, json_type_object))
        return error_field(x->err, OUT_INVALID, "body", "has something that is not a report");
    directive = text_of(report, form->directive[0]);
    if (directive == NULL)
        directive = text_of(report, form->directive[1]);
    document = text_of(report, form->document);
    if (directive == NULL || document == NULL)
        return error_field(x->err, OUT_INVALID, directive == NULL ? form->directive[0] : form->document, "is missing");
    counter_add(counters_open(x->shm), form->counter);
    /* Only the directive's name; of addresses neither query nor fragment, which may be private. */
    log_event(LOG_WARN, "csp_report", F_STR("directive", cut(directive, " ", DIRECTIVE_MAX, x->arena)),
              F_STR("blocked", cut(text_of(report, form->blocked), "?#", ADDRESS_MAX, x->arena)),
              F_STR("document", cut(document, "?#", ADDRESS_MAX, x->arena)), F_STR("client", x->req->remote_addr));
    return OUT_OK;
}

/* [{"type": "csp-violation", "body": {…}}, …]; reports of other types may be among them. */
static enum outcome take_list(struct exchange *x, struct json_object *list)
{
    size_t n = json_object_array_length(list);
    enum outcome o = OUT_OK;

    if (n == 0 || n > REPORTS_MAX)
        return error_field(x->err, OUT_INVALID, "body", "must have 1 to %d reports", REPORTS_MAX);
    for (size_t i = 0; o == OUT_OK && i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i), *report = NULL;
        const char *type = json_object_is_type(one, json_type_object) ? text_of(one, "type") : NULL;

        if (type == NULL)
            o = error_field(x->err, OUT_INVALID, "type", "is missing");
        else if (strcmp(type, "csp-violation") == 0)
            o = take(x, json_object_object_get_ex(one, "body", &report) ? report : NULL, &by_api);
    }
    return o;
}

enum outcome csp_report_post(struct exchange *x)
{
    struct json_object *body = NULL, *report = NULL;
    enum outcome o;

    if (x->req->body.n > BODY_MAX)
        return error_field(x->err, OUT_TOO_LARGE, "body", "has %zu bytes; at most %zu are taken", x->req->body.n,
                           BODY_MAX);
    o = body_parse(x, &body);
    if (o != OUT_OK)
        return o;
    if (json_object_is_type(body, json_type_array))
        o = take_list(x, body);
    else if (json_object_is_type(body, json_type_object) && json_object_object_get_ex(body, "csp-report", &report))
        o = take(x, report, &by_uri);
    else
        o = error_field(x->err, OUT_INVALID, "body", "is not a report");
    if (o == OUT_OK)
        x->resp->status = 204;
    return o;
}
