package migrate

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

type awsCloud struct{}

func (awsCloud) kind() string  { return "aws" }
func (awsCloud) aliases() bool { return true }

func (awsCloud) provider(w *clusterWriter, b *body) {
	_, name, _ := w.source.split()
	b.comment("Credentials: as the aws command (aws configure, aws sso login, AWS_ACCESS_KEY_ID and")
	b.comment("AWS_SECRET_ACCESS_KEY). For other ones than usual, put them into a profile:")
	b.comment("  profile = " + strconv.Quote(identifier(name)) + " # after: aws configure --profile " + identifier(name))
	w.credentials("it belongs into ~/.aws/credentials (aws configure), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "ec2_access_key", "ec2_secret_key")
	w.take(b, "ec2_region", "region")
	if o := w.source.find("ec2_url"); o != nil {
		switch v := w.settled(o); {
		case strings.Contains(v, ".amazonaws.com"):
			w.note("", o, Unneeded, "it follows from the region")
		default:
			b.attr("endpoint", w.expression(o))
		}
	}
	if o := w.source.find("vpc"); o != nil {
		if strings.HasPrefix(w.settled(o), "vpc-") {
			b.attr("vpc", w.expression(o))
		} else {
			w.note("", o, Todo, "a VPC is named by its id: vpc = \"vpc-...\" (aws ec2 describe-vpcs)")
		}
	}
	w.network(b, "subnet")
	if o := w.source.find("request_floating_ip"); o != nil {
		w.note("", o, Unneeded, "nodes have public addresses unless the provider block says public_address = false")
	}
}

// network writes the one network of network_ids into the provider block.
func (w *clusterWriter) network(b *body, name string) {
	chosen := ""
	for _, g := range w.groups {
		o := w.option(g, "network_ids")
		if o == nil {
			continue
		}
		ids := words(w.value(o))
		if len(ids) == 0 {
			continue
		}
		if chosen == "" {
			chosen = ids[0]
			b.attr(name, text(chosen))
		}
		if len(ids) > 1 || ids[0] != chosen {
			w.note(w.name, o, Changed, "the nodes of a cluster are in one network, here %s", printable(chosen))
		}
	}
}

func (awsCloud) image(_ *clusterWriter, _ *option, value string) hclwrite.Tokens { return text(value) }

func (awsCloud) node(w *clusterWriter, g *group, b *body) {
	price := w.option(g, "price")
	if price == nil {
		price = w.source.find("price")
	}
	if price != nil {
		if p, err := strconv.ParseFloat(w.settled(price), 64); err != nil || p < 0 {
			w.note(w.name, price, Dropped, "not a price")
		} else if p > 0 {
			w.spot(g, price, b)
			if g != w.frontend {
				b.noted("max_price", plain(cty.NumberFloatVal(p)), "US dollars an hour")
			}
		}
	}
	for _, o := range []*option{w.option(g, "timeout"), w.source.find("timeout")} {
		if o != nil {
			w.note(w.name, o, Unneeded, "where there is no spot machine at once, the next zone or machine_types is tried")
		}
	}
	if o := w.source.find("instance_profile"); o != nil {
		b.attr("instance_profile", w.expression(o))
	}
	if o := w.option(g, "placement_group"); o != nil {
		w.note(w.name, o, Changed, "the cluster makes a placement group of its own")
		b.attr("placement", str("cluster"))
	}
	w.bootDisk(g, b, "boot_disk_type")
	w.droppedOf(g, "the device is that of the image", "boot_disk_device")
	w.droppedOf(g, "volumes of io1 get 50 IOPS for each GB, up to 3,000", "boot_disk_iops")
	if o := w.option(g, "request_floating_ip"); o != nil {
		w.note(w.name, o, Unneeded, "nodes have public addresses unless the provider block says public_address = false")
	}
}
