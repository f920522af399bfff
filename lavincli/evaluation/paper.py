"""Figures of papers, put beside one's own where the protocol is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lavincli.cards.card import PaperScores
from lavincli.evaluation.results import MetricResult, PaperFigure
from lavincli.media.recolour import PLAIN

_SPLIT = "test"


def paper_difference(
    cited: Sequence[PaperScores], dataset: str, split: str, items: int, pictures: int, variation: str = PLAIN
) -> str | None:
    """In which way an evaluation isn't that of the papers a card cites; None where it is, or the card cites none.

    ``pictures`` is how many different queries the ``items`` have; ``variation`` how annotations were drawn.
    """
    if not cited:
        return None
    own = [paper for paper in cited if paper.data == dataset]
    if not own:
        return f"the paper's data set is {', '.join(dict.fromkeys(paper.data for paper in cited))}, not {dataset}"
    if variation != PLAIN:
        return f"the paper's annotations are drawn as usual, these {variation}"
    if split != _SPLIT:
        return f"the paper's split is {_SPLIT}, not {split}"
    if all(paper.items != items for paper in own):
        return f"the paper's score is of {own[0].items} items, this one of {items}"
    if all(paper.pictures > pictures for paper in own):
        return f"the paper's items are of {own[0].pictures} different pictures or more, these of {pictures}"
    return None


def with_paper(
    metrics: Mapping[str, MetricResult], cited: Sequence[PaperScores], dataset: str
) -> dict[str, MetricResult]:
    """The results with what papers report on this data set beside them."""
    found = dict(metrics)
    for paper in cited:
        if paper.data != dataset:
            continue
        for key, value in paper.scores.items():
            if key in found:
                figure = PaperFigure(system=paper.system, value=value, source=paper.source)
                found[key] = found[key].model_copy(update={"paper": [*found[key].paper, figure]})
    return found
