# This node says that it is there, now and every other minute.

wait_for 60 "Prometheus' door on $EC_FRONTEND (ecluster-register.socket)" /usr/local/lib/ecluster/monitoring-announce
unit start ecluster-announce.timer
