cluster "one" {
  provider = "test"
  scheduler "slurm" {
    workers = ["frontend"]
    partition "short" {
      max_time = "01:00:00"
    }
    partition "long" {
      default         = true
      def_mem_per_cpu = 100
    }
  }
  node_group "frontend" {
    count = 1
  }
}
