package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ecluster/ecluster/internal/cluster"
	"github.com/ecluster/ecluster/providers"
)

// undoTime bounds what must be finished although the caller has left.
const undoTime = 30 * time.Second

// Launch implements providers.Driver. A repeated request finds what the first
// one made, and finishes what it left half done.
func (d *Driver) Launch(ctx context.Context, req providers.LaunchRequest) ([]providers.LaunchResult, error) {
	if err := requireID("launch", req.ID); err != nil {
		return nil, err
	}
	results := make([]providers.LaunchResult, len(req.Nodes))
	var wg sync.WaitGroup
	for i, n := range req.Nodes {
		wg.Go(func() {
			id, err := d.launchNode(ctx, req, n)
			results[i] = providers.LaunchResult{Node: n.Name, Instance: id, Err: fail(ctx, "launch", n.Name, err)}
		})
	}
	wg.Wait()
	return results, nil
}

func (d *Driver) launchNode(ctx context.Context, req providers.LaunchRequest, n providers.NodeRequest) (cluster.InstanceID, error) {
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err := d.checkPath(req.ID, n.Name); err != nil {
		return "", err
	}
	img, err := d.image(n.Image)
	if err != nil {
		return "", err
	}
	accel, err := d.accelerator(ctx, img)
	if err != nil {
		return "", err
	}
	p := d.place(req.ID)
	m, lock, err := d.reserve(ctx, p, req, n, accel)
	if err != nil || lock == nil {
		return m.instance(), err
	}
	defer lock.Close()
	err = d.furnish(ctx, m, img, sizeOf(n.Group), req)
	if err == nil {
		err = d.boot(ctx, p, m, img, lock)
	}
	if err == nil {
		return m.instance(), nil
	}
	undo, cancel := background(ctx, undoTime)
	defer cancel()
	lock.Close()
	if undoErr := d.destroy(undo, p, m); undoErr != nil {
		err = fmt.Errorf("%w (and what was made of it could not be removed: %w)", err, undoErr)
	}
	return "", err
}

// reserve decides about the machine of a node: its address and its port. There
// is no lock when the machine was launched before.
func (d *Driver) reserve(ctx context.Context, p place, req providers.LaunchRequest, n providers.NodeRequest, accel string) (machine, *os.File, error) {
	unlock, err := p.lock(ctx)
	if err != nil {
		return machine{}, nil, err
	}
	defer unlock()
	if err := p.network().ensure(ctx, d.emulator, p); err != nil {
		return machine{}, nil, fmt.Errorf("start the network of the cluster: %w", err)
	}
	all, err := p.machines()
	if err != nil {
		return machine{}, nil, err
	}
	if i := slices.IndexFunc(all, func(m machine) bool { return m.Node == n.Name }); i >= 0 {
		lock, err := takeOver(ctx, all[i], req.Token)
		return all[i], lock, err
	}
	want := sizeOf(n.Group)
	r := record{
		Node: n.Name, Group: n.Group.Name, Attempt: req.Token, CPUs: want.cpus, Memory: want.memory,
		Disks: len(want.disks), Image: n.Image, Accel: accel, Created: time.Now().UTC(),
	}
	if r.Address, err = freeAddress(all); err != nil {
		return machine{}, nil, err
	}
	if r.Port, err = freePort(); err != nil {
		return machine{}, nil, err
	}
	m, err := p.add(r)
	if err != nil {
		return machine{}, nil, err
	}
	lock, err := m.acquire(ctx)
	return m, lock, err
}

// takeOver looks at a machine that is there already.
func takeOver(ctx context.Context, m machine, token string) (*os.File, error) {
	if m.Attempt != token {
		return nil, &providers.Error{
			Op: "launch", Node: m.Node, Kind: providers.Conflict,
			Err: fmt.Errorf("a machine of this name exists in %s and belongs to another launch", m.dir),
		}
	}
	switch alive, err := m.alive(); {
	case err != nil:
		return nil, err
	case alive && !m.started():
		return nil, errBusy
	case alive || m.ran():
		return nil, nil
	}
	return m.acquire(ctx)
}

// ran reports whether the machine was ever switched on.
func (m machine) ran() bool { return exists(m.path("console")) }

// furnish gives the machine its disks and what it is told at its first boot.
func (d *Driver) furnish(ctx context.Context, m machine, img image, want size, req providers.LaunchRequest) error {
	if err := writeSeed(m, req); err != nil {
		return err
	}
	gb := max(want.diskGB, img.leastGB())
	if err := makeDisk(ctx, m.path("disk.qcow2"), gb, "-F", img.format, "-b", img.disk); err != nil {
		return err
	}
	for i, gb := range want.disks {
		if err := makeDisk(ctx, m.disk(i), gb); err != nil {
			return err
		}
	}
	return nil
}

// disk is the file of a further disk, counted from 0.
func (m machine) disk(i int) string { return m.path(fmt.Sprintf("disk%d.qcow2", i+1)) }

func makeDisk(ctx context.Context, path string, gb int, options ...string) error {
	args := append([]string{"create", "-q", "-f", "qcow2"}, options...)
	out, err := exec.CommandContext(ctx, "qemu-img", append(args, path, fmt.Sprintf("%dG", gb))...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make disk %s: %w: %s", filepath.Base(path), err, lastLine(string(out)))
	}
	return nil
}

// boot switches the machine on; lock is its own.
func (d *Driver) boot(ctx context.Context, p place, m machine, img image, lock *os.File) error {
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	err = p.network().ensure(ctx, d.emulator, p)
	if err == nil {
		err = p.network().attach(ctx, m)
	}
	unlock()
	if err != nil {
		return fmt.Errorf("join the network of the cluster: %w", err)
	}
	return m.start(ctx, lock, d.emulator, m.arguments(p, img)...)
}

// arguments describe the machine to QEMU.
func (m machine) arguments(p place, img image) []string {
	args := append(accelArguments(m.Accel),
		"-name", "ecluster-"+string(p.id)+"-"+string(m.Node),
		"-smp", fmt.Sprint(m.CPUs), "-m", fmt.Sprintf("%dM", int64(m.Memory/cluster.MiB)),
		"-device", "virtio-rng-pci",
		"-chardev", "file,id=console,append=on,path="+comma(m.path("console")), "-serial", "chardev:console",
		// eth0 and eth1.
		"-netdev", fmt.Sprintf("user,id=outside,ipv6=off,net=%s,host=%s,dns=%s,hostfwd=tcp:127.0.0.1:%d-%s:22", outside, gateway, resolver, m.Port, m.Address),
		"-device", "virtio-net-pci,netdev=outside,romfile=,mac="+m.macOutside(),
		"-netdev", "stream,id=inside,server=off,addr.type=unix,addr.path="+comma(m.path("link")),
		"-device", "virtio-net-pci,netdev=inside,romfile=,mac="+m.macInside(),
	)
	if img.kernel != "" {
		args = append(args, "-kernel", img.kernel, "-initrd", img.initrd, "-append", m.kernelLine())
	}
	disks := []string{m.path("disk.qcow2")}
	for i := range m.Disks {
		disks = append(disks, m.disk(i))
	}
	for i, path := range disks {
		args = append(args,
			"-drive", fmt.Sprintf("if=none,id=disk%d,format=qcow2,cache=unsafe,discard=unmap,file=%s", i, comma(path)),
			"-device", fmt.Sprintf("virtio-blk-pci,drive=disk%d,serial=disk%[1]d", i))
	}
	// Last, so that it has the last letter.
	return append(args,
		"-blockdev", "driver=vvfat,node-name=seed,read-only=on,label=cidata,dir="+comma(m.path("seed")),
		"-device", "virtio-blk-pci,drive=seed,serial=seed")
}

// kernelLine is the command line of the kernel of images that are built here:
// such an image learns its address from it. A machine whose kernel panics
// starts again, as others do. An emulated one does without what only costs time
// there.
func (m machine) kernelLine() string {
	line := fmt.Sprintf("root=/dev/vda ro console=ttyS0 panic=10 ds=nocloud net.ifnames=0 systemd.ssh_auto=no ecluster.address=%s/%d",
		m.Address, subnet.Bits())
	if m.Accel == accelTCG {
		line += " mitigations=off cryptomgr.notests"
	}
	return line
}

// background detaches work that must be finished from a context that may have
// ended, for at most the given time.
func background(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}

// checkPath finds out before anything is made that a socket's path would be
// too long for the operating system.
func (d *Driver) checkPath(id cluster.ID, n cluster.NodeName) error {
	if len(filepath.Join(d.place(id).folder(n), "link")) > maxSocketPath {
		return &providers.Error{Op: "launch", Node: n, Kind: providers.Invalid, Err: errors.New(d.pathTooLong())}
	}
	return nil
}

const maxSocketPath = 107

func (d *Driver) pathTooLong() string {
	return fmt.Sprintf("the folder of the machines, %s, has too long a name for the sockets in it; set dir of the provider to a shorter one", d.dir)
}
