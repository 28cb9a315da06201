unit start slurmrestd.service
