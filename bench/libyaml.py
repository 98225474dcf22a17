"""The baseline of reading: libyaml's events of every manifest, through PyYAML's CParser, nothing done with them.

python -m bench.libyaml DIRECTORY
"""

import gc
import os
import sys

from yaml._yaml import CParser


def parse(directory: str) -> int:
    """The number of events in all YAML files below `directory`."""
    events = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            if name.endswith(".yaml"):
                with open(os.path.join(folder, name), "rb") as source:
                    parser = CParser(source.read())
                while parser.check_event():
                    parser.get_event()
                    events += 1
    return events


if __name__ == "__main__":
    gc.disable()
    print(parse(sys.argv[1]))
