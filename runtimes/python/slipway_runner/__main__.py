"""`python -m slipway_runner replica --folder DIR` and `python -m slipway_runner parent --folder DIR --imports a,b,c`."""

import argparse
import os

from slipway_runner import parent, process, replica


def main() -> None:
    parser = argparse.ArgumentParser(prog="slipway_runner", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("replica", help="load one model and answer frames")
    one.add_argument("--folder", required=True, help="the replica's folder; holds spec.json")
    one.add_argument("--ready-fd", type=int, help="descriptor that gets one byte when the socket listens")
    one.add_argument("--secrets-fd", type=int, help="descriptor with the secrets, as a JSON object")
    many = commands.add_parser("parent", help="import packages once, then fork replicas")
    many.add_argument("--folder", required=True, help="the parent's folder; holds parent.json")
    many.add_argument("--imports", default="", help="modules to import, comma-separated")
    arguments = parser.parse_args()
    folder = os.path.abspath(arguments.folder)
    if arguments.command == "replica":
        replica.main(folder, arguments.ready_fd, process.read_json(arguments.secrets_fd))
    else:
        parent.main(folder, [name for name in arguments.imports.split(",") if name])


if __name__ == "__main__":
    main()
