// Package google boots nodes as machines of Google Compute Engine. One machine
// is one instances.insert; what the API can't label (networks, firewall rules)
// is found by its name and its description.
//
// It has no providers.Pricer: Google tells prices only to accounts that were
// given rights on Cloud Billing. Nothing here knows a role or a scheduler, and
// no type of the SDK leaves the package.
package google
