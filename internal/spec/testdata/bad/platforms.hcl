cluster "a" {
  provider = provider.test
  image    = "debian-12"
  node_group "frontend" {
    count = 1
    role "trixie" {}
  }
  node_group "compute" {
    count = 1
    image = "rocky-9"
    role "bookworm" {}
    role "trixie" {}
  }
  node_group "gpu" {
    count = 1
    image = "ubuntu-24.04-gpu"
    role "bookworm" {}
  }
  node_group "fitting" {
    count = 1
    role "bookworm" {}
  }
  node_group "unknown" {
    count = 1
    image = "my-own-image"
    role "trixie" {}
  }
}
