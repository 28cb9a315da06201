package aws_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/ecluster/ecluster/internal/sim"
)

func between(low, high int32) func(*ec2.RunInstancesInput) {
	return func(in *ec2.RunInstancesInput) { in.MinCount, in.MaxCount = &low, &high }
}

func inZone(zone string) func(*ec2.RunInstancesInput) {
	return func(in *ec2.RunInstancesInput) { in.Placement = &types.Placement{AvailabilityZone: &zone} }
}

func spot(price string) func(*ec2.RunInstancesInput) {
	return func(in *ec2.RunInstancesInput) {
		in.InstanceMarketOptions = &types.InstanceMarketOptionsRequest{MarketType: types.MarketTypeSpot, SpotOptions: &types.SpotMarketOptions{}}
		if price != "" {
			in.InstanceMarketOptions.SpotOptions.MaxPrice = &price
		}
	}
}

func TestQuotaOfVCPUs(t *testing.T) {
	r := newRig(t, sim.Options{Quota: map[string]int{"L-1216C47A": 6, "L-34B43A08": 4}})
	r.run(2)
	_, err := r.ec2.RunInstances(r.ctx(), r.input(2))
	r.refused(err, "VcpuLimitExceeded")
	if !strings.Contains(err.Error(), "current vCPU limit of 6") {
		t.Errorf("message is %v", err)
	}
	part := r.run(0, between(1, 5))
	if len(part) != 1 {
		t.Errorf("%d instances where one more may be", len(part))
	}
	r.run(2, spot("")) // has its own limit
	_, err = r.ec2.RunInstances(r.ctx(), r.input(1, spot("")))
	r.refused(err, "MaxSpotInstanceCountExceeded")
	r.terminate(part...)
	r.run(1)
}

func TestStockOut(t *testing.T) {
	r := newRig(t, sim.Options{Stock: map[string]int{"us-east-1a/m7i.large": 3, "us-east-1b/m7i.large": 0}})
	_, err := r.ec2.RunInstances(r.ctx(), r.input(4, inZone("us-east-1a")))
	r.refused(err, "InsufficientInstanceCapacity")
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusInternalServerError {
		t.Errorf("a stock-out has status 500, not %v", err)
	}
	ids := r.run(0, between(2, 4), inZone("us-east-1a"))
	if len(ids) != 3 {
		t.Errorf("%d instances of 3 in stock", len(ids))
	}
	_, err = r.ec2.RunInstances(r.ctx(), r.input(1, inZone("us-east-1b"), spot("")))
	r.refused(err, "InsufficientInstanceCapacity")
	r.terminate(ids...)
	r.run(3, inZone("us-east-1a")) // the stock is back
	_, err = r.ec2.RunInstances(r.ctx(), r.input(1, inZone("us-east-1d"), func(in *ec2.RunInstancesInput) { in.InstanceType = "p4d.24xlarge" }))
	r.refused(err, "Unsupported")
}

func TestSpot(t *testing.T) {
	r := newRig(t, sim.Options{})
	_, err := r.ec2.RunInstances(r.ctx(), r.input(1, spot("0.001")))
	r.refused(err, "SpotMaxPriceTooLow")
	ids := r.run(2, spot("0.2"))
	r.name("compute001", ids[0])
	r.reach(types.InstanceStateNameRunning, ids...)
	_, err = r.ec2.StopInstances(r.ctx(), &ec2.StopInstancesInput{InstanceIds: ids})
	r.refused(err, "UnsupportedOperation")
	if err := r.cloud.Strike("compute001", sim.Fate{Event: sim.Reclaim}); err != nil {
		t.Fatal(err)
	}
	r.reach(types.InstanceStateNameTerminated, ids[0])
	i := r.instances(ids...)
	if why := i[ids[0]].StateReason; *why.Code != "Server.SpotInstanceTermination" || i[ids[1]].InstanceLifecycle != types.InstanceLifecycleTypeSpot {
		t.Errorf("instances are %+v", i)
	}
	requests := must[*ec2.DescribeSpotInstanceRequestsOutput](r)(r.ec2.DescribeSpotInstanceRequests(r.ctx(), &ec2.DescribeSpotInstanceRequestsInput{
		Filters: []types.Filter{{Name: sdk.String("state"), Values: []string{"active"}}},
	})).SpotInstanceRequests
	if len(requests) != 1 || *requests[0].InstanceId != ids[1] {
		t.Errorf("requests are %+v", requests)
	}
	prices := must[*ec2.DescribeSpotPriceHistoryOutput](r)(r.ec2.DescribeSpotPriceHistory(r.ctx(), &ec2.DescribeSpotPriceHistoryInput{
		InstanceTypes: []types.InstanceType{"m7i.large"}, ProductDescriptions: []string{"Linux/UNIX"},
	})).SpotPriceHistory
	if len(prices) != 4 {
		t.Errorf("prices are %+v", prices)
	}
}

func TestDenied(t *testing.T) {
	r := newRig(t, sim.Options{Denied: []string{"ec2:RunInstances", "iam:PassRole", "ec2:CreateTags"}})
	_, err := r.ec2.RunInstances(r.ctx(), r.input(1))
	r.refused(err, "UnauthorizedOperation")
	for _, part := range []string{"not authorized to perform: ec2:RunInstances", "Encoded authorization failure message"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("message lacks %q: %v", part, err)
		}
	}
	_, err = r.ec2.CreateVpc(r.ctx(), &ec2.CreateVpcInput{CidrBlock: sdk.String("10.0.0.0/16"), TagSpecifications: []types.TagSpecification{
		{ResourceType: types.ResourceTypeVpc, Tags: []types.Tag{{Key: sdk.String("a"), Value: sdk.String("b")}}},
	}})
	r.refused(err, "UnauthorizedOperation")
}

func TestDryRunChangesNothing(t *testing.T) {
	r := newRig(t, sim.Options{})
	_, err := r.ec2.RunInstances(r.ctx(), r.input(1, func(in *ec2.RunInstancesInput) { in.DryRun = sdk.Bool(true) }))
	r.refused(err, "DryRunOperation")
	_, err = r.ec2.DescribeInstances(r.ctx(), &ec2.DescribeInstancesInput{DryRun: sdk.Bool(true)})
	r.refused(err, "DryRunOperation")
	r.empty()
}
