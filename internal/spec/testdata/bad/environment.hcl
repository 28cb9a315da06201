cluster "a" {
  provider = provider.test
  image    = env("NO_SUCH_VARIABLE")
  node_group "frontend" {
    count        = 1
    machine_type = file("no-such-file")
  }
}
