"""An item of the gallery: query | context | prediction | truth in a row, its score, and all its scores."""

from __future__ import annotations

import json

from lavincli.evaluation.results import MetricResult, TaskResult
from lavincli.evaluation.table import number
from lavincli.report.examples import Album, context_of_row, image
from lavincli.report.html import Markup, element
from lavincli.report.names import title_of
from lavincli.report.pictures import Embedded
from lavincli.report.sections import Item, Section
from lavincli.report.summary import arrow

# Four pictures as wide as this side by side would be too low to be judged.
_WIDE = 1.7


def item_article(section: Section, item: Item, place: int, album: Album) -> Markup:
    """An item: `place` is its rank among those shown, from 1, the worst first."""
    result = section.result
    metric = result.metrics[result.headline]
    name = f"{section.name}-item-{place}"
    shown = item.pictures.prediction
    wide = shown.width >= _WIDE * shown.height
    return element(
        "article",
        element(
            "header",
            element("h3", item.key, id=name),
            element(
                "p",
                element("span", result.headline, " ", arrow(metric), class_="metric"),
                element("strong", number(item.score)),
                _gain(item, metric, result.headline),
                class_="score",
            ),
            element("button", "Slider", type="button", class_="compare", aria_pressed="false", aria_describedby=name),
            element(
                "button",
                "Larger",
                type="button",
                class_="enlarge",
                aria_pressed=str(wide).lower(),
                aria_describedby=name,
            ),
        ),
        _row(section, item, album),
        _details(result, item),
        class_="item larger" if wide else "item",
        aria_labelledby=name,
        data_key=item.key.lower(),
        data_score=item.score,
        data_gain=item.gain,
        data_rank=place,
        data_scores=json.dumps(item.draws[0].scores),
    )


def _gain(item: Item, metric: MetricResult, headline: str) -> Markup | None:
    """How much better than the better trivial answer to this item."""
    if item.gain is None:
        return None
    trivial = {name: scores.get(headline) for name, scores in item.draws[0].baselines.items()}
    known = {name: value for name, value in trivial.items() if value is not None}
    best = max(known, key=lambda name: known[name] if metric.higher_is_better else -known[name])
    apart, against = number(abs(item.gain)), title_of(best)
    if item.gain == 0:
        return element("span", f"as good as {against}", class_="gain unclear")
    if item.gain > 0:
        return element("span", f"{apart} better than {against}", class_="gain good")
    return element("span", f"{apart} worse than {against}", class_="gain bad")


def _row(section: Section, item: Item, album: Album) -> Markup:
    pictures = item.pictures
    frames = len(album[pictures.prediction.file].frames)
    return element(
        "div",
        _figure("query", item, album[pictures.query.file]),
        context_of_row(section, item, album),
        element(
            "div",
            _figure("prediction", item, album[pictures.prediction.file]),
            _figure("truth", item, album[pictures.truth.file]),
            element(
                "input",
                type="range",
                class_="cut",
                min=0,
                max=100,
                value=50,
                aria_label=f"{item.key}: how much of the prediction covers the truth, in percent",
            ),
            class_="answer",
        ),
        element(
            "label",
            "Frame",
            element("input", type="range", class_="frame", min=1, max=frames, value=frames // 2 + 1),
            element("output", f"{frames // 2 + 1} of {frames}"),
            class_="frames",
        )
        if frames > 1
        else None,
        class_="row",
    )


def _figure(role: str, item: Item, picture: Embedded) -> Markup:
    several = len(picture.frames) > 1
    images = [
        image(picture, f"{item.key}: {role}" + (f", frame {place + 1}" if several else ""), place)
        for place in range(len(picture.frames))
    ]
    return element("figure", element("div", *images, class_="picture"), element("figcaption", role), class_=role)


def _details(result: TaskResult, item: Item) -> Markup:
    """Every score of the item: of the draw that is shown, of the trivial answers, and of the other draws."""
    first, *others = item.draws
    columns = ["this answer", *map(title_of, first.baselines)]
    if first.wrong_context is not None:
        columns.append("another task’s examples")
    columns += [f"draw {other.draw + 1}" for other in others]
    rows = []
    for key, metric in result.metrics.items():
        values = [first.scores.get(key), *(scores.get(key) for scores in first.baselines.values())]
        if first.wrong_context is not None:
            values.append(first.wrong_context.get(key))
        values += [other.scores.get(key) for other in others]
        cells = [element("td", number(value)) for value in values]
        rows.append(element("tr", element("th", key, " ", arrow(metric), scope="row"), *cells))
    heads = [element("th", column, scope="col") for column in columns]
    table = element("table", element("thead", element("tr", element("td"), *heads)), element("tbody", *rows))
    return element(
        "details",
        element("summary", "All scores of this item"),
        element("div", table, class_="scroll", tabindex=0, role="group", aria_label=f"{item.key}: scores"),
        element("p", f"seed {first.seed}", class_="faint"),
    )
