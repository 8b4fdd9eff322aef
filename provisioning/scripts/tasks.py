"""The tasks behind the Makefile. ``python tasks.py TASK``; exit status 0, or 1 with what failed and what to do."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from checks import check
from environment import DEV, RUN, ensure_environment
from frontend import ensure_frontend
from lab import Lab, lab_command, running_lab, start_lab, stop_lab
from places import child_env, data_folder, program, venv
from quickstart import execute_quickstart, executed
from steps import Failed, Log, root, say
from testing import ensure_bench_needs, ensure_needs, run_pytest


def run(log: Log) -> None:
    """From a fresh clone to JupyterLab on the executed quickstart."""
    say("jupyter-dbaas: setting up (a first run takes a few minutes, later ones seconds)")
    ensure_environment(log, RUN)
    ensure_frontend(log)
    _platform_up(log)
    execute_quickstart(log)
    lab = running_lab()
    if lab is None:
        with log.step("Starting JupyterLab"):
            lab = start_lab(data_folder() / "logs" / "jupyterlab.log")
    _tell(lab)


def stop(log: Log) -> None:
    """Stop JupyterLab and the platform; the data stays."""
    say("JupyterLab is stopped." if stop_lab() else "No JupyterLab of this clone was running.")
    if not program("dbaas").exists():
        say("The platform is not installed in this clone.")
        return
    log.run([program("dbaas"), "down"], env=child_env(), remedy="Read the log; `dbaas status` says what runs.")
    say(f"The platform is stopped. Its data stays in {data_folder()}; make run starts it again.")


def lab(log: Log) -> None:
    """JupyterLab in the foreground, ended by Ctrl-C."""
    ensure_environment(log, RUN)
    ensure_frontend(log)
    _platform_up(log)
    os.chdir(root)
    command = [str(part) for part in lab_command()]
    os.execve(command[0], command, child_env())


def test(log: Log) -> None:
    """Everything except the slow fault tests. A failed check is said first, and the suite still runs."""
    _prepare_tests(log)
    unchecked: Failed | None = None
    try:
        check(log)
    except Failed as failure:
        say(failure.report())
        unchecked = failure
    run_pytest("-m", "not faults", "-n", "2", "--dist", "loadfile")
    if unchecked is not None:
        raise unchecked


def test_faults(log: Log) -> None:
    """Only the slow fault tests, one after the other: they measure what happens when processes die."""
    _prepare_tests(log)
    run_pytest("-m", "faults")


def only_check(log: Log) -> None:
    """Format, lint, types, layers and the front end's checks."""
    ensure_environment(log, DEV)
    check(log)


def format_code(log: Log) -> None:
    """Make the synchronous client from the asynchronous one, and bring the Python code into the checked format."""
    ensure_environment(log, DEV)
    log.run([program("python"), root / "provisioning" / "scripts" / "twins.py"], remedy="Read the log.")
    for arguments in (["check", "--fix-only", "--quiet"], ["format", "--quiet"]):
        log.run([program("ruff"), *arguments, "."], remedy="Read the log.")


def bench(log: Log) -> None:
    """Measure and print the project's figures; all of them together are kept in tests/bench/RESULTS.md."""
    ensure_environment(log, DEV)
    ensure_frontend(log)
    ensure_bench_needs(log)
    result = subprocess.run(
        [program("python"), root / "tests" / "bench" / "run.py", *os.environ.get("ONLY", "").split()],
        cwd=root,
        env=child_env(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if result.returncode != 0:
        raise Failed("a measurement", "Read what is printed above.")


def clean(log: Log) -> None:
    """Remove what was made in the clone. The platform's data stays."""
    stop(log)
    extension = root / "extension"
    made = [venv, executed.parent, *(extension / name for name in ("lib", "labextension", "node_modules", ".yarn"))]
    made.append(root / "server" / "dbaas_server" / "graphql" / "static")
    made += [root / name for name in ("dist", "build", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")]
    for path in made:
        shutil.rmtree(path, ignore_errors=True)
    say("Removed the environment and what was built.")


def lock(log: Log) -> None:
    """Resolve the dependencies of pyproject.toml anew."""
    ensure_environment(log, RUN)
    compile_lock: list[str | Path] = [
        *(program("uv"), "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--upgrade"),
        *("--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"),
        *("--custom-compile-command", "make lock", "--group", "build"),
    ]
    dev: list[str | Path] = ["--all-extras", "--group", "test", "--group", "check", "--constraint", RUN.name]
    remedy = "Two dependencies of pyproject.toml may contradict each other; the log says which."
    env = child_env(UV_SYSTEM_CERTS="1")
    with log.step(f"Resolving {RUN.name}"):
        log.run([*compile_lock, "--extra", "quickstart", "-o", RUN.name], env=env, remedy=remedy)
    with log.step(f"Resolving {DEV.name}"):
        log.run([*compile_lock, *dev, "-o", DEV.name], env=env, remedy=remedy)


def _prepare_tests(log: Log) -> None:
    ensure_environment(log, DEV)
    ensure_frontend(log)
    ensure_needs(log)


def _platform_up(log: Log) -> None:
    with log.step("Starting the platform"):
        log.run(
            [program("dbaas"), "up"],
            env=child_env(),
            what="starting the platform",
            remedy=f"The platform's own logs are in {data_folder() / 'logs'}; correct the cause and run it again.",
        )


def _tell(lab: Lab) -> None:
    say()
    say(f"  JupyterLab      {lab.url(executed)}")
    say(f"  Your data       {data_folder()}")
    say(f"  In a terminal   {program('dbaas')} list")
    say("  To stop         make stop (the data stays)")


_TASKS = {
    "run": run,
    "stop": stop,
    "lab": lab,
    "test": test,
    "test-faults": test_faults,
    "check": only_check,
    "format": format_code,
    "bench": bench,
    "clean": clean,
    "lock": lock,
}


def main() -> int:
    """Run the task named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=_TASKS)
    name = parser.parse_args().task
    os.chdir(root)
    try:
        _TASKS[name](Log(_log_path(name)))
    except Failed as failure:
        say(failure.report())
        return 1
    except OSError as error:
        say(Failed(f"make {name}: {error}", "Correct the cause (space, permissions) and run it again.").report())
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 1
    return 0


def _log_path(task: str) -> Path:
    """Beside the platform's own logs."""
    folder = data_folder() / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(
            f"the data folder {data_folder()} cannot be made ({error.strerror})",
            "Name one that you may write to: DBAAS_HOME=/path/to/folder make run",
        ) from None
    return folder / f"make-{task}.log"


if __name__ == "__main__":
    sys.exit(main())
