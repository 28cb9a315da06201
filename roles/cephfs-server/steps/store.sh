# The object stores: one for each disk, or one in a file. What a store is known
# by is written down before anybody is told, so that a run that was cut off
# goes on with the same one.

# shellcheck source=/dev/null
. "$EC_DIR/disks.sh" # for disks_unused

keep=/var/lib/ceph/ecluster

bytes=$(numfmt --from=iec "$EC_PARAM_SIZE")

# place FOLDER PLACE puts the store where it is to be.
place() {
    if [ "$2" != file ]; then
        ln -sfn "$2" "$1/block"
        chown ceph:ceph "$(readlink -f "$2")"
        return 0
    fi
    free=$(df --output=avail -B 1 "$1" | tail -n 1)
    [ "$free" -gt "$bytes" ] ||
        die "there is no room for size = \"$EC_PARAM_SIZE\" on $EC_NODE, where $((free >> 30)) GB are free: lower size, or give Ceph disks"
    truncate -s "$bytes" "$1/block"
}

make_store() {
    slot=$(echo "$1" | tr / _)
    [ -s "$keep/$slot.uuid" ] || {
        if [ "$1" != file ] && held=$(wipefs --noheadings --output TYPE "$1") && [ -n "$held" ]; then
            die "$1 of $EC_NODE is not empty (it holds $(echo "$held" | paste -sd ' ')): if nobody needs that, \"wipefs -a $1\" there and run setup again"
        fi
        file_put "$keep/$slot.uuid" 0600 root:root </proc/sys/kernel/random/uuid
    }
    [ -s "$keep/$slot.key" ] || {
        key=$(ceph-authtool --gen-print-key)
        file_put "$keep/$slot.key" 0600 root:root <<END
{"cephx_secret": "$key"}
END
    }
    uuid=$(cat "$keep/$slot.uuid")
    id=$(timeout 60 ceph osd new "$uuid" -i "$keep/$slot.key") ||
        die "Ceph's monitors do not take a new store of $EC_NODE: \"ceph -s\" there says more"
    folder=/var/lib/ceph/osd/ceph-$id
    if [ ! -e "$folder/done" ]; then
        rm -rf "$folder"
        install -d -m 0750 -o ceph -g ceph "$folder"
        file_put "$folder/keyring" 0600 ceph:ceph <<END
[osd.$id]
	key = $(sed 's/.*: "\(.*\)"}/\1/' "$keep/$slot.key")
END
        place "$folder" "$1"
        chown -h ceph:ceph "$folder/block"
        ceph-osd --mkfs -i "$id" --osd-uuid "$uuid" --setuser ceph --setgroup ceph
        : >"$folder/done"
    elif [ "$1" = file ] && [ "$(stat -c %s "$folder/block")" -lt "$bytes" ]; then
        unit stop "ceph-osd@$id.service"
        place "$folder" file
        runuser -u ceph -- ceph-bluestore-tool bluefs-bdev-expand --path "$folder"
    fi
    unit start "ceph-osd@$id.service"
    stores="$stores $id"
}

# The disks that nothing is on, and those that this step has taken before.
unused() {
    {
        disks_unused
        lsblk -dnrpo NAME | while read -r disk; do
            if [ -s "$keep/$(echo "$disk" | tr / _).uuid" ]; then echo "$disk"; fi
        done
    } | sort -u
}

places=''
for disk in $EC_PARAM_DISKS; do
    if [ "$disk" = auto ]; then places=$(unused); else places="$places /dev/${disk#/dev/}"; fi
done
[ -n "$places" ] || [ -z "$EC_PARAM_DISKS" ] ||
    die "$EC_NODE has no unused disk for disks = [\"auto\"]: add one to the machine, or leave disks out to keep the data in a file"

stores=''
for place in ${places:-file}; do make_store "$place"; done
echo "$stores" | file_put "$keep/stores" 0644 root:root

# Stores that a former machine of this name took with it.
for id in $(timeout 60 ceph osd ls-tree "$EC_NODE" 2>/dev/null); do
    [ ! -e "/var/lib/ceph/osd/ceph-$id/done" ] || continue
    timeout 60 ceph osd purge "$id" --yes-i-really-mean-it &&
        notice info "Ceph forgot the store osd.$id of the machine that was $EC_NODE before"
done

up() { for id in $stores; do timeout 20 ceph osd find "$id" | grep -q '"ip": *"\|"addr": *"[1-9]' || return 1; done; }
wait_for 300 "the store of $EC_NODE (see journalctl -u ceph-osd@${stores##* } on $EC_NODE)" up
