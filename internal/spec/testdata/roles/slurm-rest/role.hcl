summary  = "rest"
requires = ["munge"]
