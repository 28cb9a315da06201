systemctl disable --quiet condor.service
