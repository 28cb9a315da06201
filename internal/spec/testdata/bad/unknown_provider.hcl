provider "tset" {
}
