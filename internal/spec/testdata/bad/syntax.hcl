cluster "a" {
  provider = provider.test
  node_group "frontend" {
    count = 
  }
