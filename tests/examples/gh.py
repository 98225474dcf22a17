"""`gh api`, as the workflow calls it, over a JSON file in place of GitHub: comments by issue, pull requests by commit.

It holds to what the workflow relies on: paths, methods, `--jq` by the real jq, and a body that is read from a file.
"""

import json
import os
import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import jq

ME = {"login": "github-actions[bot]"}


def answer(state: dict[str, Any], method: str, path: str, body: str) -> Any:
    """What GitHub would say, `state` changed as it would be."""
    issue = re.fullmatch(r"repos/acme/campaigns/issues/(\d+)/comments", path)
    comment = re.fullmatch(r"repos/acme/campaigns/issues/comments/(\d+)", path)
    pulls = re.fullmatch(r"repos/acme/campaigns/commits/([0-9a-f]{40})/pulls", path)
    if pulls and method == "GET":
        return state["pulls"].get(pulls[1], [])
    comments: list[dict[str, Any]] = state["comments"]
    if issue and method == "GET":
        return [one for one in comments if one["issue"] == int(issue[1])]
    assert len(body) <= 65_536, "GitHub takes no more"
    if issue and method == "POST":
        comments.append({"id": len(comments) + 1, "issue": int(issue[1]), "user": ME, "body": body})
        return comments[-1]
    if comment and method == "PATCH":
        found = next(one for one in comments if one["id"] == int(comment[1]))
        assert found["user"] == ME, "nobody changes what others have said"
        found["body"] = body
        return found
    raise SystemExit(f"gh: {method} {path}: Not Found (HTTP 404)")


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("api", choices=["api"])
    parser.add_argument("path")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--jq", default="")
    parser.add_argument("-F", dest="field", default="")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--silent", action="store_true")
    given = parser.parse_args()
    assert os.environ["GH_TOKEN"]
    file = Path(os.environ["GH_STATE"])
    state = json.loads(file.read_text("utf-8"))
    body = Path(given.field.removeprefix("body=@")).read_text("utf-8") if given.field else ""
    said = answer(state, given.method, given.path, body)
    file.write_text(json.dumps(state), "utf-8")
    for one in jq.compile(given.jq).input_value(said).all() if given.jq else []:
        print(one if isinstance(one, str) else json.dumps(one))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
