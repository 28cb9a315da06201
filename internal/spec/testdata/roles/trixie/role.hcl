summary   = "a role for Debian 13 alone"
platforms = ["debian-13"]
