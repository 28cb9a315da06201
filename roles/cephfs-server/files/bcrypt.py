"""A place holder, for ceph-mgr alone.

Its modules import bcrypt, which can't be loaded into a sub-interpreter (PyO3
issue 576), and then none of them runs. Only the dashboard, which is not
installed, would call it.
"""


def hashpw(password, salt):
    raise NotImplementedError("ceph-mgr runs without bcrypt here")


def gensalt():
    raise NotImplementedError("ceph-mgr runs without bcrypt here")
