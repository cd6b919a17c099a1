"""Commands and options of the command line."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from aec import __version__
from aec.emotions import LABEL_SETS


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # One plain line, as for every other error.
        self.exit(2, f"aec: {message}. See {self.prog} --help.\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    installed = Path(sys.argv[0]).stem == "aec"
    parser = _Parser(
        prog="aec" if installed else "python -m aec",
        description="Recognise emotion in speech, and measure what parallel computing gains.",
    )
    parser.add_argument("--version", action="version", version=f"aec {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_app(commands)
    _add_scan(commands)
    _add_extract(commands)
    _add_benchmark(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_predict(commands)
    commands.add_parser("worker", help="carry out the queued runs, then exit")
    return parser


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line; `aec app` passes unknown options on to `streamlit run`."""
    parser = make_parser()
    arguments, unknown = parser.parse_known_args(argv)
    if unknown and arguments.command != "app":
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    arguments.options = unknown
    return arguments


_Commands = argparse._SubParsersAction  # the type has no public name


def _add_app(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser(
        "app",
        help="open the dashboard in a browser",
        epilog="Further options are passed to `streamlit run`, for example --server.headless=true.",
    )
    command.add_argument("--port", type=int, metavar="P", help="default: 8501, or the next free one")
    command.add_argument("--address", metavar="A", default="localhost", help="default: localhost, this machine alone")


def _add_scan(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser("scan", help="find clips in folders, decode each once, report problems")
    _add_data(command)
    _add_labels(command)
    _add_json(command)


def _add_extract(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser("extract", help="write the features of all clips into a .npz file")
    _add_data(command)
    command.add_argument("--out", required=True, metavar="F.npz", help="file to write")
    _add_features(command)
    command.add_argument("--engine", choices=("fused", "librosa"), default="fused", help="default: fused")
    command.add_argument("--jobs", type=int, default=-1, metavar="N", help="workers; default: all usable cores")
    command.add_argument(
        "--backend",
        choices=("threading", "loky", "dask", "ray"),
        help="default: threading for fused, loky (processes) for librosa",
    )
    command.add_argument("--no-cache", action="store_true", help="neither use nor fill the feature store")
    _add_json(command)


def _add_benchmark(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser("benchmark", help="measure the described versions and the engine on the same clips")
    _add_data(command, needed=False)
    command.add_argument("--jobs", metavar="1,2,4", help="worker counts; default: 1 and all usable cores")
    command.add_argument(
        "--backend",
        default="threading",
        metavar="threading,loky",
        help="the engine's kinds of workers; default: threading",
    )
    command.add_argument("--repeats", type=int, default=3, metavar="N", help="default: 3")
    command.add_argument("--clips", type=int, metavar="N", help="so many clips drawn at random; default: all")
    command.add_argument("--no-training", action="store_true", help="measure the extraction alone")
    command.add_argument(
        "--networks",
        action="store_true",
        help="train a network by data and by model parallelism, too: takes a minute or two, and needs PyTorch",
    )
    command.add_argument("--anyway", action="store_true", help="measure even while other work is running")
    command.add_argument("--out", metavar="F.json", help="file for the whole result, with memory over time")
    command.add_argument("--seed", type=int, default=0, help="of the drawn clips and the network; default: 0")
    command.add_argument("--resume", metavar="RUN", help="carry out a queued run")
    _add_labels(command)
    _add_json(command)


def _add_train(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser("train", help="train a model and test it on unseen clips")
    _add_data(command, needed=False)
    command.add_argument("--model", choices=("mlp", "cnn", "rnn", "crnn"), default="mlp", help="default: mlp")
    command.add_argument(
        "--features", choices=("mfcc", "logmel"), help="default: mfcc for the mlp, log-mel spectrograms for networks"
    )
    command.add_argument(
        "--split",
        default="speaker",
        metavar="speaker|random|corpus:NAME",
        help="test on unseen speakers (default), random clips, or one whole corpus",
    )
    command.add_argument("--folds", type=int, metavar="K", help="default: 5; 1 is a single 80/20 split")
    _add_labels(command)
    command.add_argument("--epochs", type=int, metavar="N", help="at most this many; default: the recipe's")
    command.add_argument("--seed", type=int, default=0, help="default: 0")
    command.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="for networks")
    command.add_argument("--workers", type=int, default=1, metavar="N", help="processes, for networks")
    command.add_argument("--parallel", choices=("data", "model"), default="data", help="for networks")
    command.add_argument("--resume", metavar="RUN", help="continue a stopped run")
    command.add_argument("--run", metavar="DIR", help="folder of the run; default: a new one in AEC_HOME")
    _add_json(command)


def _add_evaluate(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser("evaluate", help="test a saved model on other clips")
    command.add_argument("model", metavar="MODEL", help="a run folder or an .onnx file")
    _add_data(command)
    _add_json(command)


def _add_predict(commands: "_Commands[_Parser]") -> None:
    command = commands.add_parser("predict", help="predict the emotion of clips")
    command.add_argument("clips", nargs="+", metavar="CLIP", help="a file, a folder or a ZIP")
    command.add_argument("--model", metavar="MODEL", help="a run folder or an .onnx file; default: the bundled one")
    command.add_argument(
        "--window",
        type=float,
        metavar="S",
        help="length of the timeline's windows in seconds, for clips over 4 s: 1 to 10, at most the model's input; "
        "default: 3",
    )
    command.add_argument(
        "--hop",
        type=float,
        metavar="S",
        help="from a window to the next in seconds: 0.25 to the window's length; default: half of it",
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON value on standard output")
    form.add_argument("--csv", action="store_true", help="a table on standard output")


def _add_data(command: argparse.ArgumentParser, *, needed: bool = True) -> None:
    command.add_argument(
        "data", nargs="+" if needed else "*", metavar="DATA", help="a folder of clips or a CSV manifest"
    )


def _add_features(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--features", choices=("mfcc", "logmel"), default="mfcc", help="13 MFCCs at 44.1 kHz (default) or log-mel"
    )


def _add_labels(command: argparse.ArgumentParser) -> None:
    command.add_argument("--labels", choices=tuple(LABEL_SETS), default="seven", help="label set; default: seven")


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="one JSON value on standard output")
