"""`python -m fairlead.db.revise TITLE`: write the migration that leads from the newest one to the tables.

For who works on Fairlead. What Alembic proposes is to be read, and `HEAD` in `migrate.py` to be raised by hand:
that is the moment to think about databases that are full.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from alembic import command

from fairlead.db.embedded import Embedded
from fairlead.db.migrate import HEAD, config_for, upgrade


def main() -> None:
    """Compare a new database at the newest migration with the tables, and write the difference down."""
    title = " ".join(sys.argv[1:]).strip()
    if not title:
        sys.exit("usage: python -m fairlead.db.revise TITLE")
    place = Path(tempfile.mkdtemp(prefix="fairlead-revise-"))
    place.chmod(0o711)
    try:
        with Embedded.start(place / "data") as database:
            upgrade(database.url)
            config = config_for(database.url)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            config.set_main_option("truncate_slug_length", "60")
            command.revision(config, title, autogenerate=True, rev_id=f"{int(HEAD) + 1:04}")
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
