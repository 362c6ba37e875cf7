# SPDX-License-Identifier: Apache-2.0
# Makes a C string constant of an .sql file: awk -v name=port_dashboard_sql -f embed.awk dashboard.sql
# Comment lines and indentation stay out, so that the text sent to the server is short.
BEGIN { printf "/* made from the .sql file of the same name */\nstatic const char %s[] =\n", name }
/^[ \t]*--/ || /^[ \t]*$/ { next }
{
    sub(/^[ \t]+/, "")
    sub(/[ \t]+--.*$/, "")
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "    \"%s\\n\"\n", $0
}
END { print "    ;" }
