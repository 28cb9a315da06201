package google

import (
	"context"
	"slices"
	"time"

	"github.com/ecluster/ecluster/internal/sim"
)

// vm is the machine behind a record of the collection "instances".
type vm struct {
	id        string // of the machine
	node      string
	kind      machineType
	cloudInit bool
	fate      *sim.Fate
	insert    *record // the operation that makes it
	deletion  *record // the one that deletes it

	made   bool // the machine was asked for
	life   int  // counts starts and halts: what was planned before is void
	booted bool // the machine has its address
	due    bool // it has had the time that booting takes
	queue  chan struct{}
	cancel context.CancelFunc // of the boot that goes on

	static  []string // addresses that are reserved for it
	run     []charge
	stocked string // "zone/type" that it has a place of
}

// isSpot reports whether an instance may be taken back.
func isSpot(o object) bool {
	old, _ := truth(o, "scheduling", "preemptible")
	return old || text(o, "scheduling", "provisioningModel") == "SPOT"
}

// insertInstance makes an instance.
func insertInstance(c *Cloud, r *request) (any, error) {
	o := r.body
	zone := r.params["zone"]
	name := text(o, "name")
	coll := collections["instances"]
	path := coll.path(Project, r.where(), name)
	if r.query.Get("sourceInstanceTemplate") != "" || r.query.Get("sourceMachineImage") != "" {
		return nil, unimplemented("instances made of templates or machine images")
	}
	if c.records["instances"][path] != nil {
		return nil, alreadyExists(path)
	}
	t, e := c.checkInstance(r, o, zone)
	if e != nil {
		return nil, e
	}
	if e := c.permitParts(o, zone, path); e != nil {
		return nil, e
	}
	disks, e := c.checkDisks(r, o, t)
	if e != nil {
		return nil, e
	}
	run, keep, world := c.instanceCharges(o, zone, t)
	all := slices.Concat(run, keep)
	for _, d := range disks {
		if d.make != nil {
			all = append(all, resourceCharges(collections["disks"], r.where(), d.make)...)
		}
	}
	if q := c.exceeded(all); q != nil {
		return nil, c.charge([]charge{*q})
	}
	rec := c.addInstance(r, o, name)
	v := rec.vm
	system := disks[0].system()
	v.kind, v.cloudInit = t, hasCloudInit(system)
	late := c.exceeded(world)
	v.run, rec.charges = slices.Concat(run, world), keep
	c.take(v.run)
	c.take(keep)
	c.attach(rec, disks)
	v.insert = c.begin(r, task{
		kind: "insert", target: rec, where: rec.where,
		end: func() *opError {
			e := c.provision(rec, text(system, "architecture"), late)
			if e != nil {
				c.dissolve(rec)
			}
			return e
		},
		abort: func() { c.dissolve(rec) },
	})
	return v.insert.obj, nil
}

func (c *Cloud) addInstance(r *request, o object, name string) *record {
	now := c.stamp()
	o["status"], o["cpuPlatform"] = "PROVISIONING", "Intel Ice Lake"
	o["startRestricted"] = false
	setDefault(o, "deletionProtection", false)
	setDefault(o, "canIpForward", false)
	o["labelFingerprint"] = fingerprint(o["labels"])
	for _, key := range []string{"metadata", "tags"} {
		part := child(o, key)
		part["fingerprint"] = fingerprint(part["items"])
	}
	metadata := child(o, "metadata")
	metadata["kind"] = "compute#metadata"
	o["fingerprint"] = fingerprint(now)
	rec := c.add(collections["instances"], Project, r.where(), name, o)
	node := nodeOf(o, name)
	rec.vm = &vm{id: "gce-" + text(o, "id"), node: node, fate: c.o.Script.Fate(node), static: staticIPs(o)}
	return rec
}

// attach makes the instance's own disks, and notes that it uses the others
// and its addresses.
func (c *Cloud) attach(rec *record, disks []attached) {
	for _, d := range disks {
		disk := d.disk
		if d.make != nil {
			charges := resourceCharges(collections["disks"], rec.where, d.make)
			disk = c.add(collections["disks"], Project, rec.where, d.name, d.make)
			disk.charges = charges
			disk.set(object{"status": "READY", "labelFingerprint": fingerprint(d.make["labels"]), "lastAttachTimestamp": c.stamp()})
			c.take(charges)
		}
		if disk != nil {
			disk.addUser(rec.url())
		}
	}
	for _, ip := range rec.vm.static {
		if address := c.reserved(regionOf(last(rec.where)), ip); address != nil {
			address.addUser(rec.url())
			address.set(object{"status": "IN_USE"})
		}
	}
}

// staticIPs are the addresses that a request asks for by themselves.
func staticIPs(o object) []string {
	var out []string
	for _, nic := range items(o, "networkInterfaces") {
		for _, access := range items(nic, "accessConfigs") {
			if ip := text(access, "natIP"); ip != "" {
				out = append(out, ip)
			}
		}
	}
	return out
}

// dissolve takes an instance away with all that goes with it. Its machine is
// somebody else's business.
func (c *Cloud) dissolve(rec *record) {
	c.unstock(rec.vm)
	c.release(rec.vm.run)
	rec.vm.run = nil
	for _, d := range items(rec.obj, "disks") {
		disk := c.refer("disks", rec.where, text(d, "source"))
		if disk == nil {
			continue
		}
		if auto, _ := truth(d, "autoDelete"); auto {
			c.remove(disk)
			continue
		}
		disk.dropUser(rec.url())
		disk.set(object{"lastDetachTimestamp": c.stamp()})
	}
	for _, ip := range rec.vm.static {
		if address := c.reserved(regionOf(last(rec.where)), ip); address != nil {
			address.dropUser(rec.url())
			address.set(object{"status": "RESERVED"})
		}
	}
	c.remove(rec)
}

// runLimit is for how long an instance may run; 0 is for ever.
func runLimit(o object) time.Duration {
	seconds, _ := number(o, "scheduling", "maxRunDuration", "seconds")
	return time.Duration(seconds) * time.Second
}

// setNICs changes the addresses of an instance's first interface; "" takes
// the public one away.
func setNICs(o object, address sim.Address, static bool) []any {
	out := slices.Clone(items(o, "networkInterfaces"))
	if len(out) == 0 {
		return out
	}
	nic, _ := out[0].(object)
	nic = with(nic, nil)
	if address.PrivateIP != "" {
		nic["networkIP"] = address.PrivateIP
	}
	var configs []any
	for _, v := range items(nic, "accessConfigs") {
		access, _ := v.(object)
		access = with(access, nil)
		if !static {
			delete(access, "natIP")
			if address.PublicIP != "" {
				access["natIP"] = address.PublicIP
			}
		}
		configs = append(configs, access)
	}
	if configs != nil {
		nic["accessConfigs"] = configs
	}
	out[0] = nic
	return out
}
