# SPDX-License-Identifier: Apache-2.0
"""Reading /metrics strictly: the Prometheus text format, version 0.0.4, and what `promtool check metrics` says besides."""
import re

HELP = re.compile(r"# HELP ([a-z_][a-z0-9_]*) (\S(?:.*\S)?)")
TYPE = re.compile(r"# TYPE ([a-z_][a-z0-9_]*) (counter|gauge)")
LABEL = r'[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"([a-z_][a-z0-9_]*)(\{{{LABEL}(?:,{LABEL})*\}})? (-?[0-9]+(?:\.[0-9]+)?)")


def parse(text):
    """{"stevedores_limited_total": {"class=read": 3.0}} of the page, "" where there are no labels. Fails on whatever Prometheus
    would take badly: a family in two places, a sample without its type, one sample twice, a name against the rules."""
    assert text.endswith("\n") and "\r" not in text
    families, helped, family = {}, set(), None
    for line in text.splitlines():
        if match := HELP.fullmatch(line):
            assert match.group(1) not in helped, line
            helped.add(match.group(1))
            continue
        if match := TYPE.fullmatch(line):
            family, kind = match.groups()
            assert family in helped and family not in families, line
            assert not re.search("milli|micro|kilo|percent", family), f"{line}: Prometheus wants base units"
            assert family.endswith("_total") == (kind == "counter"), f"{line}: counters, and only they, end with _total"
            families[family] = {}
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"not a line of the format: {line!r}"
        name, labels, value = match.groups()
        assert name == family, f"{line}: outside its family"
        key = (labels or "")[1:-1].replace('"', "")
        assert key not in families[name], f"{line}: twice"
        assert not name.endswith("_total") or float(value) >= 0, line
        families[name][key] = float(value)
    assert set(families) == helped and all(families.values()), "each family has a help, a type and a sample"
    return families


def read(stack):
    """The pool's counters and gauges now."""
    response = stack.session().get("/metrics")
    assert response.status_code == 200
    return parse(response.text)
