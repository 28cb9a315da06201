clustr "a" {
}
