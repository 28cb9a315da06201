summary   = "OpenMPI over the scheduler: mpirun and srun"
doc       = "One program on many nodes. mpirun asks the scheduler which nodes it has and starts its helpers through it; under SLURM srun starts the program by itself, over PMIx. Messages between nodes go over the network of the cluster, never over the bridges that containers make."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]

param "compilers" {
  type        = bool
  default     = true
  install     = true
  description = "Install mpicc, mpicxx and mpifort, with the compilers below them and make."
}

param "settings" {
  type        = map(string)
  default     = {}
  description = "Parameters of OpenMPI (MCA) for all users, as in { btl_tcp_if_include = \"eth0\" }."
}

packages = { debian = ["openmpi-bin", "openssh-client"] }

file "/etc/openmpi/openmpi-mca-params.conf" {
  template = "params.conf.tmpl"
}

step "compilers" {
  phase = "install"
  run   = "compilers.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
