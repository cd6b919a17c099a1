"""The command `aec evaluate`: evaluate a saved model on other clips."""

from argparse import Namespace

import msgspec

from aec.cli.data import exit_code, scan_arguments
from aec.cli.functions import load_model
from aec.cli.output import print_json
from aec.cli.train_command import print_report


def run(arguments: Namespace) -> int:
    """Evaluate and print the report."""
    from aec.training.assessment import assess

    model = load_model(arguments.model)
    found = scan_arguments(arguments, "all")
    report = assess(model, found, title=arguments.model)
    if arguments.json:
        print_json(msgspec.to_builtins(report))
    else:
        print_report(report, "a saved model on other data")
    return exit_code(found)
