"""Finding the benches, and running each in a process of its own."""

from __future__ import annotations

import importlib
import multiprocessing
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection

import benchmarks

from .results import Result

PREFIX = "bench_"


def names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX))


def run_bench(name: str, pipe: Connection) -> None:
    """In a process of its own: hand over each result as it comes."""
    bench: Callable[[], Iterator[Result]] = importlib.import_module(f"{benchmarks.__name__}.{PREFIX}{name}").bench
    for result in bench():
        pipe.send(result)
    pipe.send(None)


def results_of(name: str) -> Iterator[Result]:
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=run_bench, args=(name, sender))
    process.start()
    sender.close()
    try:
        while (result := receiver.recv()) is not None:
            yield result
    except EOFError:
        raise SystemExit(f"bench {name} failed") from None
    finally:
        process.join()


def apart[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the function in a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()
