unit start munge.service
