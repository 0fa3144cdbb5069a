"""Every figure in one run: ratios to the limits of the same run, and what is wished for beside.

    .venv/bin/python -m benchmarks [NAME …]

Runs the benchmarks one after the other, each in a process of its own, and says how long they took;
with names only those. Each has options of its own (`python -m benchmarks.web --help`). Needs `wrk`
(Debian: `apt-get install wrk`) and an otherwise idle machine.
"""

import argparse
import subprocess
import sys
import time

from benchmarks.serving import ROOT, need_wrk

NAMES = [
    name
    for name in ("web", "statements", "tenants", "importing", "orders", "desk")
    if (ROOT / "benchmarks" / f"{name}.py").exists()
]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    names = parser.parse_args(argv).names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}: {', '.join(NAMES)}.")
    need_wrk()
    started, failed = time.monotonic(), []
    for name in names:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT).returncode:
            failed.append(name)
    print(f"\nAll of it took {(time.monotonic() - started) / 60:.1f} minutes.")
    if failed:
        sys.exit(f"Not finished: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
