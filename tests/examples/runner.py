"""Runs the shell steps of a workflow as the runners of GitHub and GitLab do: bash, one step after another, until one fails."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.repository import IDENTITY, Git

ROOT = Path(__file__).parents[2]
DAY = "2027-01-04T09:00:00+00:00"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Finished:
    """How a job ended: its exit code, what it printed, and the names of the steps that ran."""

    code: int = 0
    printed: str = ""
    ran: list[str] = field(default_factory=list)


@dataclass
class Runner:
    """A machine with `muster` and `gh` on its path, and a store that it reaches."""

    directory: Path
    """For its own files: programs, outputs, the store, and what stands for GitHub."""

    def __post_init__(self) -> None:
        self.programs = self.directory / "bin"
        self.programs.mkdir(parents=True)
        for name, script in (("muster", "tests/stories/door.py"), ("gh", "tests/examples/gh.py")):
            program = self.programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / script}" "$@"\n', encoding="utf-8")
            program.chmod(0o755)
        (self.programs / "python").symlink_to(sys.executable)
        self.store = f"sqlite:///{self.directory}/state.db"
        self.forge = self.directory / "forge.json"
        self.forge.write_text('{"comments": [], "pulls": {}}', encoding="utf-8")

    def shell(self, script: str, checkout: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """One script, with the options that both runners set."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "GIT", "CI_"))}
        path = f"{self.programs}{os.pathsep}{kept.get('PATH', os.defpath)}"
        # The real interpreter finds its packages by this, whatever name it is called by.
        more = {
            "PATH": path,
            "STORY_NOW": DAY,
            "NO_COLOR": "1",
            "GH_STATE": str(self.forge),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=checkout, check=False, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**kept, **IDENTITY, **more, **environment},
        )  # fmt: skip

    def github(self, job: str, checkout: Path, context: Mapping[str, str]) -> Finished:
        """The `run` steps of a job of the workflow; those that use an action are somebody else's, and are passed over."""
        workflow = yaml.safe_load((ROOT / "examples/ci/github/muster.yml").read_text("utf-8"))
        end, outputs = Finished(), dict(context)
        summary = self.directory / "summary.md"
        for step in workflow["jobs"][job]["steps"]:
            if "run" not in step:
                continue
            written = self.directory / "output"
            written.write_text("", "utf-8")
            given = {name: evaluated(value, outputs) for name, value in step.get("env", {}).items()}
            always = {
                "GITHUB_OUTPUT": str(written), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_REPOSITORY": "acme/campaigns",
                "GITHUB_SHA": Git(checkout)("rev-parse", "HEAD"),
            }  # fmt: skip
            assert "${{" not in step["run"], "an expression in a script is a door for whoever names a branch"
            done = self.shell(step["run"], checkout, {**always, **given})
            end.ran.append(step["name"])
            end.printed += done.stdout
            for line in written.read_text("utf-8").splitlines():
                name, _, value = line.partition("=")
                outputs[f"steps.{step['id']}.outputs.{name}"] = value
            if done.returncode:
                end.code = done.returncode
                break
        return end

    def gitlab(self, job: str, checkout: Path, variables: Mapping[str, str]) -> Finished:
        """A job of the GitLab pipeline: before_script and script are one script."""
        pipeline = yaml.safe_load((ROOT / "examples/ci/gitlab/.gitlab-ci.yml").read_text("utf-8"))
        one: dict[str, Any] = {**pipeline[pipeline[job]["extends"]], **pipeline[job]}
        script = "\n".join((*one["before_script"], *one["script"]))
        done = self.shell(script, checkout, {"MUSTER_STORE": self.store, **variables})
        return Finished(done.returncode, done.stdout, [job])


def evaluated(text: object, context: Mapping[str, str]) -> str:
    """A value of the workflow with its expressions put in. KeyError for one that the test does not know."""
    return _EXPRESSION.sub(lambda found: context[found[1]], str(text))
