summary   = "SLURM's REST interface, slurmrestd, on a socket of the frontend"
doc       = "slurmrestd runs as a user of its own and listens on /run/slurmrestd/slurmrestd.socket, on no network. It lets in who shows a token of SLURM (JWT), which \"scontrol token\" makes for the user who asks."
platforms = ["debian-12", "debian-13", "ubuntu-24.04"]
requires  = ["munge"]

packages = { debian = ["slurmrestd", "slurm-wlm-jwt-plugin", "slurm-client", "curl"] }

# slurmctld and slurmdbd sign and check tokens with it.
secret "slurm_jwt_key" { bytes = 32 }

file "/etc/slurm/jwt_hs256.key" {
  secret = "slurm_jwt_key"
  owner  = "slurm:slurm"
  mode   = "0600"
  notify = ["restart:slurmdbd.service", "restart:slurmctld.service"]
}

file "/etc/systemd/system/slurmrestd.service.d/ecluster.conf" {
  template = "slurmrestd.service.tmpl"
  notify   = ["restart:slurmrestd.service"]
}

step "user" {
  phase = "install"
  run   = "user.sh"
}

# In the join phase: slurmctld has started, and made slurm.conf.
step "start" {
  phase = "join"
  run   = "start.sh"
}

step "verify" {
  phase = "verify"
  run   = "verify.sh"
}
