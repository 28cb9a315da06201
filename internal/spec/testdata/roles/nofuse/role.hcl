summary = "conflicts"
