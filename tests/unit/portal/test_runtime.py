"""What keeps the local stack whole: who is ours, who may touch which queue, what a change of code means."""

import os
import re
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import code, credentials, paths, postgres, processes, rabbitmq, stale, supervise
from deploy.local.paths import SERVICES, Place


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_RUN", str(tmp_path / "run"))
    monkeypatch.setattr(paths, "OUTSIDE", tmp_path)
    made = Place(tmp_path / "run", 18080)
    paths.make_directories(made)
    return made


def start(place: Place, name: str, script: str = "import time; print(1, flush=True); time.sleep(60)"):
    env = {"PORTAL_MARK": place.mark, "PORTAL_PROCESS": name}
    process = subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it runs
    return process


def test_processes_of_a_stack_are_known_by_their_environment(place, tmp_path):
    mine, other = start(place, "billing"), start(Place(tmp_path / "other", 1), "billing")
    try:
        assert stale.ours(place) == {mine.pid: "billing"}
        assert stale.ours(place, "permits") == {}
    finally:
        mine.kill(), other.kill()


def test_ending_a_stack_spares_others_and_kills_what_does_not_listen(place, tmp_path):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    polite, stubborn = start(place, "permits"), start(place, "billing", deaf)
    frozen, other = start(place, "requests"), start(Place(tmp_path / "other", 1), "billing")
    os.kill(frozen.pid, 19)
    assert stale.end(place, grace=0.5) == ["billing", "permits", "requests"]
    assert polite.wait(5) == -15
    assert stubborn.wait(5) == -9
    assert frozen.wait(5) == -15
    assert other.poll() is None
    other.kill()


def test_secrets_are_made_once_and_only_their_owner_reads_them(place):
    first = credentials.load(place)
    assert credentials.load(place) == first
    credentials.make_keys(place)
    before = (place.keys / "billing.pem").read_bytes()
    credentials.make_keys(place)
    assert (place.keys / "billing.pem").read_bytes() == before
    for file in (place.run / "secrets.json", *place.keys.iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert len(set(first["broker"].values())) == len(first["broker"])


def test_the_trusted_keys_are_those_of_the_services(place):
    import jwt

    credentials.make_keys(place)
    token = jwt.encode({"sub": "x"}, (place.keys / "billing.pem").read_text(), "EdDSA", {"kid": "service:billing"})
    trusted = jwt.PyJWKSet.from_json((place.keys / "trusted.json").read_text())
    assert jwt.decode(token, trusted["service:billing"].key, ["EdDSA"]) == {"sub": "x"}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, trusted["service:permits"].key, ["EdDSA"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_its_own_queues_and_no_others(service, place):
    [rights] = [r for r in rabbitmq.definitions(place)["permissions"] if r["user"] == f"svc-{service}"]
    configure, write, read = (re.compile(rights[verb]) for verb in ("configure", "write", "read"))
    own = [f"rpc-{service}", f"{service}.work", f"{service}.dead", f"rpc.reply-{service}-1f"]
    for name in own:
        assert configure.match(name) and write.match(name) and read.match(name), name
    for other in {*SERVICES, "gateway"} - {service}:
        for name in (f"rpc-{other}", f"{other}.work", f"{other}.dead", f"rpc.reply-{other}-1f"):
            assert not (configure.match(name) or write.match(name) or read.match(name)), name
        assert not write.match(f"{other}.events"), "nobody speaks in another's name"
    assert not write.match(f"{service}.events"), "events go through the outbox and the relay"


def test_the_relay_publishes_events_and_reads_nothing(place):
    rights = {entry["user"]: entry for entry in rabbitmq.definitions(place)["permissions"]}
    relay = rights["relay"]
    assert re.match(relay["write"], "billing.events")
    assert not re.match(relay["write"], "rpc-billing")
    assert not re.match(relay["read"], "rpc-billing")
    assert not re.match(relay["configure"], "billing.events")


def test_only_the_administrator_of_the_broker_is_one(place):
    tags = {user["name"]: user["tags"] for user in rabbitmq.definitions(place)["users"]}
    assert [name for name, tag in tags.items() if tag] == ["admin"]


def test_the_virtual_host_makes_quorum_queues_and_calls_do_not_outlive_their_callers(place):
    defined = rabbitmq.definitions(place)
    assert defined["vhosts"][0]["default_queue_type"] == "quorum"
    [policy] = [policy for policy in defined["policies"] if re.search(policy["pattern"], "rpc-billing")]
    assert policy["definition"]["message-ttl"] <= 30_000


def test_every_process_is_supervised_and_restarts_for_ever(place):
    supervise.write_configuration(place)
    text = (place.run / "supervisor.conf").read_text()
    assert stat.S_IMODE((place.run / "supervisor.conf").stat().st_mode) == 0o600
    for name in ("postgres", "epmd", "rabbitmq", "guard"):
        assert f"[program:{name}]" in text
    assert text.count("autorestart=true") == text.count("[program:") == text.count("startsecs=0")
    for secret in credentials.load(place)["broker"].values():
        assert secret not in text


def test_each_service_knows_its_own_secrets_only(place):
    table = processes.table(place)
    secrets = credentials.load(place)
    for service in SERVICES:
        settings = table[service].env
        values = " ".join(settings.values())
        assert [name for name in settings if name.startswith("DATABASE_URL")] == [f"DATABASE_URL_{service.upper()}"]
        for other in set(SERVICES) - {service}:
            assert secrets["database"][other] not in values
            assert secrets["broker"][f"svc-{other}"] not in values
        assert ("IDENTITY_SIGNING_KEY_FILE" in settings) == (service == "identity")
    assert not any(name.startswith("DATABASE_URL") for name in table["gateway"].env)


def test_settings_of_the_shell_reach_the_suite_and_the_rest_does_not():
    shell = {"BILLING_RETRY_SECONDS": "1", "LOG_LEVEL": "DEBUG", "SECRET_OF_THE_SHELL": "x", "REQUESTS_CA_BUNDLE": "y"}
    assert processes.overrides_from(shell) == {"BILLING_RETRY_SECONDS": "1", "LOG_LEVEL": "DEBUG"}


def test_a_change_of_code_or_settings_changes_the_fingerprint(place, tmp_path, monkeypatch):
    root = tmp_path / "clone"
    for name in ("chassis/run.py", "services/billing/service.py", "services/permits/messages.py", "requirements.lock"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1")
    billing = processes.table(place)["billing"]
    monkeypatch.setattr(code, "ROOT", root)
    first = code.fingerprint(billing)
    assert code.fingerprint(billing) == first
    (root / "services/permits/service.py").write_text("another service's code")
    assert code.fingerprint(billing) == first
    seen = {first}
    for name in ("chassis/run.py", "services/billing/service.py", "services/permits/messages.py", "requirements.lock"):
        (root / name).write_text("2")
        seen.add(code.fingerprint(billing))
    seen.add(code.fingerprint(replace(billing, env=billing.env | {"LOG_LEVEL": "DEBUG"})))
    assert len(seen) == 6


def test_the_lock_of_a_postmaster_goes_only_when_no_postmaster_has_its_pid(place):
    lock = place.daemons / "postgres" / "data" / "postmaster.pid"
    lock.parent.mkdir(parents=True)
    alive = subprocess.Popen(["bash", "-c", "exec -a postgres sleep 60"])
    until = time.monotonic() + 5
    while b"postgres" not in Path(f"/proc/{alive.pid}/cmdline").read_bytes() and time.monotonic() < until:
        time.sleep(0.01)
    try:
        lock.write_text(f"{alive.pid}\n/data\n")
        postgres.clear_stale_lock(place)
        assert lock.exists()
        lock.write_text(f"{os.getpid()}\n/data\n")  # the pid now belongs to somebody else
        postgres.clear_stale_lock(place)
        assert not lock.exists()
    finally:
        alive.kill()


def test_a_clone_below_a_closed_folder_keeps_its_daemons_elsewhere(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not paths.reachable_by_all(closed)
    if os.getuid() == 0:
        hidden = Place(closed / "clone" / ".run", 1)
        assert hidden.daemons.parent == paths.OUTSIDE
        assert hidden.daemons != Place(closed / "other" / ".run", 1).daemons


def test_a_socket_path_is_never_too_long(tmp_path):
    deep = Place(tmp_path / ("d" * 90) / ".run", 1)
    assert len(deep.supervisor_socket) < 100
