"""The top of the report: what was measured and how, and one line for every score."""

from __future__ import annotations

from collections.abc import Sequence

from lavincli.evaluation.results import MetricResult, Results, Score, TaskResult
from lavincli.evaluation.table import number
from lavincli.report.html import Markup, element, join
from lavincli.report.names import title_of
from lavincli.report.sections import Section
from lavincli.report.strip import legend, score_strip

# A task's first scores are in sight, the others below a line to open.
_SHOWN_SCORES = 4
_VERDICTS = {"yes": ("good", "✓ yes"), "unclear": ("unclear", "≈ in some draws"), "no": ("bad", "✗ no")}


def arrow(metric: MetricResult) -> Markup:
    """Which way is better, for eyes and for screen readers."""
    sign, words = ("↑", "higher is better") if metric.higher_is_better else ("↓", "lower is better")
    return element("span", sign, role="img", aria_label=words, title=words)


def verdict_line(results: Results) -> str:
    """How many headlines beat the better trivial answer."""
    verdicts = [result.metrics[result.headline].beats_baseline for result in results.tasks]
    beaten = f"{verdicts.count('yes')} of {len(verdicts)} task{'' if len(verdicts) == 1 else 's'}"
    if not verdicts:
        return "No task could be evaluated."
    in_draws = "" if results.kind == "predictions" else " in every draw of the context"
    parts = [f"Beats the better trivial answer{in_draws} on {beaten}"]
    if unclear := verdicts.count("unclear"):
        parts.append(f"in some draws on {unclear}")
    if behind := verdicts.count("no"):
        parts.append(f"not on {behind}")
    return ", ".join(parts) + "."


def head(results: Results) -> Markup:
    """The heading, the verdict in a sentence, and the circumstances."""
    what = "Predictions" if results.kind == "predictions" else "Model"
    resolution = (
        None if results.model.resolution is None else f"{results.model.resolution} × {results.model.resolution} px"
    )
    sampling = ", ".join(f"{key} {value}" for key, value in results.sampling.items() if value is not None)
    facts = [
        (what, f"{results.model.name} ({results.model.fingerprint[:12]})"),
        ("Works at", resolution),
        ("Sampling", sampling or None),
        ("Computed in", f"{results.dtype} on {results.device}" if results.dtype and results.device else None),
        ("Seed", str(results.seed)),
        ("Date", results.created.replace("T", " ").replace("+00:00", " UTC")),
        ("Versions", ", ".join(f"{name} {version}" for name, version in results.libraries.items())),
    ]
    return element(
        "header",
        element("p", "lavin eval", class_="kicker"),
        element("h1", results.model.name),
        element("p", verdict_line(results), class_="lead"),
        element(
            "dl",
            *(element("div", element("dt", name), element("dd", value)) for name, value in facts if value),
            class_="facts",
        ),
        element("pre", element("code", results.command), class_="command", tabindex=0, aria_label="The command")
        if results.command
        else None,
        class_="top",
    )


def summary(sections: Sequence[Section], results: Results, *, of: str | None = None) -> Markup:
    """The headline of every task, with the marks' legend; and what could not be evaluated.

    `of` says which value of a study these results belong to.
    """
    paper = _has_paper([section.result for section in sections])
    rows = [_row(section.result, section.result.headline, link=section.name, paper=paper) for section in sections]
    failed = [
        element("li", element("strong", failure.task), f" {failure.dataset or ''}: {failure.error}")
        for failure in results.failed
    ]
    return element(
        "section",
        element("h2", f"Scores at {of}" if of else "Summary", id="summary-title"),
        score_table(rows, results.tasks, first="Task", labelled="summary-title") if rows else None,
        element("h3", f"Not evaluated ({len(failed)})") if failed else None,
        element("ul", *failed, class_="failures") if failed else None,
        aria_labelledby="summary-title",
    )


def section_table(section: Section) -> Markup:
    """Every score of one task, the headline first."""
    result = section.result
    keys = [result.headline, *(key for key in result.metrics if key != result.headline)]
    rows = [_row(result, key, link=None, paper=_has_paper([result])) for key in keys]
    shown, further = rows[:_SHOWN_SCORES], rows[_SHOWN_SCORES:]
    label = f"{section.name}-title"
    rest = [
        element("summary", f"{len(further)} further scores"),
        score_table(further, [result], first=None, labelled=label),
    ]
    return join(
        score_table(shown, [result], first=None, labelled=label),
        element("details", *rest) if further else None,
    )


def score_table(rows: Sequence[Markup], results: Sequence[TaskResult], *, first: str | None, labelled: str) -> Markup:
    """A table of `_row`s. `first` heads a column of tasks, if there is one; then the marks are explained."""
    headings = [
        *([first] if first else []),
        "Score",
        "Model ± std, interval",
        "Better →",
        "Compared with",
        "Beats trivial answers",
    ]
    headings += [*(["Paper"] if _has_paper(results) else []), "N"]
    headlines = [result.metrics[result.headline] for result in results]
    marks = [element("li", mark, words) for mark, words in legend(headlines)]
    return join(
        element(
            "table",
            element("thead", element("tr", *(element("th", heading, scope="col") for heading in headings))),
            element("tbody", *rows),
            class_="scores",
            aria_labelledby=labelled,
        ),
        element("ul", *marks, class_="legend", aria_label="Marks") if first else None,
        element("p", _draws(results), class_="faint") if first else None,
    )


def _draws(results: Sequence[TaskResult]) -> str:
    counts = sorted({len(result.contexts) for result in results if result.pairs})
    means = ""
    if counts:
        draws = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
        means = f"Scores are means over {draws} draw{'' if draws == '1' else 's'} of the context. "
    return (
        f"{means}The interval is a 95 % bootstrap over the items. "
        "A trivial answer doesn't look at the task: it copies the query, or repeats the mean of the examples' answers."
    )


def _has_paper(results: Sequence[TaskResult]) -> bool:
    return any(metric.paper for result in results for metric in result.metrics.values())


def _row(result: TaskResult, key: str, *, link: str | None, paper: bool) -> Markup:
    """One score; with the task's name in front if `link` names its section, and a cell of papers if there are any."""
    metric = result.metrics[key]
    kind, verdict = _VERDICTS[metric.beats_baseline]
    trivial = [_named(title_of(name), score.mean) for name, score in metric.baselines.items()]
    if metric.wrong_context is not None:
        trivial.append(_named("another task’s examples", metric.wrong_context.mean))
    figures = [_named(figure.system, figure.value) for figure in metric.paper]
    name = None
    if link is not None:
        name = element("th", element("a", result.title, href=f"#{link}"), element("small", result.dataset), scope="row")
    return element(
        "tr",
        name,
        _cell("Score", key, " ", arrow(metric), class_="metric"),
        _cell("Model", element("strong", number(metric.model.mean)), _std(metric.model), _interval(metric.model)),
        _cell("Better →", score_strip(metric), class_="strip"),
        _cell("Compared with", element("ul", *trivial)),
        _cell(
            "Beats trivial answers",
            element("span", verdict, class_=f"verdict {kind}"),
            element("small", _margin(metric)),
        ),
        _cell("Paper", element("ul", *figures), class_=None if figures else "empty") if paper else None,
        _cell("N", str(result.items)),
    )


def _cell(label: str, *children: str | None, class_: str | None = None) -> Markup:
    """A cell that carries its column's name, which narrow screens show beside it."""
    return element("td", element("div", *children), data_label=label, class_=class_)


def _named(name: str, value: float | None) -> Markup:
    return element("li", element("span", name), element("b", number(value)))


def _std(score: Score) -> str | None:
    return None if score.std is None else f" ± {number(score.std)}"


def _interval(score: Score) -> Markup | None:
    return None if score.interval is None else element("small", " … ".join(map(number, score.interval)))


def _margin(metric: MetricResult) -> str:
    return f"by {number(metric.margin.mean, signed=True)}{_std(metric.margin) or ''}"
