cluster "a" {
  provider = provider.test
}
