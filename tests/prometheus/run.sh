#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules, alerts and dashboard: Prometheus takes them, they do what they say, and they ask for nothing
# that the exporter does not have.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

rules_are_valid() { promtool check rules dist/prometheus/*.yml; }
rules_work() { promtool test rules tests/prometheus/*.test.yml; }

# A rule that does nothing is noticed: each in turn is made one that has no result.
each_rule_is_tested() {
	mkdir -p "$work/dist" "$work/tests"
	cp -r tests/prometheus "$work/tests/"
	python3 - "$work" <<-'PYTHON'
	import glob, pathlib, re, shutil, subprocess, sys

	work = sys.argv[1]
	rules = [(path, match) for path in sorted(glob.glob("dist/prometheus/*.yml"))
	         for match in re.finditer(r"^      - (?:alert|record): (\S+)\n((?: {8}.*\n)+)",
	                                  pathlib.Path(path).read_text(), re.M)]
	bad = []
	for path, match in rules:
	    shutil.copytree("dist/prometheus", work + "/dist/prometheus", dirs_exist_ok=True)
	    text = pathlib.Path(path).read_text()
	    body = re.sub(r"expr:(?: >-\n(?: {10}.*\n)+| .*\n)", "expr: vector(0) > 1\n", match[2], count=1)
	    if body == match[2]:
	        bad.append(match[1] + ": not understood")
	    pathlib.Path(work, path).write_text(text[:match.start(2)] + body + text[match.end(2):])
	    if not subprocess.run(["promtool", "test", "rules"] + glob.glob(work + "/tests/prometheus/*.test.yml"),
	                          capture_output=True).returncode:
	        bad.append(match[1] + ": no test notices that it does nothing")
	print("\n".join(bad))
	sys.exit(bool(bad) or len(rules) < 15)
	PYTHON
}

# Names and labels of the exporter, "name<TAB>label,label", with those of a histogram's parts.
metrics_list() {
	printf '#include "core/metrics.h"\n#define X(sym, name, type, labels, help) @ name|type|labels\nVIOMMU_METRICS(X)\n' |
		gcc -E -P -Iinclude -Iuser - | tr '@' '\n' | tr -d '" ' |
		awk -F '|' 'NF == 3 {
			print "viommu_" $1 "\t" $3
			if ($2 == "histogram") {
				print "viommu_" $1 "_bucket\t" $3 ",le"
				print "viommu_" $1 "_sum\t" $3
				print "viommu_" $1 "_count\t" $3
			}
		}'
}

# Each name, and each label that is selected by, exists. PLANT adds one that does not.
names_exist() {
	metrics_list >"$work/metrics"
	python3 - "$work/metrics" "${PLANT:-}" <<-'PYTHON'
	import json, pathlib, re, sys

	metrics = {name: set(labels.split(",")) - {""} for name, labels in
	           (line.rstrip("\n").split("\t") for line in open(sys.argv[1]))}
	target = {"cluster", "instance", "job"}
	rules = "".join(p.read_text() for p in sorted(pathlib.Path("dist/prometheus").glob("*.yml")))
	recorded = set(re.findall(r"- record: (\S+)", rules))
	dashboard = json.load(open("dist/grafana/viommu.json"))
	exprs = [t["expr"] for p in dashboard["panels"] for t in p.get("targets", [])]
	exprs += [v["definition"] for v in dashboard["templating"]["list"] if "definition" in v]
	exprs += [t.get("legendFormat", "") for p in dashboard["panels"] for t in p.get("targets", [])]
	exprs += re.sub(r"#.*", "", rules).splitlines()
	exprs += [line for path in pathlib.Path("tests").glob("prometheus/*.test.yml")
	          for line in path.read_text().splitlines()]
	exprs += [line for path in pathlib.Path("tests/fleet/hosts").glob("*.metrics")
	          for line in path.read_text().splitlines() if not line.startswith("#")]
	exprs.append(sys.argv[2])
	bad, seen = set(), set()
	labels = target.union(*metrics.values())
	for expr in exprs:
	    grouped = ",".join(re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", expr)).replace(" ", "").split(",")
	    for label in grouped + re.findall(r"\{\{ *(?:\$labels\.)?([a-z_]\w*) *\}\}", expr):
	        if label and label not in labels | {"alertname", "alertstate"}:
	            bad.add("no metric has a label " + label)
	    for record in re.findall(r"\b[a-z_]+:viommu_\w+:\w+", expr):
	        if record not in recorded:
	            bad.add("nothing records " + record)
	    for name, matchers in re.findall(r"(?<![\w:])(viommu_[a-z_]+)(?![\w:]|\.(?:rules|alerts))(?:\{([^}]*)\})?", expr):
	        if name in ("viommu_guard", "viommu_hosts", "viommu_clusters", "viommu_alerts"):
	            continue
	        seen.add(name)
	        if name not in metrics:
	            bad.add("no metric " + name)
	            continue
	        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
	            if label not in metrics[name] | target:
	                bad.add("%s has no label %s" % (name, label))
	print("\n".join(sorted(bad)))
	sys.exit(bool(bad) or len(seen) < 20)
	PYTHON
}

a_planted_name_is_seen() { ! PLANT='viommu_surprise_total' names_exist; }
a_planted_label_is_seen() { ! PLANT='viommu_guard_up{domain="x"}' names_exist; }
a_planted_group_is_seen() { ! PLANT='sum by (vm) (viommu_guard_up)' names_exist; }
a_planted_legend_is_seen() { ! PLANT='{{vm}} on {{instance}}' names_exist; }
a_planted_record_is_seen() { ! PLANT='cluster:viommu_guard_up:min' names_exist; }

# What Grafana asks of a dashboard that is imported, and that each expression is PromQL.
dashboard_is_valid() {
	python3 - >"$work/exprs" <<-'PYTHON' || return 1
	import json, re, sys

	dashboard = json.load(open("dist/grafana/viommu.json"))
	panels = dashboard["panels"]
	ids = [p["id"] for p in panels]
	variables = {v["name"] for v in dashboard["templating"]["list"]}
	known = {"row", "stat", "table", "timeseries", "heatmap", "state-timeline"}
	assert dashboard["uid"] and dashboard["title"] and dashboard["schemaVersion"] >= 36
	assert "id" not in dashboard and len(ids) == len(set(ids)) and "datasource" in variables
	taken = set()
	for panel in panels:
	    assert panel["type"] in known and panel["title"]
	    at = panel["gridPos"]
	    assert at["x"] + at["w"] <= 24
	    cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
	    assert not cells & taken, panel["title"]
	    taken |= cells
	    if panel["type"] == "row":
	        continue
	    assert panel["description"] and panel["targets"], panel["title"]
	    assert panel["datasource"]["uid"] == "${datasource}"
	    for target in panel["targets"]:
	        used = set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}
	        assert used <= variables, used - variables
	        expr = target["expr"].replace("$__rate_interval", "5m")
	        print(re.sub(r"\$\w+", ".*", expr))
	PYTHON
	{
		echo 'groups: [{ name: dashboard, rules: ['
		sed "s/'/''/g; s/.*/{ record: x, expr: '&' },/" "$work/exprs"
		echo ']}]'
	} >"$work/exprs.yml"
	# The same record by several rules: that is not what is asked here.
	awk '/record: x/ { sub(/record: x/, "record: x" NR) } 1' "$work/exprs.yml" >"$work/numbered.yml"
	promtool check rules "$work/numbered.yml"
}

# A counter that begins above 0 is drawn, once, where its host was there before. rate() sees nothing
# of it: a VM that failed as it started, the first denial of a policy.
dashboard_draws_beginnings() {
	python3 - >"$work/beginnings.test.yml" <<-'PYTHON' || return 1
	import json, re

	counters = ["viommu_dma_map_failures_total", "viommu_guard_denials_total",
	            "viommu_guard_audits_total", "viommu_guard_missed_total"]
	exprs = [t["expr"] for p in json.load(open("dist/grafana/viommu.json"))["panels"]
	         if p["type"] == "timeseries" for t in p["targets"] if any(c in t["expr"] for c in counters)]
	assert len(exprs) == len(counters)
	series = {'viommu_build_info{cluster="a",instance="old",version="1"}': "1x60",
	          'viommu_build_info{cluster="a",instance="new",version="1"}': "_x20 1x40"}
	for name in counters:
	    series[name + '{cluster="a",instance="old",domain="x",reason="r",policy="p"}'] = "_x20 7x40"
	    series[name + '{cluster="a",instance="new",domain="x",reason="r",policy="p"}'] = "_x20 9x40"
	test = {"interval": "1m", "promql_expr_test": [],
	        "input_series": [{"series": s, "values": v} for s, v in series.items()]}
	for expr in exprs:
	    expr = "sum(%s)" % re.sub(r"\$\w+", ".*", expr.replace("$__rate_interval", "5m"))
	    test["promql_expr_test"] += [
	        {"expr": expr, "eval_time": "22m", "exp_samples": [{"labels": "{}", "value": 7}]},
	        {"expr": expr, "eval_time": "40m", "exp_samples": []}]
	print(json.dumps({"tests": [test]}))
	PYTHON
	promtool test rules "$work/beginnings.test.yml"
}

# A host whose groups are not all known is not shown as one that is.
dashboard_counts_unknown_groups() {
	python3 - >"$work/groups.test.yml" <<-'PYTHON' || return 1
	import json, re

	exprs = [t["expr"] for p in json.load(open("dist/grafana/viommu.json"))["panels"]
	         for t in p.get("targets", []) if "viommu_host_iommu_groups" in t["expr"]]
	assert len(exprs) == 1
	series, samples = [], []
	for host, groups, known in ("whole", 2, 2), ("part", 3, 1), ("none", 2, 0):
	    labels = 'cluster="a",instance="%s"' % host
	    series.append({"series": "viommu_host_iommu_groups{%s}" % labels, "values": "%dx5" % groups})
	    series += [{"series": 'viommu_host_iova_safe_bits{%s,iommu_group="%d"}' % (labels, i), "values": "48x5"}
	               for i in range(known)]
	    samples.append({"labels": "{%s}" % labels, "value": groups - known})
	print(json.dumps({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": [
	    {"expr": re.sub(r"\$\w+", ".*", exprs[0]), "eval_time": "3m", "exp_samples": samples}]}]}))
	PYTHON
	promtool test rules "$work/groups.test.yml"
}

test_that 'Prometheus takes the rules' rules_are_valid
test_that 'rules and alerts do what they say' rules_work
test_that 'each rule has a test that needs it' each_rule_is_tested
test_that 'metrics and labels that are asked for exist' names_exist
test_that 'a planted metric is noticed' a_planted_name_is_seen
test_that 'a planted label is noticed' a_planted_label_is_seen
test_that 'a planted label to group by is noticed' a_planted_group_is_seen
test_that 'a planted label of a legend is noticed' a_planted_legend_is_seen
test_that 'a planted record is noticed' a_planted_record_is_seen
test_that 'the dashboard is valid' dashboard_is_valid
test_that 'the dashboard draws what begins above 0' dashboard_draws_beginnings
test_that 'the dashboard counts groups that are not known' dashboard_counts_unknown_groups
test_done prometheus
