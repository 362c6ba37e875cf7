/* SPDX-License-Identifier: Apache-2.0
 *
 * The document is made for each request, which takes a few milliseconds; its ETag spares the transfer.
 */
#include "config.h"
#include "app/openapi.h"

#include <ctype.h>
#include <string.h>

#include "app/operation.h"
#include "base/json_out.h"

/* --- resources among the components ------------------------------------------------------------------------------- */

/* Two resources with the same columns differ in nothing that is described. */
static void use(struct openapi *d, const struct resource *r, enum schema_form form, bool more)
{
    size_t i = 0;

    while (i < d->nuses && d->uses[i].resource->columns != r->columns)
        i++;
    if (i == OPENAPI_USES_MAX)
        return;
    if (i == d->nuses) {
        d->uses[d->nuses++].resource = r;
        d->uses[i].forms = 0;
        d->uses[i].more = false;
    }
    d->uses[i].forms |= 1U << form;
    d->uses[i].more = d->uses[i].more || more;
    if (form == SCHEMA_PART || form == SCHEMA_PAGE || form == SCHEMA_RESULTS) /* these refer to it */
        d->uses[i].forms |= 1U << SCHEMA_ROW;
    if (form == SCHEMA_PAGE)
        d->uses[i].forms |= 1U << SCHEMA_PART;
}

void openapi_refer(struct openapi *d, const struct resource *r, enum schema_form form, bool more)
{
    use(d, r, form, more);
    schema_ref(&d->b, r, form);
}

static void add_schemas(struct openapi *d)
{
    json_open(&d->b, "schemas", '{');
    schema_common(&d->b);
    for (size_t i = 0; i < d->nuses; i++) {
        for (int form = 0; form < SCHEMA_FORMS; form++) {
            if ((d->uses[i].forms & (1U << form)) != 0)
                schema_component(&d->b, d->uses[i].resource, (enum schema_form)form, d->uses[i].more);
        }
    }
    buf_char(&d->b, '}');
}

/* --- bodies ------------------------------------------------------------------------------------------------------- */

static void add_body(struct openapi *d, const struct route *r)
{
    static const char *const types[] = {"application/json", "application/merge-patch+json", NULL};
    const struct operation *o = operation_of(r);
    const struct resource *of = operation_body(r);
    const bool changes = o->takes == COL_UPDATE;
    struct buf *b = &d->b;

    if (o->content != NULL) {
        json_constant(b, ",'requestBody':{'required':true,'content':");
        json_constant(b, o->content);
        buf_char(b, '}');
    }
    if (of == NULL)
        return;
    json_constant(b, ",'requestBody':{'required':true,'content':{");
    for (const char *const *type = types; *type != NULL && (type == types || changes); type++) {
        json_open(b, *type, '{');
        json_key(b, "schema");
        if ((o->flags & OPERATION_MANY) != 0)
            json_constant(b, "{'oneOf':[");
        openapi_refer(d, of, changes ? SCHEMA_CHANGE : SCHEMA_INPUT, false);
        if ((o->flags & OPERATION_MANY) != 0) {
            buf_printf(b, ",{\"type\":\"array\",\"minItems\":1,\"maxItems\":%d,\"items\":", BULK_MAX);
            openapi_refer(d, of, SCHEMA_INPUT, false);
            buf_puts(b, "}]}");
        }
        buf_char(b, '}');
    }
    buf_puts(b, "}}");
}

/* --- operations --------------------------------------------------------------------------------------------------- */

/* GET /api/vessels/{id}/cargo-tally is get_vessels_id_cargo_tally. */
static const char *operation_id(const struct route *r, struct arena *arena)
{
    struct buf b;

    buf_init(&b, arena, 64);
    for (const char *p = route_method_text(r->method); *p != '\0'; p++)
        buf_char(&b, (char)tolower((unsigned char)*p));
    for (const char *p = r->pattern + (str_starts(r->pattern, "/api/") ? 4 : 0); *p != '\0'; p++) {
        if (isalnum((unsigned char)*p) || *p == '_')
            buf_char(&b, *p);
        else if (*p != '}' && b.data[b.len - 1] != '_')
            buf_char(&b, '_');
    }
    return b.data;
}

static const char *tag_of(const struct route *r)
{
    const struct operation *o = operation_of(r);

    if (o->tag != NULL)
        return o->tag;
    return r->board != NULL ? r->board : "people";
}

static void add_security(struct buf *b, const struct route *r)
{
    if (r->role == ROLE_ANYBODY)
        json_constant(b, ",'security':[]");
    else if ((operation_of(r)->flags & OPERATION_SESSION) != 0)
        json_constant(b, ",'security':[{'session':[]}]");
    else
        json_constant(b, ",'security':[{'session':[]},{'key':[]}]");
}

static void add_operation(struct openapi *d, const struct route *r)
{
    struct buf *b = &d->b;
    char method[8] = "";

    for (size_t i = 0; i + 1 < sizeof(method) && route_method_text(r->method)[i] != '\0'; i++)
        method[i] = (char)tolower((unsigned char)route_method_text(r->method)[i]);
    json_open(b, method, '{');
    json_member(b, "operationId", operation_id(r, b->arena));
    json_texts(b, "tags", (const char *const[]){tag_of(r), NULL});
    json_member(b, "summary", r->summary);
    json_member(b, "x-role", role_text(r->role));
    json_member(b, "x-rate", route_rate_text(r->rate));
    add_security(b, r);
    openapi_parameters(d, r);
    add_body(d, r);
    openapi_answers(d, r);
    buf_char(b, '}');
}

/* True when an earlier route that is on has the same path. */
static bool is_described(const struct openapi *d, const struct route *r)
{
    for (const struct route *other = routes; other < r; other++) {
        if (route_is_on(other, d->conf) && strcmp(other->pattern, r->pattern) == 0)
            return true;
    }
    return false;
}

static void add_paths(struct openapi *d)
{
    json_open(&d->b, "paths", '{');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (!route_is_on(r, d->conf) || is_described(d, r))
            continue;
        json_open(&d->b, r->pattern, '{');
        for (const struct route *same = r; same->pattern != NULL; same++) {
            if (route_is_on(same, d->conf) && strcmp(same->pattern, r->pattern) == 0)
                add_operation(d, same);
        }
        buf_char(&d->b, '}');
    }
    buf_char(&d->b, '}');
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static void add_info(struct buf *b)
{
    json_constant(b, "{'openapi':'3.1.0','info':{'title':'Stevedores Dashboard'");
    json_member(b, "version", PACKAGE_VERSION);
    json_constant(b, ",'license':{'name':'Apache-2.0','identifier':'Apache-2.0'}");
    json_member(b, "description",
                "Made from the tables that the program itself works by. Texts are UTF-8 without control characters but tab "
                "and line ends; times are RFC 3339, of years from 1970 on; numbers that are whole have no fraction and no "
                "exponent. A member is known or refused. `x-role`: the least role that may; `x-rate`: the limit that a "
                "request counts against; `x-needs`: a filter that is only taken together with one of these; `x-checked`: "
                "more must hold than the schema can say. Every GET is a HEAD as well.");
    json_constant(b, "},'servers':[{'url':'/'}]");
}

static void add_tags(struct openapi *d)
{
    struct buf *b = &d->b;

    json_open(b, "tags", '[');
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        bool known = !route_is_on(r, d->conf);

        for (const struct route *other = routes; other < r && !known; other++)
            known = route_is_on(other, d->conf) && strcmp(tag_of(other), tag_of(r)) == 0;
        if (known)
            continue;
        json_item(b, "{");
        json_member(b, "name", tag_of(r));
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_security_schemes(struct buf *b, const char *cookie)
{
    json_open(b, "securitySchemes", '{');
    json_open(b, "session", '{');
    json_constant(b, "'type':'apiKey','in':'cookie'");
    json_member(b, "name", cookie);
    json_member(b, "description", "Set by POST /api/login. Writes that another site's page makes a browser send are refused.");
    json_constant(b, "},'key':{'type':'http','scheme':'bearer'");
    json_member(b, "description", "An API key, made by POST /api/me/keys; over HTTPS.");
    buf_puts(b, "}}");
}

struct str openapi_document(const struct conf *conf, const char *cookie, struct arena *arena)
{
    struct openapi *d = arena_zalloc(arena, sizeof(*d));
    struct buf *b = &d->b;

    d->conf = conf;
    buf_init(b, arena, (size_t)512 * 1024);
    add_info(b);
    add_tags(d);
    add_paths(d);
    json_open(b, "components", '{');
    add_schemas(d);
    openapi_shared_parameters(d);
    openapi_shared_headers(b);
    openapi_shared_answers(b);
    add_security_schemes(b, cookie);
    buf_puts(b, "}}");
    return (struct str){b->data, b->len};
}

enum outcome openapi_get(struct exchange *x)
{
    response_json(x->resp, 200, openapi_document(x->conf, session_cookie_name(x->req), x->arena));
    return OUT_OK;
}
