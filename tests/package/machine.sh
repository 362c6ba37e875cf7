#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# machine.sh DIR: a machine to throw away, in DIR/root. It is this one under an overlay in memory, with processes, network, host
# name, shared memory and control groups of its own, and systemd as its first process. It ends with this script, and leaves
# nothing. Only root can. machine.py speaks to it.
set -euo pipefail
dir=$1

outside() {
    local mount
    mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
    group=$mount/stevedores-test-$$
    mkdir "$group"
    trap clean_up EXIT
    trap 'exit 143' TERM INT
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec setpriv --pdeathsig KILL \
            unshare --mount --pid --net --ipc --uts --cgroup --fork --kill-child=KILL bash "$0" "$dir" inside
    ) &
    { wait "$!"; } 2>/dev/null # the shell would say that it was killed
}

# Nobody in the machine outlives its control group; the kernel takes a moment to let go of the dead.
clean_up() {
    echo 1 >"$group/cgroup.kill"
    for _ in {1..200}; do
        ! find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || break
        sleep 0.05
    done
}

devices() {
    local name
    mount -t tmpfs -o mode=755 tmpfs dev
    for name in null zero full random urandom tty; do
        cp -a "/dev/$name" dev/
    done
    mkdir dev/shm dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
}

inside() {
    mount -t tmpfs tmpfs "$dir"
    mkdir "$dir/upper" "$dir/work" "$dir/root"
    mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
    cd "$dir/root"
    mount -t proc proc proc
    # The kernel's settings are everybody's.
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    ln -sf /dev/null etc/systemd/system/systemd-modules-load.service
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs -o mode=1777 tmpfs tmp
    devices
    ip link set lo up
    hostname machine
    # What the machine has that this one hasn't.
    mkdir run/upper run/below
    mount --bind "$dir/upper" run/upper
    # Not chroot: in one, nobody may make a user namespace (PrivateUsers).
    pivot_root . run/below
    umount --lazy /run/below
    exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=basic.target
}

"${2:-outside}"
