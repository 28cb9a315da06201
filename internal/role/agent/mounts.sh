# shellcheck shell=sh disable=SC2016,SC2034 # inner scripts have variables of their own; steps read what is set here
# Mounting, for the steps of shares and disks, which source it:
#   . "$EC_DIR/mounts.sh"
# Everything that is mounted stands in /etc/fstab, so that it is there again
# after a reboot, and is mounted by systemd, so that no file system in user
# space ends with our session.

# mounted PATH is true when something is mounted there, and sets mount_source,
# mount_type and mount_options. It looks at the kernel's list only: the path
# itself may hang.
mounted() {
  _ec_mount=$(awk -v path="$1" '
    $5 == path { for (i = 7; $i != "-"; i++); found = $(i + 2) " " $(i + 1) " " $6 "," $(i + 3) }
    END { print found }' /proc/self/mountinfo)
  mount_source='' mount_type='' mount_options=''
  [ -n "$_ec_mount" ] || return 1
  read -r mount_source mount_type mount_options <<END
$_ec_mount
END
}

# fstab_line PATH LINE makes LINE the entry of PATH; an empty one removes it.
# The line keeps its place. It sets CHANGED, and fstab_changed, when that changed
# the file.
fstab_line() {
  [ -e /etc/fstab ] || : >/etc/fstab
  _ec_fstab=$(awk -v path="$1" -v line="$2" '
    function put() { if (line != "" && !done++) print line }
    $1 !~ /^#/ && $2 == path { put(); next }
    { print }
    END { put() }' /etc/fstab)
  _ec_before=$CHANGED CHANGED=''
  file_put /etc/fstab 0644 root:root <<END
$_ec_fstab
END
  fstab_changed=$CHANGED CHANGED=$_ec_before$CHANGED
}

# mount_now SOURCE PATH TYPE OPTIONS puts the entry into fstab and mounts it. It
# sets CHANGED when it did anything. What was mounted with other options is
# mounted anew, unless it is in use, and so is what nobody serves any more.
mount_now() {
  if mounted "$2" && deserted "$2"; then
    umount -l "$2" || die "can't unmount $2 on $EC_NODE, whose file system has ended"
  fi
  mkdir -p "$2" || die "can't make $2"
  fstab_line "$2" "$1 $2 $3 $4 0 0"
  if mounted "$2"; then
    case $3 in "$mount_type" | "${mount_type%4}" | "${mount_type#fuse.}") ;; *)
      die "$2 is taken on $EC_NODE: $mount_source ($mount_type) is mounted there; choose another path, or unmount it"
      ;;
    esac
    [ -n "$fstab_changed" ] || return 0
    if ! timeout 60 umount "$2"; then
      notice warning "$2 is in use on $EC_NODE and stays mounted as it was; the new options hold after its next mount"
      systemctl daemon-reload
      return 0
    fi
  fi
  CHANGED=1
  systemctl daemon-reload
  _ec_unit=$(systemd-escape --path --suffix=mount "$2")
  systemctl reset-failed "$_ec_unit" 2>/dev/null || :
  _ec_began=$(date '+%Y-%m-%d %H:%M:%S')
  systemctl start "$_ec_unit" || _ec_mount_failed "$@"
  mounted "$2" || _ec_mount_failed "$@"
}

_ec_mount_failed() {
  _ec_why=$(journalctl --no-pager --output=cat --since="$_ec_began" --unit="$_ec_unit" |
    grep -vE '^(Mounting|Mounted|Failed to mount|See |Starting)|Mount process exited|Failed with result|systemd\[' |
    grep -v '^ *$' | tail -n 3 | paste -sd ' ' | cut -c 1-300)
  die "can't mount $1 on $2: ${_ec_why:-the mount ended without a message; see journalctl -u $_ec_unit on $EC_NODE}"
}

# unmount PATH undoes mount_now. What is still in use goes when nobody uses it
# any more: the node is about to be deleted.
unmount() {
  fstab_line "$1" ''
  mounted "$1" || return 0
  timeout 20 umount "$1" || umount -l "$1" || die "can't unmount $1 on $EC_NODE"
}

# deserted PATH is true when the program behind a mount in user space has ended,
# as that of a volume whose servers were elsewhere when the node booted.
deserted() { timeout 20 stat -f "$1" 2>&1 >/dev/null | grep -qF 'endpoint is not connected'; }

# answers PATH is true when the file system of a mount does, within 20 seconds.
answers() { timeout 20 stat -f "$1" >/dev/null; }

# writable PATH is true when root can write there.
writable() {
  timeout 20 sh -c ': >"$1" && rm -f "$1"' - "$1/.ecluster-probe.$EC_NODE" 2>/dev/null
}

# new_share FOLDER PATH makes the folder that is shared as PATH, unless it is
# there. /home belongs to root; elsewhere everybody may write, as in /tmp.
new_share() {
  [ ! -d "$1" ] || return 0
  case $2 in /home) install -d -m 0755 "$1" ;; *) install -d -m 1777 "$1" ;; esac || die "can't make $1 on $EC_NODE"
  CHANGED=1
}

# reachable HOST PORT is true when something listens there.
reachable() { timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" "$2"; }

# networks prints the networks by which the nodes of the cluster reach this
# one, one a line. A cloud that gives out single addresses does not tell how
# large its network is: the private range then stands for it, and the cloud's
# firewall keeps the others out.
networks() {
  ip -4 -o addr show up scope global | awk '
    function net(ip, bits,   a, n, size) {
      split(ip, a, ".")
      n = ((a[1] * 256 + a[2]) * 256 + a[3]) * 256 + a[4]
      size = 2 ^ (32 - bits)
      n -= n % size
      return int(n / 16777216) "." int(n / 65536) % 256 "." int(n / 256) % 256 "." n % 256 "/" bits
    }
    $2 ~ /^(docker|br-|veth|virbr|cni|podman|flannel|cali)/ { next }
    {
      split($4, p, "/"); split(p[1], a, "."); least = 0
      if (a[1] == 10) least = 8
      else if (a[1] == 172 && a[2] >= 16 && a[2] < 32) least = 12
      else if (a[1] == 192 && a[2] == 168) least = 16
      else if (a[1] == 100 && a[2] >= 64 && a[2] < 128) least = 10
      else next
      bits = p[2] == "" || p[2] == 32 || p[2] < least ? least : p[2]
      if (!seen[net(p[1], bits)]++) print net(p[1], bits)
    }'
}
