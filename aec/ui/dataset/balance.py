"""How evenly the emotions of a data set are represented, as sentences."""

from collections.abc import Mapping, Sequence

from aec.charts.words import percent, titled

# Below this part of an even share, a class is too rare to be learned well.
_RARE = 0.6
# Up to this ratio of the largest class to the smallest, nobody will notice.
_EVEN = 1.25


def balance_sentence(counts: Mapping[str, int], labels: Sequence[str]) -> str:
    """Return what the counts mean for a model.

    Parameters
    ----------
    counts : mapping of str to int
        Clips by emotion; those without any may be absent.
    labels : sequence of str
        The emotions that are expected.
    """
    present = {label: counts[label] for label in labels if counts.get(label, 0) > 0}
    absent = [label for label in labels if label not in present]
    sentences = [_evenness(present)] if present else ["No clip shows any of these emotions."]
    if absent and present:
        sentences.append(f"No clip is {_listed(absent, 'or')}: a model cannot learn what it never heard.")
    return " ".join(sentences)


def _evenness(present: Mapping[str, int]) -> str:
    total = sum(present.values())
    rare = {label: n for label, n in present.items() if n < _RARE * total / len(present)}
    if rare:
        return _rarity(rare, total)
    least, most = min(present, key=present.__getitem__), max(present, key=present.__getitem__)
    if len(present) == 1:
        return f"All clips are {most}: there is nothing to tell apart."
    if present[least] == present[most]:
        return f"The emotions are evenly represented, with {present[most]:,} clips each."
    if present[most] <= _EVEN * present[least]:
        return f"The emotions are about evenly represented, with {present[least]:,} to {present[most]:,} clips each."
    ratio = present[most] / present[least]
    return f"{titled(most)} has {ratio:.1f} times as many clips as {least}; look at UAR rather than accuracy."


def _rarity(rare: Mapping[str, int], total: int) -> str:
    ranked = sorted(rare, key=rare.__getitem__)
    shares = [f"{label} {percent(rare[label] / total, 1)}" for label in ranked[1:]]
    also = f" ({', '.join(shares)} {'is' if len(shares) == 1 else 'are'} rare, too)" if shares else ""
    share = percent(rare[ranked[0]] / total, 1)
    return f"{titled(ranked[0])} has {share} of the clips; expect weak recall{also}."


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
