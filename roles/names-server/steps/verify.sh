# The service runs; whether it answers, the clients find out.

unit active ecluster-names.service || unit start ecluster-names.service
