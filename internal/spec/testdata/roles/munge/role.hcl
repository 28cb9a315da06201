summary = "munge"
