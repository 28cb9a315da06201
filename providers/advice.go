package providers

// Meaning says in a few words what an error of this kind is.
func (k Kind) Meaning() string {
	switch k {
	case Quota:
		return "a limit of the account is reached"
	case Capacity:
		return "the provider has no such machine free"
	case Throttled:
		return "the provider asks for fewer requests"
	case Permission:
		return "the provider refuses these credentials"
	case NotFound:
		return "something that the request names does not exist"
	case Invalid:
		return "the provider can't accept this request"
	case Conflict:
		return "something is in the way or in use"
	case Transient:
		return "the provider stumbled"
	case Canceled:
		return "the work was stopped"
	case Unknown:
		return "the provider gave an error that ecluster does not know"
	}
	return "the provider gave an error that ecluster does not know"
}

// Advice is the next action for the user who meets an error of this kind, in
// one sentence.
func (k Kind) Advice() string {
	switch k {
	case Quota:
		return "Ask the provider for a higher limit, stop machines that you no longer need, or lower `count`; then run the command again."
	case Capacity:
		return "Try again later, or choose another `machine_type` or zone in the spec."
	case Throttled:
		return "Wait some minutes and run the command again; it goes on where it was. A smaller `batch_size` sends fewer requests."
	case Permission:
		return "Check that you are logged in to the provider and that the account may create, list and delete machines."
	case NotFound:
		return "Check the names in the spec (`image`, `machine_type`, zone); `ecluster plan` asks the provider for each of them."
	case Invalid:
		return "Correct the spec; `ecluster plan` checks it without creating anything."
	case Conflict:
		return "Run the command again in a minute; if it stays, `ecluster list --orphans` shows what is left of other clusters."
	case Transient:
		return "Run the command again; it goes on where it was."
	case Canceled:
		return "Run the command again to go on, or `ecluster stop` to remove what was made."
	case Unknown:
		return "Read the provider's message above; if it makes no sense, report it together with the log."
	}
	return "Read the provider's message above; if it makes no sense, report it together with the log."
}
