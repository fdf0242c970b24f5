#!/usr/bin/env python3
"""Holds a running pixel server to the description of its pull API, docs/openapi.yaml.

pullapi.py --program FILE [--schemathesis FILE [--examples N]]

Every answer that the description has, 503 aside, is brought about and checked: its status, media type, fields, and its body
by the schema. With --schemathesis that program (PyPI: schemathesis) makes up N requests besides (500).
"""

import argparse
import gzip
import http.client
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from agent import AgentError, load_pixel, pixel_server
from tokens import bearer, to_base32

sys.path.append("/usr/lib/python3/dist-packages")  # for a Python that is not Debian's
import jsonschema  # noqa: E402
import yaml  # noqa: E402

DESCRIPTION = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
HITS = 40


class Description:
    def __init__(self, path):
        self.document = yaml.safe_load(path.read_text())
        self.responses = self.document["paths"]["/v1/hits"]["get"]["responses"]
        self.seen, self.problems = set(), []

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node

    def validator(self, schema):
        # References lead into the document: it goes along as the root.
        return jsonschema.Draft202012Validator(
            {"components": self.document["components"], "allOf": [schema]},
            format_checker=jsonschema.FormatChecker())

    def check(self, what, expected, answer):
        status, fields, body = answer
        self.seen.add(str(status))

        def wrong(text):
            self.problems.append(f"{what}: {text}")

        if status != expected:
            return wrong(f"answered {status}, not {expected}: {body[:200]!r}")
        response = self.responses.get(str(status))
        if response is None:
            return wrong(f"{status} is not described")
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            if (value := fields.get(name.lower())) is None:
                if header.get("required"):
                    wrong(f"{status} has no {name}")
                continue
            schema = self.resolve(header["schema"])
            value = int(value) if schema["type"] == "integer" and value.isdigit() else value
            for error in self.validator(schema).iter_errors(value):
                wrong(f"{status}, {name}: {error.message}")
        media = fields.get("content-type", "").split(";")[0]
        content = response["content"].get(media)
        if content is None:
            return wrong(f"{status} comes as {media!r}")
        if fields.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if media == "application/json":
            for error in self.validator(content["schema"]).iter_errors(json.loads(body)):
                wrong(f"{status}: {'/'.join(map(str, error.path))}: {error.message}")

    def finish(self):
        for status in self.responses:
            if status not in self.seen and status != "503":
                self.problems.append(f"{status} was never answered")


def ask(port, target, key=None, **fields):
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def fill(server, key_file):
    agents = ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", "\"quoted\"\\", ""]
    for level in ("minimal", "pseudonymous", "detailed"):
        token = server.command("token", "new", "--credential-file", key_file, "--level", level).strip()
        for number in range(HITS):
            load_pixel(f"{server.url}/i/{token}.gif", agents[number % 3], f"192.0.2.{number}",
                       Accept_Language="en", Sec_GPC="1")


def every_answer(server, key, description):
    def pull(query="", key=key, **fields):
        return ask(server.port, "/v1/hits" + query, key, **fields)

    check = description.check
    check("a page", 200, pull())
    check("all hits", 200, pull("?limit=1000"))
    check("gzip", 200, pull("?limit=1000", Accept_Encoding="gzip"))
    last = json.loads(pull("?limit=1000")[2])
    if len(last["hits"]) != 3 * HITS:
        description.problems.append(f"{len(last['hits'])} hits, not {3 * HITS}")
    check("nothing new", 200, pull(f"?after={last['cursor']}&wait=1"))
    for query in ("?limit=0", "?limit=1001", "?wait=56", "?wait=x", "?after=x", "?since=1", "?limit=1&limit=1"):
        check(query, 400, pull(query))
    check("no key", 401, pull(key=None))
    check("a foreign key", 401, pull(key=bearer("smk1_" + to_base32(bytes(68)))))
    check("a body", 413, pull(Content_Length="1"))
    check("a long target", 414, pull("?after=" + "a" * 1100))
    check("a large head", 431, pull(X_Large="a" * 9000))
    for _ in range(4000):
        if (answer := pull("?limit=1"))[0] != 200:
            break
    check("too many", 429, answer)
    return last["cursor"]


def make_up(program, server, key, examples):
    # Nobody can make up a cursor: one that has the form of a string is refused all the same.
    configuration = server.home / "schemathesis.toml"
    configuration.write_text(
        '[checks]\npositive_data_acceptance.expected-statuses = ["2xx", 400, 401, 410, 429]\n')
    done = subprocess.run(
        [program, "--config-file", str(configuration), "run", str(DESCRIPTION), "--url", server.url, "--header", f"Authorization: Bearer {key}",
         "--max-examples", str(examples), "--seed", "1", "--no-color", "--rate-limit", "9/s"], cwd=server.home)
    return done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--schemathesis", type=Path)
    parser.add_argument("--examples", type=int, default=500)
    options = parser.parse_args()
    description = Description(DESCRIPTION)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="sentmark-pull-api-") as home:
        server = pixel_server(options.program.resolve(), home)
        key_file = str(server.home / "keys" / "px")
        key = bearer(server.credential)
        try:
            server.start("serve")
            fill(server, key_file)
            if options.schemathesis:
                failed = make_up(options.schemathesis, server, key, options.examples)
            cursor = every_answer(server, key, description)
            server.stop()
            for file in (server.home / "state" / "sentmark").glob("hits.db*"):
                file.unlink()
            server.start("serve")
            description.check("a cursor of another log", 410, ask(server.port, f"/v1/hits?after={cursor}", key))
        finally:
            server.kill()
    description.finish()
    for problem in description.problems:
        print(f"  {problem}", file=sys.stderr)
    print(f"  {len(description.seen)} of {len(description.responses)} described answers seen, "
          f"{len(description.problems)} not as described")
    return 1 if failed or description.problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AgentError as error:
        sys.exit(f"pullapi.py: {error}")
