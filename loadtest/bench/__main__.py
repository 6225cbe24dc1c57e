"""`python -m loadtest.bench PART... | report | --compare A B`: what `script/bench` runs."""

import argparse
import signal
import subprocess
import sys

from loadtest.bench import machine, report, results
from loadtest.bench.harness import PARTS, Options, part
from tillstream.errors import TillstreamError
from tillstream.runtime import process
from tillstream.runtime.text_table import text_table


def main() -> int:
    """Run parts, write the report or compare; 0 when all of it was done."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    names = ", ".join(PARTS)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{names}; or `report`")
    parser.add_argument("--rounds", type=int, help="default: 3; of growth 1")
    parser.add_argument("--quick", action="store_true", help="small, only to see that it works")
    parser.add_argument(
        "--long", action="store_true", help="growth, ledger, imports: up to 30 million receipts"
    )
    parser.add_argument("--compare", nargs=2, metavar=("A", "B"), help="two results side by side")
    arguments = parser.parse_args()
    # Ends what a part has started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not arguments.parts and not arguments.compare:
        parser.error(f"name a part: {names}")
    if unknown := set(arguments.parts) - {*PARTS, "report"}:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {names}")
    try:
        if arguments.compare:
            compare(*arguments.compare)
        for name in arguments.parts:
            if name == "report":
                print(report.write(), flush=True)
            elif len(arguments.parts) > 1:
                # In a process of its own, so that none inherits the memory of another.
                options = [f"--{flag}" for flag in ("quick", "long") if getattr(arguments, flag)]
                options.append(f"--rounds={arguments.rounds or PARTS[name]}")
                subprocess.run([sys.executable, "-m", "loadtest.bench", name, *options], check=True)
            else:
                rounds = arguments.rounds or PARTS[name]
                run(name, Options(rounds, arguments.quick, arguments.long))
    except TillstreamError as error:
        process.fail(error)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def run(name: str, options: Options) -> None:
    """Run one part, keep its result and print it."""
    # Taken first: the load that the run itself makes says nothing.
    here = machine.here()
    done = results.Record(
        part=name,
        rounds=options.rounds,
        quick=options.quick,
        machine=here,
        result=part(name)(options),
    )
    print("\n\n".join(report.tables_of(done, text_table)))
    for note in done.result.notes:
        print(f"- {note}")
    print(results.write(done).relative_to(machine.ROOT), flush=True)


def compare(first: str, second: str) -> None:
    """Print two results side by side."""
    one, other = results.read(first), results.read(second)
    heads = ("measurement", "unit", one.machine.commit, other.machine.commit, "ratio", "is")
    print(text_table(heads, results.compared(one, other)))


if __name__ == "__main__":
    sys.exit(main())
