#!/bin/sh
# Makes the disk of virtual machines: reads a root file system (tar) and writes
# root.raw, vmlinuz and initrd into the current folder. As root, or under
# fakeroot.
set -eu

mkdir root
tar --numeric-owner --same-permissions -xf - -C root
cp root/boot/vmlinuz-* vmlinuz
cp root/boot/initrd.img-* initrd
chmod 0644 vmlinuz initrd

# Half a gigabyte of room; each machine's disk is larger, and the file system
# grows into it when the machine boots.
size=$(($(du -sm root | cut -f1) * 5 / 4 + 512))
mkfs.ext4 -q -F -L root -E lazy_itable_init=0,lazy_journal_init=0 -d root root.raw "${size}M"
rm -rf root
