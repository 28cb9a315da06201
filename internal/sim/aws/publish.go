package aws

import (
	"fmt"
	"strings"
	"time"
)

// publish makes the public images. Of each there are two ages, and an old one
// that its owner has deprecated, for both architectures.
func (r *region) publish() {
	for _, p := range []struct {
		system, owner, alias, name string // %[1]s is the architecture, %[2]s the date
		arm                        string // the architecture's name in that of an ARM image; empty: there is none
		x86                        string
		root                       string
		sizeGB                     int
		date                       string // the layout of the date
	}{
		{"debian-12", "136693071363", "", "debian-12-%[1]s-%[2]s-1900", "arm64", "amd64", "/dev/xvda", 8, "20060102"},
		{"debian-13", "136693071363", "", "debian-13-%[1]s-%[2]s-2200", "arm64", "amd64", "/dev/xvda", 8, "20060102"},
		{"ubuntu-24.04", "099720109477", "", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-%[1]s-server-%[2]s", "arm64", "amd64", "/dev/sda1", 8, "20060102"},
		{"rocky-9", "792107900819", "", "Rocky-9-EC2-Base-9.6-%[2]s.0.%[1]s", "aarch64", "x86_64", "/dev/sda1", 10, "20060102"},
		{"ubuntu-24.04-gpu", "898082745236", "amazon", "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) %[2]s", "", "x86", "/dev/sda1", 75, "20060102"},
		{"ubuntu-24.04-gpu", "898082745236", "amazon", "Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) %[2]s", "arm64", "", "/dev/sda1", 75, "20060102"},
		{"amazon-linux-2023", "137112412989", "amazon", "al2023-ami-2023.9.%[2]s.0-kernel-6.12-%[1]s", "arm64", "x86_64", "/dev/xvda", 8, "20060102"},
	} {
		for age, date := range []time.Time{
			time.Date(2023, 5, 2, 7, 0, 0, 0, time.UTC), time.Date(2026, 2, 10, 7, 0, 0, 0, time.UTC), time.Date(2026, 9, 8, 7, 0, 0, 0, time.UTC),
		} {
			for _, arch := range []string{archX86, archARM} {
				word := p.x86
				if arch == archARM {
					word = p.arm
				}
				if word == "" {
					continue
				}
				name := p.name
				if strings.Contains(name, "%[1]s") {
					name = fmt.Sprintf(name, word, date.Format(p.date))
				} else {
					name = strings.ReplaceAll(name, "%[2]s", date.Format(p.date))
				}
				i := &image{
					thing: r.builtin("ami", "image"), name: name, description: p.system, owner: p.owner, alias: p.alias,
					arch: arch, system: p.system, state: available, public: true, created: date, root: p.root, sizeGB: p.sizeGB,
					snapshot: newID("snap"), deprecated: date.AddDate(2, 0, 0),
				}
				if age == 0 {
					i.deprecated = date.AddDate(1, 0, 0)
				}
				r.images.add(i)
			}
		}
	}
}
