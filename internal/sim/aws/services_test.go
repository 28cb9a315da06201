package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	pricingtypes "github.com/aws/aws-sdk-go-v2/service/pricing/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ecluster/ecluster/internal/sim"
)

func (r *rig) defaultGroup() *string {
	r.Helper()
	return must[*ec2.DescribeSecurityGroupsOutput](r)(r.ec2.DescribeSecurityGroups(r.ctx(), &ec2.DescribeSecurityGroupsInput{
		GroupNames: []string{"default"},
	})).SecurityGroups[0].GroupId
}

func TestIdentity(t *testing.T) {
	r := newRig(t, sim.Options{})
	client := sts.NewFromConfig(r.config)
	who := must[*sts.GetCallerIdentityOutput](r)(client.GetCallerIdentity(r.ctx(), &sts.GetCallerIdentityInput{}))
	if *who.Account != "123456789012" {
		t.Errorf("account is %s", *who.Account)
	}
	role := must[*sts.AssumeRoleOutput](r)(client.AssumeRole(r.ctx(), &sts.AssumeRoleInput{
		RoleArn: sdk.String("arn:aws:iam::123456789012:role/cluster"), RoleSessionName: sdk.String("s-1"), DurationSeconds: sdk.Int32(900),
	})).Credentials
	as := r.config.Copy()
	as.Credentials = credentials.NewStaticCredentialsProvider(*role.AccessKeyId, *role.SecretAccessKey, *role.SessionToken)
	who = must[*sts.GetCallerIdentityOutput](r)(sts.NewFromConfig(as).GetCallerIdentity(r.ctx(), &sts.GetCallerIdentityInput{}))
	if !strings.HasSuffix(*who.Arn, ":assumed-role/cluster/s-1") {
		t.Errorf("identity is %s", *who.Arn)
	}
	as.Credentials = credentials.NewStaticCredentialsProvider("AKIASOMEBODYELSE0000", "secret", "")
	_, err := sts.NewFromConfig(as).GetCallerIdentity(r.ctx(), &sts.GetCallerIdentityInput{})
	r.refused(err, "InvalidClientTokenId")
	_, err = ec2.NewFromConfig(as).DescribeRegions(r.ctx(), &ec2.DescribeRegionsInput{})
	r.refused(err, "AuthFailure")
}

func TestClockSkew(t *testing.T) {
	for _, test := range []struct {
		by   time.Duration
		code string
	}{{20 * time.Minute, "RequestExpired"}, {-20 * time.Minute, "SignatureDoesNotMatch"}} {
		r := newRig(t, sim.Options{Now: func() time.Time { return time.Now().Add(test.by) }})
		_, err := r.ec2.DescribeRegions(r.ctx(), &ec2.DescribeRegionsInput{})
		r.refused(err, test.code)
	}
}

func TestQuotasAndPrices(t *testing.T) {
	r := newRig(t, sim.Options{Quota: map[string]int{"L-1216C47A": 32}, PageSize: 3})
	quotas := servicequotas.NewFromConfig(r.config)
	q := must[*servicequotas.GetServiceQuotaOutput](r)(quotas.GetServiceQuota(r.ctx(), &servicequotas.GetServiceQuotaInput{
		ServiceCode: sdk.String("ec2"), QuotaCode: sdk.String("L-1216C47A"),
	})).Quota
	if *q.Value != 32 {
		t.Errorf("quota is %v", *q.Value)
	}
	n := 0
	pages := servicequotas.NewListServiceQuotasPaginator(quotas, &servicequotas.ListServiceQuotasInput{ServiceCode: sdk.String("ec2")})
	for pages.HasMorePages() {
		n += len(must[*servicequotas.ListServiceQuotasOutput](r)(pages.NextPage(r.ctx())).Quotas)
	}
	if n != 9 {
		t.Errorf("%d quotas", n)
	}
	_, err := quotas.GetServiceQuota(r.ctx(), &servicequotas.GetServiceQuotaInput{ServiceCode: sdk.String("ec2"), QuotaCode: sdk.String("L-AAAAAAAA")})
	r.refused(err, "NoSuchResourceException")

	filter := func(field, value string) pricingtypes.Filter {
		return pricingtypes.Filter{Type: pricingtypes.FilterTypeTermMatch, Field: &field, Value: &value}
	}
	list := must[*pricing.GetProductsOutput](r)(pricing.NewFromConfig(r.config).GetProducts(r.ctx(), &pricing.GetProductsInput{
		ServiceCode: sdk.String("AmazonEC2"), Filters: []pricingtypes.Filter{
			filter("instanceType", "m7i.large"), filter("regionCode", "us-east-1"), filter("operatingSystem", "Linux"), filter("tenancy", "Shared"),
			filter("preInstalledSw", "NA"), filter("capacitystatus", "Used"),
		},
	})).PriceList
	if len(list) != 1 || !json.Valid([]byte(list[0])) || !strings.Contains(list[0], `"USD":"0.1008000000"`) {
		t.Errorf("prices are %v", list)
	}
}

func TestImages(t *testing.T) {
	r := newRig(t, sim.Options{OperationTime: 2 * time.Millisecond})
	count := func(in *ec2.DescribeImagesInput) int {
		in.Owners = []string{"136693071363"}
		in.Filters = []types.Filter{{Name: sdk.String("name"), Values: []string{"debian-1?-*"}}}
		return len(must[*ec2.DescribeImagesOutput](r)(r.ec2.DescribeImages(r.ctx(), in)).Images)
	}
	if fresh, all := count(&ec2.DescribeImagesInput{}), count(&ec2.DescribeImagesInput{IncludeDeprecated: sdk.Bool(true)}); fresh != 8 || all != 12 {
		t.Errorf("%d images, %d with the deprecated ones", fresh, all)
	}
	ids := r.run(1)
	r.reach(types.InstanceStateNameRunning, ids...)
	image := must[*ec2.CreateImageOutput](r)(r.ec2.CreateImage(r.ctx(), &ec2.CreateImageInput{InstanceId: &ids[0], Name: sdk.String("ecluster-bake")})).ImageId
	var made types.Image
	r.eventually("image", func() bool {
		out := must[*ec2.DescribeImagesOutput](r)(r.ec2.DescribeImages(r.ctx(), &ec2.DescribeImagesInput{ImageIds: []string{*image}, Owners: []string{"self"}}))
		made = out.Images[0]
		return made.State == types.ImageStateAvailable
	})
	snapshot := made.BlockDeviceMappings[0].Ebs.SnapshotId
	_, err := r.ec2.DeleteSnapshot(r.ctx(), &ec2.DeleteSnapshotInput{SnapshotId: snapshot})
	r.refused(err, "InvalidSnapshot.InUse")
	r.terminate(ids...)
	ids = r.run(1, func(in *ec2.RunInstancesInput) { in.ImageId = image })
	r.terminate(ids...)
	must[*ec2.DeregisterImageOutput](r)(r.ec2.DeregisterImage(r.ctx(), &ec2.DeregisterImageInput{ImageId: image}))
	must[*ec2.DeleteSnapshotOutput](r)(r.ec2.DeleteSnapshot(r.ctx(), &ec2.DeleteSnapshotInput{SnapshotId: snapshot}))
	r.empty()
}

func TestCatalogue(t *testing.T) {
	r := newRig(t, sim.Options{PageSize: 7})
	n := 0
	pages := ec2.NewDescribeInstanceTypesPaginator(r.ec2, &ec2.DescribeInstanceTypesInput{})
	for pages.HasMorePages() {
		for _, typ := range must[*ec2.DescribeInstanceTypesOutput](r)(pages.NextPage(r.ctx())).InstanceTypes {
			n++
			if *typ.VCpuInfo.DefaultVCpus < 1 || *typ.MemoryInfo.SizeInMiB < 1024 || len(typ.ProcessorInfo.SupportedArchitectures) != 1 {
				t.Errorf("type is %+v", typ)
			}
		}
	}
	if n < 80 {
		t.Errorf("%d types", n)
	}
	_, err := r.ec2.DescribeInstanceTypes(r.ctx(), &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"m7i.large", "m7i.tiny"}})
	r.refused(err, "InvalidInstanceType")
	zones := must[*ec2.DescribeInstanceTypeOfferingsOutput](r)(r.ec2.DescribeInstanceTypeOfferings(r.ctx(), &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone, Filters: []types.Filter{{Name: sdk.String("instance-type"), Values: []string{"p4d.24xlarge"}}},
	})).InstanceTypeOfferings
	if len(zones) != 2 {
		t.Errorf("offerings are %+v", zones)
	}
	must[*ec2.DescribeAccountAttributesOutput](r)(r.ec2.DescribeAccountAttributes(r.ctx(), &ec2.DescribeAccountAttributesInput{}))
	must[*ec2.DescribeRegionsOutput](r)(r.ec2.DescribeRegions(r.ctx(), &ec2.DescribeRegionsInput{AllRegions: sdk.Bool(true)}))
	if z := must[*ec2.DescribeAvailabilityZonesOutput](r)(r.ec2.DescribeAvailabilityZones(r.ctx(), &ec2.DescribeAvailabilityZonesInput{})).AvailabilityZones; len(z) != 4 || *z[0].ZoneId != "use1-az1" {
		t.Errorf("zones are %+v", z)
	}
	elsewhere := r.config.Copy()
	elsewhere.Region = "eu-central-1"
	v := must[*ec2.DescribeVpcsOutput](r)(ec2.NewFromConfig(elsewhere).DescribeVpcs(r.ctx(), &ec2.DescribeVpcsInput{}))
	here := must[*ec2.DescribeVpcsOutput](r)(r.ec2.DescribeVpcs(r.ctx(), &ec2.DescribeVpcsInput{}))
	if len(v.Vpcs) != 1 || *v.Vpcs[0].VpcId == *here.Vpcs[0].VpcId {
		t.Error("regions are not apart")
	}
}

func TestConsoleHasHostKeys(t *testing.T) {
	machines := &watched{Silent: sim.NewSilent(), console: "booting\n", keys: []string{"ssh-ed25519 AAAA root@node"}}
	r := newRig(t, sim.Options{Machines: machines})
	ids := r.run(1)
	r.reach(types.InstanceStateNameRunning, ids...)
	out := must[*ec2.GetConsoleOutputOutput](r)(r.ec2.GetConsoleOutput(r.ctx(), &ec2.GetConsoleOutputInput{InstanceId: &ids[0]}))
	text, err := base64.StdEncoding.DecodeString(*out.Output)
	if want := "booting\n-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA root@node\n-----END SSH HOST KEY KEYS-----\n"; err != nil || string(text) != want {
		t.Errorf("console is %q, %v", text, err)
	}
	if b := machines.boots[ids[0]]; b.Image != "debian-13" || string(b.UserData) != "#cloud-config\n" || b.Labels["ecluster-cluster"] != "c1" {
		t.Errorf("the machine was told %+v", b)
	}
}

func TestMachineThatCannotBoot(t *testing.T) {
	r := newRig(t, sim.Options{Machines: &watched{Silent: sim.NewSilent(), err: errors.New("no more room")}})
	ids := r.run(1)
	r.reach(types.InstanceStateNameTerminated, ids...)
	if why := r.instances(ids...)[ids[0]].StateReason; *why.Code != "Server.InternalError" || !strings.Contains(*why.Message, "no more room") {
		t.Errorf("reason is %+v", why)
	}
	r.empty()
}

func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	machines := &watched{Silent: sim.NewSilent()}
	t.Run("cloud", func(t *testing.T) {
		r := newRig(t, sim.Options{Machines: machines, BootTime: time.Hour})
		r.run(5)
	})
	if len(machines.deleted) != 5 {
		t.Errorf("%d of 5 machines were deleted", len(machines.deleted))
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestThousandInstances(t *testing.T) {
	r := newRig(t, sim.Options{PageSize: 300})
	var wg sync.WaitGroup
	for batch := range 100 {
		wg.Go(func() {
			ids := r.run(10, func(in *ec2.RunInstancesInput) { in.ClientToken = sdk.String(fmt.Sprint("batch-", batch)) })
			for n, id := range ids {
				if n == 0 {
					r.name(fmt.Sprintf("compute%04d", batch*10+n), id)
				}
			}
		})
	}
	wg.Wait()
	r.reach(types.InstanceStateNameRunning)
	ids := make([]string, 0, 1000)
	for id := range r.instances() {
		ids = append(ids, id)
	}
	if len(ids) != 1000 {
		t.Errorf("%d instances", len(ids))
	}
	for from := 0; from < len(ids); from += 100 {
		must[*ec2.TerminateInstancesOutput](r)(r.ec2.TerminateInstances(r.ctx(), &ec2.TerminateInstancesInput{InstanceIds: ids[from : from+100]}))
	}
	r.reach(types.InstanceStateNameTerminated)
	r.empty()
}
