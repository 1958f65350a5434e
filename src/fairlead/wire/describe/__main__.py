"""`python -m fairlead.wire.describe`: write the reference pages, or with `--check` say which are out of date."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fairlead.wire.describe.coverage import everything, mistakes
from fairlead.wire.describe.pages import MARK, pages

_FOLDER = Path(__file__).parents[4] / "docs" / "reference"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and name the pages that are out of date.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=_FOLDER, help="The folder."
)
def main(*, check: bool, folder: Path) -> None:
    """Write the reference pages from the registry of operations."""
    operations = everything()
    wrong = mistakes(operations.all())
    for text in wrong:
        click.echo(text, err=True)
    stale = outdated(folder, pages(operations))
    if check:
        for name in stale:
            click.echo(f"{folder.name}/{name} is out of date: run `make docs`", err=True)
    else:
        write(folder, pages(operations))
    sys.exit(1 if wrong or (check and stale) else 0)


def outdated(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Names of pages that are missing or differ, and of generated ones that nobody wants any more."""
    there = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.md"))}
    differing = [name for name, text in wanted.items() if there.get(name) != text]
    return sorted(
        differing + [name for name, text in there.items() if name not in wanted and text.startswith(MARK)]
    )


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Make the folder hold these pages; a page that somebody wrote by hand stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in outdated(folder, wanted):
        if name in wanted:
            (folder / name).write_text(wanted[name], "utf-8")
        else:
            (folder / name).unlink()


if __name__ == "__main__":
    main()
