#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# container.sh DIR FILES PROGRAM: does for PROGRAM what a container engine does: it is the first process, on a file system of its own
# (this machine's, with FILES laid over it; what is written stays in memory), with /dev/shm and /run of its own. The network is this
# machine's. Called by `unshare --mount --pid --fork`, as root; BIND are directories that it sees as they are.
set -euo pipefail
dir=$1 files=$2 program=$3
mount -t tmpfs tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
cd "$dir/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=0755 tmpfs run
for shared in $BIND; do # sockets work in no overlay, and what is mounted here isn't in it
    mkdir -p "./$shared"
    mount --bind "$shared" "./$shared"
done
# From inside, where links lead to files of its own and not to this machine's.
mkdir run/image
mount --bind "$files" run/image
chroot . cp -a --remove-destination run/image/. /
exec chroot . "$program"
