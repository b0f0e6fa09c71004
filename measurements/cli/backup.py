"""The commands `measurements backup FILE` and `measurements restore FILE`.

Exit code 0: done. 2: nothing was written, with one sentence on stderr.
"""

from pathlib import Path

from calculator.cli.flags import Parser
from measurements.cli.store import STORE_HELP
from measurements.records.backup import back_up_to, check_backup, restore_from
from measurements.records.store import open_store
from measurements.records.store_connection import StoreError, store_file


def backup(arguments: list[str]) -> int:
    """Write every row of the store to a new file, while others may go on writing."""
    parser = Parser(
        prog="python -m measurements backup",
        description="Write the whole store, deletions included, to one new file; others may go on using it.",
    )
    parser.add_argument("file", type=Path, help="a new file; a name ending in .gz is compressed")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    options = parser.parse_args(arguments)
    if (file := store_file(options.store)) is not None and not file.exists():
        raise StoreError(f"There is no store {file.name} here yet, so there is nothing to back up.")
    store = open_store(options.store)
    found = back_up_to(options.file, store)
    store.close()
    print(f"{options.file}: {found.row_count:,} rows, schema version {found.schema_version}, SHA-256 {found.sha256}.")
    return 0


def restore(arguments: list[str]) -> int:
    """Put a backup into an empty store of either kind."""
    parser = Parser(
        prog="python -m measurements restore",
        description="Put a backup into an empty store, SQLite or PostgreSQL; an existing one is never overwritten.",
    )
    parser.add_argument("file", type=Path, help="a file that `measurements backup` wrote")
    parser.add_argument("--store", default=None, help=STORE_HELP)
    parser.add_argument("--check", action="store_true", help="only check that the file is whole")
    options = parser.parse_args(arguments)
    if options.check:
        found = check_backup(options.file)
        print(f"{options.file} is whole: {found.row_count:,} rows, schema version {found.schema_version}.")
        return 0
    check_backup(options.file)  # before an empty store is made for a file that cannot be restored
    store = open_store(options.store)
    found = restore_from(options.file, store)
    store.close()
    print(f"Restored {found.row_count:,} rows from {options.file} and compared them all.")
    return 0
