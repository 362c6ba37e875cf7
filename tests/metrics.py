# SPDX-License-Identifier: Apache-2.0
"""Reading /metrics strictly: the Prometheus text format, version 0.0.4, and what `promtool check metrics` says besides."""
import collections
import math
import re

HELP = re.compile(r"# HELP ([a-z_][a-z0-9_]*) (\S(?:.*\S)?)")
TYPE = re.compile(r"# TYPE ([a-z_][a-z0-9_]*) (counter|gauge|histogram)")
LABEL = r'[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"([a-z_][a-z0-9_]*)(\{{{LABEL}(?:,{LABEL})*\}})? (-?[0-9]+(?:\.[0-9]+)?)")
BOUND = re.compile(r",?le=([^,]+)$")
PARTS = ("_bucket", "_sum", "_count")


def parse(text):
    """{"stevedores_limited_total": {"class=read": 3.0}} of the page, "" where there are no labels; of a histogram its three parts,
    each by its own name. Fails on whatever Prometheus would take badly: a family in two places, a sample without its type, one sample
    twice, a name against the rules, a histogram whose buckets don't add up."""
    assert text.endswith("\n") and "\r" not in text
    found, types, helped, family = {}, {}, set(), None
    for line in text.splitlines():
        if match := HELP.fullmatch(line):
            assert match.group(1) not in helped, line
            helped.add(match.group(1))
            continue
        if match := TYPE.fullmatch(line):
            family, kind = match.groups()
            assert family in helped and family not in types, line
            assert not re.search("milli|micro|kilo|percent", family), f"{line}: Prometheus wants base units"
            assert family.endswith("_total") == (kind == "counter"), f"{line}: counters, and only they, end with _total"
            assert not family.endswith(PARTS), f"{line}: a histogram's part"
            types[family] = kind
            found.update({family + part: {} for part in (PARTS if kind == "histogram" else ("",))})
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"not a line of the format: {line!r}"
        name, labels, value = match.groups()
        assert name in found and name.removeprefix(family) in (PARTS if types[family] == "histogram" else ("",)), \
            f"{line}: outside its family"
        key = (labels or "")[1:-1].replace('"', "")
        assert key not in found[name], f"{line}: twice"
        assert types[family] == "gauge" or float(value) >= 0, line
        found[name][key] = float(value)
    assert set(types) == helped and all(found.values()), "each family has a help, a type and a sample"
    for family, kind in types.items():
        if kind == "histogram":
            check_histogram(family, *(found[family + part] for part in PARTS))
    return found


def check_histogram(family, buckets, sums, counts):
    """Bounds and counts grow, the last bucket has all, and each series has all three parts."""
    series = collections.defaultdict(list)
    for key, count in buckets.items():
        match = BOUND.search(key)
        assert match, f"{family}: a bucket without a bound: {key}"
        series[key[:match.start()]].append((float(match.group(1)), count))
    assert set(series) == set(sums) == set(counts), family
    for key, steps in series.items():
        bounds, reached = zip(*steps)
        assert list(bounds) == sorted(set(bounds)) and bounds[-1] == math.inf, f"{family}: bounds of {key}"
        assert list(reached) == sorted(reached), f"{family}: {key} falls"
        assert reached[-1] == counts[key], f"{family}: {key} counts something that is in no bucket"
        assert sums[key] <= 0 or counts[key] > 0, f"{family}: {key} has a sum of nothing"


def read(stack):
    """The pool's metrics now."""
    response = stack.session().get("/metrics")
    assert response.status_code == 200
    return parse(response.text)


def requests(families, route=None):
    """Of app_response_time_seconds: {("GET", "2xx"): n} of a route, or {(route, "GET", "2xx"): n} of all."""
    counted = {}
    for key, n in families["app_response_time_seconds_count"].items():
        labels = dict(label.split("=", 1) for label in key.split(","))
        if route is None:
            counted[labels["route"], labels["method"], labels["status"]] = n
        elif route == labels["route"]:
            counted[labels["method"], labels["status"]] = n
    return counted
