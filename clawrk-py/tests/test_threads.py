"""Waiting without stopping the others."""

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clawrk import ClawrkError, Engine, errors

MANY = 1_000
"""So many jobs that listing them takes far longer than a thread needs to wake."""


@pytest.fixture
def crowded(engine: Engine) -> Engine:
    """An exchange in which ``ann`` has many jobs."""
    for number in range(MANY):
        engine.create_job("ann", f"job {number}")
    return engine


@pytest.fixture
def no_forced_switch() -> Iterator[None]:
    """Threads run until they let go of the interpreter by themselves."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    yield
    sys.setswitchinterval(before)


def test_a_waiting_thread_lets_the_others_run(crowded: Engine, no_forced_switch: None) -> None:
    started, finished = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        # No other thread runs from here on unless this call lets go of the interpreter.
        crowded.jobs("ann")
        finished.set()

    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    ran_meanwhile = not finished.is_set()
    job = crowded.create_job("bob", "meanwhile")
    thread.join()
    assert ran_meanwhile
    assert crowded.jobs("bob") == [job]


WAITS_FOR_EVER = """
import fcntl, os, signal, sys, threading
from clawrk import Engine

# A shell lets what it starts in the background ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
folder = sys.argv[1]
lock = os.path.join(folder, "clawrk.lock")
# Who finds the lock taken reads who has it, and from this pipe there is never an answer.
os.mkfifo(lock)
fcntl.flock(os.open(lock, os.O_RDWR), fcntl.LOCK_EX)

def interrupt():
    go.wait()
    os.kill(os.getpid(), signal.SIGINT)

# The main thread keeps the interpreter from `go.set()` until it waits inside the call.
sys.setswitchinterval(1_000)
go = threading.Event()
threading.Thread(target=interrupt, daemon=True).start()
go.set()
try:
    Engine.open(f"sled:{folder}")
except KeyboardInterrupt:
    print("interrupted")
sys.stdout.flush()
os._exit(0)
"""


def test_ctrl_c_ends_the_waiting(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WAITS_FOR_EVER, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_one_of_many_acceptors_wins(engine: Engine) -> None:
    job = engine.create_job("ann", "Compare two databases")

    def accept(number: int) -> bool:
        try:
            engine.accept_job(f"bob{number}", job.id)
        except errors.WrongStatus:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(accept, range(64))) == 1


def test_one_key_has_one_effect(engine: Engine) -> None:
    def create(_: int) -> str:
        return engine.create_job("ann", "Compare two databases", idempotency_key="k-1").id

    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(create, range(50)))
    assert [job.id for job in engine.jobs("ann")] == list(ids)


def test_a_forked_child_is_told_so(engine: Engine) -> None:
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python warns of the very thing that is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            engine.jobs("ann")
            os.write(writer, b"answered")
        except ClawrkError as error:
            os.write(writer, error.text.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    assert "fork" in told and "spawn" in told
