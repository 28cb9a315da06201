package role_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sourced runs a line of shell after the parts of the runner that mount. The
// programs of the node that it may meet are shell functions before it.
func sourced(t *testing.T, fakes, line string) string {
	t.Helper()
	script := "set -eu\nPATH=testdata/bin:$PATH CHANGED='' EC_NODE=n1\n" +
		"die() { echo \"died: $*\"; exit 0; }\nnotice() { echo \"$*\"; }\n" +
		". agent/mounts.sh\n. agent/disks.sh\n" + fakes + "\n" + line
	cmd := exec.Command("sh", "-c", script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestNetworks: what a server is open to is never more than private.
func TestNetworks(t *testing.T) {
	for name, tc := range map[string]struct{ addresses, want string }{
		"docker":       {"2: eth0    inet 172.18.0.3/16 brd 172.18.255.255 scope global eth0", "172.18.0.0/16"},
		"uneven":       {"2: ens5    inet 10.0.37.201/20 scope global dynamic ens5", "10.0.32.0/20"},
		"google":       {"2: ens4    inet 10.128.0.2/32 scope global dynamic ens4", "10.0.0.0/8"},
		"public":       {"2: eth0    inet 198.51.100.7/24 scope global eth0", ""},
		"wider":        {"2: eth0    inet 192.168.5.9/8 scope global eth0", "192.168.0.0/16"},
		"its own nets": {"3: docker0    inet 172.17.0.1/16 scope global docker0\n2: eth0    inet 192.168.5.9/24 scope global eth0", "192.168.5.0/24"},
		"two": {
			"2: a    inet 10.0.2.15/24 scope global a\n3: b    inet 192.168.76.3/24 scope global b\n4: c    inet 192.168.76.4/24 scope global c",
			"10.0.2.0/24\n192.168.76.0/24",
		},
		"carrier": {"2: eth0    inet 100.100.3.4/32 scope global eth0", "100.64.0.0/10"},
		"none":    {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sourced(t, "ip() { printf '%s\\n' '"+tc.addresses+"'; }", "networks"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestFstab: one line a path, whatever stood there, and nothing else is touched.
func TestFstab(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fstab")
	fakes := `file_put() { cat >"` + path + `.new"; cmp -s "` + path + `.new" "` + path + `" || { mv "` + path + `.new" "` + path + `"; CHANGED=1; }; }
awk() { command awk "$1" "$2" "$3" "$4" "$5" "` + path + `"; }
printf '# comment\nUUID=1 / ext4 defaults 0 1\nold:/x /data nfs hard 0 0\n' >"` + path + `"`
	got := sourced(t, fakes, `fstab_line /data "new:/y /data nfs soft 0 0"; echo "$fstab_changed"
CHANGED=before; fstab_line /data "new:/y /data nfs soft 0 0"; echo "[$fstab_changed] $CHANGED"
fstab_line /scratch "LABEL=x /scratch xfs noatime 0 2"; fstab_line /data "new:/y /data nfs soft 0 0"; echo "[$fstab_changed]"
cat "`+path+`"; fstab_line /data ""; cat "`+path+`"`)
	want := `1
[] before
[]
# comment
UUID=1 / ext4 defaults 0 1
new:/y /data nfs soft 0 0
LABEL=x /scratch xfs noatime 0 2
# comment
UUID=1 / ext4 defaults 0 1
LABEL=x /scratch xfs noatime 0 2`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestMountDeserted: a mount whose program has ended is made anew; one that only
// does not answer is left alone.
func TestMountDeserted(t *testing.T) {
	for said, want := range map[string]string{
		"stat: cannot read file system information for '/data': Transport endpoint is not connected": "umount -l /data\nmkdir",
		"stat: cannot read file system information for '/data': Permission denied":                   "mkdir",
		"": "mkdir",
	} {
		fakes := `mounted() { true; }
timeout() { echo "` + said + `" >&2; }
umount() { echo umount "$@"; }
mkdir() { echo mkdir; exit; }`
		if got := sourced(t, fakes, "mount_now host:/x /data glusterfs defaults"); got != want {
			t.Errorf("%q: it does %q, want %q", said, got, want)
		}
	}
}

// machine is a node with a disk of each kind.
const machine = `is_device() { case $1 in *vanished) return 1 ;; esac; }
lsblk() {
  case $* in
    *TYPE,RO,SIZE) printf '%s\n' '/dev/fd0 disk 0 2000000000' '/dev/zram0 disk 0 4000000000' '/dev/sda disk 0 50000000000' \
      '/dev/sr0 rom 1 400000' '/dev/loop0 loop 0 5000000000' '/dev/nvme0n1 disk 0 375000000000' '/dev/nvme1n1 disk 0 375000000000' \
      '/dev/sdb disk 0 5000000000' '/dev/sdc disk 0 5000' '/dev/sdd disk 1 5000000000' '/dev/sde disk 0 5000000000' '/dev/vanished disk 0 5000000000' ;;
    *'-dnrpo NAME') printf '/dev/%s\n' fd0 zram0 sda sr0 loop0 nvme0n1 nvme1n1 sdb sdc sdd sde ;;
    *'NAME /dev/sda') printf '%s\n' sda sda1 ;;
    *' NAME '*) echo one ;;
    *'MOUNTPOINT /dev/sde') echo /mnt ;;
  esac
}
blkid() {
  case $* in
    *'TYPE /dev/sdb') echo ext4 ;;
    *) return 2 ;;
  esac
}`

// TestUnusedDisks: only disks without any content are taken.
func TestUnusedDisks(t *testing.T) {
	if got := sourced(t, machine, "disks_unused"); got != "/dev/nvme0n1\n/dev/nvme1n1" {
		t.Errorf("unused: %q", got)
	}
	if got := sourced(t, "export CONTAINER=1\n"+machine, "disks_unused"); got != "" {
		t.Errorf("a container takes its host's disks %q", got)
	}
	for disk, want := range map[string]string{
		"/dev/sdb": "died: /dev/sdb on n1 is not empty, it has ext4",
		"sda":      "died: /dev/sda on n1 is not empty, it has partitions",
		"sde":      "died: /dev/sde on n1 is not empty, it has a mounted file system",
		"vanished": "died: n1 has no disk /dev/vanished",
	} {
		if got := sourced(t, machine, "disk_mount main /scratch xfs true noatime "+disk); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", disk, got, want)
		}
	}
}

// TestCephDisks: Ceph takes the same disks as others do, and its own again.
func TestCephDisks(t *testing.T) {
	script, err := os.ReadFile("../../roles/cephfs-server/steps/store.sh")
	if err != nil {
		t.Fatal(err)
	}
	choice, _, found := strings.Cut(string(script), "\nstores=''")
	if !found {
		t.Fatal("store.sh has no such part any more")
	}
	dir := t.TempDir() // disks.sh is sourced already, and the machine after it
	for name, text := range map[string]string{"disks.sh": "", "_dev_sdb.uuid": "some"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	choice = strings.ReplaceAll(choice, "/var/lib/ceph/ecluster", dir)
	fakes := machine + "\nEC_DIR=" + dir + " EC_PARAM_SIZE=2G EC_PARAM_DISKS=auto\n"
	if got := sourced(t, fakes, choice+"\necho $places"); got != "/dev/nvme0n1 /dev/nvme1n1 /dev/sdb" {
		t.Errorf("it takes %q", got)
	}
	if got := sourced(t, "export CONTAINER=1\n"+fakes, strings.ReplaceAll(choice, dir, dir+"/none")); !strings.HasPrefix(got, "died: n1 has no unused disk") {
		t.Errorf("a container takes its host's disks: %q", got)
	}
}

// TestStripe: several disks become one, and a run that was cut goes on with it.
func TestStripe(t *testing.T) {
	fakes := machine + `
_ec_tools() { :; }
mdadm() { echo "mdadm $*"; }
udevadm() { :; }; systemctl() { :; }; mkdir() { :; }; fstab_line() { fstab_changed=1; echo "$2"; }; mounted() { return 1; }
mount() { echo "mount $*"; }
blkid() { case $* in *'TYPE /dev/md/ec-main') echo xfs ;; *'TYPE /dev/sdb') echo ext4 ;; *) return 2 ;; esac; }`
	got := sourced(t, fakes,
		`disk_mount main /scratch xfs true noatime auto`)
	for _, want := range []string{
		"mdadm --create /dev/md/ec-main --run --level=0 --raid-devices=2 --metadata=1.2 --name=ec-main --homehost=any /dev/nvme0n1 /dev/nvme1n1",
		"mkfs -q -L ec-main /dev/md/ec-main",
		"LABEL=ec-main /scratch xfs noatime 0 2",
		"mount /dev/md/ec-main /scratch -t xfs -o noatime",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not run %q but:\n%s", want, got)
		}
	}
}

func TestDiskLabel(t *testing.T) {
	for name, want := range map[string]string{"main": "ec-main", "data-raw1": "ec-data-raw1"} {
		if got := sourced(t, "", "disk_label "+name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	long := sourced(t, "", "disk_label data-of-the-group")
	if len(long) != 12 || long == sourced(t, "", "disk_label data-of-another") {
		t.Errorf("the label of a long name is %q", long)
	}
}
