"""Lays the playbook and what belongs to it into the folder of its use.

The arguments are the folder and the tags; standard input has, one JSON value a
line, the playbook's further files, its variables, and the groups.
"""

import json
import os
import sys

folder, tags, skip = sys.argv[1:]
files, variables, groups = (json.loads(line) for line in sys.stdin)

for name, text in files.items():
    path = os.path.normpath(name)
    if os.path.isabs(path) or path.split(os.sep)[0] in ("..", ".", "site.yml", "ansible.cfg", "hosts", "queue", "result"):
        sys.exit(f'"{name}" is no path beside the playbook')
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)

options = []
for flag, words in (("--tags", tags), ("--skip-tags", skip)):
    if words.split():
        options += [flag, ",".join(words.split())]
for name, value in (("vars", variables), ("groups", groups), ("options", options)):
    with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as f:
        json.dump(value, f)
