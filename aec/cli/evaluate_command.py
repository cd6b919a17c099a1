"""`aec evaluate`: a saved model on other clips."""

from argparse import Namespace

from aec.cli.data import exit_code, scan_arguments
from aec.cli.models import open_model
from aec.cli.output import print_json
from aec.cli.train_command import print_report


def run(arguments: Namespace) -> int:
    """Evaluate and print the report."""
    from aec.training.assessment import assess

    model = open_model(arguments.model)
    found = scan_arguments(arguments, "all")
    report = assess(model, found, title=arguments.model)
    if arguments.json:
        print_json(report)
    else:
        print_report(report)
    return exit_code(found)
