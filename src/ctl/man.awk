# SPDX-License-Identifier: Apache-2.0
# Makes a manual page of its frame: awk -f man.awk COMMANDS SETTINGS PAGE.in
# COMMANDS is what "stevedoresctl NAME --help" prints, of all of them; SETTINGS is "stevedores-fcgi --help". Lines of the frame
# that are replaced:
#   @COMMAND name@   that command's call and what it does, as an item; text behind it goes on with the item
#   @COMMANDS@       the same of all commands that have no line of their own above
#   @SETTINGS@       every setting, as items
# What a page says of calls and settings is thus what the programs do.

function prose(text)
{
    gsub(/\\/, "\\\\e", text)
    gsub(/--/, "\\-\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

# "import KIND FILE [--json]": words bold, what stands for something italic.
function call(text,    out, font)
{
    while (text != "") {
        font = "B"
        if (match(text, /^[A-Z][A-Z_]*/))
            font = "I"
        else if (!match(text, /^-?-?[a-z][a-z-]*/)) {
            out = out substr(text, 1, 1)
            text = substr(text, 2)
            continue
        }
        out = out "\\f" font substr(text, 1, RLENGTH) "\\fP"
        text = substr(text, RLENGTH + 1)
    }
    gsub(/-/, "\\-", out)
    return out
}

function command(name)
{
    if (!(name in usage)) {
        print FILENAME ": stevedoresctl has no command " name > "/dev/stderr"
        failed = 1
        exit 1
    }
    said[name] = 1
    print ".TP\n" call(usage[name])
    printf "%s", help[name]
}

function end_options()
{
    if (options)
        help[name] = help[name] ".RE\n"
    options = 0
}

# The help of a command: paragraphs, and options as "  --count N   so many".
FILENAME == ARGV[1] && /^Usage: stevedoresctl / {
    end_options()
    name = $3
    names[++ncommands] = name
    usage[name] = substr($0, length("Usage: stevedoresctl ") + 1)
    next
}
FILENAME == ARGV[1] && NF == 0 {
    paragraph = help[name] != ""
    next
}
FILENAME == ARGV[1] && /^  --/ {
    if (!options)
        help[name] = help[name] ".RS\n"
    options = 1
    line = substr($0, 3)
    meaning = line
    sub(/  +.*/, "", line)
    sub(/^.*[^ ]  +/, "", meaning)
    help[name] = help[name] ".TP\n" call(line) "\n" prose(meaning) "\n"
    next
}
FILENAME == ARGV[1] {
    if (!/^ /) {
        end_options()
        if (paragraph)
            help[name] = help[name] ".IP\n"
    }
    paragraph = 0
    sub(/^ +/, "")
    help[name] = help[name] prose($0) "\n"
    next
}

FILENAME == ARGV[2] && FNR == 1 { end_options() }
FILENAME == ARGV[2] && /^  [A-Z][A-Z0-9_]*( \*)?$/ {
    settings = settings ".TP\n\\fB" $1 "\\fP" (NF > 1 ? " (secret)" : "") "\n"
    line = 0
    next
}
FILENAME == ARGV[2] {
    if (settings != "" && /^      / && ++line <= 2) # the meaning; the form and the default
        settings = settings (line == 2 ? ".br\n" : "") prose(substr($0, 7)) "\n"
    next
}

/^@COMMAND [a-z-]*@$/ {
    command(substr($2, 1, length($2) - 1))
    next
}
/^@COMMANDS@$/ {
    for (i = 1; i <= ncommands; i++) {
        if (!(names[i] in said))
            command(names[i])
    }
    next
}
/^@SETTINGS@$/ {
    printf "%s", settings
    next
}
{ print }

END {
    if (!failed && (ncommands == 0 || settings == "")) {
        print "man.awk: no commands, or no settings" > "/dev/stderr"
        exit 1
    }
}
