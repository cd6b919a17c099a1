"""Figures and tables about a training: what they show and what they say."""

import pytest
from msgspec.structs import replace
from training_helpers import answers, make_report

from aec.charts.curves import curve_alt, curve_chart
from aec.charts.training import (
    class_alt,
    class_chart,
    confusion_alt,
    confusion_chart,
    difference_alt,
    difference_chart,
    score_alt,
    score_chart,
    speaker_score_alt,
    speaker_score_chart,
)
from aec.emotions import EMOTION_COLOURS
from aec.evaluation.comparison import Difference
from aec.training.progress import EpochProgress
from aec.ui.confusion_view import confusion_table
from aec.ui.training.curves_view import curve_table
from aec.ui.training.report_tables import class_table, guessing, hardest, score_table, speaker_scores

LABELS = ["angry", "sad", "neutral"]
MATRIX = [[8, 2, 0], [1, 9, 0], [0, 0, 0]]


def record(fold, epoch, loss, uar=None):
    stage = "final" if fold is None else "fold"
    return EpochProgress(stage=stage, fold=fold, epoch=epoch, loss=loss, validation_uar=uar)


@pytest.mark.parametrize(("as_share", "first"), [(False, "8"), (True, "80")])
def test_confusion_in_counts_or_percent_of_the_row(as_share, first):
    figure = confusion_chart(LABELS, MATRIX, as_share=as_share)
    heat, pale, deep = figure.data
    assert heat.z[0][0] == pytest.approx(0.8)
    assert list(deep.text) == [first, "90" if as_share else "9"]
    assert len(pale.text) == 7
    assert list(heat.x) == ["Angry", "Sad", "Neutral"]
    assert figure.layout.yaxis.title.text == "True"


def test_confusion_in_words():
    said = confusion_alt(LABELS, MATRIX)
    assert said == ("Best recognised: sad, 90% of its clips. The commonest mistake: angry taken for sad, 2 clips.")
    assert "No clip was mistaken." in confusion_alt(["sad"], [[3]])
    assert confusion_table(LABELS, MATRIX).iloc[0].tolist() == ["Angry", 8, 2, 0]


def test_classes_have_their_colours_and_marks():
    per_class = make_report(answers(0.8)).per_class
    figure = class_chart(per_class)
    assert list(figure.data[0].marker.color) == [EMOTION_COLOURS[label] for label in per_class]
    assert [trace.name for trace in figure.data] == ["F1", "Precision", "Recall"]
    assert figure.data[1].marker.symbol != figure.data[2].marker.symbol
    assert figure.layout.xaxis.range[0] == 0
    assert class_alt(per_class).startswith("F1 by emotion: ")
    assert class_table(per_class)["Clips"].sum() == 96


def test_speakers_are_ranked_with_the_pooled_score_beside_them():
    scores = speaker_scores(answers(0.7))
    figure = speaker_score_chart(scores, 0.7, 1 / 3)
    bars = list(figure.data[0].x)
    assert bars == sorted(bars, reverse=True)
    assert [shape.x0 for shape in figure.layout.shapes] == pytest.approx([0.7, 1 / 3])
    assert speaker_score_alt(scores).startswith("UAR of 8 speakers, from ")
    assert scores["clips"].tolist() == [12] * 8


def test_many_speakers_are_not_named_on_the_axis():
    figure = speaker_score_chart(speaker_scores(answers(0.7, speakers=60, clips=3)), 0.7, 0.3)
    assert figure.layout.yaxis.showticklabels is False


def test_unknown_speakers_give_no_bars():
    assert speaker_scores([replace(clip, speaker=None) for clip in answers(0.7)]).empty


def test_scores_with_intervals_against_guessing():
    report = make_report(answers(0.8))
    chance = guessing(report)
    assert chance == {"uar": pytest.approx(1 / 3), "accuracy": pytest.approx(1 / 3)}
    reports = {"Unseen speakers, 5 folds": report}
    figure = score_chart(reports, chance)
    low, high = report.intervals["uar"]
    assert figure.data[0].error_x.array[0] == pytest.approx(high - report.uar)
    assert figure.data[0].error_x.arrayminus[0] == pytest.approx(report.uar - low)
    assert "unseen speakers, 5 folds" in score_alt(reports)
    assert score_table(report)["Score"].tolist() == ["UAR", "Accuracy", "Weighted F1", "Macro F1"]


def test_scores_without_intervals_have_no_whiskers():
    figure = score_chart({"This model": make_report(answers(0.8, speakers=4))})
    assert list(figure.data[0].error_x.array) == [0, 0, 0, 0]


def test_curves_per_fold_and_of_the_final_model():
    records = [record(2, 1, 2.0, 0.3), record(1, 1, 1.0, 0.4), record(1, 2, 0.5, 0.5), record(None, 1, 0.9)]
    loss = curve_chart(records, "loss")
    assert [trace.name for trace in loss.data] == ["Fold 1", "Fold 2", "Final model"]
    assert list(loss.data[0].x) == [1, 2]
    uar = curve_chart(records, "validation_uar")
    assert [trace.name for trace in uar.data] == ["Fold 1", "Fold 2"]
    assert curve_alt(records, "validation_uar") == (
        "Validation UAR: Fold 1 0.50 after epoch 2, Fold 2 0.30 after epoch 1."
    )
    assert len(curve_table(records, "loss")) == 4
    assert curve_alt([], "loss") == "Training loss: nothing yet."


def test_folds_differ_by_shade_dash_and_label():
    records = [record(fold, epoch, 2 / epoch / fold, fold / 20) for fold in range(1, 11) for epoch in (1, 2, 3)]
    for field in ("loss", "validation_uar"):
        figure = curve_chart(records, field)
        looks = {(trace.line.color, trace.line.dash) for trace in figure.data}
        assert len(looks) == 10
        assert figure.layout.hovermode == "x unified"
        assert {note.text for note in figure.layout.annotations} <= {str(fold) for fold in range(1, 11)}
        assert len(figure.layout.annotations) >= 5
    final = curve_chart([*records, record(None, 3, 0.1)], "loss")
    assert final.data[-1].line.color not in {trace.line.color for trace in final.data[:-1]}
    assert "final" in {note.text for note in final.layout.annotations}


def test_labels_do_not_overlap():
    records = [record(fold, epoch, 1.0, 0.5) for fold in (1, 2, 3, 4, 5) for epoch in (1, 2)]
    shifts = [note.yshift for note in curve_chart(records, "validation_uar").layout.annotations]
    # The fourth would be too far from its line to belong to it.
    assert shifts == [0, 14, 28]


def test_a_loss_has_a_logarithmic_axis_unless_it_is_zero():
    falling = curve_chart([record(1, epoch, 10.0**-epoch) for epoch in (1, 2, 3)], "loss").layout.yaxis
    assert (falling.type, falling.title.text) == ("log", "Training loss (log scale)")
    assert falling.range[0] < -3 < -1 < falling.range[1]
    assert curve_chart([record(1, 1, 0.5), record(1, 2, 0.0)], "loss").layout.yaxis.type == "linear"
    assert curve_chart([record(1, 1, 0.0)], "loss").layout.yaxis.range == (0, 1)
    assert curve_chart([], "loss").layout.yaxis.range == (0, 1)


def test_a_fold_that_was_begun_again_starts_over():
    records = [record(1, 1, 1.0), record(1, 2, 0.5), record(1, 1, 0.9)]
    assert list(curve_chart(records, "loss").data[0].y) == [0.9]


def test_differences_around_zero():
    found = {
        "second": Difference(first=0.5, second=0.6, interval=(0.02, 0.18)),
        "third": Difference(first=0.5, second=0.45, interval=None),
    }
    figure = difference_chart(found)
    low, high = figure.layout.xaxis.range
    assert low == -high
    assert high > 0.18
    assert difference_alt(found, "first") == "UAR against first: second +0.10 (+0.02 to +0.18); third -0.05."


def test_the_surest_mistakes_come_first():
    clips = answers(0.5)
    worst = hardest(clips, 5)
    assert all(clip.predicted != clip.emotion for clip in worst)
    confidences = [clip.confidence for clip in worst]
    assert confidences == sorted(confidences, reverse=True)
