package aws_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/ecluster/ecluster/internal/sim"
	"github.com/ecluster/ecluster/internal/sim/aws"
)

// rig is a simulated cloud with a client of AWS's own SDK.
type rig struct {
	*testing.T
	cloud  *aws.Cloud
	url    string
	config sdk.Config
	ec2    *ec2.Client
	wild   bool // the test sends bad requests on purpose
}

// whole is a client that has the body of a request in memory before it sends
// it. AWS's SDK (smithy-go 1.28.8) closes the body as soon as the answer
// begins; on a fast connection net/http has not looked for the body's end by
// then, takes the close for a broken request, and breaks the connection.
type whole struct{ *http.Client }

func (c whole) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c.Client.Do(r)
}

func newRig(t *testing.T, o sim.Options) *rig {
	t.Helper()
	cloud, err := aws.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(cloud)
	r := &rig{T: t, cloud: cloud, url: server.URL}
	s := cloud.Settings(server.URL)
	r.config = sdk.Config{
		Region: s["region"].(string), BaseEndpoint: sdk.String(server.URL), HTTPClient: whole{server.Client()},
		Credentials:      credentials.NewStaticCredentialsProvider(s["access_key"].(string), s["secret_key"].(string), ""),
		RetryMaxAttempts: 1,
	}
	r.ec2 = ec2.NewFromConfig(r.config)
	t.Cleanup(func() {
		server.Close()
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
		for _, e := range cloud.Log().Problems() {
			if !r.wild {
				t.Errorf("%s: %v", e.Op, e.Problems)
			}
		}
	})
	return r
}

func (r *rig) ctx() context.Context { return r.Context() }

// must fails the test when a call did.
func must[T any](r *rig) func(out T, err error) T {
	return func(out T, err error) T {
		r.Helper()
		if err != nil {
			r.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless the cloud answered with a code.
func (r *rig) refused(err error, code string) {
	r.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		r.Errorf("got %v, want %s", err, code)
	}
}

// eventually waits until a condition holds.
func (r *rig) eventually(what string, ok func() bool) {
	r.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		if ok() {
			return
		}
		if time.Now().After(end) {
			r.Fatalf("never: %s", what)
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-r.ctx().Done():
		}
	}
}

// image is the newest Debian 13 of an architecture.
func (r *rig) image(arch string) string {
	r.Helper()
	out := must[*ec2.DescribeImagesOutput](r)(r.ec2.DescribeImages(r.ctx(), &ec2.DescribeImagesInput{
		Owners: []string{"136693071363"},
		Filters: []types.Filter{
			{Name: sdk.String("name"), Values: []string{"debian-13-*"}}, {Name: sdk.String("architecture"), Values: []string{arch}},
		},
	}))
	newest := types.Image{CreationDate: sdk.String("")}
	for _, i := range out.Images {
		if *i.CreationDate > *newest.CreationDate {
			newest = i
		}
	}
	return *newest.ImageId
}

// input is a request for n instances that changes refine.
func (r *rig) input(n int32, changes ...func(*ec2.RunInstancesInput)) *ec2.RunInstancesInput {
	in := &ec2.RunInstancesInput{
		ImageId: sdk.String(r.image("x86_64")), InstanceType: "m7i.large", MinCount: sdk.Int32(n), MaxCount: sdk.Int32(n),
		UserData: sdk.String(base64.StdEncoding.EncodeToString([]byte("#cloud-config\n"))),
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: sdk.String("ecluster-cluster"), Value: sdk.String("c1")}},
		}},
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

func (r *rig) run(n int32, changes ...func(*ec2.RunInstancesInput)) []string {
	r.Helper()
	out := must[*ec2.RunInstancesOutput](r)(r.ec2.RunInstances(r.ctx(), r.input(n, changes...)))
	var ids []string
	for _, i := range out.Instances {
		ids = append(ids, *i.InstanceId)
	}
	return ids
}

func (r *rig) instances(ids ...string) map[string]types.Instance {
	r.Helper()
	all := map[string]types.Instance{}
	pages := ec2.NewDescribeInstancesPaginator(r.ec2, &ec2.DescribeInstancesInput{InstanceIds: ids})
	for pages.HasMorePages() {
		out, err := pages.NextPage(r.ctx())
		if err != nil {
			r.Fatal(err)
		}
		for _, reservation := range out.Reservations {
			for _, i := range reservation.Instances {
				all[*i.InstanceId] = i
			}
		}
	}
	return all
}

// reach waits until all instances are in a state.
func (r *rig) reach(state types.InstanceStateName, ids ...string) {
	r.Helper()
	r.eventually(string(state), func() bool {
		for _, i := range r.instances(ids...) {
			if i.State.Name != state {
				return false
			}
		}
		return true
	})
}

// name gives instances the names of nodes.
func (r *rig) name(node string, ids ...string) {
	r.Helper()
	must[*ec2.CreateTagsOutput](r)(r.ec2.CreateTags(r.ctx(), &ec2.CreateTagsInput{
		Resources: ids, Tags: []types.Tag{{Key: sdk.String("ecluster-node"), Value: sdk.String(node)}},
	}))
}

func (r *rig) terminate(ids ...string) {
	r.Helper()
	must[*ec2.TerminateInstancesOutput](r)(r.ec2.TerminateInstances(r.ctx(), &ec2.TerminateInstancesInput{InstanceIds: ids}))
	r.reach(types.InstanceStateNameTerminated, ids...)
}

// empty fails the test when anything is left.
func (r *rig) empty() {
	r.Helper()
	if left := r.cloud.Inventory(); len(left) > 0 {
		r.Errorf("left: %+v", left)
	}
}
