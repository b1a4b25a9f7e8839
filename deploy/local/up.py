"""./portal up and ./portal down."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

from deploy.local import adopt, credentials, identity_providers, postgres, probe, rabbitmq, stale, status, supervise
from deploy.local.bootstrap import enough_disk, exclusive
from deploy.local.code import fingerprint
from deploy.local.paths import OFFSETS, ROOT, SERVICES, Place, config, current, keep_config, make_directories
from deploy.local.ports import require_free, wait_until_free
from deploy.local.processes import Process, overrides_from, table, tool_environment
from deploy.local.run import gate
from deploy.local.say import Trouble, line, step

READY_SECONDS = 120.0


def up(port: int | None) -> Place:
    """Everything runs and is ready, whatever the state before. Raises Trouble with nothing half-started."""
    with exclusive(current().run / "up.lock", "another ./portal up or down is at work on this stack"):
        place = _settle(port)
        began_here = supervise.supervisord_pid(place) is None
        if not began_here and _nothing_to_do(place):
            line("everything runs already")
            return place
        try:
            _bring_up(place, began_here)
        except BaseException:
            if began_here and supervise.supervisord_pid(place) is not None:
                line("stopping again what was started")
                supervise.stop_all(place)
            elif not began_here:
                gate(place).touch()  # what ran before goes on, and may restart; the next up prepares again
            raise
    return place


def _settle(port: int | None) -> Place:
    """The port and the outside servers of this stack: as asked for, else as they were."""
    before = config()
    place = current()
    if port is not None and port != place.port and supervise.supervisord_pid(place) is not None:
        raise Trouble(f"this stack runs on port {place.port} already; ./portal down first, then up --port {port}.")
    wanted = {
        "port": port or place.port,
        "amqp_url": os.environ.get("AMQP_URL") or before.get("amqp_url"),
        "database_url": os.environ.get("DATABASE_URL") or before.get("database_url"),
        "overrides": overrides_from(dict(os.environ)),
    }
    place = Place(place.run, port or place.port)
    if wanted["amqp_url"] is None:
        rabbitmq.install()
    if supervise.supervisord_pid(place) is None and not _revived(place):
        require_free(place)
        enough_disk(place.run, 500, "the portal's data")
    make_directories(place)
    if wanted != before:
        keep_config(wanted)
    return place


def _revived(place: Place) -> bool:
    """After a crash: end what outlived supervisord, unless guard is bringing it back at this moment."""
    if not place.run.exists():
        return False
    with exclusive(place.run / "supervisord.lock", "guard starts supervisord again"):
        if supervise.supervisord_pid(place) is not None:
            return True
        if left := stale.end(place):
            line(f"Ended what an interrupted run had left: {', '.join(left)}")
            for name in OFFSETS:
                wait_until_free(place[name], 5)
    return False


def _nothing_to_do(place: Place) -> bool:
    return gate(place).exists() and not _outdated(place) and bool(status.collect(place)["ready"])


def _outdated(place: Place) -> list[Process]:
    """Processes that run other code or settings than this clone has now."""
    late = []
    for process in table(place).values():
        if adopt.note(place, process.name).get("code") != fingerprint(process):
            late.append(process)
    return late


def _bring_up(place: Place, began_here: bool) -> None:
    credentials.load(place)
    credentials.make_keys(place)
    identity_providers.prepare(place)
    processes = table(place)
    if "postgres" in processes:
        with step("Preparing PostgreSQL"):
            postgres.prepare(place)
    if "rabbitmq" in processes:
        rabbitmq.prepare(place)
    (place.run / "peers").mkdir(exist_ok=True)
    late = [] if began_here else _outdated(place)
    wanted = _code_of_the_suite(place)
    prepared = gate(place).exists() and gate(place).read_text() == wanted
    if not prepared:
        gate(place).unlink(missing_ok=True)
    supervise.write_configuration(place)
    if began_here:
        line("Starting the processes")
        with exclusive(place.run / "supervisord.lock", "somebody else starts supervisord"):
            supervise.launch(place)
    else:
        supervise.apply_configuration(place)
    if not prepared:
        _prepare_stores(place)
        gate(place).write_text(wanted)
    for process in late:
        line(f"Restarting {process.name}: its code or settings changed")
        supervise.restart(place, process.name)
        if process.kind == "suite":
            _wait(place, [process])
    with step("Waiting until every process is ready"):
        _wait(place, list(table(place).values()))
    demo = place.state / "demo"
    if not demo.exists():
        with step("Loading the demo data"):
            tool(place, "chassis.demo", "all")
        demo.touch()
    write_endpoints(place)


def _code_of_the_suite(place: Place) -> str:
    """What decides whether databases and exchanges must be looked at again."""
    suite = sorted(fingerprint(process) for process in table(place).values() if process.kind == "suite")
    return hashlib.sha256(" ".join(suite).encode()).hexdigest()


def _prepare_stores(place: Place) -> None:
    outside = config()
    if not outside.get("database_url"):
        _wait(place, [table(place)["postgres"]])
    postgres.make_databases(place, outside.get("database_url"))
    with step("Migrating the databases"):
        tool(place, "chassis.migrate", "all")
    if not outside.get("amqp_url"):
        with step("Waiting for RabbitMQ"):
            _wait(place, [table(place)["rabbitmq"]])
            _until(lambda: _broker_knows_us(place), 60, "RabbitMQ did not take its definitions")
            # the node reads them at its start only; rights may have changed since
            rabbitmq.management(place, "definitions", 10, "POST", rabbitmq.definitions(place))
    with step("Declaring exchanges and queues"):
        tool(place, "chassis.topology")
        if not outside.get("amqp_url"):  # makes a user of the broker, which is ours to do on our own only
            tool(place, "chassis.subscribers", "ensure-demo")


def _broker_knows_us(place: Place) -> bool:
    try:
        return bool(rabbitmq.management(place, "vhosts/portal")["name"])
    except (OSError, ValueError, KeyError):
        return False


def tool(place: Place, module: str, *arguments: str) -> None:
    """Run a command of the suite with every right; its output only when it fails. Raises Trouble."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=tool_environment(place), capture_output=True, text=True)
    log = place.logs / "tools.log"
    with log.open("a") as handle:
        handle.write(f"$ {module} {' '.join(arguments)}\n{done.stdout}{done.stderr}\n")
    if done.returncode:
        words = [text for text in done.stderr.splitlines() if text.strip()] or ["no word"]
        raise Trouble(f"python -m {module} {' '.join(arguments)} failed: {words[-1].strip()[:300]} (all of it: {log})")


def _wait(place: Place, processes: list[Process], seconds: float = READY_SECONDS) -> None:
    left = list(processes)

    def all_ready() -> bool:
        left[:] = [process for process in left if not probe.ready(place, process, 2.0)]
        return not left

    _until(all_ready, seconds, lambda: f"{left[0].name} did not become ready; see ./portal logs {left[0].name}")


def _until(condition: Callable[[], bool], seconds: float, sentence: str | Callable[[], str]) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise Trouble((sentence if isinstance(sentence, str) else sentence()) + f" (waited {seconds:.0f} s).")
        time.sleep(0.2)


def write_endpoints(place: Place) -> None:
    """.run/endpoints.json: where everything is and with which password, for tests and tools."""
    from deploy.local.paths import write_private
    from deploy.local.processes import amqp_url, database_url

    secrets = credentials.load(place)
    listed = {
        "run_dir": str(place.run),
        "portal": f"http://127.0.0.1:{place['gateway']}",
        "ports": {name: place[name] for name in OFFSETS},
        "databases": {service: database_url(place, service) for service in SERVICES},
        "database_admin": postgres.admin_url(place, config().get("database_url")),
        "amqp": {user: amqp_url(place, user) for user in secrets["broker"]},
        "management": f"http://127.0.0.1:{place['management']}",
        "broker_passwords": secrets["broker"],
        "health": {process.name: process.health for process in table(place).values() if process.health},
        "bank_api_key": secrets["bank_api_key"],
        "keys": str(place.keys),
    }
    write_private(place.run / "endpoints.json", json.dumps(listed, indent=1))


def down(wipe: bool) -> None:
    """Stop everything in order; with `wipe` remove the data too."""
    place = current()
    with exclusive(place.run / "up.lock", "another ./portal up or down is at work on this stack"):
        with step("Stopping the portal"):
            supervise.stop_all(place)
        if wipe:
            with step("Removing its data"):
                _wipe(place)


def _wipe(place: Place) -> None:
    for name in ("postgres", "rabbitmq", "peers", "state", "keys", "secrets.json", "endpoints.json", "logs"):
        for path in {place.run / name, place.daemons / name}:
            if path.is_symlink() or path.is_file():
                path.unlink()
            elif path.is_dir():
                shutil.rmtree(path)
    if place.daemons != place.run:
        shutil.rmtree(place.daemons, ignore_errors=True)
