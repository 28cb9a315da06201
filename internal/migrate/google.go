package migrate

import (
	"path"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

type googleCloud struct{}

func (googleCloud) kind() string  { return "google" }
func (googleCloud) aliases() bool { return true }

func (googleCloud) provider(w *clusterWriter, b *body) {
	b.comment("Credentials: gcloud auth application-default login")
	w.credentials("Google's own login takes its place: gcloud auth application-default login", "gce_client_id", "gce_client_secret")
	w.dropped(w.source, "Google's own login opens the browser by itself", "noauth_local_webserver")
	w.take(b, "gce_project_id", "project")
	if o := w.source.find("zone"); o != nil {
		b.attr("zone", w.expression(o))
	} else {
		b.noted("zone", str("us-central1-a"), "ElastiCluster's default")
	}
	if o := w.source.find("network"); o != nil {
		if w.settled(o) == "default" {
			w.note("", o, Changed, "the cluster makes a network of its own; the network \"default\" lets the whole world reach port 22. To keep it: network = \"default\"")
		} else {
			b.attr("network", w.expression(o))
		}
	}
}

// imageProjects are where Google's own images are, by the beginnings of their names.
var imageProjects = map[string]string{
	"debian-": "debian-cloud", "ubuntu-": "ubuntu-os-cloud", "rocky-": "rocky-linux-cloud", "rhel-": "rhel-cloud", "almalinux-": "almalinux-cloud",
}

func (googleCloud) image(_ *clusterWriter, _ *option, value string) hclwrite.Tokens {
	if _, p, is := strings.Cut(value, "/projects/"); is && strings.Contains(value, "://") {
		return text("projects/" + p)
	}
	for prefix, project := range imageProjects {
		if strings.HasPrefix(value, prefix) && !strings.Contains(value, "/") {
			return text("projects/" + project + "/global/images/" + value)
		}
	}
	return text(value)
}

func (c googleCloud) node(w *clusterWriter, g *group, b *body) {
	if o := w.option(g, "scheduling"); o != nil {
		switch v := w.settled(o); v {
		case "preemptible":
			w.spot(g, o, b)
		case "":
		default:
			w.note(w.name, o, Dropped, "ElastiCluster knows scheduling=preemptible only")
		}
	}
	if o := w.option(g, "min_cpu_platform"); o != nil {
		b.attr("min_cpu_platform", w.expression(o))
	}
	if o := w.option(g, "tags"); o != nil {
		b.attr("tags", list(words(w.settled(o))))
	}
	if o := w.option(g, "allow_project_ssh_keys"); o != nil {
		w.note(w.name, o, Unneeded, "the project's own SSH keys are always off on the nodes")
	}
	ssds := c.amount(w, g, "local_ssd_count")
	if ssds > 0 {
		b.attr("local_ssd", integer(ssds))
	}
	w.bootDisk(g, b, "boot_disk_type")
	c.gpu(w, g, b)
	if ssds > 0 {
		b.block("scratch").attr("path", str("/srv/google-local-ssd"))
	}
	w.droppedOf(g, "local SSDs are attached by NVMe", "local_ssd_interface")
	w.droppedOf(g, "networks belong to the provider block", "network_ids")
}

// What most examples of ElastiCluster's time ask for is gone since 2024.
const (
	gpuRetired = "nvidia-tesla-k80"
	gpuInstead = "nvidia-tesla-t4"
)

func (googleCloud) gpu(w *clusterWriter, g *group, b *body) {
	n := googleCloud{}.amount(w, g, "accelerator_count")
	kind := w.option(g, "accelerator_type")
	switch {
	case kind == nil && n == 0:
	case kind == nil:
		w.note(w.name, w.option(g, "accelerator_count"), Todo, "no accelerator_type says what they are: gpu { type = \"nvidia-tesla-t4\" }")
	case n == 0:
		w.note(w.name, kind, Unneeded, "accelerator_count is 0")
	default:
		in := b.block("gpu")
		gpu := path.Base(w.value(kind))
		if gpu == gpuRetired {
			w.note(w.name, kind, Changed, "Google retired the K80; the T4 takes its place")
			gpu = gpuInstead
		}
		in.attr("type", text(gpu))
		in.attr("count", integer(n))
	}
}

// amount is an option that is a number, or 0.
func (googleCloud) amount(w *clusterWriter, g *group, key string) int {
	o := w.option(g, key)
	if o == nil {
		return 0
	}
	n, err := strconv.Atoi(w.settled(o))
	if err != nil || n < 0 {
		w.note(w.name, o, Dropped, "not a number")
		return 0
	}
	return n
}
