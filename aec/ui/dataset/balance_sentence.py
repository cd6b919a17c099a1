"""The balance of a data set's emotions in words."""

from collections.abc import Mapping, Sequence

from aec.charts.words import any_of, percent, titled

# Below this part of an even share, a class is too rare to be learned well.
_RARE = 0.6
# Up to this ratio of the largest class to the smallest, the difference does not matter.
_EVEN = 1.25


def balance_sentence(counts: Mapping[str, int], labels: Sequence[str]) -> str:
    """Return a sentence on what the counts mean for a model.

    Parameters
    ----------
    counts : mapping of str to int
        Clips by emotion; those without any may be absent.
    labels : sequence of str
        The emotions that are expected.
    """
    present = {label: counts[label] for label in labels if counts.get(label, 0) > 0}
    absent = [label for label in labels if label not in present]
    if not present:
        return "No clip shows any of these emotions."
    sentence = _evenness(present)
    return f"{sentence} No clip is {any_of(absent)}: a model cannot learn it." if absent else sentence


def _evenness(present: Mapping[str, int]) -> str:
    total = sum(present.values())
    ranked = sorted(present, key=present.__getitem__)
    least, most = present[ranked[0]], present[ranked[-1]]
    rare = [label for label in ranked if present[label] < _RARE * total / len(present)]
    if rare:
        return _rarity({label: percent(present[label] / total, 1) for label in rare})
    if len(present) == 1:
        return f"All clips are {ranked[0]}: there is nothing to tell apart."
    if least == most:
        return f"The emotions are evenly represented, with {most:,} clips each."
    if most <= _EVEN * least:
        return f"The emotions are about evenly represented, with {least:,} to {most:,} clips each."
    largest = max(present, key=present.__getitem__)
    return f"{titled(largest)} has {most / least:.1f} times as many clips as {ranked[0]}; look at UAR, not accuracy."


def _rarity(shares: Mapping[str, str]) -> str:
    """Return a sentence on the rare emotions, the rarest first."""
    (rarest, share), *others = shares.items()
    listed = ", ".join(f"{label} {share}" for label, share in others)
    also = f" ({listed} {'is' if len(others) == 1 else 'are'} rare, too)" if others else ""
    return f"{titled(rarest)} has {share} of the clips; expect weak recall{also}."
