#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded exporters, and servers that Prometheus is not: serve.py FOLDER PORT-FILE

/hosts/NAME is FOLDER/NAME.metrics, or 503 while FOLDER/NAME.down is there. Any other first part of
the path is the name of a way to answer, below; the rest of the path is taken as Prometheus' API.
"""
import http.server
import json
import os
import pathlib
import sys
import time
import urllib.parse

FOLDER = pathlib.Path(sys.argv[1])
EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}


def vector(*samples, **more):
    result = [{"metric": labels, "value": [1.5, value]} for labels, value in samples]
    return dict(EMPTY, data={"resultType": "vector", "result": result}, **more)


def metric(query):
    """Name of the metric that a query asks for."""
    return query.replace("last_over_time(", "").split("{")[0].split("[")[0]


def one_host(query, host, value="48", **labels):
    """The samples of one host that is fine, for any question."""
    name = metric(query)
    labels = dict(labels, instance=host, __name__=name)
    if name in ("viommu_host_iova_max_bits", "viommu_host_iova_safe_bits"):
        return vector((dict(labels, iommu_group="0"), value))
    return vector((labels, "1")) if name == "viommu_build_info" else EMPTY


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, status, body, length=None, **headers):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        name = self.path.removeprefix("/hosts/")
        if (FOLDER / (name + ".down")).exists():
            return self.send(503, "down\n")
        return self.send(200, (FOLDER / (name + ".metrics")).read_bytes(), Content_Type="text/plain")

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = urllib.parse.parse_qs(form).get("query", [""])[0]
        mode, api = self.path[1:].split("/", 1)
        if api != "api/v1/query" or not query:
            return self.send(404, "404 page not found\n")
        return getattr(self, "say_" + mode)(query)

    def json(self, value, status=200):
        self.send(status, json.dumps(value), Content_Type="application/json")

    def say_html(self, query):
        self.send(200, "<!DOCTYPE html>\n<html><title>\x1b[31mportal</title></html>\n")

    def say_nothing(self, query):
        self.send(200, "")

    def say_noise(self, query):
        self.send(200, bytes(range(256)) * 8)

    def say_half(self, query):
        self.send(200, json.dumps(one_host(query, "h1"))[:60])

    def say_cut(self, query):
        self.send(200, json.dumps(one_host(query, "h1"))[:60], length=5000)
        self.close_connection = True

    def say_gone(self, query):
        self.close_connection = True

    def say_slow(self, query):
        time.sleep(30)

    def say_patience(self, query):
        time.sleep(0.5)
        self.json(one_host(query, "h1"))

    def say_drip(self, query):
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            for _ in range(300):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def say_huge(self, query):
        self.json(one_host(query, "h" * 300000))

    def say_deep(self, query):
        self.send(200, "[" * 100000)

    def say_redirect(self, query):
        self.send(307, "", Location="http://127.0.0.1:1/elsewhere")

    def say_s400(self, query):
        self.send(400, "Client sent an HTTP request to an HTTPS server.\nmore\n")

    def say_s422(self, query):
        self.json({"status": "error", "errorType": "execution", "error": "query timed out"}, 422)

    def say_s401(self, query):
        self.send(401, "Unauthorized\n", WWW_Authenticate="Basic")

    def say_s403(self, query):
        self.send(403, "Forbidden\n")

    def say_s500(self, query):
        self.send(500, "<h1>oops</h1>")

    def say_s503(self, query):
        self.json({"status": "error", "errorType": "unavailable", "error": "TSDB not \x1b[0m ready"}, 503)

    def say_error(self, query):
        self.json({"status": "error", "errorType": "execution", "error": "too many chunks"})

    def say_s204(self, query):
        self.send_response(204)
        self.end_headers()

    def say_matrix(self, query):
        self.json(dict(EMPTY, data={"resultType": "matrix", "result": []}))

    def say_list(self, query):
        self.json([1, 2, 3])

    def say_novalue(self, query):
        self.json(dict(EMPTY, data={"resultType": "vector", "result": [{"metric": {"instance": "h1"}}]}))

    def say_nolabel(self, query):
        self.json(vector(({"job": "viommu"}, "1")))

    def say_nogroup(self, query):
        name = metric(query)
        self.json(vector(({"instance": "h1"}, "48")) if "host_iova" in name else one_host(query, "h1"))

    def say_empty(self, query):
        self.json(EMPTY)

    def say_nan(self, query):
        self.json(one_host(query, "h1", "NaN"))

    def say_fine(self, query):
        self.json(one_host(query, "h1"))

    def say_moving(self, query):
        name = metric(query)
        samples = one_host(query, "h1")["data"]["result"] + one_host(query, "h2")["data"]["result"]
        values = {"viommu_domain_info": "1", "viommu_domain_processes": "1", "viommu_domain_viommu_bits": "48"}
        if name in values:
            samples = [{"metric": {"instance": host, "domain": "vm1", "uuid": "1", "viommu": "virtio-iommu"},
                        "value": [1.5, values[name]]} for host in ("h1", "h2")]
        self.json(dict(EMPTY, data={"resultType": "vector", "result": samples}))

    def say_groups(self, query):
        name = metric(query)
        self.json(vector(({"instance": "h1"}, "3")) if name == "viommu_host_iommu_groups"
                  else one_host(query, "h1"))

    def say_warn(self, query):
        self.json(dict(one_host(query, "h1"), warnings=["no StoreAPI\x1b[2J matched", "store 2 is down"]))

    def say_warnings(self, query):
        self.json(dict(one_host(query, "h1"), warnings=["store %d is down" % i for i in range(20)]))

    def say_nowidth(self, query):
        labels = {"instance": "h1", "domain": "vm1", "viommu": "virtio-iommu"}
        self.json(vector((labels, "1")) if metric(query) == "viommu_domain_info" else one_host(query, "h1"))

    def say_names(self, query):
        self.json(one_host(query, "\u00fc\u4e2d\x1b[31m\n" + "x" * 200))

    def say_tenant(self, query):
        if self.headers.get("X-Scope-OrgID") != "team1":
            return self.send(401, "no org id\n")
        return self.json(one_host(query, "h1"))

    def say_token(self, query):
        if self.headers.get("Authorization") != "Bearer s3cret":
            return self.send(403, "no\n")
        return self.json(one_host(query, "h1"))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
temporary = sys.argv[2] + ".new"
with open(temporary, "w", encoding="ascii") as file:
    file.write("%d\n" % server.server_port)
os.rename(temporary, sys.argv[2])
server.serve_forever()
