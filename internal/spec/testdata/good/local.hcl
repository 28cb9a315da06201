cluster "local" {
  provider = provider.test
  scheduler "slurm" {
    accounting = true
  }
  share "/home" {}
  share "/data/raw" {
    keep = true
  }
  node_group "frontend" {
    count = 1
  }
  node_group "compute" {
    count  = 2
    cpus   = 1
    memory = "1GB"
  }
}
