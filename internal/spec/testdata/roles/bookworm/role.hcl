summary   = "a role for both releases of Debian"
platforms = ["debian-12", "debian-13"]
