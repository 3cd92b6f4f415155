"""Which copy of a call counts. Merging is the same in any order, and any number of times."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.transcripts.rows import OUTPUT, Copy, Place


@dataclass(slots=True)
class Merged:
    """Copies by answer, one per call; `places` names every place of those in several."""

    groups: dict[str, list[Copy]] = field(default_factory=dict)
    places: dict[str, set[Place]] = field(default_factory=dict)

    def add(self, copy: Copy) -> None:
        known = self.groups.get(copy.group)
        if known is None:
            self.groups[copy.group] = [copy]
            return
        for at, other in enumerate(known):
            if other.request_id == copy.request_id:
                known[at] = self._merge(other, copy)
                return
        known.append(copy)

    def _merge(self, known: Copy, new: Copy) -> Copy:
        """The better of two copies of one call.

        Beside the conversation an answer is only shown again, so a copy from the conversation
        itself speaks alone.
        """
        if known.setting.is_sidechain != new.setting.is_sidechain:
            if new.setting.is_sidechain:
                return known
            self.places.pop(known.call_id, None)
            return new
        if known.place != new.place:
            self.places.setdefault(known.call_id, set()).update((known.place, new.place))
        best = new if _is_better(new, known) else known
        partial = known.partial and new.partial
        if best is known and known.partial == partial:
            return known
        return best._replace(partial=partial, place=known.place)

    def absorb(self, other: "Merged") -> None:
        """Merge what `other` merged into this."""
        for group in other.groups.values():
            for copy in group:
                self.add(copy)
                for place in other.places.get(copy.call_id, ()):
                    self.add(copy._replace(place=place))

    def calls(self) -> Iterable[Copy]:
        for group in self.groups.values():
            yield from speaking(group) if len(group) > 1 else group


def speaking(group: list[Copy]) -> list[Copy]:
    """The calls among the copies of one answer.

    A replay beside the conversation has another request and is no call; nor is a copy that
    does not name its request where others do.
    """
    group = [copy for copy in group if not copy.setting.is_sidechain] or group
    return [copy for copy in group if copy.request_id] or group


def _is_better(new: Copy, known: Copy) -> bool:
    """Larger output first, then larger total, then earliest; the rest only makes it one order."""
    by_size, by_size_known = _size(new), _size(known)
    if by_size != by_size_known:
        return by_size < by_size_known
    return _told(new) < _told(known)


def _size(copy: Copy) -> tuple[int, int, str]:
    return (-copy.counts[OUTPUT], -sum(copy.counts[:OUTPUT]), copy.asked_at)


def _told(copy: Copy) -> str:
    return repr((copy.setting, copy.terms, copy.iterations, copy.counts))
