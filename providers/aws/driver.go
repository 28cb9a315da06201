package aws

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/ecluster/ecluster/internal/catalog"
	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/internal/schema"
	"github.com/ecluster/ecluster/providers"
	"github.com/ecluster/ecluster/providers/bootdata"
)

// kind is the provider's name, in specs and in the catalogues.
const kind = "aws"

// consistencyDelay is for how long EC2's listings may be behind. EC2 promises
// no figure; what its documentation advises to wait for is seconds.
const consistencyDelay = 12 * time.Second

// requestTimeout bounds one request: a service that says nothing for so long
// has forgotten it.
const requestTimeout = 90 * time.Second

// pricingRegion has the price lists of all regions.
const pricingRegion = "us-east-1"

// Driver is EC2 in one region with one identity. It is safe for concurrent use.
type Driver struct {
	s       settings
	ec2     *ec2.Client
	sts     *sts.Client
	quotas  *servicequotas.Client
	pricing *pricing.Client
	images  catalog.Images

	now   func() time.Time
	pause func(ctx context.Context, d time.Duration) error

	// What the cloud said and won't take back while this process lives.
	machineTypes *memo[string, *types.InstanceTypeInfo]
	offers       *memo[string, []string] // zones that offer a machine type
	resolved     *memo[imageKey, image]
	networks     *memo[cluster.ID, network]
}

var _ providers.Driver = (*Driver)(nil)

// Plugin returns the provider "aws".
func Plugin() providers.Plugin {
	return providers.Plugin{
		Kind:             kind,
		Doc:              "Nodes are instances of Amazon EC2.",
		Settings:         settingsSchema(),
		Group:            groupSchema(),
		ConsistencyDelay: consistencyDelay,
		Open:             Open,
		AdminUser:        bootdata.AdminUser,
	}
}

// Open makes a driver from the settings, the environment and the files of the
// aws command. It talks to nobody.
func Open(settings schema.Values) (providers.Driver, error) {
	images, err := catalog.LoadImages()
	if err != nil {
		return nil, err
	}
	return open(settings, images, requestTimeout)
}

func open(values schema.Values, images catalog.Images, timeout time.Duration) (*Driver, error) {
	s, err := decodeSettings(values)
	if err != nil {
		return nil, invalid("", err)
	}
	cfg, err := s.load(timeout)
	if err != nil {
		return nil, invalid("", err)
	}
	s.region = cfg.Region
	d := &Driver{
		s:      s,
		ec2:    ec2.NewFromConfig(cfg),
		sts:    sts.NewFromConfig(cfg),
		quotas: servicequotas.NewFromConfig(cfg),
		pricing: pricing.NewFromConfig(cfg, func(o *pricing.Options) {
			o.Region = pricingRegion
		}),
		images:   images,
		now:      time.Now,
		pause:    pause,
		offers:   newMemo[string, []string](),
		resolved: newMemo[imageKey, image](),
		networks: newMemo[cluster.ID, network](),
	}
	d.machineTypes = newMemo[string, *types.InstanceTypeInfo]()
	return d, nil
}

// load finds region and credentials as the aws command does, where the
// settings don't have them.
func (s settings) load(timeout time.Duration) (aws.Config, error) {
	opts := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithHTTPClient(httpClient(timeout)),
		config.WithLogger(logging.Nop{}), // only internal/ui prints
		config.WithAppID("ecluster"),
	}
	if s.region != "" {
		opts = append(opts, config.WithRegion(s.region))
	}
	if s.profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(s.profile))
	}
	if s.accessKey != "" {
		opts = append(opts, config.WithCredentialsProvider(s.static()))
	}
	cfg, err := config.LoadDefaultConfig(context.Background(), opts...)
	if err != nil {
		if missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
			return cfg, fmt.Errorf("there is no profile %q in ~/.aws/config or ~/.aws/credentials; make it with `aws configure --profile %s`, or correct profile (or AWS_PROFILE)", missing.Profile, missing.Profile)
		}
		return cfg, fmt.Errorf("read the configuration of the aws command: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("no region: set region in the provider block, AWS_REGION, or the region of the profile (`aws configure`)")
	}
	cfg.HTTPClient = plainBodies{cfg.HTTPClient}
	if s.endpoint != "" {
		cfg.BaseEndpoint = aws.String(s.endpoint)
	}
	cfg.Credentials = s.credentials(cfg, os.Getenv)
	return cfg, nil
}

// ErrorKind implements providers.Driver.
func (*Driver) ErrorKind(err error) providers.Kind {
	if kind := providers.KindOf(err); kind != providers.Unknown {
		return kind
	}
	return kindOf(err)
}

// pause returns after d, or earlier with the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// requireID guards against a filter that would match every cluster of ours.
func requireID(op string, id cluster.ID) error {
	if id == "" {
		return invalid(op, errors.New("no cluster id was given"))
	}
	return nil
}
