#!/usr/bin/python3
"""What nodes may ask of the frontend's Ansible (forced command of an SSH key).

Written by ecluster. The command is LABEL VERB NODE [WORD...]:
  register GROUP TYPE KEY   the node is there, with this host key
  run                       run the playbook on it
  leave                     it goes
Nodes that wait for a run share the next one.
"""

import fcntl
import glob
import json
import os
import re
import subprocess
import sys

ROOT = "/var/lib/ecluster/ansible"


def main():
    words = os.environ.get("SSH_ORIGINAL_COMMAND", "").split()
    if len(words) < 3 or not all(re.fullmatch(r"[A-Za-z0-9_-]+", w) for w in words[:3]):
        sys.exit("usage: LABEL register|run|leave NODE")
    label, verb, node = words[:3]
    os.umask(0o077)
    os.chdir(os.path.join(ROOT, label))
    for folder in ("hosts", "queue", "result"):
        os.makedirs(folder, exist_ok=True)
    if verb == "register" and len(words) == 6:
        register(node, *words[3:])
    elif verb == "leave":
        remove("hosts/" + node)
    elif verb == "run":
        run(node)
    else:
        sys.exit("unknown request: " + verb)


def register(node, group, kind, key):
    if not re.fullmatch(r"[a-z0-9-]+", group) or not re.fullmatch(r"ssh-[a-z0-9-]+", kind) or not re.fullmatch(r"[A-Za-z0-9+/=]+", key):
        sys.exit("that is no group and no host key")
    put("hosts/" + node, f"{group} {kind} {key}\n")


def run(node):
    put("queue/" + node, "")
    with open("lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists("queue/" + node):  # nobody has done it for us
            play(sorted(os.listdir("queue")))
    with open("result/" + node, encoding="utf-8") as result:
        text = result.read()
    print(text[1:], end="")
    sys.exit(0 if text[0] == "+" else 1)


def play(nodes):
    """Runs the playbook on the nodes. A play that fails on all of its nodes ends
    the playbook, for the nodes of later plays too, without a word about them: so
    those that did not fail have another run, without the others."""
    inventory()
    with open("options.json", encoding="utf-8") as options:
        command = ["ansible-playbook", "--limit", "@limit", "--extra-vars", "@vars.json", *json.load(options), "site.yml"]
    environment = dict(os.environ, ANSIBLE_CONFIG=os.path.abspath("ansible.cfg"), HOME="/root", LC_ALL="C.UTF-8")
    while nodes:
        put("limit", "\n".join(nodes) + "\n")
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False, umask=0o022)
        recap = dict(re.findall(r"(?m)^(\S+)\s+: (ok=.*)$", done.stdout))
        failed = [n for n in nodes if n in recap and not ("unreachable=0" in recap[n] and "failed=0" in recap[n])]
        if done.returncode == 0 and not failed:
            settle(nodes, lambda n: f"+{n}: {recap.get(n, 'nothing to do')}\n")
            return
        # Nobody is to blame for a playbook that can't be read: nobody has it.
        settle(failed or nodes, lambda n: "-" + done.stdout)
        nodes = [n for n in nodes if n not in failed] if failed else []


def settle(nodes, result):
    """Tells those who wait for the nodes."""
    for node in nodes:
        put("result/" + node, result(node))
        remove("queue/" + node)


def inventory():
    """Writes the inventory and the host keys of all nodes that are there."""
    with open("groups.json", encoding="utf-8") as groups:
        further = json.load(groups)
    own = os.uname().nodename
    members, known = {}, []
    for path in sorted(glob.glob("hosts/*")):
        node = os.path.basename(path)
        with open(path, encoding="utf-8") as host:
            group, kind, key = host.read().split()
        known.append(f"{node} {kind} {key}")
        line = node + (" ansible_connection=local" if node == own else " ansible_user=root")
        members.setdefault(group.replace("-", "_"), []).append(line)
        for name in further.get(group, []):
            members.setdefault(name, []).append(node)
    put("known_hosts", "\n".join(known) + "\n")
    put("inventory", "".join(f"[{g}]\n" + "\n".join(lines) + "\n\n" for g, lines in members.items()))


def put(path, text):
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def remove(path):
    if os.path.exists(path):
        os.remove(path)


main()
