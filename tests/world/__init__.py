"""One small organisation that the tests know by name: `lead.1`, `user.1`, `type.206`…

`ground.py` says what it has from the start, `records.py` how its records are made, `states.py` reads the
`# given:` words of contract files, `client.py` speaks to the application in its name.
"""

from world.client import Client, Envelope
from world.ground import Worlds
from world.records import World
from world.states import UnknownState, prepare

__all__ = ["Client", "Envelope", "UnknownState", "World", "Worlds", "prepare"]
