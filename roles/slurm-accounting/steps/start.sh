# slurmdbd makes its tables at its first start; it listens when it is done.

listens() { ss -Hltn sport = :6819 | grep -q .; }

unit start slurmdbd.service
wait_for 120 slurmdbd listens
