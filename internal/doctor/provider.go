package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ecluster/ecluster/internal/credentials"
	"github.com/ecluster/ecluster/providers"
)

// order is that of the findings: what costs nothing first.
func order() []string { return []string{"docker", "qemu", "google", "aws", "azure", "terraform"} }

// ordered are the providers to look at: those that were asked for, or all.
func (d Doctor) ordered(needed []string) []providers.Plugin {
	kinds := order()
	if len(needed) > 0 {
		kinds = needed
	}
	var list []providers.Plugin
	for _, kind := range kinds {
		if p, has := d.Plugins[kind]; has {
			list = append(list, p)
		}
	}
	return list
}

// remedy says how to make a provider work that does not.
func remedy(kind string) string {
	return map[string]string{
		"docker":    "Install Docker and start it; on Debian: sudo apt-get install docker.io.",
		"qemu":      "Install QEMU; on Debian: sudo apt-get install qemu-system-x86 qemu-utils.",
		"google":    "Run 'gcloud auth application-default login', and set GOOGLE_CLOUD_PROJECT.",
		"aws":       "Run 'aws configure' or 'aws sso login', and set AWS_REGION.",
		"azure":     "Run 'az login', and set AZURE_SUBSCRIPTION_ID where you have several.",
		"terraform": "Install terraform or tofu, and set what its module needs, as OS_CLOUD.",
	}[kind]
}

// provider looks whether a provider can be used. One that nobody asked for and
// that left no sign here is not in use; one that is and does not work is a
// warning, and a failure when it was asked for.
func (d Doctor) provider(ctx context.Context, p providers.Plugin, sign credentials.Sign, asked bool) []Finding {
	if sign.Where == "" && !asked {
		return []Finding{{p.Kind, Unused, "no sign of it here", remedy(p.Kind)}}
	}
	bad := Warning
	if asked {
		bad = Failure
	}
	if p.Kind == "terraform" {
		return []Finding{d.terraform(ctx, sign, bad)}
	}
	words, findings, err := d.examine(ctx, p)
	if err != nil {
		message := err.Error()
		if sign.Where != "" {
			message = fmt.Sprintf("found %s, but %s", sign.Where, message)
		}
		return []Finding{{p.Kind, bad, oneLine(message), d.cure(ctx, p.Kind, err)}}
	}
	var out []Finding
	broken := false
	for _, f := range findings {
		level := Warning
		if f.Fatal {
			level, broken = bad, true
		}
		out = append(out, Finding{p.Kind, level, oneLine(f.Summary), oneLine(f.Detail)})
	}
	if !broken {
		out = slices.Insert(out, 0, Finding{Check: p.Kind, Level: OK, Message: words})
	}
	return out
}

// examine asks a provider what it is, as far as it can be asked without a spec.
func (d Doctor) examine(ctx context.Context, p providers.Plugin) (string, []providers.Finding, error) {
	settings := p.Settings.Defaults()
	for _, a := range p.Settings.Attrs { // where nodes are is for a spec to say: anywhere we are the same
		switch a.Name {
		case "region":
			settings[a.Name] = "us-east-1"
		case "location":
			settings[a.Name] = "eastus"
		}
	}
	driver, err := p.Open(settings)
	if err != nil {
		return "", nil, err
	}
	if e, can := driver.(providers.Examiner); can {
		return e.Examine(ctx)
	}
	i, can := driver.(providers.Identifier)
	if !can {
		return "can be opened", nil, nil
	}
	identity, err := i.Identity(ctx)
	return identity.Words, nil, err
}

// cure is what to do about an error of a cloud.
func (d Doctor) cure(ctx context.Context, kind string, err error) string {
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || providers.KindOf(err) == providers.Transient {
		return "See whether the network works, and try again."
	}
	return remedy(kind)
}

// terraform looks for the program; the cloud behind it is known to a spec only.
func (d Doctor) terraform(ctx context.Context, sign credentials.Sign, bad Level) Finding {
	for _, program := range []string{"terraform", "tofu"} {
		if d.Place.LookPath == nil || !d.Place.LookPath(program) {
			continue
		}
		out, err := d.Run(ctx, program, "version")
		if err != nil {
			return Finding{"terraform", bad, oneLine(fmt.Sprintf("%s does not run: %v", program, err)), "Install it again."}
		}
		first, _, _ := bytes.Cut(out, []byte("\n"))
		message := string(first)
		if sign.Where != "" {
			message += ", and " + sign.Where
		}
		return Finding{Check: "terraform", Level: OK, Message: message}
	}
	return Finding{"terraform", bad, "neither terraform nor tofu is installed", remedy("terraform")}
}

// oneLine keeps a message of a cloud to one line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
