"""What a command's process does so that memory which was freed is given back."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

ALLOCATOR = """
import sys
from pipeline.start import main
sys.argv = ["newsbeam", "--version"]
try:
    main()
except SystemExit:
    import pyarrow
    print(pyarrow.default_memory_pool().backend_name)
"""
# glibc lists its heaps; all threads are at work at the same time.
HEAPS = """
import ctypes, sys, threading
from transforms.work.memory import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
barrier = threading.Barrier(12)
def work():
    barrier.wait()
    kept = [bytes(2_000) for _ in range(200)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
"""


def said_by(code: str, *arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def test_arrow_takes_memory_from_the_system_unless_the_user_says_otherwise() -> None:
    assert said_by(ALLOCATOR).splitlines()[-1] == "system"
    chosen = said_by(ALLOCATOR, ARROW_DEFAULT_MEMORY_POOL="mimalloc")
    assert chosen.splitlines()[-1] == "mimalloc"


# musl and macOS have no such heaps, nor a way to count them: there is nothing to share.
@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc has heaps for threads"
)
def test_threads_share_two_heaps() -> None:
    assert said_by(HEAPS, "shared").count("<heap nr=") == 2
    assert said_by(HEAPS, "as they are").count("<heap nr=") > 2
