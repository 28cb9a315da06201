summary = "names"
