# shellcheck shell=sh
# A file system on local disks, for the steps that source it after mounts.sh.
# Only disks without any content are taken, and disks that carry our label. The
# tools for it come when a node has disks to use.

# disk_label NAME is a label that ext4 and xfs both take.
disk_label() {
  if [ "${#1}" -le 9 ]; then
    echo "ec-$1"
  else
    echo "ec-$(printf %s "$1" | cksum | awk '{ printf "%09d", $1 % 1000000000 }')"
  fi
}

# disks_unused prints the unused local disks. One is unused when it has
# no partition, no file system or other signature, and nobody holds it. A
# container sees the disks of its host, and has none of its own.
disks_unused() {
  ! systemd-detect-virt -qc || return 0
  lsblk -dnrbpo NAME,TYPE,RO,SIZE | while read -r _ec_name _ec_type _ec_ro _ec_size; do
    case $_ec_name in /dev/fd* | /dev/zram* | /dev/ram* | /dev/nbd*) continue ;; esac
    is_device "$_ec_name" && [ "$_ec_type" = disk ] && [ "$_ec_ro" = 0 ] && [ "$_ec_size" -ge 1000000000 ] || continue
    disk_content "$_ec_name" && [ -z "$content" ] && echo "$_ec_name"
  done || :
}

is_device() { [ -b "$1" ]; }

# disk_content DEVICE sets content to what is on it, in words; empty: nothing.
disk_content() {
  content=''
  if [ "$(lsblk -nro NAME "$1" | wc -l)" -gt 1 ]; then
    content="partitions or other devices on it"
  elif grep -q "^$1 " /proc/swaps; then
    content="the swap space"
  elif [ -n "$(lsblk -dnro MOUNTPOINT "$1")" ]; then
    content="a mounted file system"
  else
    content=$(blkid -p -o value -s TYPE "$1" 2>/dev/null || :)
    [ -n "$content" ] || content=$(blkid -p -o value -s PTTYPE "$1" 2>/dev/null | sed 's/.*/a partition table (&)/')
  fi
}

# disk_device LABEL prints the device that carries the label.
disk_device() { blkid -c /dev/null -o device -t LABEL="$1" 2>/dev/null | head -n 1; }

# disk_mount NAME PATH FILESYSTEM STRIPE OPTIONS DISK… puts a file system on the
# disks, striped over them, and mounts it; "auto" stands for all unused ones. It
# is false when there are none. Cut anywhere, it finds its label again.
disk_mount() {
  _ec_fs=$3 _ec_stripe=$4 _ec_options=$5 _ec_path=$2
  _ec_label=$(disk_label "$1")
  shift 5
  _ec_device=$(disk_device "$_ec_label")
  if [ -z "$_ec_device" ]; then
    if [ -b "/dev/md/$_ec_label" ]; then # an earlier run was cut before mkfs
      _ec_device=/dev/md/$_ec_label
    else
      # shellcheck disable=SC2046 # a list of devices
      if [ "$*" = auto ]; then set -- $(disks_unused); else _ec_named "$@"; fi
      _ec_array "$@" || return 1
    fi
    case $_ec_fs in xfs) _ec_tools xfsprogs mkfs.xfs ;; ext4) _ec_tools e2fsprogs mkfs.ext4 ;; esac
    "mkfs.$_ec_fs" -q -L "$_ec_label" "$_ec_device" || die "can't make a file system on $_ec_device of $EC_NODE"
    CHANGED=1
  fi
  [ -z "$CHANGED" ] || udevadm settle 2>/dev/null || :
  _ec_type=$(blkid -p -o value -s TYPE "$_ec_device")
  [ "$_ec_type" = "$_ec_fs" ] ||
    die "the disks of $_ec_path on $EC_NODE have the file system $_ec_type, not $_ec_fs: write filesystem = \"$_ec_type\", or wipe them"
  mkdir -p "$_ec_path"
  fstab_line "$_ec_path" "LABEL=$_ec_label $_ec_path $_ec_fs $_ec_options 0 2"
  if mounted "$_ec_path"; then
    [ -z "$fstab_changed" ] || mount -o "remount,$_ec_options" "$_ec_path" ||
      notice warning "$_ec_path on $EC_NODE keeps its mount options until it is mounted anew"
    return 0
  fi
  CHANGED=1
  systemctl daemon-reload
  mount "$_ec_device" "$_ec_path" -t "$_ec_fs" -o "$_ec_options" ||
    die "can't mount $_ec_device on $_ec_path of $EC_NODE; see the log of this step"
}

# _ec_tools PACKAGE COMMAND
_ec_tools() { command -v "$2" >/dev/null || pkg install "$1"; }

# _ec_named checks the disks that the spec names.
_ec_named() {
  for _ec_d in "$@"; do
    _ec_d=/dev/${_ec_d#/dev/}
    is_device "$_ec_d" || die "$EC_NODE has no disk $_ec_d; it has $(lsblk -dnpo NAME,TYPE | awk '$2 == "disk" { print $1 }' | paste -sd ' ')"
    disk_content "$(readlink -f "$_ec_d")"
    [ -z "$content" ] ||
      die "$_ec_d on $EC_NODE is not empty, it has $content: choose another disk, or, if that may go, run wipefs -a $_ec_d there"
  done
}

# _ec_array DISK… sets _ec_device to the disk, or to a stripe over several. False
# when there are none.
_ec_array() {
  [ $# -gt 0 ] || return 1
  _ec_device=/dev/${1#/dev/}
  [ $# -gt 1 ] && [ "$_ec_stripe" = true ] || return 0
  _ec_device=/dev/md/$_ec_label
  _ec_tools mdadm mdadm
  for _ec_d in "$@"; do
    set -- "$@" "/dev/${_ec_d#/dev/}"
    shift
  done
  mdadm --create "$_ec_device" --run --level=0 --raid-devices=$# --metadata=1.2 \
    --name="$_ec_label" --homehost=any "$@" || die "can't stripe $* on $EC_NODE; see the log of this step"
}
