# SPDX-License-Identifier: Apache-2.0
"""fcgi-conf/prometheus: promtool finds nothing wrong, the rules have the agent's limits, each alert is tested, and a real Prometheus that
reads a real pool has an answer to every panel of the dashboard."""
import json
import os
import re
import shutil
import subprocess
import uuid

import metrics
import pytest
import requests
import yaml

from stack import SOURCE, Stack, eventually, free_port

FILES = os.path.join(SOURCE, "fcgi-conf", "prometheus")
RULES, TESTS = "stevedores.rules.yml", "stevedores.rules.test.yml"
OF_PROMETHEUS = {"up", "ALERTS"}  # series that it makes by itself
KEYWORDS = {"and", "or", "unless", "by", "on", "without", "ignoring", "group_left", "group_right", "bool", "offset"}


def load(name):
    with open(os.path.join(FILES, name), encoding="utf-8") as f:
        return yaml.safe_load(f)


def rules():
    return [rule for group in load(RULES)["groups"] for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def panels():
    with open(os.path.join(FILES, "grafana-dashboard.json"), encoding="utf-8") as f:
        return json.load(f)


def targets():
    return [(panel["title"], target["expr"]) for panel in panels()["panels"] for target in panel.get("targets", [])]


def filled_in(expression, rate="5m"):
    for variable, value in (("$__rate_interval", rate), ("$job", "stevedores"), ("$instance", ".*")):
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


def names(expression):
    """The metrics that an expression reads."""
    for noise in (r'"(?:[^"\\]|\\.)*"', r"\{[^}]*\}", r"\[[^\]]*\]", r"\b(?:by|on|without|ignoring)\s*\([^)]*\)"):
        expression = re.sub(noise, " ", expression)
    return {word for word in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w|\s*\()", expression) if word not in KEYWORDS}


def promtool(*args, cwd=FILES, status=0):
    program = shutil.which("promtool")
    assert program, "promtool is not installed"
    done = subprocess.run([program, *args], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def pool():
    with Stack(responders=2, redis=True, memcached=1, env={"WEB_WORKERS": "2"}) as stack:
        use(stack)
        eventually(lambda: "cache_hit_ratio" in metrics.read(stack), "the agent has taken a sample of it", 30)
        yield stack


def use(stack):
    http = stack.session()
    for _ in range(10):
        for path in ("/api/dashboard", f"/api/vessels?q={uuid.uuid4().hex[:8]}", "/api/nothing", "/health"):
            http.get(path)


# --- the files ----------------------------------------------------------------------------------------------------------


def test_promtool_finds_nothing_wrong():
    assert f"{len(rules())} rules found" in promtool("check", "rules", "--lint-fatal", RULES)
    assert "is valid" in promtool("check", "config", "--lint-fatal", "prometheus.yml")
    assert "SUCCESS" in promtool("test", "rules", TESTS)


@pytest.mark.parametrize("n", range(len(alerts())), ids=[f"{a['alert']} {a['labels']['severity']}" for a in alerts()])
def test_each_alert_is_tested(n, tmp_path):
    """Without it, or with one that always fires, the rules' tests fail."""
    shutil.copy(os.path.join(FILES, TESTS), tmp_path)
    for change in ("gone", "always"):
        changed = load(RULES)
        rule = [rule for rule in changed["groups"][0]["rules"] if "alert" in rule][n]
        if change == "gone":
            changed["groups"][0]["rules"].remove(rule)
        else:
            rule.update({"expr": "vector(1)", "for": "0s"})
        (tmp_path / RULES).write_text(yaml.safe_dump(changed), encoding="utf-8")
        assert "FAILED" in promtool("test", "rules", TESTS, cwd=tmp_path, status=1)


def test_each_alert_says_what_to_do():
    for alert in alerts():
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert set(alert["annotations"]) == {"summary", "description"}
        assert "{{ $labels.instance }}" in alert["annotations"]["summary"] and len(alert["annotations"]["description"]) > 100
        assert 'job="stevedores"' in alert["expr"] or all(name.startswith("instance:") for name in names(alert["expr"]))


LIMITS = {  # the agent's alert: ours, and what of the agent's is one of ours
    "memory": ("StevedoresMemory", 1000), "response_time": ("StevedoresSlow", 1_000_000), "errors": ("StevedoresErrors", 1000),
    "database_connections": ("StevedoresDatabaseConnections", 1), "busy": ("StevedoresBusy", 1000)}


def test_limits_are_the_agents(pool):
    agents = {alert["name"]: alert for alert in pool.session().get("/api/operations").json()["data"]["alerts"]}
    for name, (ours, unit) in LIMITS.items():
        found = {}
        for alert in alerts():
            if alert["alert"] == ours:
                found[alert["labels"]["severity"]] = float(re.search(r">= ([0-9.]+)", alert["expr"]).group(1)) * unit
        assert found == pytest.approx({level: agents[name][level] for level in ("warning", "critical")}), ours


def test_names_are_those_of_the_page(pool):
    there = set(metrics.read(pool)) | OF_PROMETHEUS
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for rule in rules():
        found = names(rule["expr"])
        assert found and found <= there | recorded, f"{rule}: {found - there - recorded}"
    for title, expression in targets():
        found = names(expression)
        assert found and found <= there, f"{title}: {found - there}"
    for variable in panels()["templating"]["list"]:
        if variable["type"] == "query":
            assert re.match(r"label_values\((\w+)", variable["query"]["query"]).group(1) in there


@pytest.mark.parametrize("expression, expected", [
    ("up == 0", {"up"}),
    ('histogram_quantile(0.95, sum by (job, le) (rate(a_bucket{b="c", d=~"e|f"}[5m]))) >= 0.2 and on (job) g:h', {"a_bucket", "g:h"}),
    ("a / on (instance) sum without (b) (c) or d offset 5m", {"a", "c", "d", "m"}),
])
def test_names_are_found(expression, expected):
    assert names(expression) == expected


def test_the_dashboard_is_whole(tmp_path):
    """Expressions that Prometheus understands, ids and places that no two panels share."""
    dashboard = panels()
    assert dashboard["schemaVersion"] >= 36 and dashboard["title"] and dashboard["uid"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}" and panel["targets"], panel["title"]
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    rule_file = {"groups": [{"name": "panels", "rules": [{"record": f"panel{n}", "expr": filled_in(expression)}
                                                         for n, (_, expression) in enumerate(targets())]}]}
    (tmp_path / "panels.yml").write_text(yaml.safe_dump(rule_file), encoding="utf-8")
    assert f"{len(targets())} rules found" in promtool("check", "rules", "panels.yml", cwd=tmp_path)


# --- a real Prometheus --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prometheus(pool, tmp_path_factory):
    """The example's configuration with another address and in a hurry."""
    program = shutil.which("prometheus")
    assert program, "prometheus is not installed"
    where = tmp_path_factory.mktemp("prometheus")
    config = load("prometheus.yml")
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{pool.port}"]
    (where / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    shutil.copy(os.path.join(FILES, RULES), where)
    address = f"127.0.0.1:{free_port()}"
    with open(where / "log", "wb") as log, subprocess.Popen(
            [program, "--config.file=prometheus.yml", f"--storage.tsdb.path={where}/data", f"--web.listen-address={address}"],
            cwd=where, stdout=log, stderr=log) as process:
        def ask(what, **params):
            response = requests.get(f"http://{address}/api/v1/{what}", params=params, timeout=10)
            assert response.status_code == 200, response.text
            return response.json()["data"]

        def is_ready():
            assert process.poll() is None, (where / "log").read_text(encoding="utf-8")
            try:
                return requests.get(f"http://{address}/-/ready", timeout=10).status_code == 200
            except requests.ConnectionError:
                return False
        try:
            eventually(is_ready, "Prometheus is ready")
            yield ask
        finally:
            process.terminate()


def test_a_real_prometheus_reads_it(pool, prometheus):
    [target] = eventually(lambda: [t for t in prometheus("targets")["activeTargets"] if t["health"] == "up"], "it has read the page", 30)
    assert target["labels"]["job"] == "stevedores" and target["lastError"] == ""

    def told():
        found = prometheus("query", query='stevedores_requests_total{kind="dashboard", status="2xx"}')["result"]
        return found and float(found[0]["value"][1])

    use(pool)
    expected = metrics.read(pool)["stevedores_requests_total"]["kind=dashboard,status=2xx"]
    eventually(lambda: told() == expected, "it has the page's count", 15)
    [scraped] = prometheus("query", query="scrape_samples_scraped")["result"]
    assert float(scraped["value"][1]) >= sum(map(len, metrics.read(pool).values())) - 100


def test_rules_work_in_a_real_prometheus(prometheus):
    def evaluated():
        found = [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]
        return found if len(found) == len(rules()) and all(rule["health"] != "unknown" for rule in found) else None

    for rule in eventually(evaluated, "all rules were evaluated", 30):
        assert rule["health"] == "ok", rule
    assert [alert for alert in prometheus("alerts")["alerts"] if alert["state"] == "firing"] == []


def test_every_panel_has_an_answer(pool, prometheus):
    def empty():
        use(pool)
        return [(title, expression) for title, expression in targets() if "ALERTS" not in expression
                and not prometheus("query", query=filled_in(expression, "5s"))["result"]]

    eventually(lambda: not empty(), f"every panel shows something; not so: {empty()}", 30, 1)
