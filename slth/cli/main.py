"""The program `slth`: its commands, and the exit code of whatever happens.

0 done or PROVED; 1 the answer is no; 2 bad input; 3 environment (disk, memory, a missing package); 130 and 143 when
interrupted or terminated.
"""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import traceback
from types import FrameType

import typer

from slth.cli import approximate, bound, export, look, plugins, search, show, sweep, verify
from slth.core.errors import SlthError

GRACE = 1.0  # seconds to clean up in after a signal
ENDING = {int(signal.SIGINT): 130, int(signal.SIGTERM): 143}
_stopped: list[int] = []  # codes of the signals that came, whatever becomes of the exceptions that they raise

app = typer.Typer(
    name="slth",
    help="Strong lottery tickets, constructed and proved.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (approximate.approximate, verify.verify, look.convert, show.show, look.inspect, export.export):
    app.command()(command)
app.command()(search.search)
app.command()(sweep.sweep)
app.command()(bound.bound)
app.command("solve")(look.solve_values)
app.command("list")(plugins.list_plugins)
app.command()(plugins.cite)


def _version(asked: bool) -> None:
    if asked:
        from slth.version import version

        typer.echo(f"slth {version()}")
        raise typer.Exit


@app.callback()
def _top(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Strong lottery tickets, constructed and proved."""


def main() -> None:
    """Runs the program and turns what it raises into one line and an exit code."""
    if hasattr(signal, "setitimer"):  # registered first, it runs last: Python then drops handlers and takes its time
        atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
    for number in ENDING:
        signal.signal(number, _ended)
    code = _run()
    sys.exit(_stopped[0] if _stopped else code)


def _run() -> int:
    try:
        app(standalone_mode=True)
    except SystemExit as stop:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # so Typer says, with code 1, that nobody reads on
            return 3
        return stop.code if isinstance(stop.code, int) else 1
    except SlthError as error:
        return _say(str(error), error.exit_code)
    except ImportError as error:
        return _say(f"a package is missing or cannot be loaded: {error}", 3)
    except MemoryError:
        return _say("not enough memory; fewer samples or a smaller target need less", 3)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except OSError as error:
        return _say(f"{error.filename}: {error.strerror}" if error.filename else str(error), _code_of(error))
    except Exception:  # a mistake of ours: show it whole, and never as an answer
        if not _stopped:
            traceback.print_exc()
        return 3
    return 0


def _code_of(error: OSError) -> int:
    """2 where a path is at fault, 3 where the machine is."""
    wrong = (errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)
    return 2 if error.errno in wrong else 3


def _say(message: str, code: int) -> int:
    from slth.interop.files import shown

    typer.echo(f"slth: {shown(' '.join(message.split()), 1000)}", err=True)
    return code


def _ended(number: int, frame: FrameType | None) -> None:
    _stopped.append(ENDING[number])
    # an exception inside the import of a module in C can be lost: then end all the same
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(ENDING[number]))
        signal.setitimer(signal.ITIMER_REAL, GRACE)
    raise SystemExit(ENDING[number])
