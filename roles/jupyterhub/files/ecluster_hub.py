# Written by ecluster: how JupyterHub knows people, and how it starts their
# notebook servers as jobs of SLURM.
import asyncio
import hmac
import os
import pwd
import time

from jupyterhub.auth import Authenticator
from jupyterhub.spawner import Spawner
from traitlets import Integer, List, Unicode


async def run_as(user, *command, env=None, text=""):
    """Runs a command as a user of this system; returns its status and output."""
    process = await asyncio.create_subprocess_exec(
        "runuser", "-u", user, "--", *command,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env=env, cwd="/",
    )
    out, err = await process.communicate(text.encode())
    return process.returncode, out.decode().strip(), err.decode().strip()


async def may_log_in(user):
    """Is it the account of a person that has not expired?"""
    try:
        if pwd.getpwnam(user).pw_uid < 1000:
            return False
    except KeyError:
        return False
    status, entry, _ = await run_as("root", "getent", "shadow", user)
    fields = entry.split(":")
    if status != 0 or len(fields) < 8:
        return False
    return fields[7] == "" or int(fields[7]) > time.time() // 86400


class HomePassword(Authenticator):
    """The password is what jupyter-password wrote into the user's home. It is
    read as the user, so that nobody can point the hub at a file of others."""

    async def authenticate(self, handler, data):
        user, given = data["username"], data["password"]
        if not await may_log_in(user):
            return None
        path = pwd.getpwnam(user).pw_dir + "/.jupyter-password"
        status, password, _ = await run_as(user, "head", "-c", "200", path)
        if status != 0 or len(password) < 20:
            return None
        return user if hmac.compare_digest(password.encode(), given.encode()) else None

    def is_admin(self, handler, authentication):
        """Who has left the list of admins is none from the next login on."""
        return authentication["name"] in self.admin_users


# The job: finds the address by which its node reaches the hub and a free port
# there, tells the hub by way of the job's comment, and serves.
JOB = """#!/bin/bash
where=$(python3 -c '
import os, socket, urllib.parse
hub = urllib.parse.urlsplit(os.environ["JUPYTERHUB_API_URL"])
with socket.create_connection((hub.hostname, hub.port)) as s:
    address = s.getsockname()[0]
with socket.socket() as s:
    s.bind((address, 0))
    print("%s:%d" % (address, s.getsockname()[1]))
') || exit 1
export JUPYTERHUB_SERVICE_URL="http://$where$JUPYTERHUB_SERVICE_PREFIX"
scontrol update "jobid=$SLURM_JOB_ID" "comment=$where" || exit 1
exec jupyterhub-singleuser
"""

WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED")


class SlurmSpawner(Spawner):
    """Starts a notebook server as a job of the user's own."""

    partition = Unicode(config=True, help="Partition; empty is SLURM's default.")
    time_limit = Unicode(config=True, help="As SLURM writes it.")
    cpus = Integer(1, config=True, help="CPUs of a notebook server.")
    memory_mb = Integer(0, config=True, help="0 is what the partition gives.")
    options = List(Unicode(), config=True, help="Further options for sbatch.")

    job = ""

    def load_state(self, state):
        super().load_state(state)
        self.job = state.get("job", "")

    def get_state(self):
        return {**super().get_state(), "job": self.job}

    def clear_state(self):
        super().clear_state()
        self.job = ""

    async def look(self):
        """The state of the job, and what it said about itself; "" when SLURM
        no longer knows it, None when SLURM does not answer."""
        status, out, err = await run_as(
            self.user.name, "squeue", "--noheader", "--jobs", self.job, "--format", "%T|%k"
        )
        if status != 0 and "Invalid job id" not in err:
            return None, ""
        state, _, comment = out.partition("|")
        return state, comment

    def submission(self, home):
        command = [
            "sbatch", "--parsable", "--job-name=jupyter", f"--chdir={home}",
            f"--output={home}/.jupyter-job.log", f"--time={self.time_limit}",
            f"--cpus-per-task={self.cpus}",
        ]
        if self.partition:
            command.append(f"--partition={self.partition}")
        if self.memory_mb:
            command.append(f"--mem={self.memory_mb}")
        return command + list(self.options)

    async def start(self):
        home = pwd.getpwnam(self.user.name).pw_dir
        env = {
            **self.get_env(), "HOME": home, "USER": self.user.name,
            "JUPYTERHUB_SINGLEUSER_APP": "notebook.notebookapp.NotebookApp",
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        }
        status, out, err = await run_as(self.user.name, *self.submission(home), env=env, text=JOB)
        if status != 0:
            raise RuntimeError(f"SLURM refused the notebook's job: {err}")
        self.job = out.partition(";")[0]
        while True:
            state, comment = await self.look()
            if state == "RUNNING" and ":" in comment:
                address, _, port = comment.rpartition(":")
                return address, int(port)
            if state not in (None, "RUNNING", *WAITING):
                raise RuntimeError(f"the notebook's job {self.job} ended: {home}/.jupyter-job.log says why")
            await asyncio.sleep(1)

    async def poll(self):
        if not self.job:
            return 0
        state, _ = await self.look()
        return None if state in (None, "RUNNING", "COMPLETING", *WAITING) else 0

    async def stop(self, now=False):
        if self.job:
            await run_as(self.user.name, "scancel", self.job)
