/* SPDX-License-Identifier: Apache-2.0
 *
 * What browsers report that the page's Content-Security-Policy kept away: counted and logged, nothing else. Anybody may
 * send such a report, so it is evidence of a report and no more.
 */
#ifndef STEVEDORES_OPS_CSP_REPORT_H
#define STEVEDORES_OPS_CSP_REPORT_H

#include "engine/exchange.h"

/* POST: application/csp-report (CSP Level 2, report-uri) or application/reports+json (Reporting API, report-to). 204;
 * 400 when there is no report in it; 413 above a few KiB. */
handler_fn csp_report_post;

/* The two forms of the body, for the API's description: OpenAPI's Content, as json_constant() takes it. */
extern const char csp_report_content[];

#endif
