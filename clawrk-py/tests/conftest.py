"""What the tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clawrk import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An exchange in memory."""
    with Engine.open("memory:") as engine:
        yield engine


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A store in a folder of its own."""
    return f"sled:{tmp_path / 'data'}"
