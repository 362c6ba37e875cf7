/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's description (OpenAPI 3.1), made from the tables that the program itself works by: routes, what their handlers
 * take and give, the resources' columns, filters and orders. Of the boards that are switched on.
 */
#ifndef STEVEDORES_APP_OPENAPI_H
#define STEVEDORES_APP_OPENAPI_H

#include "app/route.h"
#include "engine/resource.h"

handler_fn openapi_get; /* GET /api/openapi.json */

/* The document. `cookie`: the name of the session's. */
struct str openapi_document(const struct conf *conf, const char *cookie, struct arena *arena);

/* The forms in which a resource's columns are described, each a schema of its own among the document's components. */
enum schema_form {
    SCHEMA_ROW,     /* all that is shown */
    SCHEMA_PART,    /* some of it, by ?fields= */
    SCHEMA_PAGE,    /* a list's answer */
    SCHEMA_INPUT,   /* what may be given to create */
    SCHEMA_CHANGE,  /* what may be changed */
    SCHEMA_RESULTS, /* of many rows at once */
    SCHEMA_FORMS
};

/* --- for this folder: the parts of the document ------------------------------------------------------------------- */

#define OPENAPI_USES_MAX 256

/* A document while it is made. */
struct openapi {
    struct buf b;
    const struct conf *conf;
    size_t nuses; /* resources that paths refer to, with the forms of theirs */
    struct {
        const struct resource *resource;
        unsigned forms; /* 1 << enum schema_form */
        bool more;
    } uses[OPENAPI_USES_MAX];
};

/* {"$ref": …} to the form of the resource, which the components have then. `more`: as in schema_component(). */
void openapi_refer(struct openapi *d, const struct resource *r, enum schema_form form, bool more);

/* "parameters" of an operation, and those among the components that it refers to (openapi_parameters.c). */
void openapi_parameters(struct openapi *d, const struct route *r);
void openapi_shared_parameters(struct openapi *d);

/* "responses" of an operation, and what of them is among the components (openapi_answers.c). */
void openapi_answers(struct openapi *d, const struct route *r);
void openapi_shared_answers(struct buf *b);
void openapi_shared_headers(struct buf *b);

/* Appends a column's schema, as a value that is given or as one that is shown. */
void schema_column(struct buf *b, const struct column *c, bool given);

/* {"$ref": …} to the form of the resource. */
void schema_ref(struct buf *b, const struct resource *r, enum schema_form form);

/* "name": schema of the form, for the components. `more`: the row has members that its columns don't name. */
void schema_component(struct buf *b, const struct resource *r, enum schema_form form, bool more);

/* Those that no resource is in: the problem document, pagination, results of many rows. */
void schema_common(struct buf *b);

#endif
