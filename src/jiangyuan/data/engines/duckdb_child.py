"""The limited process that answers one query over relations handed to it, and then ends.

It runs as a script of its own, imports nothing of the platform, and has nothing to lose: no attached database, no
files, no network, no extensions, and bounds on memory, processor time and open files set before the first byte is
read. Standard input carries a length and a JSON header, one Arrow stream with the parameters, and one per relation,
already filtered and masked. Standard output carries `+` and the answer as an Arrow stream, or `-` and a single word.
"""

import json
import resource
import struct
import sys
from typing import Any, BinaryIO

ROOM_FOR_LIBRARIES = 2 * 2**30
"""Address space that the interpreter, DuckDB and Arrow map without using it, in bytes."""


def limit(*, memory: int, seconds: int, threads: int) -> None:
    """Bound this process for good: address space, processor seconds, files, core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (memory * 2 + ROOM_FOR_LIBRARIES, memory * 2 + ROOM_FOR_LIBRARIES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds * threads + 2, seconds * threads + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def connect(*, memory: int, threads: int) -> Any:
    """Open a database in memory that reaches nothing outside itself."""
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_unsigned_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": "",
            "memory_limit": f"{memory // 2**20}MB",
            "threads": str(threads),
        },
    )


def answer(source: BinaryIO, target: BinaryIO) -> None:
    """Read header, parameters and relations, run the query, and write the answer."""
    header = json.loads(source.read(struct.unpack(">Q", source.read(8))[0]))
    limit(memory=header["memory"], seconds=header["seconds"], threads=header["threads"])
    import pyarrow as pa

    connection = connect(memory=header["memory"], threads=header["threads"])
    connection.execute("SET TimeZone = 'UTC'")
    parameters = pa.ipc.open_stream(source).read_all().to_pylist()
    for name in header["relations"]:
        connection.register("feed", pa.ipc.open_stream(source))
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM feed")
        connection.unregister("feed")
    connection.execute("SET lock_configuration = true")
    values = list(parameters[0].values()) if parameters else []
    reader = connection.execute(header["sql"], values).to_arrow_reader(10_000)
    first = next(iter(reader), None)
    target.write(b"+")
    with pa.ipc.new_stream(target, reader.schema) as stream:
        if first is not None:
            stream.write_batch(first)
        for batch in reader:
            stream.write_batch(batch)


def main() -> int:
    """Answer, or say in one word why not; the engine's own text stays here."""
    target = sys.stdout.buffer
    try:
        answer(sys.stdin.buffer, target)
    except MemoryError:
        target.write(b"-memory")
    except Exception as error:
        target.write(b"-memory" if type(error).__name__ in ("OutOfMemoryException", "ArrowMemoryError") else b"-data")
    target.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
