package aws_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/ecluster/ecluster/internal/sim"
)

// raw sends a signed request that no SDK would write, and returns the code of
// the answer; "" is success.
func (r *rig) raw(service, contentType, target, body string, change ...func(*http.Request)) (int, string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.ctx(), http.MethodPost, r.url+"/", strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	key, err := r.config.Credentials.Retrieve(context.Background())
	if err != nil {
		r.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(r.ctx(), key, req, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		r.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	res, err := r.config.HTTPClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatal(err)
	}
	if m := regexp.MustCompile(`<Code>(.*?)</Code>|"__type":"(.*?)"`).FindSubmatch(answer); m != nil {
		return res.StatusCode, string(m[1]) + string(m[2])
	}
	if res.StatusCode != http.StatusOK {
		r.Errorf("%d without a code: %s", res.StatusCode, answer)
	}
	return res.StatusCode, ""
}

const formType = "application/x-www-form-urlencoded"

// query sends the parameters of an EC2 request as they are.
func (r *rig) query(params ...string) (int, string) {
	r.Helper()
	form := url.Values{"Version": {"2016-11-15"}}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		form.Add(name, value)
	}
	return r.raw("ec2", formType, "", form.Encode())
}

func TestMalformedRequests(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.wild = true
	image := r.image("x86_64")
	run := func(more ...string) []string {
		return append([]string{"Action=RunInstances", "ImageId=" + image, "InstanceType=m7i.large", "MinCount=1", "MaxCount=1"}, more...)
	}
	tags := func(n int, f func(i int) (string, string)) []string {
		out := run("TagSpecification.1.ResourceType=instance")
		for i := 1; i <= n; i++ {
			key, value := f(i)
			out = append(out, fmt.Sprintf("TagSpecification.1.Tag.%d.Key=%s", i, key), fmt.Sprintf("TagSpecification.1.Tag.%d.Value=%s", i, value))
		}
		return out
	}
	group := *r.defaultGroup()
	authorize := func(more ...string) []string {
		return append([]string{"Action=AuthorizeSecurityGroupIngress", "GroupId=" + group}, more...)
	}
	tests := []struct {
		name   string
		params []string
		code   string
	}{
		{"no action", []string{"Foo=1"}, "MissingAction"},
		{"unknown action", []string{"Action=RunMachines"}, "InvalidAction"},
		{"action of the schema that is not simulated", []string{"Action=CreateFleet"}, "NotImplemented"},
		{"unknown parameter", run("Colour=red"), "UnknownParameter"},
		{"parameter in lower case", run("clientToken=x"), "UnknownParameter"},
		{"unknown parameter inside", run("Placement.Colour=red"), "UnknownParameter"},
		{"list in the way of the Query protocol proper", run("SecurityGroupId.member.1=sg-1"), "MalformedQueryString"},
		{"list under its plural", run("SecurityGroupIds.1=sg-1"), "UnknownParameter"},
		{"value for a structure", run("Placement=here"), "UnknownParameter"},
		{"value for a list", run("SecurityGroupId=sg-1"), "UnknownParameter"},
		{"structure for a value", run("KeyName.1=x"), "UnknownParameter"},
		{"indices with a gap", run("SecurityGroupId.1=sg-1", "SecurityGroupId.3=sg-2"), "MalformedQueryString"},
		{"indices from 0", run("SecurityGroupId.0=sg-1"), "MalformedQueryString"},
		{"parameter twice", run("MinCount=1"), "MalformedQueryString"},
		{"required parameter missing", []string{"Action=RunInstances", "ImageId=" + image, "MaxCount=1"}, "MissingParameter"},
		{"required parameter empty", []string{"Action=RunInstances", "ImageId=" + image, "MinCount=", "MaxCount=1"}, "MissingParameter"},
		{"no integer", []string{"Action=RunInstances", "ImageId=" + image, "MinCount=one", "MaxCount=1"}, "InvalidParameterValue"},
		{"integer too large", []string{"Action=RunInstances", "ImageId=" + image, "MinCount=1", "MaxCount=99999999999"}, "InvalidParameterValue"},
		{"no boolean", run("EbsOptimized=yes"), "InvalidParameterValue"},
		{"no time", []string{"Action=DescribeSpotPriceHistory", "StartTime=yesterday"}, "InvalidParameterValue"},
		{"not in the enumeration", run("InstanceInitiatedShutdownBehavior=explode"), "InvalidParameterValue"},
		{"min above max", []string{"Action=RunInstances", "ImageId=" + image, "InstanceType=m7i.large", "MinCount=3", "MaxCount=2"}, "InvalidParameterValue"},
		{"min of none", []string{"Action=RunInstances", "ImageId=" + image, "InstanceType=m7i.large", "MinCount=0", "MaxCount=2"}, "InvalidParameterValue"},
		{"no image", []string{"Action=RunInstances", "InstanceType=m7i.large", "MinCount=1", "MaxCount=1"}, "MissingParameter"},
		{"image id of another form", []string{"Action=RunInstances", "ImageId=debian-13", "MinCount=1", "MaxCount=1"}, "InvalidAMIID.Malformed"},
		{"image that does not exist", []string{"Action=RunInstances", "ImageId=ami-00000000000000000", "MinCount=1", "MaxCount=1"}, "InvalidAMIID.NotFound"},
		{"unknown machine type", []string{"Action=RunInstances", "ImageId=" + image, "InstanceType=m7i.tiny", "MinCount=1", "MaxCount=1"}, "InvalidParameterValue"},
		{"other architecture", []string{"Action=RunInstances", "ImageId=" + image, "InstanceType=m7g.large", "MinCount=1", "MaxCount=1"}, "InvalidParameterValue"},
		{"user data in plain text", run("UserData=#cloud-config"), "InvalidUserData.Malformed"},
		{"too much user data", run("UserData=" + base64.StdEncoding.EncodeToString(make([]byte, 16385))), "InvalidParameterValue"},
		{"token too long", run("ClientToken=" + strings.Repeat("x", 65)), "InvalidParameterValue"},
		{"token not ASCII", run("ClientToken=ü"), "InvalidParameterValue"},
		{"groups twice", run("SecurityGroupId.1="+group, "NetworkInterface.1.DeviceIndex=0"), "InvalidParameterCombination"},
		{"subnets twice", run("SubnetId=subnet-00000000000000000", "NetworkInterface.1.DeviceIndex=0"), "InvalidParameterCombination"},
		{"interface without index", run("NetworkInterface.1.AssociatePublicIpAddress=true"), "InvalidParameterValue"},
		{"EFA on a type without", run("NetworkInterface.1.DeviceIndex=0", "NetworkInterface.1.InterfaceType=efa"), "InvalidParameterCombination"},
		{"disk without size", run("BlockDeviceMapping.1.DeviceName=/dev/sdf", "BlockDeviceMapping.1.Ebs.VolumeType=gp3"), "MissingParameter"},
		{"disk smaller than the image", run("BlockDeviceMapping.1.DeviceName=/dev/xvda", "BlockDeviceMapping.1.Ebs.VolumeSize=2"), "InvalidBlockDeviceMapping"},
		{"disk twice", run("BlockDeviceMapping.1.DeviceName=/dev/xvda", "BlockDeviceMapping.1.Ebs.VolumeSize=9",
			"BlockDeviceMapping.2.DeviceName=/dev/xvda", "BlockDeviceMapping.2.Ebs.VolumeSize=9"), "InvalidBlockDeviceMapping"},
		{"throughput of gp2", run("BlockDeviceMapping.1.DeviceName=/dev/xvda", "BlockDeviceMapping.1.Ebs.VolumeType=gp2", "BlockDeviceMapping.1.Ebs.Throughput=500"), "InvalidParameterCombination"},
		{"spot price that is none", run("InstanceMarketOptions.MarketType=spot", "InstanceMarketOptions.SpotOptions.MaxPrice=cheap"), "InvalidParameterValue"},
		{"unknown placement group", run("Placement.GroupName=nowhere"), "InvalidPlacementGroup.Unknown"},
		{"instance profile by name and ARN", run("IamInstanceProfile.Name=x", "IamInstanceProfile.Arn=arn:aws:iam::123456789012:instance-profile/x"), "InvalidParameterCombination"},
		{"half of the CPU options", run("CpuOptions.CoreCount=1"), "InvalidParameterCombination"},
		{"hop limit of metadata", run("MetadataOptions.HttpPutResponseHopLimit=65"), "InvalidParameterValue"},
		{"tag key too long", tags(1, func(int) (string, string) { return strings.Repeat("k", 129), "" }), "InvalidParameterValue"},
		{"tag value too long", tags(1, func(int) (string, string) { return "k", strings.Repeat("v", 257) }), "InvalidParameterValue"},
		{"tag of AWS", tags(1, func(int) (string, string) { return "aws:mine", "" }), "InvalidParameterValue"},
		{"tag twice", tags(2, func(int) (string, string) { return "k", "v" }), "InvalidParameterValue"},
		{"too many tags", tags(51, func(i int) (string, string) { return fmt.Sprint("k", i), "v" }), "TagLimitExceeded"},
		{"tags for what is not made", run("TagSpecification.1.ResourceType=vpc", "TagSpecification.1.Tag.1.Key=a"), "InvalidParameterValue"},
		{"tags of an instance twice", append(tags(1, func(int) (string, string) { return "k", "v" }),
			"TagSpecification.2.ResourceType=instance", "TagSpecification.2.Tag.1.Key=b"), "InvalidParameterValue"},
		{"instance id of another form", []string{"Action=TerminateInstances", "InstanceId.1=compute001"}, "InvalidInstanceID.Malformed"},
		{"instance that does not exist", []string{"Action=TerminateInstances", "InstanceId.1=i-00000000000000000"}, "InvalidInstanceID.NotFound"},
		{"unknown filter", []string{"Action=DescribeInstances", "Filter.1.Name=colour", "Filter.1.Value.1=red"}, "InvalidParameterValue"},
		{"page too small", []string{"Action=DescribeInstances", "MaxResults=1"}, "InvalidParameterValue"},
		{"bad page token", []string{"Action=DescribeInstances", "NextToken=x"}, "InvalidPaginationToken"},
		{"ids and page", []string{"Action=DescribeImages", "ImageId.1=" + image, "MaxResults=5"}, "InvalidParameterCombination"},
		{"VPC too large", []string{"Action=CreateVpc", "CidrBlock=10.0.0.0/8"}, "InvalidVpc.Range"},
		{"VPC without network", []string{"Action=CreateVpc", "CidrBlock=ten"}, "InvalidParameterValue"},
		{"group with a bad name", []string{"Action=CreateSecurityGroup", "GroupName=sg-mine", "GroupDescription=x"}, "InvalidParameterValue"},
		{"group without description", []string{"Action=CreateSecurityGroup", "GroupName=mine"}, "MissingParameter"},
		{"rule without protocol", authorize("IpPermissions.1.FromPort=22", "IpPermissions.1.ToPort=22", "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"), "MissingParameter"},
		{"rule without ports", authorize("IpPermissions.1.IpProtocol=tcp", "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"), "InvalidParameterValue"},
		{"rule without peer", authorize("IpPermissions.1.IpProtocol=-1"), "InvalidParameterValue"},
		{"rule with a bad network", authorize("IpPermissions.1.IpProtocol=-1", "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0"), "InvalidParameterValue"},
		{"rule with no port", authorize("IpPermissions.1.IpProtocol=tcp", "IpPermissions.1.FromPort=22", "IpPermissions.1.ToPort=70000", "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"), "InvalidParameterValue"},
		{"tag without resource", []string{"Action=CreateTags", "Tag.1.Key=a"}, "MissingParameter"},
		{"tag on no id", []string{"Action=CreateTags", "ResourceId.1=compute001", "Tag.1.Key=a"}, "InvalidID"},
		{"key that is none", []string{"Action=ImportKeyPair", "KeyName=k", "PublicKeyMaterial=" + base64.StdEncoding.EncodeToString([]byte("secret"))}, "InvalidKey.Format"},
		{"too short an image name", []string{"Action=CreateImage", "InstanceId=i-00000000000000000", "Name=x"}, "InvalidAMIName.Malformed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := len(r.cloud.Log().Problems())
			if _, code := r.query(test.params...); code != test.code {
				t.Errorf("answered %q, want %s", code, test.code)
			}
			found := strings.HasSuffix(test.code, "NotFound") || strings.HasSuffix(test.code, "Unknown") || strings.HasSuffix(test.code, "Mapping") ||
				test.name == "EFA on a type without" || test.name == "unknown machine type" || test.name == "other architecture"
			if noted := len(r.cloud.Log().Problems()) > before; !noted && !found {
				t.Error("no problem is noted")
			}
		})
	}
	r.empty()
	if _, code := r.raw("ec2", formType, "", "Action=DescribeRegions&Version=2013-10-15"); code != "NoSuchVersion" {
		t.Errorf("another version is answered with %q", code)
	}
	if _, code := r.raw("ec2", "text/plain", "", "Action=DescribeRegions&Version=2016-11-15"); code != "MalformedQueryString" {
		t.Errorf("another type of content is answered with %q", code)
	}
}

func TestMalformedRequestsToOtherServices(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.wild = true
	const jsonType, quotas, prices = "application/x-amz-json-1.1", "ServiceQuotasV20190624.", "AWSPriceListService."
	for _, test := range []struct{ name, service, target, body, code string }{
		{"unknown operation", "servicequotas", quotas + "Foo", "{}", "UnknownOperationException"},
		{"unknown service", "servicequotas", "Foo.Bar", "{}", "UnknownOperationException"},
		{"no JSON", "servicequotas", quotas + "GetServiceQuota", "{", "IllegalArgumentException"},
		{"unknown field", "servicequotas", quotas + "GetServiceQuota", `{"ServiceCode":"ec2","QuotaCode":"L-1216C47A","Colour":1}`, "IllegalArgumentException"},
		{"required field missing", "servicequotas", quotas + "GetServiceQuota", `{"ServiceCode":"ec2"}`, "IllegalArgumentException"},
		{"wrong type", "servicequotas", quotas + "GetServiceQuota", `{"ServiceCode":"ec2","QuotaCode":7}`, "IllegalArgumentException"},
		{"bad pattern", "servicequotas", quotas + "GetServiceQuota", `{"ServiceCode":"ec2","QuotaCode":"1#"}`, "IllegalArgumentException"},
		{"too long a page", "servicequotas", quotas + "ListServiceQuotas", `{"ServiceCode":"ec2","MaxResults":101}`, "IllegalArgumentException"},
		{"unknown quota", "servicequotas", quotas + "GetServiceQuota", `{"ServiceCode":"ec2","QuotaCode":"L-00000000"}`, "NoSuchResourceException"},
		{"filter without a type", "pricing", prices + "GetProducts", `{"ServiceCode":"AmazonEC2","Filters":[{"Field":"location","Value":"x"}]}`, "InvalidParameterException"},
		{"filter of an unknown type", "pricing", prices + "GetProducts", `{"ServiceCode":"AmazonEC2","Filters":[{"Type":"LIKE","Field":"location","Value":"x"}]}`, "InvalidParameterException"},
		{"other service's key", "servicequotas", prices + "GetProducts", `{"ServiceCode":"AmazonEC2"}`, "InvalidSignatureException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, code := r.raw(test.service, jsonType, test.target, test.body); code != test.code {
				t.Errorf("answered %q, want %s", code, test.code)
			}
		})
	}
	for body, want := range map[string]string{
		"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/x":                                           "ValidationError",
		"Action=AssumeRole&Version=2011-06-15&RoleArn=x&RoleSessionName=session":                                                  "ValidationError",
		"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/x&RoleSessionName=session&DurationSeconds=1": "ValidationError",
		"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::999999999999:role/x&RoleSessionName=session":                   "AccessDenied",
		"Action=GetCallerIdentity&Version=2011-06-15&Foo=1":                                                                       "ValidationError",
	} {
		if _, code := r.raw("sts", formType, "", body); code != want {
			t.Errorf("%s: answered %q, want %s", body, code, want)
		}
	}
}

func TestBadSignatures(t *testing.T) {
	r := newRig(t, sim.Options{})
	const describe = "Action=DescribeRegions&Version=2016-11-15"
	for _, test := range []struct {
		name, code string
		status     int
		change     func(*http.Request)
	}{
		{"none", "MissingAuthenticationToken", 403, func(q *http.Request) { q.Header.Del("Authorization") }},
		{"another key", "AuthFailure", 401, func(q *http.Request) {
			q.Header.Set("Authorization", strings.Replace(q.Header.Get("Authorization"), "AKIAECLUSTER", "AKIASOMEBODY", 1))
		}},
		{"another body", "AuthFailure", 401, func(q *http.Request) {
			body := strings.Replace(describe, "Regions", "Volumes", 1)
			q.Body, q.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
		}},
		{"a session token too much", "AuthFailure", 401, func(q *http.Request) { q.Header.Set("X-Amz-Security-Token", "x") }},
		{"another region", "SignatureDoesNotMatch", 403, func(q *http.Request) {
			q.Header.Set("Authorization", strings.Replace(q.Header.Get("Authorization"), "us-east-1", "mars-east-1", 1))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, code := r.raw("ec2", formType, "", describe, test.change); code != test.code || status != test.status {
				t.Errorf("answered %d %s, want %d %s", status, code, test.status, test.code)
			}
		})
	}
}
