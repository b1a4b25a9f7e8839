"""What ./portal understands. Imports nothing outside the standard library before a command is chosen."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from deploy.local.paths import OFFSETS
from deploy.local.say import Trouble, fail

ABOUT = """The portal suite on one machine.

  ./portal up                  install what is missing, start everything, say where to look
  ./portal status              what runs and how it is (--json for programs)
  ./portal down                stop everything; the data stay
  ./portal test                all tests, on a stack of their own
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    parser = _parser()
    chosen, rest = parser.parse_known_args(list(arguments))
    if rest and not getattr(chosen, "takes_more", False):
        parser.error(f"unknown argument: {rest[0]}")
    if not hasattr(chosen, "act"):
        parser.print_help()
        return 2
    try:
        return int(chosen.act(chosen, rest) or 0)
    except Trouble as trouble:
        return fail(str(trouble))
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PermissionError as error:
        return fail(f"no permission: {error.filename or error}; it was made by another user, use that one.")
    except OSError as error:
        if error.errno == 28:
            return fail("the disk is full: free some space and run the same command again.")
        raise
    except KeyboardInterrupt:
        return fail("stopped by hand; run the same command again to go on.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./portal", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")

    def command(name: str, act: Callable[..., int | None], text: str, more: bool = False) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(act=act, takes_more=more)
        return made

    up = command("up", _up, "prepare, migrate, start everything, wait until it is ready; safe to repeat")
    ports = f"first of the {len(OFFSETS)} ports in use (default 8080, or as the last time)"
    up.add_argument("--port", type=_port, help=ports)
    down = command("down", _down, "stop everything in order; the data stay")
    down.add_argument("--wipe", action="store_true", help="remove all data too (asks first)")
    down.add_argument("--yes", action="store_true", help="do not ask")
    status = command("status", _status, "processes, health, queues, outboxes, dead letters")
    status.add_argument("--json", action="store_true", help="for programs; exit code 0 only when all is ready")
    logs = command("logs", _logs, "the logs of all or of one process")
    logs.add_argument("name", nargs="?", help="a process of ./portal status")
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing what comes")
    logs.add_argument("-n", type=int, default=40, metavar="N", help="how many lines back (default 40)")
    command("restart", _restart, "stop and start one process").add_argument("name")
    command("demo", _demo, "load the demo data again; what is there stays")
    test = command("test", _test, "lint, types, and all tests on a stack of their own; or one part of them", more=True)
    test.add_argument("what", nargs="?", help="lint, unit, integration, contract, journeys or faults; default all")
    bench = command("bench", _bench, "the benchmarks, or one of them", more=True)
    bench.add_argument("what", nargs="?")
    redrive = command("redrive", _redrive, "put dead letters back to work, of all services or of one", more=True)
    redrive.add_argument("service", nargs="?")
    command("import-permits", _import_permits, "import a register of permits", more=True).add_argument("file")
    command("import-clients", _import_clients, "import a register of clients", more=True).add_argument("file")
    command("verify-audit", _verify_audit, "prove the audit trail; 1 names the first fault", more=True)
    verify = command("verify-evidence", _verify_evidence, "prove an export of the audit trail", more=True)
    verify.add_argument("file")
    command("shell", _shell, "Python inside a service: db, bus, tables, m (its messages)").add_argument("service")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65500:
        raise argparse.ArgumentTypeError("a port number between 1024 and 65500")
    return int(text)


def _up(chosen: argparse.Namespace, _: list[str]) -> int:
    from deploy.local import up, welcome

    welcome.show(up.up(chosen.port))
    return 0


def _down(chosen: argparse.Namespace, _: list[str]) -> int:
    from deploy.local import up
    from deploy.local.paths import run_directory

    if chosen.wipe and not chosen.yes:
        if not sys.stdin.isatty():
            raise Trouble("--wipe removes all data and asks first; without a terminal say --wipe --yes.")
        if input(f"Remove all data of {run_directory()}? Type yes: ").strip().lower() != "yes":
            raise Trouble("nothing was stopped and nothing removed.")
    up.down(chosen.wipe)
    return 0


def _status(chosen: argparse.Namespace, _: list[str]) -> int:
    from deploy.local import status
    from deploy.local.paths import current

    return status.show(current(), chosen.json)


def _logs(chosen: argparse.Namespace, _: list[str]) -> int:
    from deploy.local.paths import current

    folder = current().logs
    files = sorted(folder.glob(f"{chosen.name or '*'}.log"))
    if not files:
        names = ", ".join(sorted(file.stem for file in folder.glob("*.log")))
        raise Trouble(f"there is no log of {chosen.name or 'anything'} yet; there are: {names or 'none'}.")
    tail = ["tail", "-n", str(chosen.n), *(["-F"] if chosen.follow else []), *map(str, files)]
    return subprocess.run(tail).returncode


def _restart(chosen: argparse.Namespace, _: list[str]) -> None:
    from deploy.local import supervise
    from deploy.local.paths import current

    place = current()
    if supervise.supervisord_pid(place) is None:
        raise Trouble("nothing runs; start it with ./portal up.")
    supervise.restart(place, chosen.name)


def _demo(_: argparse.Namespace, __: list[str]) -> int:
    return _module("chassis.demo", ["all"])


def _redrive(chosen: argparse.Namespace, rest: list[str]) -> int:
    from deploy.local.paths import SERVICES

    if chosen.service and chosen.service not in SERVICES:
        raise Trouble(f"there is no service {chosen.service!r}; there are: {', '.join(SERVICES)}.")
    return _module("chassis.redrive", [*([chosen.service] if chosen.service else []), *rest])


def _import_permits(chosen: argparse.Namespace, rest: list[str]) -> int:
    return _module("services.permits.importer", [_there(chosen.file), *rest], "permits")


def _import_clients(chosen: argparse.Namespace, rest: list[str]) -> int:
    return _module("services.identity.import_clients", [_there(chosen.file), *rest], "identity")


def _there(file: str) -> str:
    if not os.path.exists(file):
        raise Trouble(f"there is no file {file}.")
    return os.path.abspath(file)


def _verify_audit(_: argparse.Namespace, rest: list[str]) -> int:
    return _module("services.identity.verify_audit", rest, "identity")


def _verify_evidence(chosen: argparse.Namespace, rest: list[str]) -> int:
    return _module("services.identity.verify_evidence", [_there(chosen.file), *rest], "identity")


def _shell(chosen: argparse.Namespace, _: list[str]) -> int:
    from deploy.local.paths import SERVICES

    if chosen.service not in SERVICES:
        raise Trouble(f"there is no service {chosen.service!r}; there are: {', '.join(SERVICES)}.")
    return _module("deploy.local.shell", [chosen.service], chosen.service)


def _bench(chosen: argparse.Namespace, rest: list[str]) -> int:
    return _module("bench", [*([chosen.what] if chosen.what else []), *rest])


def _test(chosen: argparse.Namespace, rest: list[str]) -> int:
    from deploy.local import testing

    return testing.run(chosen.what, rest)


def _module(name: str, arguments: list[str], service: str | None = None) -> int:
    """Run a command of the suite with the environment of the running stack."""
    from deploy.local import supervise
    from deploy.local.paths import ROOT, current
    from deploy.local.processes import tool_environment

    place = current()
    if supervise.supervisord_pid(place) is None:
        raise Trouble("nothing runs; start it with ./portal up.")
    env = tool_environment(place, service) | {"PORTAL_RUN_DIR": str(place.run)}
    env |= {name: os.environ[name] for name in ("TERM", "PORTAL_RUN") if name in os.environ}
    return subprocess.run([sys.executable, "-m", name, *arguments], cwd=ROOT, env=env).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
