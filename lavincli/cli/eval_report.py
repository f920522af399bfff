"""``lavin eval report``: the results as one HTML file, or as a Markdown table."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

logger = logging.getLogger(__name__)


def report(
    results: Annotated[Path, typer.Argument(help="Folder of results, or of a study (--sweep).")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file to write; a .md is a table of the headlines.",
            show_default="report.html in RESULTS",
        ),
    ] = None,
    megabytes: Annotated[
        float, typer.Option("--max-mb", min=1, help="Its size at most: pictures are made smaller, then fewer.")
    ] = 15,
) -> None:
    """Show results as one HTML file with scores, plots and a gallery; it opens without a network.

    Prints the path of the file. With -o FILE.md it is a Markdown table of the headlines, for a README or a model card.
    """
    if output is not None and output.suffix.lower() == ".md":
        from lavincli.report.markdown import write_markdown

        write_markdown(results, output)
        typer.echo(str(output))
        return
    from lavincli.report.write import write_report

    written = write_report(results, output or results / "report.html", limit=int(megabytes * 1_000_000))
    logger.info("%d of %d items with pictures, %.1f MB", written.shown, written.written, written.size / 1_000_000)
    typer.echo(str(written.path))
