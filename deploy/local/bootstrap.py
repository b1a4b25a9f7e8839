"""From a system Python to the suite's own: .venv from requirements.lock, Debian packages. Standard library only.

Runs before anything is installed, so it may import nothing but the standard library and modules as plain as itself.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.say import Trouble, fail, line, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "portal-lock.sha256"
NETWORK_WORDS = ("connection", "resolve", "network", "timed out", "dns", "unreachable", "fetch", "certificate")


def start(arguments: list[str]) -> int:
    """Prepare .venv where a command needs it, then hand over to deploy.local.cli inside it. Returns the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help") or "--help" in arguments or "-h" in arguments:
        from deploy.local.cli import main  # the help needs nothing installed

        return main(arguments or ["--help"])
    try:
        if arguments[0] in ("up", "test", "bench", "demo") or not python().exists():
            prepare()
    except Trouble as trouble:
        return fail(str(trouble))
    except KeyboardInterrupt:
        return fail("stopped by hand; run the same command again to go on.")
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(python(), [str(python()), "-m", "deploy.local.cli", *arguments])


def python() -> Path:
    """The interpreter of the suite's own environment."""
    return VENV / "bin" / "python"


def prepare() -> None:
    """Make .venv agree with requirements.lock; does nothing when it already does. Raises Trouble."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if _stamped(wanted):
        return
    with exclusive(ROOT / ".run" / "venv.lock", "another ./portal prepares the Python environment"):
        if _stamped(wanted):
            return
        enough_disk(ROOT, 1500, "the Python environment")
        _make_venv()
        with step("Installing Python packages from requirements.lock"):
            _install()
        STAMP.write_text(wanted)


def _stamped(wanted: str) -> bool:
    return python().exists() and STAMP.exists() and STAMP.read_text() == wanted


def _make_venv() -> None:
    if _works(python()):
        return
    with step(f"Making .venv with Python {sys.version.split()[0]}"):
        if not _have_ensurepip():
            version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            apt([version if _packaged(version) else "python3-venv"], "Python's venv module")
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            raise Trouble(f"could not make .venv: {_last_words(made)}")


def _install() -> None:
    # uv does not read pip's configuration; a machine with a package mirror of its own has it there
    env = _quiet_env()
    if index := _pip_setting("global.index-url"):
        env.setdefault("UV_DEFAULT_INDEX", index)
    command = [_uv(), "pip", "sync", "--quiet", "--python", str(python()), "--require-hashes", str(LOCK)]
    synced = subprocess.run(command, capture_output=True, text=True, env=env)
    if synced.returncode and _has_pip():
        line("  uv could not; trying again with pip")
        command = [str(python()), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)]
        synced = subprocess.run(command, capture_output=True, text=True, env=env)
    if synced.returncode:
        raise Trouble(_download_sentence(synced))


def _uv() -> str:
    """The installer: twenty times faster than pip. From .venv, from the system, or installed into .venv by pip."""
    own = VENV / "bin" / "uv"
    if own.exists():
        return str(own)
    if not _has_pip() and (found := shutil.which("uv")):
        return found
    command = [str(python()), "-m", "pip", "install", "--quiet", "uv"]
    got = subprocess.run(command, capture_output=True, text=True, env=_quiet_env())
    if got.returncode:
        raise Trouble(_download_sentence(got))
    return str(own)


def _has_pip() -> bool:
    return subprocess.run([str(python()), "-c", "import pip"], capture_output=True).returncode == 0


def _quiet_env() -> dict[str, str]:
    return {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "2", "UV_SYSTEM_CERTS": "1"}


def _pip_setting(name: str) -> str | None:
    got = subprocess.run([str(python()), "-m", "pip", "config", "get", name], capture_output=True, text=True)
    return got.stdout.strip() or None


def _works(executable: Path) -> bool:
    if not executable.exists():
        return False
    check = [str(executable), "-c", "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"]
    return subprocess.run(check, capture_output=True).returncode == 0


def _have_ensurepip() -> bool:
    return subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def _packaged(name: str) -> bool:
    return subprocess.run(["apt-cache", "show", name], capture_output=True).returncode == 0


def _last_words(done: "subprocess.CompletedProcess[str]") -> str:
    lines = [text for text in (done.stderr + "\n" + done.stdout).splitlines() if text.strip()]
    return lines[-1].strip()[:300] if lines else f"exit code {done.returncode}"


def _download_sentence(done: "subprocess.CompletedProcess[str]") -> str:
    words = (done.stderr + done.stdout).lower()
    if "no space left" in words:
        return "the disk is full: free at least 1.5 GB and run the same command again."
    if any(word in words for word in NETWORK_WORDS):
        return f"package download failed, is there a network? ({_last_words(done)}) Run the same command again."
    return f"could not install the Python packages: {_last_words(done)}"


def apt(packages: list[str], what_for: str) -> None:
    """Install Debian packages as root. Raises Trouble with the exact command where we may not or cannot."""
    by_hand = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise Trouble(f"{what_for} is missing and this system has no apt-get: install {' '.join(packages)} yourself.")
    if os.getuid() != 0:
        raise Trouble(f"{what_for} is missing and only root can install it; run: sudo {by_hand}")
    enough_disk(Path("/usr"), 700, what_for)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing {what_for} (apt-get install {' '.join(packages)})"), _nothing_starts():
        install = ["apt-get", "install", "-y", "-qq", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends"]
        install += packages
        done = subprocess.run(install, capture_output=True, text=True, env=env)
        if done.returncode:  # an image without package lists, or with old ones
            subprocess.run(["apt-get", "update", "-qq"], capture_output=True, text=True, env=env)
            done = subprocess.run(install, capture_output=True, text=True, env=env)
    if done.returncode:
        if any(word in (done.stderr + done.stdout).lower() for word in NETWORK_WORDS):
            raise Trouble(f"download of {what_for} failed, is there a network? ({_last_words(done)})")
        raise Trouble(f"could not install {what_for}: {_last_words(done)}; by hand: {by_hand}")


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Debian starts a server as soon as it is installed; a RabbitMQ of the system's own is not wanted."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():  # the machine has a rule of its own
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def enough_disk(where: Path, megabytes: int, what_for: str) -> None:
    """Raise Trouble when the file system of `where` has less than so many megabytes free."""
    free = shutil.disk_usage(where).free // 1_000_000
    if free < megabytes:
        raise Trouble(f"the disk is full: {what_for} needs {megabytes} MB in {where}, {free} MB are free.")


@contextmanager
def exclusive(path: Path, busy: str) -> Iterator[bool]:
    """Hold a file lock; where somebody else holds it, say so and wait. Yields True when there was a wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        waited = False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = True
            with step(f"Waiting, {busy}"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield waited
