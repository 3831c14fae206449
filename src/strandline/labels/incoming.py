"""What a file brings to a store, whatever its format, before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from strandline.labels.votes import Galaxy, Vote

__all__ = ["Incoming", "made_key", "on_table"]


@dataclass(frozen=True)
class Incoming:
    """Votes of a file.

    Attributes
    ----------
    votes : tuple of Vote
    withdrawals : tuple of (UUID, str, datetime)
        Votes that were taken back: key, person and when.
    left_out : mapping of str to int
        What the file says that is no vote, with how often.
    """

    votes: tuple[Vote, ...]
    withdrawals: tuple[tuple[UUID, str, datetime], ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


def made_key(*parts: str) -> UUID:
    """Return the key of a vote that came without one: the same for the same parts, always."""
    return uuid5(NAMESPACE_OID, "\0".join(("strandline", *parts)))


def on_table(incoming: Incoming, table: Sequence[Galaxy]) -> tuple[Incoming, tuple[str, ...]]:
    """Say of votes without a stamp table that they are about galaxies of this one.

    Parameters
    ----------
    incoming : Incoming
    table : sequence of Galaxy
        All of the table's; see `strandline.labels.galaxies`.

    Returns
    -------
    Incoming, tuple of str
        With positions; and ids that the table has not, whose votes are left out. Votes that are put
        on the table get keys that say so: the file may have been imported without it before.
    """
    known = {galaxy.id: galaxy for galaxy in table}
    keys: dict[UUID, UUID] = {}
    placed, unknown = [], {}
    for vote in incoming.votes:
        galaxy = known.get(vote.galaxy.id)
        if vote.galaxy.fingerprint:
            keys[vote.key] = vote.key
            placed.append(vote)
        elif galaxy is not None:
            keys[vote.key] = made_key("on table", galaxy.fingerprint, str(vote.key))
            placed.append(replace(vote, galaxy=galaxy, key=keys[vote.key]))
        else:
            unknown[vote.galaxy.id] = vote.key
    taken = tuple(
        (keys[key], person, moment) for key, person, moment in incoming.withdrawals if key in keys
    )
    return Incoming(tuple(placed), taken, incoming.left_out), tuple(unknown)
