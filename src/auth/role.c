/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "auth/role.h"

#include <string.h>

const char *const role_choices[] = {"viewer", "clerk", "supervisor", "manager", "admin", NULL};

const char *role_text(enum role role)
{
    if (role == ROLE_NONE)
        return "-";
    return role == ROLE_ANYBODY ? "anybody" : role_choices[role - ROLE_VIEWER];
}

enum role role_parse(const char *text)
{
    for (int i = 0; role_choices[i] != NULL; i++) {
        if (strcmp(role_choices[i], text) == 0)
            return (enum role)(ROLE_VIEWER + i);
    }
    return ROLE_NONE;
}
