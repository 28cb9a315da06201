cluster "Upper_Case" {
  provider = provider.test
  node_group "frontend" {
    count = 1
  }
  node_group "Compute" {
    count = 1
  }
  node_group "gpu2" {
    count = 1
  }
  node_group "-" {
    count = 1
  }
  node_group "" {
    count = 1
  }
  node_group "a-name-that-has-more-than-forty-characters-in-it" {
    count = 1
  }
}
