package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// limit is one limit of vCPUs that an account has in a region.
type limit struct {
	code string // of Service Quotas
	name string // as the console shows it
}

// limitOf is the limit that machines of a type count towards; false when EC2
// has none for them.
func limitOf(machineType string, spot bool) (limit, bool) {
	f := familyOf(machineType)
	switch {
	case spot && f.spot == "":
		return limit{}, false
	case spot:
		return limit{f.spot, "All " + cmp.Or(f.spotWords, f.words) + " Spot Instance Requests"}, true
	}
	return limit{f.demand, "Running On-Demand " + f.words + " instances"}, true
}

// family is a class of machine types with limits of its own.
type family struct {
	words        string // in the names of its limits
	demand, spot string // codes of Service Quotas; no spot where none is sold
	spotWords    string // where the limits on demand and of spot have different names
}

// familyOf tells the class by the letters before the generation: "g5.xlarge"
// is of the class g, "inf2.xlarge" of the class inf.
func familyOf(machineType string) family {
	name, _, _ := strings.Cut(machineType, ".")
	letters := name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz"))]
	switch letters {
	case "g", "gr", "vt":
		return family{"G and VT", "L-DB2E81BA", "L-3819A6DF", ""}
	case "p":
		if strings.HasPrefix(name, "p5") {
			return family{"P", "L-417A185B", "L-C4BD4855", "P5"}
		}
		return family{"P", "L-417A185B", "L-7212CCBC", "P4, P3 and P2"}
	case "f":
		return family{"F", "L-74FC7D96", "L-88CF9481", ""}
	case "x":
		return family{"X", "L-7295265B", "L-E3A00192", ""}
	case "inf":
		return family{"Inf", "L-1945791B", "L-B5D1601B", ""}
	case "trn":
		return family{"Trn", "L-2C3B7624", "L-6B0D517C", ""}
	case "dl":
		return family{"DL", "L-6E869C2A", "L-85EED4F7", ""}
	case "hpc":
		return family{"HPC", "L-F7808C92", "", ""}
	case "u":
		return family{"High Memory", "L-43DA4232", "", ""}
	}
	return family{"Standard (A, C, D, H, I, M, R, T, Z)", "L-1216C47A", "L-34B43A08", ""}
}

// quotas compares what the whole request needs with what is left of each
// limit. Machines of other places than the first are not counted.
func (c *checker) quotas(ctx context.Context) error {
	need := map[limit]int{}
	group := map[limit]cluster.GroupName{} // the one that needs most of it
	most := map[limit]int{}
	var order []limit
	for _, n := range c.nodes {
		l, has := limitOf(n.Group.MachineType, n.Group.Spot)
		v := vCPUs(c.infos[n.Group.MachineType]) * c.groups[n.Group.Name]
		if !has || v == 0 {
			continue
		}
		if need[l] == 0 {
			order = append(order, l)
		}
		need[l] += v
		if v > most[l] {
			most[l], group[l] = v, n.Group.Name
		}
	}
	if len(order) == 0 {
		return nil
	}
	var used map[limit]int
	for _, l := range order {
		out, err := c.d.quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("ec2"), QuotaCode: aws.String(l.code)})
		if err != nil {
			k, f := kindOf(err), parse(err)
			if ctx.Err() != nil || k == providers.Throttled || signatureCodes[f.code] && c.d.skew(f.date) != 0 {
				return err
			}
			c.add(false, "", "", fmt.Sprintf("can't tell whether the limits of the account are enough: %v", f),
				fmt.Sprintf("Allow servicequotas:GetServiceQuota to have it checked, or look whether %q has room for %d vCPUs.", l.name, need[l]))
			return nil
		}
		if out.Quota == nil || out.Quota.Value == nil {
			continue
		}
		if used == nil {
			if used, err = c.d.used(ctx); err != nil {
				return err
			}
		}
		most := int(*out.Quota.Value)
		if left := max(0, most-used[l]); need[l] > left {
			c.add(true, group[l], "count",
				fmt.Sprintf("the nodes need %d vCPUs of %q, and %d are left: the limit is %d and %d are in use", need[l], l.name, left, most, used[l]),
				fmt.Sprintf("Ask for more at https://%[1]s.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/%[2]s (code %[2]s, region %[1]s), or lower count or machine_type.", c.d.s.region, l.code))
		}
	}
	return nil
}

// used sums the vCPUs that all machines of the account in the region take.
func (d *Driver) used(ctx context.Context) (map[limit]int, error) {
	running, err := d.instancesBy(ctx, filter("instance-state-name", "pending", "running"))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(running))
	for _, i := range running {
		names = append(names, string(i.InstanceType))
	}
	slices.SortFunc(names, cmp.Compare)
	infos, err := d.learnTypes(ctx, slices.Compact(names))
	if err != nil {
		return nil, err
	}
	out := map[limit]int{}
	for _, i := range running {
		name := string(i.InstanceType)
		if l, has := limitOf(name, i.InstanceLifecycle == types.InstanceLifecycleTypeSpot); has {
			out[l] += vCPUs(infos[name])
		}
	}
	return out, nil
}
