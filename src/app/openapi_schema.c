/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns as JSON Schema (2020-12, which OpenAPI 3.1 takes).
 */
#include "config.h"
#include "app/openapi.h"

#include <ctype.h>
#include <string.h>

#include "base/json_out.h"
#include "http/problem.h"

#define WORD_PATTERN "^[a-z0-9][a-z0-9 _+/-]*$" /* column_is_word() */

/* "type": …, with null beside it where the column can be empty. */
static void add_type(struct buf *b, const struct column *c, const char *type)
{
    if ((c->flags & COL_NOT_NULL) != 0)
        json_member(b, "type", type);
    else
        json_texts(b, "type", (const char *const[]){type, "null", NULL});
}

static void add_text(struct buf *b, const struct column *c, const char *format)
{
    add_type(b, c, "string");
    if (format != NULL)
        json_member(b, "format", format);
}

static void add_choice(struct buf *b, const struct column *c)
{
    add_type(b, c, "string");
    json_texts(b, "enum", c->choices);
    if ((c->flags & COL_NOT_NULL) == 0) {
        b->data[--b->len] = '\0'; /* the bracket */
        json_item(b, "null]");
    }
}

static void add_lengths(struct buf *b, const struct column *c)
{
    if (c->min > 0)
        json_number(b, "minLength", (long long)c->min);
    if (c->max < INT64_MAX)
        json_number(b, "maxLength", (long long)c->max);
}

/* Bounds are what is asked of clients; what is shown may lie outside (a void's count is negative). */
static void add_number(struct buf *b, const struct column *c, bool given)
{
    add_type(b, c, "integer");
    json_member(b, "format", "int64");
    if (given && c->min > INT64_MIN)
        json_number(b, "minimum", (long long)c->min);
    if (given && c->max < INT64_MAX)
        json_number(b, "maximum", (long long)c->max);
}

static void add_counts(struct buf *b, const struct column *c)
{
    add_type(b, c, "object");
    json_open(b, "propertyNames", '{');
    json_texts(b, "enum", c->choices);
    buf_char(b, '}');
    json_open(b, "additionalProperties", '{');
    json_member(b, "type", "integer");
    json_number(b, "minimum", 0);
    json_number(b, "maximum", (long long)c->max);
    buf_char(b, '}');
}

static void add_word(struct buf *b)
{
    json_member(b, "type", "string");
    json_number(b, "minLength", 1);
    json_number(b, "maxLength", WORD_MAX);
    json_member(b, "pattern", WORD_PATTERN);
}

static void add_words(struct buf *b, const struct column *c)
{
    add_type(b, c, "array");
    json_open(b, "items", '{');
    if (c->choices != NULL) {
        json_member(b, "type", "string");
        json_texts(b, "enum", c->choices);
    } else {
        add_word(b);
    }
    buf_char(b, '}');
    json_number(b, "maxItems", (long long)c->max);
    json_key(b, "uniqueItems");
    buf_puts(b, "true");
}

static void add_anything(struct buf *b, const struct column *c)
{
    static const char *const types[] = {"object", "array", "string", "number", "boolean", NULL};

    if ((c->flags & COL_NOT_NULL) != 0)
        json_texts(b, "type", types);
}

void schema_column(struct buf *b, const struct column *c, bool given)
{
    buf_char(b, '{');
    switch (c->type) {
    case COL_TEXT:
        if (c->check == column_is_word) {
            add_word(b);
            break;
        }
        add_text(b, c, NULL);
        add_lengths(b, c);
        break;
    case COL_INT:
        add_number(b, c, given);
        break;
    case COL_BOOL:
        add_type(b, c, "boolean");
        break;
    case COL_DATE:
        add_text(b, c, "date");
        break;
    case COL_TIME:
        add_text(b, c, "date-time");
        break;
    case COL_UUID:
        add_text(b, c, "uuid");
        break;
    case COL_CHOICE:
        add_choice(b, c);
        break;
    case COL_COUNTS:
        add_counts(b, c);
        break;
    case COL_WORDS:
        add_words(b, c);
        break;
    case COL_NUMBER:
        add_type(b, c, "number");
        break;
    case COL_JSON:
        add_anything(b, c);
        break;
    }
    if (given && c->check != NULL && c->check != column_is_word) {
        json_key(b, "x-checked");
        buf_puts(b, "true");
    }
    if (c->help != NULL)
        json_member(b, "description", c->help);
    buf_char(b, '}');
}

/* "Entry of the audit trail" is EntryOfTheAuditTrail. */
static void add_name(struct buf *b, const struct resource *r, enum schema_form form)
{
    static const char *const suffixes[SCHEMA_FORMS] = {
        [SCHEMA_ROW] = "",         [SCHEMA_PART] = "Part",     [SCHEMA_PAGE] = "Page",
        [SCHEMA_INPUT] = "Input",  [SCHEMA_CHANGE] = "Change", [SCHEMA_RESULTS] = "Results",
    };
    bool first = true;

    for (const char *p = r->title != NULL ? r->title : r->name; *p != '\0'; p++) {
        if (isalnum((unsigned char)*p))
            buf_char(b, first ? (char)toupper((unsigned char)*p) : *p);
        first = !isalnum((unsigned char)*p);
    }
    buf_puts(b, suffixes[form]);
}

void schema_ref(struct buf *b, const struct resource *r, enum schema_form form)
{
    json_constant(b, "{'$ref':'#/components/schemas/");
    add_name(b, r, form);
    json_constant(b, "'}");
}

/* The columns that the form has. */
static bool has_column(const struct column *c, enum schema_form form)
{
    switch (form) {
    case SCHEMA_INPUT:
        return (c->flags & COL_CREATE) != 0;
    case SCHEMA_CHANGE:
        return (c->flags & COL_UPDATE) != 0;
    default:
        return (c->flags & COL_SECRET) == 0;
    }
}

/* A shown member is always there; what is given need not be, unless a new row can't be without it. */
static bool is_required(const struct column *c, enum schema_form form)
{
    return form == SCHEMA_ROW || (form == SCHEMA_INPUT && (c->flags & COL_REQUIRED) != 0);
}

static void add_required(struct buf *b, const struct resource *r, enum schema_form form)
{
    size_t n = 0;

    for (const struct column *c = r->columns; c->name != NULL; c++) {
        if (!has_column(c, form) || !is_required(c, form))
            continue;
        if (n++ == 0)
            json_open(b, "required", '[');
        json_item(b, "");
        json_text(b, c->name);
    }
    if (n > 0)
        buf_char(b, ']');
}

/* Of a part: each the same as in the row. */
static void add_reference(struct buf *b, const struct resource *r, const struct column *c)
{
    json_constant(b, "{'$ref':'#/components/schemas/");
    add_name(b, r, SCHEMA_ROW);
    buf_printf(b, "/properties/%s\"}", c->name);
}

static void add_properties(struct buf *b, const struct resource *r, enum schema_form form)
{
    json_open(b, "properties", '{');
    for (const struct column *c = r->columns; c->name != NULL; c++) {
        if (!has_column(c, form))
            continue;
        json_key(b, c->name);
        if (form == SCHEMA_PART)
            add_reference(b, r, c);
        else
            schema_column(b, c, form == SCHEMA_INPUT || form == SCHEMA_CHANGE);
    }
    buf_char(b, '}');
}

static void add_object(struct buf *b, const struct resource *r, enum schema_form form, bool more)
{
    json_member(b, "type", "object");
    add_properties(b, r, form);
    add_required(b, r, form);
    if (form == SCHEMA_PART || form == SCHEMA_CHANGE)
        json_number(b, "minProperties", 1);
    if (!more) {
        json_key(b, "additionalProperties");
        buf_puts(b, "false");
    }
}

static void add_page(struct buf *b, const struct resource *r)
{
    json_member(b, "type", "object");
    json_constant(b, ",'properties':{'data':{'type':'array','items':{'anyOf':[");
    schema_ref(b, r, SCHEMA_ROW);
    buf_char(b, ',');
    schema_ref(b, r, SCHEMA_PART);
    json_constant(b, "]}},'pagination':{'$ref':'#/components/schemas/Pagination'}},"
                     "'required':['data','pagination'],'additionalProperties':false");
}

static void add_results(struct buf *b, const struct resource *r)
{
    json_member(b, "type", "object");
    json_constant(b, ",'properties':{'data':{'type':'array','items':{'oneOf':[{'type':'object','properties':{"
                     "'status':{'type':'integer','enum':[200,201]},"
                     "'location':{'type':'string','format':'uri-reference'},'data':");
    schema_ref(b, r, SCHEMA_ROW);
    json_constant(b, "},'required':['status','data'],'additionalProperties':false},"
                     "{'$ref':'#/components/schemas/RefusedRow'}]}},"
                     "'summary':{'$ref':'#/components/schemas/RowsSummary'}},"
                     "'required':['data','summary'],'additionalProperties':false");
}

void schema_component(struct buf *b, const struct resource *r, enum schema_form form, bool more)
{
    json_item(b, "\"");
    add_name(b, r, form);
    json_constant(b, "':{");
    if (form == SCHEMA_PAGE)
        add_page(b, r);
    else if (form == SCHEMA_RESULTS)
        add_results(b, r);
    else
        add_object(b, r, form, more);
    buf_char(b, '}');
}

static void add_problem(struct buf *b)
{
    json_open(b, "Problem", '{');
    json_member(b, "description", "What went wrong (RFC 9457).");
    json_constant(b, ",'type':'object','properties':{'type':{'type':'string','format':'uri','enum':[");
    for (enum outcome o = OUT_INVALID; o < OUT_COUNT; o++) {
        json_item(b, "");
        json_text(b, problem_type(o, b->arena));
    }
    json_constant(b, "]},'title':{'type':'string'},'status':{'type':'integer','minimum':400,'maximum':599},"
                     "'detail':{'type':'string'},"
                     "'request_id':{'type':'string','description':'Under which it is in the log.'},"
                     "'errors':{'type':'array','description':'What is wrong with what was sent; the first few.',"
                     "'items':{'type':'object','properties':{"
                     "'field':{'type':'string','description':'Name of the parameter, header or member.'},"
                     "'detail':{'type':'string'}},'required':['field','detail'],'additionalProperties':false}},"
                     "'current':{'type':'object','description':'With 412: the row as it is.'}},"
                     "'required':['type','title','status','detail','request_id','errors'],"
                     "'additionalProperties':false}");
}

void schema_common(struct buf *b)
{
    add_problem(b);
    json_open(b, "Pagination", '{');
    json_member(b, "type", "object");
    json_constant(b, ",'properties':{'page':{'type':'integer','minimum':1},"
                     "'per_page':{'type':'integer','minimum':1},"
                     "'total':{'type':['integer','null'],'minimum':0},"
                     "'pages':{'type':['integer','null'],'minimum':0},"
                     "'total_is':{'type':'string','enum':['exact','at_least','estimated','not_counted']},"
                     "'has_next':{'type':'boolean'},'has_prev':{'type':'boolean'},"
                     "'next_cursor':{'type':['string','null']},'prev_cursor':{'type':['string','null']}},"
                     "'required':['page','per_page','total','pages','total_is','has_next','has_prev',"
                     "'next_cursor','prev_cursor'],'additionalProperties':false}");
    json_open(b, "RefusedRow", '{');
    json_member(b, "type", "object");
    json_constant(b, ",'properties':{'status':{'type':'integer','enum':[400,403,404,409]},"
                     "'problem':{'$ref':'#/components/schemas/Problem'}},"
                     "'required':['status','problem'],'additionalProperties':false}");
    json_open(b, "RowsSummary", '{');
    json_member(b, "type", "object");
    json_constant(b, ",'properties':{'rows':{'type':'integer','minimum':1},"
                     "'stored':{'type':'integer','minimum':0},'refused':{'type':'integer','minimum':0}},"
                     "'required':['rows','stored','refused'],'additionalProperties':false}");
}
