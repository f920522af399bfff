r"""The command ``lavin``: global options, sub-commands imported on use, errors as one line, exit codes.

How a sub-command is written
----------------------------

``lavincli/cli/<name>.py`` has a module-level ``app: typer.Typer`` and its line in `lavincli.cli.commands.COMMANDS`::

    app = typer.Typer(add_completion=False)      # completion belongs to `lavin` alone

    @app.command()
    def predict(inputs: ..., task: ...) -> None:
        "What it does, in one line."
        from lavincli.pipeline.load import load  # anything heavy (torch, numpy, pydantic) inside the function

- A verb (predict, eval, train, doctor) has one ``@app.command()``; a group (tasks, models, plugins) has several.
- The module's own imports stay light, because help and completion import it.
- Results go to stdout with ``typer.echo``; everything else is logged (``logging.getLogger(__name__)``).
- Progress bars are drawn on :func:`lavincli.cli.logs.stderr_console` if :func:`lavincli.cli.logs.wants_progress`.
- An error a user can mend is raised as :class:`lavincli.errors.LavinError`. No sub-command catches it to print it.
- Exit codes: return for 0; raise ``typer.Exit(3)`` for partly done; LavinError is 1 and a usage error 2.
- ``--debug``, ``-v``, ``-q``, ``--offline`` and ``--config`` are added to every sub-command, and mean the same before
  and after its name. So are settings: every option can be set in the environment and in files (`lavincli.settings`).
- Square brackets in help texts are rich's mark-up: escape them (``\[T, H, W, 3]``).
"""

import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main

from lavincli import __version__
from lavincli.cli import commands
from lavincli.cli.commands import COMMANDS as COMMANDS
from lavincli.cli.commands import LazyGroup, plugin_names
from lavincli.cli.logs import configure_logging
from lavincli.errors import LavinError
from lavincli.freed_memory import keep_freed_memory
from lavincli.hub.offline import OFFLINE_VARIABLE
from lavincli.settings.names import CommandPath
from lavincli.settings.resolve import Settings

PARTLY_DONE = 3
INTERRUPTED = 130
# What shells show for a process that SIGPIPE ended, whether or not the system has that signal.
NOBODY_READS = 141


@dataclass(slots=True)
class GlobalOptions:
    """What the options that every sub-command takes were set to, and where other options' values come from."""

    debug: bool = False
    verbosity: int = 0
    settings: Settings = field(default_factory=lambda: Settings(COMMANDS, plugin_names))


_EPILOG = """Options can also be set in the environment and in a file: 'lavin config show' tells their values.

Plugins may add commands: 'lavin plugins list' names them."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lavin {__version__}")
        raise typer.Exit


def _global_options(ctx: typer.Context) -> GlobalOptions:
    return ctx.find_root().ensure_object(GlobalOptions)


def _set_debug(ctx: typer.Context, value: bool) -> None:
    if value:
        _global_options(ctx).debug = True


def _set_verbose(ctx: typer.Context, value: int) -> None:
    if value:
        options = _global_options(ctx)
        options.verbosity += value
        configure_logging(options.verbosity)


def _set_quiet(ctx: typer.Context, value: bool) -> None:
    if value:
        _global_options(ctx).verbosity = -1
        configure_logging(-1)


def _set_config(ctx: typer.Context, value: Path | None) -> None:
    if value is not None and not ctx.resilient_parsing:
        _global_options(ctx).settings.use(value)


def _set_offline(value: bool) -> None:
    if value:
        # For whatever asks, processes that this one starts included; `main` takes it back.
        os.environ[OFFLINE_VARIABLE] = "1"


app = typer.Typer(cls=LazyGroup, name="lavin", no_args_is_help=True, context_settings={"max_content_width": 120})


@app.callback(epilog=_EPILOG)
def lavin(
    debug: Annotated[
        bool, typer.Option("--debug", callback=_set_debug, expose_value=False, help="Show an error's traceback.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            callback=_set_verbose,
            expose_value=False,
            show_default=False,
            help="Log more; -vv logs all.",
        ),
    ] = 0,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", callback=_set_quiet, expose_value=False, help="Log errors only, no progress."),
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            callback=_set_offline,
            expose_value=False,
            help="Use no network; models of the hub must be here already.",
        ),
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            callback=_set_config,
            # Before the options that it sets.
            is_eager=True,
            expose_value=False,
            show_default=False,
            help="YAML file of settings; see 'lavin config show'.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, expose_value=False, help="Show the version."),
    ] = False,
    # The deepspeed launcher puts it here, and in the environment.
    local_rank: Annotated[int, typer.Option("--local_rank", hidden=True)] = 0,
) -> None:
    """LaVin-DiT: one model for many image and video tasks, told what to do by example pairs."""


def every_command() -> Iterator[tuple[CommandPath, Any]]:
    """All of lavin's own commands as they would run, with the words that call them."""
    return commands.every_command(typer.main.get_command(app))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``lavin`` and return its exit code: 0 done, 1 failed, 2 usage, 3 partly done, 130 interrupted, 141 not read.

    "Not read": whoever read stdout has gone, as in ``lavin ... | head``.

    Args:
        arguments: the words after ``lavin``; by default those of the process.
    """
    if arguments is None:
        # The process is this command's alone.
        keep_freed_memory()
    options = GlobalOptions()
    configure_logging(options.verbosity)
    offline_before = os.environ.get(OFFLINE_VARIABLE)
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments), options)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit as end:
        # How typer ends where a pipe's reader has gone, and has made stdout safe to close.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        code = NOBODY_READS
    except LavinError as error:
        code = _report(error.message, options)
    except typer.TyperException as error:
        code = _report_usage(error)
    except typer.Abort:
        code = _report("aborted", options)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        code = _report(f"{error.strerror or error}{where}", options)
    except Exception as error:  # noqa: BLE001 - the outermost frame: whatever comes is reported in one line
        text = " ".join(str(error).split())
        hint = "" if options.debug else "; this is a bug in lavin or in a plugin, --debug shows where"
        code = _report(f"{type(error).__name__}: {text}{hint}", options)
    finally:
        if offline_before is None:
            os.environ.pop(OFFLINE_VARIABLE, None)
        else:
            os.environ[OFFLINE_VARIABLE] = offline_before
    if code == INTERRUPTED:
        typer.echo("lavin: interrupted", err=True)
    return code


def _run(arguments: list[str], options: GlobalOptions) -> int:
    result = typer.main.get_command(app).main(args=arguments, prog_name="lavin", standalone_mode=False, obj=options)
    return result if isinstance(result, int) else 0  # typer hands back the code of a typer.Exit


def _report(message: str, options: GlobalOptions) -> int:
    if options.debug:
        typer.echo(traceback.format_exc(), err=True, nl=False)
    typer.echo(f"lavin: error: {message}", err=True)
    logging.shutdown()
    return 1


def _report_usage(error: typer.TyperException) -> int:
    message = " ".join(error.format_message().split())
    if message:  # empty where typer has shown the help instead
        context = getattr(error, "ctx", None)
        hint = f" (see '{context.command_path} --help')" if context is not None else ""
        typer.echo(f"lavin: error: {message}{hint}", err=True)
    return error.exit_code
