package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// static are the keys that stand in the provider block.
func (s settings) static() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(s.accessKey, s.secretKey, s.sessionToken)
}

// credentials is where a configuration that was loaded has its credentials,
// through the role if there is one, with errors that say what was tried.
func (s settings) credentials(cfg aws.Config, getenv func(string) string) aws.CredentialsProvider {
	chain := cfg.Credentials
	if s.roleARN != "" {
		chain = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), s.roleARN, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "ecluster"
		}))
	}
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := chain.Retrieve(ctx)
		if err == nil || ctx.Err() != nil {
			return c, err
		}
		advice := s.loginAdvice(getenv)
		if f := parse(err); s.roleARN != "" && accessDenied[f.code] {
			advice = "correct role_arn, allow sts:AssumeRole to these credentials, and let the trust policy of the role name their user"
		}
		return c, &credentialsError{tried: s.tried(getenv), advice: advice, role: s.roleARN, err: err}
	})
}

// credentialsError says that there are no credentials that could be used.
type credentialsError struct {
	tried  []string
	advice string
	role   string
	err    error
}

// Error implements error.
func (e *credentialsError) Error() string { return e.summary() + "; " + e.advice }

// summary says what was tried.
func (e *credentialsError) summary() string {
	what := "there are no AWS credentials that work"
	if e.role != "" {
		what = "can't get credentials of the role " + e.role
	}
	return fmt.Sprintf("%s; tried, in this order: %s (%s)", what, strings.Join(e.tried, ", "), e.cause())
}

// Unwrap returns the SDK's error.
func (e *credentialsError) Unwrap() error { return e.err }

// cause is the SDK's reason without the chain of its own layers.
func (e *credentialsError) cause() string {
	if f := parse(e.err); f.code != "" {
		return f.code + ": " + f.message
	}
	err := e.err
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

// tried lists where credentials were looked for, and what was there.
func (s settings) tried(getenv func(string) string) []string {
	if s.accessKey != "" {
		return []string{"access_key of the provider block"}
	}
	set := func(name string) string {
		if getenv(name) != "" {
			return name + " (set)"
		}
		return name + " (not set)"
	}
	profile := cmp.Or(s.profile, getenv("AWS_PROFILE"), "default")
	var tried []string
	if s.profile == "" { // a profile of the spec goes before the environment
		tried = append(tried, set("AWS_ACCESS_KEY_ID"), set("AWS_WEB_IDENTITY_TOKEN_FILE"))
	}
	tried = append(tried, fmt.Sprintf("profile %q of %s and %s", profile,
		fileWords(cmp.Or(getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename())),
		fileWords(cmp.Or(getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()))))
	switch {
	case getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "", getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "":
		tried = append(tried, "the container's role")
	case strings.EqualFold(getenv("AWS_EC2_METADATA_DISABLED"), "true"):
		tried = append(tried, "the role of this machine (turned off by AWS_EC2_METADATA_DISABLED)")
	default:
		tried = append(tried, "the role of this machine, if it is one of EC2")
	}
	return tried
}

// fileWords names a file, and says when it is not there.
func fileWords(path string) string {
	name := path
	if home, err := os.UserHomeDir(); err == nil {
		if rel, err := filepath.Rel(home, path); err == nil && !strings.HasPrefix(rel, "..") {
			name = "~/" + filepath.ToSlash(rel)
		}
	}
	if _, err := os.Stat(path); err != nil {
		return name + " (no such file)"
	}
	return name
}

// loginAdvice is how to get credentials.
func (s settings) loginAdvice(getenv func(string) string) string {
	if s.accessKey != "" {
		return "correct access_key and secret_key of the provider block, or remove them to use those of the aws command"
	}
	profile := cmp.Or(s.profile, getenv("AWS_PROFILE"))
	if profile != "" {
		profile = " --profile " + profile
	}
	return fmt.Sprintf("log in with `aws sso login%s`, or store keys with `aws configure%s`; `aws sts get-caller-identity%s` shows whether they work", profile, profile, profile)
}
