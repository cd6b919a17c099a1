"""A confusion matrix on a page, with its table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aec.charts.training import confusion_alt, confusion_chart
from aec.charts.words import titled
from aec.ui.figures import show_figure


def show_confusion(
    labels: Sequence[str], confusion: Sequence[Sequence[int]], key: str, *, as_share: bool = False
) -> None:
    """Show the chart of true against predicted emotions.

    Parameters
    ----------
    labels : sequence of str [shape=(n,)]
    confusion : sequence of sequence of int [shape=(n, n)]
        Row i, column j: clips of label i predicted as j.
    key : str
        Unique on the page.
    as_share : bool
        Write the share of each row instead of counts.
    """
    show_figure(
        confusion_chart(labels, confusion, as_share=as_share),
        confusion_alt(labels, confusion),
        key=key,
        table=confusion_table(labels, confusion),
    )


def confusion_table(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> pd.DataFrame:
    """Return the matrix with the true emotions as rows."""
    table = pd.DataFrame(np.asarray(confusion), columns=[titled(label) for label in labels])
    table.insert(0, "True", [titled(label) for label in labels])
    return table
